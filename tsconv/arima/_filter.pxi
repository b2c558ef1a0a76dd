# Many gaps: the same likelihood by a Kalman filter on the levels, all columns through one gain.
#
# State: Harvey's ARMA state a[0..q-1], q = max(P, Q + 1), then the last n_lost levels. With
# 1 - sum_j delta_j L^j = (1-L)^d (1-L^s)^D and R = (1, t[1], ..., t[q-1]),
#
#     level[t] = a[0] + sum_j delta_j level[t-j],      a'[i] = f[i+1] a[0] + a[i+1] + R[i] e
#
# The start is Omega + R R' for the ARMA part and zero for the levels, whose initial values are
# columns of their own with a flat prior: they take the place of the dummies. A gap is a step
# without an update.


cdef int evaluate_filter(Model *M, const double *z, int want_score) noexcept nogil:
    # As evaluate. The score is a central difference, exact to about 1e-8 of its scale; the
    # information comes from differences of the standardized innovations.
    cdef int i, j, code, k = M.n_coef, n = M.n
    cdef double up, down, h
    cdef double *point = M.stairs
    cdef double *base
    cdef double *a
    cdef double *b
    code = run_filter(M, z)
    if code or not want_score or k == 0:
        return code
    up = M.loglike
    memcpy(point, z, k * sizeof(double))
    # standardized residual innovations of the neighbours: rows of M.E
    for i in range(k):
        h = 1e-5
        point[i] = z[i] + h
        if run_filter(M, point):
            return 1
        up = M.loglike
        residual_innovations(M, M.E + <size_t>i * n)
        point[i] = z[i] - h
        if run_filter(M, point):
            return 1
        down = M.loglike
        residual_innovations(M, M.h)
        axpy(M.E + <size_t>i * n, -1.0, M.h, n)
        for j in range(n):
            M.E[<size_t>i * n + j] /= 2.0 * h
        M.score[i] = (up - down) / (2.0 * h)
        point[i] = z[i]
    code = run_filter(M, z)
    for i in range(k):
        for j in range(i + 1):
            h = dot(M.E + <size_t>i * n, M.E + <size_t>j * n, n) / M.sigma2
            M.info[i * k + j] = h
            M.info[j * k + i] = h
    return code


cdef void residual_innovations(Model *M, double *out) noexcept nogil:
    cdef int c, C = M.n_cols
    memcpy(out, M.U + <size_t>(C - 1) * M.n, M.n * sizeof(double))
    for c in range(C - 1):
        axpy(out, -M.beta[c], M.U + <size_t>c * M.n, M.n)


cdef int run_filter(Model *M, const double *z) noexcept nogil:
    # Standardized innovations of all columns into U (zero in gaps), then regression.
    cdef int i, j, c, t, q = imax(M.P, M.Q + 1), N = q + M.n_levels, C = M.n_cols, n = M.n
    cdef int steady = 0, seen = 0, code
    cdef double F = 1.0, v, root = 1.0, logdet = 0.0, change
    cdef double *P = M.work
    cdef double *T = P + N * N
    cdef double *PZ = T + N * N
    cdef double *row = PZ + N
    cdef double *state = row + N            # C x N
    cdef double *a
    expand(M, z)
    if M.R and presample_covariance(M):
        return 1
    memset(P, 0, N * N * sizeof(double))
    memset(state, 0, <size_t>C * N * sizeof(double))
    for i in range(q):
        for j in range(q):
            v = (M.t[i] if i <= M.Q else 0.0) * (M.t[j] if j <= M.Q else 0.0)
            if i < M.R and j < M.R:
                v += M.omega[i * M.R + j]
            P[i * N + j] = v
    for t in range(n):
        if M.observed[t]:
            if not steady:
                observe(M, P, PZ, q, N)
                F = PZ[0]
                for i in range(M.n_deltas):
                    F += M.deltas[i] * PZ[q + M.delta_lags[i] - 1]
                if not (F > 1e-300):
                    return 2
                root = sqrt(F)
            logdet += log(F)
            seen += 1
            for c in range(C):
                a = state + <size_t>c * N
                v = M.X[<size_t>c * n + t] - level(M, a, q)
                M.U[<size_t>c * n + t] = v / root
                axpy(a, v / F, PZ, N)
            if not steady:
                for i in range(N):
                    axpy(P + i * N, -PZ[i] / F, PZ, N)
        else:
            steady = 0
            for c in range(C):
                M.U[<size_t>c * n + t] = 0.0
        for c in range(C):
            advance(M, state + <size_t>c * N, q, N)
        if steady:
            continue
        # P <- T P T' + R R': rows, then columns, each by the recursion of the state
        memcpy(T, P, N * N * sizeof(double))
        for i in range(N):
            advance(M, P + i * N, q, N)
        for j in range(N):
            for i in range(N):
                row[i] = P[i * N + j]
            advance(M, row, q, N)
            for i in range(N):
                P[i * N + j] = row[i]
        for i in range(imin(q, M.Q + 1)):
            for j in range(imin(q, M.Q + 1)):
                P[i * N + j] += M.t[i] * M.t[j]
        if M.observed[t]:
            # after an observation the filtered covariance goes to zero; then the gain stands still
            change = 0.0
            for i in range(N):
                change = max(change, fabs(T[i * N + i]))
            if change < 1e-15:
                steady = 1
                observe(M, P, PZ, q, N)
                F = 1.0
                root = 1.0
    for i in range(C):
        for j in range(i + 1):
            M.gram[i * C + j] = dot(M.U + <size_t>i * n, M.U + <size_t>j * n, n)
    code = regress(M)
    if code:
        return code
    seen -= M.n_missing
    M.logdet = logdet
    v = M.sigma2_given if M.sigma2_given > 0 else M.S / seen
    M.sigma2 = v
    M.loglike = -0.5 * (seen * log(2.0 * M_PI * v) + logdet + M.logdet_missing + M.S / v)
    return 0


cdef inline double level(Model *M, const double *a, int q) noexcept nogil:
    cdef int i
    cdef double v = a[0]
    for i in range(M.n_deltas):
        v += M.deltas[i] * a[q + M.delta_lags[i] - 1]
    return v


cdef void advance(Model *M, double *a, int q, int N) noexcept nogil:
    # One step of the state without noise.
    cdef int i
    cdef double first = a[0], new = 0.0
    if N > q:
        new = level(M, a, q)
        for i in range(N - 1, q, -1):
            a[i] = a[i - 1]
        a[q] = new
    for i in range(q - 1):
        a[i] = a[i + 1]
    a[q - 1] = 0.0
    for i in range(M.n_f):
        a[M.f_lags[i] - 1] += M.f[M.f_lags[i]] * first


cdef void observe(Model *M, const double *P, double *PZ, int q, int N) noexcept nogil:
    # PZ = P Z', the covariance of the state with the level.
    cdef int i
    for i in range(N):
        PZ[i] = level(M, P + i * N, q)
