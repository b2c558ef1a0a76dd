"""Frequencies in the index's own unit: what an index says about the sampling rate, and cut-offs.

`sampling` reads a `Sampling` off an index or the rate given by hand; `Sampling.frequency` turns a
cut-off (a number, ``"1/7D"``, ``"7D"``, ``"50Hz"``) into a number of the same unit. A time between
samples is read through ``pd.Timedelta``; calendar steps (months, quarters, years) count in cycles
per year, twelve months to the year.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
import pandas as pd

from tsconv._checks import check_positive
from tsconv._frames import Taken, positions, sampling_interval
from tsconv.time_kernel import as_width

_SECOND, _MINUTE, _DAY = pd.Timedelta(seconds=1), pd.Timedelta(minutes=1), pd.Timedelta(days=1)
_STEPS_A_YEAR = {"month": 12.0, "quarter": 4.0, "year": 1.0}
_HERTZ = {"mhz": 1e-3, "hz": 1.0, "khz": 1e3}

# Float indexes such as 0, 0.1, 0.2, ... are regular only to rounding.
_REGULAR = 1e-9


@dataclass(frozen=True)
class Sampling:
    """How often a series was sampled.

    Attributes
    ----------
    rate : float
        Samples per unit of time: frequencies run to ``rate / 2``.
    unit : str
        Unit of frequencies: ``"cycles per day"``, ``"Hz"``, ``"cycles per sample"``, ...
    per : pandas.Timedelta or None
        The unit of time, if it has a fixed length.
    """

    rate: float
    unit: str
    per: pd.Timedelta | None = None

    @property
    def nyquist(self) -> float:
        """Half the sampling rate, the highest frequency that samples can show."""
        return self.rate / 2

    def frequency(self, value: Any, name: str) -> float:
        """Return a cut-off as a number in `unit`, from 0 to `nyquist`.

        Raises
        ------
        ValueError
            If it is negative, above the Nyquist frequency, or a time where there is none.
        """
        number = self._number(value, name)
        if not (math.isfinite(number) and number >= 0):
            raise ValueError(f"`{name}` must be a frequency of at least 0; got {value!r}.")
        if number > self.nyquist * (1 + 1e-12):
            raise ValueError(
                f"`{name}` must not exceed half the sampling rate, {self.nyquist:g} {self.unit}"
                f" (Nyquist); got {value!r}, which is {number:g}. Sample more often, or lower it."
            )
        return min(number, self.nyquist)

    def _number(self, value: Any, name: str) -> float:
        if isinstance(value, str):
            return self._from_text(value.strip(), name)
        period = as_width(value, name)
        if period is None:
            try:
                return float(value)
            except (TypeError, ValueError):
                raise TypeError(
                    f"`{name}` must be a frequency: a number in {self.unit}, '1/7D' or '7D';"
                    f" got {value!r}."
                ) from None
        return self._per(period, name, value)

    def _from_text(self, text: str, name: str) -> float:
        lower = text.lower()
        for suffix in ("mhz", "khz", "hz"):
            if lower.endswith(suffix):
                digits = text[: -len(suffix)]
                # mHz and MHz differ by nine orders of magnitude: only the former is spelt small.
                factor = 1e6 if text.endswith("MHz") else _HERTZ[suffix]
                try:
                    hertz = float(digits) * factor
                except ValueError:
                    break
                return hertz * self._length(name, text) / _SECOND
        times, slash, period = text.partition("/")
        try:
            count = float(times) if slash else 1.0
            duration = as_width(period.strip() if slash else text, name)
        except ValueError:
            duration = None
        if duration is None:
            raise ValueError(
                f"`{name}` must be a frequency such as '1/7D', '50Hz' or a number in {self.unit},"
                f" or a period such as '7D' (months and years have no fixed length); got {text!r}."
            )
        return count * self._per(duration, name, text)

    def _per(self, period: pd.Timedelta, name: str, given: Any) -> float:
        return float(self._length(name, given) / period)

    def _length(self, name: str, given: Any) -> pd.Timedelta:
        if self.per is None:
            raise ValueError(
                f"`{name}` must be a number in {self.unit}; got {given!r}, but the samples have no"
                " fixed distance in time. Give the number, or `fs` in Hz."
            )
        return self.per


def sampling(taken: Taken, fs: Any = None, name: str = "x") -> Sampling:
    """Read the sampling rate: `fs` in Hz if given, else that of the index.

    A distance of less than a minute gives Hz, one from a minute on cycles per day, calendar steps
    (months, quarters, years) cycles per year. Without times ``attrs["fs"]`` gives Hz (recordings
    have it), a numeric index cycles per its unit, anything else cycles per sample.

    Raises
    ------
    ValueError
        If the index is irregular; the message says where.
    """
    if fs is not None:
        return Sampling(check_positive(fs, "fs"), "Hz", _SECOND)
    index = taken.index
    if isinstance(index, (pd.DatetimeIndex, pd.TimedeltaIndex, pd.PeriodIndex)):
        return _of_times(index, name)
    if taken.source is not None and "fs" in taken.source.attrs:
        return Sampling(check_positive(taken.source.attrs["fs"], "fs"), "Hz", _SECOND)
    if index is None or index.dtype.kind not in "iuf" or len(index) < 2:
        return Sampling(1.0, "cycles per sample")
    step = _numeric_step(index, name)
    if step == 1:
        return Sampling(1.0, "cycles per sample")
    return Sampling(1.0 / step, "cycles per unit of the index")


def _numeric_step(index: pd.Index, name: str) -> float:
    """Return the distance of evenly spaced rising numbers, at least two."""
    if isinstance(index, pd.RangeIndex):  # even by construction
        if index.step <= 0:
            _irregular(name, 0)
        return float(index.step)
    values = index.to_numpy(dtype=np.float64)
    steps = np.diff(values)
    step = float(values[-1] - values[0]) / steps.size
    scale = np.max(np.abs(values))
    bad = np.flatnonzero(~(np.abs(steps - step) <= _REGULAR * (abs(step) + scale * 1e-6)))
    if step <= 0 or bad.size:
        _irregular(name, int(bad[0]) if bad.size else 0)
    return step


def _of_times(index: Any, name: str) -> Sampling:
    steps = _calendar_steps(index)
    if steps is not None:
        return Sampling(steps, "cycles per year")
    interval = sampling_interval(index)
    if interval is None:
        _refuse_times(index, name)
    per, unit = (_SECOND, "Hz") if interval < _MINUTE else (_DAY, "cycles per day")
    return Sampling(float(per / interval), unit, per)


def _refuse_times(index: Any, name: str) -> NoReturn:
    if len(index) < 2:
        raise ValueError(
            f"`{name}` must have at least two samples, or an index with a frequency, to tell its"
            " sampling rate; give `fs` in Hz."
        )
    where = positions(index.to_timestamp() if isinstance(index, pd.PeriodIndex) else index, 0)
    gaps = np.diff(where)
    bad = np.flatnonzero(gaps != np.median(gaps))
    _irregular(name, int(bad[0]) if bad.size else 0)


def inferred_offset(index: Any) -> Any:
    """Return the offset between the times of an index that does not say, or None."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas is changing what kind of answer it gives
        try:
            found = pd.infer_freq(index)
        except (TypeError, ValueError):
            return None
    return None if found is None else pd.tseries.frequencies.to_offset(found)


def _calendar_steps(index: Any) -> float | None:
    """Return the samples in a year if they are months, quarters or years, else None."""
    offset = index.freq
    # No month is shorter than 28 days, one less where a clock is changed.
    if offset is None and len(index) >= 3 and index[1] - index[0] >= 27 * _DAY:
        offset = inferred_offset(index)
    if offset is None:
        return None
    kind = type(offset).__name__.lower()
    for word, steps in _STEPS_A_YEAR.items():
        if word in kind and "semi" not in kind:
            return steps / offset.n if offset.n > 0 else None
    return None


def _irregular(name: str, position: int) -> NoReturn:
    raise ValueError(
        f"the index of `{name}` must be regular: the step after position {position} differs from"
        f" the others. Make it so, `{name}.resample(...).mean()` or `{name}.asfreq(...)`, or give"
        " `fs` to count samples whatever the index."
    )
