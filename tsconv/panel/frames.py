"""Long frames taken apart: one row for each series and time, into arrays laid end to end.

`take_panel` sorts, checks and fills a frame once, without a loop over series; what is wrong with a
single series becomes a reason in `Panel.reasons`, and the others go on.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tsconv._checks import FloatArray
from tsconv._frames import take_apart
from tsconv.panel.times import (
    Clock,
    Step,
    Whole,
    count_steps,
    is_missing,
    labels_after,
    read_clock,
    season_of,
)

# A series may have this many absent times for each row; beyond, its times are on no grid.
_SPARSEST = 20
# Rows whose times are looked at together.
_BLOCK = 500_000


@dataclass(frozen=True)
class Names:
    """Columns of a long frame.

    Attributes
    ----------
    id, time, target : hashable
        Which series, when, how much.
    exog : tuple
        Regressors.
    """

    id: Hashable
    time: Hashable
    target: Hashable
    exog: tuple[Hashable, ...] = ()


@dataclass(frozen=True, eq=False)
class Panel:
    """Many series, end to end, in the order in which they first appear.

    Attributes
    ----------
    names : Names
    ids : Index
        One label for each series.
    values : ndarray, shape (n_rows,)
        Observations; NaN where there is none, absent times included.
    exog : ndarray, shape (n_rows, n_exog)
        Regressors; 0 where neither `values` nor they are known.
    starts : ndarray, shape (n_series + 1,)
        Where series begin.
    clock : Clock
        How times are counted.
    first, last : ndarray, shape (n_series,)
        First and last time.
    steps : list of Step
        What leads from one row to the next.
    n_absent : ndarray, shape (n_series,)
        Times that were not in the frame, before the last.
    reasons : dict of int to str
        Series that cannot be used, and why.
    """

    names: Names
    ids: pd.Index
    values: FloatArray
    exog: FloatArray
    starts: Whole
    clock: Clock
    first: NDArray[Any]
    last: NDArray[Any]
    steps: list[Step]
    n_absent: Whole
    reasons: dict[int, str]

    @property
    def n_series(self) -> int:
        """Number of series."""
        return len(self.ids)

    def rows(self, k: int) -> slice:
        """Rows of series `k`."""
        return slice(int(self.starts[k]), int(self.starts[k + 1]))

    def season(self, k: int) -> int:
        """Rows a season of series `k` has, from its times."""
        return season_of(self.clock, self.steps[k], self.last)

    def labels(self, which: Whole, ahead: Whole) -> pd.Series[Any]:
        """Return the times `ahead` steps after the last of the series `which`, pair by pair."""
        steps = [self.steps[k] for k in which.tolist()]
        return labels_after(self.clock, self.last[which], steps, ahead)


def check_names(
    frame: Any, id_col: Hashable, time_col: Hashable, target_col: Hashable, exog_cols: Any
) -> Names:
    """Find the columns of a long frame; by default all others are regressors.

    Raises
    ------
    TypeError
        If it is no DataFrame.
    ValueError
        If a column is not there, or is there twice.
    """
    columns = getattr(frame, "columns", None)
    if columns is None:
        raise TypeError(
            "`df` must be a DataFrame in long form, a row for each series and time; got"
            f" {type(frame).__name__}."
        )
    wanted = [id_col, time_col, target_col]
    given: Sequence[Hashable]
    if exog_cols is None:
        given = [name for name in columns if name not in wanted]
    else:
        given = [exog_cols] if isinstance(exog_cols, str) else list(exog_cols)
    for name in [*wanted, *given]:
        if name not in columns:
            index = getattr(getattr(frame, "index", None), "names", ())
            remedy = "Name them by `id_col`, `time_col`, `target_col`."
            if name in index:
                remedy = "It is in the index: try `df.reset_index()`."
            raise ValueError(
                f"`df` must have the columns {', '.join(map(str, wanted))}; {name!r} is not among"
                f" {', '.join(map(str, columns)) or 'its columns (there are none)'}. {remedy}"
            )
    if len(set(columns)) != len(columns):
        raise ValueError("`df` must have different names for its columns.")
    return Names(id_col, time_col, target_col, tuple(given))


def take_panel(frame: pd.DataFrame, names: Names, *, freq: Any = None) -> Panel:
    """Take a long frame apart.

    Parameters
    ----------
    frame : DataFrame
        Rows in any order.
    names : Names
        Its columns.
    freq : str or DateOffset, optional
        Time between rows; by default each series tells its own.

    Raises
    ------
    TypeError
        If a column holds something else than it must.
    ValueError
        If an id is missing.
    """
    codes, ids = _codes(frame[names.id], names)
    clock, moments = read_clock(frame[names.time], freq, str(names.time))
    values = _numbers(frame[names.target], names.target)
    exog = np.empty((len(frame), len(names.exog)))
    for k, column in enumerate(names.exog):
        exog[:, k] = _numbers(frame[column], column, " Or name the regressors by `exog_cols`.")
    reasons: dict[int, str] = {}
    rises = _rises(codes, moments)
    if not rises:
        order = np.lexsort((moments, codes))
        codes, moments, values, exog = codes[order], moments[order], values[order], exog[order]
    if not rises or is_missing(moments).any():
        codes, moments, values, exog = _without_bad_times(
            codes, moments, values, exog, clock, reasons, names
        )
    n_series = len(ids)
    starts = np.searchsorted(codes, np.arange(n_series + 1)).astype(np.int64)
    del codes
    n_rows = np.diff(starts)
    filled = n_rows > 0
    first = np.zeros(n_series, dtype=moments.dtype)
    last = np.zeros(n_series, dtype=moments.dtype)
    first[filled], last[filled] = moments[starts[:-1][filled]], moments[starts[1:][filled] - 1]
    lengths, steps, places = _lay_out(clock, moments, starts, reasons)
    n_absent = lengths - n_rows
    if n_absent.any():
        values, exog, starts = _with_gaps(values, exog, starts, lengths, places)
    _check_values(values, exog, starts, names, reasons)
    return Panel(names, ids, values, exog, starts, clock, first, last, steps, n_absent, reasons)


def _codes(column: Any, names: Names) -> tuple[NDArray[Any], pd.Index]:
    """Give each series a number, in the order in which they appear."""
    first = _runs(column)
    codes, ids = pd.factorize(column.iloc[first])
    if first.size < len(column):
        codes = np.repeat(codes, np.diff(first, append=len(column)))
    if (codes < 0).any():
        raise ValueError(
            f"every row must say which series it belongs to; {int((codes < 0).sum())} rows have no"
            f" {names.id!r}. Drop them first."
        )
    return codes.astype(np.int32), pd.Index(ids, name=names.id)


def _runs(column: pd.Series[Any]) -> Whole:
    """First rows of runs of equal ids, where they are quick to find; else all rows."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        raw = column.cat.codes.to_numpy()
    elif isinstance(column.dtype, np.dtype) and column.dtype.kind != "O":
        raw = column.to_numpy()
    else:
        return np.arange(len(column))
    return np.flatnonzero(np.append(np.ones(min(raw.size, 1), bool), raw[1:] != raw[:-1]))


