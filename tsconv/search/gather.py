"""The candidates of a search: lags are left out where that is exact, otherwise all are scored.

Both ways give the same candidates, and so the same table. Lags can be left out when `threshold`
says from which score on a lag counts, samples are compared as they are, and the signal is long
(`sample.sampled`); and when it has so little above some cut that the bound can tell
(`pruning.useful_steps`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tsconv._checks import FloatArray
from tsconv.search.blocks import Source
from tsconv.search.pruning import find_high, peaks, useful_steps
from tsconv.search.sample import replace_statistics, sampled
from tsconv.search.scan import TOLERANCE, Candidates, Query, Rule, scan


def gather(
    source: Source,
    queries: Sequence[Query],
    rule: Rule,
    segments: Sequence[FloatArray],
    *,
    prune: bool = True,
    progress: Callable[[int], object] = lambda _: None,
    n_threads: int | None = None,
) -> list[list[Candidates]]:
    """Return the candidates of each query in each of its views, as `scan` does.

    Parameters
    ----------
    segments : sequence of ndarray
        Complete stretches of the signal, from which it is seen whether pruning is worth while.
    prune : bool, default True
        Whether lags may be left out at all.
    """
    found: dict[int, list[Candidates]] = {}
    long = [k for k, query in enumerate(queries) if sampled(source, query, rule)]
    floor = (rule.threshold or 0.0) - 2 * TOLERANCE
    steps = {
        k: useful_steps(segments, queries[k].templates[0], floor) if prune else [] for k in long
    }
    while left := sorted({step for of in steps.values() for step in of[:1]}, reverse=True):
        # Snippets with one step share the walk; where it gives up, the next smaller step is tried.
        step = left[0]
        group = [k for k, of in steps.items() if of[:1] == [step]]
        high = find_high(
            source,
            [queries[k] for k in group],
            [floor] * len(group),
            step,
            rule.sign,
            centre=_centre(segments),
            progress=progress,
        )
        for k, part in zip(group, high, strict=True):
            del steps[k][0]
            if part is not None:
                steps[k] = []
                found[k] = [Candidates()]
                best = peaks(part, rule.sign)
                found[k][0].add(part.offsets[best], part.scores[best], queries[k].views[0].size)
    rest = [k for k in range(len(queries)) if k not in found]
    if rest:
        rested = [queries[k] for k in rest]
        scanned = scan(source, rested, rule, progress=progress, n_threads=n_threads)
        found.update(zip(rest, scanned, strict=True))
    replace_statistics(source, [queries[k] for k in long], rule, [found[k][0] for k in long])
    return [found[k] for k in range(len(queries))]


def _centre(segments: Sequence[FloatArray]) -> float:
    """Mean of all stretches."""
    total = sum(segment.size for segment in segments)
    return float(sum(np.sum(segment) for segment in segments) / total) if total else 0.0
