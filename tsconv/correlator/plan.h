/* Correlation by blocks: directly, on lanes, or in four steps. Included once for each REAL. */

enum { FN(GAP) = 4 }; /* columns of a panel do not meet in one set of the cache */

typedef struct {
    tsc_shape shape;
    idx panel;        /* groups of LANES columns read at once */
    FN(fft) fft, rows;
    FN(cvec) *turn, *fine; /* w^(k1 j): for j = 0, 32, 64, ... and for j < 32, by group of rows */
    /* Of a snippet's spectrum, rows that mirror others are not kept: S(-k) is the conjugate of S(k).
     * By group of rows: where it stands among those kept, or less than 0: ~ of where its mirror does. */
    idx *kept_at;
} FN(plan);

typedef struct {
    FN(cvec) *z;       /* blocks on lanes; tiles of the four-step transform */
    FN(cvec) *kept;    /* spectra, where several snippets share them */
    FN(cvec) *columns, *row;
    double *samples;   /* direct: centred samples */
    const void *source; /* direct: where they come from */
    int is_double, plain; /* plain: as they are, not about a centre */
    void *edge;        /* four-step: rows at the end of the samples, and beyond it */
    /* of `run` */
    REAL *numerators, *inverse;
    double *bounds;
    void *padded;
    windows windows;
} FN(work);

/* One over the roots of energies, 0 where they are 0; returns how many are. In single precision by
 * three steps of Newton's from the exponent halved: a quarter of the time of root and division. */
static idx FN(inverse_roots)(const double *TSC_RESTRICT energy, idx n, REAL *TSC_RESTRICT inverse)
{
    idx i, zeros = 0;
    for (i = 0; i < n; i++) {
#if REAL_BYTES == 4
        const float e = (float)energy[i];
        int32_t bits;
        float y;
        memcpy(&bits, &e, 4);
        bits = 0x5f375a86 - (bits >> 1);
        memcpy(&y, &bits, 4);
        y += (0.5f * y) * (1.0f - (e * y) * y);
        y += (0.5f * y) * (1.0f - (e * y) * y);
        y += (0.5f * y) * (1.0f - (e * y) * y);
        inverse[i] = e > 0 ? y : 0.0f;
#else
        inverse[i] = energy[i] > 0 ? 1.0 / sqrt(energy[i]) : 0.0;
#endif
    }
    for (i = 0; i < n; i++)
        zeros += !(inverse[i] > 0);
    return zeros;
}

/* Tiles: LANES rows of LANES columns, re then im; a group of rows is one sequence of tiles. */
TSC_INLINE idx FN(group_tiles)(const FN(plan) *plan)
{
    return (((idx)1 << plan->shape.lg2) / LANES) * LANES + FN(GAP);
}

static void FN(columns_out)(const FN(plan) *plan, FN(work) *work, const FN(cvec) *column, idx c)
{
    const idx n1 = (idx)1 << plan->shape.lg1, stride = FN(group_tiles)(plan);
    idx g;
    int k;
    for (g = 0; g < n1 / LANES; g++) {
        FN(vec) *tile = (FN(vec) *)(work->z + g * stride + c * LANES);
        const FN(cvec) *from = column + g * LANES;
        TSC_UNROLL for (k = 0; k < LANES; k++)
            TSC_PREFETCH_WRITE((const FN(cvec) *)tile + stride + k);
        TSC_UNROLL for (k = 0; k < LANES; k++)
            tile[k] = from[k].re;
        TSC_UNROLL for (k = 0; k < LANES; k++)
            tile[LANES + k] = from[k].im;
    }
}

/* Second half: a group of rows, turned by w^(k1 j), transformed. */
static void FN(rows_forward)(const FN(plan) *plan, FN(work) *work, idx g, FN(cvec) *row)
{
    const idx n2 = (idx)1 << plan->shape.lg2;
    const FN(cvec) *turn = plan->turn + g * (n2 / 32), *fine = plan->fine + g * 32;
    const FN(vec) *tile = (const FN(vec) *)(work->z + g * FN(group_tiles)(plan));
    idx t;
    int k;
    for (t = 0; t < n2; t += LANES, tile += 2 * LANES) {
        const FN(cvec) a = turn[t / 32];
        FN(vec) r[LANES], s[LANES];
        TSC_UNROLL for (k = 0; k < LANES; k++)
            TSC_PREFETCH((const FN(cvec) *)tile + 2 * LANES + k);
        TSC_UNROLL for (k = 0; k < LANES; k++)
            r[k] = tile[k];
        FN(transpose)(r);
        TSC_UNROLL for (k = 0; k < LANES; k++)
            row[t + k].re = r[k];
        TSC_UNROLL for (k = 0; k < LANES; k++)
            s[k] = tile[LANES + k];
        FN(transpose)(s);
        TSC_UNROLL for (k = 0; k < LANES; k++) {
            const FN(cvec) b = fine[(t & 31) + k];
            const FN(vec) wr = a.re * b.re - a.im * b.im, wi = a.re * b.im + a.im * b.re;
            const FN(vec) x = row[t + k].re, y = s[k];
            row[t + k].re = x * wr - y * wi;
            row[t + k].im = x * wi + y * wr;
        }
    }
    FN(forward)(&plan->rows, row, plan->shape.lg2);
}

