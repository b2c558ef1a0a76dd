/* One over the norm of each window about its own mean. Included for each SRC and REAL.
 *
 * SUMS lanes of a chunk have h <= m successive windows each. A window that starts at place j of its
 * lane is the lane's h samples from j on, the m - h samples after them, and the first j samples after
 * those (van Herk). With d = x - c, c about the mean of all these, S = sum d and Q = sum d^2 are sums
 * of three parts, never differences, and the energy is Q - S^2 / m. What lies between is known by
 * cells of RUN samples: mean and sum of squares about it. Energies below `floor` of Q have lost their
 * digits: one over the norm is then 0.
 *
 * Short windows are summed by doubling instead: sums over 1, 2, 4, ... samples. */

static void SN(survey)(const SRC *x, idx n, double *mean, double *square)
{
    idx first;
    for (first = 0; first + RUN <= n; first += RUN, mean++, square++) {
        const double c = SN(mean)(x + first, RUN);
        SUMVEC a = {0}, b = {0}, d;
        idx i;
        for (i = 0; i < RUN; i += 2 * SUMS) {
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

/* Samples [from, from + count) of x, which has n, or a copy made up with the last of them. */
static const SRC *SN(reach)(const SRC *x, idx n, idx from, idx count, void *edge)
{
    SRC *copy = edge;
    idx i;
    if (from + count <= n)
        return x + from;
    for (i = 0; i < count; i++)
        copy[i] = x[from + i < n ? from + i : n - 1];
    return copy;
}

/* SUMS successive samples of each lane about c, a vector for each place. */
TSC_INLINE void SN(columns)(const SRC *x, idx run, double c, SUMVEC *v)
{
    int k;
    TSC_UNROLL for (k = 0; k < SUMS; k++)
        v[k] = SN(widen)(x + k * run) - c;
    sums_transpose(v);
}

/* Sums about c of what lies between both ends of the windows of each lane; returns c. */
static double SN(between)(const windows *w, const SRC *x, idx n, idx m, idx first, double *sum,
                          double *square)
{
    const idx run = windows_run(m), valid = (n - m - first) / run + 1;
    const idx lanes = valid < SUMS ? valid : SUMS;
    idx i, k;
    double c;
    for (k = 0; k < SUMS; k++)
        sum[k] = square[k] = 0.0;
    if (m <= RUN) {
        const idx seen = SUMS * run + m < n - first ? SUMS * run + m : n - first;
        c = SN(mean)(x + first, seen);
        for (k = 0; k < lanes; k++)
            SN(moments)(x + first + (k + 1) * run, m - run, c, sum + k, square + k);
    } else {
        /* Cells `from` + k up to `from` + k + inner are lane k's; most are everyone's. */
        const idx from = first / RUN + 1, inner = m / RUN - 1;
        const idx shared = from + lanes - 1, stop = from + inner;
        const double *mean = w->mean, *about = w->square_about;
        double d;
        c = cells_mean(mean + from - 1, inner + lanes);
#define TSC_CELL(i, s, q) (d = mean[i] - c, (s) += RUN * d, (q) += about[i] + RUN * d * d)
        if (shared < stop) {
            double s, q, s_left = 0.0, q_left = 0.0, s_right = 0.0, q_right = 0.0;
            cells_sums(mean + shared, about + shared, stop - shared, c, &s, &q);
            for (k = lanes - 1; k >= 0; k--) {
                sum[k] = s + s_left;
                square[k] = q + q_left;
                if (k > 0)
                    TSC_CELL(from + k - 1, s_left, q_left);
            }
            for (k = 1; k < lanes; k++) {
                TSC_CELL(stop + k - 1, s_right, q_right);
                sum[k] += s_right;
                square[k] += q_right;
            }
        } else
            for (k = 0; k < lanes; k++)
                for (i = from + k; i < stop + k; i++)
                    TSC_CELL(i, sum[k], square[k]);
#undef TSC_CELL
        for (k = 0; k < lanes; k++)
            SN(moments)(x + first + (k + inner + 1) * RUN, m % RUN, c, sum + k, square + k);
    }
    return c;
}

/* Energies of the windows of a chunk, into w->energy. */
static void SN(van_herk)(windows *w, const SRC *x, idx n, idx m, idx first, double floor, double tiny)
{
    const double over_m = 1.0 / (double)m;
    const idx run = windows_run(m);
    const SRC *begin = SN(reach)(x, n, first, SUMS * run, w->edge);
    const SRC *end = SN(reach)(x, n, first + m, SUMS * run, w->edge2);
    double between[2 * SUMS];
    const double c = SN(between)(w, x, n, m, first, between, between + SUMS);
    const SRC *ahead = x + first + SUMS * run; /* the next chunk */
    double *left = w->left, *left2 = w->left2, *energy = w->energy;
    SUMVEC s = *(SUMLOOSE *)between, q = *(SUMLOOSE *)(between + SUMS), v[SUMS];
    idx j;
    int k;
    for (j = run - SUMS; j >= 0; j -= SUMS) {
        TSC_UNROLL for (k = 0; k < SUMS; k += 64 / SRC_BYTES / SUMS)
            TSC_PREFETCH(ahead + k * SUMS + (run - SUMS - j) * SUMS);
        SN(columns)(begin + j, run, c, v);
        TSC_UNROLL for (k = SUMS - 1; k >= 0; k--) {
            s += v[k];
            q += v[k] * v[k];
            *(SUMVEC *)(left + (j + k) * SUMS) = s;
            *(SUMVEC *)(left2 + (j + k) * SUMS) = q;
        }
    }
    s = q = (SUMVEC){0};
    for (j = 0; j < run; j += SUMS) {
        SUMVEC e[SUMS];
        TSC_UNROLL for (k = 0; k < SUMS; k += 64 / SRC_BYTES / SUMS)
            TSC_PREFETCH(ahead + m + k * SUMS + j * SUMS);
        SN(columns)(end + j, run, c, v);
        TSC_UNROLL for (k = 0; k < SUMS; k++) {
            const SUMVEC a = *(SUMVEC *)(left + (j + k) * SUMS) + s;
            const SUMVEC b = *(SUMVEC *)(left2 + (j + k) * SUMS) + q;
            e[k] = sums_above(b - a * a * over_m, b * floor + tiny);
            s += v[k];
            q += v[k] * v[k];
        }
        sums_transpose(e);
        TSC_UNROLL for (k = 0; k < SUMS; k++)
            *(SUMLOOSE *)(energy + k * run + j) = e[k];
    }
}

/* The same by doubling, for m < SHORT. */
static void SN(doubling)(windows *w, const SRC *x, idx m, idx count, double floor, double tiny)
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
        energy[i] = e > square[i] * floor + tiny ? e : 0.0;
    }
}

/* One over the norms of windows `first` to `first + count - 1`, count <= `windows_chunk(m)` and
 * first a multiple of that; returns how many are 0. x has n samples; `survey` has seen them. */
static idx SN(inverse_norms)(windows *w, const SRC *x, idx n, idx m, idx first, idx count,
                             double floor, REAL *TSC_RESTRICT inverse)
{
    const double tiny = sizeof(REAL) == 4 ? 1e-36 : 1e-300; /* below this, an inverse root is no use */
    if (m < SHORT)
        SN(doubling)(w, x + first, m, count, floor, tiny);
    else
        SN(van_herk)(w, x, n, m, first, floor, tiny);
    return FN(inverse_roots)(w->energy, count, inverse);
}

/* Score of one window by its definition, about its mean taken twice; 0 if it is constant. */
static double SN(score)(const SRC *x, const double *taps, idx m)
{
    const double c = SN(mean)(x, m), first = (double)x[0];
    const idx whole = m / SUMS * SUMS;
    const SUMVEC zero = {0};
    SUMVEC sum = zero, top = zero, change = zero, product = zero, square = zero;
    double centre, largest, r, p, q, factor;
    idx i;
    int exponent;
    for (i = 0; i < whole; i += SUMS) {
        const SUMVEC v = SN(widen)(x + i), d = v - c, e = v - first;
        sum += d;
        top = sums_larger(top, sums_larger(d, -d));
        change = sums_larger(change, sums_larger(e, -e));
    }
    centre = sum_total(sum);
    largest = sums_largest(top);
    r = sums_largest(change);
    for (; i < m; i++) {
        const double d = (double)x[i] - c, e = (double)x[i] - first;
        centre += d;
        largest = fabs(d) > largest ? fabs(d) : largest;
        r = fabs(e) > r ? fabs(e) : r;
    }
    if (!(r > 0))
        return 0.0;
    frexp(largest, &exponent);
    factor = ldexp(1.0, exponent < -1000 ? 1000 : -exponent); /* so that no square is lost */
    centre = centre * factor / (double)m;
    for (i = 0; i < whole; i += SUMS) {
        const SUMVEC d = (SN(widen)(x + i) - c) * factor - centre;
        product += d * *(const SUMLOOSE *)(taps + i);
        square += d * d;
    }
    p = sum_total(product);
    q = sum_total(square);
    for (; i < m; i++) {
        const double d = ((double)x[i] - c) * factor - centre;
        p += d * taps[i];
        q += d * d;
    }
    r = p / sqrt(q);
    return r > 1 ? 1.0 : r < -1 ? -1.0 : r;
}

/* Whether all samples are finite. */
static int SN(finite)(const SRC *x, idx n)
{
    const idx rest = n % (2 * SUMS);
    SUMVEC a = {0}, b = {0};
    double sum;
    idx i;
    for (i = 0; i < n - rest; i += 2 * SUMS) {
        a += SN(widen)(x + i) * 0.0;
        b += SN(widen)(x + i + SUMS) * 0.0;
    }
    sum = sum_total(a + b);
    for (; i < n; i++)
        sum += (double)x[i] * 0.0;
    return sum == 0.0;
}
