#include "base/file.h"
#include "base/memory.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "scene/scene.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_option options[] = {
    {'o', "output", "FILE", "write to FILE: .csv (x,y,loss) or .npy (float64, height × width)"},
    {0, "grid", "WxH", "grid points instead of the experiment's"},
    {0, "json", NULL, "as JSON on stdout"},
    {0, "threads", "N", "threads (all processors); the result does not depend on it"},
    {0},
};

struct grid {
    int width, height;
    const double *x, *y, *loss; /* (width), (height), (height × width) */
};

static void write_csv(FILE *stream, const struct grid *grid) {
    fputs("x,y,loss\n", stream);
    for (int j = 0; j < grid->height && !ferror(stream); j++)
        for (int i = 0; i < grid->width; i++)
            fprintf(stream, "%.17g,%.17g,%.17g\n", grid->x[i], grid->y[j], grid->loss[j * grid->width + i]);
}

/* NumPy's format 1.0: magic, version, header length, a dict padded with blanks to a multiple of 64, then the data. */
static void write_npy(FILE *stream, const struct grid *grid) {
    char header[128];
    memset(header, ' ', sizeof header);
    memcpy(header, "\x93NUMPY\x01\x00", 8);
    header[8] = (char)(sizeof header - 10);
    header[9] = 0;
    char dict[100];
    int length = snprintf(dict, sizeof dict, "{'descr': '<f8', 'fortran_order': False, 'shape': (%d, %d), }", grid->height,
                          grid->width);
    memcpy(header + 10, dict, (size_t)length);
    header[sizeof header - 1] = '\n';
    fwrite(header, 1, sizeof header, stream);
    fwrite(grid->loss, sizeof(double), (size_t)grid->width * (size_t)grid->height, stream);
}

static bool save(const char *path, const struct grid *grid, struct error *error) {
    struct outfile *out = outfile_create(path, error);
    if (!out) return false;
    if (strcmp(cli_ending(path), "csv") == 0) write_csv(outfile_stream(out), grid);
    else write_npy(outfile_stream(out), grid);
    return outfile_commit(&out, error);
}

static bool print_json(const struct grid *grid, struct error *error) {
    cJSON *json = cJSON_CreateObject();
    cJSON_AddItemToObject(json, "x", json_numbers(grid->x, (size_t)grid->width));
    cJSON_AddItemToObject(json, "y", json_numbers(grid->y, (size_t)grid->height));
    cJSON *rows = cJSON_AddArrayToObject(json, "loss");
    for (int j = 0; j < grid->height; j++)
        cJSON_AddItemToArray(rows, json_numbers(grid->loss + (size_t)j * (size_t)grid->width, (size_t)grid->width));
    return json_print(json, error);
}

static double share_sampled(void *context) {
    return surface_progress(context).done;
}

static void cancel(void *context) {
    surface_cancel(context);
}

/* Samples the exhibit's plane and range on the grid asked for; fills `grid` with arrays that `memory` owns. */
static bool sample(const struct surface_params *shown, const int size[2], int threads, struct arena *memory,
                   struct grid *grid, struct error *error) {
    struct surface_params params = *shown;
    params.width = size[0];
    params.height = size[1];
    params.threads = threads;
    params.wakeup = NULL;
    struct surface *surface = surface_create(&params, error);
    if (!surface) return false;
    cli_interrupts_watch(cancel, surface);
    progress_begin("sampling", share_sampled, surface);
    surface_wait(surface);
    progress_end();
    cli_interrupts_forget();
    double *x = ARENA_NEW(memory, double, size[0]), *y = ARENA_NEW(memory, double, size[1]);
    double *loss = ARENA_NEW(memory, double, (size_t)size[0] * (size_t)size[1]);
    for (int i = 0; i < size[0]; i++) x[i] = surface_a(&params, i);
    for (int j = 0; j < size[1]; j++) y[j] = surface_b(&params, j);
    surface_copy(surface, loss);
    *grid = (struct grid){size[0], size[1], x, y, loss};
    surface_destroy(&surface);
    return !cli_interrupted() || error_set(error, ERROR_CANCELLED, "stopped");
}

