"""What chance scores are like, from some stretches of the search instead of all of it.

With `threshold`, p-values decide nothing; in a long signal they are then judged by one lag in
twelve, in eight stretches spread evenly: the spread of the scores, the likeness of neighbours, the
best of each cell. The p-value pays for the cells that were not seen. A search that leaves out lags
scores these stretches too, and so gives the same p-values as one that scores every lag.
"""

from __future__ import annotations

import numpy as np

from tsconv._checks import FloatArray
from tsconv.correlator import Correlator
from tsconv.search.blocks import Source
from tsconv.search.profile import normalise, window_energy
from tsconv.search.scan import TOLERANCE, Candidates, Query, Rule, neighbour_sums, score_frames
from tsconv.search.significance import size_from_scores
from tsconv.search.tail import Cells

_STRETCHES, _CELLS = 8, 21  # together above the least number of cells that a tail needs
_LONG = 1 << 18  # lags from which on stretches tell enough
_WINDOWS = 50  # and windows in the signal: a stretch reads a window more than it has lags
_SPREAD_LAGS = 1 << 16


def sampled(source: Source, query: Query, rule: Rule) -> bool:
    """Whether p-values of a search come from stretches."""
    n_lags = source.n_obs - query.snippet.size + 1
    return (
        rule.threshold is not None
        and rule.min_overlap is None
        and [view.kernel for view in query.views] == [None]
        and n_lags >= max(_LONG, _WINDOWS * query.snippet.size)
    )


def replace_statistics(source: Source, query: Query, rule: Rule, found: Candidates) -> None:
    """Put what the stretches tell of chance scores in the place of what the search saw."""
    m = query.snippet.size
    n_lags = source.n_obs - m + 1
    cells = Cells(n_lags)
    n_stretch = _CELLS * cells.width
    starts = np.linspace(0, cells.best.size - 1 - _CELLS, _STRETCHES).astype(int) * cells.width
    stride = max(1, _STRETCHES * n_stretch // _SPREAD_LAGS)
    parts, neighbours = [], []
    correlator = Correlator([query.templates[0].taps], n_stretch)
    for start in starts.tolist():
        scores = _scores(source.part(start, start + n_stretch + m - 1), query, correlator)
        cells.add(start, rule.rate(scores))
        parts.append(scores[::stride])
        neighbours.append(neighbour_sums(scores, stride))
    size = query.views[0].size
    if not query.views[0].white:
        size = size_from_scores(np.concatenate(parts), size)
    seen = (starts // cells.width)[:, np.newaxis] + np.arange(_CELLS)
    cells.best = cells.best[seen.ravel()]
    found.cells, found.neighbours = cells, neighbours
    found.share = _STRETCHES * n_stretch / n_lags
    found.sizes = [np.full(offsets.size, size) for offsets in found.offsets]


def _scores(part: Source, query: Query, correlator: Correlator) -> FloatArray:
    """Scores of all lags of a stretch, to single precision: they only tell what chance does."""
    x = part.read(0, part.n_obs)
    if np.isnan(x).any():
        frames = score_frames(part, [query], {(0, 0): 2.0})
        return np.concatenate([frame.scores[0, 0] for frame in frames])
    values, bounds = correlator.numerators(x)
    energy, raw = window_energy(x, query.snippet.size)
    return normalise(
        values[0],
        float(bounds.max()),
        energy,
        raw,
        x,
        query.templates[0],
        tolerance=TOLERANCE,
        floor=2.0,
    )
