"""The table of matches: what is found, where, and what is said of it."""

from __future__ import annotations

from pathlib import Path

import naive_search as naive
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsconv import audio, datasets
from tsconv.search import Finder, find

COLUMNS = ["offset", "time", "end", "score", "polarity", "gain", "snr_db", "speed", "p_value"]


@pytest.fixture(scope="module")
def recording() -> np.ndarray:
    return datasets.load_recording().to_numpy()


def planted(seed: int, n: int = 5_000, m: int = 80) -> tuple[np.ndarray, np.ndarray]:
    """White noise with one snippet at 1,234, three times as loud and upside down at 3,000."""
    rng = np.random.default_rng(seed)
    signal, snippet = 0.3 * rng.standard_normal(n), rng.standard_normal(m)
    signal[1_234 : 1_234 + m] += snippet
    signal[3_000 : 3_000 + m] -= 3 * snippet
    return signal, snippet


def test_the_columns_are_those_of_the_documentation() -> None:
    """The table has the same columns and types whether it has rows or not."""
    signal, snippet = planted(1)
    full, empty = find(signal, snippet), find(signal, np.random.default_rng(2).random(80))
    assert list(full.columns[:9]) == COLUMNS
    assert len(full) == 2
    assert len(empty) == 0
    pd.testing.assert_series_equal(full.dtypes, empty.dtypes)


def test_matches_are_measured() -> None:
    """Offset, sign and gain of each match are those it was planted with; the score is Pearson's."""
    signal, snippet = planted(3)
    table = find(signal, snippet).set_index("offset").sort_index()
    assert table.index.tolist() == [1_234, 3_000]
    assert table["polarity"].tolist() == [1, -1]
    # The noise of 0.3 moves a slope on 80 samples of unit variance by 0.03: four such.
    np.testing.assert_allclose(table["gain"], [1, -3], atol=0.13)
    for offset, score in table["score"].items():
        expected = np.corrcoef(signal[offset : offset + 80], snippet)[0, 1]
        assert score == pytest.approx(expected, abs=1e-12)
        assert table["snr_db"][offset] == pytest.approx(
            10 * np.log10(expected**2 / (1 - expected**2))
        )


@pytest.mark.parametrize(("polarity", "offsets"), [("positive", [1_234]), ("negative", [3_000])])
def test_polarity_can_be_asked_for(polarity: str, offsets: list[int]) -> None:
    """Only matches of the sign wanted are returned."""
    assert find(*planted(4), polarity=polarity)["offset"].tolist() == offsets


@given(
    offset=st.integers(0, 920),
    gain=st.floats(0.01, 100),
    shift=st.floats(-1_000, 1_000),
    sign=st.sampled_from([-1, 1]),
)
@settings(max_examples=40, deadline=None)
def test_a_planted_snippet_is_found(offset: int, gain: float, shift: float, sign: int) -> None:
    """At any place, gain, offset and sign, the ends included."""
    rng = np.random.default_rng(5)
    signal, snippet = rng.standard_normal(1_000), rng.standard_normal(80)
    signal[offset : offset + 80] = snippet
    table = find(sign * gain * signal + shift, snippet)
    assert table["offset"].tolist() == [offset]
    assert table["polarity"][0] == sign
    assert table["gain"][0] == pytest.approx(sign * gain, rel=1e-6)


@pytest.mark.parametrize("exclusion", [None, 1, 7, 200])
@pytest.mark.parametrize("threshold", [0.2, 0.35])
def test_all_matches_as_by_hand(exclusion: int | None, threshold: float) -> None:
    """With a threshold: every local maximum, best first, as the plain algorithm chooses them."""
    rng = np.random.default_rng(6)
    signal, snippet = np.convolve(rng.standard_normal(4_000), np.ones(5)), rng.standard_normal(40)
    table = find(signal, snippet, threshold=threshold, exclusion=exclusion)
    expected = naive.matches(signal, snippet, threshold, 40 if exclusion is None else exclusion)
    assert len(expected) > 3
    assert table["offset"].tolist() == [offset for offset, _ in expected]
    np.testing.assert_allclose(table["score"], [score for _, score in expected], atol=1e-12)


