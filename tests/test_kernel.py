"""Kernel: what it is made of, its algebra, how it is written, copied and compared."""

import copy
import pickle
import sys
import types

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_kernel import kernels, weights

from tsconv.kernel import Kernel, as_kernel
from tsconv.kernels import (
    ar,
    arma,
    difference,
    exponential,
    gaussian,
    ma,
    moving_average,
    sarima,
)

# Weights of the drawn kernels are sums of some thousand rounded terms.
ROUNDING = 1e-12


def assert_same_weights(left, right, n=60):
    a, b = weights(left, -20, n), weights(right, -20, n)
    np.testing.assert_allclose(a, b, rtol=0, atol=ROUNDING * max(1.0, np.max(np.abs(a))))


# ---------------------------------------------------------------------- laws


@settings(max_examples=60, deadline=None)
@given(kernels(), kernels())
def test_composition_commutes(k1, k2):
    """The order of two kernels does not matter."""
    assert_same_weights(k1 * k2, k2 * k1)


@given(kernels(), kernels())
@settings(max_examples=40, deadline=None)
def test_products_are_equal_to_the_last_bit_in_either_order(k1, k2):
    """Multiplying out is canonical, so equality and hash do not depend on the order."""
    assert k1 * k2 == k2 * k1
    assert hash(k1 * k2) == hash(k2 * k1)


@settings(max_examples=60, deadline=None)
@given(kernels(), kernels(), kernels())
def test_composition_is_associative(k1, k2, k3):
    """Three kernels may be bracketed either way."""
    assert_same_weights((k1 * k2) * k3, k1 * (k2 * k3))


@settings(max_examples=60, deadline=None)
@given(kernels(), kernels(), kernels())
def test_composition_distributes_over_sums(k1, k2, k3):
    """Filtering a sum is summing what is filtered."""
    left, right = k1 * (k2 + k3), k1 * k2 + k1 * k3
    scale = np.max(np.abs(weights(k1 * k2, -20, 60))) + np.max(np.abs(weights(k1 * k3, -20, 60)))
    np.testing.assert_allclose(
        weights(left, -20, 60), weights(right, -20, 60), rtol=0, atol=1e-11 * scale
    )


@settings(max_examples=60, deadline=None)
@given(kernels(), kernels())
def test_composition_is_convolution_of_weights(k1, k2):
    """The weights of a product are the convolution of the weights, as numpy does it."""
    n, ahead = 80, max(k1.origin, 0) + max(k2.origin, 0)
    expected = np.convolve(k1.impulse_response(n), k2.impulse_response(n))[:n]
    product = weights(k1 * k2, -ahead, n)
    np.testing.assert_allclose(
        product, expected, rtol=0, atol=1e-11 * max(1.0, np.max(np.abs(expected)))
    )


@settings(max_examples=60, deadline=None)
@given(kernels(), kernels())
def test_sum_adds_weights(k1, k2):
    """The weights of a sum are the sum of the weights, lag by lag."""
    expected = weights(k1, -20, 60) + weights(k2, -20, 60)
    scale = np.max(np.abs(weights(k1, -20, 60))) + np.max(np.abs(weights(k2, -20, 60)))
    np.testing.assert_allclose(weights(k1 + k2, -20, 60), expected, rtol=0, atol=1e-11 * scale)


@given(kernels(max_factors=3))
@settings(max_examples=100, deadline=None)
def test_kernel_times_its_inverse_is_the_identity(kernel):
    """Nothing is left: not nearly the identity, the identity; with seasons, delays and gains."""
    assert kernel * kernel.inverse() == Kernel([1])
    assert kernel.inverse() * kernel == Kernel([1])
    assert repr(kernel * kernel.inverse()) == "Kernel([1])"


@given(kernels())
@settings(max_examples=50, deadline=None)
def test_inverse_of_the_inverse_is_the_kernel(kernel):
    """Inverting twice changes nothing but the last bit."""
    assert_same_weights(kernel.inverse().inverse(), kernel)


@given(kernels(max_factors=1), st.integers(-3, 4), st.integers(-3, 4))
@settings(max_examples=50, deadline=None)
def test_powers_add(kernel, m, n):
    """``k**m * k**n`` is ``k**(m + n)``, also for negative exponents."""
    left, right = kernel**m * kernel**n, kernel ** (m + n)
    a, b = weights(left, -60, 120), weights(right, -60, 120)
    np.testing.assert_allclose(a, b, rtol=0, atol=1e-11 * max(1.0, np.max(np.abs(b))))


