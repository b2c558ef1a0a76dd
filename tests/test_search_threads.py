"""Threads: results are the same for any number of them, whatever the signal comes from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from tsconv import audio
from tsconv.cli import main
from tsconv.search import Finder, correlation_profile, find, find_in_files


@pytest.fixture(scope="module")
def long() -> tuple[np.ndarray, np.ndarray]:
    """Four frames of coloured noise with a gap, a click and two copies of a snippet."""
    rng = np.random.default_rng(11)
    signal = np.convolve(rng.standard_normal(900_000), [1, 0.9, 0.6, 0.3], "same")
    snippet = signal[300_000:300_700].copy()
    signal[600_000:600_700] -= 2 * snippet
    signal[100_000:100_050] = np.nan
    signal[800_000] = 1e7
    return signal, snippet


@pytest.mark.parametrize("whiten", ["auto", None])
@pytest.mark.parametrize("kind", ["float64", "float32", "blocks"])
def test_find_does_not_depend_on_threads(long, kind: str, whiten: str | None) -> None:
    """One, two and five threads give the same table to the last bit."""
    signal, snippet = long

    def opened() -> np.ndarray | Iterator[np.ndarray]:
        blocks = kind == "blocks"
        return iter(np.array_split(signal, 9)) if blocks else signal.astype(kind)

    one, two, five = (
        find(opened(), snippet, whiten=whiten, n_threads=count) for count in (1, 2, 5)
    )
    assert sorted(one["offset"]) == [300_000, 600_000]
    pd.testing.assert_frame_equal(one, two, check_exact=True)
    pd.testing.assert_frame_equal(one, five, check_exact=True)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_profile_does_not_depend_on_threads(long, dtype: str) -> None:
    """Every score is the same to the last bit, missing ones included."""
    signal, snippet = long
    one, three = (
        correlation_profile(signal.astype(dtype), snippet, n_threads=count) for count in (1, 3)
    )
    np.testing.assert_array_equal(one, three)


def test_files_and_the_command_take_threads(long, tmp_path: Path) -> None:
    """Tables of files, and what the command prints, do not depend on threads."""
    signal, snippet = np.nan_to_num(long[0][:700_000]), long[1]
    signal = 0.05 * signal
    audio.write_audio(tmp_path / "long.wav", signal, 8_000)
    audio.write_audio(tmp_path / "clip.wav", 0.05 * snippet, 8_000)
    one, two = (
        find_in_files(tmp_path / "long.wav", tmp_path / "clip.wav", n_threads=count)
        for count in (1, 2)
    )
    assert sorted(one["offset"]) == [300_000, 600_000]
    pd.testing.assert_frame_equal(one, two, check_exact=True)
    paths = [str(tmp_path / "long.wav"), str(tmp_path / "clip.wav")]
    printed = [
        CliRunner().invoke(main, ["find", *paths, "--threads", count]).output for count in "12"
    ]
    assert printed[0] == printed[1]
    assert ",300000," in printed[0]


def test_infinities_are_refused_from_threads(long) -> None:
    """The position is named even when another thread than the caller's comes upon it."""
    signal = np.nan_to_num(long[0])
    signal[700_123] = np.inf
    with pytest.raises(ValueError, match=r"700123"):
        find(signal, long[1], n_threads=2)


@pytest.mark.parametrize("count", [0, -1, 1.5])
def test_the_number_of_threads_is_checked(count: float) -> None:
    """It is a positive integer."""
    with pytest.raises((TypeError, ValueError), match="n_threads"):
        Finder(np.arange(9.0), n_threads=count)  # type: ignore[arg-type]
