r"""Autoregressions without a search: Yule-Walker, Burg and least squares.

`yule_walker`, `burg`, `ols` give coefficients and noise variance of an array; `select_ar_order` an
order. `fit_ar` fits a series and returns a model: parameters, kernels, residuals.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from tsconv import kernels
from tsconv._autoregression import (
    PATHS,
    ArPath,
    burg_path,
    default_order,
    least_squares,
    prediction_errors,
    yule_walker_path,
)
from tsconv._checks import FloatArray, check_choice, check_vector
from tsconv._frames import Taken, take_vector
from tsconv._observed import observe
from tsconv.kernel import Kernel

ArMethod = Literal["yule-walker", "burg", "ols"]


@dataclass(frozen=True, eq=False, repr=False)
class ArFit:
    r"""An autoregression fitted to a series.

    Attributes
    ----------
    method : {"yule-walker", "burg", "ols"}
        How it was fitted.
    coefs : ndarray, shape (order,)
        Coefficients without lag 0.
    const : float
        Mean of the process.
    sigma2 : float
        Noise variance.
    n_obs : int
        Number of observations.

    Notes
    -----
    .. math:: y_t - c = \sum_{i=1}^p \phi_i (y_{t-i} - c) + e_t .
    """

    method: str
    coefs: FloatArray
    const: float
    sigma2: float
    n_obs: int
    _taken: Taken
    _mean: float
    _intercept: float

    @property
    def order(self) -> int:
        """Number of coefficients."""
        return int(self.coefs.size)

    @functools.cached_property
    def params(self) -> pd.Series[float]:
        """Estimates by name: `const`, `ar.L1`, ..., `sigma2`."""
        names = ["const", *(f"ar.L{lag}" for lag in range(1, self.order + 1)), "sigma2"]
        values = [self.const, *self.coefs, self.sigma2]
        return pd.Series(values, index=pd.Index(names), name="estimate")

    @property
    def coloring(self) -> Kernel:
        """Kernel that makes the series, less `const`, of white noise."""
        return kernels.ar(self.coefs)

    @property
    def whitening(self) -> Kernel:
        """Kernel that makes white noise of the series, less `const`: finite, ``order + 1`` taps."""
        return Kernel(np.concatenate([[1.0], -self.coefs]))

    @functools.cached_property
    def residuals(self) -> Any:
        """Observed minus fitted, on the caller's index; NaN for the first `order` observations."""
        errors = np.full(self.n_obs, np.nan)
        deviations = self._taken.values - self._mean
        errors[self.order :] = prediction_errors(deviations, self.coefs) - self._intercept
        return self._taken.rebuild(errors)

    @property
    def fitted(self) -> Any:
        """Expected value of each observation given the ones before, on the caller's index."""
        return self._taken.rebuild(self._taken.values - np.asarray(self.residuals))

    def __repr__(self) -> str:
        listed = ", ".join(f"{value:.4g}" for value in self.coefs)
        return (
            f"ArFit(order {self.order} by {self.method}: ar = [{listed}],"
            f" const = {self.const:.4g}, sigma2 = {self.sigma2:.4g}, n_obs = {self.n_obs})"
        )


def fit_ar(
    y: pd.Series | ArrayLike, order: int | None = None, *, method: ArMethod = "yule-walker"
) -> ArFit:
    r"""Autoregression of a series: each value from a weighted sum of the ones before.

    Quick and without a search; it is the kernel whose inverse leaves the series nearly white.

    Parameters
    ----------
    y : array_like or Series, shape (n_obs,)
        Equally spaced observations, none missing.
    order : int, optional
        Number of coefficients; by default that of least AIC up to ``10 log10(n_obs)`` (on the path
        of `method`, or of Burg's for ``"ols"``).
    method : {"yule-walker", "burg", "ols"}, default "yule-walker"
        ``"yule-walker"``: from autocovariances of divisor n; always stationary, biased when the
        spectrum has sharp peaks. ``"burg"``: least squares forwards and backwards; always
        stationary, and the best choice for peaky spectra and short series. ``"ols"``: least squares
        with a constant, conditional on the first `order` values; it may be unstable.

    Returns
    -------
    ArFit
        With `params`, `coloring`, `whitening`, `residuals`.

    Raises
    ------
    TypeError
        If `y` is complex or not numbers.
    ValueError
        If `y` is constant, too short for the order, or has missing or infinite values; if least
        squares finds a unit root, so that the process has no mean.

    See Also
    --------
    fit_arima : The exact likelihood, moving averages, seasons, regressors, gaps.

    Notes
    -----
    `const` is the sample mean; with ``"ols"`` the mean implied by the intercept,
    :math:`c = \nu / (1 - \sum \phi_i)`. Cost: Yule-Walker O(n_obs * order) or less, Burg O(n_obs *
    order), least squares O(n_obs * order^2).

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
    check_choice(method, "method", ("yule-walker", "burg", "ols"))
    taken = take_vector(y, "y")
    n = taken.values.size
    observed = observe(taken.values, taken.index, "y", remedy="fill or drop them, or use fit_arima")
    observed.check_varies()
    if order is None:
        limit = min(default_order(n), (n - 1) // 2)
        order = select_ar_order(
            taken.values, limit, method="yule-walker" if method == "yule-walker" else "burg"
        )
    if method == "ols":
        fit = least_squares(taken.values, order)
        gain = 1 - float(fit.coefs.sum())
        if abs(gain) <= 1e-12 * (1 + float(np.abs(fit.coefs).sum())):
            raise ValueError(
                "the autoregression must have a mean; least squares found a unit root."
                " Difference the series first, or use method='burg'."
            )
        const = fit.mean + fit.intercept / gain
        return ArFit(method, fit.coefs, const, fit.sigma2, n, taken, fit.mean, fit.intercept)
    path = PATHS[method](taken.values, order)
    sigma2 = path.sigma2
    return ArFit(method, path.coefs(order), path.mean, sigma2, n, taken, path.mean, 0.0)


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


def _of_order(
    path: Callable[[ArrayLike, int], ArPath], x: ArrayLike, order: int
) -> tuple[FloatArray, float]:
    fit = path(x, order)
    return fit.coefs(order), fit.sigma2
