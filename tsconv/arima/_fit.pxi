# The climb from one starting point: scoring steps with a safeguard, then Newton's.
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
    int bent[4]            # AR factors that Newton's steps see as atanh of partial autocorrelations
    int first[4]           # where a bent factor begins among the free coefficients
    int scoring_steps      # before Newton's
    int patience           # scoring steps if the later ones do what they promise
    int max_iter
    double tolerance       # on the expected gain in log-likelihood
    double seen            # height of the best finished climb
    double agree           # climbs that end within this of it are the same
    double *domain         # scratch of the domain check
    double *work           # scratch of maximize
    unsigned long long seed   # of random starts; a further search draws others
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


cdef void to_coordinates(Model *M, Search *s, const double *z, double *x) noexcept nogil:
    # Free coefficients; those of full, free AR factors as atanh of the partial autocorrelations.
    cdef int a, i, p
    cdef double f[MAX_BENT + 1]
    cdef double stairs[MAX_BENT * MAX_BENT]
    for i in range(s.n_free):
        x[i] = z[s.free_at[i]]
    for a in range(0, 4, 2):
        if s.bent[a]:
            p = factor_polynomial(M, z, a, f, s.units[a])
            step_down(f, stairs, p)
            for i in range(p):
                x[s.first[a] + i] = atanh(stairs[i * p + i])


cdef void from_coordinates(Model *M, Search *s, const double *x, double *z, double *T) noexcept nogil:
    # The inverse of to_coordinates. T, if wanted, gets dz/dx over the free coefficients (k x k).
    cdef int a, i, j, m, p, at, k = s.n_free
    cdef double kappa, slope
    cdef double f[MAX_BENT + 1]
    cdef double g[MAX_BENT + 1]
    cdef double df[MAX_BENT + 1][MAX_BENT + 1]
    cdef double dg[MAX_BENT + 1]
    for i in range(k):
        z[s.free_at[i]] = x[i]
    if T != NULL:
        memset(T, 0, k * k * sizeof(double))
        for i in range(k):
            T[i * k + i] = 1.0
    for a in range(0, 4, 2):
        if not s.bent[a]:
            continue
        p = M.at[a + 1] - M.at[a]
        at = s.first[a]
        for m in range(1, p + 1):
            kappa = tanh(x[at + m - 1])
            slope = 1.0 / cosh(x[at + m - 1])
            slope *= slope
            for j in range(1, m):            # with respect to earlier kappa_j
                for i in range(1, m):
                    dg[i] = df[j][i] - kappa * df[j][m - i]
                for i in range(1, m):
                    df[j][i] = dg[i]
                df[j][m] = 0.0
            for i in range(1, m):
                g[i] = f[i] - kappa * f[m - i]
                df[m][i] = -slope * f[m - i]
            for i in range(1, m):
                f[i] = g[i]
            f[m] = kappa
            df[m][m] = slope
        for i in range(p):
            z[M.at[a] + i] = f[i + 1]
            if T != NULL:
                for j in range(p):
                    T[(at + i) * k + at + j] = df[j + 1][i + 1]


cdef int gradient(Model *M, Search *s, const double *x, double *z, double *T, double *g,
                  int want_T) noexcept nogil:
    # Evaluate at coordinates x: z, and the score in coordinates. Returns the code of evaluate.
    cdef int i, j, k = s.n_free, code
    from_coordinates(M, s, x, z, T)
    if admissible(M, z, s.units, s.reflect, s.domain) == 0:
        return 9
    code = evaluate(M, z, 1)
    if code == 0:
        for j in range(k):
            g[j] = 0.0
            for i in range(k):
                g[j] += T[i * k + j] * M.score[s.free_at[i]]
    return code


cdef int curvature(Model *M, Search *s, const double *x, const double *g, double *z, double *B,
                   double *work) noexcept nogil:
    # B <- minus the Hessian in coordinates x by central differences of the exact score, its
    # eigenvalues made positive. Returns 1 if a neighbour has no likelihood.
    cdef int i, j, l, k = s.n_free
    cdef double *Q = work
    cdef double *H = Q + k * k
    cdef double *T = H + k * k
    cdef double *trial = T + k * k
    cdef double *low = trial + k
    cdef double *high = low + k
    cdef double h, v, top
    for i in range(k):
        h = 1e-5
        memcpy(trial, x, k * sizeof(double))
        trial[i] = x[i] + h
        if gradient(M, s, trial, z, T, high, 1):
            return 1
        memcpy(trial, x, k * sizeof(double))
        trial[i] = x[i] - h
        if gradient(M, s, trial, z, T, low, 1):
            return 1
        for j in range(k):
            H[i * k + j] = (low[j] - high[j]) / (2.0 * h)
    for i in range(k):
        for j in range(i):
            v = 0.5 * (H[i * k + j] + H[j * k + i])
            H[i * k + j] = v
            H[j * k + i] = v
    if symmetric_eigen(H, Q, k):
        return 1
    top = 0.0
    for i in range(k):
        top = max(top, fabs(H[i * k + i]))
    if not (0.0 < top < INFINITY):
        return 1
    for i in range(k):
        for j in range(k):
            v = 0.0
            for l in range(k):
                v += Q[l * k + i] * Q[l * k + j] * max(fabs(H[l * k + l]), 1e-9 * top)
            B[i * k + j] = v
    return 0


