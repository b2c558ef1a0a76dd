"""Values and index out of pandas, and back: the only place that takes pandas objects apart.

`take_apart` turns a Series, DataFrame or array into float64 (or complex128) values and remembers
how to put results of the same length back on the same index; `Taken.rebuild` does so.
`sampling_interval` reads the time between samples off an index, `elapsed` the times themselves.

The caller's object is never touched: values are copied where pandas would share memory with a
result, and names, attributes and the index travel along unchanged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ._checks import FloatArray

Data = TypeVar("Data", pd.Series, pd.DataFrame, NDArray[Any])
Values = NDArray[Any]

_CALENDAR_WORDS = ("month", "quarter", "year")


@dataclass(frozen=True)
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
            built: Any = pd.Series(values, index=source.index, name=source.name, copy=False)
        else:
            built = pd.DataFrame(values, index=source.index, columns=source.columns, copy=False)
        if source.attrs:
            built.attrs = dict(source.attrs)
        return built


def take_apart(x: Any, name: str = "x") -> Taken:
    """Read the values of a Series, a DataFrame or a 1-D or 2-D array-like of numbers.

    Raises
    ------
    TypeError
        If something is not a number; the message names the column or the first such value.
    ValueError
        If an array has no or more than two dimensions.
    """
    if isinstance(x, pd.Series):
        return Taken(_series_values(x, f"`{name}`"), x)
    if isinstance(x, pd.DataFrame):
        return Taken(_frame_values(x, name), x)
    if isinstance(x, pd.Index):
        x = x.to_numpy()
    if isinstance(x, np.ma.MaskedArray):
        x = np.where(np.ma.getmaskarray(x), np.nan, np.ma.getdata(x))
    values = _as_float(np.asarray(x), f"`{name}`")
    if values.ndim not in (1, 2):
        raise ValueError(
            f"`{name}` must be 1-D, or 2-D with a column for each series; got shape {values.shape}."
        )
    return Taken(values)


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

    A daily frequency counts as 24 hours also where clocks change; months and business days have
    no fixed length and give None.
    """
    if isinstance(index, pd.PeriodIndex):
        return _fixed_length(index.freq)
    if not isinstance(index, (pd.DatetimeIndex, pd.TimedeltaIndex)):
        return None
    if index.freq is not None:
        step = _fixed_length(index.freq)
        return step if step is not None and step > pd.Timedelta(0) else None
    if len(index) < 2 or index.hasnans:
        return None
    steps = np.diff(_clock(index))
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
    if not isinstance(index, (pd.DatetimeIndex, pd.TimedeltaIndex)):
        kind = "an array" if index is None else type(index).__name__
        raise TypeError(
            f"a width given as a time needs a DatetimeIndex or TimedeltaIndex; got {kind}."
            " Give the width in samples, or a Series with a time index."
        )
    if index.hasnans:
        raise ValueError("the time index must have no missing times (NaT); drop those rows first.")
    if not index.is_monotonic_increasing:
        raise ValueError("the time index must be sorted; try `x.sort_index()`.")
    frequency = _calendar_frequency(index)
    if frequency is not None:
        raise ValueError(
            f"the samples are {frequency}: months, quarters and years differ in length, so a width"
            " given as a time would weigh them unevenly. Give the width in samples instead."
        )
    return _since_first(index, unit)


def positions(index: pd.Index | None, n: int) -> FloatArray:
    """Return where the samples lie for interpolation: their times if sorted, else 0, 1, 2, ..."""
    is_time = isinstance(index, (pd.DatetimeIndex, pd.TimedeltaIndex))
    if is_time and index is not None and not index.hasnans and index.is_monotonic_increasing:
        return _since_first(index, pd.Timedelta(seconds=1))
    return np.arange(n, dtype=np.float64)


def _since_first(index: Any, unit: pd.Timedelta) -> FloatArray:
    if len(index) == 0:
        return np.empty(0)
    clock = _clock(index)
    # Division of timedelta64 by timedelta64 is exact to one rounding, whatever their units.
    return np.asarray((clock - clock[0]) / unit.to_timedelta64(), dtype=np.float64)


def _series_values(x: pd.Series, label: str) -> Values:
    dtype = x.dtype
    if isinstance(dtype, np.dtype):
        return _as_float(x.to_numpy(), label)
    if not (pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_bool_dtype(dtype)):
        raise TypeError(f"{label} must hold numbers; got dtype {dtype}.")
    return _as_float(x.to_numpy(dtype=np.float64, na_value=np.nan), label)


def _frame_values(x: pd.DataFrame, name: str) -> Values:
    if all(dtype == np.float64 for dtype in x.dtypes):
        return np.ascontiguousarray(x.to_numpy())
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


def _fixed_length(offset: Any) -> pd.Timedelta | None:
    if isinstance(offset, pd.offsets.Day):
        return pd.Timedelta(days=offset.n)
    return pd.Timedelta(offset) if isinstance(offset, pd.offsets.Tick) else None


def _calendar_frequency(index: pd.DatetimeIndex | pd.TimedeltaIndex) -> str | None:
    """Return the name of a frequency of months, quarters or years, given or recognisable."""
    if not isinstance(index, pd.DatetimeIndex):
        return None
    offset: Any = index.freq
    if offset is None and len(index) >= 3 and index.is_unique:
        days = np.diff(_clock(index)).astype("timedelta64[D]").astype(int)
        if days.min() < 26:  # shorter than any month: spare the slow recognition
            return None
        offset = pd.tseries.frequencies.to_offset(pd.infer_freq(index))
    name = type(offset).__name__.lower()
    return str(offset.freqstr) if any(word in name for word in _CALENDAR_WORDS) else None
