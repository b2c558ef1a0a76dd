"""Templates in images: scores against loops and two libraries, matches that do not overlap."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_images import scores

from tsconv import convolve2d, gaussian, match_template, template_scores

# Double precision, sums over some thousand pixels.
DIGITS = 1e-10

few = settings(max_examples=40)


@pytest.fixture
def picture(rng):
    """Return a smooth random image with a range like that of a photograph."""
    return 128 + 400 * convolve2d(rng.normal(size=(120, 150)), gaussian(2), boundary="wrap")


@pytest.mark.parametrize("size", [(1, 2), (2, 1), (5, 7), (30, 20), (40, 50)])
def test_scores_equal_the_formula(rng, size):
    """Each window by Pearson's formula, up to a template as large as the image."""
    image = rng.normal(size=(40, 50)).cumsum(axis=0)
    template = image[: size[0], -size[1] :] + 0.1 * rng.normal(size=size)
    np.testing.assert_allclose(
        template_scores(image, template), scores(image, template), atol=DIGITS
    )


def test_scores_equal_scikit_image(picture):
    """The peer's scores to 1e-9, at a level where its running sums keep their digits."""
    feature = pytest.importorskip("skimage.feature")
    for height, width in ((8, 8), (25, 40), (60, 61)):
        template = picture[30 : 30 + height, 50 : 50 + width]
        expected = feature.match_template(picture, template)
        np.testing.assert_allclose(template_scores(picture, template), expected, atol=1e-9)


def test_scores_equal_opencv(picture):
    """OpenCV's single-precision scores to 1e-6, where its sums have the digits: about the mean."""
    cv2 = pytest.importorskip("cv2")
    image = (picture - picture.mean()).astype(np.float32)
    for height, width in ((25, 40), (60, 61)):
        template = np.ascontiguousarray(image[30 : 30 + height, 50 : 50 + width])
        expected = cv2.matchTemplate(image, template, cv2.TM_CCOEFF_NORMED)
        np.testing.assert_allclose(template_scores(image, template), expected, atol=1e-6)


@pytest.mark.parametrize("level", [0.0, 1e6, -1e8])
def test_level_and_scale_do_not_matter(picture, level):
    """Gain and level of either side leave the score, to the digits that the level left it."""
    template = picture[20:50, 30:70]
    expected = template_scores(picture, template)
    result = template_scores(picture * 7 + level, template * 0.1 - level)
    # Adding the level rounds each pixel to eps * level, some 1e-8 of the contrast at worst.
    np.testing.assert_allclose(result, expected, atol=max(DIGITS, 1e-15 * abs(level)))


def test_an_outlier_costs_no_digits_elsewhere(picture):
    """1e12 in one pixel spoils the windows that hold it, and no others."""
    template = picture[20:40, 30:55]
    expected = template_scores(picture, template)
    picture[70, 80] = 1e12
    result = template_scores(picture, template)
    far = np.ones(result.shape, dtype=bool)
    far[51:71, 56:81] = False
    assert np.abs(result - expected)[far].max() < DIGITS
    near = scores(picture[51:90, 56:105], template)
    np.testing.assert_allclose(result[51:71, 56:81], near, atol=DIGITS)


def test_faint_texture_beside_a_bright_edge(rng):
    """Texture of 1e-6 on a level of 1e3 beside a step: scored as if it were alone."""
    texture = rng.normal(size=(60, 60))
    image = np.full((60, 120), 1e3)
    image[:, 60:] = 2e3
    image[:, :60] += 1e-6 * texture
    template = texture[10:22, 10:22]
    result = template_scores(image, template)[:, :49]
    # Pixels near 1e3 are rounded to 1e-13, 1e-7 of the texture.
    np.testing.assert_allclose(result, scores(texture, template), atol=1e-6)
    assert result.argmax() == 10 * 49 + 10


def test_flat_regions_score_zero(picture):
    """A window of one value scores 0 exactly, at any level, and is never a match."""
    for level in (0.0, 77.7, 1e9):
        picture[40:90, 50:120] = level
        result = template_scores(picture, picture[:15, :20])
        assert np.all(result[40:76, 50:101] == 0.0)
        assert np.isfinite(result).all()
        assert np.abs(result).max() <= 1.0
    assert np.all(template_scores(np.full((30, 30), 0.1), picture[:5, :5]) == 0.0)
    assert len(match_template(np.full((30, 30), 0.1), picture[:5, :5], threshold=0.01)) == 0


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_gaps_are_not_scored(picture, bad):
    """NaN exactly where the window touches a missing or infinite pixel; the rest is unchanged."""
    template = picture[20:40, 30:55]
    expected = template_scores(picture, template)
    picture[70, 80] = bad
    result = template_scores(picture, template)
    touched = np.zeros(result.shape, dtype=bool)
    touched[51:71, 56:81] = True
    np.testing.assert_array_equal(np.isnan(result), touched)
    np.testing.assert_allclose(result[~touched], expected[~touched], atol=DIGITS)


