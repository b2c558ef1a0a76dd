/* Weighted sums of shifted arrays, the loop under direct convolution.
 *
 *     out[p] = sum_s weights[s] * x[p + shifts[s]],    p = 0 .. n_out - 1
 *
 * Eight vectors of outputs stay in registers while one weight after the other is broadcast over
 * them, so each product costs one load and one multiply-add. Written once, compiled for the
 * baseline and (x86-64) for AVX2 with FMA; the processor is asked at run time. Compilers without
 * vector extensions get the plain loop. The order of the sum is the same everywhere.
 */
#ifndef TSCONV_KERNELS_H
#define TSCONV_KERNELS_H

#include <stddef.h>
#include <string.h>

typedef void (*tsconv_shifted_sum_fn)(const double *x, const ptrdiff_t *shifts,
                                      const double *weights, ptrdiff_t n_weights,
                                      double *out, ptrdiff_t n_out);

static void tsconv_shifted_sum_plain(const double *x, const ptrdiff_t *shifts,
                                     const double *weights, ptrdiff_t n_weights,
                                     double *out, ptrdiff_t n_out)
{
    ptrdiff_t p, s;
    for (p = 0; p < n_out; p++) {
        double sum = 0.0;
        for (s = 0; s < n_weights; s++)
            sum += weights[s] * x[p + shifts[s]];
        out[p] = sum;
    }
}

/* Sums of windows of w values at the same cost for all w up to a power of two, by doubling:
 *
 *     out[p] = row[p] + ... + row[p + w - 1],    p = 0 .. n_out - 1
 *
 * Sums of 1, 2, 4, ... neighbours are made in place; those that the binary digits of w ask for are
 * laid end to end. Nothing outside the window enters its sum. `row` holds n_out + w - 1 values and
 * is overwritten; `kept` has room for n_out. */
typedef void (*tsconv_window_sums_fn)(double *row, double *kept, ptrdiff_t w, double *out,
                                      ptrdiff_t n_out);

/* One row of a sum down the columns: head += tap * x, out = tail + head. */
typedef void (*tsconv_add_heads_fn)(const double *tail, const double *x, double tap, double *head,
                                    double *out, ptrdiff_t n);

/* out = row + tap * x. */
typedef void (*tsconv_add_scaled_fn)(const double *row, const double *x, double tap, double *out,
                                     ptrdiff_t n);

#if defined(__GNUC__) || defined(__clang__)
#define TSCONV_VECTOR_TYPE(VECTOR, LANES)                                                        \
    typedef double VECTOR __attribute__((vector_size(8 * LANES), aligned(8), may_alias));
#else
#define TSCONV_VECTOR_TYPE(VECTOR, LANES) typedef double VECTOR;
#endif

#define TSCONV_DEFINE_SUMS(SUFFIX, VECTOR, LANES, TARGET)                                        \
    TSCONV_VECTOR_TYPE(VECTOR, LANES)                                                            \
    TARGET static void tsconv_add_##SUFFIX(const double *a, const double *b, double *out,        \
                                           ptrdiff_t n)                                          \
    {                                                                                            \
        ptrdiff_t p = 0;                                                                         \
        for (; p + LANES <= n; p += LANES)                                                       \
            *(VECTOR *)(out + p) = *(const VECTOR *)(a + p) + *(const VECTOR *)(b + p);          \
        for (; p < n; p++)                                                                       \
            out[p] = a[p] + b[p];                                                                \
    }                                                                                            \
    TARGET static void tsconv_window_sums_##SUFFIX(double *row, double *kept, ptrdiff_t w,       \
                                                   double *out, ptrdiff_t n_out)                 \
    {                                                                                            \
        ptrdiff_t width = 1, laid = 0, length = n_out + w - 1;                                   \
        for (; 2 * width <= w; width *= 2) {                                                     \
            if (w & width) {                                                                     \
                if (laid)                                                                        \
                    tsconv_add_##SUFFIX(kept, row + laid, kept, n_out);                          \
                else                                                                             \
                    memcpy(kept, row, (size_t)n_out * sizeof(double));                           \
                laid += width;                                                                   \
            }                                                                                    \
            length -= width;                                                                     \
            tsconv_add_##SUFFIX(row, row + width, row, length);                                  \
        }                                                                                        \
        if (laid)                                                                                \
            tsconv_add_##SUFFIX(kept, row + laid, out, n_out);                                   \
        else                                                                                     \
            memcpy(out, row, (size_t)n_out * sizeof(double));                                    \
    }                                                                                            \
    TARGET static void tsconv_add_heads_##SUFFIX(const double *tail, const double *x,            \
                                                 double tap, double *head, double *out,          \
                                                 ptrdiff_t n)                                    \
    {                                                                                            \
        ptrdiff_t p = 0;                                                                         \
        for (; p + LANES <= n; p += LANES) {                                                     \
            const VECTOR sum = *(VECTOR *)(head + p) + tap * *(const VECTOR *)(x + p);           \
            *(VECTOR *)(head + p) = sum;                                                         \
            *(VECTOR *)(out + p) = *(const VECTOR *)(tail + p) + sum;                            \
        }                                                                                        \
        for (; p < n; p++) {                                                                     \
            head[p] += tap * x[p];                                                               \
            out[p] = tail[p] + head[p];                                                          \
        }                                                                                        \
    }                                                                                            \
    TARGET static void tsconv_add_scaled_##SUFFIX(const double *row, const double *x,            \
                                                  double tap, double *out, ptrdiff_t n)          \
    {                                                                                            \
        ptrdiff_t p = 0;                                                                         \
        for (; p + LANES <= n; p += LANES)                                                       \
            *(VECTOR *)(out + p) = *(const VECTOR *)(row + p) + tap * *(const VECTOR *)(x + p);  \
        for (; p < n; p++)                                                                       \
            out[p] = row[p] + tap * x[p];                                                        \
    }

