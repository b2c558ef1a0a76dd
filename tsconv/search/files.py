"""Search many recordings: a folder, a pattern, or a list of audio files."""

from __future__ import annotations

import glob
import importlib
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd

from tsconv._checks import check_choice, check_count
from tsconv.audio import SUFFIXES, AudioError
from tsconv.search.finder import Finder


def find_in_files(
    files: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    snippets: Any,
    *,
    engine: str = "threads",
    workers: int | None = None,
    errors: str = "raise",
    n_threads: int = 1,
    **options: Any,
) -> pd.DataFrame:
    """Find a snippet, or several, in many audio files.

    Parameters
    ----------
    files : path, pattern or list of paths
        A folder stands for all audio files in it and below; ``*``, ``?`` and ``**`` are patterns.
    snippets : snippet or mapping of str to snippet
        As in `tsconv.search.find` and `Finder.find_all`.
    engine : {"threads", "dask"}
        Where files are searched: on threads of this machine, or by dask on the cluster of the
        current ``dask.distributed.Client``, whose workers must see the files.
    workers : int, optional
        Number of files searched at once by threads; default one for each processor.
    errors : {"raise", "skip"}
        Whether a file that cannot be read ends the search.
    n_threads : int, default 1
        Threads within a file. Results depend on neither number.
    **options
        As in `tsconv.search.find`. P-values are for one file: with many files, divide `false_alarm`
        by their number.

    Returns
    -------
    DataFrame
        The tables of all files, best first, with a first column `file`.

    Raises
    ------
    FileNotFoundError
        If no audio file is meant.
    tsconv.audio.AudioError
        If a file cannot be read and `errors` is "raise".

    Examples
    --------
    >>> from tsconv import datasets
    >>> from tsconv.search import find_in_files
    >>> matches = find_in_files(datasets.audio_path().parent, datasets.snippet_path(), top=1)
    >>> sorted(matches["offset"])
    [0, 580321]
    """
    check_choice(engine, "engine", ("threads", "dask"))
    check_choice(errors, "errors", ("raise", "skip"))
    paths = list_files(files)
    options["n_threads"] = check_count(n_threads, "n_threads", minimum=1)
    skip = errors == "skip"
    if engine == "dask":
        dask: Any = importlib.import_module("dask")
        tasks = [dask.delayed(_search_file)(path, snippets, options, skip) for path in paths]
        tables = list(dask.compute(*tasks))
    else:
        count = check_count(workers or os.cpu_count() or 1, "workers", minimum=1)
        with ThreadPoolExecutor(count) as pool:
            tables = list(pool.map(lambda path: _search_file(path, snippets, options, skip), paths))
    # Empty tables would decide types that full ones have.
    filled = [table for table in tables if len(table)] or tables[:1]
    joined = pd.concat(filled, ignore_index=True)
    order = joined["score"].abs().sort_values(ascending=False, kind="stable").index
    ranked: pd.DataFrame = joined.loc[order].reset_index(drop=True)
    return ranked


def list_files(files: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]) -> list[str]:
    """Return the audio files that a folder, a pattern or a list stands for, sorted."""
    if not isinstance(files, str | os.PathLike):
        paths = [os.fspath(path) for path in files]
    elif Path(files).is_dir():
        paths = sorted(
            str(path) for path in Path(files).rglob("*") if path.suffix.lower() in SUFFIXES
        )
    elif Path(files).exists() or not glob.has_magic(os.fspath(files)):
        paths = [os.fspath(files)]
    else:
        paths = sorted(
            path for path in glob.glob(os.fspath(files), recursive=True) if Path(path).is_file()
        )
    if not paths:
        raise FileNotFoundError(
            f"`files` must stand for at least one audio file; nothing found for {files!r}."
        )
    return paths


def _search_file(path: str, snippets: Any, options: dict[str, Any], skip: bool) -> pd.DataFrame:
    """Search one file; a column `file` comes first."""
    try:
        own = {key: options[key] for key in ("channel", "n_threads") if key in options}
        rest = {key: value for key, value in options.items() if key not in own}
        with Finder(path, progress=False, **own) as finder:
            table = (
                finder.find_all(snippets, **rest)
                if isinstance(snippets, Mapping)
                else finder.find(snippets, **rest)
            )
    except AudioError:
        if not skip:
            raise
        table = Finder([0.0, 1.0, 0.0]).find([0.0, 1.0], threshold=1.0, polarity="negative")
    table.insert(0, "file", pd.Series([path] * len(table), dtype=object))
    return table
