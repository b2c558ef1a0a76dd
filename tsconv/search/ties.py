"""Candidates whose scores differ by no more than the walk's rounding: which of them comes first.

The walk knows scores to `scan.TOLERANCE`. Where that leaves open which of several candidates is
kept, their windows are scored again in double precision; then the better one comes first, and of
equal ones the earlier.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tsconv._checks import FloatArray
from tsconv.search.scan import TOLERANCE

_MOST = 64  # candidates of one search that are worth it: a pure tone has one in each period
DIGITS = 13  # scores in double precision that agree to so many are equal


def near_ties(
    offsets: NDArray[np.int64],
    rated: FloatArray,
    kept: NDArray[np.intp],
    exclusion: int,
    top: int | None,
) -> NDArray[np.intp]:
    """Positions of candidates whose order matters and is not known; none if they are too many.

    Parameters
    ----------
    offsets, rated : ndarray, shape (n,)
        Of all candidates; large ratings are good.
    kept : ndarray of int
        Positions of those chosen by what the walk knows.
    exclusion : int
        Least distance of two that are kept.
    top : int or None
        How many are kept at most.

    Notes
    -----
    O(n) for each that is kept.
    """
    tied = np.zeros(offsets.size, np.bool_)
    hidden = np.zeros(offsets.size, np.bool_)  # near one that is kept
    for k in kept.tolist():
        near = np.abs(offsets - offsets[k]) < max(exclusion, 1)
        hidden |= near
        rivals = near & (rated >= rated[k] - 2 * TOLERANCE)
        if np.count_nonzero(rivals) > 1:
            tied |= rivals
    if top is not None and kept.size == top:
        level = float(rated[kept].min())
        next_best = ~hidden & (rated >= level - 2 * TOLERANCE)
        if next_best.any():
            tied |= next_best
            tied[kept[rated[kept] <= level + 2 * TOLERANCE]] = True
    positions = np.flatnonzero(tied)
    return positions if positions.size <= _MOST else positions[:0]
