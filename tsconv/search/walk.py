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
from tsconv._memory import give_back
from tsconv.correlator import Correlator, correlator
from tsconv.search.blocks import (
    LONG,
    Source,
    check_no_infinity,
    fits_single,
    frames,
    read_long,
)
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
_PIECE = 1 << 16  # samples looked at together
# Bytes that a walk may take. With what is imported on the way, and the snippet, searching an hour
# for a minute stays below 128 MB.
BUDGET = 80e6
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
    n_samples : int
        Samples of a window of the signal that is walked through; 0: as many as the snippet has.
    """

    template: Template
    snippet: FloatArray
    floor: float
    n_cells: int = 0
    width: int = 1
    frames: NDArray[np.bool_] | None = None
    n_samples: int = 0

    @property
    def size(self) -> int:
        """Return the number of samples of a window."""
        return self.n_samples or self.snippet.size


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
    n_lags = source.n_obs - min(one.size for one in every) + 1
    some = any(one.frames is not None for one in every)
    if max(one.size for one in every) > LONG // 4:
        give_back()  # what came before
    # One work space for all: the views take turns in it.
    tool = Correlator(
        _Taps([one.template for one in every]),
        n_lags // _MANY_FRAMES if some else n_lags,
        longest=max(one.template.size for one in every),
        several=any(len(members) > 1 for _, members in groups),
    )
    if tool.longest > LONG // 4:
        give_back()  # what the templates were made from
    hop = _hop(tool)
    overlap = max(_overlap(view, tool) for view, _ in groups)
    ends = np.cumsum([len(members) for _, members in groups]).tolist()
    spectra = [tool.spectra[end - len(of[1]) : end] for end, of in zip(ends, groups, strict=True)]

    def work(start: int, samples: NDArray[Any] | None, space: Any) -> list[list[Sifted]]:
        frame = _Frame(source, start, min(start + hop + overlap, source.n_obs), samples)
        return [
            _sift(
                frame, view, members, tool, of_view, space, hop, sign, tolerance, n_sampled,
                min_overlap,
            )
            for (view, members), of_view in zip(groups, spectra, strict=True)
        ]  # fmt: skip

    wanted = np.zeros(-(-n_lags // hop), np.bool_)
    for one in every:
        wanted |= True if one.frames is None else one.frames
    count = _threads(n_threads, n_lags, *_memory(groups, n_lags, source.viewable))
    # Where frames may be left out, their precision must not depend on those that came before.
    compact = source.single or not some
    for start, result in _run(source, hop, overlap, wanted, tool, work, count, compact=compact):
        yield start, min(hop, source.n_obs - start), result


class _Taps(Sequence[Any]):
    """The samples of templates, each made when it is asked for."""

    def __init__(self, templates: list[Template]) -> None:
        self._templates = templates

    def __len__(self) -> int:
        return len(self._templates)

    def __getitem__(self, k: Any) -> Any:
        return self._templates[k].taps


def fits(groups: Sequence[Group], source: Source) -> bool:
    """Whether a walk through all views at once stays within the memory that one may take."""
    n_lags = source.n_obs - min(one.size for _, members in groups for one in members) + 1
    shared, each = _memory(groups, n_lags, source.viewable)
    return shared + each <= BUDGET


def _memory(groups: Sequence[Group], n_lags: int, viewable: bool) -> tuple[float, float]:
    """Bytes that a walk takes: the snippets' spectra, and what each thread works on."""
    every = [one for _, members in groups for one in members]
    longest = max(one.size for one in every)
    several = any(len(members) > 1 for _, members in groups)
    lanes = correlator._core.lanes_of()
    kind, lg1, lg2 = correlator.choose(longest, n_lags, lanes)
    if kind == "direct":
        return 0.0, 0.0
    size, n_blocks = 1 << (lg1 + lg2), 2 if kind == "four-step" else 2 * lanes
    hop = n_blocks * (size - longest + 1)
    frame = max(hop, _FRAME) + size
    copies = (not viewable) + any(
        view is not None and view.kernel is not None for view, _ in groups
    )
    work = 4 * n_blocks * size * (1 + several) + 4 * hop * (1 + several)
    spectrum = 4.2 * size if kind == "four-step" else 8.0 * size
    return spectrum * len(every), work + frame * (4 if frame > LONG else 8) * copies


