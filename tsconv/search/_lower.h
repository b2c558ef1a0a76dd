/* Low-pass filter and decimation, block sums, windows, and a first look.
 *
 * Every loop carries 16 partial sums, which compilers turn into vectors of any width; the function
 * bodies are compiled for the baseline and (x86-64, GCC) for AVX2 and AVX-512, chosen when the
 * library is loaded. Sums have the same order everywhere, but for fused multiply-adds.
 */
#ifndef TSCONV_LOWER_H
#define TSCONV_LOWER_H

#include <float.h>
#include <math.h>
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

/* out[i] = x[i] - centre in single precision, 0 where x is missing; returns how many are missing
 * or too large. */
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
        const double value = x[i] - centre;
        out[i] = (float)value;
        missing += out[i] - out[i] != 0.0f;
        if (value != value)
            out[i] = 0.0f;
    }
    return missing;
}

/* The same for samples in single precision, and a centre that has no more digits. */
TSCONV_CLONES
static ptrdiff_t tsconv_centre_single(const float *x, ptrdiff_t n, float centre, float *out)
{
    ptrdiff_t i, missing = 0;
    float seen[16] = {0};
    const ptrdiff_t whole = n / 16 * 16;
    for (i = 0; i < whole; i += 16) {
#ifdef TSCONV_VECTORS
        const tsconv_f16 value = *(const tsconv_f16 *)(x + i) - centre;
        *(tsconv_f16 *)(out + i) = value;
        *(tsconv_f16 *)seen += value * 0.0f;
#else
        ptrdiff_t j;
        for (j = 0; j < 16; j++) {
            out[i + j] = x[i + j] - centre;
            seen[j] += out[i + j] * 0.0f;
        }
#endif
    }
    for (; i < n; i++) {
        out[i] = x[i] - centre;
        seen[0] += out[i] * 0.0f;
    }
    for (i = 1; i < 16; i++)
        seen[0] += seen[i];
    if (seen[0] == 0.0f)
        return 0;
    for (i = 0; i < n; i++) {
        const float value = x[i] - centre;
        const int bad = value - value != 0.0f; /* missing, or infinite */
        missing += bad;
        out[i] = bad ? 0.0f : value;
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

/* Add n blocks from block i on: of `sums` and `squares`, or of `low` and its squares. */
static inline void tsconv_add_blocks(const double *sums, const double *squares, const float *low,
                                     ptrdiff_t i, ptrdiff_t n, double *sum, double *square)
{
    double s = 0.0, q = 0.0;
    ptrdiff_t j;
    if (low)
        for (j = i; j < i + n; j++) {
            const double value = low[j];
            s += value;
            q += value * value;
        }
    else
        for (j = i; j < i + n; j++) {
            s += sums[j];
            q += squares[j];
        }
    *sum += s;
    *square += q;
}

/* Sums over `length` blocks from first, first + width, ... on: the blocks up to a seam, added from
 * there backwards, and those behind it. Nothing is subtracted, so that no digits are lost. */
TSCONV_CLONES
static void tsconv_sliding(const double *sums, const double *squares, const float *low,
                           ptrdiff_t first, ptrdiff_t length, ptrdiff_t n_groups, ptrdiff_t width,
                           double *total, double *power)
{
    ptrdiff_t g, from;
    const ptrdiff_t whole = length > 0 ? length / width : 0;
    if (whole == 0) {
        for (g = 0; g < n_groups; g++) {
            total[g] = power[g] = 0.0;
            tsconv_add_blocks(sums, squares, low, first + g * width, length > 0 ? length : 0,
                              total + g, power + g);
        }
        return;
    }
    for (from = 0; from < n_groups; from += whole) {
        const ptrdiff_t here = first + from * width;
        const ptrdiff_t n = n_groups - from < whole ? n_groups - from : whole;
        double s = 0.0, q = 0.0;
        for (g = whole - 1; g >= 0; g--) {
            tsconv_add_blocks(sums, squares, low, here + g * width, width, &s, &q);
            if (g < n) {
                total[from + g] = s;
                power[from + g] = q;
            }
        }
        s = q = 0.0;
        tsconv_add_blocks(sums, squares, low, here + whole * width, length - whole * width, &s, &q);
        for (g = 0; g < n; g++) {
            total[from + g] += s;
            power[from + g] += q;
            if (g + 1 < n)
                tsconv_add_blocks(sums, squares, low, here + g * width + length, width, &s, &q);
        }
    }
}

/* `bound.describe_windows`: what is known of the windows that begin in each group of cells. */
TSCONV_CLONES
static void tsconv_windows(const double *sums, const double *squares, const float *low,
                           ptrdiff_t step, ptrdiff_t m, ptrdiff_t half, ptrdiff_t first,
                           ptrdiff_t n_groups, ptrdiff_t width, ptrdiff_t before, ptrdiff_t behind,
                           double gain, double kappa, double rounding, double *work, double *least,
                           double *about, double *high, double *norm)
{
    const ptrdiff_t inner = m / step - width;
    const ptrdiff_t length = before + width - 1 + behind + (m + step - 1) / step;
    const double n_inner = (double)((inner > 0 ? inner : 1) * step);
    const double n_all = (double)(length * step), n_core = (double)(length - 2 * half);
    /* Rounding of the sums, of their squares over n, and of the level taken away. */
    const double spare = 4.0 * (double)(length + step) * (DBL_EPSILON / 2);
    const double scale = 1.0 - kappa * kappa;
    ptrdiff_t g;
    tsconv_sliding(sums, squares, NULL, first + width, inner, n_groups, width, work, least);
    for (g = 0; g < n_groups; g++)
        least[g] = least[g] * (1.0 - spare) - work[g] * work[g] / n_inner;
    tsconv_sliding(sums, squares, NULL, first - before, length, n_groups, width, work, norm);
    tsconv_sliding(NULL, NULL, low, first - before + half, length - 2 * half, n_groups, width,
                   about, high);
    for (g = 0; g < n_groups; g++) {
        const double whole = norm[g] * (1.0 + spare), centre = work[g] / n_all;
        const double level = centre * gain, size = sqrt(whole);
        const double rest = whole - work[g] * centre;
        const double energy = rest > 0.0 ? rest : 0.0;
        double kept = high[g] - 2.0 * level * about[g] + n_core * level * level;
        double lost, root;
        kept = (double)step * kept - 4.0 * spare * whole;
        root = sqrt(kept > 0.0 ? kept : 0.0) - rounding * size;
        kept = root > 0.0 ? root * root : 0.0;
        lost = energy > kept ? energy - kept : 0.0;
        norm[g] = size;
        about[g] = sqrt(energy);
        root = kappa * about[g];
        root = (root + sqrt(root * root + scale * lost)) / scale;
        high[g] = root < about[g] ? root : about[g];
        least[g] = sqrt(least[g] > 0.0 ? least[g] : 0.0) - (FLT_EPSILON / 2) * size;
    }
}

/* Whether the best of what interpolation in a group draws on reaches what is needed; how many do.
 *
 * A cell draws on `span` values from its own on. Needed is floor * least - slack, the slack being
 * a[0] + a[1] about + a[2] high + a[3] norm. Where numbers are too large or too small for single
 * precision, nothing is known and the group is kept.
 */
TSCONV_CLONES
static ptrdiff_t tsconv_first_look(const float *coarse, ptrdiff_t n_coarse, ptrdiff_t n_groups,
                                   ptrdiff_t width, ptrdiff_t span, double growth, double floor,
                                   const double *a, const double *least, const double *about,
                                   const double *high, const double *norm, double *need,
                                   unsigned char *reach)
{
    ptrdiff_t g, j, count = 0;
    for (g = 0; g < n_groups; g++) {
        const ptrdiff_t start = g * width, end = start + width - 1 + span;
        const ptrdiff_t stop = end < n_coarse ? end : n_coarse;
        float best = 0.0f;
        for (j = start; j < stop; j++) {
            const float size = fabsf(coarse[j]);
            best = size > best ? size : best;
        }
        need[g] = floor * (least[g] > 0.0 ? least[g] : 0.0)
                  - (a[0] + a[1] * about[g] + a[2] * high[g] + a[3] * norm[g]);
        reach[g] = !(growth * (double)best < need[g]) || !(norm[g] > 1e-15 && norm[g] < 1e15);
        count += reach[g];
    }
    return count;
}

#endif
