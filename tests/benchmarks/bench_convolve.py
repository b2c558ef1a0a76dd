"""Convolution against its peers: the same task for all, interleaved medians.

    python tests/benchmarks/bench_convolve.py            the tables below, about 15 minutes
    python tests/benchmarks/bench_convolve.py --quick    up to n = 1e5, about 2 minutes
    python tests/benchmarks/bench_convolve.py --only gaps

The task: a Series in, a Series on the same index out, missing where the centred kernel hangs over
the ends. Peers that work on arrays get the wrapping they need. Each round visits every peer in
random order, for half a millisecond or once, so that nobody always finds the caches cold; shown is
the median over rounds as a multiple of tsconv's (above 1: tsconv is faster). It is the processor
time of the one thread all of them use, so that other work on the machine does not count. Results
are compared before anything is timed.

Tables: `smooth` Gaussian weights; `mean` equal weights; `gaps` Gaussian weights over 1 % gaps
left out of the weighted mean; `arrays` Gaussian weights, arrays in and out, no pandas;
`engines` every engine of tsconv against the choice of "auto".
"""

from __future__ import annotations

import argparse
import platform
import sys
import time
from collections.abc import Callable
from importlib import import_module, metadata

import numpy as np
import pandas as pd
import scipy.ndimage
import scipy.signal

import tsconv
from tsconv.engines import convolve_valid

TAPS = (3, 11, 33, 101, 331, 1001, 10_001, 100_001)
TABLES = ("smooth", "mean", "gaps", "arrays", "engines")
Function = Callable[[], object]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--quick", action="store_true", help="n up to 1e5, few rounds")
    parser.add_argument("--only", choices=TABLES, action="append", help="print this table only")
    arguments = parser.parse_args()
    quick = arguments.quick
    sizes = [10**e for e in range(3, 6 if quick else 8)]
    budget = 0.7 if quick else 4.0
    describe_machine()
    for name in arguments.only or TABLES:
        print(f"\n## {name}: {INTRODUCTIONS[name]}\n", flush=True)
        table(name, sizes, budget)


INTRODUCTIONS = {
    "smooth": "Gaussian weights, Series to Series",
    "mean": "equal weights, Series to Series",
    "gaps": "Gaussian weights over 1 % missing values, renormalized, Series to Series",
    "arrays": "Gaussian weights, array to array, valid outputs only",
    "engines": "Gaussian weights, each engine on arrays; times the choice of auto",
}


def table(name: str, sizes: list[int], budget: float) -> None:
    worst = np.inf
    header: list[str] = []
    for n in sizes:
        for k in TAPS:
            if k > n // 2:
                continue
            functions = COMPETITORS[name](n, k)
            if not header:
                header = list(functions)[1:]
                print(
                    f"{'n':>9s} {'k':>7s} {'tsconv':>10s} | "
                    + " ".join(f"{h:>10s}" for h in header)
                )
            spent = medians(functions, budget)
            own = spent[next(iter(functions))]
            ratios = {h: spent.get(h, np.nan) / own for h in header}
            least = min((r for r in ratios.values() if not np.isnan(r)), default=np.nan)
            worst = min(worst, least) if not np.isnan(least) else worst
            cells = " ".join(
                f"{'-':>10s}" if np.isnan(r) else f"{f'{r:.2f}' if r < 100 else f'{r:.0f}':>10s}"
                for r in ratios.values()
            )
            mark = "  <" if least < 1 / 1.2 else ""
            print(f"{n:9d} {k:7d} {duration(own):>10s} | {cells}{mark}", flush=True)
    print(f"smallest ratio: {worst:.2f}   (- not applicable, not installed, or too slow)")


