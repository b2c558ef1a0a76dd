"""Slow, obvious twins of spectra, bands and filters: sums of cosines, written out."""

from __future__ import annotations

import cmath
import math


def fourier(x):
    """Return the discrete Fourier transform term by term."""
    n = len(x)
    return [sum(x[t] * cmath.exp(-2j * math.pi * k * t / n) for t in range(n)) for k in range(n)]


def rows(x):
    """Amplitude, phase and power of frequencies 0 to n // 2."""
    n = len(x)
    table = []
    for k, c in enumerate(fourier(x)[: n // 2 + 1]):
        twice = 1 if k == 0 or 2 * k == n else 2
        amplitude = twice * abs(c) / n
        table.append((amplitude, cmath.phase(c), twice * abs(c) ** 2 / n**2))
    return table


def cosines(amplitudes, phases, n):
    """Add up cosines, sample by sample."""
    return [
        sum(
            a * math.cos(2 * math.pi * k * t / n + p)
            for k, (a, p) in enumerate(zip(amplitudes, phases, strict=True))
        )
        for t in range(n)
    ]


def band_power(x, low, high, rate):
    """Sum the power of a band from two-sided bins spread evenly over their width."""
    n = len(x)
    total = 0.0
    for k, c in enumerate(fourier(x)):
        centre = k if k <= n // 2 else k - n
        sides = [(abs(centre) - 0.5, abs(centre) + 0.5)]
        if centre == 0:
            sides = [(0.0, 0.5), (0.0, 0.5)]
        elif 2 * k == n:
            sides = [(centre - 0.5, float(centre))] * 2
        for start, stop in sides:
            width = min(stop * rate / n, high) - max(start * rate / n, low)
            share = max(width, 0.0) * n / rate
            total += share * abs(c) ** 2 / n**2
    return total


def circular(x, taps, origin):
    """Convolution on a circle, by its definition."""
    n = len(x)
    return [sum(w * x[(t - k + origin) % n] for k, w in enumerate(taps)) for t in range(n)]


def cosine_transform(x):
    """Return the orthonormal DCT-II, term by term."""
    n = len(x)
    out = []
    for k in range(n):
        total = sum(x[t] * math.cos(math.pi * k * (t + 0.5) / n) for t in range(n))
        out.append(total * math.sqrt((1 if k == 0 else 2) / n))
    return out
