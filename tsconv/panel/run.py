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
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tsconv._checks import FloatArray, check_count
from tsconv.arima.many import N_NUMBERS, Recipe, recipe
from tsconv.arima.report import describe
from tsconv.arima.spec import ArimaSpec
from tsconv.panel.frames import Names, Panel, take_panel
from tsconv.panel.models import FLAGS, TRANSFORMED, Model, Row, fit_series, n_coefs, spec_to_text
from tsconv.panel.times import Whole, is_missing, labels_at

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
    fits = fit_each(panel, job.model, periods, job.residuals, n_threads, progress)
    table = as_table(panel, fits, periods, job.residuals)
    if job.period is None and panel.clock.kind == "number" and job.model.seasonal:
        noted = [_noted(_NO_SEASON, note) for note in table["note"]]
        table["note"] = pd.Series(noted, dtype=object)
    return table


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


class Block(NamedTuple):
    """Plain series fitted together: their model, which they are, and a state for each."""

    spec: ArimaSpec
    which: Whole
    states: list[bytes]
    numbers: FloatArray  # of each state: observations used, loglike, power, sigma2


def fit_each(
    panel: Panel,
    model: Model,
    periods: Sequence[int],
    residuals: bool = False,
    n_threads: int | None = None,
    progress: bool | None = False,
) -> list[Block | Row]:
    """Fit a model to every series that can be used; in no order."""
    size = _FEW if model.order in ("auto", "holt_winters") or residuals else _MANY
    usable = np.ones(panel.n_series, dtype=bool)
    usable[list(panel.reasons)] = False
    good = np.flatnonzero(usable)
    count = threads(n_threads)
    n_gaps = gaps(panel)
    names = tuple(map(str, panel.names.exog))
    seasonal = np.array(periods, dtype=np.int64)
    specs = {period: model.spec(period, names) for period in np.unique(seasonal[good]).tolist()}
    plain = np.zeros(panel.n_series, dtype=bool)
    for period, spec in specs.items():
        if spec is not None and Recipe.suits(spec) and not residuals:
            plain |= seasonal == period
    plain[[k for k, inside in n_gaps.items() if inside]] = False

    def work(part: Whole) -> list[Block | Row]:
        with np.errstate(all="ignore"):  # numpy keeps this apart for each thread
            return _fit_part(panel, model, seasonal, specs, residuals, n_gaps, plain, part)

    fits: list[Block | Row] = [
        Row(k, None, b"", False, reason=reason) for k, reason in panel.reasons.items()
    ]
    for done in on_threads(work, shares(good, count, size), count, progress):
        fits += done
    return fits


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
    work: Callable[[Whole], list[Any]],
    parts: Sequence[Whole],
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


