"""What chance scores are like, from some stretches of the search instead of all of it.

With `threshold`, p-values decide nothing; in a long signal they are then judged by one lag in
twelve, in eight stretches spread evenly: the spread of the scores, the likeness of neighbours, the
best of each cell. The p-value pays for the cells that were not seen. A search that leaves out lags
scores these stretches too, and so gives the same p-values as one that scores every lag.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tsconv._checks import FloatArray
from tsconv.correlator import Correlator
from tsconv.search.blocks import Source
from tsconv.search.profile import normalise, window_energy
from tsconv.search.scan import TOLERANCE, Candidates, Query, Rule, pair_sums, score_frames
from tsconv.search.significance import size_from_scores
from tsconv.search.tail import Cells
from tsconv.search.walk import Wanted, available, sift_stretches

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


def replace_statistics(
    source: Source, queries: Sequence[Query], rule: Rule, found: Sequence[Candidates]
) -> None:
    """Put what the stretches tell of chance scores in the place of what the search saw.

    Snippets of one length share the stretches, their spectra and window energies.
    """
    by_length: dict[int, list[int]] = {}
    for k, query in enumerate(queries):
        by_length.setdefault(query.snippet.size, []).append(k)
    for m, members in by_length.items():
        n_lags = source.n_obs - m + 1
        width, n_cells = Cells(n_lags).width, Cells(n_lags).best.size
        starts = np.linspace(0, n_cells - 1 - _CELLS, _STRETCHES).astype(int) * width
        n_stretch = _CELLS * width
        seen = ((starts // width)[:, np.newaxis] + np.arange(_CELLS)).ravel()
        look = _sifted if available(m) else _scored
        of_length = look(source, [queries[k] for k in members], rule, starts.tolist(), n_stretch)
        for k, (cells, pairs) in zip(members, of_length, strict=True):
            view = queries[k].views[0]
            size = view.size
            if not view.white:
                size = size_from_scores(np.concatenate([here for here, _ in pairs]), size)
            cells.best = cells.best[seen]
            found[k].cells = cells
            found[k].neighbours = [pair_sums(here, after) for here, after in pairs]
            found[k].share = _STRETCHES * n_stretch / n_lags
            found[k].sizes = [np.full(offsets.size, size) for offsets in found[k].offsets]


# Of one snippet: the best of each cell, and of each stretch some scores and their right neighbours.
_Seen = tuple[Cells, list[tuple[NDArray[np.floating], NDArray[np.floating]]]]


def _sifted(
    source: Source, queries: list[Query], rule: Rule, starts: list[int], n_stretch: int
) -> list[_Seen]:
    """Look at the stretches by the compiled core."""
    n_lags = source.n_obs - queries[0].snippet.size + 1
    seen: list[_Seen] = [(Cells(n_lags), []) for _ in queries]
    wanted = [
        Wanted(query.templates[0], query.snippet, 2.0, cells.best.size, cells.width)
        for query, (cells, _) in zip(queries, seen, strict=True)
    ]
    for results in sift_stretches(
        source,
        starts,
        n_stretch,
        wanted,
        sign=rule.sign,
        tolerance=TOLERANCE,
        n_sampled=_SPREAD_LAGS // _STRETCHES,
    ):
        for one, (cells, pairs) in zip(results, seen, strict=True):
            np.maximum(cells.best, one.cells, out=cells.best)
            pairs.append((one.here, one.after))
    return seen


def _scored(
    source: Source, queries: list[Query], rule: Rule, starts: list[int], n_stretch: int
) -> list[_Seen]:
    """Look at the stretches by scipy.fft."""
    m = queries[0].snippet.size
    stride = max(1, _STRETCHES * n_stretch // _SPREAD_LAGS)
    seen: list[_Seen] = [(Cells(source.n_obs - m + 1), []) for _ in queries]
    for query, (cells, pairs) in zip(queries, seen, strict=True):
        correlator = Correlator([query.templates[0].taps], n_stretch)
        for start in starts:
            scores = _scores(source.part(start, start + n_stretch + m - 1), query, correlator)
            cells.add(start, rule.rate(scores))
            here, after = scores[:-1:stride], scores[1::stride]
            pairs.append((here[: after.size], after))
    return seen


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
