#include "cli/cli.h"

#include "base/words.h"
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

int cli_fail(const struct error *error) {
    if (error->kind == ERROR_CANCELLED) fprintf(stderr, "saddlescope: stopped\n");
    else fprintf(stderr, "saddlescope: %s\n", error->message);
    return error_exit_status(error);
}

static int option_count(const struct command *command) {
    int count = 0;
    while (command->options && command->options[count].name) count++;
    return count;
}

static void print_help(const struct command *command) {
    printf("saddlescope %s: %s\n\nusage: saddlescope %s%s%s [options]\n\noptions:\n", command->name, command->summary,
           command->name, *command->words ? " " : "", command->words);
    for (const struct cli_option *option = command->options; option && option->name; option++) {
        char left[64];
        snprintf(left, sizeof left, "%c%c%s--%s%s%s", option->letter ? '-' : ' ', option->letter ? option->letter : ' ',
                 option->letter ? ", " : "  ", option->name, option->argument ? " " : "",
                 option->argument ? option->argument : "");
        printf("  %-26s %s\n", left, option->help);
    }
    printf("  %-26s %s\n", "-h, --help", "show this");
    if (command->details) printf("\n%s\n", command->details);
}

static int wrong_use(const struct command *command, const struct error *error) {
    cli_fail(error);
    fprintf(stderr, "saddlescope: see `saddlescope %s --help`\n", command->name);
    return 2;
}

enum { HELP = 1000 };

/* What getopt_long did not understand, in words. `code` is its optopt: a letter, the code of a long option that it knows,
 * or 0; `word` is the long option it stands behind. */
static void describe_bad_option(const struct command *command, const char *word, int code, bool missing,
                                struct error *error) {
    const char *known = code > HELP ? command->options[code - HELP - 1].name : code == HELP ? "help" : NULL;
    if (known) {
        error_set(error, ERROR_INPUT, missing ? "--%s needs a value behind it" : "--%s takes no value", known);
        return;
    }
    if (code) {
        if (missing) error_set(error, ERROR_INPUT, "-%c needs a value behind it", code);
        else if (isprint(code)) error_set(error, ERROR_INPUT, "`%s` has no option -%c", command->name, code);
        else error_set(error, ERROR_INPUT, "`%s` has no such option", command->name);
        return;
    }
    const char *names[CLI_MAX_OPTIONS + 1];
    int count = option_count(command);
    for (int i = 0; i < count; i++) names[i] = command->options[i].name;
    names[count++] = "help";
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 2, "="), word + 2);
    const char *nearest = text_nearest(name, names, (size_t)count);
    if (nearest)
        error_set(error, ERROR_INPUT, "`%s` has no option --%s; did you mean --%s?", command->name, name, nearest);
    else error_set(error, ERROR_INPUT, "`%s` has no option --%s", command->name, name);
}

int cli_dispatch(const struct command *command, int argc, char **argv) {
    struct cli_input input = {.command = command};
    struct option longs[CLI_MAX_OPTIONS + 2] = {0};
    char shorts[3 * CLI_MAX_OPTIONS + 4] = ":h";
    int count = option_count(command), chosen;
    for (int i = 0; i < count; i++) {
        const struct cli_option *option = &command->options[i];
        longs[i] = (struct option){option->name, option->argument ? required_argument : no_argument, NULL, HELP + 1 + i};
        if (option->letter) {
            char piece[3] = {option->letter, option->argument ? ':' : 0, 0};
            strcat(shorts, piece);
        }
    }
    longs[count] = (struct option){"help", no_argument, NULL, HELP};
    struct error error = {0};
    opterr = 0;
    optind = 1;
    while ((chosen = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        if (chosen == HELP || chosen == 'h') {
            print_help(command);
            return 0;
        }
        if (chosen == '?' || chosen == ':') {
            describe_bad_option(command, argv[optind - 1], optopt, chosen == ':', &error);
            return wrong_use(command, &error);
        }
        int which = chosen - HELP - 1;
        for (int i = 0; i < count && chosen < HELP; i++)
            if (command->options[i].letter == chosen) which = i;
        if (input.values[which] && command->options[which].argument) {
            error_set(&error, ERROR_INPUT, "--%s is given twice", command->options[which].name);
            return wrong_use(command, &error);
        }
        input.values[which] = optarg ? optarg : "";
        if (optarg && !*optarg) {
            error_set(&error, ERROR_INPUT, "--%s has an empty value; %s is needed", command->options[which].name,
                      command->options[which].argument);
            return wrong_use(command, &error);
        }
    }
    for (int i = optind; i < argc; i++) {
        if (input.word_count == command->most_words || input.word_count == CLI_MAX_WORDS) {
            error_set(&error, ERROR_INPUT, "“%s” is one word too many; `%s` takes %s", argv[i], command->name,
                      *command->words ? command->words : "no words");
            return wrong_use(command, &error);
        }
        input.words[input.word_count++] = argv[i];
    }
    if (input.word_count < command->least_words) {
        error_set(&error, ERROR_INPUT, "`%s` needs %s; `saddlescope list` shows what is built in", command->name,
                  command->words);
        return wrong_use(command, &error);
    }
    return command->run(&input);
}

const char *cli_value(const struct cli_input *input, const char *name) {
    for (int i = 0; i < option_count(input->command); i++)
        if (strcmp(input->command->options[i].name, name) == 0) return input->values[i];
    return NULL;
}

bool cli_given(const struct cli_input *input, const char *name) {
    return cli_value(input, name) != NULL;
}

bool cli_integer(const struct cli_input *input, const char *name, int64_t low, int64_t high, int64_t *out,
                 struct error *error) {
    const char *text = cli_value(input, name);
    if (!text) return true;
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (end == text || *end || errno || value < low || value > high)
        return error_set(error, ERROR_INPUT, "--%s %s: a whole number from %lld to %lld is needed", name, text,
                         (long long)low, (long long)high);
    *out = value;
    return true;
}

bool cli_number(const struct cli_input *input, const char *name, double low, double high, double *out, struct error *error) {
    const char *text = cli_value(input, name);
    if (!text) return true;
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end || !(value >= low && value <= high))
        return error_set(error, ERROR_INPUT, "--%s %s: a number from %g to %g is needed", name, text, low, high);
    *out = value;
    return true;
}

