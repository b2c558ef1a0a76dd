"""Quality of exact ARIMA fits over the M3 sample: who reaches the highest likelihood.

Run as `bench_arima.py --quality`. The sample are the first 150 monthly and the first 150 quarterly
series by id with at least 40 points; with `--held-out` the 150 that follow each, which no choice of
starting points has seen. Each end, ours and the peers', is judged by one exact evaluator at its
ARMA coefficients, the regression and sigma2 at their best: so a peer is never marked down for its
treatment of the mean. A fit falls short if it is more than 0.01 below the best of all, 20 random
starts included.
"""

from __future__ import annotations

import math
import shutil
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tsconv.arima.estimate import fit_arrays
from tsconv.arima.spec import ArimaSpec

M3 = Path(__file__).resolve().parents[3] / "shared" / "data" / "m3.parquet"
MODELS: dict[str, Callable[[int], ArimaSpec]] = {
    "(2,1,2)": lambda _: ArimaSpec((2, 1, 2)),
    "(1,0,1)+mean": lambda _: ArimaSpec((1, 0, 1)),
    "(1,1,1)(0,1,1)s": lambda period: ArimaSpec((1, 1, 1), (0, 1, 1, period)),
}
N_STARTS = 20
SHORT = 0.01


def m3_series(path: Path, held_out: bool) -> list[tuple[str, int, np.ndarray]]:
    import pandas as pd

    frame = pd.read_parquet(path)
    first = 150 * held_out
    chosen = []
    for name, period in (("monthly", 12), ("quarterly", 4)):
        of_period = frame[frame["period"] == name].sort_values(["unique_id", "t"])
        groups = of_period.groupby("unique_id", observed=True)["y"]
        long = [(uid, period, y.to_numpy(float)) for uid, y in groups if len(y) >= 40]
        chosen += long[first : first + 150]
    return chosen


def quality(path: Path, *, fast: bool, held_out: bool) -> None:
    """Print, for each model, how many ends of each engine fall short."""
    if not path.exists():
        print(f"the M3 series are not at {path}; quality is not measured.")
        return
    series = m3_series(path, held_out)
    rng = np.random.default_rng(1)
    print(f"\nM3, {'held out' if held_out else 'first'} {len(series)} series")
    print(f"{'model':16} {'engine':14} {'fits':>5} {'fail':>5} {'short':>6} {'worst':>9} {'ms':>8}")
    for model, spec_of in MODELS.items():
        ends: dict[str, list[float]] = {}
        spent: dict[str, float] = {}
        unconverged = 0
        best = np.full(len(series), -np.inf)
        for _ in range(N_STARTS):
            for i, (_, period, y) in enumerate(series):
                spec = spec_of(period)
                point = np.r_[np.zeros(spec.n_regressors), random_arma(rng, spec), 1.0]
                best[i] = max(best[i], fit_arrays(y, spec, start=point, n_starts=0).loglike)
        for engine, fit in {"tsconv": ours, **({} if fast else peers())}.items():
            ends[engine] = []
            start = time.process_time()
            for _, period, y in series:
                spec = spec_of(period)
                try:
                    with warnings.catch_warnings(), np.errstate(all="ignore"):
                        warnings.simplefilter("ignore")
                        arma, converged = fit(y, spec)
                    ends[engine].append(height(y, spec, arma))
                    unconverged += engine == "tsconv" and not converged
                except Exception:
                    ends[engine].append(math.nan)
            spent[engine] = (time.process_time() - start) / len(series) * 1e3
        if not fast and shutil.which("Rscript"):
            specs = [spec_of(period) for _, period, _ in series]
            coefs, spent["R arima"] = r_fits([y for *_, y in series], specs)
            ends["R arima"] = [
                height(y, spec, c) if np.isfinite(c).all() else math.nan
                for (*_, y), spec, c in zip(series, specs, coefs, strict=True)
            ]
        for heights in ends.values():
            best = np.fmax(best, heights)
        for engine, heights in ends.items():
            below = best - np.array(heights)
            fail = int(np.isnan(below).sum())
            short = int((below > SHORT).sum())
            print(
                f"{model:16} {engine:14} {len(series):5} {fail:5} {short:6} {np.nanmax(below):9.4f}"
                f" {spent[engine]:8.2f}"
                + (f"   not converged: {unconverged}" if engine == "tsconv" else ""),
                flush=True,
            )


