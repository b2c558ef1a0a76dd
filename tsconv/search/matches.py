"""From candidates to a table of matches: the best of each neighbourhood, in full precision.

`select` keeps candidates that do not lie within the exclusion distance of a better one. `measure`
reads the window of a match again and gives its correlation, gain, signal-to-noise ratio and place
between samples. `to_table` writes the DataFrame.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tsconv.search.blocks import Source
from tsconv.search.profile import Template, exact_scores, make_template, score_at
from tsconv.search.scan import Query, Rule, View
from tsconv.search.significance import Tail, p_consistent, p_of_best, p_one_lag

FloatArray = NDArray[np.float64]

COLUMNS = (
    "offset",
    "time",
    "end",
    "score",
    "polarity",
    "gain",
    "snr_db",
    "speed",
    "p_value",
    "offset_fine",
    "offset_std_error",
)
_REACH = 16  # lags on either side that the place between samples is interpolated from


@dataclass(frozen=True)
class Match:
    """One match, measured; the fields are the columns of the table."""

    offset: int
    n_obs: int
    score: float
    polarity: int
    gain: float
    snr_db: float
    speed: float
    p_value: float
    offset_fine: float
    offset_std_error: float
    label: str = ""


def select(
    offsets: NDArray[np.int64], strength: FloatArray, exclusion: int, top: int | None = None
) -> NDArray[np.intp]:
    """Positions of the candidates to keep: best first, none within `exclusion` of a better one.

    Equal strengths: the earlier offset wins.
    """
    order = np.lexsort((offsets, -strength))
    if exclusion <= 1 and top is None:
        # Only the same lag, seen in several views, can clash.
        _, first = np.unique(offsets[order], return_index=True)
        return order[np.sort(first)]
    width = max(1, exclusion)
    kept: list[int] = []
    taken: dict[int, list[int]] = {}
    for position in order.tolist():
        offset = int(offsets[position])
        cell = offset // width
        if any(
            abs(offset - other) < width
            for near in (cell - 1, cell, cell + 1)
            for other in taken.get(near, ())
        ):
            continue
        taken.setdefault(cell, []).append(offset)
        kept.append(position)
        if top is not None and len(kept) == top:
            break
    return np.array(kept, dtype=np.intp)


def log_evidence(scores: FloatArray, sizes: FloatArray) -> FloatArray:
    """Order scores of different effective sizes as p-values would, even where those underflow."""
    share = np.maximum(1 - np.square(scores), 1e-16)
    return np.asarray(-0.5 * np.maximum(sizes - 2, 1e-3) * np.log(share))


def measure(
    source: Source, query: Query, view: int, offset: int, size: float, chance: Tail, rule: Rule
) -> Match | None:
    r"""Read the window of a match again and measure it; None if the rule does not hold after all.

    Notes
    -----
    The window is ``gain * snippet + constant + residual`` by least squares, and with the
    correlation r the signal-to-noise ratio is ``r**2 / (1 - r**2)``. The place between samples is
    the maximum of the band-limited interpolation of the correlation (in the view that found the
    match), its standard error the Cramer-Rao bound for white residuals, :math:`\sqrt{(1-r^2) / (m
    r (-r''))}`.
    """
    m = query.snippet.size
    plain = make_template(query.snippet)
    offset, fraction, curvature, seen = _locate(
        source, query.views[view], query.templates[view], offset, m
    )
    p_one = p_one_lag(abs(seen), size, sides=rule.sides)
    p_tail = 0.0
    if not query.white[view]:
        p_tail = chance.p_of_best(abs(seen), len(query.views))
        filtered = query.views[view].apply(source.read(offset, offset + m))
        p_one = max(
            p_one,
            p_consistent(
                query.templates[view].taps, _unit(filtered), query.sizes[view], sides=rule.sides
            ),
        )
    p_value = max(p_tail, p_of_best(p_one, query.n_trials))
    reached = p_value < rule.p_value or rule.p_value == 1
    if not (reached if rule.threshold is None else abs(seen) >= rule.threshold):
        return None
    window = source.read(offset, offset + m)
    score = (
        score_at(window, plain) if not np.isnan(window).any() else _partial(window, query.snippet)
    )
    present = ~np.isnan(window)
    deviation = window[present] - window[present].mean()
    spread = float(np.sqrt(np.mean(deviation**2) * m))
    left = max(1 - score * score, np.finfo(float).eps)
    rest = max(1 - seen * seen, np.finfo(float).eps)
    return Match(
        offset=offset,
        n_obs=round(m),
        score=score,
        polarity=-1 if seen < 0 else 1,
        gain=score * spread / plain.scale,
        snr_db=float(10 * np.log10(max(score * score, 1e-300) / left)),
        speed=query.speed,
        p_value=p_value,
        offset_fine=offset + fraction,
        offset_std_error=float(np.sqrt(rest / (size * abs(seen) * curvature)))
        if curvature > 0 and seen != 0
        else np.nan,
        label=query.label,
    )


def to_table(matches: list[Match], source: Source, *, labelled: bool) -> pd.DataFrame:
    """Write matches as a DataFrame, a row each, in the order given."""
    rows = [_times(match, source) for match in matches]
    table = pd.DataFrame(
        {
            "snippet": pd.Series([match.label for match in matches], dtype=object),
            "offset": np.array([match.offset for match in matches], dtype=np.int64),
            "time": _column([row[0] for row in rows], source),
            "end": _column([row[1] for row in rows], source),
            "score": np.array([match.score for match in matches], dtype=float),
            "polarity": np.array([match.polarity for match in matches], dtype=np.int64),
            **{
                name: np.array([getattr(match, name) for match in matches], dtype=float)
                for name in COLUMNS[5:]
            },
        }
    )
    return table if labelled else table.drop(columns="snippet")


def _times(match: Match, source: Source) -> tuple[Any, Any]:
    """Where a match begins and ends: in seconds, or labels of its first and last sample."""
    if source.index is None:
        fs = source.fs or 1.0
        return match.offset / fs, (match.offset + match.n_obs) / fs
    last = source.n_obs - 1
    first = min(max(match.offset, 0), last)
    return source.index[first], source.index[min(match.offset + match.n_obs - 1, last)]


def _column(values: list[Any], source: Source) -> Any:
    """Give an empty or full column the type that times have."""
    if source.index is None:
        return np.array(values, dtype=float)
    return pd.Series(pd.Index(values, dtype=source.index.dtype))


def _locate(
    source: Source, view: View, template: Template, offset: int, m: int
) -> tuple[int, float, float, float]:
    """Offset, fraction of a sample, curvature and score of the peak of a view near an offset."""
    first = max(0, offset - _REACH)
    last = min(source.n_obs - m, offset + _REACH)
    x = source.read(first, last + m)
    if np.isnan(x).any():
        # A gap nearby: the place is known to a sample only.
        return offset, 0.0, 0.0, score_at(view.apply(source.read(offset, offset + m)), template)
    scores = exact_scores(view.apply(x), template)
    here = offset - first
    sign = -1.0 if scores[here] < 0 else 1.0
    for _ in range(2):  # the walk is in single precision: the peak may be the next sample
        near = range(max(0, here - 1), min(scores.size, here + 2))
        here = max(near, key=lambda lag: (sign * scores[lag], lag == here))
    fraction, curvature = _peak(sign * scores, here)
    return first + here, fraction, curvature, float(scores[here])


def _unit(x: FloatArray) -> FloatArray:
    """Centre and scale to unit norm; missing values count nothing."""
    deviation = np.nan_to_num(x - np.nanmean(x))
    norm = float(np.sqrt(deviation @ deviation))
    return deviation / norm if norm > 0 else deviation


def _peak(values: FloatArray, here: int) -> tuple[float, float]:
    """Fraction of a sample and minus the second derivative at the maximum near `here`.

    Interpolation by a sinc under a Hann window, on a grid of 1/64, then a parabola.
    """
    reach = min(here, values.size - 1 - here, _REACH)
    if reach < 1:
        return 0.0, 0.0
    lags = np.arange(-reach, reach + 1)
    known = values[here - reach : here + reach + 1]
    step = 1 / 64
    grid = np.arange(-65, 66) * step
    distance = grid[:, np.newaxis] - lags
    weights = np.sinc(distance) * np.cos(np.pi * np.clip(distance / (reach + 1.0), -1, 1) / 2) ** 2
    weights /= weights.sum(axis=1, keepdims=True)
    fine = weights @ known
    best = int(np.argmax(fine[1:-1])) + 1
    below, at, above = fine[best - 1], fine[best], fine[best + 1]
    bend = 2 * at - below - above
    shift = 0.5 * (above - below) / bend if bend > 0 else 0.0
    fraction = float(np.clip(grid[best] + np.clip(shift, -1, 1) * step, -1, 1))
    return fraction, float(max(bend, 0.0) / step**2)


def _partial(window: FloatArray, snippet: FloatArray) -> float:
    """Correlation over the samples that are there."""
    present = ~np.isnan(window)
    part = snippet[present]
    if part.size < 2 or part.min() == part.max():
        return 0.0
    return score_at(window[present], make_template(part))
