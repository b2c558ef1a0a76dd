"""``tsconv convolve``: apply a kernel to the columns of a table."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

import click

from tsconv._tables import read_table, write_table
from tsconv.cli._shared import draw, json_option, output_option, plot_option, time_option


@click.command()
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
@time_option
@click.option("--boundary", default="missing", show_default=True, help="What lies beyond the ends.")
@click.option("--missing", default="propagate", show_default=True, help="What to do in gaps.")
@click.option("--min-weight", type=float, help="Share of the weight that must lie on samples.")
@click.option("--method", default="auto", show_default=True, help="The engine.")
@json_option
@output_option
@plot_option
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

        draw(plot, plot_smoothing(table.iloc[:, 0], result.iloc[:, 0]))
    write_table(result, output, as_json=as_json)


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
        near = get_close_matches(name, makers, n=1)
        hint = f" Try {near[0]}:{value or 3}." if near else ""
        raise ValueError(f"a kernel is written NAME:VALUE with one of {names}; got {text!r}.{hint}")
    return makers[name]()
