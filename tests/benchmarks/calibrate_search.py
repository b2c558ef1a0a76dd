"""How often an absent snippet is 'found', and a present one missed.

``python tests/benchmarks/calibrate_search.py [made|music|power] [--trials N] [--music FOLDER]``

- `made`: signals of several colours, even and uneven, with a snippet that is not there. Where
  signal or snippet is white the share of p-values below a stated rate should be that rate;
  elsewhere it may be smaller, never larger than twice.
- `music`: a minute of one track of FOLDER (audio files; Debian's wesnoth-1.16-music), and clips of
  0.2 to 5 s of *other* tracks: as they are, and backwards. Two tracks may share a drum stroke or a
  sampled note to the sample; that is a find, not a false alarm, and shows as a score that the
  reversed clip, of the same spectrum and loudness, is far from. Such pairs are listed.
- `power`: clips of the same minute, with noise or other music on top: share found at the sample
  with p < 1 %, by way of whitening.
"""

from __future__ import annotations

import argparse
import time
import zlib
from pathlib import Path

import numpy as np
from scipy.signal import lfilter

from tsconv import audio
from tsconv.search import Finder

AUTOREGRESSIONS = {
    "white": [1.0],
    "AR(1) 0.9": [1.0, -0.9],
    "AR(2) peak": [1.0, -1.8, 0.95],
    "pink-like": [1.0, -2.494956002, 2.017265875, -0.522189400],
    "random walk": [1.0, -0.9999],
}
CASES = [
    ("white", "white"),
    ("white", "AR(2) peak"),
    ("AR(2) peak", "white"),
    ("white", "bursts"),
    ("bursts", "white"),
    ("white", "tones"),
    ("tones", "white"),
    ("AR(1) 0.9", "AR(1) 0.9"),
    ("AR(2) peak", "AR(2) peak"),
    ("pink-like", "pink-like"),
    ("random walk", "random walk"),
    ("swelling", "swelling"),
    ("bursts", "bursts"),
    ("heavy tails", "heavy tails"),
    ("tones", "tones"),
    ("white", "notes"),
    ("notes", "white"),
    ("notes", "notes"),
    ("notes", "tones"),
]
RATES = (0.01, 0.05)
RATE = 16_000
MINUTE = 60 * RATE
LENGTHS = (0.2, 0.5, 1, 2, 5)


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


