r"""The time before the sample: the covariance of the r numbers c that stand for it.

Whitening from rest leaves out what came before the first row. In the errors it is a vector
:math:`c \sim N(0, \Omega)`, in units of sigma, with r the larger degree of the AR and MA
polynomials.
"""

from __future__ import annotations

import numpy as np

from tsconv._checks import FloatArray
from tsconv.arima.spec import ArimaSpec, dense
from tsconv.engines import recursive_filter
from tsconv.polynomials.stability import all_inside


def presample_root(spec: ArimaSpec, params: FloatArray) -> FloatArray:
    """Return a square root of Omega, the covariance of c at unit noise variance; shape (r, r).

    With the AR and MA coefficients f and t padded to length r and index 0
    meaning lag 1, ``d[i] = sum_{k>=i} f[k] gamma[k-i+1] + t[k] psi[k-i+1]`` and
    ``Omega[i,j] = Omega[i+1,j+1] + f[j] d[i+1] + f[i] d[j+1] + f[i] f[j] gamma[0] + f[i] t[j]
    + t[i] f[j] + t[i] t[j]``.
    """
    if not all(all_inside(dense(k, -1.0), 1.0) for k in spec.ar_factors(params)):
        raise ArithmeticError("the AR part is not stationary.")
    ar_poly, ma_poly = spec.ar_poly(params), spec.ma_poly(params)
    r = max(ar_poly.size, ma_poly.size) - 1
    f, t = np.zeros(r + 1), np.zeros(r + 1)
    f[: ar_poly.size - 1] = -ar_poly[1:]
    t[: ma_poly.size - 1] = ma_poly[1:]
    d = np.zeros(r + 1)
    gamma0 = 0.0
    if ar_poly.size > 1:
        lags = np.flatnonzero(ar_poly[1:]) + 1
        psi = recursive_filter(np.append(ma_poly, np.zeros(r + 1))[: r + 1], lags, ar_poly[lags])
        gamma = _autocovariances(ar_poly, ma_poly, psi)
        gamma0 = float(gamma[0])
        for i in range(r):
            d[i] = f[i:r] @ gamma[1 : r - i + 1] + t[i:r] @ psi[1 : r - i + 1]
    f, t, d_next = f[:r], t[:r], d[1:]
    half = np.outer(d_next, f) + np.outer(t, f)
    omega = half + half.T + gamma0 * np.outer(f, f) + np.outer(t, t)
    for i in range(r - 2, -1, -1):
        omega[i, :-1] += omega[i + 1, 1:]
    weights, vectors = np.linalg.eigh(omega)
    return np.asarray(vectors * np.sqrt(np.maximum(weights, 0.0)))


def _autocovariances(ar_poly: FloatArray, ma_poly: FloatArray, psi: FloatArray) -> FloatArray:
    """Autocovariances at unit noise variance, as many as psi weights.

    ``sum_i a[i] gamma[|k-i|] = sum_{j>=k} b[j] psi[j-k]`` for k = 0, 1, ...
    """
    p, q = ar_poly.size - 1, ma_poly.size - 1
    right = np.zeros(max(p + 1, psi.size))
    for k in range(q + 1):
        right[k] = ma_poly[k:] @ psi[: q + 1 - k]
    matrix = np.zeros((p + 1, p + 1))
    rows = np.arange(p + 1)
    for i in np.flatnonzero(ar_poly).tolist():
        matrix[rows, np.abs(rows - i)] += ar_poly[i]
    gamma = np.linalg.solve(matrix, right[: p + 1])
    lags = np.flatnonzero(ar_poly[1:]) + 1
    later = recursive_filter(right[p + 1 :], lags, ar_poly[lags], initial=gamma)
    return np.concatenate([gamma, later])
