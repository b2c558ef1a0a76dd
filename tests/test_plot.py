"""Pictures: the right data on the right axes, labels with units, and the caller's axes used."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from tsconv import Kernel, ar, convolve, datasets, difference, gaussian, plot


@pytest.fixture
def axes():
    """Axes of the caller's own."""
    return Figure().add_subplot()


def drawn(figure):
    """Render, which is where drawing errors show."""
    figure.canvas.draw()
    return figure


@pytest.mark.parametrize(
    "kernel",
    [gaussian(2), ar([1.2, -0.6]), difference(2).inverse(), Kernel([0.0, 1.0]), gaussian(200)],
    ids=["finite", "recursive", "integrating", "delay", "long"],
)
def test_kernel_card_has_four_panels(kernel):
    """Weights, gain, phase, poles and zeros, for every kind of kernel."""
    figure = drawn(kernel.plot())
    titles = [panel.get_title() for panel in figure.axes]
    assert titles[0] in ("taps", "impulse response")
    assert titles[1:] == ["gain", "phase", "poles and zeros"]
    assert all(panel.get_xlabel() and panel.get_ylabel() for panel in figure.axes)


def test_kernel_card_shows_the_taps_at_their_lags():
    """The first panel holds the taps, at lags that look ahead to the left of zero."""
    kernel = Kernel([1.0, 2.0, 3.0], origin=1)
    weights = plot.plot_kernel(kernel).axes[0]
    line = next(line for line in weights.lines if line.get_marker() == "o")
    assert line.get_xdata().tolist() == [-1, 0, 1]
    assert line.get_ydata().tolist() == [1.0, 2.0, 3.0]


def test_kernel_card_frequencies_follow_fs():
    """The gain's axis runs to half the sampling rate."""
    gain = plot.plot_kernel(gaussian(1), fs=100.0).axes[1]
    assert gain.lines[0].get_xdata()[-1] == pytest.approx(50.0)


def test_kernel_card_takes_the_number_of_weights():
    """A recursive kernel shows as many weights as asked for."""
    weights = plot.plot_kernel(ar([0.9]), n=7).axes[0]
    line = next(line for line in weights.lines if line.get_marker() == "o")
    assert line.get_ydata() == pytest.approx(0.9 ** np.arange(7))


@pytest.mark.parametrize(
    "index",
    [
        pd.RangeIndex(50),
        pd.date_range("2024-01-01", periods=50, freq="h", tz="Europe/Berlin"),
        pd.period_range("2000-01", periods=50, freq="M"),
        pd.timedelta_range("0s", periods=50, freq="s"),
    ],
    ids=["range", "zoned", "period", "timedelta"],
)
def test_smoothing_draws_before_and_after(index, axes):
    """Both series are drawn on the caller's axes, with name and units, for any index."""
    x = pd.Series(np.arange(50.0), index=index, name="level")
    x.attrs["units"] = "m"
    result = plot.plot_smoothing(x, convolve(x, gaussian(2)), ax=axes, color="black")
    assert result is axes
    assert axes.get_ylabel() == "level (m)"
    assert axes.lines[0].get_ydata() == pytest.approx(x.to_numpy())
    assert axes.lines[1].get_color() == "black"
    drawn(axes.figure)


def test_smoothing_names_what_has_no_name():
    """A Series without a name is labelled all the same."""
    x = pd.Series([1.0, 2.0])
    assert plot.plot_smoothing(x, x).get_ylabel() == "value"


def test_correlation_draws_stems_and_band(axes):
    """A table of correlations becomes stems over its confidence band."""
    table = pd.DataFrame(
        {"r": [1.0, 0.5], "lower": [-0.2, -0.2], "upper": [0.2, 0.2]},
        index=pd.Index([0, 1], name="lag"),
    )
    assert plot.plot_correlation(table, ax=axes) is axes
    assert len(axes.collections) == 2
    drawn(axes.figure)


def test_correlation_over_many_lags_is_a_line():
    """Hundreds of stems would be a black bar."""
    lags = pd.Index(range(-400, 401), name="lag")
    table = pd.DataFrame({"r": 0.1, "lower": -0.2, "upper": 0.2}, index=lags)
    assert len(plot.plot_correlation(table).lines[-1].get_xdata()) == 801


