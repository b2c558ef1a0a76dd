"""Slow, obvious twins of heat flow: second differences and small time steps, and dense matrices."""

from __future__ import annotations

import math

import numpy as np


def neighbours(u, axis, boundary):
    """Return the values to both sides along an axis."""
    u = np.moveaxis(np.asarray(u, dtype=float), axis, 0)
    if boundary == "wrap":
        before, after = u[-1:], u[:1]
    elif boundary == "reflect":
        before, after = u[:1], u[-1:]
    else:  # zero lies half a sample outside
        before, after = -u[:1], -u[-1:]
    left = np.concatenate([before, u[:-1]])
    right = np.concatenate([u[1:], after])
    return np.moveaxis(left, 0, axis), np.moveaxis(right, 0, axis)


def flow(u, diffusivity, spacing, boundary):
    """Rate of change by second differences, summed over the axes."""
    rate = np.zeros_like(u)
    for axis in range(u.ndim):
        left, right = neighbours(u, axis, boundary)
        rate += diffusivity[axis] * (left - 2 * u + right) / spacing[axis] ** 2
    return rate


def runge_kutta(u, time, diffusivity, spacing, boundary, steps):
    """Classical fourth-order steps of the second-difference equations."""
    u = np.array(u, dtype=float)
    h = time / steps
    for _ in range(steps):
        a = flow(u, diffusivity, spacing, boundary)
        b = flow(u + h / 2 * a, diffusivity, spacing, boundary)
        c = flow(u + h / 2 * b, diffusivity, spacing, boundary)
        d = flow(u + h * c, diffusivity, spacing, boundary)
        u = u + h / 6 * (a + 2 * b + 2 * c + d)
    return u


def gaussian_on_a_line(x, time, diffusivity, variance):
    """Analytic solution on the whole line from a Gaussian of a given variance and unit mass."""
    spread = variance + 2 * diffusivity * time
    return np.exp(-(x**2) / (2 * spread)) / math.sqrt(2 * math.pi * spread)


def cosine_between_insulated_ends(x, time, diffusivity, length, k):
    """Analytic solution from ``cos(pi k x / length)`` with no flow at 0 and `length`."""
    rate = diffusivity * (math.pi * k / length) ** 2
    return np.cos(math.pi * k * x / length) * math.exp(-rate * time)
