"""Exact ARIMA fits: time against peers, memory of a long season, quality over the M3 sample.

    python tests/benchmarks/bench_arima.py [--quality [--held-out] [--m3 PATH]] [--fast]

Single-threaded CPU time of a call on a ready series, without standard errors: short fits are
repeated for some milliseconds, engines take turns, the median counts. Peers that are not installed
are left out: statsmodels (default and innovations_mle), statsforecast, pmdarima, R's arima. Every
answer is judged by one exact evaluator, `tsconv.arima.likelihood.loglike`. `--quality` fits the M3
series of ../shared/data/m3.parquet instead, see `arima_quality`.
"""

from __future__ import annotations

import argparse
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from scipy.signal import lfilter

from tsconv.arima.estimate import fit_arrays
from tsconv.arima.likelihood import loglike
from tsconv.arima.spec import ArimaSpec

NONE = (0, 0, 0, 0)
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_SHORT = 5e-3  # seconds


def simulate(ar, ma, n, seed):
    noise = np.random.default_rng(seed).standard_normal(n + 500)
    return lfilter(np.r_[1, ma], np.r_[1, -np.asarray(ar)], noise)[500:]


def seasonal(theta, Theta, s):
    return np.convolve([1, theta], np.r_[1, np.zeros(s - 1), Theta])[1:]


def add_season(y, s):
    y = y.copy()
    for t in range(s, len(y)):
        y[t] += y[t - s]
    return y


def tasks():
    import statsmodels.api as sm

    sunspots = sm.datasets.sunspots.load_pandas().data["SUNACTIVITY"].to_numpy(float)
    airline = ((0, 1, 1), (0, 1, 1, 12))

    def air(n):
        return add_season(simulate([], seasonal(-0.4, -0.6, 12), n, 4).cumsum(), 12)

    def hourly(s):
        return add_season(simulate([0.6], seasonal(0.3, -0.6, s), 700, 5), s)

    def holes(n):
        y = simulate([0.7], [0.4], n, 9)
        y[np.random.default_rng(1).random(n) < 0.3] = np.nan
        return y

    # name, series, order, seasonal order, goal in ms, slowest peers left out
    return [
        ("ARMA(1,1), n = 200", simulate([0.7], [0.4], 200, 1), (1, 0, 1), NONE, 0.3, False),
        (
            "ARMA(2,2), n = 1,000",
            simulate([1.2, -0.5], [0.5, 0.3], 1000, 2),
            (2, 0, 2),
            NONE,
            0.6,
            False,
        ),
        (
            "AR(5), n = 10,000",
            simulate([0.5, -0.2, 0.1, 0.2, -0.3], [], 10_000, 3),
            (5, 0, 0),
            NONE,
            1,
            False,
        ),
        ("airline, n = 144", air(144), *airline, 0.6, False),
        ("airline, n = 600", air(600), *airline, 1.2, False),
        ("ARMA(1,1), n = 100,000", simulate([0.9], [0.3], 100_000, 6), (1, 0, 1), NONE, 10, True),
        ("sunspots (3,1,2)", sunspots, (3, 1, 2), NONE, 2, False),
        ("(1,0,1)(0,1,1)24, n = 700", hourly(24), (1, 0, 1), (0, 1, 1, 24), 6, True),
        ("(1,0,1)(0,1,1)168, n = 700", hourly(168), (1, 0, 1), (0, 1, 1, 168), 100, True),
        ("(1,0,1)(0,1,1)365, n = 700", hourly(365), (1, 0, 1), (0, 1, 1, 365), math.nan, True),
        ("a third missing, n = 2,000", holes(2000), (1, 0, 1), NONE, math.nan, False),
    ]


def peers(order, season, slow) -> Iterator[tuple[str, Callable]]:
    """Yield name and fit; a fit's `params`, if it has them, are in the order of ArimaSpec."""
    spec = ArimaSpec(order, season)
    try:
        from tsconv.arima import fit_arima
    except ImportError:
        pass
    else:
        yield "fit_arima", lambda y: fit_arima(y, order, seasonal_order=season)
    yield "fit_arrays", lambda y: fit_arrays(y, spec)
    if slow:
        return
    from statsmodels.tsa.arima.model import ARIMA

    def default(y):
        return ARIMA(y, order=order, seasonal_order=season, trend=spec.trend).fit()

    yield "statsmodels", default
    if not spec.trend_powers:

        def innovations(y):
            model = ARIMA(y, order=order, seasonal_order=season, trend=spec.trend)
            return model.fit(method="innovations_mle")

        yield "innovations_mle", innovations
    try:
        from statsforecast.arima import arima as forecast_arima
    except ImportError:
        pass
    else:

        def statsforecast(y):
            s = {"order": season[:3], "period": max(season[3], 1)}
            forecast_arima(y, order=order, seasonal=s, include_mean=bool(spec.trend_powers))

        yield "statsforecast", statsforecast
    try:
        import pmdarima
    except ImportError:
        pass
    else:

        def pmd(y):
            pmdarima.ARIMA(order, season, with_intercept=bool(spec.trend_powers)).fit(y)

        yield "pmdarima", pmd


