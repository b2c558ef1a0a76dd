"""Kernel's questions: impulse, step and frequency response, delay, autocovariance, spectrum, roots.

Three opinions: loops written out (naive_kernel), scipy and statsmodels, and printed values.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from naive_kernel import (
    autocovariance,
    exact_cascade,
    exact_gain,
    exactly,
    frequency_response,
    impulse_response,
    kernels,
)
from scipy import signal
from statsmodels.tsa.arima_process import ArmaProcess

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
)

FREQS = np.array([0.0, 0.013, 0.1, 0.25, 0.41, 0.499])

# Frequency and time domain both sum some hundred rounded terms.
ROUNDING = 1e-11


@pytest.fixture
def butterworth():
    """Order 10 at 0.01 of the Nyquist frequency: as (b, a) it has lost all digits."""
    return signal.butter(10, 0.01, output="sos")


# ---------------------------------------------------------------------- impulse and step response


@given(kernels(shifts=False))
@settings(max_examples=40, deadline=None)
def test_impulse_response_equals_loops(kernel):
    """Factor by factor gives what the multiplied-out recursion gives in rational arithmetic."""
    nums = [exactly(num) for num, _ in kernel.factors]
    dens = [exactly(den) for _, den in kernel.factors]
    y = [1.0] + [0] * 29
    for num, den in zip(nums, dens, strict=True):
        y = [sum(c * y[t - k] for k, c in enumerate(num) if t >= k and c) for t in range(30)]
        one_over = impulse_response([1], den, 30)
        y = [sum(one_over[k] * y[t - k] for k in range(t + 1)) for t in range(30)]
    expected = np.array([float(v) for v in y])
    scale = np.max(np.abs(expected))
    np.testing.assert_allclose(kernel.impulse_response(30), expected, rtol=0, atol=1e-13 * scale)


@given(kernels().filter(lambda k: k.origin <= 0))
@settings(max_examples=40, deadline=None)
def test_impulse_response_equals_scipy(kernel):
    """A causal kernel and `lfilter` with its (b, a) give the same weights, delay included."""
    impulse = np.zeros(50)
    impulse[0] = 1.0
    expected = signal.lfilter(*kernel.to_ba(), impulse)
    scale = np.max(np.abs(expected))
    np.testing.assert_allclose(kernel.impulse_response(50), expected, rtol=0, atol=1e-12 * scale)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 7])
def test_impulse_response_has_the_length_asked_for(n):
    """Longer than the taps, shorter, and nothing."""
    kernel = Kernel([1.0, 2.0, 3.0]).shift(1)
    assert kernel.impulse_response(n).tolist() == [0, 1, 2, 3, 0, 0, 0][:n]
    assert kernel.step_response(n).tolist() == [0, 1, 3, 6, 6, 6, 6][:n]


def test_impulse_response_of_a_kernel_that_looks_ahead_starts_there():
    """The first weight is at lag -origin, so nothing is lost; the caller's copy is his own."""
    response = Kernel([1.0, 2.0, 3.0], origin=1).impulse_response(4)
    assert response.tolist() == [1, 2, 3, 0]
    response[0] = 7


def test_impulse_response_refuses_fractions():
    """A count is whole and not negative."""
    with pytest.raises(TypeError, match="`n` must be a whole number"):
        ar([0.5]).impulse_response(2.0)
    with pytest.raises(ValueError, match="`n` must be at least 0"):
        ar([0.5]).impulse_response(-1)


def test_step_response_equals_scipy():
    """The running sum is scipy's answer to a unit step."""
    kernel = arma(ar=[0.9, -0.4], ma=[0.3])
    b, a = _polynomial_form(kernel)
    _, (expected,) = signal.dstep((b, a, 1.0), n=40)
    np.testing.assert_allclose(kernel.step_response(40), expected[:, 0], rtol=1e-12)


def _polynomial_form(kernel):
    """(b, a) padded to equal length: powers of z instead of 1/z."""
    b, a = kernel.to_ba()
    n = max(b.size, a.size)
    return np.pad(b, (0, n - b.size)), np.pad(a, (0, n - a.size))


def test_seasonal_impulse_response_is_exact_for_long_seasons():
    """(1 - 0.5 L)(1 - 0.8 L^365): products of powers, and no work for the 364 zeros."""
    psi = sarima(ar=[0.5], seasonal_ar=[0.8], period=365).impulse_response(3 * 365)
    expected = np.zeros(3 * 365)
    for year in range(3):
        expected[365 * year :] += 0.8**year * 0.5 ** np.arange(3 * 365 - 365 * year)
    np.testing.assert_allclose(psi, expected, rtol=1e-13)


