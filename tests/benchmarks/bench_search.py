"""CPU seconds on one thread to score every lag, and to find matches.

Run `python tests/benchmarks/bench_search.py [--full] [--only TASK] [--repeats N] [--music FILE]`.
Peers that are installed take part: scipy (overlap-add correlation and running sums), OpenCV,
stumpy, obspy, EQcorrscan, and matchedfilter, which gives numerators only and gets the running sums
of the scipy recipe. Runs are interleaved and medians printed, with each peer's best lag and score
and the largest difference of its scores from those of `correlation_profile`. `--full` uses the
sizes of ten minutes at 44.1 kHz and an hour from a memmap; `--music` is a file of float32 samples
for the long tasks. `--only threads` is wall time on two threads against one. BLAS and numba are
held to one thread by OPENBLAS_NUM_THREADS=1 NUMBA_NUM_THREADS=1 OMP_NUM_THREADS=1.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tsconv.search import Finder, correlation_profile, find


def scipy_profile(x: np.ndarray, s: np.ndarray) -> np.ndarray:
    """The usual recipe: overlap-add numerators, running sums for the windows."""
    from scipy.signal import oaconvolve

    m = s.size
    taps = (s - s.mean()) / (s.std() * m)
    return oaconvolve(x, taps[::-1], mode="valid") / window_spread(x, m)


def window_spread(x: np.ndarray, m: int) -> np.ndarray:
    """Standard deviation of every window, by running sums."""
    total = np.concatenate(([0.0], np.cumsum(x, dtype=np.float64)))
    square = np.concatenate(([0.0], np.cumsum(np.square(x, dtype=np.float64))))
    mean = (total[m:] - total[:-m]) / m
    variance = (square[m:] - square[:-m]) / m - mean**2
    return np.sqrt(np.maximum(variance, 1e-30))


def opencv_profile(x: np.ndarray, s: np.ndarray) -> np.ndarray:
    import cv2

    cv2.setNumThreads(1)
    return cv2.matchTemplate(
        x[np.newaxis].astype(np.float32), s[np.newaxis].astype(np.float32), cv2.TM_CCOEFF_NORMED
    )


def stumpy_profile(x: np.ndarray, s: np.ndarray) -> np.ndarray:
    import stumpy

    distance = stumpy.mass(s.astype(np.float64), x.astype(np.float64))
    return 1 - distance**2 / (2 * s.size)


def obspy_profile(x: np.ndarray, s: np.ndarray) -> np.ndarray:
    from obspy.signal.cross_correlation import correlate_template

    return correlate_template(x, s)


def eqcorrscan_profile(x: np.ndarray, s: np.ndarray) -> np.ndarray:
    from eqcorrscan.utils.correlate import fftw_normxcorr

    scores, *_ = fftw_normxcorr(
        s[np.newaxis].astype(np.float32), x.astype(np.float32), [0], threaded=False
    )
    return scores[0]


def matchedfilter_profile(x: np.ndarray, s: np.ndarray) -> np.ndarray:
    """Its complex correlations of blocks, two real ones in each, under the usual running sums."""
    import matchedfilter
    from scipy.fft import fft

    m = s.size
    taps = (s - s.mean()) / (s.std() * m)
    size = min(max(1_024, 1 << int(np.ceil(np.log2(4 * m)))), 1 << 22)
    hop, n_lags = size - m + 1, x.size - m + 1
    pairs = -(-n_lags // (2 * hop))
    level = x.mean(dtype=np.float64)  # its transforms are in single precision
    padded = np.zeros(2 * pairs * hop + m - 1, np.float32)
    padded[: x.size] = x - level
    template = fft(np.append(taps, np.zeros(size - m)).astype(np.complex64))
    filters = matchedfilter.CorrelationFilter(size, ndata=1, ntemplates=1, device="cpu")
    filters.set_templates(template[np.newaxis])
    scores = np.empty(2 * pairs * hop)
    for start in range(0, scores.size, 2 * hop):
        both = padded[start : start + size] + 1j * padded[start + hop : start + hop + size]
        filters.set_data(fft(both)[np.newaxis])
        values = np.asarray(filters.run())[0, 0, :hop] / size
        scores[start : start + hop] = values.real
        scores[start + hop : start + 2 * hop] = values.imag
    return scores[:n_lags] / window_spread(x, m)


PEERS = {
    "scipy": scipy_profile,
    "opencv": opencv_profile,
    "stumpy": stumpy_profile,
    "obspy": obspy_profile,
    "eqcorrscan": eqcorrscan_profile,
    "matchedfilter": matchedfilter_profile,
}
# stumpy multiplies each sample by each of the snippet: beyond this it takes minutes to hours.
MOST_PRODUCTS = 5e9


def available() -> dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]]:
    """Peers that run here, and whose call is right: each must find a planted snippet."""
    rng = np.random.default_rng(0)
    x, s = rng.standard_normal(3_000).astype(np.float32), rng.standard_normal(50)
    x[700:750] = 3 * s + 2
    found = {}
    for name, peer in PEERS.items():
        try:
            scores = np.ravel(peer(x, s))
        except ImportError:
            continue
        if np.nanargmax(scores) != 700 or abs(np.nanmax(scores) - 1) > 1e-3:
            raise RuntimeError(f"{name} is called wrongly: best {np.nanmax(scores)}")
        found[name] = peer
    return found


def timed(run: Callable[[], object]) -> float:
    """CPU seconds of one run."""
    start = time.process_time()
    run()
    return time.process_time() - start


def made(n: int, m: int, music: str | None) -> tuple[np.ndarray, np.ndarray]:
    """Return a signal and a noisy piece of it: the file's, or coloured noise."""
    rng = np.random.default_rng(1)
    if music is None:
        x = np.convolve(rng.standard_normal(n + 4), np.ones(5), mode="valid").astype(np.float32)
        return x, x[n // 3 : n // 3 + m] + rng.standard_normal(m).astype(np.float32)
    x = np.resize(np.fromfile(music, dtype=np.float32, count=n), n)
    s = x[n // 3 : n // 3 + m]
    return x, s + s.std() * rng.standard_normal(m).astype(np.float32)


def compare(title: str, n: int, m: int, repeats: int, music: str | None = None) -> None:
    """Print a line for each way to search `n` samples for `m`."""
    x, s = made(n, m, music)
    runs: dict[str, Callable[[], object]] = {
        "tsconv profile": lambda: correlation_profile(x, s, n_threads=1),
        "tsconv find": lambda: find(x, s, whiten=None, n_threads=1),
        "tsconv find, 0.6": lambda: find(x, s, threshold=0.6, n_threads=1),
        "tsconv find, auto": lambda: find(x, s, n_threads=1),
    }
    peers = available()
    if n * m > MOST_PRODUCTS:
        peers.pop("stumpy", None)
    runs |= {name: (lambda peer=peer: peer(x, s)) for name, peer in peers.items()}
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repeats):
        for name, run in runs.items():
            seconds[name].append(timed(run))
    print(f"\n{title}: n = {n:,}, m = {m:,}")
    for name, values in seconds.items():
        median = statistics.median(values)
        print(f"  {name:20} {median:8.3f} s   {median / n * 1e9:7.1f} ns per lag", flush=True)
    expected = correlation_profile(x, s)
    best = int(np.argmax(expected))
    print(f"  best: {expected[best]:.6f} at lag {best:,}")
    for name, peer in peers.items():
        got = np.ravel(peer(x, s))[: expected.size]
        place = int(np.nanargmax(got))
        difference = np.nanmax(np.abs(got - expected))
        print(f"  {name:20} {got[place]:.6f} at {place:,}; differs by at most {difference:.1e}")
    missing = sorted(set(PEERS) - set(peers))
    if missing:
        print(f"  not installed, or far too slow: {', '.join(missing)}", flush=True)


def two_threads(n: int, m: int, repeats: int) -> None:
    """Print wall seconds of a profile and a search on one thread and on two."""
    x, s = made(n, m, None)
    ways: dict[str, Callable[[int], object]] = {
        "profile": lambda count: correlation_profile(x, s, n_threads=count),
        "find": lambda count: find(x, s, whiten=None, n_threads=count),
    }
    for name, run in ways.items():
        walls: dict[int, list[float]] = {1: [], 2: []}
        for _ in range(repeats):
            for count, values in walls.items():
                start = time.perf_counter()
                run(count)
                values.append(time.perf_counter() - start)
        one, two = (statistics.median(values) for values in walls.values())
        print(f"  {name}: {one:.3f} s on one thread, {two:.3f} s on two: {one / two:.2f} times")


def many(n: int, m: int, count: int) -> None:
    """Print the time of many snippets in one walk."""
    rng = np.random.default_rng(2)
    x = rng.standard_normal(n).astype(np.float32)
    snippets = {str(k): x[k * 1_000 : k * 1_000 + m] for k in range(count)}
    taken = timed(lambda: Finder(x, n_threads=1).find_all(snippets, whiten=None))
    print(f"\n{count} snippets of {m:,} in {n:,}: {taken:.2f} s", flush=True)


def hour(seconds: float, minutes: float) -> None:
    """Print time and memory of a search in a long float32 memmap."""
    rng = np.random.default_rng(3)
    fs, m = 44_100, int(seconds * 44_100)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.f32"
        with path.open("wb") as file:
            for _ in range(int(minutes)):
                rng.standard_normal(60 * fs, dtype=np.float32).tofile(file)
        x = np.memmap(path, dtype=np.float32, mode="r")
        snippet = np.array(x[5_000_000 : 5_000_000 + m])
        peak = [private()]
        base, done = peak[0], threading.Event()

        def watch() -> None:
            while not done.wait(0.005):
                peak[0] = max(peak[0], private())

        watcher = threading.Thread(target=watch)
        watcher.start()
        taken = timed(lambda: find(x, snippet, whiten=None, n_threads=1))
        done.set()
        watcher.join()
        memory = peak[0] - base
        print(f"\n{seconds:g} s in {minutes:g} min at 44.1 kHz: {taken:.1f} s, {memory:.0f} MB")


def private() -> float:
    """Memory of this process in MB without file pages (Linux; 0 elsewhere)."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("RssAnon")), 0.0)


def main() -> None:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", choices=("hour", "minute", "1M", "10M", "5s", "100", "threads"))
    parser.add_argument("--music")
    options = parser.parse_args()
    full, repeats = options.full, options.repeats
    tasks: dict[str, Callable[[], None]] = {
        # First, before other runs leave memory behind.
        "hour": lambda: hour(5, 60 if full else 3),
        "minute": lambda: hour(60, 60 if full else 3),
        "1M": lambda: compare("20,000 samples", 1_000_000, 20_000, repeats),
        "10M": lambda: compare("200 samples", 10_000_000 if full else 2_000_000, 200, repeats),
        "5s": lambda: compare(
            "5 s at 44.1 kHz", 26_500_000 if full else 2_646_000, 220_500, repeats, options.music
        ),
        "100": lambda: many(9_600_000, 32_000, 100) if full else many(1_000_000, 32_000, 10),
        "threads": lambda: two_threads(26_500_000 if full else 8_000_000, 220_500, repeats),
    }
    for name, task in tasks.items():
        if options.only in (None, name):
            task()


if __name__ == "__main__":
    main()
