"""How often an absent snippet is 'found', and a present one missed.

``python tests/benchmarks/calibrate_search.py made|music|speeds|power [--trials N] [--music DIR]``

- `made`: signals of several colours, even and uneven, with a snippet that is not there. Where
  signal or snippet is white the share of p-values below a stated rate should be that rate;
  elsewhere it may be smaller, never larger than twice. Each search has a signal of its own, so the
  errors are binomial.
- `music`: a minute of one track of DIR (audio files; Debian's wesnoth-1.16-music), and clips of 0.2
  to 5 s of *another* track. Half of the tracks, drawn once, are for design, the others for the test
  (`--half`). Two tracks may share a drum stroke or a sampled note to the sample; that is a find,
  not a false alarm, so what was found is listed.
- `speeds`: the same with 10 s and ``speeds=(0.97, 1.03)``.
- `power`: share found to a sample with p < 1 %, by way of whitening: known sounds in noise, noisy
  clips of coloured signals, and with ``--music`` clips of music under noise.

``--only TEXT`` runs the rows that contain it, ``--first K`` begins at search K: long tables can be
made in parts.
"""

from __future__ import annotations

import argparse
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from scipy.signal import lfilter

from tsconv import audio
from tsconv.search import Finder, find

AUTOREGRESSIONS = {
    "white": [1.0],
    "AR(1) 0.9": [1.0, -0.9],
    "AR(2) peak": [1.0, -1.8, 0.95],
    "pink-like": [1.0, -2.494956002, 2.017265875, -0.522189400],
    "random walk": [1.0, -0.9999],
}
CASES = [
    ("white", "white"),
    ("AR(1) 0.9", "white"),
    ("AR(2) peak", "white"),
    ("tones", "white"),
    ("bursts", "white"),
    ("heavy tails", "white"),
    ("white", "AR(2) peak"),
    ("white", "tones"),
    ("white", "bursts"),
    ("AR(1) 0.9", "AR(1) 0.9"),
    ("AR(2) peak", "AR(2) peak"),
    ("pink-like", "pink-like"),
    ("swelling", "swelling"),
    ("bursts", "bursts"),
    ("heavy tails", "heavy tails"),
    ("notes", "notes"),
    ("notes", "tones"),
]
# Samples of signal and snippet, ways of whitening, share of the trials.
SIZES = [
    (8_192, 200, "auto", 1.0),
    (8_192, 200, None, 0.5),
    (8_192, 200, "snippet", 0.5),
    (8_192, 200, "signal", 0.5),
    (20_000, 1_000, "auto", 0.5),
    (50_000, 5_000, "auto", 0.15),
]
RATES = (0.01, 0.05, 0.2)
LOOSE = 0.25  # rate of the searches, so that p-values up to it are seen
RATE = 16_000
LENGTHS = (0.2, 0.5, 1, 2, 5)
SPLIT = 2026  # seed that parts design and test tracks
WAYS = (None, "snippet", "signal", "auto")


def make(kind: str, n: int, rng: np.random.Generator) -> np.ndarray:
    """Return `n` samples of an autoregression, or of noise or tones of uneven strength."""
    if kind in AUTOREGRESSIONS:
        return lfilter([1.0], AUTOREGRESSIONS[kind], rng.standard_normal(n + 2_000))[2_000:]
    noise, t = rng.standard_normal(n), np.arange(n)
    if kind == "swelling":  # loudness goes up and down by 35 dB
        return noise * np.exp(2 * np.cos(2 * np.pi * t / 3_001 + rng.uniform(0, 7)))
    if kind == "bursts":  # short, loud, at random times
        strength = np.where(rng.random(n) < 0.002, 8 * rng.standard_exponential(n), 0.0)
        return lfilter([1.0], [1.0, -0.95], strength) * noise + 0.1 * noise
    if kind == "heavy tails":
        return rng.standard_t(3, n)
    # Chords of three decaying tones, 400 samples each, over faint noise: of any pitch, or notes of
    # a scale of twelve in two octaves, so that they come again.
    chord = t // 400
    steps = rng.uniform(0, 24, (3, chord[-1] + 1))
    pitches = 0.05 * 2 ** ((np.floor(steps) if kind == "notes" else steps) / 12)
    phases = rng.uniform(0, 2 * np.pi, pitches.shape)
    loud = rng.standard_exponential(chord[-1] + 1)
    tones = np.sin(2 * np.pi * pitches[:, chord] * t + phases[:, chord]).sum(axis=0)
    return tones * np.exp(-(t % 400) / 200) * loud[chord] + 0.01 * noise