def height(y: np.ndarray, spec: ArimaSpec, arma: np.ndarray) -> float:
    """Exact log-likelihood at these ARMA coefficients, all else at its best."""
    names = spec.names[spec.n_regressors : -1]
    fixed = dict(zip(names, map(float, arma), strict=True))
    try:
        return fit_arrays(y, spec, fixed=fixed).loglike
    except ValueError:  # on or beyond an AR unit root there is no likelihood
        return -math.inf


def random_arma(rng: np.random.Generator, spec: ArimaSpec) -> np.ndarray:
    """Coefficients of uniform partial autocorrelations, for models without sparse lags."""
    parts = []
    for size, sign in zip(spec.sizes, (1, -1, 1, -1), strict=True):
        f = np.zeros(0)
        for kappa in rng.uniform(-0.95, 0.95, size):
            f = np.r_[f - kappa * f[::-1], kappa]
        parts.append(sign * f)
    return np.concatenate(parts)


def ours(y: np.ndarray, spec: ArimaSpec) -> tuple[np.ndarray, bool]:
    fit = fit_arrays(y, spec)
    return spec.arma(fit.params), fit.converged


def peers() -> dict[str, Callable]:
    """Fits of the peers that are installed; each returns ARMA coefficients in our order."""
    found: dict[str, Callable] = {}
    try:
        from statsmodels.tsa.arima.model import ARIMA
    except ImportError:
        pass
    else:

        def statsmodels(y, spec):
            model = ARIMA(y, order=spec.order, seasonal_order=spec.seasonal_order, trend=spec.trend)
            return spec.arma(model.fit().params), True

        found["statsmodels"] = statsmodels
    try:
        from statsforecast.arima import arima as forecast_arima
    except ImportError:
        pass
    else:

        def statsforecast(y, spec):
            P, D, Q, s = spec.seasonal_order
            seasonal = {"order": (P, D, Q), "period": max(s, 1)}
            fit = forecast_arima(
                y,
                order=spec.order,
                seasonal=seasonal,
                include_mean=bool(spec.trend_powers),
                method="CSS-ML",
            )
            return np.array([fit["coef"][name] for name in r_names(spec)]), True

        found["statsforecast"] = statsforecast
    try:
        import pmdarima
    except ImportError:
        pass
    else:

        def pmd(y, spec):
            fit = pmdarima.ARIMA(
                spec.order, spec.seasonal_order, with_intercept=bool(spec.trend_powers)
            ).fit(y)
            return np.asarray(fit.params())[spec.n_regressors : -1], True

        found["pmdarima"] = pmd
    return found


def r_names(spec: ArimaSpec) -> list[str]:
    """R's names of the ARMA coefficients, in our order."""
    names = ("ar", "ma", "sar", "sma")
    return [
        f"{name}{k + 1}" for name, size in zip(names, spec.sizes, strict=True) for k in range(size)
    ]


def r_fits(series: list[np.ndarray], specs: list[ArimaSpec]) -> tuple[np.ndarray, float]:
    """Coefficients of R's arima for all series in one process, NaN where it fails; ms per fit."""
    lines = []
    for spec, y in zip(specs, series, strict=True):
        p, d, q = spec.order
        P, D, Q, s = spec.seasonal_order
        head = [p, d, q, P, D, Q, max(s, 1), int(bool(spec.trend_powers))]
        lines.append(" ".join([*map(str, head), *(f"{v:.17g}" for v in y)]))
    names = ",".join(f'"{name}"' for name in r_names(specs[0]))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "series.txt"
        path.write_text("\n".join(lines) + "\n", encoding="ascii")
        code = (
            f'rows <- strsplit(readLines("{path}"), " "); spent <- 0; for (row in rows) {{'
            " v <- as.numeric(row); y <- v[-(1:8)]; spent <- spent + system.time(fit <- tryCatch("
            "arima(y, v[1:3], seasonal = list(order = v[4:6], period = v[7]),"
            " include.mean = v[8] == 1), error = function(e) NULL))[[1]];"
            f" cat(if (is.null(fit)) rep(NA, {len(r_names(specs[0]))}) else"
            f' format(fit$coef[c({names})], digits = 17), "\\n") }}; cat(spent)'
        )
        done = subprocess.run(["Rscript", "-e", code], capture_output=True, text=True, check=True)
    *rows, spent = done.stdout.strip().splitlines()
    coefs = [[math.nan if v == "NA" else float(v) for v in row.split()] for row in rows]
    return np.array(coefs), float(spent) / len(series) * 1e3
