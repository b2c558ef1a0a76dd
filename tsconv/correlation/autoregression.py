r"""Autoregressions on plain arrays: Yule-Walker, Burg, least squares; all orders from one pass.

The model of order p is :math:`x_t - \mu = \sum_{i=1}^p \phi_i (x_{t-i} - \mu) + e_t` with noise
variance :math:`\sigma^2`. Yule-Walker and Burg both go from order k - 1 to order k by one number,
the reflection coefficient :math:`\kappa_k` (the partial autocorrelation at lag k):

.. math:: \phi^{(k)}_i = \phi^{(k-1)}_i - \kappa_k \phi^{(k-1)}_{k-i}, \quad
          \phi^{(k)}_k = \kappa_k, \qquad \sigma^2_k = (1 - \kappa_k^2)\, \sigma^2_{k-1}.

They differ in where :math:`\kappa_k` comes from; either way it is at most one in size, so every
model on the path is stationary. An `ArPath` holds the numbers for all orders. Least squares
(`LeastSquares`) has no such recursion and no such guarantee.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
from numpy.typing import ArrayLike

from tsconv._checks import FloatArray, check_choice, check_count, check_vector
from tsconv.correlation.lagged import Centred, centred, lagged_products

CRITERIA = ("aic", "aicc", "bic")

# Elements of a block of lagged values that least squares takes at a time: from about 9,200 on BLAS
# starts threads for each reflection of the QR (measured on a busy machine: ten times slower).
_BLOCK = 9000

# Samples that Burg's method takes at a time: four such arrays stay in the cache, and BLAS starts
# threads for dot products from 10,000 on.
_TILE = 8192


@dataclass(frozen=True)
class ArPath:
    """AR models of order 0, 1, ..., p.

    Attributes
    ----------
    reflection : ndarray, shape (p,)
        Reflection coefficients: the partial autocorrelations at lags 1, ..., p.
    unit_sigma2 : ndarray, shape (p + 1,)
        Noise variance of each order by the recursion, in units of ``4**exponent``; the first is
        the variance of the series.
    unit_error : float
        Mean square of the prediction errors at order p, in the same units.
    exponent : int
        Power of two taken out of the series.
    mean : float
        Mean of the series.
    n_obs : int
        Its length.
    """

    reflection: FloatArray
    unit_sigma2: FloatArray
    unit_error: float
    exponent: int
    mean: float
    n_obs: int

    @property
    def sigma2(self) -> float:
        """Mean square of the prediction errors at order p, in the squared unit of the series."""
        with np.errstate(over="ignore"):
            return float(np.ldexp(self.unit_error, 2 * self.exponent))

    def coefs(self, order: int) -> FloatArray:
        """AR coefficients of one order, shape (order,); O(order^2)."""
        return step_up(self.reflection[:order])

    def criterion(self, name: str = "aic") -> FloatArray:
        """Information criterion of each order, shape (p + 1,); see `select_ar_order`."""
        check_choice(name, "criterion", CRITERIA)
        n = self.n_obs
        k = np.arange(2.0, self.unit_sigma2.size + 2)  # with the mean and sigma2
        with np.errstate(divide="ignore"):
            fit = n * (np.log(self.unit_sigma2) + 2 * self.exponent * np.log(2))
            if name == "aic":
                return np.asarray(fit + 2 * k)
            if name == "bic":
                return np.asarray(fit + np.log(n) * k)
            return np.where(n - k > 1, fit + 2 * k * n / np.maximum(n - k - 1, 0.5), np.inf)

    def best_order(self, criterion: str = "aic") -> int:
        """Order with the least criterion; the lowest one of equals."""
        return int(np.argmin(self.criterion(criterion)))


@dataclass(frozen=True)
class LeastSquares:
    """An autoregression by least squares, conditional on the first p samples.

    Attributes
    ----------
    coefs : ndarray, shape (p,)
        AR coefficients.
    intercept : float
        Constant of the regression of ``x - mean`` on its own past.
    sigma2 : float
        Mean square of the n - p residuals.
    mean : float
        Mean of all samples.
    covariance : ndarray, shape (p, p)
        Covariance of the coefficients, ``sigma2`` times the inverse of the products of the lags.
    """

    coefs: FloatArray
    intercept: float
    sigma2: float
    mean: float
    covariance: FloatArray


def yule_walker_path(x: ArrayLike, order: int) -> ArPath:
    """Models of order 0, ..., `order` from the Yule-Walker equations, divisor n."""
    data, order = _prepare(x, order)
    gamma = lagged_products(data.values, data.values, 0, order) / data.values.size
    reflection, sigma2 = levinson(gamma)
    return ArPath(reflection, sigma2, sigma2[-1], data.exponent, data.mean, data.values.size)


def burg_path(x: ArrayLike, order: int) -> ArPath:
    """Models of order 0, ..., `order` by Burg's method."""
    data, order = _prepare(x, order)
    n = data.values.size
    reflection = np.zeros(order)
    sigma2 = np.full(order + 1, data.energy / n)
    f, b = data.values.copy(), data.values.copy()
    cross, power = _update_errors(f, b, 0.0)
    for k in range(order):
        kappa = 0.0
        if power > (8 * np.finfo(float).eps) ** 2 * data.energy:
            kappa = min(max(2 * cross / power, -1.0), 1.0)
        reflection[k] = kappa
        sigma2[k + 1] = (1 - kappa) * (1 + kappa) * sigma2[k]
        f, b = f[1:], b[:-1]
        cross, power = _update_errors(f, b, kappa)
    error = float(np.dot(f, f) + np.dot(b, b)) / (2 * (n - order))
    return ArPath(reflection, sigma2, error, data.exponent, data.mean, n)


