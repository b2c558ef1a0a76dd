r"""Filters by frequency: masks on the spectrum, and designed kernels.

`frequency_filter` multiplies the spectrum of the whole series by a mask, which by the convolution
theorem is a convolution with the mask's transform, as long as the series. `design_filter` returns a
`Kernel` of moderate length or a recursive one, for `convolve`.
"""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tsconv._checks import FloatArray, check_choice, check_complete, check_count, check_positive
from tsconv._frames import Data, take_apart
from tsconv.convolution.apply import interpolated
from tsconv.kernel import Kernel
from tsconv.spectra.frequency import Sampling, sampling
from tsconv.time_kernel import Width, as_width

Cutoff = float | str | pd.Timedelta
"""A frequency: a number, a rate such as ``"1/7D"`` or ``"50Hz"``, or a period such as ``"7D"``."""

_IIR: dict[str, Any] = {
    "butterworth": "butter",
    "chebyshev1": "cheby1",
    "chebyshev2": "cheby2",
    "elliptic": "ellip",
    "bessel": "bessel",
}


def frequency_filter(
    x: Data,
    *,
    low: Cutoff | None = None,
    high: Cutoff | None = None,
    edge: Cutoff = 0.0,
    boundary: Literal["reflect", "wrap", "zero"] = "reflect",
    fs: float | None = None,
    missing: Literal["raise", "interpolate"] = "raise",
) -> Data:
    r"""Keep the frequencies from `low` to `high`, column by column.

    Parameters
    ----------
    x : Series, DataFrame or array_like, shape (n,) or (n, n_columns)
        Equally spaced samples.
    low, high : float, str or Timedelta, optional
        Cut-offs in the unit of frequency (`spectrum` says which it is), as rates (``"1/7D"``,
        ``"50Hz"``) or periods (``"7D"``). `high` alone is a low-pass filter, `low` alone a
        high-pass filter, both are a band-pass filter; `low` above `high` keeps all but the band
        between (a notch).
    edge : float or str, default 0.0
        Width in frequency of the transition around each cut-off, half a cosine wave high: 0 is the
        ideal mask. A period stands for its frequency.
    boundary : {"reflect", "wrap", "zero"}, default "reflect"
        What lies beyond the ends: the series mirrored (as in `convolve`), the series again (the
        plain discrete Fourier transform), or zeros.
    fs : float, optional
        Sampling rate in Hz; by default read off the index, as in `spectrum`.
    missing : {"raise", "interpolate"}, default "raise"
        Stop at missing values, or draw straight lines over gaps between samples first.

    Returns
    -------
    y : same kind as `x`
        On the same index; no phase is shifted.

    Raises
    ------
    ValueError
        If a cut-off lies above half the sampling rate, none is given, the index is irregular, or
        values are missing.

    See Also
    --------
    design_filter : Short and causal filters.
    convolve : Filters by kernel.

    Notes
    -----
    .. math:: \hat y(f) = m(f)\, \hat x(f), \qquad
              m(f) = \tfrac12 + \tfrac12 \sin\left(\pi \frac{f_c - f}{\mathrm{edge}}\right)
              \text{ around a high cut-off } f_c,

    by FFT (``"wrap"``), cosine transform (``"reflect"``), or FFT of the padded series
    (``"zero"``). A cut-off itself is kept by the ideal mask from both sides, and by a smooth edge
    with the weight one half; what low- and high-pass filters with the same smooth cut-off keep
    adds up to `x`. The ideal mask is idempotent (but for ``"zero"``); its kernel is a sinc, so
    that it rings around steps by 9 % of their height (Gibbs), a smooth edge hardly.
    O(n log n) for each column.

    Examples
    --------
    A slow wave, without the weekly one on top:

    >>> import numpy as np
    >>> days = pd.date_range("2024-01-01", periods=364, freq="D")
    >>> slow = np.cos(2 * np.pi * np.arange(364) / 182)
    >>> x = pd.Series(slow + np.sin(2 * np.pi * np.arange(364) / 7), index=days)
    >>> y = frequency_filter(x, high="1/30D", boundary="wrap")
    >>> bool(np.allclose(y, slow))
    True
    """
    check_choice(boundary, "boundary", ("reflect", "wrap", "zero"))
    check_choice(missing, "missing", ("raise", "interpolate"))
    taken = take_apart(x)
    rate = sampling(taken, fs)
    below, above, _ = _cutoffs(low, high, rate)
    ramp = 0.0 if _is_zero(edge) else rate.frequency(edge, "edge")
    if taken.values.size == 0 and taken.values.ndim == 2:
        return taken.rebuild(taken.values.copy())  # type: ignore[no-any-return]
    values = taken.values
    if missing == "interpolate" and values.dtype.kind != "c":
        values = interpolated(values, taken.index)
    values = check_complete(
        values, "x", 'Fill or drop them first, or give missing="interpolate" for inner gaps.'
    )

    keep = _Passed(below, above, ramp)
    return taken.rebuild(_filtered(values, keep, rate.rate, boundary))  # type: ignore[no-any-return]


