r"""Weighted means at true time differences, on plain arrays.

For times :math:`t_1 \le t_2 \le \dots` and a weight function w of the time lag,

.. math:: y_i = \frac{\sum_j w(t_i - t_j)\, x_j}{\sum_j w(t_i - t_j)},

over the samples j whose lag lies within the kernel's reach; samples at equal times each count.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ._checks import FloatArray

# Pairs of output and sample handled at a time: bounds the memory to some 50 MB.
_PAIRS = 1_000_000


def window_means(
    times: FloatArray,
    values: FloatArray,
    present: NDArray[np.bool_],
    profile: Callable[[FloatArray], FloatArray],
    reach: tuple[float, float],
    *,
    open_start: bool,
    open_end: bool,
) -> tuple[FloatArray, FloatArray]:
    """Weighted means over sliding windows, and the share of the window's weight that was present.

    Parameters
    ----------
    times : ndarray, shape (n,)
        Not decreasing, in units of the kernel's width.
    values, present : ndarray, shape (n, n_columns)
        Samples (anything where absent) and which of them are there.
    profile : callable
        Weights of lags.
    reach : tuple of float
        Smallest and largest lag.
    open_start, open_end : bool
        Whether the smallest and the largest lag lie outside the window.

    Returns
    -------
    means, share : ndarray, shape (n, n_columns)
        NaN and 0 where no sample is present.

    Notes
    -----
    Time O(n times the samples in a window); memory bounded whatever n.
    """
    first, stop = _windows(times, reach, open_start=open_start, open_end=open_end)
    filled = np.where(present, values, 0.0)
    means = np.empty(values.shape)
    share = np.empty(values.shape)
    ends = np.cumsum(stop - first)
    start = 0
    while start < times.size:
        base = ends[start - 1] if start else 0
        end = max(int(np.searchsorted(ends, base + _PAIRS, side="right")), start + 1)
        counts = (stop - first)[start:end]
        rows = np.repeat(np.arange(start, end), counts)
        offsets = np.arange(rows.size) - np.repeat(ends[start:end] - counts - base, counts)
        columns = first[rows] + offsets
        weights = profile(times[rows] - times[columns])[:, None]
        seams = np.cumsum(counts) - counts
        total = np.add.reduceat(weights, seams)
        inside = np.add.reduceat(weights * present[columns], seams)
        with np.errstate(invalid="ignore", divide="ignore"):
            means[start:end] = np.add.reduceat(weights * filled[columns], seams) / inside
        share[start:end] = inside / total
        start = end
    means[share == 0] = np.nan
    return means, share


def exponential_means(
    times: FloatArray, values: FloatArray, present: NDArray[np.bool_]
) -> FloatArray:
    """Exponentially weighted means of past and present, times in half-lives; shape as `values`.

    Equals pandas' ``ewm(halflife=..., times=...).mean()`` except that samples at equal times count
    alike. Time and memory O(n): weights grow with time inside blocks of at most 300 half-lives,
    so that a running sum is exact to rounding and cannot overflow.
    """
    filled = np.where(present, values, 0.0)
    weighted, weight = np.empty(values.shape), np.empty(values.shape)
    sum_x, sum_w = np.zeros(values.shape[1:]), np.zeros(values.shape[1:])
    start, n, before = 0, times.size, 0.0
    while start < n:
        end = int(np.searchsorted(times, times[start] + 300.0, side="right"))
        growth = np.exp2(times[start:end] - times[start])[:, None]
        fade = np.exp2(-(times[start] - before))
        running_x = np.cumsum(filled[start:end] * growth, axis=0) + sum_x * fade
        running_w = np.cumsum(present[start:end] * growth, axis=0) + sum_w * fade
        weighted[start:end], weight[start:end] = running_x / growth, running_w / growth
        sum_x, sum_w, before = weighted[end - 1], weight[end - 1], times[end - 1]
        start = end
    # Samples at equal times share the result of the last of them.
    last = np.searchsorted(times, times, side="right") - 1
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(weight > 0, weighted / weight, np.nan)[last])


def _windows(
    times: FloatArray, reach: tuple[float, float], *, open_start: bool, open_end: bool
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the first and one past the last sample in each window.

    A lag ``t_i - t_j`` within [low, high] means ``t_j`` within [t_i - high, t_i - low]. Times carry
    rounding errors, so a lag within 1e-9 of an end counts as lying on it.
    """
    low, high = reach
    edge = 1e-9 if open_end else -1e-9
    first = np.searchsorted(times, times - high + edge, side="left")
    edge = -1e-9 if open_start else 1e-9
    stop = np.searchsorted(times, times - low + edge, side="right")
    return first, np.maximum(stop, first)
