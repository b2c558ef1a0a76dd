"""Lag polynomials on plain arrays, and where their roots lie."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_kernel import impulse_response, polynomials

from tsconv.polynomials import lag as lagpoly
from tsconv.polynomials import stability
from tsconv.polynomials.ratio import Ratio, added, composed, inverted, ratio
from tsconv.polynomials.yule_walker import autocovariance_equations

COEFFICIENTS = st.lists(st.sampled_from([0.0, 1.0, -2.5, 0.3]), min_size=1, max_size=8)


# ---------------------------------------------------------------------- arithmetic


@pytest.mark.parametrize(
    ("poly", "core", "lead"),
    [([0, 0, 1, 2, 0], [1, 2], 2), ([3], [3], 0), ([0, 0], [0], 0), ([1, 0, 1], [1, 0, 1], 0)],
)
def test_trimmed_drops_zeros_at_both_ends(poly, core, lead):
    """And counts the leading ones; a zero polynomial keeps one."""
    actual, count = lagpoly.trimmed(np.array(poly, float))
    assert actual.tolist() == core
    assert count == lead


@given(st.lists(COEFFICIENTS, max_size=4), st.randoms())
@settings(deadline=None)
def test_product_equals_repeated_convolution_in_any_order(polys, random):
    """To rounding numpy's; to the last bit itself, however shuffled; zeros at the ends are kept."""
    arrays = [np.array(p) for p in polys]
    expected = np.ones(1)
    for array in arrays:
        expected = np.convolve(expected, array)
    product = lagpoly.product(arrays)
    np.testing.assert_allclose(product, expected, atol=1e-12)
    random.shuffle(arrays)
    np.testing.assert_array_equal(lagpoly.product(arrays), product)


@given(COEFFICIENTS, COEFFICIENTS)
@settings(deadline=None)
def test_times_is_a_cut_convolution(x, poly):
    """As long as the first argument, whichever is sparser or longer."""
    actual = lagpoly.times(np.array(x), np.array(poly))
    np.testing.assert_allclose(actual, np.convolve(x, poly)[: len(x)], atol=1e-14)


def test_times_of_nothing_is_nothing():
    """An empty signal stays empty."""
    assert lagpoly.times(np.zeros(0), np.ones(3)).size == 0


def test_proportional_compares_coefficient_by_coefficient():
    """Up to a common factor and four roundings each."""
    p = np.array([1.0, -2e10, 3.0])
    assert lagpoly.proportional(0.1 * p, p)
    assert not lagpoly.proportional(p, np.array([1.0, -2e10, 3.0 + 1e-14]))
    assert not lagpoly.proportional(p, p[:2])
    assert not lagpoly.proportional(np.array([1e-320, 1.0]), np.array([1.0, 1.0]))


@pytest.mark.parametrize(
    ("poly", "step"),
    [([1, 0, 0, 2], 3), ([1, 0, 2, 0, 3], 2), ([1, 2], 1), ([5], 1), ([0], 1), ([1, 0, 1, 1], 1)],
)
def test_spacing_is_the_common_step_of_the_lags(poly, step):
    """The season of a purely seasonal polynomial."""
    assert lagpoly.spacing(np.array(poly, float)) == step


@given(polynomials())
@settings(deadline=None)
def test_z_roots_are_roots(poly):
    """Inserted into the polynomial they give zero, to the size of its terms."""
    roots = lagpoly.z_roots(poly)
    assert roots.size == poly.size - 1
    values = np.polyval(poly, roots)
    terms = np.polyval(np.abs(poly), np.abs(roots))
    assert np.all(np.abs(values) <= 1e-13 * terms)


def test_on_circle_takes_sparse_and_dense_polynomials_alike():
    """Horner or term by term: the same sum."""
    omega = np.linspace(0, np.pi, 7)
    for poly in (np.array([1.0, 0.5, -0.2]), np.eye(1, 40, 39)[0] + np.eye(1, 40)[0]):
        expected = sum(c * np.exp(-1j * omega * k) for k, c in enumerate(poly))
        np.testing.assert_allclose(lagpoly.on_circle(poly, omega), expected, atol=1e-13)


def test_delay_of_linear_phase_is_exact_where_the_response_vanishes():
    """Half the length for symmetric and antisymmetric taps, leading zeros added."""
    omega = np.array([0.0, np.pi / 2, np.pi])
    assert lagpoly.delay(np.array([0, 1.0, 2.0, 1.0, 0]), omega).tolist() == [2, 2, 2]
    assert lagpoly.delay(np.array([1.0, -1.0]), omega).tolist() == [0.5, 0.5, 0.5]


