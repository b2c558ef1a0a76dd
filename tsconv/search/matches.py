"""From candidates to a table of matches: the best of each neighbourhood, in full precision.

`select` keeps candidates that do not lie within the exclusion distance of a better one. `measure`
reads the window of a match again and gives its correlation, gain, signal-to-noise ratio and place
between samples. `to_table` writes the DataFrame.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tsconv._checks import FloatArray
from tsconv._memory import give_back
from tsconv.search.blocks import LONG, Source
from tsconv.search.profile import (
    Template,
    exact_scores,
    make_template,
    power,
    score_at,
)
from tsconv.search.scan import TOLERANCE, Candidates, Query, Rule, View, scan
from tsconv.search.significance import p_consistent, p_of_best, p_one_lag, share_of_peaks
from tsconv.search.table import Matches
from tsconv.search.tail import Tail
from tsconv.search.ties import DIGITS, near_ties

COLUMNS = (
    "offset",
    "time",
    "end",
    "score",
    "polarity",
    "gain",
    "snr_db",
    "speed",
    "p_value",
    "offset_fine",
    "offset_std_error",
)
_REACH = 16  # lags on either side that the place between samples is interpolated from


@dataclass(frozen=True)
class Match:
    """One match, measured; the fields up to `label` are the columns of the table."""

    offset: int
    n_obs: int
    score: float
    polarity: int
    gain: float
    snr_db: float
    speed: float
    p_value: float
    offset_fine: float
    offset_std_error: float
    label: str = ""
    seen: float = 0.0  # score in the view that found it
    p_models: float = 1.0
    look: int = 0  # number of the query and view that found it


def select(
    offsets: NDArray[np.int64], strength: FloatArray, exclusion: int, top: int | None = None
) -> NDArray[np.intp]:
    """Positions of the candidates to keep: best first, none within `exclusion` of a better one.

    Equal strengths: the earlier offset wins.
    """
    order = np.lexsort((offsets, -strength))
    if exclusion <= 1 and top is None:
        # Only the same lag, seen in several views, can clash.
        _, first = np.unique(offsets[order], return_index=True)
        return order[np.sort(first)]
    width = max(1, exclusion)
    kept: list[int] = []
    taken: dict[int, list[int]] = {}
    for position in order.tolist():
        offset = int(offsets[position])
        cell = offset // width
        if any(
            abs(offset - other) < width
            for near in (cell - 1, cell, cell + 1)
            for other in taken.get(near, ())
        ):
            continue
        taken.setdefault(cell, []).append(offset)
        kept.append(position)
        if top is not None and len(kept) == top:
            break
    return np.array(kept, dtype=np.intp)


def log_evidence(scores: FloatArray, sizes: FloatArray) -> FloatArray:
    """Order scores of different effective sizes as p-values would, even where those underflow."""
    share = np.maximum(1 - np.square(scores), 1e-16)
    return np.asarray(-0.5 * np.maximum(sizes - 2, 1e-3) * np.log(share))


def choose(
    source: Source,
    queries: list[Query],
    found: list[list[Candidates]],
    rule: Rule,
    exclusion: int,
    top: int | None,
    *,
    n_threads: int | None = None,
) -> list[Match]:
    """Choose among the candidates of one snippet, at all its speeds and in all its views."""
    looks = [
        Look(
            query,
            view,
            _tail(candidates),
            candidates.likeness(),
            _price(query.views, view) * query.n_trials / len(query.views),
            source.n_obs - query.snippet.size + 1,
            candidates.share,
        )
        for query, of_query in zip(queries, found, strict=True)
        for view, candidates in enumerate(of_query)
    ]
    arrays = [candidates.arrays() for of_query in found for candidates in of_query]
    offsets, scores, sizes = (np.concatenate(parts) for parts in zip(*arrays, strict=True))
    which = np.repeat(np.arange(len(arrays)), [offset.size for offset, _, _ in arrays])
    strength = np.abs(scores) if rule.threshold is not None else log_evidence(scores, sizes)
    kept = select(offsets, strength, exclusion, top)
    tied = near_ties(offsets, np.abs(scores), kept, exclusion, top)
    if tied.size:
        for k in tied.tolist():
            offsets[k], scores[k] = _exactly(source, looks[which[k]], int(offsets[k]))
        strength = np.abs(scores) if rule.threshold is not None else log_evidence(scores, sizes)
        kept = select(offsets, strength, exclusion, top)
    seen: list[Match] = []
    for k in kept:
        tried: list[Match] = []
        for at in _same_place(int(k), offsets, strength, which):
            look = looks[which[at]]
            if look.is_chance(float(scores[at]), float(sizes[at]), rule):
                continue
            match = measure(source, look, int(offsets[at]), float(sizes[at]), rule)
            tried.append(replace(match, look=int(which[at])))
            if rule.holds(match.seen, match.p_value) or rule.threshold is not None:
                break
        if tried:
            seen.append(min(tried, key=lambda match: (match.p_value, match.p_models)))
    if rule.threshold is None:
        possible = [match for match in seen if match.p_models < rule.p_value]
        if len(possible) > 1 and any(match.p_value >= rule.p_value for match in possible):
            # Several matches may hide each other: what is the level of chance without them?
            controls = _controls(source, queries, rule, n_threads)
            for k, match in enumerate(seen):
                look = looks[match.look]
                p_search = look.p_search(match.seen, controls[match.look])
                seen[k] = replace(match, p_value=max(match.p_models, p_search))
    return [match for match in seen if rule.holds(match.seen, match.p_value)]


def _same_place(
    k: int, offsets: NDArray[np.int64], strength: FloatArray, which: NDArray[np.intp]
) -> list[int]:
    """Candidate k, then the best of each other view within two lags of it."""
    near = np.flatnonzero(np.abs(offsets - offsets[k]) <= 2)
    near = near[np.argsort(-strength[near], kind="stable")]
    views = [int(which[k])]
    places = [k]
    for other in near.tolist():
        if which[other] not in views:
            views.append(int(which[other]))
            places.append(other)
    return places


def _price(views: list[View], view: int) -> float:
    """By how much the chances of a view multiply, as several are looked at.

    Views whose law of chance is exact share 7 / 10: the others seldom use what they have. A snippet
    that only looks white, for it is short, comes second to a white signal.
    """
    trust = [2 * other.white - other.short for other in views]
    n_best = trust.count(max(trust))
    if n_best == len(views):
        return float(len(views))
    return n_best / 0.7 if trust[view] == max(trust) else (len(views) - n_best) / 0.3


def _controls(
    source: Source, queries: list[Query], rule: Rule, n_threads: int | None
) -> list[Tail]:
    """Search for the snippets backwards: how high chance reaches in each look."""
    backwards = [
        replace(
            query,
            snippet=query.snippet[::-1],
            templates=[template.reversed() for template in query.templates],
        )
        for query in queries
    ]
    found = scan(source, backwards, rule, n_threads=n_threads)
    return [_tail(candidates) for of_query in found for candidates in of_query]


def _tail(candidates: Candidates) -> Tail:
    """Return what the cells of a search show."""
    cells = candidates.cells
    return Tail(cells.best, cells.width, sampled=candidates.share < 1)


@dataclass(frozen=True)
class Look:
    """A query in one of its views, and what its scores were like by chance."""

    query: Query
    view: int
    chance: Tail
    likeness: float
    n_trials: float  # lags times speeds times the price of looking at several views
    n_lags: int
    share: float = 1.0  # of the lags that `chance` is about

    @property
    def n_looks(self) -> float:
        """Return how many searches as large as the one that `chance` shows were made."""
        return self.n_trials / self.n_lags / self.share

    @property
    def template(self) -> Template:
        """Return the template of the view."""
        return self.query.templates[self.view]

    def p_models(self, window: FloatArray, score: float, size: float, sides: int) -> float:
        """Probability that the best of all lags, views and speeds scores so, by the models."""
        view, n_trials = self.query.views[self.view], self.n_trials
        p_one = p_one_lag(abs(score), size, sides=sides)
        if view.white:
            return p_of_best(p_one * share_of_peaks(p_one, self.likeness), n_trials)
        filtered = _unit(window.copy() if view.kernel is None else view.apply(window))
        agreeing = p_consistent(self.template.taps, filtered, view.size, sides=sides)
        if self.chance.known:
            # Whether the place is special the search itself tells (`p_search`). Bursts that
            # coincide there have as many chances to agree as lags share them: those of a cell.
            return p_of_best(agreeing, math.ceil(self.chance.width * self.n_looks))
        return p_of_best(max(p_one, agreeing), n_trials)

    def is_chance(self, score: float, size: float, rule: Rule) -> bool:
        """Whether a candidate can be no match, as near as the walk knows its score."""
        view = self.query.views[self.view]
        if rule.threshold is not None or rule.p_value == 1 or not view.white:
            return False
        highest = min(1.0, abs(score) + 4 * TOLERANCE)  # measured: the walk's error, a neighbour's
        p_one = p_one_lag(highest, size, sides=rule.sides)
        return (
            p_of_best(p_one * share_of_peaks(p_one, self.likeness), self.n_trials) >= rule.p_value
        )

    def p_search(self, score: float, control: Tail | None = None) -> float:
        """Probability of the same by what this search, and a control, show of chance."""
        if self.query.views[self.view].white:
            return 0.0
        p = self.chance.p_of_best(abs(score), self.n_looks)
        return p if control is None else min(p, control.p_above(abs(score), self.n_looks))


def measure(source: Source, look: Look, offset: int, size: float, rule: Rule) -> Match:
    r"""Read the window of a match again and measure it.

    Notes
    -----
    The window is ``gain * snippet + constant + residual`` by least squares, and with the
    correlation r the signal-to-noise ratio is ``r**2 / (1 - r**2)``. The place between samples is
    the maximum of the band-limited interpolation of the correlation (in the view that found the
    match), its standard error the Cramer-Rao bound for white residuals, :math:`\sqrt{(1-r^2) / (m r
    (-r''))}`.
    """
    query = look.query
    m = query.snippet.size
    if m > LONG // 4:
        give_back()  # what the walk held
    offset, fraction, bound, seen = _locate(source, look, offset)
    if m > LONG // 4:
        give_back()
    window = source.read(offset, offset + m)
    present = ~np.isnan(window)
    size *= present.mean()
    p_models = look.p_models(window, seen, size, rule.sides)
    if m > LONG // 4:
        give_back()
    score, gain = score_and_gain(window, query.snippet)
    return Match(
        offset=offset,
        n_obs=m,
        score=score,
        polarity=-1 if seen < 0 else 1,
        gain=gain,
        snr_db=_decibels(score),
        speed=query.speed,
        p_value=max(p_models, look.p_search(seen)),
        offset_fine=offset + fraction,
        offset_std_error=bound / float(np.sqrt(size)),
        label=query.label,
        seen=seen,
        p_models=p_models,
    )


def score_and_gain(window: FloatArray, snippet: FloatArray) -> tuple[float, float]:
    """Pearson correlation and slope of a window on a snippet, over the samples that are there."""
    present = ~np.isnan(window)
    part, seen = (snippet, window) if present.all() else (snippet[present], window[present])
    if part.size < 2 or part.min() == part.max():
        return 0.0, 0.0
    template = make_template(part)
    score = score_at(seen, template)
    centred = seen - seen.mean()
    return score, score * float(np.sqrt(power(centred))) / template.scale


def _decibels(score: float) -> float:
    """Signal-to-noise ratio of a correlation; what rounding leaves of 1 - r**2 is its limit."""
    share = max(score * score, 1e-300)
    return float(10 * np.log10(share / max(1 - share, np.finfo(float).eps)))


def to_table(matches: list[Match], source: Source, pad: int = 0, *, labelled: bool) -> pd.DataFrame:
    """Write matches as a DataFrame, in the order given; `pad` samples were put before."""
    matches = [
        replace(match, offset=match.offset - pad, offset_fine=match.offset_fine - pad)
        for match in matches
    ]
    rows = [_times(match, source) for match in matches]
    table = pd.DataFrame(
        {
            "snippet": pd.Series([match.label for match in matches], dtype=object),
            "offset": np.array([match.offset for match in matches], dtype=np.int64),
            "time": _column([row[0] for row in rows], source),
            "end": _column([row[1] for row in rows], source),
            "score": np.array([match.score for match in matches], dtype=float),
            "polarity": np.array([match.polarity for match in matches], dtype=np.int64),
            **{
                name: np.array([getattr(match, name) for match in matches], dtype=float)
                for name in COLUMNS[5:]
            },
        }
    )
    found = Matches(table if labelled else table.drop(columns="snippet"))
    found.attrs = {"n_obs": source.n_obs, "lengths": [match.n_obs for match in matches]}
    return found


def _times(match: Match, source: Source) -> tuple[Any, Any]:
    """Where a match begins and ends: in seconds, or labels of its first and last sample."""
    if source.index is None:
        fs = source.fs or 1.0
        return match.offset / fs, (match.offset + match.n_obs) / fs
    last = source.n_obs - 1
    first = min(max(match.offset, 0), last)
    return source.index[first], source.index[min(match.offset + match.n_obs - 1, last)]


def _column(values: list[Any], source: Source) -> Any:
    """Give an empty or full column the type that times have."""
    if source.index is None:
        return np.array(values, dtype=float)
    return pd.Series(pd.Index(values, dtype=source.index.dtype))


def _locate(source: Source, look: Look, offset: int) -> tuple[int, float, float, float]:
    """Offset, fraction of a sample, error of one sample and score of a peak near an offset."""
    m, view, template = look.query.snippet.size, look.query.views[look.view], look.template
    first = max(0, offset - _REACH)
    last = min(source.n_obs - m, offset + _REACH)
    x = source.read(first, last + m)
    if np.isnan(x).any():
        # A gap in or beside the window: the place is known to a sample only.
        window = source.read(offset, offset + m)
        if np.isnan(window).any():
            return offset, 0.0, np.nan, score_and_gain(window, look.query.snippet)[0]
        return offset, 0.0, np.nan, score_at(view.apply(window), template)
    x = view.apply(x)
    scores = exact_scores(x, template, overwrite=True)
    del x
    here = offset - first
    sign = -1.0 if scores[here] < 0 else 1.0
    for _ in range(2):  # the walk is in single precision: the peak may be the next sample
        near = range(max(0, here - 1), min(scores.size, here + 2))
        here = max(near, key=lambda lag: (sign * scores[lag], lag == here))
    fraction, bound = _peak(sign * scores, here)
    return first + here, fraction, bound, float(scores[here])


def _exactly(source: Source, look: Look, offset: int) -> tuple[int, float]:
    """Offset and score of a peak near an offset, the same for equal windows wherever they lie."""
    offset, *_, score = _locate(source, look, offset)
    window = source.read(offset, offset + look.query.snippet.size)
    if not np.isnan(window).any():
        view = look.query.views[look.view]
        score = score_at(view.apply(window), look.template)
    return offset, round(score, DIGITS)


def _unit(x: FloatArray) -> FloatArray:
    """Centre and scale to unit norm, in place; missing values count nothing."""
    gaps = np.isnan(x)
    if gaps.any():
        x[gaps] = x[~gaps].mean() if not gaps.all() else 0.0
    x -= x.mean()
    norm = float(np.sqrt(power(x)))
    if norm > 0:
        x /= norm
    return x


def _peak(values: FloatArray, here: int) -> tuple[float, float]:
    """Fraction of a sample at the maximum near `here`, and its standard error times sqrt(m).

    Interpolation by a sinc under a cosine window, on a grid of 1/64, then a parabola. The error is
    that of the interpolated maximum: a score between samples is lower without any noise.
    """
    reach = min(here, values.size - 1 - here, _REACH)
    if reach < 1:
        return 0.0, np.nan
    lags = np.arange(-reach, reach + 1)
    known = values[here - reach : here + reach + 1]
    step = 1 / 64
    grid = np.arange(-65, 66) * step
    distance = grid[:, np.newaxis] - lags
    weights = np.sinc(distance) * np.cos(np.pi * np.clip(distance / (reach + 1.0), -1, 1) / 2) ** 2
    weights /= weights.sum(axis=1, keepdims=True)
    fine = weights @ known
    best = int(np.argmax(fine[1:-1])) + 1
    below, at, above = fine[best - 1], fine[best], fine[best + 1]
    bend = 2 * at - below - above
    shift = 0.5 * (above - below) / bend if bend > 0 else 0.0
    fraction = float(np.clip(grid[best] + np.clip(shift, -1, 1) * step, -1, 1))
    peak = float(np.clip(at, 0.0, 1.0))
    if bend <= 0 or peak == 0:
        return fraction, np.nan
    rest = max(1 - peak * peak, np.finfo(float).eps)
    return fraction, float(np.sqrt(rest / (peak * bend))) * step
