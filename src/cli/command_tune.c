#include "base/file.h"
#include "base/text.h"
#include "base/words.h"
#include "cli/tune_show.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct cli_option options[] = {
    {0, "rates", "L:H[:N]", "N rates from L to H to begin with (four decades around each optimizer's own)"},
    {0, "sweep", "NAME=L:H:N", "also N values of a parameter from L to H; several with commas between"},
    {0, "seeds", "N", "runs of a setting: initialisations, or starts drawn in the domain (3; a formula's own starts)"},
    {0, "evaluations", "N",
     "gradient evaluations a run, whatever its optimizer spends them on (the experiment's steps)"},
    {0, "tolerance", "LOSS", "the loss to reach (99.9 % of the way to the lowest that a best rate ends at)"},
    {0, "json", NULL, "all of it as JSON on stdout"},
    {0, "csv", "FILE", "every run as a table"},
    {'o', "output", "FILE", "draw losses over rates as FILE.png, .svg or .pdf"},
    {0, "apply", "FILE",
     "write the experiment with the best values in it to FILE.yaml; - for stdout, the table to stderr"},
    {0, "force", NULL, "let --apply replace a file"},
    {0, "resume", "FILE", "keep every finished run in FILE, and take up those that are there"},
    {0, "threads", "N", "threads (all processors); the result does not depend on it"},
    CLI_CHART,
    {0},
};

/* ---- LOW:HIGH:COUNT -------------------------------------------------------------------------------------------------
 */

/* A range up to the text's end or a comma, where *end points then. */
static bool read_range(const char *text, bool with_count, double *low, double *high, int *count, const char **end) {
    char *at;
    *low = strtod(text, &at);
    if (at == text || *at != ':' || !isfinite(*low)) return false;
    const char *second = at + 1;
    *high = strtod(second, &at);
    if (at == second || !isfinite(*high)) return false;
    *end = at;
    if (*at != ':') return !with_count && (*at == '\0' || *at == ',');
    const char *third = at + 1;
    errno = 0;
    long number = strtol(third, &at, 10);
    if (at == third || errno || number < 1 || number > TUNE_MAX_VALUES) return false;
    *count = (int)number;
    *end = at;
    return *at == '\0' || *at == ',';
}

static bool read_rates(const char *text, struct tune_params *params, struct error *error) {
    const char *end;
    if (!text || (read_range(text, false, &params->rate_low, &params->rate_high, &params->rate_count, &end) && !*end))
        return true;
    return error_set(error, ERROR_INPUT,
                     "--rates %s: LOW:HIGH or LOW:HIGH:COUNT is needed, up to %d rates, such as 1e-4:1:9", text,
                     TUNE_MAX_VALUES);
}

/* The names are kept in `names`. */
static bool read_sweeps(const char *text, struct tune_params *params, char names[TUNE_MAX_SWEEPS][32],
                        struct error *error) {
    for (const char *at = text; at && *at;) {
        size_t length = strcspn(at, "=,:");
        struct tune_sweep *sweep = &params->sweeps[params->sweep_count];
        bool good = at[length] == '=' && length > 0 && length < 32 && params->sweep_count < TUNE_MAX_SWEEPS;
        const char *end;
        if (!good || !read_range(at + length + 1, true, &sweep->low, &sweep->high, &sweep->count, &end))
            return error_set(
                error, ERROR_INPUT,
                "--sweep %s: at most %d of NAME=LOW:HIGH:COUNT with commas between are needed, up to %d values "
                "each, such as momentum=0:0.99:3",
                text, TUNE_MAX_SWEEPS, TUNE_MAX_VALUES);
        snprintf(names[params->sweep_count], 32, "%.*s", (int)length, at);
        sweep->name = names[params->sweep_count++];
        at = *end ? end + 1 : end;
    }
    return true;
}

/* ---- files ----------------------------------------------------------------------------------------------------------
 */

/* What the best values are to be written into is looked at before the work: whether it may be, and whether the
 * experiment still finds its files from there. */
static bool check_apply(const struct cli_input *input, const struct experiment *experiment, struct error *error) {
    const char *path = cli_value(input, "apply");
    if (!path) return !cli_given(input, "force") || error_set(error, ERROR_INPUT, "--force is for --apply");
    if (strcmp(path, "-") == 0)
        return !cli_given(input, "json") ||
               error_set(error, ERROR_INPUT, "--json and --apply - both write to stdout; one of them is right");
    const char *ending = cli_ending(path);
    if (strcmp(ending, "yaml") != 0 && strcmp(ending, "yml") != 0)
        return error_set(error, ERROR_INPUT, "--apply %s: the name must end in .yaml", path);
    if (access(path, F_OK) == 0 && !cli_given(input, "force"))
        return error_set(error, ERROR_INPUT, "%s: is there already; another name, or --force to replace it, is right",
                         path);
    if (!outfile_possible(path, error)) return false;
    struct error own = {0};
    struct experiment *there = experiment_parse(experiment->source, strlen(experiment->source), path, &own);
    experiment_destroy(&there);
    return !own.kind ||
           error_set(error, ERROR_INPUT,
                     "%s: the experiment would not find its files from there (%.400s); the folder of %s is right", path,
                     own.message, experiment->path);
}

