# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The loops of the search at a lower rate; `bound.py` holds the formulas and the same in numpy."""

from libc.string cimport memmove, memset


cdef extern from "_lower.h" nogil:
    Py_ssize_t tsconv_centre(const double *x, Py_ssize_t n, double centre, float *out)
    Py_ssize_t tsconv_centre_single(const float *x, Py_ssize_t n, float centre, float *out)
    void tsconv_filter(
        const float *x, Py_ssize_t n_blocks, Py_ssize_t step, const float *taps, Py_ssize_t n_vectors,
        const char *ahead, float *low
    )
    void tsconv_group_sums(
        const float *x, Py_ssize_t n_groups, Py_ssize_t size, double *sums, double *squares
    )
    void tsconv_windows(
        const double *rows, Py_ssize_t stride, Py_ssize_t step, Py_ssize_t width, Py_ssize_t inner,
        Py_ssize_t lead, Py_ssize_t length, Py_ssize_t rim, Py_ssize_t first, Py_ssize_t n,
        double gain, double kappa, double rounding,
        double *work, double *least, double *about, double *high, double *norm
    )
    void tsconv_largest(
        const float *x, Py_ssize_t n, Py_ssize_t n_groups, Py_ssize_t width, float *best
    )
    Py_ssize_t tsconv_first_look(
        const float *best, Py_ssize_t n, Py_ssize_t spread, double growth, double floor,
        const double *a, const double *least, const double *about, const double *high,
        const double *norm, double *need, unsigned char *reach
    )

ctypedef fused samples:
    const float
    const double

cdef enum:
    SPARE = 64  # samples behind those of the wave that the filter may read, times zeros


def lower(
    samples[::1] x, Py_ssize_t n_zeros, double middle, float[::1] wave, Py_ssize_t n_wave,
    Py_ssize_t step, Py_ssize_t width, Py_ssize_t reach, const float[:, ::1] taps,
    float[::1] low, double[:, ::1] groups, Py_ssize_t first
):
    """Lower the rate of samples that follow those in the wave, less `middle`, and of zeros behind.

    The wave begins `reach` samples before block number `first` of `low`, and is left so. Block k is
    ``sum(taps * x[k * step : ])``; a group has `width` blocks, and `groups` gets sums and squares of
    its samples and of its blocks. Missing samples count as `middle`.

    Returns
    -------
    n_blocks, n_wave, n_missing : int
        Blocks added, samples left in the wave, and how many were missing or too large.
    """
    cdef Py_ssize_t n = x.shape[0], total = n + n_zeros, room = wave.shape[0] - SPARE
    cdef Py_ssize_t n_vectors = taps.shape[1] // 16, phases = taps.shape[0]
    cdef Py_ssize_t at = 0, take, here, n_blocks, n_missing = 0, block = first, group
    cdef Py_ssize_t size = width * step
    cdef const char *ahead
    if (step not in (4, 8, 16, 32) or width < 1 or size % 16 or phases != max(1, 16 // step)
            or taps.shape[1] % 16 or reach % 16 or first % width or groups.shape[0] != 4
            or n_wave < 0 or room - 2 * reach < 2 * size
            or 16 * n_vectors > 2 * reach + SPARE):
        raise ValueError("samples must come in whole rows and groups, and taps in rows.")
    take = max(n_wave + total - 2 * reach, 0) // size * width
    if low.shape[0] < first + take or groups.shape[1] < (first + take) // width:
        raise ValueError(f"outputs must hold {first + take} blocks; got {low.shape[0]}.")
    with nogil:
        while True:
            take = min(total - at, room - n_wave)
            here = min(take, n - at) if at < n else 0
            if here > 0:
                if samples is double:
                    n_missing += tsconv_centre(&x[at], here, middle, &wave[n_wave])
                else:
                    n_missing += tsconv_centre_single(&x[at], here, <float>middle, &wave[n_wave])
            memset(&wave[n_wave] + here, 0, (take - here + SPARE) * sizeof(float))
            at += take
            n_wave += take
            n_blocks = max(n_wave - 2 * reach, 0) // size * width
            if n_blocks:
                group = block // width
                ahead = <const char *>&x[at] if n - at > 2 * wave.shape[0] else NULL
                tsconv_filter(&wave[0], n_blocks, step, &taps[0, 0], n_vectors, ahead, &low[block])
                tsconv_group_sums(
                    &wave[reach], n_blocks // width, size, &groups[0, group], &groups[1, group]
                )
                tsconv_group_sums(
                    &low[block], n_blocks // width, width, &groups[2, group], &groups[3, group]
                )
                block += n_blocks
                n_wave -= n_blocks * step
                memmove(&wave[0], &wave[n_blocks * step], n_wave * sizeof(float))
            if at == total:
                break
    return block - first, n_wave, n_missing


def windows(
    const double[:, :] groups, Py_ssize_t step, Py_ssize_t width, Py_ssize_t inner,
    Py_ssize_t lead, Py_ssize_t length, Py_ssize_t rim, Py_ssize_t first, double gain, double kappa,
    double rounding, double[:, ::1] out
):
    """Fill rows `least`, `about`, `high`, `norm` (and a spare one) as `bound.describe_windows`."""
    cdef Py_ssize_t n = out.shape[1], needed = first + n + max(inner, length - lead - 1)
    cdef Py_ssize_t stride = groups.strides[0] // <Py_ssize_t>sizeof(double)
    if out.shape[0] != 5 or width < 1 or step < 1 or lead < 0 or first < lead or length < 2 * rim:
        raise ValueError("`out` must have five rows, and windows must begin inside.")
    if groups.shape[0] != 4 or groups.strides[1] != sizeof(double) or (n and groups.shape[1] < needed):
        raise ValueError(f"{n} groups of windows need {needed} groups; got {groups.shape[1]}.")
    if n:
        with nogil:
            tsconv_windows(
                &groups[0, 0], stride, step, width, inner, lead, length, rim, first, n,
                gain, kappa, rounding,
                &out[4, 0], &out[0, 0], &out[1, 0], &out[2, 0], &out[3, 0]
            )


def first_look(
    const float[::1] coarse, Py_ssize_t width, Py_ssize_t spread, double growth, double floor,
    const double[::1] slack, const double[:, ::1] known, float[::1] best, double[::1] need,
    unsigned char[::1] reach
):
    """Fill what each group needs and whether the best near it reaches that; returns how many do."""
    cdef Py_ssize_t n = known.shape[1], count = 0
    if (known.shape[0] < 4 or slack.shape[0] != 4 or need.shape[0] < n or reach.shape[0] < n
            or width < 1 or spread < 0 or best.shape[0] < n + spread):
        raise ValueError(f"`need` and `reach` must hold {n} groups, `slack` four numbers.")
    if n and coarse.shape[0]:
        with nogil:
            tsconv_largest(&coarse[0], coarse.shape[0], n + spread, width, &best[0])
            count = tsconv_first_look(
                &best[0], n, spread, growth, floor, &slack[0],
                &known[0, 0], &known[1, 0], &known[2, 0], &known[3, 0], &need[0], &reach[0]
            )
    return count
