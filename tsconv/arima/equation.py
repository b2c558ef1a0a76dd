r"""Terms that stand in the ARMA equation itself, as in models read in from statsmodels.

`fit_arima` puts trend and regressors beside the ARMA process, so that `const` is its mean. In
statsmodels, `SARIMAX` puts its trend, and `AutoReg` everything, into the equation:

.. math:: \phi(L)\, \Delta(L)\, (y_t - x_t \beta) = m_t + \theta(L)\, e_t .

Where :math:`m_t` is a polynomial in time, so is a level :math:`g_t` with
:math:`\phi(L) \Delta(L) g_t = m_t`; `level` finds it, and the model is the usual one for
:math:`y_t - g_t`. Otherwise `m_t` is subtracted where it stands and the first residuals, which
would need values from before the sample, are left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tsconv._checks import FloatArray


@dataclass(frozen=True, eq=False)
class EquationTerms:
    """The terms m[t] of the equation: powers of time, seasonal dummies, regressors, in this order.

    Attributes
    ----------
    names : tuple of str
        Their names.
    coefs : ndarray, shape (len(names),)
        Their coefficients.
    powers : tuple of int
        Powers of time; row t (from 0) has time ``t + offset``.
    offset : float
        Time of the first row.
    period : int
        Length of the season; 0 without one.
    seasons : tuple of int
        Positions in the season (0 is the first row) that have a dummy.
    n_exog : int
        Number of regressors; their columns are those of the sample.
    """

    names: tuple[str, ...]
    coefs: FloatArray
    powers: tuple[int, ...] = ()
    offset: float = 1.0
    period: int = 0
    seasons: tuple[int, ...] = ()
    n_exog: int = 0

    @property
    def is_polynomial(self) -> bool:
        """Whether only powers of time are there."""
        return not self.seasons and not self.n_exog

    def columns(self, n: int, exog: FloatArray, *, start: int = 0) -> FloatArray:
        """Columns for rows start, ..., start + n - 1; shape (n, len(names))."""
        rows = np.arange(start, start + n)
        time = rows + self.offset
        parts = [time[:, None] ** np.array(self.powers, dtype=float)[None, :]]
        if self.seasons:
            parts.append((rows % self.period)[:, None] == np.array(self.seasons)[None, :])
        if self.n_exog:
            parts.append(exog)
        return np.hstack([np.asarray(part, dtype=np.float64) for part in parts])

    def values(self, n: int, exog: FloatArray, *, start: int = 0) -> FloatArray:
        """Sum up m[t], the total of all terms, shape (n,)."""
        return self.columns(n, exog, start=start) @ self.coefs

    def level(self, ar_poly: FloatArray, difference_poly: FloatArray) -> FloatArray | None:
        """Coefficients of the polynomial g with ``phi(L) Delta(L) g = m``; None if there is none.

        With k the order of the zero of ``phi Delta`` at L = 1 the powers k, k + 1, ... are needed.
        ``a(L) t^j = sum_i C(j, i) (-1)^(j - i) s[j - i] t^i`` where ``s[r] = sum_l a[l] l^r``.
        """
        if not self.is_polynomial:
            return None
        if abs(ar_poly.sum()) < 1e-8 * np.abs(ar_poly).sum():
            return None
        degree = max(self.powers, default=-1)
        poly = np.convolve(ar_poly, difference_poly)
        lags = np.arange(poly.size, dtype=float)
        n_lost = _zero_order_at_one(difference_poly)
        moments = [float(poly @ lags**r) for r in range(n_lost + degree + 1)]
        for r in range(n_lost):
            moments[r] = 0.0
        target = np.zeros(degree + 1)
        target[list(self.powers)] = self.coefs
        level = np.zeros(n_lost + degree + 1)
        for i in range(degree, -1, -1):
            # The highest unknown of the equation for t^i is that of t^(i + n_lost).
            known = sum(
                level[j] * math.comb(j, i) * (-1) ** (j - i) * moments[j - i]
                for j in range(i + n_lost + 1, level.size)
            )
            j = i + n_lost
            lead = math.comb(j, i) * (-1) ** n_lost * moments[n_lost]
            level[j] = (target[i] - known) / lead
        return level

    def evaluate_level(self, level: FloatArray, n: int, *, start: int = 0) -> FloatArray:
        """Evaluate the polynomial g at rows start, ..., start + n - 1."""
        time = np.arange(start, start + n) + self.offset
        return np.asarray(np.polynomial.polynomial.polyval(time, level))


def _zero_order_at_one(difference_poly: FloatArray) -> int:
    """How often ``1 - L`` divides a product of differences (its coefficients are whole numbers)."""
    order, poly = 0, difference_poly
    while poly.size > 1 and poly.sum() == 0.0:
        poly = np.cumsum(poly)[:-1]
        order += 1
    return order


def seasons_of(names: Sequence[str]) -> tuple[int, tuple[int, ...]]:
    """Period and positions of statsmodels' dummies ``s(1,12)``, ``s(2,12)``, ..."""
    pairs = [name[2:-1].split(",") for name in names]
    return int(pairs[0][1]), tuple(int(pair[0]) - 1 for pair in pairs)
