"""Convolution of plain arrays: one contract, several engines; see `tsconv.engines.dispatch`."""

from tsconv.engines.dispatch import (
    ENGINES,
    METHODS,
    convolve_same,
    convolve_valid,
    recursive_filter,
    sos_filter,
)

__all__ = [
    "ENGINES",
    "METHODS",
    "convolve_same",
    "convolve_valid",
    "recursive_filter",
    "sos_filter",
]
