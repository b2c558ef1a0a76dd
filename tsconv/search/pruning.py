r"""Leave out frames where no lag can score high enough: the same table at a fraction of the cost.

`frames_to_score` walks through the signal at a lower rate and bounds the score of every lag
(:mod:`tsconv.search.bound`); only frames with a lag whose bound reaches the floor need be scored,
by the same walk as always. What the bound cannot judge (silence, a passage of noise) keeps its
frames; if these are too many, `frames_to_score` gives up and returns None. Gaps are filled: a
window that touches one has no score, and for the bound of any other window it does not matter what
stands there.

`useful_steps` says beforehand whether it is worth while: the part of signal and snippet above the
cut is known before any correlation. White noise, and whatever was whitened, has so much there that
nothing could be left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tsconv._checks import FloatArray
from tsconv.correlator import Correlator
from tsconv.search.blocks import Source
from tsconv.search.bound import LowTemplate, Windows, spans
from tsconv.search.lower import (
    Lowered,
    first_look,
    least_width,
    lowered_template,
    shares_above,
    windows_of,
)
from tsconv.search.lowpass import HALF_TAPS, REACH, STEPS, LowPass, low_pass
from tsconv.search.profile import Template, power

# The slack may use up this share of the floor; chance scores need the rest.
_USEFUL = 0.6
_CHUNK = 1 << 16  # cells judged at a time
_WIDTH = 8  # most cells that share one slack
_GROUPS_IN_WINDOW = 64  # a group of cells is no longer than this share of a window
_MANY = 0.5  # of the cells of a stretch left by the first look: then all their lags are left
_GIVE_UP = 0.3  # of the frames, from which on pruning does not pay
_EARLY = 0.6  # the same for the frames walked so far


@dataclass
class _Hunt:
    """A template while the walk goes on."""

    template: Template
    floor: float
    short: LowTemplate
    wanted: NDArray[np.bool_]  # frames
    given_up: bool = False


def useful_steps(segments: Sequence[FloatArray], template: Template, floor: float) -> Iterator[int]:
    """Yield the steps with which the bound may tell, the largest first; none for noise.

    Parameters
    ----------
    segments : sequence of ndarray
        Stretches of the signal, complete.
    template : Template
    floor : float
        Score from which on a lag counts.
    """
    for step in STEPS:
        low = low_pass(step)
        edge = 2 * (HALF_TAPS + 1) * step / template.size
        if edge > 0.1:
            continue
        shares = np.sort(shares_above(segments, low))
        if not shares.size:
            continue
        above = float(np.sqrt(shares[int(0.75 * shares.size)] ** 2 + edge))
        limit = _USEFUL * floor - 4 * low.kappa
        if above < limit or lowered_template(template, low).high * above < limit:
            yield step


def frames_to_score(
    source: Source,
    templates: Sequence[Template],
    floors: Sequence[float],
    step: int,
    sign: int,
    hop: int,
    n_frames: int,
    *,
    centre: float = 0.0,
    progress: Callable[[int], object] = lambda _: None,
) -> list[NDArray[np.bool_] | None]:
    """Return which frames may hold a lag that reaches the floor, or None if they are too many.

    Parameters
    ----------
    source : Source
    templates : sequence of Template
    floors : sequence of float
        Scores to reach, one for each template.
    step : int
        One of `STEPS`.
    sign : {-1, 0, 1}
        Polarity wanted; 0 for either.
    hop, n_frames : int
        Lags of a frame, and how many there are.
    centre : float
        About the mean of the signal.

    Returns
    -------
    list of ndarray of bool, shape (n_frames,), or None
        For each template.
    """
    low = low_pass(step)
    shortest = min(template.size for template in templates)
    longest = max(template.size for template in templates)
    hunts = [
        _Hunt(template, floor, lowered_template(template, low), np.zeros(n_frames, np.bool_))
        for template, floor in zip(templates, floors, strict=True)
    ]
    norms = [float(np.sqrt(power(hunt.short.taps))) for hunt in hunts]
    taps = [hunt.short.taps / norm for hunt, norm in zip(hunts, norms, strict=True)]
    n_cells = -(-(source.n_obs - shortest + 1) // step)
    correlator = Correlator(taps, n_cells)
    width = _group_width(shortest, low)
    lowered = Lowered(source, low, width, centre, progress)
    n_coarse = correlator.hop * max(1, _CHUNK // correlator.hop)
    n_new = (n_coarse - 2 * REACH + 1) // width * width
    # Cell k is block k + lead; interpolation in it draws on values from k + 1 - T on, and a value
    # on blocks from q before its lag on.
    before = lowered.lead - HALF_TAPS - REACH + 1
    longest_stretch = width * spans(longest, low, width).length
    for first in range(0, n_cells, n_new):
        last = min(first + n_new, n_cells)
        n_here = last - first + 2 * REACH - 1
        lowered.need(
            first, max(last + width + longest_stretch, first + before + n_here + correlator.longest)
        )
        begin = first + before - lowered.first
        values, bounds = correlator.numerators(
            lowered.filtered[begin : begin + n_here + correlator.longest - 1]
        )
        known: dict[int, Windows] = {}
        for hunt, norm, coarse in zip(hunts, norms, values, strict=True):
            if hunt.given_up:
                continue
            error = norm * float(bounds.max())
            n_lags = source.n_obs - hunt.template.size + 1
            inside = min(last, -(-n_lags // step))
            if first < inside:
                cells = _reachable(hunt, lowered, known, coarse, norm, first, inside, sign, error)
                lags = first * step + cells[cells < n_lags - first * step]
                hunt.wanted[lags // hop] = True
            walked = last * step / hop
            limit = min(_GIVE_UP * n_frames, _EARLY * walked) + 2
            hunt.given_up |= bool(np.count_nonzero(hunt.wanted) > limit)
        if all(hunt.given_up for hunt in hunts):
            break
    return [None if hunt.given_up else hunt.wanted for hunt in hunts]


def _group_width(m: int, low: LowPass) -> int:
    """How many cells share one slack, for windows of at least m samples: a power of 2."""
    width = least_width(low)
    while 2 * width <= _WIDTH and 2 * width * _GROUPS_IN_WINDOW <= m // low.step:
        width *= 2
    return width


def _reachable(
    hunt: _Hunt,
    lowered: Lowered,
    known: dict[int, Windows],
    coarse: NDArray[np.float32],
    norm: float,
    first: int,
    last: int,
    sign: int,
    error: float,
) -> NDArray[np.int64]:
    """Return lags, counted from that of cell `first` on, whose bound reaches the floor.

    `known` keeps what was found about windows of each length here, for the next snippet.
    `coarse` times `norm` are correlations at the lower rate from ``T - 1`` cells before `first` on.
    """
    low, m = lowered.low, hunt.template.size
    width = lowered.width
    n_groups = -(-(last - first) // width)
    if m not in known:
        known[m] = windows_of(lowered, first, m, n_groups)
    windows = known[m]
    need, reachable = first_look(coarse, norm, hunt.floor, windows, hunt.short, low, width, error)
    if not reachable.any():
        return np.empty(0, np.int64)
    cells = np.flatnonzero(np.repeat(reachable, width)[: last - first])
    within = np.arange(low.step)
    if cells.size > _MANY * (last - first):
        return (cells[:, np.newaxis] * low.step + within).ravel()
    near = np.lib.stride_tricks.sliding_window_view(coarse, 2 * REACH)[cells]
    between = np.einsum("cj,tj->ct", norm * near.astype(np.float64), low.weights)
    rated = np.abs(between) if sign == 0 else sign * between
    cell, lag = np.nonzero(~(rated < need[cells // width, np.newaxis]))
    return cells[cell] * low.step + lag
