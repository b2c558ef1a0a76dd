# A model in memory: its one block, and which lags its polynomials may have.

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
