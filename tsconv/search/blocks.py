"""A long signal as stretches of samples, whatever it is and wherever it lies.

`open_signal` turns an array, a memmap, a Series, an audio file or an iterable of blocks into a
`Source`: a length, a sampling rate or an index if there is one, and `read(start, stop)`. `frames`
walks through it with overlap. Memory is a few blocks whatever the length; an iterable is laid down
in a temporary file as it comes, so that it too can be read twice.

Missing values (NaN) are kept; an infinite value is refused with its position.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tsconv._checks import FloatArray, check_positive
from tsconv.audio import AudioReader, is_audio_path, resample
from tsconv.engines import convolve_valid

_PIECE = 1 << 16  # samples read at a time into a long stretch
LONG = 1 << 20  # samples of a stretch from which on its precision counts in memory
_ROW = 4096  # samples that are looked at together
_FEW = 64  # samples that tell nothing


@dataclass(frozen=True)
class Source(AbstractContextManager["Source"]):
    """A signal that can be read piece by piece, and more than once.

    Attributes
    ----------
    n_obs : int
        Number of samples.
    fs : float or None
        Sampling rate in Hz, if known.
    index : Index or None
        The labels of a Series that has more to say than 0, 1, 2, ...
    is_series : bool
        Whether a Series came in, so that a Series may go out.
    """

    n_obs: int
    fs: float | None
    index: pd.Index[Any] | None
    is_series: bool
    _read: Callable[[int, int], FloatArray]
    _close: Callable[[], None] = lambda: None
    _values: NDArray[Any] | None = None
    _steady: bool = False
    single: bool = False  # whether single precision holds the samples

    @property
    def steady(self) -> bool:
        """Whether several threads may read at once, in any order: a file is no thing for that."""
        return self._steady or self.viewable

    @property
    def viewable(self) -> bool:
        """Whether `view` gives samples without a copy: an array or a memmap of floats."""
        return self._values is not None

    def view(self, start: int, stop: int) -> NDArray[Any]:
        """Return samples as they are, float32 or float64, not checked; or as `read` does."""
        if self._values is None:
            return self.read(start, stop)
        return self._values[start : min(stop, self.n_obs)]

    def read(self, start: int, stop: int) -> FloatArray:
        """Return samples `start` to `stop` (not included) as a new float64 array."""
        return check_no_infinity(self._read(start, min(stop, self.n_obs)), start)

    def part(self, first: int, last: int) -> Source:
        """Return samples `first` to `last` (not included) as a signal of its own."""
        return Source(
            last - first,
            None,
            None,
            False,
            lambda start, stop: self.read(first + start, first + stop),
            _steady=self.steady,
        )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()


def open_signal(
    signal: Any, *, fs: float | None = None, channel: str | int = "mix", name: str = "signal"
) -> Source:
    """Open a signal for reading.

    Parameters
    ----------
    signal : array_like, Series, path or iterable of array_like
        One channel of real numbers; the path of an audio file; or blocks that follow each other.
    fs : float, optional
        Sampling rate in Hz. An audio file knows its own and a different one is refused. A Series
        gives it by ``attrs["fs"]``.
    channel : "mix" or int
        What to read of an audio file with several channels.
    name : str
        How messages call it.
    """
    rate = None if fs is None else check_positive(fs, "fs" if name == "signal" else f"{name}_fs")
    if is_audio_path(signal):
        return _from_audio(signal, rate, channel)
    if isinstance(signal, pd.DataFrame):
        raise TypeError(
            f"`{name}` must be one series; got a DataFrame with columns {list(signal.columns)!r}."
            " Pass one of its columns."
        )
    if isinstance(signal, pd.Series):
        return _from_series(signal, rate, name)
    if hasattr(signal, "__array__") or isinstance(signal, list | tuple):
        values = _as_numbers(signal, name)
        return _from_array(values, rate, None, is_series=False)
    if isinstance(signal, Iterable):
        return _from_blocks(signal, rate, name)
    raise TypeError(
        f"`{name}` must be an array, a Series, the path of an audio file or an iterable of blocks;"
        f" got {type(signal).__name__}."
    )


def read_snippet(
    snippet: Any, fs: float | None = None, *, signal_fs: float | None, name: str = "snippet"
) -> FloatArray:
    """Return all samples of a snippet, at the rate of the signal if both rates are known."""
    with open_signal(snippet, fs=fs, name=name) as source:
        samples, rate = source.read(0, source.n_obs), source.fs
    bad = np.flatnonzero(np.isnan(samples))
    if bad.size:
        raise ValueError(
            f"`{name}` must be complete; got {bad.size} missing values, first at position {bad[0]}."
            " Fill them or choose another stretch."
        )
    if rate is None or signal_fs is None or rate == signal_fs:
        return samples
    return resample(samples, rate, signal_fs)


def padded(source: Source, n_missing: int) -> Source:
    """Put so many missing values before and after a signal."""
    if n_missing == 0:
        return source

    def read(start: int, stop: int) -> FloatArray:
        out = np.full(max(0, stop - start), np.nan)
        first, last = max(start - n_missing, 0), min(stop - n_missing, source.n_obs)
        if last > first:
            out[first + n_missing - start : last + n_missing - start] = source.read(first, last)
        return out

    return Source(source.n_obs + 2 * n_missing, source.fs, None, False, read)


def frames(
    source: Source, hop: int, span: int, n_lags: int, *, compact: bool = False
) -> Iterator[tuple[int, NDArray[Any]]]:
    """Yield (start, samples): every `hop` of `n_lags` a stretch of `span`, shorter at the end.

    Each sample is read once. What is yielded is a view that the next step overwrites. With
    `compact`, long stretches are in single precision where that holds them (`fits_single`).
    """
    size = min(source.n_obs, span)
    buffer: NDArray[Any] = np.empty(size, np.float32 if compact and size > LONG else np.float64)
    origin, filled = 0, 0  # buffer[0] is sample `origin`; `filled` elements are valid
    for start in range(0, n_lags, hop):
        stop = min(start + span, source.n_obs)
        if start > origin:
            _shift(buffer, start - origin, filled)
            filled -= start - origin
            origin = start
        buffer = _fill(buffer, filled, source, origin + filled, stop)
        filled = stop - origin
        yield start, buffer[:filled]


def read_long(source: Source, start: int, stop: int, *, compact: bool = True) -> NDArray[Any]:
    """Read samples as `frames` does."""
    size = max(0, min(stop, source.n_obs) - start)
    buffer = np.empty(size, np.float32 if compact and size > LONG else np.float64)
    return _fill(buffer, 0, source, start, start + size)


def _fill(buffer: NDArray[Any], at: int, source: Source, start: int, stop: int) -> NDArray[Any]:
    """Put samples where they belong, in a buffer of double precision if they need that."""
    for first in range(start, stop, _PIECE):
        piece = source.read(first, min(first + _PIECE, stop))
        if buffer.dtype == np.float32 and not (source.single or fits_single(piece)):
            buffer = buffer.astype(np.float64)
        buffer[at : at + piece.size] = piece
        at += piece.size
    return buffer


def compact(x: FloatArray) -> NDArray[Any]:
    """Return a long array in single precision if that holds it exactly."""
    if x.size <= LONG:
        return x
    with np.errstate(over="ignore"):
        single = x.astype(np.float32)
    return single if np.array_equal(single, x) else x


def fits_single(x: FloatArray) -> bool:
    """Whether rounding to single precision moves no score by more than about 1e-6.

    The rounding of each few thousand samples is compared with their deviation from their mean: what
    a sound card gave is held exactly, a level far above the variation is not.
    """
    whole = x.size // _ROW * _ROW
    for rows in (x[:whole].reshape(-1, _ROW), x[whole:][np.newaxis]):
        if rows.size < _FEW:
            continue
        with np.errstate(over="ignore"):
            error = rows - rows.astype(np.float32)
        lost = np.einsum("ij,ij->i", error, error)
        if np.isnan(lost).any():
            gaps = np.isnan(rows)
            present = np.maximum(np.count_nonzero(~gaps, axis=1), 1)
            means = np.where(gaps, 0.0, rows).sum(axis=1) / present
            if not fits_single(np.where(gaps, means[:, np.newaxis], rows).ravel()):
                return False
            continue
        about = np.einsum("ij,ij->i", rows, rows) - rows.shape[1] * rows.mean(axis=1) ** 2
        if (lost > 1e-12 * about).any():
            return False
    return True


def _shift(buffer: NDArray[Any], by: int, filled: int) -> None:
    """Move elements `by` to `filled` to the beginning, in steps that do not overlap."""
    for first in range(by, filled, by):
        last = min(first + by, filled)
        buffer[first - by : last - by] = buffer[first:last]


def filtered(source: Source, taps: FloatArray) -> Source:
    """Filter a signal where the filter lies inside: it is shorter by the filter's order."""
    order = taps.size - 1
    kept: list[tuple[int, FloatArray]] = [(-1, np.empty(0))]  # where the last reading ended

    def read(start: int, stop: int) -> FloatArray:
        at, end = kept[0]
        if source.steady or at != start or stop <= start:
            x = source.read(start, stop + order)
        else:  # going back would cost a file more than the reading
            x = np.concatenate((end, source.read(start + order, stop + order)))
        if not source.steady and x.size > order:
            kept[0] = stop, x[x.size - order :].copy()
        return np.asarray(convolve_valid(x, taps))

    return Source(source.n_obs - order, None, None, False, read, _steady=source.steady)