def test_long_recursions_keep_their_digits():
    """A million steps of a slow decay end where the formula says, to a million roundings."""
    n = 1_000_000
    response = exponential(alpha=1e-5).impulse_response(n + 1)
    exact = 1e-5 * np.exp(n * np.log1p(-1e-5))
    assert response[-1] == pytest.approx(exact, rel=n * np.finfo(float).eps, abs=0)


def test_running_sums_do_not_drift():
    """The inverse of two differences counts 1, 2, 3, ... exactly for a hundred thousand samples."""
    weights = difference(2).inverse().impulse_response(100_000)
    np.testing.assert_array_equal(weights, np.arange(1, 100_001))


# ---------------------------------------------------------------------- the hard case: Butterworth


def test_butterworth_impulse_response_equals_rational_arithmetic(butterworth):
    """Given as sections it keeps its digits: 1e-12 of the peak, which lies at sample 220."""
    response = Kernel.from_sos(butterworth).impulse_response(300)
    exact = exact_cascade(butterworth, 300)
    np.testing.assert_allclose(response, exact, rtol=0, atol=1e-12 * np.max(np.abs(exact)))


def test_butterworth_impulse_response_equals_sosfilt(butterworth):
    """3,000 samples, to rounding, while (b, a) explodes."""
    impulse = np.zeros(3000)
    impulse[0] = 1.0
    response = Kernel.from_sos(butterworth).impulse_response(3000)
    expected = signal.sosfilt(butterworth, impulse)
    peak = np.max(np.abs(expected))
    np.testing.assert_allclose(response, expected, rtol=0, atol=1e-11 * peak)
    with np.errstate(over="ignore", invalid="ignore"):
        multiplied_out = signal.lfilter(*Kernel.from_sos(butterworth).to_ba(), impulse)
    assert not np.max(np.abs(multiplied_out - expected)) < peak


@pytest.mark.parametrize("half_tangent", [2.0**-10, 0.003, 0.0078, 0.0157, 0.03, 0.1])
def test_butterworth_gain_equals_rational_arithmetic(butterworth, half_tangent):
    """From the pass band down to 1e-11: relative error below 1e-10."""
    frequency = 2 * np.arctan(half_tangent) / (2 * np.pi)
    gain = Kernel.from_sos(butterworth).gain(frequency)
    assert gain == pytest.approx(exact_gain(butterworth, half_tangent), rel=1e-10, abs=0)


def test_butterworth_gain_has_its_three_properties(butterworth):
    """One at zero, 1/sqrt(2) at the corner, as scipy's `sosfreqz` elsewhere."""
    kernel = Kernel.from_sos(butterworth)
    np.testing.assert_allclose(kernel.gain([0.0, 0.005]), [1, np.sqrt(0.5)], rtol=1e-10)
    freqs = np.linspace(0, 0.45, 50)
    _, expected = signal.sosfreqz(butterworth, freqs, fs=1.0)
    np.testing.assert_allclose(kernel.frequency_response(freqs), expected, rtol=1e-9)


def test_butterworth_is_stable_and_its_inverse_is_exact(butterworth):
    """Ten poles at modulus 0.99 and ten zeros at -1, decided and cancelled section by section."""
    kernel = Kernel.from_sos(butterworth)
    assert kernel.is_stable
    assert not kernel.is_invertible
    assert kernel * kernel.inverse() == Kernel([1])
    _, poles, _ = signal.butter(10, 0.01, output="zpk")
    np.testing.assert_allclose(np.sort_complex(kernel.poles), np.sort_complex(poles), rtol=1e-11)


def test_butterworth_variance_is_its_noise_bandwidth(butterworth):
    """White noise through it keeps 2 x 0.005 / sinc(1 / 20) of its variance, nearly."""
    (variance,) = Kernel.from_sos(butterworth).autocovariance(0)
    # The analog noise bandwidth of order n is the corner times (pi/2n) / sin(pi/2n); the bilinear
    # transform bends the frequency axis by 1e-4 at 0.01 of Nyquist.
    assert variance == pytest.approx(0.01 * (np.pi / 20) / np.sin(np.pi / 20), rel=1e-4, abs=0)


