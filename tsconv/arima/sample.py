"""The data of a fit: a series, its regressors, and the index that results and forecasts stand on.

`take_sample` takes the caller's objects apart once, and refuses what no model could use.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tsconv._checks import FloatArray
from tsconv._frames import take_apart, take_vector
from tsconv.arima.labels import Continuation, TimeIndex, check_order_of_time, continuation, joined


@dataclass(frozen=True, eq=False)
class Sample:
    """A series with its regressors, out of pandas.

    Attributes
    ----------
    y : ndarray, shape (n,)
        Observations, missing ones NaN; a copy of the caller's.
    exog : ndarray, shape (n, n_exog)
        Regressors, finite everywhere (zero where both `y` and the regressor are missing).
    exog_names : tuple of str
        Their names.
    index : Index or None
        The caller's index; None stands for positions.
    name : hashable
        The caller's name of the series.
    """

    y: FloatArray
    exog: FloatArray
    exog_names: tuple[str, ...] = ()
    index: pd.Index | None = None
    name: Hashable = None

    @property
    def n(self) -> int:
        """Number of rows, missing observations included."""
        return int(self.y.size)

    def on_index(self, values: NDArray[Any], name: Hashable = None) -> pd.Series[float]:
        """Put one value for each row on the caller's index."""
        return pd.Series(values, index=self.index, name=name)

    @property
    def continuation(self) -> Continuation:
        """How the index goes on."""
        return continuation(self.index, self.n)

    def extended(self, more: Sample) -> Sample:
        """Put the rows of `more` after these."""
        index = self.index
        if index is not None:
            labels = self.continuation.labels(more.n) if more.index is None else more.index
            index = joined(index, labels)
        return replace(
            self,
            y=np.concatenate([self.y, more.y]),
            exog=np.concatenate([self.exog, more.exog]),
            index=index,
        )


def take_sample(
    y: Any,
    exog: Any = None,
    *,
    freq: Any = None,
    names: tuple[str, ...] | None = None,
    allow_missing: bool = False,
    check_index: bool = True,
    stacklevel: int = 3,
) -> Sample:
    """Read a series and its regressors, and check what no model could use.

    Parameters
    ----------
    y : array_like or Series, shape (n,)
        Observations; missing ones are NaN, None or NA.
    exog : array_like, Series or DataFrame, shape (n, n_exog), optional
        Regressors, on the index of `y` if both have one.
    freq : str or DateOffset, optional
        Insert missing rows so that the index has this frequency.
    names : tuple of str, optional
        Names the regressors must have.
    allow_missing : bool, default False
        Accept a series of missing values only.
    check_index : bool, default True
        Warn of an index that is not regular.

    Raises
    ------
    TypeError
        If something is not a real number.
    ValueError
        If values are infinite, no value is there, shapes or indexes differ, or labels repeat.
    """
    if freq is not None:
        y, exog = _with_frequency(y, exog, freq)
    taken = take_vector(y, "y")
    values = taken.values
    if values.dtype != np.float64:
        raise TypeError(f"`y` must be real; got {values.dtype}. Fit its real and imaginary parts.")
    values = values.copy()
    index = taken.index
    if isinstance(index, pd.RangeIndex):
        if index.start == 0 and index.step == 1 and index.name is None:
            index = None
    elif index is not None and check_index:
        check_order_of_time(index, stacklevel=stacklevel + 1)
    # a difference of infinities or with NaN is not finite
    if not values.size or not math.isfinite(np.maximum.reduce(values) - np.minimum.reduce(values)):
        _check_observations(values, allow_missing)
    name = None if taken.source is None else taken.source.name
    if exog is None:
        if names:
            raise ValueError(f"the model has regressors: give `exog` with {', '.join(names)}.")
        return Sample(values, np.empty((values.size, 0)), (), index, name)
    columns, found = take_exog(exog, taken.index, values.size, names)
    missing = np.isnan(values)
    columns[missing[:, None] & np.isnan(columns)] = 0.0
    check_exog(columns, found)
    return Sample(values, columns, found, index, name)


