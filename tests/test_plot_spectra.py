"""Pictures of spectra, bands, compressions, densities: data, scales, labels, the caller's axes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from tsconv import band_levels, compression_errors, propagator, spectrum
from tsconv.plot import plot_propagator
from tsconv.spectra.pictures import plot_bands, plot_compression, plot_spectrum


@pytest.fixture
def axes():
    """Return axes of the caller's own."""
    return Figure().add_subplot()


@pytest.fixture
def days(rng):
    """Return noise on a daily index."""
    return pd.Series(rng.normal(size=64), index=pd.date_range("2024-01-01", periods=64))


def test_spectrum_shows_the_column_asked_for(days, axes):
    """Amplitude by default, with its unit of frequency; power on a logarithmic scale."""
    table = spectrum(days)
    assert plot_spectrum(table, ax=axes, color="black") is axes
    assert axes.lines[0].get_ydata() == pytest.approx(table["amplitude"].to_numpy())
    assert axes.lines[0].get_color() == "black"
    assert axes.get_xlabel() == "frequency (cycles per day)"
    assert plot_spectrum(table, column="phase").get_ylabel() == "phase (radians)"
    power = plot_spectrum(spectrum(days, method="welch"))
    assert (power.get_yscale(), power.get_ylabel()) == ("log", "power")
    with pytest.raises(ValueError, match="`column` must be one of"):
        plot_spectrum(table, column="gain")


def test_what_is_zero_does_not_stretch_the_axis(days):
    """A mean taken out leaves rounding at frequency 0, thirty powers of ten below the rest."""
    table = spectrum(days, detrend="mean")
    axes = plot_spectrum(table, column="power")
    assert axes.get_ylim()[0] == pytest.approx(table["power"].iloc[1:].min() / 2)
    fainter = table.assign(power=table["power"] / 10)
    plot_spectrum(fainter, column="power", ax=axes)
    assert axes.get_ylim()[0] == pytest.approx(table["power"].iloc[1:].min() / 20)
    assert axes.get_ylim()[1] > table["power"].max()


def test_one_window_is_bars(axes):
    """A bar for each band, as high as its level; silence has none."""
    t = np.arange(8000) / 8000
    levels = band_levels(np.sin(2 * np.pi * 1000 * t), fs=8000)
    assert plot_bands(levels, ax=axes) is axes
    tops = [bar.get_y() + bar.get_height() for bar in axes.patches]
    assert len(tops) == levels.shape[1]
    assert max(tops) == pytest.approx(levels.loc[0.0].max())
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("band (Hz)", "level (dB)")
    plot_bands(band_levels(np.zeros(100), fs=100)).figure.canvas.draw()
    assert plot_bands(band_levels(np.ones(100), fs=100, scale="power")).get_ylabel() == "power"
    with pytest.raises(ValueError, match="at least one band"):
        plot_bands(levels.iloc[:0])


def test_many_windows_are_a_picture(axes, days):
    """Time runs to the right and bands upwards, on any index."""
    levels = band_levels(np.random.default_rng(0).normal(size=4000), fs=1000, window=500)
    plot_bands(levels, ax=axes)
    (mesh,) = axes.collections
    assert mesh.get_array().shape == levels.T.shape
    np.testing.assert_allclose(mesh.get_array(), levels.T)
    assert axes.get_xlabel() == "time (s)"
    plot_bands(band_levels(days, bands=[0.1, 0.2, 0.5], window="16D")).figure.canvas.draw()


def test_silence_is_dark(axes):
    """A stretch of zeros has no level; it is drawn like the faintest, not left white."""
    noise = np.random.default_rng(0).normal(size=4000)
    noise[1000:2000] = 0
    levels = band_levels(noise, fs=1000, window=500)
    silent = int(np.flatnonzero(np.isneginf(levels).all(axis=1))[0])
    mesh = plot_bands(levels, ax=axes).collections[0].get_array()
    assert not np.ma.getmaskarray(mesh).any()
    np.testing.assert_allclose(mesh[:, silent], levels.to_numpy()[np.isfinite(levels)].min())


def test_compression_draws_error_against_ratio(axes, days):
    """Both on logarithmic scales; a lossless end, which has no logarithm, is left out."""
    table = compression_errors(days)
    plot_compression(table, ax=axes, label="days")
    line = axes.lines[-1]
    assert line.get_xdata() == pytest.approx(table["ratio"].to_numpy()[:-1])
    assert line.get_ydata() == pytest.approx(table["error"].to_numpy()[:-1])
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")


def test_density_has_its_gaussian(axes):
    """Probabilities at their lags and the Gaussian of the same mean and spread."""
    density = propagator([1, 2, 1])
    assert plot_propagator(density, ax=axes) is axes
    curve = axes.lines[-1]
    assert curve.get_ydata() == pytest.approx(density.gaussian())
    assert axes.lines[-2].get_ydata() == pytest.approx([0.25, 0.5, 0.25])
    assert "mean 1, spread 0.707" in axes.get_title()


def test_density_leaves_empty_tails_out(axes):
    """Applied many times, a kernel has many lags of no probability; the rest fills the picture."""
    density = propagator([5, 1, 1, 0.5]).iterate(32)
    shown = plot_propagator(density, ax=axes).lines[-2]
    assert 20 < shown.get_xdata().size < 60 < density.kernel.taps.size
    assert shown.get_ydata().sum() == pytest.approx(1, abs=0.005)
