"""Correlations over lags as tables, and autoregressions on plain arrays beneath them."""

from tsconv.correlation.functions import acf, autocovariance, cross_correlation, pacf

__all__ = ["acf", "autocovariance", "cross_correlation", "pacf"]
