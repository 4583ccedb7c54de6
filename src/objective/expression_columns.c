#include "base/memory.h"
#include "objective/expression_values.h"

#include <math.h>
#include <string.h>

int program_registers(const struct program *program) {
    return program->variables + program->temporaries + program->constant_count;
}

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