def _lay_out(
    clock: Clock, moments: NDArray[Any], starts: Whole, reasons: dict[int, str]
) -> tuple[Whole, list[Step], dict[int, Whole]]:
    """Length of each series with its gaps, its step, and the places of rows where there are gaps.

    Series with the times of the one before are not looked at again.
    """
    like = _same_times(moments, starts)
    if like.any():
        n_rows = np.diff(starts)
        begins = np.concatenate([[0], np.cumsum(n_rows[~like])])
        shared: dict[int, str] = {}
        few = moments[np.repeat(~like, n_rows)]
        some_lengths, some_steps, some_places = _lay_out_each(clock, few, begins, shared)
        model = np.cumsum(~like) - 1
        which = model.tolist()
        for k in np.flatnonzero(np.isin(model, np.array(list(shared), dtype=np.int64))).tolist():
            reasons.setdefault(k, shared[which[k]])
        wide = np.flatnonzero(np.isin(model, np.array(list(some_places), dtype=np.int64)))
        places = {k: some_places[which[k]] for k in wide.tolist()}
        return some_lengths[model], [some_steps[k] for k in which], places
    return _lay_out_each(clock, moments, starts, reasons)


def _same_times(moments: NDArray[Any], starts: Whole) -> NDArray[np.bool_]:
    """Tell which series have exactly the times of the one before."""
    n_rows = np.diff(starts)
    like = np.zeros(n_rows.size, dtype=bool)
    runs = np.append(np.flatnonzero(np.diff(n_rows, prepend=-1)), n_rows.size)
    for at in np.flatnonzero(np.diff(runs) > 1).tolist():
        low, high = int(runs[at]), int(runs[at + 1])
        times = moments[starts[low] : starts[high]].reshape(high - low, -1)
        like[low + 1 : high] = (times[1:] == times[:-1]).all(axis=1)
    return like


