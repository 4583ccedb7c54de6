/* The command line: one file per command, each a `struct command` that main.c lists and dispatches to. Options are declared
 * once, in a table that both the parser and --help read. */
#pragma once

#include "base/error.h"
#include "run/run.h"
#include "scene/chart.h"
#include "study/study.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct words;
struct cli_option {
    char letter;          /* 0: none */
    const char *name;     /* "output" for --output */
    const char *argument; /* what it takes, as --help shows it ("FILE"); NULL: a switch */
    const char *help;
};
enum { CLI_MAX_OPTIONS = 40, CLI_MAX_WORDS = 8 };

struct cli_input {
    const struct command *command;
    const char *values[CLI_MAX_OPTIONS]; /* in the order of the command's options; NULL: not given; "" for a switch */
    const char *words[CLI_MAX_WORDS];
    int word_count;
};

struct command {
    const char *name;    /* "run" */
    const char *words;   /* "EXPERIMENT", as --help shows it; "" for none */
    const char *summary; /* one line */
    const char *details; /* the rest of --help: paragraphs and examples; NULL for none */
    int least_words, most_words;
    int (*run)(const struct cli_input *input); /* 0, 1 or 2 */
    const struct cli_option *options;          /* ends with a nameless one */
};

extern const struct command command_open, command_run, command_surface, command_hessian, command_critical, command_render,
    command_list, command_bench, command_doctor, command_sharpness, command_minimum_ratio, command_line,
    command_basins;
extern const struct command command_slices, command_tune, command_lesson;

/* Parses argv[1…] (argv[0] is the command's name), answers --help itself, then runs the command. */
int cli_dispatch(const struct command *command, int argc, char **argv);
/* Says "saddlescope: message" on stderr and returns the exit status that goes with the error. */
int cli_fail(const struct error *error);
const char *cli_value(const struct cli_input *input, const char *name); /* NULL: not given */
bool cli_given(const struct cli_input *input, const char *name);

/* Values of options; an error names the option, what was given and what would be right. Absent: `*out` is left alone. */
bool cli_integer(const struct cli_input *input, const char *name, int64_t low, int64_t high, int64_t *out,
                 struct error *error);
bool cli_number(const struct cli_input *input, const char *name, double low, double high, double *out, struct error *error);
/* --language, English unless said: freed by words_destroy. */
#define CLI_LANGUAGE {0, "language", "CODE", "of the words in the picture: en, zh, or that of a language file (en)"}
bool cli_words(const struct cli_input *input, struct words **words, struct error *error);
/* How a chart is drawn: its --language, its --theme. `words` is the caller's to free. */
#define CLI_CHART CLI_LANGUAGE, {0, "theme", "NAME", "of the picture: paper or night"}
struct chart_style {
    struct words *words;
    int theme; /* enum theme_kind */
};
bool cli_chart_style(const struct cli_input *input, struct chart_style *style, struct error *error);
/* An experiment's title in that language. */
const char *chart_experiment(const struct chart_style *style, const struct experiment *experiment);
/* What --at, --from and --to say, in words: "end of adam", "step 37 of adam". */
const char *where_words(const char *where, char *out, size_t size);
bool cli_size(const struct cli_input *input, const char *name, int low, int high, int out[2], struct error *error); /* WxH */
bool cli_choice(const struct cli_input *input, const char *name, const char *const *choices, int count, int *out,
                struct error *error);
/* "0.5,-1" into at most `most` finite numbers. */
bool cli_numbers(const char *text, const char *what, double *out, int most, int *count, struct error *error);
/* Whether `path` is neither the experiment's own file nor its data: a slip of the hand must not cost them. */
bool cli_spares_inputs(const char *path, const struct experiment *experiment, struct error *error);
/* The ending of a file name in lower case without its dot, "" when there is none. */
const char *cli_ending(const char *path);

/* Ctrl-C, kill and a closed terminal: `stop` is called on a thread of its own, once; without one, or when asked again, the
 * program ends at once with exit status 1, half-written files removed.
 * cli_interrupts_catch() first thing in main. */
