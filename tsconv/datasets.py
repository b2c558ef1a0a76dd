"""The small real data sets that come with the package, and a recording made for it.

`describe` lists them. `load_nile`, `load_sunspots`, `load_co2`, `load_elnino`, `load_macrodata` are
public-domain series with a regular DatetimeIndex. `load_recording` and `load_snippet` are the
made-up recording and the excerpt hidden in it; `audio_path`, `snippet_path` give the same as files,
`snippet_offset` the true answer. Origin, licence and units of each file: ``data/README.md``.

Each object carries ``attrs["title"]``, ``attrs["units"]`` and ``attrs["source"]``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

# The truth about the made-up recording; `data/make_audio.py` makes it so and a test compares.
_SNIPPET_OFFSET = 580_321
_REPEATS = ((76_800, 1.0), (729_600, 1.0), (921_600, -0.25))
_REPEAT_LENGTH = 76_800


@dataclass(frozen=True)
class _Entry:
    file: str
    freq: str
    title: str
    units: str
    source: str


_ENTRIES = {
    "nile": _Entry(
        "nile.csv",
        "YS",
        "Yearly flow of the Nile at Aswan, 1871-1970",
        "1e8 m3",
        "Cobb (1978), Biometrika 65, 243-251; public domain",
    ),
    "sunspots": _Entry(
        "sunspots.csv",
        "YS",
        "Yearly mean sunspot number, 1700-2008",
        "count",
        "National Geophysical Data Center (NOAA); public domain",
    ),
    "co2": _Entry(
        "co2.csv",
        "W-SAT",
        "Weekly CO2 in the air at Mauna Loa, 1958-2001, with its gaps",
        "ppm by volume",
        "Keeling and Whorf (2004), CDIAC, Oak Ridge National Laboratory; public domain",
    ),
    "elnino": _Entry(
        "elnino.csv",
        "MS",
        "Monthly sea surface temperature, Pacific off Peru (Nino 1+2), 1950-2010",
        "degrees Celsius",
        "NOAA National Weather Service, ERSST.V3B; public domain",
    ),
    "macrodata": _Entry(
        "macrodata.csv",
        "QS",
        "United States macroeconomic series, 1959Q1-2009Q3",
        "see README",
        "FRED (St. Louis Fed) and Bureau of Labor Statistics; public domain",
    ),
    "recording": _Entry(
        "recording.flac",
        "",
        "Made-up recording: strings, silence, bells, babble, repeats",
        "full scale",
        "data/make_audio.py of this package; BSD-3-Clause",
    ),
    "snippet": _Entry(
        "snippet.flac",
        "",
        "Excerpt of the recording, spoilt: band limit, noise, gain, offset",
        "full scale",
        "data/make_audio.py of this package; BSD-3-Clause",
    ),
}


def describe() -> pd.DataFrame:
    """List the data sets: one row each, with the loader to call.

    Returns
    -------
    DataFrame
        Index `name`; columns `title`, `units`, `source`, `loader`, `file`.

    Examples
    --------
    >>> from tsconv import datasets
    >>> datasets.describe().loc["nile", "units"]
    '1e8 m3'
    """
    rows = [
        {
            "name": name,
            "title": entry.title,
            "units": entry.units,
            "source": entry.source,
            "loader": f"load_{name}",
            "file": str(data_path(entry.file)),
        }
        for name, entry in _ENTRIES.items()
    ]
    return pd.DataFrame(rows).set_index("name")


def load_nile() -> pd.Series[float]:
    """Yearly flow of the Nile at Aswan, 1871 to 1970, in 1e8 cubic metres.

    The level falls about 1898: the classical example of a change point.

    Examples
    --------
    >>> from tsconv import datasets
    >>> datasets.load_nile().head(2).tolist()
    [1120.0, 1160.0]
    """
    return _load_series("nile")


def load_sunspots() -> pd.Series[float]:
    """Yearly mean sunspot number, 1700 to 2008: a cycle of about eleven years.

    Examples
    --------
    >>> from tsconv import datasets
    >>> datasets.load_sunspots().size
    309
    """
    return _load_series("sunspots")


def load_co2() -> pd.Series[float]:
    """Weekly CO2 concentration at Mauna Loa, March 1958 to December 2001, in ppm by volume.

    59 of the 2,284 weeks are missing, as they are in the record (most in 1958 and 1964).

    Examples
    --------
    >>> from tsconv import datasets
    >>> co2 = datasets.load_co2()
    >>> co2.index.freqstr, int(co2.isna().sum())
    ('W-SAT', 59)
    """
    return _load_series("co2")


def load_elnino() -> pd.Series[float]:
    """Monthly sea surface temperature off Peru, 1950 to 2010, in degrees Celsius.

    A strong yearly season with irregular warm spells (El Nino) on top.

    Examples
    --------
    >>> from tsconv import datasets
    >>> datasets.load_elnino().size / 12
    61.0
    """
    return _load_series("elnino")


def load_macrodata() -> pd.DataFrame:
    """Quarterly macroeconomic series of the United States, 1959Q1 to 2009Q3.

    Columns: `realgdp`, `realcons`, `realinv` (1e9 chained 2005 dollars a year, seasonally
    adjusted), `cpi` (1982-84 = 100), `unemp`, `tbilrate` and `infl` (per cent).

    Examples
    --------
    >>> from tsconv import datasets
    >>> datasets.load_macrodata().shape
    (203, 7)
    """
    return _load_table("macrodata")


def load_recording() -> pd.Series[float]:
    """Return the made-up recording: 65 s at 16 kHz, in units of full scale.

    ``attrs["fs"]`` is the sampling rate in Hz. ``attrs["repeats"]`` lists where one passage of
    ``attrs["repeat_length"]`` samples begins and with what gain: twice as it was, once quieter and
    upside down.

    Examples
    --------
    >>> from tsconv import datasets
    >>> recording = datasets.load_recording()
    >>> recording.size / recording.attrs["fs"]
    65.4
    """
    recording = _load_audio("recording")
    recording.attrs["repeats"] = [list(pair) for pair in _REPEATS]
    recording.attrs["repeat_length"] = _REPEAT_LENGTH
    return recording


def load_snippet() -> pd.Series[float]:
    """Return the spoilt excerpt of the recording: 2.5 s at 16 kHz.

    ``attrs["fs"]`` is the sampling rate in Hz, ``attrs["offset"]`` the sample of the recording
    where it was cut.

    Examples
    --------
    >>> from tsconv import datasets
    >>> snippet = datasets.load_snippet()
    >>> snippet.size, snippet.attrs["offset"]
    (40000, 580321)
    """
    snippet = _load_audio("snippet")
    snippet.attrs["offset"] = _SNIPPET_OFFSET
    return snippet


def audio_path() -> Path:
    """Return the path of the recording as a FLAC file."""
    return data_path("recording.flac")


def snippet_path() -> Path:
    """Return the path of the spoilt excerpt as a FLAC file."""
    return data_path("snippet.flac")


def snippet_offset() -> int:
    """Return the sample of the recording at which the snippet was cut.

    Examples
    --------
    >>> from tsconv import datasets
    >>> datasets.snippet_offset()
    580321
    """
    return _SNIPPET_OFFSET


def data_path(file: str) -> Path:
    """Return the path of one data file, in the installed package or in a checkout."""
    here = Path(__file__)
    for folder in (here.with_name("data"), here.parent.with_name("data")):
        if (folder / file).is_file():
            return folder / file
    raise FileNotFoundError(
        f"The data file {file!r} should be in {here.with_name('data')}; it is not there."
        " Reinstall tsconvolve."
    )


def _load_series(name: str) -> pd.Series[float]:
    """Read a CSV file of one column."""
    table = _load_table(name)
    series = table.iloc[:, 0].rename(str(table.columns[0]))
    series.attrs.update(table.attrs)
    return series


def _load_table(name: str) -> pd.DataFrame:
    """Read a CSV file: dates in the first column become a DatetimeIndex with a frequency."""
    entry = _ENTRIES[name]
    table = pd.read_csv(data_path(entry.file))
    labels = table.iloc[:, 0].astype(str)
    if entry.freq == "QS":
        index = pd.PeriodIndex(labels, freq="Q").to_timestamp()
    else:
        pattern = {"YS": "%Y", "MS": "%Y-%m"}.get(entry.freq, "%Y-%m-%d")
        index = pd.DatetimeIndex(pd.to_datetime(labels, format=pattern))
    table = table.iloc[:, 1:].astype(float)
    # Setting the frequency checks that not one date is missing. (From bare values: pandas 2 would
    # hold the quarters' own QS-OCT against QS.)
    table.index = pd.DatetimeIndex(index.to_numpy(), freq=entry.freq)
    _describe_in(table.attrs, entry)
    return table


def _load_audio(name: str) -> pd.Series[float]:
    """Read one of the two audio files as float64 with a RangeIndex."""
    import soundfile

    entry = _ENTRIES[name]
    samples, fs = soundfile.read(data_path(entry.file), dtype="float64")
    series = pd.Series(samples, name=name)
    series.attrs["fs"] = int(fs)
    _describe_in(series.attrs, entry)
    return series


def _describe_in(attrs: dict[object, object], entry: _Entry) -> None:
    """Write title, units and source of `entry` into `attrs`."""
    attrs.update(title=entry.title, units=entry.units, source=entry.source)
