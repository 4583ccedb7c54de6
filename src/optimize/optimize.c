#include "optimize/optimizer_class.h"

#include "base/linalg.h"
#include "base/memory.h"
#include "optimize/optimizer_list.h" /* OPTIMIZERS(X), of the list in meson.build */

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DECLARE(name) extern const struct optimizer_class optimizer_##name;
#define ADDRESS(name) &optimizer_##name,
#define NAME(name) #name,
OPTIMIZERS(DECLARE)
static const struct optimizer_class *const classes[] = {OPTIMIZERS(ADDRESS)};
static const char *const class_names[] = {OPTIMIZERS(NAME)};
enum { CLASS_COUNT = sizeof classes / sizeof *classes };

size_t optimizer_count(void) {
    return CLASS_COUNT;
}

const struct optimizer_class *optimizer_at(size_t index) {
    assert(index < CLASS_COUNT);
    return classes[index];
}

const struct optimizer_class *optimizer_find(const char *name) {
    for (size_t i = 0; i < CLASS_COUNT; i++)
        if (strcmp(classes[i]->name, name) == 0) return classes[i];
    return NULL;
}

const char *const *optimizer_names(size_t *count) {
    *count = CLASS_COUNT;
    return class_names;
}

const char *optimizer_class_name(const struct optimizer_class *class) {
    return class->name;
}

const char *optimizer_class_title(const struct optimizer_class *class) {
    return class->title;
}

const char *optimizer_class_rule(const struct optimizer_class *class) {
    return class->rule;
}

const char *optimizer_class_source(const struct optimizer_class *class) {
    return class->source;
}

const struct optimizer_parameter *optimizer_class_parameters(const struct optimizer_class *class, size_t *count) {
    *count = class->parameter_count;
    return class->parameters;
}

int optimizer_class_parameter_index(const struct optimizer_class *class, const char *name) {
    for (size_t i = 0; i < class->parameter_count; i++)
        if (strcmp(class->parameters[i].name, name) == 0) return (int)i;
    return -1;
}

static bool check_value(const struct optimizer_class *class, int parameter, double value, struct error *error) {
    const struct optimizer_parameter *p = &class->parameters[parameter];
    bool within = value >= p->low && value <= p->high;
    if (within && (!p->flag || value == 0 || value == 1) && (!p->whole || value == floor(value))) return true;
    if (p->flag)
        return error_set(error, ERROR_INPUT, "%s of %s is %g; it must be true or false", p->name, class->name, value);
    if (within)
        return error_set(error, ERROR_INPUT, "%s of %s is %g; it must be a whole number", p->name, class->name, value);
    char high[32];
    snprintf(high, sizeof high, "%g", p->high);
    return error_set(error, ERROR_INPUT, "%s of %s is %g; it must be at least %g and %s %s", p->name, class->name,
                     value, p->low, strtod(high, NULL) > p->high ? "below" : "at most", high);
}

static void take_layers(struct optimizer *optimizer, const struct optimizer_layer *layers, size_t count) {
    const struct optimizer_layer whole = {.size = (size_t)optimizer->n, .rank = 1, .rows = optimizer->n};
    if (count == 0) layers = &whole, count = 1;
    size_t end = 0;
    optimizer->layers = MEM_NEW(struct optimizer_layer, count);
    optimizer->layer_count = count;
    for (size_t i = 0; i < count; i++) {
        assert(layers[i].offset == end);
        end += layers[i].size;
        optimizer->layers[i] = layers[i];
    }
    assert(end == (size_t)optimizer->n);
}

/* Doubles of work space beyond which a rule is refused rather than the machine brought down: 8 GB. */
static const size_t MOST_SCRATCH = (size_t)1 << 30;

static size_t scratch_needed(const struct optimizer *optimizer) {
    return optimizer->class->scratch ? optimizer->class->scratch(optimizer) : 0;
}

static bool check_room(const struct optimizer *optimizer, struct error *error) {
    size_t need = scratch_needed(optimizer);
    if (need <= MOST_SCRATCH) return true;
    return error_set(
        error, ERROR_INPUT,
        "%s would need %.3g GB of work space for %d parameters with these values; a shorter memory, or a rule "
        "that remembers less, is right",
        optimizer->class->name, (double)need * sizeof(double) / 1e9, optimizer->n);
}

/* Work space for the step with the values as they are; larger than before, it is fresh, and false is returned. */
static bool make_room(struct optimizer *optimizer) {
    size_t need = scratch_needed(optimizer);
    if (need <= optimizer->scratch_size) return true;
    free(optimizer->scratch);
    optimizer->scratch = mem_zalloc(need, sizeof(double));
    optimizer->scratch_size = need;
    return false;
}

struct optimizer *optimizer_create_layered(const struct optimizer_class *class, int n,
                                           const struct optimizer_layer *layers, size_t layer_count,
                                           const double *values, struct error *error) {
    assert(n > 0);
    for (size_t i = 0; i < class->parameter_count; i++)
        if (!check_value(class, (int)i, values[i], error)) return NULL;
    if (class->check && !class->check(values, error)) return NULL;
    struct optimizer *optimizer = MEM_NEW(struct optimizer, 1);
    optimizer->class = class;
    optimizer->n = n;
    memcpy(optimizer->values, values, class->parameter_count * sizeof *values);
    optimizer->state = mem_zalloc(class->vector_count * (size_t)n, sizeof(double));
    for (size_t i = 0; i < class->vector_count; i++)
        optimizer->vectors[i] =
            (struct optimizer_vector){.name = class->vectors[i], .values = optimizer_state(optimizer, (int)i)};
    take_layers(optimizer, layers, layer_count);
    if (!check_room(optimizer, error)) {
        optimizer_destroy(&optimizer);
        return NULL;
    }
    make_room(optimizer);
    optimizer_reset(optimizer);
    return optimizer;
}

