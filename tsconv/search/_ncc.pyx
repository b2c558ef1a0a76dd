# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The two loops of the normalised correlation that numpy can only do in many passes.

`profile.py` holds the same in numpy, used where this is not built and as its second opinion.
"""

from libc.math cimport fabs, sqrt


def window_energy(
    const double[::1] x, Py_ssize_t m, double[::1] suffix_sum, double[::1] suffix_square,
    double[::1] energy, double[::1] raw
):
    """Energy of each window about its mean, and about the centre of its block.

    A window that starts at j in a block of h = min(m, lags) samples is ``block[j:]``, the m - h samples
    after the block, and ``next[:j]``; with d = x - c,
    S = sum d, Q = sum d^2, energy = Q - S^2 / m, raw = Q. Scratch arrays have h + 1 elements.
    """
    cdef Py_ssize_t n_lags = energy.shape[0]
    cdef Py_ssize_t h = min(m, n_lags)
    cdef Py_ssize_t block, count, j
    cdef double centre, total, square, d, s, q, common_sum, common_square
    cdef double inverse = 1.0 / m
    with nogil:
        block = 0
        while block < n_lags:
            count = min(h, n_lags - block)
            # Centre: the mean of all samples that these windows see.
            centre = _mean(&x[block], count - 1 + m)
            common_sum = 0.0
            common_square = 0.0
            for j in range(block + h, block + m):
                d = x[j] - centre
                common_sum += d
                common_square += d * d
            total = common_sum
            square = common_square
            suffix_sum[h] = total
            suffix_square[h] = square
            for j in range(h - 1, -1, -1):
                d = x[block + j] - centre
                total += d
                square += d * d
                suffix_sum[j] = total
                suffix_square[j] = square
            total = 0.0
            square = 0.0
            for j in range(count):
                s = suffix_sum[j] + total
                q = suffix_square[j] + square
                energy[block + j] = q - s * s * inverse
                raw[block + j] = q
                if j + 1 < count:
                    d = x[block + m + j] - centre
                    total += d
                    square += d * d
            block += h


def normalise(
    const float[::1] numerators, const double[::1] energy, const double[::1] raw,
    double bound, double tolerance, double floor, double energy_floor,
    double[::1] scores, unsigned char[::1] ill
):
    """Scores ``numerator / sqrt(energy)``; returns how many lags must be done again.

    A lag is ill if its energy has cancelled, or if the bound over its norm exceeds the tolerance and
    the score might reach the floor.
    """
    cdef Py_ssize_t n_lags = energy.shape[0]
    cdef Py_ssize_t l, n_ill = 0
    cdef double e, norm, value
    cdef bint cancelled, loose
    with nogil:
        for l in range(n_lags):
            e = energy[l]
            cancelled = e <= energy_floor * raw[l]
            norm = 1.0 if cancelled else sqrt(e)
            value = numerators[l]
            loose = (norm * tolerance < bound) & (fabs(value) + bound >= floor * norm)
            ill[l] = cancelled | loose
            n_ill += ill[l]
            value = value / norm
            value = 1.0 if value > 1.0 else value
            scores[l] = -1.0 if value < -1.0 else value
    return n_ill


cdef double _mean(const double *x, Py_ssize_t n) noexcept nogil:
    """Mean of n numbers, four sums side by side."""
    cdef double a = 0.0, b = 0.0, c = 0.0, d = 0.0
    cdef Py_ssize_t i = 0
    while i + 4 <= n:
        a += x[i]
        b += x[i + 1]
        c += x[i + 2]
        d += x[i + 3]
        i += 4
    while i < n:
        a += x[i]
        i += 1
    return (a + b + c + d) / n
