r"""Recursive filters on plain arrays.

`recursive_filter` a feedback polynomial given by its lags, however far apart; `sos_filter`
second-order sections. Both run along axis 0 of 1-D and 2-D, real and complex arrays. A NaN, once
in, stays in all later outputs of its column: that is what the recursion says. Outputs (and states)
smaller than 1e-300 are set to zero, or a decaying output would slow down among subnormal numbers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tsconv.engines import _loops

FLOAT = np.dtype(np.float64)


def recursive_filter(
    x: ArrayLike, lags: ArrayLike, coefs: ArrayLike, *, initial: ArrayLike | None = None
) -> NDArray[Any]:
    """Feed outputs back: ``y[t] = x[t] - sum_j coefs[j] * y[t - lags[j]]``, along axis 0.

    Parameters
    ----------
    x : array_like, shape (n,) or (n, columns)
        Real or complex input.
    lags : array_like of int, shape (j,)
        Positive, in samples. A seasonal lag costs as much as a short one.
    coefs : array_like, shape (j,)
        Real coefficients of the denominator, without lag 0 (as `a[1:]` of scipy.signal.lfilter).
    initial : array_like, shape (l,) or (l, columns), optional
        Outputs before the first, the latest last; l at least the largest lag. Zeros by default.

    Returns
    -------
    ndarray
        Of the shape of `x`.

    Examples
    --------
    >>> recursive_filter([1.0, 0.0, 0.0, 0.0], lags=[1], coefs=[-0.5])
    array([1.   , 0.5  , 0.25 , 0.125])
    """
    values = as_samples(x)
    shifts = np.ascontiguousarray(lags, dtype=np.intp)
    weights = np.ascontiguousarray(coefs, dtype=np.float64)
    if shifts.ndim != 1 or shifts.shape != weights.shape or np.any(shifts < 1):
        raise ValueError(
            "`lags` and `coefs` must be 1-D, equally long, lags positive;"
            f" got shapes {shifts.shape} and {weights.shape}, lags {shifts.tolist()}."
        )
    if shifts.size == 0 or values.size == 0:
        return values.copy()
    longest = int(shifts.max())
    complex_start = initial is not None and np.iscomplexobj(initial)
    dtype = np.complex128 if complex_start else values.dtype
    extended = np.zeros((longest + values.shape[0], *values.shape[1:]), dtype=dtype)
    extended[longest:] = values
    if initial is not None:
        before = np.asarray(initial, dtype=dtype)
        if before.shape[1:] != values.shape[1:] or before.shape[0] < longest:
            raise ValueError(
                f"`initial` must hold at least the last {longest} outputs, of shape"
                f" ({longest}, ...) like `x` {values.shape}; got {before.shape}."
            )
        extended[:longest] = before[before.shape[0] - longest :]
    flat = extended.reshape(-1).view(np.float64)
    width = flat.size // extended.shape[0]
    order = np.argsort(-shifts, kind="stable")
    _loops.recursion(flat, longest * width, shifts[order] * width, weights[order])
    return extended[longest:]


def sos_filter(x: ArrayLike, sos: ArrayLike, *, initial: ArrayLike | None = None) -> NDArray[Any]:
    """Apply second-order sections one after the other, along axis 0.

    Parameters
    ----------
    x : array_like, shape (n,) or (n, columns)
        Real or complex input.
    sos : array_like, shape (n_sections, 6)
        Rows ``b0, b1, b2, a0, a1, a2``, as in scipy.signal.sosfilt.
    initial : array_like, shape (n_sections, 2) or (n_sections, 2, columns), optional
        State before the first sample, as scipy's `zi`; at rest by default.

    Returns
    -------
    ndarray
        Of the shape of `x`.

    Examples
    --------
    >>> sos_filter([1.0, 0.0, 0.0], [[1.0, 0.0, 0.0, 1.0, -0.5, 0.0]])
    array([1.  , 0.5 , 0.25])
    """
    values = as_samples(x)
    table = np.array(sos, dtype=np.float64, order="C", ndmin=2)
    if table.ndim != 2 or table.shape[1] != 6 or np.any(table[:, 3] == 0):
        raise ValueError(
            "`sos` must have rows of six numbers with a0 (the fourth) not zero;"
            f" got shape {table.shape}."
        )
    table /= table[:, 3:4].copy()
    y = values.copy()
    state_shape = (table.shape[0], 2, *values.shape[1:])
    if initial is None:
        state = np.zeros(state_shape, dtype=y.dtype)
    else:
        given = np.asarray(initial)
        if given.shape != state_shape:
            raise ValueError(f"`initial` must have shape {state_shape}; got {given.shape}.")
        if np.iscomplexobj(given):
            y = y.astype(np.complex128)
        state = np.array(given, dtype=y.dtype, order="C")
    if y.size == 0 or table.shape[0] == 0:
        return y
    flat = y.reshape(-1).view(np.float64)
    width = flat.size // y.shape[0]
    _loops.sections(flat, width, table, state.reshape(-1).view(np.float64).reshape(-1, 2, width))
    return y


def as_samples(x: ArrayLike) -> NDArray[Any]:
    """Return x as a C-contiguous float64 or complex128 array of one or two dimensions."""
    if type(x) is np.ndarray and x.dtype is FLOAT and x.ndim == 1:
        return np.ascontiguousarray(x)  # the common case, without detours
    array = np.asarray(x)
    kind = np.complex128 if array.dtype.kind == "c" else np.float64
    array = np.ascontiguousarray(array, dtype=kind)
    if array.ndim not in (1, 2):
        raise ValueError(f"`x` must be 1-D or 2-D; got shape {array.shape}.")
    return array
