"""CPU seconds of `find` with a threshold: frames left out, every lag scored, and a lower rate.

Run `OPENBLAS_NUM_THREADS=1 python tests/benchmarks/bench_pruning.py RECORDING... [--snippets N]`:
audio files, which are joined, or raw float32 samples (`.f32`); ideally music, of which the first
`--minutes` count. Runs are interleaved; printed are medians and least values of thread time, and
whether the two tables are equal in every digit. `--parts` adds
where the time of one search goes; `--chance N` looks how often p-values of absent snippets stay
below 5 and 1 %.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from tsconv.search import Finder, find, finder, gather


def load(path: Path) -> np.ndarray:
    if path.suffix == ".f32":
        return np.fromfile(path, np.float32)
    from tsconv.audio import read_audio

    return read_audio(path)[0].astype(np.float32)


def join(paths: list[Path], n: int) -> tuple[np.ndarray, np.ndarray]:
    """The first n samples of recordings one after the other, and as many that follow."""
    parts: list[np.ndarray] = []
    for path in paths:
        parts.append(load(path))
        if sum(map(len, parts)) >= 2 * n:
            break
    whole = np.concatenate(parts)
    return whole[:n], whole[n : 2 * n]


def parts_of(run: Callable[[], object], repeats: int) -> None:
    """Print where the time of a search goes."""
    import cProfile
    import pstats

    profile = cProfile.Profile(time.thread_time)
    profile.enable()
    for _ in range(repeats):
        run()
    profile.disable()
    pstats.Stats(profile).sort_stats("tottime").print_stats(18)


def chance(x: np.ndarray, absent: np.ndarray, m: int, count: int) -> None:
    """Print how small p-values of the best place of absent snippets are, sampled frames as null."""
    p_values = []
    with Finder(x) as searched:
        for start in np.linspace(0, absent.size - m, count).astype(int).tolist():
            part = absent[start : start + m]
            if np.ptp(part) > 0:
                table = every(lambda part=part: searched.find(part, threshold=0.12, top=1))
                p_values.append(float(table["p_value"].min()) if len(table) else 1.0)
    values = np.array(p_values)
    shares = {level: float(np.mean(values < level)) for level in (0.05, 0.01)}
    print(f"{values.size} absent snippets: p below {shares}; the least {np.sort(values)[:4]}")


def every(run: Callable[[], object]) -> object:
    """Run with every lag scored."""
    finder.gather = partial(gather.gather, prune=False)
    try:
        return run()
    finally:
        finder.gather = gather.gather


def cpu(run: Callable[[], object]) -> float:
    start = time.thread_time()
    run()
    return time.thread_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recording", type=Path, nargs="+")
    parser.add_argument("--minutes", type=float, default=26_500_000 / 44_100 / 60)
    parser.add_argument("--seconds", type=float, default=5.0, help="of a snippet, at 44.1 kHz")
    parser.add_argument("--snippets", type=int, default=10)
    parser.add_argument("--threshold", type=float, default=0.5)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--parts", action="store_true")
    parser.add_argument("--chance", type=int, default=0)
    options = parser.parse_args()
    x, absent = join(options.recording, round(options.minutes * 60 * 44_100))
    m = round(options.seconds * 44_100)
    rng = np.random.default_rng(0)
    starts = rng.integers(0, x.size - m, options.snippets)
    snippets = {f"{start}": x[start : start + m] for start in starts.tolist()}
    first = next(iter(snippets.values()))
    noisy = first + np.float32(first.std()) * rng.standard_normal(m, np.float32)

    level = options.threshold
    if options.chance:
        chance(x, absent, m, options.chance)
        return
    searches = {
        f"a piece, {level:g}": partial(find, x, first, threshold=level, n_threads=1),
        "the same, 0.9": partial(find, x, first, threshold=0.9, n_threads=1),
        f"in noise at 0 dB, {level:g}": partial(find, x, noisy, threshold=level, n_threads=1),
    }
    many = {
        "decimate=8": lambda: find(x, first, threshold=level, decimate=8, n_threads=1),
        f"{len(snippets)} snippets": lambda: Finder(x, n_threads=1).find_all(
            snippets, threshold=level
        ),
    }
    tasks: dict[str, Callable[[], object]] = {}
    for name, search in searches.items():
        tasks[name] = search
        tasks[f"{name}, every lag"] = lambda search=search: every(search)
        print(f"{name}: tables equal: {search().equals(every(search))}")
    tasks |= many
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(options.repeats):
        for name, task in tasks.items():
            times[name].append(cpu(task))
    for name, values in times.items():
        middle = statistics.median(values)
        print(
            f"{name:34} {middle:7.3f} s (least {min(values):.3f})"
            f"  {middle / x.size * 1e9:6.2f} ns a sample"
        )
    if options.parts:
        parts_of(next(iter(searches.values())), options.repeats)


if __name__ == "__main__":
    main()
