"""Engines for planes: one answer from all of them, exact gaps, local digits."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal
from hypothesis import given
from hypothesis import strategies as st

from tsconv.engines.planes import (
    PLANE_METHODS,
    choose_plane,
    convolve_pair,
    convolve_plane,
    factors,
    in_line,
    tiling,
)

GENERAL = ("auto", "direct", "fft", "overlap")
SHAPES = [
    ((1, 1), (1, 1)),
    ((20, 31), (3, 5)),
    ((64, 50), (10, 7)),
    ((150, 330), (31, 50)),
    ((12, 12), (12, 12)),
    ((90, 20), (1, 5)),
    ((40, 40), (5, 1)),
]


def rounding(x, taps):
    """Return what rounding may do: a few eps of the largest sum there is."""
    return 1e-14 * np.abs(taps).sum() * np.abs(x).max()


@pytest.mark.parametrize("method", GENERAL)
@pytest.mark.parametrize(("shape", "size"), SHAPES)
def test_engines_agree_with_scipy(rng, shape, size, method):
    """Any kernel, with and without zeros: the sums of ``scipy.signal.convolve2d``."""
    x = rng.normal(size=shape)
    for taps in (rng.normal(size=size), rng.normal(size=size) * (rng.random(size) > 0.5)):
        expected = scipy.signal.convolve2d(x, taps, mode="valid")
        result = convolve_plane(x, taps, method=method)
        np.testing.assert_allclose(result, expected, rtol=0, atol=rounding(x, taps))


@pytest.mark.parametrize("method", ["auto", "separable", "box", "direct", "overlap"])
@pytest.mark.parametrize(("shape", "size"), SHAPES)
def test_products_and_equal_taps(rng, shape, size, method):
    """A product of a column and a row, and equal taps, by every engine that takes them."""
    x = rng.normal(size=shape)
    pair = rng.normal(size=size[0]) + 3, rng.normal(size=size[1]) + 3
    if method == "box":
        pair = np.full(size[0], 0.25), np.full(size[1], 2.0)
    taps = np.multiply.outer(*pair)
    expected = scipy.signal.convolve2d(x, taps, mode="valid")
    for result in (convolve_plane(x, taps, method=method), convolve_pair(x, *pair, method=method)):
        np.testing.assert_allclose(result, expected, rtol=0, atol=rounding(x, taps))


def test_kernels_made_of_few_products_are_recognised(rng):
    """A rotated Gabor kernel is two products, a difference of Gaussians too; noise is none."""
    t = np.linspace(-3, 3, 31)
    bell = np.exp(-np.add.outer(t**2, t**2) / 2)
    gabor = bell * np.cos(np.add.outer(2 * t, 3 * t))
    assert len(factors(bell)) == 1
    assert len(factors(gabor)) == 2
    assert len(factors(bell - 0.2 * bell**0.25)) == 2
    assert factors(rng.normal(size=(31, 31))) == []
    assert factors(np.eye(9)) == []
    x = rng.normal(size=(50, 60))
    expected = scipy.signal.convolve2d(x, gabor, mode="valid")
    result = convolve_plane(x, gabor, method="separable")
    np.testing.assert_allclose(result, expected, rtol=0, atol=rounding(x, gabor))


def test_zeros_among_products_stay_zeros(rng):
    """Rounding puts no weight where there is none: a NaN under a zero tap does nothing."""
    taps = np.multiply.outer([1 / 3, 0.0, 1 / 7], [0.1, 0.0, 0.3, 0.7])
    x = rng.normal(size=(9, 12))
    x[4, 5] = np.nan
    expected = np.isnan(convolve_plane(x, taps, method="direct"))
    assert expected.sum() == 6
    for method in ("separable", "auto", "fft"):
        np.testing.assert_array_equal(np.isnan(convolve_plane(x, taps, method=method)), expected)


@pytest.mark.parametrize("method", PLANE_METHODS)
@pytest.mark.parametrize("zeros", [False, True])
def test_gaps_and_infinities_stay_local(rng, method, zeros):
    """NaN and infinities reach exactly where a nonzero tap meets them, under every engine."""
    x = rng.normal(size=(40, 60))
    x[5, 7], x[20, 30], x[21, 55], x[21, 57] = np.nan, np.inf, np.inf, -np.inf
    taps = np.full((4, 6), 0.5)
    if zeros:
        if method in ("box", "separable"):
            taps[1] = 0.0
        else:
            taps[1, 2:4] = 0.0
    if zeros and method == "box":
        taps = np.pad(np.full((4, 6), 0.5), 2)
    expected = convolve_plane(x, taps, method="direct")
    result = convolve_plane(x, taps, method=method)
    np.testing.assert_array_equal(np.isnan(result), np.isnan(expected))
    np.testing.assert_array_equal(np.isposinf(result), np.isposinf(expected))
    np.testing.assert_array_equal(np.isneginf(result), np.isneginf(expected))
    np.testing.assert_allclose(result, expected, atol=1e-12)


@pytest.mark.parametrize("method", ["fft", "overlap"])
def test_a_large_value_costs_no_digits_elsewhere(rng, method):
    """1e15 in one pixel: windows without it keep their digits, windows of zeros are exact zeros."""
    x = rng.normal(size=(120, 130))
    x[:60, :60] = 0.0
    taps = rng.normal(size=(20, 30))
    quiet = convolve_plane(x, taps, method="direct")
    x[100, 100] = 1e15
    result = convolve_plane(x, taps, method=method)
    far = np.ones(result.shape, dtype=bool)
    far[81:, 71:101] = False
    assert np.abs(result - quiet)[far].max() < rounding(np.ones(1) * 5, taps)
    assert np.all(result[:41, :31] == 0.0)


@pytest.mark.parametrize("scale", [1e-200, 1e150, 1e-310])
def test_extreme_scales(rng, scale):
    """Very small and very large pixels and taps neither under- nor overflow in a transform."""
    x, taps = rng.normal(size=(60, 60)), rng.normal(size=(15, 15))
    result = convolve_plane(x * scale, taps, method="fft")
    expected = convolve_plane(x * scale, taps, method="direct")
    np.testing.assert_allclose(result, expected, rtol=0, atol=1e-13 * np.abs(expected).max())


@given(
    shape=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    seed=st.integers(0, 2**16),
)
def test_any_shapes(shape, size, seed):
    """Planes and kernels of any shape: every engine gives the direct sums."""
    rng = np.random.default_rng(seed)
    size = min(size[0], shape[0]), min(size[1], shape[1])
    x, taps = rng.integers(-9, 10, size=shape) * 1.0, rng.integers(-3, 4, size=size) * 1.0
    expected = convolve_plane(x, taps, method="direct")
    for method in ("auto", "fft", "overlap"):
        np.testing.assert_allclose(convolve_plane(x, taps, method=method), expected, atol=1e-9)


def test_rows_in_line_are_the_same_convolution(rng):
    """A plane's rows end to end, convolved with the kernel's rows as far apart, hold the result."""
    x, taps = rng.normal(size=(8, 10)), rng.normal(size=(3, 4))
    line = np.convolve(x.ravel(), in_line(taps, 10), mode="valid")
    padded = np.append(line, np.zeros(3)).reshape(6, 10)[:, :7]
    np.testing.assert_allclose(padded, convolve_plane(x, taps), atol=1e-13)


def test_choices_are_sensible():
    """Few taps direct, products separable, large equal ones box, large ones by tiles."""
    assert choose_plane(500, 500, 3, 3, 9, 0, False) == "direct"
    assert choose_plane(500, 500, 21, 21, 441, 1, False) == "separable"
    assert choose_plane(500, 500, 61, 61, 3721, 1, True) == "box"
    assert choose_plane(500, 500, 61, 61, 3721, 0, False) == "overlap"
    rows, columns = tiling(2000, 2000, 31, 31).size
    assert 60 < rows < 700
    assert 60 < columns < 700


def test_engines_say_what_they_take(rng):
    """An engine that does not fit the taps says so."""
    x = rng.normal(size=(20, 20))
    with pytest.raises(ValueError, match="product of a column and a row"):
        convolve_plane(x, rng.normal(size=(9, 9)), method="separable")
    with pytest.raises(ValueError, match="equal taps only"):
        convolve_plane(x, rng.normal(size=(3, 3)), method="box")
    with pytest.raises(ValueError, match="`method` must be one of"):
        convolve_plane(x, rng.normal(size=(3, 3)), method="recursive")
