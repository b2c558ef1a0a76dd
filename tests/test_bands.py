"""Bands: the standard's centres and edges, powers that add up, tones where they belong, time."""

from __future__ import annotations

import naive_spectrum as naive
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsconv import band_levels, datasets
from tsconv.spectra.bands import standard_bands

few = settings(max_examples=40)

OCTAVES = [31.5, 63, 125, 250, 500, 1000, 2000, 4000, 8000, 16000]
THIRDS = [
    *(25, 31.5, 40, 50, 63, 80, 100, 125, 160, 200, 250, 315, 400, 500, 630, 800),
    *(1000, 1250, 1600, 2000, 2500, 3150, 4000, 5000, 6300, 8000, 10000, 12500, 16000, 20000),
]


@pytest.mark.parametrize(
    ("kind", "names", "limits"),
    [("octave", OCTAVES, (22, 22_500)), ("third-octave", THIRDS, (22, 22_500))],
)
def test_published_nominal_frequencies(kind, names, limits):
    """The centres everybody knows (IEC 61260-1:2014, annex E; ISO 266)."""
    assert standard_bands(kind, *limits).names.tolist() == names


def test_published_exact_frequencies():
    """Exact centres and edges to the printed digits (IEC 61260-1:2014, table of annex E)."""
    octave = standard_bands("octave", 700, 1500)
    assert octave.low[0] == pytest.approx(707.95, abs=0.005)
    assert octave.high[0] == pytest.approx(1412.54, abs=0.005)
    third = standard_bands("third-octave", 100, 180)
    assert np.sqrt(third.low * third.high) == pytest.approx([125.89, 158.49], abs=0.005)
    assert third.low == pytest.approx([112.20, 141.25], abs=0.005)


@pytest.mark.parametrize("kind", ["octave", "third-octave"])
def test_bands_touch_and_repeat_each_decade(kind):
    """No frequency is left out or counted twice; names repeat in each decade or three."""
    bands = standard_bands(kind, 1e-4, 1e4)
    np.testing.assert_allclose(bands.low[1:], bands.high[:-1], rtol=1e-13)
    factor = {"octave": 1000, "third-octave": 10}[kind]  # ten octaves are three decades
    np.testing.assert_allclose(bands.names[10:], factor * bands.names[:-10], rtol=1e-12)


@few
@given(
    st.lists(st.floats(-10, 10), min_size=3, max_size=24),
    st.lists(st.floats(0.01, 0.49), min_size=1, max_size=4, unique=True),
)
def test_bands_add_up_to_the_mean_square(x, inner):
    """Edges from 0 to half the sampling rate leave nothing out, wherever they cut a bin."""
    edges = [0.0, *sorted(inner), 0.5]
    power = band_levels(x, bands=edges, scale="power").iloc[0]
    bound = 1e-12 * (1 + np.mean(np.square(x)))
    assert power.sum() == pytest.approx(np.mean(np.square(x)), abs=bound)
    for value, low, high in zip(power, edges, edges[1:], strict=False):
        assert value == pytest.approx(naive.band_power(x, low, high, 1.0), abs=bound)


@pytest.mark.parametrize("bands", ["octave", "third-octave"])
@pytest.mark.parametrize("frequency", [50.0, 125.0, 1000.0, 3150.0])
def test_a_tone_shows_in_its_band(bands, frequency):
    """A tone of root mean square 1 has 0 dB in the band around it and little elsewhere."""
    t = np.arange(16_000) / 16_000
    tone = np.sqrt(2) * np.sin(2 * np.pi * frequency * t)
    levels = band_levels(tone, fs=16_000, bands=bands).loc[0.0]
    assert levels.max() == pytest.approx(0, abs=1e-6)
    nearest = levels.index[np.argmin(np.abs(np.log(levels.index / frequency)))]
    assert levels.idxmax() == nearest
    assert levels.drop(nearest).max() < -100


def test_reference_and_decibels():
    """Ten times the amplitude is 20 dB, against any reference; silence is minus infinity."""
    t = np.arange(8000) / 8000
    tone = 10 * np.sqrt(2) * np.sin(2 * np.pi * 1000 * t)
    assert band_levels(tone, fs=8000).loc[0.0, 1000] == pytest.approx(20, abs=1e-6)
    assert band_levels(tone, fs=8000, reference=2e-5).loc[0.0, 1000] == pytest.approx(
        20 * np.log10(10 / 2e-5), abs=1e-6
    )
    assert (band_levels(np.zeros(100), fs=100) == -np.inf).all(axis=None)


