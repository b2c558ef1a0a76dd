"""A snippet played faster or slower: a bank of stretched copies, then the exact speed.

The copies of a snippet decorrelate at tiny differences of speed, the more the higher its
frequencies. So `likely_speeds` looks at low frequencies first: signal and snippet are low-passed
and thinned until the bank of the whole snippet is affordable (`choose_level`). The bank compares
them as they are and whitened by the snippet's colour; the best places of both are followed to the
exact speed, at the low rate and then at the full one (`follow`).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tsconv._checks import FloatArray, check_positive
from tsconv.correlator import Correlator
from tsconv.search.blocks import Source
from tsconv.search.lower import thinned
from tsconv.search.lowpass import STEPS, low_pass
from tsconv.search.matches import select
from tsconv.search.profile import exact_scores, make_template, window_energy
from tsconv.search.scan import View
from tsconv.search.significance import ar_poly

_KEPT = 0.85  # score that half a step of speed leaves of a perfect one
_BUDGET = 150_000_000  # speeds times lags of the bank, about two seconds
_SMALLEST = 256  # samples of a snippet at the low rate
_GROUP = 16  # copies that share a walk
_MANY = 1 << 24  # speeds times lags for which threads are worth while
_CHUNK = 1 << 17  # lags of a walk that are held at a time
_N_PLACES = 6  # of each view that are followed
_N_SPEEDS = 2  # of each view that get a walk of their own
_MAX_STEPS = 40
_SLACK = 12  # samples searched around the place where the snippet is expected
_NO_SCORE = -1.0


@dataclass(frozen=True)
class Level:
    """Signal and snippet at one rate.

    Attributes
    ----------
    source : Source
    snippet : ndarray
    step : int
        One in so many samples is kept.
    """

    source: Source
    snippet: FloatArray
    step: int


@dataclass(frozen=True)
class Place:
    """Where a snippet lies: its first sample, its speed, and its absolute score."""

    offset: float
    speed: float
    score: float


def check_speeds(speeds: Sequence[float]) -> FloatArray:
    """Return speeds as an increasing array of positive numbers."""
    values = np.unique([check_positive(speed, "speeds") for speed in speeds])
    if values.size == 0 or values[0] < 0.25 or values[-1] > 4:
        raise ValueError(
            f"`speeds` must be numbers between 0.25 and 4, as (0.97, 1.03); got {list(speeds)!r}."
        )
    return values


def stretch(snippet: FloatArray, speed: float) -> FloatArray:
    """Play a snippet `speed` times as fast: sample j is the snippet at ``j * speed``."""
    import soxr

    if speed == 1:
        return snippet
    rate = 48_000.0
    return np.asarray(soxr.resample(snippet, rate * speed, rate, quality="VHQ"), np.float64)


def find_speeds(
    source: Source, snippet: FloatArray, speeds: FloatArray, n_threads: int | None = None
) -> tuple[list[float], int]:
    """Return the few speeds worth a walk, and how many were tried, in effect.

    Two speeds are the ends of a range, otherwise they are a list, taken as it is. So many speeds
    of a range are tried as copies of the whole snippet differ, the whitened ones more than others:
    so often chance has an opportunity.
    """
    if speeds.size != 2:
        return speeds.tolist(), speeds.size
    low, high = speeds.tolist()
    whitened = _view(snippet, whitened=True).apply(snippet)
    width = min(speed_step(snippet), speed_step(whitened))
    return likely_speeds(source, snippet, low, high, n_threads), _count(low, high, width)


def likely_speeds(
    source: Source, snippet: FloatArray, low: float, high: float, n_threads: int | None = None
) -> list[float]:
    """Return the few speeds of a range at which the snippet lies best, by a bank of copies."""
    full = Level(source, snippet, 1)
    level, width = choose_level(full, low, high)
    grid = np.geomspace(low, high, _count(low, high, width))
    speeds: list[float] = []
    for whitened in (False, True):
        view = _view(level.snippet, whitened=whitened)
        if whitened and view.kernel is None:
            break
        places = best_of_bank(level, view, grid, n_threads)
        if level.step > 1:
            places = [follow(level, view, place, width) for place in places]
            places.sort(key=lambda place: -place.score)
            places = places[: _N_PLACES // 2]
        view = _view(snippet, whitened=whitened)
        places = [follow(full, view, place, width / level.step) for place in places]
        new = 0
        for place in sorted(places, key=lambda place: -place.score):
            different = all(abs(place.speed / s - 1) > 0.1 / snippet.size for s in speeds)
            if place.score > 0 and different and new < _N_SPEEDS:
                speeds.append(place.speed)
                new += 1
    return speeds or [float(np.sqrt(low * high))]


def choose_level(full: Level, low: float, high: float) -> tuple[Level, float]:
    """Lower the rate until the bank is affordable; return the level and the step of its speeds.

    A rate that leaves less of the snippet than it would of white noise is not taken: then high
    frequencies are what tells.
    """
    snippet, step, width = full.snippet, 1, speed_step(full.snippet)
    power = float(np.var(snippet))
    for lower in sorted(STEPS):
        cost = _count(low, high, width) * (full.source.n_obs // step)
        if cost <= _BUDGET or full.snippet.size < _SMALLEST * lower:
            break
        thinned = _thin(_as_source(full.snippet), lower)
        if float(np.var(thinned)) * lower < 0.5 * power:
            break
        snippet, step, width = thinned, lower, speed_step(thinned)
    if step == 1:
        return full, width
    return Level(_as_source(_thin(full.source, step)), snippet, step), width


def best_of_bank(
    level: Level, view: View, speeds: FloatArray, n_threads: int | None = None
) -> list[Place]:
    """Compare a copy at each speed with the whole signal, and return the best places.

    Copies are cut to one length around their centres. Groups of them are walked on threads.
    """
    snippet = level.snippet
    length = min(int(snippet.size / speeds[-1]) - 1, level.source.n_obs)
    groups = [speeds[first : first + _GROUP] for first in range(0, speeds.size, _GROUP)]

    def work(group: FloatArray) -> list[tuple[NDArray[np.int64], FloatArray]]:
        copies, cuts = [], []
        for speed in group.tolist():
            copy = stretch(snippet, speed)
            cuts.append((copy.size - length) // 2)
            copies.append(view.apply(copy[cuts[-1] :][:length]))
        at, rank = _walk(level.source, view, copies)
        return [(at[k] - cuts[k], rank[k]) for k in range(group.size)]

    able = 1 if speeds.size * level.source.n_obs < _MANY else min(4, os.cpu_count() or 1)
    count = (n_threads or able) if level.source.steady else 1
    if count == 1:
        done = [work(group) for group in groups]
    else:
        with ThreadPoolExecutor(count) as pool:
            done = list(pool.map(work, groups))
    pairs = [pair for of_group in done for pair in of_group]
    lags, ranks = [lag for lag, _ in pairs], [rank for _, rank in pairs]
    which = [np.full(rank.size, speed) for rank, speed in zip(ranks, speeds, strict=True)]
    offsets, strength = np.concatenate(lags), np.concatenate(ranks)
    of_speed = np.concatenate(which)
    best = np.argsort(-strength, kind="stable")[: 64 * _N_PLACES]
    kept = best[select(offsets[best], strength[best], length // 2, _N_PLACES)]
    return [
        Place(float(offsets[k]) * level.step, float(of_speed[k]), float(strength[k])) for k in kept
    ]


def _walk(
    source: Source, view: View, copies: list[FloatArray]
) -> tuple[NDArray[np.int64], FloatArray]:
    """Return the best lag of each cell of lags for each copy, and the score there."""
    templates = [make_template(copy) for copy in copies]
    length = copies[0].size
    order = 0 if view.kernel is None else view.kernel.size - 1
    n_lags = source.n_obs - order - length + 1
    width = max(64, length // 4)
    hop = width * max(1, max(_CHUNK, 4 * length) // width)
    correlator = Correlator([template.taps for template in templates], min(hop, n_lags))
    at, best = [], []
    for start in range(0, n_lags, hop):
        x = source.read(start, min(start + hop, n_lags) + length - 1 + order)
        x = view.apply(np.where(np.isnan(x), 0.0, x))
        values, bounds = correlator.numerators(x)
        energy, _ = window_energy(x, length)
        norm = np.sqrt(np.maximum(energy, 0.0))
        error = np.repeat(bounds, correlator.block_lags)[: norm.size]
        with np.errstate(divide="ignore", invalid="ignore"):
            inverse = np.where(norm > 20 * error, 1 / norm, 0.0)
        scores = np.abs(values[:, : norm.size] * inverse.astype(np.float32))
        n_cells = -(-norm.size // width)
        padded = np.zeros((len(copies), n_cells * width), np.float32)
        padded[:, : norm.size] = scores
        cells = padded.reshape(len(copies), n_cells, width)
        at.append(start + np.arange(n_cells) * width + cells.argmax(axis=2))
        best.append(cells.max(axis=2))
    return np.concatenate(at, axis=1), np.concatenate(best, axis=1)


def follow(level: Level, view: View, place: Place, step: float) -> Place:
    """Sharpen the speed of a place, in a grid that narrows to a twentieth of a sample at the ends.

    The snippet's centre stays tied to a point of the signal; each step searches a few samples to
    either side.
    """
    size = level.snippet.size
    speed = place.speed
    position = place.offset / level.step + 0.5 * size / speed
    best = Place(place.offset, speed, _NO_SCORE)
    factors = np.linspace(-1, 1, 9)
    for _ in range(_MAX_STEPS):
        trials = [
            _at_speed(level, view, position, speed * (1 + step * by)) for by in factors.tolist()
        ]
        k = int(np.argmax([trial.score for trial in trials]))
        if trials[k].score < 0:
            break  # the snippet hangs over an end or a gap
        best = trials[k]
        speed = best.speed
        position = best.offset / level.step + 0.5 * size / speed
        if abs(factors[k]) == 1:
            continue  # the maximum may lie beyond the grid: look again around its edge
        if step < 0.05 / size:
            break
        step /= 3
    return best


def _at_speed(level: Level, view: View, position: float, speed: float) -> Place:
    """Best score at one speed near where the snippet's centre should lie."""
    copy = stretch(level.snippet, speed)
    expected = round(position - 0.5 * level.snippet.size / speed)
    low = max(0, expected - _SLACK)
    x = level.source.read(low, min(level.source.n_obs, expected + copy.size + _SLACK))
    if copy.size - _SLACK <= x.size < copy.size:
        copy = copy[: x.size]
    if x.size < copy.size or np.isnan(x).any():
        return Place(float(expected * level.step), speed, _NO_SCORE)
    scores = np.abs(exact_scores(view.apply(x), make_template(view.apply(copy))))
    lag = int(np.argmax(scores))
    return Place(float((low + lag) * level.step), speed, float(scores[lag]))


