"""Many series in long form: fitted, forecast and evaluated at once, on threads or a cluster.

frames, times   a long frame taken apart: gaps, steps, seasons, labels
models          what is fitted to one series, and the record it leaves
run             all series on threads; a table
fit, result     `fit_panel`, `forecast_panel`, `PanelFit`
forecast        forecasts from the table
distribute      the same on Dask and Spark
"""

from tsconv.panel.distribute import fit_frames, forecast_frames, gather
from tsconv.panel.evaluate import PanelEvaluation, evaluate_panel
from tsconv.panel.fit import fit_panel, forecast_panel
from tsconv.panel.result import PanelFit
from tsconv.panel.storage import load_panel

__all__ = [
    "PanelEvaluation",
    "PanelFit",
    "evaluate_panel",
    "fit_frames",
    "fit_panel",
    "forecast_frames",
    "forecast_panel",
    "gather",
    "load_panel",
]
