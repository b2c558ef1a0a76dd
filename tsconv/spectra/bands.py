r"""The bars of an equalizer: power in octaves, thirds of octaves or bands of one's own, over time.

Octave and third-octave bands are those of IEC 61260-1:2014 with the ratio :math:`G = 10^{3/10}`:
exact centres :math:`1000\, G^{k/b}` (b = 1, 3) with edges a factor :math:`G^{\pm 1/(2b)}` around
them, named by the rounded centres everybody knows (31.5, 63, 125, ...). The same grid serves any
unit of frequency.
"""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from tsconv._checks import FloatArray, check_choice, check_count, check_positive
from tsconv._frames import Taken
from tsconv.spectra.frequency import Sampling, sampling
from tsconv.spectra.transform import Missing, complete_series
from tsconv.time_kernel import Width, as_width

Bands = Literal["octave", "third-octave"] | ArrayLike

_PER_DECADE = {"octave": 10 / 3, "third-octave": 10.0}
_STEP = {"octave": 3, "third-octave": 1}
# The R10 series of preferred numbers (ISO 3): what 10**(k/10) is called.
_NOMINAL = (1.0, 1.25, 1.6, 2.0, 2.5, 3.15, 4.0, 5.0, 6.3, 8.0)

# Windows whose spectra are held at a time: few enough for the cache.
_AT_ONCE = 1 << 21


class BandEdges(NamedTuple):
    """Bands side by side: the name, the lower and the upper edge of each."""

    names: FloatArray
    low: FloatArray
    high: FloatArray


def band_levels(
    x: pd.Series | ArrayLike,
    *,
    bands: Bands = "octave",
    window: int | Width | None = None,
    step: int | Width | None = None,
    scale: Literal["db", "power"] = "db",
    reference: float = 1.0,
    method: Literal["fft", "filters"] = "fft",
    fs: float | None = None,
    missing: Missing = "raise",
) -> pd.DataFrame:
    r"""Power of a series in bands of frequency: a row for each window of time, a column a band.

    Parameters
    ----------
    x : Series or array_like, shape (n,)
        Equally spaced samples.
    bands : {"octave", "third-octave"} or array_like, default "octave"
        Standard bands that fit between the resolution of the window and half the sampling rate,
        or increasing edges in the unit of frequency (`spectrum` says which it is).
    window : int or time, optional
        Length of the windows, in samples or as a duration; by default one window, all of `x`.
    step : int or time, optional
        Distance of the windows; by default half their length.
    scale : {"db", "power"}, default "db"
        Decibels, :math:`10 \log_{10}(\mathrm{power} / \mathrm{reference}^2)`, or the power itself.
    reference : float, default 1.0
        Amplitude (root mean square) of 0 dB: 2e-5 for sound pressure in pascals.
    method : {"fft", "filters"}, default "fft"
        Sum the spectrum of each window, or run the standard's filters over the samples and average
        their squares (octaves and thirds in Hz only; needs the extra ``tsconvolve[bands]``, which
        brings PyOctaveBand).
    fs : float, optional
        Sampling rate in Hz; by default read off the index, as in `spectrum`.
    missing : {"raise", "interpolate"}, default "raise"
        Stop at missing values, or draw straight lines over gaps between samples.

    Returns
    -------
    DataFrame, shape (n_windows, n_bands)
        Columns `band`: the rounded centre of a standard band, the middle of one's own. Rows are
        labelled by the start of the window: its label in the index, or ``time`` in seconds with
        `fs`. ``attrs`` holds ``"unit"``, ``"scale"``, ``"low"`` and ``"high"`` (the edges). A band
        without power is -inf dB.

    Raises
    ------
    ValueError
        If the index is irregular, an edge lies above half the sampling rate, a window is longer
        than the series or too short for any band, or values are missing.

    Notes
    -----
    ``"fft"``: Each window is weighted by a Hann window (the whole series, without `window`, is
    not); a frequency counts in a band with the share of its bin that lies inside, so bands that
    cover everything add up to the mean square of the weighted samples, exactly. The mean of a
    series lies at frequency 0 and thus in no standard band. Bands narrower than ``fs / window``
    are smeared by the window. Cost O(n log window).

    References
    ----------
    .. [1] IEC 61260-1:2014, Electroacoustics: octave-band and fractional-octave-band filters,
       sections 5.3 to 5.5 and annex E.

    Examples
    --------
    >>> import numpy as np
    >>> t = np.arange(8000) / 8000
    >>> tone = np.sqrt(2) * np.sin(2 * np.pi * 1000 * t)
    >>> levels = band_levels(tone, fs=8000, bands="octave").loc[0.0]
    >>> float(levels.idxmax()), abs(round(float(levels.max()), 6))
    (1000.0, 0.0)
    """
    check_choice(scale, "scale", ("db", "power"))
    check_choice(method, "method", ("fft", "filters"))
    amplitude = check_positive(reference, "reference")
    taken, values = complete_series(x, missing)
    rate = sampling(taken, fs)
    length, hop = _windows(values.size, rate, window, step)
    edges = _edges(bands, rate, length)
    starts = np.arange(0, values.size - length + 1, hop)
    if method == "fft":
        weights = np.ones(length) if window is None else _hann(length)
        power = _by_fft(values, starts, weights, edges, rate)
    else:
        if not isinstance(bands, str):
            raise ValueError('method="filters" has octave and third-octave bands only.')
        power = _by_filters(values, starts, length, edges, rate, bands)
    if scale == "db":
        with np.errstate(divide="ignore"):
            power = 10 * np.log10(power / amplitude**2)
    table = pd.DataFrame(
        power, index=_labels(taken, starts, rate), columns=pd.Index(edges.names, name="band")
    )
    table.attrs = {
        "unit": rate.unit,
        "scale": scale,
        "low": edges.low.tolist(),
        "high": edges.high.tolist(),
    }
    return table


