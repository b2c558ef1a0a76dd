r"""Polynomials in the lag operator, on plain arrays: ``p[k]`` is the coefficient of :math:`L^k`.

Three facts are used throughout.

* With :math:`L = z^{-1}` the roots in the z-plane of ``p`` are those of
  :math:`p_0 z^n + \dots + p_n`; roots at ``z = 0`` (trailing zeros) are pure delays and left out.
* A seasonal polynomial such as :math:`1 - \Phi L^{12}` is a polynomial in :math:`L^{12}`. Its roots
  are the twelfth roots of those of the reduced polynomial, exact where a general root finder,
  faced with degree 12, is not.
* All roots lie inside a circle if and only if every step of the Schur-Cohn recursion
  (`all_inside`) has a reflection coefficient below one. Where floating point cannot decide that,
  rational arithmetic does: the coefficients of a float polynomial are exact fractions.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._checks import FloatArray, check_count

ComplexArray = NDArray[np.complex128]

# Rational arithmetic on degree 100 takes about a second; beyond it floating point decides.
_LARGEST_EXACT_DEGREE = 100


def trimmed(poly: FloatArray) -> tuple[FloatArray, int]:
    """Return `poly` without leading and trailing zeros, and the number of leading ones."""
    nonzero = np.flatnonzero(poly)
    if nonzero.size == 0:
        return poly[:1], 0
    return poly[nonzero[0] : nonzero[-1] + 1], int(nonzero[0])


def product(polys: Sequence[FloatArray]) -> FloatArray:
    """Expand a product of polynomials, short factors first; the empty product is 1."""
    return functools.reduce(np.convolve, sorted(polys, key=len), np.ones(1))


def proportional(p: FloatArray, q: FloatArray) -> bool:
    """Say whether two trimmed polynomials agree up to a constant factor, to rounding."""
    if p.size != q.size:
        return False
    a, b = p / p[0], q / q[0]
    return bool(np.max(np.abs(a - b)) <= 8 * np.finfo(float).eps * np.max(np.abs(a)))


def spacing(poly: FloatArray) -> int:
    """Return the largest s such that `poly` is a polynomial in L**s."""
    lags = np.flatnonzero(poly)
    return max(int(np.gcd.reduce(lags)), 1) if lags.size else 1


def z_roots(poly: FloatArray) -> ComplexArray:
    """Roots in the z-plane, without those at zero."""
    core, _ = trimmed(poly)
    if core.size < 2:
        return np.empty(0, complex)
    step = spacing(core)
    reduced = np.roots(core[::step]).astype(complex)
    turns = np.exp(2j * np.pi * np.arange(step) / step)
    principal = np.abs(reduced) ** (1 / step) * np.exp(1j * np.angle(reduced) / step)
    return (principal[:, None] * turns).ravel()


def all_inside(poly: FloatArray, radius: float) -> bool:
    """Say whether all roots in the z-plane have a modulus below `radius`; exact up to degree 100."""
    core, _ = trimmed(poly)
    step = spacing(core)
    core = core[::step]
    if core.size < 2:
        return True
    scale = radius**step
    verdict = _schur_cohn(core / scale ** np.arange(core.size))
    if verdict is None and core.size <= _LARGEST_EXACT_DEGREE + 1:
        exact_scale = Fraction(radius) ** step
        fractions = [Fraction(float(c)) / exact_scale**k for k, c in enumerate(core)]
        return _schur_cohn_exact(fractions)
    if verdict is None:
        return bool(np.max(np.abs(np.roots(core))) < scale)
    return verdict


def _schur_cohn(poly: FloatArray) -> bool | None:
    """Step the polynomial down in floating point; None where rounding could change the answer."""
    eps = np.finfo(float).eps
    current, error = poly / np.max(np.abs(poly)), poly.size * eps
    while current.size > 1:
        if abs(current[0]) <= error:
            return None
        reflection = current[-1] / current[0]
        distance = abs(abs(reflection) - 1)
        if distance <= 1e3 * error / abs(current[0]):
            return None
        if abs(reflection) > 1:
            return False
        current = (current - reflection * current[::-1])[:-1]
        peak = np.max(np.abs(current))
        current, error = current / peak, 4 * error / min(peak, 1.0)
    return True


def _schur_cohn_exact(poly: list[Fraction]) -> bool:
    """Step the polynomial down in rational arithmetic."""
    while len(poly) > 1:
        reflection = poly[-1] / poly[0]
        if abs(reflection) >= 1:
            return False
        backwards = poly[::-1]
        poly = [a - reflection * b for a, b in zip(poly, backwards, strict=True)][:-1]
        poly = [a / poly[0] for a in poly]
    return True


def on_circle(poly: FloatArray, omega: FloatArray) -> ComplexArray:
    """Evaluate at ``L = exp(-i omega)``, `omega` in radians per sample."""
    lags = np.flatnonzero(poly)
    if lags.size * 4 > poly.size:
        # Horner: one multiplication a coefficient, and no power of z to round.
        return np.asarray(np.polyval(poly[::-1], np.exp(-1j * omega)), dtype=complex)
    value = np.zeros(omega.shape, complex)
    for lag in lags:
        value += poly[lag] * np.exp(-1j * omega * lag)
    return value


def frozen(values: Any) -> FloatArray:
    """Return a read-only float64 copy."""
    array = np.array(values, dtype=np.float64)
    array.setflags(write=False)
    return array


def autocovariance(b: FloatArray, a: FloatArray, n_lags: int) -> FloatArray:
    """Autocovariances of b(L)/a(L) e from the linear equations sum_i a_i gamma(k-i) = (b, psi)(k)."""
    p, q = a.size - 1, b.size - 1
    psi = np.zeros(q + 1)
    for k in range(q + 1):
        psi[k] = b[k] - sum(a[i] * psi[k - i] for i in range(1, min(k, p) + 1))
    right = np.zeros(max(p, n_lags) + 1)
    for k in range(min(q, right.size - 1) + 1):
        right[k] = b[k:] @ psi[: q + 1 - k]
    matrix = np.zeros((p + 1, p + 1))
    for k in range(p + 1):
        for i in range(p + 1):
            matrix[k, abs(k - i)] += a[i]
    gamma = np.zeros(right.size)
    gamma[: p + 1] = np.linalg.solve(matrix, right[: p + 1])
    for k in range(p + 1, gamma.size):
        gamma[k] = right[k] - a[1:] @ gamma[k - 1 : k - p - 1 : -1]
    return gamma[: n_lags + 1]


def wiener_taps(
    response: Callable[[FloatArray], ComplexArray], noise: float, n_taps: int | None
) -> tuple[FloatArray, int]:
    """Weights of conj(H) / (|H|^2 + noise) and the index of lag 0 among them.

    The inverse is sampled on ever finer frequency grids until its weights, wrapped around in time,
    have died out half-way round the circle: then the wrap-around is below rounding.
    """
    if n_taps is not None:
        check_count(n_taps, "n_taps", minimum=1)
    for log_size in range(8, 23):
        size = 2**log_size
        sampled = response(np.arange(size // 2 + 1) / size)
        power = np.abs(sampled) ** 2 + noise
        if np.min(power) <= 1e-28 * np.max(power):
            raise ValueError(
                "the kernel removes a frequency entirely, so no two-sided inverse exists."
                ' Try inverse(method="regularized", noise=...).'
            )
        weights = np.roll(np.fft.irfft(np.conj(sampled) / power, size), size // 2)
        peak = np.max(np.abs(weights))
        edge = np.concatenate([weights[: size // 16], weights[-size // 16 :]])
        if np.max(np.abs(edge)) <= 4e-16 * peak:
            break
    else:
        raise ValueError(
            "the inverse dies out too slowly for a finite kernel (a zero is very near the circle)."
            ' Try inverse(method="regularized", noise=...) with more noise.'
        )
    keep = np.flatnonzero(np.abs(weights) > 4e-16 * peak)
    first, last = int(keep[0]), int(keep[-1])
    if n_taps is not None:
        first = size // 2 - (n_taps - 1) // 2
        last = first + n_taps - 1
        if first < 0 or last >= size:
            raise ValueError(f"`n_taps` must be at most {size - 1} here; got {n_taps}.")
    return weights[first : last + 1], size // 2 - first
