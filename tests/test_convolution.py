"""`convolve` on complete data: other libraries' numbers, laws, engines, recursive kernels, errors.

Ends are in test_boundaries, gaps in test_convolution_gaps, widths in time in
test_convolution_times, pandas objects in test_frames.
"""

from __future__ import annotations

import naive_convolution as naive
import numpy as np
import pandas as pd
import pytest
import scipy.signal
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from statsmodels.tsa.filters.filtertools import convolution_filter, recursive_filter

from tsconv import (
    Kernel,
    ar,
    arma,
    convolve,
    difference,
    exponential,
    gaussian,
    ma,
    moving_average,
    sarima,
    weighted,
)

ENGINES = ["auto", "direct", "fft", "overlap"]
RECURSIVE_ENGINES = [*ENGINES, "recursive"]
EXTENSIONS = naive.EXTENSIONS

numbers = st.floats(-1e3, 1e3, allow_nan=False).map(lambda value: round(value, 3))
signals = arrays(np.float64, st.integers(1, 40), elements=numbers)
weights = arrays(
    np.float64, st.integers(1, 12), elements=st.floats(-2, 2).map(lambda v: round(v, 3))
)
kernels = st.builds(lambda taps, origin: Kernel(taps, origin=origin), weights, st.integers(-3, 14))
gains = st.floats(-0.8, 0.8)
recursions = st.builds(
    lambda b, a, c: arma(ar=[a], ma=[b]) * ar([0.0, c]), st.floats(-2, 2), gains, gains
)


def assert_close(got, expected, scale=1.0):
    """Equal to rounding: 1e-12 of the largest value that entered, NaN in the same places."""
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-12 * max(scale, 1e-300))


def reach(x, kernel):
    """Largest value any output can take: the scale of rounding errors."""
    return max(float(np.abs(kernel.taps).sum() * np.abs(x).max()), 1.0)


# Other libraries


def test_weights_by_hand():
    """The definition on paper: y[t] = 1 x[t] + 2 x[t-1] + 3 x[t-2]."""
    np.testing.assert_array_equal(convolve([1, 10, 100], [1, 2, 3]), [np.nan, np.nan, 123])


def test_origin_looks_ahead():
    """The tap at the origin meets the present sample, the one before it the next sample."""
    y = convolve([1.0, 10.0, 100.0, 1000.0], Kernel([3.0, 2.0, 1.0], origin=1))
    np.testing.assert_array_equal(y, [np.nan, 321, 3210, np.nan])


@pytest.mark.parametrize("width", [1, 2, 3, 4, 7])
def test_even_lengths_have_their_extra_sample_in_the_past(width, rng):
    """The stated origin of moving averages is that of pandas' rolling(center=True)."""
    x = pd.Series(rng.normal(size=30))
    expected = x.rolling(width, center=True).mean()
    pd.testing.assert_series_equal(convolve(x, moving_average(width)), expected, rtol=0, atol=1e-13)


def test_even_moving_average_by_hand():
    """Four taps at lags -1, 0, 1, 2."""
    assert moving_average(4).lags.tolist() == [-1, 0, 1, 2]
    y = convolve([4.0, 0, 0, 8, 0], moving_average(4))
    np.testing.assert_array_equal(y, [np.nan, np.nan, 3, 2, np.nan])


@pytest.mark.parametrize(("window", "std"), [(7, 2.0), (10, 1.5), (1, 1.0)])
def test_equals_pandas_gaussian_window(window, std, rng):
    """A rolling Gaussian mean of pandas, odd and even."""
    x = pd.Series(rng.normal(size=50), name="x")
    expected = x.rolling(window, win_type="gaussian", center=True).mean(std=std)
    kernel = weighted(scipy.signal.windows.gaussian(window, std))
    pd.testing.assert_series_equal(convolve(x, kernel), expected, rtol=0, atol=1e-13)