# ---------------------------------------------------------------------- frequency domain


@given(kernels().filter(lambda k: k.origin <= 0))
@settings(max_examples=40, deadline=None)
def test_frequency_response_equals_freqz(kernel):
    """Only scipy multiplies out; for low orders that is the same."""
    _, expected = signal.freqz(*kernel.to_ba(), worN=FREQS, fs=1.0)
    scale = np.max(np.abs(expected))
    actual = kernel.frequency_response(FREQS)
    np.testing.assert_allclose(actual, expected, rtol=0, atol=ROUNDING * scale)
    np.testing.assert_allclose(kernel.gain(FREQS), np.abs(expected), rtol=0, atol=ROUNDING * scale)


@given(kernels())
@settings(max_examples=30, deadline=None)
def test_frequency_response_is_the_transform_of_the_weights(kernel):
    """Summing the impulse response gives the same, also for kernels that look ahead."""
    n = kernel.memory()
    scale = float(np.sum(np.abs(kernel.impulse_response(n))))
    for frequency in (0.0, 0.17):
        actual = kernel.frequency_response(frequency)
        expected = frequency_response(kernel, frequency, n)
        np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-12 * scale)


@given(kernels(), kernels())
@settings(max_examples=40, deadline=None)
def test_convolution_theorem(k1, k2):
    """The response of a product is the product of the responses; of a sum, the sum."""
    h1, h2 = k1.frequency_response(FREQS), k2.frequency_response(FREQS)
    product, total = (k1 * k2).frequency_response(FREQS), (k1 + k2).frequency_response(FREQS)
    np.testing.assert_allclose(product, h1 * h2, rtol=ROUNDING)
    scale = np.max(np.abs(h1) + np.abs(h2))
    np.testing.assert_allclose(total, h1 + h2, rtol=0, atol=1e-10 * scale)


def test_sampling_rate_scales_the_frequencies():
    """5 Hz at 100 samples per second is 0.05 cycles per sample."""
    kernel = arma(ar=[0.5], ma=[0.4])
    for ask in (kernel.gain, kernel.phase, kernel.group_delay, kernel.frequency_response):
        np.testing.assert_array_equal(ask([5.0], fs=100), ask([0.05]))


@pytest.mark.parametrize("ask", ["frequency_response", "gain", "phase", "group_delay"])
@pytest.mark.parametrize("freqs", [0.1, [0.1], [[0.0, 0.1], [0.2, 0.3]], []])
def test_answers_have_the_shape_of_the_frequencies(ask, freqs):
    """A number, a list, a table, nothing."""
    assert np.shape(getattr(arma(ar=[0.5], ma=[0.4]), ask)(freqs)) == np.shape(freqs)


def test_bad_frequencies_are_refused():
    """Missing frequencies and a sampling rate of zero."""
    with pytest.raises(ValueError, match="`freqs` must be finite"):
        difference().gain([0.1, np.nan])
    with pytest.raises(ValueError, match="`fs` must be positive"):
        difference().gain([0.1], fs=0)


def test_gain_is_infinite_at_a_pole_on_the_circle():
    """A running sum has no gain at frequency zero; no warning either."""
    np.testing.assert_array_equal(difference().inverse().gain([0.0, 0.5]), [np.inf, 0.5])


@pytest.mark.parametrize("kernel", [moving_average(5), gaussian(2.0), binomial(6)])
def test_centred_kernels_do_not_shift(kernel):
    """Symmetric about lag 0: a real response and no delay, at its zeros neither."""
    freqs = np.array([0.0, 0.05, 0.1, 0.2, 0.4, 0.5])
    np.testing.assert_allclose(kernel.frequency_response(freqs).imag, 0, atol=1e-15)
    np.testing.assert_array_equal(kernel.group_delay(freqs), 0)


def test_phase_of_a_delay_falls_linearly():
    """Unwrapped: three samples late is -6 pi f, far beyond -pi."""
    freqs = np.linspace(0, 0.5, 30)
    phase = Kernel([1.0]).shift(3).phase(freqs)
    np.testing.assert_allclose(phase, -6 * np.pi * freqs, atol=1e-13)


@given(kernels().filter(lambda k: k.origin <= 0))
@settings(max_examples=40, deadline=None)
def test_group_delay_equals_scipy(kernel):
    """The same as scipy's, for kernels without zeros on the circle."""
    _, expected = signal.group_delay(kernel.to_ba(), w=FREQS, fs=1.0)
    np.testing.assert_allclose(kernel.group_delay(FREQS), expected, rtol=1e-9, atol=1e-9)