def test_over_time_a_tone_moves_up():
    """A table of time and band follows a tone that doubles its frequency half way."""
    fs = 8000
    t = np.arange(fs) / fs
    x = np.where(t < 0.5, np.sin(2 * np.pi * 500 * t), np.sin(2 * np.pi * 2000 * t))
    levels = band_levels(x, fs=fs, window=800, step=400)
    assert levels.index.name == "time"
    assert levels.index.tolist() == pytest.approx(np.arange(19) * 0.05)
    assert (levels.loc[:0.39].idxmax(axis=1) == 500).all()
    assert (levels.loc[0.5:].idxmax(axis=1) == 2000).all()
    # A Hann window of unit mean square keeps the power of a steady tone.
    assert levels.loc[0.05, 500] == pytest.approx(10 * np.log10(0.5), abs=0.01)


def test_windows_are_durations_on_a_time_index():
    """A month of hours in windows of a day; rows are labelled by the times they start at."""
    hours = pd.date_range("2024-01-01", periods=24 * 30, freq="h")
    x = pd.Series(np.sin(2 * np.pi * np.arange(720) / 12), index=hours)
    levels = band_levels(x, bands=[1, 3, 12], window="2D", step="1D", scale="power")
    assert levels.index.equals(hours[: 29 * 24 : 24])
    assert levels.attrs["unit"] == "cycles per day"
    assert levels[2.0].to_numpy() == pytest.approx(0.5, abs=1e-12)


def test_many_windows_at_a_time_equal_few(monkeypatch, rng):
    """Windows are taken in groups that fit the cache; the group's size does not matter."""
    x = rng.normal(size=3000)
    expected = band_levels(x, fs=100, window=100, step=7)
    monkeypatch.setattr("tsconv.spectra.bands._AT_ONCE", 450)
    pd.testing.assert_frame_equal(band_levels(x, fs=100, window=100, step=7), expected)


def test_filters_agree_with_the_spectrum():
    """The standard's filters (PyOctaveBand) give the same levels for noise, to a few tenths."""
    pytest.importorskip("pyoctaveband")
    x = np.random.default_rng(3).normal(size=32_000)
    spectral = band_levels(x, fs=16_000)
    filtered = band_levels(x, fs=16_000, method="filters")
    assert list(filtered.columns) == list(spectral.columns)
    apart = (filtered - spectral).loc[0.0, 250:4000].abs()
    assert apart.max() < 0.3
    table = band_levels(x, fs=16_000, method="filters", window=4000, bands="third-octave")
    assert table.loc[:, 500:5000].notna().all(axis=None)
    with pytest.raises(ValueError, match="octave and third-octave bands only"):
        band_levels(x, fs=16_000, method="filters", bands=[10, 100])
    with pytest.raises(ValueError, match="whole sampling rate in Hz"):
        band_levels(x, method="filters")


def test_filters_need_their_extra(monkeypatch):
    """Without PyOctaveBand the message says what to install."""
    monkeypatch.setitem(__import__("sys").modules, "pyoctaveband", None)
    with pytest.raises(ImportError, match=r"tsconvolve\[bands\]"):
        band_levels(np.ones(100), fs=100, method="filters")


def test_the_recording_has_its_bars():
    """Real samples: levels of the recording's strings are finite in every octave."""
    x = datasets.load_recording().iloc[:32_000]
    assert np.isfinite(band_levels(x)).all(axis=None)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bands": [1, 60]}, "must not exceed half the sampling rate, 50 Hz"),
        ({"bands": [10, 5]}, "two or more rising edges"),
        ({"bands": [10]}, "two or more rising edges"),
        ({"bands": "half-octave"}, "`bands` must be one of"),
        ({"window": 101}, "must not be longer than `x`"),
        ({"window": 1}, "at least two samples"),
        ({"window": 2}, "too short for any octave band"),
        ({"window": "2h"}, "must not be longer"),
        ({"step": 0, "window": 50}, "`step` must be at least 1"),
        ({"scale": "dB"}, "`scale` must be one of"),
        ({"reference": 0}, "`reference` must be positive"),
    ],
)
def test_bad_input_is_refused(options, message):
    """Edges above Nyquist, windows that do not fit, unknown names."""
    with pytest.raises(ValueError, match=message):
        band_levels(np.ones(100), fs=100, **options)


def test_durations_need_times():
    """Samples without a rate have no seconds."""
    with pytest.raises(ValueError, match="number of samples where there are no times"):
        band_levels(np.ones(100), window="1s")
