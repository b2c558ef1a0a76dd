"""Many series in long form: fitted, forecast and evaluated at once, on threads or a cluster.

frames, times   a long frame taken apart: gaps, steps, seasons, labels
models          what is fitted to one series, and the record it leaves
run             all series on threads; a table
fit, result     `fit_panel`, `forecast_panel`, `PanelFit`
forecast        forecasts from the table
distribute      the same on Dask and Spark
"""

from tsconv.panel.fit import fit_panel, forecast_panel
from tsconv.panel.result import PanelFit
from tsconv.panel.storage import load_panel

__all__ = ["PanelFit", "fit_panel", "forecast_panel", "load_panel"]