# ---------------------------------------------------------------------- ratios


def test_ratio_drops_factors_of_one_but_keeps_one():
    """The identity is one factor."""
    one = np.ones(1)
    assert len(ratio([(one, one), (one, one)]).factors) == 1
    assert len(ratio([(one, one), (np.array([1.0, 2.0]), one)]).factors) == 1


def test_composing_moves_gains_and_delays_out_of_the_factors():
    """3 L^2 becomes a scale and an origin."""
    gain = ratio([(np.array([0.0, 0.0, 3.0]), np.ones(1))])
    assert composed(gain, Ratio()) == ratio([(np.ones(1), np.ones(1))], 3.0, -2)


def test_underflowing_scales_leave_zero():
    """1e-200 twice is nothing in double precision, and says so by being zero."""
    tiny = ratio([(np.ones(1), np.array([1.0, 0.5]))], 1e-200)
    assert composed(composed(tiny, tiny), tiny).factors[0][0].tolist() == [0.0]


def test_adding_zero_returns_the_other():
    """Factored as it was."""
    k = ratio([(np.array([1.0, 2.0]), np.array([1.0, 0.5]))])
    zero = ratio([(np.zeros(2), np.ones(1))])
    assert added(zero, k) is k
    assert added(k, zero) is k


def test_inverting_reverses_the_factors():
    """Last in, first out: so whitening differences first."""
    first, second = np.array([1.0, 0.5]), np.array([2.0, 0.5])
    one = np.ones(1)
    inverse = inverted(ratio([(first, one), (second, one)]))
    assert [den.tolist() for _, den in inverse.factors] == [[1.0, 0.25], [1.0, 0.5]]
    assert inverse.scale == 0.5


# ---------------------------------------------------------------------- stability


@given(st.lists(st.floats(-1.5, 1.5), min_size=1, max_size=6), st.integers(1, 3))
@settings(max_examples=200, deadline=None)
def test_all_inside_agrees_with_rational_arithmetic(tail, step):
    """Whatever the floating-point recursion decides, the exact one decides too."""
    poly = np.zeros(step * len(tail) + 1)
    poly[0], poly[step::step] = 1.0, tail
    core, _ = lagpoly.reduced(poly)
    expected = core.size < 2 or stability._schur_cohn_exact([Fraction(c) for c in core.tolist()])
    assert stability.all_inside(poly, 1.0) is expected


@given(
    st.lists(st.tuples(st.floats(0.02, 0.98), st.floats(0.1, 3.0)), min_size=1, max_size=6),
    st.sampled_from([-1e-2, -1e-5, -1e-8, -1e-11, -1e-13, 1e-13, 1e-11, 1e-8, 1e-5, 1e-2]),
)
@settings(max_examples=150, deadline=None)
def test_floating_point_never_contradicts_rational_arithmetic_near_the_circle(pairs, distance):
    """With one pair next to the circle the float recursion is right or passes the question on."""
    r = [1 + distance, *(radius for radius, _ in pairs)]
    angles = [1.0, *(angle for _, angle in pairs)]
    poly = np.ones(1)
    for radius, angle in zip(r, angles, strict=True):
        poly = np.convolve(poly, [1, -2 * radius * np.cos(angle), radius**2])
    verdict = stability._schur_cohn(poly)
    assert verdict in (None, stability._schur_cohn_exact([Fraction(c) for c in poly.tolist()]))
    if abs(distance) >= 1e-2 and len(pairs) < 3:
        assert verdict is (distance < 0)


@pytest.mark.parametrize("power", [2, 3, 5, 8])
@pytest.mark.parametrize("angle", [0.0, 1.0])
def test_clusters_of_roots_near_the_circle_are_decided_as_stored(power, angle):
    """Rounding spreads a multiple root widely: floating point must see that it cannot tell."""
    for distance in (-1e-1, -1e-2, -1e-3, -1e-4, -1e-5, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1):
        r = 1 + distance
        factor = [1, -2 * r * np.cos(angle), r * r] if angle else [1, -r]
        poly = np.ones(1)
        for _ in range(power):
            poly = np.convolve(poly, factor)
        exact = stability._schur_cohn_exact([Fraction(c) for c in poly.tolist()])
        assert stability._schur_cohn(poly) in (None, exact)
        assert stability.all_inside(poly, 1.0) is exact


def test_a_constant_has_no_roots_outside():
    """Nor have zeros and pure delays."""
    for poly in ([2.0], [0.0], [0.0, 0.0, 1.0]):
        assert stability.all_inside(np.array(poly), 1.0)


