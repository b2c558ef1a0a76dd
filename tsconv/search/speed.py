"""A snippet played faster or slower: a bank of stretched copies, then the exact speed.

The copies of a long snippet decorrelate at tiny differences of speed, so a bank of the whole would
be huge. `make_bank` takes the loudest excerpt short enough for at most `MAX_BANK` copies; `refine`
starts from where a copy matched, and doubles the excerpt while it sharpens the speed, until the
whole snippet lies on the signal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tsconv._checks import FloatArray, check_positive
from tsconv.search.blocks import Source
from tsconv.search.matches import log_evidence, select
from tsconv.search.profile import exact_scores, make_template, window_energy
from tsconv.search.scan import Rule, make_query, scan
from tsconv.search.views import Colour, make_views

MAX_BANK = 64
_SMALLEST_EXCERPT = 256
_KEPT = 0.85  # score that half a step of speed leaves of a perfect one
_N_PLACES = 8  # matches of the bank that are followed to the whole snippet
_N_SPEEDS = 3  # speeds that then get a walk of their own
_MAX_STEPS = 60
_SLACK = 12  # samples searched around the place where a longer excerpt is expected


@dataclass(frozen=True)
class Bank:
    """Stretched copies of an excerpt of a snippet, all of one length.

    Attributes
    ----------
    start, stop : int
        The excerpt, in samples of the snippet.
    speeds : ndarray
    copies : list of ndarray
        One for each speed, cut to the same length around the excerpt's centre.
    step : float
        Relative distance of neighbouring speeds.
    n_whole : int
        Number of speeds that copies of the whole snippet would need: so often chance has an
        opportunity.
    """

    start: int
    stop: int
    speeds: FloatArray
    copies: list[FloatArray]
    step: float
    n_whole: int


@dataclass(frozen=True)
class Place:
    """Where an excerpt lies: offset of its first sample, its speed, and its absolute score."""

    offset: int
    speed: float
    score: float


def check_speeds(speeds: Sequence[float]) -> FloatArray:
    """Return speeds as an increasing array of positive numbers."""
    values = np.sort([check_positive(speed, "speeds") for speed in speeds])
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


def make_bank(snippet: FloatArray, speeds: FloatArray) -> Bank:
    """Choose excerpt and speeds: two speeds are the ends of a range, otherwise a list as it is."""
    start, stop = 0, snippet.size
    n_whole = speeds.size
    if speeds.size == 2 and speeds[0] < speeds[1]:
        span = float(np.log(speeds[1] / speeds[0]))
        while True:
            step = _step(snippet[start:stop])
            count = int(np.ceil(span / step)) + 1
            n_whole = max(n_whole, count)
            if count <= MAX_BANK or stop - start <= _SMALLEST_EXCERPT:
                break
            length = max(_SMALLEST_EXCERPT, (stop - start) // 2)
            energy, _ = window_energy(snippet[start:stop], length)
            start += int(np.argmax(energy))
            stop = start + length
        speeds = np.geomspace(speeds[0], speeds[1], count)
    else:
        step = 1e-3
    length = int((stop - start) / speeds[-1]) - 1
    copies = []
    for speed in speeds:
        copy = stretch(snippet[start:stop], float(speed))
        first = (copy.size - length) // 2
        copies.append(copy[first : first + length])
    return Bank(start, stop, speeds, copies, step, n_whole)


def likely_speeds(
    source: Source,
    snippet: FloatArray,
    bank: Bank,
    colour: Colour,
    *,
    n_threads: int | None = None,
) -> list[float]:
    """Return the few speeds at which the whole snippet lies best, by the bank's best places."""
    n_lags = source.n_obs - bank.copies[0].size + 1
    queries = []
    for copy, speed in zip(bank.copies, bank.speeds, strict=True):
        views = make_views(copy, "none", colour)
        queries.append(make_query(copy, views, n_lags, speed=float(speed)))
    # Candidates that half of all searches would show by chance: enough to begin with.
    found = scan(source, queries, Rule(None, 0.5, 0), n_threads=n_threads)
    arrays = [candidates.arrays() for of_query in found for candidates in of_query]
    offsets, scores, sizes = (np.concatenate(parts) for parts in zip(*arrays, strict=True))
    number = np.repeat(np.arange(len(arrays)), [offset.size for offset, _, _ in arrays])
    kept = select(offsets, log_evidence(scores, sizes), bank.copies[0].size, _N_PLACES)
    places = [refine(source, snippet, bank, int(number[k]), int(offsets[k])) for k in kept]
    places.sort(key=lambda place: -place.score)
    speeds: list[float] = []
    for place in places:
        if all(abs(place.speed / speed - 1) > 1 / snippet.size for speed in speeds):
            speeds.append(place.speed)
    return speeds[:_N_SPEEDS] or [float(bank.speeds[bank.speeds.size // 2])]


def refine(source: Source, snippet: FloatArray, bank: Bank, number: int, offset: int) -> Place:
    """Follow a match of copy `number` at `offset` to the whole snippet.

    A point of the snippet stays tied to a point of the signal while the excerpt around it doubles
    and the grid of speeds narrows; each step searches a few samples to either side.
    """
    speed, step = float(bank.speeds[number]), bank.step
    anchor = 0.5 * (bank.start + bank.stop)
    position = offset + 0.5 * bank.copies[number].size
    start, stop = bank.start, bank.stop
    place = Place(offset, speed, 0.0)
    for _ in range(_MAX_STEPS):
        factors = np.linspace(-1, 1, 9)
        trials = [
            _at_speed(source, snippet, start, stop, anchor, position, speed * (1 + step * factor))
            for factor in factors
        ]
        best = int(np.argmax([trial.score for trial in trials]))
        if trials[best].score < 0:
            # The whole hangs over an end or a gap: what matched so far is the answer.
            break
        place = trials[best]
        speed = place.speed
        position = place.offset + (anchor - start) / speed
        if abs(factors[best]) == 1:
            continue  # the maximum may lie beyond the grid: look again around its edge
        whole = start == 0 and stop == snippet.size
        if whole and step < 0.05 / snippet.size:
            break
        step /= 3
        if not whole and step * (stop - start) < 2:
            length = stop - start
            start, stop = max(0, start - length // 2), min(snippet.size, stop + length // 2)
    return place


def _at_speed(
    source: Source,
    snippet: FloatArray,
    start: int,
    stop: int,
    anchor: float,
    position: float,
    speed: float,
) -> Place:
    """Best score of an excerpt at one speed, near where it should begin; -1 if it hangs over."""
    copy = stretch(snippet[start:stop], speed)
    expected = round(position + (start - anchor) / speed)
    low = max(0, expected - _SLACK)
    x = source.read(low, min(source.n_obs, expected + copy.size + _SLACK))
    if x.size < copy.size or np.isnan(x).any():
        return Place(expected, speed, -1.0)
    scores = np.abs(exact_scores(x, make_template(copy)))
    lag = int(np.argmax(scores))
    return Place(low + lag, speed, float(scores[lag]))


def _step(snippet: FloatArray) -> float:
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