bool cli_words(const struct cli_input *input, struct words **words, struct error *error) {
    const char *code = cli_value(input, "language");
    return words_open(code ? code : "en", words, error);
}

bool cli_size(const struct cli_input *input, const char *name, int low, int high, int out[2], struct error *error) {
    const char *text = cli_value(input, name);
    if (!text) return true;
    char *end, *last;
    long width = strtol(text, &end, 10), height = 0;
    bool good = end != text && (*end == 'x' || *end == 'X');
    if (good) {
        height = strtol(end + 1, &last, 10);
        good = last != end + 1 && !*last;
    }
    if (!good || width < low || width > high || height < low || height > high)
        return error_set(error, ERROR_INPUT, "--%s %s: WIDTHxHEIGHT is needed, each from %d to %d, such as 1920x1080", name,
                         text, low, high);
    out[0] = (int)width;
    out[1] = (int)height;
    return true;
}

bool cli_choice(const struct cli_input *input, const char *name, const char *const *choices, int count, int *out,
                struct error *error) {
    const char *text = cli_value(input, name);
    if (!text) return true;
    for (int i = 0; i < count; i++)
        if (strcmp(text, choices[i]) == 0) {
            *out = i;
            return true;
        }
    struct text list = {0};
    for (int i = 0; i < count; i++)
        text_format(&list, "%s%s", i == 0 ? "" : i == count - 1 ? " or " : ", ", choices[i]);
    error_set(error, ERROR_INPUT, "--%s %s: %s is needed", name, text, list.bytes);
    text_clear(&list);
    return false;
}

bool cli_numbers(const char *text, const char *what, double *out, int most, int *count, struct error *error) {
    *count = 0;
    for (const char *at = text;; at++) {
        char *end;
        double value = strtod(at, &end);
        if (end == at || (*end && *end != ',') || !isfinite(value) || *count == most)
            return error_set(error, ERROR_INPUT, "%s %s: at most %d finite numbers with commas between are needed, such as 0.5,-1",
                             what, text, most);
        out[(*count)++] = value;
        if (!*end) return true;
        at = end;
    }
}

static bool same_file(const char *a, const char *b) {
    struct stat facts_a, facts_b;
    return a && b && stat(a, &facts_a) == 0 && stat(b, &facts_b) == 0 && facts_a.st_dev == facts_b.st_dev &&
           facts_a.st_ino == facts_b.st_ino;
}

bool cli_spares_inputs(const char *path, const struct experiment *experiment, struct error *error) {
    if (same_file(path, experiment->path))
        return error_set(error, ERROR_INPUT, "%s: is the experiment itself; choose another name for the results", path);
    if (same_file(path, experiment->csv))
        return error_set(error, ERROR_INPUT, "%s: holds the experiment's data; choose another name for the results", path);
    return true;
}

const char *cli_ending(const char *path) {
    static const char *const known[] = {"png", "svg", "pdf", "mp4", "gif", "csv", "npy", "h5", "hdf5", "saddle", "yaml"};
    const char *dot = strrchr(path, '.');
    if (!dot || strchr(dot, '/')) return "";
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcasecmp(dot + 1, known[i]) == 0) return known[i];
    return dot + 1;
}
