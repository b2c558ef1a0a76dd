# The exact log-likelihood and its score for given coefficients.

cdef Model *new_model(double *X, int n, int n_missing, int n_exog, const int *sizes,
                      const int *lags, double sigma2_given) noexcept nogil:
    # A model with all of its memory in one block; NULL if there is none. X stays the caller's.
    cdef Model *M = <Model *>calloc(1, sizeof(Model))
    cdef int i, k, r, R, C
    cdef size_t need
    cdef double *free_from
    if M == NULL:
        return NULL
    M.n = n
    M.n_missing = n_missing
    M.n_exog = n_exog
    M.n_cols = n_missing + n_exog + 1
    M.sigma2_given = sigma2_given
    M.at[0] = 0
    for i in range(4):
        M.at[i + 1] = M.at[i] + sizes[i]
    M.n_coef = M.at[4]
    k = M.n_coef
    M.P = last_lag(lags, M.at[0], M.at[1]) + last_lag(lags, M.at[2], M.at[3])
    M.Q = last_lag(lags, M.at[1], M.at[2]) + last_lag(lags, M.at[3], M.at[4])
    M.R = imax(M.P, M.Q)
    M.r = imin(M.R, n)
    R = M.R
    r = M.r
    C = M.n_cols
    need = (
        <size_t>2 * C * n + 6 * n + <size_t>R * R + 6 * <size_t>r * r + <size_t>(M.P + 1) * (M.P + 1)
        + 10 * (R + 2) + <size_t>2 * C * r + <size_t>C * C + C + k + k * k
        + (k + 6 * (R + 2)) + 64
    )
    M.arena = calloc(need, sizeof(double))
    if M.arena == NULL:
        free(M)
        return NULL
    free_from = <double *>M.arena
    M.X = X
    M.U = free_from; free_from += <size_t>C * n
    M.E = free_from; free_from += <size_t>C * n
    M.h = free_from; free_from += n
    M.h2 = free_from; free_from += n
    for i in range(4):
        M.derivative[i] = free_from
        free_from += n
    M.omega = free_from; free_from += <size_t>R * R
    M.L = free_from; free_from += <size_t>r * r
    M.N = free_from; free_from += <size_t>r * r
    M.W = free_from; free_from += <size_t>r * r
    M.T1 = free_from; free_from += <size_t>r * r
    M.T2 = free_from; free_from += <size_t>r * r
    M.T3 = free_from; free_from += <size_t>r * r
    M.yw = free_from; free_from += <size_t>(M.P + 1) * (M.P + 1)
    M.f = free_from; free_from += R + 2
    M.t = free_from; free_from += R + 2
    M.psi = free_from; free_from += R + 2
    M.gamma = free_from; free_from += R + 2
    M.d = free_from; free_from += R + 2
    M.f_bar = free_from; free_from += R + 2
    M.t_bar = free_from; free_from += R + 2
    M.d_bar = free_from; free_from += R + 2
    M.g_bar = free_from; free_from += R + 2
    M.p_bar = free_from; free_from += R + 2
    M.c = free_from; free_from += <size_t>C * r
    M.y = free_from; free_from += <size_t>C * r
    M.gram = free_from; free_from += <size_t>C * C
    M.beta = free_from; free_from += C
    M.score = free_from; free_from += k
    M.info = free_from; free_from += k * k
    M.lag = <int *>free_from; free_from += k
    M.f_lags = <int *>free_from; free_from += R + 2
    M.t_lags = <int *>free_from; free_from += R + 2
    M.ma_lags = <int *>free_from; free_from += R + 2
    M.diagonals = <int *>free_from; free_from += R + 2
    M.pivot = <int *>free_from
    for i in range(k):
        M.lag[i] = lags[i]
    list_ma_lags(M)
    return M


cdef void list_ma_lags(Model *M) noexcept nogil:
    # Lags that the multiplied MA polynomial may have.
    cdef int i, j, lag
    cdef int *seen = M.diagonals
    for j in range(M.at[3], M.at[4]):
        seen[M.lag[j]] = 1
        for i in range(M.at[1], M.at[2]):
            seen[M.lag[i] + M.lag[j]] = 1
    for i in range(M.at[1], M.at[2]):
        seen[M.lag[i]] = 1
    M.n_ma = 0
    for lag in range(1, M.R + 1):
        if seen[lag]:
            M.ma_lags[M.n_ma] = lag
            M.n_ma += 1
    memset(seen, 0, (M.R + 2) * sizeof(int))


cdef void free_model(Model *M) noexcept nogil:
    if M != NULL:
        free(M.products)
        free(M.filter_arena)
        free(M.arena)
        free(M)


cdef int last_lag(const int *lags, int start, int stop) noexcept nogil:
    cdef int i, best = 0
    for i in range(start, stop):
        best = imax(best, lags[i])
    return best


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


