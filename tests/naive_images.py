"""Slow, obvious twins of the functions on images: explicit loops over pixels and taps."""

from __future__ import annotations

import math

import numpy as np


def pixel(image, i, j, boundary):
    """Return the pixel at any position; each axis walks back inside by itself."""
    i, j = (place(k, n, boundary) for k, n in zip((i, j), image.shape, strict=True))
    return 0.0 if i is None or j is None else image[i, j]


def place(k, n, boundary):
    """Where inside 0 .. n - 1 a position lies, one reflection at a time; None for outside."""
    while not 0 <= k < n:
        if boundary == "zero":
            return None
        if boundary == "nearest" or n == 1:
            return 0 if k < 0 else n - 1
        if boundary == "wrap":
            k = k + n if k < 0 else k - n
        elif boundary == "reflect":
            k = -1 - k if k < 0 else 2 * n - 1 - k
        else:
            k = -k if k < 0 else 2 * (n - 1) - k
    return k


def convolved(image, taps, origin, boundary, missing="propagate", share=0.0):
    """y[i, j] = sum_ab taps[a, b] image[i - a + o1, j - b + o2], pixel by pixel."""
    image = np.asarray(image, dtype=float)
    total = math.fsum(np.ravel(taps))
    y = np.empty(image.shape)
    for i, j in np.ndindex(image.shape):
        pairs, hangs_over = [], False
        for a, b in np.ndindex(taps.shape):
            if taps[a, b] == 0:
                continue
            r, c = i - a + origin[0], j - b + origin[1]
            if not (0 <= r < image.shape[0] and 0 <= c < image.shape[1]):
                hangs_over = True
                if boundary in ("missing", "renormalize"):
                    continue
            value = pixel(image, r, c, boundary)
            if missing == "renormalize" and np.isnan(value):
                continue
            pairs.append((taps[a, b], value))
        sum_ = sum(weight * value for weight, value in pairs)
        if boundary == "missing" and hangs_over:
            y[i, j] = np.nan
        elif "renormalize" not in (boundary, missing):
            y[i, j] = sum_
        else:
            there = math.fsum(weight for weight, _ in pairs)
            enough = there > 0 and there >= share * total * (1 - 1e-9)
            y[i, j] = sum_ * total / there if enough else np.nan
    return y


def scores(image, template):
    """Pearson's correlation of the template with each window, by its formula."""
    h, w = template.shape
    result = np.empty((image.shape[0] - h + 1, image.shape[1] - w + 1))
    t = template - template.mean()
    for i, j in np.ndindex(result.shape):
        window = image[i : i + h, j : j + w]
        if not np.all(np.isfinite(window)):
            result[i, j] = np.nan
        elif window.min() == window.max():
            result[i, j] = 0.0
        else:
            x = window - window.mean()
            result[i, j] = np.sum(x * t) / np.sqrt(np.sum(x * x) * np.sum(t * t))
    return result
