/* The core for any processor: vectors of 16 bytes, or plain arithmetic without vector extensions. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3", "no-math-errno", "no-trapping-math")
#endif
#include "correlator.h"

#if TSC_VECTORS
#define FLOAT_LANES 4
#define DOUBLE_LANES 2
#else
#define FLOAT_LANES 1
#define DOUBLE_LANES 1
#endif
#define TSC_NAME base
#define TSC_LABEL "base"
#include "unit.h"
