"""Convolution of plain arrays along axis 0: the same answer from several engines.

``convolve_valid(x, taps, *, method="auto", out=None)``
    ``y[i] = sum_k taps[k] * x[i + m - 1 - k]``, the n - m + 1 outputs whose window lies inside x.
``convolve_same(x, taps, origin, *, head=None, tail=None, method="auto")``
    ``y[t] = sum_k taps[k] * x[t - (k - origin)]``, n outputs. `head` (m - 1 - origin rows) goes
    before x and `tail` (origin rows) after it, zeros by default: any boundary without a copy of x.
``recursive_filter(x, lags, coefs, *, initial=None)``, ``sos_filter(x, sos, *, initial=None)``
    Feedback, from :mod:`tsconv.engines.recursion`.
``ENGINES``
    Name -> function: ``"direct"`` term by term (SIMD, zero taps left out), ``"box"`` for equal taps
    in time that does not depend on m, ``"fft"`` one transform, ``"overlap"`` transforms of
    overlapping blocks. ``"auto"`` takes the cheapest by the measured costs of
    :mod:`tsconv.engines.cost`.

x is 1-D or (n, columns), float64 or complex128 (anything else is converted); taps are 1-D, real and
finite. Under every engine:

- A NaN makes exactly those outputs NaN in whose window a nonzero tap meets it. Infinities reach as
  far and no further, with the sign of the product; +inf and -inf together give NaN.
- A large value costs digits only where it is inside the window. "direct" and "box" err by at most
  ``m * eps * max|x in the window| * sum|taps|``; for "fft" and "overlap" see
  :mod:`tsconv.engines.fourier`.
- Windows of zeros give exact zeros.

The arguments are never modified; all engines release the GIL and may run in several threads.
Memory beyond the result: two arrays of m for "direct" and "box"; 2 MB (kept by each thread for the
next call), or 50 bytes x block size if that is more, for "overlap"; 40 bytes x n for "fft"; for
either a copy of x with the gaps filled, if there are gaps.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tsconv._checks import FloatArray, check_choice
from tsconv.engines import _loops, fourier
from tsconv.engines.cost import SURELY_DIRECT, choose
from tsconv.engines.gaps import lay_nonfinite
from tsconv.engines.recursion import FLOAT, as_samples, recursive_filter, sos_filter

__all__ = [
    "ENGINES",
    "METHODS",
    "convolve_same",
    "convolve_valid",
    "recursive_filter",
    "sos_filter",
]

Engine = Callable[[FloatArray, int, FloatArray, FloatArray], None]

SMALL = 20_000
"""Up to so many samples `convolve_same` copies them all: that takes less than three calls."""


def convolve_valid(
    x: ArrayLike, taps: ArrayLike, *, method: str = "auto", out: NDArray[Any] | None = None
) -> NDArray[Any]:
    """Convolve along axis 0, keeping the outputs whose window lies inside x.

    Parameters
    ----------
    x : array_like, shape (n,) or (n, columns)
        Real or complex; NaN and infinities stay local.
    taps : array_like, shape (m,)
        Finite, real, at most as many as n.
    method : {"auto", "direct", "fft", "overlap", "box"}
        Engine; "box" takes equal taps only (zeros around them allowed).
    out : ndarray, shape (n - m + 1, ...), optional
        C-contiguous array of the result's type to write to.

    Returns
    -------
    ndarray, shape (n - m + 1,) or (n - m + 1, columns)
        ``y[i] = sum_k taps[k] * x[i + m - 1 - k]``.

    Examples
    --------
    >>> convolve_valid([1.0, 2.0, 4.0, 8.0], [1.0, -1.0])
    array([1., 2., 4.])
    """
    values = as_samples(x)
    weights = as_taps(taps)
    m = weights.shape[0]
    n_out = values.shape[0] - m + 1
    if n_out < 1:
        raise ValueError(
            f"`taps` ({m}) must not be longer than `x` ({values.shape[0]}); extend `x` first."
        )
    if out is None:
        out = np.empty((n_out, *values.shape[1:]), dtype=values.dtype)
    elif out.shape != (n_out, *values.shape[1:]) or out.dtype != values.dtype:
        raise ValueError(
            f"`out` must have shape {(n_out, *values.shape[1:])} and type {values.dtype};"
            f" got {out.shape} and {out.dtype}."
        )
    if out.size == 0:
        return out
    n, x_flat, out_flat = values.shape[0], _flat(values), _flat(out)
    if method != "auto" or not _loops.direct_if_sure(
        x_flat, x_flat.shape[0] // n, weights, out_flat, *SURELY_DIRECT
    ):
        _run(method, x_flat, out_flat, weights, n)
    return out


def convolve_same(
    x: ArrayLike,
    taps: ArrayLike,
    origin: int,
    *,
    head: ArrayLike | None = None,
    tail: ArrayLike | None = None,
    method: str = "auto",
) -> NDArray[Any]:
    """Convolve along axis 0 with one output for each sample of x.

    Parameters
    ----------
    x : array_like, shape (n,) or (n, columns)
        Real or complex; NaN and infinities stay local.
    taps : array_like, shape (m,)
        Finite, real; may be longer than x.
    origin : int
        Which tap, 0 to m - 1, meets ``x[t]``: 0 is causal.
    head, tail : array_like, shapes (m - 1 - origin, ...) and (origin, ...), optional
        What precedes and follows x; zeros by default.
    method : {"auto", "direct", "fft", "overlap", "box"}
        Engine; "box" takes equal taps only (zeros around them allowed).

    Returns
    -------
    ndarray, shape of x
        ``y[t] = sum_k taps[k] * x[t - (k - origin)]``.

    Examples
    --------
    >>> convolve_same([1.0, 2.0, 4.0], [0.25, 0.5, 0.25], 1)
    array([1.  , 2.25, 2.5 ])
    """
    values = as_samples(x)
    weights = as_taps(taps)
    n, m = values.shape[0], weights.shape[0]
    if not 0 <= origin < m:
        raise ValueError(f"`origin` must be a tap, 0 to {m - 1}; got {origin}.")
    before = _beyond(head, "head", m - 1 - origin, values)
    after = _beyond(tail, "tail", origin, values)
    if n < max(4 * m, SMALL):
        return convolve_valid(np.concatenate([before, values, after]), weights, method=method)
    out = np.empty_like(values)
    first, last = m - 1 - origin, n - origin
    convolve_valid(values, weights, method=method, out=out[first:last])
    if first:
        left = np.concatenate([before, values[: m - 1]])
        convolve_valid(left, weights, method=method, out=out[:first])
    if origin:
        right = np.concatenate([values[n - m + 1 :], after])
        convolve_valid(right, weights, method=method, out=out[last:])
    return out


def as_taps(taps: ArrayLike) -> FloatArray:
    """Return `taps` as a C-contiguous, non-empty 1-D float64 array."""
    if type(taps) is np.ndarray and taps.dtype is FLOAT and taps.ndim == 1 and taps.size:
        return np.ascontiguousarray(taps)
    weights = np.asarray(taps)
    if weights.dtype.kind == "c":
        raise TypeError("`taps` must be real; convolve with the real and imaginary part apart.")
    weights = np.ascontiguousarray(weights, dtype=np.float64)
    if weights.ndim != 1 or weights.size == 0:
        raise ValueError(f"`taps` must be 1-D with at least one element; got {weights.shape}.")
    return weights


def _flat(array: NDArray[Any]) -> FloatArray:
    """Return the memory of a C-contiguous array as a 1-D float64 view."""
    if array.ndim > 1:
        array = array.reshape(-1)
    return array if array.dtype is FLOAT else array.view(np.float64)


def _beyond(rows: ArrayLike | None, name: str, count: int, values: NDArray[Any]) -> NDArray[Any]:
    shape = (count, *values.shape[1:])
    if rows is None:
        return np.zeros(shape, dtype=values.dtype)
    array = np.asarray(rows, dtype=values.dtype)
    if array.shape != shape:
        raise ValueError(f"`{name}` must have shape {shape}; got {array.shape}.")
    return array


def _run(method: str, x: FloatArray, out: FloatArray, taps: FloatArray, n: int) -> None:
    """Trim the taps, choose, and fill `out`; x and out are flat, rows of `width` values."""
    n_nonzero, first, last, constant, finite = _loops.describe_taps(taps)
    if not finite:
        raise ValueError("`taps` must be finite; got NaN or infinite taps. Replace or drop them.")
    m = taps.shape[0]
    width = x.shape[0] // n
    if n_nonzero == 0:
        check_choice(method, "method", METHODS)
        out[:] = 0.0
        return
    if last - first + 1 < m:
        n_out = n - m + 1
        x = x[(m - 1 - last) * width : (n_out + m - 1 - first) * width]
        taps = taps[first : last + 1]
        m = taps.shape[0]
    if method == "auto":
        method = choose(out.shape[0] // width, m, n_nonzero, constant, width)
    else:
        check_choice(method, "method", METHODS)
        if method == "box" and not constant:
            raise ValueError('`method="box"` takes equal taps only; use "auto".')
    ENGINES[method](x, width, taps, out)


def _box(x: FloatArray, width: int, taps: FloatArray, out: FloatArray) -> None:
    _loops.box(x, width, float(taps[0]), taps.shape[0], out)


def _transformed(
    engine: Callable[[FloatArray, FloatArray, FloatArray], None],
    x: FloatArray,
    width: int,
    taps: FloatArray,
    out: FloatArray,
) -> None:
    """Run an engine that takes finite values only, and lay the others over its result."""
    rows = x.reshape(-1, width)
    result = out.reshape(-1, width)
    if _loops.all_finite(x):
        engine(rows, taps, result)
    else:
        engine(np.where(np.isfinite(rows), rows, 0.0), taps, result)
        lay_nonfinite(rows, taps, result)


def _fft(x: FloatArray, width: int, taps: FloatArray, out: FloatArray) -> None:
    _transformed(fourier.single, x, width, taps, out)


def _overlap(x: FloatArray, width: int, taps: FloatArray, out: FloatArray) -> None:
    _transformed(fourier.overlap, x, width, taps, out)


ENGINES: dict[str, Engine] = {
    "direct": _loops.direct,
    "box": _box,
    "fft": _fft,
    "overlap": _overlap,
}
METHODS = ("auto", *ENGINES)
