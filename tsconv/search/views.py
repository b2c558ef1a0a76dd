"""The views in which a snippet is compared: as it is, and whitened by either side's own colour.

`learn` reads stretches of the signal; `make_views` chooses the views
of a snippet with their effective sizes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from tsconv._checks import FloatArray
from tsconv.search.blocks import Source
from tsconv.search.scan import View
from tsconv.search.significance import (
    ar_poly,
    autocorrelation,
    effective_size,
    is_white,
    significant_acf,
)

_SEGMENTS, _SEGMENT = 16, 1 << 14  # what is read of the signal to learn its colour
_ACF_LAGS = 4096
_ENOUGH = 2_000  # samples that show autocorrelations of a tenth


@dataclass(frozen=True)
class Colour:
    """What was learnt about the signal from a few stretches of it."""

    segments: list[FloatArray]

    @cached_property
    def is_white(self) -> bool:
        """Return whether the signal is white noise as it is."""
        return is_white(self.segments)

    @cached_property
    def kernel(self) -> FloatArray | None:
        """Return the filter that whitens the signal, or None if it is white."""
        return ar_poly(self.segments)


def learn(source: Source) -> Colour:
    """Read stretches spread over the signal."""
    stretches = [source.read(start, stop) for start, stop in _sample(source.n_obs)]
    segments = [part for stretch in stretches for part in _between_gaps(stretch)]
    return Colour(segments)


def _sample(n_obs: int) -> list[tuple[int, int]]:
    """All of a short series, or stretches spread evenly over a long one."""
    if n_obs <= _SEGMENTS * _SEGMENT:
        return [(0, n_obs)]
    starts = np.linspace(0, n_obs - _SEGMENT, _SEGMENTS).astype(int)
    return [(int(start), int(start) + _SEGMENT) for start in starts]


def _between_gaps(x: FloatArray) -> list[FloatArray]:
    """Cut a stretch at its missing values."""
    bad = np.flatnonzero(np.isnan(x))
    if not bad.size:
        return [x]
    edges = np.concatenate(([-1], bad, [x.size]))
    return [x[first + 1 : last] for first, last in pairwise(edges.tolist()) if last - first > 2]


def make_views(snippet: FloatArray, how: str, colour: Colour) -> list[View]:
    """Choose the views of a snippet; a filter that would change nothing is left out.

    In a white signal nothing beats the snippet as it is, so "auto" looks no further.
    """
    if how == "auto" and colour.is_white:
        how = "none"
    parts = [snippet[start:stop].astype(np.float64) for start, stop in _sample(snippet.size)]
    kernels: list[tuple[str, FloatArray | None]] = []
    if how in ("none", "auto"):
        kernels.append(("none", None))
    for name in ("snippet", "signal"):
        if how in (name, "auto"):
            kernel = ar_poly(parts) if name == "snippet" else colour.kernel
            if kernel is not None and 2 * kernel.size < snippet.size:
                kernels.append((name, kernel))
    return [_view(name, kernel, snippet, colour) for name, kernel in kernels or [("none", None)]]


def _view(name: str, kernel: FloatArray | None, snippet: FloatArray, colour: Colour) -> View:
    """Find the effective size of the correlation in one view, and whether either side is white."""
    bare = View(name, kernel)
    order = 0 if kernel is None else kernel.size - 1
    size = snippet.size - order
    own = [
        bare.apply(snippet[start:stop].astype(np.float64)) for start, stop in _sample(snippet.size)
    ]
    parts = [bare.apply(segment) for segment in colour.segments if segment.size > order + 8]
    signal_white = colour.is_white if kernel is None else is_white(parts)
    own_white = not signal_white and is_white(own)
    if signal_white:
        return View(name, kernel, float(size), True)
    n_lags = min(_ACF_LAGS, *(part.size - 1 for part in own + parts)) if parts else 0
    if n_lags < 1:
        return View(name, kernel, float(size), False)
    acf_signal = significant_acf(autocorrelation(parts, n_lags), sum(part.size for part in parts))
    acf_snippet = autocorrelation(own, n_lags)
    # Few samples look white whatever they are, the more so after a filter was fitted to them.
    # For this very snippet the spread of chance scores follows from its own autocorrelation.
    # A long one may hide tones under noise, which look white and agree with the signal's: measured,
    # clips of other music at -15 dB were 'found' in 31 % of searches. So the search has its say.
    short_white = own_white and kernel is None and size < _ENOUGH
    if not short_white:
        acf_snippet = significant_acf(acf_snippet, sum(part.size for part in own))
    return View(
        name, kernel, effective_size(size, acf_signal, acf_snippet), short_white, short_white
    )
