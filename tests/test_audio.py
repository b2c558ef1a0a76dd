"""Audio files give the samples they hold, any stretch of them, or one clear line."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tsconv import audio
from tsconv.cli import main

FORMATS = ("wav", "flac", "ogg", "mp3")
# The MP3 decoder sums in single precision, in an order that depends on where it started.
ROUNDING = {"wav": 0.0, "flac": 0.0, "ogg": 0.0, "mp3": 2.0**-22}


@pytest.fixture(scope="module")
def stereo() -> np.ndarray:
    rng = np.random.default_rng(1)
    t = np.arange(60_000)
    tone = 0.3 * np.sin(0.05 * t) + 0.05 * rng.standard_normal(t.size)
    return np.column_stack((tone, 0.5 * tone[::-1]))


@pytest.fixture(scope="module")
def folder(stereo: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("audio")
    for ending in FORMATS:
        soundfile.write(path / f"a.{ending}", stereo, 22_050)
    return path


@pytest.mark.parametrize("ending", FORMATS)
def test_mix_and_channels(folder: Path, ending: str) -> None:
    """The mix is the mean of the channels; a channel is itself, counted from 0."""
    both, fs = soundfile.read(folder / f"a.{ending}")
    for channel, expected in (("mix", both.mean(axis=1)), (0, both[:, 0]), (1, both[:, 1])):
        samples, rate = audio.read_audio(folder / f"a.{ending}", channel=channel)
        assert rate == fs
        np.testing.assert_allclose(samples, expected, atol=ROUNDING[ending])


@pytest.mark.parametrize("ending", FORMATS)
def test_any_stretch_equals_the_whole(folder: Path, ending: str) -> None:
    """Reading here and there, forward and back, gives the samples of one reading."""
    samples, _ = audio.read_audio(folder / f"a.{ending}")
    rng = np.random.default_rng(2)
    with audio.AudioReader(folder / f"a.{ending}") as reader:
        assert reader.n_obs == samples.size
        for start in rng.integers(0, samples.size - 700, 25).tolist():
            stretch = reader.read(start, start + 700)
            np.testing.assert_allclose(stretch, samples[start:][:700], atol=ROUNDING[ending])
        assert reader.read(samples.size - 5, samples.size + 50).size == 5


def test_info_tells_what_the_file_holds(folder: Path) -> None:
    """Rate, length, channels, duration and coding come from the header."""
    info = audio.audio_info(folder / "a.flac")
    assert (info.fs, info.n_obs, info.channels, info.format) == (22_050, 60_000, 2, "FLAC PCM_16")
    assert info.duration == pytest.approx(60_000 / 22_050)


@pytest.mark.parametrize("ending", FORMATS)
def test_a_file_cut_in_half_says_so(folder: Path, tmp_path: Path, ending: str) -> None:
    """A truncated file gives one line with its name, never part of the samples."""
    whole = (folder / f"a.{ending}").read_bytes()
    (tmp_path / f"cut.{ending}").write_bytes(whole[: len(whole) // 2])
    message = rf"^[^\n]*cut\.{ending}[^\n]*(cut off|decoded beyond)[^\n]*$"
    with pytest.raises(audio.AudioError, match=message):
        audio.read_audio(tmp_path / f"cut.{ending}")


def ogg_checksum(page: bytes) -> int:
    """CRC-32 of a page with polynomial 0x04c11db7, its own field taken as 0 (RFC 3533, 6)."""
    register = 0
    for byte in page[:22] + bytes(4) + page[26:]:
        register ^= byte << 24
        for _ in range(8):
            register = (register << 1) ^ (0x104C11DB7 if register & 0x80000000 else 0)
    return register


def declare_longer(ogg: bytes, by: int) -> bytes:
    """Let the last page of an Ogg file say that so many more samples have come."""
    at = ogg.rfind(b"OggS")
    page = bytearray(ogg[at:])
    page[6:14] = (int.from_bytes(page[6:14], "little") + by).to_bytes(8, "little")
    page[22:26] = ogg_checksum(bytes(page)).to_bytes(4, "little")
    return ogg[:at] + bytes(page)


def test_an_ogg_file_a_little_shorter_than_it_declares_is_read(
    folder: Path, tmp_path: Path
) -> None:
    """Editors leave such files: up to a second is missing with a warning, more is an error."""
    whole = (folder / "a.ogg").read_bytes()
    (tmp_path / "same.ogg").write_bytes(declare_longer(whole, 0))
    samples, fs = audio.read_audio(tmp_path / "same.ogg")
    assert samples.size == 60_000
    (tmp_path / "short.ogg").write_bytes(declare_longer(whole, 3_000))
    message = (
        r"short\.ogg' ends 2\d\d\d samples \(0\.1\d s\) before"  # the last block is a bit longer
    )
    with pytest.warns(audio.AudioWarning, match=message) as seen:
        longer, _ = audio.read_audio(tmp_path / "short.ogg")
    assert seen[0].filename == __file__
    np.testing.assert_array_equal(longer[:60_000], samples)
    (tmp_path / "lost.ogg").write_bytes(declare_longer(whole, 2 * fs))
    with pytest.raises(audio.AudioError, match=r"lost\.ogg' ends before the .* it is cut off"):
        audio.read_audio(tmp_path / "lost.ogg")


def test_an_ogg_file_cut_in_its_last_page_says_so(folder: Path, tmp_path: Path) -> None:
    """The header of the last page alone is not its samples."""
    whole = (folder / "a.ogg").read_bytes()
    (tmp_path / "cut.ogg").write_bytes(whole[:-100])
    with pytest.raises(audio.AudioError, match="no last page"):
        audio.read_audio(tmp_path / "cut.ogg")


@pytest.mark.parametrize(("kept", "read"), [(0.99, True), (0.5, False)])
def test_an_mp3_file_that_lacks_a_little_is_read(
    folder: Path, tmp_path: Path, kept: float, read: bool
) -> None:
    """The frames that an MP3 file declares are an estimate; half of them missing is a cut."""
    whole = (folder / "a.mp3").read_bytes()
    (tmp_path / "cut.mp3").write_bytes(whole[: int(len(whole) * kept)])
    if read:
        with pytest.warns(audio.AudioWarning, match="before the length"):
            assert 55_000 < audio.read_audio(tmp_path / "cut.mp3")[0].size < 60_000
    else:
        with pytest.raises(audio.AudioError, match="cut off"):
            audio.read_audio(tmp_path / "cut.mp3")


def test_a_wav_written_to_a_pipe_is_read(folder: Path, tmp_path: Path) -> None:
    """Recorders that cannot seek back declare 2**32 - 1 bytes; the samples there are all."""
    content = bytearray((folder / "a.wav").read_bytes())
    content[40:44] = b"\xff\xff\xff\xff"
    (tmp_path / "pipe.wav").write_bytes(content)
    assert audio.read_audio(tmp_path / "pipe.wav")[0].size == 60_000


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"is empty \(0 bytes\)"),
        (b"no sound at all, just a line of text", "not audio that can be read"),
        (b"RIFF\x24\x00\x00\x00WAVE", "not audio that can be read"),
    ],
)
def test_what_is_no_audio(tmp_path: Path, content: bytes, message: str) -> None:
    """Empty files and other files are named as such."""
    (tmp_path / "x.wav").write_bytes(content)
    with pytest.raises(audio.AudioError, match=message):
        audio.read_audio(tmp_path / "x.wav")


def test_header_that_cannot_be_true(folder: Path, tmp_path: Path) -> None:
    """An absurd sampling rate is refused as a damaged header."""
    content = bytearray((folder / "a.wav").read_bytes())
    content[24:28] = (2_000_000_000).to_bytes(4, "little")
    (tmp_path / "rate.wav").write_bytes(content)
    with pytest.raises(audio.AudioError, match=r"2000000000 samples a second|not audio"):
        audio.read_audio(tmp_path / "rate.wav")


def test_file_without_samples(tmp_path: Path) -> None:
    """A header alone is no signal."""
    soundfile.write(tmp_path / "none.wav", np.empty(0), 8_000)
    with pytest.raises(audio.AudioError, match="holds no samples"):
        audio.read_audio(tmp_path / "none.wav")


def test_missing_file_and_folder(tmp_path: Path) -> None:
    """A path that does not exist, or is a folder, is said to be so."""
    with pytest.raises(audio.AudioError, match=r"none\.wav' cannot be opened \(No such file"):
        audio.read_audio(tmp_path / "none.wav")
    with pytest.raises(audio.AudioError, match="is a folder"):
        audio.read_audio(tmp_path)


def test_channel_must_exist(folder: Path) -> None:
    """Asking for a channel too many tells how many there are."""
    with pytest.raises(audio.AudioError, match=r"has 2 channel\(s\).*channel=2"):
        audio.read_audio(folder / "a.wav", channel=2)
    with pytest.raises(ValueError, match="'mix' or a number from 0; got 'left'"):
        audio.read_audio(folder / "a.wav", channel="left")


def damaged(folder: Path, tmp_path: Path, ending: str, data: st.DataObject) -> Path:
    """Write a file some bytes of which are changed or lost."""
    content = bytearray((folder / f"a.{ending}").read_bytes()[:20_000])
    for _ in range(data.draw(st.integers(0, 8))):
        # Headers are where damage hurts most.
        place = data.draw(st.one_of(st.integers(0, 120), st.integers(0, len(content) - 1)))
        content[place] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):  # a rate, a length or a size that cannot be true
        place = data.draw(st.integers(0, 60))
        content[place : place + 4] = data.draw(st.sampled_from([bytes(4), b"\xff" * 4]))
    path = tmp_path / f"damaged.{ending}"
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    return path


@given(data=st.data())
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.filterwarnings("ignore::tsconv.audio.AudioWarning")
def test_damaged_files_never_escape(
    folder: Path, tmp_path: Path, ending: str, data: st.DataObject
) -> None:
    """Whatever bytes are changed or lost, a file gives samples or a line that says why not."""
    path = damaged(folder, tmp_path, ending, data)
    try:
        with audio.AudioReader(path) as reader:
            samples, fs = reader.read(0, min(reader.n_obs, 100_000)), reader.fs
    except audio.AudioError as error:
        line = str(error)
        assert path.name in line
    else:
        assert samples.ndim == 1
        line = f"{fs} samples a second"
    assert "\n" not in line


@given(data=st.data())
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.filterwarnings("default::tsconv.audio.AudioWarning")
def test_damaged_files_are_one_line_on_the_command_line(
    folder: Path, tmp_path: Path, ending: str, data: st.DataObject
) -> None:
    """`tsconv find` tells of a damaged recording or snippet in one line, with exit status 2."""
    path = damaged(folder, tmp_path, ending, data)
    files = data.draw(st.permutations([str(path), str(folder / "a.wav")]))
    result = CliRunner().invoke(main, ["find", *files, "--whiten", "none"])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    lines = [line for line in result.stderr.splitlines() if "warning" not in line]
    assert len(lines) <= 1
    assert result.exit_code in (0, 1, 2)
    assert (result.exit_code != 2) or lines[0].startswith("tsconv: ")


@pytest.mark.parametrize("ending", ["wav", "flac", "ogg"])
def test_what_is_written_is_read(tmp_path: Path, ending: str) -> None:
    """Samples survive writing: to half a bit, or the quality of the coder."""
    samples = 0.5 * np.sin(0.05 * np.arange(5_000))
    audio.write_audio(tmp_path / f"b.{ending}", samples, 16_000)
    again, fs = audio.read_audio(tmp_path / f"b.{ending}")
    assert fs == 16_000
    assert np.abs(again - samples).max() < (0.05 if ending == "ogg" else 1e-4)


def test_writing_says_why_not(tmp_path: Path) -> None:
    """An unknown ending or a missing folder gives one clear line."""
    for name in ("x.abc", "none/x.wav"):
        with pytest.raises(audio.AudioError, match="cannot be written"):
            audio.write_audio(tmp_path / name, [0.0, 0.1], 8_000)


def test_resampling_keeps_time() -> None:
    """Sample i of the result is at time i / to_fs: a sine stays in phase."""
    t, u = np.arange(44_100) / 44_100, np.arange(48_000) / 48_000
    again = audio.resample(np.sin(2 * np.pi * 440 * t), 44_100, 48_000)
    assert again.size == 48_000
    expected = np.sin(2 * np.pi * 440 * u)
    # The ends, where the filter hangs over, are left out.
    assert np.abs(again - expected)[1_000:-1_000].max() < 1e-6
    same = audio.resample(t, 8_000, 8_000)
    np.testing.assert_array_equal(same, t)


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be removed there")
def test_closing_twice_is_harmless(folder: Path) -> None:
    """A reader may be closed by hand inside a with block."""
    with audio.AudioReader(folder / "a.wav") as reader:
        reader.close()
