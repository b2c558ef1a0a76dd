"""Forecasts from the table of a panel: records in, a long frame out.

`forecast_table` needs no observations: each record holds what of the past matters. Records with the
same specification are run on together in the compiled loop.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from tsconv._checks import FloatArray, check_count, check_level
from tsconv._intervals import normal_quantile
from tsconv.arima import forecast as ahead
from tsconv.arima.choice import Choice, inflation, student_quantile
from tsconv.arima.innovations import filter_exactly
from tsconv.arima.many import N_NUMBERS, recipe
from tsconv.arima.spec import ArimaSpec
from tsconv.panel.frames import Names, _numbers
from tsconv.panel.models import (
    BIAS_ADJUSTED,
    FILTERED,
    FLAGS,
    NAMED,
    TRANSFORMED,
    n_coefs,
    spec_from_text,
)
from tsconv.panel.times import Step, labels_after, read_clock

_NONE = pd.DataFrame()


def forecast_table(
    table: pd.DataFrame,
    steps: int,
    names: Names,
    *,
    level: float | Sequence[float] = (80, 95),
    exog: pd.DataFrame | None = None,
    freq: Any = None,
) -> pd.DataFrame:
    """Forecast every series of a table that has a model.

    Parameters
    ----------
    table : DataFrame
        As `tsconv.panel.run.fit_table` makes it.
    steps : int
        How many rows after the last of each series.
    names : Names
        Columns of the frame that was fitted.
    level : float or sequence of float
        Coverage of the intervals in per cent.
    exog : DataFrame, optional
        Regressors of the coming rows, with id and time.
    freq : optional
        Frequency that was given for the fit.

    Returns
    -------
    DataFrame
        Columns id, time, `mean`, `std_error`, `lower_80`, `upper_80`, ...
    """
    steps = check_count(steps, "steps", minimum=1)
    levels: list[float] = np.atleast_1d(np.asarray(level, dtype=float)).tolist()
    for one in levels:
        check_level(one)
    fitted = np.flatnonzero(table["spec"].notna().to_numpy())
    table = table.iloc[fitted]
    clock, last = read_clock(table["last"], freq, str(names.time))
    texts = table["step"].tolist()
    known = {text: Step.read(text) for text in set(texts)}
    repeated = np.repeat(last, steps)
    each = [known[text] for text in texts for _ in range(steps)]
    labels = labels_after(clock, repeated, each, np.tile(np.arange(1, steps + 1), len(table)))
    ids = table[names.id].repeat(steps).reset_index(drop=True)
    frame = pd.DataFrame({names.id: ids, names.time: labels})
    columns = _columns(*_moments(table, steps, _future(frame, table, exog, names, steps)), levels)
    for name, values in columns.items():
        frame[name] = values.reshape(-1)
    return frame


def _moments(
    table: pd.DataFrame, steps: int, future: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, Any]:
    """Means and variances, shape (n, steps); power, degrees of freedom, flags of each series."""
    n = len(table)
    mean, variance = np.empty((n, steps)), np.empty((n, steps))
    power, room, flags = np.full(n, np.nan), np.full(n, np.inf), np.zeros(n, dtype=np.int64)
    states = table["state"].tolist()
    groups: dict[str, list[int]] = {}
    for k, text in enumerate(table["spec"].tolist()):
        groups.setdefault(text, []).append(k)
    for text, which in groups.items():
        spec = spec_from_text(text)
        width = recipe(spec).width
        block = np.array([np.frombuffer(states[k], count=width) for k in which])
        power[which], flags[which] = block[:, TRANSFORMED], block[:, FLAGS]
        at = np.array(which)
        through = flags[at] & FILTERED != 0
        used = block[:, 0].copy()
        block[through, 4:6] = spec.n_lost + 1, 0
        mean[at], variance[at] = recipe(spec).forecast(block, steps)
        for k in at[through].tolist():
            mean[k], variance[k] = _through_gaps(states[k], spec, steps)
        for k, n_used in zip(which, used.astype(int).tolist(), strict=True):
            if flags[k] & NAMED:
                count = n_coefs(spec, int(flags[k]))
                variance[k] *= inflation(n_used, count)
                room[k] = max(n_used - count, 1)
        if spec.exog:
            beta = block[:, N_NUMBERS + len(spec.trend_powers) :][:, : len(spec.exog)]
            mean[at] += np.einsum("ksj,kj->ks", future[at], beta)
    return mean, variance, power, room, flags


def _through_gaps(record: bytes, spec: ArimaSpec, steps: int) -> tuple[FloatArray, FloatArray]:
    """Mean and variance of one series whose gaps leave some of its past open."""
    state = np.frombuffer(record, count=recipe(spec).width)
    before, n, n_ahead = (int(state[k]) for k in (3, 4, 5))
    marks = np.frombuffer(record, dtype=np.uint8, offset=state.nbytes)
    missing = np.unpackbits(marks, count=n).astype(bool)
    params = state[N_NUMBERS : N_NUMBERS + spec.n_params]
    past = state[N_NUMBERS + spec.n_params :]
    n_noise = spec.n_lost + spec.ar_degree
    # What is not known depends on where values are missing, not on values.
    pad = max(spec.n_lost + max(spec.ar_degree, spec.ma_degree) - n, 0)
    rows = np.concatenate([np.full(pad, np.nan), np.where(missing, np.nan, 0.0)])
    uncertainty = filter_exactly(rows, spec, params).uncertainty
    total = n_ahead + steps
    mean = ahead.run_on(past[:n_noise], past[n_noise:], np.zeros(total), spec, params)
    variance = params[-1] * ahead.variances(spec, params, uncertainty, total)
    time = spec.trend_columns(total, start=before + n)
    mean = mean + time @ params[: len(spec.trend_powers)]
    return mean[n_ahead:], variance[n_ahead:]


def _future(
    frame: pd.DataFrame, table: pd.DataFrame, exog: Any, names: Names, steps: int
) -> FloatArray:
    """Regressors of the coming rows, shape (n_series, steps, n_exog)."""
    wanted = [len(spec_from_text(text).exog) for text in table["spec"]]
    if not any(wanted):
        return np.empty((len(table), steps, 0))
    columns: list[Hashable] = list(names.exog)
    listed = ", ".join(map(str, columns))
    if not isinstance(exog, pd.DataFrame):
        raise ValueError(
            f"the models have regressors: give `exog`, a DataFrame with {names.id}, {names.time},"
            f" {listed} for the {steps} rows after the last of each series."
        )
    keys = [names.id, names.time]
    absent = [name for name in [*keys, *columns] if name not in exog.columns]
    if absent:
        raise ValueError(
            f"`exog` must have the columns {', '.join(map(str, keys))}, {listed};"
            f" {absent[0]!r} is not there."
        )
    if exog.duplicated(keys).any():
        twice = exog.loc[exog.duplicated(keys), keys].iloc[0].tolist()
        raise ValueError(f"`exog` must have one row for each series and time; {twice} repeats.")
    right = exog[[*keys, *columns]].copy()
    for name in keys:
        right[name] = right[name].astype(frame[name].dtype)
    joined = frame.merge(right, on=keys, how="left")
    values = np.column_stack([_numbers(joined[name], name) for name in columns])
    bad = ~np.isfinite(values).all(axis=1) & np.repeat(np.array(wanted) > 0, steps)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise ValueError(
            f"`exog` must have finite {listed} for every coming row; {names.id}"
            f" {frame[names.id].iloc[row]!r} at {frame[names.time].iloc[row]} has none"
            f" ({int(bad.sum())} such rows)."
        )
    return values.reshape(len(table), steps, len(columns))


def _columns(
    mean: FloatArray,
    variance: FloatArray,
    power: FloatArray,
    room: FloatArray,
    flags: Any,
    levels: list[float],
) -> dict[str, FloatArray]:
    """Mean, standard error and intervals; of transformed series in the original unit."""
    std_error = np.sqrt(variance)
    columns = {"mean": mean.copy(), "std_error": std_error.copy()}
    reaches = {level: _reaches(level, room) for level in levels}
    for level, reach in reaches.items():
        columns[f"lower_{level:g}"] = mean - reach[:, None] * std_error
        columns[f"upper_{level:g}"] = mean + reach[:, None] * std_error
    for k in np.flatnonzero(~np.isnan(power)).tolist():
        choice = Choice(_NONE, 1, float(power[k]), bool(flags[k] & BIAS_ADJUSTED))
        pairs = [(level, float(reach[k])) for level, reach in reaches.items()]
        for name, values in choice.forecast(mean[k], std_error[k], pairs).items():
            columns[name][k] = values
    return columns


def _reaches(level: float, room: FloatArray) -> FloatArray:
    """Half-widths in standard errors: normal, or Student's where degrees of freedom are finite."""
    reaches = np.full(room.size, normal_quantile(level))
    kinds, which = np.unique(room, return_inverse=True)
    for k, n_free in enumerate(kinds.tolist()):
        if n_free < np.inf:
            reaches[which == k] = student_quantile(level, int(n_free))
    return reaches
