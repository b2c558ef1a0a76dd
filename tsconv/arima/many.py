"""One model for many series: the compiled loop of `_many.pxi`, and what it leaves to others.

`Recipe` holds a specification ready for it. A *state* is a row of numbers: all that a fit says and
all of the past that matters for the future,

    observations used, log-likelihood, what one more step promises, rows before the first
    observation, rows from it to the last, rows after, the power of a transformation, a flag;
    parameters; the last ``n_lost + ar_degree`` values less regression; the last ``ma_degree``
    errors.
"""

from __future__ import annotations

import functools
import math
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tsconv._checks import FloatArray
from tsconv.arima import estimate
from tsconv.arima._core import Many
from tsconv.arima.columns import _rounding
from tsconv.arima.spec import ArimaSpec
from tsconv.arima.starts import HEAD, make_plan, open_below

N_NUMBERS = 8
# A climb within this of its end is at the maximum whatever its roots (see estimate.fit_arrays).
SURE = 10 * estimate._TOLERANCE


class Recipe:
    """A specification, ready for many plain series.

    Plain is a series without gaps between its first and last observation.
    """

    def __init__(self, spec: ArimaSpec) -> None:
        power = spec.trend_powers[0] if spec.trend_powers else -1
        n_differences = spec.d + spec.seasonal_d
        # (1 - L)^d (1 - L^s)^D of t^(d + D) is (d + D)! s^D, a constant.
        column = math.factorial(n_differences) * float(max(spec.period, 1)) ** spec.seasonal_d
        self.spec = spec
        self.many = Many(
            spec.sizes,
            spec.lags,
            spec.period,
            spec.d,
            spec.seasonal_d,
            spec.difference_poly(),
            power,
            column,
            spec.n_regressors,
            _rounding(spec),
            estimate._MAX_ITERATIONS,
            estimate._SCORING_STEPS,
            3 * estimate._SCORING_STEPS if spec.ma_degree else estimate._SCORING_STEPS,
            estimate._TOLERANCE,
            0.1 * estimate._AGREE,
        )
        self.width = self.many.width

    @staticmethod
    def suits(spec: ArimaSpec) -> bool:
        """Whether a model can be fitted by the compiled loop."""
        powers = spec.trend_powers
        return (
            not spec.exog
            and not spec.fixed
            and (not powers or powers == (spec.d + spec.seasonal_d,))
            and max(spec.lags, default=0) < HEAD
        )

    def plans(self, lengths: NDArray[np.int64]) -> NDArray[np.intc]:
        """Return the starts that `fit_arrays` would climb from, a row for each series."""
        kinds, which = np.unique(lengths, return_inverse=True)
        rows = [self._plan(n) for n in kinds.tolist()]
        return np.array(rows, dtype=np.intc).reshape(-1, 6)[which]

    @functools.lru_cache(maxsize=4096)  # noqa: B019 - recipes live as long as the cache of them
    def _plan(self, n: int) -> tuple[int, ...]:
        columns: Any = SimpleNamespace(n=n - self.spec.n_lost)
        return (
            *(int(k) for k in make_plan(columns, self.spec, None)),
            round(1e3 * open_below(columns, self.spec)),
        )

    def fit(
        self, values: FloatArray, rows: NDArray[np.int64]
    ) -> tuple[FloatArray, NDArray[np.bool_]]:
        """Fit many plain series, with the interpreter's lock released.

        Parameters
        ----------
        values : ndarray
            Observations of all series.
        rows : ndarray, shape (n_series, 4)
            First and last row (exclusive), missing rows before and after.

        Returns
        -------
        states : ndarray, shape (n_series, width)
        left : ndarray of bool
            Series that `fit_arrays` must look at: constant ones, short ones, unsure ends, mixed
            models that the data leave open.
        """
        lengths = rows[:, 1] - rows[:, 0]
        states = np.zeros((len(rows), self.width))
        left = np.zeros(len(rows), dtype=np.intc)
        if len(rows):
            self.many.fit(values, np.ascontiguousarray(rows), self.plans(lengths), states, left)
        return states, (left != 0) | ~(states[:, 2] < SURE) | (lengths > 4 * HEAD)

    def place(self, values: FloatArray, before: int, after: int, arma: FloatArray) -> Any:
        """State of a plain series at given ARMA coefficients, or None."""
        state = np.zeros(self.width)
        done = self.many.place(values, before, after, np.ascontiguousarray(arma), state)
        return state if done else None

    def forecast(self, states: FloatArray, steps: int) -> tuple[FloatArray, FloatArray]:
        """Return means, trends included and regressors not, and variances: (n_series, steps)."""
        mean = np.empty((len(states), steps))
        variance = np.empty((len(states), steps))
        if not len(states):
            return mean, variance
        self.many.forecast(np.ascontiguousarray(states), mean, variance)
        params = states[:, N_NUMBERS : N_NUMBERS + self.spec.n_params]
        seen = states[:, 3:6].sum(axis=1, keepdims=True)
        for column, power in enumerate(self.spec.trend_powers):
            mean += params[:, column, None] * (seen + np.arange(1.0, steps + 1.0)) ** power
        return mean, variance * params[:, -1:]


@functools.lru_cache(maxsize=1024)
def recipe(spec: ArimaSpec) -> Recipe:
    """Return the recipe of a specification, from memory if it was asked for before."""
    return Recipe(spec)
