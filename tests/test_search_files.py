"""Many recordings at once: which files are meant, and what becomes of those that cannot be read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from tsconv.audio import AudioError
from tsconv.search import find, find_in_files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three recordings, one in a folder below; the snippet is in two of them."""
    rng = np.random.default_rng(1)
    snippet = 0.1 * rng.standard_normal(400)
    (tmp_path / "below").mkdir()
    for name, offset in (("a.wav", 1_000), ("b.flac", None), ("below/c.wav", 3_000)):
        sound = 0.1 * rng.standard_normal(6_000)
        if offset is not None:
            sound[offset : offset + 400] = snippet * (2 if name == "a.wav" else -1)
        soundfile.write(tmp_path / name, sound, 8_000, subtype="PCM_16")
    np.save(tmp_path / "snippet.npy", snippet)
    (tmp_path / "notes.txt").write_text("no sound")
    return tmp_path


def test_a_folder_stands_for_its_audio_files(folder: Path) -> None:
    """All audio files in it and below are searched, best match first, named in `file`."""
    snippet = np.load(folder / "snippet.npy")
    table = find_in_files(folder, snippet)
    assert {(Path(row.file).name, row.offset) for row in table.itertuples()} == {
        ("a.wav", 1_000),
        ("c.wav", 3_000),
    }
    assert table["score"].abs().is_monotonic_decreasing


def test_patterns_and_lists(folder: Path) -> None:
    """A pattern, a list and a single path mean the files they say."""
    snippet = np.load(folder / "snippet.npy")
    assert len(find_in_files(str(folder / "*.wav"), snippet)) == 1
    assert len(find_in_files(str(folder / "**" / "*.wav"), snippet)) == 2
    assert len(find_in_files([folder / "a.wav", folder / "b.flac"], snippet, workers=1)) == 1
    assert len(find_in_files(folder / "b.flac", snippet)) == 0


def test_several_snippets(folder: Path) -> None:
    """A mapping of snippets gives a column `snippet` after `file`."""
    snippets = {"it": np.load(folder / "snippet.npy"), "no": np.random.default_rng(2).random(300)}
    table = find_in_files(folder, snippets)
    assert table.columns[:2].tolist() == ["file", "snippet"]
    assert table["snippet"].tolist() == ["it", "it"]


def test_a_damaged_file_is_an_error_or_skipped(folder: Path) -> None:
    """One bad file ends the search with its name, unless it is to be skipped."""
    (folder / "bad.wav").write_bytes(b"RIFF")
    snippet = np.load(folder / "snippet.npy")
    with pytest.raises(AudioError, match=r"bad\.wav"):
        find_in_files(folder, snippet)
    assert len(find_in_files(folder, snippet, errors="skip")) == 2


def test_nothing_to_search(tmp_path: Path) -> None:
    """A folder or pattern without audio says that it found none."""
    for files in (tmp_path, str(tmp_path / "*.wav")):
        with pytest.raises(FileNotFoundError, match="nothing found for"):
            find_in_files(files, [0.0, 1.0])


def test_dask_gives_the_same_table(folder: Path) -> None:
    """A local cluster of two processes returns what threads return."""
    distributed = pytest.importorskip("distributed")
    snippet = np.load(folder / "snippet.npy")
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
    )
    with cluster, distributed.Client(cluster):
        spread = find_in_files(folder, snippet, engine="dask")
    here = find_in_files(folder, snippet)
    assert spread.equals(here)


def test_single_file_equals_find(folder: Path) -> None:
    """The rows of a file are those of `find` on it."""
    snippet = np.load(folder / "snippet.npy")
    table = find_in_files([folder / "a.wav"], snippet).drop(columns="file")
    assert table.equals(find(folder / "a.wav", snippet))
