#include "base/linalg.h"
#include "base/text.h"
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct command *const commands[] = {
    &command_open, &command_run, &command_surface, &command_hessian, &command_critical,
    &command_sharpness, &command_slices, &command_line, &command_basins, &command_minimum_ratio,
    &command_tune,
    &command_lesson, &command_render, &command_list, &command_bench, &command_doctor,
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static void print_help(void) {
    puts("Saddlescope shows how optimizers move over a loss surface.\n\n"
         "usage: saddlescope                      the window, on the welcome scene\n"
         "       saddlescope COMMAND [words] [options]\n\ncommands:");
    for (int i = 0; i < COMMANDS; i++) printf("  %-13s %s\n", commands[i]->name, commands[i]->summary);
    puts("\n  -h, --help     show this; `saddlescope COMMAND --help` shows a command's options\n"
         "  --version      show the version\n\n"
         "Experiments are named (`saddlescope list`) or given as a path of a YAML file.\n"
         "Results go to stdout, all else to stderr. Exit status: 0 done, 1 could not, 2 wrong use or bad input.");
}

static const struct command *find(const char *name) {
    for (int i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i]->name, name) == 0) return commands[i];
    return NULL;
}

static int unknown_command(const char *name) {
    const char *names[COMMANDS];
    for (int i = 0; i < COMMANDS; i++) names[i] = commands[i]->name;
    const char *nearest = text_nearest(name, names, COMMANDS);
    struct error error = {0};
    if (nearest) error_set(&error, ERROR_INPUT, "there is no command “%s”; did you mean `%s`?", name, nearest);
    else error_set(&error, ERROR_INPUT, "there is no command “%s”; `saddlescope --help` lists them", name);
    return cli_fail(&error);
}

/* A standard stream that the caller closed would lend its number to the next file opened, and what is printed would end up
 * in a recording. What takes its place reads nothing and, for stdout, fails to write. */
static void fill_closed_streams(void) {
    static const int modes[] = {O_RDONLY, O_RDONLY, O_RDWR};
    for (int number = 0; number <= STDERR_FILENO; number++)
        if (fcntl(number, F_GETFD) == -1 && open("/dev/null", modes[number]) == -1) return;
}

/* Results that did not arrive are a failure, whatever the command thought. */
static int finish(int status) {
    bool good = !ferror(stdout);
    errno = 0;
    if (fflush(stdout) != 0) good = false;
    if (good || status != 0) return status;
    struct error error = {0};
    error_set(&error, ERROR_MACHINE, "the results could not be written to stdout%s%s", errno ? ": " : "",
              errno ? strerror(errno) : "");
    return cli_fail(&error);
}

static int dispatch(int argc, char **argv) {
    if (argc < 2) return cli_dispatch(&command_open, argc, argv);
    const char *first = argv[1];
    const struct command *asked = argc == 3 && strcmp(first, "help") == 0 ? find(argv[2]) : NULL;
    char help[] = "--help";
    if (asked) return cli_dispatch(asked, 2, (char *[]){argv[2], help, NULL});
    if (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0 || strcmp(first, "help") == 0) {
        print_help();
        return 0;
    }
    if (strcmp(first, "--version") == 0) {
        puts("saddlescope " SADDLESCOPE_VERSION);
        return 0;
    }
    const struct command *command = find(first);
    if (command) return cli_dispatch(command, argc - 1, argv + 1);
    /* Options of the window without its command's name, and a file dropped on the program. */
    if (first[0] == '-' || access(first, F_OK) == 0) return cli_dispatch(&command_open, argc, argv);
    return unknown_command(first);
}

int main(int argc, char **argv) {
    fill_closed_streams();
    cli_interrupts_catch();
    linalg_init();
    setlocale(LC_CTYPE, "");
    return finish(dispatch(argc, argv));
}
