/* The core in plain arithmetic, whatever the compiler can do: a second opinion for the tests. */
#include "correlator.h"

#define FLOAT_LANES 1
#define DOUBLE_LANES 1
#define TSC_NAME plain
#define TSC_LABEL "plain"
#include "unit.h"
