r"""Autoregressions without a search: Yule-Walker, Burg and least squares.

`yule_walker`, `burg`, `ols` give coefficients and noise variance of an array; `select_ar_order` an
order. `fit_ar` fits a series and returns the model as an `ArimaFit`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from tsconv._checks import FloatArray, check_choice, check_count, check_vector
from tsconv.arima.fit import fit_arima
from tsconv.arima.result import ArimaFit
from tsconv.arima.sample import Sample, take_sample
from tsconv.arima.spec import ArimaSpec
from tsconv.correlation.autoregression import (
    PATHS,
    ArPath,
    burg_path,
    coefficient_covariance,
    default_order,
    least_squares,
    log_likelihood,
    step_down,
    yule_walker_path,
)

ArMethod = Literal["exact", "yule-walker", "burg", "ols"]

_SOURCES = {
    "yule-walker": "Yule-Walker equations",
    "burg": "Burg's method",
    "ols": "least squares",
}
_RESCALE = " Multiply `y` by a power of ten that brings it near one."


def fit_ar(
    y: pd.Series | ArrayLike, order: int | None = None, *, method: ArMethod = "exact"
) -> ArimaFit:
    r"""Autoregression of a series: each value from a weighted sum of the ones before.

    Parameters
    ----------
    y : array_like or Series, shape (n_obs,)
        Equally spaced observations; missing ones need ``method="exact"`` and an order.
    order : int, optional
        Number of coefficients; by default that of least AIC up to ``10 log10(n_obs)`` (on the path
        of ``"yule-walker"``, or else of ``"burg"``; see `select_ar_order`).
    method : {"exact", "yule-walker", "burg", "ols"}, default "exact"
        ``"exact"``: the maximum of the likelihood, by `fit_arima`. The others need no search.
        ``"yule-walker"``: from autocovariances of divisor n; always stationary, biased when the
        spectrum has sharp peaks. ``"burg"``: least squares forwards and backwards; always
        stationary, and nearly as good as the likelihood. ``"ols"``: least squares with a constant,
        conditional on the first `order` values; it may be unstable.

    Returns
    -------
    ArimaFit
        Its `source` names the method. `const` is the mean of the process: the sample mean, or with
        ``"ols"`` the mean that the constant implies. Standard errors are those of large samples
        (``cov_type="asymptotic"``), with ``"ols"`` those of the regression. `loglike` is the exact
        one of these parameters; that of an unstable model is conditional on the first `order`
        values.

    Raises
    ------
    TypeError
        If `y` is complex or not numbers.
    ValueError
        If `y` is constant, too short for the order, or has missing or infinite values; if its past
        predicts it without error; if least squares finds a unit root, so that there is no mean.

    See Also
    --------
    fit_arima : Moving averages, seasons, regressors.

    Notes
    -----
    .. math:: y_t - c = \sum_{i=1}^p \phi_i (y_{t-i} - c) + e_t .

    Cost: Yule-Walker and Burg O(n_obs * order), least squares O(n_obs * order^2).

    References
    ----------
    .. [1] Brockwell, P. J. and Davis, R. A. (2016), Introduction to Time Series and Forecasting,
       3rd ed., section 5.1.

    Examples
    --------
    >>> from tsconv import datasets
    >>> fit = fit_ar(datasets.load_sunspots(), 2, method="burg")
    >>> fit.params.round(2)
    const      49.75
    ar.L1       1.39
    ar.L2      -0.69
    sigma2    275.38
    Name: estimate, dtype: float64
    >>> fit.whitening
    Kernel([1 -1.392 0.6901])
    """
    check_choice(method, "method", ("exact", *_SOURCES))
    sample = take_sample(y)
    gaps = np.flatnonzero(np.isnan(sample.y))
    if gaps.size and (method != "exact" or order is None):
        remedy = "give an order" if method == "exact" else 'use method="exact"'
        raise ValueError(
            f"`y` has {gaps.size} missing value{'s' if gaps.size > 1 else ''}, first at position"
            f" {gaps[0]}; fill them, or {remedy}."
        )
    if order is None:
        path = "yule-walker" if method == "yule-walker" else "burg"
        limit = min(default_order(sample.n), (sample.n - 1) // 2)
        order = select_ar_order(sample.y, limit, method=path)
    if method == "exact":
        return fit_arima(y, (check_count(order, "order"), 0, 0))
    return _as_arima(sample, method, _estimate(sample.y, order, method))


def yule_walker(x: ArrayLike, order: int) -> tuple[FloatArray, float]:
    r"""AR coefficients and noise variance from the Yule-Walker equations.

    The autocovariances have the divisor n, as in R's ``ar.yw`` and statsmodels'
    ``yule_walker(method="mle")``: the model is always stationary, at the price of a bias that is
    strong when the spectrum has sharp peaks. `burg` has the first property without the second.

    Parameters
    ----------
    x : array_like, shape (n_obs,)
        Equally spaced observations, none missing; their mean is removed.
    order : int
        Number of coefficients, below ``n_obs``.

    Returns
    -------
    coefs : ndarray, shape (order,)
        In the sign convention ``x[t] = coefs[0] x[t-1] + ... + e[t]``.
    sigma2 : float
        Noise variance, :math:`\gamma_0 \prod_k (1 - \kappa_k^2)`. (R divides by n - order - 1
        instead of n.)

    Raises
    ------
    ValueError
        If `x` is constant, has missing values, or is not longer than `order`.

    Notes
    -----
    Levinson's recursion; O(n_obs) for each lagged product (fewer by FFT when there are many), and
    O(order^2).

    References
    ----------
    .. [1] Brockwell, P. J. and Davis, R. A. (1991), Time Series: Theory and Methods, 2nd ed.,
       sections 5.2 and 8.1-8.2.

    Examples
    --------
    >>> coefs, sigma2 = yule_walker([1, 2, 3, 4, 5], 1)
    >>> coefs, round(sigma2, 6)
    (array([0.4]), 1.68)
    """
    return _of_order(yule_walker_path, x, order)


def burg(x: ArrayLike, order: int) -> tuple[FloatArray, float]:
    r"""AR coefficients and noise variance by Burg's method.

    Each reflection coefficient minimises the sum of squares of the forward and the backward
    prediction errors. The model is stationary, and unlike that of `yule_walker` hardly biased when
    the spectrum has sharp peaks.

    Parameters
    ----------
    x : array_like, shape (n_obs,)
        Equally spaced observations, none missing; their mean is removed.
    order : int
        Number of coefficients, below ``n_obs``.

    Returns
    -------
    coefs : ndarray, shape (order,)
        In the sign convention ``x[t] = coefs[0] x[t-1] + ... + e[t]``.
    sigma2 : float
        Mean square of the forward and backward prediction errors, as in statsmodels' ``burg`` and
        R's ``ar.burg`` with ``var.method = 2``. (R's default is :math:`\gamma_0 \prod_k (1 -
        \kappa_k^2)`.)

    Raises
    ------
    ValueError
        If `x` is constant, has missing values, or is not longer than `order`.

    Notes
    -----
    With the errors :math:`f_t, b_t` of order k - 1,
    :math:`\kappa_k = 2 \sum_t f_t b_{t-1} / \sum_t (f_t^2 + b_{t-1}^2)`. O(n_obs * order) in time,
    O(n_obs) in memory. Where nothing is left to predict, the remaining coefficients are zero.

    References
    ----------
    .. [1] Brockwell, P. J. and Davis, R. A. (2016), Introduction to Time Series and Forecasting,
       3rd ed., section 5.1.2.

    Examples
    --------
    >>> coefs, sigma2 = burg([1, 2, 3, 4, 5], 1)
    >>> coefs.round(6), round(sigma2, 6)
    (array([0.666667]), 0.833333)
    """
    return _of_order(burg_path, x, order)


def ols(x: ArrayLike, order: int) -> tuple[FloatArray, float]:
    r"""AR coefficients and noise variance by least squares with a constant.

    Conditional on the first `order` samples, as statsmodels' ``AutoReg`` and R's ``ar.ols``. Least
    biased of the three, but nothing keeps the model stationary.

    Parameters
    ----------
    x : array_like, shape (n_obs,)
        Equally spaced observations, none missing.
    order : int
        Number of coefficients; ``n_obs`` must be at least ``2 * order + 1``.

    Returns
    -------
    coefs : ndarray, shape (order,)
        In the sign convention ``x[t] = coefs[0] x[t-1] + ... + e[t]``.
    sigma2 : float
        Mean square of the ``n_obs - order`` residuals.

    Raises
    ------
    ValueError
        If `x` is constant, has missing values, or is too short.

    Notes
    -----
    QR of the lagged values in blocks of rows: O(n_obs * order^2) in time, and memory that does not
    grow with ``n_obs``. Collinear lags give the solution of least norm.

    Examples
    --------
    >>> coefs, sigma2 = ols([1.0, 2.0, 4.0, 8.0, 16.0], 1)
    >>> coefs.round(6), round(sigma2, 6)
    (array([2.]), 0.0)
    """
    fit = least_squares(x, order)
    return fit.coefs, fit.sigma2


def select_ar_order(
    x: ArrayLike,
    max_order: int | None = None,
    criterion: str = "aic",
    *,
    method: str = "burg",
) -> int:
    r"""Order of an autoregression with the least information criterion.

    Parameters
    ----------
    x : array_like, shape (n_obs,)
        Equally spaced observations, none missing.
    max_order : int, optional
        Largest order tried; by default ``10 log10(n_obs)``, as in R's ``ar``.
    criterion : {"aic", "aicc", "bic"}, default "aic"
        :math:`n \log \sigma^2_p` plus 2 K, ``2 K n / (n - K - 1)`` or K log n, with K = p + 2
        parameters.
    method : {"burg", "yule-walker"}, default "burg"
        Where the reflection coefficients in :math:`\sigma^2_p = \gamma_0 \prod_{k \le p} (1 -
        \kappa_k^2)` come from.

    Returns
    -------
    int
        Between 0 and `max_order`.

    Notes
    -----
    All orders come from one pass, so this costs as much as one fit of the largest.

    Examples
    --------
    >>> from tsconv import datasets
    >>> sunspots = datasets.load_sunspots()
    >>> select_ar_order(sunspots), select_ar_order(sunspots, criterion="bic")
    (9, 9)
    """
    check_choice(method, "method", PATHS)
    values = check_vector(x, "x")
    limit = default_order(values.size) if max_order is None else max_order
    return PATHS[method](values, limit).best_order(criterion)


@dataclass(frozen=True)
class _Estimate:
    """Mean of the process, coefficients, noise variance, covariance of the coefficients."""

    const: float
    coefs: FloatArray
    sigma2: float
    covariance: FloatArray


def _estimate(y: FloatArray, order: int, method: str) -> _Estimate:
    if method != "ols":
        path = PATHS[method](y, order)
        coefs = path.coefs(order)
        return _Estimate(path.mean, coefs, path.sigma2, coefficient_covariance(coefs, y.size))
    fit = least_squares(y, order)
    gain = 1 - float(fit.coefs.sum())
    if abs(gain) <= 1e-12 * (1 + float(np.abs(fit.coefs).sum())):
        raise ValueError(
            "the autoregression must have a mean; least squares found a unit root."
            ' Difference the series first, or use method="burg".'
        )
    return _Estimate(fit.mean + fit.intercept / gain, fit.coefs, fit.sigma2, fit.covariance)


def _as_arima(sample: Sample, method: str, found: _Estimate) -> ArimaFit:
    n, p, sigma2 = sample.n, found.coefs.size, found.sigma2
    if not (np.isfinite(sigma2) and sigma2 > 0):
        raise ValueError(
            f"the errors of the autoregression must have a positive variance; got {sigma2:g}."
            + (" Lower the order: the past predicts `y` exactly." if sigma2 == 0 else _RESCALE)
        )
    centred = sample.y - found.const
    reflection = step_down(found.coefs)
    if reflection is None:
        loglike = -0.5 * (n - p) * (float(np.log(2 * np.pi * sigma2)) + 1)
    else:
        loglike = log_likelihood(centred, reflection, sigma2)
    # Large samples: mean, coefficients and noise variance are estimated independently.
    covariance = np.zeros((p + 2, p + 2))
    covariance[0, 0] = sigma2 / n / (1 - found.coefs.sum()) ** 2
    covariance[1:-1, 1:-1] = found.covariance
    covariance[-1, -1] = 2 * sigma2**2 / n
    return ArimaFit(
        ArimaSpec((p, 0, 0), trend="c"),
        np.concatenate([[found.const], found.coefs, [sigma2]]),
        loglike,
        n,
        cov_type="asymptotic",
        source=_SOURCES[method],
        _sample=sample,
        _covariance=covariance,
    )


def _of_order(
    path: Callable[[ArrayLike, int], ArPath], x: ArrayLike, order: int
) -> tuple[FloatArray, float]:
    fit = path(x, order)
    return fit.coefs(order), fit.sigma2
