"""The evidence that a fit ended at the maximum, and roots that AR and MA part may share.

Where a root of the AR part equals one of the MA part, both cancel: the likelihood is that of a
smaller model, whatever the value of the common root, and a climb may come to rest there although
the maximum is elsewhere. `shared_root` finds such a pair and `apart` the points from which the
climb goes on, with the common root taken out and put back as two different ones.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from tsconv._checks import FloatArray
from tsconv.arima.spec import ArimaSpec, Factor, dense

# Within this of the unit circle the likelihood may have a limit in place of a maximum.
NEAR_UNIT_ROOT = 1e-2
# Roots are shared below this pseudo-hyperbolic distance |a - b| / |1 - conj(a) b|, or this far
# apart beside the unit circle, where that distance grows.
_SHARED, _SHARED_ON_CIRCLE = 0.1, 1e-2
# Where AR and MA root of a pair are put instead; relative to it, conjugates with opposite signs.
_APART = ((0.0, 0.0), (0.6, 0.0), (-0.6, 0.0))


class Factors(NamedTuple):
    """The factors of a fit, each in the sign of its coefficients."""

    ar: Factor
    seasonal_ar: Factor
    ma: Factor
    seasonal_ma: Factor


@dataclass(frozen=True, eq=False)
class Certificate:
    """Evidence that a fit ended at the maximum.

    Attributes
    ----------
    gradient_norm : float
        Euclidean norm of the score with respect to the ARMA coefficients that were estimated.
    expected_gain : float
        What one more step promises in log-likelihood: the score measured by the curvature.
    n_starts, n_agreed : int
        Climbs that were run, and how many of them reached the best log-likelihood to 1e-4. Climbs
        that fell behind were stopped, so that not every other one is another maximum.
    runner_up : float
        Log-likelihood of the best climb that did not agree; minus infinity if there is none.
    smallest_eigenvalue : float
        Of the scoring information of those coefficients, scaled to unit diagonal: 1 for unrelated
        coefficients, close to 0 where factors nearly cancel. NaN without coefficients.
    ar_distance, ma_distance : float
        One minus the largest modulus of an inverse root: 0 on the unit circle, 1 without roots.
    """

    gradient_norm: float
    expected_gain: float
    n_starts: int
    n_agreed: int
    runner_up: float
    _factors: Factors = field(repr=False)
    _information: FloatArray = field(repr=False)

    @property
    def smallest_eigenvalue(self) -> float:
        """Smallest eigenvalue of the scaled scoring information."""
        size = np.sqrt(self._information.diagonal())
        if not size.size or not size.all():
            return math.nan if not size.size else 0.0
        return float(np.linalg.eigvalsh(self._information / np.outer(size, size))[0])

    @property
    def ar_distance(self) -> float:
        """Distance of the AR roots to the unit circle."""
        return unit_distance(self._factors)[0]

    @property
    def ma_distance(self) -> float:
        """Distance of the MA roots to the unit circle."""
        return unit_distance(self._factors)[1]

    @property
    def at_unit_root(self) -> bool:
        """Whether an AR or MA root is on the unit circle to 1e-4."""
        return min(self.ar_distance, self.ma_distance) < 1e-4


def split(spec: ArimaSpec, arma: FloatArray) -> Factors:
    """Give each factor its coefficients."""
    p, q, P, _ = spec.sizes
    return Factors(
        Factor(spec.ar_lags, arma[:p]),
        Factor(spec.seasonal_ar_lags, arma[p + q : p + q + P]),
        Factor(spec.ma_lags, arma[p : p + q]),
        Factor(spec.seasonal_ma_lags, arma[p + q + P :]),
    )


def unit_distance(factors: Factors) -> tuple[float, float]:
    """Distances of the AR and of the MA roots to the unit circle."""
    ar, seasonal_ar, ma, seasonal_ma = factors
    return (
        min(_distance(ar, -1.0), _distance(seasonal_ar, -1.0)),
        min(_distance(ma, 1.0), _distance(seasonal_ma, 1.0)),
    )


class SharedRoot(NamedTuple):
    """An AR root and the MA root next to it, in powers of the lags of their own factors."""

    ar: complex
    ma: complex
    seasonal_ar: bool
    seasonal_ma: bool


def shared_root(spec: ArimaSpec, arma: FloatArray) -> SharedRoot | None:
    """Find the AR and MA root that are closest to each other, None if all are well apart."""
    factors, season = split(spec, arma), max(spec.period, 1)
    closest, best = _SHARED, None
    for seasonal_ar, ar in enumerate(factors[:2]):
        for seasonal_ma, ma in enumerate(factors[2:]):
            for a in _roots(ar, -1.0, season if seasonal_ar else 1):
                for b in _roots(ma, 1.0, season if seasonal_ma else 1):
                    # roots of a regular factor beside a seasonal one: in powers of the season
                    one = a**season if seasonal_ma > seasonal_ar else a
                    two = b**season if seasonal_ar > seasonal_ma else b
                    gap = abs(one - two)
                    apart = gap / max(abs(1 - one.conjugate() * two), 1e-300)
                    if max(1 - abs(one), 1 - abs(two)) < NEAR_UNIT_ROOT:
                        apart = min(apart, gap * _SHARED / _SHARED_ON_CIRCLE)
                    if apart < closest:
                        closest = apart
                        best = SharedRoot(a, b, bool(seasonal_ar), bool(seasonal_ma))
    return best


def apart(spec: ArimaSpec, arma: FloatArray, shared: SharedRoot) -> Iterator[FloatArray]:
    """Yield coefficients with the shared root replaced by two different ones."""
    factors, season = split(spec, arma), max(spec.period, 1)
    ar, ma = factors[shared.seasonal_ar], factors[2 + shared.seasonal_ma]
    same_kind = shared.seasonal_ar == shared.seasonal_ma
    for new_ar, new_ma in _APART:
        parts = list(factors)
        unit = season if shared.seasonal_ar else 1
        parts[shared.seasonal_ar] = _with_root(ar, -1.0, unit, shared.ar, new_ar)
        if same_kind:
            parts[2 + shared.seasonal_ma] = _with_root(ma, 1.0, unit, shared.ma, new_ma)
        # in the order of the parameters: ar, ma, seasonal ar, seasonal ma
        yield np.concatenate([parts[k].coefs for k in (0, 2, 1, 3)])


def _with_root(factor: Factor, sign: float, unit: int, old: complex, new: float) -> Factor:
    """Move one root of a factor (with its conjugate); coefficients at other lags are dropped."""
    roots = list(_roots(factor, sign, unit))
    roots.remove(old)
    if old.imag and old.conjugate() in roots:
        roots.remove(old.conjugate())
        roots.append(complex(-new))
    poly = np.poly([*roots, new]).real
    poly = np.r_[poly, np.zeros(factor.lags[-1] // unit + 1 - poly.size)]
    return Factor(factor.lags, np.array([sign * poly[lag // unit] for lag in factor.lags]))


def _roots(factor: Factor, sign: float, unit: int) -> tuple[complex, ...]:
    """Inverse roots of a factor in units of its season, without those at 0."""
    if not factor.lags or not factor.coefs.any():
        return ()
    lags = tuple(lag // unit for lag in factor.lags)
    roots = np.roots(dense(Factor(lags, factor.coefs), sign)).astype(complex)
    return tuple(complex(root) for root in roots)


def _distance(factor: Factor, sign: float) -> float:
    """One minus the largest inverse root of a factor, in units of its own lags."""
    if not factor.lags or not factor.coefs.any():
        return 1.0
    unit = math.gcd(*factor.lags)
    poly = dense(Factor(tuple(lag // unit for lag in factor.lags), factor.coefs), sign)
    return float(1.0 - np.abs(np.roots(poly)).max())
