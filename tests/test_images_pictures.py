"""Pictures of images: what is drawn, and where."""

from __future__ import annotations

import numpy as np
import pytest

from tsconv import match_template
from tsconv.images.pictures import plot_directions, plot_image, plot_template_matches


def test_an_image_is_drawn_upright():
    """Row 0 is on top, and the pixels are the image's."""
    axes = plot_image(np.arange(12.0).reshape(3, 4))
    assert axes.get_ylim() == (2.5, -0.5)
    np.testing.assert_array_equal(axes.images[0].get_array(), np.arange(12.0).reshape(3, 4))


def test_a_line_runs_along_the_stripes():
    """The line drawn over the image runs where the stripes do."""
    row, column = np.mgrid[:64, :64]
    turn = np.radians(30)
    image = np.sin(0.9 * (column * np.sin(turn) + row * np.cos(turn)))
    figure = plot_directions(image, high=0.3)
    (line,) = figure.axes[0].lines
    x, y = line.get_data()
    assert np.degrees(np.arctan2(-(y[1] - y[0]), x[1] - x[0])) == pytest.approx(30, abs=0.5)
    assert [axes.get_title() for axes in figure.axes] == [
        "image and directions",
        "log Fourier magnitude",
        "energy by direction",
    ]


def test_a_frame_around_each_match(rng):
    """Frames lie on the pixels of the windows, with the score above."""
    image = rng.normal(size=(30, 40))
    template = image[5:12, 20:29]
    axes = plot_template_matches(image, template, match_template(image, template))
    (frame,) = axes.patches
    assert frame.get_xy() == (19.5, 4.5)
    assert (frame.get_width(), frame.get_height()) == (9, 7)
    assert axes.texts[0].get_text() == "1.00"