def r_time(y, order, season, repeats) -> tuple[float, float] | None:
    """CPU milliseconds and log-likelihood of R's arima, timed inside one R process."""
    if shutil.which("Rscript") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "y.txt"
        np.savetxt(path, y, fmt="%.17g")
        vector = [f"c({','.join(map(str, o))})" for o in (order, season[:3])]
        extra = f", seasonal = list(order = {vector[1]}, period = {season[3]})" if season[3] else ""
        code = (
            f'y <- scan("{path}", quiet = TRUE); f <- function() arima(y, {vector[0]}{extra});'
            f"t <- sapply(1:{repeats}, function(i) system.time(fit <<- f())[[1]]);"
            "cat(median(t) * 1000, fit$loglik)"
        )
        done = subprocess.run(
            ["Rscript", "-e", code], capture_output=True, text=True, timeout=300, check=False
        )
    parts = done.stdout.split()
    return (float(parts[0]), float(parts[1])) if len(parts) == 2 else None


def timed(call: Callable) -> tuple[float, object]:
    """CPU milliseconds of a call, repeated while that is short, and its result."""
    start = time.process_time()
    result = call()
    took = time.process_time() - start
    if took < _SHORT:
        count = int(_SHORT / max(took, 1e-5)) + 1
        start = time.process_time()
        for _ in range(count):
            call()
        took = (time.process_time() - start) / count
    return took * 1e3, result


def speed(fast: bool) -> None:
    import pandas as pd

    print(f"{'task':28} {'engine':16} {'ms':>10} {'goal':>6} {'x ours':>8}  below best")
    for name, y, order, season, goal, slow in tasks():
        spec = ArimaSpec(order, season)
        series = pd.Series(y)
        times: dict[str, list[float]] = {}
        ends: dict[str, float] = {}
        engines = list(peers(order, season, slow or fast))
        rounds = 5 if slow else 9
        for i in range(rounds):
            for engine, fit in engines:
                if engine not in ("fit_arima", "fit_arrays") and i > 2:
                    continue
                given = series if engine == "fit_arima" else y
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    try:
                        ms, result = timed(lambda fit=fit, given=given: fit(given))
                    except Exception as error:
                        ends[engine] = math.nan
                        print(f"{name:28} {engine:16} fails: {error}")
                        continue
                times.setdefault(engine, []).append(ms)
                if i == 0 and hasattr(result, "params"):
                    ends[engine] = loglike(y, spec, np.asarray(result.params))
        if not slow:
            measured = r_time(y, order, season, 3)
            if measured is not None:
                times["R arima"], ends["R arima"] = [measured[0]], measured[1]
        ours = statistics.median(times["fit_arrays"])
        best = max(v for k, v in ends.items() if math.isfinite(v) and k != "R arima")
        for engine, values in times.items():
            ms = statistics.median(values)
            short = best - ends.get(engine, math.nan)
            print(f"{name:28} {engine:16} {ms:10.3f} {goal:6} {ms / ours:8.1f}  {short:9.5f}")


def units() -> None:
    """Print how far fits of an hourly load end below the best, in MW and in GW."""
    from statsmodels.tsa.arima.model import ARIMA

    order, season, n = (1, 0, 1), (1, 1, 1, 24), 504
    t = np.arange(n)
    day = np.sin(2 * np.pi * t / 24) + 0.4 * np.sin(4 * np.pi * t / 24 + 1)
    week = 1 - 0.2 * (t // 24 % 7 >= 5)
    load = 30 + 6 * day * week + 0.6 * simulate([0.9], [0.2], n, 8)
    spec = ArimaSpec(order, season)
    for unit, y in (("GW", load), ("MW", 1000 * load)):
        ours = fit_arrays(y, spec)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = ARIMA(y, order=order, seasonal_order=season, trend=spec.trend).fit()
        judged = [loglike(y, spec, np.asarray(fit.params)) for fit in (ours, theirs)]
        best = max(judged)
        print(
            f"hourly load in {unit}, {order}{season}, below the best:"
            f" tsconv {best - judged[0]:.4f}, statsmodels {best - judged[1]:.4f}"
            f" (its own figure: {best - theirs.llf:.4f})"
        )


def memory() -> None:
    """Print by how much a fit with a long season raises the memory in use (Linux only)."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); s = int(sys.argv[2]);"
        "import bench_arima as b;"
        "y = b.add_season(b.simulate([0.6], b.seasonal(0.3, -0.6, s), 700, 5), s);"
        "b.fit_arrays(y, b.ArimaSpec((1, 0, 1)));"
        "status = lambda key: next(int(line.split()[1]) / 1024"
        " for line in open('/proc/self/status') if line.startswith(key));"
        "open('/proc/self/clear_refs', 'w').write('5');"  # forget the peak of the imports
        "before = status('VmRSS'); b.fit_arrays(y, b.ArimaSpec((1, 0, 1), (0, 1, 1, s)));"
        "print(f'a season of {s} adds {status(\"VmHWM\") - before:.1f} MB at its peak')"
    )
    for season in ("168", "365"):
        here = str(Path(__file__).parent)
        subprocess.run([sys.executable, "-c", code, here, season], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quality", action="store_true", help="fit the M3 sample instead")
    parser.add_argument("--held-out", action="store_true", help="the series after the first 150")
    parser.add_argument("--fast", action="store_true", help="leave the slow peers out")
    parser.add_argument("--m3", type=Path, help="where the M3 series are")
    given = parser.parse_args()
    if any(os.environ.get(name) != "1" for name in ONE_THREAD):
        # the libraries read this when they are loaded
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **ONE_THREAD})
    if given.quality:
        from arima_quality import M3, quality

        quality(given.m3 or M3, fast=given.fast, held_out=given.held_out)
        return
    speed(given.fast)
    units()
    memory()


if __name__ == "__main__":
    main()
