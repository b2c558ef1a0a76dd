"""Times of many series at once: steps from one row to the next, gaps, and the labels that follow.

Every kind of time is turned into whole numbers in which a regular series advances by a constant
step, and back:

    number      whole numbers, as they are
    ticks       moments a fixed time apart, in the resolution of the column
    day         days, by the calendar of the time zone where there is one
    month       first, last or any same day of months, in months (quarters and years too)
    business    working days, Monday to Friday
    period      pandas' periods, by their ordinals
    grid        any other pandas frequency, by the place on its grid

Each series is looked at alone, so that its numbers do not depend on which others are there; all
loops over series are numpy's.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tsconv._frames import fixed_length
from tsconv.arima.selection.period import period_of_duration, period_of_index

Whole = NDArray[np.int64]

# A day that comes every month can be told from the last day of each month up to this one.
_ANY_MONTH = 28
_NO_STEP = np.iinfo(np.int64).max


class Step(NamedTuple):
    """What leads from one row of a series to the next: `n` units of `kind`."""

    kind: str
    n: int
    day: int = 0
    """For months: day of the month, 0 for the last."""

    @property
    def text(self) -> str:
        """The same in words: "1 day", "3 month 1"; a last day of months is 0."""
        return f"{self.n} {self.kind}" + (f" {self.day}" if self.kind == "month" else "")

    @classmethod
    def read(cls, text: str) -> Step:
        """Undo `text`."""
        n, kind, *day = text.split()
        return cls(kind, int(n), int(day[0]) if day else 0)


@dataclass(frozen=True, eq=False)
class Clock:
    """How the times of a panel are counted.

    Attributes
    ----------
    kind : {"number", "datetime", "timedelta", "period"}
        What the column holds.
    dtype : dtype
        Its dtype, to give the same back.
    offset : DateOffset or None
        A frequency given by the caller.
    """

    kind: str
    dtype: Any
    offset: Any = None

    @property
    def zone(self) -> Any:
        """Time zone of the column, or None."""
        return getattr(self.dtype, "tz", None)

    def local(self, moments: NDArray[Any]) -> NDArray[Any]:
        """Return what clocks show at moments given in universal time."""
        if self.zone is None:
            return moments
        there = pd.DatetimeIndex(moments).tz_localize("UTC").tz_convert(self.zone)
        return there.tz_localize(None).to_numpy()

    def universal(self, shown: NDArray[Any]) -> NDArray[Any]:
        """Undo `local`."""
        if self.zone is None:
            return shown
        there = pd.DatetimeIndex(shown).tz_localize(
            self.zone, nonexistent="shift_forward", ambiguous=np.ones(shown.size, dtype=bool)
        )
        return there.tz_convert("UTC").tz_localize(None).to_numpy()


def read_clock(times: pd.Series[Any], freq: Any, name: str) -> tuple[Clock, NDArray[Any]]:
    """Take a column of times apart: how to count them, and plain numbers or datetime64.

    Raises
    ------
    TypeError
        If the column holds neither times nor whole numbers.
    """
    dtype = times.dtype
    if pd.api.types.is_string_dtype(dtype) or (isinstance(dtype, np.dtype) and dtype.kind == "O"):
        try:
            times = pd.to_datetime(times, format="ISO8601")
        except (ValueError, TypeError) as error:
            what = str(error).split(". ")[0].split("\n")[0]
            raise TypeError(
                f"column {name!r} must hold times or whole numbers; its text is not of the form"
                f" 2024-01-31 ({what}). Try pandas.to_datetime."
            ) from None
        dtype = times.dtype
    if isinstance(dtype, pd.PeriodDtype):
        index = pd.PeriodIndex(times)
        return Clock("period", dtype), _with_missing(index.asi8, np.asarray(index.isna()))
    if isinstance(dtype, pd.DatetimeTZDtype):
        universal = times.dt.tz_convert("UTC").dt.tz_localize(None)
        return Clock("datetime", dtype, _offset(freq)), universal.to_numpy()
    if dtype.kind == "M":
        return Clock("datetime", dtype, _offset(freq)), times.to_numpy()
    if dtype.kind == "m":
        return Clock("timedelta", dtype), times.to_numpy()
    if dtype.kind in "iu":
        return Clock("number", dtype), times.to_numpy(dtype=np.int64)
    if pd.api.types.is_numeric_dtype(dtype) and dtype.kind != "b":
        values = times.to_numpy(dtype=np.float64, na_value=np.nan)
        missing = np.isnan(values)
        if np.all(missing | (values == np.round(values))):
            whole = np.where(missing, 0, values).astype(np.int64)
            return Clock("number", np.dtype(np.int64)), _with_missing(whole, missing)
    raise TypeError(f"column {name!r} must hold times or whole numbers; got dtype {dtype}.")


def _offset(freq: Any) -> Any:
    try:
        return None if freq is None else pd.tseries.frequencies.to_offset(freq)
    except (ValueError, TypeError):
        raise ValueError(
            f"`freq` must be a frequency that pandas knows, such as 'D' or 'MS'; got {freq!r}."
        ) from None


def _with_missing(values: Whole, missing: NDArray[np.bool_]) -> Whole:
    if missing.any():
        values = values.copy()
        values[missing] = np.iinfo(np.int64).min
    return values


def is_missing(moments: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell which times are missing."""
    if moments.dtype.kind in "mM":
        return np.asarray(np.isnat(moments))
    return np.asarray(moments == np.iinfo(np.int64).min)