def medians(functions: dict[str, Function], budget: float) -> dict[str, float]:
    """Time every function once in each round, for about `budget` seconds; compare results first."""
    first: dict[str, float] = {}
    reference = None
    for name, function in functions.items():
        result = np.asarray(function())
        start = time.thread_time()
        function()
        first[name] = time.thread_time() - start
        reference = result if reference is None else reference
        # Windows without any sample are NaN in tsconv, and 0 or nearly so in some peers.
        there = ~np.isnan(reference)
        bound = 1e-9 * np.abs(reference[there]).max()
        np.testing.assert_allclose(
            result[there], reference[there], rtol=0, atol=bound, err_msg=name
        )
    times: dict[str, list[float]] = {name: [] for name in functions}
    stop = time.perf_counter() + budget
    rounds = 0
    order = np.random.default_rng(3)
    while rounds < 3 or (time.perf_counter() < stop and rounds < 1000):
        for name in order.permutation(list(functions)):
            if rounds and first[name] > budget / 3:
                continue  # once is enough for what takes seconds
            number = max(1, round(5e-4 / first[name]))
            start = time.thread_time()
            for _ in range(number):
                functions[name]()
            times[name].append((time.thread_time() - start) / number)
        rounds += 1
    return {name: float(np.median(spent)) for name, spent in times.items()}


