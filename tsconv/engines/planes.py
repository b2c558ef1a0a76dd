"""Convolution of planes (2-D arrays), with the promises of the 1-D engines.

``convolve_plane(x, taps, *, method="auto")``
    ``y[i, j] = sum_ab taps[a, b] * x[i + h - 1 - a, j + w - 1 - b]``, the outputs whose window
    lies inside x.
``PLANE_ENGINES``
    Name -> function: ``"direct"`` term by term (SIMD, zero taps left out), ``"separable"`` a sum of
    few products of a column and a row, ``"box"`` for equal taps, ``"fft"`` one transform,
    ``"overlap"`` transforms of overlapping tiles. ``"auto"`` takes the cheapest.

Rows laid end to end make a plane a series, and its kernel a series of taps with zeros between: so
the 1-D code for gaps and for values that range widely (see `tsconv.engines.fourier`) serves planes
too. NaN and infinities reach exactly where a nonzero tap meets them, a large value costs digits
only where the window contains it, and windows of zeros give exact zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property, lru_cache
from math import log2
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tsconv._checks import FloatArray, check_choice
from tsconv.engines import _loops
from tsconv.engines.cost import DIRECT_OUT, DIRECT_TAP
from tsconv.engines.fourier import (
    PLAIN,
    RANGE,
    Transform,
    exponent_to_scale,
    fast_length,
    work,
)
from tsconv.engines.gaps import lay_nonfinite, tap_runs

MOST_PRODUCTS = 4
"""Products of a column and a row that `factors` looks for: a rotated Gabor kernel has two."""

ROUNDING = 8 * float(np.finfo(np.float64).eps)
"""What is left, relative to the largest tap, when `factors` takes a kernel for their sum."""

FUSED_OUT = 0.8
"""Nanoseconds for one output of the separable engine, besides its products."""

BOX_PLANE = 1.2, 0.15
"""Nanoseconds for one output of the box engine, and for each doubling of the window's width."""

TILE_CALL = 60_000.0
"""Nanoseconds for a transform of tiles that do not depend on their size."""

TILE_VALUE = np.array([9.0, 8.0, 8.5, 9.5, 11.5, 16.0, 30.0, 45.0])
"""Nanoseconds a value, forward and back, for tiles of so many values:"""
TILE_LOG2 = np.array([10.0, 13.0, 15.0, 16.0, 18.0, 20.0, 22.0, 24.0])

Pair = tuple[FloatArray, FloatArray]


def convolve_plane(x: FloatArray, taps: FloatArray, *, method: str = "auto") -> FloatArray:
    """Convolve x (n_rows, n_columns) with taps (h, w); result (n_rows - h + 1, n_columns - w + 1).

    Both C-contiguous float64, taps finite and no larger than x. A column and a row known to make
    up the taps may be given instead of their product: see `convolve_pair`.
    """
    rows, columns, trimmed = _without_outer_zeros(taps)
    shape = x.shape[0] - taps.shape[0] + 1, x.shape[1] - taps.shape[1] + 1
    if trimmed.size == 0 or 0 in shape:
        return np.zeros(shape)
    # Tap (a, b) meets the sample (h - 1 - a, w - 1 - b) of its window.
    top, left = taps.shape[0] - rows.stop, taps.shape[1] - columns.stop
    x = x[
        top : top + shape[0] + trimmed.shape[0] - 1, left : left + shape[1] + trimmed.shape[1] - 1
    ]
    if not x.flags.c_contiguous:
        x = np.ascontiguousarray(x)
    pairs = factors(trimmed) if method in ("auto", "separable", "box") else []
    return _run(x, trimmed, pairs, shape, method)


def convolve_pair(
    x: FloatArray, down: FloatArray, across: FloatArray, *, method: str = "auto"
) -> FloatArray:
    """Convolve with the product of a column (h,) and a row (w,): as `convolve_plane`."""
    taps = np.multiply.outer(down, across)
    shape = x.shape[0] - down.size + 1, x.shape[1] - across.size + 1
    if 0 in shape:
        return np.zeros(shape)
    ends = down[0] * across[0], down[-1] * across[-1]
    if method in ("auto", "separable", "box") and all(ends):
        return _run(x, taps, [(down, across)], shape, method)
    return convolve_plane(x, taps, method=method)


