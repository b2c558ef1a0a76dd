r"""Leave out lags that cannot score high enough: the same candidates at a fraction of the cost.

`find_high` walks through the signal at a lower rate and bounds the score of every lag
(:mod:`tsconv.search.bound`); only lags whose bound reaches the floor are scored, by the same
routines as everywhere. What the bound cannot judge (silence, a passage of noise) is scored in full,
stretch by stretch; if that is too much of the signal, `find_high` gives up and returns None. Gaps
are filled: a window that touches one has no score, and for the bound of any other window it does
not matter what stands there.

`useful_steps` says beforehand whether it is worth while: the part of signal and snippet above the
cut is known before any correlation. White noise, and whatever was whitened, has so much there that
nothing could be left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tsconv._checks import FloatArray
from tsconv.correlator import Correlator
from tsconv.search.blocks import Source
from tsconv.search.bound import (
    HALF_TAPS,
    REACH,
    STEPS,
    LowPass,
    LowTemplate,
    Windows,
    high_band,
    low_pass,
)
from tsconv.search.lower import (
    Lowered,
    few_lags,
    first_look,
    lower,
    lowered_template,
    windows_of,
)
from tsconv.search.profile import Template, power
from tsconv.search.scan import Query, score_frames

# The slack may use up this share of the floor; chance scores need the rest.
_USEFUL = 0.45
_CHUNK = 1 << 16  # cells judged at a time
_WIDTH = 8  # cells that share one slack, in long windows
_GROUPS_IN_WINDOW = 64  # a group of cells is no longer than this share of a window
_MANY = 0.5  # of the cells of a stretch left by the first look: then all its lags are scored
_LAGS_PER_TRANSFORM = 300  # so many lags, scored one by one, cost as much as a transform
_GIVE_UP = 0.3  # of the signal scored in full, from which on pruning does not pay
_EARLY = 0.6  # the same for the part of the signal that was walked so far


@dataclass
class High:
    """Lags of one query that may reach its floor, with their scores.

    Attributes
    ----------
    offsets : ndarray of int
        Increasing; every lag that reaches the floor is among them.
    scores : ndarray
    n_full : int
        How many lags were scored without asking whether each could.
    """

    offsets: NDArray[np.int64]
    scores: FloatArray
    n_full: int = 0


@dataclass
class _Hunt:
    """A query while the walk goes on."""

    query: Query
    floor: float
    short: LowTemplate
    offsets: list[NDArray[np.int64]] = field(default_factory=list)
    scores: list[FloatArray] = field(default_factory=list)
    n_full: int = 0
    given_up: bool = False

    def result(self) -> High:
        """Return what was found."""
        return High(
            np.concatenate(self.offsets or [np.empty(0, np.int64)]),
            np.concatenate(self.scores or [np.empty(0)]),
            self.n_full,
        )

    @property
    def template(self) -> Template:
        """Return the template at full rate."""
        return self.query.templates[0]


def useful_steps(segments: Sequence[FloatArray], template: Template, floor: float) -> list[int]:
    """Return the steps with which the bound may tell, the largest first; none for noise.

    Parameters
    ----------
    segments : sequence of ndarray
        Stretches of the signal, complete.
    template : Template
    floor : float
        Score from which on a lag counts.
    """
    useful = []
    for step in STEPS:
        low = low_pass(step)
        edge = 2 * (HALF_TAPS + 1) * step / template.size
        if edge > 0.1 or not segments:
            continue
        shares = sorted(
            share for segment in segments if (share := _share_above(segment, low)) is not None
        )
        if not shares:
            continue
        short = lowered_template(template, low)
        above = float(np.sqrt(shares[int(0.75 * len(shares))] ** 2 + edge))
        if short.high * above + 4 * low.kappa < _USEFUL * floor:
            useful.append(step)
    return useful


def _share_above(segment: FloatArray, low: LowPass) -> float | None:
    """Norm of what the filter takes away from a stretch, over that of the stretch."""
    reach = HALF_TAPS * low.step
    n_blocks = (segment.size - 2 * reach - 31) // low.step
    if n_blocks < 8:
        return None
    x = (segment - segment.mean()).astype(np.float32)
    filtered, _, squares = lower(x, n_blocks, low)
    energy = float(squares.sum())
    if energy <= 0:
        return None
    kept = low.step * power(filtered.astype(np.float64))
    return float(high_band(energy, kept, low.kappa) / np.sqrt(energy))


def find_high(
    source: Source,
    queries: Sequence[Query],
    floors: Sequence[float],
    step: int,
    sign: int,
    *,
    centre: float = 0.0,
    progress: Callable[[int], object] = lambda _: None,
) -> list[High | None]:
    """Return all lags of each query whose score may reach its floor, or None if they are too many.

    Parameters
    ----------
    source : Source
    queries : sequence of Query
        Each with one view, that without a filter.
    floors : sequence of float
        Scores to reach, one for each query.
    step : int
        One of `STEPS`.
    sign : {-1, 0, 1}
        Polarity wanted; 0 for either.
    centre : float
        About the mean of the signal.
    """
    low = low_pass(step)
    hunts = [
        _Hunt(query, floor, lowered_template(query.templates[0], low))
        for query, floor in zip(queries, floors, strict=True)
    ]
    norms = [float(np.sqrt(power(hunt.short.taps))) for hunt in hunts]
    taps = [hunt.short.taps / norm for hunt, norm in zip(hunts, norms, strict=True)]
    n_cells = -(-(source.n_obs - min(query.snippet.size for query in queries) + 1) // step)
    correlator = Correlator(taps, n_cells)
    n_coarse = correlator.hop * max(1, _CHUNK // correlator.hop)
    longest = max(query.snippet.size for query in queries)
    around = low.before + low.behind + _WIDTH - (-longest // step)
    lowered = Lowered(source, low, centre, progress)
    for first in range(0, n_cells, n_coarse - 2 * REACH + 1):
        last = min(first + n_coarse - 2 * REACH + 1, n_cells)
        n_here = last - first + 2 * REACH - 1
        lowered.need(first, max(last + around, first + HALF_TAPS + n_here + correlator.longest))
        begin = first + HALF_TAPS - lowered.first
        values, bounds = correlator.numerators(
            lowered.filtered[begin : begin + n_here + correlator.longest - 1]
        )
        known: dict[int, Windows] = {}
        for hunt, norm, coarse in zip(hunts, norms, values, strict=True):
            if hunt.given_up:
                continue
            error = norm * float(bounds.max())
            _judge(source, hunt, lowered, known, coarse, norm, first, last, sign, error)
            n_lags = source.n_obs - hunt.template.size + 1
            limit = min(_GIVE_UP * n_lags, _EARLY * last * step) + hunt.template.size
            hunt.given_up |= hunt.n_full > limit
        if all(hunt.given_up for hunt in hunts):
            break
    return [None if hunt.given_up else hunt.result() for hunt in hunts]


def _judge(
    source: Source,
    hunt: _Hunt,
    lowered: Lowered,
    known: dict[int, Windows],
    coarse: NDArray[np.float32],
    norm: float,
    first: int,
    last: int,
    sign: int,
    error: float,
) -> None:
    """Bound the lags of cells `first` to `last`, and score those that remain.

    `known` keeps what was found about windows of each length here, for the next snippet.
    `coarse` times `norm` are correlations at the lower rate from ``T - 1`` cells before `first` on.
    """
    low, m = lowered.low, hunt.template.size
    n_lags = source.n_obs - m + 1
    last = min(last, -(-n_lags // low.step))
    if first >= last:
        return
    width = int(np.clip(m // low.step // _GROUPS_IN_WINDOW, 1, _WIDTH))
    n_groups = -(-(last - first) // width)
    if m not in known:
        known[m] = windows_of(lowered, first, m, n_groups, width)
    windows = known[m]
    need, reachable = first_look(coarse, norm, hunt.floor, windows, hunt.short, low, width, error)
    if not reachable.any():
        return
    wanted = np.zeros(n_groups * width * low.step, np.bool_)
    cells_left = np.flatnonzero(np.repeat(reachable, width)[: last - first])
    if cells_left.size > _MANY * (last - first):
        wanted[:] = True
    elif cells_left.size:
        near = np.lib.stride_tricks.sliding_window_view(coarse, 2 * REACH)[cells_left]
        between = np.einsum("cj,tj->ct", norm * near.astype(np.float64), low.weights)
        rated = np.abs(between) if sign == 0 else sign * between
        wanted.reshape(-1, low.step)[cells_left] |= ~(rated < need[cells_left // width, np.newaxis])
    wanted = wanted[: min(last * low.step, n_lags) - first * low.step]
    for runs in _clusters(wanted, m):
        _score(source, hunt, first * low.step + runs, sign)


def _clusters(wanted: NDArray[np.bool_], m: int) -> list[NDArray[np.int64]]:
    """Gather runs of wanted lags, each shape (n_runs, 2), that lie less than m / 2 apart."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], wanted, [False]))))
    runs = edges.reshape(-1, 2)
    cuts = np.flatnonzero(runs[1:, 0] - runs[:-1, 1] > m // 2) + 1
    return [part for part in np.split(runs, cuts) if part.size]


def _score(source: Source, hunt: _Hunt, runs: NDArray[np.int64], sign: int) -> None:
    """Score the lags of neighbouring runs: one by one, or all that they span by a transform."""
    m = hunt.template.size
    start, stop = int(runs[0, 0]), int(runs[-1, 1])
    eights = -(-(runs[:, 1] - runs[:, 0]) // 8)
    if 8 * int(eights.sum()) * m <= _LAGS_PER_TRANSFORM * (2 * m + stop - start):
        x = source.read(start, stop + m - 1)
        if not np.isnan(x).any():
            for (first, last), count in zip(runs.tolist(), eights.tolist(), strict=True):
                part = x[first - start : first - start + 8 * count + m - 1]
                scores = few_lags(part, hunt.template)[: last - first]
                _keep(hunt, first, scores, sign)
            return
    hunt.n_full += stop - start
    part_of = source.part(start, stop + m - 1)
    for frame in score_frames(part_of, [hunt.query], {(0, 0): max(hunt.floor, 0.0)}):
        _keep(hunt, start + frame.start, frame.scores[0, 0], sign)


def _keep(hunt: _Hunt, start: int, scores: FloatArray, sign: int) -> None:
    """Note the lags that reach the floor."""
    rated = np.abs(scores) if sign == 0 else sign * scores
    high = np.flatnonzero(rated >= hunt.floor)
    hunt.offsets.append(start + high)
    hunt.scores.append(scores[high])


def peaks(high: High, sign: int) -> NDArray[np.intp]:
    """Positions of the local maxima: above the left and not below the right neighbour."""
    rated = np.abs(high.scores) if sign == 0 else sign * high.scores
    touching = np.diff(high.offsets) == 1
    left = np.where(np.append(False, touching), np.append(-np.inf, rated[:-1]), -np.inf)
    right = np.where(np.append(touching, False), np.append(rated[1:], -np.inf), -np.inf)
    return np.flatnonzero((left < rated) & (right <= rated))
