"""``tsconv find``: the places where a snippet occurs in a long recording."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from tsconv._tables import replacing, write_table
from tsconv.cli._shared import NOTHING_FOUND, draw, json_option, output_option, plot_option


@click.command()
@click.argument("signal", metavar="LONG")
@click.argument("snippets", metavar="SNIPPET...", nargs=-1, required=True)
@click.option("--threshold", type=float, help="Smallest absolute correlation; default: by chance.")
@click.option(
    "--false-alarm", type=float, default=0.01, show_default=True, help="Probability of any."
)
@click.option("--top", type=click.IntRange(min=1), help="At most so many matches of each snippet.")
@click.option(
    "--polarity",
    type=click.Choice(["either", "positive", "negative"]),
    default="either",
    show_default=True,
    help="Whether a match may, must not or must be upside down.",
)
@click.option(
    "--whiten",
    type=click.Choice(["auto", "snippet", "signal", "none"]),
    default="auto",
    show_default=True,
    help="Whose colour is taken out before significance is judged.",
)
@click.option(
    "--speeds",
    metavar="LOW,HIGH",
    help="Range of speeds at which the snippet may have been played, as 0.97,1.03.",
)
@click.option(
    "--exclusion",
    type=click.IntRange(min=0),
    help="Least distance of two matches in samples; default: the snippet's length.",
)
@click.option(
    "--min-overlap", type=float, help="Share of a window that must be there, at ends and gaps."
)
@click.option("--channel", default="mix", show_default=True, help="Channel number, or mix.")
@click.option(
    "--html",
    type=click.Path(dir_okay=False),
    help="Write a report to look at and listen to (needs plotly).",
)
@click.option(
    "--decimate",
    type=click.Choice(["4", "8", "16", "32"]),
    help="Search at a rate so many times lower; needs --threshold, may miss: see p_miss.",
)
@click.option(
    "--threads",
    "n_threads",
    type=click.IntRange(min=1),
    help="Threads to work on; default by length. Results do not depend on it.",
)
@click.option("--export", type=click.Path(file_okay=False), help="Folder for the excerpts (WAV).")
@json_option
@click.option("--csv", "as_csv", is_flag=True, help="Write CSV (the default).")
@output_option
@plot_option
def find(
    signal: str,
    snippets: tuple[str, ...],
    as_json: bool,
    as_csv: bool,
    output: str,
    plot: str | None,
    export: str | None,
    html: str | None,
    n_threads: int | None,
    **options: Any,
) -> None:
    r"""Find where a short SNIPPET occurs in a LONG recording (WAV, FLAC, OGG, MP3).

    LONG may be a folder or a pattern as "calls/*.wav": then the table has a column `file`. The
    scores are correlations: 1 is a perfect match at any loudness. Exit status 1: nothing found.

    \b
    tsconv find long.flac clip.wav --plot matches.png
    tsconv find long.flac a.wav b.wav --json | jq '.[].time'
    tsconv find long.flac clip.wav --export clips
    tsconv find "calls/*.flac" clip.wav --speeds 0.97,1.03
    """
    from tsconv.search import Finder, find_in_files

    if as_json and as_csv:
        raise ValueError("--json and --csv exclude each other; choose one.")
    many = not Path(signal).is_file() and (Path(signal).is_dir() or set(signal) & set("*?["))
    for path in snippets if many else (signal, *snippets):
        if not Path(path).is_file():
            raise FileNotFoundError(f"there is no file {path!r}.")
    if many and (plot or html or export):
        raise ValueError("--plot, --html and --export show one recording; name it.")
    options["decimate"] = int(options["decimate"]) if options["decimate"] else None
    options["whiten"] = None if options["whiten"] == "none" else options["whiten"]
    options["speeds"] = None if options["speeds"] is None else _numbers(options["speeds"])
    channel = options.pop("channel")
    channel = int(channel) if channel.isdigit() else channel
    wanted = {path: Path(path) for path in snippets}
    if many:
        result = find_in_files(signal, wanted, channel=channel, n_threads=n_threads or 1, **options)
    else:
        with Finder(Path(signal), channel=channel, n_threads=n_threads) as finder:
            result = finder.find_all(wanted, **options)
    if plot:
        draw(plot, _picture_of_matches(signal, channel, result, snippets))
    if html:
        from tsconv.report import report_matches

        report_matches(Path(signal), wanted, result, html, channel=channel)
    if export:
        _write_excerpts(signal, channel, result, Path(export))
    write_table(result, output, as_json=as_json, index=False)
    if result.empty:
        click.echo("tsconv: nothing found.", err=True)
        sys.exit(NOTHING_FOUND)


def _numbers(text: str) -> list[float]:
    """Read numbers with commas between them."""
    try:
        return [float(word) for word in text.split(",")]
    except ValueError:
        raise ValueError(f"--speeds takes numbers as in 0.97,1.03; got {text!r}.") from None


def _picture_of_matches(
    signal: str, channel: str | int, matches: Any, snippets: tuple[str, ...]
) -> Any:
    """Draw the matches of the first snippet that was found."""
    from tsconv.plot import plot_matches

    path = matches["snippet"].iloc[0] if len(matches) else snippets[0]
    shown = matches[matches["snippet"] == path]
    return plot_matches(Path(signal), Path(path), shown, channel=channel)


def _write_excerpts(signal: str, channel: str | int, matches: Any, folder: Path) -> None:
    """Write each matched stretch of what was searched as a WAV file, in no fewer bits.

    Files are named after snippet and number.
    """
    from tsconv.audio import AudioReader, write_audio

    folder.mkdir(parents=True, exist_ok=True)
    with AudioReader(Path(signal), channel=channel) as reader:
        fs, n_obs = reader.info.fs, reader.info.n_obs
        coding = reader.info.format.split()[-1]
        coding = coding if coding in ("PCM_24", "PCM_32", "FLOAT", "DOUBLE") else "PCM_16"
        for number, match in enumerate(matches.to_dict("records"), 1):
            start = max(int(match["offset"]), 0)
            length = round((match["end"] - match["time"]) * fs)
            excerpt = reader.read(start, min(start + length, n_obs))
            name = f"{Path(match['snippet']).stem}-{number}.wav"
            with replacing(folder / name) as temporary:
                write_audio(temporary, excerpt, fs, subtype=coding)
