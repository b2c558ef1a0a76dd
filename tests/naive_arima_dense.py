"""Textbook twins of the ARIMA routines: dense covariance matrices, nothing clever.

Everything follows from one object, the joint Gaussian law of the series: the covariance of the
differenced series from a Lyapunov equation, integrated by a matrix, with flat initial values.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import null_space, solve_discrete_lyapunov, toeplitz


def autocovariances(ar_poly, ma_poly, n):
    """gamma[0..n-1] at unit noise variance, from Harvey's state-space form."""
    r = max(len(ar_poly) - 1, len(ma_poly))
    T = np.zeros((r, r))
    T[: len(ar_poly) - 1, 0] = -ar_poly[1:]
    T[:-1, 1:] = np.eye(r - 1)
    R = np.zeros(r)
    R[: len(ma_poly)] = ma_poly
    state = solve_discrete_lyapunov(T, np.outer(R, R))
    gamma = []
    for _ in range(n):
        gamma.append(state[0, 0])
        state = T @ state
    return np.array(gamma)


def integration(difference_poly, n):
    """Matrices A, B with y = A w + B y[:k]: how a series follows from its differences."""
    k = len(difference_poly) - 1
    A, B = np.zeros((n, n - k)), np.zeros((n, k))
    B[:k] = np.eye(k)
    for t in range(k, n):
        for j in range(1, k + 1):
            A[t] -= difference_poly[j] * A[t - j]
            B[t] -= difference_poly[j] * B[t - j]
        A[t, t - k] += 1.0
    return A, B


def law(spec, params, n):
    """Covariance of the series given zero initial values, and the effect of those values."""
    gamma = autocovariances(spec.ar_poly(params), spec.ma_poly(params), n - spec.n_lost)
    A, B = integration(spec.difference_poly(), n)
    return params[-1] * A @ toeplitz(gamma) @ A.T, B


def regressors(spec, n, exog=None, start=0):
    """Trend and exog side by side."""
    trend = spec.trend_columns(n, start=start)
    return trend if exog is None else np.column_stack([trend, exog])


def loglike(y, spec, params, exog=None):
    """Log-likelihood of what was observed, initial values flat, by contrasts (REML identity)."""
    params = np.asarray(params, float)
    n = len(y)
    seen = np.isfinite(y)
    cov, B = law(spec, params, n)
    z = np.where(seen, y, 0.0) - regressors(spec, n, exog) @ spec.regression(params)
    z, cov, B = z[seen], cov[np.ix_(seen, seen)], B[seen]
    B = B[:, B.any(axis=0)]  # initial values that nothing observed depends on
    K = null_space(B.T) if B.shape[1] else np.eye(len(z))
    cov_k = K.T @ cov @ K
    _, logdet = np.linalg.slogdet(cov_k)
    _, logdet_b = np.linalg.slogdet(B.T @ B) if B.shape[1] else (1, 0.0)
    v = K.T @ z
    return -0.5 * (len(v) * np.log(2 * np.pi) + logdet + logdet_b + v @ np.linalg.solve(cov_k, v))


def conditional(y, spec, params, targets, known, exog=None):
    """Mean and covariance of y[targets] given y[known], initial values flat."""
    params = np.asarray(params, float)
    n = len(y)
    cov, B = law(spec, params, n)
    mean = regressors(spec, n, exog) @ spec.regression(params)
    z = y - mean
    # A flat prior on k initial values: condition on contrasts, then on the rest by least squares.
    z_k, B_k, B_t = z[known], B[known], B[targets]
    C_kk, C_tk, C_tt = (
        cov[np.ix_(known, known)],
        cov[np.ix_(targets, known)],
        cov[np.ix_(targets, targets)],
    )
    k = B.shape[1]
    if k == 0:
        gain = np.linalg.solve(C_kk, C_tk.T).T
        return mean[targets] + gain @ z_k, C_tt - gain @ C_tk.T
    top = np.block([[C_kk, B_k], [B_k.T, np.zeros((k, k))]])
    right = np.vstack([C_tk.T, B_t.T])
    weights = np.linalg.solve(top, right)
    variance = C_tt - right.T @ weights
    return mean[targets] + weights[: len(z_k)].T @ z_k, variance


def innovations(y, spec, params, exog=None):
    """One-step errors and variances; nan before the initial values are known and in gaps."""
    n = len(y)
    errors, variances = np.full(n, np.nan), np.full(n, np.nan)
    _, B = law(spec, np.asarray(params, float), n)
    for t in range(n):
        known = [i for i in range(t) if np.isfinite(y[i])]
        if not np.isfinite(y[t]):
            continue
        if B.shape[1] and not _spanned(B[known], B[t]):
            continue
        if known:
            mean, var = conditional(y[: t + 1], spec, params, [t], known, _cut(exog, t + 1))
        else:
            cov, _ = law(spec, np.asarray(params, float), t + 1)
            mean = regressors(spec, t + 1, _cut(exog, t + 1))[t] @ spec.regression(params)
            var = cov[t, t]
        errors[t], variances[t] = y[t] - np.ravel(mean)[0], np.ravel(var)[0]
    return errors, variances


def _spanned(rows, row):
    if len(rows) == 0:
        return False
    gap = row - np.linalg.lstsq(rows.T, row, rcond=None)[0] @ rows
    return np.abs(gap).max() < 1e-9


def _cut(exog, n):
    return None if exog is None else exog[:n]
