"""The page around a report: sections in, one self-contained HTML file out.

Every text of the caller's goes through `escaped`; figures are plotly's, whose script the page
carries, so that the file opens anywhere and years later.
"""

from __future__ import annotations

import html
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from tsconv._tables import write_text
from tsconv._version import __version__

_STYLE = """
:root { color-scheme: light; --ink: #1a1a1a; --soft: #5a5a5a; --line: #d9d9d9; }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: #fff;
  margin: 0 auto; max-width: 68rem; padding: 1.5rem; }
h1 { font-size: 1.6rem; margin: 0 0 .2rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .4rem; }
p { margin: .4rem 0; max-width: 46rem; } .lead { color: var(--soft); }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .92rem; }
th, td { padding: .25rem .7rem; text-align: right; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; }
tr.match { cursor: pointer; } tr.match:hover, tr.match:focus { background: #eef5fa; }
tr.match.chosen { background: #dcebf5; }
.scroll { overflow-x: auto; } code { font-size: .9em; }
audio { height: 2rem; vertical-align: middle; }
footer { margin-top: 3rem; color: var(--soft); font-size: .85rem; }
@media print {
  html { font-size: 13px; } body { max-width: none; padding: 0; }
  audio, button, .modebar, .screen { display: none !important; }
  h2 { break-after: avoid; } tr, .js-plotly-plot { break-inside: avoid; }
  footer { margin-top: 1rem; }
}
"""


# Below the panels, where rows that wrap on a narrow screen push the panels up and hide nothing.
LEGEND = {"orientation": "h", "x": 0, "y": -0.2, "yanchor": "top"}


@dataclass(frozen=True)
class Section:
    """A heading and ready HTML below it."""

    title: str
    content: str


def escaped(text: object) -> str:
    """Return any text as HTML that shows it."""
    return html.escape(str(text))


def label(text: object, most: int = 60) -> str:
    """Return any text as a label of a figure; quotes stay, since plotly would show their code."""
    words = str(text)
    return html.escape(words if len(words) <= most else words[: most - 3] + "...", quote=False)


def faded(colour: str, alpha: float) -> str:
    """Return a colour such as ``#CF5700`` with a share of transparency."""
    red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"


def table_html(table: pd.DataFrame, *, digits: int = 5) -> str:
    """Return a table as HTML, numbers to so many digits, all text escaped."""

    def number(value: float) -> str:
        return f"{value:.{digits}g}"

    return (
        '<div class="scroll">'
        + table.to_html(float_format=number, border=0, escape=True, na_rep="")
        + "</div>"
    )


def figure_html(figure: Any, name: str) -> str:
    """Return a plotly figure as HTML; the script it needs is the page's."""
    import plotly.io

    return str(
        plotly.io.to_html(
            figure,
            full_html=False,
            include_plotlyjs=False,
            div_id=name,
            config={"displaylogo": False, "responsive": True, "scrollZoom": True},
        )
    )


def new_figure(
    rows: int = 1, *, height: int = 360, titles: Sequence[str] = (), **options: Any
) -> Any:
    """Return an empty plotly figure of `rows` panels in the style of all reports."""
    from plotly.subplots import make_subplots

    figure = make_subplots(
        rows=rows,
        cols=1,
        subplot_titles=[escaped(title) for title in titles] or None,
        vertical_spacing=0.12 if options.get("shared_xaxes") else 0.22,
        **options,
    )
    figure.update_layout(
        template="simple_white",
        height=height,
        margin={"l": 60, "r": 20, "t": 40, "b": 45},
        legend=LEGEND,
        hovermode="x unified",
    )
    return figure


def check_plotly() -> None:
    """Say how to get plotly where it is not installed, before any work is done."""
    try:
        import plotly  # noqa: F401
    except ImportError:
        raise ImportError(
            "an HTML report needs the library plotly, which is not installed."
            ' Install it with: pip install "tsconvolve[html]"'
        ) from None


def write_page(
    path: str | os.PathLike[str],
    title: str,
    lead: str,
    sections: Sequence[Section],
    script: str = "",
) -> None:
    """Write the page, whole or not at all.

    Parameters
    ----------
    path : path
    title, lead : str
        Plain text; escaped here.
    sections : sequence of Section
    script : str
        JavaScript that runs after all else.
    """
    from plotly.offline import get_plotlyjs

    body = "".join(f"<h2>{escaped(s.title)}</h2>{s.content}" for s in sections)
    page = (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escaped(title)}</title><style>{_STYLE}</style>"
        f"<script>{get_plotlyjs()}</script></head><body>"
        f'<h1>{escaped(title)}</h1><p class="lead">{escaped(lead)}</p>{body}'
        f"<footer>Written by tsconv {escaped(__version__)}.</footer>"
        f"<script>{script}</script></body></html>\n"
    )
    write_text(page, os.fspath(path))
