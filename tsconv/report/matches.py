"""The report of a search: where the matches lie, what they look like, and how they sound.

A click on a match zooms the waveform to it, draws it against the snippet and plays it. Pictures are
envelopes (least and greatest value of each column), so that the file stays small; excerpts are
16-bit WAV inside the page.
"""

from __future__ import annotations

import base64
import io
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tsconv._checks import FloatArray, check_count
from tsconv._style import COLOURS
from tsconv.plot import BLUE, GREY, ORANGE
from tsconv.report.page import (
    LEGEND,
    Section,
    check_plotly,
    escaped,
    figure_html,
    label,
    new_figure,
    write_page,
)
from tsconv.search.blocks import Source, open_signal, read_snippet
from tsconv.search.finder import correlation_profile

_COLUMNS = 2400  # of an envelope
_CLOSE_UP = 6000  # points of a close-up
_BLOCK = 1 << 21  # samples read at once
_MOST_AUDIO = 20.0  # seconds of each excerpt
_LOWEST_RATE = 3000  # browsers play no lower sampling rate


def report_matches(
    signal: Any,
    snippets: Mapping[str, Any],
    matches: pd.DataFrame,
    path: str | os.PathLike[str],
    *,
    fs: float | None = None,
    channel: str | int = "mix",
    most: int = 50,
) -> None:
    """Write the matches of a search as one HTML file with pictures and sound.

    Parameters
    ----------
    signal : array_like, Series or path
        What was searched.
    snippets : mapping of str to array_like, Series or path
        What was searched for; by the names in the column `snippet` of `matches`, or a single one.
    matches : DataFrame
        From `find` or `Finder.find_all`.
    path : path
        The file; replaced whole or not at all.
    fs : float, optional
        Sampling rate in Hz of arrays; without one there is no sound.
    channel : "mix" or int, default "mix"
        Of an audio file, as searched.
    most : int, default 50
        So many matches, the best, get a close-up and sound.

    Raises
    ------
    ImportError
        If plotly is not installed.
    ValueError
        If `matches` names a snippet that is not there.

    Notes
    -----
    Memory: a block of the signal, the snippets, and the page (4.7 MB and about 120 kB for a second
    of sound at 44.1 kHz). The score trace costs one more walk through the signal for each snippet.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> import tsconv as tc
    >>> from tsconv.report import report_matches
    >>> signal, snippet = tc.datasets.load_recording(), tc.datasets.load_snippet()
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "found.html"
    >>> report_matches(signal, {"snippet": snippet}, tc.find(signal, snippet), path)
    >>> "audio/wav" in path.read_text()
    True
    """
    check_plotly()
    check_count(most, "most", minimum=1)
    if not snippets:
        raise ValueError("`snippets` must hold at least one snippet; got none.")
    names = list(map(str, snippets))
    shown = matches if "snippet" in matches else matches.assign(snippet=names[0])
    unknown = sorted(set(shown["snippet"]) - set(names))
    if unknown:
        raise ValueError(
            f"`snippets` must hold every snippet that `matches` names; {unknown} not found"
            f" in {names}."
        )
    with open_signal(signal, fs=fs, channel=channel) as source:
        taps = {
            str(name): read_snippet(value, signal_fs=source.fs) for name, value in snippets.items()
        }
        unit = "s" if source.fs else "samples"
        found = [_found(source, row, taps[row["snippet"]]) for row in _rows(shown.head(most))]
        sections = [
            Section(f"{len(shown)} found", _table(shown, source, most)),
            Section("Where", _overview(source, taps, shown, unit)),
        ]
    if found:
        sections.append(
            Section(
                "Close up",
                '<p class="screen">Choose a match in the table.</p><div id="close"></div>',
            )
        )
    sections.append(Section("Listen to the snippets", _snippet_sounds(taps, source.fs)))
    lead = f"{source.n_obs:,} samples" + (
        f", {source.n_obs / source.fs:,.2f} s" if source.fs else ""
    )
    write_page(path, "Where the snippet occurs", lead, sections, _script(found, unit))


@dataclass(frozen=True)
class _Found:
    """What the page knows of one match: times, curves laid over each other, sound."""

    start: float
    end: float
    times: list[float]
    window: list[float | None]
    snippet: list[float | None]
    sound: str


def _rows(matches: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in matches.to_dict("records")]


