"""Recursive kernels on plain arrays, factor by factor: ends and gaps around the recursion."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tsconv._checks import FloatArray
from tsconv.convolution.boundaries import Policy, extend
from tsconv.convolution.finite import divide
from tsconv.engines import convolve_valid, recursive_filter
from tsconv.kernel import Kernel

# Beyond this many samples of memory a recursive kernel's past is not extended any more.
_LONGEST_MEMORY = 10_000_000


def convolve_recursive(values: FloatArray, kernel: Kernel, policy: Policy) -> FloatArray:
    """Apply to values of shape (n,) or (n, n_columns)."""
    boundary, method = policy.boundary, policy.method
    if method == "box":
        raise ValueError('method="box" needs equal taps; this kernel is recursive.')
    if values.size == 0:
        return values.copy()
    gaps = np.isnan(values) if policy.missing == "renormalize" else None
    if boundary == "renormalize" or (gaps is not None and gaps.any()):
        return _mean(values, gaps, kernel, policy)
    if boundary == "missing":
        return _inside(values, kernel, method, _first_valid(np.isnan(values)))
    return _extended(values, kernel, method, boundary)


def _extended(
    values: FloatArray, kernel: Kernel, method: str, boundary: str, *, outside: float = 0.0
) -> FloatArray:
    """Apply to the signal as continued beyond its ends, `outside` being what "zero" stands for."""
    n, ahead = values.shape[0], max(kernel.origin, 0)
    past = 0 if boundary == "zero" else _memory(kernel, f'boundary="{boundary}"')
    z = extend(values, past, ahead, boundary, outside=outside)
    # What a steady signal `outside` has become after the factors so far.
    level = outside
    for num, den in kernel.factors:
        z = convolve_valid(extend(z, num.size - 1, 0, "zero", outside=level), num)
        level = _steady(level, num, den)
        z = _divide_by(z, den, method, level)
    return extend(z, -(kernel.origin + past), 0, "zero", outside=level)[:n]


def _inside(
    values: FloatArray,
    kernel: Kernel,
    method: str,
    starts: NDArray[np.intp],
    *,
    outside: float = 0.0,
) -> FloatArray:
    """Apply each numerator where it lies inside, each recursion from there on; NaN elsewhere.

    Columns begin at `starts`, shape (n_columns,); recursions start from the steady answer to a
    signal that was `outside` before.
    """
    n = values.shape[0]
    y = np.full(values.shape, np.nan)
    columns, results = values.reshape(n, -1), y.reshape(n, -1)
    for start in sorted(set(starts.tolist())):
        chosen = starts == start
        z = columns[start:] if chosen.all() else columns[start:, chosen]
        place, level = start, outside
        for padded, den in kernel.factors:
            num = np.trim_zeros(padded, "b") if np.any(padded) else padded[:1]
            if z.shape[0] < num.size:
                break
            z = convolve_valid(z, num)
            place += num.size - 1
            level = _steady(level, num, den)
            z = _divide_by(z, den, method, level)
        else:
            # Row i of z belongs to the output at time place + i - origin.
            first = place - kernel.origin
            low, high = max(first, 0), min(first + z.shape[0], n)
            if high > low:
                results[low:high, chosen] = z[low - first : high - first]
    return y


def _mean(
    values: FloatArray, gaps: NDArray[np.bool_] | None, kernel: Kernel, policy: Policy
) -> FloatArray:
    """Weighted mean of what is there, times the sum of the weights."""
    boundary = policy.boundary
    total = _sum_of_weights(kernel)
    if gaps is None:
        gaps = np.zeros(values.shape, dtype=np.bool_)
    filled, there = np.where(gaps, 0.0, values), np.where(gaps, 0.0, 1.0)
    # By the recursion itself, whatever the method: far inside a gap both sums are small, and a
    # transform would lose them.
    if boundary == "missing":
        starts = _first_valid(gaps)
        y = _inside(filled, kernel, "recursive", starts)
        weight = _inside(there, kernel, "recursive", starts, outside=1.0)
    else:
        edge = "zero" if boundary == "renormalize" else boundary
        y = _extended(filled, kernel, "recursive", edge)
        outside = 1.0 if boundary == "zero" else 0.0
        weight = _extended(there, kernel, "recursive", edge, outside=outside)
    return divide(y, weight, total, policy.share)


def _first_valid(gaps: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Position of the first sample that is no gap in each column; n where there is none."""
    columns = gaps.reshape(gaps.shape[0], -1)
    if not columns[0].any():
        return np.zeros(columns.shape[1], dtype=np.intp)
    return np.where(columns.all(axis=0), columns.shape[0], np.argmin(columns, axis=0))


def _steady(level: float, num: FloatArray, den: FloatArray) -> float:
    """Return what the ratio makes of a signal that has been `level` for ever."""
    return level * float(num.sum()) / float(den.sum()) if level else 0.0


def _divide_by(values: FloatArray, den: FloatArray, method: str, before: float) -> FloatArray:
    """Apply ``1 / den``; earlier outputs were `before`."""
    lags = np.flatnonzero(den[1:]) + 1
    if lags.size == 0:
        return values
    if method in ("auto", "recursive"):
        initial = np.full((den.size - 1, *values.shape[1:]), before) if before else None
        return recursive_filter(values, lags, den[lags], initial=initial)
    n = values.shape[0]
    impulse = np.zeros(n)
    impulse[0] = 1.0
    weights = recursive_filter(impulse, lags, den[lags])
    finite = np.isfinite(values)
    gaps_filled = np.where(finite, values, 0.0)
    y = convolve_valid(extend(gaps_filled, n - 1, 0, "zero"), weights, method=method)
    if not finite.all():
        # A recursion never forgets a gap, though its weight may have shrunk to zero.
        y += recursive_filter(np.where(finite, 0.0, values), lags, den[lags])
    return y


@lru_cache(maxsize=64)
def _sum_of_weights(kernel: Kernel) -> float:
    """Return the sum of a kernel's weights after making sure that none is negative."""
    response = kernel.impulse_response(min(_memory(kernel, "renormalizing"), 100_000))
    if response.min() < -1e-12 * np.abs(response).max():
        raise ValueError(
            "renormalizing divides by the weight that lies on samples, which needs weights >= 0;"
            f" this kernel's smallest is {response.min():g}."
            ' Use missing="interpolate" or boundary="nearest" instead.'
        )
    return float(kernel.frequency_response(0.0).real)


def _memory(kernel: Kernel, purpose: str) -> int:
    memory = kernel.memory()
    if memory is None or memory > _LONGEST_MEMORY:
        length = "has no end" if memory is None else f"is {memory:,} samples long"
        raise ValueError(
            f"{purpose} needs a kernel that forgets; the memory of this one {length}."
            ' Use boundary="zero" or "missing".'
        )
    return memory