def count_steps(
    clock: Clock, moments: NDArray[Any], starts: Whole
) -> tuple[Whole, list[Step], dict[int, str]]:
    """Count the rows of each series in its own steps.

    Parameters
    ----------
    clock : Clock
    moments : ndarray, shape (n_rows,)
        Times, rising within each series.
    starts : ndarray, shape (n_series + 1,)
        Where series begin.

    Returns
    -------
    places : ndarray, shape (n_rows,)
        0 for the first row of a series, 1 for the time one step later, and so on.
    steps : list of Step, length n_series
        A series of one row has none: its `n` is 0.
    reasons : dict
        Series whose times lie on no grid, and why.
    """
    n_series = starts.size - 1
    owner = np.repeat(np.arange(n_series), np.diff(starts))
    if clock.offset is not None and clock.kind == "datetime":
        counts, kinds, reasons = _count_by_offset(clock, moments, owner)
        given = np.ones(n_series, dtype=np.int64)
        if kinds[0].n > 1 and kinds[0].kind != "grid":
            given[:] = kinds[0].n
    else:
        counts, kinds, reasons = _count_by_looking(clock, moments, starts, owner)
        given = np.zeros(n_series, dtype=np.int64)
    within = np.diff(counts)
    same = owner[1:] == owner[:-1]
    smallest = np.full(n_series, _NO_STEP)
    np.minimum.at(smallest, owner[1:][same], within[same])
    step = np.where(given > 0, given, np.where(smallest == _NO_STEP, 1, smallest))
    since = counts - counts[starts[:-1]][owner] if counts.size else counts
    off = np.flatnonzero(since % step[owner] != 0)
    bad, where = np.unique(owner[off], return_index=True)
    for k, row in zip(bad.tolist(), off[where].tolist(), strict=True):
        if k not in reasons:
            reasons[k] = (
                f"times must be equally spaced, gaps aside; the shortest step,"
                f" {_say_step(clock, kinds[k].kind, int(step[k]), moments)}, does not lead from"
                f" {_say(moments[starts[k]], clock)} to {_say(moments[row], clock)}. Give `freq`,"
                " or bring the series onto a grid first."
            )
    step[(smallest == _NO_STEP) & (given == 0)] = 0
    steps = [kind._replace(n=int(n)) for kind, n in zip(kinds, step.tolist(), strict=True)]
    return since // np.maximum(step, 1)[owner], steps, reasons


