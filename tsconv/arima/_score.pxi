# The exact score and the Gauss-Newton information, after `evaluate`.

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