static void FN(rows_back)(const FN(plan) *plan, FN(work) *work, idx g, FN(cvec) *row)
{
    const idx n2 = (idx)1 << plan->shape.lg2;
    const FN(cvec) *turn = plan->turn + g * (n2 / 32), *fine = plan->fine + g * 32;
    FN(vec) *tile = (FN(vec) *)(work->z + g * FN(group_tiles)(plan));
    idx t;
    int k;
    FN(back)(&plan->rows, row, plan->shape.lg2);
    for (t = 0; t < n2; t += LANES, tile += 2 * LANES) {
        const FN(cvec) a = turn[t / 32];
        FN(vec) r[LANES], s[LANES];
        TSC_UNROLL for (k = 0; k < LANES; k++) {
            const FN(cvec) b = fine[(t & 31) + k];
            const FN(vec) wr = a.re * b.re - a.im * b.im, wi = a.re * b.im + a.im * b.re;
            const FN(vec) x = row[t + k].re, y = row[t + k].im;
            r[k] = x * wr + y * wi;
            s[k] = y * wr - x * wi;
        }
        FN(transpose)(r);
        TSC_UNROLL for (k = 0; k < LANES; k++)
            tile[k] = r[k];
        FN(transpose)(s);
        TSC_UNROLL for (k = 0; k < LANES; k++)
            tile[LANES + k] = s[k];
    }
}

static void FN(columns_back)(const FN(plan) *plan, FN(work) *work, REAL *out)
{
    const int lg1 = plan->shape.lg1;
    const idx n1 = (idx)1 << lg1, n2 = (idx)1 << plan->shape.lg2, lags = plan->shape.lags;
    const idx tiles = FN(group_tiles)(plan), panel = plan->panel, stride = n1 + FN(GAP);
    idx c, g, h, t;
    int k;
    for (c = 0; c < n2; c += panel * LANES) {
        for (h = 0; h < n1 / LANES; h++)
            for (g = 0; g < panel; g++) {
                const FN(vec) *tile =
                    (const FN(vec) *)(work->z + h * tiles + (c / LANES + g) * LANES);
                FN(cvec) *to = work->columns + g * stride + h * LANES;
                TSC_UNROLL for (k = 0; k < LANES; k++)
                    TSC_PREFETCH((const FN(cvec) *)tile + tiles + k);
                TSC_UNROLL for (k = 0; k < LANES; k++) {
                    to[k].re = tile[k];
                    to[k].im = tile[LANES + k];
                }
            }
        for (g = 0; g < panel; g++)
            FN(back)(&plan->fft, work->columns + g * stride, lg1);
        for (t = 0; t < n1 && t * n2 + c < lags; t++)
            for (g = 0; g < panel; g++) {
                const idx at = t * n2 + c + g * LANES;
                if (at < lags) { /* a multiple of LANES, as `at` */
                    FN(store)(out + at, work->columns[g * stride + t].re);
                    FN(store)(out + lags + at, work->columns[g * stride + t].im);
                }
            }
    }
}

/* ---- both halves of `tsc_engine`, for samples of either type */

#define SRC float
#define SRC_BYTES 4
#define SN(name) FN(name##_of_float)
#include "source.h"
#include "windows.h"
#undef SRC
#undef SRC_BYTES
#undef SN
#define SRC double
#define SRC_BYTES 8
#define SN(name) FN(name##_of_double)
#include "source.h"
#include "windows.h"
#undef SRC
#undef SRC_BYTES
#undef SN

