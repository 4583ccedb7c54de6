#include "objective/data.h"

#include "base/text.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_SAMPLES = 256 };
enum { STREAM_DATA = 1, STREAM_SPLIT = 3, STREAM_SHIFT = 4 };
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
    data_destroy(&d->validation);
    data_destroy(&d->test);
    free(d);
    *data = NULL;
}

struct data *data_select(const struct data *data, const int *indices, int count) {
    size_t width = (size_t)data->features, targets = (size_t)data->targets;
    struct data *part = data_allocate(data->name, data->kind, count, data->features,
                                      data->kind == DATA_CLASSES ? data->classes : data->targets);
    part->bytes = data->bytes;
    part->attribution = mem_copy_text(data->attribution);
    if (data->class_names) {
        part->class_names = MEM_NEW(char *, data->classes);
        for (int c = 0; c < data->classes; c++) part->class_names[c] = mem_copy_text(data->class_names[c]);
    }
    for (size_t i = 0; i < (size_t)count; i++) {
        size_t from = (size_t)indices[i];
        assert(indices[i] >= 0 && indices[i] < data->samples);
        memcpy(part->x + i * width, data->x + from * width, width * sizeof *part->x);
        if (part->y) memcpy(part->y + i * targets, data->y + from * targets, targets * sizeof *part->y);
        if (part->labels) part->labels[i] = data->labels[from];
    }
    return part;
}

static int *shuffled(const struct data *data, uint64_t seed, uint64_t stream) {
    int *order = MEM_NEW(int, data->samples);
    for (int i = 0; i < data->samples; i++) order[i] = i;
    struct random random = random_seeded(seed, stream);
    random_shuffle(&random, order, (size_t)data->samples);
    return order;
}

/* Keeps the first `samples` of the data in an order given by the seed. */
static bool select_samples(struct data **data, int samples, uint64_t seed, struct error *error) {
    if (samples > (*data)->samples)
        return error_set(error, ERROR_INPUT, "%s has %d samples, fewer than the %d asked for; ask for at most %d",
                         (*data)->name, (*data)->samples, samples, (*data)->samples);
    int *order = shuffled(*data, seed, STREAM_DATA);
    struct data *part = data_select(*data, order, samples);
    free(order);
    data_destroy(data);
    *data = part;
    return true;
}

/* Holds back the shares of validation and test; what remains trains. */
static bool split(struct data **data, double validation, double test, uint64_t seed, struct error *error) {
    int all = (*data)->samples;
    int of_validation = (int)lround(validation * all), of_test = (int)lround(test * all);
    if ((validation > 0 && of_validation < 1) || (test > 0 && of_test < 1) || all - of_validation - of_test < 2)
        return error_set(
            error, ERROR_INPUT,
            "%d samples of %s cannot be parted into %g for validation, %g for test and at least two to train; "
            "write other shares, or more samples",
            all, (*data)->name, validation, test);
    int *order = shuffled(*data, seed, STREAM_SPLIT), train = all - of_validation - of_test;
    struct data *part = data_select(*data, order, train);
    if (of_validation) part->validation = data_select(*data, order + train, of_validation);
    if (of_test) part->test = data_select(*data, order + train + of_validation, of_test);
    free(order);
    data_destroy(data);
    *data = part;
    return true;
}

bool data_fold(const struct data *data, int folds, int fold, uint64_t seed, struct data **train,
               struct data **validation, struct error *error) {
    if (folds < 2 || folds > data->samples)
        return error_set(error, ERROR_INPUT, "%d samples of %s cannot be parted into %d folds; write 2 to %d",
                         data->samples, data->name, folds, data->samples);
    if (fold < 0 || fold >= folds)
        return error_set(error, ERROR_INPUT, "there is no fold %d of %d; write 0 to %d", fold, folds, folds - 1);
    int *order = shuffled(data, seed, STREAM_SPLIT), *rest = MEM_NEW(int, data->samples);
    int low = (int)((int64_t)data->samples * fold / folds), high = (int)((int64_t)data->samples * (fold + 1) / folds);
    memcpy(rest, order, (size_t)low * sizeof *rest);
    memcpy(rest + low, order + high, (size_t)(data->samples - high) * sizeof *rest);
    *validation = data_select(data, order + low, high - low);
    *train = data_select(data, rest, data->samples - (high - low));
    free(order);
    free(rest);
    return true;
}

/* One fold validates, the others train; what is held back for tests stays so. */
static bool hold_back_fold(struct data **data, const struct data_params *params, struct error *error) {
    struct data *train, *validation;
    if (!data_fold(*data, params->folds, params->fold, params->seed, &train, &validation, error)) return false;
    train->validation = validation;
    train->test = (*data)->test;
    (*data)->test = NULL;
    data_destroy(data);
    *data = train;
    return true;
}

void data_move(struct data *data, const struct data_shift *shift, uint64_t seed) {
    size_t width = (size_t)data->features;
    double angle = shift->rotate / 180 * 3.14159265358979323846, scale = shift->scale == 0 ? 1 : shift->scale;
    double cosine = cos(angle), sine = sin(angle);
    struct random random = random_seeded(seed, STREAM_SHIFT);
    for (size_t i = 0; i < (size_t)data->samples; i++) {
        double *x = data->x + i * width;
        if (width > 1 && shift->rotate != 0) {
            double first = x[0];
            x[0] = cosine * first - sine * x[1];
            x[1] = sine * first + cosine * x[1];
        }
        for (size_t j = 0; j < width; j++) {
            x[j] = scale * x[j] + shift->offset;
            if (shift->noise > 0) x[j] += shift->noise * random_normal(&random);
        }
    }
}

