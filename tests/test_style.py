"""The colours of all pictures: told apart in grey print and by colour-blind readers."""

from __future__ import annotations

from itertools import combinations

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from tsconv import _style, datasets, fit_arima, plot

ALL = {name: getattr(_style, name) for name in ("BLUE", "ORANGE", "SKY", "BLACK", "GREY")}

PAIRS = list(combinations(ALL, 2))

# What readers without one of the three cones see, on linear light: Machado, Oliveira and Fernandes
# (2009), A physiologically-based model for simulation of color vision deficiency, table for 1.0.
SEEN_BY = {
    "all": np.eye(3),
    "no red": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "no green": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "no blue": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def linear(colour):
    """Take the display's curve off sRGB."""
    values = np.array(to_rgb(colour))
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(light):
    """CIE lightness 0 to 100 and the two colour axes, about white of sRGB."""
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    ratio = to_xyz @ np.clip(light, 0, 1) / to_xyz.sum(axis=1)
    x, y, z = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio * (29 / 6) ** 2 / 3 + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_any_two_differ_in_lightness(one, other):
    """In grey print lines that are compared are 18 of 100 steps apart, grey at least 10."""
    apart = abs(lab(linear(ALL[one]))[0] - lab(linear(ALL[other]))[0])
    assert apart > (10 if "GREY" in (one, other) else 18)


@pytest.mark.parametrize("reader", SEEN_BY)
@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_any_two_differ_for_every_reader(one, other, reader):
    """A difference of 2 can just be seen side by side; these are 30 apart and more."""
    seen = [lab(SEEN_BY[reader] @ linear(ALL[name])) for name in (one, other)]
    assert np.linalg.norm(seen[0] - seen[1]) > 29


def test_compared_lines_have_line_styles_of_their_own():
    """They differ without any colour."""
    with mpl.rc_context(plot.style()):
        axes = Figure().add_subplot()
        lines = axes.plot(np.eye(4))
    assert [line.get_color() for line in lines] == list(_style.COLOURS)
    assert [line.get_linestyle() for line in lines] == list(_style.LINES)
    assert len(set(_style.LINES)) == len(_style.COLOURS)


def test_the_colour_map_rises_evenly_in_lightness():
    """An image keeps its order in grey print."""
    steps = mpl.colormaps[_style.COLOUR_MAP](np.linspace(0, 1, 32))[:, :3]
    lightness = [lab(linear(step))[0] for step in steps]
    assert np.all(np.diff(lightness) > 0)


def test_settings_of_a_line_may_be_short(nile):
    """``lw`` and ``c`` replace the defaults, whatever cycle the caller has set."""
    with mpl.rc_context(plot.style()):
        axes = plot.plot_smoothing(nile, nile, lw=3, c="black")
        other = fit_arima(nile, (1, 0, 0)).plot(lw=3)
    assert (axes.lines[1].get_linewidth(), axes.lines[1].get_color()) == (3, "black")
    assert {line.get_linestyle() for line in other.lines} == {"-"}
    assert other.lines[0].get_linewidth() == 3


@pytest.fixture
def nile():
    """Return a short real series."""
    return datasets.load_nile()
