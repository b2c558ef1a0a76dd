"""Convolution of planes that go on beyond their edges.

``convolve_continued(x, taps, pair, edges, *, method="auto")``
    As `tsconv.engines.planes.convolve_plane` for a plane continued by `Edges`, without a copy of it
    where an engine can do without: ``"direct"``, ``"separable"`` for one product, ``"box"``.

The engines go row by row through the rows that `Edges` names. Only the row at hand (``"direct"``:
the last h rows) is laid out with what lies beyond its ends; along the columns nothing is.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tsconv._checks import FloatArray
from tsconv.engines import _loops
from tsconv.engines.cost import DIRECT_TAP
from tsconv.engines.planes import (
    FUSED_OUT,
    Pair,
    choose_plane,
    convolve_pair,
    convolve_plane,
    equal_taps,
    factors,
)

LOOK = 60_000.0
"""Nanoseconds to find out whether taps are a product: `factors` of a small kernel, and its call."""


class Edges(NamedTuple):
    """Which row and column of a plane each one of the continued plane is; -1 stands for zeros."""

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    above: int
    left: int


def convolve_continued(
    x: FloatArray, taps: FloatArray, pair: Pair | None, edges: Edges, *, method: str = "auto"
) -> FloatArray:
    """Convolve a continued plane with taps (h, w), or with the `pair` known to make them up.

    x is C-contiguous float64, not empty; result (rows - h + 1, columns - w + 1).
    """
    h, w = taps.shape
    shape = edges.rows.size - h + 1, edges.columns.size - w + 1
    if method in ("auto", "direct", "separable", "box") and min(shape) > 0:
        equal = equal_taps(taps)
        if pair is None and method != "direct" and _worth_a_look(taps, shape, method):
            found = factors(taps)
            pair = found[0] if len(found) == 1 else None
        if method == "auto":
            n_nonzero = h * w if equal else int(np.count_nonzero(taps))
            method = choose_plane(*shape, h, w, n_nonzero, int(pair is not None), equal)
        out = np.empty(shape)
        if method == "direct":
            _loops.direct_continued(x, taps, edges.rows, edges.columns, edges.left, out)
            return out
        if method == "separable" and pair is not None:
            _loops.separable_continued(x, *pair, edges.rows, edges.columns, edges.left, out)
            return out
        if method == "box" and equal and taps[0, 0]:
            tap = float(taps[0, 0])
            _loops.box_continued(x, tap, h, w, edges.rows, edges.columns, edges.left, out)
            return out
        if method == "overlap" and pair is None:
            method = "auto"  # a sum of several products may yet be cheaper
    padded = continued(x, edges)
    if pair is not None:
        return convolve_pair(padded, *pair, method=method)
    return convolve_plane(padded, taps, method=method)


def continued(x: FloatArray, edges: Edges, outside: float = 0.0) -> FloatArray:
    """Lay out the continued plane; -1 stands for `outside`."""
    (n_rows, n_columns), (rows, columns, above, left) = x.shape, edges
    bottom, right = above + n_rows, left + n_columns
    result = np.empty((rows.size, columns.size))
    middle = result[above:bottom]
    middle[:, left:right] = x
    for ends in (slice(0, left), slice(right, None)):
        middle[:, ends] = x[:, columns[ends]]
        middle[:, ends][:, columns[ends] < 0] = outside
    for ends in (slice(0, above), slice(bottom, None)):
        result[ends] = middle[rows[ends]]
        result[ends][rows[ends] < 0] = outside
    return result


def _worth_a_look(taps: FloatArray, shape: tuple[int, int], method: str) -> bool:
    """Say whether a product, if the taps are one, would save more than it costs to find it."""
    h, w = taps.shape
    saved = DIRECT_TAP * (h * w - h - w) - FUSED_OUT
    return method == "separable" or saved * shape[0] * shape[1] > LOOK
