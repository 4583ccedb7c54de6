#include "run/timeline.h"

#include "base/linalg.h"
#include "base/memory.h"
#include "base/random.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The sequence of random numbers that mini-batches come from; the experiment's seed is shared with data and starts. */
static const uint64_t BATCH_STREAM = 0x6261746368; /* "batch" */
/* … and the one that dropout and augmentation come from: a seed for every step. */
static const uint64_t NOISE_STREAM = 0x6e6f697365; /* "noise" */

struct descent {
    const struct experiment *experiment;
    const struct experiment_optimizer *from;
    uint64_t seed;
    int n, samples;
    int batch_size, batches; /* samples a step, steps an epoch; 0: all of them */
    struct optimizer *optimizer;
    struct evaluator *evaluator;
    double *theta, *gradient; /* (n) */
    int *order;               /* (samples) this epoch's order; NULL without mini-batches */
    struct random shuffle;
    struct batch storage;
    const struct batch *batch; /* of this step: NULL or storage */
    struct schedule_state schedule;
    double factor;      /* the schedule's, of the update that leaves this point */
    double *statistics; /* moving averages of batch norm; NULL without */
    int64_t here;       /* the step theta is at */
    bool evaluated;     /* there */
    struct sample sample;
    bool keep_insides;
    double *left;          /* (n) the point shown that the update leaves; NULL without an average */
    struct inside *inside; /* of the last update, until it is taken */
};

static bool all_finite(const double *values, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) sum += values[i] * 0.0; /* 0, or not a number from then on */
    return sum == 0;
}

/* ---- create, start, destroy ---------------------------------------------------------------------------------------
 */

struct descent *descent_create(const struct descent_params *params, struct error *error) {
    const struct experiment *experiment = params->experiment;
    struct descent *descent = MEM_NEW(struct descent, 1);
    descent->experiment = experiment;
    descent->from = params->optimizer ? params->optimizer : experiment->optimizers;
    descent->seed = params->seed ? *params->seed : experiment->seed;
    descent->n = objective_dimension(experiment->objective);
    descent->samples = objective_samples(experiment->objective);
    descent->theta = MEM_NEW(double, descent->n);
    descent->gradient = MEM_NEW(double, descent->n);
    if (experiment->batch > 0 && experiment->batch < descent->samples) {
        descent->batch_size = experiment->batch;
        descent->batches = (descent->samples + descent->batch_size - 1) / descent->batch_size;
        descent->order = MEM_NEW(int, descent->samples);
    }
    int statistics = objective_statistics(experiment->objective);
    if (statistics > 0) descent->statistics = MEM_NEW(double, statistics);
    descent->evaluator = evaluator_create(experiment->objective);
    descent->optimizer = experiment_create_optimizer(experiment, descent->from, params->values, error);
    if (!descent->optimizer)
        descent_destroy(&descent);
    else
        descent_start(descent, params->start ? params->start : experiment->starts);
    return descent;
}

void descent_destroy(struct descent **descent) {
    if (!descent || !*descent) return;
    struct descent *d = *descent;
    optimizer_destroy(&d->optimizer);
    evaluator_destroy(&d->evaluator);
    free(d->theta);
    free(d->gradient);
    free(d->order);
    free(d->statistics);
    free(d->left);
    free(d->inside);
    free(d);
    *descent = NULL;
}

void descent_start(struct descent *descent, const double *theta) {
    memcpy(descent->theta, theta, (size_t)descent->n * sizeof *theta);
    optimizer_reset(descent->optimizer);
    descent->here = 0;
    descent->evaluated = false;
    free(descent->inside);
    descent->inside = NULL;
    descent->shuffle = random_seeded(descent->seed, BATCH_STREAM);
    for (int i = 0; descent->order && i < descent->samples; i++) descent->order[i] = i;
    descent->sample = (struct sample){.step = -1};
    schedule_begin(&descent->from->schedule, &descent->schedule);
    if (descent->statistics) objective_start_statistics(descent->experiment->objective, descent->statistics);
}

/* ---- one step --------------------------------------------------------------------------------------------------- */

/* The batch that belongs to this step, noise and all. NULL: all samples. */
static const struct batch *find_batch(struct descent *descent) {
    const struct objective *objective = descent->experiment->objective;
    struct batch *batch = &descent->storage;
    *batch = (struct batch){.noisy = objective_is_noisy(objective)};
    if (batch->noisy) {
        struct random noise = random_seeded(descent->seed ^ NOISE_STREAM, (uint64_t)descent->here);
        batch->seed = random_u64(&noise);
    }
    if (!descent->order) return batch->noisy ? batch : NULL;
    int64_t place = descent->here % descent->batches;
    if (place == 0) random_shuffle(&descent->shuffle, descent->order, (size_t)descent->samples);
    int64_t first = place * descent->batch_size;
    int64_t left = descent->samples - first;
    batch->indices = descent->order + first;
    batch->count = left < descent->batch_size ? (int)left : descent->batch_size;
    return batch;
}

