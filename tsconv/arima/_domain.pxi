# Where the coefficients may be: stationary AR factors, MA roots on or outside the unit circle.


cdef int factor_polynomial(Model *M, const double *z, int a, double *f, int unit) noexcept nogil:
    # Factor a as f[1..degree] in the sign of an autoregression, in units of its own lags.
    cdef int i, degree = last_lag(M.lag, M.at[a], M.at[a + 1]) // unit
    cdef double sign = 1.0 if a % 2 == 0 else -1.0
    memset(f, 0, (degree + 1) * sizeof(double))
    for i in range(M.at[a], M.at[a + 1]):
        f[M.lag[i] // unit] = sign * z[i]
    return degree


cdef int invert_roots(double *f, int p) noexcept nogil:
    # Replace 1 - f[1] L - ... by the polynomial with the roots inside the circle inverted, which
    # has the same autocorrelations. Roots in x = 1/L of x^p - f[1] x^(p-1) - ... by Aberth's
    # method. Returns 0 done, 1 no convergence.
    cdef double complex x[MAX_REFLECT]
    cdef double complex poly[MAX_REFLECT + 1]
    cdef double complex value, slope, pull, step
    cdef double radius = 0.0, moved, size, bound
    cdef int i, j, k
    while p and f[p] == 0.0:
        p -= 1
    if p == 0:
        return 0
    if p > MAX_REFLECT:
        return 1
    for i in range(1, p + 1):
        radius = max(radius, pow(fabs(f[i]), 1.0 / i))
    for i in range(p):
        size = 6.283185307179586 * (i + 0.25) / p + 0.4
        x[i] = radius * (cos(size) + 1j * sin(size))
    for k in range(200):
        moved = 0.0
        for i in range(p):
            value = 1.0
            slope = 0.0
            bound = 1.0
            size = abs_complex(x[i])
            for j in range(1, p + 1):
                slope = slope * x[i] + value
                value = value * x[i] - f[j]
                bound = bound * size + fabs(f[j])
            if abs_complex(value) <= 4e-16 * bound:
                continue
            pull = 0.0
            for j in range(p):
                if j != i and x[j] != x[i]:
                    pull = pull + 1.0 / (x[i] - x[j])
            step = value / (slope - value * pull) if slope != value * pull else 1e-3
            x[i] = x[i] - step
            moved = max(moved, abs_complex(step) / (abs_complex(x[i]) + 1e-300))
        if moved < 1e-14:
            break
    if not (moved < 1e-6):
        return 1
    poly[0] = 1.0
    for i in range(p):
        size = abs_complex(x[i])
        if size > 1.0:
            x[i] = x[i] / (size * size)
        poly[i + 1] = 0.0
        for j in range(i + 1, 0, -1):
            poly[j] = poly[j] - x[i] * poly[j - 1]
    for i in range(1, p + 1):
        f[i] = -poly[i].real
    return 0


cdef inline double abs_complex(double complex x) noexcept nogil:
    return sqrt(x.real * x.real + x.imag * x.imag)


cdef int admissible(Model *M, double *z, const int *units, const int *reflect,
                    double *work) noexcept nogil:
    # 1 if z is in the domain, perhaps after its MA roots were inverted (then 2); 0 if it is not.
    cdef int a, i, degree, answer = 1
    cdef double *f = work
    for i in range(M.n_coef):
        if not (fabs(z[i]) < 1e8):
            return 0
    for a in range(4):
        if M.at[a + 1] == M.at[a]:
            continue
        degree = factor_polynomial(M, z, a, f, units[a])
        if step_down(f, work + degree + 1, degree) == 0:
            continue
        if not reflect[a] or invert_roots(f, degree):
            return 0
        for i in range(M.at[a], M.at[a + 1]):
            z[i] = -f[M.lag[i] // units[a]]
        answer = 2
    return answer


cdef void draw_point(Model *M, double *z, const int *units, double spread,
                     unsigned long long *seed) noexcept nogil:
    # Random partial autocorrelations in (-spread, spread), stepped up to coefficients. Sparse
    # factors take the coefficients at their own lags of a damped draw.
    cdef int a, i, m, degree
    cdef double kappa, low
    cdef double f[512]
    cdef double g[512]
    for a in range(4):
        degree = last_lag(M.lag, M.at[a], M.at[a + 1]) // units[a]
        if degree > 500 or degree > 3 * (M.at[a + 1] - M.at[a]):
            for i in range(M.at[a], M.at[a + 1]):
                z[i] = (2.0 * uniform(seed) - 1.0) * spread / (M.at[a + 1] - M.at[a])
            continue
        for m in range(1, degree + 1):
            kappa = (2.0 * uniform(seed) - 1.0) * spread
            for i in range(1, m):
                g[i] = f[i] - kappa * f[m - i]
            for i in range(1, m):
                f[i] = g[i]
            f[m] = kappa
        for i in range(M.at[a], M.at[a + 1]):
            z[i] = f[M.lag[i] // units[a]] * (1.0 if a % 2 == 0 else -1.0)


cdef inline double uniform(unsigned long long *seed) noexcept nogil:
    # Knuth's 64-bit linear congruential generator; the upper bits.
    seed[0] = seed[0] * 6364136223846793005ULL + 1442695040888963407ULL
    return <double>(seed[0] >> 11) / 9007199254740992.0
