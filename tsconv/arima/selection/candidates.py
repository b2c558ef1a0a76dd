"""Models on trial: what a candidate is, how one is fitted and judged, and the record of it.

`Trials` fits each candidate once, starting from the best neighbour known, and keeps a row for each.
A trial is rough: its log-likelihood is good to some 1e-5, and what moves towards a unit root, where
it will be rejected, is not followed all the way. One that did not come to its end but may be the
best is fitted in full; so is what is chosen in the end, from many starts.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from tsconv._checks import FloatArray
from tsconv.arima.columns import Columns, prepare
from tsconv.arima.estimate import ArrayFit, fit_arrays
from tsconv.arima.spec import ArimaSpec

MIN_ROOT = 1.01
"""Models with a root of the AR or MA part below this modulus are rejected."""

FEW_STARTS, LONG_MEMORY = 8, 12
"""Starts of the last fit of a model with this many lags or more; others take all of them."""

CRITERIA = ("aicc", "aic", "bic")


class Candidate(NamedTuple):
    """Numbers of coefficients, and whether there is a mean or drift."""

    p: int
    q: int
    P: int
    Q: int
    constant: bool

    @property
    def size(self) -> int:
        """Number of coefficients of the ARMA part."""
        return self.p + self.q + self.P + self.Q


class Tried(NamedTuple):
    """One model tried.

    Attributes
    ----------
    spec : ArimaSpec
        The model.
    criterion : float
        Its criterion; infinite if it was rejected.
    loglike : float
        Maximum of the log-likelihood; NaN if there is none.
    min_root : float
        Smallest modulus of the roots of the AR and MA part.
    reason : str
        Why it was rejected; empty otherwise.
    """

    spec: ArimaSpec
    criterion: float
    loglike: float
    min_root: float
    reason: str


@dataclass
class Trials:
    """Candidates for one series, with the differences and regressors they share.

    Attributes
    ----------
    y : ndarray, shape (n,)
        The series.
    exog : ndarray, shape (n, k), or None
        Regressors named `exog_names`.
    d, D, period : int
        Differences.
    criterion : {"aicc", "aic", "bic"}
        What is minimised.
    rows : dict
        A `Tried` for each candidate, in the order they were tried.
    fits : dict
        Fits of the candidates.
    columns : dict
        The differenced series, and the constant if there is one, where there are no gaps.
    """

    y: FloatArray
    exog: FloatArray | None
    exog_names: tuple[str, ...]
    d: int
    D: int
    period: int
    criterion: str = "aicc"
    min_root: float = MIN_ROOT
    n_starts: int | None = 1
    rows: dict[Candidate, Tried] = field(default_factory=dict)
    fits: dict[Candidate, ArrayFit] = field(default_factory=dict)
    columns: dict[bool, Columns] = field(default_factory=dict)

    def spec(self, candidate: Candidate) -> ArimaSpec:
        """Specification of a candidate."""
        p, q, P, Q, constant = candidate
        seasonal = (P, self.D, Q, self.period) if self.period > 1 else (0, 0, 0, 0)
        trend = "n"
        if constant:
            trend = "t" if self.d + self.D else "c"
        return _spec((p, self.d, q), seasonal, trend, self.exog_names)

    def value(self, candidate: Candidate, parent: Candidate | None = None) -> float:
        """Criterion of a candidate, infinite if it is rejected; fitted when first asked for."""
        if candidate not in self.rows:
            self._try(candidate, self.fits.get(parent) if parent else None)
        return self.rows[candidate].criterion

    def best(self) -> Candidate | None:
        """Candidate with the smallest criterion; None if all were rejected."""
        accepted = [key for key, row in self.rows.items() if not row.reason]
        return min(
            accepted,
            key=lambda key: (self.rows[key].criterion, key.size + key.constant),
            default=None,
        )

    def settle(self) -> Candidate | None:
        """Best candidate once it is fitted in full, from many starts; None if all were rejected.

        A higher maximum may lie closer to the unit circle than is allowed: then the model is
        rejected after all, and the next best is fitted in its turn.
        """
        settled: set[Candidate] = set()
        while (best := self.best()) is not None and best not in settled:
            settled.add(best)
            trial = self.fits[best]
            spec = trial.spec
            n_starts = FEW_STARTS if max(spec.ar_degree, spec.ma_degree) >= LONG_MEMORY else None
            fit = self._fit(spec, best.constant, start=trial.params, n_starts=n_starts)
            self._keep(best, fit)
        return best

    def _try(self, candidate: Candidate, parent: ArrayFit | None) -> None:
        spec = self.spec(candidate)
        start = None if parent is None else carried(parent, spec)
        try:
            fit = self._fit(
                spec, candidate.constant, start=start, n_starts=self.n_starts, trial=True
            )
        except ValueError as error:
            reason = str(error).split(";")[0].split(". ")[0]
            self.rows[candidate] = Tried(spec, math.inf, math.nan, math.nan, reason)
            return
        best = self.best()
        bar = math.inf if best is None else self.rows[best].criterion
        self._keep(candidate, fit)
        promise = information(fit, self.criterion) - 2.0 * fit.certificate.expected_gain
        inside = self.rows[candidate].min_root >= self.min_root
        if not fit.converged and inside and promise < bar:
            fit = self._fit(spec, candidate.constant, start=fit.params, n_starts=0)
            self._keep(candidate, fit)

    def _keep(self, candidate: Candidate, fit: ArrayFit) -> None:
        """Remember a fit and what it is worth."""
        self.fits[candidate] = fit
        self.rows[candidate] = judged(fit, self.criterion, self.min_root)

    def _fit(self, spec: ArimaSpec, constant: bool, **how: Any) -> ArrayFit:
        """Fit one model; all with a constant share their columns, and all without."""
        if constant not in self.columns and not np.isnan(self.y).any():
            self.columns[constant] = prepare(self.y, spec, self.exog)
        shared = self.columns.get(constant)
        return fit_arrays(self.y, spec, exog=self.exog, columns=shared, **how)


def judged(fit: ArrayFit, criterion: str, min_root: float = MIN_ROOT) -> Tried:
    """Criterion of a fit, or the reason to reject it."""
    root = smallest_root(fit)
    value = information(fit, criterion)
    reason = ""
    if root < min_root:
        reason = f"root of modulus {root:.4f}, closer to the unit circle than {min_root:g}"
    elif not fit.converged:
        reason = f"not converged: a step more promises {fit.certificate.expected_gain:.2g}"
    elif math.isinf(value) and value > 0:
        reason = f"too many parameters for {fit.n_obs} observations"
    return Tried(fit.spec, math.inf if reason else value, fit.loglike, root, reason)


def information(fit: ArrayFit, criterion: str) -> float:
    """Information criterion of a fit; sigma2 counts as a parameter."""
    if fit.loglike == math.inf:
        return -math.inf
    k, n = fit.spec.n_params, fit.n_obs
    if criterion == "bic":
        return -2.0 * fit.loglike + k * math.log(n)
    value = -2.0 * fit.loglike + 2.0 * k
    if criterion == "aicc":
        if n - k - 1 <= 0:
            return math.inf
        value += 2.0 * k * (k + 1) / (n - k - 1)
    return value


def smallest_root(fit: ArrayFit) -> float:
    """Smallest modulus of the roots of all AR and MA factors, in units of one step."""
    spec, largest = fit.spec, 0.0
    coefs = spec.arma(fit.params).tolist()
    at = 0
    for sign, lags, unit in (
        (-1.0, spec.ar_lags, 1),
        (1.0, spec.ma_lags, 1),
        (-1.0, spec.seasonal_ar_lags, spec.period),
        (1.0, spec.seasonal_ma_lags, spec.period),
    ):
        if lags:
            factor = [sign * coef for coef in coefs[at : at + len(lags)]]
            at += len(lags)
            largest = max(largest, _inverse_root(factor) ** (1.0 / unit))
    return 1.0 / largest if largest > 0 else math.inf


def carried(parent: ArrayFit, spec: ArimaSpec) -> FloatArray:
    """Parameters for `spec` from those of a neighbour; what it has not got is zero."""
    known = dict(zip(parent.spec.names, parent.params.tolist(), strict=True))
    return np.array([known.get(name, 0.0) for name in spec.names])


@functools.lru_cache(maxsize=4096)
def _spec(order: Any, seasonal_order: Any, trend: str, exog: tuple[str, ...]) -> ArimaSpec:
    """Make a specification, or find it again: other series try the same ones."""
    return ArimaSpec(order, seasonal_order, trend, exog)


def _inverse_root(factor: list[float]) -> float:
    """Largest modulus of the inverse roots of ``1 + factor[0] z + factor[1] z^2 + ...``."""
    while factor and factor[-1] == 0.0:
        factor.pop()
    if not factor:
        return 0.0
    if len(factor) == 1:
        return abs(factor[0])
    if len(factor) == 2:
        b, c = factor
        inside = b * b - 4.0 * c
        if inside < 0:
            return math.sqrt(c)
        return 0.5 * (abs(b) + math.sqrt(inside))
    return float(np.abs(np.roots([1.0, *factor])).max())
