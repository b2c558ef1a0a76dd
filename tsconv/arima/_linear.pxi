# Dense linear algebra on row-major arrays, and sums of products.
# Sums run in four lanes whatever the processor, so that results do not depend on it.

cdef extern from *:
    """
    #include <stddef.h>
    #if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__gnu_linux__)
    #include <features.h>
    #if defined(__GLIBC__)
    #define TSC_CLONES __attribute__((target_clones("default", "avx2")))
    #endif
    #endif
    #ifndef TSC_CLONES
    #define TSC_CLONES
    #endif
    #if defined(__GNUC__)
    typedef double tsc_v4 __attribute__((vector_size(32), aligned(8), may_alias));
    TSC_CLONES
    static double tsc_dot(const double *a, const double *b, ptrdiff_t n) {
        tsc_v4 s = {0, 0, 0, 0}, u = {0, 0, 0, 0};
        ptrdiff_t i = 0;
        double tail = 0.0;
        for (; i + 8 <= n; i += 8) {
            s += *(const tsc_v4 *)(a + i) * *(const tsc_v4 *)(b + i);
            u += *(const tsc_v4 *)(a + i + 4) * *(const tsc_v4 *)(b + i + 4);
        }
        for (; i < n; i++) tail += a[i] * b[i];
        s += u;
        return ((s[0] + s[1]) + (s[2] + s[3])) + tail;
    }
    TSC_CLONES
    static void tsc_axpy(double *y, double c, const double *x, ptrdiff_t n) {
        tsc_v4 k = {c, c, c, c};
        ptrdiff_t i = 0;
        for (; i + 4 <= n; i += 4) *(tsc_v4 *)(y + i) += k * *(const tsc_v4 *)(x + i);
        for (; i < n; i++) y[i] += c * x[i];
    }
    #else
    static double tsc_dot(const double *a, const double *b, ptrdiff_t n) {
        double s0 = 0, s1 = 0, s2 = 0, s3 = 0, tail = 0;
        ptrdiff_t i = 0;
        for (; i + 4 <= n; i += 4) {
            s0 += a[i] * b[i]; s1 += a[i + 1] * b[i + 1];
            s2 += a[i + 2] * b[i + 2]; s3 += a[i + 3] * b[i + 3];
        }
        for (; i < n; i++) tail += a[i] * b[i];
        return ((s0 + s1) + (s2 + s3)) + tail;
    }
    static void tsc_axpy(double *y, double c, const double *x, ptrdiff_t n) {
        ptrdiff_t i;
        for (i = 0; i < n; i++) y[i] += c * x[i];
    }
    #endif
    """
    double dot "tsc_dot"(const double *a, const double *b, Py_ssize_t n) noexcept nogil
    void axpy "tsc_axpy"(double *y, double c, const double *x, Py_ssize_t n) noexcept nogil


cdef inline int imin(int a, int b) noexcept nogil:
    return a if a < b else b


cdef inline int imax(int a, int b) noexcept nogil:
    return a if a > b else b


cdef int cholesky(double *A, int r, double floor) noexcept nogil:
    # A = L L', L over the lower triangle of A (the upper is left as it was).
    # Returns 0, or the 1-based row whose pivot fell to floor times its diagonal or below.
    cdef int i, j
    cdef double s, diagonal
    for i in range(r):
        for j in range(i):
            A[i * r + j] = (A[i * r + j] - dot(A + i * r, A + j * r, j)) / A[j * r + j]
        diagonal = A[i * r + i]
        s = diagonal - dot(A + i * r, A + i * r, i)
        if not (s > floor * diagonal) or not (s < INFINITY):
            return i + 1
        A[i * r + i] = sqrt(s)
    return 0


cdef void solve_lower(const double *L, double *x, int r) noexcept nogil:
    # x <- L^-1 x
    cdef int i
    for i in range(r):
        x[i] = (x[i] - dot(L + i * r, x, i)) / L[i * r + i]


cdef void solve_upper(const double *L, double *x, int r) noexcept nogil:
    # x <- L'^-1 x
    cdef int i
    for i in range(r - 1, -1, -1):
        x[i] /= L[i * r + i]
        axpy(x, -x[i], L + i * r, i)


cdef void inverse_transposed(const double *L, double *U, int r) noexcept nogil:
    # U = (L^-1)', upper triangular, row-major; zeros below the diagonal.
    cdef int i, j
    cdef double v
    for j in range(r):
        for i in range(j):
            U[j * r + i] = 0.0
        U[j * r + j] = 1.0 / L[j * r + j]
        for i in range(j + 1, r):
            v = -dot(L + i * r + j, U + j * r + j, i - j) / L[i * r + i]
            U[j * r + i] = v if fabs(v) > 1e-150 else 0.0     # subnormal numbers would be slow