static void FN(forward_blocks)(const void *p, void *w, const void *x, int is_double, idx n,
                               double *norms)
{
    const FN(plan) *plan = p;
    FN(work) *work = w;
    const tsc_shape *shape = &plan->shape;
    const idx n1 = (idx)1 << shape->lg1, n2 = (idx)1 << shape->lg2;
    idx g;
    switch (shape->kind) {
    case TSC_DIRECT:
        work->source = x;
        work->is_double = is_double;
        work->plain = norms == NULL;
        for (g = 0; norms && g < shape->n_blocks; g++)
            norms[g] = 0.0;
        break;
    case TSC_LANES:
        if (is_double)
            FN(lanes_forward_of_double)(plan, work, x, norms);
        else
            FN(lanes_forward_of_float)(plan, work, x, norms);
        break;
    default:
        if (is_double)
            FN(columns_forward_of_double)(plan, work, x, n, norms);
        else
            FN(columns_forward_of_float)(plan, work, x, n, norms);
        if (work->kept)
            for (g = 0; g < n1 / LANES; g++)
                FN(rows_forward)(plan, work, g, work->kept + g * n2);
    }
}

static void FN(inverse_blocks)(const void *p, void *w, const void *spectrum, void *numerators)
{
    const FN(plan) *plan = p;
    FN(work) *work = w;
    const tsc_shape *shape = &plan->shape;
    const idx n1 = (idx)1 << shape->lg1, n2 = (idx)1 << shape->lg2;
    REAL *out = numerators;
    idx g, t;
    int k;
    if (shape->kind == TSC_DIRECT) {
        if (work->is_double)
            FN(direct_of_double)(plan, work, work->source, spectrum, out);
        else
            FN(direct_of_float)(plan, work, work->source, spectrum, out);
    } else if (shape->kind == TSC_LANES) {
        const FN(number) *s = spectrum;
        FN(cvec) *z = work->kept ? work->kept : work->z;
        for (t = 0; t < shape->size; t++)
            z[t] = FN(times)(work->z[t], s[t]);
        FN(back)(&plan->fft, z, shape->lg1);
        for (t = 0; t < shape->lags; t += LANES) {
            FN(vec) r[LANES];
            TSC_UNROLL for (k = 0; k < LANES; k++)
                r[k] = z[t + k].re;
            FN(transpose)(r);
            TSC_UNROLL for (k = 0; k < LANES; k++)
                FN(store)(out + k * shape->lags + t, r[k]);
            TSC_UNROLL for (k = 0; k < LANES; k++)
                r[k] = z[t + k].im;
            FN(transpose)(r);
            TSC_UNROLL for (k = 0; k < LANES; k++)
                FN(store)(out + (k + LANES) * shape->lags + t, r[k]);
        }
    } else {
        FN(cvec) *row = work->row;
        for (g = 0; g < n1 / LANES; g++) {
            const idx at = plan->kept_at[g];
            const FN(cvec) *s = (const FN(cvec) *)spectrum + (at < 0 ? ~at : at) * n2;
            const FN(cvec) *from = row;
            if (work->kept)
                from = work->kept + g * n2;
            else
                FN(rows_forward)(plan, work, g, row);
            if (at < 0) /* times the mirrored row's conjugate */
                for (t = 0; t < n2; t++) {
                    const FN(cvec) a = from[t], b = s[n2 - 1 - t];
                    const FN(vec) re = FN(flip)(b.re), im = FN(flip)(b.im);
                    row[t].re = a.re * re + a.im * im;
                    row[t].im = a.im * re - a.re * im;
                }
            else
                for (t = 0; t < n2; t++) {
                    const FN(cvec) a = from[t], b = s[t];
                    row[t].re = a.re * b.re - a.im * b.im;
                    row[t].im = a.re * b.im + a.im * b.re;
                }
            FN(rows_back)(plan, work, g, row);
        }
        FN(columns_back)(plan, work, out);
    }
}

