"""`fit_arima`: an ARIMA model of a series by exact maximum likelihood."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tsconv._checks import FloatArray, check_choice
from tsconv.arima.estimate import ArrayFit, fit_arrays
from tsconv.arima.factors import difference
from tsconv.arima.result import COV_TYPES, ArimaFit
from tsconv.arima.sample import Sample, take_sample
from tsconv.arima.spec import ArimaSpec, Lags


class ConvergenceWarning(UserWarning):
    """The certificate of a fit does not show a maximum of the likelihood."""


def fit_arima(
    y: Any,
    order: tuple[Lags, int, Lags],
    *,
    seasonal_order: tuple[Lags, int, Lags, int] = (0, 0, 0, 0),
    exog: Any = None,
    trend: str | Sequence[int] | None = None,
    cov_type: str = "oim",
    n_starts: int | None = None,
    fixed: Mapping[str, float] | None = None,
    freq: Any = None,
) -> ArimaFit:
    r"""Fit a (seasonal) ARIMA model, with trend and regressors, by exact maximum likelihood.

    The search for the kernel whose inverse turns the series into white noise.

    Parameters
    ----------
    y : array_like or Series, shape (n,)
        Observations, equally spaced; missing ones (NaN, None, NA) may be anywhere and are treated
        exactly.
    order : (p, d, q)
        AR order, differences, MA order. A list stands for the lags in use: ``([1, 12], 0, 1)``.
    seasonal_order : (P, D, Q, s), default (0, 0, 0, 0)
        The same in steps of the season s. A list holds multiples of s.
    exog : array_like, Series or DataFrame, shape (n, n_exog), optional
        Regressors; on the index of `y` if both have one.
    trend : {"n", "c", "t", "ct"} or sequence of 0 and 1, optional
        Powers of time as regression columns, so that `const` is the mean of the process and `drift`
        the slope; ``[1, 0, 1]`` is a constant and a square. Time counts 1, 2, ... from the first
        row. By default "c" without differences and "n" with them; what differencing removes is
        refused.
    cov_type : {"oim", "opg", "robust"}, default "oim"
        Standard errors from the observed information, from the outer products of the scores, or
        from both ("sandwich"). Computed when they are read.
    n_starts : int, optional
        Starting points of the search; by default as many as the size of the problem suggests.
    fixed : mapping of str to float, optional
        Parameters that are given and not estimated: ``{"ar.L1": 0.5}``.
    freq : str or DateOffset, optional
        Insert missing rows so that the index has this frequency, such as "D".

    Returns
    -------
    ArimaFit

    Raises
    ------
    TypeError
        If something is not a real number.
    ValueError
        If values are infinite, all are missing, or too few for the parameters; if their variance
        is not a float64 number (spreads of 1e-150 or 1e150); if regressors are collinear (they are
        named), missing or on another index; if labels of a time index repeat.

    Warns
    -----
    UserWarning
        If a time index has gaps: rows are taken by position. The message says how to insert them.
    UserWarning
        If values differ by so few units of float64 rounding that they are taken as constant.
    ConvergenceWarning
        If the certificate does not show a maximum.

    See Also
    --------
    from_statsmodels : Read in a model that statsmodels has fitted.
    load : Read in a fit saved before.

    Notes
    -----
    The likelihood is exact, also with differences (flat prior on the first values) and missing
    values (flat prior on each); the mathematics is in `tsconv.arima.likelihood`. The fit is
    equivariant: ``a * y + b`` changes the estimates as it must and nothing else. A constant
    series has `sigma2` 0 and is forecast by its constant.

    References
    ----------
    .. [1] Box, G. E. P., Jenkins, G. M. and Reinsel, G. C. (2008), Time Series Analysis, 4th ed.,
       chapter 7.

    Examples
    --------
    >>> from tsconv import datasets
    >>> fit = fit_arima(datasets.load_nile(), (1, 0, 1))
    >>> fit.params.round(3)
    const       920.695
    ar.L1         0.861
    ma.L1        -0.518
    sigma2    19891.693
    Name: estimate, dtype: float64
    >>> fit.forecast(2)["mean"].round(1).tolist()
    [800.4, 817.1]
    """
    if cov_type not in COV_TYPES:
        check_choice(cov_type, "cov_type", COV_TYPES)
    sample = take_sample(y, exog, freq=freq)
    spec = _specification(order, seasonal_order, trend, sample.exog_names, fixed)
    fitted = fit_arrays(
        sample.y, spec, exog=sample.exog if sample.exog_names else None, n_starts=n_starts
    )
    fit = _result(fitted, sample, cov_type)
    if fitted.sigma2 == 0.0:
        _warn_of_rounding(sample.y, spec)
    if not fit.converged:
        warnings.warn(
            "the search may have ended before the maximum: one more step promises"
            f" {fitted.certificate.expected_gain:.2g} in log-likelihood."
            " Try `n_starts=10`, or a smaller model.",
            ConvergenceWarning,
            stacklevel=2,
        )
    return fit


def refit(fit: ArimaFit, *, n_starts: int | None = None) -> ArimaFit:
    """Fit the model of `fit` to its observations once more."""
    sample = fit._data
    fitted = fit_arrays(
        sample.y, fit.spec, exog=sample.exog if sample.exog_names else None, n_starts=n_starts
    )
    return _result(fitted, sample, fit.cov_type)


def _result(fitted: ArrayFit, sample: Sample, cov_type: str) -> ArimaFit:
    spec, params, loglike, converged = (
        fitted.spec,
        fitted.params,
        fitted.loglike,
        fitted.converged,
    )
    y = sample.y
    if (not converged or y[0] == y[-1]) and _is_at_rest(y, spec):
        params, loglike, converged = _at_rest(spec), np.inf, True
    return ArimaFit(
        spec,
        params,
        loglike,
        fitted.n_obs + spec.n_lost,
        converged,
        cov_type,
        fitted.certificate,
        _sample=sample,
    )


def _warn_of_rounding(y: FloatArray, spec: ArimaSpec) -> None:
    """Say so where values that differ were taken as constant."""
    if spec.n_lost or spec.trend_powers not in ((), (0,)) or spec.exog:
        return
    low, high = float(np.nanmin(y)), float(np.nanmax(y))
    if low != high:
        warnings.warn(
            f"`y` is taken as constant: its values, from {low!r} to {high!r}, differ by little more"
            " than rounding. Subtract a constant where the values still have more digits.",
            UserWarning,
            stacklevel=3,
        )


def _is_at_rest(y: FloatArray, spec: ArimaSpec) -> bool:
    """Whether the differenced series is a constant other than 0 that only an AR part can explain.

    Its likelihood grows without bound towards a unit root.
    """
    if spec.n_regressors or spec.fixed or not (spec.ar_lags or spec.seasonal_ar_lags):
        return False
    w = difference(y, spec)[spec.n_lost :]
    w = w[~np.isnan(w)]
    return bool(w.size > 1 and w[0] != 0 and np.all(w == w[0]))


def _at_rest(spec: ArimaSpec) -> FloatArray:
    """Limit of the estimates: the series repeats itself, without error."""
    params = np.zeros(spec.n_params)
    names = [name for name in spec.names if name.startswith("ar.")]
    params[spec.names.index(names[0])] = 1.0
    return params


def _specification(
    order: Any, seasonal_order: Any, trend: Any, exog: tuple[str, ...], fixed: Any
) -> ArimaSpec:
    """Build the specification, or take it from the last ones used."""
    if fixed is None:
        try:
            return _cached(order, seasonal_order, trend, exog)
        except TypeError:  # lists of lags cannot be looked up
            pass
    return ArimaSpec(order, seasonal_order, trend, exog, fixed)


@functools.lru_cache(maxsize=256, typed=True)
def _cached(order: Any, seasonal_order: Any, trend: Any, exog: tuple[str, ...]) -> ArimaSpec:
    return ArimaSpec(order, seasonal_order, trend, exog)
