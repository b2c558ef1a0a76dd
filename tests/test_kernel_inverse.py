"""Inverses: exact and causal, or refused with the roots; two-sided; regularised. And stability."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_kernel import kernels, polynomials

from tsconv.kernel import CIRCLE_TOLERANCE, Kernel
from tsconv.kernels import ar, difference, gaussian, ma, moving_average, sarima

FREQS = np.linspace(0, 0.5, 41)


# ---------------------------------------------------------------------- causal


def test_inverse_of_a_difference_is_a_running_sum():
    """Roots on the circle are allowed: that is what integration is."""
    assert difference(period=4).inverse().impulse_response(9).tolist() == [
        1, 0, 0, 0, 1, 0, 0, 0, 1,
    ]  # fmt: skip


def test_inverse_of_a_delay_looks_ahead():
    """What came three samples late is moved back; with a gain."""
    inverse = Kernel([0, 0, 0, 4.0]).inverse()
    assert inverse == Kernel([0.25], origin=3)


def test_inverse_of_a_model_whitens():
    """Noise through the model and its inverse is the noise again."""
    from naive_kernel import filtered

    model = sarima(ar=[0.5], ma=[0.4], seasonal_ma=[-0.3], period=4, d=1)
    noise = np.random.default_rng(3).normal(size=80)
    data = filtered(noise, model.numerator, model.denominator)
    whitened = filtered(data, model.inverse().numerator, model.inverse().denominator)
    np.testing.assert_allclose(whitened, noise, atol=1e-13)


@pytest.mark.parametrize(
    ("kernel", "roots"),
    [
        (ma([2.0]), "root -2 in the z-plane"),
        (Kernel([1, -1.2, 2.6]), r"roots 0\.6\+1\.49666j, 0\.6-1\.49666j in the z-plane"),
        (ma([0.5]) * Kernel([1, -3]), "root 3 in the z-plane"),
        (sarima(seasonal_ma=[3.0], period=12), "and 6 more in the z-plane"),
        (Kernel(np.poly([1.00001] * 5)), "root"),
        (Kernel([0, 1, -2], origin=1), "root 2 in the z-plane"),
    ],
)
def test_an_unstable_inverse_is_refused_with_its_roots(kernel, roots):
    """The message names the zeros outside the circle and what else there is."""
    with pytest.raises(ValueError, match=roots) as caught:
        kernel.inverse()
    assert 'method="two-sided"' in str(caught.value)


def test_refusal_names_only_the_offending_roots():
    """The invertible factor is not blamed."""
    with pytest.raises(ValueError, match=r"has root -2 in the z-plane\. Try"):
        (ma([2.0]) * ma([0.5])).inverse()


def test_zero_has_no_inverse():
    """Under no method."""
    for method in ("causal", "two-sided"):
        with pytest.raises(ValueError, match="zero kernel has no inverse"):
            Kernel([0, 0]).inverse(method=method)


def test_inverse_of_a_nearly_vanishing_kernel():
    """A gain of 1e-200 is no zero, though its square is."""
    kernel = 1e-200 * ar([0.5])
    assert (kernel.inverse() * kernel).taps.tolist() == [1.0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"method": "exact"}, "`method` must be one of 'causal'"),
        ({"n_taps": 5}, "go with a two-sided or regularized inverse"),
        ({"noise": 0.1}, "go with a two-sided or regularized inverse"),
        ({"method": "two-sided", "noise": 0.1}, "`noise` goes with method"),
        ({"method": "regularized"}, "needs `noise`"),
        ({"method": "regularized", "noise": 0.0}, "`noise` must be positive"),
        ({"method": "two-sided", "n_taps": 0}, "`n_taps` must be at least 1"),
    ],
)
def test_options_that_do_not_go_together_are_refused(arguments, message):
    """Each method has its own options."""
    with pytest.raises(ValueError, match=message):
        ma([0.5]).inverse(**arguments)


# ---------------------------------------------------------------------- two-sided


@st.composite
def two_sided_kernels(draw):
    """Zeros on both sides of the circle, none within 0.01 of it, some factors seasonal."""
    inside, outside = draw(polynomials(0.9)), draw(polynomials(0.9))[::-1].copy()
    mixed = np.convolve(draw(polynomials(0.9)), draw(polynomials(0.9, steps=(1,)))[::-1])
    chosen = draw(st.lists(st.sampled_from([inside, outside, mixed]), min_size=1, max_size=2))
    dens = draw(st.lists(polynomials(), max_size=1))
    return (2.0 * Kernel.from_factors(chosen, dens)).shift(draw(st.integers(-3, 3)))


@given(two_sided_kernels())
@settings(max_examples=60, deadline=None)
def test_two_sided_inverse_undoes_the_kernel_at_every_frequency(kernel):
    """Zeros inside are divided out forwards, zeros outside backwards, both at once where mixed."""
    inverse = kernel.inverse(method="two-sided")
    response = kernel.frequency_response(FREQS) * inverse.frequency_response(FREQS)
    condition = np.max(kernel.gain(FREQS)) / np.min(kernel.gain(FREQS))
    np.testing.assert_allclose(response, 1, rtol=0, atol=1e-14 * condition**2 + 1e-12)


def test_two_sided_inverse_by_hand():
    """1 / (1 - 2L) = -sum 2^-j L^-j, j = 1, 2, ...: it only looks ahead."""
    inverse = Kernel([1.0, -2.0]).inverse(method="two-sided")
    np.testing.assert_allclose(inverse.taps[::-1][:20], -(0.5 ** np.arange(1, 21)), rtol=1e-14)
    assert inverse.lags[-1] == -1


def test_two_sided_inverse_of_a_symmetric_kernel_is_symmetric():
    """0.3, 1, 0.3 has one zero inside and its mirror image outside."""
    inverse = Kernel([0.3, 1.0, 0.3], origin=1).inverse(method="two-sided")
    np.testing.assert_allclose(inverse.taps, inverse.taps[::-1], atol=1e-15)
    assert 2 * inverse.origin + 1 == inverse.taps.size


def test_two_sided_inverse_of_an_invertible_kernel_is_the_causal_one():
    """Nothing outside the circle: nothing ahead."""
    kernel = ma([0.5])
    inverse = kernel.inverse(method="two-sided")
    assert inverse.origin == 0
    np.testing.assert_allclose(inverse.taps, (-0.5) ** np.arange(inverse.taps.size), rtol=1e-14)


def test_two_sided_inverse_of_a_recursion_is_its_polynomial():
    """Nothing to divide by: the denominator itself, also of one with a unit root."""
    assert difference().inverse().inverse(method="two-sided") == difference()


def test_two_sided_inverse_keeps_the_taps_asked_for():
    """The stretch with the largest energy, or padded with zeros on both sides."""
    kernel = Kernel([0.3, 1.0, 0.3], origin=1)
    whole = kernel.inverse(method="two-sided")
    short = kernel.inverse(method="two-sided", n_taps=9)
    assert short.taps.tolist() == whole.taps[whole.origin - 4 : whole.origin + 5].tolist()
    assert short.origin == 4
    long = kernel.inverse(method="two-sided", n_taps=201)
    assert (long.taps.size, long.origin) == (201, 100)
    np.testing.assert_allclose(long.gain(FREQS), whole.gain(FREQS), rtol=1e-13)


def test_two_sided_inverse_of_a_delay_keeps_what_matters():
    """Few taps of the inverse of a late kernel lie early, not around lag 0."""
    inverse = Kernel([1.0, 0.5]).shift(100).inverse(method="two-sided", n_taps=3)
    assert inverse.lags.tolist() == [-100, -99, -98]
    np.testing.assert_allclose(inverse.taps, [1, -0.5, 0.25])


@pytest.mark.parametrize(
    "method", [{"method": "two-sided"}, {"method": "regularized", "noise": 1e-9}]
)
def test_finite_inverse_of_leading_zeros_looks_as_far_ahead(method):
    """Three zeros before the first tap are a delay of three, as a negative origin is."""
    inverse = Kernel([0, 0, 0, 1.0, 0.5]).inverse(**method)
    assert inverse.lags[np.argmax(np.abs(inverse.taps))] == -3
    expected = Kernel([1.0, 0.5], origin=-3).inverse(**method)
    np.testing.assert_allclose(inverse.gain(FREQS), expected.gain(FREQS), rtol=1e-12)


@pytest.mark.parametrize(
    "kernel",
    [difference(), moving_average(4), Kernel([1, -2 * np.cos(0.7), 1]), ma([1.0, 0.5, 0.5])],
)
def test_two_sided_inverse_refuses_zeros_on_the_circle(kernel):
    """A frequency that is removed cannot be put back, whether or not it falls on a grid."""
    with pytest.raises(ValueError, match=r"removes a frequency.*regularized"):
        kernel.inverse(method="two-sided")


def test_two_sided_inverse_refuses_to_be_millions_of_taps_long():
    """A zero at 1 - 1e-6 is remembered for 40 million samples."""
    with pytest.raises(ValueError, match=r"taps is too long.*regularized"):
        ma([-(1 - 1e-6)]).inverse(method="two-sided")


# ---------------------------------------------------------------------- regularised


@pytest.mark.parametrize("noise", [1.0, 0.01, 1e-4])
@pytest.mark.parametrize(
    "kernel",
    [
        difference(),
        moving_average(4),
        Kernel([1, -2 * np.cos(0.7), 1]).shift(3),
        gaussian(3.0),
        difference().inverse(),
        sarima(ar=[0.5], seasonal_ma=[-1.0], period=12),
    ],
)
def test_regularized_inverse_is_the_wiener_filter(kernel, noise):
    """conj(H) / (|H|^2 + noise) at every frequency, with zeros or poles on the circle too."""
    h = kernel.frequency_response(FREQS[1:])
    expected = np.conj(h) / (np.abs(h) ** 2 + noise)
    inverse = kernel.inverse(method="regularized", noise=noise)
    # At multiples of 1/80 the phases repeat every 80 lags: thousands of taps, but no power of z.
    wrapped = np.bincount(inverse.lags % 80, weights=inverse.taps, minlength=80)
    actual = np.fft.rfft(wrapped)[1:]
    # h itself is rounded, which the noise divides where h is zero.
    atol = 1e-12 * np.max(np.abs(expected)) + 1e-14 / noise
    np.testing.assert_allclose(actual, expected, rtol=0, atol=atol)


def test_regularized_inverse_tends_to_the_exact_one():
    """With less and less noise it undoes the kernel better and better, in proportion."""
    kernel = ma([0.5])
    for noise in (1e-3, 1e-6, 1e-9):
        inverse = kernel.inverse(method="regularized", noise=noise)
        worst = np.max(np.abs((kernel * inverse).frequency_response(FREQS) - 1))
        # At the smallest gain, 0.5, noise / (0.25 + noise) is left over.
        assert worst == pytest.approx(noise / 0.25, rel=0.01, abs=1e-14)


def test_regularized_inverse_that_cannot_be_told_from_rounding_is_refused():
    """A zero on the circle and a noise of 1e-13: remembered for a hundred million samples."""
    with pytest.raises(ValueError, match="must die out within a million samples"):
        difference().inverse(method="regularized", noise=1e-13)


# ---------------------------------------------------------------------- stability


@pytest.mark.parametrize("period", [1, 2, 12, 365])
@pytest.mark.parametrize(
    ("distance", "stable"),
    [
        (1e-3, True),
        (1e-9, True),
        (1.1e-10, True),
        (0.9e-10, False),
        (1e-12, False),
        (0.0, False),
        (-1e-12, False),
        (-1e-9, False),
        (-0.5, False),
    ],
)
def test_stability_at_inside_and_outside_the_circle(distance, stable, period):
    """A pole of modulus 1 - distance is stable if the distance exceeds the stated 1e-10."""
    assert CIRCLE_TOLERANCE == 1e-10
    # A seasonal root of modulus m in the plane has the coefficient m**period.
    coefficient = np.exp(period * np.log1p(-distance))
    poly = np.zeros(period + 1)
    poly[0], poly[-1] = 1.0, -coefficient
    assert Kernel([1.0], denominator=poly).is_stable is stable
    assert Kernel(poly).is_invertible is stable


@pytest.mark.parametrize("angle", [0.01, 0.3, 1.0, 3.0])
@pytest.mark.parametrize(
    ("distance", "stable"), [(1e-9, True), (1.1e-10, True), (0.9e-10, False), (-1e-9, False)]
)
def test_stability_of_pairs(distance, stable, angle):
    """Complex poles, whose modulus is the square root of the last coefficient."""
    r = 1 - distance
    assert Kernel([1.0], denominator=[1, -2 * r * np.cos(angle), r * r]).is_stable is stable


@pytest.mark.parametrize("power", [2, 5, 20])
def test_stability_of_multiple_poles_kept_as_factors(power):
    """A pole at 1 - 1e-9 twenty times over is stable; its multiplied-out rounding is not asked."""
    assert (ar([1 - 1e-9]) ** power).is_stable
    assert not (ar([1 + 1e-9]) ** power).is_stable
    assert not (ar([1.0]) ** power).is_stable


def test_stability_of_multiple_poles_as_stored():
    """(1 - 0.5 L)^20 and (1 - L)^20 are exact floats; numpy's roots lie outside for both."""
    half, one = np.array([1.0]), np.array([1.0])
    for _ in range(20):
        half, one = np.convolve(half, [1, -0.5]), np.convolve(one, [1, -1.0])
    assert Kernel([1], denominator=half).is_stable
    assert not Kernel([1], denominator=one).is_stable
    # On the circle counts as invertible by a running sum, and rounding does not push it out.
    assert Kernel(one).inverse() == Kernel([1], denominator=one)