def made(trials: int, seed: int) -> None:
    """Print the table of made signals: ten snippets in each."""
    n, m, each = 4_096, 64, 10
    print(f"{trials} searches a row, {each} in each signal of n samples; with standard errors")
    print(f"{'signal':12} {'snippet':12} {'whiten':8} {'n':>6} {'m':>5}   < 1 %             < 5 %")
    for signal, snippet in CASES:
        rng = np.random.default_rng([zlib.crc32(f"{signal} {snippet} {n}".encode()), seed])
        hits = []
        for _ in range(trials // each):
            snippets = {str(k): make(snippet, m, rng) for k in range(each)}
            with Finder(make(signal, n, rng)) as finder:
                table = finder.find_all(snippets, false_alarm=max(RATES))
            p = table.groupby("snippet")["p_value"].min().to_numpy(float)
            hits.append([np.mean(p < rate) * p.size / each if p.size else 0.0 for rate in RATES])
        # Searches of one signal are alike: the error is that of the means of signals.
        error = np.std(hits, axis=0, ddof=1) / len(hits) ** 0.5
        row = "".join(
            f"{mean:>8.2%} +- {one:.2%}"
            for mean, one in zip(np.mean(hits, axis=0), error, strict=True)
        )
        print(f"{signal:12} {snippet:12} {'auto':8} {n:>6} {m:>5}{row}", flush=True)


def load_tracks(folder: Path) -> dict[str, np.ndarray]:
    """Return the tracks of at least two minutes, one channel at 16 kHz."""
    tracks = {}
    for path in sorted(folder.iterdir()):
        if path.suffix in audio.SUFFIXES:
            with audio.AudioReader(path) as reader:
                if reader.n_obs > 120 * reader.fs:
                    samples = reader.read(0, reader.n_obs)
                    tracks[path.stem] = audio.resample(samples, reader.fs, RATE).astype(np.float32)
    return tracks


def excerpt(track: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Return `n` successive samples that are not silent."""
    while True:
        start = int(rng.integers(track.size - n))
        part = track[start : start + n].astype(float)
        if part.std() > 1e-3:
            return part


def music(tracks: dict[str, np.ndarray], trials: int, seed: int) -> None:
    """Print the shares for clips of other tracks, as they are and backwards."""
    names = sorted(tracks)
    rng = np.random.default_rng(seed)
    p_values: dict[tuple[float, str], list[float]] = {}
    begin = time.process_time()
    for _ in range(trials):
        own = names[rng.integers(len(names))]
        others = [name for name in names if name != own]
        clips = {}
        for length in LENGTHS:
            other = others[rng.integers(len(others))]
            clip = excerpt(tracks[other], int(length * RATE), rng)
            clips[f"{length} forwards {other}"] = clip
            clips[f"{length} backwards {other}"] = clip[::-1].copy()
        with Finder(excerpt(tracks[own], MINUTE, rng)) as finder:
            table = finder.find_all(clips)
        best = table.loc[table.groupby("snippet")["p_value"].idxmin()].set_index("snippet")
        for name in clips:
            length, way, other = name.split(maxsplit=2)
            p = float(best["p_value"].get(name, 1.0))
            p_values.setdefault((float(length), way), []).append(p)
            if p < 0.01:
                score = abs(best["score"].get(name, 0.0))
                print(f"    {length} s of {other} {way} in {own}: p = {p:.1g}, score {score:.3f}")
    print(f"{trials} minutes x {len(LENGTHS)} clips; CPU {time.process_time() - begin:.0f} s")
    for way in ("forwards", "backwards"):
        for length in (*LENGTHS, None):
            row = [
                p
                for (this, other), values in p_values.items()
                if other == way and length in (this, None)
                for p in values
            ]
            error = (0.01 * 0.99 / len(row)) ** 0.5
            name = "all" if length is None else f"{length} s"
            found = np.mean(np.array(row) < 0.01)
            print(f"{way:10} {name:>6} {len(row):>6} clips{found:>8.2%}   +- {error:.2%} if 1 %")


def power(tracks: dict[str, np.ndarray], trials: int, seed: int) -> None:
    """Print how often a clip of the signal itself is found under noise or other music."""
    names = sorted(tracks)
    rng = np.random.default_rng(seed)
    found: dict[tuple[str, float, int, str], list[bool]] = {}
    for _ in range(trials):
        own = names[rng.integers(len(names))]
        signal = excerpt(tracks[own], MINUTE, rng)
        clips, places = {}, {}
        for length in (0.2, 1, 5):
            m = int(length * RATE)
            start = int(rng.integers(MINUTE - m))
            clip = signal[start : start + m]
            if clip.std() < 1e-3:
                continue
            noises = {
                "white noise": rng.standard_normal(m),
                "pink noise": make("pink-like", m, rng),
                "other music": excerpt(tracks[names[rng.integers(len(names))]], m, rng),
            }
            for kind, noise in noises.items():
                for snr in (0, -10, -20):
                    added = noise / noise.std() * clip.std() * 10 ** (-snr / 20)
                    key = f"{kind}|{length}|{snr}"
                    clips[key], places[key] = clip + added, start
        for whiten in (None, "snippet", "signal", "auto"):
            with Finder(signal) as finder:
                table = finder.find_all(clips, top=1, whiten=whiten).set_index("snippet")
            for key, start in places.items():
                kind, length, snr = key.split("|")
                offset = table["offset"].get(key, -(10**9))
                found.setdefault((kind, float(length), int(snr), str(whiten)), []).append(
                    bool(abs(offset - start) <= 1)
                )
    print(f"{trials} minutes of music; share found at the sample with p < 1 %")
    ways = ("None", "snippet", "signal", "auto")
    print(f"{'on top':12} {'clip':>7} {'SNR dB':>7}", *(f"{way:>8}" for way in ways))
    for kind, length, snr, whiten in found:
        if whiten == "None":
            row = [float(np.mean(found[kind, length, snr, way])) for way in ways]
            print(f"{kind:12} {length:>5} s {snr:>7}", *(f"{share:>8.0%}" for share in row))


def main() -> None:
    """Print the tables asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("what", choices=("made", "music", "power"))
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--music", type=Path, default=Path("music"))
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    if args.what == "made":
        made(args.trials, args.seed)
    else:
        {"music": music, "power": power}[args.what](load_tracks(args.music), args.trials, args.seed)


if __name__ == "__main__":
    main()
