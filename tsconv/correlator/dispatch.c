/* Which engine this processor can run, asked once at run time; and memory. */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include "correlator.h"

#if defined(__linux__)
#include <sys/mman.h>
#endif
#if defined(_WIN32)
#include <malloc.h>
#endif

extern const tsc_engine tsc_engine_base[2], tsc_engine_plain[2];
#if TSC_VECTORS && defined(__x86_64__)
extern const tsc_engine tsc_engine_avx2[2], tsc_engine_avx512[2];
#endif

const tsc_engine *tsc_find_engine(const char *name, int real_bytes)
{
    const tsc_engine *able[4];
    int n = 0, i;
#if TSC_VECTORS && defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
        able[n++] = tsc_engine_avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        able[n++] = tsc_engine_avx2;
#endif
    able[n++] = tsc_engine_base;
    able[n++] = tsc_engine_plain;
    for (i = 0; i < n; i++)
        if (!name || strcmp(name, able[i]->name) == 0)
            return able[i] + (real_bytes == 8);
    return NULL;
}

void *tsc_allocate(size_t n_bytes)
{
    const size_t huge = (size_t)1 << 21;
    const size_t align = n_bytes >= 2 * huge ? huge : 64;
    void *memory = NULL;
#if defined(_WIN32)
    memory = _aligned_malloc(n_bytes ? n_bytes : 1, 64);
    (void)align;
#else
    if (posix_memalign(&memory, align, n_bytes ? n_bytes : 1))
        return NULL;
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    if (align == huge)
        madvise(memory, n_bytes & ~(huge - 1), MADV_HUGEPAGE);
#endif
#endif
    return memory;
}

void tsc_release(void *memory)
{
#if defined(_WIN32)
    _aligned_free(memory);
#else
    free(memory);
#endif
}