def check_no_infinity(values: FloatArray, start: int = 0) -> FloatArray:
    """Return `values`, or refuse an infinite one with its position in the whole signal."""
    # One pass without temporaries decides for nearly every block: a finite sum of squares has no
    # infinity.
    with np.errstate(over="ignore", invalid="ignore"):
        power = np.einsum("i,i->", values, values)
    if not np.isfinite(power):
        bad = np.flatnonzero(np.isinf(values))
        if bad.size:
            raise ValueError(
                f"`signal` must not be infinite; got {values[bad[0]]} at position {start + bad[0]}."
                " Put a missing value (NaN) there."
            )
        if np.nanmax(np.abs(values), initial=0.0) > 1e150:
            raise ValueError(
                f"`signal` must stay below 1e150, or its squares overflow; the block at position"
                f" {start} does not. Scale it down."
            )
    return values


def _from_audio(path: str | os.PathLike[str], fs: float | None, channel: str | int) -> Source:
    """Open an audio file."""
    reader = AudioReader(path, channel=channel)
    if fs is not None and fs != reader.fs:
        rate = reader.fs
        reader.close()
        raise ValueError(
            f"`fs` must be that of the file, {rate} Hz, or left out; got {fs:g} for"
            f" {os.fspath(path)!r}."
        )
    return Source(
        reader.n_obs,
        float(reader.fs),
        None,
        False,
        reader.read,
        reader.close,
        single=reader.single,
    )


