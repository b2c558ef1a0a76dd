"""What lies beyond the ends: `extend` itself, scipy.ndimage's names, every kind of kernel."""

from __future__ import annotations

import naive_convolution as naive
import numpy as np
import pytest
import scipy.ndimage
import scipy.signal
from hypothesis import given
from hypothesis import strategies as st

from tsconv import Kernel, ar, arma, convolve, exponential, gaussian, moving_average
from tsconv.convolution.boundaries import EXTENSIONS, extend

NDIMAGE = ["reflect", "mirror", "nearest", "wrap"]
BOUNDARIES = ["missing", "renormalize", *EXTENSIONS]

# Weights all positive, so that every boundary and every treatment of gaps applies.
FINITE = {
    "one tap": Kernel([2.0]),
    "centred": Kernel([1.0, 3.0, 2.0], origin=1),
    "even": Kernel([1.0, 2.0, 3.0, 4.0], origin=1),
    "causal": Kernel([0.5, 0.0, 0.25]),
    "outer zeros": Kernel([0.0, 0.0, 1.0, 2.0, 0.0], origin=1),
    "look-ahead": Kernel([1.0, 2.0], origin=4),
    "pure delay": Kernel([1.0], origin=-3),
    "long delay": Kernel([1.0, 1.0], origin=-30),
    "longer than the signal": Kernel(np.arange(1.0, 42.0), origin=17),
}
RECURSIVE = {
    "exponential": exponential(alpha=0.3),
    "look-ahead": exponential(alpha=0.4).shift(-2),
    "look-ahead by much": exponential(alpha=0.4).shift(-15),
    "delayed": exponential(alpha=0.4).shift(3),
    "delayed by much": exponential(alpha=0.4).shift(60),
    "arma": arma(ar=[0.5, 0.2], ma=[0.4]),
    "two factors": ar([0.6]) * Kernel([1.0, 0.0, 2.0], origin=1) * ar([0.3]),
    "seasonal": Kernel([1.0, 0.5], denominator=[1.0, 0.0, 0.0, 0.0, -0.6]),
    "leading zero": Kernel([0.0, 1.0, 1.0, 0.0], denominator=[1.0, -0.5]),
}


def response(kernel):
    """Weights of a recursive kernel by plain feedback, until they have died out."""
    numerator, denominator = kernel.numerator, kernel.denominator
    h = []
    while len(h) < 20 or max(map(abs, h[-10:])) > 1e-18:
        t = len(h)
        feedback = sum(denominator[k] * h[t - k] for k in range(1, denominator.size) if t >= k)
        h.append((numerator[t] if t < numerator.size else 0.0) - feedback)
    return h


RESPONSES = {id(kernel): response(kernel) for kernel in RECURSIVE.values()}


def twin(x, kernel, boundary, missing="propagate", share=0.0):
    """Naive answer for a finite kernel, or for a recursive one with a short memory."""
    if kernel.is_finite:
        return naive.weighted_sums(x, kernel.taps, kernel.origin, boundary, missing, share)
    total = kernel.numerator.sum() / kernel.denominator.sum()
    if boundary == "missing":  # a rule of its own: numerators wait, recursions start from rest
        filled = naive.interpolated(x) if missing == "interpolate" else x
        if missing == "renormalize" and np.isnan(x).any():
            return naive.inside_only_means(x, kernel.factors, kernel.origin, total, share)
        return naive.inside_only(filled, kernel.factors, kernel.origin)
    h = RESPONSES[id(kernel)]
    return naive.weighted_sums(x, h, kernel.origin, boundary, missing, share, total)


@pytest.mark.parametrize("boundary", EXTENSIONS)
@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_extend_is_the_naive_walk(boundary, n):
    """Every sample beyond the ends is the one found by walking back inside, at any distance."""
    x = np.arange(1.0, n + 1)
    for before in range(-n, 3 * n + 2):
        for after in range(-n, 3 * n + 2):
            places = range(-before, max(n + after, -before))
            expected = [naive.sample(x, t, boundary) for t in places]
            np.testing.assert_array_equal(extend(x, before, after, boundary), expected)


