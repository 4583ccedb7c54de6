#include "base/memory.h"
#include "objective/expression.h"

#include <math.h>
#include <string.h>

size_t jet_size(int variables) {
    size_t n = (size_t)variables;
    return 1 + n + n * (n + 1) / 2;
}

double *jets_create(const struct program *program) {
    size_t size = jet_size(program->variables);
    double *jets = MEM_NEW(double, (size_t)program_registers(program) * size);
    for (int i = 0; i < program->variables; i++) jets[(size_t)i * size + 1 + (size_t)i] = 1;
    for (int k = 0; k < program->constant_count; k++)
        jets[(size_t)(program->variables + program->temporaries + k) * size] = program->constants[k];
    return jets;
}

/* A factor that is exactly 0 wins over an infinite one: √(x² + y²) at its tip, as |x| at its kink, has derivative 0. */
static inline double times(double f, double g) {
    return f == 0 || g == 0 ? 0 : f * g;
}

/* f(a): f′ and f″. */
struct unary {
    double f1, f2;
};

static double power_factor(double factor, double x, double exponent) {
    return factor == 0 ? 0 : factor * pow(x, exponent);
}

/* `k` is the exponent of OPCODE_POWER_CONSTANT. Kinks count as 0: abs′(0) = relu′(0) = 0. */
static struct unary unary_partials(enum opcode opcode, double x, double k, double value) {
    double u;
    switch (opcode) {
    case OPCODE_NEGATE: return (struct unary){-1, 0};
    case OPCODE_SQUARE: return (struct unary){2 * x, 2};
    case OPCODE_CUBE: return (struct unary){3 * (x * x), 6 * x};
    case OPCODE_POWER_CONSTANT: return (struct unary){power_factor(k, x, k - 1), power_factor(k * (k - 1), x, k - 2)};
    case OPCODE_SIN: return (struct unary){cos(x), -value};
    case OPCODE_COS: return (struct unary){-sin(x), -value};
    case OPCODE_TAN: u = 1 + value * value; return (struct unary){u, 2 * value * u};
    case OPCODE_EXP: return (struct unary){value, value};
    case OPCODE_LOG: u = 1 / x; return (struct unary){u, -u * u};
    case OPCODE_SQRT: u = 0.5 / value; return (struct unary){u, -0.5 * u / x};
    case OPCODE_ABS: return (struct unary){x > 0 ? 1 : x < 0 ? -1 : 0, 0};
    case OPCODE_TANH:
        u = 1 / cosh(x); /* 1 − tanh² has no figures left where tanh is near 1 */
        return (struct unary){u * u, -2 * value * (u * u)};
    case OPCODE_SIGMOID: u = value * opcode_value(OPCODE_SIGMOID, -x, 0); return (struct unary){u, -u * tanh(0.5 * x)};
    case OPCODE_RELU: return (struct unary){x > 0 ? 1 : 0, 0};
    default: return (struct unary){NAN, NAN};
    }
}

/* f(a, b): first and second partial derivatives. */
struct binary {
    double fa, fb, faa, fab, fbb;
};

static struct binary binary_partials(enum opcode opcode, double x, double y, double value) {
    switch (opcode) {
    case OPCODE_ADD: return (struct binary){1, 1, 0, 0, 0};
    case OPCODE_SUBTRACT: return (struct binary){1, -1, 0, 0, 0};
    case OPCODE_MULTIPLY: return (struct binary){y, x, 0, 1, 0};
    case OPCODE_DIVIDE: {
        double u = 1 / y;
        return (struct binary){u, -value * u, 0, -u * u, 2 * value * u * u};
    }
    case OPCODE_POWER: {
        double logarithm = log(x), less = pow(x, y - 1);
        return (struct binary){y * less, value * logarithm, y * (y - 1) * pow(x, y - 2), less * (1 + y * logarithm),
                               value * logarithm * logarithm};
    }
    case OPCODE_MIN: /* at a tie each side has half, as in PyTorch */
        return (struct binary){x < y ? 1 : x == y ? 0.5 : 0, y < x ? 1 : x == y ? 0.5 : 0, 0, 0, 0};
    case OPCODE_MAX: return (struct binary){x > y ? 1 : x == y ? 0.5 : 0, y > x ? 1 : x == y ? 0.5 : 0, 0, 0, 0};
    default: return (struct binary){NAN, NAN, NAN, NAN, NAN};
    }
}

/* ∂f = f′ ∂a; ∂²f = f′ ∂²a + f″ ∂a ∂a. The target may be `a`: second derivatives are written first. */
static void unary_chain(int n, int order, struct unary f, double value, double *target, const double *a) {
    if (order > 1) {
        size_t at = 1 + (size_t)n;
        for (int i = 0; i < n; i++) {
            double left = times(f.f2, a[1 + i]);
            for (int j = i; j < n; j++, at++) target[at] = times(f.f1, a[at]) + times(left, a[1 + j]);
        }
    }
    for (int i = 0; i < n; i++) target[1 + i] = times(f.f1, a[1 + i]);
    target[0] = value;
}

/* The same for two operands, of which the target may be either. */
static void binary_chain(int n, int order, struct binary f, double value, double *target, const double *a,
                         const double *b) {
    if (order > 1) {
        size_t at = 1 + (size_t)n;
        for (int i = 0; i < n; i++) {
            double ai = a[1 + i], bi = b[1 + i];
            double left = times(f.faa, ai) + times(f.fab, bi), right = times(f.fab, ai) + times(f.fbb, bi);
            for (int j = i; j < n; j++, at++)
                target[at] = times(f.fa, a[at]) + times(f.fb, b[at]) + (times(left, a[1 + j]) + times(right, b[1 + j]));
        }
    }
    for (int i = 0; i < n; i++) target[1 + i] = times(f.fa, a[1 + i]) + times(f.fb, b[1 + i]);
    target[0] = value;
}

const double *jets_evaluate(const struct program *program, double *jets, int order, const double *theta) {
    int n = program->variables;
    size_t size = jet_size(n);
    for (int i = 0; i < n; i++) jets[(size_t)i * size] = theta[i];
    for (int k = 0; k < program->count; k++) {
        const struct instruction *instruction = &program->instructions[k];
        enum opcode opcode = instruction->opcode;
        double *target = jets + (size_t)instruction->target * size;
        const double *a = jets + (size_t)instruction->a * size, *b = jets + (size_t)instruction->b * size;
        double value = opcode_value(opcode, a[0], b[0]);
        if (opcode < OPCODE_BINARY_END)
            binary_chain(n, order, binary_partials(opcode, a[0], b[0], value), value, target, a, b);
        else
            unary_chain(n, order, unary_partials(opcode, a[0], b[0], value), value, target, a);
    }
    double *result = jets + (size_t)program->result * size;
    if (isnan(result[0]) && program->result >= n && program->result < n + program->temporaries)
        for (size_t i = 1; i < size; i++) result[i] = NAN;
    return result;
}