def _from_series(series: pd.Series[Any], fs: float | None, name: str) -> Source:
    """Take a Series apart: values, index, sampling rate."""
    values = series.to_numpy() if series.dtype.kind in "fiub" else None
    if values is None or values.dtype.kind not in "fiub":
        try:
            values = series.to_numpy(dtype=np.float64, na_value=np.nan)
        except (TypeError, ValueError):
            raise TypeError(f"`{name}` must be numbers; got a Series of {series.dtype}.") from None
    if fs is None and "fs" in series.attrs:
        fs = check_positive(series.attrs["fs"], f"{name}.attrs['fs']")
    plain = series.index.equals(pd.RangeIndex(series.size))
    index = None if plain else series.index
    return _from_array(_as_numbers(values, name), fs, index, is_series=True)


def _as_numbers(values: Any, name: str) -> NDArray[Any]:
    """Return a 1-D array of real numbers without copying what is one already."""
    array = np.asanyarray(values)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"`{name}` must be real numbers; got {array.dtype}.")
    if array.ndim != 1 or array.size == 0:
        raise ValueError(
            f"`{name}` must be 1-D with at least one element; got shape {array.shape}."
            " Take one channel, or their mean."
        )
    return np.asarray(array) if not isinstance(array, np.memmap) else array


def _from_array(
    values: NDArray[Any], fs: float | None, index: pd.Index[Any] | None, *, is_series: bool
) -> Source:
    """Read from memory or from a memmap."""

    def read(start: int, stop: int) -> FloatArray:
        return np.array(values[start:stop], dtype=np.float64, order="C", copy=True, subok=False)

    plain = values.dtype in (np.float32, np.float64) and values.dtype.isnative
    direct = np.asarray(values) if plain and values.flags.c_contiguous else None
    if direct is not None and not direct.flags.aligned:
        direct = None
    return Source(values.size, fs, index, is_series, read, _values=direct)


def _from_blocks(blocks: Iterable[Any], fs: float | None, name: str) -> Source:
    """Lay blocks down in a temporary file, which disappears when the source is closed."""
    file = tempfile.TemporaryFile(prefix="tsconv-")  # noqa: SIM115  closed by the source
    n_obs = 0
    try:
        for block in blocks:
            values = np.atleast_1d(np.asarray(block))
            if values.size:
                values = np.ascontiguousarray(_as_numbers(values, f"a block of {name}"), np.float64)
                check_no_infinity(values, n_obs)
                file.write(values.tobytes())
                n_obs += values.size
        if n_obs == 0:
            raise ValueError(f"`{name}` must have at least one sample; got no block with any.")
    except BaseException:
        file.close()
        raise

    def read(start: int, stop: int) -> FloatArray:
        file.seek(start * 8)
        return np.frombuffer(file.read(max(0, stop - start) * 8), dtype=np.float64).copy()

    return Source(n_obs, fs, None, False, read, file.close)
