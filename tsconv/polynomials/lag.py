r"""Polynomials in the lag operator, on plain arrays: ``p[k]`` is the coefficient of :math:`L^k`.

Two facts are used throughout.

* With :math:`L = z^{-1}` the roots in the z-plane of ``p`` are those of
  :math:`p_0 z^n + \dots + p_n`; roots at ``z = 0`` (trailing zeros) are pure delays and left out.
* A seasonal polynomial such as :math:`1 - \Phi L^{12}` is a polynomial in :math:`L^{12}`. Its roots
  are the twelfth roots of those of the reduced polynomial, exact where a general root finder,
  faced with degree 12, is not.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tsconv._checks import FloatArray

ComplexArray = NDArray[np.complex128]


def frozen(values: Any) -> FloatArray:
    """Return a read-only float64 copy."""
    array = np.array(values, dtype=np.float64)
    array.setflags(write=False)
    return array


def trimmed(poly: FloatArray) -> tuple[FloatArray, int]:
    """Return `poly` without leading and trailing zeros, and the number of leading ones."""
    nonzero = np.flatnonzero(poly)
    if nonzero.size == 0:
        return poly[:1], 0
    return poly[nonzero[0] : nonzero[-1] + 1], int(nonzero[0])


def product(polys: Sequence[FloatArray]) -> FloatArray:
    """Expand a product of polynomials; the same to the last bit in whatever order they come."""
    cores = sorted((trimmed(p)[0] for p in polys), key=lambda core: (core.size, core.tobytes()))
    core = functools.reduce(np.convolve, cores, np.ones(1))
    lead = sum(trimmed(p)[1] for p in polys)
    expanded = np.zeros(sum(p.size - 1 for p in polys) + 1)
    expanded[lead : lead + core.size] = core
    return expanded


def times(x: FloatArray, poly: FloatArray) -> FloatArray:
    """Multiply and cut to the length of `x`; time O(n times the non-zeros of the sparser)."""
    n = x.size
    few, other = poly[:n], x
    if np.count_nonzero(x) < np.count_nonzero(few):
        few, other = x, poly
    cut = np.zeros(n)
    for lag in np.flatnonzero(few):
        stop = min(n, int(lag) + other.size)
        cut[lag:stop] += few[lag] * other[: stop - lag]
    return cut


def proportional(p: FloatArray, q: FloatArray) -> bool:
    """Say whether two trimmed polynomials agree up to a factor, each coefficient to rounding."""
    if p.size != q.size:
        return False
    with np.errstate(over="ignore", invalid="ignore"):
        a, b = p / p[0], q / q[0]
    return bool(np.all(np.abs(a - b) <= 4 * np.finfo(float).eps * np.abs(b)))


def spacing(poly: FloatArray) -> int:
    """Return the largest s such that `poly` is a polynomial in L**s."""
    return max(int(np.gcd.reduce(np.flatnonzero(poly), initial=0)), 1)


def reduced(poly: FloatArray) -> tuple[FloatArray, int]:
    """Return the trimmed polynomial in L**s, as short as possible, and s."""
    core, _ = trimmed(poly)
    step = spacing(core)
    return core[::step], step


def z_roots(poly: FloatArray) -> ComplexArray:
    """Roots in the z-plane, without those at zero."""
    core, step = reduced(poly)
    if core.size < 2:
        return np.empty(0, complex)
    powers = np.roots(core).astype(complex)
    turns = np.exp(2j * np.pi * np.arange(step) / step)
    principal = np.abs(powers) ** (1 / step) * np.exp(1j * np.angle(powers) / step)
    return np.asarray(np.ravel(principal[:, None] * turns))


def on_circle(poly: FloatArray, omega: FloatArray) -> ComplexArray:
    """Evaluate at ``L = exp(-i omega)``, `omega` in radians per sample."""
    lags = np.flatnonzero(poly)
    if lags.size * 4 > poly.size:
        # Horner: one multiplication a coefficient, and no power of z to round.
        return np.asarray(np.polyval(poly[::-1], np.exp(-1j * omega)), dtype=complex)
    value = np.zeros(omega.shape, complex)
    for lag in lags.tolist():
        value += poly[lag] * turn(omega, lag)
    return value


def turn(omega: FloatArray, lag: int) -> ComplexArray:
    """Evaluate ``exp(-i omega lag)`` to a few eps, however long the lag.

    The product of `omega` and the lag is rounded; what that loses, an angle of ``eps omega lag``,
    is recovered by Dekker's product (exact for lags below 2**26) and put back to first order.
    """
    shifted = 134217729.0 * omega  # 2**27 + 1 splits 53 bits in two halves
    high = shifted - (shifted - omega)
    angle = omega * lag
    lost = (high * lag - angle) + (omega - high) * lag
    return np.asarray(np.exp(-1j * angle) * (1 - 1j * lost))


def delay(poly: FloatArray, omega: FloatArray) -> FloatArray:
    r"""Group delay in samples, :math:`\Re \sum k p_k e^{-ik\omega} / \sum p_k e^{-ik\omega}`."""
    core, lead = trimmed(poly)
    if np.array_equal(core, core[::-1]) or np.array_equal(core, -core[::-1]):
        # Linear phase: no quotient, so nothing to lose where the response is zero.
        return np.full(omega.shape, lead + (core.size - 1) / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = on_circle(core * np.arange(core.size), omega) / on_circle(core, omega)
    return np.asarray(lead + ratio.real)
