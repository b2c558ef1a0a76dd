r"""How high the scores of one search reach by chance, learnt from that search itself.

No model foresees how alike two pieces of music are; but an absent snippet's best lag is just the
best of many alike, while a match stands out from them. `Cells` keeps the best score of each of up
to 2,048 cells of lags, whatever the order in which lags are scored; `Tail` asks how far a score
stands above the next best cells.

Let :math:`u = -\log(1 - r^2)`: by the law of correlations (:math:`P(|r| > c) \approx (1 -
c^2)^{m/2}`) the tail of u is exponential, with a rate that depends on how many samples are
effectively independent, and the highest of a mixture of such tails is exponential again. For the
order statistics :math:`u_1 \ge u_2 \ge \dots` of an exponential tail, the spacings :math:`D_j = j
(u_j - u_{j+1})` are independent with one mean (Rényi [1]_). With their mean :math:`\lambda` over
the k ranks below rank i, a score of chance stands above :math:`u_{i+1}` with

.. math:: P(u - u_{i+1} > t) \le i \, (1 + t / (k \lambda))^{-k}

(exact for i = 1: an F distribution with 2 and 2 k degrees of freedom, so that the error of
:math:`\lambda` is accounted for). Where i = 1 compares with the second best cell, larger i leave
room for other matches above the chance level; the smallest bound counts, after each has paid for
the choice.

Only the best `N_NEEDED` cells matter: a search that leaves out lags which cannot be among them
gives the same p-values.

References
----------
.. [1] Rényi (1953), Acta Math. Acad. Sci. Hung. 4, 191-231, theorem 1.
"""

from __future__ import annotations

import numpy as np

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

    Attributes
    ----------
    n_cells : int
    """

    def __init__(self, best: FloatArray) -> None:
        self.n_cells = best.size
        count = min(_SPACINGS, best.size // 8)
        deepest = min(_RANKS[-1], best.size // 8)
        size = deepest + count + 1
        self._count = count
        self._ranks = np.array([rank for rank in _RANKS if rank <= deepest])
        if best.size < MIN_CELLS:
            return
        top = np.sort(np.partition(best, best.size - size)[-size:])[::-1]
        self._u = -np.log1p(-np.minimum(np.square(top), 1 - 1e-16))
        spacings = np.arange(1, size) * (self._u[:-1] - self._u[1:])
        sums = np.concatenate(([0.0], np.cumsum(spacings)))
        # Mean of the spacings of ranks i + 1 to i + count.
        self._scale = (sums[self._ranks + count] - sums[self._ranks]) / count

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
        u = -np.log1p(-min(score * score, 1 - 1e-16))
        above = np.maximum(u - self._u[self._ranks], 0.0)  # over the cell of rank i + 1
        scale = np.maximum(self._scale, 1e-300)
        order = np.arange(self._ranks.size)
        # 4 / 5 of the chances for one match, the others share 1 / 5 * (1 / 2 + 1 / 6 + ...).
        price = self._ranks * np.where(order == 0, 1.25, 5 * order * (order + 1))
        log_p = np.log(price) - self._count * np.log1p(above / (self._count * scale))
        return float(min(1.0, n_looks * np.exp(log_p.min())))
