"""Missing and infinite values, and very large ones: what they touch, and what they must not."""

from __future__ import annotations

import naive_convolution as naive
import numpy as np
import pandas as pd
import pytest
import scipy.ndimage
from hypothesis import given
from hypothesis import strategies as st

from tsconv import (
    Kernel,
    ar,
    arma,
    binomial,
    convolve,
    difference,
    exponential,
    gaussian,
    moving_average,
    weighted,
)

ENGINES = ["auto", "direct", "fft", "overlap"]
RECURSIVE_ENGINES = [*ENGINES, "recursive"]
BOUNDARIES = ["missing", "renormalize", *naive.EXTENSIONS]
EPS = np.finfo(float).eps


# Missing values propagate exactly as far as the kernel reaches


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("dimensions", [1, 2])
def test_one_gap_touches_one_kernel_length(engine, dimensions, rng):
    """One NaN in 20,000 points and 2,001 taps: exactly 2,001 outputs, whatever the engine."""
    x = rng.normal(size=20_000)
    x[7_000] = np.nan
    x = x if dimensions == 1 else x[:, None]
    kernel = Kernel(np.hanning(2003)[1:-1], origin=1000)
    y = convolve(x, kernel, boundary="zero", method=engine)
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(y)), np.arange(6_000, 8_001))


def test_one_gap_touches_one_box_length(rng):
    """The engine for equal taps is no exception."""
    x = rng.normal(size=20_000)
    x[7_000] = np.nan
    y = convolve(x, moving_average(2001), boundary="zero", method="box")
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(y)), np.arange(6_000, 8_001))


@pytest.mark.parametrize("engine", ENGINES)
def test_gap_leaves_other_outputs_alone(engine, rng):
    """Outside its reach a gap changes nothing beyond rounding."""
    x = rng.normal(size=5000)
    kernel = gaussian(30.0)
    complete = convolve(x, kernel, boundary="reflect", method=engine)
    x[2000] = np.nan
    y = convolve(x, kernel, boundary="reflect", method=engine)
    untouched = ~np.isnan(y)
    assert untouched.sum() == 5000 - kernel.taps.size
    np.testing.assert_allclose(y[untouched], complete[untouched], rtol=0, atol=1e-13)


@pytest.mark.parametrize("engine", ENGINES)
def test_zero_weights_touch_nothing(engine, rng):
    """A seasonal difference meets a gap twice, twelve samples apart."""
    x = rng.normal(size=300)
    x[100] = np.nan
    y = convolve(x, difference(period=12), boundary="zero", method=engine)
    assert np.flatnonzero(np.isnan(y)).tolist() == [100, 112]


@pytest.mark.parametrize("engine", ENGINES)
def test_zero_weights_do_not_hang_over(engine):
    """Zeros around the taps neither shorten the result nor meet gaps."""
    y = convolve([1.0, np.nan, 3.0], Kernel([0.0, 1.0, 0.0], origin=1), method=engine)
    np.testing.assert_array_equal(y, [1.0, np.nan, 3.0])


@pytest.mark.parametrize("engine", ENGINES)
def test_gaps_stay_in_their_column(engine, rng):
    """Columns do not know of each other's gaps."""
    x = rng.normal(size=(1000, 3))
    x[500, 1] = np.nan
    y = convolve(x, gaussian(20.0), boundary="reflect", method=engine)
    assert np.isnan(y).any(axis=0).tolist() == [False, True, False]


@pytest.mark.parametrize("engine", RECURSIVE_ENGINES)
def test_gap_stays_in_a_recursion(engine, rng):
    """A recursion never forgets a gap, even where its weight has shrunk below any number."""
    x = rng.normal(size=4000)
    x[10] = np.nan
    y = convolve(x, ar([0.3]), boundary="zero", method=engine)
    assert np.flatnonzero(np.isnan(y)).tolist() == list(range(10, 4000))


@pytest.mark.parametrize("engine", RECURSIVE_ENGINES)
def test_gap_in_a_seasonal_recursion_touches_its_season(engine, rng):
    """Only every twelfth sample depends on the gap."""
    x = rng.normal(size=100)
    x[10] = np.nan
    kernel = Kernel([1.0], denominator=[1.0, *[0.0] * 11, -0.5])
    y = convolve(x, kernel, boundary="zero", method=engine)
    assert np.flatnonzero(np.isnan(y)).tolist() == list(range(10, 100, 12))


