# The exact log-likelihood for given coefficients, and the one-step errors there.

cdef void apply_inverse(double *x, int n, const double *coef, const int *lag, int k) noexcept nogil:
    # x <- x / (1 + sum_i coef[i] L^lag[i]), in place, zeros before the start.
    cdef int t, i, top
    cdef double a, v
    if k == 0:
        return
    if lag[0] == 1 and (k == 1 or (k == 2 and lag[1] == 2)):
        continue_inverse(x, 1, n, coef[0], coef[1] if k == 2 else 0.0)
        return
    top = imin(last_lag(lag, 0, k), n)
    for t in range(top):
        v = x[t]
        for i in range(k):
            if lag[i] <= t:
                v -= coef[i] * x[t - lag[i]]
        x[t] = v
    if k == 1:
        a = coef[0]
        for t in range(top, n):
            x[t] -= a * x[t - lag[0]]
    else:
        for t in range(top, n):
            v = x[t]
            for i in range(k - 1, -1, -1):
                v -= coef[i] * x[t - lag[i]]
            x[t] = v


cdef void continue_inverse(double *x, int start, int stop, double a, double b) noexcept nogil:
    # x[t] -= a x[t-1] + b x[t-2] from start >= 1 on. Four steps at a time, each from the two values
    # before all four and from what the new ones add, so that steps need not wait for each other.
    cdef int t = start
    cdef double v = x[start - 1], w = x[start - 2] if start > 1 else 0.0
    cdef double v1 = b - a * a, w1 = -a * b                # minus the weights of v and w
    cdef double v2 = -a * v1 - b * a, w2 = -a * w1 - b * b  # at the second, third and fourth step
    cdef double v3 = -a * v2 - b * v1, w3 = -a * w2 - b * w1
    cdef double p, q, r, s
    while t + 4 <= stop:
        p = x[t]
        q = x[t + 1] - a * p
        r = (x[t + 2] - b * p) - a * q
        s = (x[t + 3] - b * q) - a * r
        x[t] = (p - b * w) - a * v
        x[t + 1] = (q - w1 * w) - v1 * v
        r = (r - w2 * w) - v2 * v
        s = (s - w3 * w) - v3 * v
        x[t + 2] = r
        x[t + 3] = s
        w = r
        v = s
        t += 4
    while t < stop:
        p = (x[t] - b * w) - a * v
        x[t] = p
        w = v
        v = p
        t += 1


cdef void apply_ar(const double *x, double *out, int n, const double *coef, const int *lag,
                   int k) noexcept nogil:
    # out = (1 - sum_i coef[i] L^lag[i]) x, out apart from x.
    cdef int i
    memcpy(out, x, n * sizeof(double))
    for i in range(k):
        if lag[i] < n:
            axpy(out + lag[i], -coef[i], x, n - lag[i])


cdef void apply_ar_in_place(double *x, int n, const double *coef, const int *lag, int k) noexcept nogil:
    cdef int t, i
    cdef double v
    if k == 0:
        return
    for t in range(n - 1, -1, -1):
        v = x[t]
        for i in range(k):
            if lag[i] <= t:
                v -= coef[i] * x[t - lag[i]]
        x[t] = v


cdef void whiten(Model *M, const double *x, double *u, double *e, const double *z) noexcept nogil:
    # u = theta^-1 x and e = phi u, factor by factor, with zeros before the sample.
    cdef int n = M.n
    memcpy(u, x, n * sizeof(double))
    apply_inverse(u, n, z + M.at[1], M.lag + M.at[1], M.at[2] - M.at[1])
    apply_inverse(u, n, z + M.at[3], M.lag + M.at[3], M.at[4] - M.at[3])
    apply_ar(u, e, n, z + M.at[0], M.lag + M.at[0], M.at[1] - M.at[0])
    apply_ar_in_place(e, n, z + M.at[2], M.lag + M.at[2], M.at[3] - M.at[2])