cdef void orthonormalize(Model *M, int from_col, int to_col) noexcept nogil:
    # Gram-Schmidt of E, U and y by the triangular factor; the data column becomes the residual.
    cdef int i, k, n = M.n, r = M.r, C = M.n_cols, t
    cdef double v
    for k in range(from_col, to_col):
        for i in range(k):
            v = -M.gram[k * C + i]
            axpy(M.E + <size_t>k * n, v, M.E + <size_t>i * n, n)
            axpy(M.U + <size_t>k * n, v, M.U + <size_t>i * n, n)
            axpy(M.y + k * r, v, M.y + i * r, r)
        if k < C - 1:
            v = 1.0 / M.gram[k * C + k]
            for t in range(n):
                M.E[<size_t>k * n + t] *= v
                M.U[<size_t>k * n + t] *= v
            for t in range(r):
                M.y[k * r + t] *= v


cdef void fill_derivatives(Model *M, const double *z, int col) noexcept nogil:
    # Minus the derivative of E with respect to a coefficient is one of these, delayed by its lag:
    # ar: Phi theta^-1 x; ma: theta_r^-1 E; seasonal ar: phi_r theta^-1 x; seasonal ma: Theta^-1 E.
    cdef int n = M.n, i
    cdef double *E = M.E + <size_t>col * n
    cdef double *U = M.U + <size_t>col * n
    if M.at[1] > M.at[0]:
        apply_ar(U, M.derivative[0], n, z + M.at[2], M.lag + M.at[2], M.at[3] - M.at[2])
    if M.at[3] > M.at[2]:
        apply_ar(U, M.derivative[2], n, z + M.at[0], M.lag + M.at[0], M.at[1] - M.at[0])
    for i in range(1, 4, 2):
        if M.at[i + 1] > M.at[i]:
            memcpy(M.derivative[i], E, n * sizeof(double))
            apply_inverse(M.derivative[i], n, z + M.at[i], M.lag + M.at[i], M.at[i + 1] - M.at[i])


cdef void score(Model *M, const double *z) noexcept nogil:
    # -2 sigma2 dlogL = 2 E'dE + <W, dOmega> + 2 sigma2 tr(H'dH V), see the Python module.
    cdef int i, j, k, fi, fj, a, b, n = M.n, r = M.r, C = M.n_cols, m = M.n_missing, R = M.R
    cdef int li, lj
    cdef double weight, s
    cdef double *D = M.score
    cdef double *x
    cdef double *w
    memset(D, 0, M.n_coef * sizeof(double))
    if M.n_coef == 0:
        return
    orthonormalize(M, 0, C)
    for k in range(C):
        if m <= k < C - 1:
            continue
        weight = 1.0 if k == C - 1 else M.sigma2
        fill_derivatives(M, z, k)
        for a in range(4):
            for i in range(M.at[a], M.at[a + 1]):
                li = M.lag[i]
                if li < n:
                    D[i] -= 2.0 * weight * dot(M.E + <size_t>k * n + li, M.derivative[a], n - li)
    # derivative[] now belongs to the residual, the last column: the Gauss-Newton information
    for a in range(4):
        for b in range(a + 1):
            for i in range(M.at[a], M.at[a + 1]):
                for j in range(M.at[b], M.at[b + 1]):
                    if j > i:
                        continue
                    li = M.lag[i]
                    lj = M.lag[j]
                    if i > M.at[a] and j > M.at[b] and li == M.lag[i - 1] + 1 \
                            and lj == M.lag[j - 1] + 1:
                        s = M.info[(i - 1) * M.n_coef + j - 1] * M.sigma2
                        if li <= n and lj <= n:
                            s -= M.derivative[a][n - li] * M.derivative[b][n - lj]
                    else:
                        k = imax(li, lj)
                        s = 0.0
                        if k < n:
                            s = dot(M.derivative[a] + k - li, M.derivative[b] + k - lj, n - k)
                    M.info[i * M.n_coef + j] = s / M.sigma2
                    M.info[j * M.n_coef + i] = s / M.sigma2
    if r:
        presample_score(M, z)
    for i in range(M.n_coef):
        D[i] *= -0.5 / M.sigma2


