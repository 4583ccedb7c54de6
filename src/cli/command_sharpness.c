#include "base/memory.h"
#include "base/text.h"
#include "base/words.h"
#include "cli/cli.h"
#include "cli/json.h"

#include <stdlib.h>
#include <string.h>

enum { READINGS = 100 };

static const struct cli_option options[] = {
    {0, "every", "K", "steps between two readings (the whole training in about 100)"},
    {0, "steps", "N", "steps instead of the experiment's"},
    {'o', "output", "FILE", "write the table to FILE.csv, or draw the curves as FILE.png, .svg or .pdf"},
    {0, "record", NULL, "also put the readings into the recording they were taken from"},
    {0, "json", NULL, "as JSON on stdout"},
    {0, "threads", "N", "threads (all processors); the result does not depend on it"},
    CLI_CHART,
    {0},
};

/* All readings of a run, to be freed. */
static struct sharpness_point *read_run(const struct study *study, int run, size_t *count) {
    *count = study_read_sharpness(study, run, 0, 0, NULL);
    struct sharpness_point *points = MEM_NEW(struct sharpness_point, *count);
    study_read_sharpness(study, run, 0, *count, points);
    return points;
}

static cJSON *column(const struct sharpness_point *points, size_t count, size_t offset) {
    double *values = MEM_NEW(double, count);
    for (size_t i = 0; i < count; i++) memcpy(&values[i], (const char *)&points[i] + offset, sizeof *values);
    cJSON *list = json_numbers(values, count);
    free(values);
    return list;
}

static bool print_json(const struct study *study, const struct experiment *experiment, int64_t every,
                       struct error *error) {
    static const struct {
        const char *name;
        size_t offset;
    } columns[] = {
        {"loss", offsetof(struct sharpness_point, sample.loss)},
        {"lr", offsetof(struct sharpness_point, sample.rate)},
        {"lambda_max", offsetof(struct sharpness_point, largest)},
        {"residual", offsetof(struct sharpness_point, residual)},
        {"two_over_lr", offsetof(struct sharpness_point, two_over_rate)},
        {"preconditioned_lambda_max", offsetof(struct sharpness_point, preconditioned)},
        {"bound", offsetof(struct sharpness_point, bound)},
    };
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "experiment", experiment->name);
    if (every > 0) cJSON_AddNumberToObject(json, "every", (double)every);
    cJSON *runs = cJSON_AddArrayToObject(json, "runs");
    for (int run = 0; run < experiment_run_count(experiment); run++) {
        size_t count;
        struct sharpness_point *points = read_run(study, run, &count);
        char *label = study_run_label(experiment, run);
        cJSON *item = cJSON_CreateObject(), *steps = cJSON_CreateArray();
        for (size_t i = 0; i < count; i++)
            cJSON_AddItemToArray(steps, cJSON_CreateNumber((double)points[i].sample.step));
        cJSON_AddStringToObject(item, "name",
                                optimizer_class_name(experiment->optimizers[run / experiment->start_count].class));
        cJSON_AddStringToObject(item, "label", label);
        cJSON_AddItemToObject(item, "step", steps);
        for (size_t k = 0; k < sizeof columns / sizeof *columns; k++)
            cJSON_AddItemToObject(item, columns[k].name, column(points, count, columns[k].offset));
        cJSON_AddItemToArray(runs, item);
        free(label);
        free(points);
    }
    return json_print(json, error);
}

/* λ_max as a share of what is stable, one curve a run: curves of any learning rate meet at the same edge, 1. */
static bool draw(const struct study *study, const struct experiment *experiment, const struct chart_style *style,
                 const char *path, struct error *error) {
    int runs = experiment_run_count(experiment);
    struct chart chart = chart_default(style);
    const struct theme *theme = theme_get(chart.theme);
    struct chart_series *series = MEM_NEW(struct chart_series, runs + 1);
    double **arrays = MEM_NEW(double *, runs), edge = 1;
    char **labels = MEM_NEW(char *, runs);
    bool divides = false;
    for (int run = 0; run < runs; run++) {
        size_t count;
        struct sharpness_point *points = read_run(study, run, &count);
        double *x = arrays[run] = MEM_NEW(double, 2 * count);
        for (size_t i = 0; i < count; i++) {
            x[i] = (double)points[i].sample.step;
            x[count + i] = points[i].preconditioned / points[i].bound;
            divides |= !(points[i].preconditioned == points[i].largest);
        }
        labels[run] = study_run_label(experiment, run);
        series[run] = (struct chart_series){
            .name = labels[run],
            .kind = CHART_LINE,
            .x = x,
            .y = x + count,
            .count = count,
            .color = identity_of(experiment, run / experiment->start_count, theme).color,
            .width = 2.25f,
        };
        free(points);
    }
    series[runs] = (struct chart_series){.name = "edge of stability",
                                         .kind = CHART_LEVEL,
                                         .y = &edge,
                                         .count = 1,
                                         .color = theme->escape,
                                         .width = 1.5f,
                                         .dash = 6};
    chart.title = chart_experiment(style, experiment);
    chart.caption =
        divides
            ? "The largest eigenvalue of the Hessian (for optimizers that divide by something: of the preconditioned "
              "Hessian) as a share of what is stable: 2/η, with momentum counted in"
            : "The largest eigenvalue of the Hessian as a share of what is stable: 2/η, with momentum counted in";
    chart.x.name = "step";
    chart.y.name = "λ max ÷ (2/η)";
    chart.series = series;
    chart.series_count = (size_t)runs + 1;
    bool ok = chart_write(&chart, path, error);
    for (int run = 0; run < runs; run++) {
        free(arrays[run]);
        free(labels[run]);
    }
    free(arrays);
    free(labels);
    free(series);
    return ok;
}

