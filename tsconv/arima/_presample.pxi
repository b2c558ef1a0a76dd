# What the time before the sample adds: polynomials multiplied out, autocovariances, Omega, and the
# adjoint of all that (the derivative of <W, Omega> with respect to every coefficient).
#
# Coefficients f[1..R] (AR) and t[1..R] (MA), padded with zeros to R = max(P, Q); index 0 is unused
# in f and 1 in t. At unit noise variance, with a[0] = 1, a[i] = -f[i], t[0] = 1:
#
#     psi[k]   = t[k] + sum_{i=1..k} f[i] psi[k-i]
#     sum_{i=0..P} a[i] gamma[|k-i|] = b[k] = sum_{j>=k} t[j] psi[j-k]
#     d[i]     = sum_{k>=i} f[k] gamma[k-i+1] + t[k] psi[k-i+1]
#     B[i,j]   = f[j] d[i+1] + f[i] d[j+1] + f[i] f[j] gamma[0] + f[i] t[j] + t[i] f[j] + t[i] t[j]
#     Omega[i,j] = sum_{m>=0} B[i+m, j+m]


cdef int expand(Model *M, const double *x) noexcept nogil:
    # Multiply the factors out; list the lags that are not zero.
    cdef int i, j, k, lag
    cdef double *f = M.f
    cdef double *t = M.t
    memset(f, 0, (M.R + 1) * sizeof(double))
    memset(t, 0, (M.R + 1) * sizeof(double))
    t[0] = 1.0
    for i in range(M.at[0], M.at[1]):
        f[M.lag[i]] += x[i]
    for j in range(M.at[2], M.at[3]):
        f[M.lag[j]] += x[j]
        for i in range(M.at[0], M.at[1]):
            f[M.lag[i] + M.lag[j]] -= x[i] * x[j]
    for i in range(M.at[1], M.at[2]):
        t[M.lag[i]] += x[i]
    for j in range(M.at[3], M.at[4]):
        t[M.lag[j]] += x[j]
        for i in range(M.at[1], M.at[2]):
            t[M.lag[i] + M.lag[j]] += x[i] * x[j]
    M.n_f = 0
    M.n_t = 0
    for lag in range(1, M.R + 1):
        if f[lag] != 0.0:
            M.f_lags[M.n_f] = lag
            M.n_f += 1
        if t[lag] != 0.0:
            M.t_lags[M.n_t] = lag
            M.n_t += 1
    return 0


cdef int autocovariances(Model *M) noexcept nogil:
    # psi[0..R] and gamma[0..R]; keeps the factored Yule-Walker matrix. 1 if it is singular.
    cdef int i, j, k, m, P = M.P, R = M.R
    cdef double s
    cdef double *f = M.f
    cdef double *t = M.t
    cdef double *psi = M.psi
    cdef double *gamma = M.gamma
    psi[0] = 1.0
    for k in range(1, R + 1):
        s = t[k]
        for i in range(M.n_f):
            if M.f_lags[i] > k:
                break
            s += f[M.f_lags[i]] * psi[k - M.f_lags[i]]
        psi[k] = s
    for k in range(R + 1):
        gamma[k] = t[k]
        for j in range(M.n_t):
            m = M.t_lags[j]
            if m > k:
                gamma[k] += t[m] * psi[m - k]
    memset(M.yw, 0, (P + 1) * (P + 1) * sizeof(double))
    for k in range(P + 1):
        M.yw[k * (P + 1) + k] += 1.0
        for i in range(M.n_f):
            m = k - M.f_lags[i]
            M.yw[k * (P + 1) + (m if m >= 0 else -m)] -= f[M.f_lags[i]]
    if lu_factor(M.yw, M.pivot, P + 1):
        return 1
    lu_solve(M.yw, M.pivot, gamma, P + 1)
    if not (gamma[0] > 0.0):
        return 1
    for k in range(P + 1, R + 1):
        for i in range(M.n_f):
            gamma[k] += f[M.f_lags[i]] * gamma[k - M.f_lags[i]]
    return 0


