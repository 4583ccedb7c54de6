#include "base/memory.h"
#include "base/text.h"
#include "objective/expression.h"
#include "objective/expression_lexer.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Where a part of the formula has its value: a number, or a register. */
struct operand {
    bool constant;
    double value; /* constant only */
    int index;    /* else: of the variable, or of the temporary counted from `variables` */
};

struct parser {
    struct lexer lexer;
    const struct expression_params *params;
    struct program *program;
    size_t instruction_capacity, constant_capacity;
    int depth, temporaries; /* temporaries in use */
};

static bool parse_sum(struct parser *parser, struct operand *out);
static bool parse_factor(struct parser *parser, struct operand *out);

/* ---- the program ------------------------------------------------------------------------------------------------ */

/* Constants get their registers once it is known how many temporaries there are: until then −1, −2, … stand for them.
 */
static int constant_register(struct parser *parser, double value) {
    struct program *program = parser->program;
    for (int k = program->constant_count - 1; k >= 0 && k >= program->constant_count - 8; k--)
        if (memcmp(&program->constants[k], &value, sizeof value) == 0) return -1 - k;
    MEM_GROW(program->constants, parser->constant_capacity, program->constant_count + 1);
    program->constants[program->constant_count++] = value;
    return -program->constant_count;
}

static int operand_register(struct parser *parser, struct operand operand) {
    return operand.constant ? constant_register(parser, operand.value) : operand.index;
}

static void release(struct parser *parser, struct operand operand) {
    if (!operand.constant && operand.index >= parser->program->variables) parser->temporaries--;
}

/* `b` is read by binary opcodes and OPCODE_POWER_CONSTANT; for others it is `a` again. */
static struct operand emit(struct parser *parser, enum opcode opcode, struct operand a, struct operand b) {
    if (a.constant && b.constant)
        return (struct operand){.constant = true, .value = opcode_value(opcode, a.value, b.value)};
    struct program *program = parser->program;
    bool one = opcode >= OPCODE_BINARY_END && opcode != OPCODE_POWER_CONSTANT;
    struct instruction instruction = {.opcode = opcode, .a = operand_register(parser, a)};
    instruction.b = one ? instruction.a : operand_register(parser, b);
    release(parser, a);
    if (!one) release(parser, b);
    instruction.target = program->variables + parser->temporaries++;
    if (parser->temporaries > program->temporaries) program->temporaries = parser->temporaries;
    assert(program->count < EXPRESSION_TEXT);
    MEM_GROW(program->instructions, parser->instruction_capacity, program->count + 1);
    program->instructions[program->count++] = instruction;
    return (struct operand){.index = instruction.target};
}

static struct operand emit_unary(struct parser *parser, enum opcode opcode, struct operand a) {
    return emit(parser, opcode, a, a);
}

static struct operand emit_power(struct parser *parser, struct operand base, struct operand exponent) {
    if (!exponent.constant) return emit(parser, OPCODE_POWER, base, exponent);
    if (exponent.value == 1) return base;
    if (exponent.value == 2) return emit_unary(parser, OPCODE_SQUARE, base);
    if (exponent.value == 3) return emit_unary(parser, OPCODE_CUBE, base);
    return emit(parser, OPCODE_POWER_CONSTANT, base, exponent);
}

static void place_constants(struct program *program) {
    int first = program->variables + program->temporaries;
    for (int k = 0; k < program->count; k++) {
        struct instruction *instruction = &program->instructions[k];
        if (instruction->a < 0) instruction->a = first - 1 - instruction->a;
        if (instruction->b < 0) instruction->b = first - 1 - instruction->b;
    }
    if (program->result < 0) program->result = first - 1 - program->result;
}

/* ---- names ------------------------------------------------------------------------------------------------------ */

static int name_index(const char *name, const char *const *names, int count) {
    for (int i = 0; i < count; i++)
        if (strcmp(name, names[i]) == 0) return i;
    return -1;
}

