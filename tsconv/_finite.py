"""Finite kernels on plain arrays: ends and gaps around the engines."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._boundaries import Policy, extend
from ._checks import FloatArray
from ._engines import convolve_valid


def convolve_finite(
    values: FloatArray, taps: FloatArray, origin: int, policy: Policy
) -> FloatArray:
    """Convolve values of shape (n,) or (n, n_columns); ``taps[origin]`` is at lag 0."""
    if policy.method == "recursive":
        raise ValueError(
            'method="recursive" needs a recursive kernel; this one is finite.'
            ' Use "auto", "direct", "fft" or "overlap".'
        )
    n = values.shape[0]
    if taps[0] == 0 or taps[-1] == 0:
        taps, origin = _without_outer_zeros(taps, origin)
    gaps = np.isnan(values) if policy.missing == "renormalize" else None
    if gaps is not None and not gaps.any():
        gaps = None
    if gaps is None and policy.boundary == "missing":
        return _inside(values, taps, origin, policy.method)
    if n == 0:
        return values.copy()
    if gaps is None and policy.boundary != "renormalize":
        return _extended(values, taps, origin, policy)

    if np.any(taps < 0):
        raise ValueError(
            "renormalizing divides by the weight that lies on samples, which needs weights >= 0;"
            f" the smallest of this kernel is {taps.min():g}."
            ' Use missing="interpolate" or boundary="reflect" instead.'
        )
    total = float(taps.sum())
    if total == 0.0:
        return np.zeros_like(values)
    if gaps is None:
        y = _extended(values, taps, origin, replace(policy, boundary="zero"))
        weight = _weight_inside(taps, origin, n)
        return divide(y, weight if y.ndim == 1 else weight[:, None], total, policy.share)
    return _over_gaps(values, gaps, taps, origin, policy)


def _inside(values: FloatArray, taps: FloatArray, origin: int, method: str) -> FloatArray:
    """Convolve where the kernel lies inside; NaN elsewhere."""
    n = values.shape[0]
    past, ahead = taps.size - 1 - origin, origin
    start, stop = max(past, 0), n - max(ahead, 0)
    y = np.empty(values.shape)
    if stop <= start:
        y.fill(np.nan)
        return y
    y[:start] = np.nan
    y[stop:] = np.nan
    inside = values[start - past : stop + ahead]
    convolve_valid(inside, taps, method=method, out=y[start:stop])
    return y


def _extended(values: FloatArray, taps: FloatArray, origin: int, policy: Policy) -> FloatArray:
    """Convolve the signal as continued beyond its ends."""
    n = values.shape[0]
    if policy.boundary == "zero":
        # Taps that never meet a sample are dropped: a kernel may be far longer than the signal.
        first, stop = max(origin - (n - 1), 0), min(origin + n, taps.size)
        if first >= stop:
            return np.zeros_like(values)
        taps, origin = taps[first:stop], origin - first
    padded = extend(values, taps.size - 1 - origin, origin, policy.boundary)
    return convolve_valid(padded, taps, method=policy.method)


def _over_gaps(
    values: FloatArray,
    gaps: NDArray[np.bool_],
    taps: FloatArray,
    origin: int,
    policy: Policy,
) -> FloatArray:
    """Weighted mean of what is there, times the sum of the weights."""
    n = values.shape[0]
    past, ahead = taps.size - 1 - origin, origin
    edge = "zero" if policy.boundary in ("missing", "renormalize") else policy.boundary
    # Zeros beyond the ends count as samples, unless the weight outside is to be left out.
    outside = 0.0 if policy.boundary == "renormalize" else 1.0
    filled = extend(np.where(gaps, 0.0, values), past, ahead, edge)
    there = extend(np.where(gaps, 0.0, 1.0), past, ahead, edge, outside=outside)
    y = convolve_valid(filled, taps, method=policy.method)
    weight = convolve_valid(there, taps, method=policy.method)
    # Rounding of the FFT is relative to the whole weight. Where little weight is present the
    # sums are taken again one by one; counts of samples are whole numbers and exact.
    total = float(taps.sum())
    count = convolve_valid(there, (taps != 0).astype(np.float64))
    weight[np.rint(count) == 0] = 0.0
    faint = np.nonzero(
        (weight != 0) & (weight < 1e-3 * total) & (weight >= 0.5 * policy.share * total)
    )
    if faint[0].size:
        _sum_again(filled, taps, faint, y)
        _sum_again(there, taps, faint, weight)
    y = divide(y, weight, total, policy.share)
    if policy.boundary == "missing":
        y[: max(past, 0)] = np.nan
        y[max(n - max(ahead, 0), 0) :] = np.nan
    return y


def _sum_again(
    padded: FloatArray, taps: FloatArray, where: tuple[NDArray[np.intp], ...], out: FloatArray
) -> None:
    """Recompute single outputs of a convolution directly, in place."""
    windows = np.lib.stride_tricks.sliding_window_view(padded, taps.size, axis=0)
    step = max(1_000_000 // taps.size, 1)
    for start in range(0, where[0].size, step):
        some = tuple(axis[start : start + step] for axis in where)
        out[some] = windows[some] @ taps[::-1]


def divide(y: FloatArray, weight: NDArray[Any], total: float, share: float) -> FloatArray:
    """Return ``y * total / weight``, NaN where too little weight is present."""
    enough = (weight > 0) & (weight >= (share - 1e-12) * total)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(enough, y * (total / weight), np.nan))


def _weight_inside(taps: FloatArray, origin: int, n: int) -> FloatArray:
    """Sum of the taps that meet the signal at each output, shape (n,)."""
    prefix = np.concatenate([[0.0], np.cumsum(taps)])
    suffix = np.concatenate([np.cumsum(taps[::-1])[::-1], [0.0]])
    t = np.arange(n)
    # Tap k meets sample t - k + origin, which must lie in [0, n).
    first = np.clip(t + origin - (n - 1), 0, taps.size)
    stop = np.clip(t + origin + 1, 0, taps.size)
    between = prefix[stop] - prefix[first]
    return np.where(first == 0, prefix[stop], np.where(stop == taps.size, suffix[first], between))


def _without_outer_zeros(taps: FloatArray, origin: int) -> tuple[FloatArray, int]:
    nonzero = np.flatnonzero(taps)
    if nonzero.size == 0:
        return np.zeros(1), 0
    return taps[nonzero[0] : nonzero[-1] + 1], origin - int(nonzero[0])
