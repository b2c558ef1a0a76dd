"""ARIMA models as kernels: order -> polynomials -> likelihood -> fit -> forecast."""

from tsconv.arima.fit import fit_arima
from tsconv.arima.interop import from_statsmodels
from tsconv.arima.result import ArimaFit
from tsconv.arima.storage import load

__all__ = ["ArimaFit", "fit_arima", "from_statsmodels", "load"]
