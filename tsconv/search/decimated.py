r"""Search at a lower rate only, and say how likely that is to miss a match.

With `decimate` = D, signal and snippet are low-passed (`bound.low_pass`), every D-th sample is
compared, and places that score at least `KEPT` times the threshold there are scored at full rate.
What is found has the scores of the full search; what is missed is a place whose lower rate scored
too low. `p_miss` is the probability that a place like the match would have been missed.

Notes
-----
The window is :math:`a s + e`: snippet and residual, both measured at the match. Of the snippet's
energy the filter leaves the share :math:`\kappa`, of the residual :math:`E_L(e)`, so the lower rate
expects the score

.. math:: \rho_L(\tau) = \frac{a \sqrt{\kappa}}{\sqrt{a^2 \kappa + E_L(e)}} \, \lambda(\tau)

where :math:`\lambda(\tau)`, the autocorrelation of the low-passed snippet, is what the distance
:math:`|\tau| \le D/2` to the nearest lag of the grid leaves. With other noise of the same power and
colour, Fisher's transform :math:`\operatorname{artanh} r_L` scatters about that of
:math:`\rho_L` with variance :math:`1/(m_L - 3)`, :math:`m_L` the effective number of samples at the
lower rate (Bartlett's, from the colours of low-passed snippet and residual). So

.. math:: p_{miss} = \frac1D \sum_\tau \Phi\bigl(\sqrt{m_L - 3}\,
   [\operatorname{artanh} f - \operatorname{artanh} \rho_L(\tau)]\bigr), \quad
   f = \text{KEPT} \cdot \text{threshold}

Only the nearest lag of the grid is reckoned with, so the probability is rather too high.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tsconv._checks import FloatArray
from tsconv.search.blocks import Source
from tsconv.search.bound import HALF_TAPS, STEPS, LowPass, low_pass
from tsconv.search.gather import gather
from tsconv.search.lower import Lowered, few_lags
from tsconv.search.matches import Match
from tsconv.search.profile import make_template
from tsconv.search.sample import replace_statistics, sampled
from tsconv.search.scan import Candidates, Query, Rule, View, make_query, score_frames
from tsconv.search.significance import autocorrelation, effective_size

KEPT = 0.7  # share of the threshold that a place must reach at the lower rate


def check_step(decimate: Any, threshold: float | None, min_overlap: float | None) -> int:
    """Return a usable step."""
    if decimate not in STEPS:
        raise ValueError(
            f"`decimate` must be one of {', '.join(map(str, sorted(STEPS)))}; got {decimate!r}."
        )
    if threshold is None or min_overlap is not None:
        raise ValueError(
            "`decimate` needs a `threshold`, from which the one at the lower rate follows, and no"
            " `min_overlap`."
        )
    return int(decimate)


def gather_decimated(
    source: Source,
    queries: Sequence[Query],
    rule: Rule,
    segments: Sequence[FloatArray],
    step: int,
    *,
    progress: Callable[[int], object] = lambda _: None,
) -> list[list[Candidates]]:
    """Return candidates whose lower rate scores high; of short signals and snippets, all.

    Memory: 4 bytes for every `step` samples of the signal.
    """
    assert rule.threshold is not None
    low = low_pass(step)
    found: dict[int, list[Candidates]] = {}
    usable = [k for k, query in enumerate(queries) if decimated(source, query, rule, step)]
    if usable:
        lowered = Lowered(source, low, 0.0, progress)
        n_blocks = source.n_obs // step
        lowered.need(0, low.before + n_blocks)
        filtered = lowered.filtered[low.before :][:n_blocks]

        def read(start: int, stop: int) -> FloatArray:
            return filtered[start:stop].astype(np.float64)

        slow = Source(filtered.size, None, None, False, read)
    for k in usable:
        query = queries[k]
        core = _core(query.snippet, low)
        coarse = make_query(core, [View("none", None, float(core.size), True)], 1)
        floor = KEPT * rule.threshold
        places = []
        for frame in score_frames(slow, [coarse], {(0, 0): floor}):
            places.append(frame.start + np.flatnonzero(rule.rate(frame.scores[0, 0]) >= floor))
        # Low-passed sample k + q / D is the first that the filter sees inside a window at k D.
        lags = (np.concatenate(places) - HALF_TAPS) * step
        found[k] = [_at_full_rate(source, query, rule, np.unique(lags), step)]
    replace_statistics(source, [queries[k] for k in usable], rule, [found[k][0] for k in usable])
    rest = [k for k in range(len(queries)) if k not in found]
    if rest:
        exact = gather(source, [queries[k] for k in rest], rule, segments, progress=progress)
        found.update(zip(rest, exact, strict=True))
    return [found[k] for k in range(len(queries))]


def decimated(source: Source, query: Query, rule: Rule, step: int) -> bool:
    """Whether snippet and signal are long enough for the lower rate."""
    return query.snippet.size >= 16 * HALF_TAPS * step and sampled(source, query, rule)


def _at_full_rate(
    source: Source, query: Query, rule: Rule, lags: NDArray[np.int64], step: int
) -> Candidates:
    """Score all lags within `step` of places that were found, and keep local maxima."""
    m = query.snippet.size
    template = query.templates[0]
    best: dict[int, float] = {}
    for run in np.split(lags, np.flatnonzero(np.diff(lags) > 2 * step) + 1):
        if not run.size:
            continue
        first = max(int(run[0]) - step, 0)
        last = min(int(run[-1]) + step + 1, source.n_obs - m + 1)
        if last <= first:
            continue
        x = source.read(first, last + m - 1)
        if np.isnan(x).any():
            part = Source(x.size, None, None, False, lambda a, b, x=x: x[a:b].copy())  # type: ignore[misc]
            frames = score_frames(part, [query], {(0, 0): 0.0})
            scores = np.concatenate([frame.scores[0, 0] for frame in frames])
        else:
            scores = few_lags(x, template)
        rated = np.nan_to_num(rule.rate(scores), nan=-1.0)
        around = np.concatenate(([-np.inf], rated, [-np.inf]))
        assert rule.threshold is not None
        peak = (rated >= rule.threshold - 1e-6) & (around[:-2] < rated) & (around[2:] <= rated)
        best.update((first + int(lag), float(scores[lag])) for lag in np.flatnonzero(peak))
    candidates = Candidates()
    offsets = np.array(sorted(best), np.int64)
    candidates.add(offsets, np.array([best[lag] for lag in offsets.tolist()]), query.views[0].size)
    return candidates


def miss_probabilities(
    source: Source, queries: Sequence[Query], matches: Sequence[Match], rule: Rule, step: int
) -> FloatArray:
    """Return `p_miss` of each match; 0 where the snippet was searched at full rate."""
    assert rule.threshold is not None
    by_key = {(query.label, query.speed): query for query in queries}
    out = np.zeros(len(matches))
    for k, match in enumerate(matches):
        query = by_key[match.label, match.speed]
        if decimated(source, query, rule, step):
            window = source.read(match.offset, match.offset + match.n_obs)
            out[k] = p_miss(window, query.snippet, rule.threshold, step)
    return out


def p_miss(window: FloatArray, snippet: FloatArray, threshold: float, step: int) -> float:
    """Probability that a place like this window would have been missed.

    Parameters
    ----------
    window, snippet : ndarray, shape (m,)
    threshold : float
        Of the search at full rate.
    step : int
    """
    from scipy.special import ndtr

    low = low_pass(step)
    template = make_template(snippet)
    window = window - np.nanmean(window)
    window = np.nan_to_num(window)
    gain = float(np.sum(window * template.taps))
    core, rest = _core(template.taps, low), _core(window - gain * template.taps, low)
    core, rest = core - core.mean(), rest - rest.mean()
    # What of the residual is along the core at the lower rate is chance; its power counts all.
    signal, noise = gain**2 * float(np.sum(core**2)), float(np.sum(rest**2))
    if signal == 0:
        return 1.0
    n_lags = min(256, core.size // 4)
    size = effective_size(
        core.size, autocorrelation([rest], n_lags), autocorrelation([core], n_lags)
    )
    expected = np.sqrt(signal / (signal + noise)) * _off_grid(template.taps, low)
    expected = np.clip(expected, 0.0, 1 - 1e-12)
    distance = np.arctanh(KEPT * threshold) - np.arctanh(expected)
    return float(np.mean(ndtr(np.sqrt(max(size - 3, 1.0)) * distance)))


def _core(x: FloatArray, low: LowPass) -> FloatArray:
    """Low-passed x at every D-th sample from q on, where the filter lies inside."""
    q = low.taps.size // 2
    n = (x.size - 2 * q - 1) // low.step + 1
    out = np.zeros(n)
    for tap, weight in enumerate(low.taps):
        out += weight * x[tap : tap + (n - 1) * low.step + 1 : low.step]
    return out


def _off_grid(taps: FloatArray, low: LowPass) -> FloatArray:
    """Correlation of the low-passed snippet with itself at every distance to the grid."""
    from scipy.signal import fftconvolve

    smooth = fftconvolve(taps, low.taps, mode="valid")
    smooth -= smooth.mean()
    power = float(np.sum(smooth**2))
    offsets = np.abs(np.arange(low.step) - low.step // 2)
    sums = [np.sum(smooth[: smooth.size - d] * smooth[d:]) / power for d in offsets.tolist()]
    return np.array(sums)
