"""Apply kernels to data: what happens at the ends, in gaps and at irregular times."""

from tsconv.convolution.apply import convolve

__all__ = ["convolve"]
