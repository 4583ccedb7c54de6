#include "study/portrait.h"
#include "study/study_class.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 256, IMAGE_LEAST = 5, PORTRAIT_CLASSES_MOST = 256 }; /* answers are kept as bytes */

/* ---- what there is to show ----------------------------------------------------------------------------------------
 */

const struct data *portrait_data(const struct objective *objective) {
    const struct data *data = objective_data(objective);
    return data && data->test ? data->test : data;
}

int portrait_samples(const struct objective *objective) {
    int samples = portrait_data(objective)->samples;
    return samples < PORTRAIT_SAMPLES ? samples : PORTRAIT_SAMPLES;
}

static int root_of(int number) {
    int root = (int)lround(sqrt((double)number));
    return root * root == number ? root : 0;
}

/* Whole numbers that pixels came as: the digits' 0 … 16, or bytes. */
static bool is_pixels(const struct data *data) {
    return data->bytes || (data->name && strcmp(data->name, "digits") == 0);
}

int portrait_image_side(const struct data *data, int *planes) {
    int side = root_of(data->features);
    *planes = 1;
    if (side == 0 && data->features % 3 == 0 && (side = root_of(data->features / 3)) > 0) *planes = 3;
    return side;
}

enum portrait_kind portrait_kind_of(const struct objective *objective) {
    const struct data *data = objective_data(objective);
    int planes;
    if (!data) return PORTRAIT_NONE;
    if (data->kind == DATA_TARGETS)
        return data->features == 1 && data->targets == 1 ? PORTRAIT_CURVE : PORTRAIT_WEIGHTS;
    if (data->classes > PORTRAIT_CLASSES_MOST) return PORTRAIT_WEIGHTS;
    if (data->features == 2) return PORTRAIT_MAP;
    return is_pixels(data) && portrait_image_side(data, &planes) >= IMAGE_LEAST ? PORTRAIT_IMAGES : PORTRAIT_CLASSES;
}

int portrait_layers(const struct objective *objective, int most, struct portrait_layer *layers) {
    const struct layout_entry *entries;
    size_t entry_count = objective_layout(objective, &entries), before = 0;
    int count = 0;
    const char *name = "";
    for (size_t i = 0; i < entry_count; i++) {
        const char *dot = strrchr(entries[i].name, '.');
        size_t length = dot ? (size_t)(dot - entries[i].name) : strlen(entries[i].name);
        bool same = count > 0 && length == before && strncmp(name, entries[i].name, length) == 0;
        name = entries[i].name;
        before = length;
        if (!same) count++;
        if (!layers || count > most) continue;
        struct portrait_layer *layer = &layers[count - 1];
        if (!same) *layer = (struct portrait_layer){.offset = entries[i].offset};
        layer->size = entries[i].offset + entries[i].size - layer->offset;
        snprintf(layer->name, sizeof layer->name, "%.*s", (int)(length < 23 ? length : 23), name);
    }
    return count;
}

void portrait_answer(enum loss_kind loss, int outputs, const double *z, uint8_t *best, float *sure) {
    int at = 0;
    double sum = 0, p;
    *best = 0;
    *sure = 0;
    for (int i = 0; i < outputs; i++) {
        if (!isfinite(z[i])) return;
        if (z[i] > z[at]) at = i;
    }
    if (outputs == 1) { /* of two classes */
        p = loss == LOSS_BCE ? 1 / (1 + exp(-z[0])) : z[0];
        *best = loss == LOSS_BCE ? z[0] > 0 : z[0] > 0; /* as evaluator_accuracy reads it */
        *sure = (float)fmin(fmax(*best ? p : 1 - p, 0), 1);
        return;
    }
    for (int i = 0; i < outputs; i++) sum += exp(z[i] - z[at]);
    p = loss == LOSS_CROSS_ENTROPY ? 1 / sum : loss == LOSS_BCE ? 1 / (1 + exp(-z[at])) : z[at];
    *best = (uint8_t)at;
    *sure = (float)fmin(fmax(p, 0), 1);
}

/* ---- sets ----------------------------------------------------------------------------------------------------------
 */