static bool name_is_number(const struct expression_params *params, const char *name) {
    return name_index(name, params->variables, params->variable_count) >= 0 ||
           name_index(name, params->constants, params->constant_count) >= 0 || strcmp(name, "pi") == 0 ||
           strcmp(name, "e") == 0;
}

/* What a name nobody knows may have meant, as " …" to put after the message; empty when there is no guess. */
static void guess_name(const struct expression_params *params, const char *name, bool called, struct text *guess) {
    static const struct {
        const char *foreign, *ours;
    } known[] = {{"ln", "log(…)"},
                 {"log10", "log(…)/log(10)"},
                 {"log2", "log(…)/log(2)"},
                 {"sinh", "(exp(x) - exp(-x))/2"},
                 {"cosh", "(exp(x) + exp(-x))/2"},
                 {"sqr", "…^2"},
                 {"power", "pow(…, …)"},
                 {"softplus", "log(1 + exp(…))"},
                 {"logistic", "sigmoid(…)"},
                 {"fabs", "abs(…)"}};
    for (size_t i = 0; called && i < sizeof known / sizeof *known; i++) {
        if (strcmp(name, known[i].foreign) == 0) {
            text_format(guess, "; write %s", known[i].ours);
            return;
        }
    }
    size_t length = strlen(name);
    for (size_t cut = 1; !called && cut < length && length < EXPRESSION_NAME; cut++) {
        char left[EXPRESSION_NAME] = {0};
        memcpy(left, name, cut);
        if (name_is_number(params, left) && name_is_number(params, name + cut)) {
            text_format(guess, "; for a product write %s*%s", left, name + cut);
            return;
        }
    }
    const char *candidates[EXPRESSION_MAX_VARIABLES + EXPRESSION_MAX_CONSTANTS + 64];
    size_t count = 0;
    for (int i = 0; !called && i < params->variable_count; i++) candidates[count++] = params->variables[i];
    for (int i = 0; !called && i < params->constant_count; i++) candidates[count++] = params->constants[i];
    for (int i = 0; i < function_entry_count; i++) candidates[count++] = function_entries[i].name;
    if (!called) candidates[count++] = "pi";
    const char *nearest = text_nearest(name, candidates, count);
    if (nearest) {
        text_format(guess, "; did you mean “%s”?", nearest);
        return;
    }
    text_append(guess, called ? "; functions are" : "; known are");
    if (!called)
        for (int i = 0; i < params->variable_count; i++) text_format(guess, " %s", params->variables[i]);
    if (!called)
        for (int i = 0; i < params->constant_count && i < 16; i++) text_format(guess, " %s", params->constants[i]);
    if (!called) text_append(guess, " pi e, and the functions");
    for (int i = 0; i < function_entry_count; i++) text_format(guess, " %s", function_entries[i].name);
}

static bool unknown_name(struct parser *parser, const struct token *name, bool called) {
    struct text guess = {0};
    char shown[TOKEN_SHOWN];
    guess_name(parser->params, lexer_name(&parser->lexer, name), called, &guess);
    lexer_fail(&parser->lexer, name->column, "unknown %s “%s” at column %d%s", called ? "function" : "name",
               lexer_show(&parser->lexer, name, shown), name->column, guess.bytes ? guess.bytes : "");
    text_clear(&guess);
    return false;
}

/* ---- the grammar ------------------------------------------------------------------------------------------------- */

static bool enter(struct parser *parser) {
    if (parser->depth++ < EXPRESSION_DEPTH) return true;
    int column = parser->lexer.token.column;
    return lexer_fail(&parser->lexer, column, "nested more than %d deep at column %d; write it with fewer parentheses",
                      EXPRESSION_DEPTH, column);
}