@pytest.mark.parametrize("boundary", EXTENSIONS)
def test_extend_treats_columns_alike(boundary, rng):
    """A table is extended column by column."""
    x = rng.normal(size=(4, 3))
    expected = np.column_stack([extend(column, 6, 9, boundary) for column in x.T])
    np.testing.assert_array_equal(extend(x, 6, 9, boundary), expected)


def test_extend_stands_for_any_constant():
    """What "zero" stands for can be set."""
    np.testing.assert_array_equal(extend(np.ones(1), 1, 2, "zero", outside=7.0), [7, 1, 7, 7])


def test_extend_cuts_without_a_copy():
    """Where nothing is added the result is a view."""
    x = np.arange(5.0)
    assert np.shares_memory(extend(x, -1, -1, "wrap"), x)


@pytest.mark.parametrize("boundary", NDIMAGE)
@pytest.mark.parametrize("n", [1, 2, 3, 4, 7, 12])
def test_equals_ndimage_for_every_length_and_origin(boundary, n, rng):
    """Any kernel length, also beyond the signal's, and any origin: scipy.ndimage's convolve1d."""
    x = rng.normal(size=n)
    for m in range(1, 3 * n + 4):
        taps = rng.normal(size=m)
        for shift in range(-(m // 2), (m - 1) // 2 + 1):
            got = convolve(x, Kernel(taps, origin=m // 2 + shift), boundary=boundary)
            expected = scipy.ndimage.convolve1d(x, taps, mode=boundary, origin=shift)
            np.testing.assert_allclose(got, expected, rtol=0, atol=1e-13 * m)


@pytest.mark.parametrize("boundary", EXTENSIONS)
@pytest.mark.parametrize("origin", [-40, -1, 0, 20, 99, 150])
@pytest.mark.parametrize("n", [1, 2, 3])
def test_kernel_far_longer_than_the_signal(boundary, origin, n, rng):
    """Also at origins outside the kernel, which scipy.ndimage refuses: the naive walk."""
    x, taps = rng.normal(size=n), rng.normal(size=100)
    got = convolve(x, Kernel(taps, origin=origin), boundary=boundary)
    expected = naive.weighted_sums(x, taps, origin, boundary)
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("boundary", EXTENSIONS)
@pytest.mark.parametrize("origin", [0, 1, 50, 99, 100, 130, -1, -30])
@pytest.mark.parametrize("shape", [(25_000,), (25_000, 2)])
def test_long_signal_is_continued_like_a_short_one(boundary, origin, shape, rng):
    """Where long signals are not copied, the ends are the same sums."""
    x, taps = rng.normal(size=shape), rng.normal(size=100)
    got = convolve(x, Kernel(taps, origin=origin), boundary=boundary)
    columns, results = x.reshape(shape[0], -1), got.reshape(shape[0], -1)
    for t in [0, 1, 70, 24_900, 24_998, 24_999]:
        for column, result in zip(columns.T, results.T, strict=True):
            places = [t - k + origin for k in range(100)]
            expected = sum(
                tap * naive.sample(column, place, boundary)
                for tap, place in zip(taps, places, strict=True)
            )
            assert result[t] == pytest.approx(expected, abs=1e-11)


def test_zero_is_ndimages_constant(rng):
    """What scipy.ndimage calls "constant" is "zero" here."""
    x, taps = rng.normal(size=20), rng.normal(size=5)
    expected = scipy.ndimage.convolve1d(x, taps, mode="constant")
    got = convolve(x, Kernel(taps, origin=2), boundary="zero")
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("boundary", NDIMAGE)
@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 8])
def test_moving_average_equals_uniform_filter(boundary, size, rng):
    """Even lengths included: the extra sample lies in the past in both."""
    x = rng.normal(size=30)
    got = convolve(x, moving_average(size), boundary=boundary)
    expected = scipy.ndimage.uniform_filter1d(x, size, mode=boundary)
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("boundary", NDIMAGE)
def test_gaussian_equals_gaussian_filter(boundary, rng):
    """The same truncation and the same ends as gaussian_filter1d."""
    x = rng.normal(size=30)
    got = convolve(x, gaussian(2.3), boundary=boundary)
    expected = scipy.ndimage.gaussian_filter1d(x, 2.3, mode=boundary)
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("n", [1, 2, 7])
@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("kernel", FINITE.values(), ids=FINITE)
def test_finite_kernel_at_every_boundary(kernel, boundary, n, rng):
    """Finite kernels of every kind give the naive sums at every boundary."""
    x = rng.normal(size=n)
    got = convolve(x, kernel, boundary=boundary)
    np.testing.assert_allclose(got, twin(x, kernel, boundary), rtol=0, atol=1e-11)


@pytest.mark.parametrize("n", [1, 2, 7])
@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("kernel", RECURSIVE.values(), ids=RECURSIVE)
def test_recursive_kernel_at_every_boundary(kernel, boundary, n, rng):
    """Recursive kernels equal their impulse response summed over the continued signal."""
    x = rng.normal(size=n)
    got = convolve(x, kernel, boundary=boundary)
    np.testing.assert_allclose(got, twin(x, kernel, boundary), rtol=0, atol=1e-11)


@pytest.mark.parametrize("missing", ["propagate", "renormalize", "interpolate"])
@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize(
    "kernel", [*FINITE.values(), *RECURSIVE.values()], ids=[*FINITE, *RECURSIVE]
)
def test_every_boundary_with_every_treatment_of_gaps(kernel, boundary, missing, rng):
    """Ends and gaps together: kernels of every kind against explicit loops."""
    shares = (None, 0.35, 1.0) if "renormalize" in (boundary, missing) else (None,)
    for gaps in ([4], [0, 1, 7], [9], [3, 4, 5, 6, 7, 8], list(range(10))):
        x = rng.normal(size=10)
        x[gaps] = np.nan
        for share in shares:
            got = convolve(x, kernel, boundary=boundary, missing=missing, min_weight=share)
            expected = twin(x, kernel, boundary, missing, share or 0.0)
            np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("boundary", NDIMAGE)
def test_slow_recursion_at_the_edge_of_its_memory(boundary, rng):
    """A memory many times the signal's length: the steady state is reached to rounding."""
    x = rng.normal(size=10)
    kernel = exponential(alpha=0.05)
    assert kernel.memory() > 500
    h = 0.05 * 0.95 ** np.arange(1200)
    expected = naive.weighted_sums(x, h, 0, boundary)
    np.testing.assert_allclose(convolve(x, kernel, boundary=boundary), expected, atol=1e-13)


def test_nearest_starts_sections_in_their_steady_state(rng):
    """Continuing the first sample backwards equals scipy's `zi` for that sample."""
    x = rng.normal(size=200) + 5
    sos = scipy.signal.butter(6, 0.1, output="sos")
    zi = scipy.signal.sosfilt_zi(sos) * x[0]
    expected, _ = scipy.signal.sosfilt(sos, x, zi=zi)
    got = convolve(x, Kernel.from_sos(sos), boundary="nearest")
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-11)


@given(
    st.integers(1, 20),
    st.integers(1, 30),
    st.integers(-10, 30),
    st.sampled_from(EXTENSIONS),
    st.integers(0, 2**32 - 1),
)
def test_any_size_and_origin(n, m, origin, boundary, seed):
    """Any signal, kernel, origin and continuation: the naive walk."""
    rng = np.random.default_rng(seed)
    x, taps = rng.normal(size=n), rng.normal(size=m)
    got = convolve(x, Kernel(taps, origin=origin), boundary=boundary)
    expected = naive.weighted_sums(x, taps, origin, boundary)
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-12)
