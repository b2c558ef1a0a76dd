r"""Weighted means at true time differences, on plain arrays.

For times :math:`t_1 \le t_2 \le \dots` and a weight function w of the time lag,

.. math:: y_i = \frac{\sum_j w(t_i - t_j)\, x_j}{\sum_j w(t_i - t_j)},

over the samples j whose lag lies within the kernel's reach; samples at equal times each count.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tsconv._checks import FloatArray

# Pairs of output and sample (times columns) handled at a time: bounds the memory to some 50 MB,
# or to what a single window needs.
_PAIRS = 1_000_000

# An exponential weight below this counts as nothing; the smallest normal number is 2e-308.
_NEGLIGIBLE = 1e-300


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
    pairs = max(_PAIRS // max(values.shape[1], 1), 1)
    start = 0
    while start < times.size:
        base = ends[start - 1] if start else 0
        end = max(int(np.searchsorted(ends, base + pairs, side="right")), start + 1)
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
) -> tuple[FloatArray, FloatArray]:
    """Exponentially weighted means of past and present, and the share of the weight present.

    Equals pandas' ``ewm(halflife=..., times=...).mean()`` except that samples at equal times count
    alike.

    Parameters
    ----------
    times : ndarray, shape (n,)
        Not decreasing, in half-lives.
    values, present : ndarray, shape (n, n_columns)
        Samples (anything where absent) and which of them are there.

    Returns
    -------
    means, share : ndarray, shape (n, n_columns)
        NaN and 0 where no sample is present.

    Notes
    -----
    A window of twice the length is two windows, the older one faded by the time between them, so
    log2 of the samples in the kernel's memory doublings give all sums, in vector operations on
    decaying weights: nothing can overflow, and nothing old disturbs what is new. A missing value
    that is not skipped and an infinite one stay for good, as in a recursion.
    """
    finite = present & np.isfinite(values)
    weighted = np.where(finite, values, 0.0)
    weight = present.astype(np.float64)
    total = np.ones((times.size, 1))
    step = 1
    while step < times.size:
        fade = np.exp2(times[:-step] - times[step:])[:, None]
        if not np.any(fade > _NEGLIGIBLE):
            break
        for sums in (weighted, weight, total):
            sums[step:] += fade * sums[:-step]
        step *= 2
    # Samples at equal times share the result of the last of them.
    last = np.searchsorted(times, times, side="right") - 1
    with np.errstate(invalid="ignore"):
        lasting = np.cumsum(np.where(present & ~finite, values, 0.0), axis=0)
        means = np.divide(weighted, weight, out=np.full(values.shape, np.nan), where=weight > 0)
        return (means + lasting)[last], (weight / total)[last]


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
