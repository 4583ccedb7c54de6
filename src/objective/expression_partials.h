/* Inside objective/: the partial derivatives of every opcode, for jets of one point and for columns of many. Inline, so
 * that a loop over one opcode becomes a loop over one formula. */
#pragma once

#include "objective/expression.h"

#include <math.h>

/* A derivative times another. A factor that is exactly 0 wins over an infinite one: √(x² + y²) at its tip, as |x| at
 * its kink, has derivative 0. Never −0, so that adding one that is known to be 0 changes no bit. */
static inline double times(double f, double g) {
    return f == 0 || g == 0 ? 0 : f * g + 0.0;
}

static inline double power_factor(double factor, double x, double exponent) {
    return factor == 0 ? 0 : factor * pow(x, exponent);
}

/* ∂v/∂a and ∂v/∂b of v = x opcode y; `b` means nothing where there is one operand. Kinks count as 0: abs′(0) = relu′(0)
 * = 0. At a tie of min and max each side has half, as in PyTorch. */
struct first_partials {
    double a, b;
};

static inline __attribute__((always_inline)) struct first_partials first_partials(enum opcode opcode, double x,
                                                                                  double y, double v) {
    double u;
    switch (opcode) {
    case OPCODE_ADD: return (struct first_partials){1, 1};
    case OPCODE_SUBTRACT: return (struct first_partials){1, -1};
    case OPCODE_MULTIPLY: return (struct first_partials){y, x};
    case OPCODE_DIVIDE: u = 1 / y; return (struct first_partials){u, -v * u};
    case OPCODE_POWER: return (struct first_partials){y * pow(x, y - 1), v * log(x)};
    case OPCODE_MIN: return (struct first_partials){x < y ? 1 : x == y ? 0.5 : 0, y < x ? 1 : x == y ? 0.5 : 0};
    case OPCODE_MAX: return (struct first_partials){x > y ? 1 : x == y ? 0.5 : 0, y > x ? 1 : x == y ? 0.5 : 0};
    case OPCODE_NEGATE: return (struct first_partials){-1, 0};
    case OPCODE_SQUARE: return (struct first_partials){2 * x, 0};
    case OPCODE_CUBE: return (struct first_partials){3 * (x * x), 0};
    case OPCODE_POWER_CONSTANT: return (struct first_partials){power_factor(y, x, y - 1), 0};
    case OPCODE_SIN: return (struct first_partials){cos(x), 0};
    case OPCODE_COS: return (struct first_partials){-sin(x), 0};
    case OPCODE_TAN: return (struct first_partials){1 + v * v, 0};
    case OPCODE_EXP: return (struct first_partials){v, 0};
    case OPCODE_LOG: return (struct first_partials){1 / x, 0};
    case OPCODE_SQRT: return (struct first_partials){0.5 / v, 0};
    case OPCODE_ABS:
    case OPCODE_RELU: u = opcode == OPCODE_ABS ? -1 : 0; return (struct first_partials){x > 0 ? 1 : x < 0 ? u : 0, 0};
    case OPCODE_TANH:
        u = 1 / cosh(x);
        return (struct first_partials){u * u, 0}; /* 1 − tanh² has no figures left
                                                      where tanh is near 1 */
    case OPCODE_SIGMOID: return (struct first_partials){v * opcode_value(OPCODE_SIGMOID, -x, 0), 0};
    }
    return (struct first_partials){NAN, NAN};
}