cdef void impulse_response(Model *M) noexcept nogil:
    # h of 1/theta until max(Q, 1) values in a row are below 1e-18 of the largest.
    cdef int k, j, quiet = 0, ready = 1
    cdef int short_memory = M.n_t > 0 and M.t_lags[M.n_t - 1] <= 2
    cdef double v, largest = 1.0
    cdef double *h = M.h
    h[0] = 1.0
    M.alive = 1
    if M.n_t == 0:
        return
    for k in range(1, M.n):
        if short_memory:
            if k == ready:
                ready = imin(k + 32, M.n)
                memset(h + k, 0, (ready - k) * sizeof(double))
                continue_inverse(h, k, ready, M.t[1], M.t[2] if M.R > 1 else 0.0)
            v = h[k]
        else:
            v = 0.0
            for j in range(M.n_t):
                if M.t_lags[j] > k:
                    break
                v -= M.t[M.t_lags[j]] * h[k - M.t_lags[j]]
        h[k] = v if fabs(v) > 1e-150 else 0.0     # subnormal numbers would be slow
        v = fabs(v)
        if v > largest:
            largest = v
        quiet = quiet + 1 if v < 1e-18 * largest else 0
        M.alive = k + 1
        if quiet >= M.Q:
            M.alive = k + 1 - quiet
            return


cdef void gram_of_response(Model *M) noexcept nogil:
    # G = H'H into L (lower triangle): along each diagonal from its last entry upwards, where the
    # sums only grow: G[i, j] = G[i+1, j+1] + h[n-1-i] h[n-1-j].
    cdef int i, j, gap, r = M.r, n = M.n, alive = M.alive, length
    cdef double s
    cdef double *h = M.h
    for gap in range(r):
        i = r - 1
        length = imin(n - i, alive - gap)
        s = dot(h, h + gap, length) if length > 0 else 0.0
        M.L[i * r + i - gap] = s
        for i in range(r - 2, gap - 1, -1):
            if n - 1 - i + gap < alive:
                s += h[n - 1 - i] * h[n - 1 - i + gap]
            M.L[i * r + i - gap] = s


cdef int expected_errors(Model *M, int col) noexcept nogil:
    # y0 = H'e0, z = L^-1 y0, s = (I + L' Omega L)^-1 z, c = L'^-1 (z - s), y = L s, E = e0 - H c.
    cdef int i, j, length, r = M.r, n = M.n
    cdef double *e = M.E + <size_t>col * n
    cdef double *c = M.c + col * r
    cdef double *y = M.y + col * r
    for j in range(r):
        c[j] = dot(M.h, e + j, imin(M.alive, n - j))
    solve_lower(M.L, c, r)
    memcpy(y, c, r * sizeof(double))
    solve_lower(M.N, y, r)
    solve_upper(M.N, y, r)
    for j in range(r):
        c[j] -= y[j]
    for i in range(r - 1, -1, -1):
        y[i] = dot(M.L + i * r, y, i + 1)
    solve_upper(M.L, c, r)
    for j in range(r):
        axpy(e + j, -c[j], M.h, imin(M.alive, n - j))
    return 0


