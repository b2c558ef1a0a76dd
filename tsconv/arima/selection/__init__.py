"""Orders chosen from the data: tests for differences, a search over models, what was tried."""

from tsconv.arima.selection.choose import Selection, select_arrays

__all__ = ["Selection", "select_arrays"]
