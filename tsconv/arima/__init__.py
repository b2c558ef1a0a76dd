"""ARIMA models as kernels: order -> polynomials -> likelihood -> fit -> forecast."""

from .fit import fit_arima
from .interop import from_statsmodels
from .result import ArimaFit
from .storage import load

__all__ = ["ArimaFit", "fit_arima", "from_statsmodels", "load"]
