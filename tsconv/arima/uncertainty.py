"""Covariance of the estimates: observed information, outer products, or both.

The Hessian is the central difference of the exact score; the scores of single rows are differences
of their exact log-likelihoods, from innovations and their variances.
"""

from __future__ import annotations

import numpy as np

from tsconv._checks import FloatArray
from tsconv.arima.likelihood import score
from tsconv.arima.path import row_loglikes
from tsconv.arima.sample import Sample
from tsconv.arima.spec import ArimaSpec, dense
from tsconv.polynomials.stability import all_inside

# Relative step of central differences: eps**(1/3) balances rounding and curvature.
_STEP = 6e-6
# A MA root within this of the unit circle is on it.
_ON_CIRCLE = 1e-4


def covariance(sample: Sample, spec: ArimaSpec, params: FloatArray, kind: str) -> FloatArray:
    """Covariance of the estimates, NaN where there is none.

    Parameters
    ----------
    kind : {"oim", "opg", "robust"}
        Inverse of the observed information J, of the outer products G of the rows' scores, or the
        sandwich ``J^-1 G J^-1``.

    Returns
    -------
    ndarray, shape (spec.n_params, spec.n_params)
        Rows and columns of fixed parameters are NaN; all are if the information is singular. With
        outer products those of a MA factor on the unit circle are NaN too: there the rows'
        likelihoods change as they do with sigma2, to first order.
    """
    whole = np.full((spec.n_params, spec.n_params), np.nan)
    known = dict(spec.fixed or ())
    free = [k for k, name in enumerate(spec.names) if name not in known]
    if not free or not params[-1] > 0:
        return whole
    steps = _steps(sample, spec, params)
    try:
        J = _observed(sample, spec, params, steps, free)
        if kind == "oim":
            matrix = _inverse(J)
        else:
            still = _on_the_circle(spec, params)
            moves = [k not in still for k in free]
            free = [k for k in free if k not in still]
            J = J[np.ix_(moves, moves)]
            G = _outer(sample, spec, params, steps, free)
            matrix = _inverse(G)
            if kind == "robust":
                matrix = _inverse(J) @ G @ _inverse(J)
    except (ValueError, np.linalg.LinAlgError):
        return whole
    whole[np.ix_(free, free)] = matrix
    return whole


def _on_the_circle(spec: ArimaSpec, params: FloatArray) -> set[int]:
    """Positions of the coefficients of MA factors with a root on the unit circle."""
    p, q, P, Q = spec.sizes
    first = spec.n_regressors + p
    places = (range(first, first + q), range(first + q + P, first + q + P + Q))
    return {
        k
        for factor, at in zip(spec.ma_factors(params), places, strict=True)
        if at and not all_inside(dense(factor, 1.0), 1 - _ON_CIRCLE)
        for k in at
    }


def _observed(
    sample: Sample, spec: ArimaSpec, params: FloatArray, steps: FloatArray, free: list[int]
) -> FloatArray:
    """Minus the Hessian of the log-likelihood over the free parameters."""
    exog = sample.exog if sample.exog_names else None
    rows = []
    for k in free:
        up, down = params.copy(), params.copy()
        up[k] += steps[k]
        down[k] -= steps[k]
        slope = score(sample.y, spec, down, exog) - score(sample.y, spec, up, exog)
        rows.append(slope[free] / (2 * steps[k]))
    hessian = np.array(rows)
    return np.asarray((hessian + hessian.T) / 2)


def _outer(
    sample: Sample, spec: ArimaSpec, params: FloatArray, steps: FloatArray, free: list[int]
) -> FloatArray:
    """Sum over the rows of the outer products of their scores."""
    columns = []
    for k in free:
        up, down = params.copy(), params.copy()
        up[k] += steps[k]
        down[k] -= steps[k]
        rows = row_loglikes(sample, spec, up) - row_loglikes(sample, spec, down)
        columns.append(rows / (2 * steps[k]))
    scores: FloatArray = np.array(columns)
    return np.asarray(scores @ scores.T)


def _steps(sample: Sample, spec: ArimaSpec, params: FloatArray) -> FloatArray:
    """Choose steps of the differences, in the units of each parameter."""
    steps = np.full(spec.n_params, _STEP)
    steps[-1] = _STEP * params[-1]
    # In regression coefficients the log-likelihood is quadratic, so any step serves.
    columns = np.hstack([spec.trend_columns(sample.n), sample.exog])
    size = np.sqrt(np.einsum("ij,ij->j", columns, columns) / sample.n)
    steps[: columns.shape[1]] = 0.1 * np.sqrt(params[-1]) / np.where(size > 0, size, 1.0)
    return steps


def _inverse(matrix: FloatArray) -> FloatArray:
    """Inverse of a positive definite matrix whose rows may have very different units."""
    scale = np.sqrt(np.diagonal(matrix))
    if not np.all(scale > 0):
        raise np.linalg.LinAlgError("the information is not positive definite.")
    inverse = np.linalg.inv(matrix / np.outer(scale, scale))
    return np.asarray(inverse / np.outer(scale, scale))
