"""Draw the picture of the README: three series, three kernels, three convolutions.

python docs/images/make_idea.py [FILE]
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

import tsconv as tc
from tsconv.plot import BLUE, GREY, ORANGE


def draw() -> Any:
    """Return the figure: a row for each use, from left to right data, kernel, result."""
    figure = Figure(figsize=(10, 6), layout="constrained")
    grid = figure.subplots(3, 3, width_ratios=(5, 2, 5))
    for column, title in enumerate(("a series", "convolved with a kernel", "gives an answer")):
        grid[0, column].set_title(title, fontsize="large", fontweight="bold", pad=12)

    co2 = tc.datasets.load_co2()["1959":"1966"]
    bell = tc.gaussian("60D").resolve("7D")
    curve = tc.convolve(co2, tc.gaussian("60D"), missing="renormalize", boundary="renormalize")
    _row(grid[0], (co2.index, co2), "weekly CO2, with gaps (ppm)", "a bell", "a smooth curve", ".")
    _stems(grid[0, 1], bell.lags, bell.taps)
    grid[0, 2].plot(curve.index, curve, color=BLUE, linewidth=2)

    nile = tc.datasets.load_nile()
    fit = tc.fit_arima(nile, (0, 1, 1))
    _row(
        grid[1],
        (nile.index, nile),
        "yearly flow of the Nile (1e8 m3)",
        "an ARIMA model",
        "white noise",
    )
    _stems(grid[1, 1], range(12), fit.whitening.impulse_response(12))
    grid[1, 2].plot(fit.residuals.index, fit.residuals, color=BLUE)

    recording, snippet = tc.datasets.load_recording(), tc.datasets.load_snippet()
    scores = tc.correlation_profile(recording.to_numpy(), snippet.to_numpy())
    seconds = np.arange(recording.size)[::40] / 16_000
    _row(
        grid[2], (seconds, recording[::40]), "a minute of sound", "a sound, reversed", "where it is"
    )
    grid[2, 1].plot(
        np.arange(600) / 16, snippet.to_numpy()[20_600:20_000:-1], color=ORANGE, linewidth=0.8
    )
    grid[2, 1].set_xlabel("milliseconds")
    peaks = np.abs(scores[: scores.size // 400 * 400]).reshape(-1, 400).max(axis=1)
    grid[2, 2].plot(np.arange(peaks.size) / 40, peaks, color=BLUE)
    for axes in (grid[2, 0], grid[2, 2]):
        axes.set_xlabel("seconds")
    for axes in (grid[0, 1], grid[1, 1]):
        axes.set_xlabel("lag")
    return figure


def _row(panels: Any, data: Any, name: str, kernel: str, result: str, style: str = "-") -> None:
    """Draw the data of a row in grey, and name its panels inside them."""
    panels[0].plot(*data, style, color=GREY, markersize=2, linewidth=0.8)
    for axes, text in zip(panels, (name, kernel, result), strict=True):
        axes.set_xlabel(" ")
        axes.annotate(
            text,
            (0.02, 0.97),
            xycoords="axes fraction",
            va="top",
        )
        axes.margins(y=0.3)
        axes.tick_params(labelsize="small")
    panels[1].set_yticks([])


def _stems(axes: Any, lags: Any, weights: Any) -> None:
    axes.axhline(0, color=GREY, linewidth=0.8)
    size = 3 if len(lags) < 20 else 1.5
    axes.vlines(lags, 0, weights, color=ORANGE, linewidth=size / 2.5)
    axes.plot(lags, weights, "o", color=ORANGE, markersize=size)


if __name__ == "__main__":
    here = Path(__file__).parent / "idea.png"
    draw().savefig(sys.argv[1] if len(sys.argv) > 1 else here, dpi=110)
