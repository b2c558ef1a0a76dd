"""``tsconv spectrum``: the spectrum or the bands of a column or a recording."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from tsconv._tables import read_series, write_table
from tsconv.cli._shared import draw, json_option, output_option, plot_option, time_option

_AUDIO = {".wav", ".flac", ".ogg", ".mp3", ".aiff", ".aif", ".au", ".opus"}


@click.command()
@click.argument("file", metavar="FILE|-")
@click.option("-c", "--column", help="Column to use; by default the only one.")
@time_option
@click.option("--fs", type=float, help="Sampling rate in Hz; default: from the times or the file.")
@click.option(
    "--method",
    type=click.Choice(["fft", "welch", "multitaper"]),
    default="fft",
    show_default=True,
    help="How the spectrum is estimated.",
)
@click.option(
    "--bands",
    metavar="KIND",
    help="Write levels in bands instead: octave, third-octave, or edges as in 20,200,2000.",
)
@click.option("--window", help="Bands over time: window in samples or, with times, as a duration.")
@click.option("--missing", default="raise", show_default=True, help="raise or interpolate.")
@json_option
@output_option
@plot_option
def spectrum(
    file: str,
    column: str | None,
    time: str | None,
    fs: float | None,
    method: str,
    bands: str | None,
    window: str | None,
    missing: str,
    as_json: bool,
    output: str,
    plot: str | None,
) -> None:
    r"""Write the spectrum of a column of a CSV file, or of a recording.

    Frequencies are in Hz, cycles per day or cycles per year, whichever fits the times.

    \b
    tsconv spectrum co2.csv --missing interpolate --plot spectrum.png
    tsconv spectrum long.flac --bands octave --plot bars.png
    tsconv spectrum long.flac --bands third-octave --window 4000
    """
    from tsconv.spectra import band_levels, pictures
    from tsconv.spectra import spectrum as transform

    x, rate = _read(file, column, time)
    options: dict[str, Any] = {"fs": fs if fs is not None else rate, "missing": missing}
    if window is not None and bands is None:
        raise ValueError("--window goes with --bands.")
    if bands is None:
        result = transform(x, method=method, **options)  # type: ignore[arg-type]
        draw_it: Any = pictures.plot_spectrum
    else:
        width = int(window) if window is not None and window.isdigit() else window
        result = band_levels(x, bands=_bands(bands), window=width, **options)
        draw_it = pictures.plot_bands
    if plot:
        draw(plot, draw_it(result))
    write_table(result, output, as_json=as_json)


def _read(file: str, column: str | None, time: str | None) -> tuple[Any, float | None]:
    """Return a series, and its rate in Hz if it is a recording."""
    if Path(file).suffix.lower() in _AUDIO:
        from tsconv.audio import read_audio

        if not Path(file).is_file():
            raise FileNotFoundError(f"there is no file {file!r}.")
        if column or time:
            raise ValueError("--column and --time go with tables; a recording has neither.")
        return read_audio(Path(file))
    return read_series(file, time=time, column=column), None


def _bands(text: str) -> Any:
    if text in ("octave", "third-octave"):
        return text
    try:
        return [float(word) for word in text.split(",")]
    except ValueError:
        raise ValueError(
            f"--bands takes octave, third-octave or edges with commas; got {text!r}."
        ) from None