/* On data held back; NaN without such. */
static double loss_on(struct descent *descent, const struct data *data, const double *theta, double *accuracy) {
    *accuracy = NAN;
    return data ? evaluator_test(descent->evaluator, theta, data, descent->statistics, accuracy) : NAN;
}

const char *descent_evaluate(struct descent *descent) {
    assert(!descent->evaluated);
    int n = descent->n;
    const double *theta = descent->theta, *point = descent_point(descent);
    struct evaluator *evaluator = descent->evaluator;
    const struct data *data = objective_data(descent->experiment->objective);
    if (!all_finite(theta, n) || (point != theta && !all_finite(point, n))) return "a parameter";
    const struct batch *batch = descent->batch = find_batch(descent);
    double batch_loss = evaluator_gradient(evaluator, theta, batch, descent->gradient);
    if (descent->statistics) evaluator_track(evaluator, descent->statistics);
    double loss = batch || point != theta ? evaluator_loss(evaluator, point, NULL) : batch_loss;
    if (!isfinite(loss) || !isfinite(batch_loss)) return "loss";
    if (!all_finite(descent->gradient, n)) return "gradient";
    double accuracy = evaluator_last_accuracy(evaluator); /* of what gave `loss` */
    descent->factor = schedule_next(&descent->from->schedule, &descent->schedule, descent->here, loss);
    descent->sample = (struct sample){
        .step = descent->here,
        .loss = loss,
        .batch_loss = batch_loss,
        .gradient_norm = linalg_norm(n, descent->gradient),
        .rate = optimizer_value(descent->optimizer, 0) * descent->factor,
        .accuracy = accuracy,
        .evaluations = descent->here + 1 + optimizer_evaluations(descent->optimizer),
    };
    struct sample *sample = &descent->sample;
    sample->validation_loss = loss_on(descent, data ? data->validation : NULL, point, &sample->validation_accuracy);
    sample->test_loss = loss_on(descent, data ? data->test : NULL, point, &sample->test_accuracy);
    descent->evaluated = true;
    return NULL;
}

/* ---- insides -------------------------------------------------------------------------------------------------------
 */

static struct inside *new_inside(int n, int count, size_t formula_bytes) {
    size_t values = (size_t)count * (size_t)n * sizeof(double), rows = (size_t)count * sizeof(struct inside_row);
    struct inside *inside = mem_resize(NULL, 1, sizeof *inside + rows + values + formula_bytes);
    *inside = (struct inside){
        .n = n, .count = count, .rows = (struct inside_row *)(inside + 1), .formula_bytes = formula_bytes};
    inside->values = (double *)(inside->rows + count);
    inside->formulas = formula_bytes ? (char *)(inside->values + (size_t)count * (size_t)n) : NULL;
    return inside;
}

struct inside *inside_copy(const struct inside *inside) {
    struct inside *copy = new_inside(inside->n, inside->count, inside->formula_bytes);
    memcpy(copy->values, inside->values, (size_t)inside->count * (size_t)inside->n * sizeof(double));
    memcpy(copy->rows, inside->rows, (size_t)inside->count * sizeof *inside->rows);
    memcpy(copy->told, inside->told, sizeof copy->told);
    copy->told_count = inside->told_count;
    if (copy->formulas) memcpy(copy->formulas, inside->formulas, inside->formula_bytes);
    return copy;
}

size_t inside_bytes(const struct inside *inside) {
    return sizeof *inside + (size_t)inside->count * (sizeof *inside->rows + (size_t)inside->n * sizeof(double)) +
           inside->formula_bytes;
}

/* Where the next row's values go. */
static double *add_row(struct inside *inside, const char *name, enum inside_kind kind, enum optimizer_role role) {
    inside->rows[inside->count] = (struct inside_row){.name = name, .kind = kind, .role = role};
    return inside->values + (size_t)inside->count++ * (size_t)inside->n;
}

/* Where an average is shown: what it moves by besides the walk's own terms, so that with it they lead from one point
 * that is shown to the next. */
static void add_delay(const struct descent *descent, struct inside *inside) {
    const double *point = descent_point(descent);
    double *delay = add_row(inside, "held back by the mean", INSIDE_TERM, ROLE_OTHER);
    for (int i = 0; i < descent->n; i++) delay[i] = point[i] - descent->left[i];
    for (int row = 0; row < inside->count - 1; row++)
        if (inside->rows[row].kind == INSIDE_TERM)
            linalg_axpy(descent->n, -1, inside->values + (size_t)row * (size_t)descent->n, delay);
}

static int largest_mover(const struct inside *inside) {
    int most = 0;
    double largest = -1;
    for (int i = 0; i < inside->n; i++) {
        double moved = 0;
        for (int row = 0; row < inside->count; row++)
            if (inside->rows[row].kind == INSIDE_TERM)
                moved += inside->values[(size_t)row * (size_t)inside->n + (size_t)i];
        if (!(fabs(moved) > largest)) continue;
        largest = fabs(moved);
        most = i;
    }
    return most;
}

