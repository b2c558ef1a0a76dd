"""Values and index out of pandas, and back: the only place that takes pandas objects apart.

`take_apart` turns a Series, DataFrame or array into float64 (or complex128) values and remembers
how to put results of the same length back on the same index; `Taken.rebuild` does so.
`sampling_interval` reads the time between samples off an index, `elapsed` the times themselves.

The caller's object is never touched: names, attributes and the index travel along as copies that
share no mutable state, so renaming the result's index leaves the caller's alone.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tsconv._checks import FloatArray

Data = TypeVar("Data", pd.Series, pd.DataFrame, NDArray[Any])
Values = NDArray[Any]

_CALENDAR_WORDS = ("month", "quarter", "year")

# Tables up to this many cells are converted at once on the chance that all columns are float64:
# cheaper than to ask for the dtypes. Larger mixed ones would waste a copy.
_SMALL_TABLE = 20_000


@dataclass(frozen=True, slots=True)
class Taken:
    """Values of a pandas object or array, and what is needed to build another like it.

    Attributes
    ----------
    values : ndarray, shape (n,) or (n, n_columns)
        float64 or complex128, C-contiguous, missing values as NaN; to be read only.
    source : Series, DataFrame or None
        Where they came from; None for an array.
    """

    values: Values
    source: Any = None

    @property
    def index(self) -> pd.Index | None:
        """The index, or None for an array."""
        return None if self.source is None else self.source.index

    def rebuild(self, values: Values) -> Any:
        """Put values of the same shape on the same index, with the same names and attributes."""
        source = self.source
        if source is None:
            return values
        if isinstance(source, pd.Series):
            built: Any = pd.Series(values, source.index.view(), name=source.name, copy=False)
        else:
            columns = source.columns.view()
            built = pd.DataFrame(values, source.index.view(), columns, copy=False)
        if source.attrs:
            built.attrs = deepcopy(source.attrs)
        return built


def take_apart(x: Any, name: str = "x") -> Taken:
    """Read the values of a Series, a DataFrame or a 1-D or 2-D array-like of numbers.

    Raises
    ------
    TypeError
        If something is not a number; the message names the column or the first such value.
    ValueError
        If an array has no or more than two dimensions, or its rows differ in length.
    """
    if isinstance(x, pd.Series):
        return Taken(_series_values(x, f"`{name}`"), x)
    if isinstance(x, pd.DataFrame):
        return Taken(_frame_values(x, name), x)
    if isinstance(x, pd.Index):
        x = x.to_numpy()
    if isinstance(x, np.ma.MaskedArray):
        x = np.where(np.ma.getmaskarray(x), np.nan, np.ma.getdata(x))
    try:
        array = np.asarray(x)
    except ValueError as error:  # rows of different lengths
        raise ValueError(
            f"`{name}` must be 1-D, or 2-D with a column for each series; got a"
            f" {type(x).__name__} that is neither: {error}"
        ) from None
    if array.ndim not in (1, 2):
        given = f"shape {array.shape}" if array.ndim else type(x).__name__
        raise ValueError(
            f"`{name}` must be 1-D, or 2-D with a column for each series; got {given}."
            f"{_instead_of(x)}"
        )
    return Taken(_as_float(array, f"`{name}`"))


def _instead_of(x: Any) -> str:
    """Say what to give in place of something that is no data at all."""
    if isinstance(x, (str, Path)):
        return " Read the file first: tsconv.audio.read_audio(path), or pandas.read_csv(path)."
    return " The data come first, then the kernel." if "Kernel" in type(x).__name__ else ""


def take_vector(x: Any, name: str = "x") -> Taken:
    """Read a single series: like `take_apart`, but one column of a table is squeezed."""
    taken = take_apart(x, name)
    if taken.values.ndim == 1:
        return taken
    if taken.values.shape[1] != 1:
        raise ValueError(
            f"`{name}` must be a single series; got {taken.values.shape[1]} columns."
            " Choose one, or apply the function column by column."
        )
    if isinstance(taken.source, pd.DataFrame):
        return Taken(np.ascontiguousarray(taken.values[:, 0]), taken.source.iloc[:, 0])
    return Taken(np.ascontiguousarray(taken.values[:, 0]))


def sampling_interval(index: pd.Index | None) -> pd.Timedelta | None:
    """Return the time between samples of a regular time index, or None.

    A day counts as 24 hours and a week as seven days also where clocks change; months and business
    days have no fixed length and give None. Periods count from their starts.
    """
    if isinstance(index, pd.PeriodIndex) and len(index) < 2:
        return fixed_length(index.freq)
    times = _times(index)
    if times is None:
        return None
    if times.freq is not None:
        step = fixed_length(times.freq)
        return step if step is not None and step > pd.Timedelta(0) else None
    if len(times) < 2 or times.hasnans:
        return None
    steps = np.diff(_clock(times))
    if steps[0] <= np.timedelta64(0) or not (steps == steps[0]).all():
        return None
    return pd.Timedelta(steps[0])


def elapsed(index: pd.Index | None, unit: pd.Timedelta) -> FloatArray:
    """Return the times since the first sample in units of `unit`, shape (n,).

    Raises
    ------
    TypeError
        If the index holds no times.
    ValueError
        If times are missing or out of order, or the samples are months, quarters or years.
    """
    times = _times(index)
    if times is None:
        kind = "an array" if index is None else f"{type(index).__name__} of {index.dtype}"
        remedy = "give the width in samples, or a Series with a time index"
        if index is not None:
            remedy = "make one, `x.index = pd.to_datetime(...)`, or give the width in samples"
        raise TypeError(
            f"a width given as a time needs a DatetimeIndex or TimedeltaIndex; got {kind}."
            f" Try to {remedy}."
        )
    if times.hasnans:
        raise ValueError("the time index must have no missing times (NaT); drop those rows first.")
    if not times.is_monotonic_increasing:
        raise ValueError("the time index must be sorted; try `x.sort_index()`.")
    frequency = _calendar_frequency(times)
    if frequency is not None:
        raise ValueError(
            f"the samples are {frequency}: months, quarters and years differ in length, so a width"
            " given as a time would weigh them unevenly. Give the width in samples instead."
        )
    return _since_first(times, unit)


def positions(index: pd.Index | None, n: int) -> FloatArray:
    """Return where the samples lie for interpolation: their times if sorted, else 0, 1, 2, ..."""
    is_time = isinstance(index, (pd.DatetimeIndex, pd.TimedeltaIndex))
    if is_time and index is not None and not index.hasnans and index.is_monotonic_increasing:
        return _since_first(index, pd.Timedelta(seconds=1))
    return np.arange(n, dtype=np.float64)


def _times(index: pd.Index | None) -> pd.DatetimeIndex | pd.TimedeltaIndex | None:
    """Return a time index, that of the starts for periods; None for anything else."""
    if isinstance(index, pd.PeriodIndex):
        return index.to_timestamp()
    return index if isinstance(index, (pd.DatetimeIndex, pd.TimedeltaIndex)) else None


def _since_first(index: Any, unit: pd.Timedelta) -> FloatArray:
    if len(index) == 0:
        return np.empty(0)
    clock = _clock(index)
    durations = clock - clock[0]
    tick = pd.Timedelta(np.ones(1, dtype=durations.dtype)[0])
    # Unsigned, because 292 years are the most that signed nanoseconds can count.
    return np.asarray(durations.view(np.uint64) / float(unit / tick), dtype=np.float64)


def _series_values(x: pd.Series, label: str) -> Values:
    dtype = x.dtype
    if isinstance(dtype, np.dtype):
        return _as_float(x.to_numpy(), label)
    if not (pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_bool_dtype(dtype)):
        raise TypeError(f"{label} must hold numbers; got dtype {dtype}.")
    return _as_float(x.to_numpy(dtype=np.float64, na_value=np.nan), label)


def _frame_values(x: pd.DataFrame, name: str) -> Values:
    if x.size <= _SMALL_TABLE or all(dtype == np.float64 for dtype in x.dtypes):
        values = x.to_numpy()
        if values.dtype == np.float64:
            return np.ascontiguousarray(values)
    columns = [
        _series_values(x.iloc[:, k], f"column {label!r} of `{name}`")
        for k, label in enumerate(x.columns)
    ]
    return np.column_stack(columns) if columns else np.empty((len(x), 0))


def _as_float(values: Values, label: str) -> Values:
    if values.dtype == np.float64:
        return np.ascontiguousarray(values)
    if values.dtype.kind == "c":
        return np.ascontiguousarray(values, dtype=np.complex128)
    if values.dtype.kind in "iubf":
        return np.ascontiguousarray(values, dtype=np.float64)
    if values.dtype.kind == "O":
        return _objects_as_float(values, label)
    raise TypeError(f"{label} must hold numbers; got dtype {values.dtype}.")


def _objects_as_float(values: Values, label: str) -> Values:
    """Convert objects one by one: numbers and missing values pass, text does not."""
    flat = values.ravel()
    result = np.empty(flat.size)
    for k, value in enumerate(flat):
        if value is None or value is pd.NA or value is pd.NaT:
            result[k] = np.nan
            continue
        try:
            if isinstance(value, (str, bytes)):
                raise TypeError
            result[k] = float(value)
        except (TypeError, ValueError):
            raise TypeError(
                f"{label} must hold numbers; got {value!r} ({type(value).__name__})"
                f" at position {k}. Try pandas.to_numeric(..., errors='coerce')."
            ) from None
    return result.reshape(values.shape)


def _clock(index: pd.DatetimeIndex | pd.TimedeltaIndex) -> NDArray[Any]:
    """Return the times as datetime64 (in UTC) or timedelta64, in the index's own unit."""
    if isinstance(index, pd.DatetimeIndex) and index.tz is not None:
        index = index.tz_convert("UTC").tz_localize(None)
    return index.to_numpy()


