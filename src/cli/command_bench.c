#include "base/linalg.h"
#include "base/memory.h"
#include "base/ring.h"
#include "base/threads.h"
#include "cli/bench.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "draw/draw.h"
#include "scene/scene.h"

#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_option options[] = {
    {0, "json", NULL, "as JSON"},
    {0, "repeats", "N", "measurements of each, of which the median counts (9)"},
    {0, "inputs", "N", "inputs put into the window in each of its parts (1000)"},
    {0, "window", NULL, "only what the window takes"},
    {0},
};

/* One comparison: our time against a floor or a peer measured in the same run. */
struct figure {
    const char *what, *against;
    double ours, floor; /* seconds */
};

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *times, int count) {
    qsort(times, (size_t)count, sizeof *times, ascending);
    return times[count / 2];
}

/* ---- a frame: surface of 256 × 256 with four paths, against a bare draw of its triangles ---- */

static bool bench_frame(int repeats, struct figure *figure, struct error *error) {
    struct training training;
    const struct training_params training_params = {.source = "saddle", .steps = -1};
    struct exhibit *exhibit = NULL;
    struct offscreen *offscreen = NULL;
    struct renderer *renderer = NULL;
    struct scene scene = {0};
    bool ok = training_run(&training, &training_params, error);
    if (ok) {
        training.experiment->grid[0] = training.experiment->grid[1] = 256;
        const struct exhibit_params params = {.experiment = training.experiment, .timeline = training.timeline};
        exhibit = exhibit_create(&params, error);
        ok = exhibit && exhibit_finish(exhibit, error) && (offscreen = offscreen_create(error)) &&
             (renderer = renderer_create(&(struct renderer_params){0}, error));
    }
    if (ok) {
        struct view view = view_default(training.experiment);
        view.width = 1280;
        view.height_px = 720;
        scene_build(&scene, exhibit, &view);
        ok = renderer_compare(renderer, &scene, 1280, 720, 1, repeats, &figure->ours, &figure->floor, error);
    }
    *figure = (struct figure){.what = "a frame: 256 × 256 surface, four paths, 1280 × 720",
                              .against = "a bare draw of the same triangles",
                              .ours = figure->ours,
                              .floor = figure->floor};
    scene_release(&scene);
    renderer_destroy(&renderer);
    offscreen_destroy(&offscreen);
    exhibit_destroy(&exhibit);
    training_release(&training);
    return ok;
}

/* ---- a typed-in formula over columns, against the same formula compiled ---- */

static double himmelblau(double x, double y) {
    double a = x * x + y - 11, b = x + y * y - 7;
    return a * a + b * b;
}

static bool bench_expression(int repeats, struct figure *figure, struct error *error) {
    enum { POINTS = 256 * 256 };
    struct experiment *experiment = experiment_load("himmelblau", error);
    if (!experiment) return false;
    struct evaluator *evaluator = evaluator_create(experiment->objective);
    double *points = MEM_NEW(double, 2 * POINTS), *losses = MEM_NEW(double, POINTS), *times = MEM_NEW(double, 2 * repeats);
    struct random random = random_seeded(1, 0);
    for (int i = 0; i < 2 * POINTS; i++) points[i] = random_uniform(&random, -5, 5);
    volatile double sink = 0;
    for (int r = 0; r < repeats; r++) {
        double before = clock_seconds();
        evaluator_losses(evaluator, POINTS, points, losses);
        times[r] = clock_seconds() - before;
        before = clock_seconds();
        for (int i = 0; i < POINTS; i++) losses[i] = himmelblau(points[2 * i], points[2 * i + 1]);
        times[repeats + r] = clock_seconds() - before;
        sink += losses[POINTS / 2];
    }
    *figure = (struct figure){"65 536 values of a typed-in formula", "the same formula compiled by the C compiler",
                              median(times, repeats), median(times + repeats, repeats)};
    free(points);
    free(losses);
    free(times);
    evaluator_destroy(&evaluator);
    experiment_destroy(&experiment);
    return true;
}

/* ---- a network's gradient, against the matrix products alone that it cannot do without ---- */

