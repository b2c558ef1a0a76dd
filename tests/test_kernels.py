"""The named kernels: what they weigh, against pandas, scipy, statsmodels and formulas."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from statsmodels.tsa.arima_process import ArmaProcess
from statsmodels.tsa.statespace.sarimax import SARIMAX

from tsconv.kernel import Kernel
from tsconv.kernels import (
    ar,
    arma,
    binomial,
    difference,
    exponential,
    gaussian,
    ma,
    moving_average,
    sarima,
    weighted,
)


def applied(kernel, x):
    """Run the taps over x term by term; NaN where they hang over."""
    lags = kernel.lags
    y = np.full(len(x), np.nan)
    for t in range(len(x)):
        if t - lags.max() >= 0 and t - lags.min() < len(x):
            y[t] = sum(w * x[t - k] for w, k in zip(kernel.taps, lags, strict=True))
    return y


@pytest.fixture
def series():
    return pd.Series(np.random.default_rng(1).normal(size=40))


# ---------------------------------------------------------------------- smoothing


@pytest.mark.parametrize("width", [1, 2, 3, 4, 7, 12])
@pytest.mark.parametrize("centered", [True, False])
def test_moving_average_equals_pandas_rolling(series, width, centered):
    """Centred and trailing, odd and even: the extra sample lies in the past."""
    expected = series.rolling(width, center=centered).mean()
    actual = applied(moving_average(width, centered=centered), series.to_numpy())
    np.testing.assert_allclose(actual, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("size", [2, 3, 4, 7])
def test_moving_average_equals_scipy_uniform_filter(series, size):
    """Inside, where no boundary matters, even sizes too."""
    actual = applied(moving_average(size), series.to_numpy())
    inside = ~np.isnan(actual)
    expected = ndimage.uniform_filter1d(series.to_numpy(), size)
    np.testing.assert_allclose(actual[inside], expected[inside], rtol=1e-12)


@pytest.mark.parametrize("std", [0.3, 0.5, 1.0, 1.4, 2.5])
@pytest.mark.parametrize("truncate", [0.1, 2.0, 4.0])
def test_gaussian_equals_scipy(std, truncate):
    """The impulse response of `gaussian_filter1d`, same truncation."""
    kernel = gaussian(std, truncate=truncate)
    impulse = np.eye(1, 41, 20)[0]
    expected = ndimage.gaussian_filter1d(impulse, std, truncate=truncate, mode="constant")
    actual = np.zeros(41)
    actual[20 + kernel.lags] = kernel.taps
    np.testing.assert_allclose(actual, expected, rtol=1e-14, atol=1e-18)


@given(st.integers(0, 60))
@settings(deadline=None)
def test_binomial_is_a_power_of_a_mean_of_two(order):
    """`order` times (1 + L) / 2."""
    taps = binomial(order).taps
    repeated = Kernel([0.5, 0.5]) ** order
    np.testing.assert_allclose(taps, repeated.taps, rtol=1e-14)
    assert binomial(order).origin == order // 2


def test_binomial_of_the_largest_order_is_finite():
    """Exact integer binomials, divided once."""
    taps = binomial(1000).taps
    assert taps[500] == math.comb(1000, 500) / 2**1000
    with pytest.raises(ValueError, match=r"`order` must be at most 1000.*gaussian\(15\.8\)"):
        binomial(1001)


@pytest.mark.parametrize(
    "kernel",
    [
        moving_average(7),
        gaussian(2.5),
        binomial(9),
        weighted([1, 5, 2]),
        exponential(alpha=0.3),
        exponential(span=9),
        exponential(halflife=4),
    ],
)
def test_smoothing_kernels_leave_a_constant_alone(kernel):
    """Their gain at frequency zero is one."""
    # alpha - 1 is rounded: eps / alpha, here with alpha > 0.15.
    assert kernel.gain(0.0) == pytest.approx(1.0, rel=7 * np.finfo(float).eps, abs=0)


@pytest.mark.parametrize("kernel", [gaussian(2.0), binomial(16)])
def test_bells_have_their_variance(kernel):
    """Standard deviation 2 in samples; order / 4 for the binomial."""
    assert np.sum(kernel.taps * kernel.lags**2) == pytest.approx(4.0, rel=1e-2, abs=0)


def test_weighted_divides_by_the_sum():
    """Centred, or the newest sample last."""
    assert weighted([1, 2, 1]) == Kernel([0.25, 0.5, 0.25], origin=1)
    assert weighted([3, 1], centered=False) == Kernel([0.75, 0.25])


@pytest.mark.parametrize("weights", [[1, -1], [0.0], [0.1, 0.2, -0.3]])
def test_weighted_refuses_a_sum_of_zero(weights):
    """Also where rounding hides it."""
    with pytest.raises(ValueError, match=r"must not sum to zero.*Kernel\(weights\)"):
        weighted(weights)


# ---------------------------------------------------------------------- exponential smoothing


@pytest.mark.parametrize("how", [{"alpha": 0.3}, {"span": 9.5}, {"halflife": 4.5}])
def test_exponential_equals_pandas_ewm(series, how):
    """``ewm(adjust=False)`` from rest: pandas starts at the first sample instead of zero."""
    started = pd.concat([pd.Series([0.0]), series], ignore_index=True)
    expected = started.ewm(**how, adjust=False).mean().to_numpy()[1:]
    response = exponential(**how).impulse_response(40)
    actual = np.convolve(series, response)[:40]
    np.testing.assert_allclose(actual, expected, rtol=1e-12, atol=1e-14)


def test_halflife_halves():
    """Weights 5 samples apart."""
    weights = exponential(halflife=5).impulse_response(11)
    np.testing.assert_allclose(weights[5:] / weights[:-5], 0.5, rtol=1e-14)


def test_span_has_the_centre_of_a_moving_average():
    """Mean age (span - 1) / 2."""
    kernel = exponential(span=9)
    weights = kernel.impulse_response(kernel.memory())
    assert np.sum(weights * np.arange(weights.size)) == pytest.approx(4.0, rel=1e-12, abs=0)


def test_long_halflives_keep_their_digits():
    """As alpha = 1 - 2^(-1/h) is ln 2 / h for a long halflife, without cancellation."""
    (alpha,) = exponential(halflife=1e12).factors[0][0]
    assert alpha == pytest.approx(math.log(2) / 1e12, rel=1e-12, abs=0)


@pytest.mark.parametrize("how", [{}, {"alpha": 0.1, "span": 3}, {"halflife": 2, "span": 3}])
def test_exponential_takes_exactly_one_measure(how):
    """None or two are refused by name."""
    with pytest.raises(ValueError, match="exactly one of `alpha`, `halflife` and `span`"):
        exponential(**how)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"alpha": 1.5}, r"`alpha` must lie in \(0, 1\]"),
        ({"alpha": 0}, "`alpha` must be positive"),
        ({"span": 0.5}, "`span` must be at least 1"),
        ({"halflife": -1}, "`halflife` must be positive"),
    ],
)
def test_exponential_refuses_values(how, message):
    """Each measure has its range."""
    with pytest.raises(ValueError, match=message):
        exponential(**how)


def test_alpha_one_is_the_identity():
    """Nothing of the past is kept."""
    assert exponential(alpha=1) == exponential(span=1) == Kernel([1])


# ---------------------------------------------------------------------- models


def test_difference_equals_pandas_diff(series):
    """Once, twice, seasonal."""
    x = series.to_numpy()
    np.testing.assert_allclose(applied(difference(), x), series.diff())
    np.testing.assert_allclose(applied(difference(2), x), series.diff().diff(), atol=1e-14)
    np.testing.assert_allclose(applied(difference(period=12), x), series.diff(12))


def test_a_high_difference_is_questioned():
    """``diff(12)`` of pandas is a period here; the twelfth difference is a power."""
    with pytest.warns(UserWarning, match=r"write difference\(period=12\)"):
        twelfth = difference(12)
    assert twelfth == difference() ** 12


def test_difference_zero_times_is_the_identity():
    """And bad orders are refused."""
    assert difference(0) == Kernel([1])
    with pytest.raises(ValueError, match="`n` must be at least 0"):
        difference(-1)
    with pytest.raises(ValueError, match="`period` must be at least 1"):
        difference(period=0)


def test_models_equal_statsmodels_processes():
    """Same signs: coefficients without lag 0, as in its results."""
    phi, theta = [0.5, -0.3], [0.4, 0.2, 0.1]
    process = ArmaProcess.from_coeffs(phi, theta)
    expected = process.impulse_response(30)
    np.testing.assert_allclose(arma(ar=phi, ma=theta).impulse_response(30), expected, atol=1e-15)
    assert ar(phi) * ma(theta) == arma(ar=phi, ma=theta)
    assert arma() == Kernel([1])


def test_sarima_equals_statsmodels():
    """Psi weights of SARIMAX (2, 1, 1)(1, 1, 1, 4) from its own polynomials."""
    model = SARIMAX(np.zeros(40), order=(2, 1, 1), seasonal_order=(1, 1, 1, 4))
    phi, theta, big_phi, big_theta = [0.5, -0.2], [0.3], [0.4], [-0.6]
    expected = model.impulse_responses([*phi, *theta, *big_phi, *big_theta, 1.0], steps=29)
    kernel = sarima(
        ar=phi, ma=theta, seasonal_ar=big_phi, seasonal_ma=big_theta, period=4, d=1, seasonal_d=1
    )
    # statsmodels integrates in the state: its response is that of the observed series.
    np.testing.assert_allclose(kernel.impulse_response(30), np.ravel(expected), rtol=1e-10)


def test_sarima_stays_factored():
    """Six factors for six polynomials; the season of 365 costs six numbers."""
    kernel = sarima(
        ar=[0.5], ma=[0.3], seasonal_ar=[0.4], seasonal_ma=[0.2], period=365, d=1, seasonal_d=1
    )
    assert len(kernel.factors) == 6
    assert sum(np.count_nonzero(den) for _, den in kernel.factors if den.size > 1) == 8


def test_whitening_differences_first():
    """Then the recursions: what is stored of the past stays small."""
    inverse = sarima(ma=[0.3], d=1, seasonal_d=1, period=4).inverse()
    assert [num.size for num, _ in inverse.factors] == [5, 2, 1]


@pytest.mark.parametrize(
    "part", [{"seasonal_ar": [0.5]}, {"seasonal_ma": [0.5]}, {"seasonal_d": 1}]
)
def test_seasonal_parts_need_a_period(part):
    """And a period of at least two."""
    with pytest.raises(ValueError, match="`period` must be given with a seasonal part"):
        sarima(**part)
    with pytest.raises(ValueError, match="`period` must be at least 2"):
        sarima(**part, period=1)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: moving_average(0), ValueError, "`width` must be at least 1"),
        (lambda: moving_average(2.5), TypeError, "`width` must be a whole number"),
        (lambda: gaussian(0.0), ValueError, "`std` must be positive"),
        (lambda: gaussian(1.0, truncate=0), ValueError, "`truncate` must be positive"),
        (lambda: gaussian(None), TypeError, "`std` must be a number"),
        (lambda: ar([[0.5]]), ValueError, "`ar` must be 1-D"),
        (lambda: ma([np.nan]), ValueError, "`ma` must be finite"),
        (lambda: sarima(d=-1), ValueError, "`d` must be at least 0"),
        (lambda: sarima(d=0.5), TypeError, "`d` must be a whole number"),
    ],
)
def test_bad_arguments_are_refused(call, error, message):
    """By name."""
    with pytest.raises(error, match=message):
        call()