def test_matches_across_frames_are_all_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one frame of the walk ends and the next begins makes no difference."""
    rng = np.random.default_rng(7)
    signal, snippet = rng.standard_normal(9_000), rng.standard_normal(30)
    expected = naive.matches(signal, snippet, 0.4, 30)
    for size in (128, 129, 500):
        monkeypatch.setattr("tsconv.search.profile.MIN_FFT", size)
        table = find(signal, snippet, threshold=0.4)
        assert table["offset"].tolist() == [offset for offset, _ in expected]


def test_top_limits_the_rows() -> None:
    """`top` keeps the best of what would be returned without it."""
    signal, snippet = planted(8)
    assert find(signal, snippet, top=1)["offset"].tolist() == [3_000]
    assert len(find(signal, snippet, top=5, false_alarm=None)) == 5


def test_the_recordings_secret_is_found(recording: np.ndarray) -> None:
    """The degraded excerpt is found to the sample, and nothing else, from the files."""
    table = find(datasets.audio_path(), datasets.snippet_path())
    assert table["offset"].tolist() == [datasets.snippet_offset()]
    assert table["time"][0] == datasets.snippet_offset() / 16_000
    assert table["end"][0] == table["time"][0] + 2.5


def test_repeats_are_all_found(recording: np.ndarray) -> None:
    """A passage that returns is found each time, also quieter and upside down."""
    repeats = datasets.load_recording().attrs["repeats"]
    table = find(recording, recording[80_000:100_000]).sort_values("offset")
    assert table["offset"].tolist() == [offset + 3_200 for offset, _ in repeats]
    # 16-bit samples round the quieter copy.
    np.testing.assert_allclose(table["gain"], [gain for _, gain in repeats], rtol=1e-3)


def test_time_comes_from_the_index() -> None:
    """A Series gives the labels of the first and last sample of a match."""
    signal, snippet = planted(9)
    for index in (
        pd.date_range("2024-03-30", periods=signal.size, freq="15min", tz="Europe/Berlin"),
        pd.Index(np.arange(signal.size) * 0.5 + 7),
    ):
        series = pd.Series(signal, index=index)
        table = find(series, snippet)
        assert table["time"].tolist() == [index[offset] for offset in table["offset"]]
        assert table["end"].tolist() == [index[offset + 79] for offset in table["offset"]]
        assert table["time"].dtype == index.dtype


def test_time_is_seconds_where_a_rate_is_known() -> None:
    """`fs`, or `attrs["fs"]` of a Series, turns samples into seconds."""
    signal, snippet = planted(10)
    series = pd.Series(signal)
    series.attrs["fs"] = 100
    by_attrs, by_fs = find(series, snippet), find(signal, snippet, fs=100)
    pd.testing.assert_frame_equal(by_attrs, by_fs)
    np.testing.assert_allclose(by_fs["time"], by_fs["offset"] / 100)
    np.testing.assert_allclose(find(signal, snippet)["time"], by_fs["offset"])


def test_every_kind_of_signal_gives_the_same_table(tmp_path: Path) -> None:
    """Array, Series, list, memmap, blocks and a file of the same samples are searched alike."""
    signal, snippet = planted(11)
    signal = signal.astype(np.float32)
    expected = find(signal, snippet, fs=8_000)
    signal.tofile(tmp_path / "x.f32")
    mapped = np.memmap(tmp_path / "x.f32", dtype=np.float32, mode="r")
    import soundfile

    soundfile.write(tmp_path / "x.wav", signal, 8_000, subtype="FLOAT")
    for kind in (
        pd.Series(signal),
        signal.tolist(),
        mapped,
        iter(np.array_split(signal, 13)),
        (block for block in np.array_split(signal, 3)),
    ):
        pd.testing.assert_frame_equal(find(kind, snippet, fs=8_000), expected)
    pd.testing.assert_frame_equal(find(tmp_path / "x.wav", snippet), expected)


def test_standard_errors_hold_what_they_promise() -> None:
    """They hold the true place of noisy copies, 1.96 of them 95 times in 100 or more often."""
    rng = np.random.default_rng(21)
    for taps, least, most in (([1.0], 0.88, 0.99), ([1.0, 1.8, 1.0], 0.93, 1.0)):
        inside = []
        for trial in range(80):
            noise = np.convolve(rng.standard_normal(640), taps, "valid")
            fine = audio.resample(noise, 1, 8)
            shift = trial % 8
            signal = fine[::8] + noise.std() * rng.standard_normal(fine[::8].size)
            snippet = fine[8 * 200 + shift :: 8][:250]
            row = find(signal, snippet, whiten=None, top=1, false_alarm=None).iloc[0]
            error = row["offset_fine"] - 200 - shift / 8
            inside.append(abs(error) < 1.96 * row["offset_std_error"])
        assert least <= np.mean(inside) <= most


def test_gain_and_snr_are_those_of_the_copy() -> None:
    """On average over noisy copies: the slope to 2 %, the ratio to 0.2 dB."""
    rng = np.random.default_rng(22)
    for snr_db in (10.0, 0.0, -6.0):
        gains, ratios = [], []
        for _ in range(60):
            snippet = rng.standard_normal(400)
            signal = rng.standard_normal(1_200)
            signal[300:700] = 0.07 * (snippet + 10 ** (-snr_db / 20) * rng.standard_normal(400)) - 5
            row = find(signal, snippet, whiten=None, top=1, false_alarm=None).iloc[0]
            gains.append(row["gain"])
            ratios.append(10 ** (row["snr_db"] / 10))
        assert np.mean(gains) == pytest.approx(0.07, rel=0.02)
        assert 10 * np.log10(np.mean(ratios)) == pytest.approx(snr_db, abs=0.2)


def test_inputs_are_left_alone() -> None:
    """Read-only input is accepted and nothing of the caller's is changed."""
    signal, snippet = planted(12)
    copies = signal.copy(), snippet.copy()
    signal.flags.writeable = snippet.flags.writeable = False
    find(signal, snippet)
    np.testing.assert_array_equal(signal, copies[0])
    np.testing.assert_array_equal(snippet, copies[1])


