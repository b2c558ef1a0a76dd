/* Lists of lanes for the shuffles of lanes.h and sums.h; lanes of the second operand count on.
 *
 * LOW and HIGH exchange sub-blocks of s lanes between two rows, the step of a transposition. FLIP
 * reverses the order. */
#ifndef TSC_SHUFFLES_H
#define TSC_SHUFFLES_H

#define TSC_LOW_2_1 0, 2
#define TSC_HIGH_2_1 1, 3
#define TSC_LOW_4_1 0, 4, 2, 6
#define TSC_HIGH_4_1 1, 5, 3, 7
#define TSC_LOW_4_2 0, 1, 4, 5
#define TSC_HIGH_4_2 2, 3, 6, 7
#define TSC_LOW_8_1 0, 8, 2, 10, 4, 12, 6, 14
#define TSC_HIGH_8_1 1, 9, 3, 11, 5, 13, 7, 15
#define TSC_LOW_8_2 0, 1, 8, 9, 4, 5, 12, 13
#define TSC_HIGH_8_2 2, 3, 10, 11, 6, 7, 14, 15
#define TSC_LOW_8_4 0, 1, 2, 3, 8, 9, 10, 11
#define TSC_HIGH_8_4 4, 5, 6, 7, 12, 13, 14, 15
#define TSC_LOW_16_1 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30
#define TSC_HIGH_16_1 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31
#define TSC_LOW_16_2 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29
#define TSC_HIGH_16_2 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31
#define TSC_LOW_16_4 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27
#define TSC_HIGH_16_4 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31
#define TSC_LOW_16_8 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23
#define TSC_HIGH_16_8 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31

#define TSC_FLIP_2_1 1, 0
#define TSC_FLIP_4_1 3, 2, 1, 0
#define TSC_FLIP_8_1 7, 6, 5, 4, 3, 2, 1, 0
#define TSC_FLIP_16_1 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0

#define TSC_LIST__(KIND, LANES, STEP) TSC_##KIND##_##LANES##_##STEP
#define TSC_LIST(KIND, LANES, STEP) TSC_LIST__(KIND, LANES, STEP)

#if defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
#define TSC_SHUFFLE__(INTS, a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#endif
#endif
#ifndef TSC_SHUFFLE__
#define TSC_SHUFFLE__(INTS, a, b, ...) __builtin_shuffle(a, b, (INTS){__VA_ARGS__})
#endif
#define TSC_SHUFFLE(INTS, a, b, ...) TSC_SHUFFLE__(INTS, a, b, __VA_ARGS__)

#endif
