"""The candidates of a search: frames are left out where that is exact, otherwise all are scored.

Both ways give the same candidates, bit for bit, and so the same table: frames are the same and
scored by the same walk, and what one frame shows does not depend on the others. Frames can be left
out when `threshold` says from which score on a lag counts, samples are compared as they are, and
the signal is long (`sample.can_leave_out`); and when the signal has so little above some cut that
the bound can tell (`pruning.useful_steps`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from tsconv._checks import FloatArray
from tsconv.search.blocks import Source
from tsconv.search.decimated import frames_with_places
from tsconv.search.pruning import frames_to_score, useful_steps
from tsconv.search.sample import Frames, can_leave_out, telling_frames
from tsconv.search.scan import TOLERANCE, Candidates, Query, Rule, scan
from tsconv.search.walk import frame_lags

_LEAST_FRAMES = 12  # of which some tell what chance does, and are scored anyway


def gather(
    source: Source,
    queries: Sequence[Query],
    rule: Rule,
    segments: Sequence[FloatArray],
    *,
    prune: bool = True,
    decimate: int | None = None,
    progress: Callable[[int], object] = lambda _: None,
    n_threads: int | None = None,
) -> list[list[Candidates]]:
    """Return the candidates of each query in each of its views, as `scan` does.

    Parameters
    ----------
    segments : sequence of ndarray
        Complete stretches of the signal, from which it is seen whether pruning is worth while.
    prune : bool, default True
        Whether frames may be left out at all.
    decimate : int, optional
        Score only frames that have a likely place at this lower rate, which may miss some.
    """
    usable = [k for k, query in enumerate(queries) if can_leave_out(source, query, rule)]
    if not usable:
        return scan(source, list(queries), rule, progress=progress, n_threads=n_threads)
    sizes = [query.snippet.size for query in queries]
    n_lags = source.n_obs - min(sizes) + 1
    hop = frame_lags(max(sizes), n_lags)
    n_frames = -(-n_lags // hop)
    templates = {k: queries[k].templates[0] for k in usable}
    assert rule.threshold is not None
    wanted: dict[int, NDArray[np.bool_]] = {}
    if decimate is not None:
        wanted = frames_with_places(
            source, templates, rule, decimate, hop, n_frames, progress=progress
        )
    elif prune and n_frames >= _LEAST_FRAMES:
        floor = rule.threshold - 2 * TOLERANCE
        steps = {k: useful_steps(segments, template, floor) for k, template in templates.items()}
        first = {k: next(of, 0) for k, of in steps.items()}
        # Snippets with one step share the walk; where it gives up, the next smaller one is tried.
        while step := max(first.values()):
            group = [k for k, of in first.items() if of == step]
            may_hold = frames_to_score(
                source,
                [templates[k] for k in group],
                [floor] * len(group),
                step,
                rule.sign,
                hop,
                n_frames,
                centre=_centre(segments),
                progress=progress,
            )
            for k, frames in zip(group, may_hold, strict=True):
                first[k] = next(steps[k], 0) if frames is None else 0
                if frames is not None:
                    wanted[k] = frames
    telling = telling_frames(n_frames)
    parts: list[Frames | None] = [None] * len(queries)
    for k in usable:
        scored = wanted.get(k, np.ones(n_frames, np.bool_))
        # Where no frame can hold a match, nobody will ask how sure it is.
        scored = scored | telling if scored.any() else scored
        parts[k] = Frames(hop, scored, scored & telling)
    return scan(
        source,
        list(queries),
        rule,
        frames=parts,
        progress=(lambda _: None) if wanted else progress,
        n_threads=n_threads,
    )


def _centre(segments: Sequence[FloatArray]) -> float:
    """Mean of all stretches."""
    total = sum(segment.size for segment in segments)
    return float(sum(np.sum(segment) for segment in segments) / total) if total else 0.0
