"""Where missing and infinite values reach, counted exactly.

The engines that transform see finite values only; what a NaN or an infinity does to the outputs is
laid over afterwards. A window is touched by a value if a *nonzero* tap meets it, found with
integer counts over the runs of neighbouring nonzero taps: no rounding decides where a gap ends.

`tap_runs` the runs; `reached` which windows meet a mark; `lay_nonfinite` the NaN and infinities
as direct evaluation would give them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tsconv._checks import FloatArray
from tsconv.engines import _loops

BoolArray = NDArray[np.bool_]


class Runs(NamedTuple):
    """Stretches [start, stop) of offsets into a window at which a condition on the taps holds."""

    starts: NDArray[np.intp]
    stops: NDArray[np.intp]


def tap_runs(condition: BoolArray) -> Runs:
    """Return the runs of `condition` on the taps, as offsets j into the window x[i + j].

    Tap k meets the sample j = m - 1 - k, so the taps are read backwards.
    """
    if condition.all():
        return Runs(np.zeros(1, dtype=np.intp), np.full(1, condition.size, dtype=np.intp))
    padded = np.zeros(condition.size + 2, dtype=np.int8)
    padded[1:-1] = condition[::-1]
    steps = np.diff(padded)
    return Runs(np.flatnonzero(steps == 1), np.flatnonzero(steps == -1))


def reached(marks: BoolArray, runs: Runs, n_out: int) -> BoolArray:
    """Say for each of `n_out` windows whether one of its `runs` meets a mark."""
    out = np.empty(n_out, dtype=np.uint8)
    _loops.touched(np.ascontiguousarray(marks).view(np.uint8), runs.starts, runs.stops, out)
    return out.view(np.bool_)


def lay_nonfinite(x: FloatArray, taps: FloatArray, out: FloatArray) -> None:
    """Overwrite the outputs that a NaN or an infinity reaches.

    Shapes: x (n, width), taps (m,), out (n_out, width).
    NaN where a nonzero tap meets NaN or where +inf and -inf meet; else the infinity, with the sign
    of the product.
    """
    n_out = out.shape[0]
    runs = tap_runs(taps != 0)
    positive = negative = None
    for column in range(x.shape[1]):
        values = x[:, column]
        result = out[:, column]
        missing = np.isnan(values)
        above, below = values == np.inf, values == -np.inf
        if above.any() or below.any():
            if positive is None or negative is None:
                positive, negative = tap_runs(taps > 0), tap_runs(taps < 0)
            up = reached(above, positive, n_out) | reached(below, negative, n_out)
            down = reached(above, negative, n_out) | reached(below, positive, n_out)
            result[up] = np.inf
            result[down] = -np.inf
            result[up & down] = np.nan
        if missing.any():
            result[reached(missing, runs, n_out)] = np.nan
