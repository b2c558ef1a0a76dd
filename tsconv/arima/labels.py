"""Labels of a series in time: what an index is worth for a model that goes by position.

`check_order_of_time` accepts, warns or refuses; `continuation` tells how an index goes on, and
`joined` puts two together.
"""

from __future__ import annotations

import warnings
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

TimeIndex = pd.DatetimeIndex | pd.TimedeltaIndex | pd.PeriodIndex


def check_order_of_time(index: pd.Index, *, stacklevel: int = 2) -> None:
    """Check that positions tell the time; warn of gaps, and say how to insert them.

    Raises
    ------
    ValueError
        If labels of a time or number index repeat, or times are missing or out of order.
    """
    # A frequency is pandas' own promise of equal steps.
    offset = getattr(index, "freq", None)
    if offset is not None and offset.n > 0 and not isinstance(index, pd.PeriodIndex):
        return
    if len(index) < 2 or not (isinstance(index, TimeIndex) or index.dtype.kind in "iuf"):
        return
    if isinstance(index, TimeIndex) and index.hasnans:
        raise ValueError(
            "the index of `y` must have no missing times (NaT); try `y[y.index.notna()]`."
        )
    clock = index.asi8 if isinstance(index, TimeIndex) else index.to_numpy()
    steps = np.diff(clock)
    if isinstance(index, pd.PeriodIndex):
        if _periods_follow(index):
            return
    elif steps[0] > 0 and np.all(steps == steps[0]):
        return
    if not index.is_unique:
        first = index[index.duplicated()][0]
        raise ValueError(
            f"the labels of `y` must be unique; {first} is there more than once."
            " Try `y.groupby(level=0).mean()`."
        )
    if (steps < 0).any():
        raise ValueError("the index of `y` must be in order; try `y.sort_index()`.")
    if isinstance(index, pd.DatetimeIndex) and _inferred(index) is not None:
        return
    widest = int(np.argmax(steps))
    warnings.warn(
        f"the index of `y` is not regular (after {index[widest]} comes {index[widest + 1]}), so"
        " observations are taken by position and forecasts are numbered."
        f" {_hint(index, steps)}",
        UserWarning,
        stacklevel=stacklevel + 1,
    )


@dataclass(frozen=True)
class Continuation:
    """How an index goes on after its last label.

    Attributes
    ----------
    kind : {"position", "number", "datetime", "timedelta", "period"}
        Kind of the labels.
    last : int, float, Timestamp, Timedelta or Period
        Last label.
    step : number or DateOffset
        What leads from one label to the next.
    name : hashable
        Name of the index.
    """

    kind: str
    last: Any
    step: Any
    name: Hashable = None

    def labels(self, steps: int) -> pd.Index:
        """Return the next `steps` labels."""
        if self.kind == "period":
            return pd.period_range(self.last + 1, periods=steps, freq=self.step, name=self.name)
        if self.kind in ("datetime", "timedelta"):
            span: Any = pd.date_range if self.kind == "datetime" else pd.timedelta_range
            index: pd.Index = span(self.last, periods=steps + 1, freq=self.step, name=self.name)
            return index[1:]
        if isinstance(self.last, int) and isinstance(self.step, int):
            start = self.last + self.step
            return pd.RangeIndex(start, start + steps * self.step, self.step, name=self.name)
        numbers: pd.Index = pd.Index(
            self.last + self.step * np.arange(1.0, steps + 1), name=self.name
        )
        return numbers


def continuation(index: pd.Index | None, n: int) -> Continuation:
    """Tell how an index of length `n` goes on; an irregular one by positions."""
    by_position = Continuation("position", n - 1, 1)
    if index is None or n == 0:
        return by_position
    if isinstance(index, pd.RangeIndex):
        last = index.start + (n - 1) * index.step
        return Continuation("number", last, int(index.step), index.name)
    if isinstance(index, pd.PeriodIndex):
        if not _periods_follow(index):
            return by_position
        return Continuation("period", index[-1], index.freq, index.name)
    if isinstance(index, (pd.DatetimeIndex, pd.TimedeltaIndex)):
        kind = "datetime" if isinstance(index, pd.DatetimeIndex) else "timedelta"
        step = _step(index)
        return by_position if step is None else Continuation(kind, index[-1], step, index.name)
    if index.dtype.kind in "iuf" and n > 1:
        gaps = np.diff(index.to_numpy())
        if gaps[0] > 0 and np.all(gaps == gaps[0]):
            return Continuation("number", index[-1].item(), gaps[0].item(), index.name)
    return by_position


