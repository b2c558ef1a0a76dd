"""Many gaps: the columns of the Kalman filter, and when it is the cheaper way.

The filter runs on levels (`_filter.pxi`); initial values of differenced models are columns with a
flat prior, which take the place that dummies of missing values have otherwise. The likelihood is
the same; its score comes from differences.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tsconv._checks import FloatArray
from tsconv.arima._core import Held
from tsconv.arima.columns import Columns, dependent
from tsconv.arima.spec import ArimaSpec

# Up to this many gaps dummies are taken, whatever the cost: their score is exact.
FEW = 60


def filter_is_cheaper(n_gaps: int, spec: ArimaSpec) -> bool:
    """Compare multiply-adds of one evaluation with score, per row."""
    if n_gaps <= FEW:
        return False
    k = spec.n_arma
    state = max(spec.ar_degree, spec.ma_degree + 1) + spec.n_lost
    return n_gaps * n_gaps * (1.5 + k) / 2 > (1 + 2 * k) * (4 * state * state + 10 * state)


def hold_filter(columns: Columns, spec: ArimaSpec, sigma2: float) -> tuple[Held, int, int]:
    """Build the compiled filter for columns that were prepared without dummies.

    Returns it with the number of initial values that the data determine and the number of
    observations beyond them.
    """
    observed = columns.observed
    if observed is None:
        raise ValueError("the filter must be asked for only where there are gaps.")
    start = initial_values(spec.difference_poly(), columns.level.size)
    start = np.delete(start, dependent(start[:, observed]), axis=0) if start.size else start
    scale = columns.scale or 1.0
    y = columns.level.copy()
    X: FloatArray = np.zeros((0, y.size))
    if columns.free.size:
        X = np.asarray(np.linalg.solve(columns.triangle.T, columns.level_regressors.T))
        y -= columns.ols @ X
    data = np.ascontiguousarray(np.vstack([start, X, y[None] / scale]))
    mask: NDArray[np.uint8] = np.ascontiguousarray(observed, dtype=np.uint8)
    held = Held(
        data,
        len(start),
        spec.sizes,
        spec.lags,
        max(spec.period, 0),
        sigma2,
        mask,
        spec.difference_poly(),
    )
    return held, len(start), int(observed.sum()) - len(start)


def initial_values(difference_poly: FloatArray, n: int) -> FloatArray:
    """How a series of n follows from its first values alone; a row for each of them."""
    lost = difference_poly.size - 1
    rows = np.zeros((lost, n))
    rows[:, :lost] = np.eye(lost)[:, :n]
    lags = [j for j in range(1, lost + 1) if difference_poly[j]]
    for t in range(lost, n):
        for j in lags:
            rows[:, t] -= difference_poly[j] * rows[:, t - j]
    return rows
