"""Slow, obvious twins of densities and random draws: every outcome listed."""

from __future__ import annotations

import itertools
import math


def sum_of_lags(p, n):
    """Return the probability of each sum of n independent lags, outcome by outcome."""
    sums = {}
    for lags in itertools.product(range(len(p)), repeat=n):
        sums[sum(lags)] = sums.get(sum(lags), 0.0) + math.prod(p[k] for k in lags)
    return [sums[k] for k in range(n * (len(p) - 1) + 1)]


def moments(x, weights, offsets, place, outside):
    """Mean and variance of one output over all outcomes of a draw.

    `offsets` says where each weight looks, relative to `place`; `outside(place)` gives the sample.
    """
    total = sum(abs(w) for w in weights)
    mean = square = 0.0
    for w, offset in zip(weights, offsets, strict=True):
        value = outside(tuple(p - o for p, o in zip(place, offset, strict=True)))
        drawn = math.copysign(total, w) * value
        mean += abs(w) / total * drawn
        square += abs(w) / total * drawn**2
    return mean, square - mean**2
