"""Tests of what a fit leaves over: is it white, normal, of constant variance."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tsconv._checks import FloatArray, check_count
from tsconv.arima.spec import ArimaSpec


def diagnose(standardized: FloatArray, spec: ArimaSpec, n_lags: int | None = None) -> pd.DataFrame:
    r"""Ljung-Box, Jarque-Bera and a test of breaks in variance on standardized innovations.

    Parameters
    ----------
    standardized : ndarray, shape (n,)
        Innovations divided by their standard deviations; missing ones (NaN) are passed over.
    spec : ArimaSpec
        The model; its number of ARMA coefficients is taken off the degrees of freedom.
    n_lags : int, optional
        Lags of the Ljung-Box test, more than the ARMA coefficients; by default 10, or two seasons,
        but at most a fifth of the series.

    Returns
    -------
    DataFrame
        Rows ``ljung_box``, ``jarque_bera``, ``heteroskedasticity``; columns `statistic`, `df`,
        `p_value`, `null`. NaN where the series is too short.

    Notes
    -----
    Heteroskedasticity compares the sum of squares of the last third with that of the first, F with
    (h, h) degrees of freedom, two-sided (Harvey 1990, Forecasting, Structural Time Series Models
    and the Kalman Filter, section 5.4.2).
    """
    e = standardized[np.isfinite(standardized)]
    n_arma = spec.n_arma
    if n_lags is None:
        n_lags = 2 * spec.period if spec.period > 1 else 10
        n_lags = max(min(n_lags, e.size // 5), n_arma + 3)
    elif check_count(n_lags, "n_lags", minimum=1) <= n_arma:
        raise ValueError(
            f"`n_lags` must exceed the number of ARMA coefficients, {n_arma}; got {n_lags}."
        )
    rows = {
        "ljung_box": (*_ljung_box(e, n_lags, n_arma), "no autocorrelation"),
        "jarque_bera": (*_jarque_bera(e), "normal"),
        "heteroskedasticity": (*_variance_ratio(e), "variance constant"),
    }
    return pd.DataFrame.from_dict(
        rows, orient="index", columns=["statistic", "df", "p_value", "null"]
    )


def _ljung_box(e: FloatArray, n_lags: int, n_arma: int) -> tuple[float, float, float]:
    if e.size <= n_lags:
        return np.nan, np.nan, np.nan
    from statsmodels.stats.diagnostic import acorr_ljungbox

    table = acorr_ljungbox(e, lags=[n_lags], model_df=n_arma)
    return float(table["lb_stat"].iloc[0]), n_lags - n_arma, float(table["lb_pvalue"].iloc[0])


def _jarque_bera(e: FloatArray) -> tuple[float, float, float]:
    if e.size < 2 or not np.any(e != e[0]):
        return np.nan, np.nan, np.nan
    from scipy.stats import jarque_bera

    test = jarque_bera(e)
    return float(test.statistic), 2, float(test.pvalue)


def _variance_ratio(e: FloatArray) -> tuple[float, float, float]:
    third = round(e.size / 3)
    early, late = float(np.sum(e[:third] ** 2)), float(np.sum(e[e.size - third :] ** 2))
    if third < 1 or early <= 0:
        return np.nan, np.nan, np.nan
    from scipy.stats import f

    ratio = late / early
    p_value = 2 * min(f.cdf(ratio, third, third), f.sf(ratio, third, third))
    return ratio, third, float(min(p_value, 1.0))
