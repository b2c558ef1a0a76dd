"""Panels as Parquet files: `save` and `load_panel`."""

from __future__ import annotations

import os
from typing import Any

import pandas as pd

from tsconv._tables import replacing
from tsconv.panel.frames import Names
from tsconv.panel.result import PanelFit

FORMAT = "tsconv.PanelFit"
VERSION = 1


def save(panel: PanelFit, path: str | os.PathLike[str]) -> None:
    """Write a panel to a Parquet file, whole or not at all."""
    names = panel.names
    table = panel.table.copy()
    table.attrs = {
        "format": FORMAT,
        "version": VERSION,
        "id": names.id,
        "time": names.time,
        "target": names.target,
        "exog": list(names.exog),
        "freq": None if panel.freq is None else _alias(panel.freq),
    }
    with replacing(os.fspath(path)) as temporary:
        table.to_parquet(temporary, index=False)


def load_panel(path: str | os.PathLike[str]) -> PanelFit:
    """Read a panel written by `PanelFit.save`.

    Raises
    ------
    ValueError
        If the file is something else, or from a newer version.
    """
    table = pd.read_parquet(path)
    about = dict(table.attrs)
    if about.get("format") != FORMAT:
        raise ValueError(f"`path` must be a file written by `PanelFit.save`; {path} is not.")
    if about["version"] > VERSION:
        raise ValueError(
            f"{path} was written by a newer tsconv (file version {about['version']}, known up to"
            f" {VERSION}). Upgrade tsconv."
        )
    names = Names(about["id"], about["time"], about["target"], tuple(about["exog"]))
    table.attrs = {}
    return PanelFit(with_plain_columns(table), names, about["freq"])


def with_plain_columns(table: pd.DataFrame) -> pd.DataFrame:
    """Give a table that has been elsewhere the columns it had here: str, bytes and None."""
    table = table.reset_index(drop=True)
    for name in ("model", "note", "reason", "step", "spec", "state", "residuals"):
        if name in table:
            column = table[name].astype(object)
            table[name] = column.where(column.notna(), None)
    for name in ("state", "residuals"):
        if name in table:
            table[name] = pd.Series([bytes(entry) for entry in table[name]], dtype=object)
    return table


def _alias(freq: Any) -> str:
    return str(pd.tseries.frequencies.to_offset(freq).freqstr)