@given(kernels(), st.integers(-20, 20), st.integers(-20, 20))
@settings(max_examples=50, deadline=None)
def test_shifts_add_and_move_the_weights(kernel, lag, further):
    """A delay moves the weights and no more; two delays add."""
    moved = kernel.shift(lag).shift(further)
    assert moved == kernel.shift(lag + further)
    np.testing.assert_array_equal(weights(moved, lag + further - 10, 50), weights(kernel, -10, 50))


@given(kernels(), st.floats(-10, 10).filter(lambda c: abs(c) > 1e-3))
@settings(max_examples=50, deadline=None)
def test_numbers_scale(kernel, factor):
    """A number multiplies every weight, from either side, and divides."""
    expected = weights(kernel, -10, 40) * factor
    for scaled in (factor * kernel, kernel * factor, kernel / (1 / factor)):
        atol = 1e-13 * np.max(np.abs(expected))
        np.testing.assert_allclose(weights(scaled, -10, 40), expected, rtol=0, atol=atol)


@given(kernels())
@settings(max_examples=50, deadline=None)
def test_difference_with_itself_is_zero(kernel):
    """``k - k`` leaves nothing, and forgets its denominators."""
    nothing = kernel - kernel
    assert nothing == Kernel([0])
    assert nothing == 0 * kernel
    assert nothing.is_finite


# ---------------------------------------------------------------------- single cases of the algebra


def test_numbers_stand_for_multiples_of_the_identity():
    """``1 - smoother`` is what the smoother leaves over."""
    np.testing.assert_allclose((1 - moving_average(3)).taps, [-1 / 3, 2 / 3, -1 / 3])
    np.testing.assert_allclose((moving_average(3) - 1).taps, [1 / 3, -2 / 3, 1 / 3])
    assert (2 + difference()).taps.tolist() == [3.0, -1.0]
    assert (-difference()).taps.tolist() == [-1.0, 1.0]
    assert (difference() - difference(2)).taps.tolist() == [0.0, 1.0, -1.0]


def test_builtin_sum_keeps_factors():
    """``sum([k])`` starts at 0 and must not multiply the numerator out."""
    kernel = difference() * difference(period=12)
    assert len(sum([kernel]).factors) == 2
    assert sum([kernel, kernel]) == 2 * kernel


def test_dividing_by_a_kernel_composes_with_its_inverse():
    """``a / b`` and ``1 / b`` use the causal inverse."""
    assert ma([0.4]) / (1 / ar([0.5])) == arma(ar=[0.5], ma=[0.4])
    assert 2 / ar([0.5]) == Kernel([2, -1])


def test_dividing_by_the_factor_just_multiplied_with_is_exact():
    """Division divides: it does not multiply by a rounded reciprocal."""
    kernel = ar([0.5])
    assert all(kernel * n / n == kernel for n in range(1, 200))


def test_division_by_zero_is_refused():
    """A zero divisor is the same error as for numbers."""
    with pytest.raises(ZeroDivisionError, match="divided by zero"):
        difference() / 0


@pytest.mark.parametrize("other", ["1", None, 1j, [1, 2], np.ones(3), pd.Series([1.0])])
def test_other_kinds_do_not_mix(other):
    """Lists, arrays and Series are signals, not kernels: `convolve` applies a kernel to them."""
    kernel = difference()
    for operation in (
        lambda: kernel * other,
        lambda: other * kernel,
        lambda: kernel + other,
        lambda: other + kernel,
        lambda: kernel - other,
        lambda: other - kernel,
        lambda: kernel / other,
        lambda: other / kernel,
    ):
        with pytest.raises(TypeError, match=r"support|can't multiply|oncatenat"):
            operation()


def test_numpy_scalars_are_numbers():
    """``np.float64(2) * kernel`` is a kernel."""
    assert np.float64(2) * difference() == np.int64(2) * difference() == Kernel([2, -2])


