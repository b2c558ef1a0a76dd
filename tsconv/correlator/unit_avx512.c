/* The core for AVX-512: vectors of 64 bytes. */
#include "correlator.h"

#if TSC_VECTORS && defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma"))), apply_to = function)
#else
#pragma GCC optimize("O3", "no-math-errno", "no-trapping-math")
#pragma GCC target("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma,prefer-vector-width=512")
#include <immintrin.h>
/* GCC converts eight numbers in two halves, with six instructions. */
#define TSC_WIDEN(x) ((sumvec)_mm512_cvtps_pd(_mm256_loadu_ps(x)))
#endif
#define FLOAT_LANES 16
#define DOUBLE_LANES 8
#define TSC_NAME avx512
#define TSC_LABEL "avx512"
#include "unit.h"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#else
typedef int tsc_no_avx512_here;
#endif
