# Loops over planes (2-D arrays in C order).


def direct_plane(const double[:, ::1] x, const double[:, ::1] taps, double[:, ::1] out):
    """out[i, j] = sum_ab taps[a, b] x[i + h - 1 - a, j + w - 1 - b], zero taps left out."""
    cdef Py_ssize_t h = taps.shape[0], w = taps.shape[1], stride = x.shape[1]
    cdef Py_ssize_t a, b, i, n_weights = 0
    cdef ptrdiff_t *shifts
    cdef double *weights
    if out.shape[0] == 0 or out.shape[1] == 0:
        return
    shifts = <ptrdiff_t *>malloc(h * w * sizeof(ptrdiff_t))
    weights = <double *>malloc(h * w * sizeof(double))
    if shifts == NULL or weights == NULL:
        free(shifts)
        free(weights)
        raise MemoryError
    with nogil:
        for a in range(h - 1, -1, -1):
            for b in range(w - 1, -1, -1):
                if taps[a, b] != 0.0:
                    shifts[n_weights] = (h - 1 - a) * stride + w - 1 - b
                    weights[n_weights] = taps[a, b]
                    n_weights += 1
        for i in range(out.shape[0]):
            shifted_sum(&x[i, 0], shifts, weights, n_weights, &out[i, 0], out.shape[1])
    free(shifts)
    free(weights)


def separable_plane(const double[:, ::1] x, const double[::1] down, const double[::1] across,
                    double[:, ::1] out):
    """out = `direct_plane` of the outer product of `down` and `across`: one after the other.

    Row by row, so that what the first has made is still in the cache when the second takes it.
    """
    cdef Py_ssize_t h = down.shape[0], w = across.shape[0], stride = x.shape[1]
    cdef Py_ssize_t a, i, n_down = 0, n_across = 0
    cdef ptrdiff_t *shifts
    cdef double *weights
    cdef double *row
    if out.shape[0] == 0 or out.shape[1] == 0:
        return
    shifts = <ptrdiff_t *>malloc((h + w) * sizeof(ptrdiff_t))
    weights = <double *>malloc((h + w) * sizeof(double))
    row = <double *>malloc(stride * sizeof(double))
    if shifts == NULL or weights == NULL or row == NULL:
        free(shifts)
        free(weights)
        free(row)
        raise MemoryError
    with nogil:
        for a in range(h - 1, -1, -1):
            if down[a] != 0.0:
                shifts[n_down] = (h - 1 - a) * stride
                weights[n_down] = down[a]
                n_down += 1
        for a in range(w - 1, -1, -1):
            if across[a] != 0.0:
                shifts[n_down + n_across] = w - 1 - a
                weights[n_down + n_across] = across[a]
                n_across += 1
        for i in range(out.shape[0]):
            shifted_sum(&x[i, 0], shifts, weights, n_down, row, stride)
            shifted_sum(row, shifts + n_down, weights + n_down, n_across, &out[i, 0],
                        out.shape[1])
    free(shifts)
    free(weights)
    free(row)


# A plane continued beyond its edges, without a copy of it. `rows` says for each row of the continued
# plane which row of x it is, `columns` likewise; -1 stands for zeros. The columns from `left` on are
# those of x, one after the other.


cdef inline void extend_row(double *row, const Py_ssize_t[::1] columns, Py_ssize_t left,
                            Py_ssize_t n) noexcept nogil:
    # row[left : left + n] is there; fill what is beyond it.
    cdef Py_ssize_t j
    for j in range(left):
        row[j] = row[left + columns[j]] if columns[j] >= 0 else 0.0
    for j in range(left + n, columns.shape[0]):
        row[j] = row[left + columns[j]] if columns[j] >= 0 else 0.0


cdef inline void take_row(const double[:, ::1] x, const Py_ssize_t[::1] columns, Py_ssize_t left,
                          Py_ssize_t place, double *row) noexcept nogil:
    if place < 0:
        memset(row, 0, columns.shape[0] * sizeof(double))
        return
    memcpy(row + left, &x[place, 0], x.shape[1] * sizeof(double))
    extend_row(row, columns, left, x.shape[1])


