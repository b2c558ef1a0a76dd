# One model for many plain series, each fitted and forecast without Python in between.
#
# Plain: no gaps between the first and the last observation, and at most one regression column,
# which differencing leaves constant (`const`, or the drift of differences). It is laid out, searched
# and mapped back as `columns.prepare` and `estimate.fit_arrays` do; whatever is not plain, or ends
# in anything but a maximum, is left to them.

cdef struct Recipe:
    int sizes[4]
    const int *lags
    int n_coef, period, d, seasonal_d, n_lost
    int power              # of time, of the regression column; -1: none
    double column          # what differencing makes of it
    double rounding        # see columns._rounding
    int max_iter, scoring_steps, patience
    double tolerance, agree
    int P, Q, n_params
    int n_regressors       # more than one only to forecast
    const double *delta    # (1 - L)^d (1 - L^s)^D, n_lost + 1 coefficients


cdef enum:
    PLAIN = 0
    LEFT_TO_PYTHON = 1
    # Before the parameters: observations used, loglike, what one more step promises, rows before
    # the first observation, from it to the last, and after; two that are the caller's.
    N_NUMBERS = 8


cdef int set_search(Model *M, Search *s, int period, int max_iter, int scoring_steps,
                    double tolerance, int patience, double agree) noexcept nogil:
    # All of a search but its memory, from s.free_at and s.n_free; returns the widest factor.
    cdef int i, j, a, wide = 1, q = s.n_free
    s.max_iter = max_iter
    s.scoring_steps = imin(scoring_steps, max_iter)
    s.patience = imin(patience, max_iter)
    s.tolerance = tolerance
    s.agree = agree
    s.seed = 20240229
    for a in range(4):
        s.units[a] = period if a >= 2 and period > 0 else 1
        j = 0
        s.first[a] = 0
        for i in range(q):
            j += M.at[a] <= s.free_at[i] < M.at[a + 1]
            if s.free_at[i] < M.at[a]:
                s.first[a] = i + 1
        i = last_lag(M.lag, M.at[a], M.at[a + 1]) // s.units[a]
        wide = imax(wide, i)
        # full: every lag is there, and free
        j = j > 0 and j == i
        s.reflect[a] = a % 2 == 1 and j and i <= MAX_REFLECT
        s.bent[a] = a % 2 == 0 and j and i <= MAX_BENT
    return wide


cdef size_t search_room(Model *M, Search *s, int wide) noexcept nogil:
    # Doubles that `share_room` hands out.
    cdef size_t k = M.n_coef, q = s.n_free, order = long_order(M)
    return (
        <size_t>wide * wide + 2 * wide + 4 + 8 * q * q + 14 * q + 2 * k + 8
        + M.n + 3 * (order + 2) + k * k + k
    )


cdef double *share_room(Model *M, Search *s, int wide, double *room) noexcept nogil:
    # Scratch of a search; returns what Hannan and Rissanen's method may use.
    cdef int k = M.n_coef, q = s.n_free
    s.domain = room
    s.work = room + wide * wide + 2 * wide + 4
    return s.work + 8 * q * q + 14 * q + 2 * k + 8


