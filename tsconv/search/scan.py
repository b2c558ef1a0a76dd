"""One walk through the signal that scores every lag for every snippet and keeps the candidates.

A `Query` is one snippet in all its views: as it is, and whitened by the snippet's or the signal's
own autoregression (`View`). All queries and views share the samples; views with one filter share
spectra; templates of one length share window energies. `scan` returns candidates: local maxima of
the score that could be significant or reach the threshold, each with the effective sample size
where it was found.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from tsconv._checks import FloatArray
from tsconv._memory import give_back
from tsconv.engines import convolve_valid
from tsconv.search.blocks import Source, filtered
from tsconv.search.fallback import groups_of, score_frames
from tsconv.search.peaks import Peaks, local_maxima
from tsconv.search.profile import (
    Template,
    make_template,
)
from tsconv.search.sample import Frames, conclude, neighbour_sums, pair_sums
from tsconv.search.significance import score_needed, size_from_scores
from tsconv.search.tail import Cells
from tsconv.search.walk import Group, Wanted, available, fits, sift_frames

TOLERANCE = 1e-5  # of the scores in the walk; every match is evaluated again in full precision
# Neighbouring lags are alike, so the best of all is less than if all were independent; candidates
# are kept this far below, and judged when their likeness is known.
_MARGIN = 0.8
_PIECE = 1 << 16  # samples filtered at a time
_LATE = 1 << 20  # samples of a snippet whose templates are not kept
_SPREAD_LAGS = 16_384  # so many scores tell the spread to 1 %


@dataclass(frozen=True)
class View:
    """One way to look at signal and snippet: through a filter, or not.

    Attributes
    ----------
    name : str
        ``"none"``, ``"snippet"`` or ``"signal"``: where the filter comes from.
    kernel : ndarray or None
        Taps of the whitening filter.
    size : float
        Effective sample size that the two spectra allow.
    white : bool
        Whether signal or snippet is white noise here, so that the null distribution is exact.
    short : bool
        Whether only the snippet is, by the look of few samples.
    """

    name: str
    kernel: FloatArray | None
    size: float = 0.0
    white: bool = False
    short: bool = False

    @property
    def order(self) -> int:
        """Return by how many samples the filter shortens a series."""
        return 0 if self.kernel is None else self.kernel.size - 1

    def apply(self, x: FloatArray) -> FloatArray:
        """Filter x where the filter lies inside: the result is shorter by its order."""
        if self.kernel is None:
            return x
        size, order = x.size - self.order, self.order
        if size <= _PIECE:
            return np.asarray(convolve_valid(x, self.kernel))
        out = np.empty(size)  # piece by piece, without another copy of x
        for first in range(0, size, _PIECE):
            piece = x[first : min(first + _PIECE, size) + order]
            out[first : first + _PIECE] = convolve_valid(piece, self.kernel)
        return out


class LateTemplate(Template):
    """A long template that is made whenever it is looked at: only the snippet is held."""

    _snippet: FloatArray
    _view: View
    _backwards: bool

    def __init__(self, snippet: FloatArray, view: View, *, backwards: bool = False) -> None:
        self.__dict__.update(_snippet=snippet, _view=view, _backwards=backwards)

    def now(self) -> Template:
        """Return the template itself."""
        seen = self._view.apply(self._snippet)
        template = make_template(seen, overwrite=seen is not self._snippet)
        if self._backwards:
            taps, half = template.taps, template.size // 2
            first = taps[:half].copy()
            taps[:half] = taps[: -half - 1 : -1]
            taps[-half:] = first[::-1]
        give_back()  # the other order's memory
        return template

    def reversed(self) -> LateTemplate:
        """Return the template backwards."""
        return LateTemplate(self._snippet, self._view, backwards=not self._backwards)

    @property
    def size(self) -> int:
        """Return the number of samples m."""
        return self._snippet.size - self._view.order

    @property
    def taps(self) -> FloatArray:
        """Return the samples."""
        return self.now().taps

    @property
    def scale(self) -> float:
        """Return the norm before scaling."""
        return self.now().scale


@dataclass(frozen=True)
class Query:
    """A snippet at one speed, and the template of each view.

    Attributes
    ----------
    snippet : ndarray, shape (m,)
        Long ones in single precision where that holds them exactly.
    views : list of View
    templates : list of Template
    n_trials : int
        Lags times views times speeds: how often chance had an opportunity.
    """

    snippet: FloatArray
    views: list[View]
    templates: list[Template]
    n_trials: int
    label: str = ""
    speed: float = 1.0


def make_query(
    snippet: FloatArray,
    views: list[View],
    n_trials: int,
    *,
    label: str = "",
    speed: float = 1.0,
) -> Query:
    """Build the templates of a snippet; long ones later, when they are needed."""
    if snippet.size > _LATE:
        templates: list[Template] = [LateTemplate(snippet, view) for view in views]
    else:
        templates = [make_template(view.apply(snippet)) for view in views]
    return Query(snippet, views, templates, n_trials, label, speed)


@dataclass(frozen=True)
class Rule:
    """Which lags are candidates.

    Attributes
    ----------
    threshold : float or None
        Absolute score to reach; None leaves it to `p_value`.
    p_value : float
        Candidates must stay below this probability, all lags, views and speeds counted.
    sign : {-1, 0, 1}
        Polarity wanted; 0 for either.
    min_overlap : float or None
        Share of a window's samples that must be there; None for all.
    """

    threshold: float | None
    p_value: float
    sign: int
    min_overlap: float | None = None

    @property
    def margin(self) -> float:
        """Return the share of the floor from which on a lag is kept, to be judged later."""
        return _MARGIN if self.threshold is None else 1.0

    @property
    def sides(self) -> int:
        """Return 2 if either polarity counts, else 1."""
        return 2 if self.sign == 0 else 1

    def floor(self, size: float, n_trials: int) -> float:
        """Return the score below which a lag is no candidate, for an effective size."""
        if self.threshold is not None:
            return self.threshold
        return score_needed(self.p_value, size, n_trials, sides=self.sides)

    def holds(self, score: float, p_value: float) -> bool:
        """Whether a measured score is a match."""
        if self.threshold is not None:
            return abs(score) >= self.threshold
        return p_value < self.p_value or self.p_value == 1

    def rate(self, scores: FloatArray) -> FloatArray:
        """Return scores such that large is good; missing ones stay so."""
        return np.abs(scores) if self.sign == 0 else self.sign * scores


@dataclass
class Candidates:
    """Local maxima of one query in one view, and the best score of each cell of lags."""

    offsets: list[NDArray[np.int64]] = field(default_factory=list)
    scores: list[FloatArray] = field(default_factory=list)
    sizes: list[FloatArray] = field(default_factory=list)
    cells: Cells = field(default_factory=lambda: Cells(0))
    neighbours: list[tuple[float, float]] = field(default_factory=list)
    share: float = 1.0  # of the lags that `cells` is about
    chance: list[NDArray[np.float32]] = field(default_factory=list)  # scores of telling frames

    def add(self, offsets: NDArray[np.int64], scores: FloatArray, size: float) -> None:
        """Append the candidates of one frame."""
        if offsets.size:
            self.offsets.append(offsets)
            self.scores.append(scores)
            self.sizes.append(np.full(offsets.size, size))

    def likeness(self) -> float:
        """Correlation of scores at neighbouring lags."""
        products, squares = np.sum(self.neighbours, axis=0) if self.neighbours else (0.0, 0.0)
        return float(np.clip(products / squares, 0.0, 1.0)) if squares > 0 else 0.0

    def arrays(self) -> tuple[NDArray[np.int64], FloatArray, FloatArray]:
        """Return offsets, scores and effective sizes as three arrays."""
        if not self.offsets:
            return np.empty(0, np.int64), np.empty(0), np.empty(0)
        return (
            np.concatenate(self.offsets),
            np.concatenate(self.scores),
            np.concatenate(self.sizes),
        )


def scan(
    source: Source,
    queries: list[Query],
    rule: Rule,
    *,
    frames: Sequence[Frames | None] | None = None,
    progress: Callable[[int], object] = lambda _: None,
    n_threads: int | None = None,
) -> list[list[Candidates]]:
    """Return the candidates of each query in each of its views.

    Parameters
    ----------
    frames : sequence of Frames or None, optional
        For each query, which frames are scored; by default all. What is found in a frame does not
        depend on the others.
    progress : callable
        Called with the number of samples done since the last call.
    """
    found = [
        [Candidates(cells=Cells(source.n_obs - query.snippet.size + 1)) for _ in query.views]
        for query in queries
    ]
    smallest = {
        (q, v): rule.floor(query.views[v].size, query.n_trials) * rule.margin
        for q, query in enumerate(queries)
        for v in range(len(query.views))
    }
    longest = max(query.snippet.size for query in queries)
    if available(longest):
        parts = frames or [None] * len(queries)
        _scan_sifted(source, queries, rule, smallest, found, parts, progress, n_threads)
    else:
        _scan_scores(source, queries, rule, smallest, found, progress)
    return found


def _scan_sifted(
    source: Source,
    queries: list[Query],
    rule: Rule,
    smallest: dict[tuple[int, int], float],
    found: list[list[Candidates]],
    parts: Sequence[Frames | None],
    progress: Callable[[int], object],
    n_threads: int | None,
) -> None:
    """Scan by the compiled core, which lists only what is high."""
    groups = groups_of(queries)
    wanted: list[Group] = []
    for view, members in groups:
        ones = []
        for q, v in members:
            query, cells = queries[q], found[q][v].cells
            white, part = query.views[v].white, parts[q]
            ones.append(
                Wanted(
                    query.templates[v],
                    query.snippet,
                    smallest[q, v] - 2 * TOLERANCE,
                    0 if white else cells.best.size,
                    cells.width,
                    None if part is None else part.wanted,
                )
            )
        wanted.append((view, ones))
    if (len(groups) == 1 and groups[0][0].kernel is None) or fits(wanted, source):
        _sift_groups(source, groups, wanted, queries, rule, found, parts, progress, n_threads)
        return
    # One view after the other takes a third of the memory, and reads the signal as often.
    for k, (group, (view, ones)) in enumerate(zip(groups, wanted, strict=True)):
        seen = source if view.kernel is None else filtered(source, view.kernel)
        ones = [replace(one, n_samples=one.template.size) for one in ones]  # noqa: PLW2901
        share = _share(progress, len(groups), k)
        _sift_groups(seen, [group], [(None, ones)], queries, rule, found, parts, share, n_threads)


def _share(progress: Callable[[int], object], count: int, number: int) -> Callable[[int], object]:
    """Tell of an even share of the progress, whole in the end."""
    return lambda n_new: progress((n_new + number) // count)


def _sift_groups(
    source: Source,
    groups: list[tuple[View, list[tuple[int, int]]]],
    wanted: list[Group],
    queries: list[Query],
    rule: Rule,
    found: list[list[Candidates]],
    parts: Sequence[Frames | None],
    progress: Callable[[int], object],
    n_threads: int | None,
) -> None:
    """Scan for what some views want, at once."""
    peaks = {
        (q, v): Peaks(rule.rate, source.n_obs - one.size + 1)
        for (_, members), (_, ones) in zip(groups, wanted, strict=True)
        for (q, v), one in zip(members, ones, strict=True)
    }
    for start, n_new, results in sift_frames(
        source,
        wanted,
        sign=rule.sign,
        tolerance=TOLERANCE,
        n_sampled=_SPREAD_LAGS,
        min_overlap=rule.min_overlap,
        n_threads=n_threads,
    ):
        for (_, members), of_group in zip(groups, results, strict=True):
            for (q, v), one in zip(members, of_group, strict=True):
                if one.n_lags == 0:
                    continue
                view, candidates, part = queries[q].views[v], found[q][v], parts[q]
                size, margin = view.size, rule.margin
                if part is not None:
                    if part.telling[start // part.hop]:
                        candidates.neighbours.append(pair_sums(one.here, one.after))
                        candidates.chance.append(one.here)
                        if not view.white:
                            np.maximum(candidates.cells.best, one.cells, out=candidates.cells.best)
                elif view.white:
                    candidates.neighbours.append(pair_sums(one.here, one.after))
                else:
                    margin = 1.0
                    size = size_from_scores(one.here, size)
                    np.maximum(candidates.cells.best, one.cells, out=candidates.cells.best)
                floor = rule.floor(size, queries[q].n_trials) * margin - 2 * TOLERANCE
                candidates.add(*peaks[q, v].among(start, one, floor), size)
        progress(n_new)
    for (q, v), left in peaks.items():
        candidates, part, view = found[q][v], parts[q], queries[q].views[v]
        candidates.add(*left.rest(), view.size)
        if part is not None:
            conclude(candidates, view, part, source.n_obs - queries[q].snippet.size + 1)


def _scan_scores(
    source: Source,
    queries: list[Query],
    rule: Rule,
    smallest: dict[tuple[int, int], float],
    found: list[list[Candidates]],
    progress: Callable[[int], object],
) -> None:
    """Scan by scipy.fft, with all scores of a frame at once."""
    tails: dict[tuple[int, int], FloatArray] = {}
    for frame in score_frames(
        source, queries, smallest, tolerance=TOLERANCE, min_overlap=rule.min_overlap
    ):
        for (q, v), scores in frame.scores.items():
            last = frame.start + scores.size >= source.n_obs - queries[q].snippet.size + 1
            view = queries[q].views[v]
            size, margin = view.size, rule.margin
            stride = max(1, scores.size // _SPREAD_LAGS)
            tail = tails.get((q, v), np.empty(0))
            joined = np.concatenate((tail, scores))
            tails[q, v] = joined[-2:]
            rated = rule.rate(joined)
            if view.white:
                found[q][v].neighbours.append(neighbour_sums(scores, stride))
            else:
                margin = 1.0
                size = size_from_scores(scores[::stride], size)
                found[q][v].cells.add(frame.start, rated[tail.size :])
            floor = rule.floor(size, queries[q].n_trials) * margin - 2 * TOLERANCE
            peaks = local_maxima(rated, floor, first=not tail.size, last=last)
            found[q][v].add(frame.start - tail.size + peaks, joined[peaks], size)
        progress(frame.n_new)