static bool check_files(const struct cli_input *input, const struct experiment *experiment, struct error *error) {
    static const char *const names[] = {"output", "csv", "resume"};
    for (size_t i = 0; i < 3; i++) {
        const char *path = cli_value(input, names[i]);
        if (path && !cli_spares_inputs(path, experiment, error)) return false;
        if (path && i < 2 && !outfile_possible(path, error)) return false;
    }
    return check_apply(input, experiment, error);
}

static bool write_applied(const char *path, const struct experiment *experiment, const struct tune_report *report,
                          struct error *error) {
    char *text = tune_apply(experiment, report, error);
    if (!text) return false;
    bool to_stdout = strcmp(path, "-") == 0, ok = true;
    struct outfile *out = to_stdout ? NULL : outfile_create(path, error);
    if (to_stdout || out)
        fputs(text, to_stdout ? stdout : outfile_stream(out)); /* whether it arrives, commit and main() ask */
    if (!to_stdout) ok = out && outfile_commit(&out, error);
    if (ok && !to_stdout) fprintf(stderr, "saddlescope: wrote %s\n", path);
    free(text);
    return ok;
}

/* ---- the command ----------------------------------------------------------------------------------------------------
 */

static bool show(const struct cli_input *input, const struct experiment *experiment, const struct study *study,
                 const struct chart_style *style, struct error *error) {
    const char *apply = cli_value(input, "apply"), *csv = cli_value(input, "csv"),
               *picture = cli_value(input, "output");
    struct tune_report *report = study_read_tune(study);
    bool ok = true, aside = apply && strcmp(apply, "-") == 0;
    if (!cli_given(input, "json")) tune_print(aside ? stderr : stdout, experiment, report);
    if (csv) ok = write_study(study, csv, error);
    if (ok && picture) ok = tune_draw(experiment, report, style, picture, error);
    if (ok && apply) ok = write_applied(apply, experiment, report, error);
    if (ok && cli_given(input, "json")) ok = tune_print_json(experiment, report, error);
    tune_report_destroy(&report);
    return ok;
}

static void say_kept(const struct study *study, const char *path) {
    struct tune_report *report = study_read_tune(study);
    if (path && report->trials > 0)
        fprintf(stderr, "saddlescope: %ld finished runs are in %s; the same command goes on from there\n",
                report->trials, path);
    tune_report_destroy(&report);
}

static int run(const struct cli_input *input) {
    struct error error = {0};
    struct tune_params params = {.resume = cli_value(input, "resume"), .has_tolerance = cli_given(input, "tolerance")};
    char names[TUNE_MAX_SWEEPS][32];
    int64_t threads = 0, seeds = 0;
    struct chart_style style = {0};
    cli_output(input, 1u << OUTPUT_PICTURE, &error);
    if (error.kind || !cli_integer(input, "threads", 1, 1024, &threads, &error) ||
        !cli_integer(input, "seeds", 1, TUNE_MAX_SEEDS, &seeds, &error) ||
        !cli_integer(input, "evaluations", 1, 1000000000, &params.evaluations, &error) ||
        !cli_number(input, "tolerance", -1e300, 1e300, &params.tolerance, &error) ||
        !read_rates(cli_value(input, "rates"), &params, &error) ||
        !read_sweeps(cli_value(input, "sweep"), &params, names, &error) || !cli_chart_style(input, &style, &error))
        return cli_fail(&error);
    params.threads = (int)threads;
    params.seeds = (int)seeds;
    struct experiment *experiment = experiment_load(input->words[0], &error);
    if (!experiment) {
        words_destroy(&style.words);
        return cli_fail(&error);
    }
    params.experiment = experiment;
    struct study *study = check_files(input, experiment, &error) ? study_create_tune(&params, &error) : NULL;
    bool ok = study && watch_study(study, &error);
    if (study && !ok) say_kept(study, params.resume);
    ok = ok && show(input, experiment, study, &style, &error);
    study_destroy(&study);
    experiment_destroy(&experiment);
    words_destroy(&style.words);
    return ok ? 0 : cli_fail(&error);
}

const struct command command_tune = {
    .name = "tune",
    .words = "EXPERIMENT",
    .summary = "the learning rate that suits each optimizer, with equal gradient evaluations for all",
    .details =
        "Rates are tried on a logarithmic grid, beyond it while the best lies at an edge, then between the best\n"
        "and its neighbours until they are within a tenth. Every run may use the same number of gradient\n"
        "evaluations: those of line searches and second gradients count, a Hessian-vector product as 2. A run has\n"
        "diverged when something is not finite, when it ends above its start, or once it comes further outside a\n"
        "formula's domain than that is wide. The best rate has the lowest median loss over the seeds; the table is\n"
        "in that order, and says which optimizers cannot be told apart. Rates are chosen on the seeds that are\n"
        "shown. Momenta and β are swept evenly in log(1 − value). Schedules stay as the experiment has them. A\n"
        "--resume file holds for one experiment and number of evaluations; other rates and seeds may join it.\n\n"
        "  saddlescope tune rosenbrock -o rates.png\n"
        "  saddlescope tune moons --seeds 5 --sweep momentum=0.8:0.99:3 --apply tuned.yaml --resume moons.tune",
    .least_words = 1,
    .most_words = 1,
    .run = run,
    .options = options,
};
