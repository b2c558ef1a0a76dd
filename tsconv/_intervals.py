"""How wide an interval is, from its coverage in per cent."""

from __future__ import annotations

from statistics import NormalDist

from tsconv._checks import check_level


def normal_quantile(level: float) -> float:
    """Half-width, in standard deviations, of the normal interval with `level` per cent."""
    return NormalDist().inv_cdf(0.5 + check_level(level) / 200)