void portrait_set_destroy(struct portrait_set **handle) {
    struct portrait_set *set = *handle;
    if (!set) return;
    for (int i = 0; i < set->count; i++) {
        struct portrait *portrait = &set->portraits[i];
        free(portrait->best);
        free(portrait->sure);
        free(portrait->confusion);
        free(portrait->map_best);
        free(portrait->map_sure);
        free(portrait->curve);
        free(portrait->spread);
        free(portrait->norms);
    }
    free(set->portraits);
    free(set->layers);
    free(set->reach);
    free(set);
    *handle = NULL;
}

/* Of the first features, of all data there are: what is held back may lie further out. */
static void find_range(const struct data *data, double low[2], double high[2]) {
    const struct data *parts[3] = {data, data->validation, data->test};
    for (int axis = 0; axis < 2; axis++) {
        low[axis] = INFINITY;
        high[axis] = -INFINITY;
        for (int p = 0; p < 3 && axis < data->features; p++)
            for (int i = 0; parts[p] && i < parts[p]->samples; i++) {
                double x = parts[p]->x[(size_t)i * (size_t)data->features + (size_t)axis];
                low[axis] = fmin(low[axis], x);
                high[axis] = fmax(high[axis], x);
            }
        double air = fmax(0.08 * (high[axis] - low[axis]), 1e-6);
        low[axis] -= air;
        high[axis] += air;
    }
}

/* ---- one portrait --------------------------------------------------------------------------------------------------
 */

struct sitting {
    const struct objective *objective;
    const struct data *data; /* the samples shown */
    struct portrait_set *set;
    struct evaluator *evaluator;
    double *statistics; /* batch norm's at the point at hand; NULL: none */
    double *outputs;    /* (CHUNK × outputs) */
    bool (*going)(void *);
    void *context;
};

static bool goes_on(const struct sitting *sitting) {
    return !sitting->going || sitting->going(sitting->context);
}

/* Answers to `count` samples x, a chunk at a time. */
static bool answer(struct sitting *sitting, const double *theta, int count, const double *x, uint8_t *best,
                   float *sure) {
    int outputs = objective_outputs(sitting->objective);
    size_t features = (size_t)sitting->data->features;
    enum loss_kind loss = objective_loss_kind(sitting->objective);
    for (int first = 0; first < count; first += CHUNK) {
        int some = count - first < CHUNK ? count - first : CHUNK;
        if (!goes_on(sitting)) return false;
        evaluator_outputs(sitting->evaluator, theta, some, x + (size_t)first * features, sitting->statistics,
                          sitting->outputs);
        for (int i = 0; i < some; i++)
            portrait_answer(loss, outputs, sitting->outputs + (size_t)i * (size_t)outputs, &best[first + i],
                            &sure[first + i]);
    }
    return true;
}

static bool answer_samples(struct sitting *sitting, const double *theta, struct portrait *portrait) {
    const struct portrait_set *set = sitting->set;
    int right = 0;
    portrait->best = MEM_NEW(uint8_t, set->samples);
    portrait->sure = MEM_NEW(float, set->samples);
    portrait->confusion = MEM_NEW(int, (size_t)set->classes *(size_t)set->classes);
    if (!answer(sitting, theta, set->samples, sitting->data->x, portrait->best, portrait->sure)) return false;
    for (int i = 0; i < set->samples; i++) {
        int label = sitting->data->labels[i];
        portrait->confusion[label * set->classes + portrait->best[i]]++;
        right += label == portrait->best[i] && portrait->sure[i] > 0;
    }
    portrait->accuracy = (double)right / set->samples;
    return true;
}

static bool answer_map(struct sitting *sitting, const double *theta, struct portrait *portrait) {
    const struct portrait_set *set = sitting->set;
    size_t side = (size_t)set->side, cells = side * side;
    double *x = MEM_NEW(double, 2 * cells);
    portrait->map_best = MEM_NEW(uint8_t, cells);
    portrait->map_sure = MEM_NEW(float, cells);
    for (size_t i = 0; i < cells; i++) {
        double share[2] = {((double)(i % side) + 0.5) / (double)side, ((double)(i / side) + 0.5) / (double)side};
        for (int axis = 0; axis < 2; axis++)
            x[2 * i + (size_t)axis] = set->low[axis] + share[axis] * (set->high[axis] - set->low[axis]);
    }
    bool done = answer(sitting, theta, (int)cells, x, portrait->map_best, portrait->map_sure);
    free(x);
    return done;
}

