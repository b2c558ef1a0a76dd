"""Widths given as times: what counts as one, and the taps on a regular grid."""

import pickle
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsconv.kernel import Kernel
from tsconv.kernels import exponential, gaussian, moving_average
from tsconv.time_kernel import as_width

NINETY_MINUTES = [
    "90min",
    "1h30min",
    "0 days 01:30:00",
    timedelta(minutes=90),
    np.timedelta64(90, "m"),
    np.timedelta64(5400, "s"),
    pd.Timedelta("90min"),
    pd.Timedelta("90min").as_unit("s"),
    pd.offsets.Minute(90),
    pd.tseries.frequencies.to_offset("90min"),
]


@pytest.mark.parametrize("value", NINETY_MINUTES, ids=repr)
def test_durations_of_every_kind_are_the_same(value):
    """Text, and the durations of Python, numpy and pandas, in any unit."""
    width = as_width(value, "width")
    assert isinstance(width, pd.Timedelta)
    assert width == pd.Timedelta(minutes=90)
    assert gaussian(value) == gaussian("90min")


@pytest.mark.parametrize("value", [pd.offsets.Day(7), timedelta(weeks=1), "7D", "1W", "168h"])
def test_days_are_24_hours(value):
    """Also in pandas 3, where an offset of days is a calendar offset."""
    assert as_width(value, "width") == pd.Timedelta(hours=168)
    assert moving_average(value).resolve("1D") == moving_average(7)


@pytest.mark.parametrize("value", [7, 7.5, np.int64(7), np.float32(1), None, [1]])
def test_numbers_are_no_durations(value):
    """They are samples, or somebody else's mistake."""
    assert as_width(value, "width") is None


@pytest.mark.parametrize(
    "value",
    [
        "1ME",
        "1M",
        "1Y",
        "2QE",
        "month",
        pd.offsets.MonthEnd(),
        pd.offsets.MonthBegin(2),
        pd.offsets.QuarterEnd(),
        pd.offsets.YearEnd(),
        pd.offsets.BusinessDay(3),
        pd.DateOffset(months=1),
        np.timedelta64(1, "M"),
        np.timedelta64(2, "Y"),
    ],
    ids=repr,
)
def test_calendar_widths_are_refused_with_a_hint(value):
    """A month has no fixed length: days or samples have."""
    for make in (moving_average, gaussian):
        with pytest.raises(ValueError, match=r"Months, quarters and years.*'30D'.*samples"):
            make(value)
    with pytest.raises(ValueError, match=r"`halflife` must be.*Months"):
        exponential(halflife=value)


@pytest.mark.parametrize("value", ["3", "2.5", "1e3", "abc", "10 parsecs"])
def test_text_without_a_unit_is_refused(value):
    """Pandas takes "3" for three nanoseconds; nobody means that."""
    with pytest.raises(ValueError, match="`std` must be a number of samples or a duration such"):
        gaussian(value)


@pytest.mark.parametrize(
    "value", ["0s", "-1h", "NaT", "", timedelta(0), np.timedelta64("NaT"), "nan"]
)
def test_durations_are_positive(value):
    """Neither zero nor negative nor missing."""
    with pytest.raises(ValueError, match="`width` must be"):
        moving_average(value)


@pytest.mark.parametrize("value", ["1e40 days", timedelta.max * 1, "200000000 days"])
def test_durations_beyond_pandas_are_refused_or_kept(value):
    """Where pandas cannot hold it, the message is ours."""
    try:
        assert as_width(value, "width") > pd.Timedelta(0)
    except ValueError as error:
        assert "`width` must be a number of samples or a duration" in str(error)  # noqa: PT017


# ---------------------------------------------------------------------- on a regular grid


@given(st.integers(1, 400), st.sampled_from(["1s", "7min", "1h", "1D", "1ms", "44100ns"]))
@settings(deadline=None)
def test_a_window_of_n_intervals_is_one_of_n_samples(n, interval):
    """Centred and trailing: the same kernel, taps and origin, odd or even."""
    step = pd.Timedelta(interval)
    for centered in (True, False):
        kernel = moving_average(n * step, centered=centered).resolve(interval)
        assert kernel == moving_average(n, centered=centered)