/* Conjugate spectrum over the block's size, in the order and places of the blocks' spectra. */
static int FN(snippet_spectrum)(const void *p, void *w, const double *taps, idx n, void *out)
{
    const FN(plan) *plan = p;
    FN(work) *work = w;
    const tsc_shape *shape = &plan->shape;
    const idx size = shape->size;
    const double scale = 1.0 / (double)size;
    idx t, g;
    if (shape->kind == TSC_DIRECT) {
        double *to = out;
        for (t = 0; t < shape->longest; t++)
            to[t] = t < n ? taps[t] : 0.0;
    } else if (shape->kind == TSC_LANES) {
        FN(number) *to = out;
        FN(cvec) *z = work->z;
        const FN(vec) zero = {0};
        for (t = 0; t < size; t++) {
            z[t].re = zero + (t < n ? (REAL)taps[t] : (REAL)0);
            z[t].im = zero;
        }
        FN(forward)(&plan->fft, z, shape->lg1);
        for (t = 0; t < size; t++) {
            REAL lanes[LANES];
            FN(store)(lanes, z[t].re);
            to[t].re = (REAL)(scale * lanes[0]);
            FN(store)(lanes, z[t].im);
            to[t].im = (REAL)(-scale * lanes[0]);
        }
    } else {
        const idx n1 = (idx)1 << shape->lg1, n2 = (idx)1 << shape->lg2;
        const REAL factor = (REAL)scale;
        idx c;
        int k;
        for (c = 0; c < n2; c += LANES) {
            for (t = 0; t < n1; t++) {
                const FN(vec) zero = {0};
                const idx at = t * n2 + c;
                REAL lanes[LANES];
                for (k = 0; k < LANES; k++)
                    lanes[k] = at + k < n ? (REAL)taps[at + k] : (REAL)0;
                work->columns[t].re = FN(load)(lanes);
                work->columns[t].im = zero;
            }
            FN(forward)(&plan->fft, work->columns, shape->lg1);
            FN(columns_out)(plan, work, work->columns, c / LANES);
        }
        for (g = 0; g < n1 / LANES; g++) {
            FN(cvec) *to = (FN(cvec) *)out + plan->kept_at[g] * n2;
            if (plan->kept_at[g] < 0)
                continue;
            FN(rows_forward)(plan, work, g, to);
            for (t = 0; t < n2; t++) {
                to[t].re = to[t].re * factor;
                to[t].im = to[t].im * -factor;
            }
        }
    }
    return 1;
}

/* ---- memory */

static void FN(free_plan)(void *p)
{
    FN(plan) *plan = p;
    if (!plan)
        return;
    FN(fft_free)(&plan->fft);
    FN(fft_free)(&plan->rows);
    tsc_release(plan->turn);
    tsc_release(plan->fine);
    tsc_release(plan->kept_at);
    free(plan);
}

/* Factors that turn element j of row k1 by -2 pi k1 j / size, as a product of two small tables. */
static int FN(make_turns)(FN(plan) *plan)
{
    const int lg1 = plan->shape.lg1;
    const idx n1 = (idx)1 << lg1, n2 = (idx)1 << plan->shape.lg2, steps = n2 / 32;
    const idx size = plan->shape.size;
    idx g, j;
    int k, half;
    plan->turn = tsc_allocate((size_t)(n1 / LANES * steps) * sizeof *plan->turn);
    plan->fine = tsc_allocate((size_t)(n1 / LANES * 32) * sizeof *plan->fine);
    if (!plan->turn || !plan->fine)
        return 0;
    for (g = 0; g < n1 / LANES; g++)
        for (half = 0; half < 2; half++)
            for (j = 0; j < (half ? 32 : steps); j++) {
                REAL re[LANES], im[LANES];
                FN(cvec) *to = half ? plan->fine + g * 32 + j : plan->turn + g * steps + j;
                for (k = 0; k < LANES; k++) {
                    const idx row = FN(frequency)(g * LANES + k, lg1);
                    const idx place = (half ? j : 32 * j) * row % size;
                    const double angle = -2.0 * TSC_PI * (double)place / (double)size;
                    re[k] = (REAL)cos(angle);
                    im[k] = (REAL)sin(angle);
                }
                to->re = FN(load)(re);
                to->im = FN(load)(im);
            }
    return 1;
}

/* Whether the rows of one group are those of another at negative frequencies, lanes in reverse. */
static int FN(mirrors)(idx g, idx h, int lg1)
{
    const idx n1 = (idx)1 << lg1;
    idx k;
    for (k = 0; k < LANES; k++)
        if (FN(frequency)(g * LANES + k, lg1) + FN(frequency)(h * LANES + LANES - 1 - k, lg1) != n1)
            return 0;
    return 1;
}

/* Which groups of rows of a snippet's spectrum are kept; returns how many, 0 if there is no memory. */
static idx FN(choose_kept)(FN(plan) *plan)
{
    const idx groups = ((idx)1 << plan->shape.lg1) / LANES;
    idx g, h, top, n_kept = 0;
    plan->kept_at = tsc_allocate((size_t)groups * sizeof *plan->kept_at);
    if (!plan->kept_at)
        return 0;
    for (g = 0; g < groups; g++) {
        /* Places are frequencies with their digits in reverse, base 4. Of a negative frequency the
         * first digit that is not 0 is taken from 4, and those after it are turned over. */
        for (top = plan->shape.lg1 & 1 ? 2 : 1; 4 * top <= g * LANES; top *= 4)
            ;
        h = (5 * top - g * LANES) / LANES - 1;
        if (g > 0 && h >= 0 && h < g && plan->kept_at[h] >= 0 && FN(mirrors)(g, h, plan->shape.lg1))
            plan->kept_at[g] = ~plan->kept_at[h];
        else
            plan->kept_at[g] = n_kept++;
    }
    return n_kept;
}