def shares(which: Whole, count: int, largest: int) -> list[Whole]:
    """Cut an array for some threads: up to `largest` at once, fewer and fewer towards the end."""
    parts, at = [], 0
    while at < len(which):
        size = min(max((len(which) - at) // (_SHARES * count), 1), largest)
        parts.append(which[at : at + size])
        at += size
    return parts


def _counted(done: Iterable[list[Any]], parts: Sequence[Whole], bar: Any) -> Iterator[Any]:
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
    periods: Whole,
    specs: Mapping[int, ArimaSpec | None],
    residuals: bool,
    with_gaps: dict[int, bool],
    plain: NDArray[np.bool_],
    part: Whole,
) -> list[Block | Row]:
    """Fit some series: plain ones of one model together, the others one by one."""
    fits: list[Block | Row] = []
    slow = part[~plain[part]].tolist()
    together = part[plain[part]]
    for period in np.unique(periods[together]).tolist():
        spec = specs[period]
        assert spec is not None
        which = together[periods[together] == period]
        states, left = recipe(spec).fit(panel.values, _edges(panel, which, with_gaps))
        states[:, TRANSFORMED], states[:, FLAGS] = np.nan, model.flags
        slow += which[left].tolist()
        fits.append(_block(spec, which[~left], states[~left]))
    exog_names = tuple(map(str, panel.names.exog))
    for k in sorted(slow):
        at = panel.rows(k)
        fits.append(
            fit_series(
                k,
                panel.values[at],
                panel.exog[at],
                exog_names,
                int(periods[k]),
                model,
                residuals=residuals,
            )
        )
    return fits


def _block(spec: ArimaSpec, which: Whole, states: FloatArray) -> Block:
    """Cut the states of some series into the bytes that their records keep."""
    size, whole = states.shape[1] * states.itemsize, states.tobytes()
    cut = [whole[at : at + size] for at in range(0, len(whole), size)]
    return Block(spec, which, cut, states[:, _numbers_of(spec)])


def _numbers_of(spec: ArimaSpec) -> list[int]:
    """Where in a state the observations used, loglike, power and sigma2 are."""
    return [0, 1, TRANSFORMED, N_NUMBERS + spec.n_params - 1]


def _edges(panel: Panel, which: Whole, with_gaps: dict[int, bool]) -> Whole:
    """First and last row (exclusive) with an observation, and missing rows before and after."""
    edges = np.zeros((which.size, 4), dtype=np.int64)
    edges[:, 0], edges[:, 1] = panel.starts[which], panel.starts[which + 1]
    if not with_gaps:
        return edges
    for i, k in enumerate(which.tolist()):
        if k in with_gaps:
            seen = np.flatnonzero(~np.isnan(panel.values[panel.rows(k)]))
            before, after = int(seen[0]), int(edges[i, 1] - edges[i, 0] - seen[-1] - 1)
            edges[i] = edges[i, 0] + before, edges[i, 1] - after, before, after
    return edges


def as_table(
    panel: Panel, fits: list[Block | Row], periods: Sequence[int], residuals: bool
) -> pd.DataFrame:
    """Put the fits into a table, a row for each series, in their order."""
    n = panel.n_series
    numbers = np.full((n, 4), np.nan)  # observations used, loglike, power, sigma2
    sizes = np.zeros((n, 2))  # free parameters, observations used up by differencing
    converged, n_missing = np.zeros(n, dtype=bool), np.zeros(n, dtype=np.int64)
    texts = {name: np.full(n, None, dtype=object) for name in ("model", "spec", "note", "reason")}
    states, kept = np.full(n, b"", dtype=object), np.full(n, b"", dtype=object)
    for fit in fits:
        if isinstance(fit, Row):
            at = fit.position
            converged[at], n_missing[at] = fit.converged, fit.n_missing
            texts["note"][at], texts["reason"][at] = fit.note, fit.reason
            kept[at] = fit.residuals or b""
            if fit.spec is None:
                continue
            state = np.frombuffer(fit.state, count=N_NUMBERS + fit.spec.n_params)[None]
            block = Block(fit.spec, np.array([at]), [fit.state], state[:, _numbers_of(fit.spec)])
        else:
            block = fit
            converged[block.which] = True
        spec, which = block.spec, block.which
        if which.size:
            flags = int(np.frombuffer(block.states[0], count=N_NUMBERS)[FLAGS])
            numbers[which], states[which] = block.numbers, block.states
            sizes[which] = n_coefs(spec, flags) + 1, spec.n_lost
            texts["model"][which], texts["spec"][which] = describe(spec), spec_to_text(spec)
    for k in np.flatnonzero(~np.isnan(numbers[:, 2])).tolist():
        texts["model"][k] = f"{texts['model'][k]}, Box-Cox {numbers[k, 2]:.2g}"
    for k in np.flatnonzero(panel.n_absent).tolist():
        if texts["reason"][k] is None:
            absent = f"{int(panel.n_absent[k])} times are absent and taken as missing."
            texts["note"][k] = _noted(absent, texts["note"][k])
    used, loglike, _, sigma2 = numbers.T
    free, lost = sizes.T
    room = used - free - 1
    with np.errstate(all="ignore"):
        aic = -2.0 * loglike + 2.0 * free
        aicc = np.where(room > 0, aic + 2.0 * free * (free + 1) / room, np.inf)
        bic = -2.0 * loglike + free * np.log(used)
    aicc[np.isnan(aic)] = np.nan
    written = {step: step.text for step in set(panel.steps)}
    steps = [written[step] for step in panel.steps]
    columns: dict[Any, Any] = {
        panel.names.id: panel.ids,
        "model": _texts(texts["model"]),
        "period": np.array(periods, dtype=np.int64),
        "n_obs": np.where(np.isnan(used), 0, used + lost).astype(np.int64),
        "n_missing": n_missing,
        "loglike": loglike,
        "aic": aic,
        "aicc": aicc,
        "bic": bic,
        "sigma2": sigma2,
        "converged": converged,
        "note": _texts(texts["note"]),
        "reason": _texts(texts["reason"]),
        "first": _labels(panel, panel.first),
        "last": _labels(panel, panel.last),
        "step": pd.Series(steps, dtype="str").astype(object),
        "spec": _texts(texts["spec"]),
        "state": _texts(states),
    }
    if residuals:
        columns["residuals"] = _texts(kept)
    return pd.DataFrame(columns)


def _labels(panel: Panel, moments: Any) -> Any:
    """Give times the dtype of the frame's column."""
    if is_missing(moments).any():
        moments = np.where(is_missing(moments), np.zeros(1, dtype=moments.dtype), moments)
    return labels_at(panel.clock, moments)


def _noted(note: str, more: str | None) -> str:
    return f"{note} {more}" if more else note


def _texts(values: Any) -> Any:
    return pd.Series(values, dtype=object)