cdef int fit_plain(const double *y, int n, int before, int after, Recipe *R, const int *plan,
                   const double *given, double *out) noexcept nogil:
    # y[0..n) between missing rows. out: N_NUMBERS, parameters, the last n_lost + P values less
    # regression, the last Q expected errors. With `given` ARMA coefficients nothing is searched.
    cdef int n_w = n - R.n_lost, C = 2 if R.power >= 0 else 1, i, m, sweep, code
    cdef double size = 0.0, centre = 0.0, v, low, high, ols = 0.0, norm = 1.0, scale
    cdef double *room
    cdef double *w
    cdef Model *M
    if n_w < imax(imax(R.P, R.Q), R.n_params) or n_w < 1:
        return LEFT_TO_PYTHON
    for i in range(n):
        size = max(size, fabs(y[i]))
        centre += y[i]
    if not (size < 1e150):
        return LEFT_TO_PYTHON
    centre = centre / n if R.power == 0 or R.n_lost else 0.0
    room = <double *>malloc((<size_t>C * n_w + n) * sizeof(double))
    if room == NULL:
        return LEFT_TO_PYTHON
    w = room + C * n_w
    for i in range(n):
        w[i] = y[i] - centre
    m = n
    for sweep in range(R.d):
        m -= 1
        for i in range(m):
            w[i] = w[i + 1] - w[i]
    for sweep in range(R.seasonal_d):
        m -= R.period
        for i in range(m):
            w[i] = w[i + R.period] - w[i]
    memcpy(room + (C - 1) * n_w, w, n_w * sizeof(double))
    w = room + (C - 1) * n_w
    low = high = w[0]
    for i in range(n_w):
        low = min(low, w[i])
        high = max(high, w[i])
    code = low == high                     # constant: never a matter of search
    if C == 2:
        norm = sqrt(n_w * R.column * R.column)
        for i in range(n_w):
            room[i] = R.column / norm
        for sweep in range(2):
            v = dot(room, w, n_w)
            ols += v
            axpy(w, -v, room, n_w)
    scale = sqrt(dot(w, w, n_w) / n_w)
    if code or not (scale > 1e-150 and scale > size * R.rounding):
        free(room)
        return LEFT_TO_PYTHON
    for i in range(n_w):
        w[i] *= 1.0 / scale
    code = LEFT_TO_PYTHON
    M = new_model(room, n_w, 0, C - 1, R.sizes, R.lags, 0.0)
    if M != NULL:
        if prepare_products(M) == 0:
            if given == NULL:
                code = search_plain(M, R, plan, out + N_NUMBERS + C - 1, out + 2)
            elif evaluate(M, given, 1) == 0:
                code = PLAIN
                memcpy(out + N_NUMBERS + C - 1, given, R.n_coef * sizeof(double))
                out[2] = 0.0
        if code == PLAIN:
            out[0] = n_w
            out[1] = M.loglike - n_w * log(scale)
            out[3] = before
            out[4] = n
            out[5] = after
            out[6] = out[7] = 0.0
            if C == 2:
                out[N_NUMBERS] = (ols + scale * M.beta[0]) / norm
                if R.power == 0:
                    out[N_NUMBERS] += centre
            out[N_NUMBERS + R.n_params - 1] = M.sigma2 * scale * scale
            v = out[N_NUMBERS]
            out += N_NUMBERS + R.n_params
            m = R.n_lost + R.P
            for i in range(n - m, n):
                out[0] = y[i]
                if C == 2:
                    out[0] -= v * power_of(before + i + 1.0, R.power)
                out += 1
            for i in range(n_w - R.Q, n_w):
                out[0] = scale * M.E[<size_t>(C - 1) * n_w + i]
                out += 1
        free_model(M)
    free(room)
    return code


cdef int search_plain(Model *M, Recipe *R, const int *plan, double *coefs,
                      double *gain) noexcept nogil:
    # Starts and climbs as `plan` says: Hannan-Rissanen, zero, draws, probes, climbs to finish; and
    # the share of information, in per mille, up to which the model is open and left to Python.
    cdef Search s
    cdef Runs runs
    cdef int k = M.n_coef, wide, best = -1, zero, i
    cdef double *room
    cdef double *rest
    cdef int *lists
    s.n_free = k
    zero = plan[1] or not plan[0]
    runs.hannan = plan[0]
    runs.n_starts = zero
    runs.n_draws = plan[2]
    runs.n_probes = plan[3]
    runs.n_finish = plan[4]
    runs.n = runs.hannan + zero + runs.n_draws + runs.n_probes
    lists = <int *>calloc(2 * (k + 1) + runs.n + 1, sizeof(int))
    if lists == NULL:
        return LEFT_TO_PYTHON
    s.free_at = lists
    for i in range(k):
        lists[i] = i
    runs.codes = lists + 2 * (k + 1)
    wide = set_search(M, &s, R.period, R.max_iter, R.scoring_steps, R.tolerance, R.patience, R.agree)
    room = <double *>calloc(
        search_room(M, &s, wide) + <size_t>(runs.n + 1) * (k + 3) + (N_PROBES + 2) * (k + 1),
        sizeof(double)
    )
    if room != NULL:
        rest = room + search_room(M, &s, wide)
        runs.ends = rest
        runs.heights = runs.ends + (runs.n + 1) * (k + 1)
        runs.gains = runs.heights + runs.n + 1
        runs.probes = runs.gains + runs.n + 1
        rest = runs.probes + N_PROBES * (k + 1)      # zeros: the start, and fixed values
        runs.starts = rest if k else NULL
        for i in range(runs.n + 1):
            runs.heights[i] = -INFINITY
            runs.gains[i] = INFINITY
            runs.codes[i] = -1
        best = search(M, &s, &runs, rest + k + 1, lists + k + 1, share_room(M, &s, wide, room))
        if best >= 0:
            memcpy(coefs, runs.ends + best * (k + 1), k * sizeof(double))
            gain[0] = runs.gains[best]
            if plan[5] and least_pivot(M, &s, s.work) <= 1e-3 * plan[5]:
                best = -1
    free(room)
    free(lists)
    return PLAIN if best >= 0 else LEFT_TO_PYTHON


