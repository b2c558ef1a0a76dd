"""The convolution theorem at work: spectra, bands, filters by frequency, compression."""

from .bands import band_levels
from .compression import Compressed, compress, compression_errors
from .filters import design_filter, frequency_filter
from .transform import inverse_spectrum, spectrum

__all__ = [
    "Compressed",
    "band_levels",
    "compress",
    "compression_errors",
    "design_filter",
    "frequency_filter",
    "inverse_spectrum",
    "spectrum",
]
