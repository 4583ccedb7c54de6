#include "cli/bench.h"

#include "app/app.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/cli.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* As fine as a formula’s surface: it is not done before the last input. */
static const char networks[] = "title: {en: \"Four networks\", zh: \"四个网络\"}\n"
                               "objective:\n"
                               "  network: {layers: [64, 32, 10], activation: tanh}\n"
                               "  data: {name: digits}\n"
                               "  loss: cross_entropy\n"
                               "start: {seed: 1}\n"
                               "steps: 1000000\n"
                               "plane: {name: pca}\n"
                               "grid: [161, 161]\n"
                               "optimizers:\n"
                               "  - {name: sgd, lr: 0.2}\n"
                               "  - {name: momentum, lr: 0.05}\n"
                               "  - {name: rmsprop, lr: 0.003}\n"
                               "  - {name: adam, lr: 0.005}\n"
                               "height: log\n";

/* Steps too long for these wells: the run never settles, so that no part of its path is alike. */
static const char wanderer[] = "title: {en: \"A million steps\", zh: \"一百万步\"}\n"
                               "objective:\n"
                               "  expression: \"0.1*(x^2 + y^2) + sin(3*x)*cos(2*y)\"\n"
                               "  domain: [[-4, 4], [-4, 4]]\n"
                               "start: [1.1, 0.7]\n"
                               "steps: 1000000\n"
                               "optimizers:\n"
                               "  - {name: sgd, lr: 0.45}\n";

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static bool drill(struct app_params *params, struct app_drill *drill, struct window_times *times, struct error *error) {
    drill->seconds = MEM_NEW(double, drill->inputs);
    params->drill = drill;
    params->width = 1280;
    params->height = 720;
    bool ok = app_run(params, error);
    if (ok && drill->count < drill->inputs)
        ok = error_set(error, ERROR_MACHINE, "the window answered %d of %d inputs; a window left alone answers all",
                       drill->count, drill->inputs);
    if (ok) {
        qsort(drill->seconds, (size_t)drill->count, sizeof *drill->seconds, ascending);
        times->count = drill->count;
        times->median = drill->seconds[drill->count / 2];
        times->p99 = drill->seconds[(int)ceil(0.99 * drill->count) - 1];
        times->slowest = drill->seconds[drill->count - 1];
        times->first_picture = drill->first_surface;
        times->busy_share = drill->busy_share;
    }
    free(drill->seconds);
    return ok;
}

static bool bench_hands(int inputs, struct window_times *times, struct error *error) {
    struct app_drill hands = {.kind = APP_DRILL_HANDS, .inputs = inputs};
    struct app_params params = {.made = experiment_parse(networks, strlen(networks), "bench", error)};
    times->what = "from an input to its frame, 1280 × 720, while four networks train and a surface refines";
    return params.made && drill(&params, &hands, times, error);
}

static bool record(const char *path, struct error *error) {
    struct training training = {0};
    const struct training_params params = {
        .experiment = experiment_parse(wanderer, strlen(wanderer), "bench", error), .steps = -1, .record = path};
    bool ok = params.experiment && training_run(&training, &params, error);
    training_release(&training);
    return ok;
}

static bool bench_scrub(int inputs, struct window_times *times, struct error *error) {
    const char *folder = getenv("TMPDIR");
    struct text path = {0};
    text_format(&path, "%s/saddlescope-XXXXXX.saddle", folder && *folder ? folder : "/tmp");
    int file = mkstemps(path.bytes, (int)strlen(".saddle"));
    if (file < 0) {
        bool ok = error_set(error, ERROR_MACHINE, "%s: cannot be written: %s", path.bytes, strerror(errno));
        text_clear(&path);
        return ok;
    }
    close(file);
    unlink(path.bytes);
    struct app_drill scrub = {.kind = APP_DRILL_SCRUB, .inputs = inputs};
    struct app_params params = {.open = path.bytes};
    times->what = "from a jump to its frame, in a recording of 1 000 000 samples";
    bool ok = record(path.bytes, error) && drill(&params, &scrub, times, error);
    unlink(path.bytes);
    text_clear(&path);
    return ok;
}

static bool bench_loss(int inputs, struct window_times *times, struct error *error) {
    struct app_drill loss = {.kind = APP_DRILL_LOSS, .inputs = inputs < 10 ? inputs : 10};
    struct app_params params = {.open = "saddle"};
    times->what = "from the loss of the graphics context to the next picture";
    return drill(&params, &loss, times, error);
}

bool bench_window(int part, int inputs, struct window_times *times, struct error *error) {
    *times = (struct window_times){0};
    static bool (*const parts[WINDOW_PARTS])(int, struct window_times *, struct error *) = {bench_hands, bench_scrub,
                                                                                            bench_loss};
    return parts[part](inputs, times, error);
}
