"""A series as it was observed: checked, centred, with its gaps marked; and its correlations.

`observe` says where something is missing, infinite or out of order, and stops, unless gaps are
allowed. `correlations` of two observed series, `sample_sizes` the divisors that go with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tsconv._checks import FloatArray
from tsconv.correlation.autoregression import prediction_errors
from tsconv.correlation.lagged import BoolArray, Centred, centred, lagged_products


@dataclass(frozen=True)
class Observed:
    """A checked, centred series.

    Attributes
    ----------
    name : str
        What to call it in messages.
    data : Centred
        Its values; zero where missing.
    present : ndarray of bool, shape (n_obs,), or None
        Where it was observed; None if everywhere.
    """

    name: str
    data: Centred
    present: BoolArray | None = None

    @property
    def n_obs(self) -> int:
        """Number of samples, missing ones included."""
        return int(self.data.values.size)

    @property
    def n_present(self) -> int:
        """Number of samples that were observed."""
        return self.n_obs if self.present is None else int(self.present.sum())

    def check_varies(self) -> None:
        """Raise if all observed values are equal: then no correlation is defined."""
        if self.data.is_constant:
            raise ValueError(
                f"`{self.name}` must vary to be correlated; all its values are {self.data.mean:g}."
            )

    def filtered(self, coefs: FloatArray) -> Observed:
        """Prediction errors of an autoregression, without the first ones, which have no past."""
        errors = prediction_errors(self.data.values, coefs)
        return Observed(f"{self.name}, prewhitened,", centred(errors))


def observe(
    values: Any,
    index: pd.Index | None,
    name: str,
    missing: str = "raise",
    *,
    remedy: str = "fill or drop them",
) -> Observed:
    """Check and centre a series; gaps are marked, or an error with this `remedy` if not allowed.

    Raises
    ------
    TypeError
        If the values are complex.
    ValueError
        If there are none, some are infinite, or (``missing="raise"``) missing; if times run
        backwards.
    """
    if np.iscomplexobj(values):
        raise TypeError(
            f"`{name}` must be real; got complex numbers."
            " Take the real and the imaginary part, or the modulus, apart."
        )
    if values.size == 0:
        raise ValueError(f"`{name}` must have at least one observation; got none.")
    _check_order(index, name)
    present = np.isfinite(values)
    if present.all():
        return Observed(name, centred(values))
    infinite = np.flatnonzero(np.isinf(values))
    if infinite.size:
        raise ValueError(
            f"`{name}` must be finite; got {values[infinite[0]]} at {_place(infinite[0], index)}."
            " Replace infinite values, by NaN if they stand for missing ones."
        )
    gaps = np.flatnonzero(~present)
    if gaps.size == values.size:
        raise ValueError(f"`{name}` must have observations; all {gaps.size} values are missing.")
    if missing == "raise":
        raise ValueError(
            f"`{name}` has {gaps.size} missing value{'s' if gaps.size > 1 else ''}, first at"
            f" {_place(gaps[0], index)}; {remedy}."
        )
    return Observed(name, centred(values, present), present)


def pair_counts(x: Observed, y: Observed, first: int, last: int) -> FloatArray:
    """Count the times t at which both x[t + k] and y[t] were observed, k = first, ..., last."""
    if x.present is None and y.present is None:
        return np.asarray(x.n_obs - np.abs(np.arange(first, last + 1.0)))
    marks = [
        np.ones(s.n_obs) if s.present is None else s.present.astype(np.float64) for s in (x, y)
    ]
    return np.asarray(np.rint(lagged_products(marks[0], marks[1], first, last)))


def mean_products(x: Observed, y: Observed, first: int, last: int) -> tuple[FloatArray, FloatArray]:
    """Lagged products over their divisors, and the divisors, k = first, ..., last.

    The divisor is n; with gaps the number of pairs plus the lag, which is n where nothing is
    missing. Without a pair the product is NaN.
    """
    pairs = pair_counts(x, y, first, last)
    divisors = np.maximum(pairs + np.abs(np.arange(first, last + 1)), 1.0)
    products = lagged_products(x.data.values, y.data.values, first, last) / divisors
    products[pairs == 0] = np.nan
    return products, divisors


def correlations(x: Observed, y: Observed, first: int, last: int) -> tuple[FloatArray, FloatArray]:
    """Correlations of x[t + k] with y[t], and their divisors, k = first, ..., last."""
    products, divisors = mean_products(x, y, first, last)
    scale = np.sqrt((x.data.energy / x.n_present) * (y.data.energy / y.n_present))
    # By Cauchy and Schwarz at most 1 without gaps; rounding and gaps may exceed it.
    return np.clip(products / scale, -1.0, 1.0), divisors


def _check_order(index: pd.Index | None, name: str) -> None:
    """Refuse times that run backwards: their lags would have the wrong sign."""
    if (
        isinstance(index, (pd.DatetimeIndex, pd.TimedeltaIndex, pd.PeriodIndex))
        and not index.is_monotonic_increasing
    ):
        raise ValueError(
            f"the times of `{name}` must increase for lags to have a meaning;"
            f" try `{name}.sort_index()`."
        )


def _place(position: Any, index: pd.Index | None) -> str:
    return f"position {position}" + ("" if index is None else f" ({index[position]})")