def test_equals_pandas_gaussian_window_at_the_ends(rng):
    """`min_periods=1` divides by the weight inside, as "renormalize" does."""
    x = pd.Series(rng.normal(size=50))
    expected = x.rolling(9, win_type="gaussian", center=True, min_periods=1).mean(std=2.0)
    kernel = weighted(scipy.signal.windows.gaussian(9, 2.0))
    got = convolve(x, kernel, boundary="renormalize")
    pd.testing.assert_series_equal(got, expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize("alpha", [0.05, 0.5, 1.0])
def test_equals_pandas_ewm_adjusted(alpha, rng):
    """Weights divided by their sum so far."""
    x = pd.Series(rng.normal(size=300))
    got = convolve(x, exponential(alpha=alpha), boundary="renormalize")
    pd.testing.assert_series_equal(got, x.ewm(alpha=alpha).mean(), rtol=0, atol=1e-13)


@pytest.mark.parametrize("alpha", [0.05, 0.5, 1.0])
def test_equals_pandas_ewm_not_adjusted(alpha, rng):
    """The recursion that starts at the first sample."""
    x = pd.Series(rng.normal(size=300))
    got = convolve(x, exponential(alpha=alpha), boundary="nearest")
    expected = x.ewm(alpha=alpha, adjust=False).mean()
    pd.testing.assert_series_equal(got, expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize("n_taps", [1, 3, 4, 7])
@pytest.mark.parametrize("sides", [1, 2])
def test_equals_statsmodels_convolution_filter(n_taps, sides, rng):
    """One-sided is causal; two-sided has its origin at half the length."""
    x, taps = pd.Series(rng.normal(size=40)), rng.normal(size=n_taps)
    origin = n_taps // 2 if sides == 2 else 0
    expected = convolution_filter(x, taps, nsides=sides)
    assert_close(convolve(x, Kernel(taps, origin=origin)), expected)


def test_equals_statsmodels_recursive_filter(rng):
    """An autoregression fed with data, from rest."""
    x, coefs = rng.normal(size=100), [0.6, -0.3, 0.2]
    expected = recursive_filter(x, np.array(coefs))
    assert_close(convolve(x, ar(coefs), boundary="zero"), expected, 10)


@pytest.mark.parametrize("engine", RECURSIVE_ENGINES)
def test_equals_lfilter(engine, rng):
    """Any rational filter, whichever engine divides."""
    x, b, a = rng.normal(size=(400, 2)), [0.5, 0.2, 0.0, -1.0], [2.0, -1.0, 0.3]
    expected = scipy.signal.lfilter(b, a, x, axis=0)
    got = convolve(x, Kernel.from_ba(b, a), boundary="zero", method=engine)
    assert_close(got, expected, 10)


@pytest.mark.parametrize("mode", ["full", "same"])
def test_equals_numpy_convolve(mode, rng):
    """With zeros outside and as many more samples, numpy's full convolution."""
    x, taps = rng.normal(size=30), rng.normal(size=6)
    longer = np.concatenate([x, np.zeros(5)])
    got = convolve(longer, taps, boundary="zero")
    if mode == "same":
        got = convolve(x, Kernel(taps, origin=2), boundary="zero")
    assert_close(got, np.convolve(x, taps, mode))


def test_order_ten_butterworth_in_sections(rng):
    """A narrow filter of order ten, whose multiplied-out form is useless, keeps its digits."""
    x = rng.normal(size=20_000) + 100
    sos = scipy.signal.butter(10, 0.02, output="sos")
    expected = scipy.signal.sosfilt(sos, x)
    got = convolve(x, Kernel.from_sos(sos), boundary="zero")
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-9)


def test_order_ten_butterworth_on_columns(rng):
    """Sections work along the index, column by column."""
    x = rng.normal(size=(500, 3))
    sos = scipy.signal.butter(10, 0.2, "highpass", output="sos")
    expected = scipy.signal.sosfilt(sos, x, axis=0)
    assert_close(convolve(x, Kernel.from_sos(sos), boundary="zero"), expected, 100)


def test_seasonal_recursion(rng):
    """A season of 168 kept factored equals the multiplied-out filter."""
    x = rng.normal(size=2000)
    kernel = sarima(ar=[0.5], seasonal_ar=[0.4], seasonal_ma=[0.3], ma=[0.2], period=168)
    b, a = kernel.to_ba()
    expected = scipy.signal.lfilter(b, a, x)
    assert_close(convolve(x, kernel, boundary="zero"), expected, 100)


def test_nearly_unit_root(rng):
    """A root at 1 - 1e-6 keeps its digits over a long series (correctly rounded sums beside it)."""
    x = rng.normal(size=3000)
    rate = 1 - 1e-6
    got = convolve(x, ar([rate]), boundary="zero")
    state, expected = 0.0, []
    for value in np.asarray(x, dtype=np.longdouble):
        state = value + np.longdouble(rate) * state
        expected.append(state)
    np.testing.assert_allclose(got, np.array(expected, float), rtol=0, atol=1e-11)


def test_running_sum_is_the_inverse_of_a_difference(rng):
    """A root on the unit circle is no obstacle from rest."""
    x = rng.normal(size=1000)
    assert_close(convolve(x, difference().inverse(), boundary="zero"), np.cumsum(x), 100)


def test_default_starts_recursions_from_rest_at_the_first_sample():
    """Half-lives by hand: 8 (1 - 1/2), then half of the way again."""
    np.testing.assert_array_equal(convolve([8, 8, 8], exponential(alpha=0.5)), [4, 6, 7])


def test_default_lets_differences_wait():
    """(1 - L) / (1 - L/2): the first difference exists at t = 1, the recursion starts there."""
    kernel = difference() * ar([0.5])
    np.testing.assert_array_equal(convolve([1.0, 3.0, 4.0], kernel), [np.nan, 2.0, 2.0])


# Laws


@given(signals, signals, kernels, st.sampled_from(["missing", *EXTENSIONS]))
def test_linear_in_the_signal(x, z, kernel, boundary):
    """The sum of two signals gives the sum of the results."""
    n = min(x.size, z.size)
    x, z = x[:n], z[:n]
    together = convolve(2 * x - 3 * z, kernel, boundary=boundary)
    apart = 2 * convolve(x, kernel, boundary=boundary) - 3 * convolve(z, kernel, boundary=boundary)
    assert_close(together, apart, 5 * max(reach(x, kernel), reach(z, kernel)))


@given(signals, kernels, kernels, st.sampled_from(EXTENSIONS))
def test_linear_in_the_kernel(x, a, b, boundary):
    """The sum of two kernels gives the sum of the results."""
    both = convolve(x, a - b, boundary=boundary)
    apart = convolve(x, a, boundary=boundary) - convolve(x, b, boundary=boundary)
    assert_close(both, apart, reach(x, a) + reach(x, b))


@given(signals, kernels, st.floats(-50, 50), st.sampled_from(["missing", *EXTENSIONS]))
def test_scales_with_the_signal(x, kernel, factor, boundary):
    """A multiple of the signal gives the multiple of the result."""
    scaled = convolve(factor * x, kernel, boundary=boundary)
    expected = factor * convolve(x, kernel, boundary=boundary)
    assert_close(scaled, expected, (1 + abs(factor)) * reach(x, kernel))


@given(signals, kernels | recursions, st.integers(0, 5))
def test_equivariant_to_shifts(x, kernel, delay):
    """A signal that starts later gives a result that starts later."""
    later = convolve(np.concatenate([np.zeros(delay), x]), kernel, boundary="zero")
    ahead = max(kernel.origin, 0)
    before = convolve(np.concatenate([np.zeros(ahead), x]), kernel, boundary="zero")[ahead:]
    assert_close(later[delay:], before, 1e6)


@given(signals, kernels, st.integers(-5, 5))
def test_shifted_kernel_shifts_the_result(x, kernel, lag):
    """With a circular signal, delaying the kernel rolls the result."""
    got = convolve(x, kernel.shift(lag), boundary="wrap")
    assert_close(got, np.roll(convolve(x, kernel, boundary="wrap"), lag), reach(x, kernel))


@given(signals, kernels, kernels)
def test_composition_is_the_product(x, a, b):
    """Two kernels one after the other equal their product, where both lie inside."""
    twice = convolve(convolve(x, a), b)
    once = convolve(x, a * b)
    inside = ~np.isnan(twice)
    assert_close(twice[inside], once[inside], reach(x, a) * max(np.abs(b.taps).sum(), 1))


@given(signals, kernels, kernels)
def test_kernels_commute(x, a, b):
    """The order of two kernels does not matter on a circular signal."""
    left = convolve(convolve(x, a, boundary="wrap"), b, boundary="wrap")
    right = convolve(convolve(x, b, boundary="wrap"), a, boundary="wrap")
    assert_close(left, right, reach(x, a) * max(np.abs(b.taps).sum(), 1))


@given(signals, kernels)
def test_convolution_theorem(x, kernel):
    """On a circular signal the spectrum is multiplied by the frequency response."""
    spectrum = np.fft.fft(x) * kernel.frequency_response(np.fft.fftfreq(x.size))
    got = convolve(x, kernel, boundary="wrap")
    assert_close(got, np.fft.ifft(spectrum).real, 10 * reach(x, kernel))


@given(signals, recursions)
def test_convolution_theorem_for_recursions(x, kernel):
    """Also where the kernel never ends."""
    spectrum = np.fft.fft(x) * kernel.frequency_response(np.fft.fftfreq(x.size))
    got = convolve(x, kernel, boundary="wrap")
    assert_close(got, np.fft.ifft(spectrum).real, 1e6)


@given(signals, gains, gains)
def test_whitening_undoes_colouring(x, phi, theta):
    """A model applied to noise and its inverse give the noise back."""
    model = arma(ar=[phi], ma=[theta])
    coloured = convolve(x, model, boundary="zero")
    assert_close(convolve(coloured, model.inverse(), boundary="zero"), x, 1e5)


@given(signals, kernels)
def test_correlation_is_convolution_with_the_reversed_kernel(x, kernel):
    """Reversing signal and kernel reverses the result."""
    got = convolve(x[::-1], kernel.reverse(), boundary="mirror")
    assert_close(got[::-1], convolve(x, kernel, boundary="mirror"), reach(x, kernel))


@given(signals, st.integers(1, 30), st.sampled_from(["renormalize", *EXTENSIONS[1:]]))
def test_mean_lies_between_the_extremes(x, width, boundary):
    """A moving average neither exceeds nor falls below the data, whatever lies beyond the ends."""
    y = convolve(x, moving_average(width), boundary=boundary)
    slack = 1e-12 * max(np.abs(x).max(), 1.0)
    assert np.all((y >= x.min() - slack) & (y <= x.max() + slack))


@given(signals, kernels | recursions, st.sampled_from(["missing", *EXTENSIONS]))
def test_series_equals_frame_column_equals_array(x, kernel, boundary):
    """The container does not matter."""
    plain = convolve(x, kernel, boundary=boundary)
    series = convolve(pd.Series(x), kernel, boundary=boundary)
    frame = convolve(pd.DataFrame({"a": -x, "b": x}), kernel, boundary=boundary)
    np.testing.assert_array_equal(series.to_numpy(), plain)
    np.testing.assert_allclose(frame["b"].to_numpy(), plain, rtol=1e-12, atol=1e-9)


@given(
    arrays(np.int64, st.integers(1, 30), elements=st.integers(-(10**6), 10**6)),
    kernels | recursions,
)
def test_ints_equal_floats(x, kernel):
    """Integers are convolved as float64."""
    np.testing.assert_array_equal(
        convolve(x, kernel, boundary="zero"), convolve(x.astype(float), kernel, boundary="zero")
    )


# Engines


@pytest.mark.parametrize("engine", [*ENGINES, "box"])
@pytest.mark.parametrize("boundary", ["missing", "renormalize", *EXTENSIONS])
def test_engines_agree_on_finite_kernels(engine, boundary, rng):
    """One answer from every engine, at every boundary."""
    x = rng.normal(size=(700, 2))
    kernel = moving_average(101)
    expected = np.column_stack(
        [naive.weighted_sums(c, kernel.taps, kernel.origin, boundary) for c in x.T]
    )
    assert_close(convolve(x, kernel, boundary=boundary, method=engine), expected, 10)


@pytest.mark.parametrize("engine", RECURSIVE_ENGINES)
@pytest.mark.parametrize("boundary", ["missing", "renormalize", *EXTENSIONS])
def test_engines_agree_on_recursive_kernels(engine, boundary, rng):
    """Feedback and its impulse response give one answer."""
    x = rng.normal(size=(300, 2))
    kernel = arma(ar=[0.5, 0.3], ma=[0.2])
    expected = convolve(x, kernel, boundary=boundary)
    assert_close(convolve(x, kernel, boundary=boundary, method=engine), expected, 100)


@pytest.mark.parametrize("engine", ENGINES)
def test_complex_signal_is_two_real_ones(engine, rng):
    """Real and imaginary part go their own ways."""
    x = rng.normal(size=(200, 2)) + 1j * rng.normal(size=(200, 2))
    kernel = gaussian(5.0)
    got = convolve(x, kernel, boundary="reflect", method=engine)
    assert got.dtype == np.complex128
    for part in (np.real, np.imag):
        expected = convolve(part(x).copy(), kernel, boundary="reflect", method=engine)
        assert_close(part(got), expected, 10)


def test_complex_recursion_equals_lfilter(rng):
    """Recursive kernels take complex input too."""
    x = rng.normal(size=100) + 1j * rng.normal(size=100)
    expected = scipy.signal.lfilter([1.0, 0.4], [1.0, -0.5], x)
    assert_close(convolve(x, arma(ar=[0.5], ma=[0.4]), boundary="zero"), expected, 10)


# Sizes


@pytest.mark.parametrize("boundary", ["missing", "renormalize", *EXTENSIONS])
@pytest.mark.parametrize("shape", [(0,), (0, 2), (3, 0), (1,), (1, 1), (1, 3)])
@pytest.mark.parametrize("kernel", [moving_average(3), exponential(alpha=0.5), Kernel([1.0])])
@pytest.mark.parametrize("missing", ["propagate", "renormalize", "interpolate"])
def test_small_shapes_are_kept(shape, boundary, kernel, missing):
    """Empty and single-sample input, and tables without columns, keep their shape."""
    assert convolve(np.ones(shape), kernel, boundary=boundary, missing=missing).shape == shape


@pytest.mark.parametrize("boundary", ["missing", "renormalize", *EXTENSIONS])
def test_kernel_longer_than_the_series(boundary, rng):
    """The result is as long as the series, never as the kernel."""
    x = pd.Series(rng.normal(size=5), name="short")
    y = convolve(x, gaussian(10.0), boundary=boundary)
    assert y.index.equals(x.index)
    assert y.isna().all() == (boundary == "missing")


@pytest.mark.parametrize("boundary", ["missing", "renormalize", *EXTENSIONS])
def test_zero_kernel_gives_zeros(boundary):
    """No weight, no reach: zeros everywhere, at gaps too."""
    for missing in ("propagate", "renormalize"):
        y = convolve([1.0, np.nan, 2.0], [0.0, 0.0], boundary=boundary, missing=missing)
        np.testing.assert_array_equal(y, [0.0, 0.0, 0.0])


def test_zero_numerator_over_a_recursion_gives_zeros():
    """Also as a factor of a recursive kernel."""
    kernel = Kernel([0.0, 0.0], denominator=[1.0, -0.5])
    np.testing.assert_array_equal(convolve([1.0, 2.0], kernel), [0.0, 0.0])


def test_more_lags_than_samples_is_missing_everywhere():
    """Numerators that never lie inside leave nothing to recurse on."""
    assert np.isnan(convolve([1.0, 2.0], difference(3) * ar([0.5]))).all()


def test_list_of_taps_is_causal():
    """A plain list stands for a kernel without look-ahead."""
    np.testing.assert_array_equal(convolve([1.0, 2.0, 4.0], [1, -1]), [np.nan, 1.0, 2.0])


def test_valid_is_another_name_for_missing(rng):
    """The word of scipy for it is understood."""
    x = rng.normal(size=20)
    np.testing.assert_array_equal(convolve(x, ma([0.5]), boundary="valid"), convolve(x, ma([0.5])))


# Errors


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"boundary": "constant"}, "`boundary` must be one of 'missing', 'valid'.*got 'constant'"),
        ({"missing": "drop"}, "`missing` must be one of 'propagate'.*got 'drop'"),
        ({"method": "magic"}, "`method` must be one of 'auto'.*got 'magic'"),
        ({"min_weight": 0.5}, '`min_weight` goes with missing="renormalize".*got missing=\'prop'),
        (
            {"min_weight": 2, "missing": "renormalize"},
            "`min_weight` must be between 0 and 1; got",
        ),
        ({"method": "recursive"}, 'method="recursive" needs a recursive kernel; this one is fin'),
    ],
)
def test_options_that_do_not_fit(options, message):
    """Wrong options are named, with what was given and what would do."""
    with pytest.raises(ValueError, match=message):
        convolve([1.0, 2.0, 3.0], moving_average(3), **options)