def design_filter(
    *,
    low: Cutoff | None = None,
    high: Cutoff | None = None,
    fs: float | None = None,
    interval: Width | None = None,
    method: str = "butterworth",
    order: int = 4,
    n_taps: int | None = None,
    window: str | tuple[Any, ...] = "hamming",
    ripple: float = 0.5,
    attenuation: float = 60.0,
) -> Kernel:
    """Design a low-pass, high-pass, band-pass or band-stop `Kernel`.

    Parameters
    ----------
    low, high : float, str or Timedelta, optional
        Cut-offs, as in `frequency_filter`; `low` above `high` stops the band between.
    fs : float, optional
        Sampling rate in Hz.
    interval : time, optional
        Time between samples (``"1h"``) instead of `fs`: numbers then count cycles per day, for
        less than a minute Hz. With neither, cut-offs are in cycles per sample.
    method : str, default "butterworth"
        Recursive and causal: ``"butterworth"``, ``"chebyshev1"``, ``"chebyshev2"``,
        ``"elliptic"``, ``"bessel"``. Finite and centred, so without any delay: ``"fir"``, a
        windowed sinc.
    order : int, default 4
        Order of a recursive filter (a band filter has twice as many poles).
    n_taps : int, optional
        Taps of ``"fir"``, an odd number; by default about four periods of the lowest cut-off.
    window : str or tuple, default "hamming"
        Window of ``"fir"``, as in ``scipy.signal.get_window``.
    ripple, attenuation : float, default 0.5 and 60.0
        Largest wave in the band that passes, and least loss in the one that does not, in decibels;
        for the Chebyshev and elliptic designs.

    Returns
    -------
    Kernel
        A recursive one is kept as second-order sections, which high orders need.

    Raises
    ------
    ValueError
        If a cut-off is not strictly between 0 and half the sampling rate.

    Notes
    -----
    The gain at a cut-off is -3 dB for Butterworth and Bessel designs, `ripple` for ``"chebyshev1"``
    and ``"elliptic"``, `attenuation` for ``"chebyshev2"``, and one half for ``"fir"``. The designs
    are scipy's (``iirfilter``, ``firwin``).

    Examples
    --------
    >>> smooth = design_filter(high="1/7D", interval="1D")
    >>> smooth.is_stable, smooth.gain([0.0, 1 / 7]).round(4)
    (True, array([1.    , 0.7071]))
    >>> design_filter(high=0.1, method="fir", n_taps=41).origin
    20
    """
    import scipy.signal

    check_choice(method, "method", (*_IIR, "fir"))
    rate = _rate(fs, interval)
    below, above, kind = _cutoffs(low, high, rate)
    cuts = sorted(cut for cut in (below, above) if cut is not None)
    for cut in cuts:
        if not 0 < cut < rate.nyquist:
            raise ValueError(
                "a cut-off must lie between 0 and half the sampling rate,"
                f" {rate.nyquist:g} {rate.unit}, both excluded; got {cut:g}."
            )
    if method == "fir":
        default = 2 * round(2 * rate.rate / cuts[0]) + 1
        count = check_count(default if n_taps is None else n_taps, "n_taps", minimum=3)
        if count % 2 == 0:
            raise ValueError(f"`n_taps` must be odd, to have a middle; got {count}.")
        taps = scipy.signal.firwin(count, cuts, window=window, pass_zero=kind, fs=rate.rate)
        return Kernel((taps + taps[::-1]) / 2, origin=count // 2)  # symmetric to the last bit
    if n_taps is not None:
        raise ValueError(f'`n_taps` goes with method="fir"; a {method} filter has an `order`.')
    sos = scipy.signal.iirfilter(
        check_count(order, "order", minimum=1),
        cuts[0] if len(cuts) == 1 else cuts,
        rp=check_positive(ripple, "ripple"),
        rs=check_positive(attenuation, "attenuation"),
        btype=kind,
        ftype=_IIR[method],
        fs=rate.rate,
        output="sos",
    )
    return Kernel.from_sos(sos)


def _rate(fs: float | None, interval: Any) -> Sampling:
    if interval is None:
        if fs is None:
            return Sampling(1.0, "cycles per sample")
        return Sampling(check_positive(fs, "fs"), "Hz", pd.Timedelta(seconds=1))
    if fs is not None:
        raise ValueError("give `fs` or `interval`, not both.")
    step = as_width(interval, "interval")
    if step is None:
        raise TypeError(f"`interval` must be a duration such as '1h'; got {interval!r}.")
    short = step < pd.Timedelta(minutes=1)
    per = pd.Timedelta(seconds=1) if short else pd.Timedelta(days=1)
    return Sampling(float(per / step), "Hz" if short else "cycles per day", per)


def _cutoffs(low: Any, high: Any, rate: Sampling) -> tuple[float | None, float | None, Any]:
    """Return both cut-offs as numbers and the kind of filter that they make."""
    below = None if low is None else rate.frequency(low, "low")
    above = None if high is None else rate.frequency(high, "high")
    if below is None and above is None:
        raise ValueError("at least one of `low` and `high` must be given.")
    if below is None:
        return below, above, "lowpass"
    if above is None:
        return below, above, "highpass"
    if below == above:
        raise ValueError(f"`low` and `high` must differ; both are {below:g} {rate.unit}.")
    return below, above, "bandpass" if below < above else "bandstop"


def _is_zero(edge: Any) -> bool:
    return isinstance(edge, int | float) and edge == 0


class _Passed(NamedTuple):
    """What a filter lets pass; cut-offs and the width of the transition in one unit."""

    low: float | None
    high: float | None
    edge: float

    def weigh(self, transformed: NDArray[Any], spacing: float) -> None:
        """Multiply, in place, frequencies 0, `spacing`, 2 `spacing`, ... along axis 0."""
        if self.edge == 0:
            for gone in self._gone(len(transformed), spacing):
                transformed[gone] = 0
            return
        freqs: FloatArray = np.arange(float(len(transformed))) * spacing
        weights = self._weights(freqs)
        transformed *= weights.reshape(-1, *(1,) * (transformed.ndim - 1))

    def _gone(self, count: int, spacing: float) -> list[slice]:
        """Return the stretches that the ideal mask takes out; cut-offs are kept."""
        # A cut-off such as 1/30 must not miss its own frequency 12/360 by rounding.
        first = 0 if self.low is None else math.ceil(self.low * (1 - 1e-12) / spacing)
        stop = count if self.high is None else math.floor(self.high * (1 + 1e-12) / spacing) + 1
        if self.low is not None and self.high is not None and self.low > self.high:
            return [slice(stop, first)]
        return [slice(first), slice(stop, None)]

    def _weights(self, freqs: FloatArray) -> FloatArray:
        """Weight of each frequency under a mask with smooth edges."""
        rising = 1.0 if self.low is None else self._step_up(freqs, self.low)
        falling = 1.0 if self.high is None else 1.0 - self._step_up(freqs, self.high)
        if self.low is not None and self.high is not None and self.low > self.high:
            return np.maximum(rising, falling)
        return np.asarray(rising * falling)

    def _step_up(self, freqs: FloatArray, cut: float) -> FloatArray:
        """Rise from 0 to 1 around a cut-off."""
        position = np.clip((freqs - cut) / self.edge, -0.5, 0.5)
        return np.asarray(0.5 + 0.5 * np.sin(np.pi * position))


def _filtered(values: FloatArray, keep: _Passed, rate: float, boundary: str) -> NDArray[Any]:
    """Weigh the transform along axis 0."""
    import scipy.fft

    n = values.shape[0]
    if boundary == "reflect":
        cosines = scipy.fft.dct(values, axis=0)
        keep.weigh(cosines, rate / (2 * n))
        return np.asarray(scipy.fft.idct(cosines, axis=0, overwrite_x=True))
    if boundary == "wrap":
        transformed = scipy.fft.rfft(values, axis=0)
        keep.weigh(transformed, rate / n)
        return np.asarray(scipy.fft.irfft(transformed, n, axis=0, overwrite_x=True))
    length = scipy.fft.next_fast_len(2 * n, real=True)
    transformed = scipy.fft.rfft(values, length, axis=0)
    keep.weigh(transformed, rate / length)
    return np.ascontiguousarray(scipy.fft.irfft(transformed, length, axis=0)[:n])
