#include "objective/expression_lexer.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Not <ctype.h>'s: those follow the locale. */
static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

void lexer_start(struct lexer *lexer, const char *text, struct error *error) {
    lexer->text = text;
    lexer->at = 0;
    lexer->token = lexer->previous = (struct token){0};
    lexer->error = error;
    lexer->failed_column = 0;
}

bool lexer_fail(struct lexer *lexer, int column, const char *format, ...) {
    char message[sizeof lexer->error->message];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    lexer->failed_column = column;
    return error_set(lexer->error, ERROR_INPUT, "%s", message);
}

const char *lexer_name(struct lexer *lexer, const struct token *token) {
    memcpy(lexer->word, lexer->text + token->column - 1, (size_t)token->length);
    lexer->word[token->length] = '\0';
    return lexer->word;
}

const char *lexer_show(const struct lexer *lexer, const struct token *token, char shown[TOKEN_SHOWN]) {
    bool cut = token->length > TOKEN_SHOWN - 8;
    snprintf(shown, TOKEN_SHOWN, "%.*s%s", cut ? TOKEN_SHOWN - 8 : token->length, lexer->text + token->column - 1,
             cut ? "…" : "");
    return shown;
}

/* ---- characters that belong in no formula ------------------------------------------------------------------------ */

/* What people paste from books, and what to write for it. */
static const struct {
    const char *character, *instead;
} foreign[] = {
    {"×", "*"},
    {"·", "*"},
    {"⋅", "*"},
    {"∗", "*"},
    {"•", "*"},
    {"÷", "/"},
    {"∕", "/"},
    {"⁄", "/"},
    {"−", "-"},
    {"–", "-"},
    {"—", "-"},
    {"²", "^2"},
    {"³", "^3"},
    {"⁴", "^4"},
    {"¹", "^1"},
    {"½", "0.5"},
    {"√", "sqrt(…)"},
    {"π", "pi"},
    {"∞", "a number"},
    {"（", "("},
    {"）", ")"},
    {"，", ","},
    {"＋", "+"},
    {"－", "-"},
    {"＊", "*"},
    {"＾", "^"},
    {"．", "."},
    {"₁", "1"},
    {"₂", "2"},
    {"₃", "3"},
    {"₀", "0"},
    {"\u00a0", "a space"},
    {"\u3000", "a space"},
    {"\u2009", "a space"},
    {"\u200b", "nothing (it cannot be seen)"},
    {"\ufeff", "nothing (it cannot be seen)"},
    {"**", "^"},
    {"[", "("},
    {"]", ")"},
    {"{", "("},
    {"}", ")"},
    {":", "/"},
    {"|", "abs(…)"},
    {"%", "/100"},
    {"_", "a name that starts with a letter"},
};

/* Bytes of the UTF-8 character at `text`; 0 when it is none. */
static int character_length(const char *text) {
    unsigned char lead = (unsigned char)text[0];
    int length = lead < 0x80                   ? 1
                 : lead >= 0xC2 && lead < 0xE0 ? 2
                 : lead >= 0xE0 && lead < 0xF0 ? 3
                 : lead >= 0xF0 && lead < 0xF5 ? 4
                                               : 0;
    for (int i = 1; i < length; i++)
        if (((unsigned char)text[i] & 0xC0) != 0x80) return 0;
    return length;
}

static bool fail_character(struct lexer *lexer, const char *text, int column) {
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        if (strncmp(text, foreign[i].character, strlen(foreign[i].character)) == 0)
            return lexer_fail(lexer, column, "“%s” at column %d is not understood; write %s", foreign[i].character,
                              column, foreign[i].instead);
    if (*text == '=')
        return lexer_fail(lexer, column, "“=” at column %d is not understood; write only the loss, without naming it",
                          column);
    if (*text == '!' || *text == '<' || *text == '>' || *text == '?' || *text == '&')
        return lexer_fail(lexer, column,
                          "“%c” at column %d is not understood; there are no conditions, but min, max and relu", *text,
                          column);
    int length = character_length(text);
    if (length == 0 || (length == 1 && !isprint((unsigned char)*text)))
        return lexer_fail(lexer, column, "byte 0x%02x at column %d is not text; remove it", (unsigned char)*text,
                          column);
    if (length > 1)
        return lexer_fail(lexer, column,
                          "“%.*s” at column %d is not understood; names have letters a–z, A–Z, digits and _", length,
                          text, column);
    return lexer_fail(lexer, column, "“%c” at column %d is not understood; there are + - * / ^ ( ) , numbers and names",
                      *text, column);
}

