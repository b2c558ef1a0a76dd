"""Small questions about arrays that several tests ask: constancy, gaps filled in."""

from __future__ import annotations

import numpy as np

from tsconv._checks import FloatArray


def is_constant(x: FloatArray) -> bool:
    """Whether the values differ by no more than the rounding of the largest."""
    if x.size < 2:
        return True
    low, high = float(np.minimum.reduce(x)), float(np.maximum.reduce(x))
    return high - low <= 8 * 2.0**-52 * max(abs(low), abs(high))


def trimmed(y: FloatArray) -> FloatArray:
    """Leave out what is missing before the first and after the last observation."""
    seen = np.flatnonzero(~np.isnan(y))
    return y[seen[0] : seen[-1] + 1]


def filled(y: FloatArray, period: int) -> FloatArray:
    """Fill gaps by straight lines between observations of the same season (for tests only)."""
    missing = np.isnan(y)
    if not missing.any():
        return y
    x = y.copy()
    places = np.arange(y.size)
    if period > 1:
        # The line through the seasons' neighbours keeps their shape; what has none stays missing.
        for phase in range(min(period, y.size)):
            seen = ~missing[phase::period]
            if np.count_nonzero(seen) > 1 and not seen.all():
                at = places[phase::period]
                x[phase::period] = np.interp(at, at[seen], y[phase::period][seen])
    rest = np.isnan(x)
    if rest.any():
        x[rest] = np.interp(places[rest], places[~missing], y[~missing])
    return x
