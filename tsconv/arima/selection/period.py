"""The length of the season: read from a time index, or estimated.

period_of_index(index) -> period or None
estimate_period(y) -> period, 1 for none
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from tsconv._checks import FloatArray
from tsconv.arima.labels import TimeIndex, continuation
from tsconv.arima.selection.scale import filled, trimmed
from tsconv.arima.selection.season import STRENGTH, seasonal_strength
from tsconv.arima.selection.unit_roots import n_differences

# Steps in a season, by the unit of the step: a year of quarters, months, weeks; a week of days; a
# day of hours; an hour of minutes; a minute of seconds.
_PERIODS = {"Y": 1, "Q": 4, "M": 12, "W": 52, "D": 7, "B": 5, "h": 24, "min": 60, "s": 60}
_LENGTHS = {"D": "1D", "h": "1h", "min": "1min", "s": "1s"}
_DAY = pd.Timedelta(days=1)


def period_of_index(index: pd.Index | None) -> int | None:
    """Length of the season that goes with the step of a regular time index.

    Parameters
    ----------
    index : Index or None
        Labels of the series.

    Returns
    -------
    int or None
        Years 1, quarters 4, months 12, weeks 52, days 7, business days 5, hours 24, minutes and
        seconds 60; of n units a step, the whole part of a season they make, so that 2 hours have
        12 and 15 minutes, which divide a day, 96; 1 where they make none. None without a regular
        time index.
    """
    if not isinstance(index, TimeIndex):
        return None
    step: Any = continuation(index, len(index)).step
    if isinstance(step, int):
        return None
    offset = pd.tseries.frequencies.to_offset(step)
    n, unit = int(offset.n), _unit(offset.freqstr)
    if unit in _LENGTHS:
        one: Any = _LENGTHS[unit]
        return period_of_duration(n * pd.Timedelta(one))
    steps = _PERIODS.get(unit, 1)
    return steps // n if steps % n == 0 else 1


def period_of_duration(step: pd.Timedelta) -> int:
    """Count the steps of fixed length in the season they suggest; 1 if there is none to expect.

    Weeks for days, days for hours and minutes, hours and minutes for less.
    """
    day, week = _DAY, 7 * _DAY
    if step >= day:
        if step == week:
            return _PERIODS["W"]
        return _whole(week, step)
    hour, minute = pd.Timedelta(hours=1), pd.Timedelta(minutes=1)
    if step >= 5 * minute:
        return _whole(day, step)
    if step >= 5 * pd.Timedelta(seconds=1):
        return _whole(hour, step)
    return _whole(minute if step < minute else hour, step)


def estimate_period(y: FloatArray) -> int:
    """Length of the season that the values themselves show, 1 if they show none.

    Parameters
    ----------
    y : ndarray, shape (n,)
        The series, missing values NaN.

    Notes
    -----
    Candidates are the lags up to a quarter of the series at which the autocorrelation of the
    series, differenced until it is stationary, has a peak; the shortest counts that explains
    nearly as much as the best (`seasonal_strength`), at least 0.64. Calls nothing a season that is
    not seen four times.
    """
    x = filled(trimmed(y), 1)
    n = x.size
    if n < 12:
        return 1
    stationary = x
    for _ in range(n_differences(x)):
        stationary = np.diff(stationary)
    r = _autocorrelation(stationary, n // 4 + 1)
    inside = r[2:-1] if r.size > 3 else r[:0]
    peaks = np.flatnonzero((inside > r[1:-2]) & (inside >= r[3:])) + 2
    peaks = peaks[r[peaks] > 2.0 / np.sqrt(n)]
    best = peaks[np.argsort(-r[peaks], kind="stable")[:5]]
    strengths = {int(lag): seasonal_strength(x, int(lag)) for lag in best}
    strong = max(strengths.values(), default=0.0)
    if not strong > STRENGTH:
        return 1
    return min(lag for lag, value in strengths.items() if value > max(STRENGTH, strong - 0.05))


def _unit(freqstr: str) -> str:
    """Tell the unit of a frequency: ``2QS-OCT`` is Q, ``W-SUN`` W, ``BME`` M."""
    name = re.sub(r"^[\d.]+", "", freqstr).split("-")[0]
    if name in _PERIODS:
        return name
    if name == "A":
        return "Y"
    match = re.fullmatch(r"C?B?([YQM])[SE]?", name)
    return match[1] if match else {"C": "B", "T": "min", "H": "h", "S": "s"}.get(name, name)


def _whole(season: pd.Timedelta, step: pd.Timedelta) -> int:
    return int(season // step) if season % step == pd.Timedelta(0) else 1


def _autocorrelation(x: FloatArray, n_lags: int) -> FloatArray:
    e = x - x.mean()
    whole = float(e @ e)
    lags = range(min(n_lags, e.size - 1) + 1)
    if whole == 0.0:
        return np.zeros(len(lags))
    return np.array([float(e[lag:] @ e[: e.size - lag]) / whole for lag in lags])
