/* The command line: one file per command, all taking the words after the command's name and answering with an exit status. */
#pragma once

#include "base/error.h"

struct command {
    const char *name;    /* "run" */
    const char *summary; /* one line for --help */
    int (*run)(int argc, char **argv); /* argv[0] is the command's name; returns 0, 1 or 2 */
};

int command_open(int argc, char **argv);
int command_run(int argc, char **argv);
int command_surface(int argc, char **argv);
int command_hessian(int argc, char **argv);
int command_critical(int argc, char **argv);
int command_render(int argc, char **argv);
int command_list(int argc, char **argv);
int command_bench(int argc, char **argv);
int command_doctor(int argc, char **argv);

/* Says "saddlescope: message" on stderr and returns the exit status that goes with the error. */
int cli_fail(const struct error *error);
/* Wrong use of `command`: says what, names --help, returns 2. */
int cli_usage(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));
