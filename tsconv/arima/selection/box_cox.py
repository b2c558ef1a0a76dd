r"""Box and Cox's (1964) power transformation, there and back.

    transform(y, lambda_) -> x
    restore(x, lambda_, variance=None) -> y
    choose_lambda(y) -> lambda_

.. math:: x = (\mathrm{sign}(y) |y|^\lambda - 1) / \lambda,
          \qquad x = \log y \text{ for } \lambda = 0 .

The sign lets a positive power take zero and negative values (Bickel and Doksum 1981).
"""

from __future__ import annotations

import numpy as np

from tsconv._checks import FloatArray


def transform(y: FloatArray, lambda_: float) -> FloatArray:
    """Transform a series; missing values stay missing.

    Raises
    ------
    ValueError
        If `lambda_` is not positive and the series is not; if powers overflow.
    """
    if lambda_ <= 0:
        _check_positive(y)
    if lambda_ == 0:
        return np.log(y)
    with np.errstate(over="ignore"):
        x = (np.sign(y) * np.abs(y) ** lambda_ - 1.0) / lambda_
    if np.isinf(x).any() and not np.isinf(y).any():
        raise ValueError(
            f"the powers of `y` must be float64 numbers; those with `lambda_`={lambda_:g} are not."
            " Give a power between -1 and 2, or another unit of `y`."
        )
    return np.asarray(x)


def restore(x: FloatArray, lambda_: float, variance: FloatArray | None = None) -> FloatArray:
    r"""Undo `transform`; with a variance, give the mean instead of the median.

    Parameters
    ----------
    x : ndarray
        Medians, means or quantiles on the transformed scale.
    lambda_ : float
        The power.
    variance : ndarray, optional
        Variances of what `x` are the means of. The mean of the original is then, to second order,
        :math:`y (1 + \sigma^2 (1 - \lambda) / (2 (\lambda x + 1)^2))`.

    Notes
    -----
    Below the range of a negative power (``lambda_ * x <= -1``) the answer is infinite.

    References
    ----------
    .. [1] Hyndman, R. J. and Athanasopoulos, G. (2021), Forecasting: Principles and Practice,
       3rd ed., section 5.6.
    """
    if lambda_ == 0:
        y = np.exp(x)
        return y if variance is None else y * (1.0 + 0.5 * variance)
    base = lambda_ * x + 1.0
    if lambda_ < 0:
        base = np.maximum(base, 0.0)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        y = np.sign(base) * np.abs(base) ** (1.0 / lambda_)
        if lambda_ < 0:
            y = np.where(base == 0.0, np.inf, y)
        if variance is not None:
            y = y * (1.0 + 0.5 * variance * (1.0 - lambda_) / base**2)
    return np.asarray(y)


def choose_lambda(y: FloatArray) -> float:
    """Power that makes the values most nearly normal, by maximum likelihood (scipy), in [-1, 2].

    Raises
    ------
    ValueError
        If a value is not positive.
    """
    from scipy.stats import boxcox

    seen = y[~np.isnan(y)]
    _check_positive(seen)
    if seen.size < 3 or np.ptp(seen) <= 1e-12 * seen.max():
        return 1.0
    _, lambda_ = boxcox(seen / np.exp(np.mean(np.log(seen))))
    return float(min(max(lambda_, -1.0), 2.0))


def _check_positive(y: FloatArray) -> None:
    bad = np.flatnonzero(y <= 0)
    if bad.size:
        raise ValueError(
            "`y` must be positive for a Box-Cox transformation with a power of 0, below 0 or"
            f' "auto"; got {y[bad[0]]:g} ({bad.size} such). Add a constant, or give a positive'
            " `lambda_`."
        )
