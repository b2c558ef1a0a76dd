"""The data files load as pandas objects, say where they come from, and can be made again."""

from __future__ import annotations

import importlib.util
import types

import numpy as np
import pandas as pd
import pytest
import soundfile

from tsconv import datasets

SERIES = ("nile", "sunspots", "co2", "elnino", "macrodata")
AUDIO = ("recording", "snippet")


@pytest.fixture(scope="module")
def make_audio() -> types.ModuleType:
    path = datasets.data_path("make_audio.py")
    spec = importlib.util.spec_from_file_location("make_audio", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", SERIES)
def test_series_have_a_regular_date_index(name: str) -> None:
    """Each series has a DatetimeIndex with a frequency, as forecasting needs."""
    data = getattr(datasets, f"load_{name}")()
    assert isinstance(data.index, pd.DatetimeIndex)
    assert data.index.freq is not None


@pytest.mark.parametrize("name", [*SERIES, *AUDIO])
def test_every_loader_tells_units_and_source(name: str) -> None:
    """Title, units and source travel in attrs and stand in the list."""
    data = getattr(datasets, f"load_{name}")()
    row = datasets.describe().loc[name]
    assert {key: data.attrs[key] for key in ("title", "units", "source")} == {
        key: row[key] for key in ("title", "units", "source")
    }
    assert row["loader"] == f"load_{name}"


@pytest.mark.parametrize("name", [*SERIES, *AUDIO])
def test_every_file_is_in_the_readme(name: str) -> None:
    """No data file ships without a line on its origin and licence."""
    file = datasets.describe().loc[name, "file"].replace("\\", "/").rsplit("/", 1)[1]
    assert f"`{file}`" in datasets.data_path("README.md").read_text(encoding="utf-8")


def test_values_equal_those_of_statsmodels() -> None:
    """The five series equal their source, gaps included."""
    import statsmodels.datasets as source

    np.testing.assert_array_equal(
        datasets.load_nile(), source.nile.load_pandas().data["volume"].to_numpy(float)
    )
    np.testing.assert_array_equal(
        datasets.load_sunspots(), source.sunspots.load_pandas().data["SUNACTIVITY"]
    )
    co2 = source.co2.load_pandas().data["co2"]
    np.testing.assert_array_equal(datasets.load_co2(), co2)
    assert (datasets.load_co2().index == co2.index).all()
    elnino = source.elnino.load_pandas().data.iloc[:, 1:]
    np.testing.assert_array_equal(datasets.load_elnino(), elnino.to_numpy().ravel())
    macro = datasets.load_macrodata()
    np.testing.assert_array_equal(macro, source.macrodata.load_pandas().data[macro.columns])


def test_two_calls_give_two_objects() -> None:
    """Changing a loaded series does not change the next one."""
    nile = datasets.load_nile()
    nile.iloc[0] = -1
    assert datasets.load_nile().iloc[0] == 1120


def test_audio_is_made_again_sample_for_sample(make_audio: types.ModuleType) -> None:
    """The generator still makes the files; sines of another machine may differ by one last bit."""
    recording, fs = soundfile.read(datasets.audio_path(), dtype="int16")
    snippet, _ = soundfile.read(datasets.snippet_path(), dtype="int16")
    assert fs == make_audio.FS
    assert np.abs(make_audio.make_recording().astype(int) - recording).max() <= 1
    assert np.abs(make_audio.make_snippet(recording).astype(int) - snippet).max() <= 1


def test_generator_writes_both_files(make_audio: types.ModuleType, tmp_path) -> None:
    """The script writes 16-bit FLAC files under the names that the loaders read."""
    make_audio.main(tmp_path)
    for name in ("recording.flac", "snippet.flac"):
        assert soundfile.info(tmp_path / name).subtype == "PCM_16"


def test_the_stated_truth_is_the_generators(make_audio: types.ModuleType) -> None:
    """Offset and repeats given by the loaders are those used to make the files."""
    assert datasets.snippet_offset() == make_audio.SNIPPET_OFFSET
    recording = datasets.load_recording()
    assert recording.attrs["repeats"] == [list(pair) for pair in make_audio.REPEATS]
    assert recording.attrs["repeat_length"] == make_audio.MOTIF[1]
    assert datasets.load_snippet().attrs["offset"] == make_audio.SNIPPET_OFFSET


def test_repeats_are_exact_but_for_rounding() -> None:
    """The repeated passage equals its first appearance times the stated gain, to half a bit."""
    recording = datasets.load_recording()
    length = recording.attrs["repeat_length"]
    (first, _), *others = recording.attrs["repeats"]
    passage = recording.to_numpy()[first : first + length]
    for offset, gain in others:
        copy = recording.to_numpy()[offset : offset + length]
        assert np.abs(copy - gain * passage).max() <= 1 / 32_768


def test_missing_file_is_named() -> None:
    """A file that is not there is named, with the folder it should be in."""
    with pytest.raises(FileNotFoundError, match=r"'none\.csv' should be in .*Reinstall"):
        datasets.data_path("none.csv")