cdef int forecast_plain(const double *state, Recipe *R, int steps, double *mean,
                        double *variance) noexcept nogil:
    # From what fit_plain put out: means less regression and variances in units of sigma2 of the
    # rows after the last. 1 without memory; 2 if there is no likelihood at these parameters, so
    # that the past counts as known.
    cdef int first = R.n_regressors, h, i, j, k, n = <int>state[4], skip = <int>state[5]
    cdef int total = skip + steps, Q = R.Q, code = 0
    cdef int degree = R.P + R.n_lost, width = imax(total, degree) + degree + 1
    cdef const double *coefs = state + N_NUMBERS + first
    cdef const double *noise = state + N_NUMBERS + R.n_params
    cdef const double *errors = noise + degree
    cdef Model *M
    cdef double *a                          # full AR polynomial
    cdef double *z
    cdef double *psi
    cdef double *reach
    cdef double *cov
    cdef double v
    if n <= R.n_lost:                       # a state that was left to others
        for h in range(steps):
            mean[h] = NAN
            variance[h] = NAN
        return 0
    M = new_model(NULL, n - R.n_lost, 0, 0, R.sizes, R.lags, 0.0)
    if M == NULL:
        return 1
    a = <double *>calloc(
        <size_t>2 * width + degree + 2 + total + <size_t>(Q + 1) * (total + degree)
        + <size_t>Q * Q + <size_t>2 * Q * M.r + 1, sizeof(double)
    )
    if a == NULL:
        free_model(M)
        return 1
    z = a + degree + 1
    psi = z + width
    cov = psi + width
    reach = cov + Q * Q + 2 * Q * M.r
    expand(M, coefs)
    M.f[0] = -1.0
    for i in range(R.P + 1):
        for j in range(R.n_lost + 1):
            a[i + j] -= M.f[i] * R.delta[j]
    M.f[0] = 0.0
    # z[degree + h] is the value h + 1 rows ahead, psi likewise from rest
    memcpy(z, noise, degree * sizeof(double))
    for h in range(total):
        v = 0.0
        for j in range(h + 1, Q + 1):
            v += M.t[j] * errors[Q + h - j]
        for i in range(1, degree + 1):
            v -= a[i] * z[degree + h - i]
        z[degree + h] = v
    for h in range(total):
        v = 1.0 if h == 0 else (M.t[h] if h <= Q else 0.0)
        for i in range(1, imin(h, degree) + 1):
            v -= a[i] * psi[h - i]
        psi[h] = v
    v = 0.0
    for h in range(total):
        v += psi[h] * psi[h]
        if h >= skip:
            variance[h - skip] = v
            mean[h - skip] = z[degree + h]
    if Q:
        code = unknown_errors(M, cov)
        if code == 1:
            # what a unit in each of the last Q errors does
            for k in range(Q):
                z = reach + k * (total + degree) + degree
                for h in range(total):
                    v = M.t[Q - k + h] if Q - k + h <= Q else 0.0
                    for i in range(1, imin(h, degree) + 1):
                        v -= a[i] * z[h - i]
                    z[h] = v
            for h in range(skip, total):
                v = 0.0
                for i in range(Q):
                    for j in range(Q):
                        v += (reach[i * (total + degree) + degree + h] * cov[i * Q + j]
                              * reach[j * (total + degree) + degree + h])
                variance[h - skip] += v
            code = 0
    free(a)
    free_model(M)
    return code