def test_min_weight_must_be_a_number():
    """Text is not a share."""
    with pytest.raises(TypeError, match="`min_weight` must be a number between 0 and 1"):
        convolve([1.0], moving_average(1), missing="renormalize", min_weight="half")


def test_box_needs_equal_taps():
    """The engine for equal taps says so."""
    with pytest.raises(ValueError, match="takes equal taps only"):
        convolve(np.ones(9), [1.0, 2.0], method="box")


def test_box_refuses_recursions():
    """A recursive kernel has no equal taps."""
    with pytest.raises(ValueError, match=r'method="box" needs equal taps; this kernel is recurs'):
        convolve(np.ones(9), ar([0.5]), method="box")


@pytest.mark.parametrize("options", [{"boundary": "renormalize"}, {"missing": "renormalize"}])
def test_negative_weights_cannot_be_renormalized(options):
    """A division by the weight present needs weights that cannot cancel."""
    x = [1.0, np.nan, 3.0]
    with pytest.raises(ValueError, match=r"needs weights >= 0; the smallest of this kernel is -1"):
        convolve(x, difference(), **options)


@pytest.mark.parametrize("options", [{"boundary": "renormalize"}, {"missing": "renormalize"}])
def test_recursions_with_negative_weights_cannot_be_renormalized(options):
    """The impulse response is looked at."""
    x = [1.0, np.nan, 3.0]
    with pytest.raises(ValueError, match=r"needs weights >= 0; this kernel's smallest is -0.5"):
        convolve(x, ar([-0.5]), **options)