def _count_by_looking(
    clock: Clock, moments: NDArray[Any], starts: Whole, owner: Whole
) -> tuple[Whole, list[Step], dict[int, str]]:
    """Recognise months, working days and days series by series; all else goes by ticks."""
    n_series = starts.size - 1
    counts = moments.astype(np.int64)
    if clock.kind in ("number", "period"):
        return counts, [Step(clock.kind, 1)] * n_series, {}
    kinds = [Step("ticks", 1)] * n_series
    if clock.kind == "timedelta" or not moments.size:
        return counts, kinds, {}
    gaps = np.full(n_series, _NO_STEP)
    shown = clock.local(moments)
    days = shown.astype("M8[D]")
    same = owner[1:] == owner[:-1]
    np.minimum.at(gaps, owner[1:][same], np.diff(days.astype(np.int64))[same])
    alone = np.diff(starts) == 1
    whole_days = _all_of(owner, shown == days, n_series)
    months = days.astype("M8[M]")
    day = (days - months).astype(np.int64) + 1
    last = ((months + 1).astype("M8[D]") - days).astype(np.int64) == 1
    first_day = day[starts[:-1]]
    at_end = _all_of(owner, last, n_series)
    same_day = _all_of(owner, day == first_day[owner], n_series) & (first_day <= _ANY_MONTH)
    monthly = whole_days & (gaps >= _ANY_MONTH) & (at_end | same_day) & ~alone
    weekday = (days.astype(np.int64) + 3) % 7
    working = whole_days & (gaps == 1) & _all_of(owner, weekday < 5, n_series)
    # Five days in a row and no weekend: working days. A shorter series may be either.
    working &= np.diff(starts) > 5
    for k in np.flatnonzero(whole_days).tolist():
        kinds[k] = Step("day", 1)
    for k in np.flatnonzero(monthly).tolist():
        kinds[k] = Step("month", 1, 0 if at_end[k] else int(first_day[k]))
    for k in np.flatnonzero(working).tolist():
        kinds[k] = Step("business", 1)
    by_day, by_month, by_work = whole_days[owner], monthly[owner], working[owner]
    counts[by_day] = days.astype(np.int64)[by_day]
    counts[by_month] = months.astype(np.int64)[by_month]
    counts[by_work] = np.busday_count("1970-01-01", days[by_work])
    return counts, kinds, {}


