"""Where the climbs of a fit begin, and what came of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tsconv._checks import FloatArray
from tsconv.arima._core import Held
from tsconv.arima.columns import Columns
from tsconv.arima.spec import ArimaSpec

# A long series is first fitted on its head of this length.
HEAD = 4000
# Up to this length the likelihood of a mixed model often has several maxima.
_SMALL = 150
# A model is open where the others leave a coefficient less than this share of its information.
_OPEN = 0.6
_WIDE_OPEN = 0.025


class Plan(NamedTuple):
    """Which starts to climb from."""

    hannan: bool = False
    zero: bool = False
    draws: int = 0
    probes: int = 0
    finish: int = 1


class Free(NamedTuple):
    """ARMA coefficients: where estimated ones are, values of the others; sigma2 if it is given."""

    at: list[int]
    values: FloatArray
    sigma2: float


class Runs(NamedTuple):
    """Climbs: the best of them, where each ended, how high, why, and what one more step promises.

    Codes from 10 on say that a start has no likelihood; -1 that it was not climbed from.
    """

    best: int
    ends: FloatArray
    heights: FloatArray
    codes: NDArray[np.intc]
    gains: FloatArray

    def and_then(self, later: Runs) -> Runs:
        """Put later climbs behind these."""
        n = len(self.codes)
        better = later.best >= 0 and later.heights[later.best] > self.heights[self.best]
        return Runs(
            n + later.best if better else self.best,
            np.concatenate([self.ends, later.ends]),
            np.concatenate([self.heights, later.heights]),
            np.concatenate([self.codes, later.codes]),
            np.concatenate([self.gains, later.gains]),
        )


def make_plan(columns: Columns, spec: ArimaSpec, n_starts: int | None) -> Plan:
    """Spread starts by what an evaluation costs: small samples have the many maxima."""
    if n_starts is not None:
        more = max(n_starts - 2, 0)
        probes = (2 * more + 2) // 3
        return Plan(n_starts > 0, n_starts > 1, more - probes, probes, min(max(n_starts, 1), 6))
    if spec.n_arma == 0:
        return Plan(zero=True)
    if spec.ma_degree == 0:
        return Plan(hannan=True, zero=True, finish=2)
    if spec.ar_degree and columns.n <= _SMALL:
        return Plan(True, True, 8, 30, 14)
    if not spec.ar_degree and columns.n <= 100:
        return Plan(True, True, 2, 2, 3)
    if spec.ar_degree and len(spec.ma_lags) > 1 and columns.n <= 2 * _SMALL:
        return Plan(True, True, 0, 3, 3)
    if max(spec.ar_degree, spec.ma_degree) > 60:
        return Plan(True, True, finish=1)
    return Plan(True, True, finish=2)


def open_below(columns: Columns, spec: ArimaSpec) -> float:
    """Share of information below which a model is open; 0 if it never is."""
    if not (spec.ar_degree and spec.ma_degree):
        return 0.0
    return _OPEN if columns.n <= 2 * _SMALL else _OPEN / 3


def further_plan(columns: Columns, spec: ArimaSpec, least_pivot: float) -> Plan | None:
    """More starts for a mixed model whose coefficients the data hardly tell apart."""
    if not (spec.ar_degree and spec.ma_degree) or least_pivot > open_below(columns, spec):
        return None
    if columns.n <= _SMALL:  # probes were climbed from already
        return Plan(draws=12, finish=8)
    cheap = columns.n <= 10 * _SMALL and max(spec.ar_degree, spec.ma_degree) <= 60
    if columns.n <= 2 * _SMALL or (cheap and least_pivot < _WIDE_OPEN):
        return Plan(draws=12, probes=8, finish=10)
    return Plan(draws=6 if cheap else 3, finish=3)


def climb(held: Held, starts: Iterable[FloatArray], plan: Plan, n_arma: int) -> Runs:
    """Search from given starting points and those of a plan."""
    given = list(starts)
    points = np.array(given).reshape(len(given), n_arma)
    return Runs(*held.search(points, plan.hannan, plan.draws, plan.probes, plan.finish))


def head_wanted(columns: Columns, spec: ArimaSpec, plan: Plan) -> bool:
    """Whether a series is so long that a fit of its head pays."""
    long = columns.n > 4 * HEAD and plan.hannan
    return long and spec.ma_degree > 0 and 40 * spec.ma_degree < HEAD


def rough_fit(
    data: FloatArray, spec: ArimaSpec, free: Free, plan: Plan
) -> tuple[FloatArray, int] | None:
    """Coefficients of a stand-in for the series, such as its head or its gaps filled in.

    Returns them with the number of evaluations; None if there is no likelihood.
    """
    held = Held(data, 0, spec.sizes, spec.lags, max(spec.period, 0))
    held.begin_search(free.at, free.values, 30, 20, 1e-3)
    runs = climb(held, [free.values], Plan(hannan=True, finish=plan.finish), spec.n_arma)
    return None if runs.best < 0 else (runs.ends[runs.best], held.n_evaluations)
