"""Slow and obvious: ARIMA prediction from the dense covariance matrix, flat prior on the start.

A series of n rows is ``X b + B w``: w holds the n - n_lost differences (stationary, covariance from
a plain sum of psi weights), b the first n_lost values, about which nothing is known. Predicting a
row from observed rows is generalised least squares in b and conditioning in w ("universal
kriging").
"""

from __future__ import annotations

import numpy as np


def psi_weights(ar_poly, ma_poly, n):
    """Impulse response of ma / ar by the recursion, term by term."""
    psi = np.zeros(n)
    for k in range(n):
        psi[k] = ma_poly[k] if k < len(ma_poly) else 0.0
        for i in range(1, min(k, len(ar_poly) - 1) + 1):
            psi[k] -= ar_poly[i] * psi[k - i]
    return psi


def covariance(ar_poly, ma_poly, n, n_terms=4000):
    """Covariance of n values of the stationary process at unit noise variance."""
    psi = psi_weights(ar_poly, ma_poly, n_terms + n)
    gamma = [psi[: n_terms + n - k] @ psi[k:] for k in range(n)]
    return np.array([[gamma[abs(i - j)] for j in range(n)] for i in range(n)])


def structure(difference_poly, ar_poly, ma_poly, n):
    """X (n, n_lost) and the covariance of B w (n, n)."""
    lost = len(difference_poly) - 1
    # D z = (first values, differences); z = D^-1 of that.
    D = np.eye(n)
    for t in range(lost, n):
        for i in range(1, lost + 1):
            D[t, t - i] += difference_poly[i]
    inverse = np.linalg.inv(D)
    B = inverse[:, lost:]
    return inverse[:, :lost], B @ covariance(ar_poly, ma_poly, n - lost) @ B.T


def predict(z, rows, target, X, C):
    """Best prediction of row `target` from observed `rows`, and its variance; NaN if undefined."""
    rows = np.asarray(rows, dtype=int)
    lost = X.shape[1]
    # numpy 2.0 knows no rank of an empty matrix.
    known = np.linalg.matrix_rank(X[rows]) if X[rows].size else 0
    if lost and known < np.linalg.matrix_rank(X[[*rows, target]]):
        return np.nan, np.nan
    if rows.size == 0:
        return 0.0, C[target, target]
    # Lagrange form of the best linear unbiased prediction.
    k = rows.size
    top = np.hstack([C[np.ix_(rows, rows)], X[rows]])
    system = np.vstack([top, np.hstack([X[rows].T, np.zeros((lost, lost))])])
    right = np.concatenate([C[rows, target], X[target]])
    solution = np.linalg.lstsq(system, right, rcond=1e-13)[0]
    weights, multipliers = solution[:k], solution[k:]
    variance = C[target, target] - weights @ C[rows, target] - multipliers @ X[target]
    return weights @ z[rows], variance