#if defined(__GNUC__) || defined(__clang__)

TSCONV_DEFINE_SUMS(base, tsconv_pair, 2, )
#if defined(__x86_64__)
TSCONV_DEFINE_SUMS(avx2, tsconv_four, 4, __attribute__((target("avx2,fma"))))
#endif

/* LANES doubles in a vector; 8 * LANES outputs at a time. The last, incomplete stretch is computed
 * again from further left: the same sums in the same order, so the same values. */
#define TSCONV_DEFINE_SHIFTED_SUM(NAME, VECTOR, LANES, TARGET)                                   \
    typedef double VECTOR __attribute__((vector_size(8 * LANES), aligned(8), may_alias));        \
    TARGET static void NAME(const double *x, const ptrdiff_t *shifts, const double *weights,     \
                            ptrdiff_t n_weights, double *out, ptrdiff_t n_out)                   \
    {                                                                                            \
        const ptrdiff_t stretch = 8 * LANES;                                                     \
        ptrdiff_t p = 0, s;                                                                      \
        if (n_out < stretch) {                                                                   \
            tsconv_shifted_sum_plain(x, shifts, weights, n_weights, out, n_out);                 \
            return;                                                                              \
        }                                                                                        \
        for (;;) {                                                                               \
            VECTOR s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};                                       \
            VECTOR s4 = {0}, s5 = {0}, s6 = {0}, s7 = {0};                                       \
            VECTOR *to = (VECTOR *)(out + p);                                                    \
            for (s = 0; s < n_weights; s++) {                                                    \
                const VECTOR *from = (const VECTOR *)(x + p + shifts[s]);                        \
                const double weight = weights[s];                                                \
                s0 += weight * from[0];                                                          \
                s1 += weight * from[1];                                                          \
                s2 += weight * from[2];                                                          \
                s3 += weight * from[3];                                                          \
                s4 += weight * from[4];                                                          \
                s5 += weight * from[5];                                                          \
                s6 += weight * from[6];                                                          \
                s7 += weight * from[7];                                                          \
            }                                                                                    \
            to[0] = s0;                                                                          \
            to[1] = s1;                                                                          \
            to[2] = s2;                                                                          \
            to[3] = s3;                                                                          \
            to[4] = s4;                                                                          \
            to[5] = s5;                                                                          \
            to[6] = s6;                                                                          \
            to[7] = s7;                                                                          \
            if (p == n_out - stretch)                                                            \
                return;                                                                          \
            p = p + 2 * stretch <= n_out ? p + stretch : n_out - stretch;                        \
        }                                                                                        \
    }

TSCONV_DEFINE_SHIFTED_SUM(tsconv_shifted_sum_base, tsconv_vector2, 2, )
#if defined(__x86_64__)
TSCONV_DEFINE_SHIFTED_SUM(tsconv_shifted_sum_avx2, tsconv_vector4, 4,
                          __attribute__((target("avx2,fma"))))
#endif

static tsconv_shifted_sum_fn tsconv_best_shifted_sum(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return tsconv_shifted_sum_avx2;
#endif
    return tsconv_shifted_sum_base;
}

static tsconv_window_sums_fn tsconv_best_window_sums(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return tsconv_window_sums_avx2;
#endif
    return tsconv_window_sums_base;
}

static tsconv_add_heads_fn tsconv_best_add_heads(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return tsconv_add_heads_avx2;
#endif
    return tsconv_add_heads_base;
}

static tsconv_add_scaled_fn tsconv_best_add_scaled(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return tsconv_add_scaled_avx2;
#endif
    return tsconv_add_scaled_base;
}

#else

TSCONV_DEFINE_SUMS(plain, tsconv_one, 1, )

static tsconv_window_sums_fn tsconv_best_window_sums(void)
{
    return tsconv_window_sums_plain;
}

static tsconv_add_heads_fn tsconv_best_add_heads(void)
{
    return tsconv_add_heads_plain;
}

static tsconv_add_scaled_fn tsconv_best_add_scaled(void)
{
    return tsconv_add_scaled_plain;
}

static tsconv_shifted_sum_fn tsconv_best_shifted_sum(void)
{
    return tsconv_shifted_sum_plain;
}

#endif

#endif
