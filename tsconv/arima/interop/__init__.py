"""To and from statsmodels: models read in as kernels, fits handed over, both set side by side."""

from tsconv.arima.interop.comparing import compare
from tsconv.arima.interop.handing_over import to_statsmodels
from tsconv.arima.interop.reading import from_statsmodels

__all__ = ["compare", "from_statsmodels", "to_statsmodels"]