def _periods_follow(index: pd.PeriodIndex) -> bool:
    """Whether each period is the one after the last."""
    step: Any = index.freq
    return bool(np.all(np.diff(index.asi8) == step.n))


def joined(first: pd.Index, second: pd.Index) -> pd.Index:
    """Put two indexes one after the other; keep the frequency where the second continues it."""
    expected = continuation(first, len(first)).labels(len(second))
    if isinstance(expected, type(second)) and expected.equals(second):
        joined = first.append(expected)
        if isinstance(first, (pd.DatetimeIndex, pd.TimedeltaIndex)) and first.freq is not None:
            kind: Any = type(first)
            joined = kind(joined, freq=first.freq, name=first.name)
        return joined
    if isinstance(first, TimeIndex) and isinstance(second, TimeIndex):
        raise ValueError(
            f"new observations must follow the old ones: the next label is {expected[0]};"
            f" got {second[0]} to {second[-1]}. Insert gaps as missing values."
        )
    return first.append(continuation(first, len(first)).labels(len(second)))


def _step(index: pd.DatetimeIndex | pd.TimedeltaIndex) -> Any:
    """Frequency of a regular time index, or None."""
    if index.freq is not None:
        return index.freq
    if len(index) < 2:
        return None
    inferred = _inferred(index)
    if inferred is not None:
        return inferred
    steps = np.diff(index.asi8)
    first: Any = index[0]
    return index[1] - first if steps[0] > 0 and np.all(steps == steps[0]) else None


def _inferred(index: pd.DatetimeIndex | pd.TimedeltaIndex) -> Any:
    """Recognise the frequency of an index: an offset, or None."""
    if len(index) < 3:
        return None
    with warnings.catch_warnings():
        # pandas 3.1 warns that it will return an offset one day; either is understood here.
        warnings.simplefilter("ignore")
        found = pd.infer_freq(index)
    return None if found is None else pd.tseries.frequencies.to_offset(found)


def _hint(index: pd.Index, steps: NDArray[Any]) -> str:
    """Say how to make an irregular index regular."""
    if isinstance(index, pd.PeriodIndex):
        return (
            "To insert the gaps as missing values: `y.reindex(pd.period_range(y.index[0],"
            " y.index[-1]))`; the fit treats them exactly."
        )
    if isinstance(index, pd.DatetimeIndex):
        guess = _guess_frequency(index)
        if guess is not None:
            return (
                f"To insert the gaps as missing values: `y.asfreq({guess!r})`, or `freq={guess!r}`;"
                " the fit treats them exactly."
            )
        return "Try `y.resample(...).mean()` to bring it onto a regular grid."
    common = steps[steps > 0].min()
    return (
        "To insert the gaps as missing values: `y.reindex(np.arange(y.index[0],"
        f" y.index[-1] + {common}, {common}))`; the fit treats them exactly."
    )


def _guess_frequency(index: Any) -> str | None:
    """Find a frequency whose grid holds all of the index and not many times more."""
    day = pd.Timedelta(days=1)
    shortest: Any = pd.Timedelta(np.diff(index.to_numpy()).min())
    guesses: list[str] = []
    if shortest == day and (index.day_of_week < 5).all():
        guesses.append("B")
    if shortest >= 360 * day:
        guesses += ["YS", "YE"]
    elif shortest >= 89 * day:
        guesses += ["QS", "QE"]
    elif shortest >= 28 * day:
        guesses += ["MS", "ME"]
    elif shortest == 7 * day:
        guesses.append("W-" + index[0].day_name()[:3].upper())
    if shortest < 28 * day:
        days = shortest // day
        is_days = days >= 1 and shortest == days * day
        offset = pd.offsets.Day(days) if is_days else pd.tseries.frequencies.to_offset(shortest)
        guesses.append(offset.freqstr)
    first: Any = index[0]
    last: Any = index[-1]
    if (last - first) / shortest > 20 * len(index):
        return None
    for guess in guesses:
        if index.isin(pd.date_range(index[0], index[-1], freq=guess)).all():
            return guess
    return None
