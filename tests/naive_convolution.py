"""Slow, obvious twins of `convolve`: explicit loops over outputs, taps and samples.

Nothing here pads, slices or transforms: each output is written out as the sum it stands for.
"""

from __future__ import annotations

import math

import numpy as np

EXTENSIONS = ("zero", "reflect", "mirror", "nearest", "wrap")


def sample(x, t, boundary):
    """Return the signal at any position t, walking back inside one reflection at a time."""
    n = len(x)
    if boundary == "zero":
        return x[t] if 0 <= t < n else 0.0
    while not 0 <= t < n:
        if boundary == "nearest":
            t = 0 if t < 0 else n - 1
        elif boundary == "wrap":
            t = t + n if t < 0 else t - n
        elif boundary == "reflect":  # the end lies half a step beyond the last sample
            t = -1 - t if t < 0 else 2 * n - 1 - t
        elif n == 1:
            t = 0
        else:  # mirror: the end is the last sample itself
            t = -t if t < 0 else 2 * (n - 1) - t
    return x[t]


def weighted_sums(x, weights, origin, boundary, missing="propagate", share=0.0, total=None):
    """y[t] = sum_k weights[k] x[t - k + origin], output by output.

    `total` is the sum of all weights, where `weights` is the beginning of an endless kernel.
    """
    x = np.asarray(x)
    if missing == "interpolate":
        x = interpolated(x)
    total = math.fsum(weights) if total is None else total
    renormalize = "renormalize" in (boundary, missing)
    y = []
    for t in range(len(x)):
        pairs = []
        hangs_over = False
        for k, weight in enumerate(weights):
            place = t - k + origin
            if weight == 0:
                continue
            if not 0 <= place < len(x):
                hangs_over = True
                if boundary in ("missing", "renormalize"):
                    continue
            value = sample(x, place, boundary)
            if missing == "renormalize" and np.isnan(value):
                continue
            pairs.append((weight, value))
        if boundary == "missing" and hangs_over:
            y.append(np.nan)
        elif not renormalize:
            y.append(add_up(pairs))
        else:
            there = math.fsum(weight for weight, _ in pairs)
            enough = there > 0 and there >= share * total * (1 - 1e-9)
            y.append(add_up(pairs) * total / there if enough else np.nan)
    return np.array(y, dtype=complex if np.iscomplexobj(x) else float)


def inside_only(x, factors, origin):
    """Apply (numerator, denominator) pairs from the first sample that is there.

    A numerator waits until all its samples lie inside; each recursion starts there, from rest. The
    result is kept as a dict from time to value until the end.
    """
    x = np.asarray(x, dtype=float)
    start = next((t for t in range(len(x)) if not np.isnan(x[t])), len(x))
    signal = {t: x[t] for t in range(start, len(x))}
    for num, den in factors:
        taps = [(k, b) for k, b in enumerate(num) if b != 0]
        loops = [(k, a) for k, a in enumerate(den) if a != 0 and k > 0]
        moved = {
            t: sum(b * signal[t - k] for k, b in taps)
            for t in signal
            if t - max((k for k, _ in taps), default=0) in signal
        }
        signal = {}
        for t in sorted(moved):
            signal[t] = moved[t] - sum(a * signal[t - k] for k, a in loops if t - k in signal)
    return np.array([signal.get(t + origin, np.nan) for t in range(len(x))])


def inside_only_means(x, factors, origin, total, share=0.0):
    """Renormalize `inside_only` over gaps: every sample's weight, one unit impulse at a time."""
    x = np.asarray(x, dtype=float)
    there = ~np.isnan(x)
    if not there.any():
        return np.full(len(x), np.nan)
    start = int(np.argmax(there))
    y, absent = np.zeros(len(x)), np.zeros(len(x))
    for j in range(start, len(x)):
        impulse = np.where(np.arange(len(x)) < start, np.nan, 0.0)
        impulse[j] = 1.0
        weights = inside_only(impulse, factors, origin)
        y += weights * (x[j] if there[j] else 0.0)
        absent += weights * (0.0 if there[j] else 1.0)
    weight = total - absent
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(
            weight >= max(share * total * (1 - 1e-9), 1e-12), y * total / weight, np.nan
        )


def interpolated(x, places=None):
    """Fill each inner gap from its two neighbours that are there."""
    places = range(len(x)) if places is None else places
    filled = np.array(x)
    known = [t for t in range(len(x)) if not np.isnan(x[t])]
    for t in range(len(x)):
        left = [k for k in known if k < t]
        right = [k for k in known if k > t]
        if np.isnan(x[t]) and left and right:
            a, b = left[-1], right[0]
            along = (places[t] - places[a]) / (places[b] - places[a])
            filled[t] = x[a] + along * (x[b] - x[a])
    return filled


def window_means(times, x, weight, inside, *, skip_gaps=False, share=0.0):
    """Weighted mean at each time over the samples j whose lag t_i - t_j is `inside`."""
    y = []
    for here in times:
        lags = [here - there for there in times]
        pairs = [(weight(lag), value) for lag, value in zip(lags, x, strict=True) if inside(lag)]
        present = [(w, v) for w, v in pairs if not (skip_gaps and np.isnan(v))]
        all_weight, there = math.fsum(w for w, _ in pairs), math.fsum(w for w, _ in present)
        enough = there > 0 and there >= share * all_weight * (1 - 1e-9)
        y.append(add_up(present) / there if enough else np.nan)
    return np.array(y)


def add_up(pairs):
    """Sum of products without rounding errors; NaN and infinities as arithmetic has them."""
    if any(isinstance(value, complex) for _, value in pairs):
        real = add_up([(w, complex(v).real) for w, v in pairs])
        return complex(real, add_up([(w, complex(v).imag) for w, v in pairs]))
    products = [float(weight) * float(value) for weight, value in pairs]
    if all(map(math.isfinite, products)):
        return math.fsum(products)
    return sum(p for p in products if not math.isfinite(p))
