"""What a model with given parameters says about a sample, row by row, on plain arrays.

`find_path` takes regression and level off the series, whitens the rest, and tells predictions.
`path_from_rest` convolves with the whitening kernel, as if nothing had been before the sample; the
first errors carry that start, and it dies out with the MA polynomial's memory.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

import numpy as np

from tsconv._checks import FloatArray
from tsconv.arima.equation import EquationTerms
from tsconv.arima.factors import apply_ar, difference, undo_ma
from tsconv.arima.forecast import run_on
from tsconv.arima.innovations import filter_exactly
from tsconv.arima.sample import Sample
from tsconv.arima.spec import ArimaSpec


@dataclass(frozen=True, eq=False)
class Path:
    """Errors of a model on a sample of n rows.

    Attributes
    ----------
    innovations : ndarray, shape (n,)
        One-step errors given the rows before; NaN where `y` is missing or nothing predicts it.
    innovations_var : ndarray, shape (n,)
        Their variances in units of sigma2.
    noise : ndarray
        The series less regression and level up to the last observation; missing values as expected
        given all data.
    errors : ndarray
        Errors e[t] that end with the last observation, at least ``ma_degree`` of them, as expected
        given all data; 0 where they are not determined.
    uncertainty : ndarray, shape (k, k) or (0, 0)
        Covariance, in units of sigma2, of what is not known of the last ``n_lost + ar_degree``
        values of `noise` and the last ``ma_degree`` of `errors`; (0, 0) if all is known.
    predictions : ndarray, shape (n,)
        Expected value of each row of `y` given the rows before.
    n_ahead : int
        Rows after the last observation.
    log_diffuse : float
        What rows without an innovation add to the log-likelihood (gaps in the first season).
    """

    innovations: FloatArray
    innovations_var: FloatArray
    noise: FloatArray
    errors: FloatArray
    uncertainty: FloatArray
    predictions: FloatArray
    n_ahead: int = 0
    log_diffuse: float = 0.0


def find_path(
    sample: Sample, spec: ArimaSpec, params: FloatArray, equation: EquationTerms | None
) -> Path:
    """Say what the model makes of each row: exactly after a stationary start, else from rest."""
    base, drive = sample_parts(spec, params, equation, sample.n, sample.exog)
    noise = sample.y - base
    if drive is None:
        with contextlib.suppress(ArithmeticError):
            return _exact_path(noise, base, spec, params)
    return path_from_rest(noise, base, drive, spec, params)


def _exact_path(noise: FloatArray, base: FloatArray, spec: ArimaSpec, params: FloatArray) -> Path:
    seen = np.flatnonzero(~np.isnan(noise))
    n, first, stop = noise.size, int(seen[0]), int(seen[-1]) + 1
    # A sample shorter than the model's memory is preceded by missing rows: tails are then whole.
    memory = spec.n_lost + max(spec.ar_degree, spec.ma_degree)
    pad = max(memory - (stop - first), 0)
    rows = np.concatenate([np.full(pad, np.nan), noise[first:stop]])
    filtered = filter_exactly(rows, spec, params)
    # Before the first observation a stationary series is expected at its mean, any other nowhere;
    # after the last, the recursion runs on.
    before = np.full(first, 0.0 if spec.n_lost == 0 else np.nan)
    after = run_on(filtered.noise, filtered.errors, np.zeros(n - stop), spec, params)

    def whole(values: FloatArray, fill: float) -> FloatArray:
        return np.concatenate([np.full(first, fill), values[pad:], np.full(n - stop, fill)])

    return Path(
        whole(filtered.innovations, np.nan),
        whole(filtered.innovations_var, np.nan),
        filtered.noise,
        filtered.errors,
        filtered.uncertainty,
        base + np.concatenate([before, filtered.predictions[pad:], after]),
        n - stop,
        filtered.log_diffuse,
    )


def loglike_at(
    sample: Sample, spec: ArimaSpec, params: FloatArray, equation: EquationTerms | None
) -> float | None:
    """Exact log-likelihood at given parameters; None where the start is not stationary."""
    base, drive = sample_parts(spec, params, equation, sample.n, sample.exog)
    if drive is not None:
        return None
    try:
        path = _exact_path(sample.y - base, base, spec, params)
    except ArithmeticError:
        return None
    return float(np.nansum(_row_terms(path, params[-1]))) + path.log_diffuse


def row_loglikes(sample: Sample, spec: ArimaSpec, params: FloatArray) -> FloatArray:
    """Log-likelihood of each observation given the ones before; NaN left out, shape (n_used,).

    Raises
    ------
    ArithmeticError
        If the AR part is not stationary.
    """
    base, _ = sample_parts(spec, params, None, sample.n, sample.exog)
    terms = _row_terms(_exact_path(sample.y - base, base, spec, params), params[-1])
    return terms[np.isfinite(terms)]


def _row_terms(path: Path, sigma2: float) -> FloatArray:
    variance = sigma2 * path.innovations_var
    return -0.5 * (np.log(2 * np.pi * variance) + path.innovations**2 / variance)


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
    noise: FloatArray,
    base: FloatArray,
    drive: FloatArray | None,
    spec: ArimaSpec,
    params: FloatArray,
) -> Path:
    """Whiten `noise` from rest, leaving out the rows in which the AR part hangs over the start.

    Parameters
    ----------
    noise : ndarray, shape (n,)
        Series less regression; nothing may be missing.
    base : ndarray, shape (n,)
        The regression.
    drive : ndarray, shape (n,), optional
        Terms of the equation, subtracted before the MA part is undone.
    """
    missing = np.isnan(noise)
    if missing.any() and params[-1] == 0:
        # A constant, or a line after differencing, without error: gaps lie on it.
        noise = noise.copy()
        noise[missing] = np.interp(
            np.flatnonzero(missing), np.flatnonzero(~missing), noise[~missing]
        )
    elif missing.any():
        raise ValueError(
            "missing values need a model with a stationary start: AR roots outside the unit circle."
        )
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
    return Path(innovations, variances, noise, errors, np.zeros((0, 0)), base + noise - innovations)
