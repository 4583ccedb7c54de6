#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A message is cut at the buffer's end; never in the middle of a UTF-8 sequence. */
static void trim_partial_character(char *text) {
    size_t length = strlen(text);
    size_t start = length;
    while (start > 0 && length - start < 4 && ((unsigned char)text[start - 1] & 0xC0) == 0x80) start--;
    if (start == 0) return;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t want = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (length - (start - 1) < want) text[start - 1] = '\0';
}

bool error_set(struct error *error, enum error_kind kind, const char *format, ...) {
    if (!error || error->kind != ERROR_NONE) return false;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    trim_partial_character(error->message);
    error->kind = kind;
    return false;
}

bool error_at(struct error *error, const char *file, int line, int column, const char *format, ...) {
    if (!error || error->kind != ERROR_NONE) return false;
    char message[sizeof error->message];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    if (file && line > 0 && column > 0)
        return error_set(error, ERROR_INPUT, "%s:%d:%d: %s", file, line, column, message);
    if (file && line > 0) return error_set(error, ERROR_INPUT, "%s:%d: %s", file, line, message);
    if (file) return error_set(error, ERROR_INPUT, "%s: %s", file, message);
    return error_set(error, ERROR_INPUT, "%s", message);
}

int error_exit_status(const struct error *error) {
    switch (error->kind) {
    case ERROR_NONE: return 0;
    case ERROR_INPUT: return 2;
    case ERROR_MACHINE:
    case ERROR_CANCELLED: return 1;
    }
    return 1;
}
