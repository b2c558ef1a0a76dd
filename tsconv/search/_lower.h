/* Low-pass filter and decimation, block sums, and scores at a few lags.
 *
 * Every loop carries 16 partial sums, which compilers turn into vectors of any width; the function
 * bodies are compiled for the baseline and (x86-64, GCC) for AVX2 and AVX-512, chosen when the
 * library is loaded. Sums have the same order everywhere, but for fused multiply-adds.
 */
#ifndef TSCONV_LOWER_H
#define TSCONV_LOWER_H

#include <stddef.h>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && defined(__linux__)           \
    && !defined(__SANITIZE_ADDRESS__)
#define TSCONV_CLONES __attribute__((target_clones("default", "avx2,fma", "avx512f")))
#else
#define TSCONV_CLONES
#endif

#if defined(__GNUC__) || defined(__clang__)
#define TSCONV_VECTORS 1
typedef float tsconv_f16 __attribute__((vector_size(64), aligned(4), may_alias));
typedef float tsconv_f8 __attribute__((vector_size(32), aligned(4), may_alias));
typedef float tsconv_f4 __attribute__((vector_size(16), aligned(4), may_alias));
typedef double tsconv_d8 __attribute__((vector_size(64), aligned(8), may_alias));
typedef double tsconv_d4 __attribute__((vector_size(32), aligned(8), may_alias));
#endif

/* out[i] = x[i] - centre in single precision, 0 where x is missing; returns how many are missing. */
TSCONV_CLONES
static ptrdiff_t tsconv_centre(const double *x, ptrdiff_t n, double centre, float *out)
{
    ptrdiff_t i = 0, missing = 0;
#ifdef TSCONV_VECTORS
    tsconv_f8 seen = {0};
    for (; i + 8 <= n; i += 8) {
        const tsconv_d8 value = *(const tsconv_d8 *)(x + i) - centre;
        const tsconv_f8 single = __builtin_convertvector(value, tsconv_f8);
        *(tsconv_f8 *)(out + i) = single;
        seen += single * 0.0f;
    }
    for (; i < n; i++) {
        out[i] = (float)(x[i] - centre);
        seen[0] += out[i] * 0.0f;
    }
    seen[0] += seen[1] + seen[2] + seen[3] + seen[4] + seen[5] + seen[6] + seen[7];
    if (seen[0] == 0.0f)
        return 0;
#endif
    for (i = 0; i < n; i++) {
        const double value = x[i];
        missing += value != value;
        out[i] = (float)(value == value ? value - centre : 0.0);
    }
    return missing;
}

/* low[k] = sum_i taps[i] x[k step + i], i < 16 n_vectors. */
TSCONV_CLONES
static void tsconv_filter(const float *x, ptrdiff_t n_blocks, ptrdiff_t step, const float *taps,
                          ptrdiff_t n_vectors, float *low)
{
    ptrdiff_t k = 0, t, i, j;
    float part[4][16];
#ifdef TSCONV_VECTORS
    for (; k + 4 <= n_blocks; k += 4) {
        tsconv_f16 s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
        const float *u = x + k * step;
        for (t = 0; t < n_vectors; t++) {
            const tsconv_f16 w = *(const tsconv_f16 *)(taps + 16 * t);
            s0 += w * *(const tsconv_f16 *)(u + 16 * t);
            s1 += w * *(const tsconv_f16 *)(u + step + 16 * t);
            s2 += w * *(const tsconv_f16 *)(u + 2 * step + 16 * t);
            s3 += w * *(const tsconv_f16 *)(u + 3 * step + 16 * t);
        }
        *(tsconv_f16 *)part[0] = s0;
        *(tsconv_f16 *)part[1] = s1;
        *(tsconv_f16 *)part[2] = s2;
        *(tsconv_f16 *)part[3] = s3;
        for (j = 0; j < 4; j++) {
            const float *p = part[j];
            const tsconv_f8 half = *(const tsconv_f8 *)p + *(const tsconv_f8 *)(p + 8);
            const float *h = (const float *)&half;
            const tsconv_f4 quarter = *(const tsconv_f4 *)h + *(const tsconv_f4 *)(h + 4);
            low[k + j] = (quarter[0] + quarter[2]) + (quarter[1] + quarter[3]);
        }
    }
#endif
    for (; k < n_blocks; k++) {
        const float *u = x + k * step;
        float *p = part[0];
        for (i = 0; i < 16; i++)
            p[i] = 0.0f;
        for (t = 0; t < n_vectors; t++)
            for (i = 0; i < 16; i++)
                p[i] += taps[16 * t + i] * u[16 * t + i];
        for (i = 0; i < 8; i++)
            p[i] += p[i + 8];
        for (i = 0; i < 4; i++)
            p[i] += p[i + 4];
        low[k] = (p[0] + p[2]) + (p[1] + p[3]);
    }
}

/* Sum and sum of squares of each block of `step` samples (a multiple of 4), in double precision. */
TSCONV_CLONES
static void tsconv_block_sums(const float *x, ptrdiff_t n_blocks, ptrdiff_t step, double *sums,
                              double *squares)
{
    ptrdiff_t k, i;
    for (k = 0; k < n_blocks; k++) {
        const float *u = x + k * step;
#ifdef TSCONV_VECTORS
        tsconv_d4 s = {0}, q = {0};
        for (i = 0; i < step; i += 4) {
            const tsconv_d4 value =
                __builtin_convertvector(*(const tsconv_f4 *)(u + i), tsconv_d4);
            s += value;
            q += value * value;
        }
#else
        double s[4] = {0, 0, 0, 0}, q[4] = {0, 0, 0, 0};
        ptrdiff_t j;
        for (i = 0; i < step; i += 4)
            for (j = 0; j < 4; j++) {
                const double value = u[i + j];
                s[j] += value;
                q[j] += value * value;
            }
#endif
        sums[k] = (s[0] + s[2]) + (s[1] + s[3]);
        squares[k] = (q[0] + q[2]) + (q[1] + q[3]);
    }
}

/* out[l] = sum_i taps[i] (x[l + i] - centre) for 8 successive l, in double precision. */
TSCONV_CLONES
static void tsconv_eight_lags(const double *x, const double *taps, ptrdiff_t m, double centre,
                              double *out)
{
    ptrdiff_t i, j;
#ifdef TSCONV_VECTORS
    tsconv_d8 s0 = {0}, s1 = {0};
    const tsconv_d8 c = {centre, centre, centre, centre, centre, centre, centre, centre};
    for (i = 0; i + 2 <= m; i += 2) {
        s0 += taps[i] * (*(const tsconv_d8 *)(x + i) - c);
        s1 += taps[i + 1] * (*(const tsconv_d8 *)(x + i + 1) - c);
    }
    for (; i < m; i++)
        s0 += taps[i] * (*(const tsconv_d8 *)(x + i) - c);
    for (j = 0; j < 8; j++)
        out[j] = s0[j] + s1[j];
#else
    for (j = 0; j < 8; j++)
        out[j] = 0.0;
    for (i = 0; i < m; i++)
        for (j = 0; j < 8; j++)
            out[j] += taps[i] * (x[i + j] - centre);
#endif
}

#endif