void cli_interrupts_catch(void);
void cli_interrupts_watch(void (*stop)(void *), void *context);
void cli_interrupts_forget(void);
void cli_interrupts_defer(void); /* until then once asked changes nothing but cli_interrupted(): what is written is ended */
bool cli_interrupted(void);

/* A progress bar on stderr, drawn only on a terminal, from a thread of its own. `share` answers 0 … 1. One at a time. */
void progress_begin(const char *what, double (*share)(void *), void *context);
void progress_end(void);

/* Runs `body` as a job with a progress bar; Ctrl-C cancels it (ERROR_CANCELLED). */
bool run_job(const char *what, bool (*body)(void *context, struct job *job, struct error *error), void *context,
             struct error *error);

/* The same for a study that is under way: waits for its end. */
bool watch_study(const struct study *study, struct error *error);

/* Writes a study as far as it is known to `path`: its table to a CSV file. */
bool write_study(const struct study *study, const char *path, struct error *error);
/* Puts what it found into the recording at `path`, whole or not at all. */
bool keep_study(const struct study *study, const char *path, const char *about, struct error *error);
/* A chart to begin with, of a size that reads on a page. */
struct chart chart_default(const struct chart_style *style);
/* Draws it without a display, at CHART_SCALE pixels to one of the chart's, into a PNG, SVG or PDF file. */
#define CHART_SCALE 2.0f
bool chart_write(const struct chart *chart, const char *path, struct error *error);
/* A scene, which it takes over, drawn without a display at width × height pixels, `scale` of them to one of the scene's:
 * into a PNG, SVG or PDF file. */
bool scene_write(struct scene *scene, int width, int height, float scale, const char *path, struct error *error);
/* The density of eigenvalues, or the eigenvalues by rank, of the experiment's Hessian at `where`. */
bool hessian_draw(const struct hessian_finding *found, const struct experiment *experiment, const char *where,
                  const struct chart_style *style, const char *path, struct error *error);
/* What the ending of an --output asks for; OUTPUT_NONE with an error when it is none of `allowed` (bits 1 << output). */
enum output { OUTPUT_NONE, OUTPUT_CSV, OUTPUT_JSON, OUTPUT_PICTURE };
enum output cli_output(const struct cli_input *input, unsigned allowed, struct error *error);

/* An experiment trained to its end, headless, with progress; or a recording read back. */
struct training {
    struct experiment *experiment;
    struct timeline *timeline;
    struct trainer *trainer; /* NULL for a recording */
};
struct training_params {
    const char *source;      /* experiment or recording, when `experiment` is NULL */
    struct experiment *experiment; /* loaded already; taken over, also on failure */
    int64_t steps;           /* −1: the experiment's */
    int threads;             /* 0: all */
    const char *record;      /* file, or NULL */
    bool keep_all_parameters;
    bool accept_recording;
};
bool training_run(struct training *training, const struct training_params *params, struct error *error);
/* False, with an error, when --record is given though the first word is no recording. */
bool cli_recording(const struct cli_input *input, struct error *error);
/* A recording read back, or an experiment not trained yet: without timeline and trainer. */
bool training_open(struct training *training, const char *source, struct error *error);
void training_release(struct training *training);
/* "start", "x,y,…", "end:NAME" or "step:N:NAME": the parameters into a new array (n). From the timeline where there is one,
 * else it trains. `option` is what to call it in an error: "--at". */
double *training_where(struct training *training, const char *option, const char *where, int threads,
                       struct error *error);
/* The last sample of a run and its parameters (n, may be NULL). False when it has none. */
bool training_last(const struct training *training, int run, struct sample *sample, double *theta);
/* Every optimizer of the experiment trained from `theta` (n), with progress: where it ends. `ends` (optimizers). */
struct onward_end {
    enum run_status status;
    int64_t steps;
    double loss;
};
bool training_onward(const struct experiment *experiment, const double *theta, int threads, struct onward_end *ends,
                     struct error *error);
enum run_status training_status(const struct training *training, int run, char *message, size_t size);
