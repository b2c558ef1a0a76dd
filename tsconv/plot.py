"""Pictures: ``ax`` in, ``Axes`` out; a picture of several panels returns its ``Figure``.

`plot_kernel` (a kernel's card), `plot_smoothing` (a series and what a kernel made of it),
`plot_propagator` (a kernel as probabilities), `plot_correlation` (a table of `acf`, `pacf` or
`cross_correlation`), `plot_matches` (where a snippet was found). Pictures of fitted models live in
`tsconv.arima.pictures`, those of spectra in `tsconv.spectra.pictures`.

New figures are pyplot's, so that notebooks show them; in a long loop close them with
``plt.close(figure)``. Nothing is shown or saved here and no global style is changed. The colours
are told apart by colour-blind readers and in grey print; `style` has them for pictures of your own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from tsconv._checks import check_count, check_positive
from tsconv._frames import Taken, take_vector
from tsconv._style import BLACK, BLUE, GREY, ORANGE, SKY, style
from tsconv.kernel import Kernel

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tsconv.probability import Propagator

__all__ = [
    "BLACK",
    "BLUE",
    "GREY",
    "ORANGE",
    "SKY",
    "plot_correlation",
    "plot_kernel",
    "plot_matches",
    "plot_propagator",
    "plot_smoothing",
    "style",
]

# Roots of a polynomial of degree n take n^3 steps: half a second at 300, half a minute at 1,600.
_MOST_DENSE = 300


def plot_kernel(kernel: Kernel, *, n: int | None = None, fs: float = 1.0) -> Figure:
    """Draw the card of a kernel: weights, gain, phase, poles and zeros.

    Parameters
    ----------
    kernel : Kernel
        What to draw.
    n : int, optional
        How many weights of a recursive kernel; by default until they have died out, at most 200.
    fs : float, default 1.0
        Sampling rate: the frequency axes run to ``fs / 2``.

    Returns
    -------
    matplotlib.figure.Figure
    """
    rate = check_positive(fs, "fs")
    figure = _new_figure((9.0, 6.0))
    weights, gain, phase, plane = figure.subplots(2, 2).ravel()

    count = kernel.taps.size if kernel.is_finite else min(kernel.memory(1e-3) or 200, 200)
    count = count if n is None else check_count(n, "n", minimum=1)
    lags = np.arange(count) - kernel.origin
    _stems(weights, lags, kernel.impulse_response(count))
    weights.set(
        title="taps" if kernel.is_finite else "impulse response",
        xlabel="lag (samples)",
        ylabel="weight",
    )

    freqs = np.linspace(0, rate / 2, 1025)[1:]  # integrating kernels are infinite at 0
    unit = "cycles per sample" if rate == 1.0 else "cycles per unit of time"
    gain.plot(freqs, kernel.gain(freqs, fs=rate), "-", color=BLUE)
    gain.set(title="gain", xlabel=f"frequency ({unit})", ylabel="amplitude ratio", ylim=(0, None))
    phase.plot(freqs, kernel.phase(freqs, fs=rate), "-", color=BLUE)
    phase.set(title="phase", xlabel=f"frequency ({unit})", ylabel="radians")

    _poles_and_zeros(plane, kernel)
    figure.suptitle(_shortened(repr(kernel), 100), fontsize="medium")
    return figure


def plot_smoothing(
    x: ArrayLike | pd.Series,
    y: ArrayLike | pd.Series,
    *,
    ax: Axes | None = None,
    **kwargs: Any,
) -> Axes:
    """Draw a series and, over it, what a kernel made of it.

    Parameters
    ----------
    x, y : Series or array_like, shape (n,)
        Before and after; a Series is drawn over its own index, an array over that of the other.
    ax : matplotlib Axes, optional
        Where to draw; a new one by default.
    **kwargs
        Handed to the line of `y`.

    Returns
    -------
    matplotlib.axes.Axes
    """
    x, y = _over_one_index(take_vector(x, "x"), take_vector(y, "y"))
    axes = new_axes(ax, (9.0, 4.0))
    times = positions_on_axis(x.index)
    axes.plot(times, x.to_numpy(dtype=float, na_value=np.nan), ".", color=GREY, markersize=2.5)
    style = styled(kwargs, color=BLUE, linestyle="-", linewidth=1.6)
    axes.plot(positions_on_axis(y.index), y.to_numpy(dtype=float, na_value=np.nan), **style)
    axes.set(xlabel=str(x.index.name or "time"), ylabel=_label(x))
    return axes


def plot_correlation(table: pd.DataFrame, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
    """Draw correlations against the lag with their confidence band.

    Parameters
    ----------
    table : DataFrame
        From `acf`, `pacf` or `cross_correlation`: index `lag`, columns `r`, `lower`, `upper`.
    ax : matplotlib Axes, optional
        Where to draw; a new one by default.
    **kwargs
        Handed to the stems.

    Returns
    -------
    matplotlib.axes.Axes
    """
    missing = {"r", "lower", "upper"} - set(table.columns)
    if missing:
        raise ValueError(
            f"`table` must have the columns r, lower and upper; {sorted(missing)} not found."
            " Give the result of acf, pacf or cross_correlation."
        )
    axes = new_axes(ax, (7.0, 3.5))
    lags = table.index.to_numpy()
    axes.fill_between(lags, table["lower"], table["upper"], color=GREY, alpha=0.25, linewidth=0)
    _stems(axes, lags, table["r"].to_numpy(), **kwargs)
    axes.set(xlabel="lag (samples)", ylabel="correlation")
    return axes


def plot_propagator(density: Propagator, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
    """Draw a probability density over lags and the Gaussian of the same mean and spread.

    Parameters
    ----------
    density : Propagator
        From `propagator`.
    ax : matplotlib Axes, optional
        Where to draw; a new one by default.
    **kwargs
        Handed to the stems.

    Returns
    -------
    matplotlib.axes.Axes
    """
    axes = new_axes(ax, (7.0, 3.5))
    lags, gaussian, taps = density.kernel.lags, density.gaussian(), density.kernel.taps
    # The tails of a kernel that was applied many times would push the rest into a corner.
    seen = np.flatnonzero(np.maximum(taps, gaussian) > 1e-3 * taps.max())
    shown = slice(seen[0], seen[-1] + 1)
    _stems(axes, lags[shown], taps[shown], **kwargs)
    axes.plot(lags[shown], gaussian[shown], "--", color=ORANGE, label="Gaussian")
    text = f"mean {density.mean:.3g}, spread {density.spread:.3g}, entropy {density.entropy:.3g}"
    axes.set(title=text, xlabel="lag (samples)", ylabel="probability")
    axes.legend(frameon=False)
    return axes


def plot_matches(
    signal: Any,
    snippet: Any,
    matches: pd.DataFrame,
    *,
    scores: ArrayLike | None = None,
    fs: float | None = None,
    channel: str | int = "mix",
) -> Figure:
    """Draw where a snippet was found: the signal, the scores, and the best match in close-up.

    Parameters
    ----------
    signal, snippet : array_like, Series or path of an audio file
        What was searched, and for what; as they were given to `find`.
    matches : DataFrame
        The result of `find`.
    scores : array_like, shape (n - m + 1,), optional
        The result of `correlation_profile`, drawn as a trace.
    fs : float, optional
        Sampling rate in Hz. By default that of the file, or ``attrs["fs"]`` of the Series; without
        any the axes count samples.
    channel : "mix" or int, default "mix"
        Of an audio file, as searched.

    Returns
    -------
    matplotlib.figure.Figure
    """
    missing = {"offset", "score"} - set(matches.columns)
    if missing:
        raise ValueError(
            f"`matches` must have the columns offset and score; {sorted(missing)} not found."
            " Give the result of find."
        )
    long, short, fs = _searched(signal, snippet, fs, channel)
    unit = "samples" if fs == 1.0 else "s"
    figure = _new_figure((9.0, 7.0 if scores is not None else 5.0))
    panels = figure.subplots(3 if scores is not None else 2, 1)
    wave, close = panels[0], panels[-1]
    _envelope(wave, long, fs)
    wave.set(title=f"{len(matches)} found", xlabel=f"time ({unit})", ylabel="signal")
    for offset in matches["offset"]:
        wave.axvspan(offset / fs, (offset + short.size) / fs, color=ORANGE, alpha=0.4, linewidth=0)
    if scores is not None:
        _envelope(panels[1], np.asarray(scores, dtype=float), fs)
        panels[1].plot(matches["offset"] / fs, matches["score"], "o", color=ORANGE, markersize=5)
        panels[1].set(xlabel=f"start ({unit})", ylabel="correlation", ylim=(-1.05, 1.05))
        panels[1].set_xlim(wave.get_xlim())
    if len(matches):
        _close_up(close, long, short, matches.iloc[0], fs)
        close.set(xlabel=f"time ({unit})")
    else:
        close.set_axis_off()
        close.text(0.5, 0.5, "nothing found", ha="center", va="center")
    return figure


def _poles_and_zeros(axes: Axes, kernel: Kernel) -> None:
    circle = np.exp(2j * np.pi * np.linspace(0, 1, 361))
    axes.plot(circle.real, circle.imag, "-", color=GREY, linewidth=1)
    axes.set(title="poles and zeros", xlabel="real part", ylabel="imaginary part", aspect="equal")
    dense = max(np.count_nonzero(poly) for factor in kernel.factors for poly in factor)
    if dense > _MOST_DENSE:
        axes.text(0, 0, f"degree above {_MOST_DENSE}:\nnot drawn", ha="center", va="center")
        return
    zeros, poles = kernel.zeros, kernel.poles
    if zeros.size:
        axes.plot(zeros.real, zeros.imag, "o", color=BLUE, fillstyle="none", label="zeros")
    if poles.size:
        axes.plot(poles.real, poles.imag, "x", color=ORANGE, label="poles")
    if zeros.size + poles.size:
        axes.legend(loc="center left", bbox_to_anchor=(1.02, 0.5), frameon=False)


def _searched(
    signal: Any, snippet: Any, fs: float | None, channel: str | int
) -> tuple[Any, Any, float]:
    """Read what was searched and for what; the snippet at the signal's rate."""
    from tsconv.search.blocks import open_signal, read_snippet

    with open_signal(signal, fs=fs, channel=channel) as source:
        long, rate = source.read(0, source.n_obs), source.fs
    short = read_snippet(snippet, signal_fs=rate)
    return long, short, 1.0 if rate is None else rate