def speed_step(snippet: FloatArray) -> float:
    """Return the step of speeds at which a perfect copy scores `_KEPT` half a step away."""
    half = 1.0 / snippet.size
    while half < 0.05:
        other = stretch(snippet, 1 + 2 * half)
        trim = (snippet.size - other.size) // 2
        part = other[: snippet.size - trim]
        scores = exact_scores(np.pad(snippet, 2, mode="edge"), make_template(part))
        if np.abs(scores).max() < _KEPT:
            break
        half *= 2
    return 2 * half


def _count(low: float, high: float, step: float) -> int:
    """Return the number of speeds of a range, so that no neighbours are further than a step."""
    return int(np.ceil(np.log(high / low) / step)) + 1


def _view(snippet: FloatArray, *, whitened: bool) -> View:
    """Return the view of samples as they are, or whitened by the snippet's colour."""
    kernel = ar_poly([snippet]) if whitened else None
    return View("snippet" if whitened else "none", kernel)


def _thin(source: Source, step: int) -> FloatArray:
    """Return low-passed samples, the first and then one in `step`; missing ones count as 0."""
    return thinned(source, low_pass(step)).astype(np.float64)


def _as_source(x: FloatArray) -> Source:
    """Return an array as a signal."""
    return Source(x.size, None, None, False, lambda start, stop: x[start:stop].copy(), _steady=True)
