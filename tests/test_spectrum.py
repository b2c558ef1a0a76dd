"""Spectra: against sums of cosines, Parseval, the exact inverse, and the convolution theorem."""

from __future__ import annotations

import naive_spectrum as naive
import numpy as np
import pandas as pd
import pytest
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tsconv import Kernel, convolve, datasets, inverse_spectrum, spectrum

few = settings(max_examples=40)

ROUNDING = 1e-12  # of the largest value; transforms of some hundred samples lose three digits

series = hnp.arrays(
    np.float64,
    st.integers(1, 40),
    elements=st.floats(-1e3, 1e3, allow_subnormal=False),
)
INDEXES = {
    "days": lambda n: pd.date_range("2024-01-01", periods=n, freq="D", name="day"),
    "zoned": lambda n: pd.date_range("2024-03-30", periods=n, freq="h", tz="Europe/Berlin"),
    "months": lambda n: pd.date_range("2024-01-31", periods=n, freq="ME"),
    "periods": lambda n: pd.period_range("2024-01", periods=n, freq="Q"),
    "durations": lambda n: pd.timedelta_range("1s", periods=n, freq="20ms"),
    "years": lambda n: pd.Index(range(1700, 1700 + n), name="year"),
    "float": lambda n: pd.Index(np.arange(n) / 4),
    "range": lambda n: pd.RangeIndex(5, 5 + 3 * n, 3),
}


@pytest.mark.parametrize("n", [1, 2, 3, 8, 15])
def test_rows_are_those_of_the_definition(rng, n):
    """Amplitude, phase and power equal the transform written out."""
    x = rng.normal(size=n) + 1
    table = spectrum(x)
    amplitude, phase, power = np.array(naive.rows(x)).T
    np.testing.assert_allclose(table["power"], power, atol=ROUNDING)
    np.testing.assert_allclose(  # half a turn forwards and backwards are the same
        table["amplitude"] * np.exp(1j * table["phase"]),
        amplitude * np.exp(1j * phase),
        atol=ROUNDING,
    )
    np.testing.assert_allclose(
        naive.cosines(table["amplitude"], table["phase"], n), x, atol=ROUNDING
    )


@few
@given(series)
def test_power_adds_up_to_the_mean_square(x):
    """Parseval: the squares in time and in frequency are the same."""
    assert spectrum(x)["power"].sum() == pytest.approx(np.mean(x**2), rel=1e-12, abs=1e-200)


@few
@given(series, st.integers(0, 9), st.sampled_from(["boxcar", "hamming", ("tukey", 0.0)]))
def test_the_inverse_is_exact(x, extra, window):
    """Whatever the length, the padding and the window, the series comes back."""
    table = spectrum(x, n_fft=x.size + extra, window=window)
    back = inverse_spectrum(table)
    scale = max(np.max(np.abs(x)), 1e-300)
    np.testing.assert_allclose(back.to_numpy() / scale, x / scale, atol=2e-13)


@pytest.mark.parametrize("kind", INDEXES)
def test_the_inverse_comes_back_on_the_index(rng, kind):
    """Times, zones, names and calendar steps are restored with the values."""
    x = pd.Series(rng.normal(size=60), index=INDEXES[kind](60), name="level")
    pd.testing.assert_series_equal(inverse_spectrum(spectrum(x)), x, check_freq=False)


def test_the_inverse_refuses_what_is_lost(rng):
    """Averages, trends, dropped rows and windows with zeros cannot be undone."""
    x = rng.normal(size=32)
    with pytest.raises(ValueError, match="no inverse"):
        inverse_spectrum(spectrum(x, method="welch"))
    with pytest.raises(ValueError, match="without its trend"):
        inverse_spectrum(spectrum(x, detrend="line"))
    with pytest.raises(ValueError, match="all its 17 rows; got 16"):
        inverse_spectrum(spectrum(x).iloc[1:])
    with pytest.raises(ValueError, match="0 at position 0"):
        inverse_spectrum(spectrum(x, window="hann"))


@pytest.mark.parametrize("kind", ["days", "zoned", "months"])
def test_an_index_need_not_say_its_frequency(rng, kind):
    """Times read from a file have no frequency; the steps are found from the times."""
    index = INDEXES[kind](30)
    plain = pd.Series(rng.normal(size=30), index=pd.DatetimeIndex(list(index), name=index.name))
    table = spectrum(plain)
    assert table.attrs["unit"] == spectrum(pd.Series(0.0, index=index)).attrs["unit"]
    pd.testing.assert_series_equal(inverse_spectrum(table), plain, check_freq=False)


