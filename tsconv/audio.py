"""Audio files as blocks of samples.

`audio_info` tells what a file holds; `AudioReader` gives any stretch of it as float64, mixed to
mono or one channel of it, reading no more than asked; `read_audio` gives all of it; `write_audio`
writes; `resample` changes the sampling rate. WAV, FLAC, OGG, MP3 and whatever else libsndfile
reads.

A file that is missing, empty, cut off or no audio at all raises `AudioError` with one line that
names the file. The length that a lossy file declares is an estimate: if up to a second of it is not
there, `AudioWarning` says so, and what is there is used.
"""

from __future__ import annotations

import os
import re
import sys
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from tsconv._checks import FloatArray, check_count, check_positive, check_vector

# Rates that sensors and sound cards use lie well inside; outside, the header is damaged.
MIN_FS, MAX_FS = 1, 50_000_000
MAX_CHANNELS = 1024
SUFFIXES = frozenset(
    (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".au", ".caf", ".w64")
)
_READ = 1 << 16  # frames decoded at a time
# Vorbis, Opus and MPEG decoders give wrong samples for a while after a seek (measured: up to 800);
# they are started this many frames earlier.
_PREROLL = 8192
_LOSSY = ("VORBIS", "OPUS", "MPEG")


class AudioError(ValueError):
    """An audio file that cannot be read or written; the message is one line and names the file."""


class AudioWarning(UserWarning):
    """An audio file that is not quite what its header says."""


@dataclass(frozen=True)
class AudioInfo:
    """What the header of an audio file says.

    Attributes
    ----------
    path : str
    fs : int
        Sampling rate in Hz.
    n_obs : int
        Samples in each channel.
    channels : int
    duration : float
        Seconds.
    format : str
        Container and coding, for example ``"WAV PCM_16"``.
    tags : dict
        Title, artist and the like, where the file has them.
    """

    path: str
    fs: int
    n_obs: int
    channels: int
    duration: float
    format: str
    tags: dict[str, str]


def audio_info(path: str | os.PathLike[str]) -> AudioInfo:
    """Read the header of an audio file.

    Parameters
    ----------
    path : path
        A file that libsndfile reads.

    Returns
    -------
    AudioInfo

    Raises
    ------
    AudioError
        If the file is missing, empty, cut off or not audio.

    Examples
    --------
    >>> import tsconv.audio, tsconv.datasets
    >>> info = tsconv.audio.audio_info(tsconv.datasets.audio_path())
    >>> info.fs, info.channels, info.duration, info.format
    (16000, 1, 65.4, 'FLAC PCM_16')
    """
    with AudioReader(path) as reader:
        return reader.info


class AudioReader:
    """An audio file that gives any stretch of samples.

    Parameters
    ----------
    path : path
    channel : "mix" or int, default "mix"
        The mean of all channels, or one of them, counted from 0.

    Attributes
    ----------
    info : AudioInfo
    fs, n_obs : int
        As in `info`.
    single : bool
        Whether single precision holds the samples: not those of 32 and 64 bits.

    Raises
    ------
    AudioError
        If the file is missing, empty, cut off or not audio, or has no such channel.

    Examples
    --------
    >>> import tsconv.audio, tsconv.datasets
    >>> with tsconv.audio.AudioReader(tsconv.datasets.audio_path()) as reader:
    ...     samples = reader.read(16_000, 16_004)
    >>> samples.size
    4
    """

    def __init__(self, path: str | os.PathLike[str], *, channel: str | int = "mix") -> None:
        self._file = _open(path)
        try:
            self.info = _with_true_end(self._file, _checked_info(self._file, path))
            self._channel = _checked_channel(channel, self.info)
        except BaseException:
            self._file.close()
            raise
        self.fs = self.info.fs
        self.n_obs = self.info.n_obs
        self.single = not self.info.format.endswith(("PCM_32", "DOUBLE"))
        self._position = 0

    def read(self, start: int, stop: int) -> FloatArray:
        """Return samples `start` to `stop` (not included) as float64, shape (stop - start,)."""
        import soundfile

        start, stop = check_count(start, "start"), check_count(stop, "stop")
        n_wanted = max(0, min(stop, self.n_obs) - start)
        try:
            out = np.empty(n_wanted)
        except MemoryError:
            raise _error(
                self.info.path, f"claims {self.n_obs} samples; {n_wanted} do not fit in memory"
            ) from None
        done = 0
        try:
            if self._position != start:
                self._position = _seek(self._file, start)
            while done < out.size:
                frames = self._file.read(
                    min(_READ, out.size - done), dtype="float64", always_2d=True
                )
                if len(frames) == 0:
                    raise _error(
                        self.info.path,
                        f"ends after {self._position} of {self.n_obs} samples: the file is cut off",
                    )
                stretch = out[done : done + len(frames)]
                if self._channel is None:
                    np.mean(frames, axis=1, out=stretch)
                else:
                    stretch[:] = frames[:, self._channel]
                done += len(frames)
                self._position += len(frames)
        except (soundfile.LibsndfileError, RuntimeError) as error:
            self._position = -1
            raise _error(
                self.info.path, f"cannot be decoded beyond sample {start + done} ({_reason(error)})"
            ) from None
        return out

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> AudioReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def read_audio(
    path: str | os.PathLike[str], *, channel: str | int = "mix"
) -> tuple[FloatArray, int]:
    """Read a whole audio file.

    Parameters
    ----------
    path : path
    channel : "mix" or int, default "mix"
        The mean of all channels, or one of them, counted from 0.

    Returns
    -------
    samples : ndarray, shape (n_obs,)
        In units of full scale.
    fs : int
        Sampling rate in Hz.

    Raises
    ------
    AudioError
        If the file is missing, empty, cut off or not audio.

    Examples
    --------
    >>> import tsconv.audio, tsconv.datasets
    >>> samples, fs = tsconv.audio.read_audio(tsconv.datasets.snippet_path())
    >>> samples.size, fs
    (40000, 16000)
    """
    with AudioReader(path, channel=channel) as reader:
        return reader.read(0, reader.n_obs), reader.fs


