#include "base/words.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "scene/basin_map.h"
#include "study/basins.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_option options[] = {
    {'o', "output", "FILE", "draw the maps as FILE.png, .svg or .pdf, or write a row a start to FILE.csv"},
    {0, "grid", "WxH", "starts across and up (256x256)"},
    {0, "steps", "N", "steps from each (the experiment's)"},
    {0, "tolerance", "D", "how near a critical point is there (1 % of the range; less where two are close)"},
    {0, "theme", "NAME", "of the picture: paper or night"},
    {0, "json", NULL, "the points and the shares of the starts as JSON on stdout"},
    {0, "threads", "N", "threads (all processors); the result does not depend on it"},
    CLI_LANGUAGE,
    {0},
};

/* What one optimizer's starts come to. */
struct outcome {
    struct basin_tally tally;
    size_t *counts;  /* (ends) */
    double *medians; /* (ends) steps; NaN where none ended there */
};

static int compare_steps(const void *a, const void *b) {
    int64_t i = *(const int64_t *)a, j = *(const int64_t *)b;
    return (i > j) - (i < j);
}

static double median_steps(const struct basin_cell *cells, size_t size, int end, int64_t *scratch) {
    size_t count = 0;
    for (size_t i = 0; i < size; i++)
        if (cells[i].end == end) scratch[count++] = cells[i].steps;
    if (count == 0) return NAN;
    qsort(scratch, count, sizeof *scratch, compare_steps);
    return ((double)scratch[(count - 1) / 2] + (double)scratch[count / 2]) / 2;
}

static struct outcome read_outcome(const struct study *study, int optimizer, size_t ends) {
    const struct basins_params *params = study_basins_params(study);
    size_t size = (size_t)params->width * (size_t)params->height;
    struct outcome outcome = {.counts = MEM_NEW(size_t, ends), .medians = MEM_NEW(double, ends)};
    struct basin_cell *cells = MEM_NEW(struct basin_cell, size);
    int64_t *scratch = MEM_NEW(int64_t, size);
    outcome.tally = study_tally_basins(study, optimizer, ends, outcome.counts);
    study_read_basins(study, optimizer, cells);
    for (size_t i = 0; i < ends; i++)
        outcome.medians[i] = outcome.counts[i] ? median_steps(cells, size, (int)i, scratch) : NAN;
    free(cells);
    free(scratch);
    return outcome;
}

static void outcome_release(struct outcome *outcome) {
    free(outcome->counts);
    free(outcome->medians);
}

/* ---- JSON
 * ------------------------------------------------------------------------------------------------------------ */

static cJSON *end_json(const struct basin_end *end) {
    cJSON *json = cJSON_CreateObject();
    cJSON_AddItemToObject(json, "at", json_numbers(end->at, 2));
    cJSON_AddItemToObject(json, "loss", json_number(end->loss));
    cJSON_AddStringToObject(json, "kind", point_kind_names[end->kind]);
    if (end->valley) cJSON_AddTrueToObject(json, "valley");
    return json;
}

static cJSON *outcome_json(const struct experiment_optimizer *optimizer, const struct outcome *outcome, size_t ends) {
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "name", optimizer_class_name(optimizer->class));
    cJSON_AddStringToObject(json, "label", optimizer->label);
    cJSON *list = cJSON_AddArrayToObject(json, "ends");
    for (size_t i = 0; i < ends; i++) {
        if (outcome->counts[i] == 0) continue;
        cJSON *item = cJSON_CreateObject();
        cJSON_AddNumberToObject(item, "point", (double)i);
        cJSON_AddNumberToObject(item, "starts", (double)outcome->counts[i]);
        cJSON_AddNumberToObject(item, "share", (double)outcome->counts[i] / (double)outcome->tally.starts);
        cJSON_AddNumberToObject(item, "median_steps", outcome->medians[i]);
        cJSON_AddItemToArray(list, item);
    }
    cJSON_AddNumberToObject(json, "not_there_yet", (double)outcome->tally.nowhere);
    cJSON_AddNumberToObject(json, "diverged", (double)outcome->tally.diverged);
    return json;
}

static bool print_json(const struct study *study, const struct outcome *outcomes, struct error *error) {
    const struct basins_params *params = study_basins_params(study);
    const struct experiment *experiment = params->experiment;
    const struct basin_end *ends;
    size_t count = study_basins_ends(study, &ends);
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "experiment", experiment->name);
    const double grid[2] = {params->width, params->height};
    cJSON_AddItemToObject(json, "grid", json_numbers(grid, 2));
    cJSON_AddItemToObject(json, "low", json_numbers(params->low, 2));
    cJSON_AddItemToObject(json, "high", json_numbers(params->high, 2));
    cJSON_AddNumberToObject(json, "steps", (double)params->steps);
    cJSON_AddNumberToObject(json, "tolerance", study_basins_tolerance(study));
    cJSON *points = cJSON_AddArrayToObject(json, "points");
    for (size_t i = 0; i < count; i++) cJSON_AddItemToArray(points, end_json(&ends[i]));
    cJSON *optimizers = cJSON_AddArrayToObject(json, "optimizers");
    for (int o = 0; o < experiment->optimizer_count; o++)
        cJSON_AddItemToArray(optimizers, outcome_json(&experiment->optimizers[o], &outcomes[o], count));
    return json_print(json, error);
}

/* ---- for people
 * ------------------------------------------------------------------------------------------------------ */

static void print_share(const char *name, size_t starts, size_t all, double median) {
    char number[NUMBER_TEXT];
    printf("    %5.1f %%  %s", 100 * (double)starts / (double)all, name);
    if (isfinite(median)) printf(", after %s steps (median)", number_text(median, 6, number));
    putchar('\n');
}