@pytest.mark.parametrize(
    ("kind", "unit", "nyquist"),
    [
        ("days", "cycles per day", 0.5),
        ("zoned", "cycles per day", 12.0),
        ("months", "cycles per year", 6.0),
        ("periods", "cycles per year", 2.0),
        ("durations", "Hz", 25.0),
        ("years", "cycles per sample", 0.5),
        ("float", "cycles per unit of the index", 2.0),
        ("range", "cycles per unit of the index", 1 / 6),
    ],
)
@pytest.mark.parametrize("resolution", ["s", "us", "ns"])
def test_frequency_is_in_the_indexs_unit(kind, unit, nyquist, resolution):
    """The unit follows from the steps of the index, whatever its resolution in memory."""
    index = INDEXES[kind](40)
    if kind in ("days", "zoned", "months") or (kind == "durations" and resolution != "s"):
        index = index.as_unit(resolution)
    table = spectrum(pd.Series(np.arange(40.0), index=index))
    assert table.attrs["unit"] == unit
    assert table.index.name == "frequency"
    assert table.index[-1] == pytest.approx(nyquist)


def test_a_year_is_seen_in_sunspots_and_sea_temperature():
    """Eleven years of sunspots; one year in monthly temperatures off Peru."""
    table = spectrum(datasets.load_sunspots(), detrend="mean")
    assert 1 / table["amplitude"].idxmax() == pytest.approx(11, abs=0.2)
    assert table.attrs["unit"] == "cycles per year"
    assert spectrum(datasets.load_elnino(), detrend="mean")["amplitude"].idxmax() == 1.0


def test_fs_and_attrs_give_hertz():
    """The rate is taken from `fs`, or from the attributes of a recording."""
    x = datasets.load_recording()
    assert spectrum(x).index[-1] == 8000.0
    table = spectrum(x.to_numpy()[:1000], fs=500)
    assert (table.attrs["unit"], table.index[-1]) == ("Hz", 250.0)


def test_welch_is_scipys(rng):
    """Power divided by the distance of frequencies is scipy's one-sided density."""
    x = rng.normal(size=1000)
    table = spectrum(x, fs=10, method="welch", segment=200, detrend="mean")
    freqs, density = scipy.signal.welch(x, 10, "hann", 200, detrend="constant")
    np.testing.assert_allclose(table.index, freqs)
    np.testing.assert_allclose(table["power"] * 200 / 10, density, rtol=1e-12)


@pytest.mark.parametrize("method", ["welch", "multitaper"])
def test_averages_find_the_noise_level(rng, method):
    """White noise of variance 4 has flat power that adds up to 4."""
    power = spectrum(2 * rng.normal(size=4000), method=method)["power"]
    assert power.sum() == pytest.approx(4, rel=0.1)
    halves = np.array_split(power.to_numpy()[1:-1], 2)
    assert halves[0].mean() == pytest.approx(halves[1].mean(), rel=0.15)


def test_multitaper_is_its_definition(rng):
    """Each taper's periodogram, weighed by how concentrated the taper is."""
    x = rng.normal(size=50)
    tapers, shares = scipy.signal.windows.dpss(50, 3.0, 5, return_ratios=True)
    expected = np.zeros(26)
    for taper, share in zip(tapers, shares, strict=True):
        transform = np.array(naive.fourier(x * taper))[:26]
        expected += share / shares.sum() * np.abs(transform) ** 2 / 50
    expected[1:-1] *= 2
    table = spectrum(x, method="multitaper", bandwidth=3.0)
    np.testing.assert_allclose(table["power"], expected, rtol=1e-9)
    assert spectrum(x, method="multitaper", n_fft=64)["power"].sum() == pytest.approx(
        spectrum(x, method="multitaper")["power"].sum()
    )


def test_a_window_keeps_the_height_of_a_wave():
    """A cosine between two frequencies loses less height under a window than without."""
    x = 3 * np.cos(2 * np.pi * 10.5 * np.arange(100) / 100)
    assert spectrum(x, window="flattop")["amplitude"].max() == pytest.approx(3, rel=0.01)
    assert spectrum(x)["amplitude"].max() < 2.1
    assert spectrum(x, window=np.ones(100)).equals(spectrum(x))


@pytest.mark.parametrize(
    ("x", "options", "message"),
    [
        ([1.0, np.nan, 2.0], {}, "first .missing. at position 1"),
        ([1.0, 2.0, np.inf], {}, "first .infinite. at position 2"),
        ([np.nan, 1.0, 2.0], {"missing": "interpolate"}, "Gaps at the ends"),
        ([], {}, "at least one sample"),
        ([1.0, 2.0], {"n_fft": 1}, "`n_fft` must be at least 2"),
        ([1.0, 2.0], {"method": "music"}, "`method` must be one of"),
        ([1.0, 2.0], {"window": [1.0]}, "2 weights, one a sample; got 1"),
        ([1.0, 2.0], {"window": [1.0, -1.0]}, "must not sum to zero"),
        ([1.0, 2.0], {"method": "welch", "segment": 3}, "must not be longer"),
        ([1.0, 2.0], {"method": "multitaper"}, "`bandwidth` must lie in"),
        ([1.0] * 20, {"method": "multitaper", "window": "hann"}, "has its own tapers"),
        ([1.0, 2.0], {"fs": -1}, "`fs` must be positive"),
    ],
)
def test_bad_input_is_refused(x, options, message):
    """Gaps, infinities and options that do not fit are named."""
    with pytest.raises(ValueError, match=message):
        spectrum(x, **options)


