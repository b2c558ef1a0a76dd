"""`fit_panel` and `forecast_panel`: the front door to many series."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Sequence
from typing import Any

import pandas as pd

from tsconv._checks import check_choice
from tsconv.panel.frames import check_names
from tsconv.panel.models import Model
from tsconv.panel.result import PanelFit
from tsconv.panel.run import Job, fit_table

ENGINES = ("threads", "dask")


def fit_panel(
    df: Any,
    *,
    order: Any = "auto",
    seasonal_order: Sequence[Any] = (0, 0, 0),
    trend: Any = None,
    period: Any = None,
    id_col: Hashable = "unique_id",
    time_col: Hashable = "ds",
    target_col: Hashable = "y",
    exog_cols: Sequence[Hashable] | None = None,
    freq: Any = None,
    residuals: bool = False,
    engine: str = "threads",
    n_threads: int | None = None,
    progress: bool | None = None,
    **options: Any,
) -> PanelFit:
    r"""Fit an ARIMA model to each of many series.

    Parameters
    ----------
    df : DataFrame, or Dask DataFrame with ``engine="dask"``
        Long form, a row for each series and time, in any order. Ids may be of any kind, times
        dates, periods, durations or whole numbers.
    order : "auto", (p, d, q) or str, default "auto"
        Orders found for each series as by `auto_arima`, the same orders for all, or a baseline of
        `fit_model`: "mean", "naive", "seasonal_naive", "drift", "ses", "holt", "holt_winters".
    seasonal_order : (P, D, Q) or (P, D, Q, s), default (0, 0, 0)
        With given orders. Without s, the season is that of each series.
    trend : {"n", "c", "t", "ct"} or sequence of 0 and 1, optional
        As in `fit_arima`, with given orders.
    period : int or mapping of id to int, optional
        Rows of a season; by default read from the times: 12 for months, 4 for quarters, 52 for
        weeks, 7 for days, 5 for working days, 24 for hours; see `auto_arima`. Whole
        numbers tell none: it is 1, and `warnings` says so where a season would matter.
    id_col, time_col, target_col : hashable
        Names of the columns.
    exog_cols : sequence, optional
        Columns with regressors; by default all other columns.
    freq : str or DateOffset, optional
        Time between rows; by default the shortest step of each series, months and working days
        recognised.
    residuals : bool, default False
        Keep the one-step errors: 8 bytes for each row.
    engine : {"threads", "dask"}
        Threads of this machine, or the cluster of the current ``dask.distributed.Client``.
    n_threads : int, optional
        Number of threads; default one for each processor this process may use.
    progress : bool, optional
        Draw a progress bar; by default on a terminal only.
    **options
        Options of `auto_arima`, with ``order="auto"``: `search`, `criterion`, `lambda_`,
        `bias_adjust`, `d`, `seasonal_d`, `max_order`, `max_seasonal_order`, `constant`.

    Returns
    -------
    PanelFit
        `params`, `fits`, `failures`, `warnings` as tables, `forecast(steps)`.

    Raises
    ------
    TypeError, ValueError
        If the frame as a whole cannot be used, or orders make no sense. What is wrong with one
        series is a row of `failures`, and the others go on.

    See Also
    --------
    forecast_panel : Forecasts in one call.
    evaluate_panel : How good such forecasts would have been.
    fit_arima, auto_arima : One series.

    Notes
    -----
    Absent times become missing values, which the likelihood treats exactly; `warnings` counts them.
    A time that occurs twice, or lies between the steps, is a failure of that series.
    The numbers of a series depend on nothing but its rows: not on the other series, the number of
    threads or the engine. Cost is linear in the number of series; fits release the interpreter's
    lock, plain series (no gaps, no regressors) of fixed orders for hundreds of series at a time.

    References
    ----------
    .. [1] Hyndman, R. J. and Khandakar, Y. (2008), Automatic time series forecasting: the forecast
       package for R, Journal of Statistical Software 27(3).

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> months = pd.date_range("2020-01-01", periods=48, freq="MS")
    >>> wave = np.sin(2 * np.pi * np.arange(48) / 12)
    >>> rng = np.random.default_rng(1)
    >>> df = pd.concat(
    ...     pd.DataFrame({"unique_id": k, "ds": months, "y": size * (wave + rng.normal(size=48))})
    ...     for k, size in (("small", 1.0), ("large", 100.0))
    ... )
    >>> panel = fit_panel(df, order=(0, 0, 0), seasonal_order=(0, 1, 1))
    >>> panel
    PanelFit of 2 series: ARIMA(0,0,0)(0,1,1)[12] (2)
    >>> panel.fits[["unique_id", "period", "n_obs", "converged"]]
      unique_id  period  n_obs  converged
    0     small      12     48       True
    1     large      12     48       True
    """
    check_choice(engine, "engine", ENGINES)
    names = check_names(df, id_col, time_col, target_col, exog_cols)
    model = Model(order, tuple(seasonal_order), trend, options)
    job = Job(names, model, period, freq, residuals)
    if engine == "dask":
        from tsconv.panel.distribute import fit_on_cluster

        table = fit_on_cluster(df, job)
    else:
        table = fit_table(_pandas(df), job, n_threads=n_threads, progress=progress)
    return PanelFit(table, names, freq)


def forecast_panel(
    df: Any,
    steps: int,
    *,
    level: float | Sequence[float] = (80, 95),
    exog: pd.DataFrame | None = None,
    **options: Any,
) -> pd.DataFrame:
    """Fit a model to each of many series, and forecast them.

    Parameters
    ----------
    df : DataFrame
        As in `fit_panel`.
    steps : int
        How many rows after the last of each series.
    level : float or sequence of float, default (80, 95)
        Coverage of the intervals in per cent.
    exog : DataFrame, optional
        Regressors of the coming rows, with id and time, if there are regressors.
    **options
        As in `fit_panel`.

    Returns
    -------
    DataFrame
        A row for each series and coming time, in the order of `df`: id, time, `mean`, `std_error`,
        `lower_80`, `upper_80`, ...

    Warns
    -----
    UserWarning
        If series could not be fitted; they have no rows. `fit_panel(...).failures` says why.

    See Also
    --------
    fit_panel : The models themselves.

    Examples
    --------
    >>> import pandas as pd
    >>> df = pd.DataFrame({"unique_id": "a", "ds": range(6), "y": [1.0, 3, 2, 5, 4, 6]})
    >>> forecast_panel(df, 2, order="naive", level=90).round(2)
      unique_id  ds  mean  std_error  lower_90  upper_90
    0         a   6   6.0       1.95      2.07      9.93
    1         a   7   6.0       2.76      0.44     11.56
    """
    panel = fit_panel(df, **options)
    failures = panel.failures
    if len(failures):
        first = failures.iloc[0]
        warnings.warn(
            f"{len(failures)} of {len(panel)} series could not be fitted and have no forecasts;"
            f" {first.iloc[0]!r}: {first['reason']} See `fit_panel(...).failures` for all.",
            UserWarning,
            stacklevel=2,
        )
    return panel.forecast(steps, level=level, exog=exog)


def _pandas(df: Any) -> pd.DataFrame:
    if isinstance(df, pd.DataFrame):
        return df
    raise TypeError(
        f"`df` must be a pandas DataFrame; got {type(df).__module__}.{type(df).__name__}. A Dask"
        ' DataFrame takes `engine="dask"`.'
    )
