"""Kernels from and to scipy's (b, a) and sections and statsmodels' ArmaProcess, and back."""

import numpy as np
import pytest
from hypothesis import given, settings
from naive_kernel import kernels, polynomials, weights
from scipy import signal
from statsmodels.tsa.arima_process import ArmaProcess

from tsconv.kernel import Kernel
from tsconv.kernels import ar, arma, difference, gaussian, moving_average, sarima

FREQS = np.linspace(0, 0.5, 21)


@given(polynomials(), polynomials())
@settings(max_examples=50, deadline=None)
def test_ba_round_trip_is_exact(b, a):
    """What scipy gave comes back to the last bit."""
    back_b, back_a = Kernel.from_ba(b, a).to_ba()
    np.testing.assert_array_equal(back_b, b)
    np.testing.assert_array_equal(back_a, a)


def test_ba_is_normalised_as_scipy_does():
    """Both are divided by a[0]; a delay is written out as zeros."""
    b, a = Kernel.from_ba([1, 2], [3, 1]).to_ba()
    assert b.tolist() == [1 / 3, 2 / 3]
    assert a.tolist() == [1, 1 / 3]
    b, _ = Kernel([1, 2]).shift(2).to_ba()
    assert b.tolist() == [0, 0, 1, 2]


@given(kernels().filter(lambda k: k.origin <= 0))
@settings(max_examples=40, deadline=None)
def test_kernels_survive_ba(kernel):
    """Multiplied out, the kernel is still equal to itself."""
    assert Kernel.from_ba(*kernel.to_ba()) == kernel


@pytest.mark.parametrize("order", [1, 2, 5, 10])
@pytest.mark.parametrize("kind", ["lowpass", "highpass"])
def test_sos_round_trip_is_exact(order, kind):
    """Sections stay as they are, in their order, first-order ones too."""
    sos = signal.butter(order, 0.01, btype=kind, output="sos")
    np.testing.assert_array_equal(Kernel.from_sos(sos).to_sos(), sos)


def test_sos_of_elliptic_filters_round_trip():
    """Zeros on the circle, band pass."""
    sos = signal.ellip(6, 1, 60, [0.1, 0.3], btype="bandpass", output="sos")
    kernel = Kernel.from_sos(sos)
    np.testing.assert_array_equal(kernel.to_sos(), sos)
    _, expected = signal.sosfreqz(sos, FREQS, fs=1.0)
    np.testing.assert_allclose(kernel.frequency_response(FREQS), expected, atol=1e-12)


@pytest.mark.parametrize(
    "kernel",
    [
        Kernel([2.0]),
        Kernel([1.0, 0.5]).shift(3),
        Kernel([0.0, 1.0]),
        Kernel([0, 0, 0, 0, 2.0, 1.0]),
        arma(ar=[0.5, -0.3, 0.1], ma=[0.4]),
        arma(ar=[0.3], ma=[0.4, 0.2, -0.1, 0.1]),
        difference() * difference(period=12),
        sarima(ar=[0.5], ma=[0.3], seasonal_ar=[0.8], seasonal_ma=[0.4], period=12).shift(4),
        sarima(seasonal_ar=[0.5], period=52),
        moving_average(7, centered=False),
        gaussian(1.5).shift(6),
        3 * ar([0.5]) ** 3,
        Kernel([0.0]),
    ],
)
def test_sections_filter_as_the_kernel_does(kernel):
    """`sosfilt` with the sections gives the impulse response, delays included."""
    impulse = np.zeros(200)
    impulse[0] = 1.0
    expected = kernel.impulse_response(200)
    actual = signal.sosfilt(kernel.to_sos(), impulse)
    atol = 1e-11 * max(1.0, np.max(np.abs(expected)))
    np.testing.assert_allclose(actual, expected, rtol=0, atol=atol)


def test_short_sections_stay_apart_beside_a_long_factor():
    """Only the factor of degree twelve is split; the other keeps its digits."""
    kernel = arma(ar=[0.5], ma=[0.4]) * difference(period=12)
    sections = kernel.to_sos().tolist()
    assert [1.0, 0.4, 0.0, 1.0, 0.0, 0.0] in sections
    assert [1.0, 0.0, 0.0, 1.0, -0.5, 0.0] in sections


@pytest.mark.parametrize("bad", [[1, 2, 3], np.zeros((0, 6)), np.zeros((2, 5))])
def test_sections_have_six_columns(bad):
    """Anything else is no list of sections."""
    with pytest.raises(ValueError, match=r"`sos` must have shape \(n_sections, 6\)"):
        Kernel.from_sos(bad)


def test_sections_are_normalised():
    """A section with a0 = 2 is divided by it."""
    kernel = Kernel.from_sos([[2, 1, 0, 2, 1, 0], [0, 1, 0, 1, 0, 0]])
    assert kernel == Kernel([0, 1, 0.5], denominator=[1, 0.5])


@given(kernels().filter(lambda k: k.origin == 0))
@settings(max_examples=30, deadline=None)
def test_arma_process_round_trip_is_exact(kernel):
    """To statsmodels and back."""
    assert Kernel.from_arma_process(kernel.to_arma_process()) == kernel


def test_arma_process_of_statsmodels():
    """Its polynomials, its impulse response."""
    process = ArmaProcess([1, -0.75, 0.25], [1, 0.65, 0.35])
    kernel = Kernel.from_arma_process(process)
    assert kernel == arma(ar=[0.75, -0.25], ma=[0.65, 0.35])
    np.testing.assert_allclose(kernel.impulse_response(20), process.impulse_response(20))
    back = kernel.to_arma_process()
    np.testing.assert_array_equal(back.ar, process.ar)
    np.testing.assert_array_equal(back.ma, process.ma)


@given(kernels(recursive=False))
@settings(max_examples=30, deadline=None)
def test_taps_round_trip_is_exact(kernel):
    """Plain numpy taps and an origin are the whole of a finite kernel."""
    assert Kernel(kernel.taps, origin=kernel.origin) == kernel


@pytest.mark.parametrize("convert", ["to_ba", "to_sos", "to_arma_process"])
def test_kernels_that_look_ahead_have_no_causal_form(convert):
    """The message says how far they look, and how to delay them."""
    kernel = moving_average(5)
    with pytest.raises(ValueError, match=r"looks 2 samples ahead.*shift\(2\)"):
        getattr(kernel, convert)()
    getattr(kernel.shift(2), convert)()


def test_an_origin_among_leading_zeros_looks_nowhere():
    """[0, 0, 1, 2] with origin 1 is a delay of one."""
    kernel = Kernel([0, 0, 1, 2], origin=1, denominator=[1, -0.5])
    b, a = kernel.to_ba()
    assert b.tolist() == [0, 1, 2]
    assert a.tolist() == [1, -0.5]
    impulse = np.eye(1, 20)[0]
    np.testing.assert_allclose(signal.sosfilt(kernel.to_sos(), impulse), weights(kernel, 0, 20))