def rates(p: Sequence[float]) -> str:
    """Write the shares of p-values below each rate, with binomial errors at that rate."""
    values = np.array(p)
    return "".join(
        f"{np.mean(values < rate):>8.2%} +- {(rate * (1 - rate) / values.size) ** 0.5:.2%}"
        for rate in RATES
    )


HEAD = "".join(f"   {f'< {rate:.0%}':<15}" for rate in RATES)


def smallest_p(signal: np.ndarray | Finder, snippet: np.ndarray, **options: object) -> float:
    """Return the p-value of the best match, 1 if there is none."""
    search = signal.find if isinstance(signal, Finder) else partial(find, signal)
    table = search(snippet, false_alarm=LOOSE, **options)
    return float(table["p_value"].min()) if len(table) else 1.0


def made(args: argparse.Namespace) -> None:
    """Print the table of made signals."""
    print(f"{'signal':12} {'snippet':12} {'whiten':8} {'n':>6} {'m':>5} {'searches':>8}{HEAD}")
    for signal, snippet in CASES:
        for n, m, whiten, share in SIZES:
            row = f"{signal:12} {snippet:12} {whiten!s:8} {n:>6} {m:>5}"
            if args.only not in row:
                continue
            rng = np.random.default_rng([zlib.crc32(row.encode()), args.seed])
            p = [
                smallest_p(make(signal, n, rng), make(snippet, m, rng), whiten=whiten)
                for _ in range(max(1, round(share * args.trials)))
            ]
            print(f"{row} {len(p):>8} {rates(p)}", flush=True)


def load_tracks(folder: Path, half: str) -> dict[str, np.ndarray]:
    """Return one half of the tracks of at least 70 s, one channel at 16 kHz."""
    names, tracks = [], {}
    for path in sorted(folder.iterdir()):
        if path.suffix in audio.SUFFIXES:
            try:
                with audio.AudioReader(path) as reader:
                    if reader.n_obs >= 70 * reader.fs:
                        samples = reader.read(0, reader.n_obs)
                        names.append(path.stem)
                        tracks[path.stem] = audio.resample(samples, reader.fs, RATE).astype("f4")
            except audio.AudioError as error:
                print(f"left out: {error}")
    order = np.random.default_rng(SPLIT).permutation(len(names))
    n_design = len(names) // 2
    wanted = order[:n_design] if half == "design" else order[n_design:]
    return {names[k]: tracks[names[k]] for k in sorted(wanted.tolist())}


def excerpt(track: np.ndarray, n: int, rng: np.random.Generator) -> tuple[int, np.ndarray]:
    """Return `n` successive samples that are not silent, and where they begin."""
    while True:
        start = int(rng.integers(track.size - n))
        part = track[start : start + n].astype(float)
        if part.std() > 1e-3:
            return start, part


def draw_other(names: list[str], own: str, rng: np.random.Generator) -> str:
    """Draw the name of another track."""
    other = own
    while other == own:
        other = names[rng.integers(len(names))]
    return other


def music(args: argparse.Namespace) -> None:
    """Print the shares for clips of other tracks, and what was found."""
    tracks = load_tracks(args.music, args.half)
    names = sorted(tracks)
    p_values: dict[float, list[float]] = {length: [] for length in LENGTHS}
    for trial in range(args.first, args.first + args.trials):
        rng = np.random.default_rng([args.seed, trial])
        own = names[rng.integers(len(names))]
        start, signal = excerpt(tracks[own], 60 * RATE, rng)
        with Finder(signal) as finder:
            for length in LENGTHS:
                other = draw_other(names, own, rng)
                begin, clip = excerpt(tracks[other], int(length * RATE), rng)
                p = smallest_p(finder, clip)
                p_values[length].append(p)
                if p < min(RATES):
                    table = finder.find(clip)
                    print(
                        f"    {length} s of {other} ({begin}) in {own} ({start}): p = {p:.1g};"
                        f" find returns {len(table)} with scores {table['score'].round(3).tolist()}"
                    )
    print(f"{len(names)} tracks of the {args.half} half\n{'clip':>6} {'searches':>8}{HEAD}")
    for length in LENGTHS:
        print(f"{length:>4} s {len(p_values[length]):>8} {rates(p_values[length])}")
    every = [p for values in p_values.values() for p in values]
    print(f"{'all':>6} {len(every):>8} {rates(every)}")


def speeds(args: argparse.Namespace) -> None:
    """Print the shares for clips of other tracks at speeds of 0.97 to 1.03."""
    tracks = load_tracks(args.music, args.half)
    names = sorted(tracks)
    p_values = []
    for trial in range(args.first, args.first + args.trials):
        rng = np.random.default_rng([args.seed, trial])
        own = names[rng.integers(len(names))]
        _, signal = excerpt(tracks[own], 10 * RATE, rng)
        _, clip = excerpt(
            tracks[draw_other(names, own, rng)], int(rng.choice([0.25, 0.5, 1, 2]) * RATE), rng
        )
        p_values.append(smallest_p(signal, clip, speeds=(0.97, 1.03)))
    print(f"{'speeds':>6} {len(p_values):>8} {rates(p_values)}")


