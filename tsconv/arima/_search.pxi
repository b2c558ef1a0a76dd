# Where climbs begin, and how several of them become one fit.

cdef enum:
    N_PROBES = 47
    N_GRID = 23
    N_REAL = 8


cdef struct Runs:
    int n_starts, hannan, n_draws, n_probes, n_finish, n
    const double *starts   # n_starts x n_coef
    double *ends           # n x (n_coef + 1)
    double *heights        # log-likelihood
    double *gains          # what a further step promises
    int *codes             # of climb and newton; -1: not run
    double *probes         # N_PROBES x (n_coef + 1): coefficients, log-likelihood


cdef int search(Model *M, Search *s, Runs *R, const double *fixed, int *rest_list,
                double *spare) noexcept nogil:
    # Hannan-Rissanen, given starts, random draws, and the best of the probes: scoring steps from
    # each, then Newton's steps for the n_finish most promising. A climb that nears the height of
    # an earlier, finished one is not polished. Returns the best run, -1 if there is none; the
    # model is left evaluated there.
    cdef int i, j, a, k = M.n_coef, q = s.n_free, code, best = -1, known
    cdef double v, height, top = -INFINITY
    cdef double *z
    cdef double *other
    cdef Search rest = s[0]
    known = n_probes(M, s) if R.n_probes else 0
    rest.free_at = rest_list
    rest.n_free = 0
    rest.scoring_steps = 2
    rest.patience = 2
    rest.seen = -INFINITY
    s.seen = -INFINITY
    for i in range(q):
        if not M.at[1] <= s.free_at[i] < M.at[2]:
            rest_list[rest.n_free] = s.free_at[i]
            rest.n_free += 1
    for i in range(known):
        z = R.probes + i * (k + 1)
        probe(M, s, z, i)
        put_fixed(z, fixed, s.free_at, k, q)
        code = climb(M, &rest, z)
        z[k] = M.loglike if code < 10 else -INFINITY
    for i in range(R.n):
        z = R.ends + i * (k + 1)
        if i < R.hannan:
            if hannan_rissanen(M, z, long_order(M), spare):
                continue
        elif i < R.n_starts + R.hannan:
            if k:  # without coefficients there are no starts to read
                memcpy(z, R.starts + (i - R.hannan) * k, k * sizeof(double))
        elif i < R.n_starts + R.hannan + R.n_draws:
            draw_point(M, z, s.units, 0.95, &s.seed)
        else:
            a = -1
            height = -INFINITY
            for j in range(known):
                if R.probes[j * (k + 1) + k] > height:
                    height = R.probes[j * (k + 1) + k]
                    a = j
            if a < 0:
                break
            other = R.probes + a * (k + 1)
            memcpy(z, other, k * sizeof(double))
            other[k] = -INFINITY
        put_fixed(z, fixed, s.free_at, k, q)
        tame(M, s, z)
        R.codes[i] = climb(M, s, z)
        if R.codes[i] < 10:
            R.heights[i] = M.loglike
            R.gains[i] = s.expected_gain
            z[k] = 0.0
            if R.codes[i] == 0:
                if s.expected_gain < s.tolerance:
                    s.seen = max(s.seen, M.loglike)
                else:
                    R.heights[i] = min(R.heights[i], s.seen)
    # Finish the most promising climbs; z[k] marks those seen
    for a in range(R.n_finish):
        height = -INFINITY
        i = -1
        for j in range(R.n):
            z = R.ends + j * (k + 1)
            if 0 <= R.codes[j] < 10 and z[k] == 0.0:
                v = R.heights[j] + min(R.gains[j], 1.0)
                if v > height:
                    height = v
                    i = j
        if i < 0:
            break
        z = R.ends + i * (k + 1)
        z[k] = 1.0
        if R.codes[i] and R.heights[i] + 2.0 * R.gains[i] > top - 1.0:
            s.n_iter = s.scoring_steps
            s.expected_gain = R.gains[i]
            code = newton(M, s, z)
            if code < 10:
                R.codes[i] = code
                R.heights[i] = M.loglike
                R.gains[i] = s.expected_gain
        top = max(top, R.heights[i])
    for i in range(R.n):
        if 0 <= R.codes[i] < 10 and (best < 0 or R.heights[i] > R.heights[best]):
            best = i
    if best >= 0:
        evaluate(M, R.ends + best * (k + 1), 1)
    return best


cdef double least_pivot(Model *M, Search *s, double *A) noexcept nogil:
    # Smallest share of a free coefficient's information that those before it leave, at the last
    # point; A is k x k scratch.
    cdef int i, j, k = s.n_free
    cdef double least = 1.0, size
    for i in range(k):
        for j in range(k):
            A[i * k + j] = M.info[s.free_at[i] * M.n_coef + s.free_at[j]]
    for i in range(k):
        size = A[i * k + i]
        for j in range(i):
            A[i * k + j] = (A[i * k + j] - dot(A + i * k, A + j * k, j)) / A[j * k + j]
        A[i * k + i] -= dot(A + i * k, A + i * k, i)
        if not (A[i * k + i] > 0.0):
            return 0.0
        least = min(least, A[i * k + i] / size)
        A[i * k + i] = sqrt(A[i * k + i])
    return least


cdef void put_fixed(double *z, const double *fixed, const int *free_at, int k, int q) noexcept nogil:
    cdef int i, j = 0
    for i in range(k):
        if j < q and free_at[j] == i:
            j += 1
        else:
            z[i] = fixed[i]


