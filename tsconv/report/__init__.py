"""Reports: one HTML file with everything in it, that opens in a browser without a network.

`report_fit` shows a fitted model with its kernels, residuals, forecast and comparison;
`report_matches` what a search found, to be looked at and listened to. Both need the library plotly
(the extra ``html``), whose script each file carries.
"""

from tsconv.report.fit import report_fit
from tsconv.report.matches import report_matches

__all__ = ["report_fit", "report_matches"]
