"""The report of a fit: model, kernels, errors, forecast, and statsmodels beside it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from tsconv.arima.pictures import error_correlations, steps_to_show
from tsconv.arima.report import describe
from tsconv.plot import BLUE, GREY, ORANGE
from tsconv.report.page import (
    Section,
    check_plotly,
    escaped,
    faded,
    figure_html,
    label,
    new_figure,
    table_html,
    write_page,
)

if TYPE_CHECKING:
    from tsconv.arima.result import ArimaFit


def report_fit(
    fit: ArimaFit,
    path: str | os.PathLike[str],
    *,
    steps: int | None = None,
    exog: Any = None,
    compare: bool = True,
) -> None:
    """Write a fit as one HTML file: estimates, kernels, residuals, forecast, comparison.

    Parameters
    ----------
    fit : ArimaFit
        A fit with its observations.
    path : path
        The file; replaced whole or not at all.
    steps : int, optional
        Steps of the forecast; by default two seasons or 10, none for a model with regressors whose
        future is not given.
    exog : array_like, Series or DataFrame, optional
        Regressors of these steps.
    compare : bool, default True
        Fit the same model by statsmodels and show both side by side (seconds).

    Raises
    ------
    ImportError
        If plotly is not installed.
    ValueError
        If the fit was loaded without its observations.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from tsconv import datasets, fit_arima
    >>> from tsconv.report import report_fit
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "nile.html"
    >>> report_fit(fit_arima(datasets.load_nile(), (0, 1, 1)), path, compare=False)
    >>> path.stat().st_size > 1_000_000  # the script that draws is inside
    True
    """
    check_plotly()
    sample = fit._data
    observed = fit.observed
    title = "a series" if sample.name is None else str(sample.name)
    steps = steps_to_show(fit, steps, exog)
    sections = [
        Section("Estimates", table_html(fit.glance()) + "<br>" + table_html(fit.table())),
        Section("Series and forecast", _series(fit, observed.rename(title), steps, exog)),
        Section("The model as a kernel", _kernels(fit)),
        Section("What is left", _errors(fit) + table_html(fit.diagnostics())),
    ]
    if compare:
        sections.append(Section("Beside statsmodels", _comparison(fit)))
    lead = f"{title}, {fit.n_obs} observations. Drag to zoom, double-click to come back."
    write_page(path, describe(fit.spec), lead, sections)


def _series(fit: ArimaFit, observed: pd.Series, steps: int, exog: Any) -> str:
    """Draw the series, one-step predictions, and the forecast with its intervals."""
    figure = new_figure(height=420)
    at = _labels(observed.index)
    name = label(observed.name)
    figure.add_scatter(x=at, y=observed.to_numpy(), name=name, line={"color": GREY, "width": 1.4})
    figure.add_scatter(
        x=at, y=fit.fitted.to_numpy(), name="fitted", line={"color": BLUE, "width": 1.1}
    )
    if steps:
        table = fit.forecast(steps, exog=exog)
        ahead = _labels(table.index)
        for level, colour in ((95, faded(ORANGE, 0.15)), (80, faded(ORANGE, 0.25))):
            figure.add_scatter(
                x=[*ahead, *ahead[::-1]],
                y=[*table[f"upper_{level}"], *table[f"lower_{level}"][::-1]],
                fill="toself",
                fillcolor=colour,
                line={"width": 0},
                hoverinfo="skip",
                name=f"{level} % interval",
            )
        figure.add_scatter(
            x=ahead, y=table["mean"].to_numpy(), name="forecast", line={"color": ORANGE, "width": 2}
        )
    figure.update_xaxes(title=label(observed.index.name or "time"))
    figure.update_yaxes(title=name)
    return figure_html(figure, "series")


def _kernels(fit: ArimaFit) -> str:
    """Write both kernels, and draw their first weights."""
    count = int(np.clip(3 * max(fit.spec.period, 1), 24, 120))
    titles = (
        "psi weights: how an error lives on",
        "pi weights: how it is read off the series",
    )
    figure = new_figure(2, height=460, titles=titles)
    for row, weights in enumerate((fit.psi_weights(count), fit.pi_weights(count)), 1):
        figure.add_bar(
            x=np.arange(count),
            y=weights,
            marker_color=BLUE,
            width=0.35,
            showlegend=False,
            row=row,
            col=1,
        )
        figure.update_yaxes(title="weight", row=row, col=1)
    figure.update_xaxes(title="lag (samples)", row=2, col=1)
    words = (
        f"<p>White noise through <code>{escaped(fit.coloring)}</code> gives the series;"
        f" the series through <code>{escaped(fit.whitening)}</code> gives the noise back.</p>"
    )
    return words + figure_html(figure, "kernels")


def _errors(fit: ArimaFit) -> str:
    """Draw the standardized innovations in time and their autocorrelations."""
    standardized = fit.standardized
    e = standardized.to_numpy()
    figure = new_figure(2, height=480, titles=("standardized innovations", "their autocorrelation"))
    figure.add_scatter(
        x=_labels(standardized.index),
        y=e,
        line={"color": BLUE, "width": 1},
        showlegend=False,
        row=1,
        col=1,
    )
    table = error_correlations(fit)
    if len(table):
        figure.add_bar(
            x=table.index,
            y=table["r"],
            marker_color=BLUE,
            width=0.35,
            showlegend=False,
            row=2,
            col=1,
        )
        band = float(table["upper"].iloc[0])
        reach = 1.4 * max(band, float(table["r"].abs().max()))
        figure.update_yaxes(range=[-reach, reach], row=2, col=1)
        figure.add_hrect(-band, band, fillcolor=GREY, opacity=0.25, line_width=0, row=2, col=1)
    figure.update_xaxes(title="lag (samples)", row=2, col=1)
    return figure_html(figure, "errors")


def _comparison(fit: ArimaFit) -> str:
    """Return the table beside statsmodels, or the reason why there is none."""
    try:
        return table_html(fit.compare())
    except (ValueError, TypeError, ArithmeticError, np.linalg.LinAlgError) as error:
        return f"<p>statsmodels could not fit this model: {escaped(error)}</p>"


def _labels(index: pd.Index) -> list[Any]:
    """Return labels that plotly draws: times, numbers, or text."""
    if isinstance(index, pd.PeriodIndex):
        index = index.to_timestamp()
    if isinstance(index, pd.TimedeltaIndex):
        return list(index.total_seconds())
    if isinstance(index, pd.DatetimeIndex):
        return list(index.strftime("%Y-%m-%dT%H:%M:%S.%f"))
    if pd.api.types.is_numeric_dtype(index.dtype):
        return list(index)
    return [escaped(label) for label in index]
