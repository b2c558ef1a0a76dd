"""ARIMA models as kernels: order -> polynomials -> likelihood -> fit -> forecast."""

from tsconv.arima.fit import fit_arima
from tsconv.arima.interop import from_statsmodels
from tsconv.arima.result import ArimaFit
from tsconv.arima.selection.auto import auto_arima
from tsconv.arima.selection.baselines import compare_models, fit_model
from tsconv.arima.storage import load

__all__ = [
    "ArimaFit",
    "auto_arima",
    "compare_models",
    "fit_arima",
    "fit_model",
    "from_statsmodels",
    "load",
]