cdef void presample_score(Model *M, const double *z) noexcept nogil:
    cdef int i, j, k, r = M.r, C = M.n_cols, m = M.n_missing, few
    cdef double s, weight
    cdef double *D = M.score
    # A = L M^-1 L' = F F', F = L N'^-1 with M = N N'; W = sigma2 A - sum of weight * y y'
    inverse_transposed(M.N, M.T1, r)
    memset(M.T2, 0, r * r * sizeof(double))
    for i in range(r):
        for k in range(i + 1):
            axpy(M.T2 + i * r + k, M.L[i * r + k], M.T1 + k * r + k, r - k)
    memset(M.W, 0, r * r * sizeof(double))
    few = sparse_weights(M)
    for i in range(r):
        for j in range(i + 1):
            if few and j >= M.P and not M.diagonals[i - j]:
                continue
            s = M.sigma2 * dot(M.T2 + i * r, M.T2 + j * r, r)
            for k in range(C):
                if k < m or k == C - 1:
                    weight = 1.0 if k == C - 1 else M.sigma2
                    s -= weight * M.y[k * r + i] * M.y[k * r + j]
            M.W[i * r + j] = s
            M.W[j * r + i] = s
    presample_adjoint(M)
    for i in range(M.at[0], M.at[1]):
        D[i] += M.f_bar[M.lag[i]]
        for j in range(M.at[2], M.at[3]):
            D[i] -= z[j] * M.f_bar[M.lag[i] + M.lag[j]]
            D[j] -= z[i] * M.f_bar[M.lag[i] + M.lag[j]]
    for i in range(M.at[2], M.at[3]):
        D[i] += M.f_bar[M.lag[i]]
    for i in range(M.at[1], M.at[2]):
        D[i] += M.t_bar[M.lag[i]]
        for j in range(M.at[3], M.at[4]):
            D[i] += z[j] * M.t_bar[M.lag[i] + M.lag[j]]
            D[j] += z[i] * M.t_bar[M.lag[i] + M.lag[j]]
    for i in range(M.at[3], M.at[4]):
        D[i] += M.t_bar[M.lag[i]]
    if M.Q == 0:
        return
    # V = L'^-1 (I - M^-1) L^-1 = U U' - K K', U = L'^-1, K = U N'^-1
    inverse_transposed(M.L, M.T2, r)
    upper_times_upper(M.T2, M.T1, M.T3, r)
    memset(M.W, 0, r * r * sizeof(double))
    gram_of_upper(M.T2, 1.0, M.W, r)
    gram_of_upper(M.T3, -1.0, M.W, r)
    for i in range(r):
        for j in range(i):
            M.W[j * r + i] = M.W[i * r + j]
    response_score(M, z, 1)
    response_score(M, z, 3)


cdef int sparse_weights(Model *M) noexcept nogil:
    # Long seasons: presample_adjoint needs W in its first P columns and on those diagonals only
    # that join two lags of the MA polynomial. 1 if so, with M.diagonals marked.
    cdef int i, j
    if M.R != M.r or M.r < 32 or M.P * 8 > M.r or M.n_ma * M.n_ma * 8 > M.r:
        return 0
    for i in range(M.n_ma):
        for j in range(i + 1):
            M.diagonals[abs(M.ma_lags[i] - M.ma_lags[j])] = 1
    return 1


cdef void response_score(Model *M, const double *z, int a) noexcept nogil:
    # D[j] += 2 sigma2 tr(H'dH_j V) = -2 sigma2 sum_{i,k} V[i,k] X(i, k + lag_j), V in W, with
    # X(i, k) = sum_t h[t-i] h2[t-k] and h2 the response of h through the inverse of this factor.
    # Along a diagonal of V the sum over t gains one product with each step to the upper left.
    cdef int i, k, gap, j, lag, r = M.r, n = M.n, length, have, at2
    cdef double s, total, base
    cdef double *h = M.h
    cdef double *h2 = M.h2
    if M.at[a + 1] == M.at[a]:
        return
    length = imin(n, M.alive + r + 1)      # all that meets the living part of h
    memcpy(h2, h, M.alive * sizeof(double))
    memset(h2 + M.alive, 0, (length - M.alive) * sizeof(double))
    apply_inverse(h2, length, z + M.at[a], M.lag + M.at[a], M.at[a + 1] - M.at[a])
    for j in range(M.at[a], M.at[a + 1]):
        lag = M.lag[j]
        total = 0.0
        for k in range(-(r - 1), r):
            # diagonal column - row = k; X(i, i + gap), gap = k + lag
            gap = k + lag
            i = r - 1 - k if k > 0 else r - 1
            have = n - (i + gap) if gap >= 0 else n - i
            if gap >= 0:
                have = imin(imax(have, 0), M.alive - gap)
                s = dot(h + gap, h2, have) if have > 0 else 0.0
            else:
                have = imin(imax(have, 0), M.alive)
                s = dot(h, h2 - gap, have) if have > 0 else 0.0
            while True:
                total += M.W[i * r + i + k] * s
                i -= 1
                if i < 0 or i + k < 0:
                    break
                if gap >= 0:
                    at2 = n - (i + gap) - 1
                    if 0 <= at2 < M.alive - gap:
                        s += h[at2 + gap] * h2[at2]
                else:
                    at2 = n - i - 1
                    if at2 < M.alive:
                        s += h[at2] * h2[at2 - gap]
        M.score[j] -= 2.0 * M.sigma2 * total


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
