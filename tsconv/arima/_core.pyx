# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Compiled loops of the exact ARIMA likelihood; the mathematics is in `tsconv.arima.likelihood`."""

from libc.math cimport INFINITY, M_PI, NAN, atanh, cos, cosh, fabs, log, pow, sin, sqrt, tanh
from libc.stdlib cimport abs, calloc, free, malloc
from libc.string cimport memcpy, memset

import numpy as np


cdef enum:
    MAX_BENT = 24          # largest AR order that is estimated by partial autocorrelations
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
    int n_ma
    int *ma_lags           # lags that the multiplied MA polynomial may have
    int *diagonals
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
    # Many gaps: a filter on the levels (see _filter.pxi); X holds them, U standardized innovations
    int use_filter, n_levels, n_deltas
    const unsigned char *observed
    int *delta_lags
    double *deltas
    double *work
    void *filter_arena
    void *arena


include "_linear.pxi"
include "_presample.pxi"
include "_model.pxi"
include "_evaluate.pxi"
include "_score.pxi"
include "_pure_ar.pxi"
include "_filter.pxi"


include "_domain.pxi"
include "_fit.pxi"
include "_search.pxi"
include "_many.pxi"


cdef class Held:
    """A model in memory, released with this object; coefficients are changed and questions asked."""

    cdef Model *M
    cdef Search s
    cdef int period
    cdef int[::1] free_list, rest_list
    cdef double[::1] scratch, fixed, z
    cdef double *spare
    cdef double[:, ::1] columns
    cdef const unsigned char[::1] observed

    def __cinit__(self, double[:, ::1] columns, int n_missing, sizes, lags, int period,
                  double sigma2=0.0, const unsigned char[::1] observed=None, difference_poly=None):
        cdef int C = columns.shape[0], n = columns.shape[1], k = len(lags), i
        cdef int at[4]
        cdef int[::1] lag = np.zeros(k + 1, dtype=np.intc)
        for i in range(4):
            at[i] = sizes[i]
        for i in range(k):
            lag[i] = lags[i]
        self.M = new_model(&columns[0, 0], n, n_missing, C - n_missing - 1, at, &lag[0], sigma2)
        if observed is not None and self.M != NULL:
            self.observed = observed
            self.M.observed = &observed[0]
            i = prepare_filter(self.M, np.asarray(difference_poly, dtype=np.float64))
        elif self.M != NULL:
            i = prepare_products(self.M)
        if self.M == NULL or i:
            raise MemoryError(
                f"there must be memory for a model of degree {max(lags, default=0)} on {C} columns"
                f" of {n} rows; ask for a shorter season or fewer gaps."
            )
        self.period = period
        self.z = np.zeros(k + 1)
        self.columns = columns

    def __dealloc__(self):
        free_model(self.M)

    @property
    def loglike(self):
        return self.M.loglike

    @property
    def sigma2(self):
        return self.M.sigma2

    @property
    def sum_of_squares(self):
        return self.M.S

    @property
    def n_evaluations(self):
        return self.M.n_evaluations

    @property
    def score(self):
        return copied(self.M.score, self.M.n_coef)

    @property
    def information(self):
        k = self.M.n_coef
        return copied(self.M.info, k * k).reshape(k, k)

    @property
    def least_pivot(self):
        """Smallest share of a free coefficient's information that the others leave it."""
        cdef double[::1] room = np.empty(self.s.n_free * self.s.n_free + 1)
        return least_pivot(self.M, &self.s, &room[0])

    @property
    def beta(self):
        return copied(self.M.beta, self.M.n_cols - 1)

    @property
    def triangle(self):
        """Cholesky factor of the inner products of all columns."""
        C = self.M.n_cols
        return np.tril(copied(self.M.gram, C * C).reshape(C, C))

    def evaluate(self, coefs, bint want_score=True):
        """Evaluate at coefficients; returns the code of `evaluate` in _evaluate.pxi."""
        cdef int i, code
        for i in range(self.M.n_coef):
            self.z[i] = coefs[i]
        with nogil:
            code = evaluate(self.M, &self.z[0], want_score)
        return code

    def innovations(self):
        """One-step errors of the last column (its residual) and variances, after `evaluate`."""
        cdef int n = self.M.n, r = self.M.r
        cdef double[::1] v = np.empty(n)
        cdef double[::1] F = np.empty(n)
        cdef double[::1] work = np.empty(r * r + 2 * r + 1)
        with nogil:
            one_step_errors(self.M, &self.z[0], &v[0], &F[0], &work[0])
        return np.asarray(v), np.asarray(F)

    def begin_search(self, free_at, fixed, int max_iter, int scoring_steps, double tolerance,
                     int patience=0, double agree=0.0):
        """Say which coefficients are free, the values of the others, and when to stop.

        Up to `patience` scoring steps are made if the later ones gain what they promise. A climb
        also stops when it is within `agree` of the height of a finished one.
        """
        cdef int i, k = self.M.n_coef, q = len(free_at), wide
        self.free_list = np.zeros(q + 1, dtype=np.intc)
        self.rest_list = np.zeros(q + 1, dtype=np.intc)
        self.fixed = np.zeros(k + 1)
        for i in range(q):
            self.free_list[i] = free_at[i]
        for i in range(k):
            self.fixed[i] = fixed[i]
        self.s.free_at = &self.free_list[0]
        self.s.n_free = q
        wide = set_search(
            self.M, &self.s, self.period, max_iter, scoring_steps, tolerance, patience, agree
        )
        self.scratch = np.empty(search_room(self.M, &self.s, wide))
        self.spare = share_room(self.M, &self.s, wide, &self.scratch[0])

    def search(self, double[:, ::1] starts, bint hannan, int n_draws, int n_probes, int n_finish):
        """Climb from all starts; see `search` in _search.pxi. Returns the runs as arrays."""
        cdef int runs = starts.shape[0] + hannan + n_draws + n_probes, k = self.M.n_coef, best
        cdef double[:, ::1] ends = np.zeros((runs + 1, k + 1))
        cdef double[::1] heights = np.full(runs + 1, -np.inf)
        cdef double[::1] gains = np.full(runs + 1, np.inf)
        cdef int[::1] codes = np.full(runs + 1, -1, dtype=np.intc)
        cdef double[::1] room = np.empty(N_PROBES * (k + 1))
        cdef Runs R
        R.n_starts = starts.shape[0]
        R.hannan = hannan
        R.n_draws = n_draws
        R.n_probes = n_probes
        R.n_finish = n_finish
        R.n = runs
        R.starts = &starts[0, 0] if starts.shape[0] and k else NULL
        R.ends = &ends[0, 0]
        R.heights = &heights[0]
        R.gains = &gains[0]
        R.codes = &codes[0]
        R.probes = &room[0]
        with nogil:
            best = search(self.M, &self.s, &R, &self.fixed[0], &self.rest_list[0], self.spare)
        return (best, np.asarray(ends)[:runs, :k], np.asarray(heights)[:runs],
                np.asarray(codes)[:runs], np.asarray(gains)[:runs])


