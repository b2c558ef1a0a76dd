# The fit of one series: scoring steps with a safeguard, starting points, several starts.
#
# A step solves (B + lambda diag B) step = score. B = J + A is the Gauss-Newton information J of the
# current point plus a correction A that learns the rest from successive scores (structured BFGS);
# lambda grows after a failure and vanishes after successes. The log-likelihood, as a function of MA
# coefficients, runs on smoothly through unit roots if roots beyond the circle are read as their
# inverses: a step across is reflected, and a maximum on the circle is an ordinary stationary point.

cdef struct Search:
    int *free_at           # positions of the coefficients that are estimated
    int n_free
    int units[4]           # lag unit of each factor: 1, 1, period, period
    int reflect[4]         # MA factors whose roots may be inverted: full and free
    int max_iter
    double tolerance       # on the expected gain in log-likelihood
    double *domain         # scratch of the domain check
    double *work           # scratch of maximize
    double expected_gain   # at the last point
    int n_iter


cdef int step_from(const double *B, const double *g, double damping, double *factor, double *step,
                   int k) noexcept nogil:
    # step = (B + damping diag B)^-1 g; 1 if that matrix is not positive definite.
    cdef int i
    memcpy(factor, B, k * k * sizeof(double))
    memcpy(step, g, k * sizeof(double))
    for i in range(k):
        factor[i * k + i] *= 1.0 + damping
    if cholesky(factor, k, 1e-13):
        return 1
    solve_lower(factor, step, k)
    solve_upper(factor, step, k)
    return 0


cdef void load(Model *M, Search *s, double *g, double *J) noexcept nogil:
    # Score and information of the free coefficients at the model's last point.
    cdef int i, j
    for i in range(s.n_free):
        g[i] = M.score[s.free_at[i]]
        for j in range(s.n_free):
            J[i * s.n_free + j] = M.info[s.free_at[i] * M.n_coef + s.free_at[j]]


cdef int learn(const double *J, double *A, const double *x, const double *y, double *Bx,
               int k) noexcept nogil:
    # With B = J + A: A <- A - B x x'B / x'Bx + y y' / y'x, or zero where that is not positive.
    # Returns whether A is not zero.
    cdef int i, j
    cdef double xBx, yx = dot(y, x, k)
    for i in range(k):
        Bx[i] = dot(J + i * k, x, k) + dot(A + i * k, x, k)
    xBx = dot(x, Bx, k)
    if not (xBx > 0.0 and yx > 1e-3 * xBx):
        memset(A, 0, k * k * sizeof(double))
        return 0
    for i in range(k):
        for j in range(k):
            A[i * k + j] += y[i] * y[j] / yx - Bx[i] * Bx[j] / xBx
    return 1


cdef int maximize(Model *M, Search *s, double *z) noexcept nogil:
    # Climb from z, in place; the model is left evaluated at z. 0 converged, 1 out of iterations,
    # 2 no step helps although one should, 10 + code: the start has no likelihood.
    cdef int i, k = s.n_free, code, tries, state, learnt = 0, q = M.n_coef
    cdef double *J = s.work
    cdef double *A = J + k * k
    cdef double *B = A + k * k
    cdef double *factor = B + k * k
    cdef double *g = factor + k * k
    cdef double *step = g + k
    cdef double *change = step + k
    cdef double *y = change + k
    cdef double *Bx = y + k
    cdef double *trial = Bx + k
    cdef double l, gain, expected, damping = 0.0, shrink, noise
    s.n_iter = 0
    s.expected_gain = INFINITY
    if admissible(M, z, s.units, s.reflect, s.domain) == 0:
        return 10
    code = evaluate(M, z, 1)
    if code:
        return 10 + code
    if k == 0:
        s.expected_gain = 0.0
        return 0
    l = M.loglike
    load(M, s, g, J)
    memset(A, 0, k * k * sizeof(double))
    while s.n_iter < s.max_iter:
        s.n_iter += 1
        memcpy(B, J, k * k * sizeof(double))
        axpy(B, 1.0, A, k * k)
        code = step_from(B, g, damping, factor, step, k)
        if code and learnt:
            memset(A, 0, k * k * sizeof(double))
            memcpy(B, J, k * k * sizeof(double))
            learnt = 0
            code = step_from(B, g, damping, factor, step, k)
        tries = 0
        while code and tries < 20:
            damping = max(10.0 * damping, 1e-8)
            code = step_from(B, g, damping, factor, step, k)
            tries += 1
        if code:
            return 2
        expected = 0.5 * dot(g, step, k)
        if damping < 1e-3:
            s.expected_gain = expected
            if expected < s.tolerance:
                return 0
        # Along the step, back into the domain if need be
        shrink = 1.0
        for tries in range(60):
            memcpy(trial, z, q * sizeof(double))
            for i in range(k):
                trial[s.free_at[i]] += shrink * step[i]
            state = admissible(M, trial, s.units, s.reflect, s.domain)
            if state:
                break
            shrink *= 0.6
        if state == 0:
            return 2
        code = evaluate(M, trial, 1)
        gain = M.loglike - l if code == 0 else -INFINITY
        noise = 1e-15 * (M.n + fabs(l)) if expected < 1e-5 else 0.0
        if gain > 1e-4 * shrink * expected - noise:
            for i in range(k):
                change[i] = trial[s.free_at[i]] - z[s.free_at[i]]
                y[i] = g[i]
            memcpy(z, trial, q * sizeof(double))
            l = M.loglike
            load(M, s, g, J)
            if state == 1:
                axpy(y, -1.0, g, k)
                learnt = learn(J, A, change, y, Bx, k)
            if gain > 0.5 * shrink * (2.0 - shrink) * expected:
                damping = 0.0 if damping < 1e-3 else 0.1 * damping
            elif gain < 0.2 * shrink * expected:
                damping = max(4.0 * damping, 1e-2)
        else:
            damping = max(10.0 * damping, 1e-2)
            memset(A, 0, k * k * sizeof(double))
            learnt = 0
            if damping > 1e9:
                evaluate(M, z, 1)
                return 2
    evaluate(M, z, 1)
    return 1


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
    # Draw the roots of factors that are out of bounds towards infinity until they are admitted.
    cdef int tries, i
    cdef int reflect[4]
    cdef double power
    for i in range(4):
        reflect[i] = 0
    for tries in range(200):
        if admissible(M, z, s.units, reflect, s.domain):
            return 1
        for i in range(M.n_coef):
            power = <double>M.lag[i] / (s.units[2] if i >= M.at[2] else 1)
            z[i] *= pow(0.95, power)
    return 0
