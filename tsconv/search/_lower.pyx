# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The loops of the search at a lower rate; `bound.py` holds the formulas and the same in numpy."""


cdef extern from "_lower.h" nogil:
    Py_ssize_t tsconv_centre(const double *x, Py_ssize_t n, double centre, float *out)
    Py_ssize_t tsconv_centre_single(const float *x, Py_ssize_t n, float centre, float *out)
    void tsconv_filter(
        const float *x, Py_ssize_t n_blocks, Py_ssize_t step, const float *taps, Py_ssize_t n_vectors,
        float *low
    )
    void tsconv_block_sums(
        const float *x, Py_ssize_t n_blocks, Py_ssize_t step, double *sums, double *squares
    )
    void tsconv_windows(
        const double *sums, const double *squares, const float *low, Py_ssize_t step, Py_ssize_t m,
        Py_ssize_t half, Py_ssize_t first, Py_ssize_t n_groups, Py_ssize_t width,
        Py_ssize_t before, Py_ssize_t behind, double gain, double kappa, double rounding,
        double *work, double *least, double *about, double *high, double *norm
    )
    Py_ssize_t tsconv_first_look(
        const float *coarse, Py_ssize_t n_coarse, Py_ssize_t n_groups, Py_ssize_t width,
        Py_ssize_t span, double growth, double floor, const double *a, const double *least,
        const double *about, const double *high, const double *norm, double *need,
        unsigned char *reach
    )


def centre(const double[::1] x, double middle, float[::1] out):
    """Subtract `middle` into single precision, 0 for missing values; returns how many, or too large."""
    cdef Py_ssize_t n = x.shape[0], missing = 0
    if out.shape[0] < n:
        raise ValueError(f"`out` must hold {n} samples; got {out.shape[0]}.")
    if n:
        with nogil:
            missing = tsconv_centre(&x[0], n, middle, &out[0])
    return missing


def centre_single(const float[::1] x, float middle, float[::1] out):
    """Do as `centre` for samples in single precision; infinite ones become 0 too."""
    cdef Py_ssize_t n = x.shape[0], missing = 0
    if out.shape[0] < n:
        raise ValueError(f"`out` must hold {n} samples; got {out.shape[0]}.")
    if n:
        with nogil:
            missing = tsconv_centre_single(&x[0], n, middle, &out[0])
    return missing


def lower(
    const float[::1] x, Py_ssize_t step, Py_ssize_t reach, const float[::1] taps,
    float[::1] low, double[::1] sums, double[::1] squares
):
    """Fill low-passed samples and sums of blocks.

    Block k is ``x[reach + k * step : reach + (k + 1) * step]``; ``low[k] = sum(taps * x[k * step :
    k * step + taps.size])``. The number of taps is a multiple of 16, that of `step` one of 4.
    """
    cdef Py_ssize_t n = low.shape[0], n_taps = taps.shape[0]
    if n_taps % 16 or step % 4 or sums.shape[0] < n or squares.shape[0] < n:
        raise ValueError("taps must come in 16s, steps in 4s, and outputs must be of one size.")
    if n and x.shape[0] < max((n - 1) * step + n_taps, reach + n * step):
        raise ValueError(f"`x` is too short for {n} blocks; got {x.shape[0]} samples.")
    if n:
        with nogil:
            tsconv_filter(&x[0], n, step, &taps[0], n_taps // 16, &low[0])
            tsconv_block_sums(&x[reach], n, step, &sums[0], &squares[0])


def windows(
    const double[::1] sums, const double[::1] squares, const float[::1] low, Py_ssize_t step,
    Py_ssize_t m, Py_ssize_t half, Py_ssize_t first, Py_ssize_t width, Py_ssize_t before,
    Py_ssize_t behind, double gain, double kappa, double rounding, double[:, ::1] out
):
    """Fill rows `least`, `about`, `high`, `norm` (and a spare one) as `bound.describe_windows`."""
    cdef Py_ssize_t n = out.shape[1], end
    if out.shape[0] != 5 or width < 1 or step < 1 or m < 1 or behind < 0 or first < before:
        raise ValueError("`out` must have five rows, and windows must begin inside.")
    end = first + n * width + width + behind + (m + step - 1) // step
    if n and min(sums.shape[0], squares.shape[0], low.shape[0]) < end - width - 1:
        raise ValueError(f"{n} groups need {end} blocks; got {low.shape[0]}.")
    if n:
        with nogil:
            tsconv_windows(
                &sums[0], &squares[0], &low[0], step, m, half, first, n, width, before, behind,
                gain, kappa, rounding, &out[4, 0], &out[0, 0], &out[1, 0], &out[2, 0], &out[3, 0]
            )


def first_look(
    const float[::1] coarse, Py_ssize_t width, Py_ssize_t span, double growth, double floor,
    const double[::1] slack, const double[:, ::1] known, double[::1] need, unsigned char[::1] reach
):
    """Fill what each group needs and whether the best near it reaches that; returns how many do."""
    cdef Py_ssize_t n = known.shape[1], count = 0
    if known.shape[0] < 4 or slack.shape[0] != 4 or need.shape[0] < n or reach.shape[0] < n:
        raise ValueError(f"`need` and `reach` must hold {n} groups, `slack` four numbers.")
    if n and coarse.shape[0]:
        with nogil:
            count = tsconv_first_look(
                &coarse[0], coarse.shape[0], n, width, span, growth, floor, &slack[0],
                &known[0, 0], &known[1, 0], &known[2, 0], &known[3, 0], &need[0], &reach[0]
            )
    return count
