r"""Convolve and correlate images: `convolve2d`, `correlate2d`.

.. math:: y_{ij} = \sum_{ab} \mathrm{taps}_{ab}\; x_{i - a + o_1,\; j - b + o_2}

for every pixel. `tsconv.convolve` takes a 2-D array for columns side by side; here its two axes
are those of one image. Boundaries, gaps and engines mean what they mean there.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tsconv._checks import FloatArray, check_choice, check_count, check_fraction
from tsconv._frames import Taken, take_apart
from tsconv.convolution.apply import Boundary, Missing, interpolated
from tsconv.convolution.boundaries import EXTENSIONS, extend
from tsconv.convolution.finite import divide
from tsconv.engines.continued import Edges, continued, convolve_continued
from tsconv.engines.planes import PLANE_METHODS, convolve_pair, convolve_plane
from tsconv.kernel import Kernel
from tsconv.time_kernel import TimeKernel

Method2d = Literal["auto", "direct", "separable", "box", "fft", "overlap"]
Taps2d = ArrayLike | Kernel | tuple[Kernel, Kernel]

_BOUNDARIES = ("missing", "valid", "renormalize", *EXTENSIONS)


def convolve2d(
    image: Any,
    kernel: Taps2d,
    *,
    origin: tuple[int, int] | None = None,
    boundary: Boundary = "missing",
    missing: Missing = "propagate",
    min_weight: float | None = None,
    method: Method2d = "auto",
) -> Any:
    """Apply a kernel to an image, along both axes at once.

    Parameters
    ----------
    image : DataFrame or array_like, shape (n_rows, n_columns)
        One channel. Integers and booleans are convolved as float64, complex numbers as complex128.
    kernel : array_like, shape (h, w), or Kernel, or pair of Kernels
        The weights; of a Kernel the same is done down the rows and across the columns, a pair
        ``(down, across)`` gives one for each. They must be finite.
    origin : (int, int), optional
        Row and column of the tap at lag (0, 0); the middle by default, ``(h - 1) // 2`` and
        ``(w - 1) // 2``. Kernels bring their own.
    boundary : str, default "missing"
        What lies beyond the edges, as in `tsconv.convolve`: ``"missing"`` (or ``"valid"``),
        ``"zero"``, ``"reflect"``, ``"mirror"``, ``"nearest"``, ``"wrap"`` or ``"renormalize"``.
    missing : {"propagate", "renormalize", "interpolate"}, default "propagate"
        As in `tsconv.convolve`. ``"interpolate"`` puts into a gap the mean of the straight lines
        between its neighbours in the row and between those in the column, if there are any.
    min_weight : float, optional
        With a renormalizing option: NaN where less than this share of the weight lies on pixels.
    method : {"auto", "direct", "separable", "box", "fft", "overlap"}, default "auto"
        The engine; all give the same answer to rounding. ``"separable"`` is for a kernel that is
        the product of a column and a row, or the sum of at most four such products;
        ``"auto"`` finds that out by itself.

    Returns
    -------
    y : same kind and shape as `image`
        On the same index and columns.

    Raises
    ------
    TypeError
        If something is not a number, or a width is a time.
    ValueError
        If an option does not fit the kernel or a shape is wrong; the message says what would do.

    See Also
    --------
    correlate2d : The same with the kernel not flipped.
    tsconv.convolve : Along the index only, column by column.

    Notes
    -----
    Time for n pixels and h x w taps: O(n h w) direct, O(n (h + w)) separable, O(n log(h w)) by
    transforms of overlapping tiles, O(n) for equal taps. An even kernel has its extra row and
    column at positive lags, as `tsconv.moving_average`.

    Examples
    --------
    >>> from tsconv import convolve2d, moving_average
    >>> image = [[0, 0, 0, 0], [0, 9, 0, 0], [0, 0, 0, 0]]
    >>> convolve2d(image, moving_average(3), boundary="zero").round(2)
    array([[1., 1., 1., 0.],
           [1., 1., 1., 0.],
           [1., 1., 1., 0.]])
    >>> convolve2d(image, [[1, -1]], boundary="zero")
    array([[ 0.,  0.,  0.,  0.],
           [ 0.,  9., -9.,  0.],
           [ 0.,  0.,  0.,  0.]])
    """
    edge = "missing" if boundary == "valid" else check_choice(boundary, "boundary", _BOUNDARIES)
    check_choice(missing, "missing", ("propagate", "renormalize", "interpolate"))
    check_choice(method, "method", PLANE_METHODS)
    share = _share(min_weight, boundary, missing)
    taken = take_image(image)
    weights = _weights(kernel, origin)
    values = taken.values
    if missing == "interpolate":
        values = _interpolated(values)
    if values.dtype.kind == "c":
        holes = np.isnan(values)
        parts = [
            _on_plane(np.where(holes, np.nan, part), weights, edge, missing, share, method)
            for part in (values.real, values.imag)
        ]
        return taken.rebuild(parts[0] + 1j * parts[1])
    return taken.rebuild(_on_plane(values, weights, edge, missing, share, method))


def correlate2d(
    image: Any,
    kernel: Taps2d,
    *,
    origin: tuple[int, int] | None = None,
    boundary: Boundary = "missing",
    missing: Missing = "propagate",
    min_weight: float | None = None,
    method: Method2d = "auto",
) -> Any:
    """Slide a kernel over an image without flipping it.

    What deep learning calls a convolution, and how a template is compared. Equal to `convolve2d`
    with the kernel turned by 180 degrees.

    Parameters
    ----------
    image : DataFrame or array_like, shape (n_rows, n_columns)
        As in `convolve2d`.
    kernel : array_like, shape (h, w), or Kernel, or pair of Kernels
        ``kernel[a, b]`` weighs the pixel `a` rows below and `b` columns right of the window's
        upper left corner.
    origin : (int, int), optional
        Row and column of the kernel that lie over the pixel of the result; ``h // 2`` and
        ``w // 2`` by default.
    boundary, missing, min_weight, method
        As in `convolve2d`.

    Returns
    -------
    y : same kind and shape as `image`

    Examples
    --------
    >>> from tsconv import correlate2d
    >>> correlate2d([[1, 2, 4, 8]], [[1, 2]], boundary="zero")
    array([[ 2.,  5., 10., 20.]])
    """
    taps, (row, column) = _taps(kernel, origin, flipped=True)
    h, w = taps.shape
    return convolve2d(
        image,
        np.ascontiguousarray(taps[::-1, ::-1]),
        origin=(h - 1 - row, w - 1 - column),
        boundary=boundary,
        missing=missing,
        min_weight=min_weight,
        method=method,
    )


def take_image(image: Any, name: str = "image") -> Taken:
    """Read a DataFrame or a 2-D array of numbers."""
    if np.ndim(image) == 3:
        raise ValueError(
            f"`{name}` must have one channel, shape (n_rows, n_columns); got shape"
            f" {np.shape(image)}. Take one channel, or their mean: {name}.mean(axis=2)."
        )
    taken = take_apart(image, name)
    if taken.values.ndim != 2 or taken.values.size == 0:
        raise ValueError(
            f"`{name}` must be 2-D with at least one pixel; got shape {taken.values.shape}."
        )
    return taken


class _Weights:
    """Taps (h, w) with the place of lag (0, 0); a column and a row, if they are known."""

    def __init__(
        self, taps: FloatArray, origin: tuple[int, int], pair: tuple[FloatArray, FloatArray] | None
    ) -> None:
        self.taps, self.origin, self.pair = taps, origin, pair
        (h, w), (row, column) = taps.shape, origin
        self.above, self.below = h - 1 - row, row
        self.left, self.right = w - 1 - column, column

    def over(self, padded: FloatArray, method: str) -> FloatArray:
        """Convolve where the kernel lies inside."""
        if self.pair is not None:
            return convolve_pair(padded, *self.pair, method=method)
        return convolve_plane(padded, self.taps, method=method)

    def over_continued(self, values: FloatArray, boundary: str, method: str) -> FloatArray:
        """Convolve an image continued beyond its edges."""
        edges = self.edges(values.shape, boundary)
        if edges is None:
            return self.over(self.padded(values, boundary), method)
        return convolve_continued(values, self.taps, self.pair, edges, method=method)

    def edges(self, shape: tuple[int, ...], boundary: str) -> Edges | None:
        """How an image goes on, as far as the kernel reaches; None if it does not cover it."""
        if min(self.above, self.below, self.left, self.right) < 0:
            return None
        rows = _places(shape[0], self.above, self.below, boundary)
        return Edges(
            rows, _places(shape[1], self.left, self.right, boundary), self.above, self.left
        )

    def padded(self, values: FloatArray, boundary: str, outside: float = 0.0) -> FloatArray:
        """Continue an image beyond its edges, as far as the kernel reaches."""
        edges = self.edges(values.shape, boundary)
        if edges is not None:
            return continued(values, edges, outside)
        tall = extend(values, self.above, self.below, boundary, outside=outside)
        wide = extend(tall.T, self.left, self.right, boundary, outside=outside)
        return np.ascontiguousarray(wide.T)


@lru_cache(maxsize=64)
def _places(n: int, before: int, after: int, boundary: str) -> NDArray[np.intp]:
    """Where inside 0 .. n - 1 each place of a continued axis lies; -1 stands for zeros."""
    places = extend(np.arange(n), before, after, boundary, outside=-1)
    places.setflags(write=False)
    return places


def _on_plane(
    values: FloatArray, weights: _Weights, boundary: str, missing: str, share: float, method: str
) -> FloatArray:
    gaps = np.isnan(values) if missing == "renormalize" else None
    if gaps is not None and not gaps.any():
        gaps = None
    if gaps is None and boundary == "missing":
        return _inside(values, weights, method)
    if gaps is None and boundary != "renormalize":
        return weights.over_continued(values, boundary, method)
    if np.any(weights.taps < 0):
        raise ValueError(
            "renormalizing divides by the weight that lies on pixels, which needs weights >= 0;"
            f" the smallest of this kernel is {weights.taps.min():g}."
            ' Use missing="interpolate" or boundary="reflect" instead.'
        )
    total = float(weights.taps.sum())
    if total == 0.0:
        return np.zeros_like(values)
    return _renormalized(values, gaps, weights, boundary, share, method)


def _inside(values: FloatArray, weights: _Weights, method: str) -> FloatArray:
    """Convolve where the kernel lies inside; NaN elsewhere."""
    n_rows, n_columns = values.shape
    top, bottom = max(weights.above, 0), n_rows - max(weights.below, 0)
    left, right = max(weights.left, 0), n_columns - max(weights.right, 0)
    y = np.full(values.shape, np.nan)
    if top < bottom and left < right:
        part = values[
            top - weights.above : bottom + weights.below,
            left - weights.left : right + weights.right,
        ]
        y[top:bottom, left:right] = weights.over(np.ascontiguousarray(part), method)
    return y


def _renormalized(
    values: FloatArray,
    gaps: NDArray[np.bool_] | None,
    weights: _Weights,
    boundary: str,
    share: float,
    method: str,
) -> FloatArray:
    """Weighted mean of what is there, times the sum of the weights."""
    edge = "zero" if boundary in ("missing", "renormalize") else boundary
    # Zeros beyond the edges count as pixels, unless the weight outside is to be left out.
    outside = 0.0 if boundary == "renormalize" else 1.0
    if gaps is None:
        gaps = np.zeros(values.shape, dtype=np.bool_)
    filled = weights.padded(np.where(gaps, 0.0, values), edge)
    there = weights.padded(np.where(gaps, 0.0, 1.0), edge, outside)
    y, weight = weights.over(filled, method), weights.over(there, method)
    total = float(weights.taps.sum())
    # Rounding of a transform is relative to the whole weight: where little is there, sum again.
    faint = (weight < 1e-3 * total) & (weight >= (0.5 * share - 1e-9) * total)
    if faint.any() and method in ("auto", "fft", "overlap"):
        y[faint], weight[faint] = 0.0, 0.0
        flipped = weights.taps[::-1, ::-1]
        for a, b in zip(*np.nonzero(flipped), strict=True):
            rows, columns = slice(a, a + y.shape[0]), slice(b, b + y.shape[1])
            y[faint] += flipped[a, b] * filled[rows, columns][faint]
            weight[faint] += flipped[a, b] * there[rows, columns][faint]
    y = divide(y, weight, total, share)
    if boundary == "missing":
        y[: max(weights.above, 0)] = np.nan
        y[max(y.shape[0] - max(weights.below, 0), 0) :] = np.nan
        y[:, : max(weights.left, 0)] = np.nan
        y[:, max(y.shape[1] - max(weights.right, 0), 0) :] = np.nan
    return y


def _weights(kernel: Taps2d, origin: tuple[int, int] | None) -> _Weights:
    taps, place = _taps(kernel, origin, flipped=False)
    pair = None
    if isinstance(kernel, Kernel):
        pair = kernel.taps, kernel.taps
    elif isinstance(kernel, tuple) and all(isinstance(part, Kernel) for part in kernel):
        pair = kernel[0].taps, kernel[1].taps
    return _Weights(taps, place, pair)


def _taps(
    kernel: Taps2d, origin: tuple[int, int] | None, *, flipped: bool
) -> tuple[FloatArray, tuple[int, int]]:
    """Return the taps and the place of lag (0, 0)."""
    parts = kernel if isinstance(kernel, tuple) else (kernel, kernel)
    if any(isinstance(part, TimeKernel) for part in parts):
        raise TypeError("a width in time fits no image; give the width in pixels.")
    if len(parts) == 2 and isinstance(parts[0], Kernel) and isinstance(parts[1], Kernel):
        down, across = parts
        if origin is not None:
            raise ValueError("`origin` goes with an array of taps; Kernels have origins: `shift`.")
        if not (down.is_finite and across.is_finite):
            raise ValueError(
                "`kernel` must be finite for images; got a recursive one. Apply it along one axis"
                " after the other: convolve(convolve(image, k).T, k).T."
            )
        return np.multiply.outer(down.taps, across.taps), (down.origin, across.origin)
    taps = take_apart(kernel, "kernel").values
    if taps.dtype.kind == "c" or taps.ndim != 2 or taps.size == 0:
        raise ValueError(
            "`kernel` must be real and 2-D with at least one tap, a Kernel, or a pair of Kernels;"
            f" got shape {taps.shape} of {taps.dtype}."
        )
    if not np.all(np.isfinite(taps)):
        raise ValueError("`kernel` must be finite; got NaN or infinite taps.")
    h, w = taps.shape
    if origin is None:
        return taps, (h // 2, w // 2) if flipped else ((h - 1) // 2, (w - 1) // 2)
    try:
        row, column = origin
    except (TypeError, ValueError):
        raise TypeError(f"`origin` must be a pair (row, column); got {origin!r}.") from None
    return taps, (
        check_count(row, "origin[0]", minimum=None),
        check_count(column, "origin[1]", minimum=None),
    )


def _share(min_weight: float | None, boundary: str, missing: str) -> float:
    if min_weight is None:
        return 0.0
    if "renormalize" not in (boundary, missing):
        raise ValueError(
            '`min_weight` goes with missing="renormalize" or boundary="renormalize";'
            f" got {missing=} and {boundary=}."
        )
    return check_fraction(min_weight, "min_weight")


def _interpolated(values: NDArray[Any]) -> NDArray[Any]:
    """Fill gaps by the mean of the lines along the row and along the column."""
    holes = np.isnan(values)
    if not holes.any():
        return values
    along = interpolated(values, None), interpolated(np.ascontiguousarray(values.T), None).T
    known = [~np.isnan(part) for part in along]
    total = sum(np.where(k, part, 0.0) for k, part in zip(known, along, strict=True))
    count = known[0].astype(float) + known[1]
    return np.where(count > 0, total / np.maximum(count, 1.0), np.nan)
