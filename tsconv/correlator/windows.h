/* One over the norm of each window about its own mean. Included for each SRC and REAL.
 *
 * A window that starts at sample j of a chunk of h <= m samples is the chunk from j on, the m - h
 * samples after it, and the first j samples after those (van Herk). With d = x - c, c about the mean
 * of all these, S = sum d and Q = sum d^2 are sums of three parts, never differences, and the energy
 * is Q - S^2 / m. What lies between is known by cells of CHUNK samples: mean and sum of squares about
 * it. Energies below `floor` of Q have lost their digits: one over the norm is then 0.
 *
 * Windows shorter than a few vectors are summed by doubling instead: sums over 1, 2, 4, ... samples. */

#if SUMS > 1
#if SRC_BYTES == 4
typedef SRC SN(some) __attribute__((vector_size(SUMS * SRC_BYTES), aligned(SRC_BYTES), may_alias));
TSC_INLINE SUMVEC SN(widen)(const SRC *x)
{
    return __builtin_convertvector(*(const SN(some) *)x, SUMVEC);
}
#else
TSC_INLINE SUMVEC SN(widen)(const SRC *x) { return *(const SUMLOOSE *)x; }
#endif
#else
TSC_INLINE SUMVEC SN(widen)(const SRC *x) { return (double)*x; }
#endif

static void SN(survey)(const SRC *x, idx n, double *mean, double *square)
{
    idx first;
    for (first = 0; first + CHUNK <= n; first += CHUNK, mean++, square++) {
        const double c = SN(mean)(x + first, CHUNK);
        SUMVEC a = {0}, b = {0}, d;
        idx i;
        for (i = 0; i < CHUNK; i += 2 * SUMS) {
            d = SN(widen)(x + first + i) - c;
            a += d * d;
            d = SN(widen)(x + first + i + SUMS) - c;
            b += d * d;
        }
        *mean = c;
        *square = sum_total(a + b);
    }
}

/* Sums of d and d^2 over a few samples. */
static void SN(moments)(const SRC *x, idx n, double c, double *sum, double *square)
{
    SUMVEC s = {0}, q = {0}, d;
    idx i = 0;
    for (; i + SUMS <= n; i += SUMS) {
        d = SN(widen)(x + i) - c;
        s += d;
        q += d * d;
    }
    *sum += sum_total(s);
    *square += sum_total(q);
    for (; i < n; i++) {
        const double e = (double)x[i] - c;
        *sum += e;
        *square += e * e;
    }
}

/* Energies of windows 0 to count - 1 of the chunk of h samples at x, into work->energy. */
static void SN(van_herk)(windows *w, const SRC *x, idx h, idx m, idx count, double c, double sum,
                         double square, double floor)
{
    const double over_m = 1.0 / (double)m;
    double *left = w->left, *left2 = w->left2, *energy = w->energy;
    SUMVEC s, q, carry, carry2;
    double s1 = sum, q1 = square;
    idx j = h;
    while (j > h / SUMS * SUMS) {
        const double d = (double)x[--j] - c;
        s1 += d;
        q1 += d * d;
        left[j] = s1;
        left2[j] = q1;
    }
    carry = (SUMVEC){0} + s1;
    carry2 = (SUMVEC){0} + q1;
    while (j > 0) {
        j -= SUMS;
        s = SN(widen)(x + j) - c;
        q = s * s;
        s = carry + sums_down(s);
        q = carry2 + sums_down(q);
        *(SUMLOOSE *)(left + j) = s;
        *(SUMLOOSE *)(left2 + j) = q;
        carry = sums_first(s);
        carry2 = sums_first(q);
    }
    carry = carry2 = (SUMVEC){0};
    for (j = 0; j + SUMS < count; j += SUMS) {
        const SUMVEC d = SN(widen)(x + m + j) - c, d2 = d * d;
        const SUMVEC up = sums_up(d), up2 = sums_up(d2);
        s = *(SUMLOOSE *)(left + j) + (carry + sums_shift(up));
        q = *(SUMLOOSE *)(left2 + j) + (carry2 + sums_shift(up2));
        carry += sums_last(up);
        carry2 += sums_last(up2);
        *(SUMLOOSE *)(energy + j) = sums_above(q - s * s * over_m, q * floor);
    }
    s1 = sums_one(carry);
    q1 = sums_one(carry2);
    for (; j < count; j++) {
        const double a = left[j] + s1, b = left2[j] + q1, e = b - a * a * over_m;
        energy[j] = e > b * floor ? e : 0.0;
        if (j + 1 < count) {
            const double d = (double)x[m + j] - c;
            s1 += d;
            q1 += d * d;
        }
    }
}

