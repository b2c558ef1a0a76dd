/* What differs between compilers: vector extensions, targets, aligned memory. */
#ifndef TSC_PORTABLE_H
#define TSC_PORTABLE_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if (defined(__GNUC__) || defined(__clang__)) && !defined(TSC_PLAIN)
#define TSC_VECTORS 1
#define TSC_INLINE static inline __attribute__((always_inline, unused))
#define TSC_LOCAL static __attribute__((unused))
#else
#define TSC_VECTORS 0
#define TSC_INLINE static inline
#define TSC_LOCAL static
#endif

#if defined(__clang__)
#define TSC_UNROLL _Pragma("clang loop unroll(full)")
#elif defined(__GNUC__)
#define TSC_UNROLL _Pragma("GCC unroll 16")
#else
#define TSC_UNROLL
#endif

#if defined(_MSC_VER) && !defined(__clang__)
#define TSC_RESTRICT __restrict
#else
#define TSC_RESTRICT restrict
#endif

/* Only a hint: the address may lie anywhere. */
#if defined(__GNUC__) || defined(__clang__)
#define TSC_PREFETCH(address) __builtin_prefetch((const void *)(uintptr_t)(address))
#define TSC_PREFETCH_WRITE(address) __builtin_prefetch((const void *)(uintptr_t)(address), 1)
#else
#define TSC_PREFETCH(address) ((void)0)
#define TSC_PREFETCH_WRITE(address) ((void)0)
#endif

typedef ptrdiff_t idx;

/* Memory on a page of its own if it is large, so that the system can give it in large pages. */
void *tsc_allocate(size_t n_bytes);
void tsc_release(void *memory);

#endif
