r"""Convolution by Fourier transform, in one piece or in overlapping blocks (overlap-save).

A plain transform spreads rounding errors of the size of the largest value over all outputs. Here
they stay local. A block whose values range widely is split by magnitude into levels; each level is
convolved alone, and its result is set to exact zero in every window that none of its values
touches. With `RANGE` = R and `size` the length of the transform, for every output

.. math:: |y_i - \text{exact}_i| \le 8\,\varepsilon\,R\,\log_2(\text{size})\,
          \max_{k: \text{taps}_k \ne 0} |x_{i+m-1-k}| \sum_k |\text{taps}_k|

so 1e17 in one place costs no digit in windows that do not contain it, and windows of zeros give
exact zeros. (As always with transforms, the worst conceivable case is larger, by the square root of
`size`: the bound holds because rounding errors do not conspire. The tests try to break it.) On
data that range within a factor R, the usual case, the factor R falls away.

Levels are found by a look at block maxima, which costs a few per cent; blocks that need them cost
about twice as much as others. Values and taps outside 1e-100 to 1e100 are scaled by powers of two.

`single` one transform; `overlap` blocks, in batches of about `BATCH` values: memory beyond input
and output is 24 bytes for each value of a batch, or of one block if that is longer.
"""

from __future__ import annotations

import math
from bisect import bisect_left

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from tsconv import _loops
from tsconv._cost import block_size
from tsconv._gaps import BoolArray, reached, tap_runs

FloatArray = NDArray[np.float64]

RANGE = 1000.0
"""Largest ratio of values that one transform takes at once; the rounding bound grows with it."""

BATCH = 1 << 15
"""Values transformed at once by `overlap`: input, spectrum and output stay in a 1 MiB cache."""

PLAIN = 1e-100, 1e100
"""Magnitudes between which nothing can over- or underflow in a transform."""


def single(x: FloatArray, taps: FloatArray, out: FloatArray) -> None:
    """Convolve by one transform, shapes (n, width), (m,), (n - m + 1, width); x finite."""
    _blockwise(x, _Transform(taps, fast_length(x.shape[0])), out)


def overlap(x: FloatArray, taps: FloatArray, out: FloatArray, *, size: int | None = None) -> None:
    """Convolve by transforms of overlapping blocks of `size`, same shapes as `single`."""
    if size is None:
        size = block_size(out.shape[0], taps.size)
    _blockwise(x, _Transform(taps, min(size, fast_length(x.shape[0]))), out)