def test_gaps_at_the_start_are_skipped_by_recursions():
    """By default a recursion starts at the first sample that is there, in each column."""
    x = np.array([[np.nan, 8.0], [8.0, 8.0], [8.0, 8.0]])
    y = convolve(x, exponential(alpha=0.5))
    np.testing.assert_array_equal(y, [[np.nan, 4.0], [4.0, 6.0], [6.0, 7.0]])


def test_column_of_gaps_stays_missing():
    """Nothing comes of nothing, beside a column that is complete."""
    x = np.column_stack([np.full(4, np.nan), np.ones(4)])
    for kernel in (exponential(alpha=0.5), moving_average(3), arma(ar=[0.5], ma=[0.2])):
        for missing in ("propagate", "renormalize", "interpolate"):
            y = convolve(x, kernel, missing=missing)
            assert np.isnan(y[:, 0]).all()
            assert not np.isnan(y[1:3, 1]).any()


# Infinite and very large values


@pytest.mark.parametrize("engine", [*ENGINES, "box"])
@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_infinity_spreads_no_further_than_the_kernel(engine, value, rng):
    """An infinite sample makes infinite what its weights meet and nothing else."""
    x = rng.normal(size=5000)
    kernel = moving_average(501)
    clean = convolve(x, kernel, boundary="zero")
    x[3000] = value
    y = convolve(x, kernel, boundary="zero", method=engine)
    touched = np.arange(2750, 3251)
    np.testing.assert_array_equal(y[touched], value)
    np.testing.assert_allclose(np.delete(y, touched), np.delete(clean, touched), atol=1e-13)


@pytest.mark.parametrize("engine", ENGINES)
def test_infinity_takes_the_sign_of_the_weight(engine):
    """A difference of an infinite sample is infinite up, then down."""
    x = np.zeros(50)
    x[20] = np.inf
    y = convolve(x, difference(), boundary="zero", method=engine)
    assert (y[20], y[21]) == (np.inf, -np.inf)
    assert np.all(np.delete(y, [20, 21]) == 0)


@pytest.mark.parametrize("engine", ENGINES)
def test_opposite_infinities_give_missing(engine):
    """+inf and -inf under one kernel have no sum."""
    x = np.zeros(50)
    x[20], x[22] = np.inf, -np.inf
    y = convolve(x, moving_average(3), boundary="zero", method=engine)
    assert np.flatnonzero(np.isnan(y)).tolist() == [21]


@pytest.mark.parametrize("engine", RECURSIVE_ENGINES)
def test_infinity_stays_in_a_recursion(engine):
    """From its place on, not before."""
    x = np.ones(2000)
    x[20] = np.inf
    y = convolve(x, ar([0.5]), boundary="zero", method=engine)
    assert np.isfinite(y[:20]).all()
    assert np.all(y[20:] == np.inf)


@pytest.mark.parametrize("engine", ENGINES)
def test_infinity_beside_gaps(engine):
    """What is infinite stays so when gaps are left out, and what is not does not become so."""
    x = np.array([1.0, np.nan, np.inf, np.nan, np.nan, 1.0, 1.0, 1.0, 1.0])
    kernel = Kernel([1e-5, 0.0, 1.0], origin=1)
    y = convolve(x, kernel, boundary="zero", missing="renormalize", method=engine)
    expected = naive.weighted_sums(x, kernel.taps, 1, "zero", "renormalize")
    np.testing.assert_allclose(y, expected, rtol=1e-9)


@pytest.mark.parametrize("engine", ENGINES)
def test_complex_infinity_stays_in_its_part(engine):
    """An infinite imaginary part leaves the real part finite."""
    x = np.array([1, 2, complex(3, np.inf), 4, 5, 6])
    y = convolve(x, moving_average(3), method=engine)
    np.testing.assert_allclose(y.real[1:5], [2, 3, 4, 5], rtol=1e-14)
    np.testing.assert_array_equal(y.imag[1:5], [np.inf, np.inf, np.inf, 0])


