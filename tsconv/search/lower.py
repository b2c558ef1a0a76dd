"""A signal at a lower rate: low-passed samples and sums of groups of them, as a stream.

`Lowered` walks through a signal once and keeps what the windows of the next stretch need.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tsconv._checks import FloatArray
from tsconv.search.blocks import Source, open_signal
from tsconv.search.bound import (
    LowTemplate,
    Windows,
    describe_template,
    describe_windows,
    high_band,
    pad_template,
    slack_weights,
    spans,
)
from tsconv.search.lowpass import HALF_TAPS, REACH, LowPass
from tsconv.search.profile import Template

_PIECE = 1 << 20  # samples read at a time
_WAVE = 1 << 13  # samples that are worked on at a time: they stay in the first cache
_SPARE = 64  # samples behind them that the filter may read


def _compiled() -> Any:
    """Return the compiled loops, or None where they are not built: numpy then does the same."""
    try:
        from tsconv.search import _lower
    except ImportError:
        return None
    return _lower


_lower = _compiled()


def lowered_template(template: Template, low: LowPass) -> LowTemplate:
    """Do as `bound.low_template`, in single precision."""
    padded = pad_template(template, low)
    filtered, _ = at_lower_rate(padded, low)
    n_blocks = padded.size // low.step
    return describe_template(filtered[:n_blocks].astype(np.float64), template.size, low)


def shares_above(segments: Sequence[FloatArray], low: LowPass) -> FloatArray:
    """Norm of what the filter takes away from complete stretches, over their norms about the mean.

    Stretches that are too short, or flat, are left out.
    """
    size = least_width(low) * low.step
    rim = -(-HALF_TAPS * low.step // size)  # groups at either end where the filter sees outside
    long = [x for x in segments if x.size >= (2 * rim + 8) * size]
    if not long:
        return np.empty(0)
    whole = [x[: x.size // size * size] for x in long]
    _, groups = at_lower_rate(np.concatenate([x - x.mean() for x in whole]), low)
    ends = np.cumsum([x.size // size for x in whole])
    starts = np.concatenate(([0], ends[:-1]))
    inside = np.column_stack((starts + rim, ends - rim)).ravel()[:-1]
    _, energy, _, kept = np.add.reduceat(groups, inside, axis=1)[:, ::2]
    loud = energy > 0
    high = high_band(energy[loud], low.step * kept[loud], low.kappa)
    return np.asarray(high / np.sqrt(energy[loud]))


def at_lower_rate(x: FloatArray, low: LowPass) -> tuple[NDArray[np.float32], FloatArray]:
    """Return low-passed samples (zeros surround x) and sums of groups of `least_width` blocks."""
    with open_signal(x) as source:
        lowered = Lowered(source, low, least_width(low), 0.0)
        n_groups = -(-x.size // (lowered.width * low.step))
        lowered.need(0, lowered.lead + n_groups * lowered.width)
    here = lowered.lead // lowered.width
    return lowered.filtered[lowered.lead :], lowered.groups[:, here : here + n_groups]


def thinned(source: Source, low: LowPass, progress: Any = lambda _: None) -> NDArray[np.float32]:
    """Return all low-passed samples of a signal, shape (n // D,); missing ones count as 0."""
    lowered = Lowered(source, low, least_width(low), 0.0, progress)
    n_low = source.n_obs // low.step
    lowered.need(0, lowered.lead + n_low)
    return lowered.filtered[lowered.lead :][:n_low]


def least_width(low: LowPass) -> int:
    """Blocks that make a row of 16 samples: groups have so many, or twice, four times, ... more."""
    return max(1, 16 // low.step)


def windows_of(lowered: Lowered, first: int, m: int, n_groups: int) -> Windows:
    """Describe windows of m samples that begin in groups of cells, from cell `first` on."""
    low, width = lowered.low, lowered.width
    # Cell 0 is block `lead`.
    at = (first + lowered.lead - lowered.first) // width
    if _lower is None:
        return describe_windows(lowered.groups, m, low, width=width, first=at, n_groups=n_groups)
    out = lowered.rooms.get(m)
    if out is None or out.shape[1] != n_groups:
        out = lowered.rooms[m] = np.empty((5, n_groups))
    parts = spans(m, low, width)
    _lower.windows(
        lowered.groups, low.step, width, parts.inner, parts.lead, parts.length, parts.rim, at,
        low.gain, low.kappa, low.rounding, out,
    )  # fmt: skip
    return Windows(out[0], out[1], out[2], out[3], out)


def first_look(
    coarse: NDArray[np.float32],
    norm: float,
    floor: float,
    windows: Windows,
    short: LowTemplate,
    low: LowPass,
    width: int,
    error: float,
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Return what interpolation must reach in each group, and whether it might.

    `coarse` times `norm` are the correlations at the lower rate that the first cell draws on, and
    those after them, right to `error`.
    """
    n_groups = windows.least.size
    spread = -(-(2 * REACH - 1) // width)
    if _lower is not None:
        need, reach = np.empty(n_groups), np.empty(n_groups, np.uint8)
        best = np.empty(n_groups + spread, np.float32)
        known = windows.rows
        if known is None:
            known = np.stack((windows.least, windows.about, windows.high, windows.norm))
        weights = slack_weights(short, low, error)
        _lower.first_look(
            coarse, width, spread, low.growth * norm, floor, weights, known, best, need, reach
        )
        return need, reach.view(np.bool_)
    need = floor * np.maximum(windows.least, 0.0) - windows.slack(short, low, error)
    largest = norm * best_near(np.abs(coarse), n_groups, width).astype(np.float64)
    sure = (windows.norm > 1e-15) & (windows.norm < 1e15)
    return need, ~(low.growth * largest < need) | ~sure


def best_near(sizes: FloatArray, n_groups: int, width: int) -> FloatArray:
    """Largest of the values that interpolation in each group of `width` cells draws on, or more."""
    spread = -(-(2 * REACH - 1) // width)
    padded = np.zeros((n_groups + spread) * width, sizes.dtype)
    kept = sizes[: padded.size]
    padded[: kept.size] = kept
    best = padded.reshape(-1, width).max(axis=1)
    around = best[:n_groups]
    for shift in range(1, spread + 1):
        around = np.maximum(around, best[shift : shift + n_groups])
    return np.asarray(around)


class Lowered:
    """Low-passed samples and sums of groups of blocks of a signal, after `lead` empty blocks.

    Parameters
    ----------
    source : Source
    low : LowPass
    width : int
        Blocks of a group: `least_width`, or that times a power of 2.
    centre : float
        Taken away from all samples; missing samples, and what lies outside, count as this.
    progress : callable
        Told of every sample read.

    Attributes
    ----------
    lead : int
        Empty blocks before the signal, whole groups: at least `low.before`.
    first : int
        Number of the block that the arrays begin with, that of a group.
    filtered : ndarray of float32
        Low-passed samples of blocks `first`, `first` + 1, ...
    groups : ndarray, shape (4, any)
        Sum and sum of squares of the samples of each group, and of its low-passed samples.

    Notes
    -----
    One walk: O(16) operations a sample, in vectors of 16. Memory: 4 + 32 / width bytes for each
    block that is held, and a piece of the signal.
    """

    def __init__(
        self,
        source: Source,
        low: LowPass,
        width: int,
        centre: float,
        progress: Any = lambda _: None,
    ) -> None:
        self._source, self._progress = source, progress
        self._centre = float(np.float32(centre)) if abs(centre) < 1e30 else 0.0
        self.low, self.width = low, width
        self.lead = -(-low.before // width) * width
        self.first = 0
        self.rooms: dict[int, FloatArray] = {}  # memory of `windows_of`
        self.filtered, self.groups = np.empty(0, np.float32), np.empty((4, 0))
        self._held = self.filtered, self.groups  # with room for more
        self._count = 0  # blocks held
        # The wave begins q before the next block; what lies before the signal is 0.
        self._wave = aligned(_WAVE + 2 * HALF_TAPS * low.step + _SPARE)
        self._n_wave = HALF_TAPS * low.step
        self._rows = aligned(low.rows.size).reshape(low.rows.shape)
        self._rows[:] = low.rows
        self._next = 0  # sample that is read next

    def need(self, first: int, stop: int) -> None:
        """Forget blocks before `first`, rounded to a group, and have all up to `stop` (without)."""
        width, step = self.width, self.low.step
        drop = min((first - self.first) // width * width, self._count)
        self.first += drop
        self._count -= drop
        room = max(stop - self.first, self._count) + 2 * width
        room = -(-room // width) * width
        filtered, groups = self._held
        if filtered.size < room:
            filtered, groups = np.empty(room, np.float32), np.empty((4, room // width))
        filtered[: self._count] = self.filtered[drop:]
        groups[:, : self._count // width] = self.groups[:, drop // width :]
        self._held = filtered, groups
        if self.first + self._count == 0:
            self._more(np.empty(0, np.float32), self.lead * step)
        while (missing := stop - self.first - self._count) > 0:
            n_new = -(-missing // width) * width * step + 2 * HALF_TAPS * step - self._n_wave
            n_new = min(n_new, _PIECE)
            last = min(self._next + n_new, self._source.n_obs)
            x = self._source.view(self._next, last)
            if self._more(x, n_new - x.size):
                self._source.read(self._next, last)  # refuses infinities
            self._next += n_new
            self._progress(x.size)
        self.filtered, self.groups = filtered[: self._count], groups[:, : self._count // width]

    def _more(self, x: NDArray[np.floating], n_zeros: int) -> int:
        """Add the blocks of samples, and of zeros behind; return how many are not finite."""
        low, reach = self.low, HALF_TAPS * self.low.step
        function = _lower_plain if _lower is None else _lower.lower
        n_blocks, self._n_wave, n_missing = function(
            x, n_zeros, self._centre, self._wave, self._n_wave, low.step, self.width, reach,
            self._rows, *self._held, self._count,
        )  # fmt: skip
        self._count += n_blocks
        return int(n_missing)


def _lower_plain(
    x: NDArray[np.floating],
    n_zeros: int,
    middle: float,
    wave: NDArray[np.float32],
    n_wave: int,
    step: int,
    width: int,
    reach: int,
    rows: NDArray[np.float32],
    filtered: NDArray[np.float32],
    groups: FloatArray,
    first: int,
) -> tuple[int, int, int]:
    """Do as `_lower.lower` in numpy."""
    with np.errstate(over="ignore"):
        new = np.nan_to_num((x - middle).astype(np.float32), nan=0.0, posinf=np.inf, neginf=-np.inf)
    y = np.concatenate((wave[:n_wave], new, np.zeros(n_zeros + rows.shape[1], np.float32)))
    size, n_wave = width * step, n_wave + x.size + n_zeros
    n_groups = max(n_wave - 2 * reach, 0) // size
    last = n_groups * size
    blocks = np.zeros(n_groups * width)
    for tap, weight in enumerate(rows[0, : 2 * reach + 1].tolist()):
        blocks += weight * y[tap : tap + last : step]
    here = slice(first // width, first // width + n_groups)
    filtered[first : first + blocks.size] = blocks
    for row, values in ((0, y[reach : reach + last].astype(np.float64)), (2, blocks)):
        parts = values.reshape(n_groups, -1 if n_groups else 1)
        groups[row, here] = parts.sum(axis=1)
        groups[row + 1, here] = np.square(parts).sum(axis=1)
    n_wave -= last
    wave[:n_wave] = y[last : last + n_wave]
    return blocks.size, n_wave, int(x.size - np.count_nonzero(np.isfinite(new)))


def aligned(size: int) -> NDArray[np.float32]:
    """Return zeros that begin at a line of the cache."""
    memory = np.zeros(size + 16, np.float32)
    first = -(memory.ctypes.data // 4) % 16
    return memory[first : first + size]