static bool show(const struct study *study, const struct experiment *experiment, const struct cli_input *input,
                 int64_t every, enum output output, const struct chart_style *style, struct error *error) {
    const char *path = cli_value(input, "output");
    for (int run = 0; run < experiment_run_count(experiment); run++) {
        char trouble[1024], *label = study_run_label(experiment, run);
        if (study_sharpness_trouble(study, run, trouble, sizeof trouble)[0])
            fprintf(stderr, "saddlescope: %s: %s\n", label, trouble);
        free(label);
    }
    if (output == OUTPUT_CSV && !write_study(study, path, error)) return false;
    if (output == OUTPUT_PICTURE && !draw(study, experiment, style, path, error)) return false;
    if (cli_given(input, "json")) return print_json(study, experiment, every, error);
    if (!path) study_write_csv(study, stdout);
    return true;
}

static int run(const struct cli_input *input) {
    struct error error = {0};
    int64_t threads = 0, steps = 0, every = 0;
    enum output output = cli_output(input, 1u << OUTPUT_CSV | 1u << OUTPUT_PICTURE, &error);
    struct training training = {0};
    struct chart_style style = {0};
    if (error.kind || !cli_integer(input, "threads", 1, 1024, &threads, &error) ||
        !cli_integer(input, "steps", 1, 1000000000, &steps, &error) ||
        !cli_integer(input, "every", 1, 1000000000, &every, &error) || !cli_recording(input, &error) ||
        !cli_chart_style(input, &style, &error) || !training_open(&training, input->words[0], &error)) {
        words_destroy(&style.words);
        return cli_fail(&error);
    }
    if (training.timeline && (steps || every))
        error_set(&error, ERROR_INPUT,
                  "--%s is for training, but %s is a recording, whose readings are spread over what it holds",
                  steps ? "steps" : "every", input->words[0]);
    if (!error.kind && !training.timeline && steps == 0) steps = training.experiment->steps;
    if (!training.timeline && every == 0) every = steps > READINGS ? steps / READINGS : 1;
    const struct sharpness_params params = {.experiment = training.experiment,
                                            .timeline = training.timeline,
                                            .steps = steps,
                                            .every = every,
                                            .points = READINGS,
                                            .threads = (int)threads};
    struct study *study = error.kind ? NULL : study_create_sharpness(&params, &error);
    bool ok = study && watch_study(study, &error);
    if (ok && cli_given(input, "record")) ok = keep_study(study, input->words[0], "", &error);
    ok = ok && show(study, training.experiment, input, every, output, &style, &error);
    study_destroy(&study);
    training_release(&training);
    words_destroy(&style.words);
    return ok ? 0 : cli_fail(&error);
}

const struct command command_sharpness = {
    .name = "sharpness",
    .words = "EXPERIMENT|RECORDING",
    .summary = "the Hessian's largest eigenvalue during training, against 2 / learning rate",
    .details = "Gradient descent at rate η is stable while λ_max < 2/η; networks sharpen until they are at that edge "
               "and stay there\n"
               "(Cohen et al. 2021). The bound counts momentum in. For Adagrad, RMSProp and Adam the preconditioned "
               "Hessian is what\n"
               "is to be held against it (Cohen et al. 2022). Without -o or --json the table goes to stdout as CSV.\n\n"
               "  saddlescope sharpness edge-of-stability --json\n"
               "  saddlescope sharpness edge-of-stability -o sharpness.png",
    .least_words = 1,
    .most_words = 1,
    .run = run,
    .options = options,
};
