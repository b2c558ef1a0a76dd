/* Vectors of LANES numbers of type REAL, complex vectors, and the transposition of a square.
 *
 * Included once for float and once for double; FN(name) gives each its own names. Without vector
 * extensions LANES is 1 and all of this is plain arithmetic. */

#if LANES > 1
typedef REAL FN(vec) __attribute__((vector_size(LANES * REAL_BYTES)));
typedef REAL FN(loose) __attribute__((vector_size(LANES * REAL_BYTES), aligned(REAL_BYTES), may_alias));
#if REAL_BYTES == 4
typedef int32_t FN(ints) __attribute__((vector_size(LANES * REAL_BYTES)));
#else
typedef int64_t FN(ints) __attribute__((vector_size(LANES * REAL_BYTES)));
#endif
#else
typedef REAL FN(vec);
typedef REAL FN(loose);
#endif

typedef struct { FN(vec) re, im; } FN(cvec);
typedef struct { REAL re, im; } FN(number);

TSC_INLINE FN(vec) FN(load)(const REAL *x) { return *(const FN(loose) *)x; }
TSC_INLINE void FN(store)(REAL *x, FN(vec) v) { *(FN(loose) *)x = v; }

#if LANES > 1
#define TSC_EXCHANGE(s)                                                                            \
    TSC_UNROLL for (i = 0; i < LANES; i++) if (!(i & s))                                           \
    {                                                                                              \
        FN(vec) a = r[i], b = r[i + s];                                                            \
        r[i] = TSC_SHUFFLE(FN(ints), a, b, TSC_LIST(LOW, LANES, s));                               \
        r[i + s] = TSC_SHUFFLE(FN(ints), a, b, TSC_LIST(HIGH, LANES, s));                          \
    }
#endif

/* Rows become columns, by exchange of sub-squares of half the size, a quarter, ... */
TSC_INLINE void FN(transpose)(FN(vec) *r)
{
#if LANES > 1
    int i;
#if LANES >= 16
    TSC_EXCHANGE(8)
#endif
#if LANES >= 8
    TSC_EXCHANGE(4)
#endif
#if LANES >= 4
    TSC_EXCHANGE(2)
#endif
    TSC_EXCHANGE(1)
#else
    (void)r;
#endif
}

/* Lanes in reverse order. */
TSC_INLINE FN(vec) FN(flip)(FN(vec) v)
{
#if LANES > 1
    return TSC_SHUFFLE(FN(ints), v, v, TSC_LIST(FLIP, LANES, 1));
#else
    return v;
#endif
}

/* Sum of all lanes. */
TSC_INLINE double FN(total)(FN(vec) v)
{
    REAL lanes[LANES];
    double sum = 0.0;
    int i;
    FN(store)(lanes, v);
    for (i = 0; i < LANES; i++)
        sum += lanes[i];
    return sum;
}

TSC_INLINE FN(cvec) FN(times)(FN(cvec) a, FN(number) w)
{
    FN(cvec) out;
    out.re = a.re * w.re - a.im * w.im;
    out.im = a.re * w.im + a.im * w.re;
    return out;
}

TSC_INLINE FN(cvec) FN(times_conj)(FN(cvec) a, FN(number) w)
{
    FN(cvec) out;
    out.re = a.re * w.re + a.im * w.im;
    out.im = a.im * w.re - a.re * w.im;
    return out;
}
