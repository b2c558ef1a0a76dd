# Pure autoregressions without gaps: the data enter through lagged products alone.
#
# With a = (1, -f[1], ..., -f[P]) and n > 2P the exact quadratic form is (Box and Jenkins, A7.4)
#
#     S = sum_ij a_i a_j D_ij,     D_ij = sum_{k=0..n-1-i-j} x[i+k] x[j+k]
#
# and log det of the sample's covariance at unit variance is -sum_m m log(1 - kappa_m^2) with the
# partial autocorrelations kappa, found from f by the step-down recursion
#
#     f^(m-1)[i] = (f^(m)[i] + kappa_m f^(m)[m-i]) / (1 - kappa_m^2),     kappa_m = f^(m)[m].


cdef int step_down(const double *f, double *stairs, int p) noexcept nogil:
    # Row m-1 of stairs (row length p) holds f^(m)[1..m]. 1 if some |kappa| >= 1.
    cdef int m, i
    cdef double kappa, v
    if p == 0:
        return 0
    memcpy(stairs + (p - 1) * p, f + 1, p * sizeof(double))
    for m in range(p, 0, -1):
        kappa = stairs[(m - 1) * p + m - 1]
        v = (1.0 - kappa) * (1.0 + kappa)
        if not (v > 0.0):
            return 1
        for i in range(1, m):
            stairs[(m - 2) * p + i - 1] = (
                stairs[(m - 1) * p + i - 1] + kappa * stairs[(m - 1) * p + m - i - 1]
            ) / v
    return 0


