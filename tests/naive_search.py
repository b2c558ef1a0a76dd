"""The search in its plainest form: loops over lags, two passes over each window."""

from __future__ import annotations

import numpy as np


def profile(signal, snippet) -> np.ndarray:
    """Pearson correlation at every lag; 0 for constant windows, NaN for windows with gaps."""
    x, s = np.asarray(signal, dtype=float), np.asarray(snippet, dtype=float)
    s = s / np.abs(s).max()
    s = s - s.mean()
    out = np.empty(x.size - s.size + 1)
    for lag in range(out.size):
        window = x[lag : lag + s.size]
        if np.isnan(window).any():
            out[lag] = np.nan
        elif (window == window[0]).all():
            out[lag] = 0.0
        else:
            d = window - window.mean()
            d = d - d.mean()
            out[lag] = (d @ s) / np.sqrt((d @ d) * (s @ s))
    return out


def matches(signal, snippet, threshold: float, exclusion: int) -> list[tuple[int, float]]:
    """Local maxima of the absolute score at or above a threshold, best first, apart."""
    scores = profile(signal, snippet)
    rated = np.where(np.isnan(scores), -1.0, np.abs(scores))
    padded = np.concatenate(([-np.inf], rated, [-np.inf]))
    peaks = [
        lag
        for lag in range(rated.size)
        if rated[lag] >= threshold and padded[lag] < rated[lag] >= padded[lag + 2]
    ]
    kept: list[int] = []
    for lag in sorted(peaks, key=lambda lag: (-rated[lag], lag)):
        if all(abs(lag - other) >= exclusion for other in kept):
            kept.append(lag)
    return [(lag, float(scores[lag])) for lag in kept]


def partial_profile(signal, snippet, min_overlap: float) -> dict[int, float]:
    """Correlation over the samples present, at every lag where at least a share of them is."""
    x, s = np.asarray(signal, dtype=float), np.asarray(snippet, dtype=float)
    needed = max(2, int(np.ceil(min_overlap * s.size)))
    out = {}
    for lag in range(-(s.size - needed), x.size - needed + 1):
        a, b = [], []
        for i in range(s.size):
            if 0 <= lag + i < x.size and not np.isnan(x[lag + i]):
                a.append(x[lag + i])
                b.append(s[i])
        if len(a) >= needed:
            flat = min(a) == max(a) or min(b) == max(b)
            out[lag] = 0.0 if flat else float(np.corrcoef(a, b)[0, 1])
    return out
