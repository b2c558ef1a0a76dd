"""A fit beside statsmodels' of the same specification, number by number."""

from __future__ import annotations

import time
import warnings
from typing import Any

import numpy as np
import pandas as pd

from tsconv._checks import check_count
from tsconv.arima.interop.handing_over import fit_theirs, model_of
from tsconv.arima.interop.reading import from_statsmodels
from tsconv.arima.path import loglike_at
from tsconv.arima.result import ArimaFit


def compare(fit: ArimaFit, *, steps: int = 10) -> pd.DataFrame:
    """Set a fit beside statsmodels' of the same specification.

    Parameters
    ----------
    fit : ArimaFit
        A fit with its observations. statsmodels' is the one it was read from, or is made now.
    steps : int, default 10
        Forecast horizon compared; left out for models with regressors, whose future is not known.

    Returns
    -------
    DataFrame
        Columns `tsconv`, `statsmodels`, `difference`; rows by `quantity` and `item`:

        ``params``, ``std_errors``
            By parameter. A fit made now is asked for standard errors of our kind: its `cov_type`
            is "approx" for "oim", "opg" for "opg", "robust_approx" for "robust" (by default
            statsmodels may take another, and its "oim" is an approximation). One that was read in
            keeps its own. ``attrs["cov_type"]`` says what statsmodels' are.
        ``fit``
            `loglike` as each reports it, `exact_loglike` of both parameter vectors by one exact
            evaluator, `aic`, `bic`, and `seconds` of the two fits where measured.
        ``residuals``
            One-step errors at the row where they differ most, after the start of the sample.
        ``forecast``
            By step; left out where statsmodels cannot continue the index of its series.

        ``attrs["verdict"]`` says in words who reached the higher likelihood.

    Notes
    -----
    The start left out in ``residuals`` is a fifth of the series, at least what differencing and the
    AR part hang over.
    """
    sample = fit._data
    check_count(steps, "steps", minimum=1)
    own_seconds = theirs_seconds = np.nan
    theirs = fit._origin
    if theirs is None:
        model = model_of(fit)
        start = time.process_time()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # whether it converged shows in the likelihoods
            theirs = fit_theirs(model, fit)
        theirs_seconds = time.process_time() - start
        own_seconds = _time_own(fit)
    other = from_statsmodels(theirs)

    rows: dict[tuple[str, str], tuple[float, float]] = {}
    for name in fit.names:
        rows["params", name] = (fit.params[name], other.params[name])
    for name in fit.names:
        rows["std_errors", name] = (fit.std_errors[name], other.std_errors[name])
    rows["fit", "loglike"] = (fit.loglike, float(theirs.llf))
    own_exact = loglike_at(sample, fit.spec, fit.estimates, fit.equation)
    their_exact = loglike_at(sample, other.spec, other.estimates, other.equation)
    if own_exact is not None and their_exact is not None:
        rows["fit", "exact_loglike"] = (own_exact, their_exact)
    rows["fit", "aic"] = (fit.aic, float(theirs.aic))
    rows["fit", "bic"] = (fit.bic, float(theirs.bic))
    if not np.isnan(own_seconds):
        rows["fit", "seconds"] = (own_seconds, theirs_seconds)
    rows["residuals", "largest difference"] = _worst_residual(fit, theirs)
    if not fit._exog_names:
        for h, values in enumerate(_forecasts(fit, theirs, steps), start=1):
            rows["forecast", f"step {h}"] = values
    index = pd.MultiIndex.from_tuples(rows, names=["quantity", "item"])
    table = pd.DataFrame(list(rows.values()), index=index, columns=["tsconv", "statsmodels"])
    table["difference"] = table["tsconv"] - table["statsmodels"]
    table.attrs["verdict"] = verdict(rows)
    table.attrs["cov_type"] = str(theirs.cov_type)
    return table


def _time_own(fit: ArimaFit) -> float:
    """CPU seconds of fitting the same model once more here."""
    from tsconv.arima.fit import refit

    if fit.equation is not None:
        return float("nan")
    start = time.process_time()
    refit(fit)
    return time.process_time() - start


def _forecasts(fit: ArimaFit, theirs: Any, steps: int) -> list[tuple[float, float]]:
    """Forecasts of both; none if statsmodels cannot continue the index of its series."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            mean = np.asarray(theirs.forecast(steps), dtype=float)
        except (KeyError, ValueError):
            return []
    own = fit.forecast(steps)["mean"].to_numpy()
    return [(float(a), float(b)) for a, b in zip(own, mean, strict=True)]


def _worst_residual(fit: ArimaFit, theirs: Any) -> tuple[float, float]:
    """One-step errors of both where they differ most, after the start."""
    own = fit.residuals.to_numpy()
    other = np.full(own.size, np.nan)
    reported = np.asarray(theirs.resid, dtype=float)
    other[own.size - reported.size :] = reported
    first = max(own.size // 5, fit.spec.n_lost + fit.spec.ar_degree)
    gap = np.abs(own - other)
    gap[:first] = np.nan
    if np.isnan(gap).all():
        return np.nan, np.nan
    worst = int(np.nanargmax(gap))
    return float(own[worst]), float(other[worst])


def verdict(rows: dict[tuple[str, str], tuple[float, float]]) -> str:
    """Say who reached the higher likelihood."""
    own, other = rows.get(("fit", "exact_loglike"), rows["fit", "loglike"])
    if abs(own - other) < 1e-3:
        return "both reached the same likelihood (to 0.001)"
    winner = "tsconv" if own > other else "statsmodels"
    return f"{winner} reached the higher likelihood, by {abs(own - other):.3f}"
