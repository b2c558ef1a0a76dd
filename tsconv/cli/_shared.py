"""What commands share: options, pictures, exit statuses, and errors in one line."""

from __future__ import annotations

import re
import sys
import warnings
from typing import Any, NoReturn

import click

from tsconv._tables import replacing

NOTHING_FOUND, BAD_INPUT = 1, 2


class Commands(click.Group):
    """Commands whose errors are one line on standard error, never a traceback."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # click keeps the lines of a paragraph that starts with a backspace; the docstrings are raw.
        for command in (self, *self.commands.values()):
            command.help = (command.help or "").replace(r"\b", "\b")

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
        except (ValueError, TypeError, ArithmeticError, ImportError, OSError) as error:
            command = self.commands.get(ctx.invoked_subcommand or "", self)
            _fail(_in_words_of(command, str(error) or type(error).__name__))


def _in_words_of(command: click.Command, message: str) -> str:
    """Call arguments of Python by the names that they have on the command line."""
    for option in command.params:
        if isinstance(option, click.Option) and option.name:
            name = max(option.opts, key=len)
            message = message.replace(f"`{option.name}`", name)
            message = re.sub(rf'\b{option.name}="(\w+)"', rf"{name} \1", message)
    return message


def _fail(message: str) -> NoReturn:
    click.echo("tsconv: " + " ".join(message.split()), err=True)
    sys.exit(BAD_INPUT)


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    click.echo(f"tsconv: warning: {' '.join(str(message).split())}", err=True)


time_option = click.option(
    "--time",
    metavar="COLUMN",
    help="Column with the times; by default the first if it holds dates or years.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Write JSON instead of CSV.")
output_option = click.option(
    "-o", "--output", default="-", metavar="FILE", help="Write to a file, whole or not at all."
)
plot_option = click.option(
    "--plot", type=click.Path(dir_okay=False), help="Draw the result (PNG, SVG, PDF)."
)


def whole_numbers(text: str, count: int, form: str) -> Any:
    """Return `count` whole numbers as a tuple from ``1,2,3``."""
    try:
        numbers = tuple(int(word) for word in text.split(","))
    except ValueError:
        numbers = ()
    if len(numbers) != count:
        raise ValueError(f"{form} takes {count} whole numbers with commas; got {text!r}.")
    return numbers


def draw(path: str, picture: Any) -> None:
    """Save a Figure, or the figure of an Axes, whole or not at all."""
    from matplotlib import pyplot as plt

    figure = getattr(picture, "figure", picture)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=120)
    plt.close(figure)
