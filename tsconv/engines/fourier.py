r"""Convolution by Fourier transform, in one piece or in overlapping blocks (overlap-save).

A plain transform spreads rounding errors of the size of the largest value over all outputs. Here
they stay local. A block whose values range widely is split by magnitude into levels; each level is
convolved alone, and its result is set to exact zero in every window that none of its values
touches. With `RANGE` = R and `size` the length of the transform, for every output

.. math:: |y_i - \text{exact}_i| \le \varepsilon\,R\,\log_2(\text{size})\,
          \max_{k: \text{taps}_k \ne 0} |x_{i+m-1-k}| \sum_k |\text{taps}_k|

so 1e17 in one place costs no digit in windows that do not contain it, and windows of zeros give
exact zeros. (As always with transforms, the worst conceivable case is larger, by the square root of
`size`: the bound holds because rounding errors do not conspire. The tests try to break it.) On
data that range within a factor R, the usual case, the factor R falls away.

A look at block maxima tells which blocks need levels, for a few per cent of the time; those blocks
then cost about twice as much as others. Values and taps outside 1e-100 to 1e100 are scaled by
powers of two.

`single` one transform; `overlap` blocks, in batches of about `BATCH` values, or of a single column
that ranges little by the compiled correlator, whose blocks lie side by side in vector registers.
Memory beyond input and output: 24 bytes for each value of a batch (kept for the next call), or of
two blocks if they are longer; the correlator takes 16 megabytes at most for 100,000 taps.
"""

from __future__ import annotations

import math
import threading
from bisect import bisect_left
from functools import cached_property
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from tsconv._checks import FloatArray
from tsconv.correlator import Correlator
from tsconv.engines import _loops
from tsconv.engines.cost import BATCH, block_size, lanes_cost
from tsconv.engines.gaps import BoolArray, reached, tap_runs

RANGE = 1000.0
"""Largest ratio of values that one transform takes at once; the rounding bound grows with it."""

AT_ONCE = 2
"""Blocks transformed at least at once: numpy's transforms take two side by side, in SIMD lanes."""

FEW = 10
"""Large values times taps, per value of a block, below which adding up beats a transform."""

PLAIN = 1e-100, 1e100
"""Magnitudes between which nothing can over- or underflow in a transform."""


def single(x: FloatArray, taps: FloatArray, out: FloatArray) -> None:
    """Convolve by one transform, shapes (n, width), (m,), (n - m + 1, width); x finite."""
    _blockwise(x, Transform(taps, fast_length(x.shape[0])), out)


def overlap(x: FloatArray, taps: FloatArray, out: FloatArray, *, size: int | None = None) -> None:
    """Convolve by transforms of overlapping blocks of `size`, same shapes as `single`."""
    if size is None:
        if _by_lanes(x, taps, out):
            return
        size = block_size(out.shape[0], taps.size)
    _blockwise(x, Transform(taps, min(size, fast_length(x.shape[0]))), out)


def _by_lanes(x: FloatArray, taps: FloatArray, out: FloatArray) -> bool:
    """Fill `out` by the compiled correlator, if it is fast for this and the values range little."""
    n_out, m = out.shape[0], taps.size
    if x.shape[1] > 1 or not math.isfinite(lanes_cost(n_out, m)):
        return False
    tool = Correlator([taps[::-1]], n_out, double=True)
    transform = Transform(taps, tool.span)
    if not calm_blocks(x, transform, np.arange(0, n_out, tool.hop)).all():
        return False
    samples, result = np.ascontiguousarray(x[:, 0]), out.reshape(1, n_out)
    tool.plan.numerators(samples, tool.spectra, tool.own_work(), result, None)
    return True


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


class Transform:
    """Taps prepared for blocks of `size`: their spectrum, scaled near 1, and their runs."""

    def __init__(self, taps: FloatArray, size: int) -> None:
        self.taps = taps
        self.size = size
        self.step = size - taps.size + 1
        self.exponent = exponent_to_scale(max(float(taps.max()), -float(taps.min())))
        self.runs = tap_runs(taps != 0)
        self.longest_run = int((self.runs.stops - self.runs.starts).max())

    @cached_property
    def spectrum(self) -> NDArray[np.complex128]:
        """Transform of the taps, shape (size // 2 + 1,)."""
        scaled = np.ldexp(self.taps, -self.exponent) if self.exponent else self.taps
        return np.fft.rfft(scaled, n=self.size)

    def plain(self, block: FloatArray, n_out: int, largest: float = 1.0) -> FloatArray:
        """Convolve one block of at most `size` values, `largest` their order of magnitude."""
        exponent = exponent_to_scale(largest)
        if exponent:
            block = np.ldexp(block, -exponent)
        spectrum = np.fft.rfft(block, n=self.size)
        spectrum *= self.spectrum
        first = self.taps.size - 1
        result: FloatArray = np.fft.irfft(spectrum, n=self.size)[first : first + n_out]
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
                addend = self.plain(rest, n_out, top)
                np.add(result, addend, out=result, where=within_reach)
                break
            part = np.where(large, rest, 0.0)
            if np.count_nonzero(large) * self.taps.size < FEW * self.size:
                _loops.scatter(part, self.taps, result)
            else:
                np.add(result, self.plain(part, n_out, top), out=result, where=touched)
            rest, magnitude = np.where(large, 0.0, rest), np.where(large, 0.0, magnitude)
        return result


def exponent_to_scale(largest: float) -> int:
    """Return the power of two to take out of values up to `largest`; 0 if none need be."""
    if largest == 0 or PLAIN[0] < largest < PLAIN[1]:
        return 0
    return math.frexp(largest)[1]


