"""The same fits on a cluster: pandas frames in, pandas frames out, for each partition.

`fit_frames` and `forecast_frames` take an iterator of frames and return one, which is the form that
Spark's ``mapInPandas`` wants; `fit_on_cluster` hands `fit_table` to Dask. No engine of our own: the
cluster decides where partitions go, and computes again what a lost worker had.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Hashable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from tsconv.panel.fit import fit_panel
from tsconv.panel.frames import Names, check_names
from tsconv.panel.result import PanelFit
from tsconv.panel.run import Job, fit_table
from tsconv.panel.storage import with_plain_columns

# Partitions for each thread of a cluster: what a lost worker had is little.
_PARTS = 4


def fit_frames(frames: Iterator[pd.DataFrame], **options: Any) -> Iterator[pd.DataFrame]:
    """Fit the series of one partition; the form of Spark's ``mapInPandas``.

    Parameters
    ----------
    frames : iterator of DataFrame
        Pieces of a partition that holds whole series: ``df.repartition("unique_id")``.
    **options
        As in `fit_panel`.

    Yields
    ------
    DataFrame
        One table, a row for each series, failures included. `gather` makes a `PanelFit` of all.

    Examples
    --------
    In Spark, with ``from functools import partial``::

        fit = partial(fit_frames, order=(0, 1, 1))
        schema = "unique_id string, model string, period bigint, n_obs bigint, n_missing bigint, " \
            "loglike double, aic double, aicc double, bic double, sigma2 double, " \
            "converged boolean, note string, reason string, first timestamp, last timestamp, " \
            "step string, spec string, state binary"
        table = df.repartition("unique_id").mapInPandas(fit, schema=schema)
        panel = gather(table.toPandas())
    """
    frame = _whole(frames)
    if frame is not None:
        yield fit_panel(frame, **{"n_threads": 1, "progress": False, **options}).table


def forecast_frames(
    frames: Iterator[pd.DataFrame],
    steps: int,
    *,
    level: float | Sequence[float] = (80, 95),
    exog: pd.DataFrame | None = None,
    **options: Any,
) -> Iterator[pd.DataFrame]:
    """Fit and forecast the series of one partition; the form of Spark's ``mapInPandas``.

    Parameters
    ----------
    frames : iterator of DataFrame
        Pieces of a partition that holds whole series: ``df.repartition("unique_id")``.
    steps, level, exog, **options
        As in `forecast_panel`.

    Yields
    ------
    DataFrame
        The forecasts, with a last column `reason`: null, but for one row for each series that could
        not be fitted, which has nothing else.

    Examples
    --------
    In Spark, with ``from functools import partial``::

        forecast = partial(forecast_frames, steps=12, level=95)
        schema = "unique_id string, ds timestamp, mean double, std_error double, " \
            "lower_95 double, upper_95 double, reason string"
        df.repartition("unique_id").mapInPandas(forecast, schema=schema)
    """
    frame = _whole(frames)
    if frame is None:
        return
    panel = fit_panel(frame, **{"n_threads": 1, "progress": False, **options})
    forecast = panel.forecast(steps, level=level, exog=exog)
    forecast["reason"] = None
    failures = panel.failures
    if len(failures):
        rows = forecast.iloc[:0].reindex(range(len(failures)))
        for name in failures.columns:
            rows[name] = failures[name].to_numpy()
        forecast = pd.concat([forecast, rows.astype({"reason": object})])
    yield forecast.reset_index(drop=True)


def gather(
    table: pd.DataFrame,
    *,
    id_col: Hashable = "unique_id",
    time_col: Hashable = "ds",
    target_col: Hashable = "y",
    exog_cols: Sequence[Hashable] = (),
    freq: Any = None,
) -> PanelFit:
    """Make a `PanelFit` of the tables that `fit_frames` returned, put together."""
    names = Names(id_col, time_col, target_col, tuple(exog_cols))
    return PanelFit(with_plain_columns(table), names, freq)


def fit_on_cluster(df: Any, job: Job) -> pd.DataFrame:
    """Fit a pandas or Dask DataFrame on the cluster of the current client.

    Raises
    ------
    ValueError
        If there is no client.
    """
    dask: Any = importlib.import_module("dask")
    distributed: Any = importlib.import_module("distributed")
    try:
        client = distributed.get_client()
    except ValueError as error:
        raise ValueError(
            "engine='dask' needs a cluster: make a `dask.distributed.Client` first."
        ) from error
    columns = [job.names.id, job.names.time, job.names.target, *job.names.exog]
    df = df[columns]
    if isinstance(df, pd.DataFrame):
        n_parts = _PARTS * max(sum(client.nthreads().values()), 1)
        parts, order = _split(df, job.names, n_parts)
    else:
        order = df[job.names.id].map_partitions(pd.Series.drop_duplicates).compute()
        # All rows of a series must meet in one partition.
        parts = df.shuffle(on=job.names.id).to_delayed()
    tasks = [dask.delayed(fit_table)(part, job, n_threads=1) for part in parts]
    with warnings.catch_warnings():
        # A pandas frame travels in the graph, so that no worker is the only one to have it.
        warnings.filterwarnings("ignore", message="Sending large graph", category=UserWarning)
        tables = list(dask.compute(*tasks))
    filled = [table for table in tables if len(table)] or tables[:1]
    whole = pd.concat(filled, ignore_index=True)
    position = pd.Index(whole[job.names.id]).get_indexer(pd.Index(pd.unique(order)))
    ordered: pd.DataFrame = whole.iloc[position].reset_index(drop=True)
    return ordered


def _split(df: pd.DataFrame, names: Names, n_parts: int) -> tuple[list[pd.DataFrame], Any]:
    """Cut a frame into parts of whole series, in their order."""
    codes, ids = pd.factorize(df[names.id])
    if (codes < 0).any():
        check_names(df, names.id, names.time, names.target, names.exog)
        raise ValueError(
            f"every row must say which series it belongs to; {int((codes < 0).sum())} rows have no"
            f" {names.id!r}. Drop them first."
        )
    n_parts = max(min(n_parts, len(ids)), 1)
    part = codes * n_parts // max(len(ids), 1)
    rows = np.argsort(part, kind="stable")
    edges = np.searchsorted(part[rows], np.arange(n_parts + 1))
    return [df.iloc[rows[edges[k] : edges[k + 1]]] for k in range(n_parts)], ids


def _whole(frames: Iterator[pd.DataFrame]) -> pd.DataFrame | None:
    pieces = [frame for frame in frames if len(frame)]
    return pd.concat(pieces, ignore_index=True) if pieces else None