def _close_up(axes: Axes, signal: Any, snippet: Any, match: pd.Series, fs: float) -> None:
    """Draw the snippet, scaled to fit, over the window it matches."""
    offset = int(match["offset"])
    window = signal[offset : offset + snippet.size]
    part = snippet[: window.size]
    # A long snippet would be a solid bar: show its loudest stretch.
    width = min(part.size, 400)
    start = int(np.argmax(np.abs(part - part.mean())))
    start = min(max(start - width // 2, 0), part.size - width)
    shown = slice(start, start + width)
    spread = float(np.std(part))
    slope = float(match["score"]) * float(np.nanstd(window)) / (spread if spread > 0 else 1.0)
    time = (offset + start + np.arange(width)) / fs
    axes.plot(time, window[shown], "-", color=GREY, linewidth=2.5, label="signal")
    fitted = np.nanmean(window) + slope * (part - part.mean())
    axes.plot(time, fitted[shown], "-", color=ORANGE, linewidth=1.2, label="snippet, scaled")
    axes.set(title=f"best match: score {match['score']:.3f}", ylabel="signal")
    axes.legend(loc="upper right")


def _envelope(axes: Axes, values: Any, fs: float, *, columns: int = 2000) -> None:
    """Draw a long line as its minimum and maximum in each of `columns` stretches."""
    if values.size <= 2 * columns:
        axes.plot(np.arange(values.size) / fs, values, "-", color=BLUE, linewidth=0.8)
        return
    step = -(-values.size // columns)
    padded = np.full(step * -(-values.size // step), np.nan)
    padded[: values.size] = values
    blocks = padded.reshape(-1, step)
    empty = np.isnan(blocks).all(axis=1)
    blocks[empty] = 0.0
    low, high = np.nanmin(blocks, axis=1), np.nanmax(blocks, axis=1)
    low[empty] = high[empty] = np.nan
    time = np.arange(low.size) * step / fs
    axes.fill_between(time, low, high, color=BLUE, linewidth=0.4)


def _stems(axes: Axes, lags: Any, values: Any, **kwargs: Any) -> None:
    style = styled(kwargs, color=BLUE, linewidth=1.4)
    axes.axhline(0, color=GREY, linewidth=0.8)
    if len(lags) > 300:
        axes.plot(lags, values, **styled(style, linestyle="-"))
        return
    axes.vlines(lags, 0, values, **style)
    axes.plot(lags, values, "o", color=style["color"], markersize=3)


def _new_figure(size: tuple[float, float]) -> Figure:
    """Return a figure of pyplot's, so that notebooks and ``plt.show()`` show it."""
    from matplotlib import pyplot as plt

    return plt.figure(figsize=size, layout="constrained")


def new_axes(ax: Axes | None, size: tuple[float, float]) -> Axes:
    """Return the caller's axes, or the only ones of a new figure."""
    return _new_figure(size).add_subplot() if ax is None else ax


def styled(given: dict[str, Any], **defaults: Any) -> dict[str, Any]:
    """Return the caller's settings of a line over the defaults; ``lw`` and ``c`` count as well."""
    from matplotlib import cbook
    from matplotlib.lines import Line2D

    return defaults | cbook.normalize_kwargs(given, Line2D)


def positions_on_axis(index: pd.Index) -> Any:
    """Return where matplotlib draws an index: at times, at numbers, or one after the other."""
    if isinstance(index, pd.PeriodIndex):
        return index.to_timestamp().to_numpy()
    if isinstance(index, pd.DatetimeIndex):
        return index.tz_localize(None).to_numpy()
    if isinstance(index, pd.TimedeltaIndex):
        return index.total_seconds().to_numpy()
    return index.to_numpy() if index.dtype.kind in "iuf" else np.arange(len(index))


def _over_one_index(x: Taken, y: Taken) -> tuple[pd.Series, pd.Series]:
    """Return two series; an array gets the index of the other where the lengths agree."""
    if x.source is None and y.source is not None and x.values.size == y.values.size:
        return pd.Series(x.values, y.index), y.source
    first = pd.Series(x.values) if x.source is None else x.source
    if y.source is not None:
        return first, y.source
    return first, pd.Series(y.values, first.index if first.size == y.values.size else None)


def _label(x: pd.Series) -> str:
    name = "value" if x.name is None else str(x.name)
    unit = x.attrs.get("units")
    return f"{name} ({unit})" if unit else name


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 3] + "..."
