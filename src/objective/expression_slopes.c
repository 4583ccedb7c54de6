#include "base/memory.h"
#include "objective/expression_partials.h"
#include "objective/expression_values.h"

#include <stdlib.h>
#include <string.h>

/* A register is 1 + n columns of SLOPE_BLOCK points: the value and its derivative by each variable. Of a derivative
 * that is 0 whatever the point no column is touched: `by` says which may be something else, bit i for variable i. */
enum { SLOPE_BLOCK = 128 };

struct slopes {
    const struct program *program;
    double *columns, *jets; /* jets: for the few points that take_gradients asks again */
    uint32_t *by;           /* (registers) */
    /* Of the instruction at hand: its value, where it must not yet overwrite an operand's, and its partials. */
    double value[SLOPE_BLOCK], by_a[SLOPE_BLOCK], by_b[SLOPE_BLOCK];
};

/* Constants come last and have a value only. */
static double *slopes_register(const struct slopes *slopes, int index) {
    int moving = slopes->program->variables + slopes->program->temporaries;
    size_t columns = (size_t)(index < moving ? index : moving) * (size_t)(1 + slopes->program->variables);
    return slopes->columns + (columns + (size_t)(index < moving ? 0 : index - moving)) * SLOPE_BLOCK;
}

struct slopes *slopes_create(const struct program *program) {
    struct slopes *slopes = MEM_NEW(struct slopes, 1);
    int n = program->variables, moving = n + program->temporaries;
    slopes->program = program;
    slopes->columns = MEM_NEW(double, (size_t)(moving * (1 + n) + program->constant_count) * SLOPE_BLOCK);
    slopes->by = MEM_NEW(uint32_t, program_registers(program));
    slopes->jets = jets_create(program);
    for (int i = 0; i < n; i++) {
        double *seed = slopes_register(slopes, i) + (size_t)(1 + i) * SLOPE_BLOCK;
        for (int p = 0; p < SLOPE_BLOCK; p++) seed[p] = 1;
        slopes->by[i] = (uint32_t)1 << i;
    }
    for (int k = 0; k < program->constant_count; k++) {
        double *constant = slopes_register(slopes, moving + k);
        for (int p = 0; p < SLOPE_BLOCK; p++) constant[p] = program->constants[k];
    }
    return slopes;
}

void slopes_destroy(struct slopes **slopes) {
    if (!*slopes) return;
    free((*slopes)->columns);
    free((*slopes)->by);
    free((*slopes)->jets);
    free(*slopes);
    *slopes = NULL;
}

/* Values and partials of one operation over `count` points. */
static void measure(enum opcode opcode, int count, const double *a, const double *b, double *value, double *by_a,
                    double *by_b) {
    switch (opcode) {
#define SLOPE_CASE(code, formula)                                                                                      \
    case code:                                                                                                         \
        _Pragma("GCC ivdep") for (int p = 0; p < count; p++) {                                                         \
            const double x = a[p], y = b[p];                                                                           \
            (void)y;                                                                                                   \
            const double v = formula;                                                                                  \
            const struct first_partials partials = first_partials(code, x, y, v);                                      \
            value[p] = v;                                                                                              \
            by_a[p] = partials.a;                                                                                      \
            if (code < OPCODE_BINARY_END) by_b[p] = partials.b;                                                        \
        }                                                                                                              \
        return;
        OPCODE_CASES(SLOPE_CASE)
#undef SLOPE_CASE
    }
}

/* The chain rule for one variable, with plain products where a jet has times(): the same bits unless 0 meets an
 * infinity, which leaves a NaN that take_gradients sees. NULL: that operand does not depend on the variable. */
static void chain(int count, const double *by_a, const double *a, const double *by_b, const double *b, double *target) {
    if (a && b) {
        _Pragma("GCC ivdep") for (int p = 0; p < count; p++) target[p] = (by_a[p] * a[p] + by_b[p] * b[p]) + 0.0;
    } else {
        if (b) a = b, by_a = by_b;
        _Pragma("GCC ivdep") for (int p = 0; p < count; p++) target[p] = by_a[p] * a[p] + 0.0;
    }
}

/* … where both partials are ±1. */
static void chain_sum(int count, double sign, const double *a, const double *b, double *target) {
    if (a && b && sign > 0) {
        _Pragma("GCC ivdep") for (int p = 0; p < count; p++) target[p] = (a[p] + b[p]) + 0.0;
    } else if (a && b) {
        _Pragma("GCC ivdep") for (int p = 0; p < count; p++) target[p] = (a[p] - b[p]) + 0.0;
    } else if (a) {
        if (a != target) memcpy(target, a, (size_t)count * sizeof *target);
    } else {
        _Pragma("GCC ivdep") for (int p = 0; p < count; p++) target[p] = sign * b[p] + 0.0;
    }
}

/* What formulas are mostly made of needs no column of partials: they are ±1, or the operands themselves, which are
 * still there as long as the value is computed last. */