static void answer_curve(struct sitting *sitting, const double *theta, struct portrait *portrait) {
    const struct portrait_set *set = sitting->set;
    double x[PORTRAIT_CURVE_POINTS], y[PORTRAIT_CURVE_POINTS];
    portrait->curve = MEM_NEW(float, PORTRAIT_CURVE_POINTS);
    for (int i = 0; i < PORTRAIT_CURVE_POINTS; i++)
        x[i] = set->low[0] + (set->high[0] - set->low[0]) * i / (PORTRAIT_CURVE_POINTS - 1);
    evaluator_outputs(sitting->evaluator, theta, PORTRAIT_CURVE_POINTS, x, sitting->statistics, y);
    for (int i = 0; i < PORTRAIT_CURVE_POINTS; i++) portrait->curve[i] = (float)y[i];
}

static double length_of(const double *values, int size) {
    double square = 0;
    for (int i = 0; i < size; i++) square += values[i] * values[i];
    return sqrt(square);
}

/* ∇L on the training samples, the first PORTRAIT_SAMPLES of them, a chunk at a time; with batch norm, which makes all
 * samples one batch, all of them at once. */
static bool find_gradient(struct sitting *sitting, const double *theta, double *gradient) {
    const struct objective *objective = sitting->objective;
    size_t n = (size_t)objective_dimension(objective);
    int samples = objective_samples(objective), most = samples < PORTRAIT_SAMPLES ? samples : PORTRAIT_SAMPLES;
    if (!goes_on(sitting)) return false;
    if (objective_statistics(objective) > 0 || most <= CHUNK) {
        evaluator_gradient(sitting->evaluator, theta, NULL, gradient);
        return true;
    }
    double *part = MEM_NEW(double, n);
    int indices[CHUNK];
    memset(gradient, 0, n * sizeof *gradient);
    bool going = true;
    for (int first = 0; first < most && (going = goes_on(sitting)); first += CHUNK) {
        int some = most - first < CHUNK ? most - first : CHUNK;
        for (int i = 0; i < some; i++) indices[i] = first + i;
        evaluator_gradient(sitting->evaluator, theta, &(struct batch){.indices = indices, .count = some}, part);
        for (size_t i = 0; i < n; i++) gradient[i] += part[i] * some / most;
    }
    free(part);
    return going;
}

static bool measure_layers(struct sitting *sitting, const struct portrait_point *point, struct portrait *portrait) {
    const struct portrait_set *set = sitting->set;
    size_t n = (size_t)objective_dimension(sitting->objective);
    double *gradient = MEM_NEW(double, n), *step = MEM_NEW(double, n);
    bool done = find_gradient(sitting, point->theta, gradient);
    for (size_t i = 0; point->before && i < n; i++) step[i] = point->theta[i] - point->before[i];
    portrait->norms = MEM_NEW(double, (size_t)set->layer_count *PORTRAIT_NORMS);
    for (int l = 0; l < set->layer_count; l++) {
        const struct portrait_layer *layer = &set->layers[l];
        double *norms = portrait->norms + l * PORTRAIT_NORMS;
        norms[PORTRAIT_PARAMETERS] = length_of(point->theta + layer->offset, layer->size);
        norms[PORTRAIT_GRADIENT] = length_of(gradient + layer->offset, layer->size);
        norms[PORTRAIT_STEP] = point->before ? length_of(step + layer->offset, layer->size) : NAN;
    }
    free(gradient);
    free(step);
    return done;
}

static void spread_row(const double *theta, int size, double reach, float *row) {
    for (int i = 0; i < size; i++) {
        int bin = (int)floor((theta[i] / reach + 1) / 2 * PORTRAIT_BINS);
        row[bin < 0 ? 0 : bin >= PORTRAIT_BINS ? PORTRAIT_BINS - 1 : bin] += 1.0f / (float)size;
    }
}

