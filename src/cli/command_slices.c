#include "base/words.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "scene/slices.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_option options[] = {
    {0, "at", "WHERE",
     "start, numbers such as 0,0, end:NAME or step:N:NAME (a saddle sought from the first run's path)"},
    {0, "seek", NULL, "go from --at to the nearest critical point first"},
    {0, "count", "N", "random planes (20); a picture shows the first 20"},
    {0, "seed", "N", "of the first random plane; the others follow (1)"},
    {0, "reach", "R", "how far the slices go from the point, in units of the parameters (to where it leads down to)"},
    {0, "grid", "N", "points a side, an odd number (41)"},
    {'o', "output", "FILE", "draw them as FILE.png, .svg or .pdf"},
    {0, "size", "WxH", "pixels of the picture (1920x1080)"},
    {0, "height", "NAME", "linear or log (log)"},
    {0, "theme", "NAME", "paper or night"},
    {0, "colormap", "NAME", "terrain, viridis or cividis"},
    {0, "camera", "AZ,EL", "degrees around and above"},
    {0, "json", NULL, "as JSON on stdout"},
    {0, "csv", NULL, "as a table on stdout"},
    {0, "threads", "N", "threads (all processors); the result does not depend on it"},
    CLI_LANGUAGE,
    {0},
};

enum {
    LARGEST = 16384,
    SMALL = 120,       /* parameters: up to here a search costs little; … */
    LARGE_WORK = 8000, /* … beyond, it gets so many iterations times parameters */
};

struct wish {
    int64_t count, seed, grid, threads;
    double reach, camera[2];
    int size[2], height, theme, colormap;
};

static bool read_wish(const struct cli_input *input, struct wish *wish, struct error *error) {
    static const char *const themes[] = {"paper", "night"};
    *wish = (struct wish){.count = 20, .seed = 1, .size = {1920, 1080}, .height = HEIGHT_LOG};
    const char *camera = cli_value(input, "camera"), *path = cli_value(input, "output");
    int count = 2;
    if (!cli_integer(input, "count", 1, SLICES_RANDOM, &wish->count, error) ||
        !cli_integer(input, "seed", 0, INT64_MAX, &wish->seed, error) ||
        !cli_integer(input, "grid", 5, 1001, &wish->grid, error) ||
        !cli_integer(input, "threads", 1, 1024, &wish->threads, error) ||
        !cli_number(input, "reach", 1e-12, 1e12, &wish->reach, error) ||
        !cli_size(input, "size", 1, LARGEST, wish->size, error) ||
        !cli_choice(input, "height", height_mapping_names, 2, &wish->height, error) ||
        !cli_choice(input, "theme", themes, 2, &wish->theme, error) ||
        !cli_choice(input, "colormap", colormap_names, 3, &wish->colormap, error) ||
        (camera && !cli_numbers(camera, "--camera", wish->camera, 2, &count, error)))
        return false;
    if (camera && (count != 2 || fabs(wish->camera[0]) > 3600 || wish->camera[1] < 2 || wish->camera[1] > 90))
        return error_set(error, ERROR_INPUT, "--camera %s: two numbers are needed, degrees around and above (2 to 90)",
                         camera);
    if (cli_given(input, "seek") && !cli_given(input, "at"))
        return error_set(error, ERROR_INPUT, "--seek goes on from --at WHERE; without it a saddle is sought anyway");
    if (cli_given(input, "json") && cli_given(input, "csv"))
        return error_set(error, ERROR_INPUT, "--json and --csv both write to stdout; one of them would do");
    if (wish->grid % 2 == 0 && wish->grid)
        return error_set(error, ERROR_INPUT, "--grid %lld: an odd number is needed, so that the point is on the grid",
                         (long long)wish->grid);
    return !path || cli_output(input, 1u << OUTPUT_PICTURE, error) != OUTPUT_NONE;
}

/* ---- the point --------------------------------------------------------------------------------------------------- */

/* Where the slices go through, and how that was found. */
struct place {
    const struct training *training;
    const struct wish *wish;
    struct seek_result *found; /* NULL: exactly where --at said */
    bool saddle;
    char words[256];
};

