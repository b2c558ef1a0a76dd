"""Ways through the orders: stepwise, wide, exhaustive.

Each takes `Trials` and `Limits` and leaves the trials with what it has tried.

- `stepwise`: Hyndman and Khandakar (2008): four models to begin with, then always to the first
  neighbour that is better.
- `wide`: the same walk from several beginnings, with all neighbours of every model seen to be
  within a few units of the best.
- `exhaustive`: every model within the limits, small ones first, each from its best neighbour.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import NamedTuple

from tsconv.arima.selection.candidates import Candidate, Trials

SEARCHES = ("stepwise", "wide", "exhaustive")


class Limits(NamedTuple):
    """Largest orders, whether models with and without a constant are tried, and how many."""

    p: int
    q: int
    P: int
    Q: int
    constant: bool
    bare: bool = True
    order: int = 5
    models: int = 94

    def allow(self, candidate: Candidate) -> bool:
        """Whether a candidate lies within the limits."""
        p, q, P, Q, constant = candidate
        return (
            0 <= p <= self.p
            and 0 <= q <= self.q
            and 0 <= P <= self.P
            and 0 <= Q <= self.Q
            and (self.constant if constant else self.bare)
        )


def stepwise(trials: Trials, limits: Limits) -> None:
    """Walk from neighbour to neighbour as long as the criterion falls.

    References
    ----------
    .. [1] Hyndman, R. J. and Khandakar, Y. (2008), Automatic time series forecasting: the forecast
       package for R, Journal of Statistical Software 27(3), section 3.2.
    """
    current = _begin(trials, limits)
    _walk(trials, limits, current)


def wide(trials: Trials, limits: Limits, *, within: float = 4.0) -> None:
    """Walk stepwise, then try all neighbours of every model that is `within` of the best."""
    stepwise(trials, limits)
    expanded: set[Candidate] = set()
    limit = 4 * limits.models
    while len(trials.rows) < limit:
        best = trials.best()
        if best is None:
            return
        bound = trials.rows[best].criterion + within
        near = sorted(
            (row.criterion, key)
            for key, row in trials.rows.items()
            if key not in expanded and row.criterion <= bound
        )
        if not near:
            return
        centre = near[0][1]
        expanded.add(centre)
        for candidate in _neighbours(centre):
            if limits.allow(candidate):
                trials.value(candidate, centre)


def exhaustive(trials: Trials, limits: Limits) -> None:
    """Try every model with at most ``limits.order`` coefficients, small ones first."""
    ranges = (range(top + 1) for top in (limits.p, limits.q, limits.P, limits.Q))
    grid = [
        Candidate(p, q, P, Q, constant)
        for p, q, P, Q in itertools.product(*ranges)
        for constant in (False, True)
        if p + q + P + Q <= limits.order
    ]
    grid = [candidate for candidate in grid if limits.allow(candidate)]
    for candidate in sorted(grid, key=lambda one: (one.size, one)):
        known = [key for key in _smaller(candidate) if key in trials.fits]
        parent = max(known, key=lambda key: trials.fits[key].loglike, default=None)
        trials.value(candidate, parent)


def _begin(trials: Trials, limits: Limits) -> Candidate | None:
    """Try the first models; return the best."""
    c = limits.constant
    first = [
        Candidate(min(2, limits.p), min(2, limits.q), min(1, limits.P), min(1, limits.Q), c),
        Candidate(0, 0, 0, 0, c),
        Candidate(min(1, limits.p), 0, min(1, limits.P), 0, c),
        Candidate(0, min(1, limits.q), 0, min(1, limits.Q), c),
    ]
    if c and limits.bare:
        first.append(Candidate(0, 0, 0, 0, False))
    for candidate in first:
        trials.value(candidate)
    return trials.best()


def _walk(trials: Trials, limits: Limits, current: Candidate | None) -> None:
    """Go to the first better neighbour until there is none."""
    while current is not None:
        best = trials.rows[current].criterion
        for candidate in _neighbours(current):
            if not limits.allow(candidate) or candidate in trials.rows:
                continue
            if len(trials.rows) >= limits.models:
                return
            if trials.value(candidate, current) < best:
                current = candidate
                break
        else:
            return


def _neighbours(centre: Candidate) -> Iterator[Candidate]:
    """Models one step away: seasonal orders first, then regular ones, then the constant."""
    p, q, P, Q, constant = centre
    steps = ((-1, 0), (0, -1), (1, 0), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1))
    for a, b in steps:
        yield Candidate(p, q, P + a, Q + b, constant)
    for a, b in steps:
        yield Candidate(p + a, q + b, P, Q, constant)
    yield Candidate(p, q, P, Q, not constant)


def _smaller(candidate: Candidate) -> Iterator[Candidate]:
    """Models nested in this one with one coefficient less."""
    p, q, P, Q, constant = candidate
    smaller = ((p - 1, q, P, Q), (p, q - 1, P, Q), (p, q, P - 1, Q), (p, q, P, Q - 1))
    for a, b, c, d in smaller:
        if min(a, b, c, d) >= 0:
            yield Candidate(a, b, c, d, constant)
    if constant:
        yield Candidate(p, q, P, Q, False)
