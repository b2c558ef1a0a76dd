"""CPU seconds of `find` with a threshold: lags left out, every lag scored, and a lower rate.

Run `python tests/benchmarks/bench_pruning.py RECORDING [--snippets N]`: an audio file, or raw
float32 samples (`.f32`), ideally music of ten minutes. Runs are interleaved; printed are medians
of thread time.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from tsconv.search import Finder, finder, gather


def load(path: Path) -> np.ndarray:
    if path.suffix == ".f32":
        return np.fromfile(path, np.float32)
    from tsconv.audio import read_audio

    return read_audio(path)[0].astype(np.float32)


def cpu(run: Callable[[], object]) -> float:
    start = time.thread_time()
    run()
    return time.thread_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recording", type=Path)
    parser.add_argument("--seconds", type=float, default=5.0, help="of a snippet, at 44.1 kHz")
    parser.add_argument("--snippets", type=int, default=10)
    parser.add_argument("--threshold", type=float, default=0.5)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    x = load(options.recording)
    m = round(options.seconds * 44_100)
    rng = np.random.default_rng(0)
    starts = rng.integers(0, x.size - m, options.snippets)
    snippets = {f"{start}": x[start : start + m] for start in starts.tolist()}
    first = next(iter(snippets.values()))
    noisy = first + np.float32(first.std()) * rng.standard_normal(m, np.float32)

    def every(run: Callable[[], object]) -> None:
        finder.gather = partial(gather.gather, prune=False)
        try:
            run()
        finally:
            finder.gather = gather.gather

    level = options.threshold
    tasks: dict[str, Callable[[], object]] = {
        "pruned": lambda: Finder(x).find(first, threshold=level),
        "pruned, snippet at 0 dB": lambda: Finder(x).find(noisy, threshold=level),
        "every lag": lambda: every(lambda: Finder(x).find(first, threshold=level)),
        "decimate=8": lambda: Finder(x).find(first, threshold=level, decimate=8),
        f"pruned, {len(snippets)} snippets": lambda: Finder(x).find_all(snippets, threshold=level),
    }
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(options.repeats):
        for name, task in tasks.items():
            times[name].append(cpu(task))
    for name, values in times.items():
        middle = statistics.median(values)
        print(f"{name:28} {middle:7.3f} s  {middle / x.size * 1e9:6.2f} ns a sample")


if __name__ == "__main__":
    main()