static bool is_saddle(const struct objective *objective, const double *theta, struct job *job, struct error *error) {
    struct eigen_ends *ends = hessian_ends(objective, theta, 1, job, error);
    bool saddle = ends && ends->eigenvalues[0] < -ends->tolerance;
    eigen_ends_destroy(&ends);
    return saddle;
}

/* From the end of the first run's path, then from ever earlier points of it, until a search ends at a saddle. */
static bool seek_saddle(void *context, struct job *job, struct error *error) {
    static const double shares[] = {1, 0.75, 0.5, 0.35, 0.25, 0.15, 0.1, 0.05, 0.02, 0.01, 0};
    enum { TRIES = sizeof shares / sizeof *shares };
    struct place *place = context;
    const struct training *training = place->training;
    const struct objective *objective = training->experiment->objective;
    int n = objective_dimension(objective), stride = n > SMALL ? 2 : 1;
    double *theta = MEM_NEW(double, n);
    size_t have = timeline_count(training->timeline, 0), before = SIZE_MAX;
    for (int k = 0; k < TRIES && !place->saddle && job_going(job, error); k += stride) {
        size_t index = have > 0 ? (size_t)(shares[k] * (double)(have - 1)) : 0;
        struct sample sample;
        bool known = false;
        if (index == before || timeline_read(training->timeline, 0, index, 1, &sample, theta, &known) == 0 || !known)
            continue;
        before = index;
        struct job *part = job_create_part(job, 1.0 / TRIES);
        struct error trouble = {0};
        const struct seek_params params = {
            .objective = objective, .theta = theta, .iterations = n > SMALL ? (int)fmax(LARGE_WORK / n, 10) : 0};
        struct seek_result *result = critical_seek(&params, part, &trouble);
        bool found = result && result->ending == SEEK_FOUND;
        bool saddle = found && is_saddle(objective, result->theta, part, &trouble);
        if (found && (saddle || !place->found)) {
            seek_result_destroy(&place->found);
            place->found = result;
            place->saddle = saddle;
            snprintf(place->words, sizeof place->words, "the %s near step %lld of %s",
                     saddle ? "saddle" : "critical point", (long long)sample.step,
                     training->experiment->optimizers[0].label);
            result = NULL;
        }
        seek_result_destroy(&result);
        job_note(part, 1);
        job_destroy(&part);
    }
    free(theta);
    if (!job_going(job, error)) return false;
    return place->found || error_set(error, ERROR_MACHINE,
                                     "no critical point was found from the first run's path; --at WHERE gives a point");
}

struct seek_task {
    struct seek_params params;
    struct seek_result *result;
};

static bool seek_from(void *context, struct job *job, struct error *error) {
    struct seek_task *task = context;
    task->result = critical_seek(&task->params, job, error);
    return task->result != NULL;
}

/* The parameters to slice at, freed by the caller. */
static double *find_place(const struct cli_input *input, struct training *training, struct place *place,
                          struct error *error) {
    size_t n = (size_t)objective_dimension(training->experiment->objective);
    const char *at = cli_value(input, "at");
    double *theta = at ? training_where(training, "--at", at, (int)place->wish->threads, error) : MEM_NEW(double, n);
    if (!theta) return NULL;
    bool good = true;
    if (!at) {
        good = run_job("seeking a saddle", seek_saddle, place, error);
    } else if (cli_given(input, "seek")) {
        struct seek_task task = {.params = {.objective = training->experiment->objective, .theta = theta}};
        char verdict[200];
        good = run_job("seeking", seek_from, &task, error);
        place->found = task.result;
        if (good) {
            text_print(place->words, sizeof place->words, "the critical point near %.80s", at);
            if (task.result->ending != SEEK_FOUND)
                good = error_set(error, ERROR_MACHINE, "no critical point near --at %s: %s", at,
                                 seek_result_verdict(task.result, verdict, sizeof verdict));
        }
    } else {
        text_print(place->words, sizeof place->words, "at %.80s", at);
    }
    if (good && place->found) memcpy(theta, place->found->theta, n * sizeof *theta);
    if (good) return theta;
    free(theta);
    return NULL;
}

/* ---- what is shown ----------------------------------------------------------------------------------------------- */

