"""Recursive kernels on plain arrays, factor by factor: ends and gaps around the recursion."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ._boundaries import Policy, extend
from ._checks import FloatArray
from ._engines import convolve_valid, recursive_filter
from ._finite import divide
from .kernel import Kernel

# Beyond this many samples of memory a recursive kernel's past is not extended any more.
_LONGEST_MEMORY = 10_000_000


def convolve_recursive(values: FloatArray, kernel: Kernel, policy: Policy) -> FloatArray:
    """Apply to values of shape (n,) or (n, n_columns)."""
    boundary, method = policy.boundary, policy.method
    if method == "box":
        raise ValueError('method="box" needs equal taps; this kernel is recursive.')
    if values.shape[0] == 0:
        return values.copy()
    gaps = np.isnan(values) if policy.missing == "renormalize" else np.zeros(values.shape, bool)
    if boundary == "renormalize" or gaps.any():
        return _mean(values, gaps, kernel, policy)
    if boundary == "missing":
        return _from_first_valid(values, kernel, method)
    if boundary == "zero":
        return _from_rest(values, kernel, 0, method)
    memory = _memory(kernel, boundary)
    padded = extend(values, memory, max(kernel.origin, 0), boundary)
    return _from_rest(padded, kernel, memory, method)[: values.shape[0]]


def _from_rest(values: FloatArray, kernel: Kernel, skip: int, method: str) -> FloatArray:
    """Apply to a signal that is zero outside; drop the first `skip` outputs."""
    z = extend(values, 0, max(kernel.origin, 0), "zero")
    for num, den in kernel.factors:
        z = convolve_valid(extend(z, num.size - 1, 0, "zero"), num)
        z = _divide_by(z, den, method)
    return extend(z, -(kernel.origin + skip), 0, "zero")[: values.shape[0]]


def _from_first_valid(values: FloatArray, kernel: Kernel, method: str) -> FloatArray:
    """Apply each numerator where it lies inside, each recursion from rest from there on."""
    y = np.full(values.shape, np.nan)
    columns = values[:, None] if values.ndim == 1 else values
    results = y[:, None] if y.ndim == 1 else y
    starts = np.argmax(~np.isnan(columns), axis=0)
    for start in np.unique(starts):
        chosen = np.flatnonzero(starts == start)
        z, place = np.ascontiguousarray(columns[start:, chosen]), int(start)
        for padded, den in kernel.factors:
            num = np.trim_zeros(padded, "b") if np.any(padded) else padded[:1]
            if z.shape[0] < num.size:
                break
            z = convolve_valid(z, num)
            place += num.size - 1
            z = _divide_by(z, den, method)
        else:
            # Row i of z belongs to the output at time place + i - origin.
            first = place - kernel.origin
            low, high = max(first, 0), min(first + z.shape[0], values.shape[0])
            if high > low:
                results[low:high, chosen] = z[low - first : high - first]
    return y


def _mean(
    values: FloatArray, gaps: NDArray[np.bool_], kernel: Kernel, policy: Policy
) -> FloatArray:
    """Weighted mean of what is there, times the sum of the weights."""
    boundary, method = policy.boundary, policy.method
    memory = _memory(kernel, "renormalize")
    response = kernel.impulse_response(min(memory, 100_000))
    if response.min() < -1e-12 * np.abs(response).max():
        raise ValueError(
            "renormalizing divides by the weight that lies on samples, which needs weights >= 0;"
            f" this kernel's smallest is {response.min():g}."
            ' Use missing="interpolate" or boundary="nearest" instead.'
        )
    total = float(kernel.frequency_response(0.0).real)
    filled = np.where(gaps, 0.0, values)
    if boundary in ("missing", "zero"):
        # What lies before the sample counts as zeros that are there.
        y = _from_rest(filled, kernel, 0, method)
        weight = total - _from_rest(gaps.astype(np.float64), kernel, 0, method)
    elif boundary == "renormalize":
        y = _from_rest(filled, kernel, 0, method)
        weight = _from_rest((~gaps).astype(np.float64), kernel, 0, method)
    else:
        ahead = max(kernel.origin, 0)
        n = values.shape[0]
        y = _from_rest(extend(filled, memory, ahead, boundary), kernel, memory, method)[:n]
        there = extend((~gaps).astype(np.float64), memory, ahead, boundary)
        weight = _from_rest(there, kernel, memory, method)[:n]
    return divide(y, weight, total, policy.share)


def _divide_by(values: FloatArray, den: FloatArray, method: str) -> FloatArray:
    """Apply ``1 / den``, starting at rest."""
    lags = np.flatnonzero(den[1:]) + 1
    if lags.size == 0:
        return values
    if method in ("auto", "recursive"):
        return recursive_filter(values, lags, den[lags])
    n = values.shape[0]
    impulse = np.zeros(n)
    impulse[0] = 1.0
    weights = recursive_filter(impulse, lags, den[lags])
    return convolve_valid(extend(values, n - 1, 0, "zero"), weights, method=method)


def _memory(kernel: Kernel, boundary: str) -> int:
    memory = kernel.memory()
    if memory is None or memory > _LONGEST_MEMORY:
        length = "has no end" if memory is None else f"is {memory:,} samples long"
        raise ValueError(
            f"{boundary=} needs a kernel that forgets; the memory of this one {length}."
            ' Use boundary="zero" or "missing".'
        )
    return memory