@pytest.mark.parametrize("boundary", ["reflect", "mirror", "nearest", "wrap"])
def test_endless_memory_has_no_steady_state(boundary):
    """A running sum cannot be continued backwards."""
    with pytest.raises(ValueError, match=rf'boundary="{boundary}" needs a kernel that forgets.*no'):
        convolve([1.0, 2.0], difference().inverse(), boundary=boundary)


def test_memory_too_long_is_refused():
    """Nor can one that forgets in a hundred million samples; the message counts them."""
    with pytest.raises(ValueError, match=r"is \d{3},\d{3},\d{3} samples long\. Use boundary="):
        convolve([1.0, 2.0], exponential(alpha=1e-7), boundary="nearest")


def test_endless_memory_cannot_be_renormalized():
    """A running sum has no sum of weights."""
    with pytest.raises(ValueError, match="renormalizing needs a kernel that forgets"):
        convolve([1.0, np.nan], difference().inverse(), missing="renormalize")


@pytest.mark.parametrize(
    ("kernel", "error", "message"),
    [
        ([], ValueError, "`kernel` must be a Kernel or a list of taps: .*at least one element"),
        ([1.0, np.nan], ValueError, "`kernel` must be a Kernel or a list of taps: .*finite"),
        ("smooth", TypeError, "`kernel` must be a Kernel or a list of taps; got .smooth.*Make one"),
    ],
)
def test_kernel_must_be_one(kernel, error, message):
    """What is no kernel is named as such."""
    with pytest.raises(error, match=message):
        convolve([1.0, 2.0], kernel)
