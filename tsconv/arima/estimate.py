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
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from tsconv._checks import FloatArray, check_count
from tsconv.arima._core import Held
from tsconv.arima.columns import Columns, prepare
from tsconv.arima.gaps import hold_filter
from tsconv.arima.likelihood import REASONS, loglike, score, wants_filter
from tsconv.arima.spec import ArimaSpec, Factor, dense

__all__ = ["ArrayFit", "Certificate", "fit_arrays", "loglike", "score"]

# A climb has ended when a further step promises less than this in log-likelihood.
_TOLERANCE = 1e-9
# Against an AR unit root the likelihood may have no maximum, only a limit; there this suffices.
_LIMIT_TOLERANCE = 1e-3
_NEAR_UNIT_ROOT = 1e-2
# Ends within this of the best log-likelihood count as the same optimum.
_AGREE = 1e-4
_MAX_ITERATIONS = 80
_SCORING_STEPS = 8
# A long series is first fitted on its head of this length.
_HEAD = 4000
# Up to this length the likelihood of a mixed model often has several maxima.
_SMALL = 150


@dataclass(frozen=True, eq=False)
class Certificate:
    """Evidence that a fit ended at the maximum.

    Attributes
    ----------
    gradient_norm : float
        Euclidean norm of the score with respect to the ARMA coefficients that were estimated.
    expected_gain : float
        What one more step promises in log-likelihood: the score measured by the curvature.
    n_starts, n_agreed : int
        Climbs that were run, and how many of them reached the best log-likelihood to 1e-4. Climbs
        that fell behind were stopped, so that not every other one is another maximum.
    runner_up : float
        Log-likelihood of the best climb that did not agree; minus infinity if there is none.
    smallest_eigenvalue : float
        Of the scoring information of those coefficients, scaled to unit diagonal: 1 for unrelated
        coefficients, close to 0 where factors nearly cancel. NaN without coefficients.
    ar_distance, ma_distance : float
        One minus the largest modulus of an inverse root: 0 on the unit circle, 1 without roots.
    """

    gradient_norm: float
    expected_gain: float
    n_starts: int
    n_agreed: int
    runner_up: float
    _factors: tuple[Factor, Factor, Factor, Factor] = field(repr=False)
    _information: FloatArray = field(repr=False)

    @property
    def smallest_eigenvalue(self) -> float:
        """Smallest eigenvalue of the scaled scoring information."""
        size = np.sqrt(self._information.diagonal())
        if not size.size or not size.all():
            return math.nan if not size.size else 0.0
        return float(np.linalg.eigvalsh(self._information / np.outer(size, size))[0])

    @property
    def ar_distance(self) -> float:
        """Distance of the AR roots to the unit circle."""
        return min(_distance(f, -1.0) for f in self._factors[:2])

    @property
    def ma_distance(self) -> float:
        """Distance of the MA roots to the unit circle."""
        return min(_distance(f, 1.0) for f in self._factors[2:])

    @property
    def at_unit_root(self) -> bool:
        """Whether an AR or MA root is on the unit circle to 1e-4."""
        return min(self.ar_distance, self.ma_distance) < 1e-4


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
    filtered = wants_filter(y, spec)
    columns = prepare(y, spec, exog, dummies=not filtered)
    known = dict(spec.fixed or ())
    n_free = spec.n_params - len(known)
    if columns.n_obs < n_free:
        raise ValueError(
            f"the series must have at least {n_free} observations beyond the {spec.n_lost} that"
            f" differencing uses up, one for each parameter; got {columns.n_obs}."
            " Use a smaller model."
        )
    names = spec.names[spec.n_regressors : -1]
    values = np.array([known.get(name, 0.0) for name in names])
    free_at = [i for i, name in enumerate(names) if name not in known]
    if columns.scale == 0.0:
        return _without_noise(spec, columns, values)
    starts = [] if start is None else [spec.arma(start)]
    sigma2 = known.get("sigma2", 0.0) / columns.scale**2
    plan = _plan(columns, spec, n_starts)
    n_evaluations = 0
    if columns.n > 4 * _HEAD and plan.hannan and spec.ma_degree and 40 * spec.ma_degree < _HEAD:
        head = _head_fit(columns, spec, free_at, values, plan)
        if head is not None:
            n_evaluations = head[1] * _HEAD // columns.n
            starts.append(head[0])
            plan = _Plan()
    m = columns.n_missing
    if filtered:
        # From the maximum with the gaps filled in, and from zero
        filled = _search_filled(columns, spec, free_at, values, plan)
        starts.extend([] if filled is None else [filled])
        plan = _Plan(zero=True, finish=2)
        held, m, n_obs = hold_filter(columns, spec, sigma2)
        columns = replace(columns, n_obs=n_obs)
    else:
        held = Held(columns.data, m, spec.sizes, spec.lags, max(spec.period, 0), sigma2)
    if plan.zero or not (starts or plan.hannan):
        starts.append(values)
    patience = 3 * _SCORING_STEPS if spec.ma_degree else _SCORING_STEPS
    held.begin_search(
        free_at, values, _MAX_ITERATIONS, _SCORING_STEPS, _TOLERANCE, patience, 0.1 * _AGREE
    )
    first = np.array(starts).reshape(len(starts), len(names))
    best, ends, heights, codes, gains = held.search(
        first, plan.hannan, plan.draws, plan.probes, plan.finish
    )
    if best < 0:
        reason = REASONS.get(int(codes.max()) - 10, "its fixed coefficients are not stationary")
        raise ValueError(
            f"no starting point has a likelihood: {reason}. Check the fixed values and regressors,"
            " or use a smaller model."
        )
    arma = ends[best]
    beta = held.beta
    variance = held.sigma2 * columns.scale**2
    certificate = _certificate(held, spec, arma, free_at, best, heights, codes, gains)
    converged = certificate.expected_gain < 10 * _TOLERANCE or (
        certificate.expected_gain < _LIMIT_TOLERANCE
        and min(certificate.ar_distance, certificate.ma_distance) < _NEAR_UNIT_ROOT
    )
    return ArrayFit(
        spec,
        np.concatenate([columns.restore(beta[m:]), arma, [variance]]),
        held.loglike - columns.n_obs * math.log(columns.scale),
        variance,
        columns.n_obs,
        converged,
        certificate,
        held.n_evaluations + n_evaluations,
        columns.gaps,
        np.full(columns.gaps.size, np.nan) if filtered else _gap_values(columns, beta),
    )


