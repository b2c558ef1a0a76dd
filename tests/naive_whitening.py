"""Slow, obvious twins of whitening: dense covariance matrices and explicit sums over rows."""

from __future__ import annotations

import numpy as np


def ledoit_wolf(x):
    """Return the shrinkage of Ledoit and Wolf (2004), section 3.3, matrix by matrix."""
    n, p = x.shape
    x = x - x.mean(axis=0)
    s = sum(np.outer(row, row) for row in x) / n
    m = np.sum(s * np.eye(p)) / p
    d2 = np.sum((s - m * np.eye(p)) ** 2) / p
    b2 = sum(np.sum((np.outer(row, row) - s) ** 2) / p for row in x) / n**2
    return min(b2, d2) / d2


def innovations(x, mean, gamma):
    """Errors of the best linear predictors in units of their size, from a dense covariance."""
    n = len(x)
    cov = np.array([[gamma[abs(i - j)] for j in range(n)] for i in range(n)])
    return np.linalg.solve(np.linalg.cholesky(cov), np.asarray(x) - mean)


def pairwise_covariance(x):
    """Mean product of deviations over the rows that have both, pair by pair."""
    n, p = x.shape
    mean = [np.mean([v for v in x[:, j] if not np.isnan(v)]) for j in range(p)]
    cov = np.empty((p, p))
    for i in range(p):
        for j in range(p):
            products = [
                (x[t, i] - mean[i]) * (x[t, j] - mean[j])
                for t in range(n)
                if not (np.isnan(x[t, i]) or np.isnan(x[t, j]))
            ]
            cov[i, j] = np.mean(products)
    return cov
