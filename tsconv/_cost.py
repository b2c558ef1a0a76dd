"""What an engine costs, in nanoseconds, so that `auto` can choose.

The constants are measured by ``python tests/benchmarks/tune_engines.py``, which prints them for the
machine it runs on; ``--check`` there lists the sizes at which the choice is not the fastest. Here:
AMD EPYC (Zen 4, AVX2), 2.6 GHz, one core, numpy 2.4. Only their ratios matter, and those
differ little from one processor to the next.
"""

from __future__ import annotations

from functools import lru_cache
from math import log2

import numpy as np

DIRECT_TAP = 0.072
"""One product of a tap and a value."""
DIRECT_OUT = 0.3
"""One output."""
DIRECT_SETUP = 8.0
"""Preparing one tap."""
BOX_OUT = 1.07
"""One output, both passes."""
BOX_BLOCK = 7.0
"""One block of m, besides its values."""
TRANSFORM_CALL = 60_000.0
"""All that does not depend on the sizes with one transform: a dozen numpy calls."""
OVERLAP_CALL = 110_000.0
"""The same with several blocks."""

SURELY_DIRECT = 64, 400_000, 12
"""Taps, products, and equal taps up to which "direct" wins by the numbers above, whatever else."""

LOG2_SIZE = np.array([8, 10, 12, 14, 15, 16, 17, 18, 19, 20, 21, 22, 24], dtype=float)
"""Lengths of transform, as powers of two, at which the next two are known."""
ALONE = np.array([24, 14, 13, 15, 18, 20, 23, 28, 36, 55, 65, 70, 80], dtype=float)
"""Per value: forward and inverse transform of one block, in memory fresh from the system."""
BATCHED = np.array([6, 7, 8, 10, 11, 13, 15, 18, 29, 45, 60, 70, 80], dtype=float)
"""Per value: forward and inverse transform of several blocks at once, copies included."""


def choose(n_out: int, m: int, n_nonzero: int, constant: bool, width: int) -> str:
    """Return the engine expected to be fastest for these sizes."""
    costs = engine_costs(n_out, m, n_nonzero, constant, width)
    return min(costs, key=costs.__getitem__)


@lru_cache(maxsize=256)
def engine_costs(
    n_out: int, m: int, n_nonzero: int, constant: bool, width: int
) -> dict[str, float]:
    """Return the expected nanoseconds of each engine that applies.

    `n_out` outputs from `m` taps, `n_nonzero` of them not zero, `constant` if those are equal and
    side by side, for `width` columns.
    """
    values = n_out * width
    costs = {"direct": DIRECT_SETUP * m + values * (DIRECT_OUT + DIRECT_TAP * n_nonzero)}
    if constant:
        n_blocks = -(-n_out // m)
        costs["box"] = (n_out + n_blocks * m) / 2 * width * BOX_OUT + n_blocks * width * BOX_BLOCK
    n = n_out + m - 1
    costs["fft"] = TRANSFORM_CALL + n * (width + 0.5) * _per_value(n, ALONE)
    size = block_size(n_out, m)
    if size < n:
        costs["overlap"] = OVERLAP_CALL + width * _overlap_cost(n_out, m, size)
    return costs


@lru_cache(maxsize=256)
def block_size(n_out: int, m: int) -> int:
    """Return the length of transform, a power of two, that makes overlapping blocks cheapest."""
    smallest = max(256, 1 << (m - 1 + m // 4).bit_length())
    sizes = [smallest]
    while sizes[-1] < min(n_out + m - 1, 64 * m):
        sizes.append(2 * sizes[-1])
    return min(sizes, key=lambda size: _overlap_cost(n_out, m, size))


def _overlap_cost(n_out: int, m: int, size: int) -> float:
    """Return the cost of one column; the taps and the last, moved block are transformed alone."""
    n_full, rest = divmod(n_out, size - m + 1)
    n_alone = 0.5 + (rest > 0) + (n_full == 1)
    n_batched = n_full if n_full > 1 else 0
    return size * (n_alone * _per_value(size, ALONE) + n_batched * _per_value(size, BATCHED))


def _per_value(size: int, costs: np.ndarray) -> float:
    return float(np.interp(log2(size), LOG2_SIZE, costs))