static void find_spread(const struct portrait_set *set, const double *theta, int n, struct portrait *portrait) {
    portrait->spread = MEM_NEW(float, (size_t)(set->layer_count + 1) * PORTRAIT_BINS);
    for (int l = 0; l < set->layer_count; l++)
        spread_row(theta + set->layers[l].offset, set->layers[l].size, set->reach[l],
                   portrait->spread + l * PORTRAIT_BINS);
    spread_row(theta, n, set->reach[set->layer_count], portrait->spread + set->layer_count * PORTRAIT_BINS);
}

static bool sit(struct sitting *sitting, const struct portrait_point *point, struct portrait *portrait) {
    struct portrait_set *set = sitting->set;
    if (!portrait->known) return true;
    if (!goes_on(sitting)) return false;
    if (objective_statistics(sitting->objective) > 0) {
        free(sitting->statistics);
        evaluator_loss(sitting->evaluator, point->theta, NULL);
        sitting->statistics = study_statistics(sitting->evaluator);
    }
    if (set->classes && !answer_samples(sitting, point->theta, portrait)) return false;
    if (set->side && !answer_map(sitting, point->theta, portrait)) return false;
    if (set->kind == PORTRAIT_CURVE) answer_curve(sitting, point->theta, portrait);
    find_spread(set, point->theta, objective_dimension(sitting->objective), portrait);
    return measure_layers(sitting, point, portrait);
}

static bool all_finite(const double *values, int n) {
    for (int i = 0; i < n; i++)
        if (!isfinite(values[i])) return false;
    return true;
}

/* 1, 2 or 5 · 10^k: an axis that only seldom changes while a run goes on. */
static double round_up(double value) {
    double power = pow(10, floor(log10(fmax(value, 1e-300))));
    for (int i = 0; i < 3; i++) {
        static const double parts[] = {1, 2, 5};
        if (value <= parts[i] * power) return parts[i] * power;
    }
    return 10 * power;
}

static void find_reaches(struct portrait_set *set, const struct portrait_point *points, int n) {
    set->reach = MEM_NEW(double, (size_t)set->layer_count + 1);
    for (int l = 0; l <= set->layer_count; l++) {
        int offset = l < set->layer_count ? set->layers[l].offset : 0,
            size = l < set->layer_count ? set->layers[l].size : n;
        double most = 1e-9;
        for (int k = 0; k < set->count; k++)
            for (int i = 0; set->portraits[k].known && i < size; i++)
                most = fmax(most, fabs(points[k].theta[offset + i]));
        set->reach[l] = round_up(most);
    }
}

struct portrait_set *portrait_compute(const struct objective *objective, const struct portrait_point *points, int count,
                                      int side, bool (*going)(void *), void *context) {
    struct portrait_set *set = MEM_NEW(struct portrait_set, 1);
    int n = objective_dimension(objective);
    set->kind = portrait_kind_of(objective);
    struct sitting sitting = {.objective = objective,
                              .data = portrait_data(objective),
                              .set = set,
                              .evaluator = evaluator_create(objective),
                              .going = going,
                              .context = context};
    sitting.outputs = MEM_NEW(double, CHUNK *(size_t)objective_outputs(objective));
    set->samples = portrait_samples(objective);
    set->classes = sitting.data->kind == DATA_CLASSES && set->kind != PORTRAIT_WEIGHTS ? sitting.data->classes : 0;
    set->side = set->kind == PORTRAIT_MAP ? side : 0;
    find_range(objective_data(objective), set->low, set->high);
    set->layer_count = portrait_layers(objective, 0, NULL);
    set->layers = MEM_NEW(struct portrait_layer, set->layer_count);
    portrait_layers(objective, set->layer_count, set->layers);
    set->count = count;
    set->portraits = MEM_NEW(struct portrait, count);
    for (int i = 0; i < count; i++)
        set->portraits[i] = (struct portrait){.run = points[i].run,
                                              .step = points[i].step,
                                              .known = points[i].theta && all_finite(points[i].theta, n),
                                              .accuracy = NAN};
    find_reaches(set, points, n);
    bool done = true;
    for (int i = 0; i < count && done; i++) done = sit(&sitting, &points[i], &set->portraits[i]);
    evaluator_destroy(&sitting.evaluator);
    free(sitting.statistics);
    free(sitting.outputs);
    if (!done) portrait_set_destroy(&set);
    return set;
}