class _Plan(NamedTuple):
    """Which starts to climb from."""

    hannan: bool = False
    zero: bool = False
    draws: int = 0
    probes: int = 0
    finish: int = 1


def _plan(columns: Columns, spec: ArimaSpec, n_starts: int | None) -> _Plan:
    """Spread starts by what an evaluation costs: small samples have the many maxima."""
    if n_starts is not None:
        more = max(n_starts - 2, 0)
        probes = (2 * more + 2) // 3
        return _Plan(n_starts > 0, n_starts > 1, more - probes, probes, min(max(n_starts, 1), 6))
    if spec.n_arma == 0:
        return _Plan(zero=True)
    if spec.ma_degree == 0:
        return _Plan(hannan=True, zero=True, finish=2)
    if spec.ar_degree and columns.n <= _SMALL:
        return _Plan(True, True, 8, 23, 12)
    if not spec.ar_degree and columns.n <= 100:
        return _Plan(True, True, 2, 2, 3)
    if spec.ar_degree and len(spec.ma_lags) > 1 and columns.n <= 3 * _SMALL:
        return _Plan(True, True, 0, 3, 3)
    if max(spec.ar_degree, spec.ma_degree) > 60:
        return _Plan(True, True, finish=1)
    return _Plan(True, True, finish=2)


def _head_fit(
    columns: Columns, spec: ArimaSpec, free_at: list[int], values: FloatArray, plan: _Plan
) -> tuple[FloatArray, int] | None:
    """Coefficients for the head of a long series, its regression taken off; None if that fails."""
    head = np.ascontiguousarray(columns.data[-1:, :_HEAD])
    held = Held(head, 0, spec.sizes, spec.lags, max(spec.period, 0))
    held.begin_search(free_at, values, 30, 20, 1e-3)
    best, ends, *_ = held.search(values.reshape(1, -1), True, 0, 0, plan.finish)
    return None if best < 0 else (ends[best], held.n_evaluations)


def _search_filled(
    columns: Columns, spec: ArimaSpec, free_at: list[int], values: FloatArray, plan: _Plan
) -> FloatArray | None:
    """Coefficients for the series with its gaps filled in."""
    held = Held(columns.data, 0, spec.sizes, spec.lags, max(spec.period, 0))
    held.begin_search(free_at, values, 30, 20, 1e-3)
    best, ends, *_ = held.search(values.reshape(1, -1), True, 0, 0, plan.finish)
    return None if best < 0 else ends[best]


def _certificate(
    held: Held,
    spec: ArimaSpec,
    arma: FloatArray,
    free_at: list[int],
    best: int,
    heights: FloatArray,
    codes: np.ndarray[tuple[int], np.dtype[np.intc]],
    gains: FloatArray,
) -> Certificate:
    J = held.information
    slope = held.score.tolist()
    if len(free_at) < spec.n_arma:
        J = J[np.ix_(free_at, free_at)]
    height = heights.tolist()
    reached = [v for v, code in zip(height, codes.tolist(), strict=True) if 0 <= code < 10]
    others = [v for v in reached if not v > height[best] - _AGREE]
    p, q, P, _ = spec.sizes
    return Certificate(
        math.hypot(*(slope[i] for i in free_at)),
        float(gains[best]),
        int(np.count_nonzero(codes >= 0)),
        len(reached) - len(others),
        max(others, default=-math.inf),
        (
            Factor(spec.ar_lags, arma[:p]),
            Factor(spec.seasonal_ar_lags, arma[p + q : p + q + P]),
            Factor(spec.ma_lags, arma[p : p + q]),
            Factor(spec.seasonal_ma_lags, arma[p + q + P :]),
        ),
        J,
    )


def _without_noise(spec: ArimaSpec, columns: Columns, values: FloatArray) -> ArrayFit:
    """Answer for a series that regression and differencing explain without error."""
    nothing = np.zeros(columns.free.size)
    certificate = Certificate(
        0.0, 0.0, 0, 0, -math.inf, (Factor((), np.zeros(0)),) * 4, np.zeros((0, 0))
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


def _distance(factor: Factor, sign: float) -> float:
    """One minus the largest inverse root of a factor, in units of its own lags."""
    if not factor.lags or not factor.coefs.any():
        return 1.0
    unit = math.gcd(*factor.lags)
    poly = dense(Factor(tuple(lag // unit for lag in factor.lags), factor.coefs), sign)
    return float(1.0 - np.abs(np.roots(poly)).max())
