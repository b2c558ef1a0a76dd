# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The loops of the search at a lower rate; `bound.py` holds the formulas and the same in numpy."""


cdef extern from "_lower.h" nogil:
    Py_ssize_t tsconv_centre(const double *x, Py_ssize_t n, double centre, float *out)
    void tsconv_filter(
        const float *x, Py_ssize_t n_blocks, Py_ssize_t step, const float *taps, Py_ssize_t n_vectors,
        float *low
    )
    void tsconv_block_sums(
        const float *x, Py_ssize_t n_blocks, Py_ssize_t step, double *sums, double *squares
    )
    void tsconv_eight_lags(
        const double *x, const double *taps, Py_ssize_t m, double centre, double *out
    )


def centre(const double[::1] x, double middle, float[::1] out):
    """Subtract `middle` into single precision, 0 for missing values; returns how many."""
    cdef Py_ssize_t n = x.shape[0], missing
    if out.shape[0] < n:
        raise ValueError(f"`out` must hold {n} samples; got {out.shape[0]}.")
    with nogil:
        missing = tsconv_centre(&x[0], n, middle, &out[0]) if n else 0
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


def few_lags(const double[::1] x, const double[::1] taps, double middle, double[::1] out):
    """Numerators ``sum(taps * (x[l : l + m] - middle))``; `out` comes in 8s, x with 7 spare ones."""
    cdef Py_ssize_t n = out.shape[0], m = taps.shape[0], lag
    if n % 8 or x.shape[0] < n + m - 1:
        raise ValueError(f"{n} lags of {m} taps need {n + m - 1} samples; got {x.shape[0]}.")
    with nogil:
        for lag in range(0, n, 8):
            tsconv_eight_lags(&x[lag], &taps[0], m, middle, &out[lag])
