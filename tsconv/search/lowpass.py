"""Low-pass filters of the search at a lower rate, and what :mod:`tsconv.search.bound` uses of them.

For each step D a symmetric filter g of 2 q + 1 taps, q = `HALF_TAPS` D, and weights that
interpolate a low-passed correlation between the lags k D. The constants kappa, eta and the growth
of errors are those of the bound's derivation.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from tsconv._checks import FloatArray

STEPS = (32, 16, 8, 4)  # lower rates that are tried: one in so many samples is kept
HALF_TAPS = 8  # q / D: longer filters are sharper, but cost time and need longer snippets
REACH = 6  # T: interpolation from 2 T lags of the grid
_CUT, _BETA = 0.3, 6.0  # of the Kaiser window design; cut in units of the lower rate
_RIDGE = 1e-9
_GRID = 1 << 12  # points of the frequency grid, times D
_EPS32 = float(np.finfo(np.float32).eps) / 2


@dataclass(frozen=True)
class LowPass:
    """A low-pass filter for one step D, with what the bound must know of it.

    Attributes
    ----------
    step : int
        D.
    taps : ndarray, shape (2 q + 1,)
    weights : ndarray, shape (D, 2 T)
        Interpolation of lag kD + row from those of the grid, k + 1 - T to k + T.
    gain : float
        Response at frequency 0.
    kappa, eta, growth : float
        Constants of aliases, interpolation, and growth of errors by it.
    rounding : float
        Bound of the error of coarse samples in single precision, relative to the samples' norm.
    """

    step: int
    taps: FloatArray
    weights: FloatArray
    gain: float
    kappa: float
    eta: float
    growth: float
    rounding: float

    @cached_property
    def rows(self) -> NDArray[np.float32]:
        """Return the taps in single precision, after 0, D, 2 D, ... zeros, in rows of 16.

        So many sets that the blocks of a row of 16 samples have one each.
        """
        phases = max(1, 16 // self.step)
        longest = self.taps.size + (phases - 1) * self.step
        out = np.zeros((phases, -(-longest // 16) * 16), np.float32)
        for phase in range(phases):
            out[phase, phase * self.step :][: self.taps.size] = self.taps
        return out

    @property
    def before(self) -> int:
        """Return by how many blocks of D samples a cell's stretch begins before it."""
        return 2 * HALF_TAPS + REACH - 1

    @property
    def behind(self) -> int:
        """Return by how many blocks it ends behind the last block a window of the cell begins."""
        return 2 * HALF_TAPS + REACH


@lru_cache(maxsize=8)
def low_pass(step: int) -> LowPass:
    r"""Design the filter: a Kaiser window design, scaled so that its response stays below 1.

    Maxima over all frequencies are those over a grid of N points and a margin: a cosine polynomial
    of degree d bends between points by no more than :math:`(2 \pi d / N)^2 / 8` of its maximum
    (Bernstein's inequality, twice).
    """
    q = HALF_TAPS * step
    lags = np.arange(-q, q + 1)
    taps = np.sinc(2 * _CUT / step * lags) * np.kaiser(2 * q + 1, _BETA)
    n_grid = _GRID * step
    bend = (2 * np.pi * q / n_grid) ** 2 / 8
    largest = float(np.abs(_response(taps, n_grid)).max()) / (1 - bend)
    # The rounded taps are the filter: no error of it. Rounding moves the response by less than
    # the sum of the taps' errors.
    taps = (taps / (largest * (1 + 4 * _EPS32))).astype(np.float32).astype(np.float64)
    response = _response(taps, n_grid)
    delta = float(np.abs(response[n_grid // (2 * step) :]).max()) + bend
    kappa = float(delta * np.sqrt(step - 1) / np.sqrt(1 - delta**2))
    weights, eta = _interpolation(response[: n_grid // step : 2], step)
    sizes = np.append(np.abs(taps), np.zeros(step - 1))
    crowd = step * sizes[: sizes.size // step * step].reshape(-1, step).sum(axis=0).max()
    chain = taps.size / 16 + 8  # additions that one product goes through
    rounding = float(chain * _EPS32 * np.sqrt(np.abs(taps).sum() * crowd))
    growth = float(np.abs(weights).sum(axis=1).max())
    return LowPass(step, taps, weights, float(taps.sum()), kappa, eta, growth, rounding)


def _response(taps: FloatArray, n_grid: int) -> FloatArray:
    """Real frequency response of a symmetric filter at 0, 1/N, ..., 1/2."""
    q = taps.size // 2
    wrapped = np.zeros(n_grid)
    wrapped[: q + 1] = taps[q:]
    wrapped[-q:] = taps[:q]
    return np.asarray(np.fft.rfft(wrapped).real)


def _interpolation(response: FloatArray, step: int) -> tuple[FloatArray, float]:
    """Weights for each lag of a cell, shape (D, 2 T), and the constant eta.

    `response` holds G at frequencies from 0 to 1/D, `_GRID` / 2 to the unit of fD.
    """
    square = response**2
    offsets = np.arange(1 - REACH, REACH + 1)
    # Where the response is in its stop band, the error is bounded without looking at phases.
    rest = float(square[_GRID // 4 :].max())
    square = square[: _GRID // 4]
    angle = 2 * np.pi * 2 / _GRID * np.arange(square.size)
    weight = square**2 / np.sum(square**2)
    waves = np.exp(1j * angle * offsets[:, np.newaxis])
    moved = np.exp(1j * angle * (np.arange(step) / step)[:, np.newaxis])
    moments = np.einsum("jf,f->j", np.cos(angle * np.arange(2 * REACH)[:, np.newaxis]), weight)
    gram = moments[np.abs(offsets[:, np.newaxis] - offsets)] + _RIDGE * np.eye(2 * REACH)
    right = np.einsum("jf,tf,f->jt", waves, moved.conj(), weight).real
    weights = np.linalg.solve(gram, right).T
    error = square * np.abs(moved - np.einsum("tj,jf->tf", weights, waves))
    rest *= 1 + float(np.abs(weights).sum(axis=1).max())
    degree = 2 * HALF_TAPS + REACH + 1
    bend = (2 * np.pi * degree * 2 / _GRID) ** 2 / 8
    return weights, max(float(error.max()), rest) / (1 - bend)


def decimate(x: FloatArray, low: LowPass) -> FloatArray:
    """Return (g * x)[kD] for every k, samples outside x being 0: shape (x.size // D,)."""
    q = low.taps.size // 2
    n_cells = x.size // low.step
    padded = np.concatenate((np.zeros(q), x, np.zeros(q)))
    out = np.zeros(n_cells)
    for tap, weight in enumerate(low.taps):
        out += weight * padded[tap : tap + n_cells * low.step : low.step]
    return out
