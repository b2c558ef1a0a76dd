r"""Kernels whose width is a time: `TimeKernel`.

A time kernel is a weight function :math:`w(\tau)` of the time lag :math:`\tau` in units of its
width. On a regular index with sampling interval :math:`\Delta` it becomes an ordinary `Kernel` with
taps :math:`w(k \Delta)`, divided by their sum (`TimeKernel.resolve`). On an irregular index there
are no taps: each output is the weighted mean of the samples around it, weighted at their true time
differences.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, NoReturn

import numpy as np
import pandas as pd

from tsconv._checks import FloatArray
from tsconv.kernel import Kernel

Width = str | timedelta | np.timedelta64 | pd.offsets.BaseOffset
"""A duration: text such as ``"90min"``, a timedelta (of Python, numpy, pandas) or an offset."""

_CALENDAR_HINT = (
    "Months, quarters and years have no fixed length: give days ('30D') or a number of samples."
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
    closed : {"both", "left", "right"}
        Which ends of `reach` count as inside, as in ``pandas.Interval``.

    Examples
    --------
    >>> from tsconv import gaussian
    >>> gaussian("90min")
    gaussian('90min')
    >>> gaussian("90min").resolve("1h").taps.size
    13
    """

    name: str
    width: pd.Timedelta
    profile: Callable[[FloatArray], FloatArray]
    reach: tuple[float, float]
    closed: Literal["both", "left", "right"] = "both"

    def __repr__(self) -> str:
        trailing = ", centered=False" if self.closed == "left" else ""
        word = "halflife=" if self.profile is exponential_profile else ""
        return f"{self.name}({word}{_written(self.width)!r}{trailing})"

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> NoReturn:
            hint = ""
            if hasattr(Kernel, name) and not name.startswith("_"):
                hint = f" The kernel on a grid has: give the interval, .resolve('1D').{name}"
            raise AttributeError(f"a kernel with a width in time has no attribute {name!r}.{hint}")

    def _combined(self, _: object) -> NoReturn:
        raise TypeError(
            "kernels with a width in time cannot be added or multiplied, because their taps depend"
            f" on the index; got {self!r}. Apply them one after the other, or fix the sampling"
            " interval first: .resolve('1D')."
        )

    __mul__ = __rmul__ = __add__ = __radd__ = __sub__ = __rsub__ = _combined
    __truediv__ = __rtruediv__ = __pow__ = _combined

    @property
    def open_start(self) -> bool:
        """Whether the smallest lag itself lies outside."""
        return self.closed == "right"

    @property
    def open_end(self) -> bool:
        """Whether the largest lag itself lies outside."""
        return self.closed == "left"

    def resolve(self, interval: Width) -> Kernel:
        """Take the taps on a regular grid and divide them by their sum.

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
        ratio = float(step / self.width)
        if self.profile is exponential_profile:
            alpha = -math.expm1(-math.log(2) * ratio)
            return Kernel([alpha], denominator=[1.0, alpha - 1.0])
        ahead = _steps(-self.reach[0] / ratio, inside=not self.open_start)
        behind = _steps(self.reach[1] / ratio, inside=not self.open_end)
        weights = self.profile(np.arange(-ahead, behind + 1.0) * ratio)
        return Kernel(weights / weights.sum(), origin=ahead)


def as_width(value: Any, name: str) -> pd.Timedelta | None:
    """Return a positive Timedelta if `value` is a duration, None if it is a number."""
    # In pandas 3 a Day is a calendar day and no longer a Tick; n of them are n * 24 hours here.
    given = timedelta(days=value.n) if isinstance(value, pd.offsets.Day) else value
    if not isinstance(given, (str, timedelta, np.timedelta64, pd.offsets.BaseOffset)):
        return None
    try:
        if isinstance(given, str) and _is_number(given):
            raise ValueError("no unit")  # pandas would take it for nanoseconds
        duration = pd.Timedelta(given)  # type: ignore[arg-type]
    except (ValueError, TypeError, OverflowError):
        raise ValueError(
            f"`{name}` must be a number of samples or a duration such as '90min' or '7D';"
            f" got {value!r}. {_CALENDAR_HINT}"
        ) from None
    if pd.isna(duration) or duration <= pd.Timedelta(0):
        raise ValueError(f"`{name}` must be positive; got {value!r}.")
    return duration


def _written(width: pd.Timedelta) -> str:
    """Write a duration the way one would give it: 30D, 90min, 500ms."""
    for unit in ("D", "h", "min", "s", "ms", "us"):
        if width % pd.Timedelta(1, unit) == pd.Timedelta(0):
            return f"{width // pd.Timedelta(1, unit)}{unit}"
    return f"{width.value}ns"


def uniform(lags: FloatArray) -> FloatArray:
    """Weight one everywhere."""
    return np.ones_like(lags)


def gaussian_profile(lags: FloatArray) -> FloatArray:
    """Bell of unit standard deviation."""
    return np.asarray(np.exp(-0.5 * lags**2))


def exponential_profile(lags: FloatArray) -> FloatArray:
    """Halves with each unit of lag."""
    return np.asarray(np.exp2(-lags))


def _steps(reach: float, *, inside: bool) -> int:
    """Count whole sampling steps from lag 0 to the window's end, which counts if `inside`."""
    nearest = round(reach)
    if abs(reach - nearest) > _EDGE:
        return math.floor(reach)
    return nearest if inside else max(nearest - 1, 0)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
