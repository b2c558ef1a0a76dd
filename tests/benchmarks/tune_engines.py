"""Measure the constants of `tsconv/engines/cost.py` on this machine.

    python tests/benchmarks/tune_engines.py

prints them in the form the module has them (nanoseconds). Each is the smallest of repeated
timings of this thread's processor time, so that other work on the machine does little harm; it
takes about a minute. `--check` then lists the sizes at which `auto` is not the fastest engine.
"""

from __future__ import annotations

import argparse
import platform
import time

import numpy as np

from tsconv.engines import convolve_valid, cost, fourier

LOG2_SIZES = [8, 10, 12, 14, 15, 16, 17, 18, 19, 20, 21, 22, 24]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare `auto` with each engine")
    arguments = parser.parse_args()
    print(f"# {platform.processor() or platform.machine()}, numpy {np.__version__}", flush=True)
    rng = np.random.default_rng(1)
    if arguments.check:
        check(rng)
        return
    direct(rng)
    box(rng)
    transforms(rng)


def direct(rng: np.random.Generator) -> None:
    """Two lengths of kernel give the cost of an output and of a tap."""
    n = 20_000
    short, long = (nanoseconds("direct", n, m, rng) / n for m in (10, 410))
    per_tap = (long - short) / 400
    print(f"DIRECT_TAP = {per_tap:.3f}")
    print(f"DIRECT_OUT = {short - 10 * per_tap:.2f}")
    few = nanoseconds("direct", 1, 100_000, rng) / 100_000
    print(f"DIRECT_SETUP = {few - per_tap:.1f}")


def box(rng: np.random.Generator) -> None:
    n = 50_000
    small, large = (nanoseconds("box", n, m, rng, constant=True) / n for m in (5, 500))
    print(f"BOX_OUT = {large:.2f}")
    print(f"BOX_BLOCK = {5 * (small - large):.1f}")


def transforms(rng: np.random.Generator) -> None:
    """Cost of a value in a forward and an inverse transform, alone and in a batch; and the rest."""
    alone, batched = [], []
    for log2_size in LOG2_SIZES:
        size = 2**log2_size
        m = size // 4
        transform = fourier.Transform(rng.normal(size=m), size)
        block = rng.normal(size=size)
        alone.append(smallest(lambda f=transform.plain, b=block, n=size - m: f(b, n)) / size)
        n_blocks = max(4, 2**18 // size)
        x = rng.normal(size=(n_blocks * transform.step + m - 1, 1))
        out = np.empty((n_blocks * transform.step, 1))
        run = smallest(lambda x=x, t=transform, out=out: fourier._calm_run(x, t, out))
        batched.append(run / size / n_blocks)
    print(f"LOG2_SIZE = {LOG2_SIZES}")
    for name, costs in (("ALONE", alone), ("BATCHED", batched)):
        print(f"{name} = [{', '.join(f'{cost:.1f}' for cost in costs)}]")
    each = np.interp(np.log2(10_000), LOG2_SIZES, batched)
    print(f"TRANSFORM_CALL = {nanoseconds('fft', 9_001, 1_000, rng) - 15_000 * each:.0f}")


def check(rng: np.random.Generator) -> None:
    """Time every engine over a grid of sizes; report where `auto` takes more than the best."""
    worst = 1.0
    print("       n       m columns  chosen      best       times the best")
    for columns in (1, 4):
        for n in (300, 1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000):
            for m in (3, 10, 20, 50, 100, 150, 200, 300, 500, 1000, 3000, 10_000, 100_000):
                if m > n or n * columns > 1_000_000:
                    continue
                for constant in (False, True):
                    ratio, chosen, best = compare(n, m, columns, constant, rng)
                    worst = max(worst, ratio)
                    if ratio > 1.1:
                        print(f"{n:8d} {m:7d} {columns:7d}  {chosen:10s}{best:10s}{ratio:6.2f}")
    print(f"worst: {worst:.2f}")


def compare(
    n: int, m: int, columns: int, constant: bool, rng: np.random.Generator
) -> tuple[float, str, str]:
    x = rng.normal(size=(n, columns))
    taps = np.full(m, 1 / m) if constant else rng.normal(size=m)
    costs = cost.engine_costs(n - m + 1, m, m, constant, columns)
    cheapest = min(costs.values())
    likely = [name for name, cost in costs.items() if cost < 5 * cheapest]
    chosen = min(costs, key=costs.__getitem__)
    if len(likely) == 1:
        return 1.0, chosen, chosen
    spent = dict.fromkeys(likely, np.inf)
    for _ in range(5):
        for name in likely:
            now = smallest(lambda name=name: convolve_valid(x, taps, method=name), budget=0.01)
            spent[name] = min(spent[name], now)
    best = min(spent, key=spent.__getitem__)
    return spent[chosen] / spent[best], chosen, best


def nanoseconds(
    method: str,
    n_out: int,
    m: int,
    rng: np.random.Generator,
    *,
    constant: bool = False,
    columns: int = 1,
) -> float:
    x = rng.normal(size=(n_out + m - 1, columns))
    taps = np.full(m, 0.1) if constant else rng.normal(size=m)
    return smallest(lambda: convolve_valid(x, taps, method=method), budget=0.5)


def smallest(function, budget: float = 0.5) -> float:
    """Return the least processor time of a call, in nanoseconds; short calls are timed in tens."""
    function()
    start = time.thread_time_ns()
    function()
    times = max(1, int(2e5 / max(time.thread_time_ns() - start, 100)))
    best = float("inf")
    stop = time.perf_counter() + budget
    while time.perf_counter() < stop or best == float("inf"):
        start = time.thread_time_ns()
        for _ in range(times):
            function()
        best = min(best, (time.thread_time_ns() - start) / times)
    return best


if __name__ == "__main__":
    main()
