"""Heat flow: analytic solutions, fine finite differences and their order, mass, the semigroup."""

from __future__ import annotations

import math

import naive_diffusion as naive
import numpy as np
import pandas as pd
import pytest
import scipy.special
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tsconv import diffuse

few = settings(max_examples=40)

fields = hnp.arrays(
    np.float64,
    hnp.array_shapes(min_dims=1, max_dims=2, max_side=12),
    elements=st.floats(-100, 100, allow_subnormal=False),
)
times = st.floats(0, 50)
boundaries = pytest.mark.parametrize("boundary", ["reflect", "wrap", "absorb"])
methods = pytest.mark.parametrize("method", ["spectral", "lattice"])


@boundaries
def test_a_gaussian_stays_a_gaussian(boundary):
    """The analytic solution on a line, far from the ends, to rounding."""
    h, d, t = 0.1, 0.7, 0.9
    x = h * (np.arange(400) - 199.5)
    start = naive.gaussian_on_a_line(x, 0.0, d, 0.25)
    end = naive.gaussian_on_a_line(x, t, d, 0.25)
    result = diffuse(start, t, diffusivity=d, spacing=h, boundary=boundary)
    np.testing.assert_allclose(result, end, atol=1e-13)


def test_waves_between_insulated_ends():
    """The analytic solution where the ends matter: cosines, decaying the faster the finer."""
    n, length = 64, 5.0
    x = (np.arange(n) + 0.5) * length / n
    for k in (1, 2, 7):
        start = naive.cosine_between_insulated_ends(x, 0.0, 0.3, length, k)
        end = naive.cosine_between_insulated_ends(x, 0.8, 0.3, length, k)
        result = diffuse(start, 0.8, diffusivity=0.3, spacing=length / n)
        np.testing.assert_allclose(result, end, atol=1e-14)


def test_a_plane_is_the_product_of_two_lines(rng):
    """In two dimensions, each with its own constant and spacing."""
    a, b = rng.normal(size=20), rng.normal(size=31)
    result = diffuse(np.outer(a, b), 2.0, diffusivity=(0.5, 2.0), spacing=(1.0, 3.0))
    rows = diffuse(a, 2.0, diffusivity=0.5)
    columns = diffuse(b, 2.0, diffusivity=2.0, spacing=3.0)
    np.testing.assert_allclose(result, np.outer(rows, columns), atol=1e-13)


@boundaries
@pytest.mark.parametrize("shape", [(17,), (6, 9)])
def test_the_lattice_equals_fine_finite_differences(rng, boundary, shape):
    """Fourth-order steps of the second-difference equations, fine enough, to nine digits."""
    u = rng.normal(size=shape)
    d, h = (0.4, 0.9)[: len(shape)], (1.0, 1.3)[: len(shape)]
    expected = naive.runge_kutta(u, 1.5, d, h, boundary, 400)
    result = diffuse(u, 1.5, diffusivity=d, spacing=h, boundary=boundary, method="lattice")
    np.testing.assert_allclose(result, expected, atol=1e-9)


