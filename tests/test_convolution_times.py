"""Kernels whose width is a time, on regular and irregular indexes."""

from __future__ import annotations

import math

import naive_convolution as naive
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsconv import convolve, exponential, gaussian, moving_average
from tsconv.convolution import irregular as irregular_means

SECOND = pd.Timedelta("1s")


def irregular(rng, n=60, unit="min", start="2024-03-30 12:00", tz=None):
    """Return a Series at uneven whole minutes, with ties and a long pause in the middle."""
    steps = rng.integers(1, 90, size=n)
    steps[[n // 6, n // 6 + 1, n // 3]] = 0
    steps[n // 2] = 2000
    index = pd.Timestamp(start) + pd.to_timedelta(np.cumsum(steps), unit=unit)
    index = pd.DatetimeIndex(index)
    return pd.Series(
        rng.normal(size=n), index if tz is None else index.tz_localize("UTC").tz_convert(tz)
    )


def seconds(index):
    """Whole seconds since the first sample, from the timestamps themselves."""
    return [(time - index[0]) // SECOND for time in index]


def bell(width):
    """Weight of a Gaussian with a standard deviation of `width` seconds."""
    return lambda lag: math.exp(-0.5 * (lag / width) ** 2)


def constant(lag):
    """Weight one at every lag."""
    return 1.0


# Regular indexes


def test_gaussian_on_a_regular_index_has_taps(rng):
    """90 minutes on a half-hourly index are a standard deviation of three samples."""
    x = pd.Series(rng.normal(size=60), pd.date_range("2024-01-01", periods=60, freq="30min"))
    pd.testing.assert_series_equal(convolve(x, gaussian("90min")), convolve(x, gaussian(3.0)))


@pytest.mark.parametrize("boundary", naive.EXTENSIONS)
def test_regular_index_knows_every_boundary(boundary, rng):
    """A week on a daily index is seven samples, whatever lies beyond the ends."""
    x = pd.Series(rng.normal(size=30), pd.date_range("2024-01-01", periods=30, freq="D"))
    got = convolve(x, moving_average("7D"), boundary=boundary)
    pd.testing.assert_series_equal(got, convolve(x, moving_average(7), boundary=boundary))


@pytest.mark.parametrize("engine", ["direct", "fft", "overlap"])
def test_regular_index_knows_every_engine(engine, rng):
    """Resolved to taps, a time kernel is like any other."""
    x = pd.Series(rng.normal(size=300), pd.timedelta_range(0, periods=300, freq="10ms"))
    got = convolve(x, gaussian("100ms"), method=engine)
    pd.testing.assert_series_equal(got, convolve(x, gaussian(10.0)), rtol=0, atol=1e-13)


def test_weekly_index_is_regular(rng):
    """Weeks have a fixed length, although pandas does not call them ticks."""
    x = pd.Series(rng.normal(size=30), pd.date_range("2024-01-01", periods=30, freq="W-SAT"))
    got = convolve(x, moving_average("21D"), boundary="reflect")
    pd.testing.assert_series_equal(got, convolve(x, moving_average(3), boundary="reflect"))


def test_daily_frequency_across_a_clock_change_is_regular(rng):
    """A day counts as 24 hours, also the one that has 23."""
    index = pd.date_range("2024-03-25", periods=14, freq="D", tz="Europe/Berlin")
    x = pd.Series(rng.normal(size=14), index)
    got = convolve(x, moving_average("3D"))
    pd.testing.assert_series_equal(got, convolve(x, moving_average(3)))


def test_hours_across_a_clock_change_are_regular(rng):
    """Without a frequency too, hours are told apart by true time, not by the clock on the wall."""
    index = pd.date_range("2024-10-26 20:00", periods=24, freq="h", tz="Europe/Berlin")
    x = pd.Series(rng.normal(size=24), pd.DatetimeIndex(list(index)))
    assert x.index.freq is None
    got = convolve(x, moving_average("3h"))
    np.testing.assert_array_equal(got, convolve(x.to_numpy(), moving_average(3)))


def test_periods_are_regular(rng):
    """A PeriodIndex of days counts days."""
    x = pd.Series(rng.normal(size=20), pd.period_range("2024-01-01", periods=20, freq="D"))
    pd.testing.assert_series_equal(
        convolve(x, moving_average("5D")), convolve(x, moving_average(5))
    )


def test_periods_with_holes_count_true_time():
    """A missing day is a day: it does not bring its neighbours together."""
    index = pd.PeriodIndex(["2024-01-01", "2024-01-02", "2024-01-09", "2024-01-10"], freq="D")
    y = convolve(pd.Series([1.0, 3, 5, 7], index), moving_average("3D"), boundary="renormalize")
    np.testing.assert_allclose(y, [2, 2, 6, 6])


@pytest.mark.parametrize("halflife", ["2h", "20min"])
def test_exponential_on_a_regular_index_is_a_mean_from_the_start(halflife, rng):
    """As on an irregular one, and as pandas' ewm with times."""
    x = pd.Series(rng.normal(size=50), pd.date_range("2024-01-01", periods=50, freq="30min"))
    expected = x.ewm(halflife=halflife, times=x.index).mean()
    got = convolve(x, exponential(halflife=halflife))
    pd.testing.assert_series_equal(got, expected, rtol=0, atol=1e-12)


def test_single_sample_has_itself():
    """One sample is no grid, but its own mean; nothing surrounds it."""
    x = pd.Series([5.0], pd.to_datetime(["2024-01-01"]))
    assert convolve(x, gaussian("1h"), boundary="renormalize").iloc[0] == 5.0
    assert convolve(x, exponential(halflife="1h")).iloc[0] == 5.0
    assert np.isnan(convolve(x, gaussian("1h")).iloc[0])


# Irregular indexes


@pytest.mark.parametrize("tz", [None, "Europe/Berlin"])
@pytest.mark.parametrize("missing", ["propagate", "renormalize"])
@pytest.mark.parametrize("boundary", ["missing", "renormalize"])
def test_gaussian_at_true_times(tz, missing, boundary, rng):
    """`gaussian("90min")` with gaps, ties, pauses and a clock change inside: explicit loops."""
    x = irregular(rng, tz=tz)
    x.iloc[[3, 20, 21, 22, 50]] = np.nan
    times = seconds(x.index)
    assert len(set(times)) < len(times)  # ties
    got = convolve(x, gaussian("90min"), boundary=boundary, missing=missing)
    width = 90 * 60
    expected = naive.window_means(
        times,
        x.to_numpy(),
        bell(width),
        lambda lag: abs(lag) <= 4 * width,
        skip_gaps=missing == "renormalize",
    )
    if boundary == "missing":
        expected = [
            value if 4 * width <= t <= times[-1] - 4 * width else np.nan
            for t, value in zip(times, expected, strict=True)
        ]
    np.testing.assert_allclose(got, expected, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("missing", ["propagate", "renormalize"])
@pytest.mark.parametrize("centered", [True, False])
@pytest.mark.parametrize("share", [None, 0.7])
def test_moving_average_at_true_times(centered, missing, share, rng):
    """Half-open windows: lags in (-w/2, w/2], or in [0, w) behind; ends to the second."""
    if missing == "propagate":
        share = None
    x = irregular(rng)
    x.iloc[[5, 30, 31]] = np.nan
    width = 180 * 60
    inside = (
        (lambda lag: -width / 2 < lag <= width / 2) if centered else (lambda lag: 0 <= lag < width)
    )
    expected = naive.window_means(
        seconds(x.index),
        x.to_numpy(),
        constant,
        inside,
        skip_gaps=missing == "renormalize",
        share=share or 0.0,
    )
    kernel = moving_average("3h", centered=centered)
    options = {"boundary": "renormalize", "missing": missing, "min_weight": share}
    np.testing.assert_allclose(convolve(x, kernel, **options), expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("missing", ["propagate", "renormalize"])
@pytest.mark.parametrize("share", [None, 0.7])
def test_exponential_at_true_times(missing, share, rng):
    """Past and present, halving every two hours; ties count alike."""
    x = irregular(rng)
    x.iloc[[25, 26, 40]] = np.nan
    options = {"missing": missing}
    if share is not None:
        options |= {"boundary": "renormalize", "min_weight": share}
    got = convolve(x, exponential(halflife="2h"), **options)
    expected = naive.window_means(
        seconds(x.index),
        x.to_numpy(),
        lambda lag: 2.0 ** (-lag / 7200) if lag >= 0 else 0.0,
        lambda lag: lag >= 0,
        skip_gaps=missing == "renormalize",
        share=share or 0.0,
    )
    np.testing.assert_allclose(got, expected, rtol=1e-11, atol=1e-12)


def test_equals_pandas_rolling_trailing(rng):
    """A trailing time window of pandas, times without ties."""
    x = irregular(rng)
    x = x[~x.index.duplicated()]
    expected = x.rolling("4h").mean()
    got = convolve(x, moving_average("4h", centered=False), boundary="renormalize")
    pd.testing.assert_series_equal(got, expected, rtol=0, atol=1e-12)


def test_equals_pandas_rolling_centred(rng):
    """A centred one, closed on the same side."""
    x = irregular(rng)
    x = x[~x.index.duplicated()]
    expected = x.rolling("4h", center=True, closed="left").mean()
    got = convolve(x, moving_average("4h"), boundary="renormalize")
    pd.testing.assert_series_equal(got, expected, rtol=0, atol=1e-12)


def test_equals_pandas_ewm_with_times(rng):
    """Exponential weights at true times, over gaps."""
    x = irregular(rng)
    x = x[~x.index.duplicated()]
    x.iloc[[10, 11, 12]] = np.nan
    expected = x.ewm(halflife="3h", times=x.index).mean()
    got = convolve(x, exponential(halflife="3h"), missing="renormalize")
    pd.testing.assert_series_equal(got, expected, rtol=0, atol=1e-12)


def test_true_times_go_on_across_a_clock_change():
    """Two hours on the wall may be one hour: the window knows."""
    index = pd.DatetimeIndex(
        ["2024-03-31 01:30", "2024-03-31 03:30", "2024-03-31 04:40"], tz="Europe/Berlin"
    )
    y = convolve(
        pd.Series([0.0, 1.0, 5.0], index), moving_average("150min"), boundary="renormalize"
    )
    np.testing.assert_allclose(y, [0.5, 2.0, 3.0])


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_resolution_of_the_index_does_not_matter(unit, rng):
    """Seconds to nanoseconds (pandas 3 prefers microseconds): one answer."""
    x = irregular(rng)
    y = x.set_axis(x.index.as_unit(unit))
    for kernel in (gaussian("90min"), moving_average("2h"), exponential(halflife="1h")):
        got = convolve(y, kernel, boundary="renormalize")
        expected = convolve(x, kernel, boundary="renormalize")
        np.testing.assert_array_equal(got.to_numpy(), expected.to_numpy())


@pytest.mark.parametrize("unit", ["s", "us", "ns"])
def test_spans_of_centuries(unit):
    """More than the 292 years that a difference of nanoseconds can hold."""
    index = pd.DatetimeIndex(["1690-01-01", "1690-01-02", "1800-05-05", "2200-01-01"])
    x = pd.Series([1.0, 3.0, 5.0, 7.0], index.as_unit(unit))
    y = convolve(x, moving_average("10D"), boundary="renormalize")
    np.testing.assert_array_equal(y, [2, 2, 5, 7])


def test_timedelta_index_is_a_time_index(rng):
    """Times since the start do as well as dates."""
    x = irregular(rng)
    y = x.set_axis(pd.TimedeltaIndex(x.index - x.index[0]))
    got = convolve(y, gaussian("90min"), boundary="renormalize")
    np.testing.assert_array_equal(got, convolve(x, gaussian("90min"), boundary="renormalize"))


def test_frame_and_complex_at_true_times(rng):
    """Columns, and real and imaginary parts, one by one."""
    x = irregular(rng)
    frame = pd.DataFrame({"a": x.to_numpy(), "b": rng.normal(size=60)}, index=x.index)
    joined = frame["a"] + 1j * frame["b"]
    for kernel in (gaussian("90min"), exponential(halflife="1h"), moving_average("1h")):
        got = convolve(frame, kernel, boundary="renormalize")
        both = convolve(joined, kernel, boundary="renormalize")
        for name, part in (("a", np.real), ("b", np.imag)):
            alone = convolve(frame[name], kernel, boundary="renormalize")
            pd.testing.assert_series_equal(got[name], alone, rtol=1e-14)
            np.testing.assert_allclose(part(both.to_numpy()), alone, rtol=1e-14)


def test_interpolate_at_true_times():
    """Gaps are filled along time before the window is laid over them."""
    index = pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-05", "2024-01-06"])
    x = pd.Series([1.0, np.nan, 5.0, 6.0], index)
    y = convolve(x, moving_average("1D"), boundary="renormalize", missing="interpolate")
    np.testing.assert_allclose(y, [1, 2, 5, 6])


@pytest.mark.parametrize(
    "kernel", [gaussian("1h"), moving_average("1h"), exponential(halflife="1h")]
)
@pytest.mark.parametrize("missing", ["propagate", "renormalize", "interpolate"])
def test_empty_and_columnless_irregular(kernel, missing):
    """Nothing in, nothing out."""
    empty = pd.Series([], pd.DatetimeIndex([]), dtype=float)
    assert len(convolve(empty, kernel, missing=missing)) == 0
    index = pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-05"])
    assert convolve(pd.DataFrame(index=index), kernel, missing=missing).shape == (3, 0)


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.sampled_from(["1min", "5min", "1h"]))
def test_windows_of_any_times(seed, n, width):
    """Whole minutes put samples exactly on window ends: each is counted where it belongs."""
    rng = np.random.default_rng(seed)
    minutes = np.sort(rng.integers(0, 200, size=n))
    x = pd.Series(rng.normal(size=n), pd.Timestamp("2024-01-01") + pd.to_timedelta(minutes, "min"))
    w = pd.Timedelta(width) / pd.Timedelta("1min")
    got = _irregular_mean(x, moving_average(width))
    expected = naive.window_means(
        minutes.tolist(), x.to_numpy(), constant, lambda lag: -w / 2 < lag <= w / 2
    )
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-13)


def _irregular_mean(x, kernel):
    return convolve(x, kernel, boundary="renormalize").to_numpy()


def test_time_kernel_on_a_regular_grid_equals_true_times(rng):
    """Inside, the taps of a regular grid and the loop over true times are one thing."""
    index = pd.date_range("2024-01-01", periods=100, freq="10min")
    x = pd.Series(rng.normal(size=100), index)
    y = pd.concat([x, pd.Series([0.0], [index[-1] + pd.Timedelta("30D")])])
    for kernel in (gaussian("25min"), moving_average("1h"), exponential(halflife="15min")):
        regular = convolve(x, kernel, boundary="renormalize")
        irregular = convolve(y, kernel, boundary="renormalize")[:-1]
        pd.testing.assert_series_equal(irregular, regular, rtol=1e-11, check_freq=False)


# Infinite, huge, many


@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_bad_value_spreads_no_further_than_the_window(value, rng):
    """Only the windows that contain the sample are touched."""
    x = irregular(rng)
    clean = convolve(x, moving_average("2h"), boundary="renormalize")
    x.iloc[20] = value
    y = convolve(x, moving_average("2h"), boundary="renormalize")
    lag = x.index - x.index[20]
    touched = (lag > pd.Timedelta("-1h")) & (lag <= pd.Timedelta("1h"))
    assert touched.sum() < 10
    np.testing.assert_array_equal(~np.isfinite(y), touched)
    np.testing.assert_array_equal(y[~touched], clean[~touched])


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_bad_value_stays_in_an_exponential_mean(value, rng):
    """As in a recursion: from its place on, also after a pause of a thousand half-lives."""
    x = irregular(rng)
    clean = convolve(x, exponential(halflife="1min"))
    x.iloc[20] = value
    y = convolve(x, exponential(halflife="1min"))
    before = x.index < x.index[20]
    np.testing.assert_array_equal(y[before], clean[before])
    np.testing.assert_array_equal(y[~before], value)


def test_opposite_infinities_give_missing_at_true_times():
    """+inf and -inf have no mean."""
    index = pd.to_datetime([0, 60, 150], unit="s")
    y = convolve(pd.Series([np.inf, -np.inf, 1.0], index), exponential(halflife="1s"))
    np.testing.assert_array_equal(y, [np.inf, np.nan, np.nan])


def test_huge_value_spoils_only_its_windows_at_true_times(rng):
    """1e17 costs no digit of windows that do not contain it."""
    x = irregular(rng)
    clean = convolve(x, gaussian("20min"), boundary="renormalize")
    x.iloc[20] = 1e17
    y = convolve(x, gaussian("20min"), boundary="renormalize")
    far = np.abs(x.index - x.index[20]) > pd.Timedelta("80min")
    np.testing.assert_array_equal(y[far], clean[far])


def test_huge_value_fades_from_an_exponential_mean():
    """After two hundred half-lives nothing is left of 1e17, not even rounding."""
    index = pd.to_datetime([0, 200, 201, 202], unit="s")
    y = convolve(pd.Series([1e17, 1.0, 2.0, 3.0], index), exponential(halflife="1s"))
    weights = [[1], [1, 2], [1, 2, 4]]
    expected = [np.average([1.0, 2.0, 3.0][: len(w)], weights=w) for w in weights]
    np.testing.assert_allclose(y.iloc[1:], expected, rtol=1e-15)


def test_exponential_mean_of_values_near_the_largest_number():
    """Weights decay, they never grow: nothing overflows."""
    index = pd.to_datetime([0, 100, 250, 290], unit="s")
    y = convolve(pd.Series([1e307] * 4, index), exponential(halflife="1s"))
    np.testing.assert_allclose(y, 1e307, rtol=1e-14)


def test_gap_of_many_half_lives_keeps_the_mean():
    """Five hundred half-lives into a gap the mean is still that of what was there."""
    index = pd.to_datetime([0, 1, 500, 501], unit="s")
    x = pd.Series([4.0, 7.0, np.nan, np.nan], index)
    y = convolve(x, exponential(halflife="1s"), missing="renormalize")
    np.testing.assert_allclose(y, [4, 6, 6, 6], rtol=1e-13)


def test_work_is_done_in_parts_of_bounded_size(rng, monkeypatch):
    """However the pairs of output and sample are cut into parts, the sums are the same."""
    x = pd.DataFrame(rng.normal(size=(60, 3)), irregular(rng).index)
    whole = convolve(x, gaussian("90min"), boundary="renormalize")
    for pairs in (1, 50, 700):
        monkeypatch.setattr(irregular_means, "_PAIRS", pairs)
        pd.testing.assert_frame_equal(
            convolve(x, gaussian("90min"), boundary="renormalize"), whole, rtol=1e-14
        )


# Errors


@pytest.mark.parametrize("boundary", ["zero", "reflect", "mirror", "nearest", "wrap"])
def test_irregular_index_knows_two_boundaries(boundary, rng):
    """Nothing lies beyond the ends at a known time."""
    with pytest.raises(ValueError, match=rf"on an irregular index `boundary` must.*'{boundary}'"):
        convolve(irregular(rng), gaussian("1h"), boundary=boundary)


@pytest.mark.parametrize(
    "index",
    [
        pd.date_range("2024-01-31", periods=6, freq="ME"),
        pd.date_range("2024-01-31", periods=6, freq="ME", tz="Europe/Berlin"),
        pd.date_range("2024-01-01", periods=6, freq="MS"),
        pd.date_range("2024-01-31", periods=6, freq="BME"),
        pd.date_range("2024-01-01", periods=6, freq="QS"),
        pd.date_range("2024-12-31", periods=6, freq="YE"),
        pd.period_range("2024-01", periods=6, freq="M"),
        pd.period_range("2024", periods=6, freq="Y"),
    ],
    ids=lambda index: f"{type(index).__name__}-{index.freqstr}",
)
@pytest.mark.parametrize("declared", [True, False])
def test_months_are_refused_with_a_hint(index, declared):
    """Month ends, quarters, years, declared or not: samples instead of a time."""
    if not declared and isinstance(index, pd.DatetimeIndex):
        index = pd.DatetimeIndex(list(index))
        assert index.freq is None
    x = pd.Series(np.arange(6.0), index)
    with pytest.raises(ValueError, match=r"months, quarters and years differ.*in samples instead"):
        convolve(x, moving_average("90D"))


@pytest.mark.parametrize("ends", [["2024-01-31", "2024-02-29", "2024-05-31", "2024-07-31"]])
def test_months_with_holes_are_recognised(ends):
    """Also where some months are missing."""
    with pytest.raises(ValueError, match="the samples are ends of months"):
        convolve(pd.Series(np.arange(4.0), pd.to_datetime(ends)), gaussian("30D"))


def test_first_working_days_are_recognised():
    """1 June 2024 was a Saturday: the month's first working day was the 3rd."""
    index = pd.DatetimeIndex(list(pd.date_range("2024-04-01", periods=6, freq="BMS")))
    with pytest.raises(ValueError, match="the samples are starts of months"):
        convolve(pd.Series(np.arange(6.0), index), gaussian("30D"))


def test_uneven_days_far_apart_are_no_months():
    """Samples a month or more apart on any day are weighed by their true times."""
    index = pd.to_datetime(["2024-01-03", "2024-02-10", "2024-03-20", "2024-06-01"])
    y = convolve(pd.Series([1.0, 2, 4, 8], index), moving_average("80D"), boundary="renormalize")
    np.testing.assert_allclose(y, [1.5, 7 / 3, 3, 8])


def test_months_take_widths_in_samples(rng):
    """The way out that the message names."""
    x = pd.Series(rng.normal(size=24), pd.date_range("2024-01-31", periods=24, freq="ME"))
    assert convolve(x, moving_average(3)).notna().sum() == 22


@pytest.mark.parametrize(
    ("x", "kind"),
    [
        (np.ones(5), "an array"),
        (pd.Series(np.ones(5)), "RangeIndex of int64"),
        (pd.Series(np.ones(2), ["a", "b"]), "Index of (str|object)"),
    ],
)
def test_times_need_a_time_index(x, kind):
    """An index without times is named, with two ways out."""
    with pytest.raises(TypeError, match=rf"needs a DatetimeIndex or Timed.*; got {kind}\. Try to"):
        convolve(x, gaussian("1h"))


def test_missing_times_are_refused():
    """A sample at no time has no place."""
    index = pd.DatetimeIndex(["2024-01-01", None, "2024-01-03"])
    with pytest.raises(ValueError, match=r"no missing times \(NaT\); drop those rows"):
        convolve(pd.Series([1.0, 2, 3], index), gaussian("1D"))


@pytest.mark.parametrize("freq", [None, "given"])
def test_unsorted_times_are_refused(freq):
    """So is a descending index, whether or not it has a frequency."""
    index = pd.date_range("2024-01-01", periods=4, freq="D")[::-1]
    if freq is None:
        index = pd.DatetimeIndex(list(index))
    with pytest.raises(ValueError, match=r"must be sorted; try `x\.sort_index\(\)`"):
        convolve(pd.Series(np.arange(4.0), index), gaussian("1D"))


def test_missing_times_do_not_hinder_widths_in_samples():
    """By position, any index will do."""
    index = pd.DatetimeIndex(["2024-01-02", None, "2024-01-01"])
    y = convolve(pd.Series([1.0, np.nan, 3.0], index), moving_average(3), missing="interpolate")
    assert y.iloc[1] == pytest.approx(2.0)
