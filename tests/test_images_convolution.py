"""convolve2d and correlate2d: every boundary and gap rule against loops, and against scipy."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.ndimage
from naive_images import convolved

from tsconv import (
    Kernel,
    convolve,
    convolve2d,
    correlate2d,
    difference,
    exponential,
    gaussian,
    moving_average,
)

BOUNDARIES = ("missing", "zero", "reflect", "mirror", "nearest", "wrap", "renormalize")


@pytest.fixture
def image(rng):
    """Return a small image that is not square."""
    return rng.normal(size=(7, 9)) + 2


@pytest.mark.parametrize("method", ["auto", "direct", "fft"])
@pytest.mark.parametrize("size", [(1, 1), (3, 3), (2, 4), (5, 2), (15, 20)])
@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_equals_the_sums_written_out(rng, image, boundary, size, method):
    """Any boundary and size, also kernels larger than the image: pixel by pixel, tap by tap."""
    taps = rng.random(size)
    origin = (size[0] - 1) // 2, (size[1] - 1) // 2
    expected = convolved(image, taps, origin, boundary)
    result = convolve2d(image, taps, boundary=boundary, method=method)
    np.testing.assert_allclose(result, expected, rtol=1e-12)


@pytest.mark.parametrize("share", [None, 0.6])
@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_gaps_are_left_out_of_the_mean(rng, image, boundary, share):
    """Renormalized over gaps under every boundary, with and without a share that must be there."""
    image[2, 3], image[4:7, 5:9] = np.nan, np.nan
    taps = rng.random((3, 4)) * (rng.random((3, 4)) > 0.3)
    expected = convolved(image, taps, (1, 1), boundary, "renormalize", share or 0.0)
    options = {"boundary": boundary, "missing": "renormalize", "min_weight": share}
    for method in ("auto", "fft"):
        result = convolve2d(image, taps, method=method, **options)
        np.testing.assert_allclose(result, expected, rtol=1e-9)


def test_little_weight_keeps_its_digits(rng):
    """Deep in a gap a Gaussian finds only its far tail; a transform must not blur that."""
    image = rng.normal(size=(60, 60)) + 10
    image[10:50, 10:50] = np.nan
    kernel = gaussian(3.0, truncate=6)
    direct = convolve2d(image, kernel, missing="renormalize", boundary="zero", method="direct")
    result = convolve2d(image, kernel, missing="renormalize", boundary="zero", method="fft")
    np.testing.assert_allclose(result, direct, rtol=1e-9)


@pytest.mark.parametrize("origin", [(0, 0), (2, 3), (-4, 1), (9, -12), (30, 30)])
@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_origins_anywhere(rng, image, boundary, origin):
    """Lag zero may be any tap, or none: a kernel may only look ahead or only back."""
    taps = rng.random((3, 4))
    expected = convolved(image, taps, origin, boundary)
    result = convolve2d(image, taps, origin=origin, boundary=boundary)
    np.testing.assert_allclose(result, expected, rtol=1e-12)


@pytest.mark.parametrize("size", [(3, 5), (2, 4), (6, 3)])
@pytest.mark.parametrize("mode", ["reflect", "mirror", "nearest", "wrap", "constant"])
def test_equals_scipy_ndimage(rng, image, mode, size):
    """Correlation of any size, and convolution of odd sizes, as ``scipy.ndimage``."""
    taps = rng.normal(size=size)
    boundary = "zero" if mode == "constant" else mode
    expected = scipy.ndimage.correlate(image, taps, mode=mode)
    np.testing.assert_allclose(correlate2d(image, taps, boundary=boundary), expected, atol=1e-12)
    if size == (3, 5):
        expected = scipy.ndimage.convolve(image, taps, mode=mode)
        np.testing.assert_allclose(convolve2d(image, taps, boundary=boundary), expected, atol=1e-12)


def test_gaussian_and_mean_equal_scipy_ndimage(rng):
    """One Kernel for both axes: ``gaussian_filter`` and ``uniform_filter``, even windows too."""
    image = rng.normal(size=(50, 40))
    expected = scipy.ndimage.gaussian_filter(image, 2.0)
    np.testing.assert_allclose(convolve2d(image, gaussian(2.0), boundary="reflect"), expected)
    for size in (3, 4, 25):
        expected = scipy.ndimage.uniform_filter(image, size)
        result = convolve2d(image, moving_average(size), boundary="reflect")
        np.testing.assert_allclose(result, expected, atol=1e-13)


def test_a_pair_of_kernels_is_one_after_the_other(image):
    """(down, across) equals `convolve` along the index and then along the columns."""
    down, across = gaussian(1.0), difference()
    by_axes = convolve(convolve(image, down).T, across).T
    np.testing.assert_allclose(convolve2d(image, (down, across)), by_axes, atol=1e-14)
    np.testing.assert_allclose(
        convolve2d(image, (Kernel([1.0]), across)), convolve(image.T, across).T, atol=1e-14
    )


def test_linear_and_shift_equivariant(rng):
    """Sums come out as sums, and a shifted image as a shifted result."""
    a, b = rng.normal(size=(2, 12, 14))
    taps = rng.normal(size=(3, 4))
    both = convolve2d(2 * a - b, taps, boundary="wrap")
    apart = 2 * convolve2d(a, taps, boundary="wrap") - convolve2d(b, taps, boundary="wrap")
    np.testing.assert_allclose(both, apart, atol=1e-12)
    moved = convolve2d(np.roll(a, (3, 5), (0, 1)), taps, boundary="wrap")
    still = np.roll(convolve2d(a, taps, boundary="wrap"), (3, 5), (0, 1))
    np.testing.assert_allclose(moved, still, atol=1e-13)


def test_convolution_theorem(rng):
    """Wrapped around, the transform of the result is the product of the transforms."""
    image, taps = rng.normal(size=(12, 15)), rng.normal(size=(4, 3))
    result = convolve2d(image, taps, origin=(0, 0), boundary="wrap")
    product = np.fft.fft2(image) * np.fft.fft2(taps, s=image.shape)
    np.testing.assert_allclose(np.fft.fft2(result), product, atol=1e-11)


def test_correlation_is_convolution_turned(rng, image):
    """`correlate2d` equals `convolve2d` with the kernel turned by 180 degrees, edges included."""
    for size in ((3, 3), (4, 2)):
        taps = rng.normal(size=size)
        np.testing.assert_array_equal(correlate2d(image, taps), convolve2d(image, taps[::-1, ::-1]))


def test_gaps_filled_by_lines_of_both_axes():
    """A gap takes the mean of both lines, the only line there is, or stays."""
    image = np.array([[0.0, 1, 2, 3], [4, np.nan, 6, 7], [8, 9, 16, np.nan]])
    filled = convolve2d(image, [[1.0]], missing="interpolate")
    assert filled[1, 1] == 5.0
    assert np.isnan(filled[2, 3])
    image[0, 1] = np.nan
    assert convolve2d(image, [[1.0]], missing="interpolate")[0, 1] == 1.0


def test_kinds_of_images(image):
    """A DataFrame keeps its labels; integers, booleans and read-only arrays count as floats."""
    table = pd.DataFrame(image, index=list("abcdefg"), columns=range(10, 19))
    table.attrs["unit"] = "K"
    result = convolve2d(table, moving_average(3))
    assert result.index.equals(table.index)
    assert result.columns.equals(table.columns)
    assert result.attrs == {"unit": "K"}
    whole = np.arange(12).reshape(3, 4)
    whole.setflags(write=False)
    np.testing.assert_array_equal(
        convolve2d(whole, [[1, 1]], boundary="zero"),
        convolve2d(whole * 1.0, [[1.0, 1.0]], boundary="zero"),
    )
    assert convolve2d(whole > 3, [[2]]).sum() == 16


def test_complex_images(rng):
    """Real and imaginary part apart."""
    real, imaginary = rng.normal(size=(2, 6, 6))
    taps = rng.normal(size=(3, 3))
    result = convolve2d(real + 1j * imaginary, taps)
    np.testing.assert_array_equal(result.real, convolve2d(real, taps))
    np.testing.assert_array_equal(result.imag, convolve2d(imaginary, taps))


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((np.ones((3, 3, 3)), [[1]]), {}, ValueError, "one channel"),
        ((np.ones(3), [[1]]), {}, ValueError, "must be 2-D"),
        ((np.ones((0, 3)), [[1]]), {}, ValueError, "at least one pixel"),
        ((np.ones((3, 3)), [1, 2]), {}, ValueError, "`kernel` must be real and 2-D"),
        ((np.ones((3, 3)), [[np.nan]]), {}, ValueError, "`kernel` must be finite"),
        ((np.ones((3, 3)), exponential(alpha=0.5)), {}, ValueError, "along one axis"),
        ((np.ones((3, 3)), gaussian("90min")), {}, TypeError, "in pixels"),
        ((np.ones((3, 3)), moving_average(3)), {"origin": (0, 0)}, ValueError, "Kernels have"),
        ((np.ones((3, 3)), [[1]]), {"origin": 1}, TypeError, "a pair"),
        ((np.ones((3, 3)), [[1]]), {"boundary": "constant"}, ValueError, "`boundary` must be"),
        ((np.ones((3, 3)), [[1]]), {"missing": "drop"}, ValueError, "`missing` must be"),
        ((np.ones((3, 3)), [[1]]), {"method": "recursive"}, ValueError, "`method` must be"),
        ((np.ones((3, 3)), [[1]]), {"min_weight": 0.5}, ValueError, "goes with"),
        ((np.ones((3, 3)), [[1, -1]]), {"boundary": "renormalize"}, ValueError, "weights >= 0"),
        (([["a", "b"]], [[1]]), {}, TypeError, "must hold numbers"),
    ],
)
def test_bad_input(arguments, options, error, message):
    """Each mistake has its message."""
    with pytest.raises(error, match=message):
        convolve2d(*arguments, **options)


def test_sums_of_products_beyond_the_edges(rng):
    """A kernel of two products is not taken for its first, where an image is continued."""
    taps = sum(np.multiply.outer(rng.normal(size=9), rng.normal(size=9)) for _ in range(2))
    x = rng.normal(size=(30, 25))
    expected = scipy.ndimage.convolve(x, taps, mode="reflect")
    y = convolve2d(x, taps, boundary="reflect", method="separable")
    np.testing.assert_allclose(y, expected, rtol=0, atol=1e-12 * np.abs(expected).max())
