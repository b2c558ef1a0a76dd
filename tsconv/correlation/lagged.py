r"""Centred series and sums of lagged products, on plain arrays.

`centred` takes the mean away and a power of two out, so that no later product can overflow or
vanish and a large mean costs no digits. `lagged_products` are the sums

.. math:: c_k = \sum_t x_{t+k}\, y_t , \qquad k = \mathrm{first}, \dots, \mathrm{last},

with zeros outside both series: lag by lag where that is cheaper, else by FFT in blocks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tsconv._checks import FloatArray

BoolArray = NDArray[np.bool_]

# Measured for n = 100 to 3e6, in units of one multiplication of a direct product (0.2 ns): the
# transform wins from 150 to 300 lags on.
_LAG_COST = 500.0  # of a lag, besides its n products
_FFT_COST = 150.0  # of a sample, all transforms together
_FFT_CALL_COST = 1.5e5
_SMALLEST_BLOCK = 8192
_BATCH = 4  # blocks transformed together
# Both series stay in the cache for all lags; and from 10,000 samples on BLAS would start threads
# for each dot product, which is ruinous on a busy machine.
_TILE = 8192


@dataclass(frozen=True)
class Centred:
    """A series as ``mean + values * 2**exponent``, `values` centred and at most 1 in size.

    Attributes
    ----------
    values : ndarray, shape (n,)
        Zero where nothing was observed; all zero if the observed values are equal.
    exponent : int
        Power of two taken out.
    mean : float
        Mean of the observed values.
    """

    values: FloatArray
    exponent: int
    mean: float

    @property
    def is_constant(self) -> bool:
        """Whether all observed values are equal."""
        return not np.any(self.values)

    @property
    def energy(self) -> float:
        """Sum of squares of `values`."""
        return float(np.dot(self.values, self.values))


def centred(x: FloatArray, present: BoolArray | None = None) -> Centred:
    """Take the mean of the `present` values away (by default of all), without losing digits."""
    observed = x if present is None else x[present]
    low, high = float(observed.min()), float(observed.max())
    if low == high:
        return Centred(np.zeros(x.size), 0, low)
    # Powers of two are exact, and with sizes near 1 neither the sum nor the differences overflow.
    first = int(np.frexp(max(abs(low), abs(high)))[1])
    scaled = _times_power(observed, -first)
    mean = float(scaled.mean())
    scaled -= mean
    # The mean of n large numbers is rounded; what is left of it is seen after it is gone.
    rest = float(scaled.mean())
    scaled -= rest
    second = int(np.frexp(np.max(np.abs(scaled)))[1])
    values = _times_power(scaled, -second)
    if present is not None:
        spread = np.zeros(x.size)
        spread[present] = values
        values = spread
    return Centred(values, first + second, float(np.ldexp(mean + rest, first)))


def _times_power(x: FloatArray, exponent: int) -> FloatArray:
    """Return ``x * 2**exponent``; a product is several times faster than ldexp where it will do."""
    if abs(exponent) <= 1000:
        return x * 2.0**exponent
    return np.ldexp(x, exponent)


def lagged_products(x: FloatArray, y: FloatArray, first: int, last: int) -> FloatArray:
    """Return ``sum_t x[t + k] * y[t]`` for k = first, ..., last; both series of one length.

    Direct: O(n) for each lag. FFT: O(n log(last - first)) in blocks, with memory beyond the input
    that does not grow with n while the lags are few; its errors are near eps times the product of
    both norms, whatever the lag.
    """
    n, n_lags = x.size, last - first + 1
    if n_lags * (n + _LAG_COST) <= _FFT_COST * n + _FFT_CALL_COST:
        return _direct(x, y, first, last)
    return _by_fft(x, y, first, last)


def _direct(x: FloatArray, y: FloatArray, first: int, last: int) -> FloatArray:
    n = x.size
    sums = np.zeros(last - first + 1)
    for start in range(0, n, _TILE):
        piece = y[start : start + _TILE]
        window = _segment(x, start + first, piece.size + last - first)
        sums += np.correlate(window, piece, "valid")
    return sums


def _by_fft(x: FloatArray, y: FloatArray, first: int, last: int) -> FloatArray:
    from scipy.fft import irfft, next_fast_len, rfft

    n, span = x.size, last - first
    block = next_fast_len(max(4 * span, _SMALLEST_BLOCK), real=True)
    whole = next_fast_len(n + max(abs(first), abs(last)), real=True)
    if whole <= 2 * block:
        # One circular correlation; the padding keeps both ends of the lags apart.
        spectrum = rfft(x, whole)
        spectrum *= np.conj(rfft(y, whole) if y is not x else spectrum)
        return np.asarray(irfft(spectrum, whole)[np.arange(first, last + 1) % whole])
    # y in pieces of `step` samples, each against the samples of x it can meet.
    step = block - span
    n_blocks = -(-n // step)
    total = np.zeros(block // 2 + 1, complex)
    for start in range(0, n_blocks, _BATCH):
        count = min(_BATCH, n_blocks - start)
        begin = start * step
        pieces = _segment(y, begin, count * step).reshape(count, step)
        windows = np.lib.stride_tricks.sliding_window_view(
            _segment(x, begin + first, (count - 1) * step + block), block
        )[::step]
        spectra = rfft(windows, axis=1)
        spectra *= np.conj(rfft(pieces, block, axis=1))
        total += spectra.sum(axis=0)
    return np.asarray(irfft(total, block)[: span + 1])


def _segment(x: FloatArray, start: int, length: int) -> FloatArray:
    """Return samples start, ..., start + length - 1 of x, with zeros outside."""
    inside = x[max(start, 0) : max(start + length, 0)]
    if inside.size == length:
        return inside
    padded = np.zeros(length)
    lead = min(max(-start, 0), length)
    padded[lead : lead + inside.size] = inside
    return padded