def direct_continued(const double[:, ::1] x, const double[:, ::1] taps,
                     const Py_ssize_t[::1] rows, const Py_ssize_t[::1] columns, Py_ssize_t left,
                     double[:, ::1] out):
    """`direct_plane` of the continued plane; the last h of its rows are kept in a ring."""
    cdef Py_ssize_t h = taps.shape[0], w = taps.shape[1], stride = columns.shape[0]
    cdef Py_ssize_t a, b, i, s, n_weights = 0, n_out = out.shape[1]
    cdef Py_ssize_t *down
    cdef Py_ssize_t *across
    cdef ptrdiff_t *shifts
    cdef double *weights
    cdef double *ring
    if out.shape[0] == 0 or n_out == 0:
        return
    down = <Py_ssize_t *>malloc(2 * h * w * sizeof(Py_ssize_t))
    shifts = <ptrdiff_t *>malloc(h * w * sizeof(ptrdiff_t))
    weights = <double *>malloc(h * w * sizeof(double))
    ring = <double *>malloc(h * stride * sizeof(double))
    if down == NULL or shifts == NULL or weights == NULL or ring == NULL:
        free(down)
        free(shifts)
        free(weights)
        free(ring)
        raise MemoryError
    with nogil:
        across = down + h * w
        for a in range(h - 1, -1, -1):
            for b in range(w - 1, -1, -1):
                if taps[a, b] != 0.0:
                    down[n_weights] = h - 1 - a
                    across[n_weights] = w - 1 - b
                    weights[n_weights] = taps[a, b]
                    n_weights += 1
        for i in range(h - 1):
            take_row(x, columns, left, rows[i], ring + i * stride)
        for i in range(out.shape[0]):
            take_row(x, columns, left, rows[i + h - 1], ring + ((i + h - 1) % h) * stride)
            for s in range(n_weights):
                shifts[s] = ((i + down[s]) % h) * stride + across[s]
            shifted_sum(ring, shifts, weights, n_weights, &out[i, 0], n_out)
    free(down)
    free(shifts)
    free(weights)
    free(ring)


def separable_continued(const double[:, ::1] x, const double[::1] down, const double[::1] across,
                        const Py_ssize_t[::1] rows, const Py_ssize_t[::1] columns,
                        Py_ssize_t left, double[:, ::1] out):
    """`separable_plane` of the continued plane: down the columns of x, then beyond the edges."""
    cdef Py_ssize_t h = down.shape[0], w = across.shape[0], n = x.shape[1]
    cdef Py_ssize_t a, i, n_down, n_across = 0
    cdef ptrdiff_t *shifts
    cdef double *weights
    cdef double *row
    if out.shape[0] == 0 or out.shape[1] == 0:
        return
    shifts = <ptrdiff_t *>malloc((h + w) * sizeof(ptrdiff_t))
    weights = <double *>malloc((h + w) * sizeof(double))
    row = <double *>malloc(columns.shape[0] * sizeof(double))
    if shifts == NULL or weights == NULL or row == NULL:
        free(shifts)
        free(weights)
        free(row)
        raise MemoryError
    with nogil:
        for a in range(w - 1, -1, -1):
            if across[a] != 0.0:
                shifts[h + n_across] = w - 1 - a
                weights[h + n_across] = across[a]
                n_across += 1
        for i in range(out.shape[0]):
            n_down = 0
            for a in range(h - 1, -1, -1):
                if down[a] != 0.0 and rows[i + h - 1 - a] >= 0:
                    shifts[n_down] = rows[i + h - 1 - a] * n
                    weights[n_down] = down[a]
                    n_down += 1
            shifted_sum(&x[0, 0], shifts, weights, n_down, row + left, n)
            extend_row(row, columns, left, n)
            shifted_sum(row, shifts + h, weights + h, n_across, &out[i, 0], out.shape[1])
    free(shifts)
    free(weights)
    free(row)


def box_continued(const double[:, ::1] x, double tap, Py_ssize_t h, Py_ssize_t w,
                  const Py_ssize_t[::1] rows, const Py_ssize_t[::1] columns, Py_ssize_t left,
                  double[:, ::1] out):
    """out[i, j] = tap * (the sum of h x w values of the continued plane from [i, j] on).

    Down the columns in blocks of h rows, as `box`; across by doubling, see simd.h.
    """
    cdef Py_ssize_t n = x.shape[1], n_out = out.shape[1], start, count, p, place
    cdef double *tail
    cdef double *head
    cdef double *row
    cdef double *kept
    if out.shape[0] == 0 or n_out == 0:
        return
    tail = <double *>malloc(((h + 2) * n + columns.shape[0] + n_out) * sizeof(double))
    if tail == NULL:
        raise MemoryError
    with nogil:
        head = tail + (h + 1) * n
        row = head + n
        kept = row + columns.shape[0]
        start = 0
        while start < out.shape[0]:
            count = min(h, out.shape[0] - start)
            memset(tail + h * n, 0, n * sizeof(double))
            memset(head, 0, n * sizeof(double))
            for p in range(h - 1, -1, -1):
                place = rows[start + p]
                if place >= 0:
                    add_scaled(tail + (p + 1) * n, &x[place, 0], tap, tail + p * n, n)
                else:
                    memcpy(tail + p * n, tail + (p + 1) * n, n * sizeof(double))
            for p in range(count):
                place = rows[start + h + p - 1] if p > 0 else -1
                if place >= 0:
                    add_heads_of_rows(tail + p * n, &x[place, 0], tap, head, row + left, n)
                else:
                    add_scaled(tail + p * n, head, 1.0, row + left, n)
                extend_row(row, columns, left, n)
                window_sums(row, kept, w, &out[start + p, 0], n_out)
            start += count
    free(tail)
