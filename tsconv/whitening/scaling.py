"""Mean 0 and variance 1, column by column: `standardize`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tsconv._checks import FloatArray, check_choice, check_complete
from tsconv._frames import Taken, take_apart

# Deviations smaller than this share of the values are rounding.
_ROUNDING = 8 * float(np.finfo(float).eps)


@dataclass(frozen=True)
class Standardized:
    """Columns of mean 0 and variance 1; made by `standardize`.

    Attributes
    ----------
    data : same kind as the input
        The standardized values.
    mean, std : ndarray, shape (n_columns,)
        What was subtracted, and what the rest was divided by (divisor n).
    """

    data: Any
    mean: FloatArray
    std: FloatArray

    def apply(self, x: Any) -> Any:
        """Standardize other data by the same numbers."""
        taken = _like(x, self.mean.size)
        return taken.rebuild((taken.values - _row(taken, self.mean)) / _row(taken, self.std))

    def restore(self, z: Any) -> Any:
        """Undo it: the inverse of `apply`."""
        taken = _like(z, self.mean.size)
        return taken.rebuild(taken.values * _row(taken, self.std) + _row(taken, self.mean))


def standardize(x: Any, *, missing: Literal["raise", "skip"] = "raise") -> Standardized:
    """Subtract the mean and divide by the standard deviation, column by column.

    Parameters
    ----------
    x : Series, DataFrame or array_like, shape (n,) or (n, n_columns)
        The data.
    missing : {"raise", "skip"}, default "raise"
        Stop at missing values, or use what is there and leave gaps as they are.

    Returns
    -------
    Standardized
        With `data`, `mean`, `std`, `apply` and `restore`.

    Raises
    ------
    ValueError
        If a column is constant, or values are missing or infinite.

    Notes
    -----
    Divisor n, so that the mean square of the result is exactly one. O(n).

    Examples
    --------
    >>> result = standardize([1.0, 3.0, 5.0])
    >>> result.data.round(3), result.restore(result.data).round(12).tolist()
    (array([-1.225,  0.   ,  1.225]), [1.0, 3.0, 5.0])
    """
    check_choice(missing, "missing", ("raise", "skip"))
    taken = take_apart(x)
    values = complete_or_gappy(taken.values, "skip", allow_gaps=missing == "skip")
    columns = values.reshape(values.shape[0], -1)
    mean, std = moments(columns, column_labels(taken))
    data = (values - _row(taken, mean)) / _row(taken, std)
    return Standardized(taken.rebuild(data), mean, std)


def complete_or_gappy(values: NDArray[Any], option: str, *, allow_gaps: bool) -> FloatArray:
    """Refuse gaps unless allowed, and infinities always."""
    if allow_gaps and values.dtype.kind != "c":
        check_complete(np.where(np.isnan(values), 0.0, values), "x", "Set infinities to missing.")
        return values
    return check_complete(values, "x", f'Fill or drop them first, or give missing="{option}".')


def moments(values: FloatArray, labels: list[Any]) -> tuple[FloatArray, FloatArray]:
    """Mean and standard deviation of each column, over what is there; constant ones are refused."""
    if not np.isnan(values.sum()):
        _, mean, std = centre(values)
        check_varying(values, mean, std, labels)
        return mean, std
    there = ~np.isnan(values)
    count = np.maximum(there.sum(axis=0), 1)
    rough = np.where(there, values, 0.0).sum(axis=0) / count
    mean = rough + np.where(there, values - rough, 0.0).sum(axis=0) / count
    std = np.sqrt(np.where(there, (values - mean) ** 2, 0.0).sum(axis=0) / count)
    check_varying(values, mean, std, labels)
    return mean, std


def centre(values: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return columns without gaps minus their means, the means and the standard deviations."""
    average = np.full(len(values), 1 / len(values))
    mean = average @ values
    centred = values - mean
    std = np.sqrt(average @ np.square(centred))
    rest = average @ centred
    if (np.abs(rest) > _ROUNDING * std).any():
        # Take out what rounding left of a large mean.
        centred -= rest
        std = np.sqrt(average @ np.square(centred))
    return centred, mean + rest, std


def check_varying(values: FloatArray, mean: FloatArray, std: FloatArray, labels: list[Any]) -> None:
    """Refuse columns whose deviations are nothing but rounding of their level."""
    # No value is larger than this; only where that leaves doubt is the largest looked up.
    bound = np.abs(mean) + math.sqrt(len(values)) * std
    if (std > _ROUNDING * bound).all():
        return
    level = np.nanmax(np.abs(values), axis=0, initial=0.0)
    constant = std <= _ROUNDING * level
    if constant.any():
        where = int(np.flatnonzero(constant)[0])
        what = "`x`" if labels == [0] else f"column {labels[where]!r}"
        raise ValueError(
            f"{what} must vary; all its values are {mean[where]:g}, so its variance cannot be"
            " made 1. Leave it out."
        )


def _row(taken: Taken, numbers: FloatArray) -> Any:
    """One number a column, or the number of a single series."""
    return numbers[0] if taken.values.ndim == 1 else numbers


def column_labels(taken: Taken) -> list[Any]:
    """Names of the columns; numbers for an array, 0 for a single series."""
    if isinstance(taken.source, pd.DataFrame):
        return list(taken.source.columns)
    return list(range(1 if taken.values.ndim == 1 else taken.values.shape[1]))


def _like(x: Any, n_columns: int) -> Taken:
    taken = take_apart(x)
    given = 1 if taken.values.ndim == 1 else taken.values.shape[1]
    if given != n_columns:
        raise ValueError(f"the data must have {n_columns} columns, as before; got {given}.")
    return taken
