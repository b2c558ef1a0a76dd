"""Make `recording.flac` and `snippet.flac`: run `python make_audio.py [folder]`.

The recording is invented here, note by note, so that it belongs to nobody: plucked strings
(Karplus and Strong 1983), bells (sums of decaying partials), speech-like noise (pulses through
formants), silence, and one passage that comes back twice. The snippet is cut from the speech-like
part and then spoilt as a cheap microphone would: band limit, noise, low gain, an offset.

Everything is seeded and uses numpy only; the files differ between machines by at most the last bit.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FS = 16_000  # samples per second of both files
BEAT = 9_600  # samples per beat: 100 beats a minute
BAR = 4 * BEAT
SEED = 1971

N_RECORDING = 27 * BAR + BEAT  # 65.4 s
MOTIF = (2 * BAR, 2 * BAR)  # start and length of the passage that is repeated
REPEATS = ((2 * BAR, 1.0), (19 * BAR, 1.0), (24 * BAR, -0.25))  # its starts and gains
SILENCE = (8 * BAR, 9 * BAR)

SNIPPET_OFFSET = 15 * BAR + 4_321  # where the snippet begins in the recording
N_SNIPPET = 40_000  # 2.5 s
SNIPPET_GAIN = 0.35
SNIPPET_SNR_DB = 3.0
SNIPPET_DC = 0.02
SNIPPET_BAND = (200.0, 3_400.0)  # Hz, as a telephone

Samples = NDArray[np.float64]

# Am F C G, as MIDI numbers of the open chord; melody notes are drawn from the pentatonic scale.
CHORDS = ((45, 52, 57, 60), (41, 48, 53, 57), (48, 52, 55, 60), (43, 50, 55, 59))
PENTATONIC = (69, 72, 74, 76, 79, 81, 84)
# Formant frequencies in Hz of five vowels (rounded textbook values).
VOWELS = (
    (730, 1090, 2440),
    (530, 1840, 2480),
    (270, 2290, 3010),
    (570, 840, 2410),
    (300, 870, 2240),
)


def make_recording() -> NDArray[np.int16]:
    """Return the whole recording as 16-bit samples."""
    rng = np.random.default_rng(SEED)
    dry = np.zeros(N_RECORDING)
    for bar in range(8):
        strings(dry, rng, bar, melody=0.5)
    for bar in range(9, 14):
        bells(dry, rng, bar)
    for bar in range(14, 19):
        strings(dry, rng, bar, melody=0.0, level=0.25)
        speech(dry, rng, bar)
    for bar in range(21, 24):
        strings(dry, rng, bar, melody=0.3)
        bells(dry, rng, bar, level=0.5)
    wet = dry + 0.25 * reverb(dry, rng)
    wet *= 0.8 / np.abs(wet).max()

    first, last = SILENCE
    wet[:last] *= fade_out(last, first, 2_000)
    start, length = MOTIF
    motif = wet[start : start + length].copy()
    for offset, gain in REPEATS[1:]:
        wet[offset : offset + length] = gain * motif
    tail = REPEATS[-1][0] + length
    wet[tail:] = 0.0
    return quantise(wet)


def make_snippet(recording: NDArray[np.int16]) -> NDArray[np.int16]:
    """Return the spoilt excerpt of `recording` as 16-bit samples."""
    rng = np.random.default_rng(SEED + 1)
    clean = recording[SNIPPET_OFFSET : SNIPPET_OFFSET + N_SNIPPET] / 32_768.0
    low, high = SNIPPET_BAND
    freqs = np.fft.rfftfreq(N_SNIPPET, 1 / FS)
    band = 1 / np.sqrt(1 + (low / np.maximum(freqs, 1e-9)) ** 8 + (freqs / high) ** 8)
    spoilt = np.fft.irfft(np.fft.rfft(clean) * band, N_SNIPPET)
    noise = rng.standard_normal(N_SNIPPET)
    noise *= spoilt.std() / noise.std() * 10 ** (-SNIPPET_SNR_DB / 20)
    return quantise(SNIPPET_GAIN * (spoilt + noise) + SNIPPET_DC)


def strings(
    out: Samples, rng: np.random.Generator, bar: int, *, melody: float, level: float = 1.0
) -> None:
    """Add one bar of plucked eighth notes, with a melody note now and then."""
    chord = CHORDS[bar % 4]
    order = (0, 2, 1, 3, 2, 3, 1, 2)
    for step in range(8):
        start = bar * BAR + step * BEAT // 2 + int(rng.integers(0, 160))
        force = level * rng.uniform(0.6, 1.0)
        add(out, start, force * pluck(rng, chord[order[step]] + 12, BEAT * 2))
        if rng.random() < melody:
            note = int(rng.choice(PENTATONIC))
            add(out, start, 0.8 * level * pluck(rng, note, BEAT * 3))


def pluck(rng: np.random.Generator, note: int, n: int) -> Samples:
    """Return `n` samples of a plucked string: `y[t] = d (y[t-P] + y[t-P-1]) / 2`, tuned."""
    pitch = 440.0 * 2 ** ((note - 69) / 12)
    period = round(FS / pitch - 0.5)
    speed = pitch * (period + 0.5) / FS  # read the string this much faster to be in tune
    n_raw = int(n * speed) + 2
    line = rng.uniform(-1, 1, period + 1)
    line = line - line.mean()
    y = np.zeros(n_raw + period + 1)
    y[: period + 1] = line
    for start in range(period + 1, y.size, period):
        stop = min(start + period, y.size)
        y[start:stop] = 0.498 * (
            y[start - period : stop - period] + y[start - period - 1 : stop - period - 1]
        )
    sound = np.interp(np.arange(n) * speed, np.arange(y.size), y)
    ends = np.minimum(1, np.minimum(np.arange(n) / 40, np.arange(n)[::-1] / 1_000))
    return sound * ends


def bells(out: Samples, rng: np.random.Generator, bar: int, *, level: float = 1.0) -> None:
    """Add three strokes of a bell in one bar."""
    t = np.arange(BAR) / FS
    for step in (0, 3, 5):
        pitch = 440.0 * 2 ** ((int(rng.choice(PENTATONIC)) - 69) / 12)
        sound = np.zeros(BAR)
        for ratio, weight in (
            (0.5, 0.4),
            (1, 1),
            (1.183, 0.5),
            (1.506, 0.4),
            (2, 0.5),
            (2.514, 0.25),
        ):
            decay = 2.2 / ratio**0.7
            sound += (
                weight
                * np.exp(-t / decay)
                * np.sin(2 * np.pi * ratio * pitch * t + rng.uniform(0, 6))
            )
        sound *= np.minimum(1, np.minimum(t / 0.002, t[::-1] / 0.1))
        add(out, bar * BAR + step * BEAT // 2, 0.35 * level * rng.uniform(0.6, 1.0) * sound)


def speech(out: Samples, rng: np.random.Generator, bar: int) -> None:
    """Add one bar of babble: voiced syllables with hissed consonants between them."""
    start = bar * BAR
    while start < (bar + 1) * BAR - 4_000:
        n = int(rng.integers(2_000, 4_500))
        f0 = rng.uniform(95, 150) * np.linspace(1, rng.uniform(0.8, 1.15), n)
        phase = np.cumsum(f0) / FS
        pulses = np.diff(np.floor(phase), prepend=0.0) + 0.02 * rng.standard_normal(n)
        freqs = np.fft.rfftfreq(n, 1 / FS)
        envelope = np.zeros(freqs.size)
        for formant, weight in zip(VOWELS[int(rng.integers(5))], (1.0, 0.5, 0.25), strict=True):
            envelope += weight / (1 + ((freqs - formant) / (40 + 0.05 * formant)) ** 2)
        voiced = np.fft.irfft(np.fft.rfft(pulses) * envelope, n) * np.hanning(n)
        add(out, start, 0.9 * voiced / (np.abs(voiced).max() + 1e-12))
        start += n
        n = int(rng.integers(600, 1_400))
        hiss = np.diff(rng.standard_normal(n + 1)) * np.hanning(n)
        add(out, start, 0.06 * hiss)
        start += n + int(rng.integers(0, 2_500))


def reverb(dry: Samples, rng: np.random.Generator) -> Samples:
    """Return `dry` as heard from a small hall: convolved with 0.8 s of decaying noise."""
    n = int(0.8 * FS)
    response = rng.standard_normal(n) * np.exp(-np.arange(n) / (0.18 * FS))
    response /= np.sqrt((response**2).sum())
    size = 1 << (dry.size + n).bit_length()
    return np.fft.irfft(np.fft.rfft(dry, size) * np.fft.rfft(response, size), size)[: dry.size]


def fade_out(n: int, end: int, length: int) -> Samples:
    """Return `n` gains: one, then a linear fade that reaches zero at `end`."""
    return np.clip((end - np.arange(n)) / length, 0.0, 1.0)


def add(out: Samples, start: int, sound: Samples) -> None:
    """Mix `sound` into `out` from `start`, cutting what hangs over the end."""
    stop = min(start + sound.size, out.size)
    out[start:stop] += sound[: stop - start]


def quantise(samples: Samples) -> NDArray[np.int16]:
    """Return samples in [-1, 1) as 16-bit integers."""
    return np.clip(np.rint(samples * 32_768), -32_768, 32_767).astype(np.int16)


def main(folder: Path) -> None:
    """Write both files into `folder`."""
    import soundfile

    recording = make_recording()
    soundfile.write(folder / "recording.flac", recording, FS, subtype="PCM_16")
    soundfile.write(folder / "snippet.flac", make_snippet(recording), FS, subtype="PCM_16")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
