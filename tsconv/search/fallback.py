"""The walk through the lags by scipy.fft, for where the compiled core is not there or has no room.

All scores of a frame at once, in the memory of a few frames; five times slower than
:mod:`tsconv.search.walk`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tsconv._checks import FloatArray
from tsconv.search.blocks import Source, frames
from tsconv.search.profile import (
    Correlator,
    fill_partial,
    normalise,
    window_count,
    window_energy,
)
from tsconv.search.walk import fill

if TYPE_CHECKING:
    from tsconv.search.scan import Query, View


@dataclass(frozen=True)
class Frame:
    """The scores of one stretch of lags, by query and view."""

    start: int
    n_new: int
    scores: dict[tuple[int, int], FloatArray]


def score_frames(
    source: Source,
    queries: list[Query],
    floors: dict[tuple[int, int], float],
    *,
    tolerance: float,
    single: bool = True,
    min_overlap: float | None = None,
) -> Iterator[Frame]:
    """Yield the scores of successive stretches of lags.

    Scores are right to `tolerance` where they, or what they might be, reach the floor of their
    query and view.
    """
    groups = groups_of(queries)
    longest = max(query.snippet.size for query in queries)
    shortest = min(query.snippet.size for query in queries)
    correlators = [
        Correlator(
            [queries[q].templates[v] for q, v in members],
            longest=longest,
            n_obs=source.n_obs,
            single=single,
        )
        for _, members in groups
    ]
    order = max(0 if view.kernel is None else view.kernel.size - 1 for view, _ in groups)
    hop, span = correlators[0].hop, correlators[0].span + order
    for start, samples in frames(source, hop, span, source.n_obs - shortest + 1):
        gaps = np.isnan(samples)
        holed = bool(gaps.any())
        filled = fill(samples, gaps) if holed else samples
        scores: dict[tuple[int, int], FloatArray] = {}
        for (view, members), correlator in zip(groups, correlators, strict=True):
            x = view.apply(filled) if filled.size > order else filled[:0]
            results = correlator.numerators(x, start) if x.size else []
            energies: dict[int, tuple[FloatArray, FloatArray]] = {}
            for (q, v), (values, bound) in zip(members, results, strict=False):
                template = queries[q].templates[v]
                n_lags = min(hop, samples.size - queries[q].snippet.size + 1)
                if n_lags <= 0:
                    continue
                if template.size not in energies:
                    stretch = x[: n_lags + template.size - 1]
                    energies[template.size] = window_energy(stretch, template.size)
                scores[q, v] = normalise(
                    values[:n_lags],
                    bound,
                    *energies[template.size],
                    x,
                    template,
                    tolerance=tolerance,
                    floor=floors[q, v],
                )
                if holed:
                    m = queries[q].snippet.size
                    missing = window_count(gaps, m)[:n_lags]
                    scores[q, v][missing > 0] = np.nan
                    allowed = 0 if min_overlap is None else m - math.ceil(min_overlap * m)
                    partial = (missing > 0) & (missing <= allowed)
                    if partial.any():
                        fill_partial(scores[q, v], partial, samples, queries[q].snippet)
        yield Frame(start, min(hop, samples.size), scores)


def groups_of(queries: list[Query]) -> list[tuple[View, list[tuple[int, int]]]]:
    """Gather (query, view) pairs that see the signal through the same filter."""
    groups: dict[int, tuple[View, list[tuple[int, int]]]] = {}
    for q, query in enumerate(queries):
        for v, view in enumerate(query.views):
            key = 0 if view.kernel is None else id(view.kernel)
            groups.setdefault(key, (view, []))[1].append((q, v))
    return list(groups.values())
