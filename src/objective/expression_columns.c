#include "base/memory.h"
#include "objective/expression.h"

#include <math.h>
#include <string.h>

int program_registers(const struct program *program) {
    return program->variables + program->temporaries + program->constant_count;
}

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

double opcode_value(enum opcode opcode, double a, double b) {
    const double x = a, y = b;
    (void)y;
    switch (opcode) {
#define VALUE_CASE(code, value)                                                                                        \
    case code: return value;
        OPCODE_CASES(VALUE_CASE)
#undef VALUE_CASE
    }
    return NAN;
}

double *columns_create(const struct program *program) {
    double *columns = MEM_NEW(double, (size_t)program_registers(program) * COLUMN_BLOCK);
    double *constants = columns + (size_t)(program->variables + program->temporaries) * COLUMN_BLOCK;
    for (int k = 0; k < program->constant_count; k++)
        for (int p = 0; p < COLUMN_BLOCK; p++) constants[k * COLUMN_BLOCK + p] = program->constants[k];
    return columns;
}

/* One instruction over `count` points. The target may be an operand, but only at the same index. */
static void column_execute(enum opcode opcode, int count, double *target, const double *a, const double *b) {
    switch (opcode) {
#define COLUMN_CASE(code, value)                                                                                       \
    case code:                                                                                                         \
        _Pragma("GCC ivdep") for (int p = 0; p < count; p++) {                                                         \
            const double x = a[p], y = b[p];                                                                           \
            (void)y;                                                                                                   \
            target[p] = value;                                                                                         \
        }                                                                                                              \
        return;
        OPCODE_CASES(COLUMN_CASE)
#undef COLUMN_CASE
    }
}

void columns_evaluate(const struct program *program, double *columns, int count, const double *thetas, double *values) {
    int n = program->variables;
    for (int first = 0; first < count; first += COLUMN_BLOCK) {
        int block = count - first < COLUMN_BLOCK ? count - first : COLUMN_BLOCK;
        const double *points = thetas + (size_t)first * (size_t)n;
        for (int i = 0; i < n; i++)
            for (int p = 0; p < block; p++) columns[i * COLUMN_BLOCK + p] = points[p * n + i];
        for (int k = 0; k < program->count; k++) {
            const struct instruction *instruction = &program->instructions[k];
            column_execute(instruction->opcode, block, columns + (size_t)instruction->target * COLUMN_BLOCK,
                           columns + (size_t)instruction->a * COLUMN_BLOCK,
                           columns + (size_t)instruction->b * COLUMN_BLOCK);
        }
        memcpy(values + first, columns + (size_t)program->result * COLUMN_BLOCK, (size_t)block * sizeof *values);
    }
}