def fill_profile(
    source: Source, template: Template, out: FloatArray, *, n_threads: int | None = None
) -> None:
    """Write the score at every lag to `out`, shape (n_obs - m + 1,), right to 1e-6."""
    m, n_lags = template.size, out.size
    double = n_lags < _DOUBLE_BELOW
    tool = Correlator([template.taps], n_lags, double=double)
    hop, overlap = _hop(tool), _overlap(None, tool)
    tolerance = 1e-8 if tool.dtype == np.float64 else _PROFILE_TOLERANCE

    def work(start: int, samples: NDArray[Any] | None, space: Any) -> None:
        frame = _Frame(source, start, min(start + hop + overlap, source.n_obs), samples)
        part = out[start : start + hop]
        search = (tool.spectra[0], 0.0, None, 1, None, None)
        lost, ((lags, _),) = frame.run(
            tool, space, None, [(m, [search])], part.size, 0, tolerance, wide=part
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

    one = Wanted(template, template.taps, 0.0)
    count = _threads(n_threads, n_lags, *_memory([(None, [one])], n_lags, source.viewable))
    every = np.ones(-(-n_lags // hop), np.bool_)
    for _ in _run(source, hop, overlap, every, tool, work, count):
        pass


def _overlap(view: Any, tool: Correlator) -> int:
    """Return how many samples beyond a frame's lags make the core's last stretch whole."""
    order = 0 if view is None or view.kernel is None else view.kernel.size - 1
    return tool.span - tool.hop + int(order)


def redo(x: NDArray[np.floating], todo: NDArray[np.int64], template: Template) -> FloatArray:
    """Score some lags in double precision, run by run of neighbours; constant windows score 0."""
    m, template = template.size, template.now()
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
        if samples is None:
            samples = (
                source.view(start, stop) if source.viewable else read_long(source, start, stop)
            )
        self.samples = samples
        self.trusted = False
        self.gaps: NDArray[np.bool_] | None = None
        self._viewed: tuple[Any, NDArray[Any]] | None = None

    def look(self) -> None:
        """Find what is not finite: an infinity is refused, gaps are filled."""
        values = self.samples
        if self.source.viewable:  # what was read was looked at then
            for first in range(0, values.size, _PIECE):
                part = np.asarray(values[first : first + _PIECE], np.float64)
                check_no_infinity(part, self.start + first)
        gaps = np.isnan(values)
        self.trusted = True
        if gaps.any():
            self.gaps = gaps
            self.samples = fill(values, gaps)

    def filled(self, view: Any) -> NDArray[Any]:
        """Return the samples through a view; long ones in single precision where it holds them."""
        if view is None or view.kernel is None:
            return self.samples
        if not self.trusted:
            self.look()
        if self._viewed is not None and self._viewed[0] is view:
            return self._viewed[1]
        self._viewed = None
        x, order = self.samples, view.order
        size = x.size - order
        out: NDArray[Any] = np.empty(size, np.float32 if size > LONG else np.float64)
        for first in range(0, size, _PIECE):
            part = view.apply(x[first : min(first + _PIECE, size) + order])
            if out.dtype == np.float32 and not fits_single(part):
                out = out.astype(np.float64)
            out[first : first + _PIECE] = part
        self._viewed = view, out
        return out

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
    spectra: list[Any],
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
    room = [min(hop, n_samples - one.size + 1) for one in members]
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
                        spectra[k],
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
    m = one.size
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
    tool: Correlator,
    work: Callable[[int, NDArray[Any] | None, Any], Any],
    n_threads: int,
    *,
    compact: bool = False,
) -> Iterator[tuple[int, Any]]:
    """Yield (start, result) of each wanted frame, in order, worked on by so many threads."""
    starts: Iterator[tuple[int, NDArray[Any] | None]]
    firsts = (hop * np.flatnonzero(wanted)).tolist()
    span = hop + overlap
    if source.steady:
        starts = ((start, None) for start in firsts)
    elif wanted.all():
        starts = iter(frames(source, hop, span, wanted.size * hop, compact=compact))
    else:
        starts = (
            (start, read_long(source, start, start + span, compact=compact)) for start in firsts
        )
    if n_threads == 1:
        for start, samples in starts:
            yield start, work(start, samples, tool.own_work())
        return
    free = [tool.own_work(), *(tool.work() for _ in range(n_threads - 1))]

    def job(start: int, samples: NDArray[Any] | None) -> Any:
        space = free.pop()
        try:
            return work(start, samples, space)
        finally:
            free.append(space)

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


def _threads(wanted: int | None, n_lags: int, shared: float, each: float) -> int:
    """Return how many threads: as asked, or up to four of what there is for long signals."""
    if wanted is not None:
        return max(1, wanted)
    if n_lags < _MANY:
        return 1
    able = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    room = int((BUDGET - shared) / each) if each else 4
    return max(1, min(4, able or 1, room))


def _runs(mask: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First elements of the runs that are true, and those after their last ones."""
    steps = np.diff(np.concatenate(([0], mask.view(np.int8), [0])))
    return np.flatnonzero(steps == 1).astype(np.int64), np.flatnonzero(steps == -1).astype(np.int64)


def fill(samples: NDArray[Any], gaps: NDArray[np.bool_]) -> NDArray[Any]:
    """Put the last value seen into each gap; windows that touch one get no score anyway."""
    out = samples.copy()
    starts, stops = _runs(gaps)
    if starts.size and starts[0] == 0:
        out[: stops[0]] = out[stops[0]] if stops[0] < out.size else 0.0
        starts, stops = starts[1:], stops[1:]
    inner = gaps.copy()
    inner[: starts[0] if starts.size else inner.size] = False
    out[inner] = np.repeat(out[starts - 1], stops - starts)
    return out