@given(kernels())
@settings(max_examples=50, deadline=None)
def test_the_drawn_kernels_are_stable_and_invertible(kernel):
    """By construction: and the inverse swaps the two questions, poles and zeros."""
    assert kernel.is_stable
    assert kernel.is_invertible
    inverse = kernel.inverse()
    assert inverse.is_stable
    np.testing.assert_allclose(np.sort(np.abs(inverse.poles)), np.sort(np.abs(kernel.zeros)))


def test_zero_is_not_invertible():
    """Though it has no zeros."""
    assert not Kernel([0.0]).is_invertible
    assert Kernel([0.0]).zeros.size == 0


def test_pure_delays_are_no_roots():
    """Roots at z = 0 are left out, of poles and of zeros."""
    kernel = Kernel([0, 0, 1, -0.5, 0]).shift(2)
    assert kernel.zeros.tolist() == [0.5]
    assert kernel.poles.size == 0


def test_seasonal_roots_lie_on_one_circle():
    """The twelve roots of 1 - L^12 have modulus 1 to two roundings."""
    zeros = difference(period=12).zeros
    assert zeros.size == 12
    np.testing.assert_allclose(np.abs(zeros), 1, rtol=5e-16)
    # An angle of up to 2 pi is rounded twice, and the power makes twelve of it.
    np.testing.assert_allclose(zeros**12, 1, rtol=48 * np.pi * np.finfo(float).eps)