def write_audio(
    path: str | os.PathLike[str], samples: ArrayLike, fs: int, *, subtype: str | None = None
) -> None:
    """Write mono samples in units of full scale; the ending of `path` chooses the format.

    Values beyond full scale are clipped by formats with integer samples. `subtype` is one of
    libsndfile's codings, as ``"PCM_24"``; each format has a usual one.

    Raises
    ------
    AudioError
        If the folder does not exist or the ending is unknown.

    Examples
    --------
    >>> import pathlib, tempfile, tsconv.audio
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "click.wav"
    >>> tsconv.audio.write_audio(path, [0.0, 0.5, 0.0], 8_000)
    >>> tsconv.audio.audio_info(path).n_obs
    3
    """
    import soundfile

    x = check_vector(samples, "samples")
    try:
        soundfile.write(os.fspath(path), x, int(check_positive(fs, "fs")), subtype)
    except (soundfile.LibsndfileError, OSError, TypeError, ValueError) as error:
        raise _error(path, f"cannot be written ({_reason(error)})") from None


def resample(x: ArrayLike, from_fs: float, to_fs: float) -> FloatArray:
    """Change the sampling rate of `x` without delay, by soxr at its highest quality.

    Parameters
    ----------
    x : array_like, shape (n,)
    from_fs, to_fs : float
        Sampling rates in Hz.

    Returns
    -------
    ndarray, shape (about n * to_fs / from_fs,)
        Sample i is at time ``i / to_fs``. What lies above half of the lower rate is filtered out.

    Examples
    --------
    >>> import numpy as np, tsconv.audio
    >>> tsconv.audio.resample(np.ones(4_800), 48_000, 44_100).size
    4410
    """
    import soxr

    values = check_vector(x, "x")
    rates = check_positive(from_fs, "from_fs"), check_positive(to_fs, "to_fs")
    if rates[0] == rates[1]:
        return values
    return np.asarray(soxr.resample(values, *rates, quality="VHQ"), dtype=np.float64)


def is_audio_path(value: object) -> bool:
    """Return whether `value` is a path (a string or a Path), to be opened as audio."""
    return isinstance(value, str | os.PathLike)


def _open(path: str | os.PathLike[str]) -> Any:
    """Open a file for reading, or say in one line why not."""
    import soundfile

    name = os.fspath(path)
    try:
        size = Path(name).stat().st_size
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise _error(name, f"cannot be opened ({reason})") from None
    if Path(name).is_dir():
        raise _error(name, "is a folder, not an audio file")
    if size == 0:
        raise _error(name, "is empty (0 bytes)")
    try:
        return soundfile.SoundFile(name)
    except (soundfile.LibsndfileError, RuntimeError, TypeError, ValueError) as error:
        raise _error(name, f"is not audio that can be read ({_reason(error)})") from None