def _blockwise(x: FloatArray, transform: Transform, out: FloatArray) -> None:
    """Fill `out` block by block; the last block is moved left to end with x, if x is that long.

    Runs of calm blocks are transformed in batches, the others one by one.
    """
    n_out, step, size = out.shape[0], transform.step, transform.size
    n_full = n_out // step
    starts = np.arange(n_full + (n_full * step < n_out)) * step
    starts[-1] = max(min(starts[-1], n_out - step), 0)
    calm = calm_blocks(x, transform, starts)
    if (starts.size * x.shape[1] + 1) * size <= BATCH and calm.all():
        _calm_batch(x, transform, out, starts.size)
        return
    singly = np.flatnonzero(~calm).tolist()
    if starts.size > n_full and calm[-1]:
        singly.append(n_full)
    done = 0
    for b in singly:
        if done < b:
            _calm_run(x[done * step :], transform, out[done * step : b * step])
        done = b + 1
        start = int(starts[b])
        count = min(step, n_out - start)
        convolve = transform.plain if calm[b] else transform.by_levels
        for column in range(x.shape[1]):
            block = np.ascontiguousarray(x[start : start + size, column])
            out[start : start + count, column] = convolve(block, count)
    if done < n_full:
        _calm_run(x[done * step :], transform, out[done * step : n_full * step])


def _calm_batch(x: FloatArray, transform: Transform, out: FloatArray, n_blocks: int) -> None:
    """Fill `out`, all of it, by one batch with the taps as one more row; x ranges little."""
    (n, width), n_out = x.shape, out.shape[0]
    m, step, size = transform.taps.size, transform.step, transform.size
    padded = np.zeros((n_blocks * step + m - 1, width))
    padded[:n] = x
    row, item = padded.strides
    rows = work("rows", (n_blocks * width + 1, size), np.float64)
    rows[:-1].reshape(n_blocks, width, size)[...] = as_strided(
        padded, (n_blocks, width, size), (step * row, item, row)
    )
    rows[-1, :m] = transform.taps
    rows[-1, m:] = 0.0
    spectrum = work("spectrum", (rows.shape[0], size // 2 + 1), np.complex128)
    np.fft.rfft(rows, out=spectrum)
    spectrum[:-1] *= spectrum[-1]
    np.fft.irfft(spectrum[:-1], n=size, out=rows[:-1])
    blocks = rows[:-1].reshape(n_blocks, width, size)[:, :, m - 1 :].swapaxes(1, 2)
    last = (n_blocks - 1) * step
    out[:last].reshape(n_blocks - 1, step, width)[...] = blocks[:-1]
    out[last:] = blocks[-1, : n_out - last]


def _calm_run(x: FloatArray, transform: Transform, out: FloatArray) -> None:
    """Fill `out`, a whole number of blocks, from x; the values are known to range little."""
    width = x.shape[1]
    m, step, size = transform.taps.size, transform.step, transform.size
    n_blocks = out.shape[0] // step
    per_batch = min(n_blocks, max(AT_ONCE, BATCH // (size * width)))
    spectrum = work("spectrum", (per_batch, width, size // 2 + 1), np.complex128)
    result = work("result", (per_batch, width, size), np.float64)
    row, item = x.strides
    for first in range(0, n_blocks, per_batch):
        count = min(per_batch, n_blocks - first)
        blocks = as_strided(x[first * step :], (count, width, size), (step * row, item, row))
        np.fft.rfft(blocks, out=spectrum[:count])
        spectrum[:count] *= transform.spectrum
        np.fft.irfft(spectrum[:count], n=size, out=result[:count])
        target = out[first * step : (first + count) * step].reshape(count, step, width)
        target[...] = result[:count, :, m - 1 :].swapaxes(1, 2)


def work(name: str, shape: tuple[int, ...], dtype: type[np.generic]) -> NDArray[Any]:
    """Return an uninitialised array; those that fit a batch are kept for the thread's next call.

    The first touch of fresh memory can cost more than the transform that is written to it.
    """
    length = math.prod(shape)
    if length > BATCH:
        return np.empty(shape, dtype=dtype)
    kept = getattr(_kept, name, None)
    if kept is None or kept.size < length:
        kept = np.empty(length, dtype=dtype)
        setattr(_kept, name, kept)
    return np.asarray(kept[:length].reshape(shape))


_kept = threading.local()


def calm_blocks(x: FloatArray, transform: Transform, starts: NDArray[np.intp]) -> BoolArray:
    """Say for each block whether one transform is accurate: max|x| <= RANGE * min of maxima.

    Every window meets its longest run of taps, and so a whole stretch of half that length (a run
    of 2h - 1 samples contains a stretch of h aligned to multiples of h). So the smallest
    maximum over the stretches of a block is a lower bound of the maxima over its windows.
    """
    n, width = x.shape
    if transform.exponent:
        return np.zeros(starts.size, dtype=np.bool_)
    length = (transform.longest_run + 1) // 2
    maxima = np.zeros((-(-n // length) + 1, width))
    _loops.block_maxima(x.reshape(-1), width, length, maxima[:-1])
    minima = maxima.copy()
    minima[n // length :] = np.inf  # an incomplete stretch at the end bounds nothing from below
    if starts.size == 1:
        largest, smallest = maxima.max(axis=0), minima.min(axis=0)
    else:
        stops = np.minimum(starts + transform.size, n)
        edges = np.column_stack([starts // length, -(-stops // length)]).ravel()
        largest = np.maximum.reduceat(maxima, edges)[::2]
        smallest = np.minimum.reduceat(minima, edges)[::2]
    low, high = PLAIN
    calm = (largest == 0) | ((largest > low) & (largest < high) & (largest / RANGE <= smallest))
    return np.atleast_1d(calm.all(axis=-1))
