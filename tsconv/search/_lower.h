/* Low-pass filter and decimation, block sums, windows, and a first look.
 *
 * Every loop carries 16 partial sums, which compilers turn into vectors of any width; the function
 * bodies are compiled for the baseline and (x86-64, GCC) for AVX2 and AVX-512, chosen when the
 * library is loaded. Sums have the same order everywhere, but for fused multiply-adds.
 *
 * Samples come in rows of 16, a block has `step` samples (4, 8, 16 or 32), a group some blocks that
 * make whole rows.
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
#define TSCONV_INLINE static inline __attribute__((always_inline))
#define TSCONV_PREFETCH(x) __builtin_prefetch(x)
typedef float tsconv_f16 __attribute__((vector_size(64), aligned(4), may_alias));
typedef float tsconv_f8 __attribute__((vector_size(32), aligned(4), may_alias));
typedef float tsconv_f4 __attribute__((vector_size(16), aligned(4), may_alias));
typedef double tsconv_d8 __attribute__((vector_size(64), aligned(8), may_alias));
#else
#define TSCONV_INLINE static inline
#define TSCONV_PREFETCH(x) (void)(x)
#endif
#if defined(__GNUC__) && !defined(__clang__)
#define TSCONV_UNROLL _Pragma("GCC unroll 4")
#elif defined(__clang__)
#define TSCONV_UNROLL _Pragma("unroll")
#else
#define TSCONV_UNROLL
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

/* The same for samples in single precision, and a centre that has no more digits; infinite ones
 * become 0 too. */
TSCONV_CLONES
static ptrdiff_t tsconv_centre_single(const float *x, ptrdiff_t n, float centre, float *out)
{
    ptrdiff_t i = 0, missing = 0;
#ifdef TSCONV_VECTORS
    float rest = 0.0f;
    tsconv_f16 seen = {0}, more = {0};
    for (; i + 32 <= n; i += 32) {
        const tsconv_f16 value = *(const tsconv_f16 *)(x + i) - centre;
        const tsconv_f16 next = *(const tsconv_f16 *)(x + i + 16) - centre;
        *(tsconv_f16 *)(out + i) = value;
        *(tsconv_f16 *)(out + i + 16) = next;
        seen += value * 0.0f;
        more += next * 0.0f;
    }
    for (; i < n; i++) {
        out[i] = x[i] - centre;
        rest += out[i] * 0.0f;
    }
    seen += more;
    for (i = 0; i < 16; i++)
        rest += seen[i];
    if (rest == 0.0f)
        return 0;
#endif
    for (i = 0; i < n; i++) {
        const float value = x[i] - centre;
        const int bad = value - value != 0.0f; /* missing, or infinite */
        missing += bad;
        out[i] = bad ? 0.0f : value;
    }
    return missing;
}

/* Sums of four rows, of which the first `n` are wanted. */
TSCONV_INLINE void tsconv_totals(float part[4][16], float *out, int n)
{
    float sum[4];
    int i, j;
    for (j = 0; j < 4; j++) {
        float *s = part[j];
#ifdef TSCONV_VECTORS
        const tsconv_f8 half = *(tsconv_f8 *)s + *(tsconv_f8 *)(s + 8);
        tsconv_f4 quarter;
        *(tsconv_f8 *)s = half;
        quarter = *(tsconv_f4 *)s + *(tsconv_f4 *)(s + 4);
        sum[j] = (quarter[0] + quarter[2]) + (quarter[1] + quarter[3]);
#else
        for (i = 0; i < 8; i++)
            s[i] += s[i + 8];
        for (i = 0; i < 4; i++)
            s[i] += s[i + 4];
        sum[j] = (s[0] + s[2]) + (s[1] + s[3]);
#endif
    }
    for (i = 0; i < n; i++)
        out[i] = sum[i];
}

/* low[k] = sum_i taps[i] x[k step + i]. One unit of `span` rows (1, or 2 for steps of 32) has P
 * blocks, and P sets of taps: set p begins with p step zeros, so that all of them begin with a row.
 * As much memory as x has, from `ahead` on, is asked for meanwhile: the samples that come next. */
