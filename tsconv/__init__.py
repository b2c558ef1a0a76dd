"""Time-series models as kernels, used by convolution."""

from ._version import __version__
from .convolution import convolve
from .kernel import Kernel
from .kernels import (
    ar,
    arma,
    binomial,
    difference,
    exponential,
    gaussian,
    ma,
    moving_average,
    sarima,
    weighted,
)

__all__ = ["Kernel", "__version__"]