def factors(taps: FloatArray) -> list[Pair]:
    """Write taps as a sum of at most `MOST_PRODUCTS` products of a column and a row, or give up.

    Crosses are taken out at the largest remaining element (full pivoting), O(h w) each. Zeros
    among the taps must be zeros of a single product: rounding must not put weight where there is
    none. An empty list says that there are more, or that they would not pay.
    """
    h, w = taps.shape
    rest, found = taps.copy(), []
    limit = ROUNDING * float(np.abs(taps).max())
    most = min(MOST_PRODUCTS, h * w // (h + w) + 1)
    has_zeros = not np.all(taps)
    for _ in range(1 if has_zeros else most):
        i, j = divmod(int(np.argmax(np.abs(rest))), w)
        column, row = rest[:, j].copy(), rest[i] / rest[i, j]
        found.append((column, row))
        rest -= np.multiply.outer(column, row)
        if float(np.abs(rest).max()) <= limit:
            same = np.multiply.outer(column != 0, row != 0) == (taps != 0)
            return found if not has_zeros or bool(np.all(same)) else []
    return []


def _run(
    x: FloatArray, taps: FloatArray, pairs: list[Pair], shape: tuple[int, int], method: str
) -> FloatArray:
    """Choose and run; the outermost rows and columns of the taps hold a nonzero."""
    if method == "auto":
        method = choose_plane(
            *shape, *taps.shape, np.count_nonzero(taps), len(pairs), equal_taps(taps)
        )
    check_choice(method, "method", PLANE_METHODS)
    if method == "separable" and not pairs:
        raise ValueError(
            'method="separable" needs a kernel that is the product of a column and a row, or a sum'
            f' of at most {MOST_PRODUCTS} of them; this one is not. Use "auto".'
        )
    if method == "box" and not equal_taps(taps):
        raise ValueError('method="box" takes equal taps only; use "auto".')
    out = np.empty(shape)
    PLANE_ENGINES[method](x, taps, pairs, out)
    return out


@lru_cache(maxsize=256)
def choose_plane(
    n_rows: int, n_columns: int, h: int, w: int, n_nonzero: int, n_pairs: int, equal: bool
) -> str:
    """Return the engine expected to be fastest for so many outputs and such taps."""
    n = n_rows * n_columns
    costs = {"direct": n * (DIRECT_OUT + DIRECT_TAP * n_nonzero)}
    if n_pairs:
        per_output = n_pairs * (FUSED_OUT + DIRECT_TAP * (h + w)) + 1.0 * (n_pairs - 1)
        costs["separable"] = n * per_output
    if equal:
        costs["box"] = n * (BOX_PLANE[0] + BOX_PLANE[1] * log2(w))
    costs["overlap"] = tiling(n_rows, n_columns, h, w).cost
    return min(costs, key=costs.__getitem__)


# ---------------------------------------------------------------------- engines


def _direct(x: FloatArray, taps: FloatArray, pairs: list[Pair], out: FloatArray) -> None:  # noqa: ARG001
    _loops.direct_plane(x, taps, out)


def _separable(x: FloatArray, taps: FloatArray, pairs: list[Pair], out: FloatArray) -> None:
    if len(pairs) == 1:
        _loops.separable_plane(x, *pairs[0], out)
        return
    values, finite = _filled(x)
    _loops.separable_plane(values, *pairs[0], out)
    part = np.empty_like(out)
    for pair in pairs[1:]:
        _loops.separable_plane(values, *pair, part)
        out += part
    if not finite:
        _lay(x, taps, out)


def _box(x: FloatArray, taps: FloatArray, pairs: list[Pair], out: FloatArray) -> None:  # noqa: ARG001
    (h, w), rows, columns = taps.shape, np.arange(x.shape[0]), np.arange(x.shape[1])
    _loops.box_continued(x, float(taps[0, 0]), h, w, rows, columns, 0, out)


def _fft(x: FloatArray, taps: FloatArray, pairs: list[Pair], out: FloatArray) -> None:  # noqa: ARG001
    values, finite = _filled(x)
    _by_tiles(values, taps, (fast_length(x.shape[0]), fast_length(x.shape[1])), out)
    if not finite:
        _lay(x, taps, out)


def _overlap(x: FloatArray, taps: FloatArray, pairs: list[Pair], out: FloatArray) -> None:  # noqa: ARG001
    values, finite = _filled(x)
    _by_tiles(values, taps, tiling(*out.shape, *taps.shape).size, out)
    if not finite:
        _lay(x, taps, out)


PlaneEngine = Callable[[FloatArray, FloatArray, list[Pair], FloatArray], None]
PLANE_ENGINES: dict[str, PlaneEngine] = {
    "direct": _direct,
    "separable": _separable,
    "box": _box,
    "fft": _fft,
    "overlap": _overlap,
}
PLANE_METHODS = ("auto", *PLANE_ENGINES)


# ---------------------------------------------------------------------- tiles


class Tiling(NamedTuple):
    """Size of the tiles transformed, and what they cost in nanoseconds."""

    size: tuple[int, int]
    cost: float


@lru_cache(maxsize=256)
def tiling(n_rows: int, n_columns: int, h: int, w: int) -> Tiling:
    """Return the cheapest tiles for so many outputs of a kernel (h, w).

    Tried along each axis: to cut the outputs into 1, 2, 3, ... equal stretches.
    """
    sizes, counts = [], []
    for n, m in ((n_rows, h), (n_columns, w)):
        pieces = np.unique(-(-n // np.arange(1, min(n, 64) + 1)))
        tiles = np.array([fast_length(int(p) + m - 1) for p in pieces])
        sizes.append(tiles)
        counts.append(-(-n // (tiles - m + 1)))
    values = np.multiply.outer(sizes[0], sizes[1]).astype(float)
    n_tiles = np.multiply.outer(counts[0], counts[1])
    per_value = np.interp(np.log2(values), TILE_LOG2, TILE_VALUE)
    costs = TILE_CALL + (n_tiles + 0.5) * values * (per_value + 2.0)
    i, j = np.unravel_index(int(np.argmin(costs)), costs.shape)
    return Tiling((int(sizes[0][i]), int(sizes[1][j])), float(costs[i, j]))


class _PlaneTransform(Transform):
    """Taps prepared for tiles of `shape`; for levels the tile counts as rows in line."""

    def __init__(self, taps: FloatArray, shape: tuple[int, int]) -> None:
        self.shape = shape
        self.plane = taps
        self.step_rows, self.step_columns = (
            s - m + 1 for s, m in zip(shape, taps.shape, strict=True)
        )
        super().__init__(in_line(taps, shape[1]), shape[0] * shape[1])

    @cached_property
    def spectrum(self) -> NDArray[np.complex128]:
        """Transform of the taps, shape (rows, columns // 2 + 1)."""
        scaled = np.ldexp(self.plane, -self.exponent) if self.exponent else self.plane
        return np.fft.rfft2(scaled, s=self.shape)

    def transformed(self, tile: FloatArray) -> FloatArray:
        """Convolve one tile circularly; the result is overwritten by the next call."""
        (rows, columns), half = self.shape, self.shape[1] // 2 + 1
        spectrum = work("plane", (rows, half), np.complex128)
        np.fft.rfft(tile, axis=1, out=spectrum)
        np.fft.fft(spectrum, axis=0, out=spectrum)
        spectrum *= self.spectrum
        np.fft.ifft(spectrum, axis=0, out=spectrum)
        result = work("tile", self.shape, np.float64)
        return np.fft.irfft(spectrum, n=columns, axis=1, out=result)

    def plain(self, block: FloatArray, n_out: int, largest: float = 1.0) -> FloatArray:
        """Convolve one tile given as rows in line; a stretch of the result as rows in line."""
        exponent = exponent_to_scale(largest)
        tile = np.ldexp(block, -exponent) if exponent else block
        result = self.transformed(tile.reshape(self.shape)).reshape(-1)
        first = self.taps.size - 1
        part = result[first : first + n_out]
        return np.ldexp(part, exponent + self.exponent) if exponent + self.exponent else part.copy()

    @cached_property
    def stretch(self) -> tuple[int, int]:
        """Half the sides of a rectangle of nonzero taps: every window contains an aligned one."""
        h, w = self.plane.shape
        if not np.all(self.plane):  # one row of it; with a zero column no run goes on in the next
            runs = tap_runs(in_line(self.plane, w + 1) != 0)
            h, w = 1, int((runs.stops - runs.starts).max())
        return (h + 1) // 2, (w + 1) // 2

    def is_calm(self, tile: FloatArray) -> bool:
        """Say whether one transform is accurate: max|x| <= RANGE * min of the windows' maxima."""
        if self.exponent:
            return False
        size = np.abs(tile)
        a, b = self.stretch
        by_rows = size[: size.shape[0] // a * a].reshape(-1, a, size.shape[1]).max(axis=1)
        cut = by_rows[:, : size.shape[1] // b * b].reshape(by_rows.shape[0], -1, b)
        largest, smallest = float(size.max()), float(cut.max(axis=2).min())
        return largest == 0 or (PLAIN[0] < largest < PLAIN[1] and largest / RANGE <= smallest)


def _by_tiles(x: FloatArray, taps: FloatArray, shape: tuple[int, int], out: FloatArray) -> None:
    """Fill `out` tile by tile; tiles that would hang over the end are moved back, or padded."""
    h, w = taps.shape
    transform = _PlaneTransform(taps, shape)
    n_out = transform.size - transform.taps.size + 1
    for i, j, n_rows, n_columns in _places(transform, out.shape):
        tile = x[i : i + shape[0], j : j + shape[1]]
        if tile.shape != shape:
            padded = np.zeros(shape)
            padded[: tile.shape[0], : tile.shape[1]] = tile
            calm, tile = transform.is_calm(tile), padded
        else:
            calm = transform.is_calm(tile)
        target = out[i : i + n_rows, j : j + n_columns]
        if calm:
            result = transform.transformed(tile)
            target[...] = result[h - 1 : h - 1 + n_rows, w - 1 : w - 1 + n_columns]
        else:
            flat = np.zeros(transform.step_rows * shape[1])
            flat[:n_out] = transform.by_levels(np.ascontiguousarray(tile).reshape(-1), n_out)
            target[...] = flat.reshape(-1, shape[1])[:n_rows, :n_columns]


def _places(
    transform: _PlaneTransform, out: tuple[int, ...]
) -> Iterator[tuple[int, int, int, int]]:
    """Yield first output row and column of each tile, and how many rows and columns it gives."""
    for i in range(0, out[0], transform.step_rows):
        i = max(min(i, out[0] - transform.step_rows), 0)  # noqa: PLW2901
        for j in range(0, out[1], transform.step_columns):
            j = max(min(j, out[1] - transform.step_columns), 0)  # noqa: PLW2901
            yield (
                i,
                j,
                min(transform.step_rows, out[0] - i),
                min(transform.step_columns, out[1] - j),
            )


# ---------------------------------------------------------------------- rows in line


def in_line(taps: FloatArray, stride: int) -> FloatArray:
    """Lay the rows of taps (h, w) end to end, `stride` apart: shape ((h - 1) * stride + w,)."""
    h, w = taps.shape
    line = np.zeros(h * stride)
    line.reshape(h, stride)[:, :w] = taps
    return line[: (h - 1) * stride + w]


def _lay(x: FloatArray, taps: FloatArray, out: FloatArray) -> None:
    """Overwrite the outputs that a NaN or an infinity reaches, through rows in line."""
    stride = x.shape[1]
    line = in_line(taps, stride)
    flat = np.zeros(out.shape[0] * stride)
    flat.reshape(-1, stride)[:, : out.shape[1]] = out
    n_out = x.size - line.size + 1
    lay_nonfinite(x.reshape(-1, 1), line, flat[:n_out, None])
    out[...] = flat.reshape(-1, stride)[:, : out.shape[1]]


def _filled(x: FloatArray) -> tuple[FloatArray, bool]:
    """Return x with zeros for what is not finite, and whether all was."""
    if _loops.all_finite(x.reshape(-1)):
        return x, True
    return np.where(np.isfinite(x), x, 0.0), False


def equal_taps(taps: FloatArray) -> bool:
    """Say whether all taps are equal."""
    return bool(np.all(taps == taps[0, 0]))


def _without_outer_zeros(taps: FloatArray) -> tuple[slice, slice, FloatArray]:
    """Return which rows and columns hold all that is not zero, and those taps."""
    if taps[0].any() and taps[-1].any() and taps[:, 0].any() and taps[:, -1].any():
        return slice(0, taps.shape[0]), slice(0, taps.shape[1]), np.ascontiguousarray(taps)
    rows, columns = np.flatnonzero(taps.any(axis=1)), np.flatnonzero(taps.any(axis=0))
    if rows.size == 0:
        return slice(0, 0), slice(0, 0), taps[:0, :0]
    r, c = slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
    return r, c, np.ascontiguousarray(taps[r, c])