TSCONV_INLINE void tsconv_units(const float *x, ptrdiff_t n_units, ptrdiff_t span, const float *taps,
                                ptrdiff_t n_vectors, const int n_phases, const char *ahead,
                                float *low)
{
    enum { MANY = 4 }; /* sums at a time */
    const int together = MANY / n_phases;
    float part[MANY][16];
    ptrdiff_t u, t;
    int i, j, p;
    for (u = 0; u < n_units; u += together) {
        const int here = n_units - u < together ? (int)(n_units - u) : together;
        const float *rows[MANY];
        for (j = 0; j < together * span && ahead; j++)
            TSCONV_PREFETCH(ahead + 64 * (u * span + j));
        for (j = 0; j < together; j++)
            rows[j] = x + 16 * span * (u + (j < here ? j : 0));
#ifdef TSCONV_VECTORS
        {
            tsconv_f16 sum[MANY] = {{0}, {0}, {0}, {0}};
            for (t = 0; t < n_vectors; t++) {
                TSCONV_UNROLL for (p = 0; p < n_phases; p++)
                {
                    const tsconv_f16 w = *(const tsconv_f16 *)(taps + 16 * (p * n_vectors + t));
                    TSCONV_UNROLL for (j = 0; j < together; j++)
                        sum[j * n_phases + p] += w * *(const tsconv_f16 *)(rows[j] + 16 * t);
                }
            }
            TSCONV_UNROLL for (j = 0; j < MANY; j++)
                *(tsconv_f16 *)part[j] = sum[j];
        }
#else
        for (j = 0; j < MANY; j++) {
            const float *w = taps + 16 * (j % n_phases) * n_vectors, *v = rows[j / n_phases];
            for (i = 0; i < 16; i++)
                part[j][i] = 0.0f;
            for (t = 0; t < n_vectors; t++)
                for (i = 0; i < 16; i++)
                    part[j][i] += w[16 * t + i] * v[16 * t + i];
        }
#endif
        tsconv_totals(part, low + u * n_phases, here * n_phases);
    }
}

TSCONV_CLONES
static void tsconv_filter(const float *x, ptrdiff_t n_blocks, ptrdiff_t step, const float *taps,
                          ptrdiff_t n_vectors, const char *ahead, float *low)
{
    if (step == 4)
        tsconv_units(x, n_blocks / 4, 1, taps, n_vectors, 4, ahead, low);
    else if (step == 8)
        tsconv_units(x, n_blocks / 2, 1, taps, n_vectors, 2, ahead, low);
    else
        tsconv_units(x, n_blocks, step / 16, taps, n_vectors, 1, ahead, low);
}

/* Sum and sum of squares of each group of `size` samples, in double precision. */
TSCONV_CLONES
static void tsconv_group_sums(const float *x, ptrdiff_t n_groups, ptrdiff_t size, double *sums,
                              double *squares)
{
    ptrdiff_t k, i;
    int j;
    for (k = 0; k < n_groups; k++) {
        const float *u = x + k * size;
        double s[8] = {0}, q[8] = {0};
        i = 0;
#ifdef TSCONV_VECTORS
        {
            tsconv_d8 sum[2] = {{0}, {0}}, square[2] = {{0}, {0}};
            for (; i + 16 <= size; i += 16) {
                TSCONV_UNROLL for (j = 0; j < 2; j++)
                {
                    const tsconv_d8 value =
                        __builtin_convertvector(*(const tsconv_f8 *)(u + i + 8 * j), tsconv_d8);
                    sum[j] += value;
                    square[j] += value * value;
                }
            }
            if (i + 8 <= size) {
                const tsconv_d8 value =
                    __builtin_convertvector(*(const tsconv_f8 *)(u + i), tsconv_d8);
                sum[0] += value;
                square[0] += value * value;
                i += 8;
            }
            *(tsconv_d8 *)s = sum[0] + sum[1];
            *(tsconv_d8 *)q = square[0] + square[1];
        }
#endif
        for (; i < size; i += 8)
            for (j = 0; j < 8 && i + j < size; j++) {
                const double value = u[i + j];
                s[j] += value;
                q[j] += value * value;
            }
        sums[k] = ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
        squares[k] = ((q[0] + q[4]) + (q[2] + q[6])) + ((q[1] + q[5]) + (q[3] + q[7]));
    }
}

/* Sums over `length` groups from first, first + 1, ... on: the groups up to a seam, added from there
 * backwards, and those behind it. Nothing is subtracted, so that no digits are lost. */
TSCONV_CLONES
static void tsconv_sliding(const double *sums, const double *squares, ptrdiff_t first,
                           ptrdiff_t length, ptrdiff_t n, double *total, double *power)
{
    ptrdiff_t g, from;
    if (length <= 0) {
        for (g = 0; g < n; g++)
            total[g] = power[g] = 0.0;
        return;
    }
    for (from = 0; from < n; from += length) {
        const double *a = sums + first + from, *b = squares + first + from;
        const ptrdiff_t here = n - from < length ? n - from : length;
        double s = 0.0, q = 0.0;
        for (g = length - 1; g >= 0; g--) {
            s += a[g];
            q += b[g];
            if (g < here) {
                total[from + g] = s;
                power[from + g] = q;
            }
        }
        s = q = 0.0;
        for (g = 1; g < here; g++) {
            s += a[g + length - 1];
            q += b[g + length - 1];
            total[from + g] += s;
            power[from + g] += q;
        }
    }
}

/* `bound.describe_windows`: what is known of the windows that begin in each group.
 *
 * `rows`: sums and squares of the samples of each group, and of its low-passed samples, `stride`
 * numbers apart. A stretch begins `lead` groups before the one that its windows begin in, and has
 * `length` groups; its core begins and ends `rim` groups inside. */
