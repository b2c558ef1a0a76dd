r"""Ratios of lag polynomials kept factored: the arithmetic behind `Kernel`.

A `Ratio` is :math:`c\, L^{-o} \prod_i B_i(L) / A_i(L)`. Every denominator starts with 1 and ends
with a non-zero coefficient; numerators are as given. Products stay factored, so seasonal
polynomials stay sparse and second-order sections keep their digits. Sums cannot: their numerator is
multiplied out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from tsconv._checks import FloatArray
from tsconv.engines import recursive_filter
from tsconv.polynomials.lag import frozen, product, proportional, times, trimmed, z_roots

Factor = tuple[FloatArray, FloatArray]
"""A numerator and a denominator."""

_ONE = frozen([1.0])


class Ratio(NamedTuple):
    """A product of factors, times a number, times a negative power of the lag operator."""

    factors: tuple[Factor, ...] = ((_ONE, _ONE),)
    scale: float = 1.0
    origin: int = 0

    @property
    def numerators(self) -> list[FloatArray]:
        """The numerators of all factors."""
        return [num for num, _ in self.factors]

    @property
    def denominators(self) -> list[FloatArray]:
        """The denominators that are not 1."""
        return [den for _, den in self.factors if den.size > 1]


ZERO = Ratio(((frozen([0.0]), _ONE),))


def ratio(factors: Iterable[Factor], scale: float = 1.0, origin: int = 0) -> Ratio:
    """Make a Ratio of read-only factors, leaving out those that are 1 (but one)."""
    kept = [
        (frozen(num), frozen(den))
        for num, den in factors
        if num.size > 1 or den.size > 1 or num[0] != 1.0
    ]
    if not math.isfinite(scale) or not all(np.all(np.isfinite(p)) for pair in kept for p in pair):
        raise ValueError(
            "the coefficients of a kernel must be finite; here they overflow."
            " Is a leading coefficient nearly zero?"
        )
    return Ratio(tuple(kept) or Ratio().factors, float(scale), int(origin))


def is_zero(r: Ratio) -> bool:
    """Say whether nothing comes out, whatever goes in."""
    return r.scale == 0.0 or not all(np.any(num) for num in r.numerators)


def composed(left: Ratio, right: Ratio) -> Ratio:
    """Multiply, cancelling numerators against equal denominators."""
    if is_zero(left) or is_zero(right):
        return ZERO
    factors = [*left.factors, *right.factors]
    dens = [den for _, den in factors]
    cores, leads = zip(*(trimmed(num) for num, _ in factors), strict=True)
    nums = list(cores)
    scale, origin = left.scale * right.scale, left.origin + right.origin - sum(leads)
    for i, den in enumerate(dens):
        if den.size == 1:
            continue
        twin = next((j for j, num in enumerate(nums) if proportional(num, den)), None)
        if twin is not None:
            scale *= float(nums[twin][0])
            nums[twin] = dens[i] = _ONE
    for j, num in enumerate(nums):
        if num.size == 1:
            scale, nums[j] = scale * float(num[0]), _ONE
    if abs(scale - 1.0) <= (len(factors) + 1) * np.finfo(float).eps:
        scale = 1.0  # each factor has rounded it at most twice
    return ratio(zip(nums, dens, strict=True), scale, origin)


def added(left: Ratio, right: Ratio) -> Ratio:
    """Add over the least common denominator."""
    if is_zero(left) or is_zero(right):
        return left if is_zero(right) else right
    missing_left = _unmatched(right.denominators, left.denominators)
    missing_right = _unmatched(left.denominators, right.denominators)
    terms = [
        (left.scale * product([*left.numerators, *missing_left]), left.origin),
        (right.scale * product([*right.numerators, *missing_right]), right.origin),
    ]
    origin = max(left.origin, right.origin)
    total = np.zeros(max(num.size + origin - place for num, place in terms))
    for num, place in terms:
        total[origin - place : origin - place + num.size] += num
    common = [(_ONE, den) for den in [*left.denominators, *missing_left]]
    if not common:
        return ratio([(total, _ONE)], 1.0, origin)
    return composed(ratio([(total, _ONE)], 1.0, origin), ratio(common))


def inverted(r: Ratio) -> Ratio:
    """Swap numerators and denominators, last factor first."""
    factors: list[Factor] = []
    scale, origin = 1.0 / r.scale, -r.origin
    for num, den in reversed(r.factors):
        core, lead = trimmed(num)
        scale, origin = scale / float(core[0]), origin + lead
        with np.errstate(over="ignore"):
            factors.append((den, core / core[0]))
    return ratio(factors, scale, origin)


def filtered(factors: Sequence[Factor], x: FloatArray) -> FloatArray:
    """Apply one factor after the other, from rest, shape (n,)."""
    y = x
    for num, den in factors:
        y = times(y, num)
        lags = np.flatnonzero(den[1:]) + 1
        if lags.size:
            y = np.asarray(recursive_filter(np.ascontiguousarray(y), lags, den[lags]))
    return y


def sections(factors: Sequence[Factor], delay: int) -> FloatArray:
    """Second-order sections as in scipy.signal, shape (n_sections, 6).

    Factors of degree two or less are handed over as they are; longer ones are split at their roots.
    """
    rows: list[FloatArray] = []
    for num, den in factors:
        if num.size <= 3 and den.size <= 3:
            row = np.zeros(6)
            row[: num.size], row[3 : 3 + den.size] = num, den
            rows.append(row)
        else:
            from scipy.signal import zpk2sos

            core, lead = trimmed(num)
            delay += lead
            zeros: Any = z_roots(core)
            poles: Any = z_roots(den)
            rows.extend(zpk2sos(zeros, poles, float(core[0])))
    while delay > 0:
        step = min(delay, 2)
        rows.append(np.array([0.0, step == 1, step == 2, 1.0, 0.0, 0.0]))
        delay -= step
    return np.array(rows)


def _unmatched(polys: Sequence[FloatArray], others: Sequence[FloatArray]) -> list[FloatArray]:
    """Return `polys` without those that also stand among `others`, each counted once."""
    rest, open_others = [], list(others)
    for poly in polys:
        twin = next((k for k, o in enumerate(open_others) if np.array_equal(o, poly)), None)
        if twin is None:
            rest.append(poly)
        else:
            open_others.pop(twin)
    return rest
