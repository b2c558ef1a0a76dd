"""What happens to sounds on their way, and who still finds them: tsconv and its peers.

Run `python tests/benchmarks/robustness.py [--write FILE] [--sound NAME] [--peers NAME...]`.

Each row spoils a clip of one second, or the eight seconds it is looked for in. `find` passes with
its defaults if it returns the true places and no other (within 1 ms after coding, resampling and a
change of speed, otherwise to the sample), and an empty table where there is nothing to find; where
a row needs it, it is given an option (rates, speeds, `min_overlap`); a flat snippet it must refuse.

Peers give a score for every lag and no decision, so they are helped: a peer passes if its largest
absolute scores stand at the true places, and where there is nothing to find if its largest score is
below the one that it gave the clip at -20 dB. They are given decoded samples of coded files. scipy
stands for the recipe of `correlate` with running sums.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from bench_search import available

from tsconv import audio, datasets
from tsconv.search import find
from tsconv.search.speed import stretch

FS, START, SIZE = 16_000, 90_000, 16_000
MS = FS // 1_000


@dataclass
class Row:
    """One trial: where to look, for what, and where that is."""

    name: str
    signal: np.ndarray
    snippet: Any
    places: list[int]
    tolerance: int = 0
    polarity: int = 1
    options: dict[str, Any] = field(default_factory=dict)
    refused: str = ""
    decoded: np.ndarray | None = None  # what peers are given


def sounds() -> dict[str, np.ndarray]:
    """Eight seconds of the recording, and of made sound: sweeps, bursts of noise, silence."""
    rng = np.random.default_rng(1)
    n = 128_000
    t = np.arange(n) / FS
    made = 0.2 * np.sin(2 * np.pi * (300 * t + 40 * np.sin(0.7 * t))) * (np.sin(0.9 * t) > -0.3)
    noise = np.convolve(rng.standard_normal(n + 6), [1, 3, 6, 7, 6, 3, 1], "valid")
    made += 0.02 * noise * (np.sin(2.1 * t + 1) > 0)
    made[10_000:20_000] = 0.0
    return {"recording": datasets.load_recording().to_numpy()[500_000:628_000], "made": made}


def rows(x: np.ndarray, folder: Path) -> list[Row]:
    """Build every trial with one sound."""
    rng = np.random.default_rng(2)
    clip = x[START : START + SIZE].copy()
    at = [START]

    def noisy(snr_db: float) -> np.ndarray:
        return clip + rng.standard_normal(SIZE) * clip.std() * 10 ** (-snr_db / 20)

    trials = [Row(f"SNR {snr} dB", x, noisy(snr), at) for snr in (0, -10, -20)]
    trials += [
        Row("gain 0.07 with DC", x, 0.07 * clip + 0.5, at),
        Row("inverted", x, -clip, at, polarity=-1),
    ]
    for ending in ("ogg", "mp3"):
        path = folder / f"clip.{ending}"
        soundfile.write(path, clip, FS)
        trials.append(Row(ending.upper(), x, path, at, MS, decoded=audio.read_audio(path)[0]))
    high = audio.resample(x, FS, 44_100)
    first = round(START * 44_100 / FS)
    cut = high[first : first + 44_100]
    trials.append(
        Row(
            "44.1 to 48 kHz", high, audio.resample(cut, 44_100, 48_000), [first], 44,
            options={"fs": 44_100, "snippet_fs": 48_000},
        )
    )  # fmt: skip
    trials.append(
        Row("1 % fast", stretch(x, 1.01), clip, [round(START / 1.01)], MS,
            options={"speeds": (0.97, 1.03)})
    )  # fmt: skip
    holed = x.copy()
    holed[30_000:30_500] = np.nan
    trials.append(Row("NaN elsewhere", holed, clip, at))
    holed = x.copy()
    holed[START + 4_500 : START + 6_000] = np.nan
    trials.append(Row("NaN inside the match", holed, clip, at, options={"min_overlap": 0.8}))
    top = 0.2 * np.abs(clip).max()
    absent = rng.standard_normal(SIZE)
    silence = np.zeros(20_000)
    repeats = np.concatenate([silence, *[part for _ in range(4) for part in (clip, silence)]])
    fourth = [20_000 + k * (SIZE + 20_000) for k in range(4)]
    trials += [
        Row("clipping", x, np.clip(clip, -top, top), at),
        Row("absent noise", x, absent, []),
        Row("absent music", x, datasets.load_recording().to_numpy()[20_000 : 20_000 + SIZE], []),
        Row("four repeats", repeats, clip, fourth),
        Row("silence", silence.repeat(4), clip, []),
        Row("flat snippet", x, np.full(SIZE, 0.3), [], refused="must vary"),
        Row("scale 1e-6", 1e-6 * x, clip, at),
        Row("DC 1e6", x + 1e6, clip + 1e6, at),
        Row("DC 1e6, single precision", (1e3 * x + 1e6).astype(np.float32), clip, at),
    ]
    return trials


def passes(row: Row) -> bool:
    """Whether `find` does as it says."""
    try:
        table = find(row.signal, row.snippet, **{"fs": FS, **row.options})
    except ValueError as error:
        return bool(row.refused) and row.refused in str(error)
    if row.refused or len(table) != len(row.places):
        return False
    found = np.sort(table["offset"].to_numpy())
    near = np.abs(found - row.places) <= row.tolerance
    return bool(near.all()) and (table["polarity"] == row.polarity).all()


def highest(scores: np.ndarray, count: int, apart: int) -> tuple[list[int], float]:
    """Places of the largest absolute scores, `apart` from each other, and the largest score."""
    rated = np.abs(scores)
    best = float(rated.max()) if np.isfinite(rated).all() else float("nan")
    rated = np.nan_to_num(rated, posinf=0.0)
    places = []
    for _ in range(count):
        place = int(np.argmax(rated))
        places.append(place)
        rated[max(0, place - apart) : place + apart] = -1
    return sorted(places), best


def peer_passes(peer: Callable[..., Any], row: Row, floor: float) -> tuple[bool, float]:
    """Whether a peer's highest scores are right, and the highest."""
    snippet = row.snippet if row.decoded is None else row.decoded
    if row.name == "NaN inside the match":
        row = Row(row.name, row.signal, snippet, row.places)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            scores = np.ravel(peer(row.signal, snippet))[: row.signal.size - len(snippet) + 1]
    except Exception:
        return bool(row.refused), 0.0
    places, best = highest(scores, len(row.places), len(snippet) // 2)
    if not row.places:
        return best < floor, best
    near = np.abs(np.array(places) - row.places) <= row.tolerance
    return bool(near.all()), best


def main() -> None:
    """Print a table of each sound."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", type=Path)
    parser.add_argument("--sound", choices=("made", "recording"))
    parser.add_argument("--peers", nargs="*")
    chosen = parser.parse_args()
    peers: dict[str, Callable[..., Any]] = {
        name: peer
        for name, peer in available().items()
        if chosen.peers in (None, [name]) or name in chosen.peers
    }
    if "stumpy" in peers:  # distances of normalised windows, as scores
        mass = peers["stumpy"]
        peers["stumpy"] = lambda x, s: 1 - np.square(mass(x, s)) / (2 * len(s))
    lines: list[str] = []
    for name, sound in sounds().items():
        if chosen.sound not in (None, name):
            continue
        lines.append(f"{name:26}" + "".join(f"{who:>11}" for who in ("tsconv", *peers)))
        print(lines[-1], flush=True)
        floors = dict.fromkeys(peers, 0.0)
        totals = dict.fromkeys(("tsconv", *peers), 0)
        with tempfile.TemporaryDirectory() as folder:
            trials = rows(sound, Path(folder))
            for row in trials:
                good = {"tsconv": passes(row)}
                for who, peer in peers.items():
                    good[who], best = peer_passes(peer, row, floors[who])
                    if row.name == "SNR -20 dB":
                        floors[who] = best
                for who, well in good.items():
                    totals[who] += well
                marks = "".join(f"{'found' if well else '-':>11}" for well in good.values())
                lines.append(f"{row.name:26}" + marks.replace("found", "  yes"))
                print(lines[-1], flush=True)
        counts = (f"{total} of {len(trials)}" for total in totals.values())
        lines.append(f"{'passed':26}" + "".join(f"{count:>11}" for count in counts))
        print(lines[-1] + "\n", flush=True)
        lines.append("")
    if chosen.write:
        head = ["python tests/benchmarks/robustness.py", versions(*totals), ""]
        chosen.write.write_text("\n".join(head + lines))


def versions(*names: str) -> str:
    """Name what took part, with versions."""
    packages = {"opencv": "opencv-python-headless", "tsconv": "tsconvolve"}
    known = (packages.get(name, name) for name in names)
    return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in known)


if __name__ == "__main__":
    main()