@given(st.floats(0.01, 50), st.sampled_from(["1s", "7min", "1h"]))
@settings(deadline=None)
def test_half_lives_in_time_and_in_samples_agree(halflife, interval):
    """To the nanosecond that a duration is rounded to."""
    duration = pd.Timedelta(round(halflife * pd.Timedelta(interval).value), unit="ns")
    ratio = duration / pd.Timedelta(interval)
    in_time = exponential(halflife=duration).resolve(interval)
    in_samples = exponential(halflife=ratio)
    np.testing.assert_allclose(in_time.numerator, in_samples.numerator, rtol=1e-12)
    np.testing.assert_allclose(in_time.denominator[1:], in_samples.denominator[1:], rtol=1e-9)


@pytest.mark.parametrize("std", [0.5, 1.0, 1.5, 2.25, 10.0])
def test_bells_in_time_and_in_samples_agree(std):
    """Where 4 std are a whole number of samples, or scipy's rounding goes down."""
    kernel = gaussian(std * pd.Timedelta("1h")).resolve("1h")
    np.testing.assert_allclose(kernel.taps, gaussian(std).taps, rtol=1e-13)
    assert kernel.origin == gaussian(std).origin


def test_bells_in_time_end_where_they_say():
    """At 4 x 84 min = 5.6 h: five samples a side; in samples scipy rounds up to six."""
    kernel = gaussian("84min").resolve("1h")
    assert kernel.origin == 5
    assert gaussian(1.4).origin == 6
    # What the sixth would have weighed, and its mirror image, is spread over the others.
    np.testing.assert_allclose(kernel.taps, gaussian(1.4).taps[1:-1], rtol=3e-4)


@pytest.mark.parametrize(
    ("width", "centered", "lags"),
    [
        ("36h", True, [0]),
        ("36h", False, [0, 1]),
        ("2D", True, [0, 1]),
        ("2D", False, [0, 1]),
        ("60h", True, [-1, 0, 1]),
        ("1h", True, [0]),
        ("1h", False, [0]),
        ("4D", True, [-1, 0, 1, 2]),
    ],
)
def test_the_window_is_open_on_one_side(width, centered, lags):
    """Centred: (-width/2, width/2]. Trailing: [0, width)."""
    kernel = moving_average(width, centered=centered).resolve("1D")
    assert kernel.lags.tolist() == lags
    np.testing.assert_allclose(kernel.taps, 1 / len(lags))


@pytest.mark.parametrize("width", ["36h", "2D", "60h", "7D", "1h", "168h"])
def test_trailing_windows_equal_pandas_rolling(width):
    """The same as pandas' window in time, closed on the right, on daily data."""
    x = pd.Series(
        np.random.default_rng(2).normal(size=30),
        index=pd.date_range("2024-01-01", periods=30, freq="D"),
    )
    kernel = moving_average(width, centered=False).resolve("1D")
    expected = x.rolling(width).mean().to_numpy()[kernel.taps.size - 1 :]
    actual = np.convolve(x.to_numpy(), kernel.taps, mode="valid")
    np.testing.assert_allclose(actual, expected, rtol=1e-12, atol=1e-14)


@given(st.integers(1, 10**7), st.integers(1, 10**5), st.sampled_from(["ms", "us", "s"]))
@settings(deadline=None)
def test_resolved_kernels_are_means_inside_the_reach(width, interval, unit):
    """Weights sum to one and reach no further than they may, whatever the two durations."""
    duration, step = pd.Timedelta(width, unit=unit), pd.Timedelta(interval, unit=unit)
    if duration > 1000 * step:
        step = duration / 1000
    for kernel in (moving_average(duration), gaussian(duration)):
        taken = kernel.resolve(step)
        assert np.sum(taken.taps) == pytest.approx(1.0, rel=1e-12, abs=0)
        reach = kernel.reach[1] * (duration / step)
        assert np.max(np.abs(taken.lags)) <= reach * (1 + 1e-9)
        # One more sample would lie outside.
        assert taken.lags[-1] + 1 > reach * (1 - 1e-9)


