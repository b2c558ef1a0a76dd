/* Samples of type SRC as lanes of type REAL, about a centre. Included for both types of samples. */

#if SUMS > 1
#if SRC_BYTES == 4
typedef SRC SN(some) __attribute__((vector_size(SUMS * SRC_BYTES), aligned(SRC_BYTES), may_alias));
TSC_INLINE SUMVEC SN(widen)(const SRC *x)
{
#if defined(TSC_WIDEN)
    return TSC_WIDEN(x);
#else
    return __builtin_convertvector(*(const SN(some) *)x, SUMVEC);
#endif
}
#else
TSC_INLINE SUMVEC SN(widen)(const SRC *x) { return *(const SUMLOOSE *)x; }
#endif
#else
TSC_INLINE SUMVEC SN(widen)(const SRC *x) { return (double)*x; }
#endif

TSC_LOCAL double SN(mean)(const SRC *x, idx n)
{
    const idx rest = n % (4 * SUMS);
    SUMVEC a = {0}, b = {0}, c = {0}, d = {0};
    double sum;
    idx i;
    for (i = 0; i < n - rest; i += 4 * SUMS) {
        a += SN(widen)(x + i);
        b += SN(widen)(x + i + SUMS);
        c += SN(widen)(x + i + 2 * SUMS);
        d += SN(widen)(x + i + 3 * SUMS);
    }
    sum = sum_total((a + b) + (c + d));
    for (i = 0; i < rest; i++)
        sum += (double)x[n - rest + i];
    return sum / (double)n;
}

TSC_INLINE FN(vec) SN(fetch)(const SRC *x, double centre)
{
#if SRC_BYTES == REAL_BYTES
    return FN(load)(x) - (REAL)centre;
#else
    REAL lanes[LANES];
    int k;
    TSC_UNROLL for (k = 0; k < LANES; k++)
        lanes[k] = (REAL)((double)x[k] - centre);
    return FN(load)(lanes);
#endif
}

/* Norm of a pair of blocks for the bound of their rounding: not below the fourth root of the sum of
 * fourth powers over the snippet's share, since the rounding of a spike does not spread evenly.
 * Squares are scaled by FOURTH on the way, so that 1e-7 to 1e11 neither vanish nor overflow. */
#ifndef TSC_NORM_OF_PAIR
#define TSC_NORM_OF_PAIR
#define FOURTH 1e-5
TSC_LOCAL double norm_of_pair(const tsc_shape *shape, double square, double fourth)
{
    const double share = 1.5 * sqrt((double)shape->longest / (double)shape->size);
    const double norm = sqrt(square), spike = sqrt(sqrt(fourth) / FOURTH) / (share < 1 ? share : 1);
    return spike > norm ? spike : norm;
}
#endif

/* LANES blocks in the lanes of re, LANES more in those of im. */
static void SN(lanes_forward)(const FN(plan) *plan, FN(work) *work, const SRC *x, double *norms)
{
    const idx size = plan->shape.size, lags = plan->shape.lags;
    FN(cvec) *z = work->z;
    FN(vec) re2 = {0}, im2 = {0}, fourth = {0};
    double centre[2 * LANES];
    REAL lanes[LANES], lanes4[LANES];
    idx t;
    int k;
    for (k = 0; k < 2 * LANES; k++)
        centre[k] = norms ? SN(mean)(x + k * lags, size) : 0.0;
    for (t = 0; t < size; t += LANES) {
        FN(vec) r[LANES];
        TSC_UNROLL for (k = 0; k < LANES; k++)
            r[k] = SN(fetch)(x + k * lags + t, centre[k]);
        FN(transpose)(r);
        TSC_UNROLL for (k = 0; k < LANES; k++) {
            z[t + k].re = r[k];
            const FN(vec) square = r[k] * r[k];
            re2 += square;
            fourth += (square * (REAL)FOURTH) * (square * (REAL)FOURTH);
        }
        TSC_UNROLL for (k = 0; k < LANES; k++)
            r[k] = SN(fetch)(x + (k + LANES) * lags + t, centre[k + LANES]);
        FN(transpose)(r);
        TSC_UNROLL for (k = 0; k < LANES; k++) {
            z[t + k].im = r[k];
            const FN(vec) square = r[k] * r[k];
            im2 += square;
            fourth += (square * (REAL)FOURTH) * (square * (REAL)FOURTH);
        }
    }
    FN(store)(lanes, re2);
    for (k = 0; norms && k < LANES; k++)
        norms[k] = (double)lanes[k];
    FN(store)(lanes, im2);
    FN(store)(lanes4, fourth);
    for (k = 0; norms && k < LANES; k++) /* the rounding of one of a pair reaches the other */
        norms[k] = norms[k + LANES] = norm_of_pair(&plan->shape, norms[k] + (double)lanes[k],
                                                   (double)lanes4[k]);
    FN(forward)(&plan->fft, z, plan->shape.lg1);
}