/* ---- words ------------------------------------------------------------------------------------------------------- */

static size_t digits_from(const char *text, size_t at) {
    while (is_digit(text[at])) at++;
    return at;
}

static bool scan_number(struct lexer *lexer) {
    const char *text = lexer->text;
    size_t start = lexer->at, end = digits_from(text, start);
    if (text[end] == '.') end = digits_from(text, end + 1);
    if (text[end] == 'e' || text[end] == 'E') {
        size_t exponent = end + 1 + (text[end + 1] == '+' || text[end + 1] == '-');
        if (is_digit(text[exponent])) end = digits_from(text, exponent);
    }
    struct token *token = &lexer->token;
    token->kind = TOKEN_NUMBER;
    token->length = (int)(end - start);
    token->number = strtod(lexer_name(lexer, token), NULL);
    lexer->at = end;
    if (!isfinite(token->number))
        return lexer_fail(lexer, token->column, "the number at column %d is too large; at most 1.8e308 is",
                          token->column);
    if (text[end] == '.')
        return lexer_fail(lexer, (int)end + 1, "second point in the number at column %d; a number has one",
                          token->column);
    return true;
}

bool lexer_next(struct lexer *lexer) {
    const char *text = lexer->text;
    lexer->previous = lexer->token;
    while (is_space(text[lexer->at])) lexer->at++;
    char c = text[lexer->at];
    struct token *token = &lexer->token;
    *token = (struct token){.kind = TOKEN_END, .column = (int)lexer->at + 1, .length = 1};
    if (c == '\0') {
        token->length = 0;
        return true;
    }
    if (is_digit(c) || (c == '.' && is_digit(text[lexer->at + 1]))) return scan_number(lexer);
    if (is_letter(c)) {
        size_t end = lexer->at;
        while (is_letter(text[end]) || is_digit(text[end]) || text[end] == '_') end++;
        token->kind = TOKEN_NAME;
        token->length = (int)(end - lexer->at);
        lexer->at = end;
        return true;
    }
    static const char characters[] = "(),+-*/^";
    static const enum token_kind kinds[] = {TOKEN_OPEN,  TOKEN_CLOSE, TOKEN_COMMA,  TOKEN_PLUS,
                                            TOKEN_MINUS, TOKEN_TIMES, TOKEN_DIVIDE, TOKEN_POWER};
    const char *found = strchr(characters, c);
    if (!found || (c == '*' && text[lexer->at + 1] == '*'))
        return fail_character(lexer, text + lexer->at, token->column);
    token->kind = kinds[found - characters];
    lexer->at++;
    return true;
}

/* ---- words out of place ------------------------------------------------------------------------------------------ */

bool lexer_fail_operator(struct lexer *lexer) {
    char left[TOKEN_SHOWN], right[TOKEN_SHOWN];
    const struct token *token = &lexer->token;
    lexer_show(lexer, &lexer->previous, left);
    lexer_show(lexer, token, right);
    return lexer_fail(lexer, token->column, "no operator before “%s” at column %d; for a product write %s*%s", right,
                      token->column, left, right);
}

bool lexer_fail_operand(struct lexer *lexer) {
    char left[TOKEN_SHOWN], right[TOKEN_SHOWN];
    const struct token *token = &lexer->token;
    lexer_show(lexer, &lexer->previous, left);
    lexer_show(lexer, token, right);
    if (token->kind == TOKEN_END)
        return lexer_fail(lexer, token->column,
                          "the formula ends after “%s” at column %d; a number, a name or “(” should follow", left,
                          token->column);
    if (lexer->previous.column == 0)
        return lexer_fail(lexer, token->column,
                          "the formula starts with “%s”; a number, a name or “(” should come first", right);
    return lexer_fail(lexer, token->column,
                      "“%s” at column %d cannot follow “%s”; a number, a name or “(” should be there", right,
                      token->column, left);
}
