#include "base/memory.h"
#include "objective/expression_partials.h"

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

/* f″(a), from f′. */
static double second_partial(enum opcode opcode, double x, double k, double value, double f1) {
    switch (opcode) {
    case OPCODE_SQUARE: return 2;
    case OPCODE_CUBE: return 6 * x;
    case OPCODE_POWER_CONSTANT: return power_factor(k * (k - 1), x, k - 2);
    case OPCODE_SIN:
    case OPCODE_COS: return -value;
    case OPCODE_TAN: return 2 * value * f1;
    case OPCODE_EXP: return value;
    case OPCODE_LOG: return -f1 * f1;
    case OPCODE_SQRT: return -0.5 * f1 / x;
    case OPCODE_TANH: return -2 * value * f1;
    case OPCODE_SIGMOID: return -f1 * tanh(0.5 * x);
    default: return 0;
    }
}

struct second_partials {
    double aa, ab, bb;
};

static struct second_partials second_partials(enum opcode opcode, double x, double y, double value) {
    switch (opcode) {
    case OPCODE_MULTIPLY: return (struct second_partials){0, 1, 0};
    case OPCODE_DIVIDE: {
        double u = 1 / y;
        return (struct second_partials){0, -u * u, 2 * value * u * u};
    }
    case OPCODE_POWER: {
        double logarithm = log(x), less = pow(x, y - 1);
        return (struct second_partials){y * (y - 1) * pow(x, y - 2), less * (1 + y * logarithm),
                                        value * logarithm * logarithm};
    }
    default: return (struct second_partials){0, 0, 0};
    }
}

/* ∂f = f′ ∂a; ∂²f = f′ ∂²a + f″ ∂a ∂a. The target may be `a`: second derivatives are written first. */
static void unary_chain(int n, int order, const struct instruction *at, double value, double *target, const double *a,
                        const double *b) {
    double f1 = first_partials(at->opcode, a[0], b[0], value).a;
    if (order > 1) {
        double f2 = second_partial(at->opcode, a[0], b[0], value, f1);
        size_t place = 1 + (size_t)n;
        for (int i = 0; i < n; i++) {
            double left = times(f2, a[1 + i]);
            for (int j = i; j < n; j++, place++) target[place] = times(f1, a[place]) + times(left, a[1 + j]);
        }
    }
    for (int i = 0; i < n; i++) target[1 + i] = times(f1, a[1 + i]);
    target[0] = value;
}

/* The same for two operands, of which the target may be either. */
static void binary_chain(int n, int order, const struct instruction *at, double value, double *target, const double *a,
                         const double *b) {
    struct first_partials f = first_partials(at->opcode, a[0], b[0], value);
    if (order > 1) {
        struct second_partials s = second_partials(at->opcode, a[0], b[0], value);
        size_t place = 1 + (size_t)n;
        for (int i = 0; i < n; i++) {
            double ai = a[1 + i], bi = b[1 + i];
            double left = times(s.aa, ai) + times(s.ab, bi), right = times(s.ab, ai) + times(s.bb, bi);
            for (int j = i; j < n; j++, place++)
                target[place] =
                    times(f.a, a[place]) + times(f.b, b[place]) + (times(left, a[1 + j]) + times(right, b[1 + j]));
        }
    }
    for (int i = 0; i < n; i++) target[1 + i] = times(f.a, a[1 + i]) + times(f.b, b[1 + i]);
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
            binary_chain(n, order, instruction, value, target, a, b);
        else
            unary_chain(n, order, instruction, value, target, a, b);
    }
    double *result = jets + (size_t)program->result * size;
    if (isnan(result[0]) && program->result >= n && program->result < n + program->temporaries)
        for (size_t i = 1; i < size; i++) result[i] = NAN;
    return result;
}
