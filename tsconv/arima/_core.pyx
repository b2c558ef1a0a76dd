# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Compiled loops of the exact ARIMA likelihood; the mathematics is in `tsconv.arima.likelihood`."""

from libc.math cimport INFINITY, M_PI, cos, fabs, log, pow, sin, sqrt
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

import numpy as np


cdef enum:
    MAX_REFLECT = 64       # largest MA degree whose roots are inverted one by one


cdef struct Model:
    # Sizes. Columns: missing-value dummies first, then regressors, the data last.
    int n, n_missing, n_exog, n_cols, n_coef
    int at[5]              # ar, ma, seasonal ar, seasonal ma begin at at[0..3]; at[4] = n_coef
    int *lag               # lag of each coefficient
    int P, Q, R, r         # degrees, their maximum, and min(R, n)
    int n_f, n_t           # lags of the multiplied polynomials that are not zero
    int *f_lags
    int *t_lags
    int *pivot
    double sigma2_given    # 0: concentrated out
    double *X              # n_cols x n, differenced columns
    double *f
    double *t
    double *psi
    double *gamma
    double *d
    double *yw
    double *omega
    double *f_bar
    double *t_bar
    double *d_bar
    double *g_bar
    double *p_bar
    int alive              # length of h, the impulse response of 1/theta, until it has died out
    double *h
    double *h2
    double *U              # n_cols x n, theta^-1 x
    double *E              # n_cols x n, expected errors
    double *c              # n_cols x r, expected presample numbers
    double *y              # n_cols x r, H' E
    double *L              # r x r, G = L L'
    double *N              # r x r, Cholesky factor of I + L' Omega L
    double *W
    double *T1
    double *T2
    double *T3
    double *gram           # n_cols x n_cols
    double *derivative[4]  # n each: theta^-1 etc. of the residual, one for each factor
    # Results of the last evaluation
    double loglike, sigma2, S, logdet, logdet_missing
    double *score          # n_coef
    double *info           # n_coef x n_coef
    double *beta           # n_missing + n_exog
    int n_evaluations
    # Pure autoregressions: lagged products (see _pure_ar.pxi)
    int use_products, n_nz
    int *nz
    double *products
    double *stairs
    void *arena


include "_linear.pxi"
include "_presample.pxi"
include "_evaluate.pxi"
include "_pure_ar.pxi"


def evaluate_model(double[:, ::1] columns, int n_missing, int[::1] sizes, int[::1] lags,
                   double[::1] coefs, double sigma2=0.0, bint products=True):
    """Exact log-likelihood, score and scoring information; see `likelihood.evaluate`."""
    cdef int C = columns.shape[0], n = columns.shape[1], k = coefs.shape[0], code, i
    cdef double[::1] given = coefs.copy() if k else np.zeros(1)
    cdef int[::1] at = lags.copy() if k else np.zeros(1, dtype=np.intc)
    cdef Model *M = new_model(&columns[0, 0], n, n_missing, C - n_missing - 1, &sizes[0], &at[0],
                              sigma2)
    if M == NULL:
        raise MemoryError("not enough memory for the likelihood of this model.")
    try:
        with nogil:
            if products:
                prepare_products(M)
            code = evaluate(M, &given[0], 1)
        score = np.empty(k)
        info = np.empty((k, k))
        beta = np.empty(C - 1)
        errors = np.empty(n)
        for i in range(k):
            score[i] = M.score[i]
            for j in range(k):
                info[i, j] = M.info[i * k + j]
        for i in range(C - 1):
            beta[i] = M.beta[i]
        return code, M.loglike, M.sigma2, M.S, score, info, beta
    finally:
        free_model(M)
include "_domain.pxi"
include "_fit.pxi"