static bool bench_gradient(int repeats, struct figure *figure, struct error *error) {
    enum { IN = 64, HIDDEN = 32, OUT = 10 };
    static const int layers[] = {IN, HIDDEN, OUT};
    const struct data_params data_params = {.name = "digits"};
    struct data *data = data_create(&data_params, error);
    if (!data) return false;
    int rows = data->samples;
    const struct network_params params = {.layers = layers, .layer_count = 3};
    struct objective *objective = objective_create_network(&params, data, error);
    if (!objective) return false;
    int n = objective_dimension(objective);
    struct evaluator *evaluator = evaluator_create(objective);
    double *theta = MEM_NEW(double, n), *gradient = MEM_NEW(double, n), *times = MEM_NEW(double, 2 * repeats);
    double *a = MEM_NEW(double, (size_t)rows * IN), *h = MEM_NEW(double, (size_t)rows * HIDDEN);
    double *z = MEM_NEW(double, (size_t)rows * OUT), *w = MEM_NEW(double, IN * HIDDEN);
    objective_initialise(objective, 1, theta);
    for (int r = 0; r < repeats; r++) {
        double before = clock_seconds();
        evaluator_gradient(evaluator, theta, NULL, gradient);
        times[r] = clock_seconds() - before;
        before = clock_seconds();
        linalg_gemm(false, true, rows, HIDDEN, IN, 1, a, IN, w, IN, 0, h, HIDDEN);         /* forward */
        linalg_gemm(false, true, rows, OUT, HIDDEN, 1, h, HIDDEN, w, HIDDEN, 0, z, OUT);
        linalg_gemm(true, false, OUT, HIDDEN, rows, 1, z, OUT, h, HIDDEN, 0, w, HIDDEN);   /* weights */
        linalg_gemm(false, false, rows, HIDDEN, OUT, 1, z, OUT, w, HIDDEN, 0, h, HIDDEN);  /* back */
        linalg_gemm(true, false, HIDDEN, IN, rows, 1, h, HIDDEN, a, IN, 0, w, IN);         /* weights */
        times[repeats + r] = clock_seconds() - before;
    }
    *figure = (struct figure){"a full-batch gradient of a 64-32-10 network on 1 797 digits", "its five matrix products alone",
                              median(times, repeats), median(times + repeats, repeats)};
    double *const all[] = {theta, gradient, times, a, h, z, w};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
    evaluator_destroy(&evaluator);
    objective_destroy(&objective);
    return true;
}

/* ---- a wider network's gradient in float32, against the same in float64 ---- */

static bool bench_precision(int repeats, struct figure *figure, struct error *error) {
    static const int layers[] = {64, 256, 256, 10};
    double *times = MEM_NEW(double, 2 * repeats);
    bool ok = true;
    for (int p = 0; p < 2 && ok; p++) {
        const struct data_params data_params = {.name = "digits"};
        struct data *data = data_create(&data_params, error);
        const struct network_params params = {
            .layers = layers, .layer_count = 4, .precision = p == 0 ? PRECISION_F32 : PRECISION_F64};
        struct objective *objective = data ? objective_create_network(&params, data, error) : NULL;
        if (!(ok = objective != NULL)) break;
        int n = objective_dimension(objective);
        struct evaluator *evaluator = evaluator_create(objective);
        double *theta = MEM_NEW(double, n), *gradient = MEM_NEW(double, n);
        objective_initialise(objective, 1, theta);
        for (int r = 0; r < repeats; r++) {
            double before = clock_seconds();
            evaluator_gradient(evaluator, theta, NULL, gradient);
            times[p * repeats + r] = clock_seconds() - before;
        }
        free(theta);
        free(gradient);
        evaluator_destroy(&evaluator);
        objective_destroy(&objective);
    }
    *figure = (struct figure){"a full-batch gradient of a 64-256-256-10 network on 1 797 digits in f32", "the same in f64",
                              median(times, repeats), median(times + repeats, repeats)};
    free(times);
    return ok;
}

/* ---- a convolutional network's gradient, against its matrix products alone ---- */

