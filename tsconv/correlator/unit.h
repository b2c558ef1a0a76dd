/* The whole core for one instruction set. Each unit_*.c names it and includes this. */

#define TSC_PI 3.14159265358979323846

#define TSC_JOIN__(a, b) a##_##b
#define TSC_JOIN(a, b) TSC_JOIN__(a, b)

/* Sums in double precision: SUMS side by side. */
#define SUMS DOUBLE_LANES
#if SUMS > 1
typedef double sumvec __attribute__((vector_size(SUMS * 8)));
typedef double sumloose __attribute__((vector_size(SUMS * 8), aligned(8), may_alias));
#define SUMVEC sumvec
#define SUMLOOSE sumloose
#else
#define SUMVEC double
#define SUMLOOSE double
#endif

#include "shuffles.h"
#include "sums.h"

#define REAL float
#define REAL_BYTES 4
#define LANES FLOAT_LANES
#define FN(name) TSC_JOIN(name, float)
enum { PANEL_float = 256 / FLOAT_LANES, PANEL_double = 128 / DOUBLE_LANES };
#include "lanes.h"
#include "transform.h"
#include "plan.h"
#include "sift.h"
#undef REAL
#undef REAL_BYTES
#undef LANES
#undef FN

#define REAL double
#define REAL_BYTES 8
#define LANES DOUBLE_LANES
#define FN(name) TSC_JOIN(name, double)
#include "lanes.h"
#include "transform.h"
#include "plan.h"
#include "sift.h"
#undef REAL
#undef REAL_BYTES
#undef LANES
#undef FN

#define TSC_TABLE(NAME, REAL_TYPE, N_LANES)                                                        \
    {                                                                                              \
        NAME, N_LANES, (int)sizeof(REAL_TYPE), make_plan_##REAL_TYPE, free_plan_##REAL_TYPE,       \
            get_shape_##REAL_TYPE, make_work_##REAL_TYPE, free_work_##REAL_TYPE,                   \
            snippet_spectrum_##REAL_TYPE, forward_blocks_##REAL_TYPE, inverse_blocks_##REAL_TYPE,  \
            run_##REAL_TYPE, again_##REAL_TYPE                                                     \
    }

const tsc_engine TSC_JOIN(tsc_engine, TSC_NAME)[2] = {
    TSC_TABLE(TSC_LABEL, float, FLOAT_LANES),
    TSC_TABLE(TSC_LABEL, double, DOUBLE_LANES),
};