cdef int newton(Model *M, Search *s, double *z) noexcept nogil:
    # Finish a climb on the curvature itself, in coordinates in which AR unit roots are infinitely
    # far. Returns as maximize.
    cdef int i, k = s.n_free, q = M.n_coef, code, since = 0, fresh
    cdef double *x = s.work
    cdef double *trial = x + k
    cdef double *g = trial + k
    cdef double *g_new = g + k
    cdef double *step = g_new + k
    cdef double *change = step + k
    cdef double *Bx = change + k
    cdef double *B = Bx + k
    cdef double *factor = B + k * k
    cdef double *A = factor + k * k
    cdef double *T = A + k * k
    cdef double *z_new = T + k * k
    cdef double *more = z_new + q
    cdef double l, gain, expected, damping = 0.0, noise, longest
    to_coordinates(M, s, z, x)
    code = gradient(M, s, x, z, T, g, 1)
    if code:
        return 10 + code
    l = M.loglike
    if curvature(M, s, x, g, z_new, B, more):
        return 2
    memcpy(z_new, z, q * sizeof(double))
    memset(A, 0, k * k * sizeof(double))
    fresh = 1
    while s.n_iter < s.max_iter:
        s.n_iter += 1
        if step_from(B, g, 0.0, factor, step, k):
            damping = max(damping, 1e-6)
        else:
            s.expected_gain = 0.5 * dot(g, step, k)
            if s.expected_gain < s.tolerance:
                evaluate(M, z, 1)
                return 0
        if damping > 0.0 and step_from(B, g, damping, factor, step, k):
            damping *= 10.0
            continue
        longest = 0.0
        for i in range(k):
            longest = max(longest, fabs(step[i]))
        if longest > 2.0:
            for i in range(k):
                step[i] *= 2.0 / longest
        expected = 0.5 * dot(g, step, k)
        for i in range(k):
            trial[i] = x[i] + step[i]
        code = gradient(M, s, trial, z_new, T, g_new, 1)
        gain = M.loglike - l if code == 0 else -INFINITY
        noise = 1e-15 * (M.n + fabs(l)) if expected < 1e-5 else 0.0
        if gain > 1e-4 * expected - noise:
            to_coordinates(M, s, z_new, trial)
            for i in range(k):
                change[i] = step[i]
                step[i] = g[i] - g_new[i]
                g[i] = g_new[i]
            memcpy(x, trial, k * sizeof(double))
            memcpy(z, z_new, q * sizeof(double))
            l = M.loglike
            since += 1
            fresh = 0
            if gain > 0.5 * expected:
                damping = 0.0 if damping < 1e-3 else 0.1 * damping
            if since >= 4:
                if curvature(M, s, x, g, z_new, B, more):
                    evaluate(M, z, 1)
                    return 2
                memcpy(z_new, z, q * sizeof(double))
                since = 0
                fresh = 1
            else:
                memset(A, 0, k * k * sizeof(double))
                if learn(B, A, change, step, Bx, k):
                    axpy(B, 1.0, A, k * k)
        elif not fresh:
            if curvature(M, s, x, g, z_new, B, more):
                evaluate(M, z, 1)
                return 2
            memcpy(z_new, z, q * sizeof(double))
            since = 0
            fresh = 1
        else:
            damping = max(10.0 * damping, 1e-2)
            if damping > 1e9:
                evaluate(M, z, 1)
                return 2
    evaluate(M, z, 1)
    return 1


cdef int climb(Model *M, Search *s, double *z) noexcept nogil:
    # Scoring steps from z, in place; the model is left evaluated at z. 0 converged, 1 out of
    # iterations, 2 no step helps although one should, 10 + code: the start has no likelihood.
    cdef int i, k = s.n_free, code, tries, state, learnt = 0, q = M.n_coef, good = 0, away = 0
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
    while s.n_iter < s.scoring_steps or (good and s.n_iter < s.patience):
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
            return come_back(M, z, away, 2)
        expected = 0.5 * dot(g, step, k)
        if damping > 1e-6:
            # what an undamped step would promise decides whether to go on
            memcpy(change, step, k * sizeof(double))
            if step_from(B, g, 0.0, factor, step, k) == 0:
                s.expected_gain = 0.5 * dot(g, step, k)
            memcpy(step, change, k * sizeof(double))
        else:
            s.expected_gain = expected
        if s.expected_gain < s.tolerance:
            return come_back(M, z, away, 0)
        if s.expected_gain < s.agree and fabs(l - s.seen) < s.agree:
            return come_back(M, z, away, 0)
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
            return come_back(M, z, away, 2)
        code = evaluate(M, trial, 1)
        gain = M.loglike - l if code == 0 else -INFINITY
        noise = 1e-15 * (M.n + fabs(l)) if expected < 1e-5 else 0.0
        if gain > 1e-4 * shrink * expected - noise:
            for i in range(k):
                change[i] = trial[s.free_at[i]] - z[s.free_at[i]]
                y[i] = g[i]
            memcpy(z, trial, q * sizeof(double))
            away = 0
            l = M.loglike
            load(M, s, g, J)
            if state == 1:
                axpy(y, -1.0, g, k)
                learnt = learn(J, A, change, y, Bx, k)
            good = damping == 0.0 and gain > 0.3 * expected
            if gain > 0.5 * shrink * (2.0 - shrink) * expected:
                damping = 0.0 if damping < 1e-3 else 0.1 * damping
            elif gain < 0.2 * shrink * expected:
                damping = max(4.0 * damping, 1e-2)
        else:
            away = 1
            good = 0
            damping = max(10.0 * damping, 1e-2)
            memset(A, 0, k * k * sizeof(double))
            learnt = 0
            if damping > 1e9:
                return come_back(M, z, away, 2)
    return come_back(M, z, away, 1)


cdef int come_back(Model *M, const double *z, int away, int code) noexcept nogil:
    # Evaluate at z again after a trial that was not taken; passes the code on.
    if away:
        evaluate(M, z, 1)
    return code
