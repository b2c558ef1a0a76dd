"""The accessor ``series.tsconv`` and ``frame.tsconv``: each method calls the public function.

>>> import pandas as pd
>>> import tsconv
>>> pd.Series([1.0, 2.0, 4.0]).tsconv.convolve(tsconv.difference()).tolist()
[nan, 1.0, 2.0]
"""

from __future__ import annotations

from typing import Any

import pandas as pd
from numpy.typing import ArrayLike

from tsconv import arima, bank, correlation, search, spectra, whitening
from tsconv.arima.ar import fit_ar
from tsconv.convolution import convolve
from tsconv.diffusion import diffuse
from tsconv.kernel import Kernel
from tsconv.probability import convolve_random
from tsconv.time_kernel import TimeKernel


@pd.api.extensions.register_series_accessor("tsconv")
class SeriesAccessor:
    """tsconv's functions with the Series as their data."""

    def __init__(self, series: pd.Series) -> None:
        _check_numeric(series.dtype, f"series {series.name!r}")
        self._data = series

    def __repr__(self) -> str:
        return _methods(self)

    def apply_bank(self, kernels: bank.KernelBank, **options: Any) -> pd.DataFrame:
        """Apply many kernels at once: `tsconv.KernelBank.apply`."""
        return kernels.apply(self._data, **options)

    def convolve(self, kernel: Kernel | TimeKernel | ArrayLike, **options: Any) -> pd.Series:
        """Apply a kernel: `tsconv.convolve`."""
        return convolve(self._data, kernel, **options)

    def cross_correlation(self, y: pd.Series, **options: Any) -> pd.DataFrame:
        """Correlate with another series over lags: `tsconv.cross_correlation`."""
        return correlation.cross_correlation(self._data, y, **options)

    def autocovariance(self, **options: Any) -> pd.Series:
        """Autocovariances by lag: `tsconv.autocovariance`."""
        return correlation.autocovariance(self._data, **options)

    def acf(self, **options: Any) -> pd.DataFrame:
        """Autocorrelations by lag: `tsconv.acf`."""
        return correlation.acf(self._data, **options)

    def pacf(self, **options: Any) -> pd.DataFrame:
        """Partial autocorrelations by lag: `tsconv.pacf`."""
        return correlation.pacf(self._data, **options)

    def fit_ar(self, order: int, **options: Any) -> arima.ArimaFit:
        """Fit an autoregressive model: `tsconv.fit_ar`."""
        return fit_ar(self._data, order, **options)

    def fit_arima(self, order: tuple[Any, int, Any], **options: Any) -> arima.ArimaFit:
        """Fit an ARIMA model: `tsconv.fit_arima`."""
        return arima.fit_arima(self._data, order, **options)

    def auto_arima(self, **options: Any) -> arima.ArimaFit:
        """Find the orders of an ARIMA model and fit it: `tsconv.auto_arima`."""
        return arima.auto_arima(self._data, **options)

    def find(self, snippet: Any, **options: Any) -> pd.DataFrame:
        """Search for a snippet: `tsconv.find`."""
        return search.find(self._data, snippet, **options)

    def correlation_profile(self, snippet: Any, **options: Any) -> Any:
        """Score every lag: `tsconv.correlation_profile`."""
        return search.correlation_profile(self._data, snippet, **options)

    def spectrum(self, **options: Any) -> pd.DataFrame:
        """Amplitude, phase and power by frequency: `tsconv.spectrum`."""
        return spectra.spectrum(self._data, **options)

    def band_levels(self, **options: Any) -> pd.DataFrame:
        """Power in bands of frequency: `tsconv.band_levels`."""
        return spectra.band_levels(self._data, **options)

    def frequency_filter(self, **options: Any) -> pd.Series:
        """Keep a band of frequencies: `tsconv.frequency_filter`."""
        return spectra.frequency_filter(self._data, **options)

    def diffuse(self, time: float, **options: Any) -> pd.Series:
        """Let heat flow for a time: `tsconv.diffuse`."""
        return diffuse(self._data, time, **options)

    def convolve_random(self, kernel: Any, n_draws: int = 1, **options: Any) -> pd.DataFrame:
        """Convolve by chance: `tsconv.convolve_random`."""
        return convolve_random(self._data, kernel, n_draws, **options)  # type: ignore[no-any-return]

    def standardize(self, **options: Any) -> whitening.Standardized:
        """Make mean 0 and variance 1: `tsconv.standardize`."""
        return whitening.standardize(self._data, **options)

    def whiten(self, **options: Any) -> whitening.Whitened:
        """Take the memory out: `tsconv.whiten`."""
        return whitening.whiten(self._data, **options)

    def compress(self, **options: Any) -> spectra.Compressed:
        """Keep a few coefficients: `tsconv.compress`."""
        return spectra.compress(self._data, **options)


@pd.api.extensions.register_dataframe_accessor("tsconv")
class FrameAccessor:
    """tsconv's functions with the DataFrame as their data, column by column."""

    def __init__(self, frame: pd.DataFrame) -> None:
        for column, dtype in zip(frame.columns, frame.dtypes, strict=True):
            _check_numeric(dtype, f"column {column!r}")
        self._data = frame

    def __repr__(self) -> str:
        return _methods(self)

    def apply_bank(self, kernels: bank.KernelBank, **options: Any) -> pd.DataFrame:
        """Apply many kernels at once: `tsconv.KernelBank.apply`."""
        return kernels.apply(self._data, **options)

    def convolve(self, kernel: Kernel | TimeKernel | ArrayLike, **options: Any) -> pd.DataFrame:
        """Apply a kernel to each column: `tsconv.convolve`."""
        return convolve(self._data, kernel, **options)

    def acf(self, **options: Any) -> pd.DataFrame:
        """Autocorrelations of each column by lag: `tsconv.acf`."""
        return correlation.acf(self._data, **options)

    def frequency_filter(self, **options: Any) -> pd.DataFrame:
        """Keep a band of frequencies in each column: `tsconv.frequency_filter`."""
        return spectra.frequency_filter(self._data, **options)

    def standardize(self, **options: Any) -> whitening.Standardized:
        """Make mean 0 and variance 1 in each column: `tsconv.standardize`."""
        return whitening.standardize(self._data, **options)

    def decorrelate(self, **options: Any) -> whitening.Decorrelated:
        """Take the correlation between columns out: `tsconv.decorrelate`."""
        return whitening.decorrelate(self._data, **options)


def _methods(accessor: object) -> str:
    """Tell a reader what can be called."""
    names = [name for name in dir(accessor) if not name.startswith("_")]
    return f"<tsconv: {', '.join(f'.{name}()' for name in names)}>"


def _check_numeric(dtype: Any, what: str) -> None:
    if not pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype):
        raise AttributeError(
            f"the tsconv accessor needs numbers; {what} has dtype {dtype}."
            " Select numeric columns, or convert with pandas.to_numeric."
        )
