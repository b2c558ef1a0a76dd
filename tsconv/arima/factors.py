"""A model's factors applied to plain arrays from rest: all before the first row counts as zero."""

from __future__ import annotations

import numpy as np

from tsconv._checks import FloatArray
from tsconv.arima.spec import ArimaSpec, Factor
from tsconv.engines import recursive_filter


def difference(x: FloatArray, spec: ArimaSpec) -> FloatArray:
    """Apply ``(1 - L)^d (1 - L^s)^D`` from rest, one difference at a time."""
    for lag in [1] * spec.d + [spec.period] * spec.seasonal_d:
        y = x.copy()
        y[lag:] -= x[: max(x.size - lag, 0)]
        x = y
    return x


def apply_ar(x: FloatArray, spec: ArimaSpec, params: FloatArray) -> FloatArray:
    """Apply ``phi(L) Phi(L^s)`` from rest, factor by factor."""
    for factor in spec.ar_factors(params):
        x = apply_factor(x, factor, -1.0)
    return x


def undo_ma(x: FloatArray, spec: ArimaSpec, params: FloatArray) -> FloatArray:
    """Apply ``1 / (theta(L) Theta(L^s))`` from rest, factor by factor."""
    for factor in spec.ma_factors(params):
        x = recursive_filter(x, factor.lags, factor.coefs)
    return x


def apply_factor(x: FloatArray, factor: Factor, sign: float) -> FloatArray:
    """Apply ``1 + sign * sum(coefs * L**lags)`` from rest."""
    y = x.copy()
    for lag, coef in zip(factor.lags, factor.coefs, strict=True):
        y[lag:] += sign * coef * x[: max(x.size - lag, 0)]
    return y


class Whitening:
    """Whitening of arrays from rest, differences first; the first `lost` rows give no error."""

    def __init__(self, spec: ArimaSpec, params: FloatArray) -> None:
        self._spec, self._params = spec, params

    def __call__(self, x: FloatArray, lost: int) -> FloatArray:
        """Errors of the series `x`, shape (n,)."""
        errors = np.zeros(x.size)
        w = difference(x, self._spec)[lost:]
        errors[lost:] = undo_ma(apply_ar(w, self._spec, self._params), self._spec, self._params)
        return errors

    def unit_response(self, n: int) -> FloatArray:
        """First n weights of the whitening kernel."""
        unit = np.zeros(n)
        unit[:1] = 1.0
        return self(unit, 0)

    def response(self, n: int) -> FloatArray:
        """First n weights of ``1 / theta``."""
        unit = np.zeros(n)
        unit[:1] = 1.0
        return undo_ma(unit, self._spec, self._params)
