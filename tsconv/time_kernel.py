r"""Kernels whose width is a time: `TimeKernel`.

A time kernel is a weight function :math:`w(\tau)` of the time lag :math:`\tau` in units of its width. On a
regular index with sampling interval :math:`\Delta` it becomes an ordinary `Kernel` with taps
:math:`w(k \Delta)`, divided by their sum (`TimeKernel.resolve`). On an irregular index there are no taps: each
output is the weighted mean of the samples around it, weighted at their true time differences.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from ._checks import FloatArray, check_choice
from .kernel import Kernel

Width = str | timedelta | np.timedelta64
"""A duration: text such as ``"90min"``, or a timedelta of the standard library, numpy or pandas."""

_CALENDAR_HINT = (
    "months, quarters and years have no fixed length; give days (`30D`) or a number of samples"
)

# Lags within this fraction of the sampling interval of the window's end count as lying on it.
_EDGE = 1e-9


@dataclass(frozen=True)
class TimeKernel:
    """Weights as a function of the time lag; made by the named kernels, e.g. ``gaussian("90min")``.

    Attributes
    ----------
    name : str
        The kernel's name.
    width : pandas.Timedelta
        Unit of the lags.
    profile : callable
        Weight at a lag in units of `width`; non-negative.
    reach : tuple of float
        Smallest and largest lag with weight, in units of `width`; negative lags look ahead.
    open_end : bool
        Whether the largest lag itself lies outside (and the smallest inside); otherwise the
        smallest lies outside if `reach` is symmetric and the profile is uniform.

    Examples
    --------
    >>> from tsconv import gaussian
    >>> gaussian("90min")
    gaussian('0 days 01:30:00')
    >>> gaussian("90min").resolve("1h").taps.size
    13
    """

    name: str
    width: pd.Timedelta
    profile: Callable[[FloatArray], FloatArray]
    reach: tuple[float, float]
    open_end: bool = False

    def __repr__(self) -> str:
        return f"{self.name}({str(self.width)!r})"

    @property
    def open_start(self) -> bool:
        """Whether the smallest lag lies outside: a centred uniform window is half-open."""
        return self.profile is uniform and self.reach[0] < 0

    def resolve(self, interval: Width) -> Kernel:
        """Taps on a regular grid, dividing by their sum.

        Parameters
        ----------
        interval : time
            Sampling interval of the grid.

        Returns
        -------
        Kernel

        Raises
        ------
        ValueError
            If `interval` is not positive or has no fixed length.
        """
        step = as_width(interval, "interval")
        if step is None:
            raise TypeError(f"`interval` must be a duration such as '1h'; got {interval!r}.")
        ratio = step / self.width
        if self.profile is exponential_profile:
            alpha = -math.expm1(-math.log(2) * ratio)
            return Kernel([alpha], denominator=[1.0, alpha - 1.0])
        first = _steps(self.reach[0] / ratio, inside=not self.open_start, side=-1)
        last = _steps(self.reach[1] / ratio, inside=not self.open_end, side=1)
        weights = self.profile(np.arange(first, last + 1) * ratio)
        return Kernel(weights / weights.sum(), origin=-first)


def as_width(value: Any, name: str) -> pd.Timedelta | None:
    """Return a positive Timedelta if `value` is a duration, None if it is a number."""
    if isinstance(value, pd.offsets.BaseOffset) and not isinstance(value, pd.offsets.Tick):
        if isinstance(value, pd.offsets.Day):
            value = timedelta(days=value.n)
        else:
            raise ValueError(f"`{name}` must have a fixed length; got {value!r}: {_CALENDAR_HINT}.")
    if not isinstance(value, (str, timedelta, np.timedelta64, pd.offsets.BaseOffset)):
        return None
    try:
        duration = pd.Timedelta(value)
    except ValueError:
        raise ValueError(
            f"`{name}` must be a number of samples or a duration such as '90min' or '7D';"
            f" got {value!r}: {_CALENDAR_HINT}."
        ) from None
    if pd.isna(duration) or duration <= pd.Timedelta(0):
        raise ValueError(f"`{name}` must be positive; got {value!r}.")
    return duration


def uniform(lags: FloatArray) -> FloatArray:
    """Weight one everywhere."""
    return np.ones_like(lags)


def gaussian_profile(lags: FloatArray) -> FloatArray:
    """Bell of unit standard deviation."""
    return np.asarray(np.exp(-0.5 * lags**2))


def exponential_profile(lags: FloatArray) -> FloatArray:
    """Halves with each unit of lag."""
    return np.asarray(np.exp2(-lags))


def _steps(reach: float, *, inside: bool, side: int) -> int:
    """Count whole sampling steps from lag 0 to the window's end, which counts if `inside`."""
    check_choice(str(side), "side", ("1", "-1"))
    distance = side * reach
    whole = math.floor(distance + _EDGE)
    if not inside and whole > 0 and abs(whole - distance) <= _EDGE:
        whole -= 1
    return side * max(whole, 0)
