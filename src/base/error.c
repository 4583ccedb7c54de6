#include "base/error.h"

#include "base/text.h"

#include <stdarg.h>

bool error_set(struct error *error, enum error_kind kind, const char *format, ...) {
    if (!error || error->kind != ERROR_NONE) return false;
    va_list arguments;
    va_start(arguments, format);
    text_print_list(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    error->kind = kind;
    return false;
}

bool error_at(struct error *error, const char *file, int line, int column, const char *format, ...) {
    if (!error || error->kind != ERROR_NONE) return false;
    char message[sizeof error->message];
    va_list arguments;
    va_start(arguments, format);
    text_print_list(message, sizeof message, format, arguments);
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
