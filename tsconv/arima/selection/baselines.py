"""Plain forecasts as ARIMA models, and one table that sets models beside each other.

    fit_model(y, "seasonal_naive", period=12) -> ArimaFit
    compare_models(y, steps=12) -> DataFrame

Each name of `MODELS` is an ARIMA model, so that likelihood, intervals, gaps, kernels and files are
those of every fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from tsconv._checks import FloatArray, check_choice, check_count
from tsconv.arima.choice import Choice
from tsconv.arima.estimate import fit_arrays
from tsconv.arima.report import describe
from tsconv.arima.result import ArimaFit
from tsconv.arima.sample import take_sample
from tsconv.arima.selection.auto import auto_arima, chosen_fit, season_of
from tsconv.arima.selection.scores import coverage, errors, scales
from tsconv.arima.selection.smoothing import fit_holt_winters
from tsconv.arima.spec import ArimaSpec

MODELS = ("auto", "mean", "naive", "drift", "seasonal_naive", "ses", "holt", "holt_winters")
"""Names that `fit_model` knows."""


def fit_model(y: Any, model: str = "auto", *, period: int | None = None) -> ArimaFit:
    r"""Fit a model by name: one chosen by `auto_arima`, or a baseline in its ARIMA form.

    Parameters
    ----------
    y : array_like or Series, shape (n,)
        Observations, equally spaced; missing ones may be anywhere.
    model : str, default "auto"
        One of

        - ``"auto"``: `auto_arima`;
        - ``"mean"``: ARIMA(0,0,0) with mean;
        - ``"naive"``: ARIMA(0,1,0), the last value goes on;
        - ``"drift"``: ARIMA(0,1,0) with drift, the line from the first to the last value;
        - ``"seasonal_naive"``: ARIMA(0,0,0)(0,1,0)[s], the last season goes on;
        - ``"ses"``: ARIMA(0,1,1), simple exponential smoothing with weight ``1 + ma.L1``;
        - ``"holt"``: ARIMA(0,2,2), Holt's linear trend;
        - ``"holt_winters"``: ARIMA(0,1,s+1)(0,1,0)[s] whose coefficients follow from the three
          weights of additive smoothing.

        Without a season, ``"seasonal_naive"`` is ``"naive"`` and ``"holt_winters"`` is ``"holt"``.
    period : int, optional
        Length of the season; by default from the index or the values, as in `auto_arima`.

    Returns
    -------
    ArimaFit
        With intervals as those of `auto_arima`, so that they can be compared.

    Raises
    ------
    ValueError
        If the name is not known, or the series too short.

    See Also
    --------
    compare_models : Several of them, tried on the end of the series.

    References
    ----------
    .. [1] Roberts, S. A. (1982), A general class of Holt-Winters type forecasting models,
       Management Science 28, 808-820.

    Examples
    --------
    >>> from tsconv import datasets, fit_model
    >>> fit_model(datasets.load_nile(), "ses").params.round(2)
    ma.L1        -0.73
    sigma2    20599.87
    Name: estimate, dtype: float64
    """
    check_choice(model, "model", MODELS)
    if model == "auto":
        return auto_arima(y, period=period)
    sample = take_sample(y)
    season = season_of(sample, period)
    if season == 1:
        model = {"seasonal_naive": "naive", "holt_winters": "holt"}.get(model, model)
    nothing = pd.DataFrame({"model": [], "reason": []})
    if model == "holt_winters":
        fitted, _ = fit_holt_winters(sample.y, season)
        choice = Choice(nothing, season, n_coefs=3)
    else:
        fitted = fit_arrays(sample.y, _spec(model, season))
        choice = Choice(nothing, season)
    return chosen_fit(fitted, sample, choice)


def compare_models(
    y: Any,
    *,
    steps: int,
    models: Sequence[str] = MODELS,
    period: int | None = None,
    level: float = 95,
) -> pd.DataFrame:
    r"""Hold the end of a series back, forecast it by several models, and tell how well.

    Parameters
    ----------
    y : array_like or Series, shape (n,)
        Observations.
    steps : int
        How many are held back.
    models : sequence of str
        Names that `fit_model` knows; by default all.
    period : int, optional
        Length of the season.
    level : float, default 95
        Interval whose coverage is counted, in per cent.

    Returns
    -------
    DataFrame
        A row for each model, smallest `mase` first: `model` in words; `mase`, the mean absolute
        error in units of the seasonal naive forecast's in the past; `smape` in per cent, between 0
        and 200; `rmsse`, the like of `mase` with squares; `coverage`, the share inside the
        interval. What cannot be fitted has NaN, and its reason in `model`; a past without change is
        no unit, so that `mase` and `rmsse` are NaN.

    References
    ----------
    .. [1] Hyndman, R. J. and Koehler, A. B. (2006), Another look at measures of forecast accuracy,
       International Journal of Forecasting 22, 679-688.

    Examples
    --------
    >>> from tsconv import compare_models, datasets
    >>> table = compare_models(datasets.load_elnino(), steps=24, models=["seasonal_naive", "drift"])
    >>> table.index.tolist()
    ['seasonal_naive', 'drift']
    """
    n_held = check_count(steps, "steps", minimum=1)
    sample = take_sample(y)
    if sample.n <= n_held:
        raise ValueError(
            f"`steps` must be fewer than the {sample.n} rows of the series; got {n_held}."
        )
    past = pd.Series(sample.y, index=sample.index, name=sample.name).iloc[:-n_held]
    season = season_of(take_sample(past), period)
    rows: dict[str, dict[str, Any]] = {}
    for model in models:
        check_choice(model, "models", MODELS)
        try:
            fit = fit_model(past, model, period=season)
        except ValueError as error:
            rows[model] = {"model": str(error)}
            continue
        ahead = fit.forecast(n_held, level=level)
        rows[model] = {
            "model": describe(fit.spec),
            **accuracy(
                sample.y[:-n_held],
                sample.y[-n_held:],
                ahead["mean"].to_numpy(),
                ahead[f"lower_{level:g}"].to_numpy(),
                ahead[f"upper_{level:g}"].to_numpy(),
                season,
            ),
        }
    columns = ["model", "mase", "smape", "rmsse", "coverage"]
    table = pd.DataFrame.from_dict(rows, orient="index").reindex(columns=columns)
    return table.sort_values("mase", kind="stable")


def accuracy(
    past: FloatArray,
    future: FloatArray,
    mean: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
    period: int,
) -> dict[str, float]:
    """Measures of one forecast: `mase`, `smape`, `rmsse`, `coverage`; missing rows left out."""
    absolute, square = scales(past, period if past.size > period else 1)
    mae, rmse, smape = errors(future, mean)
    return {
        "mase": mae / absolute,
        "smape": smape,
        "rmsse": rmse / square,
        "coverage": coverage(future, lower, upper) / 100,
    }


def _spec(model: str, period: int) -> ArimaSpec:
    if model == "seasonal_naive":
        return ArimaSpec((0, 0, 0), (0, 1, 0, period))
    order, trend = {
        "mean": ((0, 0, 0), "c"),
        "naive": ((0, 1, 0), "n"),
        "drift": ((0, 1, 0), "t"),
        "ses": ((0, 1, 1), "n"),
        "holt": ((0, 2, 2), "n"),
    }[model]
    return ArimaSpec(order, trend=trend)