cdef int presample_covariance(Model *M) noexcept nogil:
    # Omega, R x R, from the last row upwards.
    cdef int i, j, k, R = M.R
    cdef double fi, ti, b
    cdef double *f = M.f
    cdef double *t = M.t
    cdef double *d = M.d
    cdef double *O = M.omega
    if M.P:
        if autocovariances(M):
            return 1
    memset(d, 0, (R + 2) * sizeof(double))
    if M.P:
        for j in range(M.n_f):
            k = M.f_lags[j]
            for i in range(1, k + 1):
                d[i] += f[k] * M.gamma[k - i + 1]
        for j in range(M.n_t):
            k = M.t_lags[j]
            for i in range(1, k + 1):
                d[i] += t[k] * M.psi[k - i + 1]
    for i in range(R, 0, -1):
        fi = f[i]
        ti = t[i]
        for j in range(i, 0, -1):
            b = ti * t[j]
            if M.P:
                b += f[j] * d[i + 1] + fi * d[j + 1] + fi * f[j] * M.gamma[0] + fi * t[j] + ti * f[j]
            if i < R:
                b += O[i * R + j]
            O[(i - 1) * R + j - 1] = b
            O[(j - 1) * R + i - 1] = b
    return 0


cdef void presample_adjoint(Model *M) noexcept nogil:
    # f_bar, t_bar: the derivative of sum(W * Omega) with respect to f and t, W = M.W symmetric,
    # r x r (Omega beyond r has no weight). W is overwritten by its diagonal prefix sums.
    cdef int i, j, k, m, R = M.R, r = M.r, P = M.P
    cdef double s, v, g0 = 0.0
    cdef double *f = M.f
    cdef double *t = M.t
    cdef double *W = M.W
    cdef double *f_bar = M.f_bar
    cdef double *t_bar = M.t_bar
    cdef double *d_bar = M.d_bar
    cdef double *g_bar = M.g_bar
    cdef double *p_bar = M.p_bar
    memset(f_bar, 0, (R + 1) * sizeof(double))
    memset(t_bar, 0, (R + 1) * sizeof(double))
    for i in range(1, r):
        for j in range(1, r):
            W[i * r + j] += W[(i - 1) * r + j - 1]
    # For R > r (a sample shorter than the memory) the sums run on below and right of W.
    if R == r:
        for i in range(r):
            for j in range(M.n_t):
                k = M.t_lags[j]
                t_bar[i + 1] += 2.0 * W[i * r + k - 1] * t[k]
    else:
        for i in range(1, R + 1):
            for j in range(M.n_t):
                k = M.t_lags[j]
                t_bar[i] += 2.0 * prefix(W, i, k, r) * t[k]
    if P == 0:
        return
    memset(d_bar, 0, (R + 2) * sizeof(double))
    memset(g_bar, 0, (R + 1) * sizeof(double))
    memset(p_bar, 0, (R + 1) * sizeof(double))
    for i in range(1, R + 1):
        s = 0.0
        for j in range(M.n_f):
            k = M.f_lags[j]
            v = prefix(W, i, k, r)
            s += v * f[k]
            t_bar[i] += 2.0 * v * f[k]
        d_bar[i + 1] += 2.0 * s
        g0 += s * f[i]
        if i <= P:
            v = 0.0
            for k in range(1, R + 1):
                v += prefix(W, i, k, r) * (M.d[k + 1] + M.gamma[0] * f[k] + t[k])
            f_bar[i] += 2.0 * v
    g_bar[0] += g0
    for i in range(1, R + 1):
        v = d_bar[i]
        if v == 0.0:
            continue
        for k in range(i, R + 1):
            f_bar[k] += v * M.gamma[k - i + 1]
            t_bar[k] += v * M.psi[k - i + 1]
            g_bar[k - i + 1] += v * f[k]
            p_bar[k - i + 1] += v * t[k]
    for k in range(R, P, -1):
        v = g_bar[k]
        for i in range(1, P + 1):
            f_bar[i] += v * M.gamma[k - i]
            g_bar[k - i] += v * f[i]
    lu_solve_transposed(M.yw, M.pivot, g_bar, P + 1)
    for k in range(R + 1):
        v = g_bar[k]
        if k <= P:
            for i in range(1, P + 1):
                m = k - i
                f_bar[i] += v * M.gamma[m if m >= 0 else -m]
        for j in range(k, R + 1):
            if j > 0:
                t_bar[j] += v * M.psi[j - k]
            p_bar[j - k] += v * t[j]
    for k in range(R, 0, -1):
        v = p_bar[k]
        t_bar[k] += v
        for i in range(1, imin(k, P) + 1):
            f_bar[i] += v * M.psi[k - i]
            p_bar[k - i] += v * f[i]


cdef inline double prefix(const double *W, int i, int j, int r) noexcept nogil:
    # Sum of W[i-m, j-m] over m >= 0 for 1-based i, j, where W already holds prefix sums.
    cdef int back = imax(i, j) - r
    if back > 0:
        i -= back
        j -= back
        if i < 1 or j < 1:
            return 0.0
    return W[(i - 1) * r + j - 1]
