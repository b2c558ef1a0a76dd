"""Slow, obvious twins of the engines: one loop per definition, sums without rounding error."""

from __future__ import annotations

import math

import numpy as np


def convolve_valid(x, taps):
    """y[i] = sum_k taps[k] x[i + m - 1 - k], correctly rounded; zero taps meet nothing."""
    x, taps = np.asarray(x), np.asarray(taps, dtype=float)
    if np.iscomplexobj(x):
        parts = np.empty(x.shape[0] - taps.size + 1, dtype=complex)
        parts.real = convolve_valid(x.real, taps)
        parts.imag = convolve_valid(x.imag, taps)
        return parts
    out = []
    for i in range(x.size - taps.size + 1):
        pairs = [(taps[k], x[i + taps.size - 1 - k]) for k in range(taps.size) if taps[k] != 0]
        out.append(_sum_of_products(pairs))
    return np.array(out)


def convolve_same(x, taps, origin, head, tail):
    """y[t] = sum_k taps[k] x[t - (k - origin)], with `head` before x and `tail` after it."""
    return convolve_valid(np.concatenate([head, x, tail]), taps)


def window_maxima(x, taps):
    """Largest |x| that a nonzero tap meets, for each window."""
    m = len(taps)
    used = [m - 1 - k for k in range(m) if taps[k] != 0]
    return np.array([np.abs(x[i : i + m][used]).max() for i in range(len(x) - m + 1)])


def recursive_filter(x, lags, coefs, initial=None):
    """y[t] = x[t] - sum_j coefs[j] y[t - lags[j]], the past being `initial` or zero."""
    past = [] if initial is None else list(initial)
    y = list(past)
    for t in range(len(x)):
        value = x[t]
        for lag, coef in zip(lags, coefs, strict=True):
            at = t + len(past) - lag
            value = value - coef * (y[at] if at >= 0 else 0.0)
        y.append(value)
    return np.array(y[len(past) :])


def sos_filter(x, sos):
    """Run each second-order section as a difference equation on the output of the one before."""
    y = np.array(x)
    for b0, b1, b2, a0, a1, a2 in np.asarray(sos, dtype=float):
        moving = [
            b0 * y[t] + (b1 * y[t - 1] if t > 0 else 0) + (b2 * y[t - 2] if t > 1 else 0)
            for t in range(len(y))
        ]
        y = recursive_filter(np.array(moving) / a0, [1, 2], [a1 / a0, a2 / a0])
    return y


def _sum_of_products(pairs):
    products = [float(tap) * float(value) for tap, value in pairs]
    if all(map(math.isfinite, products)):
        return math.fsum(products)
    return sum(p for p in products if not math.isfinite(p))
