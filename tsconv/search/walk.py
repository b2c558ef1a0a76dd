"""The walk through the signal by the compiled core: stretches of lags, on several threads.

`sift_frames` lists what is high, frame by frame; `fill_profile` writes the score at every lag.
Samples of float32 and float64 arrays and memmaps go to the core as they are. What is not finite is
looked at here: an infinity is refused with its position, gaps are filled and their windows left
out. Lags that the core cannot vouch for are scored again in double precision. Frames do not
depend on the number of threads, and so neither do the results.
"""

from __future__ import annotations

import math
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tsconv._checks import FloatArray
from tsconv.correlator import Correlator, correlator
from tsconv.search.blocks import Source, frames
from tsconv.search.profile import (
    ENERGY_FLOOR,
    Template,
    constant_windows,
    exact_scores,
    fill_partial,
    score_at,
    window_count,
)

LONGEST = 3_500_000  # samples of a snippet that one transform has room for
_FRAME = 1 << 18  # least lags of a frame: what surrounds the core costs less than it
_MANY_FRAMES = 40  # about so many there are where frames may be left out
_MANY = 1 << 22  # least lags for which threads are worth while
_DOUBLE_BELOW = 1 << 17  # profiles of shorter signals are in double precision: it costs nothing
_WIDEST = 1 << 21  # samples of a stretch above which each thread's memory would count
_PROFILE_TOLERANCE = 7e-7
_FEW = 48
_WINDOW_COST, _RUN_COST, _FRAME_COST = 0.3, 30.0, 15.0  # ns per sample, about


@dataclass(frozen=True)
class Wanted:
    """One template, and what is wanted of its scores.

    Attributes
    ----------
    template : Template
    snippet : ndarray
        As given, before any filter.
    floor : float
        Scores that reach it are listed.
    n_cells, width : int
        The best score of each `width` lags is wanted too, if `n_cells` is not 0.
    frames : ndarray of bool, shape (n_frames,), optional
        Which frames of `frame_lags` lags it is wanted in; by default in all.
    """

    template: Template
    snippet: FloatArray
    floor: float
    n_cells: int = 0
    width: int = 1
    frames: NDArray[np.bool_] | None = None


@dataclass
class Sifted:
    """What one frame has of one template.

    Attributes
    ----------
    n_lags : int
    lags, scores : ndarray
        Those that reach the floor, in order; lags count from the frame's start.
    here, after : ndarray
        A sample of the scores and their right neighbours, NaN where there is none.
    cells : ndarray
    """

    n_lags: int
    lags: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    scores: FloatArray = field(default_factory=lambda: np.empty(0))
    here: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))
    after: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))
    cells: FloatArray = field(default_factory=lambda: np.empty(0))


Group = tuple[Any, list[Wanted]]  # a view, and the templates seen through it


def available(longest: int) -> bool:
    """Whether the core is built and has room for a snippet."""
    return correlator._core is not None and longest <= LONGEST


