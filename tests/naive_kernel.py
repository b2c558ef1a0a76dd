"""Slow, obvious twins of what a Kernel answers, and the random kernels its laws are tried on.

With Fractions in the place of floats the loops are exact: a float is a rational number.
"""

from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from tsconv.kernel import Kernel


def exactly(values):
    """Turn floats into the rational numbers they are."""
    return [Fraction(float(v)) for v in values]


def impulse_response(numerator, denominator, n):
    """Run y[t] = sum b[k] x[t-k] - sum a[k] y[t-k] on a unit impulse, term by term."""
    y = []
    for t in range(n):
        value = numerator[t] if t < len(numerator) else 0
        for k in range(1, min(t, len(denominator) - 1) + 1):
            value = value - denominator[k] * y[t - k]
        y.append(value)
    return y


def filtered(x, numerator, denominator):
    """Apply one factor to any sequence, term by term."""
    y = []
    for t in range(len(x)):
        value = sum(numerator[k] * x[t - k] for k in range(min(t + 1, len(numerator))))
        for k in range(1, min(t, len(denominator) - 1) + 1):
            value = value - denominator[k] * y[t - k]
        y.append(value)
    return y


def exact_cascade(sections, n):
    """Impulse response of second-order sections in rational arithmetic, rounded once at the end."""
    y = [Fraction(1)] + [Fraction(0)] * (n - 1)
    for row in sections:
        y = filtered(y, exactly(row[:3]), exactly(row[3:]))
    return np.array([float(v) for v in y])


def exact_gain(sections, half_tangent):
    """Gain of sections at the angle 2 atan(t), where cosine and sine are rational; t is a float."""
    t = Fraction(half_tangent)
    cosine, sine = (1 - t * t) / (1 + t * t), 2 * t / (1 + t * t)
    power = Fraction(1)
    for row in sections:
        power *= _squared_modulus(exactly(row[:3]), cosine, sine)
        power /= _squared_modulus(exactly(row[3:]), cosine, sine)
    return float(power) ** 0.5


def _squared_modulus(poly, cosine, sine):
    real, imag = Fraction(0), Fraction(0)
    for c in reversed(poly):
        # Horner at L = cos - i sin.
        real, imag = real * cosine + imag * sine + c, imag * cosine - real * sine
    return real * real + imag * imag


def autocovariance(weights, n_lags):
    """Sum products of weights a lag apart."""
    n = len(weights)
    return [sum(weights[j] * weights[j + k] for j in range(n - k)) for k in range(n_lags + 1)]


def frequency_response(kernel, frequency, n):
    """Sum the first n weights times exp(-2 pi i f lag)."""
    first = -max(kernel.origin, 0)
    return sum(
        w * np.exp(-2j * np.pi * frequency * (first + k))
        for k, w in enumerate(kernel.impulse_response(n))
    )


def has_root_outside(poly, radius):
    """Count sign changes the other way round: roots of numpy, for well separated roots only."""
    return bool(np.any(np.abs(np.roots(poly)) >= radius))


@st.composite
def polynomials(draw, radius=0.8, steps=(1, 1, 4, 12)):
    """Lag polynomials with all roots inside a circle: one real root or a pair, in L or in L**s."""
    r = draw(st.floats(0.05, radius))
    if draw(st.booleans()):
        core = [1.0, draw(st.sampled_from([-1.0, 1.0])) * r]
    else:
        core = [1.0, -2 * r * np.cos(draw(st.floats(0.1, 3.0))), r**2]
    step = draw(st.sampled_from(steps))
    poly = np.zeros(step * (len(core) - 1) + 1)
    poly[::step] = core
    return poly


@st.composite
def kernels(draw, max_factors=2, recursive=True, shifts=True):
    """Kernels that are stable and have a stable inverse: seasonal, delayed, scaled."""
    nums = draw(st.lists(polynomials(), max_size=max_factors))
    dens = draw(st.lists(polynomials(), max_size=max_factors)) if recursive else []
    gain = draw(st.sampled_from([-49.0, -1.0, 0.1, 1.0, 3.0]))
    lag = draw(st.integers(-5, 5)) if shifts else 0
    return (gain * Kernel.from_factors(nums, dens)).shift(lag)


def weights(kernel, first, n):
    """Weights at the lags first, first + 1, ..., whatever the origin."""
    start = -max(kernel.origin, 0)
    response = kernel.impulse_response(max(first + n - start, 0))
    padded = np.concatenate([np.zeros(max(start - first, 0)), response])
    return padded[-n:] if n else padded[:0]
