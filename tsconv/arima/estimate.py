"""Exact maximum likelihood of one series, on plain arrays.

    fit_arrays(y, spec, *, exog=None, start=None, n_starts=None, fixed=None) -> ArrayFit
    loglike(y, spec, params, exog=None) -> float
    score(y, spec, params, exog=None) -> ndarray

`y` is a 1-D array with NaN where a value is missing, `exog` (n, k) finite, `spec` an `ArimaSpec`;
`params` always has one value for each of `spec.names`, `sigma2` last. The likelihood is that of
`tsconv.arima.likelihood`; standard errors follow from `score` in `tsconv.arima.uncertainty`,
innovations and forecasts from the same mathematics in `innovations` and `forecast`.

How the maximum is found. The data are centred, differenced and scaled once (`columns`). From each
start some scoring steps run, safeguarded after Levenberg and Marquardt and corrected by what
successive scores reveal, more of them while they gain what they promise; a climb
that nears the height of an earlier, finished one ends there; the most promising others are
finished by Newton's steps on the curvature of the exact score, in coordinates in which a unit root
of the AR part is infinitely far. MA roots that a step carries across the unit circle are inverted:
the likelihood continues smoothly there, so a maximum on the circle is found like any other. Small
samples have many local maxima; starts are therefore Hannan-Rissanen, zero, random ones, and the
best of a grid of MA roots close to the circle (`_search.pxi`), more of them the cheaper they are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from tsconv._checks import FloatArray, check_count
from tsconv.arima._core import Held
from tsconv.arima.certificate import (
    NEAR_UNIT_ROOT,
    Certificate,
    Factors,
    apart,
    shared_root,
    split,
    unit_distance,
)
from tsconv.arima.columns import Columns, prepare
from tsconv.arima.gaps import hold_filter
from tsconv.arima.likelihood import REASONS, loglike, score, wants_filter
from tsconv.arima.spec import ArimaSpec, Factor
from tsconv.arima.starts import (
    HEAD,
    Free,
    Plan,
    Runs,
    climb,
    further_plan,
    head_wanted,
    make_plan,
    rough_fit,
)

__all__ = ["ArrayFit", "Certificate", "fit_arrays", "loglike", "score"]

# A climb has ended when a further step promises less than this in log-likelihood.
_TOLERANCE = 1e-9
# Against an AR unit root the likelihood may have no maximum, only a limit; there this suffices.
_LIMIT_TOLERANCE = 1e-3
# Ends within this of the best log-likelihood count as the same optimum.
_AGREE = 1e-4
_MAX_ITERATIONS = 80
_SCORING_STEPS = 8
# AR and MA part may share a root if a coefficient's scores depend so closely on the others'.
_INDEPENDENT = 1e-3
# How often a climb goes on from a shared root.
_ROUNDS = 3
# A trial ends when a further step promises less than this, or after so many steps.
_TRIAL_TOLERANCE = 1e-5
_TRIAL_ITERATIONS = 25


@dataclass(frozen=True, eq=False)
class ArrayFit:
    """Result of `fit_arrays`.

    Attributes
    ----------
    spec : ArimaSpec
        What was fitted, `fixed` included.
    params : ndarray, shape (spec.n_params,)
        Estimates in the order of `spec.names`.
    loglike : float
        Maximum of the exact log-likelihood; infinity for a series that is fitted without error.
    sigma2 : float
        Estimate of the noise variance, the last of `params`.
    n_obs : int
        Observed values less those used up by differencing.
    converged : bool
        Whether the certificate says that the maximum was reached.
    certificate : Certificate
        The evidence.
    n_evaluations : int
        Evaluations of the likelihood, most of them with the score.
    gaps, gap_values : ndarray
        Positions of missing values between the first and the last observation, and their
        expected values given the data (NaN if the gaps are so many that a filter ran).
    """

    spec: ArimaSpec
    params: FloatArray
    loglike: float
    sigma2: float
    n_obs: int
    converged: bool
    certificate: Certificate
    n_evaluations: int
    gaps: np.ndarray[tuple[int], np.dtype[np.intp]]
    gap_values: FloatArray


def fit_arrays(
    y: ArrayLike,
    spec: ArimaSpec,
    *,
    exog: ArrayLike | None = None,
    start: ArrayLike | None = None,
    n_starts: int | None = None,
    fixed: Mapping[str, float] | None = None,
    columns: Columns | None = None,
    trial: bool = False,
) -> ArrayFit:
    """Fit an ARIMA model by exact maximum likelihood.

    Parameters
    ----------
    y : array_like, shape (n,)
        The series; missing values are NaN, anywhere.
    spec : ArimaSpec
        The model.
    exog : array_like, shape (n, k), optional
        Regressors, a column for each name in `spec.exog`.
    start : array_like, shape (spec.n_params,), optional
        A starting point; only its ARMA coefficients matter.
    n_starts : int, optional
        Number of starting points besides `start`: 1 is Hannan-Rissanen, 2 adds zero, more add
        points of a grid and random ones. By default as many as the size of the problem suggests.
    fixed : mapping from name to value, optional
        Parameters that are not estimated, instead of `spec.fixed`.
    columns : Columns, optional
        What `prepare` made of a series without gaps, for many models of it with the same
        differences and regressors; then `y` and `exog` are not looked at again.
    trial : bool, default False
        Whether the fit is for comparing models by it: it ends when a further step promises less
        than 1e-5 in log-likelihood, or after 25 steps, and does not go on from roots that cancel.

    Returns
    -------
    ArrayFit

    Raises
    ------
    ValueError
        If the series is empty, all missing, infinite, or shorter than the number of parameters; if
        regressors are collinear; if no starting point has a likelihood.

    Notes
    -----
    A series of which nothing is left after differencing and regression (a constant) has no noise:
    `sigma2` is 0, `loglike` infinite, ARMA coefficients are 0.

    Examples
    --------
    >>> import numpy as np
    >>> level = np.array([1120.0, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140])
    >>> fit = fit_arrays(level, ArimaSpec((0, 0, 0)))
    >>> fit.params
    array([ 1132.6 , 20521.04])
    """
    if fixed is not None:
        spec = replace(spec, fixed=fixed)
    if n_starts is not None:
        n_starts = check_count(n_starts, "n_starts", minimum=0 if start is not None else 1)
    filtered = columns is None and wants_filter(y, spec)
    if columns is None:
        columns = prepare(y, spec, exog, dummies=not filtered)
    free = _free_coefficients(spec, columns)
    if columns.scale == 0.0:
        return _without_noise(spec, columns, free.values)
    starts = [] if start is None else [spec.arma(start)]
    plan = make_plan(columns, spec, n_starts)
    n_evaluations, m = 0, columns.n_missing
    if head_wanted(columns, spec, plan):
        head = rough_fit(np.ascontiguousarray(columns.data[-1:, :HEAD]), spec, free, plan)
        if head is not None:
            n_evaluations = head[1] * HEAD // columns.n
            starts.append(head[0])
            plan = Plan()
    if filtered:
        # From the maximum with the gaps filled in, and from zero
        filled = rough_fit(columns.data, spec, free, plan) if plan.hannan else None
        starts.extend([] if filled is None else [filled[0]])
        plan = Plan(zero=plan.hannan, finish=2)
        held, m, n_obs = hold_filter(columns, spec, free.sigma2)
        columns = replace(columns, n_obs=n_obs)
    else:
        held = Held(columns.data, m, spec.sizes, spec.lags, max(spec.period, 0), free.sigma2)
    if plan.zero or not (starts or plan.hannan):
        starts.append(free.values)
    patience = 3 * _SCORING_STEPS if spec.ma_degree else _SCORING_STEPS
    steps, tolerance = (
        (_TRIAL_ITERATIONS, _TRIAL_TOLERANCE) if trial else (_MAX_ITERATIONS, _TOLERANCE)
    )
    held.begin_search(
        free.at, free.values, steps, _SCORING_STEPS, tolerance, patience, 0.1 * _AGREE
    )
    runs = climb(held, starts, plan, spec.n_arma)
    _check_runs(runs)
    if trial:
        converged = bool(runs.gains[runs.best] < _TRIAL_TOLERANCE)
    else:
        if n_starts is None:
            runs = _look_further(held, spec, columns, runs)
        runs, converged = _go_on(held, spec, runs)
    beta, variance = held.beta, held.sigma2 * columns.scale**2
    arma = runs.ends[runs.best]
    return ArrayFit(
        spec,
        np.concatenate([columns.restore(beta[m:]), arma, [variance]]),
        held.loglike - columns.n_obs * math.log(columns.scale),
        variance,
        columns.n_obs,
        converged,
        _certificate(held, spec, runs, free.at),
        held.n_evaluations + n_evaluations,
        columns.gaps,
        np.full(columns.gaps.size, np.nan) if filtered else _gap_values(columns, beta),
    )


def _free_coefficients(spec: ArimaSpec, columns: Columns) -> Free:
    """Say which ARMA coefficients are estimated; an error if the series is too short for all."""
    known = dict(spec.fixed or ())
    n_free = spec.n_params - len(known)
    if columns.n_obs < n_free:
        raise ValueError(
            f"the series must have at least {n_free} observations beyond the {spec.n_lost} that"
            f" differencing uses up, one for each parameter; got {columns.n_obs}."
            " Use a smaller model."
        )
    names = spec.names[spec.n_regressors : -1]
    if not known:
        return Free(list(range(len(names))), np.zeros(len(names)), 0.0)
    at = [i for i, name in enumerate(names) if name not in known]
    values = np.array([known.get(name, 0.0) for name in names])
    return Free(at, values, known.get("sigma2", 0.0) / (columns.scale or 1.0) ** 2)


def _check_runs(runs: Runs) -> None:
    """Raise if no climb got off the ground."""
    if runs.best < 0:
        code = int(runs.codes.max()) - 10
        reason = REASONS.get(code, "its fixed coefficients are not stationary")
        raise ValueError(
            f"no starting point has a likelihood: {reason}. Check the fixed values and regressors,"
            " or use a smaller model."
        )


def _look_further(held: Held, spec: ArimaSpec, columns: Columns, runs: Runs) -> Runs:
    """Climb from more points where the data leave the model open: there other maxima are."""
    plan = further_plan(columns, spec, held.least_pivot)
    if plan is None:
        return runs
    runs = runs.and_then(climb(held, [], plan, spec.n_arma))
    held.evaluate(runs.ends[runs.best])
    return runs


def _go_on(held: Held, spec: ArimaSpec, runs: Runs) -> tuple[Runs, bool]:
    """Climb on where a climb may have stopped too early, and judge whether the end is a maximum.

    The model is left evaluated at the best end. Where an AR and a MA root cancel, further climbs,
    from points where they are two roots, must find nothing higher before that end counts as the
    maximum. In a narrow valley along the unit circle one climb may not have steps enough.
    """
    for _ in range(_ROUNDS):
        gain = float(runs.gains[runs.best])
        clean = gain < 10 * _TOLERANCE
        if clean and (held.least_pivot > _INDEPENDENT or not (spec.ar_degree and spec.ma_degree)):
            return runs, True
        arma = runs.ends[runs.best]
        factors = split(spec, arma)
        near = min(unit_distance(factors)) < NEAR_UNIT_ROOT
        there = clean or (gain < _LIMIT_TOLERANCE and near)
        shared = shared_root(spec, arma)
        if shared is None and (there or not near):
            return runs, there
        onward = [] if there else [arma]
        if shared is not None:
            onward.extend(apart(spec, arma, shared))
        height = runs.heights[runs.best]
        more = climb(held, onward, Plan(finish=2), spec.n_arma)
        runs = runs.and_then(more)
        if not runs.heights[runs.best] > height + _AGREE:
            held.evaluate(runs.ends[runs.best])
            return runs, there and more.best >= 0
    held.evaluate(runs.ends[runs.best])
    return runs, False


def _certificate(held: Held, spec: ArimaSpec, runs: Runs, free_at: list[int]) -> Certificate:
    J = held.information
    slope = held.score.tolist()
    if len(free_at) < spec.n_arma:
        J = J[np.ix_(free_at, free_at)]
    height, codes = runs.heights.tolist(), runs.codes.tolist()
    reached = [v for v, code in zip(height, codes, strict=True) if 0 <= code < 10]
    others = [v for v in reached if not v > height[runs.best] - _AGREE]
    return Certificate(
        math.hypot(*(slope[i] for i in free_at)),
        float(runs.gains[runs.best]),
        sum(code >= 0 for code in codes),
        len(reached) - len(others),
        max(others, default=-math.inf),
        split(spec, runs.ends[runs.best]),
        J,
    )


def _without_noise(spec: ArimaSpec, columns: Columns, values: FloatArray) -> ArrayFit:
    """Answer for a series that regression and differencing explain without error."""
    nothing, none = np.zeros(columns.free.size), Factor((), np.zeros(0))
    certificate = Certificate(
        0.0, 0.0, 0, 0, -math.inf, Factors(none, none, none, none), np.zeros((0, 0))
    )
    return ArrayFit(
        spec,
        np.concatenate([columns.restore(nothing), values, [0.0]]),
        math.inf,
        0.0,
        columns.n_obs,
        True,
        certificate,
        0,
        columns.gaps,
        columns.filled,
    )


def _gap_values(columns: Columns, beta: FloatArray) -> FloatArray:
    """Return expected values of the gaps, without the part that fixed regressors explain."""
    return columns.filled - columns.scale * beta[: columns.n_missing]