/* Rows at and beyond the end of a block of which there are n samples: filled up with its centre. */
static void SN(fill_edge)(const SRC *x, idx n, idx n2, double centre, SRC *edge)
{
    idx i;
    for (i = 0; i < n2; i++)
        edge[i] = i < n % n2 ? x[n / n2 * n2 + i] : (SRC)centre;
    for (i = n2; i < 2 * n2; i++)
        edge[i] = (SRC)centre;
}

TSC_INLINE const SRC *SN(row)(const SRC *x, idx n, idx n2, idx t, const SRC *edge)
{
    return (t + 1) * n2 <= n ? x + t * n2 : t * n2 < n ? edge : edge + n2;
}

/* First half of the four-step transform: columns of two blocks, PANEL groups of LANES at a time. */
static void SN(columns_forward)(const FN(plan) *plan, FN(work) *work, const SRC *x, idx n,
                                double *norms)
{
    const int lg1 = plan->shape.lg1, lg2 = plan->shape.lg2;
    const idx n1 = (idx)1 << lg1, n2 = (idx)1 << lg2, size = plan->shape.size;
    const idx panel = plan->panel, stride = n1 + FN(GAP);
    const idx behind = n - plan->shape.lags;
    const idx n_a = n < size ? n : size, n_b = behind < 0 ? 0 : behind < size ? behind : size;
    const SRC *second = n_b > 0 ? x + plan->shape.lags : x;
    const double ca = norms ? SN(mean)(x, n_a) : 0.0;
    const double cb = norms && n_b > 0 ? SN(mean)(second, n_b) : 0.0;
    SRC *edge_a = work->edge, *edge_b = edge_a + 2 * n2;
    double re2 = 0.0, im2 = 0.0, fourth = 0.0;
    idx c, t, g;
    SN(fill_edge)(x, n_a, n2, ca, edge_a);
    SN(fill_edge)(second, n_b, n2, cb, edge_b);
    for (c = 0; c < n2; c += panel * LANES) {
        FN(vec) a2 = {0}, b2 = {0}, both4 = {0};
        for (t = 0; t < n1; t++) {
            const SRC *a = SN(row)(x, n_a, n2, t, edge_a) + c;
            const SRC *b = SN(row)(second, n_b, n2, t, edge_b) + c;
            FN(cvec) *to = work->columns + t;
            for (g = 0; g < panel; g++) {
                TSC_PREFETCH(a + 4 * n2 + g * LANES);
                TSC_PREFETCH(b + 4 * n2 + g * LANES);
                const FN(vec) u = SN(fetch)(a + g * LANES, ca), v = SN(fetch)(b + g * LANES, cb);
                to[g * stride].re = u;
                to[g * stride].im = v;
                const FN(vec) u2 = u * u, v2 = v * v;
                a2 += u2;
                b2 += v2;
                both4 += (u2 * (REAL)FOURTH) * (u2 * (REAL)FOURTH) +
                         (v2 * (REAL)FOURTH) * (v2 * (REAL)FOURTH);
            }
        }
        re2 += FN(total)(a2);
        im2 += FN(total)(b2);
        fourth += FN(total)(both4);
        for (g = 0; g < panel; g++) {
            FN(forward)(&plan->fft, work->columns + g * stride, lg1);
            FN(columns_out)(plan, work, work->columns + g * stride, c / LANES + g);
        }
    }
    if (norms) /* the rounding of either reaches the other */
        norms[0] = norms[1] = norm_of_pair(&plan->shape, re2 + im2, fourth);
}

/* Products of centred samples, in double precision: MANY lags at a time. */
static void SN(direct)(const FN(plan) *plan, FN(work) *work, const SRC *x, const double *taps,
                       REAL *numerators)
{
    enum { MANY = 8 * SUMS };
    const idx m = plan->shape.longest;
    double *d = work->samples;
    idx b, i;
    int k;
    for (b = 0; b < plan->shape.hop; b += MANY) {
        const double centre = work->plain ? 0.0 : SN(mean)(x + b, MANY + m - 1);
        SUMVEC s[8];
        for (i = 0; i < MANY + m - 1; i++)
            d[i] = (double)x[b + i] - centre;
        for (k = 0; k < 8; k++)
            s[k] = (SUMVEC){0};
        for (i = 0; i < m; i++) {
            const double tap = taps[i];
            const double *from = d + i;
            TSC_UNROLL for (k = 0; k < 8; k++)
                s[k] += tap * *(const SUMLOOSE *)(from + k * SUMS);
        }
        for (k = 0; k < 8; k++) {
            double lanes[SUMS];
            *(SUMLOOSE *)lanes = s[k];
            for (i = 0; i < SUMS; i++)
                numerators[b + k * SUMS + i] = (REAL)lanes[i];
        }
    }
}