def test_powers_are_whole():
    """A fractional power of a kernel is another subject."""
    with pytest.raises(TypeError, match="`exponent` must be a whole number"):
        difference() ** 0.5
    assert difference() ** 0 == Kernel([1])


@pytest.mark.parametrize("factor", [np.inf, np.nan])
def test_scaling_is_finite(factor):
    """An infinite multiple is refused where it arises."""
    with pytest.raises(ValueError, match="coefficients of a kernel must be finite"):
        difference() * factor
    with pytest.raises(ValueError, match="`taps` must be finite"):
        difference() + factor


def test_equal_factors_cancel_and_near_ones_do_not():
    """(1 - 0.5 L) cancels against itself, scaled or not, never against 0.5 + 1e-12."""
    assert Kernel([3, -1.5]) * ar([0.5]) == Kernel([3])
    scaled = Kernel([0.3, 0.2]) * Kernel([1], denominator=[3, 2])
    np.testing.assert_allclose(scaled.taps, [0.1], rtol=1e-15)
    assert not (Kernel([1, -0.5 - 1e-12]) * ar([0.5])).is_finite


def test_cancelling_compares_each_coefficient():
    """A large coefficient does not hide that a small one differs."""
    product = Kernel([1, -2e10, 3]) * Kernel([1], denominator=[1, -2e10, 3.00001])
    assert not product.is_finite


def test_a_factor_cancels_only_once():
    """(1 - L)^2 over (1 - L)^3 leaves one running sum."""
    left = difference(2) * difference(3).inverse()
    assert left == difference().inverse()


def test_common_denominators_are_shared_in_sums():
    """A sum over the same denominator does not square it; multiplicity counts."""
    a, b = ma([0.3]) * ar([0.5]), ma([-0.2]) * ar([0.5])
    assert (a + b).denominator.tolist() == [1.0, -0.5]
    twice = ar([0.5]) ** 2
    np.testing.assert_allclose((twice + a).denominator, np.convolve([1, -0.5], [1, -0.5]))


def test_overflow_is_refused_where_it_arises():
    """A leading coefficient of 1e-320 cannot be divided by."""
    with pytest.raises(ValueError, match="leading coefficient nearly zero"):
        Kernel([1.0], denominator=[1e-320, 1.0])
    with pytest.raises(ValueError, match="leading coefficient nearly zero"):
        Kernel([1e-320, 1e-321]).inverse()


# ---------------------------------------------------------------------- construction


def test_taps_are_given_back_as_they_came():
    """A finite kernel keeps its taps, zeros included."""
    kernel = Kernel([0, 1, 0.1, 0], origin=2)
    assert kernel.taps.tolist() == [0, 1, 0.1, 0]
    assert kernel.lags.tolist() == [-2, -1, 0, 1]
    assert kernel.is_finite


def test_a_number_is_one_tap():
    """A scalar is the multiple of the identity."""
    assert Kernel(3).taps.tolist() == [3.0]


def test_leading_zeros_of_a_denominator_are_an_advance():
    """1 / L^2 looks two samples ahead; trailing zeros say nothing."""
    kernel = Kernel([1.0], denominator=[0, 0, 2, 1, 0])
    assert kernel.origin == 2
    assert kernel.denominator.tolist() == [1.0, 0.5]
    assert kernel.numerator.tolist() == [0.5]


@pytest.mark.parametrize("kernel", [exponential(alpha=1.0), ar([0.0, -0.0]), arma(ar=[0], ma=[0])])
def test_vanishing_coefficients_leave_a_finite_kernel(kernel):
    """A recursion with coefficient 0 is none."""
    assert kernel.is_finite
    assert kernel == Kernel([1])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"taps": []}, ValueError, "`taps` must be 1-D with at least one element"),
        ({"taps": [[1, 2]]}, ValueError, r"`taps` must be 1-D .* got shape \(1, 2\)"),
        ({"taps": [[1], [1, 2]]}, ValueError, "`taps` must be 1-D; got a list of lists"),
        ({"taps": [1, np.nan]}, ValueError, "`taps` must be finite; got nan at position 1"),
        ({"taps": [1j]}, TypeError, "`taps` must be real"),
        ({"taps": "abc"}, TypeError, "`taps` must be numbers"),
        ({"taps": ["1", "2"]}, TypeError, "`taps` must be numbers"),
        ({"taps": np.array(["2020"], "M8[Y]")}, TypeError, "`taps` must be numbers"),
        ({"taps": [1], "denominator": [0, 0]}, ValueError, "`denominator` must have a non-zero"),
        ({"taps": [1], "denominator": []}, ValueError, "`denominator` must be 1-D with at least"),
        ({"taps": [1], "origin": 0.5}, TypeError, "`origin` must be a whole number"),
    ],
)
def test_bad_arguments_are_refused(arguments, error, message):
    """Each message says what must hold and what was given."""
    with pytest.raises(error, match=message):
        Kernel(**arguments)


