"""Filters by frequency: what is kept, what adds up, where the edges lie; designed kernels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tsconv import convolve, design_filter, frequency_filter

few = settings(max_examples=40)

series = hnp.arrays(np.float64, st.integers(2, 60), elements=st.floats(-100, 100))
cuts = st.floats(0.0, 0.5)
boundaries = pytest.mark.parametrize("boundary", ["reflect", "wrap", "zero"])


@pytest.fixture
def waves():
    """Return days with waves of 90, 30 and 7 days."""
    days = pd.date_range("2023-01-01", periods=630, freq="D")
    t = np.arange(630)
    parts = {p: np.cos(2 * np.pi * (t + 0.5) / p) for p in (90, 30, 7)}
    return pd.DataFrame(parts, index=days)


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ({"high": "1/60D"}, [90]),
        ({"high": "60D"}, [90]),
        ({"high": pd.Timedelta("60D")}, [90]),
        ({"low": 1 / 60}, [30, 7]),
        ({"low": "60D", "high": "14D"}, [30]),
        ({"low": "14D", "high": "60D"}, [90, 7]),
        ({"high": "1e-6Hz"}, [90, 30]),
    ],
)
@pytest.mark.parametrize("boundary", ["reflect", "wrap"])
def test_what_lies_in_the_band_is_kept(waves, options, kept, boundary):
    """Cut-offs as rates, periods, numbers and hertz; bands and their complement."""
    total = waves.sum(axis=1).rename("sum")
    result = frequency_filter(total, boundary=boundary, **options)
    pd.testing.assert_series_equal(result, waves[kept].sum(axis=1).rename("sum"), atol=1e-9)


def test_tables_are_filtered_column_by_column(waves):
    """A DataFrame keeps its index and columns."""
    result = frequency_filter(waves, high="60D")
    expected = waves * [1.0, 0.0, 0.0]
    pd.testing.assert_frame_equal(result, expected, atol=1e-9)
    np.testing.assert_allclose(frequency_filter(waves.to_numpy(), high=1 / 60), expected, atol=1e-9)


@boundaries
@few
@given(x=series, cut=cuts, edge=st.floats(0.01, 0.5))
def test_low_and_high_pass_add_up(boundary, x, cut, edge):
    """What one smooth edge lets through, the other keeps back."""
    both = [
        frequency_filter(x, **{side: cut}, edge=edge, boundary=boundary) for side in ("low", "high")
    ]
    np.testing.assert_allclose(sum(both), x, atol=1e-11)


@pytest.mark.parametrize("boundary", ["reflect", "wrap"])
@few
@given(x=series, a=cuts, b=cuts)
def test_the_ideal_mask_is_a_projection(boundary, x, a, b):
    """Twice is once, nothing grows, and the band and its complement share nothing else."""
    low, high = sorted((a, b))
    if high - low < 1e-9:
        high = low + 1e-3
    high = min(high, 0.5)
    low = min(low, high - 1e-4)
    options = {"low": max(low, 0.0), "high": high, "boundary": boundary}
    once = frequency_filter(x, **options)
    np.testing.assert_allclose(frequency_filter(once, **options), once, atol=1e-11)
    assert np.sum(once**2) <= np.sum(x**2) * (1 + 1e-12) + 1e-12


def test_a_smooth_edge_is_half_a_cosine():
    """The weight is 1/2 at the cut-off, 1 and 0 half a width to its sides."""
    impulse = np.zeros(1000)
    impulse[0] = 1.0
    y = frequency_filter(impulse, high=0.2, edge=0.1, boundary="wrap")
    weights = np.fft.rfft(y).real
    freqs = np.arange(501) / 1000
    inside = np.abs(freqs - 0.2) <= 0.05
    np.testing.assert_allclose(weights[freqs < 0.15], 1.0, atol=1e-12)
    np.testing.assert_allclose(weights[freqs > 0.25], 0.0, atol=1e-12)
    expected = np.cos(np.pi / 2 * (freqs[inside] - 0.15) / 0.1) ** 2
    np.testing.assert_allclose(weights[inside], expected, atol=1e-12)


def test_a_smooth_edge_rings_less():
    """Around a step the ideal mask overshoots by 9 % of its height (Gibbs), a smooth one hardly."""
    step = np.repeat([0.0, 1.0], 500)
    ideal = frequency_filter(step, high=0.05)
    smooth = frequency_filter(step, high=0.05, edge=0.1)
    assert ideal.max() - 1 == pytest.approx(0.0895, abs=0.01)
    assert smooth.max() - 1 < 0.01


@boundaries
def test_a_filter_is_a_convolution(rng, boundary):
    """The convolution theorem: the mask's transform is the kernel, with the same boundary."""
    x = rng.normal(size=101)
    long = np.zeros(2001)
    long[1000] = 1.0
    taps = frequency_filter(long, high=0.2, edge=0.3, boundary="wrap")
    from tsconv import Kernel

    expected = convolve(x, Kernel(taps[800:1201], origin=200), boundary=boundary)
    got = frequency_filter(x, high=0.2, edge=0.3, boundary=boundary)
    # The kernel is as long as the series; what is cut off, or sampled more coarsely, is 1e-6.
    np.testing.assert_allclose(got, expected, atol=2e-5)


