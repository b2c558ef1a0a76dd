/* The core for AVX2 with FMA: vectors of 32 bytes. */
#include "correlator.h"

#if TSC_VECTORS && defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC optimize("O3", "no-math-errno", "no-trapping-math")
#pragma GCC target("avx2,fma")
#endif
#define FLOAT_LANES 8
#define DOUBLE_LANES 4
#define TSC_NAME avx2
#define TSC_LABEL "avx2"
#include "unit.h"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#else
typedef int tsc_no_avx2_here;
#endif