static bool expect_close(struct parser *parser, int open_column) {
    struct lexer *lexer = &parser->lexer;
    if (lexer->token.kind == TOKEN_CLOSE) return lexer_next(lexer);
    if (lexer->token.kind == TOKEN_END)
        return lexer_fail(lexer, open_column, "the “(” at column %d is never closed; add “)”", open_column);
    if (lexer->token.kind == TOKEN_COMMA)
        return lexer_fail(lexer, lexer->token.column,
                          "“,” at column %d is outside a function's arguments; decimals have a point, as in 0.5",
                          lexer->token.column);
    return lexer_fail_operator(lexer);
}

static bool parse_call(struct parser *parser, const struct token *name, struct operand *out) {
    struct lexer *lexer = &parser->lexer;
    const struct function_entry *function = function_find(lexer_name(lexer, name));
    int open_column = lexer->token.column, count = 0;
    if (!lexer_next(lexer)) return false;
    struct operand arguments[2] = {0};
    bool empty = lexer->token.kind == TOKEN_CLOSE;
    while (!empty) {
        struct operand ignored, *argument = count < 2 ? &arguments[count] : &ignored;
        int used = parser->temporaries;
        if (!parse_sum(parser, argument)) return false;
        if (count >= 2) parser->temporaries = used; /* on the way to an error */
        count++;
        if (lexer->token.kind != TOKEN_COMMA) break;
        if (!lexer_next(lexer)) return false;
    }
    if (!expect_close(parser, open_column)) return false;
    if (count != function->arguments)
        return lexer_fail(lexer, name->column, "“%s” at column %d has %d argument%s; it takes %s", function->name,
                          name->column, count, count == 1 ? "" : "s",
                          function->arguments == 1 ? "one, as in f(x)" : "two, as in f(a, b)");
    if (function->opcode == OPCODE_POWER)
        *out = emit_power(parser, arguments[0], arguments[1]);
    else if (function->arguments == 2)
        *out = emit(parser, function->opcode, arguments[0], arguments[1]);
    else
        *out = emit_unary(parser, function->opcode, arguments[0]);
    return true;
}

static bool parse_name(struct parser *parser, struct operand *out) {
    struct lexer *lexer = &parser->lexer;
    const struct expression_params *params = parser->params;
    struct token name = lexer->token;
    if (!lexer_next(lexer)) return false;
    bool called = lexer->token.kind == TOKEN_OPEN;
    char shown[TOKEN_SHOWN];
    const char *word = lexer_name(lexer, &name);
    if (function_find(word)) {
        if (called) return parse_call(parser, &name, out);
        return lexer_fail(lexer, name.column, "“%s” at column %d is a function; write %s(…)", word, name.column, word);
    }
    int variable = name_index(word, params->variables, params->variable_count);
    int constant = name_index(word, params->constants, params->constant_count);
    if (variable >= 0)
        *out = (struct operand){.index = variable};
    else if (constant >= 0)
        *out = (struct operand){.constant = true, .value = params->constant_values[constant]};
    else if (strcmp(word, "pi") == 0)
        *out = (struct operand){.constant = true, .value = M_PI};
    else if (strcmp(word, "e") == 0)
        *out = (struct operand){.constant = true, .value = M_E};
    else
        return unknown_name(parser, &name, called);
    if (called)
        return lexer_fail(lexer, lexer->token.column, "“%s” is not a function; for a product write %s*( at column %d",
                          lexer_show(lexer, &name, shown), word, lexer->token.column);
    return true;
}

static bool parse_primary(struct parser *parser, struct operand *out) {
    struct lexer *lexer = &parser->lexer;
    struct token token = lexer->token;
    switch (token.kind) {
    case TOKEN_NUMBER: *out = (struct operand){.constant = true, .value = token.number}; return lexer_next(lexer);
    case TOKEN_NAME: return parse_name(parser, out);
    case TOKEN_OPEN:
        if (!lexer_next(lexer)) return false;
        if (lexer->token.kind == TOKEN_CLOSE)
            return lexer_fail(lexer, lexer->token.column,
                              "nothing between the parentheses at column %d; write a formula there", token.column);
        return parse_sum(parser, out) && expect_close(parser, token.column);
    default: return lexer_fail_operand(lexer);
    }
}

