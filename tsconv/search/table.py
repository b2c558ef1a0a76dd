"""The table of matches: a DataFrame that shows itself with a strip of where the matches lie."""

from __future__ import annotations

import pandas as pd

from tsconv._svg import places_svg

_LEFT_OUT = ("offset_fine", "offset_std_error")  # of the display; they are in the table


class Matches(pd.DataFrame):
    """Matches, a row each, best first; every operation on it gives a plain DataFrame.

    ``attrs["n_obs"]`` is the length of the signal and ``attrs["lengths"]`` that of each match, in
    samples.
    """

    @property
    def _constructor(self) -> type[pd.DataFrame]:
        return pd.DataFrame

    def __repr__(self) -> str:
        """Show the columns that one reads first in the width of a terminal."""
        with pd.option_context("display.max_columns", None, "display.precision", 3):
            table = pd.DataFrame(self).drop(columns=list(_LEFT_OUT), errors="ignore")
            if "speed" in table and (table["speed"] == 1).all():
                table = table.drop(columns="speed")
            return repr(table)

    def _repr_html_(self) -> str | None:
        """Show where the matches lie in the signal, and the columns one reads first."""
        head = pd.DataFrame(self).drop(columns=list(_LEFT_OUT), errors="ignore")
        shown: str | None = head._repr_html_()  # type: ignore[operator]
        total = self.attrs.get("n_obs")
        if not total or self.empty or shown is None:
            return shown
        lengths = self.attrs.get("lengths", [])
        if len(lengths) != len(self):  # rows were dropped in place
            lengths = [0] * len(self)
        strip = places_svg(self["offset"].tolist(), lengths, total)
        return f"<div><small>in {total:,} samples</small><br>{strip}{shown}</div>"
