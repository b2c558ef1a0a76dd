r"""Search at a lower rate only, and say how likely that is to miss a match.

With `decimate` = D, signal and snippet are low-passed (`lowpass.low_pass`), every D-th sample is
compared, and frames with a place that scores at least `KEPT` times the threshold there are scored
at full rate. What is found has the scores of the full search; what is missed is a place whose lower
rate scored too low. `p_miss` is the probability that a place like the match would have been missed.

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

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tsconv._checks import FloatArray
from tsconv.search.blocks import Source, open_signal
from tsconv.search.lower import thinned
from tsconv.search.lowpass import HALF_TAPS, STEPS, LowPass, low_pass
from tsconv.search.matches import Match
from tsconv.search.profile import Template, make_template
from tsconv.search.sample import can_leave_out
from tsconv.search.scan import Query, Rule, View, make_query, scan
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


def frames_with_places(
    source: Source,
    templates: Mapping[int, Template],
    rule: Rule,
    step: int,
    hop: int,
    n_frames: int,
    *,
    progress: Callable[[int], object] = lambda _: None,
) -> dict[int, NDArray[np.bool_]]:
    """Return the frames of `hop` lags that hold a place whose lower rate scores high.

    Templates that are too short for the lower rate are left out. Memory: 4 bytes for every `step`
    samples of the signal.
    """
    assert rule.threshold is not None
    usable = [key for key, template in templates.items() if long_enough(template.size, step)]
    if not usable:
        return {}
    low = low_pass(step)
    with open_signal(thinned(source, low, progress)) as slow:
        views = [[View("none", None, float(templates[key].size // step), True)] for key in usable]
        queries = [
            make_query(_core(templates[key].taps, low), view, 1)
            for key, view in zip(usable, views, strict=True)
        ]
        found = scan(slow, queries, replace(rule, threshold=KEPT * rule.threshold))
    frames = {}
    for key, (candidates,) in zip(usable, found, strict=True):
        # Low-passed sample k + q / D is the first that the filter sees inside a window at k D.
        lags = (candidates.arrays()[0] - HALF_TAPS) * step
        frames[key] = np.zeros(n_frames, np.bool_)
        for near in (-step, 0, step):
            frames[key][np.clip((lags + near) // hop, 0, n_frames - 1)] = True
    return frames


def long_enough(size: int, step: int) -> bool:
    """Whether a snippet is long enough for the lower rate."""
    return size >= 16 * HALF_TAPS * step


def miss_probabilities(
    source: Source, queries: Sequence[Query], matches: Sequence[Match], rule: Rule, step: int
) -> FloatArray:
    """Return `p_miss` of each match; 0 where the snippet was searched at full rate."""
    assert rule.threshold is not None
    by_key = {(query.label, query.speed): query for query in queries}
    out = np.zeros(len(matches))
    for k, match in enumerate(matches):
        query = by_key[match.label, match.speed]
        if long_enough(query.snippet.size, step) and can_leave_out(source, query, rule):
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
