"""Slow, obvious twins of the correlations and autoregressions: explicit loops and full matrices."""

from __future__ import annotations

import math

import numpy as np


def centred(x):
    """Subtract the mean of what is there."""
    there = [float(v) for v in x if not math.isnan(v)]
    mean = math.fsum(there) / len(there)
    return [float(v) - mean for v in x]


def covariance(x, y, lag):
    """Mean of the products of x[t + lag] and y[t]; R's divisor, pairs + abs(lag)."""
    a, b = centred(x), centred(y)
    products = []
    for t in range(len(b)):
        if 0 <= t + lag < len(a):
            product = a[t + lag] * b[t]
            if not math.isnan(product):
                products.append(product)
    if not products:
        return math.nan
    return math.fsum(products) / (len(products) + abs(lag))


def correlation(x, y, lag):
    """Covariance divided by both standard deviations, cut off at -1 and 1."""
    scale = math.sqrt(covariance(x, x, 0) * covariance(y, y, 0))
    return min(max(covariance(x, y, lag) / scale, -1.0), 1.0)


def yule_walker(x, order):
    """Solve the full Yule-Walker equations."""
    c = [covariance(x, x, k) for k in range(order + 1)]
    matrix = np.array([[c[abs(i - j)] for j in range(order)] for i in range(order)])
    coefs = np.linalg.solve(matrix, np.array(c[1:])) if order else np.zeros(0)
    return coefs, c[0] - float(np.dot(coefs, c[1:]))


def burg(x, order):
    """Burg's recursion with prediction errors written out sample by sample."""
    f = centred(x)
    b = list(f)
    n = len(f)
    coefs = []
    for k in range(1, order + 1):
        up = 2 * math.fsum(f[t] * b[t - 1] for t in range(k, n))
        down = math.fsum(f[t] ** 2 + b[t - 1] ** 2 for t in range(k, n))
        kappa = up / down
        old = list(coefs)
        coefs = [old[i] - kappa * old[k - 2 - i] for i in range(k - 1)] + [kappa]
        f, b = (
            [f[t] - kappa * b[t - 1] if t >= k else f[t] for t in range(n)],
            [b[t - 1] - kappa * f[t] if t >= k else b[t] for t in range(n)],
        )
    squares = math.fsum(v * v for v in f[order:] + b[order:])
    return np.array(coefs), squares / (2 * (n - order))


def ols(x, order):
    """Regression on a constant and the lags, rows written out: (constant, coefs, sigma2)."""
    rows = [[1.0, *(x[t - i] for i in range(1, order + 1))] for t in range(order, len(x))]
    design, target = np.array(rows), np.array(x[order:], dtype=float)
    solution, *_ = np.linalg.lstsq(design, target)
    rest = target - design @ solution
    return solution[0], solution[1:], float(rest @ rest) / target.size


def partial(x, order, method):
    """Partial autocorrelations: the last coefficient of each order, fitted anew."""
    fits = {"yule-walker": yule_walker, "burg": burg, "ols": lambda x, k: ols(x, k)[1:]}
    return [float(fits[method](x, k)[0][-1]) for k in range(1, order + 1)]
