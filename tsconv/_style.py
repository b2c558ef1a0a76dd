"""Colours and line styles of every picture, in one place.

`BLUE`, `ORANGE`, `SKY` and `BLACK` are for lines that are compared, in this order, each with a line
style of its own; `GREY` is for the data behind them and for reference lines. Any two differ in
lightness, so that they can be told apart in grey print, and in colour also for readers who see no
red, no green or no blue: a test holds them to numbers. Images are drawn in `COLOUR_MAP`, whose
lightness rises evenly.
"""

from __future__ import annotations

from typing import Any

BLUE, ORANGE, SKY, BLACK, GREY = "#0B4C8C", "#CF5700", "#82C4F2", "#161616", "#A0A0A0"
COLOURS = (BLUE, ORANGE, SKY, BLACK)
LINES = ("-", "--", "-.", ":")
COLOUR_MAP = "cividis"


def style() -> dict[str, Any]:
    """Return matplotlib settings with these colours and line styles, for pictures of your own.

    Examples
    --------
    >>> from matplotlib import pyplot as plt
    >>> from tsconv.plot import style
    >>> with plt.rc_context(style()):
    ...     figure, axes = plt.subplots()
    ...     first, second = axes.plot([[0, 1], [1, 2]])
    >>> first.get_color(), first.get_linestyle(), second.get_linestyle()
    ('#0B4C8C', '-', '--')
    """
    from cycler import cycler

    return {
        "axes.prop_cycle": cycler(color=COLOURS) + cycler(linestyle=LINES),
        "image.cmap": COLOUR_MAP,
        "legend.handlelength": 2.6,
    }