/* The formulas of the parameters that words are about go into `out`; how many bytes they are. */
static size_t tell(const struct descent *descent, struct inside *inside, char *out, size_t size) {
    inside->told_count = inside->n == 2 ? 2 : 1;
    if (inside->n == 2)
        inside->told[1] = 1;
    else
        inside->told[0] = largest_mover(inside);
    size_t used = 0;
    for (int i = 0; i < inside->told_count && !descent->left; i++) {
        size_t room = size / INSIDE_TOLD;
        size_t length = optimizer_formula(descent->optimizer, inside->told[i], out + used, room);
        used += (length < room ? length : room - 1) + 1;
    }
    return used;
}

/* The gradient is still the one of the point that was left. */
static void note_inside(struct descent *descent) {
    const struct optimizer *optimizer = descent->optimizer;
    const struct optimizer_term *terms = NULL;
    const struct optimizer_vector *vectors = NULL;
    size_t term_count = optimizer_terms(optimizer, &terms), vector_count = optimizer_vectors(optimizer, &vectors);
    size_t size = (size_t)descent->n * sizeof(double);
    enum { BESIDES = 4 }; /* gradient, an average's delay, rate, squares */
    struct inside *inside = new_inside(descent->n, (int)(term_count + vector_count) + BESIDES, 0);
    inside->count = 0;
    memcpy(add_row(inside, "gradient", INSIDE_GRADIENT, ROLE_GRADIENT), descent->gradient, size);
    for (size_t i = 0; i < term_count; i++)
        memcpy(add_row(inside, terms[i].name, INSIDE_TERM, terms[i].role), terms[i].values, size);
    if (descent->left) add_delay(descent, inside);
    for (size_t i = 0; i < vector_count; i++)
        memcpy(add_row(inside, vectors[i].name, INSIDE_VECTOR, ROLE_OTHER), vectors[i].values, size);
    if (!optimizer_effective_rate(optimizer, add_row(inside, "rate", INSIDE_RATE, ROLE_OTHER))) inside->count--;
    bool mean = false;
    double *squares = add_row(inside, "squares", INSIDE_SQUARES_SUM, ROLE_OTHER);
    if (!optimizer_squares(optimizer, squares, &mean))
        inside->count--;
    else if (mean)
        inside->rows[inside->count - 1].kind = INSIDE_SQUARES_MEAN;
    char formulas[INSIDE_TOLD * 400];
    inside->formula_bytes = tell(descent, inside, formulas, sizeof formulas);
    inside->formulas = inside->formula_bytes ? formulas : NULL;
    free(descent->inside);
    descent->inside = inside_copy(inside); /* without what was reserved in vain */
    free(inside);
}

void descent_keep_insides(struct descent *descent, bool keep) {
    descent->keep_insides = keep;
    if (keep && !descent->left && descent->from->average.kind != AVERAGE_NONE)
        descent->left = MEM_NEW(double, descent->n);
    optimizer_keep_terms(descent->optimizer, keep);
}

struct inside *descent_take_inside(struct descent *descent) {
    struct inside *inside = descent->inside;
    descent->inside = NULL;
    return inside;
}

/* ---- the update ----------------------------------------------------------------------------------------------------
 */

void descent_step(struct descent *descent) {
    assert(descent->evaluated);
    const struct optimizer_problem problem = {
        .evaluator = descent->evaluator, .batch = descent->batch, .loss = descent->sample.batch_loss};
    if (descent->left) memcpy(descent->left, descent_point(descent), (size_t)descent->n * sizeof *descent->left);
    optimizer_step_on(descent->optimizer, &problem, descent->theta, descent->gradient, descent->factor);
    if (descent->keep_insides) note_inside(descent);
    descent->here++;
    descent->evaluated = false;
}

const char *descent_take(struct descent *descent, int64_t steps) {
    const char *wrong = descent->evaluated ? NULL : descent_evaluate(descent);
    for (int64_t i = 0; i < steps && !wrong; i++) {
        descent_step(descent);
        wrong = descent_evaluate(descent);
    }
    return wrong;
}

/* ---- what there is ------------------------------------------------------------------------------------------------
 */

int64_t descent_at(const struct descent *descent) {
    return descent->here;
}

const double *descent_theta(const struct descent *descent) {
    return descent->theta;
}

const double *descent_point(const struct descent *descent) {
    const double *average = optimizer_average(descent->optimizer);
    return average ? average : descent->theta;
}

const double *descent_statistics(const struct descent *descent) {
    return descent->statistics;
}

const double *descent_gradient(const struct descent *descent) {
    return descent->gradient;
}

const struct sample *descent_sample(const struct descent *descent) {
    return &descent->sample;
}

struct optimizer *descent_optimizer(struct descent *descent) {
    return descent->optimizer;
}

struct evaluator *descent_evaluator(struct descent *descent) {
    return descent->evaluator;
}