def take_exog(
    exog: Any,
    index: pd.Index | None,
    n: int,
    names: tuple[str, ...] | None = None,
    *,
    finite: bool = False,
) -> tuple[FloatArray, tuple[str, ...]]:
    """Read `n` rows of regressors, in the order of `names` if these are given.

    With `finite`, missing and infinite values are refused.

    Raises
    ------
    ValueError
        If the number of rows, the columns or the index are not the ones expected.
    """
    taken = take_apart(exog, "exog")
    values = taken.values
    if values.dtype != np.float64:
        raise TypeError(f"`exog` must be real; got {values.dtype}.")
    if values.ndim == 1:
        one_row_of_many = names is not None and len(names) > 1 and n == 1
        values = values[None, :] if one_row_of_many else values[:, None]
    if values.shape[0] != n:
        raise ValueError(f"`exog` must have {n} rows; got {values.shape[0]}.")
    source = taken.source
    found: tuple[str, ...] = ()
    if isinstance(source, pd.DataFrame):
        found = tuple(str(label) for label in source.columns)
    elif isinstance(source, pd.Series) and source.name is not None:
        found = (str(source.name),)
    if source is not None:
        _check_same_index(source.index, index)
    if names is None:
        given = found or tuple(f"x{k + 1}" for k in range(values.shape[1]))
        if finite:
            check_exog(values, given)
        return np.array(values, order="C"), given
    if values.shape[1] != len(names):
        raise ValueError(
            f"`exog` must have the columns {', '.join(names) or '(none)'};"
            f" got {values.shape[1]} columns."
        )
    if isinstance(source, pd.DataFrame) and found != names:
        if set(found) != set(names):
            raise ValueError(
                f"`exog` must have the columns {', '.join(names)}; got {', '.join(found)}."
            )
        values = values[:, [found.index(name) for name in names]]
    if finite:
        check_exog(values, names)
    return np.array(values, order="C"), names


def _with_frequency(y: Any, exog: Any, freq: Any) -> tuple[Any, Any]:
    """Insert missing rows so that the index of `y`, and of `exog`, has the frequency `freq`."""
    if isinstance(y, pd.DataFrame) and y.shape[1] == 1:
        y = y.iloc[:, 0]
    if not (isinstance(y, pd.Series) and isinstance(y.index, (pd.DatetimeIndex, pd.PeriodIndex))):
        raise TypeError(
            f"`freq` needs a Series with a DatetimeIndex or PeriodIndex; got {type(y).__name__}."
        )
    if not y.index.is_unique:
        raise ValueError(
            f"the labels of `y` must be unique; {y.index[y.index.duplicated()][0]} is there more"
            " than once. Try `y.groupby(level=0).mean()`."
        )
    whole: pd.Index
    if isinstance(y.index, pd.PeriodIndex):
        whole = pd.period_range(y.index.min(), y.index.max(), freq=freq, name=y.index.name)
    else:
        whole = pd.date_range(y.index.min(), y.index.max(), freq=freq, name=y.index.name)
    outside = y.index[~y.index.isin(whole)]
    if len(outside):
        raise ValueError(
            f"every time must lie on the grid of `freq`={freq!r}; {outside[0]} does not"
            f" ({len(outside)} such). Try `y.resample({freq!r}).mean()`."
        )
    if isinstance(exog, (pd.Series, pd.DataFrame)):
        _check_same_index(exog.index, y.index)
        exog = exog.reindex(whole)
    elif exog is not None:
        raise TypeError("with `freq`, `exog` must be a Series or DataFrame on the index of `y`.")
    return y.reindex(whole), exog


def _check_observations(values: FloatArray, allow_missing: bool) -> None:
    """Raise if there is nothing to fit or something infinite."""
    if values.size == 0:
        raise ValueError("`y` must have at least one observation; got none.")
    infinite = np.flatnonzero(np.isinf(values))
    if infinite.size:
        raise ValueError(
            f"`y` must be finite where it is observed; got {values[infinite[0]]} at position"
            f" {infinite[0]} ({infinite.size} such). Try `y.replace([np.inf, -np.inf], np.nan)`."
        )
    if not allow_missing and np.isnan(values).all():
        raise ValueError(f"`y` must have at least one observation; all {values.size} are missing.")


def check_exog(values: FloatArray, names: tuple[str, ...]) -> None:
    """Raise if a regressor is not finite."""
    bad = ~np.isfinite(values)
    if bad.any():
        row, column = (int(k[0]) for k in np.nonzero(bad))
        raise ValueError(
            f"`exog` must be finite wherever `y` is observed; {names[column]} is"
            f" {values[row, column]} at position {row}. Fill it, or set `y` missing there."
        )


def _check_same_index(given: pd.Index, expected: pd.Index | None) -> None:
    """Raise if regressors come with times or labels other than those of the series."""
    if expected is None or given is expected or isinstance(given, pd.RangeIndex):
        return
    if len(given) == len(expected) and given.equals(expected):
        return
    if isinstance(expected, pd.RangeIndex) and not isinstance(given, TimeIndex):
        return
    where = next(
        (k for k, (a, b) in enumerate(zip(given, expected, strict=False)) if a != b),
        min(len(given), len(expected)) - 1,
    )
    raise ValueError(
        f"`exog` must have the labels {expected[0]} to {expected[-1]}; at position {where} it has"
        f" {given[where]} instead of {expected[where]}. Try `exog.reindex(...)`."
    )