def _lay_out_each(
    clock: Clock, moments: NDArray[Any], starts: Whole, reasons: dict[int, str]
) -> tuple[Whole, list[Step], dict[int, Whole]]:
    """Do `_lay_out` for blocks of series one after the other, so that this needs little memory."""
    n_series = starts.size - 1
    lengths = np.diff(starts)
    steps = [Step("ticks", 0)] * n_series
    places: dict[int, Whole] = {}
    edges = np.searchsorted(starts, np.arange(0, starts[-1] + _BLOCK, _BLOCK))
    for low, high in itertools.pairwise(np.unique(np.append(edges, n_series)).tolist()):
        used = low + np.flatnonzero(lengths[low:high] > 0)
        if not used.size:
            continue
        begin = int(starts[used[0]])
        inner = np.append(starts[used], starts[used[-1] + 1]) - begin
        found, some, off = count_steps(clock, moments[begin : begin + inner[-1]], inner)
        spans = found[inner[1:] - 1] + 1
        sparse = spans > (_SPARSEST + 1) * np.diff(inner)
        for k in np.flatnonzero(sparse).tolist():
            off.setdefault(
                k,
                f"times must be equally spaced, gaps aside; {int(np.diff(inner)[k])} rows span"
                f" {int(spans[k])} of the shortest steps. Give `freq`, or bring the series onto a"
                " grid first.",
            )
        for k, step in enumerate(some):
            steps[used[k]] = step
        for k in np.flatnonzero(spans != np.diff(inner)).tolist():
            if k not in off:
                lengths[used[k]] = spans[k]
                places[int(used[k])] = found[inner[k] : inner[k + 1]].copy()
        for k, reason in off.items():
            reasons.setdefault(int(used[k]), reason)
    for k in np.flatnonzero(lengths == 0).tolist():
        reasons.setdefault(k, "the series must have rows; it has none.")
    # A single row has no step of its own.
    return lengths, [step if step.n else step._replace(n=1) for step in steps], places


def _numbers(column: Any, name: Hashable, hint: str = "") -> FloatArray:
    try:
        taken = take_apart(column, str(name)).values
    except TypeError as error:
        raise TypeError(str(error).replace(f"`{name}`", f"column {name!r}") + hint) from None
    if taken.dtype != np.float64 or taken.ndim != 1:
        raise TypeError(f"column {name!r} must hold real numbers; got dtype {taken.dtype}.")
    return taken