def smooth_competitors(n: int, k: int) -> dict[str, Function]:
    series, taps = example(n), gaussian(k)
    kernel = tsconv.Kernel(taps, origin=k // 2)
    functions: dict[str, Function] = {"tsconv": lambda: tsconv.convolve(series, kernel)}
    for name, function in array_peers(n, k, taps).items():
        functions[name] = lambda function=function: centred(series, k, function(series.to_numpy()))
    functions["pandas"] = lambda: series.rolling(k, center=True, win_type="gaussian").mean(
        std=k / 6
    )
    filters = module("statsmodels.tsa.filters.api")
    if filters:
        functions["statsm"] = lambda: filters.convolution_filter(series, taps)
    return within_reason(functions, n, k)


def mean_competitors(n: int, k: int) -> dict[str, Function]:
    series, taps = example(n), np.full(k, 1.0 / k)
    kernel = tsconv.moving_average(k)
    functions: dict[str, Function] = {"tsconv": lambda: tsconv.convolve(series, kernel)}
    functions["pandas"] = lambda: series.rolling(k, center=True).mean()
    bottleneck = module("bottleneck")
    if bottleneck:
        functions["bottleneck"] = lambda: centred(
            series, k, bottleneck.move_mean(series.to_numpy(), k)[k - 1 :]
        )
    functions["uniform"] = lambda: centred(
        series, k, scipy.ndimage.uniform_filter1d(series.to_numpy(), k)[k // 2 : n - k // 2]
    )
    for name, function in array_peers(n, k, taps).items():
        functions[name] = lambda function=function: centred(series, k, function(series.to_numpy()))
    return within_reason(functions, n, k)


def gaps_competitors(n: int, k: int) -> dict[str, Function]:
    series, taps = example(n), gaussian(k)
    series[np.random.default_rng(2).uniform(size=n) < 0.01] = np.nan
    kernel = tsconv.Kernel(taps, origin=k // 2)
    functions: dict[str, Function] = {
        "tsconv": lambda: tsconv.convolve(series, kernel, missing="renormalize")
    }
    convolution = module("astropy.convolution")
    if convolution:
        for name, function in (
            ("astro_fft", convolution.convolve_fft),
            ("astro_dir", convolution.convolve),
        ):
            extra = {"allow_huge": True} if name == "astro_fft" else {}
            functions[name] = lambda function=function, extra=extra: centred(
                series, k, function(series.to_numpy(), taps, **extra)[k // 2 : n - k // 2]
            )
    return within_reason(functions, n, k)


def arrays_competitors(n: int, k: int) -> dict[str, Function]:
    x, taps = example(n).to_numpy(), gaussian(k)
    functions: dict[str, Function] = {"tsconv": lambda: convolve_valid(x, taps)}
    for name, function in array_peers(n, k, taps).items():
        functions[name] = lambda function=function: function(x)
    return within_reason(functions, n, k)


def engines_competitors(n: int, k: int) -> dict[str, Function]:
    x, taps = example(n).to_numpy(), gaussian(k)
    functions: dict[str, Function] = {"auto": lambda: convolve_valid(x, taps)}
    for name in ("direct", "fft", "overlap"):
        functions[name] = lambda name=name: convolve_valid(x, taps, method=name)
    return within_reason(functions, n, k)


COMPETITORS = {
    "smooth": smooth_competitors,
    "mean": mean_competitors,
    "gaps": gaps_competitors,
    "arrays": arrays_competitors,
    "engines": engines_competitors,
}


def array_peers(n: int, k: int, taps: np.ndarray) -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    """Return functions of an array that give the outputs whose window lies inside."""
    half = k // 2
    functions = {
        "numpy": lambda x: np.convolve(x, taps, mode="valid"),
        "sp_direct": lambda x: scipy.signal.convolve(x, taps, mode="valid", method="direct"),
        "sp_fft": lambda x: scipy.signal.fftconvolve(x, taps, mode="valid"),
        "sp_oa": lambda x: scipy.signal.oaconvolve(x, taps, mode="valid"),
        "ndimage": lambda x: scipy.ndimage.convolve1d(x, taps, mode="constant")[half : n - half],
    }
    convolution = module("astropy.convolution")
    if convolution:
        functions["astro_dir"] = lambda x: convolution.convolve(
            x, taps, normalize_kernel=False, nan_treatment="fill"
        )[half : n - half]
        functions["astro_fft"] = lambda x: convolution.convolve_fft(
            x, taps, normalize_kernel=False, nan_treatment="fill", allow_huge=True
        )[half : n - half]
    return functions


PER_PRODUCT = {
    "numpy": 0.2,
    "sp_direct": 0.2,
    "direct": 0.08,
    "ndimage": 1.1,
    "pandas": 1.0,
    "astro_dir": 1.0,
}
"""Nanoseconds for a product of tap and value, for what sums term by term."""


def within_reason(functions: dict[str, Function], n: int, k: int) -> dict[str, Function]:
    """Leave out what would take more than two seconds for a call."""
    cheap = "bottleneck" in functions or "uniform" in functions
    return {
        name: function
        for name, function in functions.items()
        if n * k * PER_PRODUCT.get(name, 0.0) < 2e9 or (cheap and name == "pandas")
    }


def example(n: int) -> pd.Series:
    rng = np.random.default_rng(1)
    return pd.Series(rng.normal(size=n), index=pd.RangeIndex(n), name="signal")


def gaussian(k: int) -> np.ndarray:
    taps = scipy.signal.windows.gaussian(k, k / 6)
    return taps / taps.sum()


def centred(series: pd.Series, k: int, inside: np.ndarray) -> pd.Series:
    """Put the outputs whose window lies inside back on the index."""
    values = np.full(series.size, np.nan)
    values[k // 2 : series.size - k // 2] = inside
    return pd.Series(values, index=series.index, name=series.name)


def module(name: str):
    try:
        return import_module(name)
    except ImportError:
        return None


def duration(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.2f} {unit}"
    return f"{seconds * 1e6:.1f} us"


def describe_machine() -> None:
    processor = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
            names = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
        processor = f"{len(names)} x {names[0]}"
    except (OSError, IndexError):
        pass
    print(f"{processor}, {platform.system()}, Python {platform.python_version()}")
    packages = ("numpy", "scipy", "pandas", "statsmodels", "astropy", "bottleneck")
    for name in packages:
        try:
            print(f"{name} {metadata.version(name)}", end="  ")
        except metadata.PackageNotFoundError:
            print(f"{name} not installed (its columns are left out)", end="  ")
    print()


if __name__ == "__main__":
    sys.exit(main())