def fit_model(double[:, ::1] columns, int n_missing, int[::1] sizes, int[::1] lags,
              double[:, ::1] starts, int n_draws, bint hannan, int[::1] free_at, double[::1] fixed,
              int period, double sigma2=0.0, int max_iter=60, double tolerance=1e-9):
    """Fit one series from several starts; see `estimate.fit_arrays`.

    `starts` (n_starts, k) are tried first, then Hannan-Rissanen if `hannan`, then `n_draws` random
    points of which the two with the highest likelihood are followed. `fixed` (k,) holds the values
    of the coefficients that are not in `free_at`.
    """
    cdef int C = columns.shape[0], n = columns.shape[1], k = lags.shape[0], q = free_at.shape[0]
    cdef int i, j, code, best_code = -1, runs = starts.shape[0] + hannan + n_draws
    cdef int order, n_runs = 0, a, wide = 1
    cdef double best = -INFINITY
    cdef double[::1] z = np.zeros(k + 1)
    cdef int[::1] at = np.zeros(k + 1, dtype=np.intc)
    cdef int[::1] free_list = np.zeros(q + 1, dtype=np.intc)
    cdef double[:, ::1] ends = np.empty((runs, k))
    cdef double[::1] heights = np.full(runs, -np.inf)
    cdef int[::1] codes = np.full(runs, -1, dtype=np.intc)
    cdef double[::1] gains = np.full(runs, np.inf)
    cdef int[::1] iterations = np.zeros(runs, dtype=np.intc)
    cdef double[::1] scratch
    cdef Search s
    cdef unsigned long long seed = 20240229
    cdef Model *M
    for i in range(k):
        at[i] = lags[i]
    for i in range(q):
        free_list[i] = free_at[i]
    M = new_model(&columns[0, 0], n, n_missing, C - n_missing - 1, &sizes[0], &at[0], sigma2)
    if M == NULL:
        raise MemoryError("not enough memory for the likelihood of this model.")
    try:
        s.free_at = &free_list[0]
        s.n_free = q
        s.max_iter = max_iter
        s.tolerance = tolerance
        for a in range(4):
            s.units[a] = period if a >= 2 and period > 0 else 1
            j = 0
            for i in range(q):
                j += M.at[a] <= free_list[i] < M.at[a + 1]
            s.reflect[a] = a % 2 == 1 and j == sizes[a] and j > 0 \
                and last_lag(M.lag, M.at[a], M.at[a + 1]) == j * s.units[a]
            wide = max(wide, last_lag(M.lag, M.at[a], M.at[a + 1]) // s.units[a])
        order = min(n // 3, max(M.R + 2, <int>(10.0 * log(n) / 2.302585)), 400)
        scratch = np.empty(
            wide * wide + 2 * wide + 4 + 4 * q * q + 6 * q + k + 8
            + 2 * n + 3 * (order + 2) + k * k + k
        )
        s.domain = &scratch[0]
        s.work = s.domain + wide * wide + 2 * wide + 4
        with nogil:
            prepare_products(M)
            for i in range(runs):
                if i < starts.shape[0]:
                    for j in range(k):
                        z[j] = starts[i, j]
                elif i == starts.shape[0] and hannan:
                    if hannan_rissanen(M, &z[0], order, s.work + 4 * q * q + 6 * q + k):
                        continue
                else:
                    draw_point(M, &z[0], s.units, 0.8, &seed)
                put_fixed(&z[0], &fixed[0], &free_list[0], k, q)
                tame(M, &s, &z[0])
                code = maximize(M, &s, &z[0])
                codes[i] = code
                iterations[i] = s.n_iter
                for j in range(k):
                    ends[i, j] = z[j]
                if code < 10:
                    heights[i] = M.loglike
                    gains[i] = s.expected_gain
        return (np.asarray(ends), np.asarray(heights), np.asarray(codes), np.asarray(gains),
                np.asarray(iterations), M.n_evaluations)
    finally:
        free_model(M)


cdef void put_fixed(double *z, const double *fixed, const int *free_at, int k, int q) noexcept nogil:
    cdef int i, j = 0
    for i in range(k):
        if j < q and free_at[j] == i:
            j += 1
        else:
            z[i] = fixed[i]
