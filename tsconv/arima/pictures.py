"""Pictures of fits: ``ax`` in, ``Axes`` out; four panels return their ``Figure``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from tsconv._checks import check_count
from tsconv.plot import BLUE, GREY, ORANGE, new_axes, positions_on_axis, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tsconv.arima.result import ArimaFit


def plot_fit(
    fit: ArimaFit,
    *,
    steps: int | None = None,
    exog: Any = None,
    n_last: int | None = None,
    ax: Axes | None = None,
    **kwargs: Any,
) -> Axes:
    """Draw a series, its fitted values, and the forecast with its intervals.

    Parameters
    ----------
    fit : ArimaFit
        A fit with its observations.
    steps : int, optional
        Steps of the forecast, 0 for none; by default two seasons or 10, and none for a model with
        regressors whose future is not given.
    exog : array_like, Series or DataFrame, optional
        Regressors of these steps.
    n_last : int, optional
        Rows of the past that are drawn; by default six times the forecast, at least 100.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.
    **kwargs
        Passed on to the line of the series.

    Returns
    -------
    matplotlib.axes.Axes
    """
    sample = fit._data
    steps = steps_to_show(fit, steps, exog)
    rows = max(6 * steps, 100) if n_last is None else check_count(n_last, "n_last", minimum=1)
    axes = new_axes(ax, (9.0, 4.0))
    past = slice(max(sample.n - rows, 0), None)
    observed = fit.observed.iloc[past]
    name = "observed" if sample.name is None else str(sample.name)
    at = positions_on_axis(observed.index)
    style = styled(kwargs, color=GREY, linestyle="-", linewidth=1.2, label=name)
    axes.plot(at, observed.to_numpy(), **style)
    axes.plot(at, fit.fitted.iloc[past].to_numpy(), "-", color=BLUE, lw=1.0, label="fitted")
    if steps:
        table = fit.forecast(steps, exog=exog)
        future = positions_on_axis(table.index)
        for level, alpha in ((95, 0.15), (80, 0.25)):
            axes.fill_between(
                future,
                table[f"lower_{level}"].to_numpy(),
                table[f"upper_{level}"].to_numpy(),
                color=ORANGE,
                alpha=alpha,
                lw=0,
                label=f"{level} % interval",
            )
        axes.plot(future, table["mean"].to_numpy(), "-", color=ORANGE, lw=1.5, label="forecast")
    from tsconv.arima.report import describe

    title = describe(fit.spec)
    axes.set(title=title, xlabel=_axis_label(observed.index), ylabel=name)
    axes.legend(fontsize="small", framealpha=0.85, edgecolor="none")
    return axes


def steps_to_show(fit: ArimaFit, steps: int | None, exog: Any) -> int:
    """Return steps a picture shows: as asked, else two seasons or 10, none without regressors."""
    if steps is not None:
        return check_count(steps, "steps")
    season = fit.spec.period if fit.spec.period > 1 else 5
    return 0 if (fit._exog_names and exog is None) else 2 * season


def plot_fit_diagnostics(fit: ArimaFit, *, n_lags: int | None = None) -> Figure:
    """Draw the standardized innovations: in time, as a distribution, against the normal, their acf.

    Parameters
    ----------
    fit : ArimaFit
        A fit with its observations.
    n_lags : int, optional
        Largest lag of the autocorrelations; by default ``10 log10(n)``, or two seasons.

    Returns
    -------
    matplotlib.figure.Figure
        Four panels.
    """
    from statistics import NormalDist

    import matplotlib.pyplot as plt

    standardized = fit.standardized
    e_of_all = standardized.to_numpy()
    e = e_of_all[np.isfinite(e_of_all)]
    if e.size < 2:
        raise ValueError(f"there must be at least 2 innovations to draw; got {e.size}.")
    figure, panels = plt.subplots(2, 2, figsize=(9, 6), layout="constrained")
    times, density, normal, memory = panels.ravel()

    times.axhline(0, color=GREY, lw=0.8)
    times.plot(positions_on_axis(standardized.index), e_of_all, "-", color=BLUE, lw=0.9)
    times.set(
        title="standardized innovations",
        xlabel=_axis_label(standardized.index),
        ylabel="standard deviations",
    )

    grid = np.linspace(min(-3.5, e.min()), max(3.5, e.max()), 200)
    density.hist(e, bins="auto", density=True, color=BLUE, alpha=0.4, label="innovations")
    curve = np.exp(-0.5 * grid**2) / np.sqrt(2 * np.pi)
    density.plot(grid, curve, color=ORANGE, linestyle="--", label="normal")
    density.set(title="distribution", xlabel="standard deviations", ylabel="density")
    density.legend(frameon=False, fontsize="small")

    quantiles = [NormalDist().inv_cdf((k + 0.5) / e.size) for k in range(e.size)]
    normal.plot(quantiles, quantiles, "-", color=ORANGE, lw=1)
    normal.plot(quantiles, np.sort(e), ".", color=BLUE, ms=4)
    normal.set(title="against the normal", xlabel="normal quantile", ylabel="innovation")

    table = error_correlations(fit, n_lags)
    if len(table):
        memory.axhspan(table["lower"].iloc[0], table["upper"].iloc[0], color=GREY, alpha=0.25, lw=0)
        memory.vlines(table.index, 0, table["r"], color=BLUE)
        memory.xaxis.get_major_locator().set_params(integer=True)
    memory.axhline(0, color=GREY, lw=0.8)
    memory.set(title="autocorrelation", xlabel="lag (samples)", ylabel="correlation")
    return figure


def error_correlations(fit: ArimaFit, n_lags: int | None = None) -> pd.DataFrame:
    """Autocorrelations of the standardized innovations from lag 1 on, with their band: see `acf`.

    Two seasons by default, or ``10 log10(n)`` lags. Innovations that do not vary have none.
    """
    from tsconv.correlation import acf

    e = fit.standardized.dropna().to_numpy()
    count = 2 * fit.spec.period if fit.spec.period > 1 else int(10 * np.log10(max(e.size, 1)))
    count = count if n_lags is None else check_count(n_lags, "n_lags", minimum=1)
    count = min(count, e.size - 1)
    if count < 1 or np.ptp(e) == 0:
        return pd.DataFrame(columns=["r", "lower", "upper"], dtype=float)
    return acf(e, n_lags=count).iloc[1:]


def _axis_label(index: pd.Index) -> str:
    if index.name is not None:
        return str(index.name)
    if isinstance(index, (pd.DatetimeIndex, pd.PeriodIndex)):
        return "time"
    return "time (seconds)" if isinstance(index, pd.TimedeltaIndex) else "row"
