"""`select_arrays`: the orders of an ARIMA model for one series, on plain arrays.

Everything here is a function of its arguments: no state is shared, so that threads may run it on
many series at once; the fits release the interpreter's lock.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from tsconv._checks import FloatArray, check_choice, check_count
from tsconv.arima.estimate import ArrayFit, fit_arrays
from tsconv.arima.report import describe
from tsconv.arima.selection.box_cox import choose_lambda, transform
from tsconv.arima.selection.candidates import (
    CRITERIA,
    Candidate,
    Trials,
    Tried,
    judged,
)
from tsconv.arima.selection.scale import filled, is_constant, trimmed
from tsconv.arima.selection.search import SEARCHES, Limits, exhaustive, stepwise, wide
from tsconv.arima.selection.season import n_seasonal_differences
from tsconv.arima.selection.unit_roots import n_differences
from tsconv.arima.spec import ArimaSpec

SHORT = 10
"""A series with fewer observations keeps its mean, unless it is differenced."""


@dataclass(frozen=True, eq=False)
class Selection:
    """Result of `select_arrays`.

    Attributes
    ----------
    fit : ArrayFit
        The chosen model, fitted.
    tried : tuple of Tried
        Every model tried, in the order of the search.
    criterion : str
        Which criterion was minimised.
    lambda_ : float or None
        Power of the Box-Cox transformation that `fit` is a model of; None without one.
    """

    fit: ArrayFit
    tried: tuple[Tried, ...]
    criterion: str
    lambda_: float | None = None

    @property
    def spec(self) -> ArimaSpec:
        """The chosen model."""
        return self.fit.spec

    def table(self) -> pd.DataFrame:
        """Models tried, best first: `model`, the criterion, `loglike`, `min_root`, `reason`."""
        rows = pd.DataFrame(
            {
                "model": [describe(row.spec) for row in self.tried],
                self.criterion: [row.criterion for row in self.tried],
                "loglike": [row.loglike for row in self.tried],
                "n_params": [row.spec.n_params for row in self.tried],
                "min_root": [row.min_root for row in self.tried],
                "reason": [row.reason for row in self.tried],
            }
        )
        return rows.sort_values(self.criterion, kind="stable", ignore_index=True)


def select_arrays(
    y: ArrayLike,
    period: int = 1,
    *,
    exog: FloatArray | None = None,
    exog_names: tuple[str, ...] = (),
    d: int | None = None,
    D: int | None = None,
    max_order: tuple[int, int] = (5, 5),
    max_seasonal_order: tuple[int, int] = (2, 2),
    constant: bool | None = None,
    search: str = "stepwise",
    criterion: str = "aicc",
    lambda_: float | str | None = None,
) -> Selection:
    """Choose and fit an ARIMA model for one series.

    Parameters
    ----------
    y : array_like, shape (n,)
        The series, missing values NaN.
    period : int, default 1
        Length of the season; 1 for none.
    exog : ndarray, shape (n, k), optional
        Regressors, finite, named by `exog_names`.
    d, D : int, optional
        Differences and seasonal differences; found by tests if not given.
    max_order, max_seasonal_order : (int, int)
        Largest (p, q) and (P, Q).
    constant : bool, optional
        Whether there is a mean (without differences) or drift (with one); chosen if not given.
    search : {"stepwise", "wide", "exhaustive"}
        How the orders are gone through.
    criterion : {"aicc", "aic", "bic"}
        What is minimised, on the exact likelihood.
    lambda_ : float or "auto", optional
        Power of a Box-Cox transformation of the series (see `box_cox`).

    Returns
    -------
    Selection

    Raises
    ------
    ValueError
        If nothing is observed, values are infinite, or regressors are collinear.
    """
    check_options(
        d=d,
        seasonal_d=D,
        max_order=max_order,
        max_seasonal_order=max_seasonal_order,
        constant=constant,
        search=search,
        criterion=criterion,
        lambda_=lambda_,
    )
    check_count(period, "period", minimum=1)
    if D and period < 2:
        raise ValueError(
            f"seasonal differences need a season; got seasonal_d={D} with period={period}. Give"
            " `period`."
        )
    series = np.asarray(y, dtype=np.float64)
    if lambda_ is not None:
        lambda_ = choose_lambda(series) if lambda_ == "auto" else float(lambda_)
        series = transform(series, lambda_)
    names = exog_names
    if exog is not None and not names:
        names = tuple(f"x{k + 1}" for k in range(exog.shape[1]))
    with np.errstate(all="ignore"):  # values whose squares overflow are refused by the fits
        d, D = differences(series, period, exog, d=d, D=D)
    season = period if period > 1 else 0
    n_seen = int(np.count_nonzero(~np.isnan(series)))
    limits = _limits(n_seen, period, d, D, max_order, max_seasonal_order, constant)
    trials = Trials(series, exog, names, d, D, season, criterion)
    if exog is None and _is_settled(series, season, d, D):
        limits = Limits(0, 0, 0, 0, limits.constant)
    {"stepwise": stepwise, "wide": wide, "exhaustive": exhaustive}[search](trials, limits)
    best = trials.settle()
    fit = _simplest(trials) if best is None else trials.fits[best]
    return Selection(fit, tuple(trials.rows.values()), criterion, lambda_)


def check_options(
    *,
    d: Any = None,
    seasonal_d: Any = None,
    max_order: Any = (0, 0),
    max_seasonal_order: Any = (0, 0),
    constant: Any = None,
    search: Any = "stepwise",
    criterion: Any = "aicc",
    lambda_: Any = None,
) -> None:
    """Raise if an option of a search for orders makes no sense for any series."""
    check_choice(search, "search", SEARCHES)
    check_choice(criterion, "criterion", CRITERIA)
    for name, count in (("d", d), ("seasonal_d", seasonal_d)):
        if count is not None:
            check_count(count, name)
    for name, pair in (("max_order", max_order), ("max_seasonal_order", max_seasonal_order)):
        letters = "(p, q)" if name == "max_order" else "(P, Q)"
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise ValueError(f"`{name}` must be {letters}, the largest of each; got {pair!r}.")
        for count in pair:
            check_count(count, name)
    if constant not in (None, True, False):
        raise ValueError(f"`constant` must be True, False or None; got {constant!r}.")
    if lambda_ is not None and lambda_ != "auto":
        try:
            power = float(lambda_)
        except (TypeError, ValueError):
            power = math.nan
        if not math.isfinite(power):
            raise ValueError(f'`lambda_` must be a finite number or "auto"; got {lambda_!r}.')


def differences(
    y: FloatArray,
    period: int,
    exog: FloatArray | None = None,
    *,
    d: int | None = None,
    D: int | None = None,
) -> tuple[int, int]:
    """Differences that the tests ask for, where they are not given.

    Gaps are filled in for the tests; of regressors, the least-squares fit is taken off first.
    """
    if d is not None and D is not None:
        return d, D
    seen = np.flatnonzero(~np.isnan(y))
    if not seen.size:
        return d or 0, D or 0
    x = y[seen[0] : seen[-1] + 1]
    if exog is not None:
        x = x - _explained(x, exog[seen[0] : seen[-1] + 1])
    x = filled(x, period)
    if D is None:
        D = n_seasonal_differences(x, period)
    if D and period > 1:
        for _ in range(D):
            x = x[period:] - x[:-period]
    if d is None:
        d = n_differences(x)
    return d, D


def _explained(x: FloatArray, exog: FloatArray) -> FloatArray:
    """Part of a series that regressors explain by least squares."""
    seen = ~np.isnan(x)
    X = np.column_stack([np.ones(x.size), exog])
    beta = np.linalg.lstsq(X[seen], x[seen], rcond=None)[0]
    return np.asarray(exog @ beta[1:])


def _limits(
    n: int,
    period: int,
    d: int,
    D: int,
    max_order: tuple[int, int],
    max_seasonal_order: tuple[int, int],
    constant: bool | None,
) -> Limits:
    """Limits that the length of the series allows: a third of it at most, in steps or seasons.

    A very short series keeps its mean: AICc would rather have it return to zero.
    """
    p, q = (min(top, n // 3) for top in max_order)
    P, Q = (min(top, n // 3 // period) if period > 1 else 0 for top in max_seasonal_order)
    may = d + D < 2 and constant is not False
    must = may and (constant is True or (n < SHORT and d + D == 0))
    return Limits(p, q, P, Q, may, not must)


def _is_settled(y: FloatArray, period: int, d: int, D: int) -> bool:
    """Whether differencing leaves a constant."""
    x = trimmed(y)
    for _ in range(D):
        x = x[period:] - x[:-period]
    for _ in range(d):
        x = np.diff(x)
    return is_constant(x[~np.isnan(x)])


def _simplest(trials: Trials) -> ArrayFit:
    """Fit for a series too short for a criterion: fewest parameters, then fewest differences."""
    seen = trials.y[~np.isnan(trials.y)]
    if not seen.size:
        raise ValueError(
            f"`y` must have at least one observation; all {trials.y.size} are missing."
        )
    why: ValueError | None = None
    for d, D in sorted({(trials.d, trials.D), (trials.d, 0), (0, 0)}, reverse=True):
        level = replace(trials, d=d, D=D, rows={}, fits={})
        for constant in ((True,), (False, True), (False,))[min(d + D, 2)]:
            spec = level.spec(Candidate(0, 0, 0, 0, constant))
            try:
                fit = fit_arrays(trials.y, spec, exog=trials.exog, n_starts=1)
            except ValueError as error:
                why = error
                continue
            key = Candidate(0, 0, 0, 0, constant)
            reason = f"kept for want of observations ({seen.size})"
            row = judged(fit, "aic")._replace(reason=reason)
            trials.rows[key] = row
            return fit
    if seen.size > 1 and why is not None:
        raise why
    raise ValueError(
        f"`y` must have at least two observations; got {seen.size}. Repeat the value as a forecast."
    )
