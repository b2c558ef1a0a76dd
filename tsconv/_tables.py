"""Tables for the command line: CSV in, CSV or JSON out, whole files or none."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pandas as pd


def read_csv(path: str) -> pd.DataFrame:
    """Read a CSV file, or standard input for ``-``, as it is; errors are one clear line."""
    source = "standard input" if path == "-" else path
    try:
        return pd.read_csv(sys.stdin if path == "-" else path)
    except FileNotFoundError:
        raise FileNotFoundError(f"there is no file {path!r}.") from None
    except (pd.errors.EmptyDataError, pd.errors.ParserError, UnicodeDecodeError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ValueError(f"{source} is not a CSV table with a header line: {reason}") from None


def read_table(
    path: str, *, time: str | None = None, columns: tuple[str, ...] = ()
) -> pd.DataFrame:
    """Read a CSV file, or standard input for ``-``, into numeric columns.

    Parameters
    ----------
    path : str
        The file, or ``-``.
    time : str, optional
        Column with the time of each row. By default the first column if it holds dates, or whole
        numbers that rise by one.
    columns : tuple of str, optional
        The columns to keep; by default all that hold numbers.

    Raises
    ------
    ValueError
        If the file is no table, a column is not there, or no column holds numbers.
    """
    return _read(path, time, columns)[0]


def read_series(path: str, *, time: str | None = None, column: str | None = None) -> pd.Series[Any]:
    """Read one column of a CSV file; `path` and `time` as in `read_table`.

    Raises
    ------
    ValueError
        If there are several columns and none is chosen, be they text: it may name several series.
    """
    source = "standard input" if path == "-" else path
    table, texts = _read(path, time, (column,) if column else ())
    if table.shape[1] != 1:
        names = ", ".join(map(repr, table.columns))
        raise ValueError(f"choose one column with --column; {source} has {names}.")
    if texts:
        names = ", ".join(map(repr, texts))
        raise ValueError(
            f"{source} has columns that are neither times nor numbers: {names}. If they name"
            f" several series, use tsconv panel; else choose --column {table.columns[0]}."
        )
    return table.iloc[:, 0]


def _read(path: str, time: str | None, columns: tuple[str, ...]) -> tuple[pd.DataFrame, list[str]]:
    """Read numeric columns, and name the others where the columns were not chosen."""
    source = "standard input" if path == "-" else path
    table = read_csv(path)
    for name in (*columns, *([time] if time else [])):
        if name not in table.columns:
            found = ", ".join(map(repr, table.columns))
            raise ValueError(f"{source} has no column {name!r}; its columns are {found}.")
    if time is not None:
        table.index = _as_index(table.pop(time), strict=True)
    elif table.shape[1] > 1 and str(table.columns[0]) not in columns:
        index = _as_index(table.iloc[:, 0], strict=False)
        if index is not None:
            table = table.iloc[:, 1:].set_axis(index)
    texts = [] if columns else [str(name) for name in table.select_dtypes(exclude="number").columns]
    table = table[list(columns)] if columns else table.select_dtypes("number")
    if table.shape[1] == 0 or len(table) == 0:
        raise ValueError(f"{source} has no numbers in it; give a CSV with a numeric column.")
    for label, dtype in table.dtypes.items():
        if not pd.api.types.is_numeric_dtype(dtype):
            raise ValueError(f"column {label!r} of {source} must hold numbers; got dtype {dtype}.")
    return table, texts


def write_table(table: pd.DataFrame, output: str, *, as_json: bool, index: bool = True) -> None:
    """Write a table as CSV or JSON records to a file, or to standard output for ``-``."""
    if as_json:
        records = table.reset_index() if index else table
        write_text(records.to_json(orient="records", date_format="iso", indent=2) + "\n", output)
    else:
        write_text(table.to_csv(index=index), output)


def write_text(text: str, output: str) -> None:
    """Write text to a file, or to standard output for ``-``."""
    if output == "-":
        sys.stdout.write(text)
        return
    with replacing(output) as path:
        path.write_text(text, encoding="utf-8")


@contextlib.contextmanager
def replacing(output: str | Path) -> Iterator[Path]:
    """Give a temporary file beside `output` that takes its place only if all goes well."""
    target = Path(output)
    if not target.parent.is_dir():
        raise FileNotFoundError(f"the folder {str(target.parent)!r} does not exist.")
    handle, name = tempfile.mkstemp(dir=target.parent, suffix=target.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        # mkstemp makes files private; a result is an ordinary file.
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _as_index(column: pd.Series, *, strict: bool) -> Any:
    """Read dates, times, or whole numbers that rise by one (years, row numbers)."""
    if pd.api.types.is_integer_dtype(column.dtype):
        if strict or (len(column) > 1 and (column.diff().iloc[1:] == 1).all()):
            return pd.Index(column)
        return None
    if not pd.api.types.is_string_dtype(column.dtype):
        return _no_times(column) if strict else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # on guessing the format
        try:
            return pd.DatetimeIndex(pd.to_datetime(column), name=column.name)
        except (ValueError, TypeError):
            return _no_times(column) if strict else None


def _no_times(column: pd.Series) -> NoReturn:
    raise ValueError(f"column {column.name!r} must hold dates, times or whole numbers.")