static void *FN(make_plan)(int kind, int lg1, int lg2, idx longest)
{
    FN(plan) *plan = calloc(1, sizeof *plan);
    tsc_shape *shape;
    idx n_kept = 0;
    int good = 1;
    if (!plan)
        return NULL;
    shape = &plan->shape;
    shape->kind = kind;
    shape->longest = longest;
    if (kind == TSC_DIRECT) {
        shape->lags = 8 * SUMS;
        shape->size = shape->lags + longest - 1;
        shape->n_blocks = 4096 / shape->lags;
        shape->spectrum_bytes = (size_t)longest * sizeof(double);
    } else if (kind == TSC_LANES) {
        shape->lg1 = lg1;
        shape->size = (idx)1 << lg1;
        shape->lags = (shape->size - longest + 1) / LANES * LANES;
        shape->n_blocks = 2 * LANES;
        shape->spectrum_bytes = (size_t)shape->size * sizeof(FN(number));
        good = shape->lags > 0 && shape->size >= LANES && FN(fft_init)(&plan->fft, lg1);
    } else {
        shape->lg1 = lg1;
        shape->lg2 = lg2;
        shape->size = (idx)1 << (lg1 + lg2);
        shape->lags = (shape->size - longest + 1) / LANES * LANES;
        shape->n_blocks = 2;
        plan->panel = FN(PANEL) < ((idx)1 << lg2) / LANES ? FN(PANEL) : ((idx)1 << lg2) / LANES;
        good = shape->lags > 0 && ((idx)1 << lg1) >= LANES && lg2 >= 5 &&
               FN(fft_init)(&plan->fft, lg1) && FN(fft_init)(&plan->rows, lg2) &&
               FN(make_turns)(plan) && (n_kept = FN(choose_kept)(plan)) > 0;
        shape->spectrum_bytes = (size_t)(n_kept << lg2) * sizeof(FN(cvec));
    }
    shape->hop = shape->n_blocks * shape->lags;
    shape->span = shape->hop - shape->lags + shape->size;
    if (good)
        return plan;
    FN(free_plan)(plan);
    return NULL;
}

static void FN(free_work)(void *w)
{
    FN(work) *work = w;
    if (!work)
        return;
    tsc_release(work->z);
    tsc_release(work->kept);
    tsc_release(work->columns);
    tsc_release(work->row);
    tsc_release(work->samples);
    tsc_release(work->edge);
    tsc_release(work->numerators);
    tsc_release(work->inverse);
    tsc_release(work->bounds);
    tsc_release(work->padded);
    tsc_release(work->windows.left);
    free(work);
}

static void *FN(make_work)(const void *p, int several)
{
    const FN(plan) *plan = p;
    const tsc_shape *shape = &plan->shape;
    FN(work) *work = calloc(1, sizeof *work);
    int good;
    if (!work)
        return NULL;
    if (shape->kind == TSC_DIRECT) {
        work->samples = tsc_allocate((size_t)shape->size * sizeof(double));
        good = work->samples != NULL;
    } else if (shape->kind == TSC_LANES) {
        work->z = tsc_allocate((size_t)shape->size * sizeof(FN(cvec)));
        if (several)
            work->kept = tsc_allocate((size_t)shape->size * sizeof(FN(cvec)));
        good = work->z && (!several || work->kept);
    } else {
        const idx n1 = (idx)1 << shape->lg1, n2 = (idx)1 << shape->lg2;
        work->z = tsc_allocate((size_t)(n1 / LANES * FN(group_tiles)(plan)) * sizeof(FN(cvec)));
        work->columns = tsc_allocate((size_t)(plan->panel * (n1 + FN(GAP))) * sizeof(FN(cvec)));
        work->row = tsc_allocate((size_t)n2 * sizeof(FN(cvec)));
        if (several)
            work->kept = tsc_allocate((size_t)(n1 / LANES * n2) * sizeof(FN(cvec)));
        work->edge = tsc_allocate((size_t)(4 * n2) * 8);
        good = work->z && work->columns && work->row && work->edge && (!several || work->kept);
    }
    if (good)
        return work;
    FN(free_work)(work);
    return NULL;
}

static const tsc_shape *FN(get_shape)(const void *plan) { return &((const FN(plan) *)plan)->shape; }