static bool parse_power(struct parser *parser, struct operand *out) {
    if (!parse_primary(parser, out)) return false;
    if (parser->lexer.token.kind != TOKEN_POWER) return true;
    struct operand exponent;
    if (!lexer_next(&parser->lexer) || !parse_factor(parser, &exponent)) return false;
    *out = emit_power(parser, *out, exponent);
    return true;
}

/* Signs and powers; both call themselves, so both count as depth. */
static bool parse_factor(struct parser *parser, struct operand *out) {
    if (!enter(parser)) return false;
    enum token_kind sign = parser->lexer.token.kind;
    if (sign == TOKEN_MINUS || sign == TOKEN_PLUS) {
        if (!lexer_next(&parser->lexer) || !parse_factor(parser, out)) return false;
        if (sign == TOKEN_MINUS) *out = emit_unary(parser, OPCODE_NEGATE, *out);
    } else if (!parse_power(parser, out)) {
        return false;
    }
    parser->depth--;
    return true;
}

static bool parse_product(struct parser *parser, struct operand *out) {
    if (!parse_factor(parser, out)) return false;
    for (;;) {
        enum token_kind kind = parser->lexer.token.kind;
        if (kind != TOKEN_TIMES && kind != TOKEN_DIVIDE) return true;
        struct operand right;
        if (!lexer_next(&parser->lexer) || !parse_factor(parser, &right)) return false;
        *out = emit(parser, kind == TOKEN_TIMES ? OPCODE_MULTIPLY : OPCODE_DIVIDE, *out, right);
    }
}

static bool parse_sum(struct parser *parser, struct operand *out) {
    if (!parse_product(parser, out)) return false;
    for (;;) {
        enum token_kind kind = parser->lexer.token.kind;
        if (kind != TOKEN_PLUS && kind != TOKEN_MINUS) return true;
        struct operand right;
        if (!lexer_next(&parser->lexer) || !parse_product(parser, &right)) return false;
        *out = emit(parser, kind == TOKEN_PLUS ? OPCODE_ADD : OPCODE_SUBTRACT, *out, right);
    }
}

static bool parse_formula(struct parser *parser) {
    struct lexer *lexer = &parser->lexer;
    struct operand result;
    if (!lexer_next(lexer)) return false;
    if (lexer->token.kind == TOKEN_END)
        return lexer_fail(lexer, 1, "the formula is empty; write one, such as (1 - w1*w2)^2");
    if (!parse_sum(parser, &result)) return false;
    if (lexer->token.kind == TOKEN_CLOSE)
        return lexer_fail(lexer, lexer->token.column,
                          "the “)” at column %d closes nothing; remove it, or add “(” before it", lexer->token.column);
    if (lexer->token.kind == TOKEN_COMMA)
        return lexer_fail(lexer, lexer->token.column,
                          "“,” at column %d is outside a function's arguments; decimals have a point, as in 0.5",
                          lexer->token.column);
    if (lexer->token.kind != TOKEN_END) return lexer_fail_operator(lexer);
    parser->program->result = operand_register(parser, result);
    return true;
}

bool program_parse(struct program *program, const struct expression_params *params, int *column, struct error *error) {
    *program = (struct program){.variables = params->variable_count};
    if (strlen(params->text) > EXPRESSION_TEXT)
        return error_set(error, ERROR_INPUT, "the formula has %zu bytes; at most %d are allowed", strlen(params->text),
                         EXPRESSION_TEXT);
    struct parser parser = {.params = params, .program = program};
    lexer_start(&parser.lexer, params->text, error);
    bool ok = parse_formula(&parser);
    if (ok)
        place_constants(program);
    else
        program_clear(program);
    if (!ok && column) *column = parser.lexer.failed_column;
    return ok;
}

void program_clear(struct program *program) {
    free(program->instructions);
    free(program->constants);
    *program = (struct program){0};
}
