"""Panels in notebooks: the first rows of small tables; whatever names hold is escaped."""

from __future__ import annotations

import pandas as pd


def first_rows(table: pd.DataFrame, n: int = 5) -> str:
    """Write the first rows as an HTML table, and how many there are besides."""
    more = len(table) - n
    shown = table.head(n).to_html(index=False, border=0, escape=True)
    return shown + (f"<small>and {more:,} more</small>" if more > 0 else "")


def failures_html(failures: pd.DataFrame, what: str) -> str:
    """Count what could not be done, and give the first few reasons; nothing if all is well."""
    if failures.empty:
        return ""
    head = f"<p>{len(failures):,} {what} failed, see <code>.failures</code>:</p>"
    with pd.option_context("display.max_colwidth", 120):
        return head + first_rows(failures, 3)