def scenes(
    tracks: dict[str, np.ndarray],
) -> Iterator[tuple[str, Callable[..., tuple[np.ndarray, np.ndarray, int]]]]:
    """Yield name and maker of each scene: (snr_db, rng) -> signal, snippet, offset."""
    n, m = 20_000, 1_000

    def hidden(sound: str, noise: str) -> Callable[..., tuple[np.ndarray, np.ndarray, int]]:
        """A known sound, somewhere in noise."""

        def build(snr: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, int]:
            signal, place = make(noise, n, rng), int(rng.integers(n - m))
            if sound == "chirp":
                snippet = np.sin(2 * np.pi * np.cumsum(np.linspace(0.02, 0.2, m)))
            elif sound == "clicks":
                snippet = np.where(rng.random(m) < 0.02, rng.standard_normal(m), 0.0)
            else:
                snippet = make(sound, m, rng)
            gain = signal.std() / snippet.std() * 10 ** (snr / 20)
            signal[place : place + m] += gain * snippet
            return signal, snippet, place

        return build

    def noisy(sound: str) -> Callable[..., tuple[np.ndarray, np.ndarray, int]]:
        """A piece of the signal, under white noise."""

        def build(snr: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, int]:
            signal, place = make(sound, n, rng), int(rng.integers(n - m))
            return signal, over(signal[place : place + m], rng.standard_normal(m), snr), place

        return build

    def of_music(noise: str) -> Callable[..., tuple[np.ndarray, np.ndarray, int]]:
        """Half a second of ten of music, under noise."""

        def build(snr: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, int]:
            names = sorted(tracks)
            own = names[rng.integers(len(names))]
            _, signal = excerpt(tracks[own], 10 * RATE, rng)
            while True:
                place, clip = excerpt(signal, RATE // 2, rng)
                if clip.std() > 0.3 * signal.std():
                    break
            other = (
                excerpt(tracks[draw_other(names, own, rng)], clip.size, rng)[1]
                if noise == "other music"
                else make(noise, clip.size, rng)
            )
            return signal, over(clip, other, snr), place

        return build

    for sound, noise in (
        ("white", "white"),
        ("chirp", "white"),
        ("tones", "white"),
        ("chirp", "pink-like"),
        ("clicks", "AR(1) 0.9"),
        ("white", "AR(2) peak"),
        ("AR(1) 0.9", "AR(1) 0.9"),
    ):
        yield f"{sound} in {noise}", hidden(sound, noise)
    for sound in ("AR(1) 0.9", "AR(2) peak", "tones", "bursts"):
        yield f"noisy {sound}", noisy(sound)
    if tracks:
        for noise in ("white", "pink-like", "other music"):
            yield f"music under {noise}", of_music(noise)


def over(clip: np.ndarray, noise: np.ndarray, snr: float) -> np.ndarray:
    """Add noise at a signal-to-noise ratio in dB."""
    return clip + noise / noise.std() * clip.std() * 10 ** (-snr / 20)


def power(args: argparse.Namespace) -> None:
    """Print how often a snippet that is there is found, by way of whitening."""
    tracks = load_tracks(args.music, args.half) if args.music else {}
    print(
        f"{'scene':28} {'SNR dB':>6}", *(f"{way!s:>8}" for way in WAYS), f"{args.trials} searches"
    )
    for name, build in scenes(tracks):
        if args.only not in name:
            continue
        for snr in (0, -5, -10, -15, -20):
            rng = np.random.default_rng([zlib.crc32(name.encode()), -snr, args.seed])
            found = []
            for _ in range(args.trials):
                signal, snippet, place = build(snr, rng)
                tables = [find(signal, snippet, whiten=way) for way in WAYS]
                found.append([bool((abs(t["offset"] - place) <= 1).any()) for t in tables])
            shares = np.mean(found, axis=0)
            print(f"{name:28} {snr:>6}", *(f"{share:>8.0%}" for share in shares), flush=True)


def main() -> None:
    """Print the tables asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("what", choices=("made", "music", "speeds", "power"))
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--only", default="")
    parser.add_argument("--music", type=Path)
    parser.add_argument("--half", choices=("design", "test"), default="test")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    if args.what in ("music", "speeds") and args.music is None:
        parser.error(f"`{args.what}` needs a folder of audio files: --music DIR.")
    {"made": made, "music": music, "speeds": speeds, "power": power}[args.what](args)


if __name__ == "__main__":
    main()