def test_a_vanishing_leading_coefficient_is_a_far_root():
    """1e-30 + L has its root at -1e30, which floating point alone would not dare to say."""
    assert not stability.all_inside(np.array([1e-30, 1.0]), 1.0)
    assert stability.all_inside(np.array([1.0, 1e-30]), 1.0)


@pytest.mark.parametrize(("radius", "inside"), [(0.999, True), (1.001, False)])
def test_beyond_degree_100_numpys_roots_decide(radius, inside):
    """A dense polynomial of degree 140 whose verdict is too close for the float recursion."""
    rng = np.random.default_rng(5)
    poly = np.ones(1)
    for _ in range(69):
        r, angle = rng.uniform(0.8, 0.9), rng.uniform(0, np.pi)
        poly = np.convolve(poly, [1, -2 * r * np.cos(angle), r * r])
    poly = np.convolve(poly, [1, -2 * radius * np.cos(1.0), radius**2])
    assert stability._schur_cohn(poly) is None
    by_numpy = bool(np.max(np.abs(np.roots(poly))) < 1.0)
    assert stability.all_inside(poly, 1.0) is by_numpy


@given(st.lists(polynomials(0.97), min_size=1, max_size=3), st.sampled_from([1e-3, 1e-8, 1e-15]))
@settings(max_examples=60, deadline=None)
def test_decay_length_bounds_the_weights(polys, tolerance):
    """Beyond it all weights of one over the product are below the tolerance."""
    n = stability.decay_length(polys, tolerance)
    poly = lagpoly.product(polys)
    # 300 more than the bound, and the floor that rounding lays under the smallest.
    weights = np.abs(impulse_response([1.0], poly.tolist(), min(n + 300, 3000)))
    assert np.max(weights[n:], initial=0) <= tolerance * (1 + 1e-9) + 1e-15 * np.max(weights)


def test_decay_length_of_one_root_is_exact():
    """2^-n is below 2^-36 from n = 36 on; constants have no length."""
    assert stability.decay_length([np.array([1.0, -0.5])], 2.0**-36) == 36
    assert stability.decay_length([np.ones(1)], 1e-10) == 0
    assert stability.decay_length([np.array([1.0, -0.5])], 2.0) == 0


def test_decay_length_trusts_the_coefficients_more_than_numpys_roots():
    """(1 - 7/8 L)^14 is an exact float polynomial and stable; numpy finds roots at 1.018."""
    poly = np.ones(1)
    for _ in range(14):
        poly = np.convolve(poly, [1, -0.875])
    assert np.max(np.abs(np.roots(poly))) > 1
    n = stability.decay_length([poly], 1e-10)
    weights = np.cumprod([1.0, *(0.875 * (k + 13) / k for k in range(1, n + 200))])
    assert np.max(weights[n:]) <= 1e-10
    assert n < 5 * np.flatnonzero(weights > 1e-10)[-1]


# ---------------------------------------------------------------------- autocovariance equations


@pytest.mark.parametrize("period", [1, 120])
def test_equations_of_a_seasonal_autoregression(period):
    """Exact up to degree 100 and in floating point beyond: Phi^k / (1 - Phi^2) once a season."""
    poly = np.zeros(period + 1)
    poly[0], poly[-1] = 1.0, -0.5
    gamma = autocovariance_equations([np.ones(1)], [poly], 2 * period)
    expected = np.zeros(2 * period + 1)
    expected[::period] = np.array([1, 0.5, 0.25]) / 0.75
    np.testing.assert_allclose(gamma, expected, rtol=1e-13, atol=1e-16)


def test_equations_of_a_moving_average():
    """No denominator: products of the taps 1, -0.5, -0.5, and zero beyond."""
    gamma = autocovariance_equations([np.array([1.0, 0.5]), np.array([1.0, -1.0])], [], 4)
    np.testing.assert_array_equal(gamma, [1.5, -0.25, -0.5, 0, 0])


def test_long_lags_turn_without_loss():
    """At a lag of 100,003 the angle is right to a few eps: rational arithmetic gives the same."""
    two_pi = 2 * Fraction(3141592653589793238462643383279502884197, 10**39)
    omega = np.linspace(0.1, np.pi, 50)
    angles = np.array([float(Fraction(w) * 100_003 % two_pi) for w in omega])
    np.testing.assert_allclose(lagpoly.turn(omega, 100_003), np.exp(-1j * angles), atol=1e-15)