def test_many_snippets_give_what_each_gives() -> None:
    """`find_all` returns the rows of every single search, with the snippet's name."""
    rng = np.random.default_rng(13)
    signal = rng.standard_normal(20_000)
    snippets = {"a": signal[500:700], "b": signal[9_000:9_100], "absent": rng.random(150)}
    with Finder(signal) as finder:
        together = finder.find_all(snippets)
        for name, snippet in snippets.items():
            alone = finder.find(snippet)
            rows = together[together["snippet"] == name].drop(columns="snippet")
            pd.testing.assert_frame_equal(alone, rows.reset_index(drop=True), rtol=1e-6)
    assert together["snippet"].tolist() == ["a", "b"]


def test_snippets_in_a_list_are_numbered() -> None:
    """Files are called by their paths; a single snippet is sent to `find`."""
    rng = np.random.default_rng(18)
    signal = rng.standard_normal(2_000)
    finder = Finder(signal)
    table = finder.find_all([signal[500:700], signal[900:1_100]])
    assert dict(zip(table["snippet"], table["offset"], strict=True)) == {"0": 500, "1": 900}
    with pytest.raises(TypeError, match="mapping of names to snippets, or a list; got ndarray"):
        finder.find_all(signal[500:700])
    path = str(datasets.snippet_path())
    assert Finder(datasets.audio_path()).find_all([path])["snippet"].tolist() == [path]


def test_the_table_shows_score_and_p_value_in_a_terminal() -> None:
    """A width of 80 columns must not hide what one reads first."""
    signal, snippet = planted(19)
    with pd.option_context("display.width", 80, "display.max_columns", 0):
        table = find(signal, snippet)
        text = repr(table)
    assert "score" in text
    assert "p_value" in text
    assert "..." not in text
    assert len(text.splitlines()) == 1 + len(table)
    assert "offset_fine" not in text


def test_another_sampling_rate_is_converted(recording: np.ndarray) -> None:
    """A snippet recorded at another rate is found within a sample of its place in time."""
    snippet = audio.resample(recording[300_000:330_000], 16_000, 22_050)
    table = find(recording, snippet, fs=16_000, snippet_fs=22_050)
    assert abs(table["offset"][0] - 300_000) <= 1


def test_options_are_checked() -> None:
    """Values that mean nothing are refused with what would."""
    signal, snippet = planted(14)
    for options, message in (
        ({"polarity": "up"}, "`polarity` must be one of 'either'"),
        ({"whiten": "both"}, "`whiten` must be one of 'auto'"),
        ({"threshold": 1.5}, "`threshold` must be between 0 and 1"),
        ({"false_alarm": -1}, "`false_alarm` must be between"),
        ({"top": 0}, "`top` must be at least 1"),
        ({"false_alarm": None}, "`top` must say how many"),
    ):
        with pytest.raises(ValueError, match=message):
            find(signal, snippet, **options)
    with pytest.raises(ValueError, match="at least one snippet"):
        Finder(signal).find_all({})
    with pytest.raises(ValueError, match="that of the file, 16000 Hz"):
        find(datasets.audio_path(), snippet, fs=8_000)


def test_progress_is_shown_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    """The bar goes to stderr, and only if asked for."""
    find(*planted(15), progress=True)
    assert "searching" in capsys.readouterr().err
    find(*planted(15))
    assert capsys.readouterr().err == ""
