# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Loops of the engines on flat float64 arrays; `_engines` checks the arguments.

A 2-D array of `width` columns in C order is a flat array in which one step along the index is
`width` elements; a complex array is two real columns for each of its own. So each loop is written
once, for flat arrays and a width.
"""

from libc.math cimport fabs
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset


cdef extern from "simd.h" nogil:
    ctypedef void (*shifted_sum_fn "tsconv_shifted_sum_fn")(
        const double *x, const ptrdiff_t *shifts, const double *weights, ptrdiff_t n_weights,
        double *out, ptrdiff_t n_out) noexcept
    shifted_sum_fn best_shifted_sum "tsconv_best_shifted_sum"() noexcept
    ctypedef void (*window_sums_fn "tsconv_window_sums_fn")(
        double *row, double *kept, ptrdiff_t w, double *out, ptrdiff_t n_out) noexcept
    window_sums_fn best_window_sums "tsconv_best_window_sums"() noexcept
    ctypedef void (*add_heads_fn "tsconv_add_heads_fn")(
        const double *tail, const double *x, double tap, double *head, double *out,
        ptrdiff_t n) noexcept
    add_heads_fn best_add_heads "tsconv_best_add_heads"() noexcept
    ctypedef void (*add_scaled_fn "tsconv_add_scaled_fn")(
        const double *row, const double *x, double tap, double *out, ptrdiff_t n) noexcept
    add_scaled_fn best_add_scaled "tsconv_best_add_scaled"() noexcept


cdef shifted_sum_fn shifted_sum = best_shifted_sum()
cdef window_sums_fn window_sums = best_window_sums()
cdef add_heads_fn add_heads_of_rows = best_add_heads()
cdef add_scaled_fn add_scaled = best_add_scaled()

# Recursions set values below this to zero, a stretch at a time: a decaying output would otherwise
# spend its life among the subnormal numbers, which some processors handle a hundred times slower.
cdef double TINY = 1e-300
cdef enum:
    STRETCH = 256


def describe_taps(const double[::1] taps):
    """Count the nonzero taps, find the first and the last, and say if all between are equal.

    Returns (n_nonzero, first, last, constant, finite); first > last if there are none.
    """
    cdef Py_ssize_t n_nonzero, first, last
    cdef bint constant, finite
    with nogil:
        describe(taps, &n_nonzero, &first, &last, &constant, &finite)
    return n_nonzero, first, last, constant, finite


cdef void describe(const double[::1] taps, Py_ssize_t *n_nonzero, Py_ssize_t *first,
                   Py_ssize_t *last, bint *constant, bint *finite) noexcept nogil:
    cdef Py_ssize_t k, m = taps.shape[0]
    cdef double tap
    n_nonzero[0] = 0
    first[0] = m
    last[0] = -1
    constant[0] = finite[0] = True
    for k in range(m):
        tap = taps[k]
        if tap - tap != 0.0:
            finite[0] = False
        if tap != 0.0:
            n_nonzero[0] += 1
            if last[0] < 0:
                first[0] = k
            elif tap != taps[first[0]] or last[0] != k - 1:
                constant[0] = False
            last[0] = k


def direct_if_sure(const double[::1] x, Py_ssize_t width, const double[::1] taps,
                   double[::1] out, Py_ssize_t n_few, Py_ssize_t n_products, Py_ssize_t n_box):
    """Run `direct` where nothing can be cheaper, without a look at the costs; say if it ran.

    That is for at most `n_few` nonzero taps, or at most `n_products` products; for equal taps for
    at most `n_box` taps. Taps that are not finite are left to the caller.
    """
    cdef Py_ssize_t n_nonzero, first, last
    cdef bint constant, finite
    with nogil:
        describe(taps, &n_nonzero, &first, &last, &constant, &finite)
    if not finite or (constant and n_nonzero > n_box):
        return False
    if n_nonzero > n_few and n_nonzero * out.shape[0] > n_products:
        return False
    direct(x, width, taps, out)
    return True


cpdef direct(const double[::1] x, Py_ssize_t width, const double[::1] taps, double[::1] out):
    """out[i] = sum_k taps[k] x[i + m - 1 - k], term by term, zero taps left out."""
    cdef Py_ssize_t m = taps.shape[0], n_out = out.shape[0], k, n_weights = 0
    cdef ptrdiff_t few_shifts[64]
    cdef double few_weights[64]
    cdef ptrdiff_t *shifts = few_shifts
    cdef double *weights = few_weights
    if n_out == 0:
        return
    if m > 64:
        shifts = <ptrdiff_t *>malloc(m * sizeof(ptrdiff_t))
        weights = <double *>malloc(m * sizeof(double))
        if shifts == NULL or weights == NULL:
            free(shifts)
            free(weights)
            raise MemoryError
    with nogil:
        for k in range(m - 1, -1, -1):
            if taps[k] != 0.0:
                shifts[n_weights] = (m - 1 - k) * width
                weights[n_weights] = taps[k]
                n_weights += 1
        shifted_sum(&x[0], shifts, weights, n_weights, &out[0], n_out)
    if m > 64:
        free(shifts)
        free(weights)


include "_planes.pxi"


def box(const double[::1] x, Py_ssize_t width, double tap, Py_ssize_t m, double[::1] out):
    """out[i] = tap * (x[i] + ... + x[i + m - 1]), at the same cost whatever m (van Herk).

    The series is cut into blocks of m. A window that starts r places into a block is the sum of
    that block from r on (`tail`, summed from the right) and of the next block up to r (the head,
    summed from the left). Nothing outside the window ever enters its sum.
    """
    cdef Py_ssize_t n_out = out.shape[0], size = m * width, start = 0, count, c
    cdef const double *data
    cdef double *result
    cdef double *tail
    if n_out == 0:
        return
    data = &x[0]
    result = &out[0]
    tail = <double *>malloc((size + width) * sizeof(double))
    if tail == NULL:
        raise MemoryError
    with nogil:
        while start < n_out:
            count = min(size, n_out - start)
            if width < 8:
                for c in range(width):
                    sum_tails(data + start + c, width, tap, tail, m)
                    result[start + c] = tail[0]
                    add_heads(data + start + size + c, width, tap, tail + 1,
                              result + start + width + c, count // width - 1)
            else:
                box_rows(data + start, tap, tail, size, width, result + start, count)
            start += size
    free(tail)


cdef inline void sum_tails(const double *x, Py_ssize_t width, double tap, double *tail,
                           Py_ssize_t n) noexcept nogil:
    # tail[p] = tap * (x[p] + ... + x[n - 1]); four at a time, so that each waits for one addition.
    cdef Py_ssize_t p = n
    cdef double sum = 0.0, s0, s1, s2, s3
    while p % 4:
        p -= 1
        sum += tap * x[p * width]
        tail[p] = sum
    x += p * width
    while p > 0:
        p -= 4
        x -= 4 * width
        s3 = tap * x[3 * width]
        s2 = tap * x[2 * width] + s3
        s1 = tap * x[width]
        s0 = tap * x[0] + s1 + s2
        tail[p + 3] = sum + s3
        tail[p + 2] = sum + s2
        tail[p + 1] = sum + (s1 + s2)
        sum += s0
        tail[p] = sum


cdef inline void add_heads(const double *x, Py_ssize_t width, double tap, const double *tail,
                           double *out, Py_ssize_t n) noexcept nogil:
    # out[p] = tail[p] + tap * (x[0] + ... + x[p]), four at a time.
    cdef Py_ssize_t p = 0
    cdef double sum = 0.0, s0, s1, s2, s3
    while p + 4 <= n:
        s0 = tap * x[0]
        s1 = tap * x[width] + s0
        s2 = tap * x[2 * width]
        s3 = tap * x[3 * width] + s2 + s1
        out[0] = tail[p] + (sum + s0)
        out[width] = tail[p + 1] + (sum + s1)
        out[2 * width] = tail[p + 2] + (sum + (s2 + s1))
        sum += s3
        out[3 * width] = tail[p + 3] + sum
        p += 4
        x += 4 * width
        out += 4 * width
    while p < n:
        sum += tap * x[0]
        out[0] = tail[p] + sum
        p += 1
        x += width
        out += width


cdef void box_rows(const double *x, double tap, double *tail, Py_ssize_t size, Py_ssize_t width,
                   double *out, Py_ssize_t count) noexcept nogil:
    # One block, row after row of many columns; `tail` has room for one more row, the heads.
    cdef Py_ssize_t p, row
    cdef double *head = tail + size
    for p in range(size - width, size):
        tail[p] = tap * x[p]
    for p in range(size - width - 1, -1, -1):
        tail[p] = tail[p + width] + tap * x[p]
    for p in range(width):
        out[p] = tail[p]
        head[p] = 0.0
    row = width
    while row < count:
        for p in range(width):
            head[p] += tap * x[row + size - width + p]
            out[row + p] = tail[row + p] + head[p]
        row += width


def block_maxima(const double[::1] x, Py_ssize_t width, Py_ssize_t length, double[:, ::1] out):
    """out[b, c] = largest |x| in block b (`length` rows, the last may be shorter) of column c."""
    cdef Py_ssize_t b, c, p, start, stop, n = x.shape[0]
    cdef double m0, m1, m2, m3
    with nogil:
        for b in range(out.shape[0]):
            start = b * length * width
            stop = min(start + length * width, n)
            if width == 1:
                m0 = m1 = m2 = m3 = 0.0
                for p in range(start, stop - 3, 4):
                    m0 = fabs(x[p]) if fabs(x[p]) > m0 else m0
                    m1 = fabs(x[p + 1]) if fabs(x[p + 1]) > m1 else m1
                    m2 = fabs(x[p + 2]) if fabs(x[p + 2]) > m2 else m2
                    m3 = fabs(x[p + 3]) if fabs(x[p + 3]) > m3 else m3
                for p in range(stop - (stop - start) % 4, stop):
                    m0 = fabs(x[p]) if fabs(x[p]) > m0 else m0
                m0 = m1 if m1 > m0 else m0
                m2 = m3 if m3 > m2 else m2
                out[b, 0] = m2 if m2 > m0 else m0
            else:
                for c in range(width):
                    out[b, c] = 0.0
                while start < stop:
                    for c in range(width):
                        m0 = fabs(x[start + c])
                        out[b, c] = m0 if m0 > out[b, c] else out[b, c]
                    start += width


def all_finite(const double[::1] x):
    """Say whether x holds no NaN and no infinity."""
    cdef Py_ssize_t p, n = x.shape[0], start = 0, stop
    cdef double s0, s1, s2, s3
    cdef bint finite = True
    with nogil:
        while start < n and finite:  # x - x is 0 for finite x, else NaN, and NaN stays in a sum
            stop = min(start + 4096, n)
            s0 = s1 = s2 = s3 = 0.0
            p = start
            while p + 4 <= stop:
                s0 += x[p] - x[p]
                s1 += x[p + 1] - x[p + 1]
                s2 += x[p + 2] - x[p + 2]
                s3 += x[p + 3] - x[p + 3]
                p += 4
            while p < stop:
                s0 += x[p] - x[p]
                p += 1
            finite = s0 + s1 + s2 + s3 == 0.0
            start = stop
    return finite


def touched(const unsigned char[::1] marks, const Py_ssize_t[::1] starts,
            const Py_ssize_t[::1] stops, unsigned char[::1] out):
    """out[i] = 1 if marks[i + j] is set for any j in [starts[r], stops[r]) of any run r, else 0.

    Counted in integers, so exact: a stretch of marks [a, b) reaches the windows
    a - stop + 1 .. b - 1 - start, noted as +1 and -1 and summed at the end.
    """
    cdef Py_ssize_t n = marks.shape[0], n_out = out.shape[0], a = 0, b, r, low, high
    cdef Py_ssize_t count = 0
    cdef Py_ssize_t *steps = <Py_ssize_t *>malloc((n_out + 1) * sizeof(Py_ssize_t))
    if steps == NULL:
        raise MemoryError
    with nogil:
        memset(steps, 0, (n_out + 1) * sizeof(Py_ssize_t))
        while a < n:
            if not marks[a]:
                a += 1
                continue
            b = a + 1
            while b < n and marks[b]:
                b += 1
            for r in range(starts.shape[0]):
                low = max(a - stops[r] + 1, 0)
                high = min(b - starts[r], n_out)
                if low < high:
                    steps[low] += 1
                    steps[high] -= 1
            a = b
        for low in range(n_out):
            count += steps[low]
            out[low] = count > 0
    free(steps)


def scatter(const double[::1] x, const double[::1] taps, double[::1] out):
    """out[i] += sum_k taps[k] x[i + m - 1 - k], going through the nonzero x: for few of them."""
    cdef Py_ssize_t m = taps.shape[0], n_out = out.shape[0], t, i
    with nogil:
        for t in range(x.shape[0]):
            if x[t] != 0.0:
                for i in range(max(t - m + 1, 0), min(t + 1, n_out)):
                    out[i] += x[t] * taps[i + m - 1 - t]


def recursion(double[::1] y, Py_ssize_t start, const Py_ssize_t[::1] shifts,
              const double[::1] coefs):
    """y[p] -= sum_j coefs[j] y[p - shifts[j]] in place, in order, for p = start, start + 1, ...

    Positions before `start` hold the earlier outputs. `shifts` fall, so that the output just
    computed, which the processor has to wait for, comes last. Where no shift is short, a stretch
    of outputs depends on earlier stretches only and is done lag by lag.
    """
    cdef Py_ssize_t n = y.shape[0], n_coefs = shifts.shape[0], p, j, stop
    cdef Py_ssize_t shortest = shifts[n_coefs - 1]
    cdef double value, latest, coef = coefs[n_coefs - 1]
    with nogil:
        while start < n:
            stop = min(start + STRETCH, n)
            if shortest >= 8:
                stop = min(stop, start + shortest)
                for j in range(n_coefs):
                    subtract_multiple(&y[start], &y[start - shifts[j]], coefs[j], stop - start)
            elif shortest == 1:
                latest = y[start - 1]
                for p in range(start, stop):
                    value = y[p]
                    for j in range(n_coefs - 1):
                        value -= coefs[j] * y[p - shifts[j]]
                    latest = value - coef * latest
                    y[p] = latest
            else:
                for p in range(start, stop):
                    value = y[p]
                    for j in range(n_coefs):
                        value -= coefs[j] * y[p - shifts[j]]
                    y[p] = value
            for p in range(start, stop):
                if fabs(y[p]) < TINY:
                    y[p] = 0.0
            start = stop


cdef void subtract_multiple(double *y, const double *past, double coef,
                            Py_ssize_t n) noexcept nogil:
    # The two stretches never overlap: n is at most the distance between them.
    cdef Py_ssize_t p
    for p in range(n):
        y[p] -= coef * past[p]


def sections(double[::1] y, Py_ssize_t width, const double[:, ::1] sos, double[:, :, ::1] state):
    """Second-order sections one after the other, in place, transposed direct form II.

    For each section, with x its input and a0 = 1:
    y[t] = b0 x[t] + z0,  z0 = b1 x[t] - a1 y[t] + z1,  z1 = b2 x[t] - a2 y[t].
    """
    cdef Py_ssize_t n = y.shape[0], n_sections = sos.shape[0], start, stop, p, s, c
    cdef double value, result
    with nogil:
        start = 0
        while start < n:
            stop = min(start + STRETCH * width, n)
            for c in range(width):
                p = start + c
                while p < stop:
                    value = y[p]
                    for s in range(n_sections):
                        result = sos[s, 0] * value + state[s, 0, c]
                        state[s, 0, c] = sos[s, 1] * value - sos[s, 4] * result + state[s, 1, c]
                        state[s, 1, c] = sos[s, 2] * value - sos[s, 5] * result
                        value = result
                    y[p] = value if not fabs(value) < TINY else 0.0
                    p += width
                for s in range(n_sections):
                    if fabs(state[s, 0, c]) < TINY:
                        state[s, 0, c] = 0.0
                    if fabs(state[s, 1, c]) < TINY:
                        state[s, 1, c] = 0.0
            start = stop
