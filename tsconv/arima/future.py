"""The rows after the last of a fit, on its index: forecasts with intervals, and simulated paths."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from tsconv._checks import FloatArray, check_count
from tsconv._intervals import normal_quantile
from tsconv.arima import forecast as ahead
from tsconv.arima.choice import PLAIN, inflation, student_quantile
from tsconv.arima.path import sample_parts
from tsconv.arima.sample import take_exog

if TYPE_CHECKING:
    from tsconv.arima.result import ArimaFit


@dataclass(frozen=True, eq=False)
class State:
    """What of the past matters for the future: all that a saved fit needs.

    Attributes
    ----------
    n : int
        Rows seen.
    n_ahead : int
        Rows, of these, after the last observation.
    noise : ndarray
        The ``n_lost + ar_degree`` values of the series less regression and level that end with the
        last observation.
    errors : ndarray
        The ``ma_degree`` errors that end there.
    uncertainty : ndarray, shape (len(noise) + len(errors),) squared, or empty
        Covariance of what is not known of `noise` and `errors`, in units of sigma2.
    """

    n: int
    n_ahead: int
    noise: FloatArray
    errors: FloatArray
    uncertainty: FloatArray


def state_of(fit: ArimaFit) -> State:
    """Find what of the observations matters for the rows to come."""
    spec, path = fit.spec, fit._path
    return State(
        fit._data.n,
        path.n_ahead,
        ahead.padded_tail(path.noise, spec.n_lost + spec.ar_degree),
        ahead.padded_tail(path.errors, spec.ma_degree),
        path.uncertainty,
    )


def forecast(fit: ArimaFit, steps: int, exog: Any, level: float | Sequence[float]) -> pd.DataFrame:
    """Forecast the coming rows: see `ArimaFit.forecast`."""
    n = check_count(steps, "steps", minimum=1)
    levels = [float(k) for k in np.atleast_1d(np.asarray(level, dtype=float))]
    reaches = [(k, _reach(fit, k)) for k in levels]
    state, goes_on, _ = fit._state
    labels = goes_on.labels(n)
    mean = _run_on(fit, exog, labels, np.zeros(state.n_ahead + n))
    variance = _error_variance(fit) * ahead.variances(
        fit.spec, fit.estimates, state.uncertainty, state.n_ahead + n
    )
    std_error = np.sqrt(variance[state.n_ahead :])
    return pd.DataFrame(fit.choice.forecast(mean, std_error, reaches), index=labels)


def simulate(fit: ArimaFit, n: int, rng: Any, exog: Any) -> pd.Series[float]:
    """Draw the coming rows: see `ArimaFit.simulate`."""
    count = check_count(n, "n", minimum=1)
    generator = np.random.default_rng(rng)
    state, goes_on, name = fit._state
    sigma2 = _error_variance(fit)
    errors = math.sqrt(sigma2) * generator.standard_normal(state.n_ahead + count)
    past = ahead.draw_past(state.uncertainty, sigma2, generator)
    labels = goes_on.labels(count)
    drawn = fit.choice.back(_run_on(fit, exog, labels, errors, past))
    return pd.Series(drawn, index=labels, name=name)


def _run_on(
    fit: ArimaFit,
    exog: Any,
    labels: pd.Index,
    errors: FloatArray,
    shift: FloatArray | None = None,
) -> FloatArray:
    """Run the recursion on with given errors, and add regression and level."""
    state, steps = fit._state[0], len(labels)
    columns = _future_exog(fit._exog_names, exog, labels)
    base, drive = sample_parts(fit.spec, fit.estimates, fit.equation, steps, columns, start=state.n)
    # Terms of the equation go with series that have no missing values: n_ahead is 0.
    noise, past = state.noise, state.errors
    if shift is not None and shift.size:
        noise, past = noise + shift[: noise.size], past + shift[noise.size :]
    onward = ahead.run_on(noise, past, errors, fit.spec, fit.estimates, drive)
    return base + onward[state.n_ahead :]


def _future_exog(names: tuple[str, ...], exog: Any, labels: pd.Index) -> FloatArray:
    steps = len(labels)
    if exog is None:
        if names:
            raise ValueError(
                f"the model has regressors: give `exog`, {steps} rows of {', '.join(names)}."
            )
        return np.empty((steps, 0))
    if not names:
        raise ValueError("the model has no regressors; leave `exog` out.")
    return take_exog(exog, labels, steps, names, finite=True)[0]


def _reach(fit: ArimaFit, level: float) -> float:
    """Half-width of an interval in standard errors: Student's where orders were chosen."""
    normal = normal_quantile(level)
    if fit.choice is PLAIN:
        return normal
    return student_quantile(level, fit.n_used - fit.n_free + 1)


def _error_variance(fit: ArimaFit) -> float:
    """Variance of the errors to come."""
    if fit.choice is PLAIN:
        return fit.sigma2
    return fit.sigma2 * inflation(fit.n_used, fit.n_free - 1)