def test_recursive_kernels_have_no_taps():
    """The message points to the impulse response."""
    with pytest.raises(ValueError, match=r"only a finite kernel has taps.*impulse_response"):
        _ = ar([0.5]).taps


def test_from_factors_keeps_them_apart():
    """Seasonal polynomials stay sparse factors until somebody asks."""
    kernel = Kernel.from_factors([[1, -1], [1, 0, 0, 0, -1]], [[1, -0.5]], origin=2)
    assert [num.tolist() for num, _ in kernel.factors][:2] == [[1, -1], [1, 0, 0, 0, -1]]
    assert kernel.numerator.tolist() == [1, -1, 0, 0, -1, 1]
    assert kernel.origin == 2


def test_reverse_turns_convolution_into_correlation():
    """Taps and origin are mirrored at lag 0; twice is once more the kernel."""
    kernel = Kernel([1, 2, 3, 4], origin=1)
    assert kernel.reverse().taps.tolist() == [4, 3, 2, 1]
    assert kernel.reverse().lags.tolist() == (-kernel.lags[::-1]).tolist()
    assert kernel.reverse().reverse() == kernel
    with pytest.raises(ValueError, match="only a finite kernel"):
        ar([0.5]).reverse()


def test_as_kernel_takes_kernels_and_taps():
    """A list of taps is a causal kernel; anything else names the argument."""
    kernel = difference()
    assert as_kernel(kernel) is kernel
    assert as_kernel([1, -1]) == kernel
    with pytest.raises(TypeError, match="`k` must be a Kernel or a list of taps"):
        as_kernel("gaussian", "k")
    with pytest.raises(ValueError, match="`kernel` must be a Kernel or a list of taps"):
        as_kernel([np.nan])


# ---------------------------------------------------------------------- it does not change


def test_attributes_cannot_be_set():
    """Assigning says what to do instead."""
    with pytest.raises(AttributeError, match="does not change; build a new one"):
        difference()._ratio = None
    with pytest.raises(AttributeError, match="setting 'taps'"):
        difference().taps = [1]


def arrays_of(kernel):
    pairs = [array for pair in kernel.factors for array in pair]
    return [*pairs, kernel.numerator, kernel.denominator, kernel.taps, kernel.poles, kernel.zeros]


@pytest.mark.parametrize(
    "make", [lambda k: k, copy.copy, copy.deepcopy, lambda k: pickle.loads(pickle.dumps(k))]
)
def test_arrays_are_read_only(make):
    """No array a kernel hands out can be written to, in copies neither."""
    for array in arrays_of(make(Kernel([1.0, 2.0, 0.5], origin=1))):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


def test_the_arguments_are_copied():
    """Changing the caller's array later does not change the kernel; nor the other way round."""
    taps = np.array([1.0, -1.0])
    kernel = Kernel(taps)
    taps[0] = 5
    assert kernel.taps.tolist() == [1.0, -1.0]
    assert taps.flags.writeable


def test_conversions_hand_out_copies():
    """What `to_ba` returns belongs to the caller."""
    kernel = arma(ar=[0.5], ma=[0.4])
    b, a = kernel.to_ba()
    b[:], a[:] = 0, 0
    assert kernel == arma(ar=[0.5], ma=[0.4])


@given(kernels())
@settings(max_examples=30, deadline=None)
def test_pickling_and_copying_keep_everything(kernel):
    """A copy is equal, with the same factors in the same order."""
    for twin in (pickle.loads(pickle.dumps(kernel)), copy.deepcopy(kernel), copy.copy(kernel)):
        assert twin == kernel
        assert hash(twin) == hash(kernel)
        assert repr(twin) == repr(kernel)
        for (n1, d1), (n2, d2) in zip(twin.factors, kernel.factors, strict=True):
            np.testing.assert_array_equal(n1, n2)
            np.testing.assert_array_equal(d1, d2)


