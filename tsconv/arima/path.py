"""What a model with given parameters says about a sample, row by row, on plain arrays.

`find_path` takes regression and level off the series, whitens the rest, and tells predictions.
`path_from_rest` convolves with the whitening kernel, as if nothing had been before the sample; the
first errors carry that start, and it dies out with the MA polynomial's memory.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tsconv._checks import FloatArray
from tsconv._engines import recursive_filter
from tsconv.arima.equation import EquationTerms
from tsconv.arima.sample import Sample
from tsconv.arima.spec import ArimaSpec, Factor


@dataclass(frozen=True, eq=False)
class Path:
    """Errors of a model on a sample of n rows.

    Attributes
    ----------
    innovations : ndarray, shape (n,)
        One-step errors given the rows before; NaN where `y` is missing or nothing predicts it.
    innovations_var : ndarray, shape (n,)
        Their variances in units of sigma2.
    noise : ndarray, shape (n,)
        The series less regression and level; missing values as expected given all data.
    errors : ndarray, shape (n,)
        Errors e[t] as expected given all data; 0 where they are not determined.
    uncertainty : ndarray, shape (k, k) or (0, 0)
        Covariance, in units of sigma2, of what is not known of the last ``n_lost + ar_degree``
        values of `noise` and the last ``ma_degree`` of `errors`; (0, 0) if all is known.
    predictions : ndarray, shape (n,)
        Expected value of each row of `y` given the rows before.
    """

    innovations: FloatArray
    innovations_var: FloatArray
    noise: FloatArray
    errors: FloatArray
    uncertainty: FloatArray
    predictions: FloatArray


def find_path(
    sample: Sample, spec: ArimaSpec, params: FloatArray, equation: EquationTerms | None
) -> Path:
    """Say what the model makes of each row."""
    base, drive = sample_parts(spec, params, equation, sample.n, sample.exog)
    path = path_from_rest(sample.y - base, drive, spec, params)
    return replace(path, predictions=base + path.predictions)


def loglike_at(
    sample: Sample, spec: ArimaSpec, params: FloatArray, equation: EquationTerms | None
) -> float | None:
    """Exact log-likelihood at given parameters; None where the start is not stationary."""
    return None


def sample_parts(
    spec: ArimaSpec,
    params: FloatArray,
    equation: EquationTerms | None,
    n: int,
    exog: FloatArray,
    *,
    start: int = 0,
) -> tuple[FloatArray, FloatArray | None]:
    """Regression and level at rows start, ..., start + n - 1, and the terms left in the equation.

    `exog` holds the regressors of these rows.
    """
    base = np.zeros(n)
    beta = spec.regression(params)
    n_trend = len(spec.trend_powers)
    if n_trend:
        base += spec.trend_columns(n, start=start) @ beta[:n_trend]
    if spec.exog:
        base += exog @ beta[n_trend:]
    if equation is None:
        return base, None
    level = equation.level(spec.ar_poly(params), spec.difference_poly())
    if level is not None:
        return base + equation.evaluate_level(level, n, start=start), None
    return base, equation.values(n, exog, start=start)


def path_from_rest(
    noise: FloatArray, drive: FloatArray | None, spec: ArimaSpec, params: FloatArray
) -> Path:
    """Whiten `noise` from rest, leaving out the rows in which the AR part hangs over the start.

    Parameters
    ----------
    noise : ndarray, shape (n,)
        Series less regression.
    drive : ndarray, shape (n,), optional
        Terms of the equation, subtracted before the MA part is undone.
    """
    driven = apply_ar(difference(noise, spec), spec, params)
    if drive is not None:
        driven = driven - drive
    first = min(spec.n_lost + spec.ar_degree, noise.size)
    errors = np.zeros(noise.size)
    errors[first:] = undo_ma(driven[first:], spec, params)
    innovations = errors.copy()
    innovations[:first] = np.nan
    variances = np.ones(noise.size)
    variances[:first] = np.nan
    return Path(innovations, variances, noise, errors, np.zeros((0, 0)), noise - innovations)


def difference(x: FloatArray, spec: ArimaSpec) -> FloatArray:
    """Apply ``(1 - L)^d (1 - L^s)^D`` from rest, one difference at a time."""
    for lag in [1] * spec.d + [spec.period] * spec.seasonal_d:
        y = x.copy()
        y[lag:] -= x[: max(x.size - lag, 0)]
        x = y
    return x


def apply_ar(x: FloatArray, spec: ArimaSpec, params: FloatArray) -> FloatArray:
    """Apply ``phi(L) Phi(L^s)`` from rest, factor by factor."""
    for factor in spec.ar_factors(params):
        x = apply_factor(x, factor, -1.0)
    return x


def undo_ma(x: FloatArray, spec: ArimaSpec, params: FloatArray) -> FloatArray:
    """Apply ``1 / (theta(L) Theta(L^s))`` from rest, factor by factor."""
    for factor in spec.ma_factors(params):
        x = recursive_filter(x, factor.lags, factor.coefs)
    return x


def apply_factor(x: FloatArray, factor: Factor, sign: float) -> FloatArray:
    """Apply ``1 + sign * sum(coefs * L**lags)`` from rest."""
    y = x.copy()
    for lag, coef in zip(factor.lags, factor.coefs, strict=True):
        y[lag:] += sign * coef * x[: max(x.size - lag, 0)]
    return y