@given(kernels())
@settings(max_examples=30, deadline=None)
def test_group_delay_is_the_slope_of_the_phase(kernel):
    """Central differences of the phase, to their own error."""
    f, h = 0.17, 1e-5
    before, after = kernel.phase([f - h, f + h])
    np.testing.assert_allclose(
        kernel.group_delay(f), -(after - before) / (4 * np.pi * h), rtol=1e-4, atol=1e-4
    )


# ---------------------------------------------------------------------- autocovariance and spectrum


@pytest.mark.parametrize(
    ("phi", "theta"),
    [
        ([], []),
        ([0.5], []),
        ([], [0.4, 0.3]),
        ([0.5], [0.4]),
        ([1.2, -0.5], [0.3]),
        ([0.2], [0.5, -0.3, 0.2]),
        ([0.1, 0.2, 0.3], [2.0]),
    ],
)
def test_autocovariance_equals_statsmodels(phi, theta):
    """`ArmaProcess.acovf`, p > q and q > p, not invertible too."""
    process = ArmaProcess(np.r_[1, -np.array(phi)], np.r_[1, theta])
    actual = arma(ar=phi, ma=theta).autocovariance(20, sigma2=2.5)
    np.testing.assert_allclose(actual, 2.5 * process.acovf(21), rtol=1e-12, atol=1e-13)


@given(kernels())
@settings(max_examples=25, deadline=None)
def test_autocovariance_equals_loops(kernel):
    """The sum of products of weights; a shift does not matter."""
    expected = autocovariance(kernel.shift(kernel.origin).impulse_response(900), 5)
    np.testing.assert_allclose(kernel.autocovariance(5), expected, rtol=0, atol=1e-12 * expected[0])


@given(kernels())
@settings(max_examples=25, deadline=None)
def test_spectral_density_integrates_to_the_variance(kernel):
    """The mean over a full turn is exact for weights that have died out within it."""
    n = 2 * kernel.memory()
    density = kernel.spectral_density(np.arange(n) / n, sigma2=3.0)
    (variance,) = kernel.autocovariance(0, sigma2=3.0)
    assert np.mean(density) == pytest.approx(variance, rel=1e-11, abs=0)


def test_spectral_density_is_per_unit_of_frequency():
    """Integrated over -fs/2 to fs/2 it is the variance, in the unit of fs."""
    kernel, fs = ar([0.7]), 250.0
    freqs = np.arange(2000) / 2000 * fs
    total = np.sum(kernel.spectral_density(freqs, fs=fs)) * fs / 2000
    assert total == pytest.approx(1 / (1 - 0.49), rel=1e-12, abs=0)


def test_spectral_density_is_the_transform_of_the_autocovariance():
    """Wiener and Khinchin."""
    kernel = arma(ar=[0.6], ma=[0.3])
    gamma = kernel.autocovariance(200)
    k = np.arange(1, 201)
    for f in FREQS:
        expected = gamma[0] + 2 * np.sum(gamma[1:] * np.cos(2 * np.pi * f * k))
        assert kernel.spectral_density(f) == pytest.approx(expected, rel=1e-12, abs=0)


def test_autocovariance_of_a_finite_kernel_ends():
    """Exactly zero beyond the taps."""
    np.testing.assert_array_equal(ma([0.5]).autocovariance(4), [1.25, 0.5, 0, 0, 0])
    np.testing.assert_array_equal((0 * ar([0.5])).autocovariance(2), 0)


def test_autocovariance_of_long_seasons():
    """1 / (1 - 0.8 L^365) has the autocovariances of an AR(1), one a year."""
    gamma = sarima(seasonal_ar=[0.8], period=365).autocovariance(730)
    expected = np.zeros(731)
    expected[::365] = 0.8 ** np.arange(3) / (1 - 0.64)
    np.testing.assert_allclose(gamma, expected, rtol=1e-13, atol=1e-16)


@pytest.mark.parametrize("distance", [1e-5, 1e-7, 1e-9])
def test_autocovariance_near_a_unit_root(distance):
    """One pole at 1 - distance: phi^k / (1 - phi^2), to rounding."""
    phi = 1 - distance
    gamma = ar([phi]).autocovariance(3)
    expected = phi ** np.arange(4) / ((1 - phi) * (1 + phi))
    np.testing.assert_allclose(gamma, expected, rtol=1e-14)


