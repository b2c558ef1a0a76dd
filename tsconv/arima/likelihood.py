r"""The exact Gaussian likelihood of an ARIMA model, by convolution.

This is the mathematics of `_core`, told once; the compiled files below follow it in this order.
`loglike` and `score` are its face for given parameters; `tsconv.arima.estimate` climbs it.

**Model.** w is the differenced series less its regression part, n its length,
:math:`\phi(L) w_t = \theta(L) e_t` with :math:`e_t \sim N(0, \sigma^2)`; :math:`\phi, \theta` are
products of a regular and a seasonal factor, which are always applied one by one, and
:math:`r = \max(p, q)` with the full degrees (or n, if that is less).

**Before the sample.** Whitening from rest, :math:`e^0 = \theta^{-1}(L) \phi(L) w`, is one
recursive and one finite convolution. What the time before the sample adds are r numbers c, the
part of :math:`w_1 \dots w_r` that earlier values determine: :math:`e = e^0 - H c`, where column j
of H is h, the impulse response of :math:`1/\theta(L)`, delayed by j. With
:math:`c \sim N(0, \sigma^2 \Omega)` and :math:`G = H'H`,

.. math::

    -2 \log L &= n \log 2\pi\sigma^2 + \log\det(I + \Omega G) + S/\sigma^2, \\
    S &= \hat e'\hat e + \hat c' \Omega^{-1} \hat c, \qquad
    \hat c = V H'e^0, \quad \hat e = e^0 - H \hat c, \quad V = (\Omega^{-1} + G)^{-1}.

H'e^0 is a correlation of h with e^0, and G a truncated autocorrelation of h; the sums end where h
has died out. MA roots on the unit circle are legitimate: there h does not die, and all holds.

**In a form that cannot fail.** With :math:`G = LL'` (G has h's unit diagonal and is never singular)
and :math:`M = I + L'\Omega L` (eigenvalues at least 1, whatever the rank of Omega):

.. math::

    \det(I + \Omega G) = \det M, \quad z = L^{-1} H'e^0, \quad s = M^{-1} z, \quad
    \hat c = L'^{-1}(z - s), \quad y = H'\hat e = L s = \Omega^{-1} \hat c .

So :math:`S = \hat e'\hat e + \hat c'y`, a sum of squares without a difference.

**Omega** in :math:`O(r^2)`: with f, t the AR and MA coefficients padded to r, :math:`\gamma` the
autocovariances and :math:`\psi` the impulse response of the model at unit variance, and
:math:`d_i = \sum_{k \ge i} f_k \gamma_{k-i+1} + t_k \psi_{k-i+1}`, from the last row upwards,

.. math:: \Omega_{ij} = \Omega_{i+1,j+1} + f_j d_{i+1} + f_i d_{j+1}
          + f_i f_j \gamma_0 + f_i t_j + t_i f_j + t_i t_j .

**Columns.** :math:`\langle a, b\rangle = \hat e(a)'\hat e(b) + \hat c(a)'y(b)` is the inner product
of the model. Regression coefficients are its least-squares solution, exactly maximum likelihood. A
missing value is an unknown with a flat prior: a dummy column. With all dummies in Z it adds
:math:`\log\det\langle Z, Z\rangle` to :math:`-2 \log L`, and n counts observed values only (Gomez,
Maravall and Pena 1999). One Cholesky factor of all inner products, dummies first and the series
last, gives the determinant, the coefficients, and S as its last pivot. With differencing this is
the diffuse likelihood: the density of what was observed given flat initial values, which for
:math:`(1-L)^d(1-L^s)^D` does not depend on where those values are put.

**Score.** Let :math:`u = \theta^{-1} w` for the residual. With c held, the derivative of
:math:`\hat e` with respect to a coefficient at lag k of a factor is minus, delayed by k:
:math:`\Phi u` (ar), :math:`\phi_r u` (seasonal ar; the other AR factor applied),
:math:`\theta_r^{-1} \hat e` (ma), :math:`\Theta^{-1} \hat e` (seasonal ma; this factor's inverse).
Because :math:`\hat c` minimises, only explicit dependence counts:

.. math::

    -2\sigma^2\, d\log L = 2 \hat e' d\hat e + \sigma^2 \operatorname{tr}(A\, d\Omega)
    - y' d\Omega\, y + 2 \sigma^2 \operatorname{tr}(H' dH\, V), \qquad A = L M^{-1} L' .

:math:`d\Omega` enters as :math:`\langle W, d\Omega \rangle` with one matrix W, and the recursion
for Omega runs backwards in :math:`O(r^2)` for all coefficients together. :math:`dH` is minus the
response of H through one factor's inverse, so the last term is a sum over V of truncated
cross-correlations. A dummy column, orthonormalised, adds :math:`\sigma^2` times the first and third
term at itself. The lagged products of the derivatives of :math:`\hat e` are the Gauss-Newton
information that scoring steps use.

**Pure autoregressions** without gaps need none of this: see `_pure_ar.pxi`; after one pass over the
data the cost does not depend on n.

Cost of one evaluation with score: O(n (number of coefficients + columns)) and O(r^3) with a small
constant; memory three arrays of the size of the columns and six of r x r.

References
----------
Box and Jenkins (1976), Time Series Analysis, chapter A7. Galbraith and Galbraith (1974), J. Appl.
Prob. 11, 63-71. Gomez, Maravall and Pena (1999), J. Econometrics 88, 341-363.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from tsconv._checks import FloatArray
from tsconv.arima._core import Held
from tsconv.arima.columns import Columns, prepare
from tsconv.arima.gaps import FEW, filter_is_cheaper, hold_filter
from tsconv.arima.spec import ArimaSpec

REASONS = {
    1: "its AR part is not stationary",
    2: "its start-up covariance is not positive definite in float64",
    3: "a regressor depends on the others or on the gaps where the series is observed",
    4: "nothing is left to explain (the series is fitted exactly)",
}


def loglike(
    y: ArrayLike, spec: ArimaSpec, params: ArrayLike, exog: ArrayLike | None = None
) -> float:
    """Exact log-likelihood of a series at given parameters.

    Parameters
    ----------
    y : array_like, shape (n,)
        The series; missing values are NaN.
    spec : ArimaSpec
        The model.
    params : array_like, shape (spec.n_params,)
        Parameters in the order of `spec.names`, `sigma2` included.
    exog : array_like, shape (n, k), optional
        Regressors.

    Returns
    -------
    float
        All constants included; minus infinity outside the stationary region.

    Notes
    -----
    With differencing, the diffuse likelihood: initial values flat, as in an exactly initialised
    state-space model (whose definition may differ by ``n_lost / 2 * log(2 pi)``).

    Examples
    --------
    >>> from tsconv.arima.spec import ArimaSpec
    >>> round(loglike([1.0, -1.0], ArimaSpec((1, 0, 0), trend="n"), [0.5, 1.0]), 6)
    -3.481718
    """
    held, _, _ = hold(y, spec, params, exog)
    code = held.evaluate(spec.arma(params), False)
    return float("-inf") if code else held.loglike


def score(
    y: ArrayLike, spec: ArimaSpec, params: ArrayLike, exog: ArrayLike | None = None
) -> FloatArray:
    """Gradient of `loglike` with respect to `params`, exact.

    Parameters
    ----------
    y, spec, params, exog
        As for `loglike`.

    Returns
    -------
    ndarray, shape (spec.n_params,)

    Raises
    ------
    ValueError
        If there is no likelihood at `params`.

    Examples
    --------
    At phi = 0 the score of an autoregression is the product of neighbours over the variance:

    >>> from tsconv.arima.spec import ArimaSpec
    >>> score([1.0, 2.0], ArimaSpec((1, 0, 0), trend="n"), [0.0, 1.0])
    array([2. , 1.5])
    """
    vector = np.asarray(params, dtype=np.float64)
    held, columns, sigma2 = hold(y, spec, vector, exog)
    code = held.evaluate(spec.arma(vector))
    if code:
        raise ValueError(f"the likelihood does not exist at `params`: {REASONS[code]}.")
    gradient = np.empty(spec.n_params)
    k = spec.n_regressors
    gradient[k:-1] = held.score
    gradient[-1] = (held.sum_of_squares / sigma2 - columns.n_obs) / (2.0 * sigma2)
    if k:
        gradient[:k] = _regression_score(y, spec, vector, exog)
    return gradient


def hold(
    y: ArrayLike, spec: ArimaSpec, params: ArrayLike, exog: ArrayLike | None
) -> tuple[Held, Columns, float]:
    """Build the compiled model with regression coefficients and sigma2 given, unscaled."""
    regression = spec.regression(params)
    sigma2 = float(np.asarray(params, dtype=np.float64)[-1])
    if not (np.isfinite(sigma2) and sigma2 > 0):
        raise ValueError(f"`sigma2`, the last parameter, must be positive; got {sigma2}.")
    filtered = wants_filter(y, spec)
    columns = prepare(y, spec, exog, beta=regression, dummies=not filtered)
    if filtered:
        unscaled = replace(columns, scale=1.0)
        held, _, n_obs = hold_filter(unscaled, spec, sigma2)
        return held, replace(columns, n_obs=n_obs), sigma2
    data = columns.data.copy()
    data[-1] *= columns.scale
    held = Held(data, columns.n_missing, spec.sizes, spec.lags, spec.period, sigma2)
    return held, columns, sigma2


def wants_filter(y: ArrayLike, spec: ArimaSpec) -> bool:
    """Whether the gaps of a series are so many that the filter is cheaper than dummies."""
    series = np.asarray(y, dtype=np.float64)
    if series.size <= FEW:
        return False
    seen = np.isfinite(series)
    n_seen = np.count_nonzero(seen)
    if n_seen + FEW >= series.size or not n_seen:
        return False
    places = np.flatnonzero(seen)
    return filter_is_cheaper(int(places[-1] - places[0]) + 1 - places.size, spec)


def _regression_score(
    y: ArrayLike, spec: ArimaSpec, params: FloatArray, exog: ArrayLike | None
) -> FloatArray:
    """<x, residual> / sigma2 for every regressor, dummies of gaps projected out."""
    free = ArimaSpec(spec.order, spec.seasonal_order, spec.trend, spec.exog)
    filtered = wants_filter(y, spec)
    full = prepare(y, free, exog, dummies=not filtered)
    m, k = full.n_missing, spec.n_regressors
    if filtered:
        held, m, _ = hold_filter(full, free, 0.0)
    else:
        held = Held(full.data, m, spec.sizes, spec.lags, spec.period)
    code = held.evaluate(spec.arma(params), False)
    if code not in (0, 4):
        raise ValueError(f"the likelihood does not exist at `params`: {REASONS[code]}.")
    triangle = held.triangle[m : m + k, m : m + k]
    # In the units of the orthonormal columns: <X, X> (best - given)
    best = full.ols + full.scale * held.beta[m : m + k]
    given = spec.regression(params).copy()
    if full.has_const:
        given[0] -= full.centre
    gap = best - full.triangle @ given
    return np.asarray(full.triangle.T @ (triangle @ (triangle.T @ gap)) / params[-1])
