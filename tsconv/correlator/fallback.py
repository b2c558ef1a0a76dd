"""The same overlap-save by scipy.fft, where the core is not built and as its second opinion."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tsconv._checks import FloatArray

_MIN_FFT = 1 << 15


class ScipyPlan:
    """Blocks of one length, one after the other; signature of `_core.Plan`."""

    instructions = "scipy"
    kind = "fourier"

    def __init__(self, longest: int, n_lags: int, *, double: bool = False) -> None:
        import scipy.fft

        self._fft = scipy.fft
        self.longest = longest
        self.double = double
        self.dtype = np.dtype(np.float64 if double else np.float32)
        wanted = min(max(_MIN_FFT, 4 * longest), n_lags + longest - 1)
        self.size = scipy.fft.next_fast_len(max(wanted, longest), real=True)
        self.hop = self.block_lags = self.size - longest + 1
        self.span = self.size
        self.share = 1.0  # its rounding does not spread evenly over a block with a spike
        self.spectrum_bytes = (self.size // 2 + 1) * 2 * self.dtype.itemsize

    def spectrum(self, taps: FloatArray, work: Any) -> NDArray[np.complexfloating]:
        """Prepare a snippet."""
        del work
        return np.conj(self._fft.rfft(taps.astype(self.dtype), self.size))

    def numerators(
        self,
        x: NDArray[np.floating],
        spectra: list[NDArray[np.complexfloating]],
        work: Any,
        out: NDArray[np.floating],
        norms: FloatArray,
    ) -> None:
        """Fill numerators and the norm of each block."""
        del work
        n_lags = out.shape[1]
        for block, start in enumerate(range(0, n_lags, self.hop)):
            samples = x[start : start + self.size].astype(np.float64)
            samples -= samples.mean()
            norms[block] = np.sqrt(np.einsum("i,i->", samples, samples))
            done = min(self.hop, n_lags - start)
            with np.errstate(over="ignore", invalid="ignore"):  # the bound says so
                forward = self._fft.rfft(samples.astype(self.dtype), self.size)
                for k, spectrum in enumerate(spectra):
                    values = self._fft.irfft(forward * spectrum, self.size, overwrite_x=True)
                    out[k, start : start + done] = values[:done]


class ScipyWork:
    """No memory of its own; signature of `_core.Work`."""

    def __init__(self, plan: ScipyPlan, several: bool) -> None:
        self.plan, self.several = plan, several
