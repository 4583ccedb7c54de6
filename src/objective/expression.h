/* Inside objective/: a formula as a small program over registers.
 *
 * Registers, in order: the variables, the temporaries, the constants. An instruction reads one or two registers and
 * writes a temporary; temporaries are a stack, so there are no more of them than the formula is deep. A register is a
 * column of points when losses are wanted, and a jet (value, first and second derivatives) when derivatives are. */
#pragma once

#include "objective/objective.h"

enum opcode {
    OPCODE_ADD,
    OPCODE_SUBTRACT,
    OPCODE_MULTIPLY,
    OPCODE_DIVIDE,
    OPCODE_POWER, /* exponent not constant: exp(b log a), a > 0 */
    OPCODE_MIN,
    OPCODE_MAX,
    OPCODE_BINARY_END,
    OPCODE_NEGATE = OPCODE_BINARY_END,
    OPCODE_SQUARE,
    OPCODE_CUBE,
    OPCODE_POWER_CONSTANT, /* b is the register of the constant exponent; only a is differentiated */
    OPCODE_SIN,
    OPCODE_COS,
    OPCODE_TAN,
    OPCODE_EXP,
    OPCODE_LOG,
    OPCODE_SQRT,
    OPCODE_ABS,
    OPCODE_TANH,
    OPCODE_SIGMOID,
    OPCODE_RELU,
};

struct instruction {
    enum opcode opcode;
    int target, a, b; /* registers; for a unary opcode b is a, but for OPCODE_POWER_CONSTANT */
};

/* Immutable once parsed. At most one instruction a byte of text. */
struct program {
    struct instruction *instructions;
    int count;
    int variables, temporaries; /* registers [0, variables), [variables, variables + temporaries) */
    double *constants;          /* registers from variables + temporaries on */
    int constant_count;
    int result; /* the register that holds the formula's value at the end */
};

/* Parses params->text; the names in `params` must have been checked (names_check). On failure `program` is empty. */
bool program_parse(struct program *program, const struct expression_params *params, int *column, struct error *error);
void program_clear(struct program *program);
int program_registers(const struct program *program);
double opcode_value(enum opcode opcode, double a, double b); /* one operation on numbers, as the columns do it */

enum { COLUMN_BLOCK = 64 };
/* Registers of columns: (program_registers × COLUMN_BLOCK), constants filled in; freed by the caller. */
double *columns_create(const struct program *program);
/* The values at `count` points `thetas` (count × variables) into `values` (count). */
void columns_evaluate(const struct program *program, double *columns, int count, const double *thetas, double *values);

/* Registers of jets: (program_registers × jet_size); freed by the caller. A jet is the value, n first derivatives, and
 * the second ones' upper triangle by rows. */
size_t jet_size(int variables);
double *jets_create(const struct program *program);
/* The jet of the formula at `theta` (variables); up to first derivatives when `order` is 1, second when 2. Where the
 * value is not a number, neither are the derivatives. Points into `jets`. */
const double *jets_evaluate(const struct program *program, double *jets, int order, const double *theta);

/* expression_squares.c: the formula as Σ c e^2m and a constant, c > 0, m ≥ 1 whole; none when it is no such sum. Looks
 * at the top of the formula only: sums, signs, constant factors, powers. */
struct square {
    struct program base; /* of e: the formula's, as far as it goes; borrowed */
    double scale, power; /* c, m */
};
struct squares {
    struct square *terms;
    int count;
};
void squares_find(struct squares *squares, const struct program *program);
void squares_clear(struct squares *squares);
/* Gauss–Newton products, as evaluator_gauss_newton; `jets` of the whole formula. */
void squares_multiply(const struct squares *squares, double *jets, const double *theta, int count, const double *v,
                      double *gv);

/* Columns of values and first derivatives, for gradients at many points. */
struct slopes;
struct slopes *slopes_create(const struct program *program); /* borrows the program */
void slopes_destroy(struct slopes **slopes);                 /* accepts a pointer to NULL */
/* Values (count) and gradients (count × variables) at `count` points `thetas` (count × variables), the same bits as
 * jets_evaluate's. */
void slopes_evaluate(struct slopes *slopes, int count, const double *thetas, double *values, double *gradients);

/* What the parser calls functions, and their opcode. */
struct function_entry {
    const char *name;
    enum opcode opcode;
    int arguments;
};
extern const struct function_entry function_entries[];
extern const int function_entry_count;
const struct function_entry *function_find(const char *name); /* NULL when there is none */
