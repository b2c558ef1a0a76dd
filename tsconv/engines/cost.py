"""What an engine costs, in nanoseconds, so that `auto` can choose.

The constants are measured by ``python tests/benchmarks/tune_engines.py``, which prints them for the
machine it runs on; ``--check`` there lists the sizes at which the choice is not the fastest. Here:
AMD EPYC (Zen 4, AVX2), 2.6 GHz, one core, numpy 2.4. Only their ratios matter, and those
differ little from one processor to the next.
"""

from __future__ import annotations

from functools import lru_cache
from math import inf, log2

import numpy as np

from tsconv.correlator import correlator

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
TRANSFORM_CALL = 150_000.0
"""All about transforms that does not depend on the sizes: two dozen numpy calls. 75,000 measured
alone, 150,000 between other work, when none of that code is in the caches."""

BATCH = 1 << 16
"""Values transformed at once: about what the cache holds."""

SURELY_DIRECT = 64, 400_000, 12
"""Taps, products, and equal taps up to which "direct" wins by the numbers above, whatever else."""

LOG2_SIZE = np.array([8, 10, 12, 14, 15, 16, 17, 18, 19, 20, 21, 22, 24], dtype=float)
"""Lengths of transform, as powers of two, at which the next two are known."""
ALONE = np.array([24, 14, 13, 15, 18, 20, 23, 28, 36, 55, 65, 70, 80], dtype=float)
"""Per value: forward and inverse transform of one block, in memory fresh from the system."""
BATCHED = np.array([7, 8.5, 10, 11.5, 12.5, 14, 16, 20, 30, 45, 60, 70, 80], dtype=float)
"""Per value: forward and inverse transform of several blocks at once, copies included. A tenth or
two above the measured values: where the engines are equal, other work on the machine slows
transforms more than direct evaluation."""
COLUMNS = 1.0
"""Per value in columns side by side: taking them apart and putting them together."""


LANES_CALL = 200_000.0
"""Preparing the compiled correlator."""
LANES_VALUE = {8: 4.0, 4: 6.5, 2: 12.0}
"""One output of it, by the numbers in a vector, for 256 taps;"""
LANES_DOUBLING = 0.7
"""more for each doubling of the taps, as a part of 4."""
LANES_RANGE = 20_000, 16, 1 << 20
"""Least outputs, least and most taps for which it is used."""


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
    costs["fft"] = TRANSFORM_CALL + _transform_cost(1, n, width)
    size = block_size(n_out, m)
    if size < n:
        costs["overlap"] = TRANSFORM_CALL + _blocks_cost(n_out, m, size, width)
        if width == 1:
            costs["overlap"] = min(costs["overlap"], lanes_cost(n_out, m))
    return costs


@lru_cache(maxsize=256)
def lanes_cost(n_out: int, m: int) -> float:
    """Return the cost of blocks by the compiled correlator; inf where it is not used."""
    least, shortest, longest = LANES_RANGE
    core = correlator._core
    lanes = 0 if core is None else core.lanes_of(double=True)
    if lanes not in LANES_VALUE or n_out < least or not shortest <= m <= longest:
        return inf
    more = 1 + LANES_DOUBLING / 4 * max(0.0, log2(m / 256))
    return LANES_CALL + (n_out + m) * LANES_VALUE[lanes] * more


@lru_cache(maxsize=256)
def block_size(n_out: int, m: int) -> int:
    """Return the length of transform, a power of two, that makes overlapping blocks cheapest."""
    smallest = max(256, 1 << (m - 1 + m // 4).bit_length())
    sizes = [smallest]
    while sizes[-1] < min(n_out + m - 1, 64 * m):
        sizes.append(2 * sizes[-1])
    return min(sizes, key=lambda size: _blocks_cost(n_out, m, size, 1))


def _blocks_cost(n_out: int, m: int, size: int, width: int) -> float:
    """Return the cost of blocks that overlap; the last one may be transformed alone."""
    n_full, rest = divmod(n_out, size - m + 1)
    if n_full == 0 or (rest and n_full * width * size <= BATCH):
        return _transform_cost(n_full + 1, size, width)
    alone = width * _transform_cost(1, size, 0) * 2 if rest else 0.0
    return _transform_cost(n_full, size, width) + alone


def _transform_cost(n_blocks: int, size: int, width: int) -> float:
    """Return the cost of so many blocks at once, and of the taps: half a block."""
    together = n_blocks * width > 1 or 2 * size <= BATCH
    per_value = float(np.interp(log2(size), LOG2_SIZE, BATCHED if together else ALONE))
    apart = COLUMNS if width > 1 else 0.0
    return ((n_blocks * width + 0.5) * per_value + n_blocks * width * apart) * size
