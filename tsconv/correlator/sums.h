/* Sums in the lanes of a vector of doubles, and the memory that windows need. */

enum {
    CHUNK = 2048,       /* windows whose sums lie in the first cache together */
    RUN = CHUNK / SUMS, /* of them in each lane */
    SHORT = 64          /* windows shorter than this are summed by doubling */
};

typedef struct {
    double *left, *left2, *energy; /* of a chunk */
    double *sum, *square;
    double *mean, *square_about; /* of each RUN samples of a stretch */
    double *edge, *edge2;        /* samples where a chunk reaches beyond the last */
} windows;

/* Windows of one lane of a chunk, a multiple of SUMS. */
TSC_INLINE idx windows_run(idx m) { return m < RUN ? m / SUMS * SUMS : RUN; }

/* So many windows are summed at once. */
TSC_INLINE idx windows_chunk(idx m) { return m < SHORT ? 1024 : SUMS * windows_run(m); }

#if SUMS > 1
typedef int64_t sumints __attribute__((vector_size(SUMS * 8)));
#define SUMS_EXCHANGE(s)                                                                           \
    TSC_UNROLL for (i = 0; i < SUMS; i++) if (!(i & s))                                            \
    {                                                                                              \
        const SUMVEC a = r[i], b = r[i + s];                                                       \
        r[i] = TSC_SHUFFLE(sumints, a, b, TSC_LIST(LOW, SUMS, s));                                 \
        r[i + s] = TSC_SHUFFLE(sumints, a, b, TSC_LIST(HIGH, SUMS, s));                            \
    }

/* SUMS rows become columns. */
TSC_INLINE void sums_transpose(SUMVEC *r)
{
    int i;
#if SUMS >= 8
    SUMS_EXCHANGE(4)
#endif
#if SUMS >= 4
    SUMS_EXCHANGE(2)
#endif
    SUMS_EXCHANGE(1)
}

/* a where it is above b, else 0. */
TSC_INLINE SUMVEC sums_above(SUMVEC a, SUMVEC b) { return (SUMVEC)((sumints)a & (sumints)(a > b)); }

TSC_INLINE SUMVEC sums_larger(SUMVEC a, SUMVEC b)
{
    const sumints k = a > b;
    return (SUMVEC)(((sumints)a & k) | ((sumints)b & ~k));
}

TSC_INLINE double sums_largest(SUMVEC a)
{
    double lanes[SUMS], best;
    int i;
    *(SUMLOOSE *)lanes = a;
    best = lanes[0];
    for (i = 1; i < SUMS; i++)
        best = lanes[i] > best ? lanes[i] : best;
    return best;
}

TSC_INLINE double sum_total(SUMVEC a)
{
    double lanes[SUMS], sum = 0.0;
    int i;
    *(SUMLOOSE *)lanes = a;
    for (i = 0; i < SUMS; i++)
        sum += lanes[i];
    return sum;
}
#else
#define sums_transpose(r) ((void)(r))
#define sums_above(a, b) ((a) > (b) ? (a) : 0.0)
#define sums_larger(a, b) ((a) > (b) ? (a) : (b))
#define sums_largest(a) (a)
#define sum_total(a) (a)
#endif

/* Mean over cells, and sums about c of their samples. */
TSC_LOCAL double cells_mean(const double *mean, idx n)
{
    const idx rest = n % (2 * SUMS);
    SUMVEC a = {0}, b = {0};
    double sum;
    idx i;
    for (i = 0; i < n - rest; i += 2 * SUMS) {
        a += *(const SUMLOOSE *)(mean + i);
        b += *(const SUMLOOSE *)(mean + i + SUMS);
    }
    sum = sum_total(a + b);
    for (; i < n; i++)
        sum += mean[i];
    return sum / (double)n;
}

TSC_LOCAL void cells_sums(const double *mean, const double *about, idx n, double c, double *sum,
                          double *square)
{
    const idx rest = n % (2 * SUMS);
    SUMVEC s = {0}, s2 = {0}, q = {0}, q2 = {0};
    idx i;
    for (i = 0; i < n - rest; i += 2 * SUMS) {
        const SUMVEC d = *(const SUMLOOSE *)(mean + i) - c;
        const SUMVEC e = *(const SUMLOOSE *)(mean + i + SUMS) - c;
        s += d;
        s2 += e;
        q += *(const SUMLOOSE *)(about + i) + (double)RUN * d * d;
        q2 += *(const SUMLOOSE *)(about + i + SUMS) + (double)RUN * e * e;
    }
    *sum = sum_total(s + s2);
    *square = sum_total(q + q2);
    for (; i < n; i++) {
        const double d = mean[i] - c;
        *sum += d;
        *square += about[i] + RUN * d * d;
    }
    *sum *= RUN;
}