static void print_summary(const struct experiment *experiment, const struct grid *grid, const char *path) {
    double low = INFINITY, high = -INFINITY;
    size_t holes = 0, count = (size_t)grid->width * (size_t)grid->height;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(grid->loss[i])) holes++;
        else {
            low = fmin(low, grid->loss[i]);
            high = fmax(high, grid->loss[i]);
        }
    }
    printf("%s: %d × %d points, x %g … %g, y %g … %g, ", experiment->title, grid->width, grid->height, grid->x[0],
           grid->x[grid->width - 1], grid->y[0], grid->y[grid->height - 1]);
    if (holes == count) printf("no finite loss on any of them");
    else printf("loss %.6g … %.6g, %zu hole%s", low, high, holes, holes == 1 ? "" : "s");
    printf("; written to %s\n", path);
}

static int run(const struct cli_input *input) {
    struct error error = {0};
    int64_t threads = 0;
    int size[2] = {0, 0};
    const char *path = cli_value(input, "output");
    if (!cli_size(input, "grid", SURFACE_MIN, SURFACE_MAX, size, &error) ||
        !cli_integer(input, "threads", 1, 1024, &threads, &error))
        return cli_fail(&error);
    if (path && strcmp(cli_ending(path), "csv") != 0 && strcmp(cli_ending(path), "npy") != 0)
        error_set(&error, ERROR_INPUT, "--output %s: the name must end in .csv or .npy", path);
    if (error.kind) return cli_fail(&error);

    /* An expression's plane and range are known at once; a network's follow its paths, so it is trained first. */
    struct training training;
    struct experiment *experiment = experiment_load(input->words[0], &error);
    if (!experiment) return cli_fail(&error);
    if (path && (!cli_spares_inputs(path, experiment, &error) || !outfile_possible(path, &error))) {
        experiment_destroy(&experiment);
        return cli_fail(&error);
    }
    const struct training_params training_params = {.experiment = experiment,
                                                    .steps = objective_is_expression(experiment->objective) ? 0 : -1,
                                                    .threads = (int)threads};
    struct arena *memory = arena_create();
    struct exhibit *exhibit = NULL;
    struct grid grid;
    bool ok = training_run(&training, &training_params, &error) &&
              (!cli_interrupted() || error_set(&error, ERROR_CANCELLED, "stopped"));
    if (ok) {
        const struct exhibit_params params = {
            .experiment = training.experiment, .timeline = training.timeline, .threads = (int)threads};
        exhibit = exhibit_create(&params, &error);
        ok = exhibit && exhibit_finish(exhibit, &error);
    }
    if (ok) {
        if (size[0] == 0) memcpy(size, training.experiment->grid, sizeof size);
        ok = sample(surface_params(exhibit_surface(exhibit)), size, (int)threads, memory, &grid, &error);
    }
    if (ok && path) ok = save(path, &grid, &error);
    if (ok && cli_given(input, "json")) ok = print_json(&grid, &error);
    else if (ok && !path) write_csv(stdout, &grid);
    else if (ok) print_summary(training.experiment, &grid, path);
    exhibit_destroy(&exhibit);
    training_release(&training);
    arena_destroy(&memory);
    return ok ? 0 : cli_fail(&error);
}

const struct command command_surface = {
    .name = "surface",
    .words = "EXPERIMENT",
    .summary = "the loss on the experiment's plane, as figures",
    .details = "Without -o or --json the table goes to stdout. A network is trained first: its plane follows the paths.\n\n"
               "  saddlescope surface rosenbrock -o rosenbrock.npy --grid 401x401",
    .least_words = 1,
    .most_words = 1,
    .run = run,
    .options = options,
};
