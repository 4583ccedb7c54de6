/* A formula as a sum of squares Σ c e^2m with constants c > 0, found in its program. */
#include "base/memory.h"
#include "objective/expression.h"

#include <math.h>
#include <stdlib.h>

struct finder {
    const struct program *program;
    struct squares *squares;
    size_t capacity;
};

static bool is_constant(const struct program *program, int reg) {
    return reg >= program->variables + program->temporaries;
}

static double constant_of(const struct program *program, int reg) {
    return program->constants[reg - program->variables - program->temporaries];
}

/* The instruction before `end` that wrote a temporary last; −1: it is none. */
static int writer_of(const struct program *program, int reg, int end) {
    if (reg < program->variables) return -1;
    for (int k = end - 1; k >= 0; k--)
        if (program->instructions[k].target == reg) return k;
    return -1;
}

/* scale · e^2m, with e in a register before instruction `end`. A scale of 0 leaves no square. */
static bool add_square(struct finder *finder, double scale, double power, int reg, int end) {
    if (!(scale >= 0 && isfinite(scale))) return false;
    if (scale == 0) return true;
    struct squares *squares = finder->squares;
    MEM_GROW(squares->terms, finder->capacity, (size_t)squares->count + 1);
    struct square *term = &squares->terms[squares->count++];
    *term = (struct square){.base = *finder->program, .scale = scale, .power = power};
    term->base.count = end;
    term->base.result = reg;
    return true;
}

/* Whether scale times what stands in `reg` before instruction `end` is a sum of squares and constants. */
static bool find(struct finder *finder, double scale, int reg, int end) {
    const struct program *program = finder->program;
    for (;;) { /* down the left side, where sums are long */
        if (is_constant(program, reg)) return true;
        int at = writer_of(program, reg, end);
        if (at < 0) return false;
        const struct instruction *i = &program->instructions[at];
        bool left = is_constant(program, i->a), right = is_constant(program, i->b);
        end = at;
        reg = i->a;
        switch (i->opcode) {
        case OPCODE_ADD:
            if (!find(finder, scale, i->b, end)) return false;
            break;
        case OPCODE_SUBTRACT:
            if (!find(finder, -scale, i->b, end)) return false;
            break;
        case OPCODE_NEGATE: scale = -scale; break;
        case OPCODE_MULTIPLY:
            if (!left && !right) return i->a == i->b && add_square(finder, scale, 1, reg, end);
            scale *= constant_of(program, left ? i->a : i->b);
            reg = left ? i->b : i->a;
            break;
        case OPCODE_DIVIDE:
            if (!right) return false;
            scale /= constant_of(program, i->b);
            break;
        case OPCODE_SQUARE: return add_square(finder, scale, 1, reg, end);
        case OPCODE_POWER_CONSTANT: {
            double half = constant_of(program, i->b) / 2;
            return half >= 1 && half == floor(half) && isfinite(half) && add_square(finder, scale, half, reg, end);
        }
        default: return false;
        }
    }
}

void squares_find(struct squares *squares, const struct program *program) {
    struct finder finder = {.program = program, .squares = squares};
    *squares = (struct squares){0};
    if (!find(&finder, 1, program->result, program->count)) squares_clear(squares);
}

void squares_clear(struct squares *squares) {
    free(squares->terms);
    *squares = (struct squares){0};
}

/* Residuals r = √c e^m: 2 ∇r ∇rᵀ = 2 c m² e^(2m − 2) ∇e ∇eᵀ. */
void squares_multiply(const struct squares *squares, double *jets, const double *theta, int count, const double *v,
                      double *gv) {
    size_t n = squares->count ? (size_t)squares->terms->base.variables : 0;
    for (size_t i = 0; i < (size_t)count * n; i++) gv[i] = 0;
    for (int t = 0; t < squares->count; t++) {
        const struct square *term = &squares->terms[t];
        const double *jet = jets_evaluate(&term->base, jets, 1, theta), *slope = jet + 1;
        double factor = 2 * term->scale * term->power * term->power;
        if (term->power > 1) factor *= pow(jet[0], 2 * term->power - 2);
        for (size_t k = 0; k < (size_t)count; k++) {
            double along = 0;
            for (size_t i = 0; i < n; i++) along += slope[i] * v[k * n + i];
            for (size_t i = 0; i < n; i++) gv[k * n + i] += factor * along * slope[i];
        }
    }
}
