/* Inside objective/: the value of every opcode, for numbers and for columns of them. */
#pragma once

#include "objective/expression.h"

#include <math.h>

/* Not fmin and fmax: those lose a NaN. */
static inline double smaller(double a, double b) {
    return a <= b ? a : b < a ? b : NAN;
}

static inline double larger(double a, double b) {
    return a >= b ? a : b > a ? b : NAN;
}

static inline double logistic(double x) {
    if (x >= 0) return 1 / (1 + exp(-x));
    double e = exp(x);
    return e / (1 + e);
}

static inline double positive_power(double a, double b) {
    return a > 0 ? pow(a, b) : NAN;
}

/* Every opcode once: the expression of its value from x and y. Columns, folding and jets all take it from here, which
 * is what makes a point's loss the same bits whichever way it was asked for. */
#define OPCODE_CASES(CASE)                                                                                             \
    CASE(OPCODE_ADD, x + y)                                                                                            \
    CASE(OPCODE_SUBTRACT, x - y)                                                                                       \
    CASE(OPCODE_MULTIPLY, x *y)                                                                                        \
    CASE(OPCODE_DIVIDE, x / y)                                                                                         \
    CASE(OPCODE_POWER, positive_power(x, y))                                                                           \
    CASE(OPCODE_MIN, smaller(x, y))                                                                                    \
    CASE(OPCODE_MAX, larger(x, y))                                                                                     \
    CASE(OPCODE_NEGATE, -x)                                                                                            \
    CASE(OPCODE_SQUARE, x *x)                                                                                          \
    CASE(OPCODE_CUBE, x *x *x)                                                                                         \
    CASE(OPCODE_POWER_CONSTANT, pow(x, y))                                                                             \
    CASE(OPCODE_SIN, sin(x))                                                                                           \
    CASE(OPCODE_COS, cos(x))                                                                                           \
    CASE(OPCODE_TAN, tan(x))                                                                                           \
    CASE(OPCODE_EXP, exp(x))                                                                                           \
    CASE(OPCODE_LOG, log(x))                                                                                           \
    CASE(OPCODE_SQRT, sqrt(x))                                                                                         \
    CASE(OPCODE_ABS, fabs(x))                                                                                          \
    CASE(OPCODE_TANH, tanh(x))                                                                                         \
    CASE(OPCODE_SIGMOID, logistic(x))                                                                                  \
    CASE(OPCODE_RELU, x < 0 ? 0 : x)