def test_correlation_asks_for_its_columns():
    """Another table is refused with the columns it lacks."""
    with pytest.raises(ValueError, match=r"\['lower', 'upper'\] not found"):
        plot.plot_correlation(pd.DataFrame({"r": [1.0]}))


def test_matches_mark_the_places():
    """The signal, the scores and the best match are drawn."""
    rng = np.random.default_rng(0)
    signal, snippet = rng.normal(size=9000), rng.normal(size=300)
    signal[100:200] = np.nan
    signal[5000:5300] = 3 * snippet
    matches = pd.DataFrame({"offset": [5000], "score": [1.0]})
    scores = np.zeros(signal.size - snippet.size + 1)
    figure = drawn(plot.plot_matches(signal, snippet, matches, scores=scores, fs=1000.0))
    assert [panel.get_title() for panel in figure.axes] == [
        "1 found",
        "",
        "best match: score 1.000",
    ]
    grey, orange = figure.axes[2].lines
    assert orange.get_ydata() == pytest.approx(grey.get_ydata(), abs=1e-6)


def test_matches_are_drawn_from_what_find_took():
    """Paths do; the rate is the file's, and a Series gives its own."""
    paths = datasets.audio_path(), datasets.snippet_path()
    matches = pd.DataFrame({"offset": [datasets.snippet_offset()], "score": [0.8]})
    here = drawn(plot.plot_matches(*paths, matches)).axes[-1]
    assert here.get_xlabel() == "time (s)"
    assert 36.2 < here.get_xlim()[0] < here.get_xlim()[1] < 38.9
    series = datasets.load_recording(), datasets.load_snippet()
    there = drawn(plot.plot_matches(*series, matches)).axes[-1]
    np.testing.assert_allclose(here.lines[1].get_ydata(), there.lines[1].get_ydata())


def test_matches_ask_for_their_columns():
    """Another table is refused with the columns it lacks."""
    with pytest.raises(ValueError, match=r"\['score'\] not found. Give the result of find"):
        plot.plot_matches(np.ones(9), np.ones(3), pd.DataFrame({"offset": [1]}))


def test_smoothing_takes_arrays():
    """Without an index samples are counted; a table of two columns is refused."""
    axes = plot.plot_smoothing(np.arange(5.0), [0, 1, 2, 3, 4])
    drawn(axes.figure)
    assert list(axes.lines[1].get_xdata()) == [0, 1, 2, 3, 4]
    nile = datasets.load_nile()
    for pair in ((nile, nile.to_numpy()), (nile.to_numpy(), nile)):
        before, after = plot.plot_smoothing(*pair).lines
        assert (before.get_xdata() == after.get_xdata()).all()
    with pytest.raises(ValueError, match="`x` must be a single series; got 2 columns"):
        plot.plot_smoothing(pd.DataFrame({"a": [1], "b": [2]}), [1])


def test_no_matches_say_so():
    """An empty table is a picture too."""
    empty = pd.DataFrame({"offset": [], "score": []})
    figure = drawn(plot.plot_matches(np.arange(100.0), np.arange(10.0), empty))
    assert figure.axes[-1].texts[0].get_text() == "nothing found"


def test_new_figures_are_pyplots_and_style_stays():
    """Notebooks and ``plt.show()`` show what is drawn; the caller's style does not change."""
    import matplotlib as mpl
    import matplotlib.pyplot as plt

    style = dict(mpl.rcParams)
    figure = plot.plot_kernel(gaussian(1))
    axes = plot.plot_smoothing(datasets.load_nile(), datasets.load_nile())
    assert plt.get_fignums() == [figure.number, axes.figure.number]
    assert dict(mpl.rcParams) == style


def test_the_callers_axes_need_no_pyplot(axes):
    """Drawing on given axes opens no figure."""
    import matplotlib.pyplot as plt

    plot.plot_smoothing(datasets.load_nile(), datasets.load_nile(), ax=axes)
    assert plt.get_fignums() == []
