"""What happens to sounds on their way: noise, clipping, coding, other rates and speeds, gaps."""

from __future__ import annotations

from pathlib import Path

import naive_search as naive
import numpy as np
import pandas as pd
import pytest
import soundfile
from scipy.signal import lfilter

from tsconv import audio, datasets
from tsconv.search import find
from tsconv.search.blocks import open_signal
from tsconv.search.speed import find_speeds, likely_speeds, speed_step, stretch

START, SIZE = 580_000, 32_000  # two seconds of babble over strings


@pytest.fixture(scope="module")
def sound() -> np.ndarray:
    """Thirty-three seconds of the recording: strings, silence, bells, babble."""
    return datasets.load_recording().to_numpy()[200_000:728_000]


@pytest.fixture(scope="module")
def clip(sound: np.ndarray) -> np.ndarray:
    return sound[START - 200_000 :][:SIZE].copy()


OFFSET = START - 200_000


def noisy(x: np.ndarray, snr_db: float) -> np.ndarray:
    noise = np.random.default_rng(1).standard_normal(x.size)
    return x + noise * x.std() * 10 ** (-snr_db / 20)


DAMAGE = {
    "as it is": lambda x: x,
    "SNR 0 dB": lambda x: noisy(x, 0),
    "SNR -10 dB": lambda x: noisy(x, -10),
    "SNR -20 dB": lambda x: noisy(x, -20),
    "gain 0.07 and offset": lambda x: 0.07 * x + 0.5,
    "upside down": lambda x: -x,
    "clipped at a fifth": lambda x: np.clip(x, -0.2 * np.abs(x).max(), 0.2 * np.abs(x).max()),
    "scale 1e-6": lambda x: 1e-6 * x,
    "offset 1e6": lambda x: x + 1e6,
    "8 bits": lambda x: np.round(x * 128) / 128,
    "single precision": lambda x: x.astype(np.float32),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_clip_is_found_to_the_sample(
    sound: np.ndarray, clip: np.ndarray, damage: str
) -> None:
    """Each way of spoiling the clip leaves exactly one match, at its sample."""
    table = find(sound, DAMAGE[damage](clip))
    assert table["offset"].tolist() == [OFFSET]
    assert table["polarity"][0] == (-1 if damage == "upside down" else 1)


@pytest.mark.parametrize("ending", ["ogg", "mp3"])
def test_re_encoded_clip_is_found_within_a_millisecond(
    sound: np.ndarray, clip: np.ndarray, ending: str, tmp_path: Path
) -> None:
    """Lossy coding moves nothing by more than 16 samples."""
    soundfile.write(tmp_path / f"clip.{ending}", clip, 16_000)
    table = find(sound, tmp_path / f"clip.{ending}", fs=16_000)
    assert len(table) == 1
    assert abs(table["offset"][0] - OFFSET) <= 16


def test_clip_of_another_rate_is_found(sound: np.ndarray, clip: np.ndarray) -> None:
    """A copy at 44.1 kHz is converted and found within a sample."""
    table = find(sound, audio.resample(clip, 16_000, 44_100), fs=16_000, snippet_fs=44_100)
    assert abs(table["offset"][0] - OFFSET) <= 1


def test_clip_at_48_kHz_is_found_in_a_recording_at_44_kHz(clip: np.ndarray) -> None:
    """The two rates of the trade: within a millisecond, and in fact within a sample."""
    high = audio.resample(clip, 16_000, 44_100)
    again = audio.resample(high[20_000:42_050], 44_100, 48_000)
    table = find(high, again, fs=44_100, snippet_fs=48_000)
    assert len(table) == 1
    assert abs(table["offset"][0] - 20_000) <= 1


def test_flat_clip_is_refused(sound: np.ndarray) -> None:
    """A stretch of digital silence, or of a level, correlates with nothing and says so."""
    for level in (0.0, 0.3, 1e6):
        with pytest.raises(ValueError, match="`snippet` must vary; it is flat"):
            find(sound[:40_000], np.full(4_000, level))


def test_clip_on_a_level_of_a_million_is_found(sound: np.ndarray, clip: np.ndarray) -> None:
    """In double precision, and in single precision as far as that holds the sound at all."""
    part = slice(OFFSET - 50_000, OFFSET + SIZE + 50_000)
    for signal in (sound[part] + 1e6, (1e3 * sound[part] + 1e6).astype(np.float32)):
        assert find(signal, clip)["offset"].tolist() == [50_000]


@pytest.mark.parametrize(("speed", "snr_db"), [(1.01, 0.0), (0.97, None)])
def test_clip_played_faster_or_slower_is_found(
    sound: np.ndarray, clip: np.ndarray, speed: float, snr_db: float | None
) -> None:
    """One per cent fast in noise, three slow and clean: within a millisecond, speed to 0.02 %."""
    around, size = 16_000, 20_000
    part = slice(OFFSET - around, OFFSET + size + around)
    played, short = stretch(sound[part], speed), clip[:size]
    table = find(played, short if snr_db is None else noisy(short, snr_db), speeds=(0.96, 1.04))
    assert len(table) == 1
    assert abs(table["offset"][0] - around / speed) <= 16
    assert table["speed"][0] == pytest.approx(speed, rel=2e-4)


def test_slow_music_is_found_at_its_speed() -> None:
    """A second of strings resembles itself at many speeds and places; only the right one counts."""
    music = datasets.load_recording().to_numpy()[:130_000]
    table = find(music, stretch(music[17_030:33_030], 1 / 0.97), speeds=(0.965, 1.035))
    assert table["offset"].tolist() == [17_030]
    assert table["speed"][0] == pytest.approx(0.97, rel=1e-5)


def test_absent_noise_is_found_at_no_speed(sound: np.ndarray) -> None:
    """So many speeds are so many chances; the p-value pays for them."""
    absent = np.random.default_rng(3).standard_normal(4_000)
    assert len(find(sound[:60_000], absent, speeds=(0.97, 1.03))) == 0


@pytest.mark.parametrize("start", [400_000, 120_000])
def test_absent_babble_is_found_at_no_speed(clip: np.ndarray, start: int) -> None:
    """A second of babble over strings is not in bells, nor in strings, at any of 500 speeds."""
    other = datasets.load_recording().to_numpy()[start : start + 64_000]
    assert len(find(other, clip[:16_000], speeds=(0.97, 1.03))) == 0


def test_chances_count_as_whitened_copies_differ() -> None:
    """High frequencies tell speeds apart sooner: slow noise has few of its own, whitened many."""
    slow = lfilter([1.0], [1.0, -0.99], np.random.default_rng(4).standard_normal(3_000))[1_000:]
    source = open_signal(np.concatenate((slow, slow[::-1])))
    speeds = np.array([0.97, 1.03])
    _, n_tried = find_speeds(source, slow, speeds)
    assert n_tried > 1.5 * np.log(1.03 / 0.97) / speed_step(slow)
    one, three = (likely_speeds(source, slow, 0.97, 1.03, count) for count in (1, 3))
    assert one == three


def test_listed_speeds_are_taken_as_they_are() -> None:
    """One speed, or more than two, are tried themselves and nothing between."""
    rng = np.random.default_rng(8)
    signal = audio.resample(rng.standard_normal(4_000), 1, 2)
    snippet = stretch(signal[2_000:3_000], 1 / 1.25)
    for speeds in ((1.25,), (0.8, 1.0, 1.25)):
        table = find(signal, snippet, speeds=speeds)
        assert table["speed"].tolist() == [1.25]
        assert abs(table["offset"][0] - 2_000) <= 1
    assert len(find(signal, snippet, speeds=(0.8, 1.0, 1.2))) == 0


@pytest.mark.parametrize("seed", range(4))
def test_absent_clip_gives_an_empty_table(sound: np.ndarray, seed: int) -> None:
    """Noise, a tone, another part of the recording and its reversal are not in it."""
    rng = np.random.default_rng(seed)
    t = np.arange(20_000)
    absent = (
        rng.standard_normal(t.size),
        np.sin(0.17 * t) + 0.1 * rng.standard_normal(t.size),
        datasets.load_recording().to_numpy()[20_000:40_000],
        sound[330_000:350_000][::-1],
    )[seed]
    assert len(find(sound, absent)) == 0


def test_gap_elsewhere_changes_nothing(sound: np.ndarray, clip: np.ndarray) -> None:
    """Missing samples far from a match leave it as it is."""
    holed = sound.copy()
    holed[100_000:100_500] = np.nan
    assert find(holed, clip)["offset"].tolist() == [OFFSET]


def test_gap_inside_the_match_needs_min_overlap(sound: np.ndarray, clip: np.ndarray) -> None:
    """A match that misses samples is refused, or found if a share of it is enough."""
    holed = sound.copy()
    holed[OFFSET + 9_000 : OFFSET + 12_000] = np.nan
    assert OFFSET not in find(holed, clip)["offset"].tolist()
    table = find(holed, clip, min_overlap=0.8)
    assert table["offset"].tolist() == [OFFSET]
    assert table["score"][0] == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("where", ["start", "end"])
def test_match_over_an_end_is_found_with_min_overlap(where: str) -> None:
    """A snippet that began before the signal, or ends after it, has an offset outside."""
    rng = np.random.default_rng(2)
    snippet, signal = rng.standard_normal(200), rng.standard_normal(3_000)
    if where == "start":
        signal[:150] = snippet[50:]
    else:
        signal[-150:] = snippet[:150]
    table = find(signal, snippet, min_overlap=0.7)
    assert table["offset"].tolist() == [-50 if where == "start" else 2_850]
    assert table["score"][0] == pytest.approx(1, abs=1e-9)


def test_partial_scores_equal_the_formula() -> None:
    """With gaps and overhanging windows, scores are correlations over the samples present."""
    rng = np.random.default_rng(3)
    signal, snippet = rng.standard_normal(400) + 50, rng.standard_normal(30) - 7
    signal[[100, 101, 102, 200, 260, 270]] = np.nan
    expected = naive.partial_profile(signal, snippet, 0.6)
    table = find(signal, snippet, min_overlap=0.6, threshold=0.0, exclusion=1)
    assert len(table) > 50
    for offset, score in zip(table["offset"], table["score"], strict=True):
        assert score == pytest.approx(expected[offset], abs=1e-9)


def test_min_overlap_cannot_be_whitened() -> None:
    """A filter would smear a gap over its length, so the two are not combined."""
    with pytest.raises(ValueError, match="`whiten` must be None"):
        find([1.0, 2.0, 0.0, 4.0], [1.0, 2.0], min_overlap=0.5, whiten="snippet")


def test_place_between_samples() -> None:
    """A shift by a fraction of a sample is measured within its standard error times four."""
    rng = np.random.default_rng(4)
    fine = audio.resample(rng.standard_normal(4_000), 1, 8)  # band-limited, eight times finer
    signal = fine[::8] + 0.05 * rng.standard_normal(4_000)
    for shift in (1, 3, 5):
        snippet = fine[8_000 + shift :: 8][:400] + 0.05 * rng.standard_normal(400)
        row = find(signal, snippet).iloc[0]
        assert abs(row["offset_fine"] - 1_000 - shift / 8) < 4 * row["offset_std_error"]
        assert 0.0005 < row["offset_std_error"] < 0.01


def test_silence_and_repeats(clip: np.ndarray) -> None:
    """Four copies between stretches of digital silence are four matches and nothing else."""
    silence = np.zeros(50_000)
    parts = [silence]
    for _ in range(4):
        parts += [clip, silence]
    table = find(np.concatenate(parts), clip)
    offsets = [50_000 + number * (SIZE + 50_000) for number in range(4)]
    assert sorted(table["offset"]) == offsets


def test_whitening_helps_and_auto_does_no_harm() -> None:
    """In noise that whitening removes it finds what raw scores miss; and auto finds both kinds."""
    rng = np.random.default_rng(5)
    from scipy.signal import lfilter

    rumble = lfilter([1.0], [1.0, -1.97, 0.98], rng.standard_normal(62_000))[2_000:]
    weak = rng.standard_normal(500)
    signal = rumble + 0.0
    signal[30_000:30_500] += 0.02 * rumble.std() * weak
    assert len(find(signal, weak, whiten=None)) == 0
    assert find(signal, weak, whiten="signal")["offset"].tolist() == [30_000]
    assert find(signal, weak)["offset"].tolist() == [30_000]
    # A tone in white noise: whitening by the tone would leave nothing but the noise.
    tone = np.sin(0.3 * np.arange(400) + 2e-4 * np.arange(400) ** 2)
    hiss = rng.standard_normal(20_000)
    hiss[5_000:5_400] += 0.7 * tone
    for whiten in (None, "auto"):
        assert abs(find(hiss, tone, whiten=whiten)["offset"][0] - 5_000) <= 2


def test_one_off_in_a_series_with_dates() -> None:
    """A stretch of a random walk is found again although walks resemble each other."""
    walk = pd.Series(np.cumsum(np.random.default_rng(6).standard_normal(2_000)))
    walk.index = pd.date_range("2020-01-01", periods=walk.size, freq="D")
    table = find(walk, walk.iloc[700:760] * 2 + 5)
    assert table["time"].tolist() == [walk.index[700]]
    assert table["gain"][0] == pytest.approx(0.5)
