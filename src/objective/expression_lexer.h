/* Inside objective/: the words of a formula, and what is said when one is out of place. */
#pragma once

#include "objective/objective.h"

enum token_kind {
    TOKEN_END,
    TOKEN_NUMBER,
    TOKEN_NAME,
    TOKEN_OPEN,
    TOKEN_CLOSE,
    TOKEN_COMMA,
    TOKEN_PLUS,
    TOKEN_MINUS,
    TOKEN_TIMES,
    TOKEN_DIVIDE,
    TOKEN_POWER,
};

struct token {
    enum token_kind kind;
    int column, length; /* bytes, the column from 1 */
    double number;      /* TOKEN_NUMBER only */
};

struct lexer {
    const char *text;             /* borrowed, NUL-terminated, at most EXPRESSION_TEXT bytes */
    size_t at;                    /* of the first byte after `token` */
    struct token token, previous; /* previous.column 0: there is none */
    struct error *error;
    int failed_column;
    char word[EXPRESSION_TEXT + 1];
};

void lexer_start(struct lexer *lexer, const char *text, struct error *error);
bool lexer_next(struct lexer *lexer); /* false: a character that belongs in no formula */
/* The token's text, whole, until the next call of this or of lexer_next. */
const char *lexer_name(struct lexer *lexer, const struct token *token);
enum { TOKEN_SHOWN = 48 };
/* The token's text for a message, cut with … when long. */
const char *lexer_show(const struct lexer *lexer, const struct token *token, char shown[TOKEN_SHOWN]);

/* Sets the error and the column it is at; returns false. */
bool lexer_fail(struct lexer *lexer, int column, const char *format, ...) __attribute__((format(printf, 3, 4)));
bool lexer_fail_operator(struct lexer *lexer); /* the current token follows another without an operator between them */
bool lexer_fail_operand(struct lexer *lexer);  /* a number, a name or “(” should be here */