static const char *kind_name(const struct slice *slice) {
    return plane_names[slice->plane->kind];
}

static void print_table(const struct slices *slices, const struct place *place, const char *name) {
    char text[4][NUMBER_TEXT], title[160];
    printf("%s: %s\nloss %s, ‖g‖ %s, curvature %s … %s; slices reach %s\n\n%-10s %12s %12s %12s %12s  %s\n", name,
           place->words, number_text(slices->loss, 6, text[0]), number_text(slices->gradient_norm, 2, text[1]),
           number_text(slices->low, 4, text[2]), number_text(slices->high, 4, text[3]),
           number_exact(slices->reach, (char[NUMBER_TEXT]){0}), "plane", "curv. u", "curv. v", "lowest u", "lowest v",
           "verdict");
    for (int k = 0; k < slices->count; k++) {
        const struct slice *slice = &slices->slices[k];
        char label[32];
        if (k == 0)
            snprintf(label, sizeof label, "Hessian");
        else
            snprintf(label, sizeof label, "random %d", k);
        printf("%-10s %12.4g %12.4g %12.4g %12.4g  %s\n", label, slice->curvature[0], slice->curvature[1],
               fmin(slice->lowest[0][0], slice->lowest[0][1]), fmin(slice->lowest[1][0], slice->lowest[1][1]),
               slice_verdict(slice));
    }
    printf("\n%s\n", slices_title(slices, title, sizeof title));
}

static void print_csv(const struct slices *slices, const struct wish *wish) {
    puts(
        "plane,seed,curvature_u,curvature_v,lowest_u_minus,lowest_u_plus,lowest_v_minus,lowest_v_plus,falls_u,falls_v");
    for (int k = 0; k < slices->count; k++) {
        const struct slice *s = &slices->slices[k];
        char text[6][NUMBER_TEXT], seed[24] = "";
        if (k > 0) snprintf(seed, sizeof seed, "%lld", (long long)(wish->seed + k - 1));
        printf("%s,%s,%s,%s,%s,%s,%s,%s,%d,%d\n", kind_name(s), seed, number_exact(s->curvature[0], text[0]),
               number_exact(s->curvature[1], text[1]), number_exact(s->lowest[0][0], text[2]),
               number_exact(s->lowest[0][1], text[3]), number_exact(s->lowest[1][0], text[4]),
               number_exact(s->lowest[1][1], text[5]), s->falls[0], s->falls[1]);
    }
}

static bool print_json(const struct slices *slices, const struct place *place, const struct wish *wish,
                       const struct experiment *experiment, struct error *error) {
    char title[160];
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "experiment", experiment->name);
    cJSON_AddStringToObject(json, "title", slices_title(slices, title, sizeof title));
    cJSON_AddStringToObject(json, "place", place->words);
    cJSON_AddNumberToObject(json, "n", slices->n);
    cJSON_AddItemToObject(json, "at", json_numbers(slices->at, (size_t)slices->n));
    cJSON_AddItemToObject(json, "loss", json_number(slices->loss));
    cJSON_AddItemToObject(json, "grad_norm", json_number(slices->gradient_norm));
    cJSON_AddItemToObject(json, "reach", json_number(slices->reach));
    cJSON_AddItemToObject(json, "tolerance", json_number(slices->tolerance));
    cJSON_AddNumberToObject(json, "random", slices->count - 1);
    cJSON_AddNumberToObject(json, "falling", slices->falling);
    cJSON_AddNumberToObject(json, "falling_both", slices->falling_both);
    cJSON *list = cJSON_AddArrayToObject(json, "slices");
    for (int k = 0; k < slices->count; k++) {
        const struct slice *slice = &slices->slices[k];
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "plane", kind_name(slice));
        if (k > 0) cJSON_AddNumberToObject(item, "seed", (double)(wish->seed + k - 1));
        cJSON_AddItemToObject(item, "curvature", json_numbers(slice->curvature, 2));
        cJSON *lowest = cJSON_AddArrayToObject(item, "lowest");
        cJSON *falls = cJSON_AddArrayToObject(item, "falls");
        for (int axis = 0; axis < 2; axis++) {
            cJSON_AddItemToArray(lowest, json_numbers(slice->lowest[axis], 2));
            cJSON_AddItemToArray(falls, cJSON_CreateBool(slice->falls[axis]));
        }
        cJSON_AddStringToObject(item, "verdict", slice_verdict(slice));
        cJSON_AddItemToArray(list, item);
    }
    return json_print(json, error);
}

