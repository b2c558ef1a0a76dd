"""What chance scores are like, from some frames of a long search instead of all of them.

With `threshold`, p-values decide nothing; in a long signal they are then judged by a few frames,
spread evenly: the spread of the scores, the likeness of neighbours, the best of each cell. The
p-value pays for the cells that were not seen. A search that leaves out frames scores these too, and
so gives the same p-values as one that scores every lag.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tsconv._checks import FloatArray
from tsconv.search.significance import size_from_scores
from tsconv.search.walk import available

if TYPE_CHECKING:
    from tsconv.search.blocks import Source
    from tsconv.search.scan import Candidates, Query, Rule, View

_MEDIAN_OF = 2_048  # scores whose median tells what is unusual: to 3 %
_TELLING = 4  # frames
_LONG = 1 << 20  # lags from which on leaving out frames pays
_WINDOWS = 50  # and windows in the signal: frames grow with the snippet


@dataclass(frozen=True)
class Frames:
    """Which frames of a walk one query is scored in.

    Attributes
    ----------
    hop : int
        Lags of a frame, from `walk.frame_lags`.
    wanted : ndarray of bool, shape (n_frames,)
    telling : ndarray of bool, shape (n_frames,)
        Those of the wanted frames whose scores tell what chance does.
    """

    hop: int
    wanted: NDArray[np.bool_]
    telling: NDArray[np.bool_]


def can_leave_out(source: Source, query: Query, rule: Rule) -> bool:
    """Whether frames may be left out of a search, and chance be judged by some of them."""
    m = query.snippet.size
    return (
        rule.threshold is not None
        and rule.min_overlap is None
        and [view.kernel for view in query.views] == [None]
        and source.n_obs - m + 1 >= max(_LONG, _WINDOWS * m)
        and available(m)
    )


def telling_frames(n_frames: int) -> NDArray[np.bool_]:
    """Choose frames spread evenly, none at the very ends; all of a few."""
    telling = np.zeros(n_frames, np.bool_)
    telling[((np.arange(_TELLING) + 0.5) / _TELLING * n_frames).astype(int)] = True
    return telling


def conclude(candidates: Candidates, view: View, part: Frames, n_lags: int) -> None:
    """Judge chance by what the telling frames showed: cells that lie in one of them as a whole."""
    cells = candidates.cells
    starts = cells.width * np.arange(cells.best.size)
    ends = np.minimum(starts + cells.width, n_lags)
    first, last = starts // part.hop, (ends - 1) // part.hop
    seen = part.telling[first] & part.telling[last] & (last - first <= 1)
    cells.best = cells.best[seen]
    candidates.share = max(float(np.sum((ends - starts)[seen])), 1.0) / n_lags
    size = view.size
    if not view.white and candidates.chance:
        size = size_from_scores(np.concatenate(candidates.chance), size)
    candidates.chance.clear()
    candidates.sizes = [np.full(offsets.size, size) for offsets in candidates.offsets]


def neighbour_sums(scores: FloatArray, stride: int) -> tuple[float, float]:
    """Sum r[l] r[l+1] and r[l]**2 over every `stride`-th lag, matches left out."""
    here, after = scores[:-1:stride], scores[1::stride]
    return pair_sums(here[: after.size], after)


def pair_sums(here: NDArray[np.floating], after: NDArray[np.floating]) -> tuple[float, float]:
    """Sum r[l] r[l+1] and r[l]**2 over pairs of neighbouring scores, matches left out."""
    kept = np.isfinite(here) & np.isfinite(after)
    here, after = here[kept], after[kept]
    if here.size < 30:
        return 0.0, 0.0
    size = np.abs(here)
    usual = size <= 5 * np.median(size[:: max(1, size.size // _MEDIAN_OF)]) / 0.6745
    here, after = here[usual].astype(np.float64), after[usual].astype(np.float64)
    return float(np.einsum("i,i->", here, after)), float(np.einsum("i,i->", here, here))
