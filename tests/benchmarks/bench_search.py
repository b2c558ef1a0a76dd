"""CPU seconds on one thread to score every lag, and to find matches.

Run `python tests/benchmarks/bench_search.py [--full] [--repeats N]`. Peers that are installed take
part: scipy (overlap-add correlation and running sums), OpenCV, stumpy, obspy. Runs are interleaved
and medians printed. `--full` uses the sizes of ten minutes at 44.1 kHz and an hour from a memmap.
BLAS and numba are held to one thread by OPENBLAS_NUM_THREADS=1 NUMBA_NUM_THREADS=1.
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
    total = np.concatenate(([0.0], np.cumsum(x, dtype=np.float64)))
    square = np.concatenate(([0.0], np.cumsum(np.square(x, dtype=np.float64))))
    mean = (total[m:] - total[:-m]) / m
    variance = (square[m:] - square[:-m]) / m - mean**2
    return oaconvolve(x, taps[::-1], mode="valid") / np.sqrt(np.maximum(variance, 1e-30))


def opencv_profile(x: np.ndarray, s: np.ndarray) -> np.ndarray:
    import cv2

    cv2.setNumThreads(1)
    return cv2.matchTemplate(
        x[np.newaxis].astype(np.float32), s[np.newaxis].astype(np.float32), cv2.TM_CCOEFF_NORMED
    )


def stumpy_profile(x: np.ndarray, s: np.ndarray) -> np.ndarray:
    import stumpy

    return stumpy.mass(s.astype(np.float64), x.astype(np.float64))


def obspy_profile(x: np.ndarray, s: np.ndarray) -> np.ndarray:
    from obspy.signal.cross_correlation import correlate_template

    return correlate_template(x, s)


PEERS = {
    "scipy": scipy_profile,
    "opencv": opencv_profile,
    "stumpy": stumpy_profile,
    "obspy": obspy_profile,
}


def available() -> dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]]:
    """Peers that run here."""
    rng = np.random.default_rng(0)
    found = {}
    for name, peer in PEERS.items():
        try:
            peer(rng.standard_normal(300), rng.standard_normal(20))
        except ImportError:
            continue
        found[name] = peer
    return found


def timed(run: Callable[[], object]) -> float:
    """CPU seconds of one run."""
    start = time.process_time()
    run()
    return time.process_time() - start


def compare(title: str, n: int, m: int, repeats: int) -> None:
    """Print a line for each way to search `n` samples for `m`."""
    rng = np.random.default_rng(1)
    x = np.convolve(rng.standard_normal(n + 4), np.ones(5), mode="valid").astype(np.float32)
    s = x[n // 3 : n // 3 + m] + rng.standard_normal(m).astype(np.float32)
    runs: dict[str, Callable[[], object]] = {
        "tsconv profile": lambda: correlation_profile(x, s),
        "tsconv find": lambda: find(x, s, whiten=None),
        "tsconv find, auto": lambda: find(x, s),
    }
    runs |= {name: (lambda peer=peer: peer(x, s)) for name, peer in available().items()}
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repeats):
        for name, run in runs.items():
            seconds[name].append(timed(run))
    print(f"\n{title}: n = {n:,}, m = {m:,}")
    for name, values in seconds.items():
        median = statistics.median(values)
        print(f"  {name:20} {median:8.3f} s   {median / n * 1e9:7.1f} ns per lag", flush=True)


def many(n: int, m: int, count: int) -> None:
    """Print the time of many snippets in one walk."""
    rng = np.random.default_rng(2)
    x = rng.standard_normal(n).astype(np.float32)
    snippets = {str(k): x[k * 1_000 : k * 1_000 + m] for k in range(count)}
    taken = timed(lambda: Finder(x).find_all(snippets, whiten=None))
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
        taken = timed(lambda: find(x, snippet, whiten=None))
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
    options = parser.parse_args()
    # First, before other runs leave memory behind.
    hour(5, 60 if options.full else 3)
    compare("20,000 samples in 1 M", 1_000_000, 20_000, options.repeats)
    if options.full:
        compare("200 samples in 10 M", 10_000_000, 200, options.repeats)
        compare("5 s in 10 min at 44.1 kHz", 26_500_000, 220_500, options.repeats)
        many(9_600_000, 32_000, 100)
        hour(60, 60)
    else:
        compare("200 samples in 2 M", 2_000_000, 200, options.repeats)
        compare("5 s in 1 min at 44.1 kHz", 2_646_000, 220_500, options.repeats)
        many(1_000_000, 32_000, 10)


if __name__ == "__main__":
    main()