@boundaries
def test_finite_differences_approach_the_spectral_answer_with_the_squared_spacing(boundary):
    """Halving the spacing leaves a quarter of the error: second order, as stated."""
    errors = []
    for n in (32, 64, 128):
        x = (np.arange(n) + 0.5) / n
        start = np.exp(np.sin(2 * np.pi * x)) if boundary == "wrap" else np.sin(np.pi * x) ** 2
        if boundary == "absorb":
            start = np.sin(np.pi * x) + np.sin(3 * np.pi * x)
        options = {"diffusivity": 0.1, "spacing": 1 / n, "boundary": boundary}
        steps = naive.runge_kutta(start, 0.05, (0.1,), (1 / n,), boundary, n * n // 8)
        errors.append(np.abs(steps - diffuse(start, 0.05, **options)).max())
    ratios = np.array(errors[:-1]) / np.array(errors[1:])
    np.testing.assert_allclose(ratios, 4.0, rtol=0.03)


@methods
@pytest.mark.parametrize("boundary", ["reflect", "wrap"])
@few
@given(u=fields, t=times)
def test_mass_is_conserved_to_rounding(method, boundary, u, t):
    """With insulated ends and on a ring nothing is lost."""
    end = diffuse(u, t, method=method, boundary=boundary)
    assert math.fsum(end.ravel()) == pytest.approx(
        math.fsum(u.ravel()), abs=1e-14 * (1 + np.abs(u).sum()) * 10
    )


@methods
@boundaries
@few
@given(u=fields, s=times, t=times, d=st.floats(0.01, 10))
def test_semigroup(method, boundary, u, s, t, d):
    """Some time and some more are the sum of both times."""
    options = {"method": method, "boundary": boundary, "diffusivity": d}
    twice = diffuse(diffuse(u, s, **options), t, **options)
    np.testing.assert_allclose(
        twice, diffuse(u, s + t, **options), atol=1e-13 * (1 + np.abs(u).max()) * 10
    )


@boundaries
@few
@given(u=fields, t=times)
def test_the_lattice_never_overshoots(boundary, u, t):
    """The maximum principle: nothing gets hotter than the hottest, or colder than the coldest."""
    end = diffuse(u, t, method="lattice", boundary=boundary)
    low, high = u.min(), u.max()
    if boundary == "absorb":
        low, high = min(low, 0.0), max(high, 0.0)
    rounding = 1e-13 * (1 + np.abs(u).max()) * 10
    assert end.min() >= low - rounding
    assert end.max() <= high + rounding


def test_the_lattice_propagator_is_a_scaled_bessel_function():
    """From one hot sample far from the ends: exp(-s) I_k(s) with s = 2 D t / h^2."""
    u = np.zeros(81)
    u[40] = 1.0
    s = 2 * 0.3 * 4.0 / 0.5**2
    result = diffuse(u, 4.0, diffusivity=0.3, spacing=0.5, method="lattice")
    expected = scipy.special.ive(np.abs(np.arange(81) - 40), s)
    np.testing.assert_allclose(result, expected, atol=2e-9)  # the ends are 8 widths away


def test_sampled_gaussians_are_no_semigroup():
    """Why the propagator is not a sampled Gaussian: half a step twice is not the step."""
    from tsconv import convolve, gaussian

    u = np.zeros(41)
    u[20] = 1.0
    std = 0.5
    once = convolve(u, gaussian(std), boundary="zero")
    half = gaussian(std / math.sqrt(2))
    twice = convolve(convolve(u, half, boundary="zero"), half, boundary="zero")
    assert np.abs(once - twice).max() > 0.05


def test_it_ends_where_it_must():
    """After a long time: the mean, or nothing where the ends are cold."""
    u = np.array([[1.0, 2.0], [3.0, 6.0], [0.0, 0.0]])
    np.testing.assert_allclose(diffuse(u, 1e6), 2.0, rtol=1e-14)
    np.testing.assert_allclose(diffuse(u, 1e6, boundary="wrap"), 2.0, rtol=1e-14)
    assert not diffuse(u, 1e6, boundary="absorb").any()


def test_indexes_and_the_callers_data_stay():
    """Series and tables come back on their index; the input is not touched."""
    x = pd.Series([0, 0, 4, 0], index=list("abcd"), name="heat")
    before = x.copy()
    result = diffuse(x, 1.0)
    assert (result.name, result.index.tolist()) == ("heat", list("abcd"))
    pd.testing.assert_series_equal(x, before)
    values = np.arange(4.0)
    values.setflags(write=False)
    assert diffuse(values, 0.0) is not values
    np.testing.assert_array_equal(diffuse(values, 0.0), values)
    table = pd.DataFrame(np.eye(3), columns=list("xyz"))
    assert list(diffuse(table, 1.0).columns) == list("xyz")
    np.testing.assert_allclose(diffuse(table, 1.0), diffuse(np.eye(3), 1.0))


@pytest.mark.parametrize(
    ("x", "time", "options", "error", "message"),
    [
        ([1.0, 2.0], -1, {}, ValueError, "`time` must be at least 0 and finite; got -1. Heat flow"),
        ([1.0, 2.0], np.nan, {}, ValueError, "at least 0 and finite; got nan"),
        ([1.0, 2.0], "1h", {}, TypeError, "`time` must be a number"),
        ([1.0, np.nan], 1, {}, ValueError, "at position 1. Fill gaps first"),
        ([[1.0, 2.0], [np.inf, 0]], 1, {}, ValueError, r"infinite\) at position \(1, 0\)"),
        ([1.0, 2.0], 1, {"diffusivity": 0}, ValueError, "`diffusivity` must be positive"),
        ([1.0, 2.0], 1, {"spacing": (1, 2)}, ValueError, "one for each of 1 dimensions"),
        ([1.0, 2.0], 1, {"boundary": "open"}, ValueError, "`boundary` must be one of"),
        ([1.0, 2.0], 1, {"method": "euler"}, ValueError, "`method` must be one of"),
        (np.array([1j]), 1, {}, TypeError, "must be real"),
    ],
)
def test_bad_input_is_refused(x, time, options, error, message):
    """Negative time, gaps with their place, constants that are not positive."""
    with pytest.raises(error, match=message):
        diffuse(x, time, **options)