/* The same by doubling, for m < SHORT. */
static void SN(doubling)(windows *w, const SRC *x, idx m, idx count, double floor)
{
    const idx n = count + m - 1;
    const double over_m = 1.0 / (double)m, c = SN(mean)(x, n);
    double *TSC_RESTRICT d = w->left, *TSC_RESTRICT d2 = w->left2, *TSC_RESTRICT energy = w->energy;
    double *TSC_RESTRICT sum = w->sum, *TSC_RESTRICT square = w->square;
    idx i, done = 0, width;
    for (i = 0; i < n; i++) {
        d[i] = (double)x[i] - c;
        d2[i] = d[i] * d[i];
    }
    for (i = 0; i < count; i++)
        sum[i] = square[i] = 0.0;
    for (width = 1;; width *= 2) {
        if (m & width) {
            for (i = 0; i < count; i++) {
                sum[i] += d[i + done];
                square[i] += d2[i + done];
            }
            done += width;
        }
        if (2 * width > m)
            break;
        for (i = 0; i + width < n; i++) { /* the last sums are incomplete, and not needed */
            d[i] += d[i + width];
            d2[i] += d2[i + width];
        }
    }
    for (i = 0; i < count; i++) {
        const double e = square[i] - sum[i] * sum[i] * over_m;
        energy[i] = e > square[i] * floor ? e : 0.0;
    }
}

/* One over the norms of windows `first` to `first + count - 1`, count <= `windows_chunk(m)` and
 * first a multiple of that; returns how many are 0. x has n samples; `survey` has seen them. */
static idx SN(inverse_norms)(windows *w, const SRC *x, idx n, idx m, idx first, idx count,
                             double floor, REAL *TSC_RESTRICT inverse)
{
    const double *TSC_RESTRICT energy = w->energy;
    idx j, zeros = 0;
    if (m < SHORT)
        SN(doubling)(w, x + first, m, count, floor);
    else if (m <= CHUNK) {
        const idx seen = 2 * m < n - first ? 2 * m : n - first;
        SN(van_herk)(w, x + first, m, m, count, SN(mean)(x + first, seen), 0.0, 0.0, floor);
    } else {
        const idx from = first / CHUNK + 1, to = (first + m) / CHUNK, rest = (first + m) % CHUNK;
        const SRC *end = x + first + m - rest;
        double c = 0.0, sum = 0.0, square = 0.0;
        for (j = from - 1; j < to; j++)
            c += w->mean[j];
        c /= (double)(to - from + 1);
        for (j = from; j < to; j++) {
            const double d = w->mean[j] - c;
            sum += d;
            square += w->square_about[j] + CHUNK * (d * d);
        }
        sum *= CHUNK;
        SN(moments)(end, rest, c, &sum, &square);
        SN(van_herk)(w, x + first, CHUNK, m, count, c, sum, square, floor);
    }
    for (j = 0; j < count; j++)
        inverse[j] = FN(inverse_root)((REAL)energy[j]);
    for (j = 0; j < count; j++)
        zeros += !(inverse[j] > 0);
    return zeros;
}

/* Whether all samples are finite. */
static int SN(finite)(const SRC *x, idx n)
{
    double sum = 0.0;
    idx i;
    for (i = 0; i < n; i++)
        sum += (double)x[i] * 0.0;
    return sum == 0.0;
}
