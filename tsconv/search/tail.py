r"""How high the scores of one search reach by chance, learnt from that search itself.

No model foresees how alike two pieces of music are; but an absent snippet's best lag is just the
best of many alike, while a match stands out from them. `Cells` keeps the best score of each of up
to 2,048 cells of lags, whatever the order in which lags are scored; `Tail` asks how far a score
stands above the next best cells.

Let :math:`u = -\log(1 - r^2)`: by the law of correlations (:math:`P(|r| > c) \approx (1 -
c^2)^{m/2}`) the tail of u is exponential, with a rate that depends on how many samples are
effectively independent. For the order statistics :math:`u_1 \ge u_2 \ge \dots` of an exponential
tail, the spacings :math:`D_j = j (u_j - u_{j+1})` are independent with one mean (Rényi [1]_). With
their mean :math:`\lambda` over the k ranks below rank i, a score of chance stands above
:math:`u_{i+1}` with

.. math:: P(u - u_{i+1} > t) \le i \, (1 + t / (k \lambda))^{-k}

(exact for i = 1: an F distribution with 2 and 2 k degrees of freedom, so that the error of
:math:`\lambda` is accounted for). Rank i = 1 compares with the second best cell, whatever passage
it lies in. Larger i leave room for other matches above the chance level. They look further down,
where passages with rarer high scores dilute the tail, so there it is taken as a power of r
(spacings of :math:`\log r^2` instead of u; their mean is Hill's estimate [2]_), which is heavier.
The smallest bound counts, after each has paid for the choice.

Where many matches leave no such gap, a control is searched for as well: the snippet backwards, of
the same spectrum and loudness, which is not there (`Tail.p_above`).

Only the best `N_NEEDED` cells matter: a search that leaves out lags which cannot be among them
gives the same p-values.

References
----------
.. [1] Rényi (1953), Acta Math. Acad. Sci. Hung. 4, 191-231, theorem 1.
.. [2] Hill (1975), Annals of Statistics 3, 1163-1174.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tsconv._checks import FloatArray

N_CELLS = 2048
MIN_WIDTH = 16  # lags of a cell; neighbouring lags are too alike to count by themselves
_SPACINGS = 50  # spacings that tell the scale: its own error is 14 %
_RANKS = (1, 2, 4, 8, 16, 32, 64)  # cells that may hold matches
N_NEEDED = _RANKS[-1] + _SPACINGS + 1
# With fewer cells there is no tail to look at; models decide alone.
MIN_CELLS = 128


class Cells:
    """Best score of each cell of lags, filled in any order.

    Parameters
    ----------
    n_lags : int
        Lags of the whole search.

    Attributes
    ----------
    width : int
        Lags of a cell; cell number c holds lags ``c * width`` to ``(c + 1) * width - 1``.
    best : ndarray, shape (n_cells,)
        Best score so far, 0 if none is positive.
    """

    def __init__(self, n_lags: int) -> None:
        self.width = max(MIN_WIDTH, -(-n_lags // N_CELLS))
        self.best = np.zeros(-(-n_lags // self.width))

    def add(self, start: int, rated: FloatArray) -> None:
        """Take in the scores (large is good, NaN is none) of lags from `start` on."""
        if not rated.size:
            return
        first = start // self.width
        edges = np.arange(first + 1, (start + rated.size - 1) // self.width + 1) * self.width
        best = np.fmax.reduceat(rated, np.concatenate(([0], edges - start)))
        part = self.best[first : first + best.size]
        np.fmax(part, best, out=part)


class Tail:
    """How likely a score is the best of all by chance, given the best of each cell.

    Parameters
    ----------
    best : ndarray, shape (n_cells,)
        Best absolute score of each cell; of those below the best `N_NEEDED` it only matters that
        they are lower.
    width : int
        Lags of a cell.
    sampled : bool, default False
        Whether the score may come from passages that no cell is about. They may follow other laws,
        so the first rank has the heavy tail too.

    Attributes
    ----------
    n_cells, width : int
    """

    def __init__(self, best: FloatArray, width: int = MIN_WIDTH, *, sampled: bool = False) -> None:
        self.n_cells = best.size
        self._first = _heavy if sampled else _light
        self.width = width
        count = min(_SPACINGS, best.size // 8)
        deepest = min(_RANKS[-1], best.size // 8)
        size = deepest + count + 1
        self._count = count
        self._ranks = np.array([rank for rank in _RANKS if rank <= deepest])
        if best.size < MIN_CELLS:
            return
        top = np.sort(np.partition(best, best.size - size)[-size:])[::-1]
        above, scale = zip(
            *(_spacings(level(top), self._ranks, count) for level in (self._first, _heavy)),
            strict=True,
        )
        self._best = float(_heavy(top[:1])[0])
        self._heavy = float(_spacings(_heavy(top), np.zeros(1, np.intp), count)[1][0])
        # The light tail for the first rank (unless sampled), the heavy one below.
        self._above = np.concatenate((above[0][:1], above[1][1:]))
        self._scale = np.maximum(np.concatenate((scale[0][:1], scale[1][1:])), 1e-300)

    @property
    def known(self) -> bool:
        """Return whether there are enough cells to say anything."""
        return self.n_cells >= MIN_CELLS

    def p_of_best(self, score: float, n_looks: float) -> float:
        """Probability that the best cell, in any of `n_looks` searches, reaches `score`.

        0 if there are too few cells to tell.
        """
        if not self.known:
            return 0.0
        order = np.arange(self._ranks.size)
        # 4 / 5 of the chances for one match, the others share 1 / 5 * (1 / 2 + 1 / 6 + ...).
        price = self._ranks * np.where(order == 0, 1.25, 5 * order * (order + 1))
        level = np.where(order == 0, self._first(np.array(score)), _heavy(np.array(score)))
        gap = np.maximum(level - self._above, 0.0) / self._scale
        log_p = np.log(price) - self._count * np.log1p(gap / self._count)
        return float(min(1.0, n_looks * np.exp(log_p.min())))

    def p_above(self, score: float, n_looks: float) -> float:
        """Probability that a search of the same chances, but not this one, reaches `score`.

        This one is a control: the snippet backwards, of the same spectrum and loudness,
        but not there. Half of all searches exceed its best cell, the others
        are rarer by the heavy tail; doubled, for the choice between this and `p_of_best`.
        """
        if not self.known:
            return 1.0
        level = float(_heavy(np.array(score)))
        gap = max(level - self._best, 0.0) / max(self._heavy, 1e-300)
        return float(min(1.0, n_looks * np.exp(-self._count * np.log1p(gap / self._count))))


def _light(r: FloatArray) -> FloatArray:
    """Return u, in which the scores of one law have an exponential tail."""
    return np.asarray(-np.log1p(-np.minimum(np.square(r), 1 - 1e-16)))


def _heavy(r: FloatArray) -> FloatArray:
    """Return log r^2, in which the scores of a mixture of laws have at most an exponential tail."""
    return np.asarray(np.log(np.maximum(np.square(r), 1e-300)))


def _spacings(
    level: FloatArray, ranks: NDArray[np.intp], count: int
) -> tuple[FloatArray, FloatArray]:
    """Level of the cell below each rank, and the mean of the next `count` spacings."""
    spacings = np.arange(1, level.size) * (level[:-1] - level[1:])
    sums = np.concatenate(([0.0], np.cumsum(spacings)))
    return level[ranks], (sums[ranks + count] - sums[ranks]) / count