def reduce_series(double[:, ::1] data, int first):
    """Least squares of the last row on the orthonormal rows from `first` on, in place.

    The last row becomes the residual; returns the coefficients and the residual's mean square.
    """
    cdef int C = data.shape[0], n = data.shape[1], i, sweep
    cdef double[::1] ols = np.zeros(C - 1 - first + 1)
    cdef double v
    cdef double *w = &data[C - 1, 0]
    for sweep in range(2):           # twice is enough for orthogonality to rounding
        for i in range(first, C - 1):
            v = dot(&data[i, 0], w, n)
            ols[i - first] += v
            axpy(w, -v, &data[i, 0], n)
        if C - 1 == first:
            break
    return np.asarray(ols)[: C - 1 - first], dot(w, w, n) / n


cdef int prepare_filter(Model *M, double[::1] poly) noexcept:
    # Levels in the state: as many as the differences use up.
    cdef int j, lost = poly.shape[0] - 1, q = imax(M.P, M.Q + 1), N = q + lost
    cdef size_t need = (
        2 * N * N + 2 * N + <size_t>M.n_cols * N + 2 * (lost + 1) + M.n_coef + 8
    )
    M.filter_arena = calloc(need + <size_t>M.n_coef * M.n, sizeof(double))
    if M.filter_arena == NULL:
        return 1
    M.work = <double *>M.filter_arena
    M.deltas = M.work + 2 * N * N + 2 * N + <size_t>M.n_cols * N
    M.delta_lags = <int *>(M.deltas + lost + 1)
    M.stairs = M.deltas + 2 * (lost + 1)
    # room for the derivatives of the innovations, one row for each coefficient
    M.E = M.stairs + M.n_coef + 8
    M.n_levels = lost
    for j in range(1, lost + 1):
        if poly[j] != 0.0:
            M.deltas[M.n_deltas] = -poly[j]
            M.delta_lags[M.n_deltas] = j
            M.n_deltas += 1
    M.use_filter = 1
    return 0


cdef copied(const double *x, int n):
    cdef double[::1] out = np.empty(n + 1)
    memcpy(&out[0], x, n * sizeof(double))
    return np.asarray(out)[:n]
