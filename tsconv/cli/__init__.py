"""The command line, a file for each command.

``tsconv demo | convolve | arima | forecast | panel | find | spectrum``

Each command reads CSV (a file or ``-``) or audio and writes CSV or JSON to standard output or to
``--output``. Exit status: 0 done, 1 nothing found, 2 bad input, said in one clear line.
"""

from __future__ import annotations

import click

from tsconv._version import __version__
from tsconv.cli._shared import BAD_INPUT, NOTHING_FOUND, Commands
from tsconv.cli.arima import arima
from tsconv.cli.convolve import convolve, parse_kernel
from tsconv.cli.demo import demo
from tsconv.cli.find import find
from tsconv.cli.forecast import forecast
from tsconv.cli.panel import panel
from tsconv.cli.spectrum import spectrum

__all__ = ["BAD_INPUT", "NOTHING_FOUND", "main", "parse_kernel"]


@click.group(
    cls=Commands,
    commands=[demo, convolve, arima, forecast, find, spectrum, panel],
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="tsconv")
def main() -> None:
    r"""Time-series models as kernels, used by convolution.

    \b
    tsconv demo                                     see what it does, on data that ship with it
    tsconv convolve co2.csv --kernel gaussian:30D   smooth a series
    tsconv arima nile.csv --order 1,0,1             fit a model, compare, forecast
    tsconv panel sales.csv --steps 12               forecast many series
    tsconv forecast nile.csv --steps 10             find a model and go on with it
    tsconv find long.flac clip.wav                  where does the clip occur?
    tsconv spectrum long.flac --bands octave        the bars of an equalizer
    """
