/* The correlation core as the rest of the program sees it: shapes, and one table of functions for
 * each instruction set and precision. */
#ifndef TSC_CORRELATOR_H
#define TSC_CORRELATOR_H

#include "portable.h"

enum { TSC_DIRECT = 0, TSC_LANES = 1, TSC_FOUR_STEP = 2 };

/* How a stretch of signal is worked on: `n_blocks` blocks at once, each `size` samples long and
 * good for `lags` lags; block k begins at sample k * lags. */
typedef struct {
    int kind;
    int lg1, lg2; /* size is 2^lg1 on lanes, 2^lg1 columns' length times 2^lg2 rows' in four steps */
    idx longest;  /* taps a block has room for */
    idx size, lags, n_blocks;
    idx hop;  /* lags of a stretch: n_blocks * lags */
    idx span; /* samples of a stretch: hop - lags + size */
    size_t spectrum_bytes;
} tsc_shape;

/* Lags and their scores, a list that grows; NaN: to be done again. */
typedef struct {
    idx n, room;
    int64_t *lags;
    float *scores;
    int failed; /* no memory */
} tsc_list;

/* One snippet. */
typedef struct {
    const void *spectrum;
    double floor; /* scores that reach it are found */
    idx width;
    double *cells; /* best score of each `width` lags of the whole signal; or NULL */
    float *here, *next; /* sample of every `stride`-th score, and of its right neighbour; or NULL */
    tsc_list found;
} tsc_search;

/* All snippets of one length; their windows have the same norms. */
typedef struct {
    idx m;
    idx n_searches;
    tsc_search *searches;
    tsc_list lost; /* lags whose energy was lost to rounding, constant windows among them */
} tsc_length;

/* Samples, what is asked, and where the answers go. */
typedef struct {
    const void *x;
    int is_double, trusted; /* trusted: known to be finite */
    idx n, n_lags, offset;  /* lag 0 here is lag `offset` of the signal */
    const int64_t *gap_starts, *gap_stops;
    idx n_gaps;
    int sign; /* polarity wanted: 0 for either */
    double tolerance, energy_floor, epsilon;
    idx stride;
    void *scores; /* all scores of the only snippet; or NULL: only the high ones are listed */
    int scores_are_double;
    idx n_lengths;
    tsc_length *lengths;
} tsc_job;

typedef struct {
    const char *name;
    int lanes, real_bytes;
    /* Plans and work spaces; NULL if there is no memory. `several`: spectra of blocks are kept. */
    void *(*make_plan)(int kind, int lg1, int lg2, idx longest);
    void (*free_plan)(void *plan);
    const tsc_shape *(*shape)(const void *plan);
    void *(*make_work)(const void *plan, int several);
    void (*free_work)(void *work);
    /* Conjugate spectrum of taps, at most `longest`, into spectrum_bytes of memory. */
    int (*spectrum)(const void *plan, void *work, const double *taps, idx n, void *out);
    /* Spectra of the blocks of a stretch of which there are n samples: all but for the four-step
     * kind, which takes what lies behind as level. norms: of each block about its centre and the
     * block that is transformed with it. */
    void (*forward)(const void *plan, void *work, const void *x, int is_double, idx n, double *norms);
    /* Numerators of a whole stretch, `hop` of them. */
    void (*inverse)(const void *plan, void *work, const void *spectrum, void *numerators);
    /* Scores. 1: done; 0: samples are not finite or above 1e150; -1: no memory. */
    int (*run)(const void *plan, void *work, tsc_job *job);
    /* Scores of single windows of finite samples, by the definition in double precision. */
    void (*again)(const void *x, int is_double, const double *taps, idx m, const int64_t *lags, idx n,
                  double *scores);
} tsc_engine;

/* Best engine of this processor, or the one named; NULL if that is not there. */
const tsc_engine *tsc_find_engine(const char *name, int real_bytes);

#endif