def test_gaps_and_indexes():
    """Gaps are refused with their place, or bridged; the caller's data stay as they are."""
    x = pd.Series([1.0, np.nan, 3.0, 4.0])
    with pytest.raises(ValueError, match=r"first \(missing\) at position 1"):
        frequency_filter(x, high=0.25)
    bridged = frequency_filter(x, high=0.25, missing="interpolate")
    expected = frequency_filter(pd.Series([1.0, 2.0, 3.0, 4.0]), high=0.25)
    pd.testing.assert_series_equal(bridged, expected)
    with pytest.raises(ValueError, match=r"position \(1, 0\)"):
        frequency_filter(x.to_frame(), high=0.25)
    irregular = pd.Series(1.0, index=pd.DatetimeIndex(["2024-01-01", "2024-01-02", "2024-01-04"]))
    with pytest.raises(ValueError, match="must be regular"):
        frequency_filter(irregular, high=0.25)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "at least one of `low` and `high`"),
        ({"high": 0.6}, "must not exceed half the sampling rate, 0.5 cycles per sample"),
        ({"low": -0.1}, "at least 0; got -0.1"),
        ({"low": np.nan}, "at least 0; got nan"),
        ({"high": "7D"}, "no fixed distance in time"),
        ({"high": "5Hz"}, "no fixed distance in time"),
        ({"high": "weekly"}, "such as '1/7D', '50Hz'"),
        ({"low": 0.1, "high": 0.1}, "`low` and `high` must differ"),
        ({"high": 0.1, "edge": 0.7}, "`edge` must not exceed"),
        ({"high": 0.1, "boundary": "missing"}, "`boundary` must be one of"),
    ],
)
def test_bad_cutoffs_are_refused(options, message):
    """Above Nyquist, negative, without unit, misspelt."""
    with pytest.raises(ValueError, match=message):
        frequency_filter([1.0, 2.0, 3.0], **options)


def test_a_cutoff_that_is_no_frequency():
    """A list is neither a number nor a time."""
    with pytest.raises(TypeError, match="`high` must be a frequency"):
        frequency_filter([1.0, 2.0], high=[0.1])


def test_units_of_hertz():
    """Millihertz, hertz, kilohertz and megahertz mean what they say."""
    from tsconv.spectra.frequency import Sampling

    rate = Sampling(4e6, "Hz", pd.Timedelta("1s"))
    spelt = {"5mHz": 0.005, "50Hz": 50, "2kHz": 2000, "1.5MHz": 1.5e6, "3/2s": 1.5}
    assert {text: rate.frequency(text, "f") for text in spelt} == pytest.approx(spelt)


# ------------------------------------------------------------------ designed kernels


