"""Pictures of spectra: ``ax`` in, ``Axes`` out.

`plot_spectrum` (amplitude or power against frequency), `plot_bands` (the bars of an equalizer, or
bands over time), `plot_compression` (error against ratio).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from tsconv._checks import check_choice
from tsconv._style import COLOUR_MAP
from tsconv.plot import BLUE, GREY, new_axes, positions_on_axis, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_spectrum(
    table: pd.DataFrame,
    *,
    column: str | None = None,
    ax: Axes | None = None,
    **kwargs: Any,
) -> Axes:
    """Draw a spectrum against frequency.

    Parameters
    ----------
    table : DataFrame
        From `spectrum`.
    column : str, optional
        What to draw: ``"amplitude"``, ``"power"`` or ``"phase"``; by default the amplitude, or the
        power (on a logarithmic scale) where there is no amplitude.
    ax : matplotlib Axes, optional
        Where to draw; a new one by default.
    **kwargs
        Handed to the line.

    Returns
    -------
    matplotlib.axes.Axes
    """
    wanted = column or ("amplitude" if "amplitude" in table else "power")
    check_choice(wanted, "column", map(str, table.columns))
    axes = new_axes(ax, (9.0, 3.5))
    style = styled(kwargs, color=BLUE, linestyle="-", linewidth=1.0)
    axes.plot(table.index.to_numpy(), table[wanted].to_numpy(), **style)
    if wanted == "power" and bool((table[wanted] > 0).any()):
        axes.set_yscale("log")
        # What is zero but for rounding, as at 0 without the mean, must not stretch the axis.
        drawn = [np.asarray(line.get_data(orig=False)) for line in axes.lines]
        waves = np.concatenate([power[places != 0] for places, power in drawn])
        waves = waves[waves > 1e-15 * np.nanmax(waves, initial=0.0)]
        if waves.size:
            axes.set_ylim(bottom=float(waves.min()) / 2, auto=None)
    label = "phase (radians)" if wanted == "phase" else wanted
    axes.set(xlabel=f"frequency ({table.attrs.get('unit', 'cycles per sample')})", ylabel=label)
    axes.margins(x=0.01)
    return axes


def plot_bands(levels: pd.DataFrame, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
    """Draw the levels of bands: bars for one window, a picture of time and band for more.

    Parameters
    ----------
    levels : DataFrame
        From `band_levels`.
    ax : matplotlib Axes, optional
        Where to draw; a new one by default.
    **kwargs
        Handed to the bars, or to ``pcolormesh``.

    Returns
    -------
    matplotlib.axes.Axes
    """
    if levels.empty:
        raise ValueError("`levels` must have at least one band and one window; it is empty.")
    unit = levels.attrs.get("unit", "cycles per sample")
    what = "level (dB)" if levels.attrs.get("scale", "db") == "db" else "power"
    names = [f"{name:g}" for name in levels.columns]
    places = np.arange(len(names))
    values = levels.to_numpy(dtype=np.float64, copy=True)
    silent = np.isneginf(values)
    values[~np.isfinite(values)] = np.nan
    axes = new_axes(ax, (9.0, 4.0))
    ticks = places[:: -(-len(names) // 16)]
    shown = [names[k] for k in ticks]
    if len(levels) == 1:
        # Decibels have no zero: the bars stand on a floor of 60 dB below the highest.
        row = values[0]
        floor = float(np.nanmax(row)) - 60 if "dB" in what and not np.isnan(row).all() else 0.0
        style: dict[str, Any] = {"color": BLUE, "width": 0.85} | kwargs
        axes.bar(places, np.maximum(row - floor, 0.0), bottom=floor, **style)
        axes.set_xticks(ticks, shown, rotation=45)
        axes.set(xlabel=f"band ({unit})", ylabel=what)
        return axes
    # Silence, minus infinity in decibels, is as dark as the faintest sound and not a gap.
    values[silent] = np.nanmin(values, initial=np.inf) if np.isfinite(values).any() else np.nan
    times = positions_on_axis(levels.index)
    style = {"shading": "nearest", "cmap": COLOUR_MAP} | kwargs
    mesh = axes.pcolormesh(times, places, values.T, **style)
    axes.figure.colorbar(mesh, ax=axes, label=what)
    axes.set_yticks(ticks, shown)
    name = str(levels.index.name or "time")
    axes.set(xlabel="time (s)" if name == "time" else name, ylabel=f"band ({unit})")
    return axes


def plot_compression(errors: pd.DataFrame, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
    """Draw the error of a compression against its ratio, both on logarithmic scales.

    Parameters
    ----------
    errors : DataFrame
        From `compression_errors`.
    ax : matplotlib Axes, optional
        Where to draw; a new one by default.
    **kwargs
        Handed to the line: a ``label`` where several are compared.

    Returns
    -------
    matplotlib.axes.Axes
    """
    axes = new_axes(ax, (7.0, 4.0))
    shown = errors[errors["error"] > 0]
    axes.axvline(1.0, color=GREY, linewidth=0.8)
    style = styled(kwargs, color=BLUE, linestyle="-")
    axes.plot(shown["ratio"].to_numpy(), shown["error"].to_numpy(), **style)
    axes.set(xscale="log", yscale="log", xlabel="ratio (bytes before / after)")
    axes.set_ylabel("error (share of root mean square)")
    return axes