def _found(source: Source, row: dict[str, Any], taps: FloatArray) -> _Found:
    """Read a match's window, and lay the snippet over it by least squares."""
    fs = source.fs or 1.0
    m = max(round(taps.size / row["speed"]), 2)
    offset = int(row["offset"])
    first, last = max(offset, 0), min(offset + m, source.n_obs)
    window = source.read(first, last)
    level = float(np.nanmean(window)) if not np.isnan(window).all() else 0.0
    stretched = np.interp(np.arange(m) * ((taps.size - 1) / (m - 1)), np.arange(taps.size), taps)
    fitted = (row["gain"] * (stretched - taps.mean()) + level)[first - offset : last - offset]
    times = (first + np.arange(window.size)) / fs
    if window.size > _CLOSE_UP:
        times, window, fitted = (_thinned(values) for values in (times, window, fitted))
    return _Found(
        offset / fs,
        (offset + m) / fs,
        times.tolist(),
        _jsonable(window),
        _jsonable(fitted),
        _wav(source.read(first, last), source.fs),
    )


def _thinned(values: FloatArray) -> FloatArray:
    """Least and greatest value of each column, in turn: the same picture from fewer points."""
    width = -(-2 * values.size // _CLOSE_UP)
    edges = np.arange(0, values.size, width)
    both = np.fmin.reduceat(values, edges), np.fmax.reduceat(values, edges)
    return np.stack(both, axis=1).ravel()


def _table(matches: pd.DataFrame, source: Source, most: int) -> str:
    """Return the table of matches; each of the first `most` rows can be chosen."""
    if matches.empty:
        return "<p>No match: chance explains the best scores.</p>"
    head = matches.drop(columns=["offset_fine", "offset_std_error"], errors="ignore")
    cells = "".join(f"<th>{escaped(name)}</th>" for name in head.columns)
    lines = []
    for number, row in enumerate(_rows(head)):
        start = ' class="match" tabindex="0"' if number < most else ""
        values = "".join(f"<td>{escaped(_written(value))}</td>" for value in row.values())
        lines.append(f'<tr{start} data-match="{number}">{values}</tr>')
    more = ""
    if len(matches) > most:
        more = f"<p>Close-ups and sound for the first {most} of {len(matches)}.</p>"
    player = '<p><audio id="player" controls></audio></p>' if source.fs else ""
    return (
        f'{player}<div class="scroll"><table id="matches"><thead><tr>{cells}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>{more}"
    )


def _written(value: Any) -> str:
    return f"{value:.5g}" if isinstance(value, float) and not value.is_integer() else str(value)


def _overview(
    source: Source, taps: Mapping[str, FloatArray], matches: pd.DataFrame, unit: str
) -> str:
    """Draw the signal's envelope and, below, each snippet's best scores."""
    fs = source.fs or 1.0
    figure = new_figure(2, height=520, titles=("signal", "correlation"), shared_xaxes=True)
    at, low, high = _envelope(source)
    figure.add_scatter(
        x=np.concatenate((at, at[::-1])) / fs,
        y=np.concatenate((high, low[::-1])),
        fill="toself",
        line={"color": GREY, "width": 0.5},
        name="signal",
        showlegend=False,
        row=1,
        col=1,
    )
    for start, length in zip(matches["offset"], _lengths(matches, taps), strict=True):
        figure.add_vrect(
            start / fs, (start + length) / fs, fillcolor=ORANGE, opacity=0.35, line_width=0, row=1
        )
    for k, (name, samples) in enumerate(taps.items()):
        lags, best = _best_scores(source, samples)
        line = {"width": 1, "color": COLOURS[k % len(COLOURS)]}
        figure.add_scatter(x=lags / fs, y=best, name=label(name), line=line, row=2, col=1)
    figure.add_scatter(
        x=matches["offset"] / fs,
        y=matches["score"],
        mode="markers",
        marker={"color": ORANGE, "size": 8},
        name="matches",
        row=2,
        col=1,
    )
    figure.update_yaxes(range=[-1.05, 1.05], row=2, col=1)
    figure.update_xaxes(title=f"time ({unit})" if unit == "s" else "sample", row=2, col=1)
    return figure_html(figure, "overview")


def _lengths(matches: pd.DataFrame, taps: Mapping[str, FloatArray]) -> list[float]:
    return [
        taps[name].size / speed
        for name, speed in zip(matches["snippet"], matches["speed"], strict=True)
    ]


def _envelope(source: Source) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Least and greatest sample of each column, and where the columns begin, in samples."""
    width = -(-source.n_obs // _COLUMNS)
    block = width * max(1, _BLOCK // width)
    parts = []
    for start in range(0, source.n_obs, block):
        x = source.read(start, min(start + block, source.n_obs))
        edges = np.arange(0, x.size, width)
        parts.append((start + edges, np.fmin.reduceat(x, edges), np.fmax.reduceat(x, edges)))
    at, low, high = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return at.astype(float), low, high


def _best_scores(source: Source, taps: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Score of greatest size in each column of lags, and the lag where it stands."""
    n_lags = source.n_obs - taps.size + 1
    width = -(-n_lags // _COLUMNS)
    block = width * max(1, max(_BLOCK, 4 * taps.size) // width)
    lags, best = [], []
    for start in range(0, n_lags, block):
        count = min(block, n_lags - start)
        scores = np.asarray(
            correlation_profile(source.read(start, start + count + taps.size - 1), taps)
        )
        size = np.nan_to_num(np.abs(scores), nan=-1.0)
        for first in range(0, count, width):
            at = first + int(np.argmax(size[first : first + width]))
            lags.append(float(start + at))
            best.append(float(scores[at]))
    return np.array(lags), np.array(best)


def _snippet_sounds(taps: Mapping[str, FloatArray], fs: float | None) -> str:
    """Return a player for each snippet."""
    lines = []
    for name, samples in taps.items():
        sound = _wav(samples, fs)
        player = (
            f'<audio controls src="{sound}"></audio>' if sound else "no sound: no sampling rate"
        )
        lines.append(f"<p><b>{escaped(name)}</b>, {samples.size:,} samples {player}</p>")
    return "".join(lines)


def _wav(samples: FloatArray, fs: float | None) -> str:
    """Return samples as a data URL of 16-bit WAV, at most some seconds, scaled to full range."""
    if not fs or samples.size == 0:
        return ""
    import soundfile

    from tsconv.audio import resample

    x = np.nan_to_num(samples[: int(_MOST_AUDIO * fs)])
    rate = round(fs)
    if rate < _LOWEST_RATE:
        x, rate = resample(x, fs, _LOWEST_RATE), _LOWEST_RATE
    peak = float(np.abs(x).max(initial=0.0))
    buffer = io.BytesIO()
    soundfile.write(buffer, 0.9 * x / (peak or 1.0), rate, format="WAV", subtype="PCM_16")
    return "data:audio/wav;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def _jsonable(values: FloatArray) -> list[float | None]:
    return [float(f"{value:.5g}") if np.isfinite(value) else None for value in values.tolist()]


def _script(found: list[_Found], unit: str) -> str:
    """Return the page's script: a click (or Enter) on a row zooms, draws and plays."""
    if not found:
        return ""
    data = json.dumps([vars(match) for match in found]).replace("<", "\\u003c")
    colours = json.dumps([GREY, BLUE])
    words = json.dumps("time (s)" if unit == "s" else "sample")
    return (
        f"const found = {data}, colours = {colours}, label = {words},"
        f" legend = {json.dumps(LEGEND)};\n{_BEHAVIOUR}"
    )


_BEHAVIOUR = """
function choose(row, sound) {
  const match = found[Number(row.dataset.match)];
  document.querySelectorAll("tr.chosen").forEach(other => other.classList.remove("chosen"));
  row.classList.add("chosen");
  const margin = 0.5 * (match.end - match.start);
  if (sound !== null) {
    Plotly.relayout("overview", {
      "xaxis.range": [match.start - margin, match.end + margin],
      "xaxis2.range": [match.start - margin, match.end + margin],
    });
  }
  Plotly.react("close", [
    {x: match.times, y: match.window, name: "signal", line: {color: colours[0], width: 2}},
    {x: match.times, y: match.snippet, name: "snippet, scaled",
     line: {color: colours[1], width: 1}},
  ], {template: "none", height: 340, margin: {l: 60, r: 20, t: 20, b: 45},
      xaxis: {title: {text: label}}, legend: legend},
  {displaylogo: false, responsive: true, scrollZoom: true});
  const player = document.getElementById("player");
  if (player && match.sound) {
    player.src = match.sound;
    if (sound) { player.play().catch(() => {}); }
  }
}
document.querySelectorAll("tr.match").forEach(row => {
  row.addEventListener("click", () => choose(row, true));
  row.addEventListener("keydown", event => { if (event.key === "Enter") { choose(row, true); } });
});
const first = document.querySelector("tr.match");
if (first) { choose(first, null); }
"""
