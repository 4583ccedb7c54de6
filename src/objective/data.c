#include "objective/data.h"

#include "base/text.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_SAMPLES = 256 };
enum { STREAM_DATA = 1 };
static const double MOST_NOISE = 1000;

const char *const data_names[] = {"xor",  "blobs", "moons", "circles", "spirals", "line",
                                  "sine", "cubic", "step",  "digits",  "iris"};
const size_t data_name_count = sizeof data_names / sizeof *data_names;

const char *data_description(const char *name) {
    const struct made_set *made = made_set_find(name);
    if (made) return made->description;
    return real_set_exists(name) ? real_set_description(name) : NULL;
}

struct data *data_allocate(const char *name, enum data_kind kind, int samples, int features, int outputs) {
    assert(samples > 0 && features > 0 && outputs > 0);
    struct data *data = MEM_NEW(struct data, 1);
    data->name = mem_copy_text(name);
    data->kind = kind;
    data->samples = samples;
    data->features = features;
    data->x = MEM_NEW(double, (size_t)samples *(size_t)features);
    if (kind == DATA_CLASSES) {
        data->classes = outputs;
        data->labels = MEM_NEW(int32_t, samples);
    } else {
        data->targets = outputs;
        data->y = MEM_NEW(double, (size_t)samples *(size_t)outputs);
    }
    return data;
}

void data_destroy(struct data **data) {
    if (!data || !*data) return;
    struct data *d = *data;
    for (int c = 0; d->class_names && c < d->classes; c++) free(d->class_names[c]);
    free(d->class_names);
    free(d->name);
    free(d->x);
    free(d->labels);
    free(d->y);
    free(d->attribution);
    free(d);
    *data = NULL;
}

/* Keeps the first `samples` of the data in an order given by the seed. */
static bool select_samples(struct data *data, int samples, uint64_t seed, struct error *error) {
    if (samples > data->samples)
        return error_set(error, ERROR_INPUT, "%s has %d samples, fewer than the %d asked for; ask for at most %d",
                         data->name, data->samples, samples, data->samples);
    size_t width = (size_t)data->features, targets = (size_t)data->targets;
    int *order = MEM_NEW(int, data->samples);
    for (int i = 0; i < data->samples; i++) order[i] = i;
    struct random random = random_seeded(seed, STREAM_DATA);
    random_shuffle(&random, order, (size_t)data->samples);
    double *x = MEM_NEW(double, (size_t)samples *width);
    double *y = data->y ? MEM_NEW(double, (size_t)samples *targets) : NULL;
    int32_t *labels = data->labels ? MEM_NEW(int32_t, samples) : NULL;
    for (size_t i = 0; i < (size_t)samples; i++) {
        size_t from = (size_t)order[i];
        memcpy(x + i * width, data->x + from * width, width * sizeof *x);
        if (y) memcpy(y + i * targets, data->y + from * targets, targets * sizeof *y);
        if (labels) labels[i] = data->labels[from];
    }
    free(order);
    free(data->x);
    free(data->y);
    free(data->labels);
    data->x = x;
    data->y = y;
    data->labels = labels;
    data->samples = samples;
    return true;
}

/* Each feature to mean 0 and (population) variance 1; one that never varies becomes 0. Halves first, so that sums of
 * the largest numbers do not overflow. */
static void standardise(struct data *data) {
    size_t width = (size_t)data->features, samples = (size_t)data->samples;
    for (size_t j = 0; j < width; j++) {
        double largest = 0, mean = 0, variance = 0;
        for (size_t i = 0; i < samples; i++) largest = fmax(largest, fabs(data->x[i * width + j]));
        if (largest == 0) continue;
        for (size_t i = 0; i < samples; i++) mean += data->x[i * width + j] / largest;
        mean /= (double)samples;
        for (size_t i = 0; i < samples; i++) {
            double off = data->x[i * width + j] / largest - mean;
            variance += off * off;
        }
        double deviation = sqrt(variance / (double)samples);
        /* A constant column leaves rounding behind in the mean, nothing more. */
        bool varies = deviation > 1e-15;
        for (size_t i = 0; i < samples; i++)
            data->x[i * width + j] = varies ? (data->x[i * width + j] / largest - mean) / deviation : 0;
    }
}

