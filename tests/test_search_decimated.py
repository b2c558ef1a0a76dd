"""Search at a lower rate: what it may miss, and how often it says so."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from scipy.signal import lfilter

from tsconv import audio
from tsconv.cli import main
from tsconv.search import Finder, decimated, find
from tsconv.search.lowpass import low_pass
from tsconv.search.profile import make_template, score_at


@pytest.mark.parametrize(
    ("m", "step", "threshold", "colour", "noise"),
    [(1_200, 8, 0.6, 0.6, 0.9), (600, 4, 0.5, 0.95, 0.9), (600, 4, 0.3, 0.6, 0.9)],
)
def test_as_many_are_missed_as_is_said(
    m: int, step: int, threshold: float, colour: float, noise: float
) -> None:
    """Places at the threshold, at any distance from the grid, in noise of several colours.

    What is stated is never too little beyond three standard errors. It is too much by up to 0.15,
    since the better of two lags of the grid is seen, and only the nearer is reckoned with.
    """
    rng = np.random.default_rng(1)
    low, n_trials = low_pass(step), 300
    snippet = lfilter([1], [1, -colour], rng.standard_normal(m + 500))[500:]
    template = make_template(snippet)
    core = make_template(decimated._core(template.taps, low))
    missed, stated = [], []
    for _ in range(n_trials):
        x = lfilter([1], [1, -noise], rng.standard_normal(m + step + 500))[500:]
        x *= np.sqrt(1 / threshold**2 - 1) / (np.std(x) * np.sqrt(m))
        tau = int(rng.integers(step))
        x[tau : tau + m] += template.taps
        scores = [score_at(decimated._core(x[k : k + m], low), core) for k in (0, step)]
        missed.append(max(scores) < decimated.KEPT * threshold)
        stated.append(decimated.p_miss(x[tau : tau + m], snippet, threshold, step))
    share, said = np.mean(missed), np.mean(stated)
    assert share - 3 * np.sqrt(share * (1 - share) / n_trials + 1e-5) <= said <= share + 0.15


@pytest.fixture(scope="module")
def music() -> tuple[np.ndarray, np.ndarray]:
    """Make a long signal with little at high frequencies, and a snippet that occurs in it twice."""
    rng = np.random.default_rng(2)
    x = lfilter([0.02], [1, -1.97, 0.972], rng.standard_normal(300_000))
    snippet = x[100_003:104_003] + 0.1 * np.std(x) * rng.standard_normal(4_000)
    x[200_001:204_001] = -0.5 * x[100_003:104_003]
    return x, snippet


def test_what_is_found_is_as_at_full_rate(music: tuple[np.ndarray, np.ndarray]) -> None:
    """The same table with one more column, of small probabilities; chosen steps only."""
    full = find(*music, threshold=0.8)
    fast = find(*music, threshold=0.8, decimate=8)
    assert sorted(full["offset"]) == [100_003, 200_001]
    pd.testing.assert_frame_equal(pd.DataFrame(fast.drop(columns="p_miss")), pd.DataFrame(full))
    assert fast["p_miss"].between(0, 1e-3).all()
    with Finder(music[0]) as finder:
        table = finder.find_all({"a": music[1], "b": -music[1]}, threshold=0.8, decimate=16)
    assert table["snippet"].value_counts().to_dict() == {"a": 2, "b": 2}


def test_short_snippets_are_searched_in_full(music: tuple[np.ndarray, np.ndarray]) -> None:
    """Nothing can be missed then."""
    x, snippet = music
    table = find(x, snippet[:300], threshold=0.8, decimate=32)
    assert table["p_miss"].tolist() == [0.0] * len(table)
    full = find(x, snippet[:300], threshold=0.8)
    pd.testing.assert_frame_equal(pd.DataFrame(table.drop(columns="p_miss")), pd.DataFrame(full))


def test_gaps_hide_only_what_they_touch(music: tuple[np.ndarray, np.ndarray]) -> None:
    """A missing sample inside one place leaves the other."""
    x = music[0].copy()
    x[101_000] = np.nan
    assert find(x, music[1], threshold=0.8, decimate=8)["offset"].tolist() == [200_001]


def test_options_are_checked(music: tuple[np.ndarray, np.ndarray]) -> None:
    """Steps that are not there, and a missing threshold, are refused."""
    with pytest.raises(ValueError, match="one of 4, 8, 16, 32; got 3"):
        find(*music, threshold=0.5, decimate=3)
    with pytest.raises(ValueError, match="needs a `threshold`"):
        find(*music, decimate=8)


def test_the_command_has_the_option(tmp_path, music: tuple[np.ndarray, np.ndarray]) -> None:
    """`--decimate` adds the column."""
    for name, samples in (("long.wav", music[0]), ("short.wav", music[1])):
        audio.write_audio(tmp_path / name, samples / 20, 8_000)
    arguments = [str(tmp_path / "long.wav"), str(tmp_path / "short.wav")]
    result = CliRunner().invoke(main, ["find", *arguments, "--threshold", "0.8", "--decimate", "8"])
    assert result.exit_code == 0, result.output
    assert "p_miss" in result.output.splitlines()[0]