def _rises(codes: NDArray[np.intp], moments: NDArray[Any]) -> bool:
    """Whether rows lie series by series, with times that rise."""
    boundary = codes[1:] != codes[:-1]
    rising = np.asarray(moments[1:] > moments[:-1])
    return bool((rising | boundary).all() and (codes[1:] >= codes[:-1]).all())


def _without_bad_times(
    codes: NDArray[np.intp],
    moments: NDArray[Any],
    values: FloatArray,
    exog: FloatArray,
    clock: Clock,
    reasons: dict[int, str],
    names: Names,
) -> tuple[NDArray[np.intp], NDArray[Any], FloatArray, FloatArray]:
    """Take series out whose times are missing or repeat."""
    missing = is_missing(moments)
    again = np.zeros(codes.size, dtype=bool)
    again[1:] = (codes[1:] == codes[:-1]) & (moments[1:] == moments[:-1])
    if not (missing.any() or again.any()):
        return codes, moments, values, exog
    for k, count in zip(*_counts(codes[missing]), strict=True):
        reasons[k] = f"every row must have a time; {count} have no {names.time!r}."
    rows = np.flatnonzero(again)
    repeated, where = np.unique(codes[rows], return_index=True)
    labels = labels_after(
        clock,
        moments[rows[where]],
        [Step("ticks", 0)] * where.size,
        np.zeros(where.size, np.int64),
    )
    counts = np.diff(where, append=rows.size)
    for k, label, count in zip(repeated.tolist(), labels, counts.tolist(), strict=True):
        reasons.setdefault(
            k,
            f"times must differ; {label} is there more than once ({count} rows too many). Try"
            f" df.groupby([{names.id!r}, {names.time!r}]).mean().",
        )
    good = ~np.isin(codes, np.array(list(reasons)))
    return codes[good], moments[good], values[good], exog[good]


def _counts(codes: NDArray[Any]) -> tuple[list[int], list[int]]:
    """Each of some numbers once, and how often it is there."""
    found, counts = np.unique(codes, return_counts=True)
    return found.tolist(), counts.tolist()


def _with_gaps(
    values: FloatArray, exog: FloatArray, starts: Whole, lengths: Whole, places: dict[int, Whole]
) -> tuple[FloatArray, FloatArray, Whole]:
    """Give absent times rows of their own, with missing values."""
    new_starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    filled = np.full(int(new_starts[-1]), np.nan)
    wide = np.full((filled.size, exog.shape[1]), np.nan)
    for k in range(lengths.size):
        rows = slice(starts[k], starts[k + 1])
        at = new_starts[k] + (places[k] if k in places else np.arange(lengths[k]))
        filled[at] = values[rows]
        wide[at] = exog[rows]
    return filled, wide, new_starts


def _check_values(
    values: FloatArray,
    exog: FloatArray,
    starts: Whole,
    names: Names,
    reasons: dict[int, str],
) -> None:
    """Find series with infinite values, or with unknown regressors beside known values."""
    bad = np.flatnonzero(np.isinf(values))
    for k in np.unique(np.searchsorted(starts, bad, side="right") - 1).tolist():
        row = int(bad[np.searchsorted(bad, starts[k])] - starts[k])
        reasons.setdefault(
            k,
            f"values must be finite; got {values[starts[k] + row]} in row {row} of the series."
            " Mark unusable values as missing (NaN).",
        )
    if not exog.shape[1]:
        return
    unknown = np.isnan(exog) & np.isnan(values)[:, None]
    if unknown.any():
        exog[unknown] = 0.0
    off = np.flatnonzero(~np.isfinite(exog).all(axis=1))
    for k in np.unique(np.searchsorted(starts, off, side="right") - 1).tolist():
        row = int(off[np.searchsorted(off, starts[k])])
        column = int(np.flatnonzero(~np.isfinite(exog[row]))[0])
        reasons.setdefault(
            k,
            f"regressors must be finite wherever the series is observed; {names.exog[column]} is"
            f" {exog[row, column]} in row {row - int(starts[k])} of the series.",
        )
