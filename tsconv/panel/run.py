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
from tsconv.arima.spec import ArimaSpec
from tsconv.panel.frames import Names, Panel, take_panel
from tsconv.panel.models import FLAGS, TRANSFORMED, Model, Row, fit_series, n_coefs, spec_to_text
from tsconv.panel.times import is_missing, labels_at

# Series that a thread takes at once, at most: enough to spare the interpreter.
_MANY, _FEW = 256, 4
# Shares of what is left that each thread gets: they shrink, so that all threads end together.
_SHARES = 4

_NO_SEASON = "Whole numbers tell no season; it is taken as 1. Give `period` if there is one."


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
    if job.period is None and panel.clock.kind == "number" and job.model.seasonal:
        rows = [row._replace(note=_noted(_NO_SEASON, row.note)) for row in rows]
    return _as_table(panel, rows, periods, job.residuals)


def seasons(panel: Panel, period: Any) -> list[int]:
    """Season of each series: read from its times, given for all, or given by id."""
    if period is None:
        some = {step: k for k, step in enumerate(panel.steps)}
        each = {step: panel.season(k) for step, k in some.items()}
        return [each[step] for step in panel.steps]
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
    count = threads(n_threads)
    n_gaps = gaps(panel)
    names = tuple(map(str, panel.names.exog))
    specs = {period: model.spec(period, names) for period in {periods[k] for k in good}}

    def work(part: list[int]) -> list[Row]:
        with np.errstate(all="ignore"):  # numpy keeps this apart for each thread
            return _fit_part(panel, model, periods, specs, residuals, n_gaps, part)

    rows = [Row(k, None, b"", False, reason=reason) for k, reason in sorted(panel.reasons.items())]
    for done in on_threads(work, shares(good, count, size), count, progress):
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
    count: int,
    progress: bool | None,
) -> Iterator[list[Any]]:
    """Do all parts, in order, on threads; draw a bar on a terminal (`progress` None) or always."""
    count = min(count, max(len(parts), 1))
    with _bar(sum(map(len, parts)), progress) as bar:
        if count == 1:
            yield from _counted(map(work, parts), parts, bar)
            return
        with ThreadPoolExecutor(count) as pool:
            yield from _counted(pool.map(work, parts), parts, bar)


def threads(n_threads: int | None) -> int:
    """Count the threads to use: as many as asked for, or one for each processor allowed."""
    if n_threads is None:
        n_threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
    return check_count(n_threads, "n_threads") or os.cpu_count() or 1


def shares(which: list[int], count: int, largest: int) -> list[list[int]]:
    """Cut a list for some threads: up to `largest` at once, fewer and fewer towards the end."""
    parts, at = [], 0
    while at < len(which):
        size = min(max((len(which) - at) // (_SHARES * count), 1), largest)
        parts.append(which[at : at + size])
        at += size
    return parts


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
    specs: Mapping[int, ArimaSpec | None],
    residuals: bool,
    with_gaps: dict[int, bool],
    part: list[int],
) -> list[Row]:
    """Fit some series: plain ones of one model together, the others one by one."""
    rows: list[Row] = []
    slow: list[int] = []
    groups: dict[int, list[int]] = {}
    plain = {}
    for period, spec in specs.items():
        if spec is not None and Recipe.suits(spec) and not residuals:
            plain[period] = spec
    exog_names = tuple(map(str, panel.names.exog))
    for k in part:
        if with_gaps.get(k) or periods[k] not in plain:
            slow.append(k)
        else:
            groups.setdefault(periods[k], []).append(k)
    for period, which in groups.items():
        spec = plain[period]
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
    numbers = np.full((n, 4), np.nan)  # observations used, loglike, power, sigma2
    sizes = np.zeros((n, 2))  # free parameters, observations used up by differencing
    names, specs = np.full(n, None, dtype=object), np.full(n, None, dtype=object)
    groups: dict[int, list[int]] = {}
    for k, row in enumerate(rows):
        if row.spec is not None:
            groups.setdefault(id(row.spec), []).append(k)
    for group in groups.values():
        spec = rows[group[0]].spec
        assert spec is not None
        size = 8 * (N_NUMBERS + spec.n_params)
        states = np.frombuffer(b"".join([rows[k].state[:size] for k in group]))
        states = states.reshape(len(group), -1)
        numbers[group] = states[:, [0, 1, TRANSFORMED, -1]]
        counts = [n_coefs(spec, flags) + 1 for flags in states[:, FLAGS].astype(int).tolist()]
        sizes[group, 0], sizes[group, 1] = counts, spec.n_lost
        names[group], specs[group] = describe(spec), spec_to_text(spec)
    for k in np.flatnonzero(~np.isnan(numbers[:, 2])).tolist():
        names[k] = f"{names[k]}, Box-Cox {numbers[k, 2]:.2g}"
    used, loglike, _, sigma2 = numbers.T
    free, lost = sizes.T
    room = used - free - 1
    with np.errstate(all="ignore"):
        aic = -2.0 * loglike + 2.0 * free
        aicc = np.where(room > 0, aic + 2.0 * free * (free + 1) / room, np.inf)
        bic = -2.0 * loglike + free * np.log(used)
    aicc[np.isnan(aic)] = np.nan
    texts = {step: step.text for step in set(panel.steps)}
    steps = [texts[step] for step in panel.steps]
    columns: dict[Any, Any] = {
        panel.names.id: panel.ids,
        "model": _texts(names),
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
    return labels_at(panel.clock, moments)


def _note(panel: Panel, row: Row) -> str | None:
    """Say what to know about a fit, absent times included."""
    absent = int(panel.n_absent[row.position])
    if row.reason is not None or not absent:
        return row.note
    return _noted(f"{absent} times are absent and taken as missing.", row.note)


def _noted(note: str, more: str | None) -> str:
    return f"{note} {more}" if more else note


def _texts(values: Iterable[str | None]) -> Any:
    return pd.Series(list(values), dtype=object)
