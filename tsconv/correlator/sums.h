/* Running sums in the lanes of a vector of doubles, and the memory that windows need. */

enum {
    CHUNK = 4096, /* windows whose sums lie in the first caches together */
    SHORT = 64    /* windows shorter than this are summed by doubling */
};

typedef struct {
    double *left, *left2, *energy; /* of a chunk */
    double *sum, *square;
    double *mean, *square_about; /* of each CHUNK samples of a stretch */
} windows;

/* So many windows are summed at once. */
TSC_INLINE idx windows_chunk(idx m) { return m < SHORT ? 1024 : m < CHUNK ? m : CHUNK; }

#if SUMS > 1
typedef int64_t sumints __attribute__((vector_size(SUMS * 8)));
#define SUM_STEP(KIND, s) a += TSC_SHUFFLE(sumints, a, zero, TSC_LIST(KIND, SUMS, s))

/* Lane j: sum of lanes 0 to j. */
TSC_INLINE SUMVEC sums_up(SUMVEC a)
{
    const SUMVEC zero = {0};
    SUM_STEP(UP, 1);
#if SUMS >= 4
    SUM_STEP(UP, 2);
#endif
#if SUMS >= 8
    SUM_STEP(UP, 4);
#endif
    return a;
}

/* Lane j: sum of lanes j to the last. */
TSC_INLINE SUMVEC sums_down(SUMVEC a)
{
    const SUMVEC zero = {0};
    SUM_STEP(DOWN, 1);
#if SUMS >= 4
    SUM_STEP(DOWN, 2);
#endif
#if SUMS >= 8
    SUM_STEP(DOWN, 4);
#endif
    return a;
}

TSC_INLINE SUMVEC sums_shift(SUMVEC a)
{
    const SUMVEC zero = {0};
    return TSC_SHUFFLE(sumints, a, zero, TSC_LIST(UP, SUMS, 1));
}

TSC_INLINE SUMVEC sums_first(SUMVEC a)
{
    return TSC_SHUFFLE(sumints, a, a, TSC_ENDS(FIRST, SUMS));
}

TSC_INLINE SUMVEC sums_last(SUMVEC a)
{
    return TSC_SHUFFLE(sumints, a, a, TSC_ENDS(LAST, SUMS));
}

/* a where it is above b, else 0. */
TSC_INLINE SUMVEC sums_above(SUMVEC a, SUMVEC b) { return (SUMVEC)((sumints)a & (sumints)(a > b)); }

TSC_INLINE double sums_one(SUMVEC a) { return a[0]; }

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
#define sums_up(a) (a)
#define sums_down(a) (a)
#define sums_shift(a) (0.0)
#define sums_first(a) (a)
#define sums_last(a) (a)
#define sums_above(a, b) ((a) > (b) ? (a) : 0.0)
#define sums_one(a) (a)
#define sum_total(a) (a)
#endif
