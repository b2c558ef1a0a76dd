"""The command line: ``tsconv demo | convolve | arima | find``.

Each command reads CSV (a file or ``-``) or audio and writes CSV or JSON to standard output or to
``--output``. Exit status: 0 done, 1 nothing found, 2 bad input, said in one clear line.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import click

from tsconv._tables import read_table, replacing, write_table
from tsconv._version import __version__

NOTHING_FOUND, BAD_INPUT = 1, 2


class _Commands(click.Group):
    """Commands whose errors are one line on standard error, never a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; turn bad input into exit status 2."""
        try:
            with warnings.catch_warnings():
                warnings.showwarning = _show_warning
                return super().invoke(ctx)
        except BrokenPipeError:
            # The reader has gone (`| head`): stop quietly, as other tools do.
            sys.stderr.close()
            sys.exit(0)
        except (ValueError, TypeError, ArithmeticError, OSError) as error:
            _fail(str(error) or type(error).__name__)


def _fail(message: str) -> NoReturn:
    click.echo("tsconv: " + " ".join(message.split()), err=True)
    sys.exit(BAD_INPUT)


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    click.echo(f"tsconv: warning: {' '.join(str(message).split())}", err=True)


_time = click.option(
    "--time",
    metavar="COLUMN",
    help="Column with the times; by default the first if it holds dates or years.",
)
_json = click.option("--json", "as_json", is_flag=True, help="Write JSON instead of CSV.")
_output = click.option(
    "-o", "--output", default="-", metavar="FILE", help="Write to a file, whole or not at all."
)
_plot = click.option(
    "--plot", type=click.Path(dir_okay=False), help="Draw the result (PNG, SVG, PDF)."
)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="tsconv")
def main() -> None:
    r"""Time-series models as kernels, used by convolution.

    \b
    tsconv demo                                     see what it does, on data that ship with it
    tsconv convolve co2.csv --kernel gaussian:30D   smooth a series
    tsconv arima nile.csv --order 1,0,1             fit a model, compare, forecast
    tsconv find long.flac clip.wav                  where does the clip occur?
    """


@main.command()
@click.argument("folder", default="tsconv-demo", type=click.Path(file_okay=False))
def demo(folder: str) -> None:
    """Show the package at work and draw PNG files into FOLDER (tsconv-demo by default)."""
    from tsconv.demo import run_demo

    run_demo(Path(folder), click.echo)


@main.command()
@click.argument("file", metavar="FILE|-")
@click.option(
    "-k",
    "--kernel",
    "text",
    required=True,
    metavar="NAME[:VALUE]",
    help="moving_average:7, gaussian:90min, binomial:4, exponential:0.2, difference:12 or"
    " taps:0.25,0.5,0.25. Widths are samples or, with a time column, durations.",
)
@click.option("-c", "--column", "columns", multiple=True, help="Column to use; repeat for several.")
@_time
@click.option("--boundary", default="missing", show_default=True, help="What lies beyond the ends.")
@click.option("--missing", default="propagate", show_default=True, help="What to do in gaps.")
@click.option("--min-weight", type=float, help="Share of the weight that must lie on samples.")
@click.option("--method", default="auto", show_default=True, help="The engine.")
@_json
@_output
@_plot
def convolve(
    file: str,
    text: str,
    columns: tuple[str, ...],
    time: str | None,
    as_json: bool,
    output: str,
    plot: str | None,
    **options: Any,
) -> None:
    r"""Apply a kernel to the columns of a CSV file.

    Gaps (empty fields) stay local; `--missing renormalize` weighs what is there.

    \b
    tsconv convolve co2.csv -k gaussian:30D --missing renormalize --plot co2.png
    cat prices.csv | tsconv convolve - -k difference:1 -c close
    """
    from tsconv.convolution import convolve as apply

    table = read_table(file, time=time, columns=columns)
    result = apply(table, parse_kernel(text), **options)
    if plot:
        from tsconv.plot import plot_smoothing

        _draw(plot, plot_smoothing(table.iloc[:, 0], result.iloc[:, 0]))
    write_table(result, output, as_json=as_json)


@main.command()
@click.argument("file", metavar="FILE|-")
@click.option("--order", default="1,0,0", show_default=True, help="p,d,q")
@click.option("--seasonal", default="0,0,0,0", help="P,D,Q,s with the season s in samples.")
@click.option(
    "--trend", type=click.Choice(["n", "c", "t", "ct"]), help="Default: c without differencing."
)
@click.option("-c", "--column", help="Column to model; by default the only one.")
@_time
@click.option("--forecast", "steps", type=click.IntRange(min=1), help="Write a forecast instead.")
@click.option(
    "--level", multiple=True, type=float, default=(80, 95), show_default=True, help="Per cent."
)
@click.option("--compare", is_flag=True, help="Write tsconv beside statsmodels instead.")
@_json
@_output
@_plot
def arima(
    file: str,
    order: str,
    seasonal: str,
    trend: str | None,
    column: str | None,
    time: str | None,
    steps: int | None,
    level: tuple[float, ...],
    compare: bool,
    as_json: bool,
    output: str,
    plot: str | None,
) -> None:
    r"""Fit an ARIMA model to a column; write its parameters.

    \b
    tsconv arima nile.csv --order 1,0,1
    tsconv arima co2.csv --order 0,1,1 --seasonal 0,1,1,52 --forecast 52 --plot forecast.png
    """
    from tsconv.arima import fit_arima

    table = read_table(file, time=time, columns=(column,) if column else ())
    if table.shape[1] != 1:
        names = ", ".join(map(repr, table.columns))
        raise ValueError(f"choose one column with --column; {file} has {names}.")
    fit = fit_arima(
        table.iloc[:, 0],
        _whole_numbers(order, 3, "--order p,d,q"),
        seasonal_order=_whole_numbers(seasonal, 4, "--seasonal P,D,Q,s"),
        trend=trend,
    )
    if plot:
        from tsconv.arima.pictures import plot_fit

        _draw(plot, plot_fit(fit, steps=steps or 0))
    if steps:
        result = fit.forecast(steps, level=level)
    else:
        result = fit.compare() if compare else fit.table()
    write_table(result, output, as_json=as_json)


@main.command()
@click.argument("signal", metavar="LONG")
@click.argument("snippets", metavar="SNIPPET...", nargs=-1, required=True)
@click.option("--threshold", type=float, help="Smallest absolute correlation; default: by chance.")
@click.option(
    "--false-alarm", type=float, default=0.01, show_default=True, help="Probability of any."
)
@click.option("--top", type=click.IntRange(min=1), help="At most so many matches of each snippet.")
@click.option(
    "--polarity",
    type=click.Choice(["either", "same", "opposite"]),
    default="either",
    show_default=True,
)
@click.option(
    "--whiten",
    type=click.Choice(["auto", "snippet", "signal", "none"]),
    default="auto",
    show_default=True,
    help="Whose colour is taken out before significance is judged.",
)
@click.option("--export", type=click.Path(file_okay=False), help="Folder for the excerpts (WAV).")
@_json
@click.option("--csv", "as_csv", is_flag=True, help="Write CSV (the default).")
@_output
@_plot
def find(
    signal: str,
    snippets: tuple[str, ...],
    as_json: bool,
    as_csv: bool,
    output: str,
    plot: str | None,
    export: str | None,
    **options: Any,
) -> None:
    r"""Find where a short SNIPPET occurs in a LONG recording (WAV, FLAC, OGG, MP3).

    The scores are correlations: 1 is a perfect match at any loudness. Exit status 1: nothing found.

    \b
    tsconv find long.flac clip.wav --plot matches.png
    tsconv find long.flac a.wav b.wav --json | jq '.[].time'
    tsconv find long.flac clip.wav --export clips
    """
    from tsconv.search import Finder

    if as_json and as_csv:
        raise ValueError("--json and --csv exclude each other; choose one.")
    for path in (signal, *snippets):
        if not Path(path).is_file():
            raise FileNotFoundError(f"there is no file {path!r}.")
    options["whiten"] = None if options["whiten"] == "none" else options["whiten"]
    with Finder(Path(signal)) as finder:
        result = finder.find_all({path: Path(path) for path in snippets}, **options)
    if plot:
        _draw(plot, _picture_of_matches(signal, result, snippets))
    if export:
        _write_excerpts(signal, result, Path(export))
    write_table(result, output, as_json=as_json, index=False)
    if result.empty:
        click.echo("tsconv: nothing found.", err=True)
        sys.exit(NOTHING_FOUND)


def parse_kernel(text: str) -> Any:
    """Build a kernel from ``name:value`` as the command line writes it.

    Examples
    --------
    >>> parse_kernel("taps:0.25,0.5,0.25")
    Kernel([0.25 0.5 0.25], origin=1)
    """
    from tsconv import kernels
    from tsconv.kernel import Kernel

    name, _, value = text.partition(":")

    def width(words: str, kind: Callable[[str], Any]) -> Any:
        try:
            return kind(words)
        except ValueError:
            return words

    if name == "taps":
        try:
            taps = [float(word) for word in value.split(",")]
        except ValueError:
            raise ValueError(
                f"taps must be numbers as in taps:0.25,0.5,0.25; got {text!r}."
            ) from None
        return Kernel(taps, origin=(len(taps) - 1) // 2)
    makers: dict[str, Callable[[], Any]] = {
        "moving_average": lambda: kernels.moving_average(width(value, int)),
        "gaussian": lambda: kernels.gaussian(width(value, float)),
        "binomial": lambda: kernels.binomial(width(value, int)),
        "exponential": lambda: (
            kernels.exponential(alpha=alpha)
            if isinstance(alpha := width(value, float), float)
            else kernels.exponential(halflife=alpha)
        ),
        "difference": lambda: kernels.difference(period=width(value or "1", int)),
    }
    if name not in makers or (not value and name != "difference"):
        names = ", ".join([*makers, "taps"])
        raise ValueError(f"a kernel is written NAME:VALUE with one of {names}; got {text!r}.")
    return makers[name]()


def _whole_numbers(text: str, count: int, form: str) -> Any:
    try:
        numbers = tuple(int(word) for word in text.split(","))
    except ValueError:
        numbers = ()
    if len(numbers) != count:
        raise ValueError(f"{form} takes {count} whole numbers with commas; got {text!r}.")
    return numbers


def _draw(path: str, picture: Any) -> None:
    """Save a Figure, or the figure of an Axes, whole or not at all."""
    from matplotlib import pyplot as plt

    figure = getattr(picture, "figure", picture)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=120)
    plt.close(figure)


def _picture_of_matches(signal: str, matches: Any, snippets: tuple[str, ...]) -> Any:
    """Draw the matches of the first snippet that was found."""
    from tsconv.audio import read_audio, resample
    from tsconv.plot import plot_matches

    path = matches["snippet"].iloc[0] if len(matches) else snippets[0]
    long, fs = read_audio(Path(signal))
    short, short_fs = read_audio(Path(path))
    if short_fs != fs:
        short = resample(short, short_fs, fs)
    return plot_matches(long, short, matches[matches["snippet"] == path], fs=fs)


def _write_excerpts(signal: str, matches: Any, folder: Path) -> None:
    """Write each matched stretch as a WAV file named after its snippet and number."""
    from tsconv.audio import AudioReader, write_audio

    folder.mkdir(parents=True, exist_ok=True)
    with AudioReader(Path(signal)) as reader:
        fs, n_obs = reader.info.fs, reader.info.n_obs
        for number, match in enumerate(matches.to_dict("records"), 1):
            start = max(int(match["offset"]), 0)
            length = round((match["end"] - match["time"]) * fs)
            excerpt = reader.read(start, min(start + length, n_obs))
            name = f"{Path(match['snippet']).stem}-{number}.wav"
            with replacing(folder / name) as temporary:
                write_audio(temporary, excerpt, fs)