@pytest.mark.parametrize("engine", ENGINES)
def test_complex_gap_is_missing_in_both_parts(engine):
    """Half a number is none."""
    x = np.array([1, 2, complex(3, np.nan), 4, 5, 6])
    y = convolve(x, moving_average(3), method=engine)
    assert np.isnan(y.real).tolist() == [True, True, True, True, False, True]
    np.testing.assert_array_equal(np.isnan(y.real), np.isnan(y.imag))


@pytest.mark.parametrize("engine", [*ENGINES, "box"])
@pytest.mark.parametrize("width", [11, 501])
def test_huge_value_spoils_only_its_windows(engine, width, rng):
    """1e17 in one place costs no digit of windows that do not contain it."""
    x = rng.normal(size=6000)
    x[2500] = 1e17
    kernel = moving_average(width)
    y = convolve(x, kernel, boundary="reflect", method=engine)
    expected = scipy.ndimage.correlate1d(x, kernel.taps, mode="reflect")
    clear = np.abs(np.arange(6000) - 2500) > width // 2
    np.testing.assert_allclose(y[clear], expected[clear], rtol=0, atol=2e4 * EPS)


@pytest.mark.parametrize("engine", ENGINES)
def test_huge_value_beside_gaps_spoils_only_its_windows(engine, rng):
    """The same where gaps are left out."""
    x = rng.normal(size=3000)
    x[::7] = np.nan
    kernel = gaussian(12.0)
    clean = convolve(x, kernel, boundary="nearest", missing="renormalize", method="direct")
    x[1501] = 1e17
    y = convolve(x, kernel, boundary="nearest", missing="renormalize", method=engine)
    clear = np.abs(np.arange(3000) - 1501) > kernel.origin
    np.testing.assert_allclose(y[clear], clean[clear], rtol=0, atol=2e4 * EPS)