cdef int prepare_products(Model *M) noexcept nogil:
    # Lagged products at the lags of the multiplied AR polynomial; returns 1 without memory.
    cdef int i, j, k, a, b, N, C = M.n_cols, n = M.n, P = M.P, at, gap, head
    cdef double *xa
    cdef double *xb
    cdef double s
    cdef char *seen
    cdef size_t need
    if M.Q or M.n_missing or n <= 2 * P:
        return 0
    N = 1 + (M.at[1] - M.at[0]) + (M.at[3] - M.at[2]) + (M.at[1] - M.at[0]) * (M.at[3] - M.at[2])
    need = <size_t>N * N * (C * (C + 1) // 2 + 1) + 2 * <size_t>P * P + N + P + 4
    M.products = <double *>calloc(need, sizeof(double))
    if M.products == NULL:
        return 1
    M.stairs = M.products + <size_t>N * N * (C * (C + 1) // 2 + 1)
    M.nz = <int *>(M.stairs + 2 * <size_t>P * P)
    seen = <char *>(M.nz + N)
    seen[0] = 1
    for i in range(M.at[0], M.at[1]):
        seen[M.lag[i]] = 1
    for j in range(M.at[2], M.at[3]):
        seen[M.lag[j]] = 1
        for i in range(M.at[0], M.at[1]):
            seen[M.lag[i] + M.lag[j]] = 1
    N = 0
    for k in range(P + 1):
        if seen[k]:
            M.nz[N] = k
            N += 1
    M.n_nz = N
    at = 0
    for a in range(C):
        for b in range(a + 1):
            xa = M.X + <size_t>a * n
            xb = M.X + <size_t>b * n
            for i in range(N):
                for j in range(N):
                    # D_ij - D_(i-1)(j-1) is minus one product at each end
                    if i and j and M.nz[i] == M.nz[i - 1] + 1 and M.nz[j] == M.nz[j - 1] + 1:
                        k = M.nz[i]
                        gap = M.nz[j]
                        s = M.products[at + (i - 1) * N + j - 1]
                        s -= xa[k - 1] * xb[gap - 1] + xa[n - gap] * xb[n - k]
                    else:
                        s = dot(xa + M.nz[i], xb + M.nz[j], n - M.nz[i] - M.nz[j])
                    M.products[at + i * N + j] = s
            at += N * N
    M.use_products = 1
    return 0


cdef int evaluate_products(Model *M, const double *z, int want_score) noexcept nogil:
    # As evaluate, from the lagged products.
    cdef int i, j, k, l, a, b, at, m, code
    cdef int N = M.n_nz, C = M.n_cols, n = M.n, P = M.P
    cdef double v, s, kappa, weight
    cdef double *D
    cdef double *row
    cdef double *low
    cdef double *bar = M.stairs + <size_t>P * P
    expand(M, z)
    M.t[0] = 1.0
    if step_down(M.f, M.stairs, P):
        return 1
    M.logdet = 0.0
    for m in range(1, P + 1):
        kappa = M.stairs[(m - 1) * P + m - 1]
        M.logdet -= m * log((1.0 - kappa) * (1.0 + kappa))
    M.psi[0] = 1.0
    at = 0
    for a in range(C):
        for b in range(a + 1):
            s = 0.0
            for i in range(N):
                v = 0.0
                for j in range(N):
                    v += M.products[at + i * N + j] * (1.0 if j == 0 else -M.f[M.nz[j]])
                s += v * (1.0 if i == 0 else -M.f[M.nz[i]])
            M.gram[a * C + b] = s
            at += N * N
    code = regress(M)
    if code:
        return code
    s = M.sigma2_given if M.sigma2_given > 0 else M.S / n
    M.sigma2 = s
    M.loglike = -0.5 * (n * log(2.0 * M_PI * s) + M.logdet + M.S / s)
    if not want_score or M.n_coef == 0:
        return 0
    # Products of the residual, then the derivative with respect to the full coefficients
    D = M.products + at
    memset(D, 0, N * N * sizeof(double))
    at = 0
    for a in range(C):
        for b in range(a + 1):
            weight = (1.0 if a == C - 1 else -M.beta[a]) * (1.0 if b == C - 1 else -M.beta[b])
            if b < a:
                weight *= 2.0
            for i in range(N):
                for j in range(N):
                    v = 0.5 * (M.products[at + i * N + j] + M.products[at + j * N + i])
                    D[i * N + j] += weight * v
            at += N * N
    memset(M.f_bar, 0, (P + 1) * sizeof(double))
    # d logdet, by running the step-down recursion backwards
    memset(bar, 0, <size_t>P * P * sizeof(double))
    for m in range(1, P + 1):
        row = M.stairs + (m - 1) * P
        kappa = row[m - 1]
        v = (1.0 - kappa) * (1.0 + kappa)
        s = 2.0 * m * kappa
        for i in range(1, m):
            low = bar + (m - 2) * P
            s += low[i - 1] * (row[m - i - 1] + 2.0 * kappa * M.stairs[(m - 2) * P + i - 1])
            bar[(m - 1) * P + i - 1] = (low[i - 1] + kappa * low[m - i - 1]) / v
        bar[(m - 1) * P + m - 1] = s / v
    for k in range(1, P + 1):
        M.f_bar[k] = bar[(P - 1) * P + k - 1] * M.sigma2
    for i in range(1, N):
        v = 0.0
        for j in range(N):
            v += D[i * N + j] * (1.0 if j == 0 else -M.f[M.nz[j]])
        M.f_bar[M.nz[i]] -= 2.0 * v
    for i in range(M.n_coef):
        M.score[i] = M.f_bar[M.lag[i]]
        for j in range(M.n_coef):
            if (i < M.at[1]) != (j < M.at[1]):
                M.score[i] -= z[j] * M.f_bar[M.lag[i] + M.lag[j]]
        M.score[i] *= -0.5 / M.sigma2
    # Information: df/dz_i has 1 at lag_i and minus the other factor behind it
    for k in range(M.n_coef):
        memset(M.f_bar, 0, (P + 1) * sizeof(double))
        direction(M, z, k, M.f_bar)
        for i in range(N):
            v = 0.0
            for j in range(N):
                v += D[i * N + j] * M.f_bar[M.nz[j]]
            M.t_bar[M.nz[i]] = v
        for l in range(M.n_coef):
            memset(M.d_bar, 0, (P + 1) * sizeof(double))
            direction(M, z, l, M.d_bar)
            v = 0.0
            for i in range(N):
                v += M.d_bar[M.nz[i]] * M.t_bar[M.nz[i]]
            M.info[k * M.n_coef + l] = v / M.sigma2
    return 0


cdef void direction(Model *M, const double *z, int i, double *out) noexcept nogil:
    # The derivative of the multiplied AR coefficients with respect to coefficient i.
    cdef int j
    out[M.lag[i]] += 1.0
    for j in range(M.n_coef):
        if (i < M.at[1]) != (j < M.at[1]):
            out[M.lag[i] + M.lag[j]] -= z[j]
