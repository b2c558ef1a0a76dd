"""Directions: right to a degree on patterns turned by known angles, and how strong they are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.ndimage

from tsconv import direction_profile, log_spectrum, orientation


def stripes(angle, *, shape=(200, 200), frequency=0.08, square=False):
    """Stripes that run in a direction, counter-clockwise from the rows, row 0 on top."""
    row, column = np.mgrid[: shape[0], : shape[1]]
    turn = np.radians(angle)
    wave = np.sin(2 * np.pi * frequency * (column * np.sin(turn) + row * np.cos(turn)))
    return np.sign(wave) if square else wave


def apart(a, b):
    """Angle between two directions."""
    return abs((a - b + 90) % 180 - 90)


@pytest.mark.parametrize("square", [False, True])
@pytest.mark.parametrize("shape", [(200, 200), (128, 300), (90, 64)])
def test_stripes_to_a_tenth_of_a_degree(shape, square):
    """Smooth and sharp stripes, images of any shape: the angle, and a strength near 1.

    Five stripes on 64 pixels spread over more than the width of a direction: half a degree, 0.8.
    """
    angles, strength = (0.5, 0.8) if min(shape) < 100 else (0.1, 0.85 if square else 0.98)
    for angle in (0, 7.3, 33.3, 45, 61.7, 90, 120.4, 135, 171):
        table = orientation(stripes(angle, shape=shape, square=square))
        assert apart(table["angle"][0], angle) < angles
        assert table["strength"][0] > strength


@pytest.mark.parametrize("turn", [0.0, 12.0, 33.0, 77.0, 101.0])
def test_two_directions(rng, turn):
    """Two sets of stripes in noise: both to a degree, the stronger first."""
    image = 2 * stripes(20 + turn) + stripes(75 + turn, frequency=0.11)
    table = orientation(image + 0.5 * rng.normal(size=image.shape))
    assert len(table) == 2
    assert apart(table["angle"][0], 20 + turn) < 1
    assert apart(table["angle"][1], 75 + turn) < 1
    assert table["strength"][0] > 2 * table["strength"][1]
    assert len(orientation(image, top=1)) == 1


@pytest.mark.parametrize("name", ["brick", "camera"])
def test_a_photograph_turned_by_known_angles(name):
    """scikit-image's photographs, turned by scipy: the direction turns along, to a degree."""
    data = pytest.importorskip("skimage.data")
    image = getattr(data, name)().astype(float)
    image, middle = image[56:456, 56:456], slice(60, 340)
    first = None
    for turn in (0, 10, 40, 77):
        turned = scipy.ndimage.rotate(image, turn, reshape=False, order=3, mode="reflect")
        table = orientation(turned[middle, middle])
        first = table["angle"][0] if first is None else first
        assert apart(table["angle"][0], first + turn) < 1


def test_noise_has_no_direction(rng):
    """White noise is weak in every direction; a flat image has none at all."""
    assert orientation(rng.normal(size=(200, 200)), min_strength=0.1).empty
    flat = orientation(np.full((64, 64), 3.3))
    assert flat.empty
    assert flat.columns.tolist() == ["angle", "strength"]
    assert (direction_profile(np.zeros((64, 64))) == 0).all()


def test_level_scale_and_negation_do_not_matter(rng):
    """The angle and strength of ``a + b * image`` are those of the image."""
    image = stripes(33, square=True) + rng.normal(size=(200, 200))
    expected = orientation(image)
    for other in (image * 1e-200, 1e6 - 1e3 * image, image * 1e200):
        pd.testing.assert_frame_equal(orientation(other), expected, rtol=1e-6)


def test_gaps_are_bridged(rng):
    """A tenth of the pixels missing: still right to a degree."""
    image = stripes(33)
    image[rng.random(image.shape) < 0.1] = np.nan
    assert apart(orientation(image)["angle"][0], 33) < 1


def test_the_frequencies_looked_at():
    """Coarse and fine stripes that cross: `low` and `high` tell them apart."""
    image = stripes(20, frequency=0.05) + stripes(110, frequency=0.3)
    coarse, fine = orientation(image, high=0.1), orientation(image, low=0.2)
    assert apart(coarse["angle"][0], 20) < 0.2
    assert apart(fine["angle"][0], 110) < 0.2
    assert len(coarse) == len(fine) == 1


def test_profile():
    """One value a degree, 1 on average, with its peak where the stripes run."""
    profile = direction_profile(stripes(60.5))
    assert profile.index.name == "angle"
    assert profile.size == 180
    assert profile.mean() == pytest.approx(1.0)
    assert profile.idxmax() == 60.5


def test_log_spectrum_is_the_transform(rng):
    """log(1 + |F|) on frequencies in cycles per pixel; a wave is two points."""
    image = rng.normal(size=(9, 12))
    plane = log_spectrum(image, window="none")
    assert plane.index[4] == 0.0
    assert plane.columns[6] == 0.0
    sums = np.exp(
        -2j * np.pi * np.add.outer(plane.index[7] * np.arange(9), plane.columns[2] * np.arange(12))
    )
    assert np.expm1(plane.iloc[7, 2]) == pytest.approx(abs(np.sum(image * sums)))
    wave = log_spectrum(stripes(0, shape=(64, 64), frequency=0.25))
    assert abs(wave.max(axis=1).idxmax()) == 0.25
    assert wave.max(axis=0).idxmax() == 0.0


@pytest.mark.parametrize(
    ("function", "image", "options", "error", "message"),
    [
        (orientation, np.ones((8, 30)), {}, ValueError, "at least 16 x 16"),
        (orientation, np.ones((30, 30)), {"width": 60}, ValueError, "at most 45"),
        (orientation, np.ones((30, 30)), {"width": 0}, ValueError, "`width` must be positive"),
        (orientation, np.ones((30, 30)), {"high": 0.6}, ValueError, "Nyquist"),
        (orientation, np.ones((30, 30)), {"low": 0.45}, ValueError, "below `high`"),
        (orientation, np.ones((30, 30)), {"top": 0}, ValueError, "`top` must be at least 1"),
        (orientation, np.ones((30, 30)) * 1j, {}, TypeError, "must be real"),
        (orientation, np.full((30, 30), np.inf), {}, ValueError, "no infinite pixels"),
        (orientation, np.full((30, 30), np.nan), {}, ValueError, "more than half"),
        (direction_profile, np.ones(30), {}, ValueError, "must be 2-D"),
        (log_spectrum, np.full((3, 3), np.nan), {}, ValueError, "must be complete"),
        (log_spectrum, np.ones((3, 3)), {"window": "boxcar"}, ValueError, "`window` must be"),
    ],
)
def test_bad_input(function, image, options, error, message):
    """Each mistake has its message."""
    with pytest.raises(error, match=message):
        function(image, **options)