def _count_by_offset(
    clock: Clock, moments: NDArray[Any], owner: Whole
) -> tuple[Whole, list[Step], dict[int, str]]:
    """Places on the grid of a frequency given by the caller."""
    n_series = int(owner[-1]) + 1 if owner.size else 0
    offset = clock.offset
    length = fixed_length(offset)
    if length is not None and length < pd.Timedelta(days=1):
        n = int(length / np.ones(1, dtype=moments.dtype.str.replace("M8", "m8"))[0])
        return moments.astype(np.int64), [Step("ticks", n)] * n_series, {}
    shown = clock.local(moments)
    if length is not None and length % pd.Timedelta(days=1) == pd.Timedelta(0):
        days = shown.astype("M8[D]").astype(np.int64)
        return days, [Step("day", length // pd.Timedelta(days=1))] * n_series, {}
    grid = pd.date_range(
        pd.Timestamp(shown.min()) - offset, pd.Timestamp(shown.max()) + offset, freq=offset
    )
    places = grid.get_indexer(pd.DatetimeIndex(shown))
    reasons = {}
    off = np.flatnonzero(places < 0)
    bad, where = np.unique(owner[off], return_index=True)
    counts = np.diff(where, append=off.size).tolist()
    for k, row, count in zip(bad.tolist(), off[where].tolist(), counts, strict=True):
        reasons[k] = (
            f"every time must lie on the grid of `freq`={offset.freqstr!r};"
            f" {pd.Timestamp(shown[row])} does not ({count} such)."
        )
    return places.astype(np.int64), [Step("grid", 1)] * n_series, reasons


def labels_after(clock: Clock, last: NDArray[Any], steps: list[Step], ahead: Whole) -> pd.Series:
    """Return the times that come `ahead` steps after `last`, in the dtype of the panel's column.

    Parameters
    ----------
    last : ndarray, shape (n,)
        Times as `read_clock` returns them.
    steps : list of Step, length n
    ahead : ndarray, shape (n,)
        How many steps; negative ones go back.
    """
    n = np.array([step.n for step in steps], dtype=np.int64) * ahead
    if clock.kind in ("number", "period"):
        return labels_at(clock, last + n)
    out = last.copy()
    kinds = np.array([step.kind for step in steps])
    ticks = kinds == "ticks"
    out[ticks] = (last[ticks].astype(np.int64) + n[ticks]).astype(last.dtype)
    calendar = np.flatnonzero(~ticks)
    if calendar.size:
        out[calendar] = _by_calendar(clock, last[calendar], steps, calendar, n[calendar])
    return labels_at(clock, out)


def labels_at(clock: Clock, moments: NDArray[Any]) -> pd.Series:
    """Return times as `read_clock` gives them in the dtype of the panel's column."""
    if clock.kind == "number":
        return pd.Series(moments).astype(clock.dtype)
    if clock.kind == "period":
        periods: Any = pd.PeriodIndex
        return pd.Series(periods.from_ordinals(moments, freq=clock.dtype.freq))
    labels = pd.Series(moments)
    if clock.zone is None:
        return labels
    return labels.dt.tz_localize("UTC").dt.tz_convert(clock.zone)


def _by_calendar(
    clock: Clock, last: NDArray[Any], steps: list[Step], which: Whole, n: Whole
) -> NDArray[Any]:
    """Go `n` days, months, working days or places on the grid on from `last`."""
    shown = clock.local(last)
    out = shown.copy()
    kinds = np.array([steps[k].kind for k in which.tolist()])
    at = kinds == "day"
    out[at] = (shown[at].astype("M8[D]") + n[at]).astype(last.dtype)
    at = kinds == "month"
    first = shown[at].astype("M8[M]") + n[at]
    length = ((first + 1).astype("M8[D]") - first.astype("M8[D]")).astype(np.int64)
    day = np.array([steps[k].day for k in which.tolist()], dtype=np.int64)[at]
    out[at] = (first.astype("M8[D]") + np.where(day == 0, length, day) - 1).astype(last.dtype)
    at = kinds == "business"
    if at.any():
        out[at] = np.busday_offset(shown[at].astype("M8[D]"), n[at]).astype(last.dtype)
    for k in np.flatnonzero(kinds == "grid").tolist():
        out[k] = (pd.Timestamp(shown[k]) + int(n[k]) * clock.offset).to_datetime64()
    return clock.universal(out)


def season_of(clock: Clock, step: Step, resolution: NDArray[Any]) -> int:
    """Rows a season has, from the time between them; 1 if there is none to expect.

    As `auto_arima` reads them: years for months, quarters and weeks, weeks for days and working
    days, days for hours and minutes.
    """
    kind, n = step.kind, step.n
    if kind == "grid":
        return _of_frequency(clock.offset)
    if kind == "period":
        return _of_frequency(clock.dtype.freq * n if clock.dtype.freq.n == 1 else clock.dtype.freq)
    if kind == "month":
        return 12 // n if 12 % n == 0 else 1
    if kind == "business":
        return 5 if n == 1 else 1
    if kind == "day":
        return period_of_duration(n * pd.Timedelta(days=1))
    if kind != "ticks":
        return 1
    length: Any = np.array(n, dtype=np.int64).astype(resolution.dtype.str.replace("M8", "m8"))
    return period_of_duration(pd.Timedelta(length[()]))


@functools.lru_cache(maxsize=256)
def _of_frequency(offset: Any) -> int:
    return period_of_index(pd.date_range("2024-01-01", periods=8, freq=offset)) or 1


def _all_of(owner: Whole, true: NDArray[np.bool_], n_series: int) -> NDArray[np.bool_]:
    """Whether a statement about rows holds for all rows of each series."""
    return np.asarray(np.bincount(owner[~true], minlength=n_series) == 0)


def _say(moment: Any, clock: Clock) -> str:
    if clock.kind == "period":
        return str(pd.Period(ordinal=int(moment), freq=clock.dtype.freq))
    if clock.kind == "datetime":
        return str(pd.Timestamp(clock.local(np.array([moment]))[0]))
    return str(pd.Timedelta(moment)) if clock.kind == "timedelta" else str(int(moment))


def _say_step(clock: Clock, kind: str, n: int, moments: NDArray[Any]) -> str:
    if kind == "ticks":
        length: Any = np.array(n).astype(moments.dtype.str.replace("M8", "m8"))
        return str(pd.Timedelta(length[()]))
    word = {"month": "months", "business": "working days", "day": "days"}.get(kind, "")
    return f"{n} {word or clock.kind + 's'}"
