"""Covariance of the estimates: observed information, outer products, or both.

The Hessian is the central difference of the exact score; the scores of single rows are differences
of their exact log-likelihoods, from innovations and their variances.

At a unit root the usual theory ends. A MA root on the circle is a maximum by reflection: the
log-likelihood runs on smoothly and evenly across it, so its curvature, the observed information,
is still there (and is what R reports), but the scores of single rows no longer tell this
coefficient from sigma2. An AR root on the circle is a limit in which there is no likelihood. The
coefficients of such a factor then have no standard error (NaN), and the others have those of the
same model with that factor held fixed: its estimate approaches the circle at the rate 1 / n, so to
the order of the others' errors, 1 / sqrt(n), it is known.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import numpy as np

from tsconv._checks import FloatArray
from tsconv.arima.likelihood import score
from tsconv.arima.path import row_loglikes
from tsconv.arima.sample import Sample
from tsconv.arima.spec import ArimaSpec, Factor, dense
from tsconv.polynomials.stability import all_inside

# Relative step of central differences: eps**(1/3) balances rounding and curvature.
_STEP = 6e-6
# A root within this of the unit circle is on it: MA roots always, AR roots where differences fail.
_ON_CIRCLE = 1e-4
_AR_LIMIT = 1e-2


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
        Rows and columns of fixed parameters are NaN, and so are those of factors on the unit
        circle: MA factors with outer products, AR factors (and MA factors, if the information is
        singular otherwise) with any kind. The rest is the covariance with these held fixed. All
        are NaN if the information is singular even so.
    """
    whole = np.full((spec.n_params, spec.n_params), np.nan)
    known = dict(spec.fixed or ())
    free = [k for k, name in enumerate(spec.names) if name not in known]
    if not params[-1] > 0:
        return whole
    on_ma = _on_the_circle(spec.ma_factors(params), 1.0, _ON_CIRCLE, _places(spec)[1::2])
    on_ar = _on_the_circle(spec.ar_factors(params), -1.0, _AR_LIMIT, _places(spec)[::2])
    first = set() if kind == "oim" else on_ma
    for held in (first, first | on_ar, on_ma | on_ar):
        rest = [k for k in free if k not in held]
        if not rest:
            break
        try:
            whole[np.ix_(rest, rest)] = _matrix(sample, spec, params, rest, kind)
        except (ValueError, ArithmeticError):
            continue
        break
    return whole


def _matrix(
    sample: Sample, spec: ArimaSpec, params: FloatArray, free: list[int], kind: str
) -> FloatArray:
    """Covariance of the free parameters with the others held; an error if it is singular."""
    steps = _steps(sample, spec, params)
    if kind == "opg":
        return _inverse(_outer(sample, spec, params, steps, free))
    bread = _inverse(_observed(sample, spec, params, steps, free))
    if kind == "oim":
        return bread
    return np.asarray(bread @ _outer(sample, spec, params, steps, free) @ bread)


def _places(spec: ArimaSpec) -> list[range]:
    """Positions of the coefficients of the factors: ar, ma, seasonal ar, seasonal ma."""
    ends = np.cumsum([spec.n_regressors, *spec.sizes]).tolist()
    return [range(a, b) for a, b in itertools.pairwise(ends)]


def _on_the_circle(
    factors: Iterable[Factor], sign: float, within: float, places: list[range]
) -> set[int]:
    """Positions of the coefficients of factors with a root that near the unit circle."""
    return {
        k
        for factor, at in zip(factors, places, strict=True)
        if at and not all_inside(dense(factor, sign), 1 - within)
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
    root: FloatArray = np.linalg.inv(np.linalg.cholesky(matrix / np.outer(scale, scale)))
    return np.asarray(root.T @ root / np.outer(scale, scale))