@pytest.mark.parametrize(
    ("method", "name", "options"),
    [
        ("butterworth", "butter", {}),
        ("chebyshev1", "cheby1", {"rp": 0.5}),
        ("chebyshev2", "cheby2", {"rs": 60}),
        ("elliptic", "ellip", {"rp": 0.5, "rs": 60}),
        ("bessel", "bessel", {}),
    ],
)
@pytest.mark.parametrize(
    ("cuts", "btype"),
    [
        ({"high": 10}, "lowpass"),
        ({"low": 10}, "highpass"),
        ({"low": 5, "high": 20}, "bandpass"),
        ({"low": 20, "high": 5}, "bandstop"),
    ],
)
def test_recursive_designs_are_scipys(rng, method, name, options, cuts, btype):
    """The kernel does to a series what scipy's second-order sections do."""
    kernel = design_filter(**cuts, fs=100, method=method, order=5)
    wn = sorted(cuts.values()) if len(cuts) == 2 else next(iter(cuts.values()))
    sos = scipy.signal.iirfilter(
        5, wn, btype=btype, ftype=name, fs=100, output="sos", **({"rp": None, "rs": None} | options)
    )
    x = rng.normal(size=300)
    np.testing.assert_allclose(
        convolve(x, kernel, boundary="zero"), scipy.signal.sosfilt(sos, x), atol=1e-10
    )
    assert kernel.is_stable


def test_a_high_order_keeps_its_digits():
    """Order 20 at a low cut-off is stable and flat in sections, where (b, a) would explode."""
    kernel = design_filter(high=0.01, order=20)
    assert kernel.is_stable
    assert kernel.gain([0.0, 0.005]) == pytest.approx([1.0, 1.0], abs=1e-6)
    assert kernel.gain(0.02) < 1e-5


def test_finite_designs_shift_nothing():
    """A windowed sinc is symmetric about lag 0, with half the gain at the cut-off."""
    kernel = design_filter(high="7D", interval="1D", method="fir", n_taps=61)
    assert kernel.origin == 30
    np.testing.assert_array_equal(kernel.taps, kernel.taps[::-1])
    assert kernel.gain([0.0, 1 / 7]) == pytest.approx([1.0, 0.5], abs=2e-3)
    assert design_filter(low="7D", high="3D", interval="1D", method="fir").taps.size % 2 == 1
    high = design_filter(low=0.2, method="fir", n_taps=31)
    assert high.gain([0.0, 0.5]) == pytest.approx([0.0, 1.0], abs=2e-3)


def test_intervals_and_rates_agree():
    """Cut-offs by time between samples, by rate in hertz, and in cycles per sample."""
    by_interval = design_filter(high="1s", interval="100ms")
    assert by_interval == design_filter(high=1.0, fs=10)
    assert by_interval == design_filter(high=0.1)
    assert design_filter(high=2.0, interval="1h") == design_filter(high="12h", interval="1h")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"high": 60, "fs": 100}, "must not exceed half the sampling rate, 50 Hz"),
        ({"high": 50, "fs": 100}, "both excluded; got 50"),
        ({"low": 0, "fs": 100}, "both excluded; got 0"),
        ({"high": 0.1, "method": "brickwall"}, "`method` must be one of"),
        ({"high": 0.1, "method": "fir", "n_taps": 20}, "must be odd"),
        ({"high": 0.1, "n_taps": 21}, 'goes with method="fir"'),
        ({"high": 0.1, "fs": 1, "interval": "1s"}, "`fs` or `interval`, not both"),
        ({}, "at least one of"),
        ({"high": 0.1, "order": 0}, "`order` must be at least 1"),
    ],
)
def test_bad_designs_are_refused(options, message):
    """Cut-offs at or beyond the ends, even lengths, options of the other kind."""
    with pytest.raises(ValueError, match=message):
        design_filter(**options)


def test_an_interval_is_a_duration():
    """A number of samples is no time."""
    with pytest.raises(TypeError, match="`interval` must be a duration"):
        design_filter(high=0.1, interval=3)