@few
@given(
    size=st.tuples(st.integers(1, 6), st.integers(1, 6)),
    gain=st.floats(0.1, 1e6),
    level=st.floats(-1e3, 1e3),
    place=st.tuples(st.integers(0, 14), st.integers(0, 14)),
    seed=st.integers(0, 2**16),
)
def test_a_planted_template_is_found(size, gain, level, place, seed):
    """At any place, gain and level the best match is where the template was put, with score 1."""
    rng = np.random.default_rng(seed)
    h, w = size[0] + 1, size[1] + 1
    template = rng.normal(size=(h, w))
    image = rng.normal(size=(20, 22))
    i, j = min(place[0], 20 - h), min(place[1], 22 - w)
    image[i : i + h, j : j + w] = gain * template + level
    result = template_scores(image, template)
    assert result[i, j] > 1 - 1e-9
    np.testing.assert_allclose(result, scores(image, template), atol=1e-7)


def test_matches_do_not_overlap_and_come_best_first(rng, picture):
    """Three copies, two side by side: all found, none twice, ordered by score."""
    template = picture[:12, :10].copy()
    image = rng.normal(size=(80, 90))
    for (i, j), noise in zip([(5, 7), (5, 17), (50, 60)], (0.0, 5.0, 15.0), strict=True):
        image[i : i + 12, j : j + 10] = template + noise * rng.normal(size=(12, 10))
    table = match_template(image, template, threshold=0.5)
    assert table[["row", "column"]].to_numpy().tolist() == [[5, 7], [5, 17], [50, 60]]
    assert table["score"].is_monotonic_decreasing
    assert table["polarity"].tolist() == [1, 1, 1]
    assert len(match_template(image, template, threshold=0.5, top=2)) == 2
    near = match_template(image, template, threshold=0.2, exclusion=(1, 1))
    assert len(near) > 3
    apart = match_template(image, template, threshold=-0.0, exclusion=(12, 10))
    rows, columns = apart["row"].to_numpy(), apart["column"].to_numpy()
    down, across = np.abs(rows[:, None] - rows), np.abs(columns[:, None] - columns)
    clash = (down < 12) & (across < 10)
    assert np.count_nonzero(clash) == len(apart)


def test_polarity(picture):
    """Dark and bright exchanged: found if asked for, with its sign."""
    template = picture[:12, :10].copy()
    image = -picture
    assert match_template(image, template, threshold=0.99).empty
    found = match_template(image, template, threshold=0.99, polarity="negative").iloc[0]
    assert (found["row"], found["column"], found["polarity"]) == (0, 0, -1)
    assert match_template(image, template, threshold=0.99, polarity="either").iloc[0].equals(found)


def test_labels_of_a_table(picture):
    """A DataFrame gives a DataFrame, labelled by the upper left pixel of each window."""
    table = pd.DataFrame(picture, columns=[f"c{k}" for k in range(150)])
    result = template_scores(table, table.iloc[3:9, 4:14])
    assert result.shape == (115, 141)
    assert result.loc[3, "c4"] == pytest.approx(1.0)
    assert result.columns[-1] == "c140"


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((np.eye(4), np.ones((2, 2))), {}, ValueError, "it is flat"),
        ((np.eye(4), [[3.0]]), {}, ValueError, "it is flat"),
        ((np.eye(4), np.eye(5)), {}, ValueError, "larger than `image`"),
        ((np.eye(4), [[1, np.nan]]), {}, ValueError, "`template` must be complete"),
        ((np.eye(4), [1, 2]), {}, ValueError, "`template` must be 2-D"),
        ((np.eye(4) * 1j, np.eye(2)), {}, TypeError, "`image` must be real"),
        ((np.eye(4), np.eye(2) * 1j), {}, TypeError, "`template` must be real"),
        ((np.eye(4), np.eye(2)), {"threshold": 2}, ValueError, "`threshold` must be between"),
        ((np.eye(4), np.eye(2)), {"top": 0}, ValueError, "`top` must be at least 1"),
        ((np.eye(4), np.eye(2)), {"polarity": "both"}, ValueError, "`polarity` must be one of"),
        ((np.eye(4), np.eye(2)), {"exclusion": 3}, TypeError, "a pair"),
    ],
)
def test_bad_input(arguments, options, error, message):
    """Each mistake has its message."""
    with pytest.raises(error, match=message):
        match_template(*arguments, **options)