/* The products of one convolution layer on images of 8 × 8, a few samples at a time: forward, weights, back. */
static void multiply_patches(int samples, int in, int out, bool back, double *w, double *patches, double *y) {
    enum { AREA = 64, TOGETHER = 8 };
    int taps = 9 * in, columns = TOGETHER * AREA;
    for (int s = 0; s < samples; s += TOGETHER) {
        linalg_gemm(false, false, out, columns, taps, 1, w, taps, patches, columns, 0, y, columns);
        linalg_gemm(false, true, out, taps, columns, 1, y, columns, patches, columns, 0, w, taps);
        if (back) linalg_gemm(true, false, taps, columns, out, 1, w, taps, y, columns, 0, patches, columns);
    }
}

static bool bench_convolution(int repeats, struct figure *figure, struct error *error) {
    enum { FIRST = 8, SECOND = 16, MOST = 9 * SECOND * 8 * 64 };
    const struct data_params data_params = {.name = "digits"};
    struct data *data = data_create(&data_params, error);
    if (!data) return false;
    const struct network_block blocks[] = {{.kind = BLOCK_CONVOLUTION, .size = FIRST},
                                           {.kind = BLOCK_CONVOLUTION, .size = SECOND},
                                           {.kind = BLOCK_POOL, .size = 2},
                                           {.kind = BLOCK_DENSE, .size = 10}};
    int samples = data->samples;
    const struct network_params params = {.blocks = blocks, .block_count = 4, .input = {1, 8, 8}};
    struct objective *objective = objective_create_network(&params, data, error);
    if (!objective) return false;
    int n = objective_dimension(objective);
    struct evaluator *evaluator = evaluator_create(objective);
    double *theta = MEM_NEW(double, n), *gradient = MEM_NEW(double, n), *times = MEM_NEW(double, 2 * repeats);
    double *w = MEM_NEW(double, MOST), *patches = MEM_NEW(double, MOST), *y = MEM_NEW(double, MOST);
    objective_initialise(objective, 1, theta);
    for (int r = 0; r < repeats; r++) {
        double before = clock_seconds();
        evaluator_gradient(evaluator, theta, NULL, gradient);
        times[r] = clock_seconds() - before;
        before = clock_seconds();
        multiply_patches(samples, 1, FIRST, false, w, patches, y);
        multiply_patches(samples, FIRST, SECOND, true, w, patches, y);
        times[repeats + r] = clock_seconds() - before;
    }
    *figure = (struct figure){"a full-batch gradient of two convolutions on 1 797 digits", "their matrix products alone",
                              median(times, repeats), median(times + repeats, repeats)};
    double *const all[] = {theta, gradient, times, w, patches, y};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
    evaluator_destroy(&evaluator);
    objective_destroy(&objective);
    return true;
}

/* ---- a million samples between two threads, against copying them ---- */

enum { SAMPLES = 1000000, SAMPLE_BYTES = 64 };

static void *produce(void *context) {
    struct ring *ring = context;
    for (int i = 0; i < SAMPLES; i++) {
        void *slot;
        while (!(slot = ring_reserve(ring))) sched_yield();
        memset(slot, i & 255, SAMPLE_BYTES);
        ring_commit(ring);
    }
    return NULL;
}

static bool bench_ring(int repeats, struct figure *figure, struct error *error) {
    (void)error;
    double *times = MEM_NEW(double, 2 * repeats);
    unsigned char *kept = mem_zalloc(SAMPLES, SAMPLE_BYTES), sample[SAMPLE_BYTES] = {1};
    for (int r = 0; r < repeats; r++) {
        struct ring *ring = ring_create(4096, SAMPLE_BYTES);
        pthread_t producer;
        double before = clock_seconds();
        thread_start(&producer, "bench", produce, ring);
        for (int i = 0; i < SAMPLES; i++) {
            void *slot;
            while (!(slot = ring_peek(ring))) sched_yield();
            memcpy(kept + (size_t)i * SAMPLE_BYTES, slot, SAMPLE_BYTES);
            ring_release(ring);
        }
        times[r] = clock_seconds() - before;
        pthread_join(producer, NULL);
        ring_destroy(&ring);
        before = clock_seconds();
        for (int i = 0; i < SAMPLES; i++) memcpy(kept + (size_t)i * SAMPLE_BYTES, sample, SAMPLE_BYTES);
        times[repeats + r] = clock_seconds() - before;
    }
    *figure = (struct figure){"1 000 000 samples from a trainer's thread to the collector's", "copying them within one thread",
                              median(times, repeats), median(times + repeats, repeats)};
    free(times);
    free(kept);
    return true;
}