def test_rounding_at_the_edge_does_not_lose_a_sample():
    """0.3 s at 0.1 s are three steps, though 0.3 / 0.1 is 2.9999999999999996."""
    assert moving_average("300ms", centered=False).resolve("100ms").taps.size == 3
    assert moving_average("600ms").resolve("100ms").taps.size == 6
    assert gaussian("0.3s", truncate=1.0).resolve("0.1s").taps.size == 7


@pytest.mark.parametrize(
    "interval", [timedelta(hours=1), "1h", pd.offsets.Hour(), np.timedelta64(1, "h")]
)
def test_intervals_are_durations_of_every_kind(interval):
    """As widths."""
    assert gaussian("90min").resolve(interval) == gaussian("90min").resolve("60min")


def test_bad_intervals_are_refused():
    """A number has no unit, a month no length."""
    kernel = gaussian("90min")
    with pytest.raises(TypeError, match="`interval` must be a duration such as '1h'; got 3600"):
        kernel.resolve(3600)
    with pytest.raises(ValueError, match=r"`interval` must be.*Months"):
        kernel.resolve(pd.offsets.MonthBegin())
    with pytest.raises(ValueError, match="`interval` must be positive"):
        kernel.resolve("0s")


def test_a_very_coarse_grid_leaves_the_sample_itself():
    """An interval of a day for smoothing over minutes."""
    for kernel in (moving_average("5min"), gaussian("5min"), exponential(halflife="1min")):
        assert kernel.resolve("1D") == Kernel([1])


# ---------------------------------------------------------------------- the object


def test_profiles_weigh_by_the_lag_in_widths():
    """What an irregular index is weighed by: one everywhere, a bell, halving with each width."""
    lags = np.array([0.0, 0.5, 1.0, 2.0])
    np.testing.assert_array_equal(moving_average("1h").profile(lags), 1)
    np.testing.assert_allclose(gaussian("1h").profile(lags), np.exp(-(lags**2) / 2))
    np.testing.assert_allclose(exponential(halflife="1h").profile(lags), 0.5**lags)


def test_repr_names_the_width():
    """As one would write it."""
    assert repr(gaussian("90min")) == "gaussian('90min')"
    assert repr(moving_average("7D")) == "moving_average('7D')"
    trailing = moving_average("7D", centered=False)
    assert repr(trailing) == "moving_average('7D', centered=False)"
    assert repr(exponential(halflife="2h")) == "exponential(halflife='2h')"


@pytest.mark.parametrize(
    "text", ["1D", "25h", "90min", "1s", "250ms", "7us", "1ns", "86400000000001ns"]
)
def test_repr_gives_the_width_back(text):
    """Whatever the unit, what is printed is the same duration."""
    assert eval(repr(gaussian(text)), {"gaussian": gaussian}) == gaussian(text)


def test_what_needs_taps_says_how_to_get_them():
    """Arithmetic and pictures need an interval; the message says where it goes."""
    for combine in (
        lambda: moving_average("7D") * Kernel([1, -1]),
        lambda: Kernel([1, -1]) * moving_average("7D"),
        lambda: 1 - moving_average("7D"),
        lambda: 100 * moving_average("7D"),
    ):
        with pytest.raises(TypeError, match=r"sampling interval first: \.resolve"):
            combine()
    with pytest.raises(AttributeError, match=r"give the interval, \.resolve\('1D'\)\.plot"):
        moving_average("7D").plot()
    with pytest.raises(AttributeError, match=r"no attribute 'smooth'\.$"):
        moving_average("7D").smooth()


def test_which_ends_are_open():
    """Centred windows at the newest sample, trailing ones at the oldest, bells nowhere."""
    centred, trailing = moving_average("7D"), moving_average("7D", centered=False)
    assert (centred.open_start, centred.open_end) == (True, False)
    assert (trailing.open_start, trailing.open_end) == (False, True)
    assert (gaussian("7D").open_start, gaussian("7D").open_end) == (False, False)


def test_time_kernels_do_not_change_and_can_be_compared():
    """Frozen, hashable, picklable."""
    kernel = gaussian("90min")
    with pytest.raises(AttributeError, match="cannot assign"):
        kernel.width = pd.Timedelta("1h")
    assert pickle.loads(pickle.dumps(kernel)) == kernel == gaussian(timedelta(minutes=90))
    assert hash(kernel) == hash(gaussian("90min"))
    assert kernel != gaussian("91min")