static void print_summary(const struct study *study, const struct outcome *outcomes) {
    const struct basins_params *params = study_basins_params(study);
    const struct experiment *experiment = params->experiment;
    const struct basin_end *ends;
    size_t count = study_basins_ends(study, &ends);
    char number[3][NUMBER_TEXT], name[64];
    printf("%s: %d × %d starts, %lld steps each, there within %s\n", experiment->title, params->width, params->height,
           (long long)params->steps, number_text(study_basins_tolerance(study), 3, number[0]));
    for (int o = 0; o < experiment->optimizer_count; o++) {
        const struct outcome *outcome = &outcomes[o];
        printf("%s\n", experiment->optimizers[o].label);
        for (size_t i = 0; i < count; i++) {
            if (outcome->counts[i] == 0) continue;
            struct text line = {0};
            text_format(&line, "%s at %s, %s", basin_end_name(ends, (int)i, name, sizeof name),
                        number_text(ends[i].at[0], 6, number[0]), number_text(ends[i].at[1], 6, number[1]));
            print_share(line.bytes, outcome->counts[i], outcome->tally.starts, outcome->medians[i]);
            text_clear(&line);
        }
        if (outcome->tally.nowhere) print_share("not there yet", outcome->tally.nowhere, outcome->tally.starts, NAN);
        if (outcome->tally.diverged) print_share("diverged", outcome->tally.diverged, outcome->tally.starts, NAN);
    }
}

/* ---- the picture
 * ------------------------------------------------------------------------------------------------------ */

static bool draw(const struct study *study, enum theme_kind theme, struct words *words, const char *path,
                 struct error *error) {
    static const float widths[] = {720, 1000}; /* of one map and of two; of more 1200 */
    int count = study_basins_params(study)->experiment->optimizer_count;
    struct basin_map map = {
        .basins = study, .theme = theme, .width = count <= 2 ? widths[count - 1] : 1200, .title = true};
    const float scale = 1600 / map.width;
    map.height = ceilf(basin_map_height(&map));
    struct scene scene = {.words = words};
    basin_map_build(&scene, &map);
    bool ok = scene_write(&scene, (int)lrintf(map.width * scale), (int)lrintf(map.height * scale), scale, path, error);
    scene_release(&scene);
    return ok;
}

static bool show(const struct study *study, const struct cli_input *input, enum output output, enum theme_kind theme,
                 struct words *words, struct error *error) {
    const struct experiment *experiment = study_basins_params(study)->experiment;
    const struct basin_end *ends;
    size_t count = study_basins_ends(study, &ends);
    const char *path = cli_value(input, "output");
    bool ok = true;
    if (output == OUTPUT_PICTURE) ok = draw(study, theme, words, path, error);
    if (output == OUTPUT_CSV) ok = write_study(study, path, error);
    if (!ok) return false;
    struct outcome outcomes[EXPERIMENT_MAX_OPTIMIZERS];
    for (int o = 0; o < experiment->optimizer_count; o++) outcomes[o] = read_outcome(study, o, count);
    if (cli_given(input, "json"))
        ok = print_json(study, outcomes, error);
    else
        print_summary(study, outcomes);
    for (int o = 0; o < experiment->optimizer_count; o++) outcome_release(&outcomes[o]);
    return ok;
}

static int run(const struct cli_input *input) {
    static const char *const themes[] = {"paper", "night"};
    struct error error = {0};
    struct basins_params params = {0};
    int64_t threads = 0;
    int grid[2] = {0, 0}, theme = 0;
    double tolerance = 0;
    enum output output = cli_output(input, 1u << OUTPUT_PICTURE | 1u << OUTPUT_CSV, &error);
    if (error.kind || !cli_size(input, "grid", BASINS_MIN, BASINS_MAX, grid, &error) ||
        !cli_integer(input, "steps", 1, 1000000000, &params.steps, &error) ||
        !cli_number(input, "tolerance", 1e-12, 1e12, &tolerance, &error) ||
        !cli_choice(input, "theme", themes, 2, &theme, &error) ||
        !cli_integer(input, "threads", 1, 1024, &threads, &error))
        return cli_fail(&error);
    struct words *words;
    if (!cli_words(input, &words, &error)) return cli_fail(&error);
    struct experiment *experiment = experiment_load(input->words[0], &error);
    const char *path = cli_value(input, "output");
    struct study *study = NULL;
    bool ok = experiment && (!path || cli_spares_inputs(path, experiment, &error));
    if (ok) {
        params.experiment = experiment;
        params.width = grid[0];
        params.height = grid[1];
        params.tolerance = tolerance;
        params.threads = (int)threads;
        study = study_create_basins(&params, &error);
        ok = study && watch_study(study, &error) && show(study, input, output, (enum theme_kind)theme, words, &error);
    }
    study_destroy(&study);
    experiment_destroy(&experiment);
    words_destroy(&words);
    return ok ? 0 : cli_fail(&error);
}

const struct command command_basins = {
    .name = "basins",
    .words = "EXPERIMENT",
    .summary = "which critical point each start ends in, and after how many steps, for every optimizer",
    .details =
        "For formulas in two variables. Every optimizer goes from the centre of each cell of a grid over the domain, "
        "as a run of\nits own would. In the picture each critical point has a colour, darker where the way there "
        "took more steps.\n\n"
        "  saddlescope basins himmelblau -o himmelblau.png\n"
        "  saddlescope basins six-hump-camel -o camel.csv --grid 64x64 --steps 200",
    .least_words = 1,
    .most_words = 1,
    .run = run,
    .options = options,
};
