"""The same in two dimensions: convolution of images, directions in them, templates in them."""

from tsconv.images.convolution import convolve2d, correlate2d
from tsconv.images.directions import direction_profile, log_spectrum, orientation
from tsconv.images.matching import match_template, template_scores

__all__ = [
    "convolve2d",
    "correlate2d",
    "direction_profile",
    "log_spectrum",
    "match_template",
    "orientation",
    "template_scores",
]
