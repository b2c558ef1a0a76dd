"""What an ARIMA model is made of: orders, lags, trend, regressors, and the names of its parameters.

The model of a series `y` with regression columns `X` (trend first, then exog) is::

    y[t] = X[t] @ beta + z[t]
    phi(L) Phi(L^s) (1 - L)^d (1 - L^s)^D z[t] = theta(L) Theta(L^s) e[t],    e ~ N(0, sigma2)

Every polynomial stays a sparse factor, a pair of lags and coefficients; nothing is multiplied out
unless `ar_poly` or `ma_poly` is asked for. Parameters are one flat vector in the order of
`ArimaSpec.names`, which is statsmodels': regression, ar, ma, seasonal ar, seasonal ma, sigma2.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from tsconv._checks import FloatArray, check_count

Lags = int | Sequence[int]

TREND_POWERS = {"n": (), "c": (0,), "t": (1,), "ct": (0, 1)}


class Factor(NamedTuple):
    """A lag polynomial `1 -/+ sum(coefs * L**lags)`; the sign is minus for AR and plus for MA."""

    lags: tuple[int, ...]
    coefs: FloatArray


@dataclass(frozen=True)
class ArimaSpec:
    """The specification of a seasonal ARIMA model with trend and regressors.

    Parameters
    ----------
    order : (p, d, q)
        `p` and `q` are counts, or lists of the lags that are in the model (`([1, 12], 0, 1)`).
    seasonal_order : (P, D, Q, s)
        Likewise in seasons: a list `[1, 3]` with s = 12 stands for lags 12 and 36.
    trend : {"n", "c", "t", "ct"} or sequence of 0/1, optional
        Powers of time as regression columns, so that `const` is the mean of the process;
        `[1, 0, 1]` is a constant and a quadratic term. Time runs 1, 2, ... By default "c" without
        differencing and "n" with it. Powers that differencing removes are refused.
    exog : sequence of str
        Names of the regression columns besides the trend.
    fixed : mapping from name to value, optional
        Parameters that are not estimated.

    Attributes
    ----------
    ar_lags, ma_lags, seasonal_ar_lags, seasonal_ma_lags : tuple of int
        Lags in samples (the seasonal ones are multiples of `period`).
    trend_powers : tuple of int
        Powers of time among the regression columns.
    names : tuple of str
        Parameter names, in the order of every parameter vector.

    Raises
    ------
    ValueError, TypeError
        If an order, lag, trend or name cannot be.

    Examples
    --------
    >>> airline = ArimaSpec((0, 1, 1), (0, 1, 1, 12))
    >>> airline.names
    ('ma.L1', 'ma.S.L12', 'sigma2')
    >>> airline.ma_poly([-0.4, -0.6, 1.0])[[0, 1, 12, 13]]
    array([ 1.  , -0.4 , -0.6 ,  0.24])
    """

    order: tuple[Lags, int, Lags] = (0, 0, 0)
    seasonal_order: tuple[Lags, int, Lags, int] = (0, 0, 0, 0)
    trend: str | Sequence[int] | None = None
    exog: Sequence[str] = ()
    fixed: Mapping[str, float] | Iterable[tuple[str, float]] | None = None

    ar_lags: tuple[int, ...] = field(init=False, repr=False, compare=False)
    ma_lags: tuple[int, ...] = field(init=False, repr=False, compare=False)
    seasonal_ar_lags: tuple[int, ...] = field(init=False, repr=False, compare=False)
    seasonal_ma_lags: tuple[int, ...] = field(init=False, repr=False, compare=False)
    d: int = field(init=False, repr=False, compare=False)
    seasonal_d: int = field(init=False, repr=False, compare=False)
    period: int = field(init=False, repr=False, compare=False)
    trend_powers: tuple[int, ...] = field(init=False, repr=False, compare=False)
    names: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        p, d, q = _triple(self.order, "order", 3)
        P, D, Q, s = _triple(self.seasonal_order, "seasonal_order", 4)
        ar, ma = _lags(p, "order[0]"), _lags(q, "order[2]")
        sar, sma = _lags(P, "seasonal_order[0]"), _lags(Q, "seasonal_order[2]")
        d = check_count(d, "order[1]")
        D = check_count(D, "seasonal_order[1]")
        s = check_count(s, "seasonal_order[3]")
        if (sar or sma or D) and s < 2:
            raise ValueError(
                "`seasonal_order[3]`, the period, must be at least 2 for a seasonal model;"
                f" got {s}."
            )
        powers = _trend_powers(self.trend, d + D)
        exog = tuple(str(name) for name in self.exog)
        put = object.__setattr__
        put(self, "order", (p if isinstance(p, int) else ar, d, q if isinstance(q, int) else ma))
        put(
            self,
            "seasonal_order",
            (P if isinstance(P, int) else sar, D, Q if isinstance(Q, int) else sma, s),
        )
        put(self, "exog", exog)
        put(self, "ar_lags", ar)
        put(self, "ma_lags", ma)
        put(self, "seasonal_ar_lags", tuple(s * lag for lag in sar))
        put(self, "seasonal_ma_lags", tuple(s * lag for lag in sma))
        put(self, "d", d)
        put(self, "seasonal_d", D)
        put(self, "period", s)
        put(self, "trend_powers", powers)
        put(self, "trend", self._trend_name(powers))
        put(self, "names", self._names())
        if len(set(self.names)) != len(self.names):
            twice = sorted({name for name in self.names if self.names.count(name) > 1})
            raise ValueError(
                f"names must differ; `exog` repeats {', '.join(twice)}. Rename the columns."
            )
        put(self, "fixed", self._check_fixed())

    # ------------------------------------------------------------------ sizes

    @property
    def n_params(self) -> int:
        """Length of a parameter vector, `sigma2` included."""
        return len(self.names)

    @property
    def n_regressors(self) -> int:
        """Number of regression columns, trend and exog."""
        return len(self.trend_powers) + len(self.exog)

    @property
    def n_arma(self) -> int:
        """Number of ARMA coefficients."""
        return self.n_params - self.n_regressors - 1

    @property
    def lags(self) -> tuple[int, ...]:
        """Lag of each ARMA coefficient in the order of the parameters."""
        return self.ar_lags + self.ma_lags + self.seasonal_ar_lags + self.seasonal_ma_lags

    @property
    def sizes(self) -> tuple[int, int, int, int]:
        """Number of coefficients in each factor: ar, ma, seasonal ar, seasonal ma."""
        return (
            len(self.ar_lags),
            len(self.ma_lags),
            len(self.seasonal_ar_lags),
            len(self.seasonal_ma_lags),
        )

    @property
    def n_lost(self) -> int:
        """Observations used up by differencing, `d + s * D`."""
        return self.d + self.period * self.seasonal_d

    @property
    def ar_degree(self) -> int:
        """Degree of the full AR polynomial."""
        return max(self.ar_lags, default=0) + max(self.seasonal_ar_lags, default=0)

    @property
    def ma_degree(self) -> int:
        """Degree of the full MA polynomial."""
        return max(self.ma_lags, default=0) + max(self.seasonal_ma_lags, default=0)

    # ------------------------------------------------------- parameters <-> polynomials

    def regression(self, params: ArrayLike) -> FloatArray:
        """Regression coefficients within `params`."""
        return self._check(params)[: self.n_regressors]

    def arma(self, params: ArrayLike) -> FloatArray:
        """ARMA coefficients within `params`: ar, ma, seasonal ar, seasonal ma."""
        return self._check(params)[self.n_regressors : -1]

    def ar_factors(self, params: ArrayLike) -> tuple[Factor, Factor]:
        """Regular and seasonal AR factor, `1 - sum(coefs * L**lags)` each."""
        ar, _, sar, _ = self._split(params)
        return Factor(self.ar_lags, ar), Factor(self.seasonal_ar_lags, sar)

    def ma_factors(self, params: ArrayLike) -> tuple[Factor, Factor]:
        """Regular and seasonal MA factor, `1 + sum(coefs * L**lags)` each."""
        _, ma, _, sma = self._split(params)
        return Factor(self.ma_lags, ma), Factor(self.seasonal_ma_lags, sma)

    def ar_poly(self, params: ArrayLike) -> FloatArray:
        """Full AR polynomial `[1, -ar...]`, factors multiplied out."""
        regular, seasonal = self.ar_factors(params)
        return np.convolve(dense(regular, -1.0), dense(seasonal, -1.0))

    def ma_poly(self, params: ArrayLike) -> FloatArray:
        """Full MA polynomial `[1, ma...]`, factors multiplied out."""
        regular, seasonal = self.ma_factors(params)
        return np.convolve(dense(regular, 1.0), dense(seasonal, 1.0))

    def difference_poly(self) -> FloatArray:
        """`(1 - L)^d (1 - L^s)^D` multiplied out; its coefficients are whole numbers."""
        poly = np.ones(1)
        for _ in range(self.d):
            poly = np.convolve(poly, [1.0, -1.0])
        for _ in range(self.seasonal_d):
            poly = np.convolve(poly, np.r_[1.0, np.zeros(self.period - 1), -1.0])
        return poly

    def trend_columns(self, n: int, *, start: int = 0) -> FloatArray:
        """Powers of time for positions start + 1, ..., start + n; shape (n, number of powers)."""
        columns = np.ones((n, len(self.trend_powers)))
        if any(self.trend_powers):
            time = np.arange(start + 1.0, start + n + 1.0)
            for k, power in enumerate(self.trend_powers):
                columns[:, k] = time**power
        return columns

    # ---------------------------------------------------------------- helpers

    def _split(self, params: ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        coefs = self.arma(params)
        p, q, P, _ = self.sizes
        return coefs[:p], coefs[p : p + q], coefs[p + q : p + q + P], coefs[p + q + P :]

    def _check(self, params: ArrayLike) -> FloatArray:
        vector = np.asarray(params, dtype=np.float64)
        if vector.shape != (self.n_params,):
            raise ValueError(
                f"`params` must have one value for each of {', '.join(self.names)};"
                f" got shape {vector.shape}."
            )
        return vector

    def _names(self) -> tuple[str, ...]:
        trend = [{0: "const", 1: "drift"}.get(k, f"trend.{k}") for k in self.trend_powers]
        coefs = [
            f"{kind}.L{lag}"
            for kind, lags in (
                ("ar", self.ar_lags),
                ("ma", self.ma_lags),
                ("ar.S", self.seasonal_ar_lags),
                ("ma.S", self.seasonal_ma_lags),
            )
            for lag in lags
        ]
        return (*trend, *self.exog, *coefs, "sigma2")

    def _trend_name(self, powers: tuple[int, ...]) -> str | tuple[int, ...]:
        for name, known in TREND_POWERS.items():
            if powers == known:
                return name
        return tuple(int(k in powers) for k in range(max(powers) + 1))

    def _check_fixed(self) -> tuple[tuple[str, float], ...]:
        given = self.fixed or ()
        pairs = given.items() if isinstance(given, Mapping) else given
        fixed = {str(name): float(value) for name, value in pairs}
        for name, value in fixed.items():
            if name not in self.names:
                raise ValueError(
                    f"`fixed` must name parameters of the model ({', '.join(self.names)});"
                    f" got {name!r}."
                )
            if not np.isfinite(value) or (name == "sigma2" and value <= 0):
                raise ValueError(f"the fixed value of {name} cannot be {value}.")
        return tuple((name, fixed[name]) for name in self.names if name in fixed)


def dense(factor: Factor, sign: float) -> FloatArray:
    """Coefficients of `1 + sign * sum(coefs * L**lags)` from lag 0 to the largest lag."""
    poly = np.zeros(max(factor.lags, default=0) + 1)
    poly[0] = 1.0
    poly[list(factor.lags)] = sign * factor.coefs
    return poly


def _triple(order: Any, name: str, length: int) -> tuple[Any, ...]:
    """Return the entries of an order, whole numbers as int."""
    if isinstance(order, str) or not isinstance(order, Sequence) or len(order) != length:
        form = "(p, d, q)" if length == 3 else "(P, D, Q, s)"
        raise ValueError(f"`{name}` must be {form}; got {order!r}.")
    return tuple(
        k if isinstance(k, (Sequence, np.ndarray)) else check_count(k, name) for k in order
    )


def _lags(value: Any, name: str) -> tuple[int, ...]:
    """Lags of a count or of a list of lags, ascending."""
    if isinstance(value, (Sequence, np.ndarray)):
        lags = sorted(check_count(lag, name, minimum=1) for lag in value)
        if len(set(lags)) != len(lags):
            raise ValueError(f"`{name}` must list each lag once; got {value!r}.")
        return tuple(lags)
    return tuple(range(1, check_count(value, name) + 1))


def _trend_powers(trend: str | Sequence[int] | None, n_differences: int) -> tuple[int, ...]:
    if trend is None:
        trend = "n" if n_differences else "c"
    if isinstance(trend, str):
        if trend not in TREND_POWERS:
            raise ValueError(
                f'`trend` must be "n", "c", "t", "ct" or a list of 0 and 1; got {trend!r}.'
            )
        powers = TREND_POWERS[trend]
    else:
        flags = [operator.index(flag) for flag in trend]
        if any(flag not in (0, 1) for flag in flags):
            raise ValueError(f"`trend` as a list must hold 0 and 1 only; got {trend!r}.")
        powers = tuple(k for k, flag in enumerate(flags) if flag)
    removed = [k for k in powers if k < n_differences]
    if removed:
        raise ValueError(
            f"`trend` must not hold powers of time that differencing removes; got"
            f" {', '.join(f't**{k}' for k in removed)} with d + D = {n_differences}."
            f" Use t**{n_differences} (a drift when d + D = 1), or difference less."
        )
    return powers
