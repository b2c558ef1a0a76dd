r"""Apply a kernel to a Series, a DataFrame or an array: `convolve`.

.. math:: y_t = \sum_k \mathrm{taps}_k\; x_{t - k + \mathrm{origin}}

for every t of the signal, along the index, column by column. What happens where the kernel hangs
over an end (`boundary`) and where samples are missing (`missing`) is decided here, in one of three
ways:

* a *finite* kernel is applied by one of the engines to the signal as continued beyond its
  ends;
* a *recursive* kernel is applied factor by factor, each numerator before its denominator;
* a kernel whose width is a time, on an *irregular* index, is a weighted mean at true time
  differences.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from tsconv._checks import FloatArray, check_choice, check_fraction
from tsconv._frames import Data, Taken, elapsed, positions, sampling_interval, take_apart
from tsconv.convolution.boundaries import EXTENSIONS, Policy
from tsconv.convolution.finite import convolve_finite
from tsconv.convolution.irregular import exponential_means, window_means
from tsconv.convolution.recursive import convolve_recursive
from tsconv.kernel import Kernel, as_kernel
from tsconv.time_kernel import TimeKernel, exponential_profile

Boundary = Literal[
    "missing", "valid", "zero", "reflect", "mirror", "nearest", "wrap", "renormalize"
]
Missing = Literal["propagate", "renormalize", "interpolate"]
Method = Literal["auto", "direct", "fft", "overlap", "box", "recursive"]

_BOUNDARIES = ("missing", "valid", "renormalize", *EXTENSIONS)
_MISSING = ("propagate", "renormalize", "interpolate")
_METHODS = ("auto", "direct", "fft", "overlap", "box", "recursive")


def convolve(
    x: Data,
    kernel: Kernel | TimeKernel | ArrayLike,
    *,
    boundary: Boundary = "missing",
    missing: Missing = "propagate",
    min_weight: float | None = None,
    method: Method = "auto",
) -> Data:
    """Apply a kernel along the index, column by column.

    Parameters
    ----------
    x : Series, DataFrame or array_like, shape (n,) or (n, n_columns)
        The signal. Integers, booleans and nullable or Arrow-backed columns are convolved as
        float64, complex numbers as complex128.
    kernel : Kernel, TimeKernel or array_like
        What to apply; a plain list of taps is a causal kernel.
    boundary : str, default "missing"
        What lies beyond the ends. ``"missing"`` (or ``"valid"``): the result is NaN where the
        kernel hangs over. ``"zero"``, ``"reflect"``, ``"mirror"``, ``"nearest"``, ``"wrap"``: as in
        ``scipy.ndimage`` (its ``"constant"`` is ``"zero"``). ``"renormalize"``: divide by the share
        of the weight that lies inside; for kernels without negative weights.
    missing : {"propagate", "renormalize", "interpolate"}, default "propagate"
        ``"propagate"``: NaN exactly where a non-zero weight touches a gap. ``"renormalize"``: weigh
        what is there; for kernels without negative weights. ``"interpolate"``: fill gaps between
        samples by straight lines first; gaps at the ends stay.
    min_weight : float, optional
        With a renormalizing option: the result is NaN where less than this share of the kernel's
        weight lies on samples. By default any sample will do.
    method : {"auto", "direct", "fft", "overlap", "box", "recursive"}, default "auto"
        The engine. All give the same answer to rounding; ``"auto"`` takes the one expected to be
        fastest. ``"box"`` is for equal taps, ``"recursive"`` for recursive kernels.

    Returns
    -------
    y : same kind and length as `x`
        On the same index, with the same name or columns and the same attributes.

    Raises
    ------
    TypeError
        If something is not a number, or a width in time meets an index without times.
    ValueError
        If an option does not fit the kernel; the message says which would.

    Notes
    -----
    A recursive kernel never ends, so it hangs over the start everywhere. With ``"missing"`` its
    numerators wait until they lie inside (as differences and autoregressions do) and its
    recursions start there from rest; missing values at the start are skipped likewise. With
    ``"zero"`` everything before the sample is zero; the other boundaries continue the
    signal backwards until the kernel has forgotten it. A renormalizing option applies it by
    recursion whatever `method` is, so that the small weights deep inside a gap keep their digits.

    Infinite values spread no further than the kernel. A large value does not spoil results whose
    window does not contain it, whatever the engine (see `tsconv.engines.dispatch` for the bound).

    On an irregular time index a kernel with a width in time is a weighted mean: each weight is that
    of the true time difference, divided by the sum of weights of the samples in the window.
    There `boundary` is ``"missing"`` or ``"renormalize"``, and there is one engine.

    Time, with n samples and m taps: O(n m) direct, O(n log n) by FFT, O(n log m) by overlap-save,
    O(n) for equal taps, O(n (p + q)) for a recursive kernel with p + q non-zero coefficients.

    Examples
    --------
    >>> import pandas as pd
    >>> from tsconv import convolve, moving_average
    >>> x = pd.Series([1, 2, 4, 8, 16], name="powers")
    >>> convolve(x, moving_average(3)).round(2)
    0     NaN
    1    2.33
    2    4.67
    3    9.33
    4     NaN
    Name: powers, dtype: float64
    >>> convolve([1, 2, 4, 8, 16], moving_average(3), boundary="renormalize").round(2)
    array([ 1.5 ,  2.33,  4.67,  9.33, 12.  ])
    """
    if boundary not in _BOUNDARIES:
        check_choice(boundary, "boundary", _BOUNDARIES)
    if missing not in _MISSING:
        check_choice(missing, "missing", _MISSING)
    if method not in _METHODS:
        check_choice(method, "method", _METHODS)
    edge = "missing" if boundary == "valid" else str(boundary)
    share = 0.0
    if min_weight is not None:
        share = check_fraction(min_weight, "min_weight")
        if "renormalize" not in (boundary, missing):
            raise ValueError(
                '`min_weight` goes with missing="renormalize" or boundary="renormalize";'
                f" got {missing=} and {boundary=}."
            )
    taken = take_apart(x)
    if isinstance(kernel, TimeKernel):
        interval = sampling_interval(taken.index)
        if interval is None:
            return _at_times(taken, kernel, edge, missing, share)  # type: ignore[no-any-return]
        if kernel.profile is exponential_profile and edge == "missing":
            edge = "renormalize"  # a time kernel is a mean from the first sample on
        kernel = kernel.resolve(interval)
    else:
        kernel = as_kernel(kernel)
    values = taken.values
    if missing == "interpolate":
        values = interpolated(values, taken.index)
    policy = Policy(edge, missing, share, method)
    if values.dtype.kind == "c":
        pairs = _on_array(_as_pairs(values), kernel, policy)
        result: NDArray[Any] = _as_complex(pairs, values.shape)
    else:
        result = _on_array(values, kernel, policy)
    return taken.rebuild(result)  # type: ignore[no-any-return]


def _on_array(values: FloatArray, kernel: Kernel, policy: Policy) -> FloatArray:
    if kernel.is_finite:
        return convolve_finite(values, kernel.taps, kernel.origin, policy)
    return convolve_recursive(values, kernel, policy)


def _at_times(taken: Taken, kernel: TimeKernel, boundary: str, missing: str, share: float) -> Any:
    if boundary not in ("missing", "renormalize"):
        raise ValueError(
            'on an irregular index `boundary` must be "missing" or "renormalize";'
            f" got {boundary!r}. Make the index regular first: x.resample(...)."
        )
    times = elapsed(taken.index, kernel.width)
    values = taken.values
    if missing == "interpolate":
        values = interpolated(values, taken.index)
    if values.size == 0:
        return taken.rebuild(values.copy())
    is_complex = values.dtype.kind == "c"
    columns = _as_pairs(values) if is_complex else values.reshape(times.size, -1)
    # A gap that is not skipped stays in the sums and is NaN wherever a window contains it.
    present = ~np.isnan(columns) if missing == "renormalize" else np.ones(columns.shape, bool)
    means = _mean_at_times(times, columns, present, kernel, boundary, share)
    return taken.rebuild(
        _as_complex(means, values.shape) if is_complex else means.reshape(values.shape)
    )


def _mean_at_times(
    times: FloatArray,
    values: FloatArray,
    present: NDArray[np.bool_],
    kernel: TimeKernel,
    boundary: str,
    share: float,
) -> FloatArray:
    if kernel.profile is exponential_profile:
        mean, there = exponential_means(times, values, present)
        return np.where(there >= share - 1e-12, mean, np.nan)
    mean, there = window_means(
        times,
        values,
        present,
        kernel.profile,
        kernel.reach,
        open_start=kernel.open_start,
        open_end=kernel.open_end,
    )
    if boundary == "missing":
        low, high = kernel.reach
        hangs_over = (times - times[0] < high - 1e-9) | (times[-1] - times < -low - 1e-9)
        mean[hangs_over] = np.nan
    return np.where(there >= share - 1e-12, mean, np.nan)


def _as_pairs(values: NDArray[np.complex128]) -> FloatArray:
    """Two real columns for each complex one; a sample with one part missing is missing in both."""
    pairs = np.stack([values.real, values.imag], axis=-1)
    pairs[np.isnan(values)] = np.nan
    return pairs.reshape(values.shape[0], 2 * math.prod(values.shape[1:]))


def _as_complex(pairs: FloatArray, shape: tuple[int, ...]) -> NDArray[np.complex128]:
    return np.ascontiguousarray(pairs).view(np.complex128).reshape(shape)


def interpolated(values: NDArray[Any], index: pd.Index | None) -> NDArray[Any]:
    """Fill gaps between samples by straight lines, in time if the index has times."""
    gaps = np.isnan(values)
    if not gaps.any():
        return values
    position = positions(index, values.shape[0])
    filled = values.copy()
    columns = filled[:, None] if filled.ndim == 1 else filled
    for column, hole in zip(columns.T, gaps.reshape(columns.shape).T, strict=True):
        known = np.flatnonzero(~hole)
        if known.size:
            inner = np.flatnonzero(hole)
            inner = inner[(inner > known[0]) & (inner < known[-1])]
            column[inner] = np.interp(position[inner], position[known], column[known])
    return filled
