"""Fits of all series of a panel on threads: frame in, table out.

`fit_table` is the one function that every engine runs: on the whole frame on threads, on each
partition of a cluster. Its table has a row for each series, in the order of the frame, and is all
that a `PanelFit` is made of. The numbers of a series depend on nothing but the series.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tsconv._checks import check_count
from tsconv.arima.many import N_NUMBERS, Recipe, recipe
from tsconv.arima.report import describe
from tsconv.panel.frames import Names, Panel, take_panel
from tsconv.panel.models import FLAGS, TRANSFORMED, Model, Row, fit_series, n_coefs, spec_to_text
from tsconv.panel.times import is_missing, labels_after

# Series that a thread takes at once: enough to spare the interpreter, few enough to share out.
_MANY, _FEW = 256, 4


@dataclass(frozen=True)
class Job:
    """What is to be done with each series, wherever it runs.

    Attributes
    ----------
    names : Names
    model : Model
    period : int, mapping of id to int, or None
        Rows of a season; None reads it from the times.
    freq : str or None
        Time between rows.
    residuals : bool
        Whether to keep them.
    """

    names: Names
    model: Model
    period: Any = None
    freq: Any = None
    residuals: bool = False


def fit_table(
    frame: pd.DataFrame, job: Job, *, n_threads: int | None = None, progress: bool | None = False
) -> pd.DataFrame:
    """Fit every series of a long frame.

    Returns
    -------
    DataFrame
        A row for each series: id, `model`, `period`, `n_obs`, `n_missing`, `loglike`, `aic`,
        `aicc`, `bic`, `sigma2`, `converged`, `note`, `reason`, `first`, `last`, `step`, `spec`,
        `state`, and `residuals` if they are asked for.
    """
    panel = take_panel(frame, job.names, freq=job.freq)
    periods = seasons(panel, job.period)
    rows = fit_rows(panel, job.model, periods, job.residuals, n_threads, progress)
    return _as_table(panel, rows, periods, job.residuals)


def seasons(panel: Panel, period: Any) -> list[int]:
    """Season of each series: read from its times, given for all, or given by id."""
    if period is None:
        return [panel.season(k) for k in range(panel.n_series)]
    if isinstance(period, (Mapping, pd.Series)):
        unknown = [name for name in panel.ids if name not in period]
        if unknown:
            raise ValueError(
                f"`period` must tell the season of every series; {unknown[0]!r} is not among its"
                f" keys ({len(unknown)} such)."
            )
        return [check_count(int(period[name]), "period", minimum=1) for name in panel.ids]
    return [check_count(period, "period", minimum=1)] * panel.n_series


def fit_rows(
    panel: Panel,
    model: Model,
    periods: Sequence[int],
    residuals: bool = False,
    n_threads: int | None = None,
    progress: bool | None = False,
) -> list[Row]:
    """Fit a model to every series that can be used; a row for each, in their order."""
    size = _FEW if model.order in ("auto", "holt_winters") or residuals else _MANY
    good = [k for k in range(panel.n_series) if k not in panel.reasons]
    parts = [good[i : i + size] for i in range(0, len(good), size)]
    n_gaps = gaps(panel)

    def work(part: list[int]) -> list[Row]:
        with np.errstate(all="ignore"):  # numpy keeps this apart for each thread
            return _fit_part(panel, model, periods, residuals, n_gaps, part)

    rows = [Row(k, None, b"", False, reason=reason) for k, reason in sorted(panel.reasons.items())]
    for done in on_threads(work, parts, n_threads, progress, len(good)):
        rows += done
    rows.sort(key=lambda row: row.position)
    return rows


def gaps(panel: Panel) -> dict[int, bool]:
    """Series with missing values, and whether some lie between observed ones."""
    missing = np.flatnonzero(np.isnan(panel.values))
    which = np.unique(np.searchsorted(panel.starts, missing, side="right") - 1)
    found = {}
    for k in which.tolist():
        seen = np.flatnonzero(~np.isnan(panel.values[panel.rows(k)]))
        found[k] = seen.size == 0 or seen.size < seen[-1] - seen[0] + 1
    return found


def on_threads(
    work: Callable[[list[int]], list[Any]],
    parts: Sequence[list[int]],
    n_threads: int | None,
    progress: bool | None,
    total: int,
) -> Iterator[list[Any]]:
    """Do all parts, in order, on threads; draw a bar on a terminal (`progress` None) or always."""
    if n_threads is None:
        n_threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
    count = min(check_count(n_threads, "n_threads") or os.cpu_count() or 1, max(len(parts), 1))
    with _bar(total, progress) as bar:
        if count == 1:
            yield from _counted(map(work, parts), parts, bar)
            return
        with ThreadPoolExecutor(count) as pool:
            yield from _counted(pool.map(work, parts), parts, bar)


def _counted(done: Iterable[list[Any]], parts: Sequence[list[int]], bar: Any) -> Iterator[Any]:
    for part, result in zip(parts, done, strict=True):
        bar.update(len(part))
        yield result


def _bar(total: int, progress: bool | None) -> Any:
    from tqdm import tqdm

    disable = None if progress is None else not progress
    return tqdm(total=total, disable=disable, unit=" series", leave=False)


def _fit_part(
    panel: Panel,
    model: Model,
    periods: Sequence[int],
    residuals: bool,
    with_gaps: dict[int, bool],
    part: list[int],
) -> list[Row]:
    """Fit some series: plain ones of one model together, the others one by one."""
    rows: list[Row] = []
    slow: list[int] = []
    groups: dict[Any, list[int]] = {}
    exog_names = tuple(map(str, panel.names.exog))
    for k in part:
        spec = model.spec(periods[k], exog_names)
        if spec is None or residuals or with_gaps.get(k) or not Recipe.suits(spec):
            slow.append(k)
        else:
            groups.setdefault(spec, []).append(k)
    for spec, which in groups.items():
        states, left = recipe(spec).fit(panel.values, _edges(panel, which, with_gaps))
        states[:, TRANSFORMED], states[:, FLAGS] = np.nan, model.flags
        for k, state, leave in zip(which, states, left.tolist(), strict=True):
            if leave:
                slow.append(k)
            else:
                rows.append(Row(k, spec, state.tobytes(), True))
    for k in slow:
        at = panel.rows(k)
        row = fit_series(
            k, panel.values[at], panel.exog[at], exog_names, periods[k], model, residuals=residuals
        )
        rows.append(row)
    return rows


def _edges(panel: Panel, which: list[int], with_gaps: dict[int, bool]) -> Any:
    """First and last row (exclusive) with an observation, and missing rows before and after."""
    at = np.array(which)
    edges = np.zeros((at.size, 4), dtype=np.int64)
    edges[:, 0], edges[:, 1] = panel.starts[at], panel.starts[at + 1]
    for i, k in enumerate(which):
        if k in with_gaps:
            seen = np.flatnonzero(~np.isnan(panel.values[panel.rows(k)]))
            before, after = int(seen[0]), int(edges[i, 1] - edges[i, 0] - seen[-1] - 1)
            edges[i] = edges[i, 0] + before, edges[i, 1] - after, before, after
    return edges


def _as_table(
    panel: Panel, rows: list[Row], periods: Sequence[int], residuals: bool
) -> pd.DataFrame:
    n = panel.n_series
    numbers = np.full((n, 3), np.nan)  # observations used, loglike, sigma2
    sizes = np.zeros((n, 2))  # free parameters, observations used up by differencing
    for k, row in enumerate(rows):
        if row.spec is not None:
            head = np.frombuffer(row.state, count=N_NUMBERS + row.spec.n_params)
            numbers[k] = head[0], head[1], head[-1]
            sizes[k] = n_coefs(row.spec, int(head[FLAGS])) + 1, row.spec.n_lost
    used, loglike, sigma2 = numbers.T
    free, lost = sizes.T
    room = used - free - 1
    with np.errstate(all="ignore"):
        aic = -2.0 * loglike + 2.0 * free
        aicc = np.where(room > 0, aic + 2.0 * free * (free + 1) / room, np.inf)
        bic = -2.0 * loglike + free * np.log(used)
    aicc[np.isnan(aic)] = np.nan
    specs = [None if row.spec is None else spec_to_text(row.spec) for row in rows]
    steps = [step.text for step in panel.steps]
    columns: dict[Any, Any] = {
        panel.names.id: panel.ids,
        "model": _texts(None if row.spec is None else _name(row) for row in rows),
        "period": np.array(periods, dtype=np.int64),
        "n_obs": np.where(np.isnan(used), 0, used + lost).astype(np.int64),
        "n_missing": np.array([row.n_missing for row in rows], dtype=np.int64),
        "loglike": loglike,
        "aic": aic,
        "aicc": aicc,
        "bic": bic,
        "sigma2": sigma2,
        "converged": np.array([row.converged for row in rows], dtype=bool),
        "note": _texts(_note(panel, row) for row in rows),
        "reason": _texts(row.reason for row in rows),
        "first": _labels(panel, panel.first),
        "last": _labels(panel, panel.last),
        "step": pd.Series(steps, dtype="str").astype(object),
        "spec": _texts(specs),
        "state": pd.Series([row.state for row in rows], dtype=object),
    }
    if residuals:
        columns["residuals"] = pd.Series([row.residuals or b"" for row in rows], dtype=object)
    return pd.DataFrame(columns)


def _labels(panel: Panel, moments: Any) -> Any:
    """Give times the dtype of the frame's column."""
    if is_missing(moments).any():
        moments = np.where(is_missing(moments), np.zeros(1, dtype=moments.dtype), moments)
    return labels_after(panel.clock, moments, panel.steps, np.zeros(moments.size, dtype=np.int64))


def _name(row: Row) -> str:
    """Name of a model, with the power of a transformation."""
    assert row.spec is not None
    power = np.frombuffer(row.state, count=N_NUMBERS)[TRANSFORMED]
    name = describe(row.spec)
    return name if np.isnan(power) else f"{name}, Box-Cox {power:.2g}"


def _note(panel: Panel, row: Row) -> str | None:
    """Say what to know about a fit, absent times included."""
    absent = int(panel.n_absent[row.position])
    if row.reason is not None or not absent:
        return row.note
    note = f"{absent} times are absent and taken as missing."
    return f"{note} {row.note}" if row.note else note


def _texts(values: Iterable[str | None]) -> Any:
    return pd.Series(list(values), dtype=object)