static cJSON *times_object(const struct window_times *times) {
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "what", times->what);
    cJSON_AddNumberToObject(object, "inputs", times->count);
    cJSON_AddItemToObject(object, "median_seconds", json_number(times->median));
    cJSON_AddItemToObject(object, "p99_seconds", json_number(times->p99));
    cJSON_AddItemToObject(object, "slowest_seconds", json_number(times->slowest));
    cJSON_AddItemToObject(object, "first_picture_seconds", json_number(times->first_picture));
    cJSON_AddItemToObject(object, "busy_share", json_number(times->busy_share));
    return object;
}

/* In the window itself; where there is no display that is said, and is no failure. */
static bool bench_windows(int inputs, bool as_json, cJSON *json, struct error *error) {
    cJSON *list = cJSON_AddArrayToObject(json, "window");
    for (int part = 0; part < WINDOW_PARTS; part++) {
        struct window_times times;
        if (!bench_window(part, inputs, &times, error)) {
            if (error->kind != ERROR_MACHINE || !strstr(error->message, "no display")) return false;
            if (!as_json) printf("the window: not measured: %s\n", error->message);
            cJSON_AddStringToObject(json, "window_left_out", error->message);
            *error = (struct error){0};
            return true;
        }
        if (!as_json) {
            printf("%s\n  %10.3f ms   the median of %d; 99 of 100 within %.3f ms, the slowest %.3f ms\n", times.what,
                   1e3 * times.median, times.count, 1e3 * times.p99, 1e3 * times.slowest);
            printf("  %10.3f ms   from opening it to the first picture", 1e3 * times.first_picture);
            if (times.busy_share > 0) printf("; a surface was refining during %.0f %%", 100 * times.busy_share);
            printf("\n");
            fflush(stdout);
        }
        cJSON_AddItemToArray(list, times_object(&times));
    }
    return true;
}

static int run(const struct cli_input *input) {
    static bool (*const benches[])(int, struct figure *, struct error *) = {bench_frame, bench_expression, bench_gradient,
                                                                            bench_precision, bench_convolution, bench_ring};
    enum { COUNT = sizeof benches / sizeof *benches };
    struct error error = {0};
    int64_t repeats = 9, inputs = 1000;
    if (!cli_integer(input, "repeats", 1, 1000, &repeats, &error) ||
        !cli_integer(input, "inputs", 1, 1000000, &inputs, &error))
        return cli_fail(&error);
    cJSON *json = cJSON_CreateObject(), *list = cJSON_AddArrayToObject(json, "figures");
    bool as_json = cli_given(input, "json"), ok = true;
    for (int i = 0; ok && i < COUNT && !cli_given(input, "window"); i++) {
        struct figure figure = {0};
        ok = benches[i]((int)repeats, &figure, &error);
        if (!ok) break;
        if (!as_json) {
            printf("%s\n  %10.3f ms   against %.3f ms for %s: %.2f ×\n", figure.what, 1e3 * figure.ours, 1e3 * figure.floor,
                   figure.against, figure.ours / figure.floor);
            fflush(stdout);
        }
        cJSON *object = cJSON_CreateObject();
        cJSON_AddStringToObject(object, "what", figure.what);
        cJSON_AddStringToObject(object, "against", figure.against);
        cJSON_AddItemToObject(object, "seconds", json_number(figure.ours));
        cJSON_AddItemToObject(object, "floor_seconds", json_number(figure.floor));
        cJSON_AddItemToObject(object, "ratio", json_number(figure.ours / figure.floor));
        cJSON_AddItemToArray(list, object);
    }
    ok = ok && bench_windows((int)inputs, as_json, json, &error);
    if (ok && as_json) ok = json_print(json, &error);
    else cJSON_Delete(json);
    return ok ? 0 : cli_fail(&error);
}

const struct command command_bench = {
    .name = "bench",
    .words = "",
    .summary = "what this program takes, against a floor or a peer measured in the same run",
    .run = run,
    .options = options,
};