def standard_bands(kind: str, lowest: float, highest: float) -> BandEdges:
    """List the octaves or thirds of octaves of IEC 61260-1 that lie within two frequencies.

    Parameters
    ----------
    kind : {"octave", "third-octave"}
    lowest, highest : float
        Limits for the edges, in Hz or any other unit.

    Returns
    -------
    BandEdges

    Examples
    --------
    >>> standard_bands("octave", 20, 20_000).names
    array([  31.5,   63. ,  125. ,  250. ,  500. , 1000. , 2000. , 4000. ,
           8000. ])
    """
    check_choice(kind, "bands", _STEP)
    step = _STEP[kind]
    # Centres are 10**(k / 10), k a multiple of `step` (1000 is k = 30); half a band is step / 20.
    first = math.ceil((10 * math.log10(lowest) + step / 2) / step - 1e-9)
    last = math.floor((10 * math.log10(highest) - step / 2) / step + 1e-9)
    k = step * np.arange(first, last + 1)
    names = [_NOMINAL[int(i) % 10] * 10.0 ** (int(i) // 10) for i in k]
    exact = np.array([float(f"{name:.3g}") for name in names])  # 315, not 315.00000000000006
    return BandEdges(exact, 10 ** ((k - step / 2) / 10), 10 ** ((k + step / 2) / 10))


def _edges(bands: Any, rate: Sampling, length: int) -> BandEdges:
    if isinstance(bands, str):
        check_choice(bands, "bands", _STEP)
        # A band below the resolution of the window would hold nothing but leakage.
        found = standard_bands(bands, rate.rate / length, rate.nyquist)
        if found.names.size == 0:
            raise ValueError(
                f"a window of {length} samples is too short for any {bands} band below"
                f" {rate.nyquist:g} {rate.unit}; use longer windows or edges of your own."
            )
        return found
    given = [rate.frequency(edge, "bands") for edge in bands]
    edges = np.array(given)
    if edges.size < 2 or not (np.diff(edges) > 0).all():
        raise ValueError(
            f"`bands` must be 'octave', 'third-octave' or two or more rising edges; got {given}."
        )
    return BandEdges((edges[:-1] + edges[1:]) / 2, edges[:-1], edges[1:])


def _by_fft(
    values: FloatArray, starts: Any, weights: FloatArray, edges: BandEdges, rate: Sampling
) -> FloatArray:
    """Mean squares in each window and band, shape (n_windows, n_bands)."""
    import scipy.fft

    length = weights.size
    shares = _shares(edges, length, rate) / (length * float(weights @ weights))
    # Only the bins that lie in some band at all are squared and summed.
    used = np.flatnonzero(shares.any(axis=1))
    span = slice(used[0], used[-1] + 1)
    frames = np.lib.stride_tricks.sliding_window_view(values, length)
    power = np.empty((starts.size, edges.names.size))
    at_once = max(_AT_ONCE // length, 1)
    for first in range(0, starts.size, at_once):
        part = frames[starts[first : first + at_once]] * weights
        bins = scipy.fft.rfft(part, axis=1, overwrite_x=True)[:, span]
        power[first : first + at_once] = (bins.real**2 + bins.imag**2) @ shares[span]
    return power


def _hann(n: int) -> FloatArray:
    """Periodic Hann window: half-overlapping ones add up to one."""
    return np.asarray(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / n))


def _shares(edges: BandEdges, length: int, rate: Sampling) -> FloatArray:
    """Return how much of each two-sided bin counts in each band, shape (n_bins, n_bands).

    Bin k reaches half a bin to both sides; the first and the last, which have one side only, are
    half as wide and stand for one frequency instead of two.
    """
    k = np.arange(length // 2 + 1.0)
    low = np.maximum(k - 0.5, 0.0)
    high = np.minimum(k + 0.5, length / 2)
    bin_width = rate.rate / length
    below = np.minimum(high[:, None], edges.high / bin_width)
    above = np.maximum(low[:, None], edges.low / bin_width)
    return np.asarray(2.0 * np.maximum(below - above, 0.0))


def _by_filters(
    values: FloatArray, starts: Any, length: int, edges: BandEdges, rate: Sampling, bands: str
) -> FloatArray:
    """Mean squares of the outputs of PyOctaveBand's filters in each window."""
    try:
        from pyoctaveband import octavefilter
    except ImportError:
        raise ImportError(
            'method="filters" needs PyOctaveBand: pip install "tsconvolve[bands]".'
        ) from None
    if rate.unit != "Hz" or rate.rate != round(rate.rate):
        raise ValueError(
            f'method="filters" needs a whole sampling rate in Hz; got {rate.rate:g} samples per'
            f' unit of time and frequencies in {rate.unit}. Use method="fft".'
        )
    fraction = 1 if bands == "octave" else 3
    limits = [float(edges.low[0] * 1.001), float(edges.high[-1] * 0.999)]
    _, centres, outputs = octavefilter(
        values, round(rate.rate), fraction, limits=limits, sigbands=True, detrend=False
    )
    power = np.full((starts.size, edges.names.size), np.nan)
    for centre, output in zip(centres, outputs, strict=True):
        column = int(np.argmin(np.abs(np.log(edges.low * edges.high) / 2 - np.log(centre))))
        sums = np.concatenate([[0.0], np.cumsum(np.square(output))])
        power[:, column] = (sums[starts + length] - sums[starts]) / length
    return power


def _windows(n: int, rate: Sampling, window: Any, step: Any) -> tuple[int, int]:
    length = n if window is None else _samples(window, "window", rate)
    if length > n:
        raise ValueError(f"`window` ({length} samples) must not be longer than `x` ({n} samples).")
    if length < 2:
        raise ValueError(f"`window` must hold at least two samples; got {length}.")
    if step is None:
        return length, max(length // 2, 1)
    return length, _samples(step, "step", rate)


def _samples(value: Any, name: str, rate: Sampling) -> int:
    duration = as_width(value, name)
    if duration is None:
        return check_count(value, name, minimum=1)
    if rate.per is None:
        raise ValueError(f"`{name}` must be a number of samples where there are no times.")
    return max(round(float(duration / rate.per) * rate.rate), 1)


def _labels(taken: Taken, starts: Any, rate: Sampling) -> Any:
    index = taken.index
    if rate.unit == "Hz" and not isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex):
        return pd.Index(starts / rate.rate, name="time")
    return pd.Index(starts, name="start") if index is None else index[starts]