struct optimizer *optimizer_create(const struct optimizer_class *class, int n, const double *values,
                                   struct error *error) {
    return optimizer_create_layered(class, n, NULL, 0, values, error);
}

void optimizer_destroy(struct optimizer **optimizer) {
    if (!optimizer || !*optimizer) return;
    free((*optimizer)->state);
    free((*optimizer)->layers);
    free((*optimizer)->scratch);
    free((*optimizer)->clipped);
    free((*optimizer)->slow);
    free((*optimizer)->mean);
    insides_destroy(*optimizer);
    free(*optimizer);
    *optimizer = NULL;
}

void optimizer_reset(struct optimizer *optimizer) {
    optimizer->steps = optimizer->evaluations = optimizer->averaged = 0;
    optimizer->buffered = false;
    if (optimizer->insides) optimizer->insides->filled = false;
    memset(optimizer->scalars, 0, sizeof optimizer->scalars);
    memset(optimizer->state, 0, optimizer->class->vector_count * (size_t)optimizer->n * sizeof(double));
    if (optimizer->class->reset) optimizer->class->reset(optimizer);
}

bool optimizer_class_is_elementwise(const struct optimizer_class *class) {
    return class->elementwise;
}

bool optimizer_class_takes_schedule(const struct optimizer_class *class) {
    return !class->rate_once;
}

bool optimizer_class_looks(const struct optimizer_class *class) {
    return class->step_on != NULL;
}

bool optimizer_class_suits(const struct optimizer_class *class, const struct objective *objective,
                           struct error *error) {
    return !class->suits || class->suits(objective, error);
}

bool optimizer_set(struct optimizer *optimizer, int parameter, double value, struct error *error) {
    const struct optimizer_class *class = optimizer->class;
    assert(parameter >= 0 && (size_t)parameter < class->parameter_count);
    if (!check_value(class, parameter, value, error)) return false;
    double values[OPTIMIZER_MAX_PARAMETERS];
    memcpy(values, optimizer->values, sizeof values);
    values[parameter] = value;
    if (class->check && !class->check(values, error)) return false;
    double before = optimizer->values[parameter];
    optimizer->values[parameter] = value;
    if (!check_room(optimizer, error)) {
        optimizer->values[parameter] = before;
        return false;
    }
    /* What was remembered there is gone, but not what was counted. */
    if (!make_room(optimizer) && class->reset) class->reset(optimizer);
    return true;
}

double optimizer_value(const struct optimizer *optimizer, int parameter) {
    assert(parameter >= 0 && (size_t)parameter < optimizer->class->parameter_count);
    return optimizer->values[parameter];
}

void optimizer_set_clipping(struct optimizer *optimizer, double norm, double value) {
    assert(norm >= 0 && value >= 0);
    optimizer->clip_norm = norm;
    optimizer->clip_value = value;
    if ((norm > 0 || value > 0) && !optimizer->clipped)
        optimizer->clipped = mem_zalloc((size_t)optimizer->n, sizeof(double));
}

static void clip(const struct optimizer *optimizer, const double *gradient, double *clipped) {
    double value = optimizer->clip_value, norm = optimizer->clip_norm;
    for (int i = 0; i < optimizer->n; i++)
        clipped[i] = value > 0 ? fmin(fmax(gradient[i], -value), value) : gradient[i];
    if (norm > 0) linalg_scale(optimizer->n, fmin(1, norm / (linalg_norm(optimizer->n, clipped) + 1e-6)), clipped);
}

static bool clips(const struct optimizer *optimizer) {
    return optimizer->clip_norm > 0 || optimizer->clip_value > 0;
}

double optimizer_look(struct optimizer *optimizer, const struct optimizer_problem *problem, const double *theta,
                      double *gradient) {
    optimizer->evaluations++;
    double loss = evaluator_gradient(problem->evaluator, theta, problem->batch, gradient);
    if (clips(optimizer)) clip(optimizer, gradient, gradient);
    return loss;
}

void optimizer_step_on(struct optimizer *optimizer, const struct optimizer_problem *problem, double *theta,
                       const double *gradient, double rate) {
    const struct optimizer_class *class = optimizer->class;
    if (clips(optimizer)) {
        clip(optimizer, gradient, optimizer->clipped);
        gradient = optimizer->clipped;
    }
    average_begin(optimizer, theta);
    optimizer->steps++;
    if (optimizer->insides) insides_begin(optimizer, theta, gradient, rate);
    if (class->step_on)
        class->step_on(optimizer, problem, theta, gradient, rate);
    else
        class->step(optimizer, theta, gradient, rate);
    if (optimizer->insides) insides_end(optimizer, theta);
    average_end(optimizer, theta);
}

void optimizer_step(struct optimizer *optimizer, double *theta, const double *gradient, double rate) {
    assert(!optimizer->class->step_on);
    optimizer_step_on(optimizer, NULL, theta, gradient, rate);
}

int64_t optimizer_evaluations(const struct optimizer *optimizer) {
    return optimizer->evaluations;
}

size_t optimizer_vectors(const struct optimizer *optimizer, const struct optimizer_vector **vectors) {
    *vectors = optimizer->vectors;
    return optimizer->class->vector_count;
}
