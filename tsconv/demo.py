"""The demonstration ``tsconv demo``: three things the package is for, on data that ship with it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from tsconv import datasets
from tsconv._tables import replacing
from tsconv.convolution import convolve
from tsconv.kernels import gaussian

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Say = Callable[[str], None]


def run_demo(folder: Path, say: Say) -> list[Path]:
    """Run the three parts, report through `say`, and draw PNG files into `folder`.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    say : callable
        Takes a line of text.

    Returns
    -------
    list of Path
        The pictures.
    """
    from matplotlib import pyplot as plt

    folder.mkdir(parents=True, exist_ok=True)
    say("tsconv: a linear time-series model is a kernel, and using it is a convolution.\n")
    pictures: list[Path] = []
    for number, (name, headline, part) in enumerate(_PARTS, 1):
        say(f"{number}. {headline}")
        figure = part(say)
        pictures.append(folder / name)
        with replacing(pictures[-1]) as path:
            figure.savefig(path, dpi=120)
        plt.close(figure)
        say(f"   picture: {pictures[-1]}\n")
    return pictures


def _smooth(say: Say) -> Figure:
    """Smooth weekly carbon dioxide over its gaps."""
    from tsconv.plot import plot_smoothing

    co2 = datasets.load_co2()
    year = gaussian("120D")
    trend = convolve(co2, year, missing="renormalize", boundary="renormalize")
    say(f"   convolve(co2, {year!r}, missing='renormalize', boundary='renormalize')")
    say(f"   {co2.size} weeks, {co2.isna().sum()} of them missing; {trend.isna().sum()} after")
    rise = (trend.iloc[-1] - trend.iloc[0]) / ((co2.index[-1] - co2.index[0]).days / 365.25)
    say(f"   from {trend.iloc[0]:.1f} to {trend.iloc[-1]:.1f} ppm: {rise:.2f} ppm a year")
    axes = plot_smoothing(co2, trend)
    axes.set_title("Weekly carbon dioxide at Mauna Loa, smoothed over its gaps")
    return axes.figure  # type: ignore[return-value]


def _model(say: Say) -> Figure:
    """Fit an ARIMA model and compare it with statsmodels number by number."""
    from tsconv.arima import fit_arima, from_statsmodels
    from tsconv.arima.pictures import plot_fit

    sunspots = datasets.load_sunspots()
    fit_arima(sunspots, (1, 0, 0))  # so that the time below is that of a fit, not of loading code
    start = time.perf_counter()
    fit = fit_arima(sunspots, (3, 0, 1))
    seconds = time.perf_counter() - start
    say(f"   noise -> data: {fit.coloring!r}")
    say(f"   data -> noise: {fit.whitening!r}")

    theirs, their_seconds = _fit_by_statsmodels(sunspots)
    say(f"   fitted in {seconds * 1e3:.1f} ms; statsmodels takes {their_seconds * 1e3:.0f} ms:")
    table = pd.DataFrame({"tsconv": fit.params, "statsmodels": theirs.params})
    table.loc["log-likelihood"] = [fit.loglike, theirs.llf]
    table["difference"] = table["tsconv"] - table["statsmodels"]
    say("\n".join(f"      {line}" for line in table.round(4).to_string().splitlines()))

    same = from_statsmodels(theirs)
    by_convolution = convolve(sunspots - same.params["const"], same.whitening).to_numpy()
    settled = slice(100, None)  # the recursion has forgotten how it began
    residuals = np.max(np.abs(by_convolution[settled] - np.asarray(theirs.resid)[settled]))
    ahead = same.forecast(11)["mean"].to_numpy() - np.asarray(theirs.forecast(11))
    say("   statsmodels' own model as a kernel, its numbers by convolution; largest difference in")
    say(f"      residuals {residuals:.1e}, forecasts {np.max(np.abs(ahead)):.1e}")
    return plot_fit(fit, steps=33).figure  # type: ignore[return-value]


def _fit_by_statsmodels(y: pd.Series) -> tuple[Any, float]:
    from statsmodels.tsa.arima.model import ARIMA

    start = time.perf_counter()
    return ARIMA(y.to_numpy(), order=(3, 0, 1)).fit(), time.perf_counter() - start


def _search(say: Say) -> Figure:
    """Find a spoilt snippet in a recording."""
    from tsconv.plot import plot_matches
    from tsconv.search import correlation_profile, find

    recording, snippet = datasets.load_recording(), datasets.load_snippet()
    fs = float(recording.attrs["fs"])
    matches = find(recording.to_numpy(), snippet.to_numpy(), fs=fs)
    say(f"   {snippet.size / fs:.1f} s, sought in {recording.size / fs:.0f} s at {fs / 1000:g} kHz")
    for _, match in matches.iterrows():
        say(
            f"   found at {match['time']:.4f} s: correlation {match['score']:.3f},"
            f" chance of one as high anywhere {match['p_value']:.1g}"
        )
    say(f"   it was cut at {snippet.attrs['offset'] / fs:.4f} s")
    scores = correlation_profile(recording.to_numpy(), snippet.to_numpy())
    return plot_matches(recording.to_numpy(), snippet.to_numpy(), matches, scores=scores, fs=fs)


_PARTS = (
    ("co2.png", "A moving average is a kernel: weekly carbon dioxide over its gaps", _smooth),
    ("kernel.png", "An ARIMA model is a kernel: yearly sunspots, ARIMA(3, 0, 1) with mean", _model),
    ("matches.png", "Finding a sound is convolving with it reversed: a spoilt snippet", _search),
)
