r"""Finite kernels that undo a ratio of lag polynomials :math:`H = B / A`, looking ahead as well.

The two-sided inverse splits :math:`B` at the unit circle: what lies inside is divided out forwards
in time, what lies outside backwards. The Wiener inverse
:math:`\bar H / (|H|^2 + \nu) = \bar B A / (|B|^2 + \nu |A|^2)` is sampled on ever finer frequency
grids until its weights, wrapped around in time, have died out half-way round the circle: then the
wrap-around is below rounding.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tsconv._checks import FloatArray, check_count
from tsconv.polynomials.lag import ComplexArray, reduced, trimmed
from tsconv.polynomials.ratio import filtered
from tsconv.polynomials.stability import all_inside, decay_length

# Weights below this share of the largest are below rounding; above the other they never are.
_NEGLIGIBLE, _VISIBLE = 4e-16, 1e-13

_LONGEST = 2**22

_REMEDY = 'Try inverse(method="regularized", noise=...)'


def two_sided_taps(
    nums: Sequence[FloatArray], dens: Sequence[FloatArray], n_taps: int | None, tolerance: float
) -> tuple[FloatArray, int]:
    """Weights of A / B and the index of lag 0 among them; no root within `tolerance` of the circle.

    All that matter; with `n_taps` the stretch of that length with the largest energy.
    """
    inside: list[FloatArray] = []
    outside: list[FloatArray] = []
    scale, lag = 1.0, 0
    for num in nums:
        core, lead = trimmed(num)
        within, beyond = _split(core / core[0], tolerance)
        # With beyond of degree m, 1 / beyond(L) = L^-m / reversed(L^-1), which runs backwards.
        inside.append(within)
        outside.append(beyond[::-1] / beyond[-1])
        scale /= float(core[0] * beyond[-1])
        lag -= lead + beyond.size - 1
    ahead = decay_length(outside, 1e-18)
    behind = decay_length(inside, 1e-18) + sum(den.size - 1 for den in dens)
    if ahead + behind >= _LONGEST:
        raise ValueError(
            f"an inverse of {ahead + behind:,} taps is too long: a zero is very near the unit"
            f" circle. {_REMEDY}."
        )
    one = np.ones(1)
    weights = np.zeros(ahead + behind + 1)
    weights[ahead] = scale
    weights = filtered([(den, one) for den in dens] + [(one, poly) for poly in inside], weights)
    weights = filtered([(one, poly) for poly in outside], weights[::-1])[::-1]
    return _cropped(weights, ahead - lag, n_taps)


def wiener_taps(
    nums: Sequence[FloatArray], dens: Sequence[FloatArray], noise: float, n_taps: int | None
) -> tuple[FloatArray, int]:
    """Weights of the Wiener inverse and the index of lag 0 among them, as `two_sided_taps`."""
    degree = sum(poly.size for poly in (*nums, *dens))
    size = 2 ** math.ceil(math.log2(max(256, 8 * degree)))
    weights, rounding = _wrapped(nums, dens, noise, size)
    # What is below rounding a quarter of the circle away is nothing at all half-way round.
    while np.max(np.abs(weights[size // 4 : -size // 4])) > rounding:
        size *= 2
        if size > _LONGEST:
            raise ValueError(
                "the inverse must die out within a million samples, in double precision; this one"
                f" does not. {_REMEDY} with more noise."
            )
        weights, rounding = _wrapped(nums, dens, noise, size)
    near = np.concatenate([weights[-size // 4 :], weights[: size // 4]])
    return _cropped(near, size // 4, n_taps)


def _split(poly: FloatArray, tolerance: float) -> tuple[FloatArray, FloatArray]:
    """Factor into roots inside and outside the unit circle; one is 1 if all are on one side."""
    one = np.ones(1)
    if all_inside(poly, 1 - tolerance):
        return poly, one
    if all_inside(poly[::-1], 1 - tolerance):
        return one, poly
    core, step = reduced(poly)
    roots = np.roots(core)
    moduli = np.abs(roots) ** (1 / step)
    if np.any(np.abs(moduli - 1) <= tolerance):
        raise ValueError(
            "a kernel that removes a frequency has no two-sided inverse;"
            f" this one has a zero on the unit circle. {_REMEDY}."
        )
    within, beyond = (np.real(np.poly(roots[chosen])) for chosen in (moduli < 1, moduli > 1))
    within, beyond = _refined(core, within, beyond)
    return _spread(within, step), _spread(beyond, step)


def _refined(
    poly: FloatArray, within: FloatArray, beyond: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Two Newton steps on poly = within * beyond: multiplying roots out has lost some digits."""
    p, q = within.size - 1, beyond.size - 1
    for _ in range(2):
        matrix = np.zeros((p + q + 1, p + q + 1))
        for k in range(p):
            matrix[k + 1 : k + q + 2, k] = beyond
        for k in range(q + 1):
            matrix[k : k + p + 1, p + k] = within
        step = np.linalg.solve(matrix, poly - np.convolve(within, beyond))
        within, beyond = within + np.concatenate([[0.0], step[:p]]), beyond + step[p:]
    return within, beyond


def _spread(poly: FloatArray, step: int) -> FloatArray:
    """Turn a polynomial in L into one in L**step."""
    spread = np.zeros(step * (poly.size - 1) + 1)
    spread[::step] = poly
    return spread


def _cropped(weights: FloatArray, origin: int, n_taps: int | None) -> tuple[FloatArray, int]:
    """Keep the weights that matter, or the best `n_taps`; move the origin along."""
    keep = np.flatnonzero(np.abs(weights) > _NEGLIGIBLE * np.max(np.abs(weights)))
    first, stop = int(keep[0]), int(keep[-1]) + 1
    weights, origin = weights[first:stop], origin - first
    if n_taps is None:
        return weights, origin
    wanted = check_count(n_taps, "n_taps", minimum=1)
    surplus = weights.size - wanted
    if surplus <= 0:
        left = -surplus // 2
        return np.pad(weights, (left, -surplus - left)), origin + left
    energy = np.concatenate([[0.0], np.cumsum(weights**2)])
    first = int(np.argmax(energy[wanted:] - energy[:-wanted]))
    return weights[first : first + wanted], origin - first


def _wrapped(
    nums: Sequence[FloatArray], dens: Sequence[FloatArray], noise: float, size: int
) -> tuple[FloatArray, float]:
    """Weights of the inverse at the lags 0, 1, ... -1, wrapped around at `size`; their rounding."""
    top, bottom = _response(nums, size), _response(dens, size)
    gain = np.abs(top)
    power = gain**2 + noise * np.abs(bottom) ** 2
    weights = np.fft.irfft(np.conj(top) * bottom / power, size)
    # An error of eps * max(gain) in `top` at each frequency, seen in time as white noise.
    sensitivity = np.sqrt(2 * np.sum((np.abs(bottom) / power) ** 2)) / size
    rounding = np.finfo(float).eps * np.max(gain) * sensitivity
    peak = np.max(np.abs(weights))
    return weights, float(np.clip(2 * rounding, _NEGLIGIBLE * peak, _VISIBLE * peak))


def _response(polys: Sequence[FloatArray], size: int) -> ComplexArray:
    """Product of the polynomials at the frequencies 0, 1/size, ... 1/2."""
    response = np.ones(size // 2 + 1, complex)
    for poly in polys:
        response = response * np.fft.rfft(poly, size)
    return response