TSCONV_CLONES
static void tsconv_windows(const double *rows, ptrdiff_t stride, ptrdiff_t step, ptrdiff_t width,
                           ptrdiff_t inner, ptrdiff_t lead, ptrdiff_t length, ptrdiff_t rim,
                           ptrdiff_t first, ptrdiff_t n, double gain, double kappa, double rounding,
                           double *work, double *least, double *about, double *high, double *norm)
{
    const double *sums = rows, *squares = rows + stride;
    const double *low_sums = rows + 2 * stride, *low_squares = rows + 3 * stride;
    const double size = (double)(width * step), n_all = (double)length * size;
    const double n_inner = (inner > 0 ? (double)inner : 1.0) * size;
    const double n_core = (double)((length - 2 * rim) * width);
    /* Rounding of the sums, of their squares over n, and of the level taken away. */
    const double spare = 4.0 * ((double)length + size) * (DBL_EPSILON / 2);
    const double scale = 1.0 - kappa * kappa;
    ptrdiff_t g;
    tsconv_sliding(sums, squares, first + 1, inner, n, work, least);
    for (g = 0; g < n; g++)
        least[g] = least[g] * (1.0 - spare) - work[g] * work[g] / n_inner;
    tsconv_sliding(sums, squares, first - lead, length, n, work, norm);
    tsconv_sliding(low_sums, low_squares, first - lead + rim, length - 2 * rim, n, about, high);
    for (g = 0; g < n; g++) {
        const double whole = norm[g] * (1.0 + spare), centre = work[g] / n_all;
        const double level = centre * gain, root_of_whole = sqrt(whole);
        const double rest = whole - work[g] * centre;
        const double energy = rest > 0.0 ? rest : 0.0;
        double kept = high[g] - 2.0 * level * about[g] + n_core * level * level;
        double lost, root;
        kept = (double)step * kept - 4.0 * spare * whole;
        root = sqrt(kept > 0.0 ? kept : 0.0) - rounding * root_of_whole;
        kept = root > 0.0 ? root * root : 0.0;
        lost = energy > kept ? energy - kept : 0.0;
        norm[g] = root_of_whole;
        about[g] = sqrt(energy);
        root = kappa * about[g];
        root = (root + sqrt(root * root + scale * lost)) / scale;
        high[g] = root < about[g] ? root : about[g];
        least[g] = sqrt(least[g] > 0.0 ? least[g] : 0.0) - (FLT_EPSILON / 2) * root_of_whole;
    }
}

/* Largest absolute value of each `width` values; of what lies behind the last one, 0. */
TSCONV_CLONES
static void tsconv_largest(const float *x, ptrdiff_t n, ptrdiff_t n_groups, ptrdiff_t width,
                           float *best)
{
    ptrdiff_t g, i;
    int j;
    for (g = 0; g < n_groups; g++) {
        const float *u = x + (g * width < n ? g * width : 0);
        const ptrdiff_t left = n - g * width, here = left < width ? left : width;
        float top[16] = {0}, most = 0.0f;
        best[g] = 0.0f;
        if (here <= 0)
            continue;
        for (i = 0; i + 16 <= here; i += 16)
            for (j = 0; j < 16; j++) {
                const float size = fabsf(u[i + j]);
                top[j] = size > top[j] ? size : top[j];
            }
        for (; i < here; i++) {
            const float size = fabsf(u[i]);
            most = size > most ? size : most;
        }
        for (j = 0; j < 16; j++)
            most = top[j] > most ? top[j] : most;
        best[g] = most;
    }
}

/* Whether the best of what interpolation in a group draws on reaches what is needed; how many do.
 *
 * A group draws on its own values and on those of the next `spread` groups; `best` has the largest
 * of each group's. Needed is floor * least - slack, the slack being a[0] + a[1] about + a[2] high +
 * a[3] norm. Where numbers are too large or too small for single precision, nothing is known and the
 * group is kept.
 */
TSCONV_CLONES
static ptrdiff_t tsconv_first_look(const float *best, ptrdiff_t n, ptrdiff_t spread, double growth,
                                   double floor, const double *a, const double *least,
                                   const double *about, const double *high, const double *norm,
                                   double *need, unsigned char *reach)
{
    ptrdiff_t g, j, count = 0;
    for (g = 0; g < n; g++) {
        float most = best[g];
        for (j = 1; j <= spread; j++)
            most = best[g + j] > most ? best[g + j] : most;
        need[g] = floor * (least[g] > 0.0 ? least[g] : 0.0)
                  - (a[0] + a[1] * about[g] + a[2] * high[g] + a[3] * norm[g]);
        reach[g] = !(growth * (double)most < need[g]) || !(norm[g] > 1e-15 && norm[g] < 1e15);
        count += reach[g];
    }
    return count;
}

#endif