# ---------------------------------------------------------------------- equality


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (Kernel([1, 2]), Kernel([1, 2, 0])),
        (Kernel([0, 1, 2]), Kernel([1, 2], origin=-1)),
        (Kernel([1, 2]).shift(3), Kernel([0, 0, 0, 1, 2])),
        (Kernel([0.0, 1]), Kernel([-0.0, 1])),
        (Kernel([1, 0.0, 1]), Kernel([1, -0.0, 1])),
        (Kernel([0, 0]), Kernel([0], origin=4)),
        (Kernel([1], denominator=[2, 1]), Kernel([0.5], denominator=[1, 0.5])),
    ],
)
def test_equal_kernels_are_equal_and_hash_alike(left, right):
    """Zeros at the ends, the sign of zero and where the delay is kept do not matter."""
    assert left == right
    assert hash(left) == hash(right)
    assert len({left, right}) == 1


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (Kernel([1, 2]), Kernel([1, 2], origin=1)),
        (Kernel([1, 2]), Kernel([1, 2 + 1e-15])),
        (Kernel([1, 2]), Kernel([1], denominator=[1, 2])),
        (Kernel([1]), 1),
        (Kernel([1, 2]), [1, 2]),
    ],
)
def test_different_kernels_differ(left, right):
    """There is no tolerance, and a kernel equals only kernels."""
    assert left != right


# ---------------------------------------------------------------------- how it is written


@pytest.mark.parametrize(
    ("kernel", "text"),
    [
        (Kernel([1]), "Kernel([1])"),
        (Kernel([0]), "Kernel([0])"),
        (Kernel([1]).shift(2), "Kernel([1], origin=-2)"),
        (Kernel([0.25, 0.5, 0.25], origin=1), "Kernel([0.25 0.5 0.25], origin=1)"),
        (difference(), "Kernel([1 -1])"),
        (difference(period=12), "Kernel(1 - L^12)"),
        (difference() * difference(period=12), "Kernel((1 - L)(1 - L^12))"),
        (2.5 * difference(period=12), "Kernel(2.5 - 2.5 L^12)"),
        (ar([0.5]), "Kernel(1 / (1 - 0.5 L))"),
        (ar([0.5, -0.25]), "Kernel(1 / (1 - 0.5 L + 0.25 L^2))"),
        (exponential(alpha=0.25), "Kernel(0.25 / (1 - 0.75 L))"),
        (-ar([0.5]), "Kernel(-1 / (1 - 0.5 L))"),
        (arma(ar=[0.5], ma=[0.4]), "Kernel((1 + 0.4 L) / (1 - 0.5 L))"),
        (
            sarima(ma=[-0.4], seasonal_ma=[-0.6], period=12, d=1, seasonal_d=1),
            "Kernel((1 - 0.4 L)(1 - 0.6 L^12) / (1 - L)(1 - L^12))",
        ),
        (Kernel([0, 1], denominator=[1, 0.5]), "Kernel(L / (1 + 0.5 L))"),
        (Kernel([0], denominator=[1, 0.5]), "Kernel(0 / (1 + 0.5 L))"),
        (
            moving_average(20),
            "Kernel([0.05 0.05 0.05 ... 0.05 0.05 0.05], 20 taps, origin=9)",
        ),
        (gaussian(5.0) * ar([0.5]), "Kernel((degree 40) / (1 - 0.5 L), origin=20)"),
    ],
)
def test_repr_reads_well(kernel, text):
    """The text a notebook shows."""
    assert repr(kernel) == text


def test_plot_hands_over_to_the_plotting_module(monkeypatch):
    """`Kernel.plot` is one line: the picture is drawn elsewhere."""
    calls = []
    module = types.ModuleType("tsconv.plot")
    module.plot_kernel = lambda *args, **kwargs: calls.append((args, kwargs)) or "figure"
    monkeypatch.setitem(sys.modules, "tsconv.plot", module)
    kernel = difference()
    assert kernel.plot(n=5, fs=2.0) == "figure"
    assert calls == [((kernel,), {"n": 5, "fs": 2.0})]