cdef void congruence(const double *U, const double *S, double *T, double *B, int r) noexcept nogil:
    # B = U S U' for upper triangular U and symmetric S, often sparse; T is r x r scratch.
    cdef int i, j, k, filled = 0
    cdef double v
    for i in range(r * r):
        filled += S[i] != 0.0
    if filled * 8 < r * r:
        memset(T, 0, r * r * sizeof(double))
        for i in range(r):
            for k in range(r):
                v = S[i * r + k]
                if v != 0.0:
                    for j in range(k + 1):
                        T[j * r + i] += U[j * r + k] * v
    else:
        for j in range(r):
            for i in range(r):
                T[j * r + i] = dot(U + j * r + j, S + i * r + j, r - j)
    for i in range(r):
        for j in range(i + 1):
            B[i * r + j] = dot(U + i * r + i, T + j * r + i, r - i)
            B[j * r + i] = B[i * r + j]


cdef void gram_of_upper(const double *U, double sign, double *B, int r) noexcept nogil:
    # The lower triangle of B gains sign * U U', U upper triangular.
    cdef int i, j
    for i in range(r):
        for j in range(i + 1):
            B[i * r + j] += sign * dot(U + i * r + i, U + j * r + i, r - i)


cdef void upper_times_upper(const double *A, const double *U, double *K, int r) noexcept nogil:
    # K = A U, both upper triangular.
    cdef int i, k
    memset(K, 0, r * r * sizeof(double))
    for i in range(r):
        for k in range(i, r):
            axpy(K + i * r + k, A[i * r + k], U + k * r + k, r - k)


cdef int lu_factor(double *A, int *pivot, int n) noexcept nogil:
    # A = P L U with partial pivoting, in place; returns 0, or 1 if A is singular.
    cdef int i, j, k, best
    cdef double v
    for k in range(n):
        best = k
        for i in range(k + 1, n):
            if fabs(A[i * n + k]) > fabs(A[best * n + k]):
                best = i
        pivot[k] = best
        if A[best * n + k] == 0.0:
            return 1
        if best != k:
            for j in range(n):
                v = A[k * n + j]
                A[k * n + j] = A[best * n + j]
                A[best * n + j] = v
        for i in range(k + 1, n):
            v = A[i * n + k]
            if v != 0.0:
                v /= A[k * n + k]
                A[i * n + k] = v
                axpy(A + i * n + k + 1, -v, A + k * n + k + 1, n - k - 1)
    return 0


cdef void lu_solve(const double *A, const int *pivot, double *x, int n) noexcept nogil:
    # x <- A^-1 x
    cdef int i
    cdef double v
    for i in range(n):
        v = x[i]
        x[i] = x[pivot[i]]
        x[pivot[i]] = v
    for i in range(n):
        x[i] -= dot(A + i * n, x, i)
    for i in range(n - 1, -1, -1):
        x[i] = (x[i] - dot(A + i * n + i + 1, x + i + 1, n - i - 1)) / A[i * n + i]


cdef void lu_solve_transposed(const double *A, const int *pivot, double *x, int n) noexcept nogil:
    # x <- A'^-1 x
    cdef int i
    cdef double v
    for i in range(n):
        x[i] /= A[i * n + i]
        axpy(x + i + 1, -x[i], A + i * n + i + 1, n - i - 1)
    for i in range(n - 1, -1, -1):
        axpy(x, -x[i], A + i * n, i)
    for i in range(n - 1, -1, -1):
        v = x[i]
        x[i] = x[pivot[i]]
        x[pivot[i]] = v


cdef int symmetric_eigen(double *A, double *Q, int k) noexcept nogil:
    # Jacobi rotations: A -> diag(eigenvalues), rows of Q are the eigenvectors.
    cdef int i, j, l, sweep
    cdef double off, theta, t, c, s, x, y, scale
    for i in range(k):
        for j in range(k):
            Q[i * k + j] = 1.0 if i == j else 0.0
    for sweep in range(60):
        off = 0.0
        scale = 0.0
        for i in range(k):
            scale += A[i * k + i] * A[i * k + i]
            for j in range(i):
                off += A[i * k + j] * A[i * k + j]
        if not (off > 1e-30 * scale):
            return 0 if off == off else 1
        for i in range(1, k):
            for j in range(i):
                if A[i * k + j] == 0.0:
                    continue
                theta = (A[i * k + i] - A[j * k + j]) / (2.0 * A[i * k + j])
                t = 1.0 / (fabs(theta) + sqrt(theta * theta + 1.0))
                if theta < 0:
                    t = -t
                c = 1.0 / sqrt(t * t + 1.0)
                s = t * c
                for l in range(k):
                    x = A[l * k + j]
                    y = A[l * k + i]
                    A[l * k + j] = c * x - s * y
                    A[l * k + i] = s * x + c * y
                for l in range(k):
                    x = A[j * k + l]
                    y = A[i * k + l]
                    A[j * k + l] = c * x - s * y
                    A[i * k + l] = s * x + c * y
                    x = Q[j * k + l]
                    y = Q[i * k + l]
                    Q[j * k + l] = c * x - s * y
                    Q[i * k + l] = s * x + c * y
    return 0
