"""Local maxima of the score: above the left neighbour, and not below the right one.

Who has no score, or none that was worth a list, is lower.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tsconv._checks import FloatArray
from tsconv.search.walk import Sifted


class Peaks:
    """Local maxima among the listed lags of successive frames, some of which may be left out.

    Parameters
    ----------
    rate : callable
        Turns scores into numbers of which large ones are good.
    n_lags : int
        Of the whole signal.
    """

    def __init__(self, rate: Callable[[FloatArray], FloatArray], n_lags: int) -> None:
        self._rate, self._n_lags = rate, n_lags
        self._stop = 0  # the frame before ended here
        self._floor = 0.0
        # Its last lag waits for its neighbour; so does who stands before it.
        self._lags, self._scores = np.empty(0, np.int64), np.empty(0)

    def among(self, start: int, one: Sifted, floor: float) -> tuple[NDArray[np.int64], FloatArray]:
        """Return the maxima, with their scores, that this frame decides upon."""
        lags, scores = one.lags + start, one.scores
        before = self.rest() if self._stop < start else None
        lags = np.concatenate((self._lags, lags))
        scores = np.concatenate((self._scores, scores))
        self._stop, self._floor = start + one.n_lags, floor
        last = self._stop >= self._n_lags
        kept = (lags >= self._stop - 2) & (not last)
        self._lags, self._scores = lags[kept], scores[kept]
        final = self._n_lags if last else self._stop - 1
        decided = self._high(lags, scores, start - 1, final)
        if before is None:
            return decided
        return np.append(before[0], decided[0]), np.append(before[1], decided[1])

    def rest(self) -> tuple[NDArray[np.int64], FloatArray]:
        """Return what still waits, as no neighbour will come."""
        lags, scores = self._lags, self._scores
        self._lags, self._scores = lags[:0], scores[:0]
        return self._high(lags, scores, self._stop - 1, self._stop)

    def _high(
        self, lags: NDArray[np.int64], scores: FloatArray, first: int, last: int
    ) -> tuple[NDArray[np.int64], FloatArray]:
        """Local maxima from `first` to `last` (not included) that reach the floor."""
        rated = self._rate(scores)
        best = listed_maxima(lags, rated)
        best = best[(lags[best] >= first) & (lags[best] < last)]
        best = best[rated[best] >= max(self._floor, 0.0)]
        return lags[best], scores[best]


def listed_maxima(lags: NDArray[np.int64], rated: FloatArray) -> NDArray[np.intp]:
    """Places of local maxima among listed lags, in order; who is not listed is lower.

    Above the left and not below the right neighbour.
    """
    if not lags.size:
        return np.empty(0, np.intp)
    beside = np.diff(lags) == 1
    falls = np.zeros(lags.size, np.bool_)
    falls[1:] = beside & (rated[:-1] >= rated[1:])
    falls[:-1] |= beside & (rated[1:] > rated[:-1])
    return np.flatnonzero(~falls)


def local_maxima(rated: FloatArray, floor: float, *, first: bool, last: bool) -> NDArray[np.int64]:
    """Positions that reach `floor`, above the left and not below the right neighbour.

    The two ends count only if the series begins (`first`) or ends (`last`) there.
    """
    # Few lags are high; only they are compared. What is missing is no neighbour to be below.
    high = np.flatnonzero(rated >= max(floor, 0.0))
    best = high[listed_maxima(high, rated[high])]
    inside = (first | (best > 0)) & (last | (best < rated.size - 1))
    return best[inside]