def _checked_info(file: Any, path: str | os.PathLike[str]) -> AudioInfo:
    """Read the header of an open file and refuse what cannot be true."""
    fs, n_obs, channels = int(file.samplerate), int(file.frames), int(file.channels)
    if not MIN_FS <= fs <= MAX_FS:
        raise _error(path, f"claims {fs} samples a second: the header is damaged")
    if not 1 <= channels <= MAX_CHANNELS:
        raise _error(path, f"claims {channels} channels: the header is damaged")
    if n_obs <= 0:
        raise _error(path, "holds no samples")
    if n_obs >= 1 << 62:
        raise _error(path, "does not say how many samples it holds: the file is cut off")
    # No coder is this good: an MP3 frame of 1,152 samples has 24 bytes or more, a FLAC frame of
    # 65,535 samples about 12.
    most = 100 if str(file.subtype).startswith("MPEG") else 1 << 16
    if n_obs > most * Path(path).stat().st_size:
        raise _error(path, f"claims {n_obs} samples, more than it can hold: the header is damaged")
    cut = _declared_beyond_end(str(file.extra_info))
    if cut is not None:
        raise _error(path, f"holds {cut[1]} of {cut[0]} bytes of samples: the file is cut off")
    if file.format == "OGG" and not _ogg_has_end(path):
        raise _error(path, "has no last page: the file is cut off")
    tags = {key: str(value) for key, value in file.copy_metadata().items() if value}
    return AudioInfo(
        path=os.fspath(path),
        fs=fs,
        n_obs=n_obs,
        channels=channels,
        duration=n_obs / fs,
        format=f"{file.format} {file.subtype}",
        tags=tags,
    )


def _with_true_end(file: Any, info: AudioInfo) -> AudioInfo:
    """Look whether a lossy file goes on as long as it declares: shorten it by up to a second."""
    import soundfile

    if not str(file.subtype).startswith(_LOSSY):
        return info
    tail = min(info.n_obs, info.fs)
    there = 0
    try:
        _seek(file, info.n_obs - tail)
        while there < tail and (count := len(file.read(min(_READ, tail - there)))):
            there += count
        file.seek(0)
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise _error(
            info.path, f"cannot be decoded to its end: the file is cut off ({_reason(error)})"
        ) from None
    if there == tail:
        return info
    if there == 0:
        raise _error(info.path, f"ends before the {info.n_obs} samples it declares: it is cut off")
    lost = tail - there
    warnings.warn(
        f"Audio file {info.path!r} ends {lost} samples ({lost / info.fs:.2g} s) before the length"
        " that it declares; what is there is used.",
        AudioWarning,
        stacklevel=_caller(),
    )
    n_obs = info.n_obs - lost
    return replace(info, n_obs=n_obs, duration=n_obs / info.fs)


def _seek(file: Any, start: int) -> int:
    """Go to a sample such that the next ones decode as in a reading from the beginning."""
    lossy = str(file.subtype).startswith(_LOSSY)
    first = max(0, start - _PREROLL) if lossy else start
    file.seek(first)
    return first + len(file.read(start - first)) if first < start else first


def _caller() -> int:
    """Return the `stacklevel` of who called the package."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("tsconv"):
        level, frame = level + 1, frame.f_back
    return level


def _declared_beyond_end(log: str) -> tuple[int, int] | None:
    """Return (declared, present) bytes of a WAV data chunk that ends too early.

    Both stand in libsndfile's log. A recorder that writes to a pipe declares 0 or about 2**31 or
    2**32: that is no error.
    """
    match = re.search(r"^\s*data\s*:\s*(\d+)\s*\(should be\s*(\d+)\)", log, re.MULTILINE)
    if match is None:
        return None
    declared, present = int(match[1]), int(match[2])
    piped = declared == 0 or declared >= 0x7FFFF000
    return None if piped or declared <= present else (declared, present)


def _ogg_has_end(path: str | os.PathLike[str]) -> bool:
    """Return whether the last page of an Ogg file is whole and marked as the last (RFC 3533, 6)."""
    with open(path, "rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - 70_000))  # a page has at most 65,307 bytes
        tail = file.read()
    page = tail.rfind(b"OggS")
    if page < 0 or len(tail) < page + 27 or not tail[page + 5] & 4:
        return False
    lengths = tail[page + 27 : page + 27 + tail[page + 26]]
    return len(tail) >= page + 27 + tail[page + 26] + sum(lengths)


def _checked_channel(channel: str | int, info: AudioInfo) -> int | None:
    """Return the number of a channel, or None for the mix of all."""
    if isinstance(channel, str):
        if channel == "mix":
            return None
        raise ValueError(f"`channel` must be 'mix' or a number from 0; got {channel!r}.")
    number = check_count(channel, "channel")
    if number >= info.channels:
        raise _error(
            info.path, f"has {info.channels} channel(s), counted from 0; got channel={number}"
        )
    return number


def _reason(error: BaseException) -> str:
    """Return what a library said, on one line, without the path it repeats."""
    text = getattr(error, "error_string", None) or str(error)
    return " ".join(text.split()).rstrip(".")


def _error(path: str | os.PathLike[str], problem: str) -> AudioError:
    """Build the one-line error of a file."""
    name = os.fspath(path)
    return AudioError(f"Audio file {name!r} {problem}.")