cdef int unknown_errors(Model *M, double *cov) noexcept nogil:
    # Covariance of the last Q errors given the data, in units of sigma2: those rows of H V H' with
    # V = L'^-1 (I - M^-1) L^-1. 0 if it is zero, 1 if it is not, 2 without a likelihood.
    cdef int i, j, t, Q = M.Q, r = M.r, n = M.n
    cdef double *B = cov + Q * Q
    cdef double *D = B + Q * r
    impulse_response(M)
    if n - Q - (r - 1) >= M.alive:
        return 0
    if presample_covariance(M):
        return 2
    gram_of_response(M)
    if cholesky(M.L, r, 1e-15):
        return 2
    for i in range(r):
        for j in range(i + 1):
            M.T1[j * r + i] = M.L[i * r + j]
            M.T3[i * r + j] = M.omega[i * M.R + j]
            M.T3[j * r + i] = M.T3[i * r + j]
    congruence(M.T1, M.T3, M.T2, M.N, r)
    for i in range(r):
        M.N[i * r + i] += 1.0
    if cholesky(M.N, r, 1e-16):
        return 2
    for i in range(Q):
        t = n - Q + i
        for j in range(r):
            B[i * r + j] = M.h[t - j] if 0 <= t - j < M.alive else 0.0
        solve_lower(M.L, B + i * r, r)
        memcpy(D + i * r, B + i * r, r * sizeof(double))
        solve_lower(M.N, D + i * r, r)
    for i in range(Q):
        for j in range(Q):
            cov[i * Q + j] = dot(B + i * r, B + j * r, r) - dot(D + i * r, D + j * r, r)
    return 1


cdef double power_of(double x, int n) noexcept nogil:
    cdef double v = 1.0
    cdef int i
    for i in range(n):
        v *= x
    return v


cdef class Many:
    """One specification, ready to be fitted to many plain series and to forecast them."""

    cdef Recipe R
    cdef int[::1] lags
    cdef double[::1] delta

    def __cinit__(self, sizes, lags, int period, int d, int seasonal_d, delta, int power,
                  double column, int n_regressors, double rounding, int max_iter,
                  int scoring_steps, int patience, double tolerance, double agree):
        cdef int i
        cdef int at[5]
        self.lags = np.array([*lags, 0], dtype=np.intc)
        self.delta = np.array(delta, dtype=np.float64)
        at[0] = 0
        for i in range(4):
            self.R.sizes[i] = sizes[i]
            at[i + 1] = at[i] + self.R.sizes[i]
        self.R.lags = &self.lags[0]
        self.R.delta = &self.delta[0]
        self.R.n_coef = len(lags)
        self.R.period = max(period, 0)
        self.R.d = d
        self.R.seasonal_d = seasonal_d
        self.R.n_lost = self.delta.shape[0] - 1
        self.R.power = power
        self.R.column = column
        self.R.rounding = rounding
        self.R.max_iter = max_iter
        self.R.scoring_steps = scoring_steps
        self.R.patience = patience
        self.R.tolerance = tolerance
        self.R.agree = agree
        self.R.P = last_lag(self.R.lags, at[0], at[1]) + last_lag(self.R.lags, at[2], at[3])
        self.R.Q = last_lag(self.R.lags, at[1], at[2]) + last_lag(self.R.lags, at[3], at[4])
        self.R.n_regressors = n_regressors
        self.R.n_params = self.R.n_coef + n_regressors + 1

    @property
    def width(self):
        """Numbers for each series: four, parameters, last values, last errors."""
        return N_NUMBERS + self.R.n_params + self.R.n_lost + self.R.P + self.R.Q

    def fit(self, const double[::1] values, const long long[:, ::1] rows, const int[:, ::1] plans,
            double[:, ::1] out, int[::1] left):
        """Fit ``values[first:stop]`` for each row (first, stop, missing before, and after).

        Results go to `out`; `left` is 1 where Python must do it.
        """
        cdef Py_ssize_t k
        with nogil:
            for k in range(rows.shape[0]):
                left[k] = fit_plain(
                    &values[0] + rows[k, 0], <int>(rows[k, 1] - rows[k, 0]), <int>rows[k, 2],
                    <int>rows[k, 3], &self.R, &plans[k, 0], NULL, &out[k, 0]
                )

    def place(self, const double[::1] values, int before, int after, const double[::1] coefs,
              double[::1] out):
        """Put out for given ARMA coefficients what `fit` does; returns whether it could."""
        cdef int code
        cdef double none = 0.0
        with nogil:
            code = fit_plain(
                &values[0], <int>values.shape[0], before, after, &self.R, NULL,
                &coefs[0] if self.R.n_coef else &none, &out[0]
            )
        return code == PLAIN

    def forecast(self, const double[:, ::1] states, double[:, ::1] mean, double[:, ::1] variance):
        """Means without regression and variances in units of sigma2, a row for each state."""
        cdef Py_ssize_t k
        cdef int steps = mean.shape[1], code = 0
        with nogil:
            for k in range(states.shape[0]):
                if forecast_plain(&states[k, 0], &self.R, steps, &mean[k, 0], &variance[k, 0]) == 1:
                    code = 1
        if code:
            raise MemoryError(f"there must be memory for forecasts of {steps} steps.")