static bool draw(const struct slices *slices, const struct wish *wish, struct words *words, const char *name,
                 const char *path, struct error *error) {
    float scale = fmaxf(0.5f, fminf((float)wish->size[0] / 1280, (float)wish->size[1] / 720));
    const struct slices_view view = {.name = name,
                                     .theme = (enum theme_kind)wish->theme,
                                     .colormap = (enum colormap_kind)wish->colormap,
                                     .height = (enum height_mapping)wish->height,
                                     .azimuth = (float)wish->camera[0],
                                     .elevation = (float)wish->camera[1],
                                     .width = (float)wish->size[0] / scale,
                                     .height_px = (float)wish->size[1] / scale};
    struct scene scene = {.words = words};
    slices_build(&scene, slices, &view);
    bool ok = scene_write(&scene, wish->size[0], wish->size[1], scale, path, error);
    scene_release(&scene);
    return ok;
}

/* ---- the command ------------------------------------------------------------------------------------------------- */

struct slices_task {
    struct slices_params params;
    struct slices *slices;
};

static bool compute(void *context, struct job *job, struct error *error) {
    struct slices_task *task = context;
    task->slices = slices_compute(&task->params, job, error);
    return task->slices != NULL;
}

static bool carry_out(const struct cli_input *input, const struct wish *wish, struct words *words,
                      struct training *training, struct error *error) {
    const struct experiment *experiment = training->experiment;
    const char *path = cli_value(input, "output");
    struct place place = {.training = training, .wish = wish};
    double *theta = find_place(input, training, &place, error);
    struct slices_task task = {.params = {.objective = experiment->objective,
                                          .theta = theta,
                                          .count = (int)wish->count,
                                          .seed = (uint64_t)wish->seed,
                                          .reach = wish->reach,
                                          .grid = (int)wish->grid,
                                          .threads = (int)wish->threads}};
    bool ok = theta && run_job("sampling slices", compute, &task, error);
    const char *name = experiment->title ? experiment->title : experiment->name;
    if (ok && path) {
        char title[400];
        text_print(title, sizeof title, "%.120s · %s", text_in(words_language(words), name, experiment->title_zh),
                 place.words);
        ok = draw(task.slices, wish, words, title, path, error);
    }
    if (ok && cli_given(input, "json"))
        ok = print_json(task.slices, &place, wish, experiment, error);
    else if (ok && cli_given(input, "csv"))
        print_csv(task.slices, wish);
    else if (ok)
        print_table(task.slices, &place, name);
    slices_destroy(&task.slices);
    seek_result_destroy(&place.found);
    free(theta);
    return ok;
}

static int run(const struct cli_input *input) {
    struct error error = {0};
    struct wish wish;
    struct words *words;
    if (!read_wish(input, &wish, &error) || !cli_words(input, &words, &error)) return cli_fail(&error);
    struct training training = {0};
    const struct training_params params = {
        .source = input->words[0], .steps = -1, .threads = (int)wish.threads, .accept_recording = true};
    bool ok = cli_given(input, "at") ? training_open(&training, input->words[0], &error)
                                     : training_run(&training, &params, &error);
    if (ok && objective_dimension(training.experiment->objective) < 3)
        ok = error_set(&error, ERROR_INPUT,
                       "%s has two parameters, and so one plane only; slices are of objectives with more",
                       input->words[0]);
    ok = ok && carry_out(input, &wish, words, &training, &error);
    training_release(&training);
    words_destroy(&words);
    return ok ? 0 : cli_fail(&error);
}

const struct command command_slices = {
    .name = "slices",
    .words = "EXPERIMENT|RECORDING",
    .summary = "the Hessian's plane at a saddle beside random planes through it",
    .details = "  saddlescope slices iris -o slices.png\n"
               "  saddlescope slices xor --at step:37:sgd --seek --count 40 --json",
    .least_words = 1,
    .most_words = 1,
    .run = run,
    .options = options,
};
