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

#if defined(__GNUC__) || defined(__clang__)

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

#else

static tsconv_shifted_sum_fn tsconv_best_shifted_sum(void)
{
    return tsconv_shifted_sum_plain;
}

#endif

#endif
