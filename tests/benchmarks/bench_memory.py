"""How much memory a search takes, above that of the interpreter with the package imported.

Run `python tests/benchmarks/bench_memory.py [--minutes 60] [--only WORD...] [--folder DIR] [--write
FILE]`. Each row is a search in a process of its own: a recording at 44.1 kHz (coloured noise that
swells and fades, the snippet in it three times) as a float32 memmap, FLAC, OGG, MP3 and an iterable
of blocks; snippets of 5 s and 60 s; compared as they are or whitened; by `find` and on the command
line. The parent reads the child's memory every few milliseconds and prints the largest, in MB
(2**20 bytes):

- `anon`: what the process asked for: arrays and objects, with what is imported on the way;
- `all`: the same with pages of files, those of shared libraries among them.

Pages of a memmap that were read belong to the system, which takes them back when it needs them;
some systems count them as the process's until then. They are in `map`, and in neither of the other.
Linux only. `--folder` keeps the recordings for the next run; `--only` takes rows whose name has all
the words. `--quick` leaves out what repeats.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile

FS = 44_100
KINDS = ("memmap", "flac", "ogg", "mp3", "blocks")
SECONDS = (5, 60)
WHITEN = ("none", "snippet", "auto")
GOAL = 128

CHILD = """
import sys
import numpy as np
import tsconv, tsconv.search
kind, path, snippet, whiten, face, options = sys.argv[1:]
sys.stdin.readline()
options = eval(options)
if face == "cli":
    from tsconv.cli import main
    try:
        main([*"find --whiten".split(), whiten, path, snippet, *options])
    except SystemExit as end:
        sys.exit(end.code)
signal = path
if kind == "memmap":
    signal = np.memmap(path, dtype=np.float32, mode="r")
elif kind == "blocks":
    def blocks(size=1 << 16):
        with open(path, "rb") as file:
            while part := file.read(4 * size):
                yield np.frombuffer(part, np.float32)
    signal = blocks()
fs = None if kind in ("flac", "ogg", "mp3", "wav") else 44_100
table = tsconv.search.find(
    signal, snippet, fs=fs, whiten=None if whiten == "none" else whiten, **options
)
print(len(table), *table["offset"][:3])
"""


def minutes_of_sound(minutes: int) -> Iterator[np.ndarray]:
    """Yield minutes of coloured noise that swells and fades, within full scale."""
    from scipy.signal import lfilter

    rng = np.random.default_rng(1)
    state = np.zeros(2)
    t = np.arange(60 * FS)
    for minute in range(minutes):
        noise, state = lfilter([0.02], [1, -1.8, 0.9], rng.standard_normal(t.size), zi=state)
        swell = 10.0 ** (np.cos(2 * np.pi * (t / t.size + minute) * 3) - 1)
        yield (noise * swell).astype(np.float32)


def write_sounds(folder: Path, minutes: int, kinds: tuple[str, ...]) -> None:
    """Write the recordings of some kinds and the snippets, unless they are there."""
    for seconds in SECONDS:
        path = folder / f"snippet{seconds}.wav"
        if not path.exists():
            clip = next(minutes_of_sound(1))[: seconds * FS]
            clip = clip + 0.02 * np.random.default_rng(2).standard_normal(clip.size)
            soundfile.write(path, clip, FS, subtype="PCM_16")
    for ending in {"f32" if kind in ("memmap", "blocks") else kind for kind in kinds}:
        path = folder / f"{minutes}.{ending}"
        if path.exists():
            continue
        opened = (
            path.open("wb")
            if ending == "f32"
            else soundfile.SoundFile(path, "w", samplerate=FS, channels=1)
        )
        with opened as file:
            for number, block in enumerate(minutes_of_sound(minutes)):
                again = number in (minutes // 3, minutes // 2)
                whole = next(minutes_of_sound(1)) if again else block
                for part in np.array_split(whole, 60):  # libvorbis overflows its stack otherwise
                    part.tofile(file) if ending == "f32" else file.write(part)


def memory(pid: int) -> dict[str, float]:
    """MB of a process: what it asked for, and pages of files."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    words = (line.split() for line in lines if line.startswith("Rss"))
    return {name.rstrip(":"): int(size) / 1024 for name, size, _ in words}