/* Each feature to mean 0 and (population) variance 1; one that never varies becomes 0. Halves first, so that sums of
 * the largest numbers do not overflow. What is held back goes by the training samples' figures. */
static void standardise(struct data *data) {
    size_t width = (size_t)data->features, samples = (size_t)data->samples;
    struct data *sets[] = {data, data->validation, data->test};
    for (size_t j = 0; j < width; j++) {
        double largest = 0, mean = 0, variance = 0;
        for (size_t i = 0; i < samples; i++) largest = fmax(largest, fabs(data->x[i * width + j]));
        for (size_t i = 0; i < samples && largest > 0; i++) mean += data->x[i * width + j] / largest;
        mean /= (double)samples;
        for (size_t i = 0; i < samples && largest > 0; i++) {
            double off = data->x[i * width + j] / largest - mean;
            variance += off * off;
        }
        double deviation = sqrt(variance / (double)samples);
        /* A constant column leaves rounding behind in the mean, nothing more. */
        bool varies = deviation > 1e-15;
        for (size_t set = 0; set < 3; set++)
            for (size_t i = 0; sets[set] && i < (size_t)sets[set]->samples; i++) {
                double *x = &sets[set]->x[i * width + j];
                *x = varies ? (*x / largest - mean) / deviation : 0;
            }
    }
}

static void divide(struct data *data, double by) {
    struct data *sets[] = {data, data->validation, data->test};
    for (size_t set = 0; set < 3; set++)
        for (size_t i = 0; sets[set] && i < (size_t)sets[set]->samples * (size_t)data->features; i++)
            sets[set]->x[i] /= by;
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

static struct data *read_source(const struct data_params *params, struct error *error) {
    size_t memory = params->memory ? params->memory : mem_machine() / 4;
    if (params->csv) return csv_read(params->csv, params->target, memory, params->reading, error);
    if (params->npy) return npy_read(params->npy, params->target, memory, error);
    if (params->idx) return idx_read(params->idx, params->target, memory, error);
    return real_set_read(params->name, error);
}

static bool params_are_sound(const struct data_params *params, struct error *error) {
    int files = !!params->csv + !!params->npy + !!params->idx;
    if (!params->name && !files)
        return error_set(error, ERROR_INPUT, "data need a name or a csv; write name: moons, or csv: FILE");
    if (params->name && files)
        return error_set(error, ERROR_INPUT, "data come by name or from a %s, not both; leave one out",
                         params->csv   ? "csv"
                         : params->npy ? "npy"
                                       : "idx");
    if (files > 1) return error_set(error, ERROR_INPUT, "data come from one of csv, npy and idx; leave the others out");
    if (params->samples < 0)
        return error_set(error, ERROR_INPUT, "%d samples are not possible; write how many, or 0 for the default",
                         params->samples);
    if (params->name && params->target)
        return error_set(error, ERROR_INPUT, "target names a column of a csv; %.60s has its own, so leave target out",
                         params->name);
    if (!(params->validation >= 0 && params->test >= 0 && params->validation + params->test < 1))
        return error_set(
            error, ERROR_INPUT,
            "shares of %g for validation and %g for test leave nothing to train on; write less, such as 0.2",
            params->validation, params->test);
    if (params->folds && params->validation > 0)
        return error_set(error, ERROR_INPUT, "either a share for validation or folds; leave one out");
    if (params->shift && params->test == 0)
        return error_set(error, ERROR_INPUT,
                         "a shift moves the test samples, but there are none; write a share for test");
    return true;
}

/* The samples asked for, parted, scaled and moved. */
static bool prepare(struct data **data, const struct data_params *params, bool made, struct error *error) {
    if (!made && params->samples && !select_samples(data, params->samples, params->seed, error)) return false;
    if ((params->validation > 0 || params->test > 0) &&
        !split(data, params->validation, params->test, params->seed, error))
        return false;
    if (params->folds && !hold_back_fold(data, params, error)) return false;
    if (!made && !params->raw) {
        if (params->name && strcmp(params->name, "digits") == 0)
            divide(*data, 16);
        else if ((*data)->bytes)
            divide(*data, 255);
        else
            standardise(*data);
    }
    if (params->shift) data_move((*data)->test, params->shift, params->seed);
    return true;
}

struct data *data_create(const struct data_params *params, struct error *error) {
    if (!params_are_sound(params, error)) return NULL;
    const struct made_set *set = params->name ? made_set_find(params->name) : NULL;
    if (params->name && !set && !real_set_exists(params->name)) return unknown(params->name, error);
    if (params->classes && !set) {
        error_set(error, ERROR_INPUT, "the number of classes is in the data; leave classes out");
        return NULL;
    }
    struct data *data = set ? make(set, params, error) : read_source(params, error);
    bool wanted = !params->reading || !atomic_load(&params->reading->stop) || error_set(error, ERROR_CANCELLED, "stopped");
    if (data && (!wanted || !prepare(&data, params, set != NULL, error))) data_destroy(&data);
    return data;
}