@pytest.mark.parametrize("distance", [1e-3, 1e-5, 1e-7, 1e-9])
def test_autocovariance_near_a_double_unit_root(distance):
    """(1 + phi^2) / (1 - phi^2)^3, where solving in floating point loses even the sign."""
    phi = 1 - distance
    gamma = (ar([phi]) ** 2).autocovariance(1)
    gap = (1 - phi) * (1 + phi)
    np.testing.assert_allclose(gamma[0], (1 + phi**2) / gap**3, rtol=1e-11)
    np.testing.assert_allclose(gamma[1], 2 * phi / gap**3, rtol=1e-11)


def test_both_ways_to_autocovariances_agree():
    """Summing a long response, and the equations in rational arithmetic with a numerator."""
    from tsconv.polynomials.yule_walker import autocovariance_equations

    kernel = arma(ar=[1.3, -0.6], ma=[0.5, 0.2, -0.4, 0.1]) * sarima(
        seasonal_ar=[0.5], seasonal_ma=[-0.3], period=4
    )
    nums = [num for num, _ in kernel.factors]
    dens = [den for _, den in kernel.factors]
    equations = autocovariance_equations(nums, dens, 30)
    np.testing.assert_allclose(equations, kernel.autocovariance(30), rtol=1e-11, atol=1e-13)


def test_autocovariance_of_a_long_season_near_a_unit_root():
    """Degree 366 is solved in floating point: the product of both parts, to 1e-9."""
    phi, seasonal = 0.5, 1 - 1e-5
    kernel = sarima(ar=[phi], seasonal_ar=[seasonal], period=365)
    # Years do not overlap (0.5^365 is 1e-110): the product of both autocovariances at lag 0.
    expected = 1 / (1 - phi**2) / (1 - seasonal**2)
    np.testing.assert_allclose(kernel.autocovariance(2), expected * phi ** np.arange(3), rtol=1e-9)


def test_autocovariance_that_cannot_be_told_from_infinity_is_refused():
    """Degree above 100 and a triple root at 1 - 1e-9: no number rather than a wrong one."""
    kernel = ar([1 - 1e-9]) ** 3 * sarima(seasonal_ar=[0.5], period=120)
    with pytest.raises(ValueError, match="too near the unit circle for a kernel of this degree"):
        kernel.autocovariance(0)


@pytest.mark.parametrize("kernel", [ar([1.0]), ar([2.0]), difference(period=12).inverse()])
def test_autocovariance_needs_a_stable_kernel(kernel):
    """The message names the poles."""
    with pytest.raises(ValueError, match=r"all poles inside the unit circle.*root"):
        kernel.autocovariance(3)


# ---------------------------------------------------------------------- memory


@given(kernels())
@settings(max_examples=60, deadline=None)
def test_memory_bounds_the_impulse_response(kernel):
    """From `memory(tolerance)` on, weights stay below `tolerance` of the peak."""
    n = kernel.memory(1e-8)
    response = kernel.impulse_response(n + 500)
    assert np.max(np.abs(response[n:])) <= 1.0001e-8 * np.max(np.abs(response))


@pytest.mark.parametrize("power", [1, 2, 5, 10])
def test_memory_of_multiple_poles(power):
    """n^(k-1) r^n dies out later than r^n, and the bound follows within a factor of two."""
    kernel = ar([0.9]) ** power
    n = kernel.memory(1e-10)
    response = np.abs(kernel.impulse_response(2 * n))
    last = np.flatnonzero(response > 1e-10 * response.max())[-1]
    assert last < n < 2 * last


def test_memory_is_relative_to_the_peak(butterworth):
    """The numerator's gain of 1e-15 does not lengthen the bound: 2.5 times the truth at most."""
    kernel = Kernel.from_sos(butterworth)
    n = kernel.memory(1e-10)
    response = np.abs(kernel.impulse_response(n))
    last = np.flatnonzero(response > 1e-10 * response.max())[-1]
    assert last < n < 2.5 * last


def test_memory_of_seasonal_poles_is_not_that_of_a_multiple_one():
    """365 poles of one modulus at 365 angles: 36 doublings of a year, nothing more."""
    n = sarima(seasonal_ar=[0.5], period=365).memory(2.0**-36)
    assert 36 * 365 <= n <= 37 * 365 + 1


