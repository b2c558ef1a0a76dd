"""Many series in long form, taken apart for kernels: a row of the frame for each observation."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tsconv._checks import FloatArray
from tsconv._frames import take_apart


def long_form(
    df: pd.DataFrame, id_col: str, time_col: str, target_col: str
) -> tuple[pd.Index, FloatArray, NDArray[np.intp], NDArray[np.intp]]:
    """Return names of the series, values, rows series by series, and the lengths of the series."""
    absent = [c for c in (id_col, time_col, target_col) if c not in df.columns]
    if absent:
        raise ValueError(
            f"`df` must have the columns {id_col!r}, {time_col!r} and {target_col!r};"
            f" {absent} not found. Name yours: id_col=..., time_col=..., target_col=..."
        )
    codes, ids = pd.factorize(df[id_col])
    if np.any(codes < 0):
        raise ValueError(f"`df[{id_col!r}]` must name a series in each row; some are missing.")
    order = np.argsort(codes, kind="stable")
    times = df[time_col].to_numpy()[order]
    same = codes[order][1:] == codes[order][:-1]
    if np.any(same & ~(times[1:] > times[:-1])):
        raise ValueError(
            f"the rows of a series must be in the order of {time_col!r}, each time once; try"
            f" df.sort_values([{id_col!r}, {time_col!r}])."
        )
    lengths = np.bincount(codes, minlength=len(ids))
    return pd.Index(ids), take_apart(df[target_col], "df").values, order, lengths


def groups(order: NDArray[np.intp], lengths: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
    """Yield the rows of all series of one length, shape (n_series, length), length after length."""
    ends = np.cumsum(lengths)
    for length in np.unique(lengths):
        chosen = np.flatnonzero(lengths == length)
        first = ends[chosen] - length
        yield order[first[:, None] + np.arange(length)]


def places(order: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return where each row stands in `order`."""
    found = np.empty_like(order)
    found[order] = np.arange(order.size)
    return found
