"""Finite kernels on plain arrays: ends and gaps around the engines."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tsconv._checks import FloatArray
from tsconv.convolution.boundaries import Policy, extend
from tsconv.engines import convolve_same, convolve_valid
from tsconv.engines.gaps import reached, tap_runs

# Signals at least this long are not copied to add what lies beyond their ends.
_LONG = 20_000


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
        y = _extended(values, taps, origin, policy._replace(boundary="zero"))
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
    convolve_valid(values[start - past : stop + ahead], taps, method=method, out=y[start:stop])
    if start:
        y[:start] = np.nan
    if stop < n:
        y[stop:] = np.nan
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
    past, ahead = taps.size - 1 - origin, origin
    if past < 0 or ahead < 0 or n < max(_LONG, 4 * taps.size):
        padded = extend(values, past, ahead, policy.boundary)
        return convolve_valid(padded, taps, method=policy.method)
    return convolve_same(
        values,
        taps,
        origin,
        head=extend(values, past, -n, policy.boundary),
        tail=extend(values, -n, ahead, policy.boundary),
        method=policy.method,
    )


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
    total = float(taps.sum())
    faint = (weight < 1e-3 * total) & (weight >= (0.5 * policy.share - 1e-9) * total)
    if faint.any():
        by_column = (a.reshape(a.shape[0], -1).T for a in (filled, there, faint, y, weight))
        for column in zip(*by_column, strict=True):
            _sum_again(*column, taps=taps)
    y = divide(y, weight, total, policy.share)
    if policy.boundary == "missing":
        y[: max(past, 0)] = np.nan
        y[max(n - max(ahead, 0), 0) :] = np.nan
    return y


def _sum_again(
    filled: FloatArray,
    there: FloatArray,
    faint: NDArray[np.bool_],
    y: FloatArray,
    weight: FloatArray,
    *,
    taps: FloatArray,
) -> None:
    """Recompute the outputs of one column that have little weight, term by term, in place.

    Rounding of a transform is relative to the whole weight; where little of it is present, that is
    too much. Windows that hold no sample at all are exact zeros already.
    """
    m = taps.size
    meets = reached(there != 0, tap_runs(taps != 0), weight.size)
    edges = np.flatnonzero(np.diff(faint & meets, prepend=False, append=False))
    for first, stop in edges.reshape(-1, 2).tolist():
        window = slice(first, stop + m - 1)
        y[first:stop] = convolve_valid(filled[window], taps, method="direct")
        weight[first:stop] = convolve_valid(there[window], taps, method="direct")


def divide(y: FloatArray, weight: NDArray[Any], total: float, share: float) -> FloatArray:
    """Return ``y * total / weight``, NaN where too little weight is present."""
    enough = (weight > 0) & (weight >= (share - 1e-12) * total)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(enough, y * (total / weight), np.nan))


def _weight_inside(taps: FloatArray, origin: int, n: int) -> FloatArray:
    """Sum of the taps that meet the signal at each output, shape (n,).

    Output t sees taps t + origin - (n - 1) to t + origin: n ones that slide over the taps.
    """
    padded = extend(taps, n - 1 - origin, n + origin - taps.size, "zero")
    return convolve_valid(padded, np.ones(n), method="box")


def _without_outer_zeros(taps: FloatArray, origin: int) -> tuple[FloatArray, int]:
    nonzero = np.flatnonzero(taps)
    if nonzero.size == 0:
        return np.zeros(1), 0
    return taps[nonzero[0] : nonzero[-1] + 1], origin - int(nonzero[0])