cdef int evaluate(Model *M, const double *z, int want_score) noexcept nogil:
    # 0, or why there is no likelihood: 1 not stationary, 2 H'H or I + Omega G not positive,
    # 3 collinear columns, 4 nothing left to explain (sigma2 = 0).
    cdef int i, j, k, n = M.n, r = M.r, C = M.n_cols, m = M.n_missing, code, n_eff
    cdef double s
    cdef double *a
    M.n_evaluations += 1
    if M.use_products:
        return evaluate_products(M, z, want_score)
    if M.use_filter:
        return evaluate_filter(M, z, want_score)
    expand(M, z)
    if M.R:
        if presample_covariance(M):
            return 1
    impulse_response(M)
    M.logdet = 0.0
    if r:
        gram_of_response(M)
        if cholesky(M.L, r, 1e-15):
            return 2
        for i in range(r):
            for j in range(i + 1):
                M.T1[j * r + i] = M.L[i * r + j]      # L' for the congruence
                M.T3[i * r + j] = M.omega[(i) * M.R + j]
                M.T3[j * r + i] = M.T3[i * r + j]
        congruence(M.T1, M.T3, M.T2, M.N, r)
        for i in range(r):
            M.N[i * r + i] += 1.0
        if cholesky(M.N, r, 1e-16):
            return 2
        for i in range(r):
            M.logdet += 2.0 * log(M.N[i * r + i])
    for k in range(C):
        whiten(M, M.X + <size_t>k * n, M.U + <size_t>k * n, M.E + <size_t>k * n, z)
        if r:
            expected_errors(M, k)
    for i in range(C):
        for j in range(i + 1):
            s = dot(M.E + <size_t>i * n, M.E + <size_t>j * n, n)
            if r:
                s += dot(M.c + i * r, M.y + j * r, r)
            M.gram[i * C + j] = s
    code = regress(M)
    if code:
        return code
    n_eff = n - m
    s = M.sigma2_given if M.sigma2_given > 0 else M.S / n_eff
    M.sigma2 = s
    M.loglike = -0.5 * (n_eff * log(2.0 * M_PI * s) + M.logdet + M.logdet_missing + M.S / s)
    if want_score:
        score(M, z)
    return 0


cdef int regress(Model *M) noexcept nogil:
    # Cholesky of the inner products: pivots of the dummies give log det <Z, Z>, the last one S.
    cdef int i, j, C = M.n_cols, code
    cdef double last
    cdef double *g = M.gram
    last = g[C * C - 1]
    if C > 1:
        code = cholesky(g, C, 1e-14)
        if 0 < code < C:
            return 3
        if code and M.sigma2_given > 0 and last < INFINITY:
            g[C * C - 1] = 0.0       # a perfect fit is no obstacle if sigma2 is known
            code = 0
    else:
        code = 1
        if last > 0 or M.sigma2_given > 0:
            g[0] = sqrt(last) if last > 0 else 0.0
            code = 0
    if code or not (last < INFINITY):
        return 4
    M.logdet_missing = 0.0
    for i in range(M.n_missing):
        M.logdet_missing += 2.0 * log(g[i * C + i])
    M.S = g[C * C - 1] * g[C * C - 1]
    for i in range(C - 2, -1, -1):
        M.beta[i] = g[(C - 1) * C + i]
        for j in range(i + 1, C - 1):
            M.beta[i] -= g[j * C + i] * M.beta[j]
        M.beta[i] /= g[i * C + i]
    return 0


cdef void one_step_errors(Model *M, const double *z, double *v, double *F, double *work) noexcept nogil:
    # Recursive least squares on c: with P = Var c / sigma2 given the past and h_t the row of H,
    # v = e0 - h_t c, F = 1 + h_t P h_t', then c and P are updated. Once h has died out, v = e0.
    # The series is the last column as it stands, without regression.
    cdef int t, i, j, r = M.r, n = M.n, first
    cdef double *P = work
    cdef double *c = P + r * r
    cdef double *Ph = c + r
    cdef double error, var
    cdef size_t at = <size_t>(M.n_cols - 1) * n
    if M.use_products:
        expand(M, z)
        presample_covariance(M)
        impulse_response(M)
    whiten(M, M.X + at, M.U + at, v, z)
    for i in range(r):
        c[i] = 0.0
        for j in range(r):
            P[i * r + j] = M.omega[i * M.R + j]
    for t in range(n):
        F[t] = 1.0
        first = imax(0, t - M.alive + 1)
        if first >= r:
            continue
        var = 1.0
        error = v[t]
        for i in range(r):
            Ph[i] = 0.0
        for j in range(first, imin(r, t + 1)):
            error -= M.h[t - j] * c[j]
            axpy(Ph, M.h[t - j], P + j * r, r)
        for j in range(first, imin(r, t + 1)):
            var += M.h[t - j] * Ph[j]
        for i in range(r):
            c[i] += Ph[i] * error / var
            axpy(P + i * r, -Ph[i] / var, Ph, r)
        v[t] = error
        F[t] = var
