r"""How much of a series its season explains: decomposition by loess, and seasonal differences.

    decompose(x, period) -> (seasonal, trend)
    seasonal_strength(x, period) -> between 0 and 1
    n_seasonal_differences(x, period) -> 0 or 1

Loess on an equally spaced grid is a convolution: inside, every value is the same weighted mean of
its neighbours; only the edges have weights of their own. `decompose` is STL (Cleveland et al. 1990)
without robustness weights, made of four such kernels.
"""

from __future__ import annotations

import math

import numpy as np

from tsconv._checks import FloatArray
from tsconv.arima.selection.scale import is_constant

STRENGTH = 0.64
"""Seasonal strength from which a series is differenced: Wang, Smith and Hyndman (2006)."""

_SEASONAL_WINDOW = 11


def decompose(x: FloatArray, period: int) -> tuple[FloatArray, FloatArray]:
    """Split a series into season, trend and remainder by STL.

    Parameters
    ----------
    x : ndarray, shape (n,)
        At least two seasons, nothing missing.
    period : int
        Length of the season.

    Returns
    -------
    seasonal, trend : ndarray, shape (n,)
        What is left of `x` is the remainder.

    Notes
    -----
    Windows are those of R's ``mstl``: 11 seasons for the seasonal part, the smallest odd number
    from ``1.5 period / (1 - 1.5 / 11)`` for the trend; two passes; loess at every tenth part of a
    window and straight lines between. Linear in n.

    References
    ----------
    .. [1] Cleveland, R. B., Cleveland, W. S., McRae, J. E. and Terpenning, I. (1990), STL: a
       seasonal-trend decomposition procedure based on loess, Journal of Official Statistics 6,
       3-73, section 2.
    """
    n = x.size
    trend_window = _odd(math.ceil(1.5 * period / (1.0 - 1.5 / _SEASONAL_WINDOW)))
    low_window = _odd(period)
    trend, seasonal = np.zeros(n), np.zeros(n)
    cycles = -(-n // period)
    n_long = n - (cycles - 1) * period
    grid = np.empty(cycles * period)
    extended = np.empty((cycles + 2, period))
    for _ in range(2):
        grid[:n] = x - trend
        by_cycle = grid.reshape(cycles, period)
        extended[:, :n_long] = _loess_beyond(by_cycle[:, :n_long])
        if n_long < period:
            extended[:-1, n_long:] = _loess_beyond(by_cycle[:-1, n_long:])
        smooth = extended.reshape(-1)[: n + 2 * period]
        low = _running_mean(_running_mean(_running_mean(smooth, period), period), 3)
        low = _loess(low[:, None], low_window, 1, -(-low_window // 10))[:, 0]
        seasonal = smooth[period : period + n] - low
        trend = _loess((x - seasonal)[:, None], trend_window, 1, -(-trend_window // 10))[:, 0]
    return seasonal, trend


def seasonal_strength(x: FloatArray, period: int) -> float:
    r"""Strength of the season, :math:`\max(0, 1 - var(r) / var(s + r))`, in [0, 1].

    0 if there are not more than two seasons to tell it from.

    References
    ----------
    .. [1] Wang, X., Smith, K. A. and Hyndman, R. J. (2006), Characteristic-based clustering for
       time series data, Data Mining and Knowledge Discovery 13, 335-364, section 3.1.
    """
    if period < 2 or x.size <= 2 * period:
        return 0.0
    seasonal, trend = decompose(x, period)
    remainder = x - seasonal - trend
    whole = float(np.var(remainder + seasonal))
    return max(0.0, 1.0 - float(np.var(remainder)) / whole) if whole > 0 else 0.0


def n_seasonal_differences(x: FloatArray, period: int, *, max_D: int = 1) -> int:
    """Seasonal differences that a strong season asks for: 0 or 1."""
    if max_D < 1 or period < 2 or is_constant(x):
        return 0
    return int(seasonal_strength(x, period) > STRENGTH)


# ---------------------------------------------------------------------- loess on a grid


def _loess(Y: FloatArray, window: int, degree: int, jump: int) -> FloatArray:
    """Smooth each column of Y (n, k) by local regression with `window` neighbours."""
    n = Y.shape[0]
    jump = min(jump, max(n - 1, 1))
    at = np.arange(0, n, jump)
    if at[-1] != n - 1:
        at = np.append(at, n - 1)
    width = min(window, n)
    # STL's own windows: centred where that fits, else the first or the last `width` points.
    left = np.clip(at - (window + 1) // 2 + 1, 0, n - width)
    if window >= n:
        left[:] = 0
    values = _weighted(Y, at, left, width, window, degree)
    if jump == 1:
        return values
    below = np.minimum(np.arange(n) // jump, at.size - 2)
    share = (np.arange(n) - at[below]) / (at[below + 1] - at[below])
    return np.asarray(values[below] + share[:, None] * (values[below + 1] - values[below]))


def _loess_beyond(Y: FloatArray) -> FloatArray:
    """Smooth columns by local means over seasons; one more row at each end."""
    n = Y.shape[0]
    width = min(_SEASONAL_WINDOW, n)
    inside = _loess(Y, _SEASONAL_WINDOW, 0, 2)
    ends = _weighted(Y, np.array([-1, n]), np.array([0, n - width]), width, _SEASONAL_WINDOW, 0)
    return np.concatenate([ends[:1], inside, ends[1:]])


def _weighted(
    Y: FloatArray,
    at: np.ndarray[tuple[int], np.dtype[np.intp]],
    left: np.ndarray[tuple[int], np.dtype[np.intp]],
    width: int,
    window: int,
    degree: int,
) -> FloatArray:
    """Local regression at positions `at` on `width` rows from `left`; shape (len(at), k)."""
    rows = left[:, None] + np.arange(width)
    distance = np.abs(rows - at[:, None]).astype(float)
    reach = np.maximum(at - left, left + width - 1 - at).astype(float)
    n = Y.shape[0]
    if window > n:
        reach += (window - n) // 2
    scaled = distance / reach[:, None]
    w = (1.0 - np.minimum(scaled, 1.0) ** 3) ** 3
    w[scaled > 0.999] = 0.0
    w[scaled <= 0.001] = 1.0
    w /= w.sum(axis=1)[:, None]
    if degree:
        centre = (w * rows).sum(axis=1)
        offset = rows - centre[:, None]
        spread = (w * offset**2).sum(axis=1)
        enough = np.sqrt(spread) > 0.001 * (n - 1)
        slope = np.where(enough, (at - centre) / np.where(enough, spread, 1.0), 0.0)
        w *= 1.0 + slope[:, None] * offset
    return np.asarray(np.einsum("ij,ijk->ik", w, Y[rows]))


def _running_mean(x: FloatArray, width: int) -> FloatArray:
    """Mean of each `width` values that follow each other."""
    sums = np.concatenate([[0.0], np.cumsum(x - x[0])])
    return np.asarray(x[0] + (sums[width:] - sums[:-width]) / width)


def _odd(k: int) -> int:
    return k + 1 - k % 2
