#include "base/memory.h"
#include "base/text.h"
#include "base/words.h"
#include "cli/cli.h"
#include "cli/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

static const struct cli_option options[] = {
    {0, "nets", "N", "how many nets (60)"},
    {0, "seed", "N", "seed of the first net; the others follow (1)"},
    {0, "steps", "N", "the longest training; each net is trained for its own share of it (the experiment's steps)"},
    {'o', "output", "FILE", "write the table to FILE.csv, or draw the scatter plot as FILE.png, .svg or .pdf"},
    {0, "record", NULL, "also put the nets' points into the recording"},
    {0, "json", NULL, "as JSON on stdout"},
    {0, "threads", "N", "threads (all processors); the result does not depend on it"},
    CLI_CHART,
    {0},
};

static bool print_json(const struct study *study, const struct experiment *experiment, struct error *error) {
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "experiment", experiment->name);
    cJSON_AddNumberToObject(json, "n", objective_dimension(experiment->objective));
    cJSON *nets = cJSON_AddArrayToObject(json, "nets");
    for (int k = 0; k < study_ratio_nets(study); k++) {
        struct ratio_point point;
        if (!study_read_ratio(study, k, &point)) continue;
        cJSON *item = cJSON_CreateObject();
        cJSON_AddNumberToObject(item, "seed", (double)point.seed);
        cJSON_AddNumberToObject(item, "steps", (double)point.steps);
        cJSON_AddItemToObject(item, "trained_loss", json_number(point.trained_loss));
        cJSON_AddStringToObject(item, "ending", point.failed ? "failed" : seek_ending_names[point.ending]);
        cJSON_AddStringToObject(item, "verdict", point.verdict);
        cJSON_AddItemToObject(item, "loss", json_number(point.measured ? point.loss : NAN));
        cJSON_AddItemToObject(item, "grad_norm", json_number(point.measured ? point.gradient_norm : NAN));
        cJSON_AddItemToObject(item, "minimum_ratio", json_number(point.measured ? point.ratio : NAN));
        if (point.measured) {
            cJSON_AddNumberToObject(item, "positive", point.positive);
            cJSON_AddNumberToObject(item, "degenerate", point.degenerate);
            cJSON_AddNumberToObject(item, "negative", point.negative);
            cJSON_AddStringToObject(item, "kind", point_kind_names[point.kind]);
            cJSON_AddItemToObject(item, "eigenvalues", json_numbers(point.eigenvalues, (size_t)point.n));
            cJSON_AddItemToObject(item, "distance", json_number(point.distance));
        }
        cJSON_AddItemToArray(nets, item);
    }
    return json_print(json, error);
}

/* Loss upwards, ratio to the right: the lecture's plot in a terminal. */
static void print_plot(const struct study *study, int n) {
    enum { ROWS = 12, COLUMNS = 41 };
    int cells[ROWS][COLUMNS] = {0}, found = 0, nets = study_ratio_nets(study);
    struct ratio_point point;
    double low = INFINITY, high = -INFINITY;
    for (int k = 0; k < nets; k++) {
        if (!study_read_ratio(study, k, &point) || !point.measured) continue;
        found++;
        low = fmin(low, point.loss);
        high = fmax(high, point.loss);
    }
    printf("%d nets of %d parameters; a critical point found near %d of them\n\n", nets, n, found);
    if (found == 0) return;
    for (int k = 0; k < nets; k++) {
        if (!study_read_ratio(study, k, &point) || !point.measured) continue;
        int row = high > low ? (int)((point.loss - low) / (high - low) * (ROWS - 1) + 0.5) : 0;
        cells[row][(int)(point.ratio * (COLUMNS - 1) + 0.5)]++;
    }
    puts("        loss");
    for (int row = ROWS - 1; row >= 0; row--) {
        printf("%12.5g ┤", low + (high - low) * row / (ROWS - 1));
        for (int column = 0; column < COLUMNS; column++) {
            int many = cells[row][column];
            if (many == 0)
                putchar(' ');
            else if (many < 10)
                printf("%d", many);
            else
                putchar('+');
        }
        putchar('\n');
    }
    printf("%12s └", "");
    for (int column = 0; column < COLUMNS; column++) fputs("─", stdout);
    printf("\n%13s0%*s0.5%*s1\n%13sminimum ratio: positive eigenvalues / all; digits count nets\n", "", COLUMNS / 2 - 1,
           "", COLUMNS / 2 - 3, "", "");
}