cdef int long_order(Model *M) noexcept nogil:
    # Order of the long autoregression of hannan_rissanen.
    return imin(imin(M.n // 3, imax(M.R + 2, <int>(10.0 * log(M.n) / 2.302585))), 400)


cdef int hannan_rissanen(Model *M, double *z, int order, double *work) noexcept nogil:
    # A long autoregression by Levinson's recursion gives errors; least squares of x on its own
    # lags and theirs, seasonal factors taken as separate lags, gives coefficients. x is the last
    # column. work: 2 n + (order + 2) * 3 + k * k + k. 1 if the normal equations fail.
    cdef int i, j, m, n = M.n, k = M.n_coef, top = 0, li, lj
    cdef double *x = M.X + <size_t>(M.n_cols - 1) * n
    cdef double *e = work
    cdef double *gamma = e + n
    cdef double *a = gamma + order + 2
    cdef double *b = a + order + 2
    cdef double *N = b + order + 2
    cdef double *v
    cdef double *u
    cdef double s, power
    if k == 0:
        return 0
    for i in range(order + 1):
        gamma[i] = dot(x, x + i, n - i)
    if not (gamma[0] > 0.0):
        return 1
    power = gamma[0]
    memcpy(e, x, n * sizeof(double))
    for m in range(1, order + 1):
        s = gamma[m]
        for i in range(1, m):
            s -= a[i] * gamma[m - i]
        s /= power
        for i in range(1, m):
            b[i] = a[i] - s * a[m - i]
        for i in range(1, m):
            a[i] = b[i]
        a[m] = s
        power *= (1.0 - s) * (1.0 + s)
        if not (power > 0.0):
            return 1
    for i in range(1, order + 1):
        axpy(e + i, -a[i], x, n - i)
    for i in range(k):
        top = imax(top, M.lag[i])
    if n - top < 2 * k + 2:
        return 1
    for i in range(k):
        u = x if is_ar(M, i) else e
        li = M.lag[i]
        z[i] = dot(x + top, u + top - li, n - top)
        for j in range(i + 1):
            v = x if is_ar(M, j) else e
            lj = M.lag[j]
            N[i * k + j] = dot(u + top - li, v + top - lj, n - top)
        N[i * k + i] *= 1.0 + 1e-8
    if cholesky(N, k, 1e-12):
        return 1
    solve_lower(N, z, k)
    solve_upper(N, z, k)
    return 0


cdef inline int is_ar(Model *M, int i) noexcept nogil:
    return i < M.at[1] or M.at[2] <= i < M.at[3]


cdef int tame(Model *M, Search *s, double *z) noexcept nogil:
    # Draw the roots of factors that are out of bounds towards infinity until they are admitted;
    # fixed coefficients stay. Returns 0 if that cannot be.
    cdef int tries, i
    cdef int reflect[4]
    cdef double power
    for i in range(4):
        reflect[i] = 0
    for tries in range(100):
        if admissible(M, z, s.units, reflect, s.domain):
            return 1
        for i in range(s.n_free):
            power = <double>M.lag[s.free_at[i]] / s.units[2 if s.free_at[i] >= M.at[2] else 0]
            z[s.free_at[i]] *= pow(0.95, power)
    return 0


cdef int n_probes(Model *M, Search *s) noexcept nogil:
    # How many regular MA factors `probe` knows for this model.
    cdef int q = M.at[2] - M.at[1]
    if not s.reflect[1] or s.n_free == q:
        return 0
    return N_REAL if q == 1 else N_PROBES


cdef void probe(Model *M, Search *s, double *z, int which) noexcept nogil:
    # A starting point off the beaten track: one regular MA factor of a grid, roots near the circle
    # at all frequencies, everything else at rest. The local maxima of small ARMA models
    # differ by the frequency at which MA roots sit on the circle.
    cdef double *ma = z + M.at[1]
    cdef double omega, a, b
    cdef int i
    memset(z, 0, M.n_coef * sizeof(double))
    for i in range(M.at[3], M.at[4]):
        z[i] = -0.5 if i == M.at[3] else 0.0
    if M.at[2] - M.at[1] == 1:
        ma[0] = PROBE_REAL[which]
        if which > 3 and M.at[1] > 0:
            z[0] = -PROBE_BESIDE[which - 4] * ma[0]
    elif which >= N_GRID:
        # a notch: an AR pair behind the MA pair at the same frequency
        omega = 3.141592653589793 * (which - N_GRID + 0.5) / (N_PROBES - N_GRID)
        ma[0] = -2.0 * 0.995 * cos(omega)
        ma[1] = 0.995 * 0.995
        if M.at[1] > 1:
            z[0] = 2.0 * 0.93 * cos(omega)
            z[1] = -0.93 * 0.93
    elif which < 16:
        omega = PROBE_ANGLE[which]
        ma[0] = -2.0 * 0.98 * cos(omega)
        ma[1] = 0.98 * 0.98
    elif which < 19:
        omega = PROBE_ANGLE[which - 16]
        ma[0] = -2.0 * 0.999 * cos(omega)
        ma[1] = 0.999 * 0.999
        if M.at[1] > 0:
            z[0] = 0.9
    else:
        a = PROBE_PAIR[2 * (which - 19)]
        b = PROBE_PAIR[2 * (which - 19) + 1]
        ma[0] = -(a + b)
        ma[1] = a * b


cdef double[8] PROBE_REAL = [-0.95, -0.5, 0.5, 0.95, -0.99, 0.99, -0.88, 0.88]
cdef double[4] PROBE_BESIDE = [0.8, 0.8, 1.09, 1.09]
cdef double[16] PROBE_ANGLE = [
    0.03, 0.08, 0.15, 0.22, 0.3, 0.5, 0.8, 1.1, 1.4, 1.7, 2.0, 2.3, 2.6, 2.85, 2.97, 3.08
]
cdef double[8] PROBE_PAIR = [0.97, 0.6, 0.97, -0.6, -0.97, 0.6, 0.6, -0.6]