def test_memory_counts_the_delay_of_a_finite_kernel():
    """The number of samples asked of `impulse_response` to see everything."""
    assert Kernel([1, 2, 3]).shift(4).memory() == 7
    assert Kernel([1, 2, 3], origin=2).memory() == 3


def test_memory_where_numpys_roots_lie_outside():
    """(1 - 7/8 L)^14 multiplied out is exact and stable; the root finder says 1.018."""
    kernel = Kernel([1.0], denominator=(ar([0.875]) ** 14).denominator)
    assert np.max(np.abs(kernel.poles)) > 1
    n = kernel.memory(1e-10)
    response = np.abs((ar([0.875]) ** 14).impulse_response(2 * n))
    assert np.max(response[n:]) <= 1e-10 * np.max(response)


def test_memory_of_an_unstable_kernel_is_none():
    """A running sum never forgets."""
    assert difference().inverse().memory() is None
    with pytest.raises(ValueError, match="`tolerance` must be positive"):
        ar([0.5]).memory(0)


# ---------------------------------------------------------------------- published values


def test_brockwell_davis_example_311():
    """Weights psi and pi of X_t - .5 X_{t-1} = Z_t + .4 Z_{t-1}.

    Brockwell and Davis (2002), Introduction to Time Series and Forecasting, 2nd ed., Example 3.1.1,
    pages 86 and 87: psi_j = (.4 + .5) .5^(j-1), pi_j = -(.4 + .5) (-.4)^(j-1), j = 1, 2, ...
    """
    model, j = arma(ar=[0.5], ma=[0.4]), np.arange(1, 20)
    np.testing.assert_allclose(model.impulse_response(20)[1:], 0.9 * 0.5 ** (j - 1), rtol=1e-14)
    pi = model.inverse().impulse_response(20)
    np.testing.assert_allclose(pi[1:], -0.9 * (-0.4) ** (j - 1), rtol=1e-14)


def test_brockwell_davis_example_312():
    """X_t = .7 X_{t-1} - .1 X_{t-2} + Z_t: psi_1 = .7, psi_2 = .7^2 - .1, roots at z = 2 and 5.

    The same book, Example 3.1.2, page 87. Its z is our L, the inverse of the z-plane's.
    """
    model = ar([0.7, -0.1])
    np.testing.assert_allclose(model.impulse_response(3), [1, 0.7, 0.7**2 - 0.1], rtol=1e-15)
    np.testing.assert_allclose(np.sort(1 / model.poles.real), [2, 5], rtol=1e-14)


def test_brockwell_davis_section_33():
    """(1 - L + L^2/4) X = (1 + L) Z: psi_n = (1 + 3n) / 2^n, gamma_k = (32/3 + 8k) / 2^k.

    Brockwell and Davis (1991), Time Series: Theory and Methods, 2nd ed., section 3.3. A double
    root, so that n appears as a factor.
    """
    model, n = arma(ar=[1.0, -0.25], ma=[1.0]), np.arange(30)
    np.testing.assert_allclose(model.impulse_response(30), (1 + 3 * n) * 0.5**n, rtol=1e-13)
    np.testing.assert_allclose(model.autocovariance(29), (32 / 3 + 8 * n) * 0.5**n, rtol=1e-13)


def test_box_jenkins_airline_weights():
    """The pi weights of the airline model with theta = 0.4 and Theta = 0.6, as in Box and Jenkins.

    Box, Jenkins and Reinsel (1994), Time Series Analysis, 3rd ed., section 9.2:
    pi_j = theta^(j-1) (1 - theta) for j = 1..11, pi_12 = theta^11 (1 - theta) + (1 - Theta),
    pi_13 = theta^12 (1 - theta) - (1 - theta)(1 - Theta).
    """
    theta, seasonal = 0.4, 0.6
    model = sarima(ma=[-theta], seasonal_ma=[-seasonal], period=12, d=1, seasonal_d=1)
    pi = -model.inverse().impulse_response(14)
    j = np.arange(1, 12)
    np.testing.assert_allclose(pi[1:12], theta ** (j - 1) * (1 - theta), rtol=1e-14)
    expected = theta**11 * (1 - theta) + (1 - seasonal)
    assert pi[12] == pytest.approx(expected, rel=1e-14, abs=0)
    expected = theta**12 * (1 - theta) - (1 - theta) * (1 - seasonal)
    assert pi[13] == pytest.approx(expected, rel=1e-14, abs=0)