def fast_length(n: int) -> int:
    """Return the smallest product of 2, 3 and 5 that is at least n."""
    if n <= _FAST[-1]:
        return _FAST[bisect_left(_FAST, n)]
    return 2 * fast_length((n + 1) // 2)


_FAST: list[int] = sorted(
    2**i * 3**j * 5**k
    for i in range(31)
    for j in range(20)
    for k in range(14)
    if 2**i * 3**j * 5**k <= 2**30
)


class _Transform:
    """Taps prepared for blocks of `size`: their spectrum, scaled near 1, and their runs."""

    def __init__(self, taps: FloatArray, size: int) -> None:
        self.taps = taps
        self.size = size
        self.step = size - taps.size + 1
        self.exponent = _exponent_to_scale(float(np.abs(taps).max()))
        self.spectrum = np.fft.rfft(np.ldexp(taps, -self.exponent), n=size)
        self.runs = tap_runs(taps != 0)

    def plain(self, block: FloatArray, n_out: int) -> FloatArray:
        """Convolve one block (at most `size` values, of any magnitude)."""
        exponent = _exponent_to_scale(float(np.abs(block).max()))
        if exponent:
            block = np.ldexp(block, -exponent)
        spectrum = np.fft.rfft(block, n=self.size)
        spectrum *= self.spectrum
        result = np.fft.irfft(spectrum, n=self.size)[self.taps.size - 1 :][:n_out]
        if exponent + self.exponent:
            result = np.ldexp(result, exponent + self.exponent)
        return result

    def by_levels(self, block: FloatArray, n_out: int) -> FloatArray:
        """Convolve one block whose values range widely: largest values first, each level apart."""
        result = np.zeros(n_out)
        covered = np.zeros(n_out, dtype=np.bool_)
        rest, magnitude = block, np.abs(block)
        while (top := float(magnitude.max())) > 0:
            large = magnitude > top / RANGE
            touched = reached(large, self.runs, n_out)
            covered |= touched
            within_reach = reached(magnitude > 0, self.runs, n_out)
            if not np.any(within_reach & ~covered):  # what is left is small where it matters
                _add_where(result, self.plain(rest, n_out), within_reach)
                break
            part = np.where(large, rest, 0.0)
            if np.count_nonzero(large) * self.taps.size < 10 * self.size:
                _loops.scatter(part, self.taps, result)
            else:
                _add_where(result, self.plain(part, n_out), touched)
            rest, magnitude = np.where(large, 0.0, rest), np.where(large, 0.0, magnitude)
        return result


def _add_where(result: FloatArray, addend: FloatArray, where: BoolArray) -> None:
    np.add(result, addend, out=result, where=where)


def _exponent_to_scale(largest: float) -> int:
    """Return the power of two to take out of values up to `largest`; 0 if none need be."""
    if largest == 0 or PLAIN[0] < largest < PLAIN[1]:
        return 0
    return math.frexp(largest)[1]


def _blockwise(x: FloatArray, transform: _Transform, out: FloatArray) -> None:
    """Fill `out` block by block; the last block is moved left to end with x, if x is that long."""
    width = x.shape[1]
    n_out, step, size = out.shape[0], transform.step, transform.size
    n_full = n_out // step
    starts = [b * step for b in range(n_full)]
    if n_full * step < n_out:
        starts.append(max(n_out - step, 0))
    calm = _calm_blocks(x, transform, np.array(starts))
    if transform.exponent:
        calm[:] = False
    bounds = np.flatnonzero(np.diff(calm[:n_full], prepend=False, append=False)).reshape(-1, 2)
    for first, last in bounds.tolist():
        _calm_run(x[first * step :], transform, out[first * step : last * step])
    for b in np.flatnonzero(~calm[:n_full]).tolist() + list(range(n_full, len(starts))):
        start = starts[b]
        for column in range(width):
            block = np.ascontiguousarray(x[start : start + size, column])
            count = min(step, n_out - start)
            convolve = transform.plain if calm[b] else transform.by_levels
            out[start : start + count, column] = convolve(block, count)


def _calm_run(x: FloatArray, transform: _Transform, out: FloatArray) -> None:
    """Fill `out`, a whole number of blocks, from x; the values are known to range little."""
    width = x.shape[1]
    m, step, size = transform.taps.size, transform.step, transform.size
    n_blocks = out.shape[0] // step
    per_batch = max(1, min(n_blocks, BATCH // (size * width)))
    spectrum = np.empty((per_batch, width, size // 2 + 1), dtype=np.complex128)
    result = np.empty((per_batch, width, size))
    row, item = x.strides
    for first in range(0, n_blocks, per_batch):
        count = min(per_batch, n_blocks - first)
        blocks = as_strided(x[first * step :], (count, width, size), (step * row, item, row))
        np.fft.rfft(blocks, out=spectrum[:count])
        spectrum[:count] *= transform.spectrum
        np.fft.irfft(spectrum[:count], n=size, out=result[:count])
        target = out[first * step : (first + count) * step].reshape(count, step, width)
        target[...] = result[:count, :, m - 1 :].swapaxes(1, 2)


def _calm_blocks(x: FloatArray, transform: _Transform, starts: NDArray[np.intp]) -> BoolArray:
    """Say for each block whether one transform is accurate enough: max|x| <= RANGE * min of maxima.

    Every window meets its longest run of taps, and so a whole stretch of half that length (a run
    of 2h - 1 samples contains a stretch of h aligned to multiples of h). So the smallest
    maximum over the stretches of a block is a lower bound of the maxima over its windows.
    """
    n, width = x.shape
    runs = transform.runs
    length = (int((runs.stops - runs.starts).max()) + 1) // 2
    n_stretches = -(-n // length)
    maxima = np.zeros((n_stretches + 1, width))
    _loops.block_maxima(x.reshape(-1), width, length, maxima[:-1])
    minima = maxima.copy()
    minima[n // length :] = np.inf  # an incomplete stretch at the end bounds nothing from below
    stops = np.minimum(starts + transform.size, n)
    edges = np.column_stack([starts // length, -(-stops // length)]).ravel()
    largest = np.maximum.reduceat(maxima, edges)[::2]
    smallest = np.minimum.reduceat(minima, edges)[::2]
    low, high = PLAIN
    safe = (largest == 0) | ((largest > low) & (largest < high) & (largest <= RANGE * smallest))
    return np.asarray(safe.all(axis=1))
