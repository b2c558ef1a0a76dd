r"""Spectra: a series as a sum of cosines, and back.

For n samples of a real series at the rate :math:`f_s`, with :math:`f_k = k f_s / n`,

.. math:: x_t = \sum_{k=0}^{\lfloor n/2 \rfloor} A_k \cos(2\pi f_k t / f_s + \varphi_k),

which is the discrete Fourier transform written for real numbers: `spectrum` gives the amplitudes
:math:`A_k` and phases :math:`\varphi_k`, `inverse_spectrum` adds the cosines up. The mean square of
x is the sum of the `power` column (Parseval). Welch's and Thomson's methods average over segments
and over tapers: less noise, no phase.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from tsconv._checks import (
    FloatArray,
    check_choice,
    check_complete,
    check_count,
    check_positive,
    check_vector,
)
from tsconv._frames import Taken, sampling_interval, take_vector
from tsconv.convolution.apply import interpolated
from tsconv.spectra.frequency import Sampling, inferred_offset, sampling

Method = Literal["fft", "welch", "multitaper"]
Detrend = Literal["none", "mean", "line"]
Missing = Literal["raise", "interpolate"]

_COLUMNS = ("amplitude", "phase", "power")
_REMEDY = 'Fill or drop them first, or give missing="interpolate".'
_DETREND: dict[str, Any] = {"mean": "constant", "line": "linear"}


def spectrum(
    x: pd.Series | ArrayLike,
    *,
    fs: float | None = None,
    method: Method = "fft",
    window: str | tuple[Any, ...] | ArrayLike = "boxcar",
    n_fft: int | None = None,
    segment: int | None = None,
    bandwidth: float = 4.0,
    detrend: Detrend = "none",
    missing: Missing = "raise",
) -> pd.DataFrame:
    r"""Amplitude, phase and power at each frequency, in the index's own unit.

    Parameters
    ----------
    x : Series or array_like, shape (n,)
        Equally spaced samples.
    fs : float, optional
        Sampling rate in Hz; by default read off the index (or ``attrs["fs"]``): Hz for steps
        below a minute, else cycles per day, cycles per year for months, quarters and years, and
        cycles per sample without times.
    method : {"fft", "welch", "multitaper"}, default "fft"
        ``"fft"``: the transform itself, which `inverse_spectrum` undoes. ``"welch"``: power
        averaged over half-overlapping segments. ``"multitaper"``: power averaged over orthogonal
        tapers of the whole series (Thomson's method), for short series.
    window : str, tuple or array_like, default "boxcar"
        Weights of the samples, as in ``scipy.signal.get_window``, for ``"fft"`` and ``"welch"``
        (where ``"boxcar"`` is replaced by ``"hann"``). An array has the length of `x`, or of a
        segment.
    n_fft : int, optional
        Length after padding with zeros: a finer grid of frequencies, no finer resolution.
    segment : int, optional
        Samples in a segment of Welch's method; by default a quarter of the series, at most 65,536.
    bandwidth : float, default 4.0
        Time-bandwidth product of the tapers: features are resolved to
        ``2 * bandwidth * fs / n``, and ``2 * bandwidth - 1`` tapers are averaged.
    detrend : {"none", "mean", "line"}, default "none"
        What to take out first (in each segment with ``"welch"``).
    missing : {"raise", "interpolate"}, default "raise"
        Stop at missing values, or draw straight lines over gaps between samples.

    Returns
    -------
    DataFrame
        Indexed by `frequency`, from 0 to half the sampling rate; ``attrs["unit"]`` is its unit.
        Columns `amplitude` (unit of `x`), `phase` (radians, of a cosine at the first sample) and
        `power` (squared unit), of which only `power` is there with ``"welch"`` and
        ``"multitaper"``. The sum of `power` is the mean square of the (weighted) series; divided
        by the distance of the frequencies it is the one-sided density of
        ``scipy.signal.welch``.

    Raises
    ------
    TypeError
        If `x` is complex or not numbers.
    ValueError
        If the index is irregular, values are missing or infinite, or an option does not fit.

    See Also
    --------
    inverse_spectrum : Back to the series.
    band_levels : Power in octaves, also over time.
    Kernel.spectral_density : That of a model (two-sided).

    Notes
    -----
    With a window w the amplitude is divided by the mean of w, so that a cosine keeps its height,
    and the power by the mean of w^2, so that noise keeps its variance; only without one is
    `power` half the squared amplitude. Frequencies above half the sampling rate appear folded
    back (aliasing): nothing in the samples tells them apart. Cost O(n log n).

    References
    ----------
    .. [1] Percival, D. B. and Walden, A. T. (1993), Spectral Analysis for Physical Applications,
       chapters 6 (Welch) and 7 (multitaper).

    Examples
    --------
    A week has one wave of height 2 and a mean of 5:

    >>> import numpy as np
    >>> days = pd.date_range("2024-01-01", periods=7, freq="D")
    >>> x = pd.Series(5 + 2 * np.cos(2 * np.pi * np.arange(7) / 7), index=days)
    >>> table = spectrum(x)
    >>> table["amplitude"].round(3).tolist(), table["power"].round(3).tolist()
    ([5.0, 2.0, 0.0, 0.0], [25.0, 2.0, 0.0, 0.0])
    >>> table.index.to_numpy().round(3)
    array([0.   , 0.143, 0.286, 0.429])
    >>> table.attrs["unit"]
    'cycles per day'
    """
    check_choice(method, "method", ("fft", "welch", "multitaper"))
    check_choice(detrend, "detrend", ("none", *_DETREND))
    taken, values = complete_series(x, missing)
    rate = sampling(taken, fs)
    if method == "fft":
        table = _by_fft(values, rate, window, n_fft, detrend)
        # Plain values only: pandas copies attrs with each result and compares them.
        table.attrs |= {
            "unit": rate.unit,
            "method": method,
            "detrend": detrend,
            "name": None if taken.source is None else taken.source.name,
            "index": describe_index(taken.index),
        }
        return table
    if n_fft is not None:
        check_count(n_fft, "n_fft", minimum=1)
    if method == "welch":
        freqs, power = _welch(values, rate, window, segment, n_fft, detrend)
    else:
        if not (isinstance(window, str) and window == "boxcar"):
            raise ValueError('`window` goes with "fft" and "welch"; multitaper has its own tapers.')
        freqs, power = _multitaper(values, rate, bandwidth, n_fft, detrend)
    table = pd.DataFrame(power[:, None], index=freqs, columns=_labels("power"), copy=False)
    table.attrs = {"unit": rate.unit, "method": method}
    return table


def inverse_spectrum(table: pd.DataFrame) -> pd.Series:
    r"""Add the cosines of a spectrum up: the exact inverse of `spectrum`.

    Rows may have been changed in between: set amplitudes to zero, turn phases.

    Parameters
    ----------
    table : DataFrame
        From ``spectrum(x, method="fft")``, with all its rows and its ``attrs``.

    Returns
    -------
    Series
        On the index of the original if it was regular, with its name.

    Raises
    ------
    ValueError
        If the table has no amplitudes and phases, rows are gone, a trend had been taken out, or
        the window was zero somewhere: those samples cannot be had back.

    Notes
    -----
    Equal to the original to rounding, whatever its length, the padding and the window (divided
    out again, which costs digits where the window is small). O(n log n).

    Examples
    --------
    >>> x = pd.Series([1.0, 4.0, 2.0, 8.0], name="x")
    >>> inverse_spectrum(spectrum(x)).round(12).tolist()
    [1.0, 4.0, 2.0, 8.0]
    """
    import scipy.fft

    notes = table.attrs
    if not {"amplitude", "phase"} <= set(table.columns) or "n_fft" not in notes:
        raise ValueError(
            "`table` must come from spectrum(x), with its columns amplitude and phase and its"
            ' attrs; averages over segments or tapers (method="welch" or "multitaper") have no'
            " phase and no inverse."
        )
    if notes["detrend"] != "none":
        raise ValueError(
            f"a spectrum without its trend (detrend={notes['detrend']!r}) has no exact inverse;"
            ' use detrend="none".'
        )
    n, n_fft = notes["n_obs"], notes["n_fft"]
    if len(table) != n_fft // 2 + 1:
        raise ValueError(
            f"`table` must have all its {n_fft // 2 + 1} rows; got {len(table)}."
            " Set amplitudes to 0 instead of dropping rows."
        )
    weights = _window(notes["window"], n)
    total = float(n) if weights is None else float(weights.sum())
    if weights is not None and not weights.all():
        where = int(np.flatnonzero(weights == 0)[0])
        raise ValueError(
            f"the window was 0 at position {where}: that sample is lost. Use a window without"
            ' zeros, such as "hamming".'
        )
    amplitude = table["amplitude"].to_numpy(dtype=np.float64)
    phase = table["phase"].to_numpy(dtype=np.float64)
    coefficients = amplitude * total / _sides(n_fft) * np.exp(1j * phase)
    values = scipy.fft.irfft(coefficients, n_fft)[:n]
    if weights is not None:
        values = values / weights
    return pd.Series(values, index=index_from(notes["index"], n), name=notes["name"])


def complete_series(x: Any, missing: str = "raise", name: str = "x") -> tuple[Taken, FloatArray]:
    """Read one series without gaps; gaps between samples are bridged on request."""
    check_choice(missing, "missing", ("raise", "interpolate"))
    taken = take_vector(x, name)
    values = taken.values
    if missing == "interpolate" and values.dtype.kind != "c":
        values = interpolated(values, taken.index)
    remedy = _REMEDY if missing == "raise" else "Gaps at the ends cannot be interpolated: cut them."
    return taken, check_complete(values, name, remedy)


def detrended(values: FloatArray, detrend: str) -> FloatArray:
    """Take out nothing, the mean, or the straight line of least squares."""
    if detrend == "none":
        return values
    import scipy.signal

    return np.asarray(scipy.signal.detrend(values, type=_DETREND[detrend]))


def _by_fft(
    values: FloatArray, rate: Sampling, window: Any, n_fft: int | None, detrend: str
) -> pd.DataFrame:
    import scipy.fft

    n = values.size
    length = n if n_fft is None else check_count(n_fft, "n_fft", minimum=n)
    weights = _window(window, n)
    prepared = detrended(values, detrend)
    total, square = float(n), float(n)
    if weights is not None:
        prepared = prepared * weights
        total, square = float(weights.sum()), float(weights @ weights)
        if abs(total) <= 1e-12 * np.abs(weights).sum():
            raise ValueError("`window` must not sum to zero: amplitudes are divided by the sum.")
    coefficients = scipy.fft.rfft(prepared, length)
    rows = np.empty((3, coefficients.size))  # one block of memory, which the table takes over
    amplitude, phase, power = rows
    np.abs(coefficients, out=power)
    np.arctan2(coefficients.imag, coefficients.real, out=phase)
    # Twice for the two sides, but for the first and, with even lengths, the last frequency.
    np.multiply(power, 2 / total, out=amplitude)
    power *= power
    power *= 2 / (square * length)
    one_sided = slice(None, None, length // 2) if length % 2 == 0 else slice(1)
    amplitude[one_sided] /= 2
    power[one_sided] /= 2
    freqs = _frequencies(coefficients.size, rate.rate / length)
    table = pd.DataFrame(rows.T, index=freqs, columns=_labels(*_COLUMNS), copy=False)
    spec = window if isinstance(window, str | tuple) else np.asarray(window).tolist()
    table.attrs = {"n_obs": n, "n_fft": length, "window": spec}
    return table


def _welch(
    values: FloatArray,
    rate: Sampling,
    window: Any,
    segment: int | None,
    n_fft: int | None,
    detrend: str,
) -> tuple[pd.Index, FloatArray]:
    import scipy.signal

    n = values.size
    length = min(max(n // 4, min(n, 16)), 65_536)
    if segment is not None:
        length = check_count(segment, "segment", minimum=1)
        if length > n:
            raise ValueError(
                f"`segment` ({length} samples) must not be longer than `x` ({n} samples)."
            )
    padded = length if n_fft is None else check_count(n_fft, "n_fft", minimum=length)
    default = isinstance(window, str) and window == "boxcar"
    weights = _window("hann" if default else window, length)
    weighing: Any = np.ones(length) if weights is None else weights
    _, density = scipy.signal.welch(
        values,
        rate.rate,
        window=weighing,
        nperseg=length,
        nfft=padded,
        detrend=_DETREND.get(detrend, False),
    )
    density *= rate.rate / padded
    return _frequencies(density.size, rate.rate / padded), np.asarray(density, dtype=np.float64)


def _multitaper(
    values: FloatArray, rate: Sampling, bandwidth: float, n_fft: int | None, detrend: str
) -> tuple[pd.Index, FloatArray]:
    """Average over discrete prolate spheroidal tapers, weighed by their concentration."""
    import scipy.fft
    import scipy.signal

    n = values.size
    product = check_positive(bandwidth, "bandwidth")
    count = int(2 * product) - 1
    if count < 1 or product >= n / 2:
        raise ValueError(
            f"`bandwidth` must lie in [1, n / 2) with n = {n} samples; got {product:g}."
        )
    length = n if n_fft is None else check_count(n_fft, "n_fft", minimum=n)
    tapers, shares = scipy.signal.windows.dpss(n, product, count, return_ratios=True)
    prepared = detrended(values, detrend)
    power = np.zeros(length // 2 + 1)
    for taper, share in zip(tapers, shares / shares.sum(), strict=True):
        power += share * np.abs(scipy.fft.rfft(taper * prepared, length)) ** 2
    power *= _sides(length) / length
    return _frequencies(power.size, rate.rate / length), power


def _frequencies(count: int, distance: float) -> pd.Index:
    freqs = np.arange(float(count))
    freqs *= distance
    made: pd.Index = pd.Index(freqs, name="frequency", copy=False)
    return made


def _labels(*names: str) -> pd.Index:
    """Return names of columns, made once (pandas takes 50 us) and handed out as views."""
    return _labels_made(names).view()


@cache
def _labels_made(names: tuple[str, ...]) -> pd.Index:
    return pd.Index(list(names))


def _window(window: Any, n: int) -> FloatArray | None:
    """Return n weights, or None where all are one."""
    if isinstance(window, str) and window == "boxcar":
        return None
    if isinstance(window, str | tuple):
        import scipy.signal

        return np.asarray(scipy.signal.get_window(window, n))
    weights = check_vector(window, "window")
    if weights.size != n:
        raise ValueError(f"`window` must have {n} weights, one a sample; got {weights.size}.")
    return weights


def _sides(n_fft: int) -> FloatArray:
    """Return how many of the two-sided frequencies each row stands for: 1 at the ends, else 2."""
    sides = np.full(n_fft // 2 + 1, 2.0)
    sides[0] = 1.0
    if n_fft % 2 == 0:
        sides[-1] = 1.0
    return sides


def describe_index(index: pd.Index | None) -> dict[str, Any]:
    """Write a regular index down in a few plain values, so that `index_from` can build it again."""
    if index is None or len(index) == 0:
        return {"kind": "position"}
    made: dict[str, Any] = {"kind": "position", "name": index.name, "start": index[0]}
    if isinstance(index, pd.RangeIndex):
        return made | {"kind": "whole", "step": index.step, "start": index.start}
    if isinstance(index, pd.PeriodIndex):
        return made | {"kind": "period", "step": index.freqstr}
    if isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex):
        kind = "datetime" if isinstance(index, pd.DatetimeIndex) else "timedelta"
        step: Any = index.freqstr if index.freq is not None else sampling_interval(index)
        if step is None and len(index) >= 3:
            step = inferred_offset(index)
        return made | {"kind": kind if step is not None else "position", "step": step}
    if index.dtype.kind in "iu" and len(index) > 1:
        step = int(index[1]) - int(index[0])
        if step and bool((np.diff(index.to_numpy()) == step).all()):
            return made | {"kind": "whole", "step": step, "start": int(index[0])}
    if index.dtype.kind == "f" and len(index) > 1:
        return made | {"kind": "real", "stop": float(index[-1])}
    return made


def index_from(made: dict[str, Any], n: int) -> pd.Index:
    """Build an index of n samples from what `describe_index` wrote down."""
    kind, name = made["kind"], made.get("name")
    if kind == "period":
        return pd.period_range(made["start"], periods=n, freq=made["step"], name=name)
    if kind == "datetime":
        start = made["start"]
        return pd.date_range(start, periods=n, freq=made["step"], name=name).as_unit(start.unit)
    if kind == "timedelta":
        start = made["start"]
        return pd.timedelta_range(start, periods=n, freq=made["step"], name=name).as_unit(
            start.unit
        )
    if kind == "whole":
        start, step = made["start"], made["step"]
        return pd.RangeIndex(start, start + n * step, step, name=name)
    if kind == "real":
        return pd.Index(np.linspace(made["start"], made["stop"], n), name=name)
    return pd.RangeIndex(n, name=name)