def test_complex_input_is_refused():
    """Only real series have a one-sided spectrum."""
    with pytest.raises(TypeError, match="must be real"):
        spectrum(np.array([1j, 2.0]))


@pytest.mark.parametrize(
    "index",
    [
        pd.DatetimeIndex(["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-05"]),
        pd.bdate_range("2024-01-01", periods=8)[2:6],
        pd.Index([0, 1, 2, 4]),
        pd.Index([3, 2, 1, 0]),
    ],
    ids=["gap", "business", "numbers", "falling"],
)
def test_an_irregular_index_is_refused(index):
    """The message says after which sample the step changes; `fs` counts samples all the same."""
    x = pd.Series([1.0, 2.0, 3.0, 4.0], index=index)
    with pytest.raises(ValueError, match=r"must be regular: the step after position \d"):
        spectrum(x)
    assert spectrum(x, fs=1.0).attrs["unit"] == "Hz"


def test_gaps_between_samples_are_bridged_on_request():
    """A straight line takes the place of what is missing."""
    x = pd.Series([1.0, np.nan, 3.0, 0.0])
    expected = spectrum(pd.Series([1.0, 2.0, 3.0, 0.0]))
    pd.testing.assert_frame_equal(spectrum(x, missing="interpolate"), expected)
    assert x.isna().sum() == 1


# ------------------------------------------------------------------ the convolution theorem


def product(x, taps, origin, length):
    """Multiply the spectra of both, padded to a length, and transform back."""
    kernel = np.zeros(length)
    np.add.at(kernel, (np.arange(len(taps)) - origin) % length, taps)
    return np.fft.irfft(np.fft.rfft(x, length) * np.fft.rfft(kernel), length)


@few
@given(series, hnp.arrays(np.float64, st.integers(1, 12), elements=st.floats(-9, 9)))
def test_product_of_spectra_is_convolution(x, taps):
    """On a circle as it stands; in zeros after padding; and both by the definition."""
    origin = (taps.size - 1) // 2
    kernel = Kernel(taps, origin=origin)
    bound = 1e-13 * (1 + np.sum(np.abs(taps)) * np.max(np.abs(x))) * 10
    around = convolve(x, kernel, boundary="wrap")
    np.testing.assert_allclose(naive.circular(x, taps, origin), around, atol=bound)
    np.testing.assert_allclose(product(x, taps, origin, x.size), around, atol=bound)
    padded = product(x, taps, origin, x.size + taps.size - 1)[: x.size]
    np.testing.assert_allclose(padded, convolve(x, kernel, boundary="zero"), atol=bound)


def test_overlap_save_is_the_same_product_in_blocks(rng):
    """Blocks that overlap by the kernel's length, their wrapped-around start thrown away."""
    x, taps = rng.normal(size=500), rng.normal(size=9)
    expected = convolve(x, Kernel(taps), boundary="zero", method="direct")
    block, kept = 64, 64 - 8
    extended = np.concatenate([np.zeros(8), x, np.zeros(block)])
    parts = [product(extended[k : k + block], taps, 0, block)[8:] for k in range(0, 500, kept)]
    np.testing.assert_allclose(np.concatenate(parts)[:500], expected, atol=1e-12)
    engine = convolve(x, Kernel(taps), boundary="zero", method="overlap")
    np.testing.assert_allclose(engine, expected, atol=1e-12)


def test_the_edges_differ_only_where_the_kernel_hangs_over(rng):
    """Wrap-around and zeros agree inside; at the edge the one sees the other end."""
    x, kernel = rng.normal(size=100), Kernel(np.ones(7) / 7, origin=3)
    around, zeros = (convolve(x, kernel, boundary=b) for b in ("wrap", "zero"))
    inside = convolve(x, kernel, boundary="missing")
    there = ~np.isnan(inside)
    assert there.sum() == 94
    np.testing.assert_allclose(around[there], zeros[there], atol=1e-14)
    assert np.abs(around - zeros)[~there].min() > 1e-6


def test_a_kernels_response_is_the_ratio_of_spectra(rng):
    """The spectrum of what wraps around is that of the series times `frequency_response`."""
    x, kernel = rng.normal(size=64), Kernel([0.2, 0.5, 0.3], origin=1)
    before, after = spectrum(x), spectrum(convolve(x, kernel, boundary="wrap"))
    response = kernel.frequency_response(before.index)
    np.testing.assert_allclose(after["amplitude"], before["amplitude"] * abs(response), atol=1e-14)
    turned = np.exp(1j * (after["phase"] - before["phase"] - np.angle(response)))
    np.testing.assert_allclose(turned[1:-1], 1.0, atol=1e-10)
