"""Time-series models as kernels, used by convolution.

A linear time-series model is a kernel, and using it is a convolution. A weighted moving average is
a kernel convolved with the data. An ARMA model is a kernel convolved with white noise; the inverse
kernel convolved with the data gives the noise back. A snippet is found in a long signal by
convolving with the snippet reversed.

A short tour::

    import tsconv as tc

    tc.convolve(series, tc.gaussian("90min"))              # smooth, whatever the index
    tc.difference(period=12) * tc.difference()             # kernels multiply, add, invert
    fit = tc.fit_arima(series, (1, 1, 1))                  # the kernel that leaves white noise
    tc.auto_arima(series).models_tried                     # orders found from the data
    fit.whitening, fit.forecast(12), fit.compare()         # see through it, use it, check it
    tc.find("long.flac", "clip.wav")                       # where, and how sure

The same functions are there as ``series.tsconv.convolve(...)`` and, on the command line, as
``tsconv``.
"""

try:
    from . import accessor as _accessor  # noqa: F401 - registers series.tsconv and frame.tsconv
except ModuleNotFoundError as _error:
    if not str(_error.name).startswith(f"{__name__}."):
        raise
    raise ImportError(
        f"tsconv's compiled parts are not beside its sources in {__path__[0]} ({_error.name} is"
        " missing). Python finds the sources there because it was started in that checkout: start"
        " it in another folder, or compile in place with: pip install -e ."
    ) from None
from . import datasets, plot
from ._version import __version__
from .arima import (
    ArimaFit,
    auto_arima,
    compare_models,
    fit_arima,
    fit_model,
    from_statsmodels,
    load,
)
from .arima.ar import fit_ar
from .bank import KernelBank, arima_bank
from .convolution import convolve
from .correlation import acf, autocovariance, cross_correlation, pacf
from .diffusion import diffuse
from .images import (
    convolve2d,
    correlate2d,
    direction_profile,
    log_spectrum,
    match_template,
    orientation,
    template_scores,
)
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
from .panel import PanelFit, evaluate_panel, fit_panel, forecast_panel
from .probability import Propagator, convolve_random, draw_variance, propagator
from .search import Finder, correlation_profile, find, find_in_files
from .spectra import (
    band_levels,
    compress,
    compression_errors,
    design_filter,
    frequency_filter,
    inverse_spectrum,
    spectrum,
)
from .time_kernel import TimeKernel
from .whitening import decorrelate, standardize, whiten, whiteness

__all__ = [  # noqa: RUF022 - by topic
    # kernels
    "Kernel",
    "TimeKernel",
    "moving_average",
    "weighted",
    "gaussian",
    "binomial",
    "exponential",
    "difference",
    "ar",
    "ma",
    "arma",
    "sarima",
    # using them
    "convolve",
    "cross_correlation",
    "autocovariance",
    "acf",
    "pacf",
    # models
    "ArimaFit",
    "fit_arima",
    "fit_ar",
    "auto_arima",
    "fit_model",
    "compare_models",
    "from_statsmodels",
    "load",
    # many series
    "PanelFit",
    "fit_panel",
    "forecast_panel",
    "evaluate_panel",
    # search
    "Finder",
    "correlation_profile",
    "find",
    "find_in_files",
    # frequency
    "spectrum",
    "inverse_spectrum",
    "band_levels",
    "frequency_filter",
    "design_filter",
    "compress",
    "compression_errors",
    # heat and chance
    "diffuse",
    "Propagator",
    "propagator",
    "convolve_random",
    "draw_variance",
    # white noise
    "standardize",
    "decorrelate",
    "whiten",
    "whiteness",
    # many kernels at once
    "KernelBank",
    "arima_bank",
    # images
    "convolve2d",
    "correlate2d",
    "log_spectrum",
    "direction_profile",
    "orientation",
    "template_scores",
    "match_template",
    # the rest
    "datasets",
    "plot",
    "__version__",
]