# Weighing what is there


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_renormalize_equals_naive(engine, boundary, rng):
    """Each output is the weighted mean of the samples that are there."""
    x = rng.normal(size=120)
    x[rng.random(120) < 0.3] = np.nan
    x[40:65] = np.nan
    kernel = gaussian(2.5)
    y = convolve(x, kernel, boundary=boundary, missing="renormalize", method=engine)
    expected = naive.weighted_sums(x, kernel.taps, kernel.origin, boundary, "renormalize")
    np.testing.assert_allclose(y, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("engine", ENGINES)
def test_faint_weights_keep_their_digits(engine, rng):
    """Far inside a gap only weights of 1e-9 meet samples; no transform may lose them."""
    x = rng.normal(size=(2000, 2)) + 10
    x[500:1000, 0] = np.nan
    kernel = gaussian(40.0, truncate=6.5)
    y = convolve(x, kernel, boundary="reflect", missing="renormalize", method=engine)
    for column, result in zip(x.T, y.T, strict=True):
        for t in [495, 501, 700, 743, 750, 757, 998, 1500]:
            offsets = np.arange(t - kernel.origin, t + kernel.origin + 1)
            window = column[offsets]
            there = ~np.isnan(window)
            expected = np.average(window[there], weights=kernel.taps[there])
            assert result[t] == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize("engine", ENGINES)
def test_window_without_samples_is_missing(engine, rng):
    """A gap longer than the kernel leaves exactly the outputs that meet no sample."""
    x = rng.normal(size=1000)
    x[300:500] = np.nan
    kernel = Kernel(np.exp(-(np.linspace(-6, 6, 101) ** 2)), origin=50)
    y = convolve(x, kernel, boundary="reflect", missing="renormalize", method=engine)
    assert np.flatnonzero(np.isnan(y)).tolist() == list(range(350, 450))


@pytest.mark.parametrize("engine", ENGINES)
def test_constant_stays_constant_over_gaps(engine, rng):
    """A mean of equal samples is that value, however few are left."""
    x = np.full(3000, 7.0)
    x[rng.random(3000) < 0.7] = np.nan
    y = convolve(x, gaussian(30.0), boundary="renormalize", missing="renormalize", method=engine)
    np.testing.assert_allclose(y, 7.0, rtol=1e-11)


def test_complete_column_is_not_changed_by_its_neighbours_gaps(rng):
    """A column without gaps gets the same answer alone and beside one with gaps."""
    x = rng.normal(size=(60, 2))
    x[20:30, 1] = np.nan
    for kernel in (gaussian(2.0), arma(ar=[0.5], ma=[0.3]), exponential(alpha=0.2).shift(-2)):
        for boundary in BOUNDARIES:
            both = convolve(x, kernel, boundary=boundary, missing="renormalize")
            alone = convolve(x[:, 0], kernel, boundary=boundary, missing="renormalize")
            np.testing.assert_allclose(both[:, 0], alone, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("boundary", ["extend", "fill", "wrap"])
def test_renormalize_equals_astropy(boundary, rng):
    """astropy.convolution's default treatment of NaN, at its three boundaries."""
    astropy = pytest.importorskip("astropy.convolution")
    x = rng.normal(size=200)
    x[rng.random(200) < 0.2] = np.nan
    taps = np.exp(-0.5 * (np.arange(-8, 9) / 2.5) ** 2) * np.linspace(1, 2, 17)
    expected = astropy.convolve(x, taps, boundary=boundary)
    name = {"extend": "nearest", "fill": "zero", "wrap": "wrap"}[boundary]
    y = convolve(x, weighted(taps), boundary=name, missing="renormalize")
    np.testing.assert_allclose(y, expected, rtol=1e-11, atol=1e-13)


def test_equals_pandas_rolling_over_gaps(rng):
    """A rolling mean that needs one sample only."""
    x = pd.Series(rng.normal(size=100))
    x[rng.random(100) < 0.4] = np.nan
    expected = x.rolling(5, center=True, min_periods=1).mean()
    y = convolve(x, moving_average(5), boundary="renormalize", missing="renormalize")
    pd.testing.assert_series_equal(y, expected, rtol=1e-12, atol=1e-13)


def test_min_weight_equals_pandas_min_periods(rng):
    """Three of five equal weights are a share of 0.6, rounding or not."""
    x = pd.Series(rng.normal(size=200))
    x[rng.random(200) < 0.4] = np.nan
    expected = x.rolling(5, center=True, min_periods=3).mean()
    options = {"boundary": "renormalize", "missing": "renormalize", "min_weight": 0.6}
    for engine in [*ENGINES, "box"]:
        y = convolve(x, moving_average(5), **options, method=engine)
        pd.testing.assert_series_equal(y, expected, rtol=1e-12, atol=1e-12)


def test_equals_pandas_ewm_over_gaps(rng):
    """Weights fade with the place of a sample, gaps included (ignore_na=False)."""
    x = pd.Series(rng.normal(size=100))
    x[rng.random(100) < 0.4] = np.nan
    y = convolve(x, exponential(span=6), boundary="renormalize", missing="renormalize")
    pd.testing.assert_series_equal(y, x.ewm(span=6).mean(), rtol=1e-12, atol=1e-13)


def test_equals_pandas_ewm_not_adjusted_over_one_gap():
    """[x0, None, x2] has the weights (1 - alpha)^2 and alpha, as pandas documents."""
    x = pd.Series([3.0, np.nan, 5.0])
    expected = x.ewm(alpha=0.3, adjust=False).mean()
    y = convolve(x, exponential(alpha=0.3), boundary="nearest", missing="renormalize")
    pd.testing.assert_series_equal(y, expected, rtol=1e-14)


@pytest.mark.parametrize("boundary", ["zero", "missing", "renormalize", "nearest"])
@pytest.mark.parametrize("engine", RECURSIVE_ENGINES)
def test_long_gap_under_a_recursion_keeps_its_digits(boundary, engine):
    """After ninety half-lives of gap the mean is still that of the samples before it."""
    x = np.ones(100)
    x[5:95] = np.nan
    y = convolve(x, exponential(alpha=0.5), boundary=boundary, missing="renormalize", method=engine)
    before = 1 - 2.0**-5 if boundary in ("zero", "missing") else 1.0  # zeros count as samples
    np.testing.assert_allclose(y[5:94], before, rtol=1e-12)


def test_renormalize_without_gaps_changes_nothing(rng):
    """An option for gaps is none for complete data, also for kernels with negative weights."""
    x = rng.normal(size=50)
    for kernel in (difference(), moving_average(4), arma(ar=[-0.5])):
        np.testing.assert_array_equal(
            convolve(x, kernel, missing="renormalize"), convolve(x, kernel)
        )


@pytest.mark.parametrize("n", [1, 3, 10])
@pytest.mark.parametrize("m", [1, 4, 11, 60])
def test_weight_inside_keeps_small_weights(n, m):
    """At the ends weights of 1e-40 are as good as any: a constant stays constant."""
    taps = 0.1 ** np.linspace(0, 40, m)
    for origin in (0, m // 2, m - 1):
        y = convolve(np.ones(n), Kernel(taps, origin=origin), boundary="renormalize")
        np.testing.assert_allclose(y, taps.sum(), rtol=1e-13)


def test_renormalize_far_outside_is_missing():
    """Where no weight meets a sample there is nothing to divide."""
    y = convolve(np.ones(3), Kernel([1.0, 1.0], origin=-10), boundary="renormalize")
    assert np.isnan(y).all()


@given(
    st.integers(1, 30),
    st.integers(1, 12),
    st.integers(-3, 14),
    st.sampled_from(BOUNDARIES),
    st.sampled_from(["propagate", "renormalize", "interpolate"]),
    st.floats(0, 1).map(lambda value: round(value, 2)),
    st.integers(0, 2**32 - 1),
)
def test_any_gaps_equal_naive(n, m, origin, boundary, missing, share, seed):
    """Any pattern of gaps, kernel, boundary and treatment: explicit loops."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    x[rng.random(n) < rng.random()] = np.nan
    taps = rng.integers(0, 4, size=m).astype(float)
    taps[rng.integers(m)] = 1.0
    options = {"min_weight": share} if "renormalize" in (boundary, missing) else {}
    y = convolve(x, Kernel(taps, origin=origin), boundary=boundary, missing=missing, **options)
    expected = naive.weighted_sums(x, taps, origin, boundary, missing, share)
    np.testing.assert_allclose(y, expected, rtol=1e-12, atol=1e-12)


# Filling by straight lines


def test_interpolate_fills_inner_gaps_by_position():
    """Without times, samples are one apart; gaps at the ends stay."""
    x = [np.nan, 1.0, np.nan, np.nan, 4.0, np.nan]
    y = convolve(x, [1.0], missing="interpolate")
    np.testing.assert_allclose(y, [np.nan, 1, 2, 3, 4, np.nan], rtol=1e-15)


def test_interpolate_goes_by_time():
    """With a time index the line is straight in time, as pandas' method "time"."""
    index = pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-05", "2024-01-06"])
    x = pd.Series([1.0, np.nan, 5.0, 6.0], index=index)
    y = convolve(x, [1.0], missing="interpolate")
    pd.testing.assert_series_equal(y, x.interpolate("time"), check_freq=False)
    assert y.iloc[1] == pytest.approx(2.0)


def test_interpolate_goes_by_position_where_times_are_out_of_order():
    """A descending index has no use for its times."""
    index = pd.to_datetime(["2024-01-06", "2024-01-05", "2024-01-01"])
    y = convolve(pd.Series([1.0, np.nan, 5.0], index=index), [1.0], missing="interpolate")
    assert y.iloc[1] == 3.0


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_interpolate_then_convolve(boundary, rng):
    """Filling comes first; gaps at the ends are then as they are everywhere else."""
    x = rng.normal(size=(60, 2))
    x[rng.random((60, 2)) < 0.3] = np.nan
    kernel = binomial(4)
    y = convolve(x, kernel, boundary=boundary, missing="interpolate")
    filled = np.column_stack([naive.interpolated(column) for column in x.T])
    expected = convolve(filled, kernel, boundary=boundary)
    np.testing.assert_allclose(y, expected, rtol=1e-13, atol=1e-13)


def test_interpolate_complex():
    """Complex samples lie on straight lines in the plane."""
    y = convolve([1 + 1j, complex(np.nan, 0), 3 + 5j], [1.0], missing="interpolate")
    np.testing.assert_allclose(y, [1 + 1j, 2 + 3j, 3 + 5j], rtol=1e-15)


def test_interpolate_leaves_the_input_alone():
    """The caller's array keeps its gaps."""
    x = np.array([1.0, np.nan, 3.0])
    convolve(x, [1.0], missing="interpolate")
    assert np.isnan(x[1])
