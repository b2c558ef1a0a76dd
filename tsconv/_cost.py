"""What an engine costs, in nanoseconds, so that `auto` can choose.

The constants are measured by ``python tests/benchmarks/tune_engines.py``, which prints this file's
tables for the machine it runs on. Here: AMD EPYC (Zen 4, AVX2), 2.6 GHz, one core, numpy 2.4. Only
their ratios matter, and those differ little from one processor to the next.
"""

from __future__ import annotations

from functools import lru_cache
from math import log2

import numpy as np

CALL = 1500.0
DIRECT_TAP = 0.07
DIRECT_OUT = 0.5
BOX_OUT = 2.0
TRANSFORM_CALL = 20000.0
BATCH_CALL = 15000.0
TRANSFORM_LOG2 = np.array([4, 10, 12, 14, 16, 17, 18, 20, 22, 24, 26], dtype=float)
TRANSFORM_ONE = np.array([7, 7, 8, 9, 10, 12, 17, 36, 60, 70, 80], dtype=float)


def choose(n_out: int, m: int, n_nonzero: int, constant: bool, width: int) -> str:
    """Return the engine expected to be fastest for these sizes."""
    costs = engine_costs(n_out, m, n_nonzero, constant, width)
    return min(costs, key=costs.__getitem__)


@lru_cache(maxsize=256)
def engine_costs(
    n_out: int, m: int, n_nonzero: int, constant: bool, width: int
) -> dict[str, float]:
    """Return the expected nanoseconds of each engine that applies."""
    values = n_out * width
    costs = {"direct": values * (DIRECT_OUT + DIRECT_TAP * n_nonzero)}
    if constant:
        costs["box"] = values * BOX_OUT
    n = n_out + m - 1
    costs["fft"] = TRANSFORM_CALL + n * (width + 0.5) * transform_cost(n)
    size = block_size(n_out, m)
    if size < n:
        costs["overlap"] = TRANSFORM_CALL + width * _overlap_cost(n_out, m, size)
    return costs


@lru_cache(maxsize=256)
def block_size(n_out: int, m: int) -> int:
    """Return the length of transform, a power of two, that makes overlapping blocks cheapest."""
    smallest = max(256, 1 << (2 * m - 1).bit_length())
    largest = max(smallest, 1 << (n_out + m - 2).bit_length())
    sizes = []
    while smallest <= min(largest, 64 * m + 1024):
        sizes.append(smallest)
        smallest *= 2
    sizes = sizes or [largest]
    return min(sizes, key=lambda size: _overlap_cost(n_out, m, size))


def transform_cost(size: int) -> float:
    """Return the nanoseconds a value costs in a forward and an inverse transform of `size`."""
    return float(np.interp(log2(size), TRANSFORM_LOG2, TRANSFORM_ONE))


def _overlap_cost(n_out: int, m: int, size: int) -> float:
    n_blocks = -(-n_out // (size - m + 1))
    n_batches = -(-n_blocks * size // max(size, 1 << 15))
    return (n_blocks + 0.5) * size * transform_cost(size) + n_batches * BATCH_CALL
