r"""Autocovariances of a ratio of lag polynomials, from its coefficients.

For kernels that forget too slowly to sum their impulse response. There the Yule-Walker equations
are nearly singular: in floating point nothing is left of the answer for a double root at 0.99999,
not even its sign. So they are solved in rational arithmetic: the products of the factors, and the
autocovariances r of :math:`1/A` by the Levinson recursion run downwards and up again (Brockwell and
Davis 1991, section 5.2); then :math:`\gamma_k = \sum_{ij} b_i b_j r_{k+i-j}`.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from tsconv._checks import FloatArray
from tsconv.polynomials.lag import product

# As in `stability`: about a second at degree 100.
_LARGEST_EXACT_DEGREE = 100


def autocovariance_equations(
    nums: Sequence[FloatArray], dens: Sequence[FloatArray], n_lags: int
) -> FloatArray:
    """Autocovariances at lags 0 to `n_lags` for white noise of unit variance, shape (n_lags + 1,).

    Exact to rounding up to total degree 100, beyond it as good as the equations' condition. Lags
    past the degree follow from the recursion in floating point.
    """
    degree = sum(poly.size - 1 for poly in (*nums, *dens))
    exact = degree <= _LARGEST_EXACT_DEGREE
    b, a = _expanded(nums, exact=exact), _expanded(dens, exact=exact)
    p, q = len(a) - 1, len(b) - 1
    known = max(p, q)
    r = _of_autoregression(a, known + q + 1)
    squares = [sum(b[i] * b[i + k] for i in range(q + 1 - k)) for k in range(q + 1)]
    gamma = np.zeros(max(known, n_lags) + 1)
    for k in range(known + 1):
        gamma[k] = squares[0] * r[k] + sum(
            squares[j] * (r[k + j] + r[abs(k - j)]) for j in range(1, q + 1)
        )
    tail = np.array([float(c) for c in a[:0:-1]])
    for k in range(known + 1, gamma.size):
        gamma[k] = -(tail @ gamma[k - p : k])
    return gamma[: n_lags + 1]


def _expanded(polys: Sequence[FloatArray], *, exact: bool) -> list[Any]:
    """Coefficients of the product, as fractions or floats."""
    if not exact:
        return [float(c) for c in product(polys)]
    factors = [[Fraction(float(c)) for c in poly] for poly in polys]
    return functools.reduce(_times, factors, [Fraction(1)])


def _times(p: list[Fraction], q: list[Fraction]) -> list[Fraction]:
    out = [Fraction(0)] * (len(p) + len(q) - 1)
    for i, left in enumerate(p):
        for j, right in enumerate(q):
            out[i + j] += left * right
    return out


def _of_autoregression(a: list[Any], n: int) -> list[Any]:
    """Autocovariances of 1 / a at lags 0 to n - 1; a[0] is 1."""
    predictors = [list(a)]
    variance = a[0]
    while len(predictors[-1]) > 1:
        current = predictors[-1]
        reflection = current[-1]
        rest = 1 - reflection * reflection
        if rest <= 0:
            raise ValueError(
                "the poles are too near the unit circle for a kernel of this degree:"
                " its autocovariances cannot be told from infinity in double precision."
            )
        variance = variance / rest
        reverse = reversed(current)
        predictors.append(
            [(c - reflection * d) / rest for c, d in zip(current, reverse, strict=True)][:-1]
        )
    r = [variance]
    for m in range(1, n):
        predictor = predictors[max(len(a) - 1 - m, 0)]
        r.append(-sum(c * r[m - i] for i, c in enumerate(predictor[1:], start=1)))
    return r