def fixed_length(offset: Any) -> pd.Timedelta | None:
    """Return the length of a frequency that always has the same one, else None."""
    if isinstance(offset, pd.offsets.Day):
        return pd.Timedelta(days=offset.n)
    if isinstance(offset, pd.offsets.Week):
        return pd.Timedelta(weeks=offset.n)
    return pd.Timedelta(offset) if isinstance(offset, pd.offsets.Tick) else None


def _calendar_frequency(index: pd.DatetimeIndex | pd.TimedeltaIndex) -> str | None:
    """Return a name for samples that are months, quarters or years, declared or recognisable.

    Recognised are three or more samples, each on the first or each on the last day, or working
    day, of its month, also if some months are missing. (pandas' `infer_freq` wants every month.)
    """
    if not isinstance(index, pd.DatetimeIndex):
        return None
    offset: Any = index.freq
    if offset is not None:
        name = type(offset).__name__.lower()
        return str(offset.freqstr) if any(word in name for word in _CALENDAR_WORDS) else None
    if len(index) < 3 or np.diff(_clock(index)).min() < np.timedelta64(26, "D"):
        return None
    day, last, weekday = (
        np.asarray(part) for part in (index.day, index.days_in_month, index.day_of_week)
    )
    weekday_of_first, weekday_of_last = (weekday - day + 1) % 7, (weekday + last - day) % 7
    first_working = np.where(weekday_of_first > 4, 8 - weekday_of_first, 1)
    last_working = last - np.maximum(weekday_of_last - 4, 0)
    if np.all(day == 1) or np.all(day == first_working):
        return "starts of months"
    if np.all(day == last) or np.all(day == last_working):
        return "ends of months"
    return None
