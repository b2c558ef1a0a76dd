"""`evaluate_panel`: what forecasts from earlier origins would have been worth."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from tsconv._checks import check_count
from tsconv.arima.selection.scores import coverage, errors, scales
from tsconv.panel.fit import _pandas
from tsconv.panel.forecast import forecast_table
from tsconv.panel.frames import Names, Panel, check_names, take_panel
from tsconv.panel.html import failures_html, first_rows
from tsconv.panel.models import Model
from tsconv.panel.run import as_table, fit_each, seasons

BASELINE = "seasonal_naive"


@dataclass(frozen=True, eq=False, repr=False)
class PanelEvaluation:
    """Accuracy of forecasts from rolling origins.

    Made by `evaluate_panel`.

    Attributes
    ----------
    by_series : DataFrame
        A row for each series and model: id, `model`, `n_windows`, `mase`, `smape`, `rmsse`,
        `coverage_80`, ...: means over the windows.
    forecasts : DataFrame
        All forecasts beside what came: id, `model`, `window`, time, `actual`, `mean`, ...
    failures : DataFrame
        Series and windows a model could not be fitted to: id, `model`, `window`, `reason`.
    """

    by_series: pd.DataFrame
    forecasts: pd.DataFrame
    failures: pd.DataFrame

    @property
    def by_model(self) -> pd.DataFrame:
        """One row for each model, on `model`: means over the series that every model could do.

        `mase_ratio`, `smape_ratio` and `rmsse_ratio` compare with seasonal naive: below 1 is
        better.
        """
        table = self.by_series
        id_col = table.columns[0]
        models = table["model"].unique()
        counts = table.groupby(id_col, sort=False, observed=True)["n_windows"].agg(["size", "min"])
        whole = counts.index[counts["size"] == len(models)]
        common = table[table[id_col].isin(whole)]
        numbers = common.columns[3:]
        means = common.groupby("model", sort=False)[list(numbers)].mean().reindex(models)
        means.insert(0, "n_series", len(whole))
        for name in ("mase", "smape", "rmsse"):
            base: Any = means[name].get(BASELINE, np.nan)
            means[f"{name}_ratio"] = means[name] / base
        return means.rename_axis("model")

    def _repr_html_(self) -> str:
        windows = int(self.by_series["n_windows"].max()) if len(self.by_series) else 0
        head = f"<b>PanelEvaluation</b>, {windows} window{'s' if windows != 1 else ''}"
        table = first_rows(self.by_model.round(3).reset_index(), 20)
        return f"<div>{head}{table}{failures_html(self.failures, 'fits')}</div>"

    def __repr__(self) -> str:
        return f"PanelEvaluation\n{self.by_model.round(3)}"


def evaluate_panel(
    df: Any,
    steps: int,
    *,
    models: Any = "auto",
    n_windows: int = 1,
    step: int | None = None,
    level: float | Sequence[float] = (80, 95),
    period: Any = None,
    id_col: Hashable = "unique_id",
    time_col: Hashable = "ds",
    target_col: Hashable = "y",
    exog_cols: Sequence[Hashable] | None = None,
    freq: Any = None,
    n_threads: int | None = None,
    progress: bool | None = None,
    **options: Any,
) -> PanelEvaluation:
    r"""Fit models to the beginnings of many series, and compare forecasts with what came.

    Parameters
    ----------
    df : DataFrame
        As in `fit_panel`.
    steps : int
        How many rows are forecast from each origin.
    models : order, or mapping of name to order or to keywords, default "auto"
        What is evaluated: anything `fit_panel` takes as `order`, or several under names:
        ``{"auto": "auto", "airline": {"order": (0, 1, 1), "seasonal_order": (0, 1, 1)}}``. Seasonal
        naive is always added.
    n_windows : int, default 1
        Number of origins. The last leaves `steps` rows to be forecast.
    step : int, optional
        Rows from one origin to the next; by default `steps`, so that windows do not overlap.
    level : float or sequence of float, default (80, 95)
        Intervals whose coverage is counted, in per cent.
    period, id_col, time_col, target_col, exog_cols, freq, n_threads, progress, **options
        As in `fit_panel`; options go to models with chosen orders. `period` is also the season m of
        the scales.

    Returns
    -------
    PanelEvaluation
        `by_model`, `by_series`, `forecasts`, `failures`.

    Raises
    ------
    TypeError, ValueError
        As `fit_panel`.

    Notes
    -----
    For one series and one origin n, with forecasts :math:`f_h` of :math:`y_{n+h}`, errors
    :math:`e_h` and season m, bars for means over what is observed:

    .. math::

        \mathrm{MASE} &= \overline{|e_h|} \Big/ \overline{|y_t - y_{t-m}|}, \quad
        \mathrm{RMSSE} = \sqrt{\overline{e_h^2} \Big/ \overline{(y_t - y_{t-m})^2}}, \quad
        t = m+1, \dots, n, \\
        \mathrm{sMAPE} &= 100\; \overline{2 |e_h| / (|y_{n+h}| + |f_h|)} \quad (0/0 = 0),

    and coverage is the share of observations within the interval. A series scores the mean of its
    windows, a model the mean of its series. Scales use the rows before the origin only; a series
    without seasonal change there has none (NaN), and the mean over series leaves it out. Regressors
    of the forecast rows are taken from `df`.

    References
    ----------
    .. [1] Hyndman, R. J. and Koehler, A. B. (2006), Another look at measures of forecast accuracy,
       International Journal of Forecasting 22, 679-688 (MASE).
    .. [2] Makridakis, S. and Hibon, M. (2000), The M3-Competition: results, conclusions and
       implications, International Journal of Forecasting 16, 451-476, appendix A (sMAPE).
    .. [3] Makridakis, S., Spiliotis, E. and Assimakopoulos, V. (2022), The M5 competition:
       background, organization, and implementation, International Journal of Forecasting 38,
       1325-1336 (RMSSE, with m = 1).

    Examples
    --------
    >>> import pandas as pd
    >>> df = pd.DataFrame({"unique_id": "a", "ds": range(8), "y": [1.0, 2, 3, 4, 5, 6, 7, 9]})
    >>> by_model = evaluate_panel(df, 2, models="drift").by_model
    >>> by_model[["mase", "smape", "mase_ratio"]].round(3).reset_index()
                model  mase   smape  mase_ratio
    0           drift   0.5   5.882        0.25
    1  seasonal_naive   2.0  27.692        1.00
    """
    steps = check_count(steps, "steps", minimum=1)
    n_windows = check_count(n_windows, "n_windows", minimum=1)
    step = steps if step is None else check_count(step, "step", minimum=1)
    names = check_names(df, id_col, time_col, target_col, exog_cols)
    chosen = _models(models, options)
    panel = take_panel(_pandas(df), names, freq=freq)
    periods = seasons(panel, period)
    forecasts, failures = [], []
    for window in range(n_windows):
        held_back = steps + (n_windows - 1 - window) * step
        train = _cut(panel, held_back)
        for name, model in chosen.items():
            fits = fit_each(train, model, periods, False, n_threads, progress)
            table = as_table(train, fits, periods, False)
            ahead = _forecasts(panel, table, steps, held_back, level, freq)
            ahead.insert(1, "model", name)
            ahead.insert(2, "window", window)
            forecasts.append(ahead)
            failed = table.loc[table["spec"].isna(), [names.id, "reason"]]
            failed.insert(1, "model", name)
            failed.insert(2, "window", window)
            failures.append(failed)
    every = pd.concat(forecasts, ignore_index=True)
    scored = _score(every, panel, periods, steps, step, n_windows)
    return PanelEvaluation(
        _means(scored, panel, list(chosen)), every, pd.concat(failures, ignore_index=True)
    )


def _models(models: Any, options: Mapping[str, Any]) -> dict[str, Model]:
    """Models by name, seasonal naive among them."""
    if not isinstance(models, Mapping):
        models = {Model(models).name: models}
    chosen = {}
    for name, given in models.items():
        keywords = dict(given) if isinstance(given, Mapping) else {"order": given}
        model = Model(**keywords)
        chosen[str(name)] = replace(model, options=options) if model.order == "auto" else model
    chosen.setdefault(BASELINE, Model(BASELINE))
    return chosen


def _cut(panel: Panel, held_back: int) -> Panel:
    """Leave the last rows of each series out."""
    lengths = np.diff(panel.starts)
    kept = np.maximum(lengths - held_back, 0)
    starts = np.concatenate([[0], np.cumsum(kept)]).astype(np.int64)
    owner = np.repeat(np.arange(kept.size), kept)
    rows = np.arange(starts[-1]) - starts[:-1][owner] + panel.starts[:-1][owner]
    reasons = dict(panel.reasons)
    for k in np.flatnonzero(kept == 0).tolist():
        reasons.setdefault(
            k,
            f"a series must be longer than the {held_back} rows held back; it has"
            f" {int(lengths[k])}. Use fewer windows or steps.",
        )
    return replace(
        panel,
        values=panel.values[rows],
        exog=panel.exog[rows],
        starts=starts,
        n_absent=np.zeros_like(panel.n_absent),
        reasons=reasons,
    )


def _forecasts(
    panel: Panel,
    table: pd.DataFrame,
    steps: int,
    held_back: int,
    level: float | Sequence[float],
    freq: Any,
) -> pd.DataFrame:
    """Forecasts of the `steps` rows after each origin, with what came."""
    names = panel.names
    which = np.flatnonzero(table["spec"].notna().to_numpy())
    first = panel.starts[1:][which] - held_back
    at = first[:, None] + np.arange(steps)
    table = table.copy()
    back = np.full(panel.n_series, -held_back, dtype=np.int64)
    table["last"] = panel.labels(np.arange(panel.n_series), back).to_numpy(copy=False)
    table["last"] = table["last"].astype(panel.labels(which[:1], back[:1]).dtype)
    future = None
    if names.exog:
        plain = Names(names.id, names.time, names.target)
        bare = table.assign(spec=table["spec"].where(table["spec"].isna(), _MEAN))
        future = forecast_table(bare, steps, plain, level=50, freq=freq)[[names.id, names.time]]
        for k, column in enumerate(names.exog):
            future[column] = panel.exog[at.reshape(-1), k]
    ahead = forecast_table(table, steps, names, level=level, exog=future, freq=freq)
    ahead.insert(2, "actual", panel.values[at.reshape(-1)])
    ahead.insert(3, "_series", np.repeat(which, steps))
    return ahead


_MEAN = '{"order":[0,0,0],"seasonal_order":[0,0,0,0],"trend":"n","exog":[],"fixed":{}}'


def _score(
    every: pd.DataFrame,
    panel: Panel,
    periods: Sequence[int],
    steps: int,
    step: int,
    n_windows: int,
) -> pd.DataFrame:
    """Scores of each series, model and window."""
    levels = [name[6:] for name in every.columns if str(name).startswith("lower_")]
    rows = []
    known: dict[tuple[int, int], tuple[float, float]] = {}
    series, windows = every.pop("_series").to_numpy(), every["window"].to_numpy()
    numbers = {name: every[name].to_numpy() for name in every.columns[5:]}
    actual = every["actual"].to_numpy()
    models = every["model"].to_numpy()
    for at in range(0, len(every), steps):
        k, window, part = int(series[at]), int(windows[at]), slice(at, at + steps)
        if (k, window) not in known:
            held_back = steps + (n_windows - 1 - window) * step
            y = panel.values[panel.starts[k] : panel.starts[k + 1] - held_back]
            known[k, window] = scales(y, periods[k])
        absolute, square = known[k, window]
        mae, rmse, smape = errors(actual[part], numbers["mean"][part])
        row = {"series": k, "model": models[at], "window": window}
        row |= {"mase": mae / absolute, "smape": smape, "rmsse": rmse / square}
        for name in levels:
            limits = numbers[f"lower_{name}"][part], numbers[f"upper_{name}"][part]
            row[f"coverage_{name}"] = coverage(actual[part], *limits)
        rows.append(row)
    columns = ["series", "model", "window", "mase", "smape", "rmsse"]
    return pd.DataFrame(rows, columns=[*columns, *(f"coverage_{name}" for name in levels)])


def _means(scored: pd.DataFrame, panel: Panel, models: list[str]) -> pd.DataFrame:
    """Means over windows, series by series and model by model."""
    numbers = list(scored.columns[3:])
    grouped = scored.groupby(["series", "model"], sort=False)
    means = grouped[numbers].mean()
    means.insert(0, "n_windows", grouped.size())
    means = means.reset_index()
    order = means["model"].map({name: k for k, name in enumerate(models)})
    means = means.iloc[np.lexsort((order, means["series"]))].reset_index(drop=True)
    ids = panel.ids.take(means.pop("series").to_numpy(dtype=np.int64))
    means.insert(0, panel.names.id, ids)
    return means