static bool is_plain(enum opcode opcode) {
    return opcode <= OPCODE_MULTIPLY || opcode == OPCODE_NEGATE || opcode == OPCODE_SQUARE;
}

static void plain_value(enum opcode opcode, int count, const double *a, const double *b, double *target) {
    switch (opcode) {
    case OPCODE_ADD: _Pragma("GCC ivdep") for (int p = 0; p < count; p++) target[p] = a[p] + b[p]; return;
    case OPCODE_SUBTRACT: _Pragma("GCC ivdep") for (int p = 0; p < count; p++) target[p] = a[p] - b[p]; return;
    case OPCODE_NEGATE: _Pragma("GCC ivdep") for (int p = 0; p < count; p++) target[p] = -a[p]; return;
    default: /* a square is a times a */ _Pragma("GCC ivdep") for (int p = 0; p < count; p++) target[p] = a[p] * b[p];
    }
}

static void plain_chain(enum opcode opcode, int count, const double *value_a, const double *a, const double *value_b,
                        const double *b, double *target) {
    if (opcode == OPCODE_MULTIPLY) {
        chain(count, value_b, a, value_a, b, target);
    } else if (opcode == OPCODE_SQUARE) {
        _Pragma("GCC ivdep") for (int p = 0; p < count; p++) target[p] = 2 * value_a[p] * a[p] + 0.0;
    } else {
        chain_sum(count, opcode == OPCODE_ADD ? 1 : -1, opcode == OPCODE_NEGATE ? NULL : a,
                  opcode == OPCODE_NEGATE ? a : b, target);
    }
}

static void execute(struct slopes *slopes, const struct instruction *at, int count) {
    double *target = slopes_register(slopes, at->target);
    const double *a = slopes_register(slopes, at->a), *b = slopes_register(slopes, at->b);
    uint32_t by_a = slopes->by[at->a], by_b = at->opcode < OPCODE_BINARY_END ? slopes->by[at->b] : 0;
    bool plain = is_plain(at->opcode), apart = target != a && target != b;
    double *value = apart ? target : slopes->value;
    if (!plain) measure(at->opcode, count, a, b, value, slopes->by_a, slopes->by_b);
    for (int i = 0; i < slopes->program->variables; i++) {
        size_t column = (size_t)(1 + i) * SLOPE_BLOCK;
        const double *along_a = by_a >> i & 1 ? a + column : NULL, *along_b = by_b >> i & 1 ? b + column : NULL;
        if (!along_a && !along_b) continue;
        if (plain)
            plain_chain(at->opcode, count, a, along_a, b, along_b, target + column);
        else
            chain(count, slopes->by_a, along_a, slopes->by_b, along_b, target + column);
    }
    if (plain)
        plain_value(at->opcode, count, a, b, target);
    else if (!apart)
        memcpy(target, value, (size_t)count * sizeof *target);
    slopes->by[at->target] = by_a | by_b;
}

static bool has_nan(int count, const double *values) {
    int found = 0;
    for (int p = 0; p < count; p++) found |= isnan(values[p]);
    return found;
}

/* The block's gradients out of the columns. Points that left a NaN are asked again, one by one. */
static void take_gradients(struct slopes *slopes, int count, const double *thetas, double *gradients) {
    const struct program *program = slopes->program;
    const double *result = slopes_register(slopes, program->result);
    int n = program->variables;
    bool doubt = has_nan(count, result);
    for (int i = 0; i < n; i++) {
        const double *column = result + (1 + i) * SLOPE_BLOCK;
        bool depends = slopes->by[program->result] >> i & 1;
        for (int p = 0; p < count; p++) gradients[p * n + i] = depends ? column[p] : 0;
        doubt |= depends && has_nan(count, column);
    }
    for (int p = 0; doubt && p < count; p++)
        if (isnan(result[p]) || has_nan(n, gradients + p * n))
            memcpy(gradients + p * n, jets_evaluate(program, slopes->jets, 1, thetas + p * n) + 1,
                   (size_t)n * sizeof *gradients);
}

void slopes_evaluate(struct slopes *slopes, int count, const double *thetas, double *values, double *gradients) {
    const struct program *program = slopes->program;
    int n = program->variables;
    const double *result = slopes_register(slopes, program->result);
    for (int first = 0; first < count; first += SLOPE_BLOCK) {
        int block = count - first < SLOPE_BLOCK ? count - first : SLOPE_BLOCK;
        const double *points = thetas + (size_t)first * (size_t)n;
        for (int i = 0; i < n; i++) {
            double *variable = slopes_register(slopes, i);
            for (int p = 0; p < block; p++) variable[p] = points[p * n + i];
        }
        for (int k = 0; k < program->count; k++) execute(slopes, &program->instructions[k], block);
        memcpy(values + first, result, (size_t)block * sizeof *values);
        take_gradients(slopes, block, points, gradients + (size_t)first * (size_t)n);
    }
}