def _update_errors(f: FloatArray, b: FloatArray, kappa: float) -> tuple[float, float]:
    """Replace f by ``f - kappa b`` and b by ``b - kappa f``; return sums for the next order.

    These are ``sum f[i+1] b[i]`` and ``sum f[i+1]^2 + b[i]^2``. All of it in one pass over tiles
    that stay in the cache.
    """
    cross = power = 0.0
    scratch = np.empty((2, min(f.size, _TILE)))
    for start in range(0, f.size, _TILE):
        stop = min(start + _TILE, f.size)
        if kappa != 0.0:
            down, up = scratch[:, : stop - start]
            np.multiply(b[start:stop], kappa, out=down)
            np.multiply(f[start:stop], kappa, out=up)
            f[start:stop] -= down
            b[start:stop] -= up
        first = max(start, 1)
        ahead, behind = f[first:stop], b[first - 1 : stop - 1]
        cross += float(np.dot(ahead, behind))
        power += float(np.dot(ahead, ahead) + np.dot(behind, behind))
    return cross, power


PATHS: dict[str, Callable[[ArrayLike, int], ArPath]] = {
    "burg": burg_path,
    "yule-walker": yule_walker_path,
}


def levinson(gamma: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Reflection coefficients (p,) and noise variances (p + 1,) from autocovariances (p + 1,).

    Raises
    ------
    ValueError
        If `gamma` is not positive definite.
    """
    order = gamma.size - 1
    reflection, sigma2, coefs = np.zeros(order), np.full(order + 1, gamma[0]), np.zeros(0)
    for k in range(order):
        if not sigma2[k] > 0:
            _not_definite(k)
        kappa = float(gamma[k + 1] - coefs @ gamma[k:0:-1]) / sigma2[k]
        if not abs(kappa) <= 1:
            _not_definite(k + 1)
        reflection[k] = kappa
        sigma2[k + 1] = (1 - kappa) * (1 + kappa) * sigma2[k]
        coefs = np.append(coefs - kappa * coefs[::-1], kappa)
    return reflection, sigma2


def step_up(reflection: FloatArray) -> FloatArray:
    """AR coefficients from reflection coefficients; O(p^2)."""
    coefs = np.zeros(0)
    for kappa in reflection:
        coefs = np.append(coefs - kappa * coefs[::-1], kappa)
    return coefs


def step_down(coefs: FloatArray) -> FloatArray | None:
    """Reflection coefficients from AR coefficients, O(p^2); None if they are not stationary."""
    reflection = np.zeros(coefs.size)
    for k in range(coefs.size - 1, -1, -1):
        kappa = coefs[-1]
        if not abs(kappa) < 1:
            return None
        reflection[k] = kappa
        shorter = coefs[:-1]
        coefs = (shorter + kappa * shorter[::-1]) / ((1 - kappa) * (1 + kappa))
    return reflection


def log_likelihood(z: FloatArray, reflection: FloatArray, sigma2: float) -> float:
    r"""Exact Gaussian log-likelihood of a centred series under a stationary autoregression.

    The first p values are predicted by the models of order 0, ..., p - 1, with the variances
    :math:`v_t = \sigma^2 / \prod_{k > t} (1 - \kappa_k^2)`; the others by the whole model. O(n p).
    """
    n, p = z.size, min(reflection.size, z.size)
    variances = sigma2 / np.cumprod((1 - reflection**2)[::-1])[::-1][:p]
    first = np.empty(p)
    coefs = np.zeros(0)
    for t in range(p):
        first[t] = z[t] - coefs @ z[:t][::-1]
        coefs = np.append(coefs - reflection[t] * coefs[::-1], reflection[t])
    later = prediction_errors(z, coefs) if n > p else np.zeros(0)
    log_det = float(np.log(variances).sum()) + (n - p) * float(np.log(sigma2))
    squares = float((first**2 / variances).sum()) + float(later @ later) / sigma2
    return -0.5 * (n * float(np.log(2 * np.pi)) + log_det + squares)


def coefficient_covariance(coefs: FloatArray, n: int) -> FloatArray:
    r"""Large-sample covariance of AR coefficients, :math:`\sigma^2 \Gamma_p^{-1} / n`; (p, p).

    By the formula of Gohberg and Semencul, without autocovariances: with lower triangular Toeplitz
    matrices A of :math:`(1, -\phi_1, \dots, -\phi_{p-1})` and B of
    :math:`(\phi_p, \dots, \phi_1)` it is :math:`(A A' - B B') / n`.
    """
    a = np.concatenate([[1.0], -coefs])
    lags = np.arange(coefs.size)
    below = np.tril(np.abs(lags[:, None] - lags))
    A = np.tril(a[:-1][below]) if coefs.size else np.zeros((0, 0))
    B = np.tril(a[:0:-1][below]) if coefs.size else np.zeros((0, 0))
    return np.asarray((A @ A.T - B @ B.T) / n)


def least_squares(x: ArrayLike, order: int) -> LeastSquares:
    """Regress ``x[t]`` on a constant and its last `order` values, t = order, ..., n - 1."""
    data, order = _prepare(x, order)
    n_rows = data.values.size - order
    if n_rows < order + 1:
        raise ValueError(
            f"least squares of order {order} needs at least {2 * order + 1} observations;"
            f" got {data.values.size}. Lower the order, or use Burg's method."
        )
    triangle = _lagged_triangle(data.values, order)
    intercept, coefs, rest, inverse = _solve(triangle)
    return LeastSquares(
        coefs=coefs,
        intercept=float(np.ldexp(intercept, data.exponent)),
        sigma2=float(np.ldexp(rest / n_rows, 2 * data.exponent)),
        mean=data.mean,
        covariance=rest / n_rows * inverse,
    )


def least_squares_reflection(x: ArrayLike, order: int) -> FloatArray:
    """Last coefficient of the regression on k lags, each k over all n - k samples; shape (order,).

    One QR of the rows common to all, then each regression adds its few earlier rows:
    O(n order^2 + order^4).
    """
    data, order = _prepare(x, order)
    if data.values.size < 2 * order + 1:
        raise ValueError(
            f"least squares up to lag {order} needs at least {2 * order + 1} observations;"
            f" got {data.values.size}. Lower `n_lags`, or use another method."
        )
    triangle = _lagged_triangle(data.values, order)
    early = np.zeros((order, order + 2))  # rows t = 0, ..., order - 1; zeros are never used
    early[:, 0] = 1.0
    for lag in range(1, order + 1):
        early[lag:, lag] = data.values[: order - lag]
    early[:, -1] = data.values[:order]
    last = np.empty(order)
    for k in range(1, order + 1):
        columns = [*range(k + 1), order + 1]
        _, coefs, *_ = _solve(np.vstack([triangle[:, columns], early[k:, columns]]))
        last[k - 1] = coefs[-1]
    return last


def prediction_errors(x: FloatArray, coefs: FloatArray) -> FloatArray:
    """``x[t] - sum(coefs[i] x[t-1-i])`` for t = p, ..., n - 1; shape (n - p,)."""
    return np.convolve(x, np.concatenate([[1.0], -coefs]), "valid")


def default_order(n: int) -> int:
    """Largest order tried by default: ``10 log10(n)``, below n."""
    return min(n - 1, int(10 * np.log10(n)))


def _prepare(x: ArrayLike, order: int) -> tuple[Centred, int]:
    """Check, centre and scale a series for a model of this order."""
    values = check_vector(x, "x")
    order = check_count(order, "order")
    if order >= values.size:
        raise ValueError(
            f"`order` must be below the number of observations, {values.size}; got {order}."
        )
    data = centred(values)
    if data.is_constant:
        raise ValueError(
            f"`x` must vary; all {values.size} values are {data.mean:g}: nothing is left to model."
        )
    return data, order


def _lagged_triangle(x: FloatArray, order: int) -> FloatArray:
    """R of the QR of columns 1, x[t-1], ..., x[t-order], x[t]; rows t = order, ..., n - 1."""
    width = order + 2
    n_rows = max(_BLOCK // width - width, width)
    triangle: FloatArray = np.zeros((0, width))
    for start in range(order, x.size, n_rows):
        stop = min(start + n_rows, x.size)
        rows = np.empty((triangle.shape[0] + stop - start, width))
        rows[: triangle.shape[0]] = triangle
        block = rows[triangle.shape[0] :]
        block[:, 0] = 1.0
        for lag in range(1, order + 1):
            block[:, lag] = x[start - lag : stop - lag]
        block[:, -1] = x[start:stop]
        triangle = np.asarray(np.linalg.qr(rows, mode="r"), dtype=np.float64)
    return triangle


def _solve(rows: FloatArray) -> tuple[float, FloatArray, float, FloatArray]:
    """Least squares of the last column on the others, of which the first is constant.

    Returns the constant, the other coefficients, the sum of squared residuals, and the inverse of
    the products of the columns without their means (on the space they span). Below the first row of
    R stand the columns without their means, so that of collinear lags the solution of least
    norm is the same in every unit.
    """
    triangle = np.asarray(np.linalg.qr(rows, mode="r"), dtype=np.float64)
    left, right = triangle[1:, 1:-1], triangle[1:, -1]
    u, s, vt = np.linalg.svd(left, full_matrices=False)
    # What is left of a column equal to the constant is rounding, however large it is beside others.
    kept = s > rows.shape[1] * np.finfo(float).eps * np.linalg.norm(triangle[:, :-1])
    scaled = vt[kept] / s[kept, None]
    coefs = np.asarray(scaled.T @ (u.T @ right)[kept], dtype=np.float64)
    rest = right - left @ coefs
    intercept = float(triangle[0, -1] - triangle[0, 1:-1] @ coefs) / float(triangle[0, 0])
    return intercept, coefs, float(rest @ rest), scaled.T @ scaled


def _not_definite(order: int) -> NoReturn:
    raise ValueError(
        f"the autocovariances must be positive definite; those up to lag {order} are not."
        " Pairwise autocovariances of a series with gaps need not be; fill the gaps,"
        " or take fewer lags."
    )
