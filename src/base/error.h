/* Errors that a user, a file, a peer or the machine can cause.
 *
 * A function that can fail takes a `struct error *` last, fills it and returns false or NULL. A programmer's mistake is
 * an assert; lack of memory ends the program in memory.c. Nothing below main() ever calls exit(). */
#pragma once

#include <stdbool.h>

enum error_kind {
    ERROR_NONE = 0,
    ERROR_INPUT,     /* wrong use or bad input: exit status 2 */
    ERROR_MACHINE,   /* could not: I/O, no display, a missing program: exit status 1 */
    ERROR_CANCELLED, /* the user stopped it: exit status 1, nothing to say */
};

struct error {
    enum error_kind kind;
    char message[1024]; /* what is wrong; what would be right. UTF-8, no trailing newline, no "saddlescope:" in front */
};

/* Both keep the first error when one is already set (the cause, not what followed), accept NULL, and return false so
 * that a caller can write `return error_set(...)`. */
bool error_set(struct error *error, enum error_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4), nonnull(3)));

/* An ERROR_INPUT at a place: "FILE:LINE:COLUMN: message". Line and column count from 1; 0 leaves that part out. */
bool error_at(struct error *error, const char *file, int line, int column, const char *format, ...)
    __attribute__((format(printf, 5, 6), nonnull(5)));

/* 0, 1 or 2 as the command line promises. */
int error_exit_status(const struct error *error);