def frame_lags(longest: int, n_lags: int) -> int:
    """Return the lags of a frame where frames may be left out: rather short ones."""
    return _hop(Correlator([], n_lags // _MANY_FRAMES, longest=longest))


def sift_frames(
    source: Source,
    groups: Sequence[Group],
    *,
    sign: int,
    tolerance: float,
    n_sampled: int,
    min_overlap: float | None = None,
    n_threads: int | None = None,
) -> Iterator[tuple[int, int, list[list[Sifted]]]]:
    """Yield (start, new samples, what each group's templates have there), frame by frame.

    Frames in which nothing is wanted are left out.
    """
    every = [one for _, members in groups for one in members]
    n_lags = source.n_obs - min(one.snippet.size for one in every) + 1
    several = n_lags // _MANY_FRAMES if any(one.frames is not None for one in every) else n_lags
    tools = [Correlator([one.template.taps for one in members], several) for _, members in groups]
    hop = _hop(tools[0])
    overlap = max(_overlap(view, tool) for (view, _), tool in zip(groups, tools, strict=True))

    def work(start: int, samples: NDArray[Any] | None, spaces: list[Any]) -> list[list[Sifted]]:
        frame = _Frame(source, start, min(start + hop + overlap, source.n_obs), samples)
        return [
            _sift(frame, view, members, tool, space, hop, sign, tolerance, n_sampled, min_overlap)
            for (view, members), tool, space in zip(groups, tools, spaces, strict=True)
        ]

    wanted = np.zeros(-(-n_lags // hop), np.bool_)
    for one in every:
        wanted |= True if one.frames is None else one.frames
    count = _threads(n_threads, n_lags, max(tool.span for tool in tools))
    for start, result in _run(source, hop, overlap, wanted, tools, work, count):
        yield start, min(hop, source.n_obs - start), result


def fill_profile(
    source: Source, template: Template, out: FloatArray, *, n_threads: int | None = None
) -> None:
    """Write the score at every lag to `out`, shape (n_obs - m + 1,), right to 1e-6."""
    m, n_lags = template.size, out.size
    double = n_lags < _DOUBLE_BELOW
    tool = Correlator([template.taps], n_lags, double=double)
    hop, overlap = _hop(tool), _overlap(None, tool)
    tolerance = 1e-8 if tool.dtype == np.float64 else _PROFILE_TOLERANCE

    def work(start: int, samples: NDArray[Any] | None, spaces: list[Any]) -> None:
        frame = _Frame(source, start, min(start + hop + overlap, source.n_obs), samples)
        part = out[start : start + hop]
        search = (tool.spectra[0], 0.0, None, 1, None, None)
        lost, ((lags, _),) = frame.run(
            tool, spaces[0], None, [(m, [search])], part.size, 0, tolerance, wide=part
        )[0]
        if not double and _worth_doubling(lags, part.size, m):
            # Loud beside quiet nearly everywhere: the frame as a whole in double precision.
            exact = Correlator([template.taps], part.size, double=True)
            lost, ((lags, _),) = frame.run(
                exact, exact.own_work(), None, [(m, [(exact.spectra[0], *search[1:])])],
                part.size, 0, 1e-8, wide=part,
            )[0]  # fmt: skip
        todo = np.union1d(lost, lags) if lost.size or lags.size else lags
        if todo.size:
            part[todo] = redo(frame.filled(None), todo, template)
        if frame.gaps is not None:
            part[window_count(frame.gaps, m)[: part.size] > 0] = np.nan

    count = _threads(n_threads, n_lags, tool.span)
    every = np.ones(-(-n_lags // hop), np.bool_)
    for _ in _run(source, hop, overlap, every, [tool], work, count):
        pass


def _overlap(view: Any, tool: Correlator) -> int:
    """Return how many samples beyond a frame's lags make the core's last stretch whole."""
    order = 0 if view is None or view.kernel is None else view.kernel.size - 1
    return tool.span - tool.hop + int(order)


def redo(x: NDArray[np.floating], todo: NDArray[np.int64], template: Template) -> FloatArray:
    """Score some lags in double precision, run by run of neighbours; constant windows score 0."""
    m = template.size
    out = np.zeros(todo.size)
    edges = _edges(todo)
    few = np.diff(edges) <= _FEW
    alone = np.repeat(few, np.diff(edges))
    if correlator._core is None:
        single = [score_at(x[lag : lag + m].astype(np.float64), template) for lag in todo[alone]]
        out[alone] = single
    else:
        out[alone] = correlator._core.score_windows(x, template.taps, todo[alone])
    for i, j in zip(edges[:-1][~few].tolist(), edges[1:][~few].tolist(), strict=True):
        first, last = int(todo[i]), int(todo[j - 1]) + 1
        stretch = x[first : last + m - 1].astype(np.float64)
        if not constant_windows(stretch, m).all():
            out[i:j] = exact_scores(stretch, template)
    return out


def _edges(lags: NDArray[np.int64]) -> NDArray[np.intp]:
    """First places of the runs of neighbouring lags, and the end."""
    if not lags.size:
        return np.zeros(1, np.intp)
    return np.concatenate(([0], np.flatnonzero(np.diff(lags) > 1) + 1, [lags.size]))


def _worth_doubling(lags: NDArray[np.int64], n_lags: int, m: int) -> bool:
    """Whether all of a frame's lags in double precision cost less than these one by one."""
    runs = np.diff(_edges(lags))
    alone = _WINDOW_COST * m * runs
    return bool(np.where(runs <= _FEW, alone, _RUN_COST * (runs + m)).sum() > _FRAME_COST * n_lags)


class _Frame:
    """The samples of a frame, as they are, and filled and filtered where that is needed."""

    def __init__(self, source: Source, start: int, stop: int, samples: NDArray[Any] | None) -> None:
        self.source, self.start, self.stop = source, start, stop
        self.samples = source.view(start, stop) if samples is None else samples
        self.trusted = False
        self.gaps: NDArray[np.bool_] | None = None
        self._viewed: dict[int, FloatArray] = {}

    def look(self) -> None:
        """Find what is not finite: an infinity is refused, gaps are filled."""
        viewed = self.source.viewable  # otherwise read before: a file is no thing for threads
        values = self.source.read(self.start, self.stop) if viewed else self.samples
        gaps = np.isnan(values)
        self.trusted = True
        if gaps.any():
            self.gaps = gaps
            values = fill(values, gaps)
        self.samples = values

    def filled(self, view: Any) -> NDArray[Any]:
        """Return the samples through a view."""
        if view is None or view.kernel is None:
            return self.samples
        if not self.trusted:
            self.look()
        if id(view) not in self._viewed:
            self._viewed[id(view)] = np.ascontiguousarray(view.apply(self.samples))
        return self._viewed[id(view)]

    def run(
        self,
        tool: Correlator,
        space: Any,
        view: Any,
        searches: list[Any],
        n_lags: int,
        sign: int,
        tolerance: float,
        **options: Any,
    ) -> Any:
        """Call the core; where samples are not finite, look at them and call it again."""
        while True:
            x = self.filled(view)
            order = self.stop - self.start - x.size
            gaps: dict[str, Any] = {}
            if self.gaps is not None:
                starts, stops = _runs(self.gaps)
                gaps = {"gap_starts": starts - order, "gap_stops": stops}
            result = tool.plan.sift(
                x,
                n_lags,
                searches,
                space,
                tolerance=tolerance,
                energy_floor=ENERGY_FLOOR,
                epsilon=tool.bound_of_norm,
                sign=sign,
                trusted=self.trusted,
                **gaps,
                **options,
            )
            if result is not None:
                return result
            self.look()


def _sift(
    frame: _Frame,
    view: Any,
    members: list[Wanted],
    tool: Correlator,
    space: Any,
    hop: int,
    sign: int,
    tolerance: float,
    n_sampled: int,
    min_overlap: float | None,
) -> list[Sifted]:
    """Sift one frame for the templates of one view."""
    n_samples = frame.stop - frame.start
    number = frame.start // hop
    room = [min(hop, n_samples - one.snippet.size + 1) for one in members]
    stride = max(1, max(room) // n_sampled)
    room = [
        n_lags if one.frames is None or one.frames[number] else 0
        for one, n_lags in zip(members, room, strict=True)
    ]
    results = [Sifted(max(n_lags, 0)) for n_lags in room]
    n_lags = max(room)
    if n_lags <= 0:
        return results
    by_length: dict[int, list[int]] = {}
    for k, one in enumerate(members):
        if room[k] > 0:
            by_length.setdefault(one.template.size, []).append(k)
    searches = []
    for m, group in by_length.items():
        for k in group:
            results[k].here = np.full(-(-n_lags // stride), np.nan, np.float32)
            results[k].after = np.full(-(-n_lags // stride), np.nan, np.float32)
            results[k].cells = np.zeros(members[k].n_cells)
        searches.append(
            (
                m,
                [
                    (
                        tool.spectra[k],
                        max(members[k].floor, 0.0),
                        results[k].cells if members[k].n_cells else None,
                        members[k].width,
                        results[k].here,
                        results[k].after,
                    )
                    for k in group
                ],
            )
        )
    listed = frame.run(
        tool,
        space,
        view,
        searches,
        n_lags,
        sign,
        tolerance,
        offset=frame.start,
        stride=stride,
    )
    for group, (lost, lists) in zip(by_length.values(), listed, strict=True):
        for k, (lags, scores) in zip(group, lists, strict=True):
            _settle(frame, view, members[k], results[k], lost, lags, scores, sign, min_overlap)
    return results


def _settle(
    frame: _Frame,
    view: Any,
    one: Wanted,
    result: Sifted,
    lost: NDArray[np.int64],
    lags: NDArray[np.int64],
    scores: NDArray[np.float32],
    sign: int,
    min_overlap: float | None,
) -> None:
    """Score again what the core was not sure of, and windows that miss some samples."""
    values = scores.astype(np.float64)
    unsure = np.isnan(values)
    m = one.snippet.size
    again = np.concatenate((lags[unsure], lost))
    if frame.gaps is not None and again.size:
        again = again[window_count(frame.gaps, m)[again] == 0]
    extra_lags, extra = np.empty(0, np.int64), np.empty(0)
    if again.size:
        extra_lags = np.unique(again)
        extra = redo(frame.filled(view), extra_lags, one.template)
    if frame.gaps is not None and min_overlap is not None:
        missing = window_count(frame.gaps, m)[: result.n_lags]
        partial = (missing > 0) & (missing <= m - math.ceil(min_overlap * m))
        if partial.any():
            holed = np.where(frame.gaps, np.nan, frame.samples)
            whole = np.zeros(result.n_lags)
            fill_partial(whole, partial, holed, one.snippet)
            extra_lags = np.concatenate((extra_lags, np.flatnonzero(partial)))
            extra = np.concatenate((extra, whole[partial]))
    rated = np.abs(extra) if sign == 0 else sign * extra
    if one.n_cells:
        np.maximum.at(result.cells, (frame.start + extra_lags) // one.width, rated)
    kept = rated >= max(one.floor, 0.0)
    joined = np.concatenate((lags[~unsure], extra_lags[kept]))
    order = np.argsort(joined, kind="stable")
    result.lags = joined[order]
    result.scores = np.concatenate((values[~unsure], extra[kept]))[order]


def _run(
    source: Source,
    hop: int,
    overlap: int,
    wanted: NDArray[np.bool_],
    tools: list[Correlator],
    work: Callable[[int, NDArray[Any] | None, list[Any]], Any],
    n_threads: int,
) -> Iterator[tuple[int, Any]]:
    """Yield (start, result) of each wanted frame, in order, worked on by so many threads."""
    starts: Iterator[tuple[int, NDArray[Any] | None]]
    firsts = (hop * np.flatnonzero(wanted)).tolist()
    span = hop + overlap
    if source.viewable:
        starts = ((start, None) for start in firsts)
    elif wanted.all():
        starts = iter(frames(source, hop, span, wanted.size * hop))
    else:
        starts = ((start, source.read(start, start + span)) for start in firsts)
    if n_threads == 1:
        spaces = [tool.own_work() for tool in tools]
        for start, samples in starts:
            yield start, work(start, samples, spaces)
        return
    free = [[tool.work() for tool in tools] for _ in range(n_threads)]

    def job(start: int, samples: NDArray[Any] | None) -> Any:
        spaces = free.pop()
        try:
            return work(start, samples, spaces)
        finally:
            free.append(spaces)

    waiting: deque[tuple[int, Future[Any]]] = deque()
    with ThreadPoolExecutor(n_threads) as pool:
        try:
            for start, samples in starts:
                copy = None if samples is None else samples.copy()
                waiting.append((start, pool.submit(job, start, copy)))
                if len(waiting) > n_threads:
                    first, future = waiting.popleft()
                    yield first, future.result()
            while waiting:
                first, future = waiting.popleft()
                yield first, future.result()
        finally:
            for _, future in waiting:
                future.cancel()


def _hop(tool: Correlator) -> int:
    """Return the lags of a frame: whole stretches."""
    return tool.hop * -(-_FRAME // tool.hop)


def _threads(wanted: int | None, n_lags: int, span: int) -> int:
    """Return how many threads: as asked, or up to four of what there is for long signals."""
    if wanted is not None:
        return max(1, wanted)
    if n_lags < _MANY or span > _WIDEST:
        return 1
    able = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(4, able or 1)


def _runs(mask: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First elements of the runs that are true, and those after their last ones."""
    steps = np.diff(np.concatenate(([0], mask.view(np.int8), [0])))
    return np.flatnonzero(steps == 1).astype(np.int64), np.flatnonzero(steps == -1).astype(np.int64)


def fill(samples: FloatArray, gaps: NDArray[np.bool_]) -> FloatArray:
    """Put the last value seen into each gap; windows that touch one get no score anyway."""
    seen = np.maximum.accumulate(np.where(gaps, -1, np.arange(samples.size)))
    present = np.flatnonzero(~gaps)
    first = samples[present[0]] if present.size else 0.0
    return np.where(seen < 0, first, samples[np.maximum(seen, 0)])