/* The lecture's plot: loss across, ratio up, each net coloured by its share of flat directions. */
static bool draw(const struct study *study, const struct experiment *experiment, const struct chart_style *style,
                 const char *path, struct error *error) {
    enum { SHAPES = 3 };
    static const char *const names[SHAPES] = {"minimum", "saddle", "degenerate: some directions are flat"};
    static const enum glyph_shape shapes[SHAPES] = {GLYPH_TRIANGLE_DOWN, GLYPH_SQUARE, GLYPH_DISC};
    int nets = study_ratio_nets(study), found = 0;
    struct chart chart = chart_default(style);
    const struct theme *theme = theme_get(chart.theme);
    struct chart_series series[SHAPES + 1] = {0};
    double *arrays = MEM_NEW(double, 3 * SHAPES * nets), half = 0.5, most = 0;
    series[0] = (struct chart_series){
        .kind = CHART_LEVEL, .y = &half, .count = 1, .color = theme->faint_ink, .width = 1, .dash = 4};
    for (int s = 0; s < SHAPES; s++) {
        double *x = arrays + (ptrdiff_t)3 * s * nets;
        series[s + 1] = (struct chart_series){.kind = CHART_DOTS,
                                              .x = x,
                                              .y = x + nets,
                                              .shade = x + 2 * (ptrdiff_t)nets,
                                              .color = theme->faint_ink,
                                              .shape = shapes[s],
                                              .size = 11};
    }
    for (int k = 0; k < nets; k++) {
        struct ratio_point point;
        if (!study_read_ratio(study, k, &point) || !point.measured) continue;
        int s = point.kind == POINT_MINIMUM ? 0 : point.kind == POINT_DEGENERATE ? 2 : 1;
        size_t at = series[s + 1].count++;
        double flat = (double)point.degenerate / point.n;
        arrays[(ptrdiff_t)3 * s * nets + (ptrdiff_t)at] = point.loss;
        arrays[(ptrdiff_t)3 * s * nets + nets + (ptrdiff_t)at] = point.ratio;
        arrays[(ptrdiff_t)3 * s * nets + 2 * (ptrdiff_t)nets + (ptrdiff_t)at] = flat;
        series[s + 1].name = names[s];
        most = fmax(most, flat);
        found++;
    }
    for (int s = 1; s <= SHAPES; s++)
        for (size_t i = 0; most > 0 && i < series[s].count; i++) ((double *)series[s].shade)[i] /= most;
    struct text caption = {0};
    text_format(
        &caption,
        "%d nets of %d parameters, each trained for its own number of steps; a critical point was found near %d of "
        "them. The ratio is the share of positive eigenvalues of the full Hessian there: 1 at a true minimum.",
        nets, objective_dimension(experiment->objective), found);
    chart.title = chart_experiment(style, experiment);
    chart.caption = caption.bytes;
    chart.x.name = "loss at the critical point";
    chart.y = (struct chart_axis){.name = "minimum ratio", .low = 0, .high = 1};
    chart.series = series;
    chart.series_count = SHAPES + 1;
    chart.shade_name = "share of flat directions";
    chart.shade_high = most > 0 ? most : 1;
    chart.colormap = COLORMAP_VIRIDIS;
    bool ok = chart_write(&chart, path, error);
    text_clear(&caption);
    free(arrays);
    return ok;
}

static int run(const struct cli_input *input) {
    struct error error = {0};
    int64_t threads = 0, steps = -1, nets = 0, seed = 1;
    struct chart_style style = {0};
    const char *path = cli_value(input, "output");
    enum output output = cli_output(input, 1u << OUTPUT_CSV | 1u << OUTPUT_PICTURE, &error);
    if (error.kind || !cli_integer(input, "threads", 1, 1024, &threads, &error) ||
        !cli_integer(input, "nets", 1, 100000, &nets, &error) ||
        !cli_integer(input, "seed", 0, INT32_MAX, &seed, &error) ||
        !cli_integer(input, "steps", 0, 10000000, &steps, &error) || !cli_chart_style(input, &style, &error))
        return cli_fail(&error);
    struct training training = {0};
    const char *source = input->word_count ? input->words[0] : "minimum-ratio";
    if (!cli_recording(input, &error) || !training_open(&training, source, &error)) {
        words_destroy(&style.words);
        return cli_fail(&error);
    }
    const struct experiment *experiment = training.experiment;
    const struct ratio_params params = {
        .experiment = experiment, .nets = (int)nets, .seed = (uint64_t)seed, .steps = steps, .threads = (int)threads};
    struct study *study = study_create_ratio(&params, &error);
    bool ok = study && watch_study(study, &error);
    for (int k = 0; ok && k < study_ratio_nets(study); k++) {
        struct ratio_point point;
        if (study_read_ratio(study, k, &point) && point.failed)
            fprintf(stderr, "saddlescope: seed %" PRIu64 ": %s\n", point.seed, point.verdict);
    }
    if (ok && cli_given(input, "record")) ok = keep_study(study, source, "", &error);
    if (ok && output == OUTPUT_CSV) ok = write_study(study, path, &error);
    if (ok && output == OUTPUT_PICTURE) ok = draw(study, experiment, &style, path, &error);
    if (ok && cli_given(input, "json"))
        ok = print_json(study, experiment, &error);
    else if (ok)
        print_plot(study, objective_dimension(experiment->objective));
    study_destroy(&study);
    training_release(&training);
    words_destroy(&style.words);
    return ok ? 0 : cli_fail(&error);
}

const struct command command_minimum_ratio = {
    .name = "minimum-ratio",
    .words = "[EXPERIMENT|RECORDING]",
    .summary = "how many directions lead up at the critical points of many small nets",
    .details =
        "Each net starts from its own seed and is trained with the experiment's first optimizer for its own number of\n"
        "steps, so that all heights of the loss are met; then a search goes to a critical point near it. The\n"
        "ratio is the share of positive eigenvalues of the full Hessian: 1 at a true minimum. Without a name the "
        "built-in\n"
        "experiment of that name is taken.\n\n"
        "  saddlescope minimum-ratio\n  saddlescope minimum-ratio iris --nets 20 -o ratio.csv\n"
        "  saddlescope minimum-ratio -o ratio.png",
    .least_words = 0,
    .most_words = 1,
    .run = run,
    .options = options,
};
