r"""Whether the roots of a lag polynomial lie inside a circle, and how fast its inverse dies out.

All roots lie inside the unit circle if and only if every step of the Schur-Cohn recursion
:math:`p \leftarrow p - k\, \mathrm{reverse}(p)`, :math:`k = p_n / p_0`, has a reflection
coefficient :math:`|k| < 1` (Henrici 1974, *Applied and Computational Complex Analysis* 1, section
6.8). Where floating point cannot decide that, rational arithmetic does: the coefficients of a float
polynomial are exact fractions. So the answer is right for the coefficients as stored, multiple
roots included.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from tsconv._checks import FloatArray
from tsconv.polynomials.lag import reduced

# Rational arithmetic on degree 100 takes about a second; beyond it floating point decides.
_LARGEST_EXACT_DEGREE = 100


def all_inside(poly: FloatArray, radius: float) -> bool:
    """Say whether all roots in the z-plane are smaller than `radius`; exact up to degree 100."""
    core, step = reduced(poly)
    if core.size < 2:
        return True
    scale = radius**step
    verdict = _schur_cohn(core / scale ** np.arange(core.size))
    if verdict is not None:
        return verdict
    if core.size > _LARGEST_EXACT_DEGREE + 1:
        return bool(np.max(np.abs(np.roots(core))) < scale)
    exact_scale = Fraction(radius) ** step
    return _schur_cohn_exact([Fraction(float(c)) / exact_scale**k for k, c in enumerate(core)])


def decay_length(polys: Sequence[FloatArray], tolerance: float) -> int:
    r"""Bound the lag from which on the weights of ``1 / product(polys)`` stay below `tolerance`.

    All roots must lie inside the unit circle. With the slowest root of modulus r alone the weights
    are at most :math:`r^n`. Each further root of modulus :math:`r_i` multiplies that bound by at
    most :math:`\sum_{j \le n} (r_i / r)^j \le \min(n + 1, 1 / (1 - r_i / r))`.
    """
    moduli = np.sort(np.concatenate([_moduli(poly) for poly in polys]))
    if moduli.size == 0:
        return 0
    slowest = float(moduli[-1])
    shortfall = 1.0 - moduli[:-1] / slowest
    folds, rate = -math.log(tolerance), -math.log(slowest)
    n = max(folds, 0.0) / rate
    for _ in range(100):
        grown = np.log(np.minimum(n + 1.0, 1.0 / np.maximum(shortfall, 1.0 / (n + 1.0))))
        n = max(folds + float(np.sum(grown)), 0.0) / rate
    return math.ceil(n)


def _moduli(poly: FloatArray) -> FloatArray:
    """Moduli of the roots, one for each root of the reduced polynomial.

    Where rounding has moved a multiple root out of the unit circle, that of a circle holding all.
    """
    core, step = reduced(poly)
    moduli = np.abs(np.roots(core)) ** (1 / step)
    if np.all(moduli < 1.0):
        return np.asarray(moduli)
    radii = [1.0 - 2.0**-k for k in range(1, 53)]
    first = bisect.bisect_left(radii, True, key=lambda radius: all_inside(poly, radius))
    return np.full(core.size - 1, radii[min(first, len(radii) - 1)])


def _schur_cohn(poly: FloatArray) -> bool | None:
    """Step the polynomial down in floating point; None where rounding could change the answer."""
    eps = np.finfo(float).eps
    current = poly / np.max(np.abs(poly))
    error = 2 * poly.size * eps  # of each coefficient, of which the largest is 1
    while current.size > 1:
        if abs(current[0]) <= 2 * error:
            return None
        reflection = current[-1] / current[0]
        uncertainty = 2 * (error / abs(current[0])) * (1 + abs(reflection)) + eps
        if abs(abs(reflection) - 1) <= uncertainty:
            return None
        if abs(reflection) > 1:
            return False
        current = (current - reflection * current[::-1])[:-1]
        error = 2 * error + uncertainty + 2 * eps
        peak = np.max(np.abs(current))
        current, error = current / peak, error / peak + eps
    return True


def _schur_cohn_exact(poly: list[Fraction]) -> bool:
    """Step the polynomial down in rational arithmetic."""
    while len(poly) > 1:
        reflection = poly[-1] / poly[0]
        if abs(reflection) >= 1:
            return False
        poly = [a - reflection * b for a, b in zip(poly, reversed(poly), strict=True)][:-1]
        poly = [a / poly[0] for a in poly]
    return True
