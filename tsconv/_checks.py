"""Checks that return the cleaned value.

Every message says what must hold, what was given and what to try. Nothing here knows pandas.

`check_vector` a finite, non-empty 1-D float64 array; `check_complete` a real array of any shape
without gaps; `check_count` an integer with a lower bound; `check_positive` a positive finite
number; `check_fraction` a number in [0, 1]; `check_level` a coverage in per cent; `check_choice`
one of a few names.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


def check_vector(values: ArrayLike, name: str, *, allow_empty: bool = False) -> FloatArray:
    """Return `values` as a new 1-D float64 array without missing or infinite entries."""
    try:
        given = np.asarray(values)
    except ValueError:
        raise ValueError(f"`{name}` must be 1-D; got a list of lists of unequal lengths.") from None
    if np.iscomplexobj(given):
        raise TypeError(
            f"`{name}` must be real; got {given.dtype}."
            " Treat the real and the imaginary part apart."
        )
    kind = f"{type(values).__name__} of {given.dtype}"
    if given.dtype.kind not in "biufO":
        raise TypeError(f"`{name}` must be numbers; got {kind}.")
    try:
        array = np.atleast_1d(np.array(given, dtype=np.float64, order="C", copy=True))
    except (TypeError, ValueError, OverflowError):
        raise TypeError(f"`{name}` must be numbers; got {kind}.") from None
    if array.ndim != 1 or (array.size == 0 and not allow_empty):
        raise ValueError(
            f"`{name}` must be 1-D with at least one element; got shape {array.shape}."
        )
    bad = np.flatnonzero(~np.isfinite(array))
    if bad.size:
        raise ValueError(
            f"`{name}` must be finite; got {array[bad[0]]} at position {bad[0]}"
            f" ({bad.size} such value{'s' if bad.size > 1 else ''})."
        )
    return array


def check_complete(values: NDArray[Any], name: str, remedy: str) -> FloatArray:
    """Return real `values` of any shape if none is missing or infinite; `remedy` ends the message.

    The position is a number for a series, (row, column) for a table or an image.
    """
    if values.dtype.kind == "c":
        raise TypeError(
            f"`{name}` must be real; got {values.dtype}."
            " Treat the real and the imaginary part apart."
        )
    if values.size == 0:
        raise ValueError(f"`{name}` must have at least one sample; got shape {values.shape}.")
    # A finite sum has finite terms; only when it is not (or overflows) does each one get a look.
    with np.errstate(over="ignore", invalid="ignore"):
        suspicious = not math.isfinite(values.sum())
    if suspicious and (bad := ~np.isfinite(values)).any():
        where = tuple(int(place[0]) for place in np.nonzero(bad))
        kind = "missing" if np.isnan(values[where]) else "infinite"
        raise ValueError(
            f"`{name}` must have no missing or infinite values; got {int(bad.sum())}, the first"
            f" ({kind}) at position {where[0] if len(where) == 1 else where}. {remedy}"
        )
    return values


def check_count(value: Any, name: str, *, minimum: int | None = 0) -> int:
    """Return `value` as an int, at least `minimum`; floats are refused, even whole ones."""
    try:
        count = operator.index(value)
    except TypeError:
        raise TypeError(
            f"`{name}` must be a whole number; got {value!r} ({type(value).__name__})."
        ) from None
    if minimum is not None and count < minimum:
        raise ValueError(f"`{name}` must be at least {minimum}; got {count}.")
    return count


def check_positive(value: Any, name: str) -> float:
    """Return `value` as a float above zero."""
    number = _number(value, name, "a number")
    if not (np.isfinite(number) and number > 0):
        raise ValueError(f"`{name}` must be positive and finite; got {number:g}.")
    return number


def check_fraction(value: Any, name: str) -> float:
    """Return `value` as a float in [0, 1]."""
    number = _number(value, name, "a number between 0 and 1")
    if not 0 <= number <= 1:
        raise ValueError(f"`{name}` must be between 0 and 1; got {number:g}.")
    return number


def check_level(value: Any, name: str = "level") -> float:
    """Return `value` as a coverage in per cent; a fraction such as 0.95 is refused, not guessed."""
    percent = _number(value, name, "a number of per cent")
    if not 0 < percent < 100:
        raise ValueError(f"`{name}` must lie between 0 and 100 per cent; got {percent:g}.")
    if percent < 1:
        raise ValueError(
            f"`{name}` must be at least 1 per cent; got {percent:g}."
            f" For {100 * percent:g} per cent give {100 * percent:g}."
        )
    return percent


def check_choice(value: Any, name: str, choices: Iterable[str]) -> str:
    """Return `value` if it is one of `choices`."""
    allowed = tuple(choices)
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"`{name}` must be one of {', '.join(map(repr, allowed))}; got {value!r}.")
    return value


def _number(value: Any, name: str, wanted: str) -> float:
    """Return `value` as a float; text is refused, even where it reads as a number."""
    try:
        if isinstance(value, (str, bytes)):
            raise TypeError
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise TypeError(f"`{name}` must be {wanted}; got {value!r}.") from None