static struct data *make(const struct made_set *set, const struct data_params *params, struct error *error) {
    int samples = params->samples ? params->samples : DEFAULT_SAMPLES;
    int classes = params->classes ? params->classes : set->outputs;
    double noise = params->noise < 0 ? set->noise : params->noise;
    if (samples < 2 || samples > DATA_SAMPLES) {
        error_set(error, ERROR_INPUT, "%d samples of %s cannot be made; ask for 2 to %d", samples, set->name,
                  DATA_SAMPLES);
        return NULL;
    }
    if (!(noise <= MOST_NOISE)) {
        error_set(error, ERROR_INPUT,
                  "a noise of %g is out of range; write 0 to %g, or a negative number for %s’s own (%g)", noise,
                  MOST_NOISE, set->name, set->noise);
        return NULL;
    }
    int most = set->most_classes ? set->most_classes : set->outputs;
    if (params->classes && set->kind == DATA_TARGETS) {
        error_set(error, ERROR_INPUT, "%s has no classes; leave them out", set->name);
        return NULL;
    }
    if (classes < (set->most_classes ? 2 : most) || classes > most) {
        if (set->most_classes)
            error_set(error, ERROR_INPUT, "%s cannot have %d classes; ask for 2 to %d", set->name, classes, most);
        else
            error_set(error, ERROR_INPUT, "%s always has %d classes, not %d; leave the number out", set->name, most,
                      classes);
        return NULL;
    }
    struct data *data = data_allocate(set->name, set->kind, samples, set->features, classes);
    struct random random = random_seeded(params->seed, STREAM_DATA);
    set->fill(data, noise, &random);
    return data;
}

static struct data *unknown(const char *name, struct error *error) {
    const char *nearest = text_nearest(name, data_names, data_name_count);
    struct text all = {0};
    for (size_t i = 0; i < data_name_count; i++) text_format(&all, "%s%s", i ? ", " : "", data_names[i]);
    if (nearest)
        error_set(error, ERROR_INPUT, "there are no data called “%.60s”; did you mean %s?", name, nearest);
    else
        error_set(error, ERROR_INPUT, "there are no data called “%.60s”; there are %s", name, all.bytes);
    text_clear(&all);
    return NULL;
}

struct data *data_create(const struct data_params *params, struct error *error) {
    if (!params->name == !params->csv) {
        error_set(error, ERROR_INPUT,
                  params->name ? "data come by name or from a csv, not both; leave one out"
                               : "data need a name or a csv; write name: moons, or csv: FILE");
        return NULL;
    }
    if (params->samples < 0) {
        error_set(error, ERROR_INPUT, "%d samples are not possible; write how many, or 0 for the default",
                  params->samples);
        return NULL;
    }
    const struct made_set *made = params->name ? made_set_find(params->name) : NULL;
    if (!params->csv && params->target) {
        error_set(error, ERROR_INPUT, "target names a column of a csv; %.60s has its own, so leave target out",
                  params->name);
        return NULL;
    }
    if (made) return make(made, params, error);
    if (params->name && !real_set_exists(params->name)) return unknown(params->name, error);
    if (params->classes) {
        error_set(error, ERROR_INPUT, "the number of classes is in the data; leave classes out");
        return NULL;
    }
    struct data *data = params->csv ? csv_read(params->csv, params->target, error) : real_set_read(params->name, error);
    if (data && params->samples && !select_samples(data, params->samples, params->seed, error)) data_destroy(&data);
    if (!data || params->raw) return data;
    if (params->name && strcmp(params->name, "digits") == 0) {
        for (size_t i = 0; i < (size_t)data->samples * (size_t)data->features; i++) data->x[i] /= 16;
    } else {
        standardise(data);
    }
    return data;
}
