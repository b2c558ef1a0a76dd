"""A signal at a lower rate: low-passed samples and sums of blocks, as a stream.

`Lowered` walks through a signal once and keeps what the windows of the next stretch need.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tsconv._checks import FloatArray
from tsconv.search.blocks import Source
from tsconv.search.bound import (
    HALF_TAPS,
    REACH,
    LowPass,
    LowTemplate,
    Windows,
    describe_template,
    describe_windows,
    pad_template,
    slack_weights,
)
from tsconv.search.profile import Template

_PIECE = 1 << 16  # samples read at a time: they stay in the cache between the passes


def _compiled() -> Any:
    """Return the compiled loops, or None where they are not built: numpy then does the same."""
    try:
        from tsconv.search import _lower
    except ImportError:
        return None
    return _lower


_lower = _compiled()


def lower(
    x: NDArray[np.float32],
    n_blocks: int,
    low: LowPass,
    out: tuple[NDArray[np.float32], FloatArray, FloatArray] | None = None,
) -> tuple[NDArray[np.float32], FloatArray, FloatArray]:
    """Return low-passed samples, sums and sums of squares of successive blocks of D samples.

    Block k begins at ``x[q + k D]``; x has at least 31 samples more than ``n_blocks * D + 2 q``.
    """
    if out is None:
        out = np.empty(n_blocks, np.float32), np.empty(n_blocks), np.empty(n_blocks)
    if _lower is None:
        out[0][:], out[1][:], out[2][:] = _lower_plain(x, n_blocks, low)
    else:
        _lower.lower(x, low.step, HALF_TAPS * low.step, low.padded_taps, *out)
    return out


def _lower_plain(
    x: NDArray[np.float32], n_blocks: int, low: LowPass
) -> tuple[NDArray[np.float32], FloatArray, FloatArray]:
    """Do as `lower` in numpy."""
    reach = HALF_TAPS * low.step
    last = n_blocks * low.step
    filtered = np.zeros(n_blocks)
    for tap, weight in enumerate(low.taps):
        filtered += weight * x[tap : tap + last : low.step]
    blocks = x[reach : reach + last].reshape(n_blocks, low.step).astype(np.float64)
    return filtered.astype(np.float32), blocks.sum(axis=1), np.square(blocks).sum(axis=1)


def lowered_template(template: Template, low: LowPass) -> LowTemplate:
    """Do as `bound.low_template`, in single precision."""
    padded, n_blocks = pad_template(template, low)
    filtered, _, _ = lower(padded.astype(np.float32), n_blocks, low)
    return describe_template(filtered.astype(np.float64), template.size, low)


def _centre(x: NDArray[np.floating], centre: float, out: NDArray[np.float32]) -> int:
    """Write x - centre in single precision, 0 where x is missing; how many are not finite."""
    if _lower is None:
        with np.errstate(over="ignore"):
            out[: x.size] = np.nan_to_num(x - centre, nan=0.0, posinf=np.inf, neginf=-np.inf)
        return int(x.size - np.count_nonzero(np.isfinite(x)))
    if x.dtype == np.float32:
        return int(_lower.centre_single(x, centre, out))
    return int(_lower.centre(x, centre, out))


def windows_of(lowered: Lowered, first: int, m: int, n_groups: int, width: int) -> Windows:
    """Describe windows of m samples that begin in groups of cells from cell `first` on."""
    low, here = lowered.low, slice(first - lowered.first, None)
    sums, squares, filtered = lowered.sums[here], lowered.squares[here], lowered.filtered[here]
    if _lower is None:
        return describe_windows(
            sums,
            squares,
            filtered.astype(np.float64),
            m,
            low,
            first=low.before,
            n_groups=n_groups,
            width=width,
        )
    out = lowered.rooms.get(m)
    if out is None or out.shape[1] != n_groups:
        out = lowered.rooms[m] = np.empty((5, n_groups))
    _lower.windows(
        sums, squares, filtered, low.step, m, HALF_TAPS, low.before, width, low.before, low.behind,
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
    if _lower is not None:
        need, reach = np.empty(n_groups), np.empty(n_groups, np.uint8)
        known = windows.rows
        if known is None:
            known = np.stack((windows.least, windows.about, windows.high, windows.norm))
        weights = slack_weights(short, low, error)
        _lower.first_look(
            coarse, width, 2 * REACH, low.growth * norm, floor, weights, known, need, reach
        )
        return need, reach.view(np.bool_)
    need = floor * np.maximum(windows.least, 0.0) - windows.slack(short, low, error)
    best = norm * best_near(np.abs(coarse), n_groups, width).astype(np.float64)
    sure = (windows.norm > 1e-15) & (windows.norm < 1e15)
    return need, ~(low.growth * best < need) | ~sure


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
    """Low-passed samples and block sums of a signal, with `low.before` empty blocks before it.

    Parameters
    ----------
    source : Source
    low : LowPass
    centre : float
        Taken away from all samples; missing samples, and what lies outside, count as this.
    progress : callable
        Told of every sample read.

    Attributes
    ----------
    first : int
        Number of the block that the arrays begin with.
    filtered, sums, squares : ndarray
        For blocks `first`, `first` + 1, ...
    """

    def __init__(
        self, source: Source, low: LowPass, centre: float, progress: Any = lambda _: None
    ) -> None:
        self._source, self._progress = source, progress
        self._centre = float(np.float32(centre)) if abs(centre) < 1e30 else 0.0
        self.low = low
        self.first = 0
        self.rooms: dict[int, FloatArray] = {}  # memory of `windows_of`
        self._held = np.empty(0, np.float32), np.empty(0), np.empty(0)
        self.filtered, self.sums, self.squares = self._held
        self._reach = HALF_TAPS * low.step
        self._wave = np.zeros(_PIECE + 2 * self._reach + 64, np.float32)
        # The wave begins q before the next block; what lies before the signal is 0.
        self._n_wave = self._reach
        self._next = -low.before * low.step  # sample that is read next

    def need(self, first: int, stop: int) -> None:
        """Forget blocks before `first`, and have all up to `stop` (not included)."""
        count = self.filtered.size
        drop = min(first - self.first, count)
        self.first += drop
        count -= drop
        room = max(stop - self.first, count) + _PIECE // self.low.step + 1
        low, sums, squares = self._held
        if low.size < room:
            low, sums, squares = np.empty(room, np.float32), np.empty(room), np.empty(room)
        low[:count] = self.filtered[drop:]
        sums[:count] = self.sums[drop:]
        squares[:count] = self.squares[drop:]
        self._held = low, sums, squares
        while self.first + count < stop:
            count += self._more(count)
        self.filtered, self.sums, self.squares = low[:count], sums[:count], squares[:count]

    def _more(self, at: int) -> int:
        """Read a piece, and put its blocks after those held; return how many they are."""
        step, n_before = self.low.step, self._n_wave
        n_new = _PIECE if self._next >= 0 else min(_PIECE, -self._next)
        target = self._wave[n_before : n_before + n_new]
        n_read = 0
        if self._next >= 0:
            last = min(self._next + n_new, self._source.n_obs)
            x = self._source.view(self._next, last)
            n_read = x.size
            if n_read and _centre(x, self._centre, target):
                # Something is not finite: an infinity is refused by `read`.
                _centre(self._source.read(self._next, last), self._centre, target)
            self._progress(n_read)
        target[n_read:] = 0.0
        self._next += n_new
        n_wave = n_before + n_new
        self._wave[n_wave : n_wave + 32] = 0.0
        n_blocks = max(0, (n_wave - 2 * self._reach) // step)
        filtered, sums, squares = self._held
        here = slice(at, at + n_blocks)
        lower(self._wave, n_blocks, self.low, (filtered[here], sums[here], squares[here]))
        done = n_blocks * step
        self._wave[: n_wave - done] = self._wave[done:n_wave].copy()
        self._n_wave = n_wave - done
        return n_blocks
