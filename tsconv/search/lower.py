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
    LowPass,
    LowTemplate,
    describe_template,
    pad_template,
)
from tsconv.search.profile import Template, exact_scores, normalise, window_energy

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
    x: NDArray[np.float32], n_blocks: int, low: LowPass
) -> tuple[NDArray[np.float32], FloatArray, FloatArray]:
    """Return low-passed samples, sums and sums of squares of successive blocks of D samples.

    Block k begins at ``x[q + k D]``; x has at least 31 samples more than ``n_blocks * D + 2 q``.
    """
    step, reach = low.step, HALF_TAPS * low.step
    if _lower is None:
        return _lower_plain(x, n_blocks, low)
    filtered = np.empty(n_blocks, np.float32)
    sums, squares = np.empty(n_blocks), np.empty(n_blocks)
    _lower.lower(x, step, reach, low.padded_taps, filtered, sums, squares)
    return filtered, sums, squares


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


def _centre(x: FloatArray, centre: float, out: NDArray[np.float32]) -> None:
    """Write x - centre in single precision, 0 where x is missing."""
    if _lower is not None:
        _lower.centre(x, centre, out)
    else:
        out[: x.size] = np.where(np.isnan(x), 0.0, x - centre)


def few_lags(x: FloatArray, template: Template) -> FloatArray:
    """Return the scores at all lags of x as `exact_scores` would.

    For so few lags that a transform costs more; eight cost as much as one.
    """
    m = template.size
    n_lags = x.size - m + 1
    if _lower is None:
        return exact_scores(x, template)
    count = -(-n_lags // 8) * 8
    if x.size < count + m - 1:
        x = np.concatenate((x, np.full(count + m - 1 - x.size, x[-1])))
    centre = float(x.mean())
    numerators = np.empty(count)
    _lower.few_lags(x, template.taps, centre, numerators)
    energy, raw = window_energy(x, m)
    # Sums of m products: rounding grows like the root of m, at worst like m.
    bound = 4 * np.sqrt(m) * float(np.finfo(np.float64).eps) * float(np.sqrt(raw.max()))
    return normalise(numerators, bound, energy, raw, x, template, tolerance=1e-8)[:n_lags]


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
        self._source, self._centre, self._progress = source, centre, progress
        self.low = low
        self.first = 0
        self.filtered = np.empty(0, np.float32)
        self.sums, self.squares = np.empty(0), np.empty(0)
        self._reach = HALF_TAPS * low.step
        self._wave = np.zeros(_PIECE + 2 * self._reach + 64, np.float32)
        # The wave begins q before the next block; what lies before the signal is 0.
        self._n_wave = self._reach
        self._next = -low.before * low.step  # sample that is read next

    def need(self, first: int, stop: int) -> None:
        """Forget blocks before `first`, and have all up to `stop` (not included)."""
        done = self.first + self.filtered.size
        drop = min(first, done) - self.first
        parts = [(self.filtered[drop:], self.sums[drop:], self.squares[drop:])]
        self.first += drop
        while done < stop:
            parts.append(self._more())
            done += parts[-1][0].size
        if len(parts) > 1 or drop:
            filtered, sums, squares = zip(*parts, strict=True)
            self.filtered = np.concatenate(filtered)
            self.sums, self.squares = np.concatenate(sums), np.concatenate(squares)

    def _more(self) -> tuple[NDArray[np.float32], FloatArray, FloatArray]:
        """Read a piece and return its blocks."""
        step, n_before = self.low.step, self._n_wave
        n_new = _PIECE if self._next >= 0 else min(_PIECE, -self._next)
        target = self._wave[n_before : n_before + n_new]
        n_read = 0
        if self._next >= 0:
            x = self._source.read(self._next, min(self._next + n_new, self._source.n_obs))
            n_read = x.size
            if n_read:
                _centre(x, self._centre, target)
            self._progress(n_read)
        target[n_read:] = 0.0
        self._next += n_new
        n_wave = n_before + n_new
        self._wave[n_wave : n_wave + 32] = 0.0
        n_blocks = max(0, (n_wave - 2 * self._reach) // step)
        part = lower(self._wave, n_blocks, self.low)
        done = n_blocks * step
        self._wave[: n_wave - done] = self._wave[done:n_wave].copy()
        self._n_wave = n_wave - done
        return part