def mapped(pid: int, path: Path) -> float:
    """MB of a process that are pages of one file."""
    size, inside = 0, False
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        if "-" in line.split()[0]:
            inside = line.endswith(str(path))
        elif inside and line.startswith("Rss:"):
            size += int(line.split()[1])
    return size / 1024


def measure(
    folder: Path, minutes: int, kind: str, seconds: int, whiten: str, face: str, options: object
) -> tuple[float, float, float, float, str]:
    """Run one search; return peaks (anonymous, with libraries, of the map), seconds, and output."""
    path = folder / f"{minutes}.{'f32' if kind in ('memmap', 'blocks') else kind}"
    snippet = str(folder / f"snippet{seconds}.wav")
    command = [sys.executable, "-c", CHILD, kind, str(path), snippet, whiten, face, repr(options)]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdin is not None
    assert child.stdout is not None
    before: dict[str, float] = {}
    while True:  # until the import is over: the memory stands still
        time.sleep(0.5)
        now = memory(child.pid)
        if now == before:
            break
        before = now
    start = time.perf_counter()
    child.stdin.write("\n")
    child.stdin.flush()
    anon = everything = of_map = 0.0
    ticks = 0
    while child.poll() is None:
        try:
            now = memory(child.pid)
            if not now:
                break
            if kind == "memmap" and ticks % 64 == 0:
                of_map = max(of_map, mapped(child.pid, path))
            anon = max(anon, now["RssAnon"] + now["RssShmem"])
            ticks += 1
            file = now["RssFile"] if kind != "memmap" else before["RssFile"]
            everything = max(everything, now["RssAnon"] + now["RssShmem"] + file)
        except (OSError, KeyError):
            break
        time.sleep(0.003)
    output = child.stdout.read().strip().splitlines()
    code = child.wait()
    taken = time.perf_counter() - start
    if code not in (0, 1):
        raise RuntimeError(f"the search ended with {code}")
    base = before["RssAnon"] + before["RssShmem"]
    return (
        anon - base,
        everything - base - before["RssFile"],
        of_map,
        taken,
        output[-1][:40] if output else "",
    )


def main() -> None:
    """Run every row and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--write", type=Path)
    chosen = parser.parse_args()
    rows = [
        (kind, seconds, whiten, "find", {})
        for kind in KINDS
        for seconds in SECONDS
        for whiten in WHITEN
        if not chosen.quick or kind in ("memmap", "flac") or whiten == "auto"
    ]
    rows += [("flac", seconds, "auto", "cli", []) for seconds in SECONDS]
    for kind in ("memmap", "flac"):
        rows += [(kind, seconds, "none", "threshold", {"threshold": 0.6}) for seconds in SECONDS]
        rows += [(kind, 60, "auto", "4 threads", {"n_threads": 4})]
    rows = [
        row
        for row in rows
        if all(word in f"{row[0]} {row[1]} s {row[2]} {row[3]}".split() for word in chosen.only)
    ]
    lines = [
        f"Memory of a search in {chosen.minutes} min at 44.1 kHz, MB above the package imported"
        f" (goal {GOAL})",
        f"{'recording':10}{'snippet':>8}  {'whiten':8}{'face':10}{'anon':>6}{'all':>6}{'map':>6}"
        f"{'wall s':>8}  matches",
    ]
    print("\n".join(lines), flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.folder or Path(temporary)
        write_sounds(folder, chosen.minutes, tuple({row[0] for row in rows}))
        for kind, seconds, whiten, face, options in rows:
            anon, everything, of_map, taken, output = measure(
                folder, chosen.minutes, kind, seconds, whiten, face, options
            )
            lines.append(
                f"{kind:10}{seconds:>6} s  {whiten:8}{face:10}{anon:6.0f}{everything:6.0f}"
                f"{of_map:6.0f}{taken:8.1f}  {output}"
            )
            print(lines[-1], flush=True)
    if chosen.write:
        chosen.write.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
