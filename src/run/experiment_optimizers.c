/* The optimizers of an experiment file, in PyTorch's spelling, and those taken when it names none. */
#include "base/linalg.h"
#include "base/memory.h"
#include "base/text.h"
#include "run/experiment_parts.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- schedules --------------------------------------------------------------------------------------------------- */

/* Which keys a schedule understands, in the order of enum schedule_kind. */
static const char *const schedule_keys[][9] = {
    [SCHEDULE_CONSTANT] = {"name", "warmup"},
    [SCHEDULE_STEP] = {"name", "warmup", "step_size", "gamma"},
    [SCHEDULE_EXPONENTIAL] = {"name", "warmup", "gamma"},
    [SCHEDULE_LINEAR] = {"name", "warmup", "total", "end"},
    [SCHEDULE_COSINE] = {"name", "warmup", "total", "end"},
    [SCHEDULE_MULTISTEP] = {"name", "warmup", "milestones", "gamma"},
    [SCHEDULE_POLYNOMIAL] = {"name", "warmup", "total", "power"},
    [SCHEDULE_COSINE_RESTARTS] = {"name", "warmup", "period", "period_factor", "end"},
    [SCHEDULE_ONE_CYCLE] = {"name", "warmup", "total", "pct_start", "div_factor", "final_div_factor", "anneal_strategy",
                            "three_phase"},
    [SCHEDULE_INVERSE_SQRT] = {"name", "warmup"},
    [SCHEDULE_PLATEAU] = {"name", "warmup", "factor", "patience", "threshold", "threshold_mode", "cooldown", "min_lr",
                          "eps"},
};

static bool read_count(struct yaml_tree *tree, const yaml_node_t *schedule, const char *key, int64_t low, int64_t high,
                       int64_t *value) {
    const yaml_node_t *node = yaml_get(tree, schedule, key);
    return !node || yaml_integer(tree, node, key, low, high, value);
}

static bool read_figure(struct yaml_tree *tree, const yaml_node_t *schedule, const char *key, double low, double high,
                        double *value) {
    const yaml_node_t *node = yaml_get(tree, schedule, key);
    return !node || yaml_number(tree, node, key, low, high, value);
}

static bool read_milestones(struct yaml_tree *tree, const yaml_node_t *node, struct schedule *schedule) {
    size_t count;
    if (!yaml_check_list(tree, node, "milestones", 1, SCHEDULE_MAX_MILESTONES, "[100, 200]", &count)) return false;
    for (size_t i = 0; i < count; i++) {
        const yaml_node_t *item = yaml_item(tree, node, i);
        if (!yaml_integer(tree, item, "milestone", 1, EXPERIMENT_MAX_STEPS, &schedule->milestones[i])) return false;
        if (i > 0 && schedule->milestones[i] <= schedule->milestones[i - 1])
            return yaml_fail(tree, item, "this milestone is not after the one before; rising ones are right");
    }
    schedule->milestone_count = (int)count;
    return true;
}

static bool read_cycle(struct yaml_tree *tree, const yaml_node_t *node, struct schedule *schedule) {
    static const char *const anneals[] = {"cos", "linear"};
    const yaml_node_t *anneal = yaml_get(tree, node, "anneal_strategy"), *three = yaml_get(tree, node, "three_phase");
    size_t choice = 0;
    if (anneal && !yaml_choice(tree, anneal, "anneal_strategy", anneals, 2, &choice)) return false;
    schedule->anneal_linear = choice == 1;
    if (three && !yaml_flag(tree, three, "three_phase", &schedule->three_phase)) return false;
    if (!read_figure(tree, node, "pct_start", 1e-9, 1, &schedule->pct_start)) return false;
    if (!three || !schedule->three_phase || schedule->pct_start <= 0.5) return true;
    return yaml_fail(tree, three,
                     "three_phase with pct_start %g goes up and down in more than all steps; pct_start of "
                     "at most 0.5 is right",
                     schedule->pct_start);
}

static bool read_plateau(struct yaml_tree *tree, const yaml_node_t *node, struct schedule *schedule) {
    static const char *const modes[] = {"rel", "abs"};
    const yaml_node_t *mode = yaml_get(tree, node, "threshold_mode");
    size_t choice = 0;
    if (mode && !yaml_choice(tree, mode, "threshold_mode", modes, 2, &choice)) return false;
    schedule->threshold_absolute = choice == 1;
    return read_figure(tree, node, "factor", 1e-9, 0x1.fffffffffffffp-1, &schedule->factor) &&
           read_count(tree, node, "patience", 0, EXPERIMENT_MAX_STEPS, &schedule->patience) &&
           read_figure(tree, node, "threshold", 0, 1e12, &schedule->threshold) &&
           read_count(tree, node, "cooldown", 0, EXPERIMENT_MAX_STEPS, &schedule->cooldown) &&
           read_figure(tree, node, "min_lr", 0, 1e6, &schedule->min_lr) &&
           read_figure(tree, node, "eps", 0, 1e6, &schedule->eps);
}

/* `lr` is the optimizer's own. */
static bool read_schedule(struct yaml_tree *tree, const yaml_node_t *node, int64_t steps, double lr,
                          struct schedule *schedule) {
    size_t count, kind = SCHEDULE_CONSTANT, keys = 0;
    const char *const *names = schedule_names(&count);
    const yaml_node_t *name = yaml_is_mapping(node) ? yaml_get(tree, node, "name") : node;
    if (!name) return yaml_fail(tree, node, "the schedule has no \"name\"; {name: cosine} is right");
    if (!yaml_choice(tree, name, "schedule", names, count, &kind)) return false;
    int64_t third = steps > 3 ? steps / 3 : 1;
    *schedule = (struct schedule){.kind = (enum schedule_kind)kind,
                                  .total = steps,
                                  .step_size = third,
                                  .gamma = 0.1,
                                  .power = 1,
                                  .period = third,
                                  .period_factor = 1,
                                  .pct_start = 0.3,
                                  .div_factor = 25,
                                  .final_div_factor = 1e4,
                                  .factor = 0.1,
                                  .patience = 10,
                                  .threshold = 1e-4,
                                  .eps = 1e-8,
                                  .lr = lr};
    while (keys < 9 && schedule_keys[kind][keys]) keys++;
    struct text what = {0};
    text_format(&what, "schedule %s", names[kind]);
    bool good = !yaml_is_mapping(node) || yaml_check_mapping(tree, node, what.bytes, schedule_keys[kind], keys);
    text_clear(&what);
    if (!good) return false;
    const yaml_node_t *milestones = yaml_get(tree, node, "milestones");
    if (kind == SCHEDULE_EXPONENTIAL && !yaml_get(tree, node, "gamma"))
        return yaml_fail(tree, node, "schedule exponential needs \"gamma\"; {name: exponential, gamma: 0.99} is right");
    if (kind == SCHEDULE_MULTISTEP && !milestones)
        return yaml_fail(tree, node,
                         "schedule multistep needs \"milestones\"; {name: multistep, milestones: [100, 200]} is right");
    return (!milestones || read_milestones(tree, milestones, schedule)) && read_cycle(tree, node, schedule) &&
           read_plateau(tree, node, schedule) &&
           read_count(tree, node, "warmup", 0, EXPERIMENT_MAX_STEPS, &schedule->warmup) &&
           read_count(tree, node, "total", 1, EXPERIMENT_MAX_STEPS, &schedule->total) &&
           read_count(tree, node, "step_size", 1, EXPERIMENT_MAX_STEPS, &schedule->step_size) &&
           read_count(tree, node, "period", 1, EXPERIMENT_MAX_STEPS, &schedule->period) &&
           read_count(tree, node, "period_factor", 1, 1000, &schedule->period_factor) &&
           read_figure(tree, node, "gamma", 1e-9, 1, &schedule->gamma) &&
           read_figure(tree, node, "power", 1e-3, 100, &schedule->power) &&
           read_figure(tree, node, "div_factor", 1, 1e12, &schedule->div_factor) &&
           read_figure(tree, node, "final_div_factor", 1e-12, 1e12, &schedule->final_div_factor) &&
           read_figure(tree, node, "end", 0, 1, &schedule->end);
}

/* ---- one optimizer ----------------------------------------------------------------------------------------------- */

static bool read_value(struct yaml_tree *tree, const yaml_node_t *node, const char *name,
                       const struct optimizer_parameter *parameter, double *value) {
    struct text what = {0};
    text_format(&what, "%s of %s", parameter->name, name);
    bool on = false, good;
    if (parameter->flag) {
        good = yaml_flag(tree, node, what.bytes, &on);
        if (good) *value = on;
    } else {
        good = yaml_number(tree, node, what.bytes, parameter->low, parameter->high, value);
    }
    text_clear(&what);
    return good;
}

static bool read_betas(struct yaml_tree *tree, const yaml_node_t *node, const struct experiment_optimizer *optimizer,
                       double *values) {
    size_t count, parameters;
    const struct optimizer_parameter *list = optimizer_class_parameters(optimizer->class, &parameters);
    static const char *const names[] = {"beta1", "beta2"};
    if (!yaml_check_list(tree, node, "betas", 2, 2, "[0.9, 0.999]", &count)) return false;
    for (size_t i = 0; i < 2; i++) {
        int index = optimizer_class_parameter_index(optimizer->class, names[i]);
        if (!read_value(tree, yaml_item(tree, node, i), optimizer_class_name(optimizer->class), &list[index],
                        &values[index]))
            return false;
    }
    return true;
}

static bool read_values(struct yaml_tree *tree, const yaml_node_t *node, struct experiment_optimizer *optimizer) {
    const char *name = optimizer_class_name(optimizer->class);
    size_t count;
    const struct optimizer_parameter *list = optimizer_class_parameters(optimizer->class, &count);
    for (size_t i = 0; i < count; i++) {
        optimizer->values[i] = list[i].initial;
        const yaml_node_t *value = yaml_get(tree, node, list[i].name);
        if (value && !read_value(tree, value, name, &list[i], &optimizer->values[i])) return false;
    }
    const yaml_node_t *betas = yaml_get(tree, node, "betas");
    if (betas && !read_betas(tree, betas, optimizer, optimizer->values)) return false;
    /* What no single range can say (nesterov needs momentum): the optimizer itself is asked. */
    struct error own = {0};
    struct optimizer *trial = optimizer_create(optimizer->class, 1, optimizer->values, &own);
    if (!trial) return yaml_fail(tree, node, "%s", own.message);
    optimizer_destroy(&trial);
    return true;
}

static bool read_lookahead(struct yaml_tree *tree, const yaml_node_t *node, struct experiment_optimizer *optimizer) {
    static const char *const keys[] = {"k", "alpha"};
    optimizer->lookahead = 5;
    optimizer->lookahead_alpha = 0.5;
    return yaml_check_mapping(tree, node, "lookahead", keys, 2) &&
           read_count(tree, node, "k", 1, EXPERIMENT_MAX_STEPS, &optimizer->lookahead) &&
           read_figure(tree, node, "alpha", 0, 1, &optimizer->lookahead_alpha);
}

/* A mapping with a name, or the name alone. */
static bool read_average(struct yaml_tree *tree, const yaml_node_t *node, struct average_params *average) {
    static const char *const keys[] = {"name", "start", "every", "decay"};
    size_t count, choice = 0;
    const char *const *names = average_names(&count);
    const yaml_node_t *name = yaml_is_mapping(node) ? yaml_get(tree, node, "name") : node;
    if (!name) return yaml_fail(tree, node, "the average has no \"name\"; {name: ema, decay: 0.99} is right");
    if (!yaml_choice(tree, name, "average", names, count, &choice)) return false;
    *average = (struct average_params){.kind = (enum average_kind)(choice + 1), .every = 1};
    if (average->kind == AVERAGE_EMA) average->decay = 0.99;
    if (!yaml_is_mapping(node)) return true;
    return yaml_check_mapping(tree, node, average->kind == AVERAGE_EMA ? "average ema" : "average swa", keys,
                              average->kind == AVERAGE_EMA ? 4 : 3) &&
           read_figure(tree, node, "decay", 0, 0x1.fffffffffffffp-1, &average->decay) &&
           read_count(tree, node, "start", 0, EXPERIMENT_MAX_STEPS, &average->start) &&
           read_count(tree, node, "every", 1, EXPERIMENT_MAX_STEPS, &average->every);
}

bool experiment_read_optimizer(struct yaml_tree *tree, const yaml_node_t *node, int64_t steps,
                               struct experiment_optimizer *optimizer) {
    size_t known, choice, count = 0, parameters;
    const char *const *names = optimizer_names(&known);
    const yaml_node_t *name =
        yaml_is_mapping(node) ? yaml_get(tree, node, "name") : node; /* a bare name takes the defaults */
    if (!name) return yaml_fail(tree, node, "this optimizer has no \"name\"; {name: adam, lr: 0.01} is right");
    if (!yaml_choice(tree, name, "optimizer", names, known, &choice)) return false;
    optimizer->class = optimizer_find(names[choice]);
    const struct optimizer_parameter *list = optimizer_class_parameters(optimizer->class, &parameters);
    const char *keys[OPTIMIZER_MAX_PARAMETERS + 8];
    keys[count++] = "name";
    keys[count++] = "label";
    keys[count++] = "schedule";
    keys[count++] = "clip_norm";
    keys[count++] = "clip_value";
    keys[count++] = "lookahead";
    keys[count++] = "average";
    for (size_t i = 0; i < parameters; i++) keys[count++] = list[i].name;
    if (optimizer_class_parameter_index(optimizer->class, "beta1") >= 0 &&
        optimizer_class_parameter_index(optimizer->class, "beta2") >= 0)
        keys[count++] = "betas";
    if (yaml_is_mapping(node) && !yaml_check_mapping(tree, node, names[choice], keys, count)) return false;
    if (!read_values(tree, node, optimizer)) return false;
    if (!read_figure(tree, node, "clip_norm", 1e-12, 1e12, &optimizer->clip_norm)) return false;
    if (!read_figure(tree, node, "clip_value", 1e-12, 1e12, &optimizer->clip_value)) return false;
    const yaml_node_t *lookahead = yaml_get(tree, node, "lookahead"), *average = yaml_get(tree, node, "average");
    if (lookahead && !read_lookahead(tree, lookahead, optimizer)) return false;
    if (average && !read_average(tree, average, &optimizer->average)) return false;
    const yaml_node_t *schedule = yaml_get(tree, node, "schedule"), *label = yaml_get(tree, node, "label");
    optimizer->schedule = (struct schedule){.kind = SCHEDULE_CONSTANT, .total = steps};
    if (schedule && !read_schedule(tree, schedule, steps, optimizer->values[0], &optimizer->schedule)) return false;
    if ((optimizer->schedule.kind != SCHEDULE_CONSTANT || optimizer->schedule.warmup > 0) &&
        !optimizer_class_takes_schedule(optimizer->class))
        return yaml_fail(tree, schedule,
                         "%s takes no schedule, because its lr is only what its steps start from; none "
                         "is right",
                         names[choice]);
    const char *shown = optimizer_class_title(optimizer->class);
    if (label && !yaml_text(tree, label, "label", &shown)) return false;
    if (strlen(shown) > 64) return yaml_fail(tree, label, "this label is longer than 64 bytes; a word or two is right");
    optimizer->label = mem_copy_text(shown);
    return true;
}

/* `points` of them side by side, as one. */
static struct optimizer *create(const struct experiment *experiment, const struct experiment_optimizer *from,
                                const double *values, int points, struct error *error) {
    if (!optimizer_class_suits(from->class, experiment->objective, error)) return NULL;
    const struct layout_entry *entries;
    size_t count = objective_layout(experiment->objective, &entries);
    struct optimizer_layer *layers = MEM_NEW(struct optimizer_layer, count);
    for (size_t i = 0; i < count; i++)
        layers[i] = (struct optimizer_layer){.offset = entries[i].offset,
                                             .size = entries[i].size,
                                             .rank = entries[i].rank,
                                             .rows = entries[i].shape[0],
                                             .gain = entries[i].gain};
    /* The variables of a formula are entries of their own there; as a point they are one layer. */
    if (experiment->formula || points > 1) count = 0;
    struct optimizer *optimizer =
        optimizer_create_layered(from->class, objective_dimension(experiment->objective) * points, layers, count,
                                 values ? values : from->values, error);
    free(layers);
    if (!optimizer) return NULL;
    optimizer_set_clipping(optimizer, from->clip_norm, from->clip_value);
    optimizer_set_lookahead(optimizer, from->lookahead, from->lookahead_alpha);
    optimizer_set_average(optimizer, &from->average);
    return optimizer;
}

struct optimizer *experiment_create_optimizer(const struct experiment *experiment,
                                              const struct experiment_optimizer *from, const double *values,
                                              struct error *error) {
    return create(experiment, from, values, 1, error);
}

bool experiment_optimizer_is_elementwise(const struct experiment_optimizer *from) {
    return optimizer_class_is_elementwise(from->class) && from->clip_norm == 0 &&
           !schedule_watches(&from->schedule) && from->average.kind == AVERAGE_NONE;
}

struct optimizer *experiment_create_wide_optimizer(const struct experiment *experiment,
                                                   const struct experiment_optimizer *from, const double *values,
                                                   int points, struct error *error) {
    assert(experiment_optimizer_is_elementwise(from));
    return create(experiment, from, values, points, error);
}

/* ---- all of them ------------------------------------------------------------------------------------------------- */

static int label_uses(const struct experiment *experiment, int before, const char *label) {
    int uses = 0;
    for (int i = 0; i < before; i++) uses += !strcmp(experiment->optimizers[i].label, label);
    return uses;
}

/* Two of a kind get their learning rates into their labels, or a number when even those agree. */
static void make_labels_differ(struct experiment *experiment, int index) {
    struct experiment_optimizer *optimizer = &experiment->optimizers[index];
    if (!label_uses(experiment, index, optimizer->label)) return;
    struct text label = {0};
    text_format(&label, "%s %.4g", optimizer->label, optimizer->values[0]);
    for (int number = 2; label_uses(experiment, index, label.bytes); number++) {
        text_clear(&label);
        text_format(&label, "%s %d", optimizer->label, number);
    }
    free(optimizer->label);
    optimizer->label = label.bytes;
}

bool experiment_read_optimizers(struct experiment_reader *reader, const yaml_node_t *node) {
    struct yaml_tree *tree = reader->tree;
    struct experiment *e = reader->experiment;
    if (!node) {
        experiment_default_optimizers(e);
        return true;
    }
    size_t count;
    if (!yaml_check_list(tree, node, "optimizers", 1, EXPERIMENT_MAX_OPTIMIZERS, "[{name: sgd, lr: 0.05}]", &count))
        return false;
    e->optimizers = MEM_NEW(struct experiment_optimizer, count);
    for (size_t i = 0; i < count; i++) {
        const yaml_node_t *item = yaml_item(tree, node, i), *label = yaml_get(tree, item, "label");
        e->optimizer_count++;
        if (!experiment_read_optimizer(tree, item, e->steps, &e->optimizers[i])) return false;
        struct error own = {0};
        if (!optimizer_class_suits(e->optimizers[i].class, e->objective, &own))
            return yaml_fail(tree, item, "%s", own.message);
        if (label && label_uses(e, (int)i, e->optimizers[i].label))
            return yaml_fail(tree, label, "the label \"%s\" is given twice; different ones are right",
                             e->optimizers[i].label);
        make_labels_differ(e, (int)i);
    }
    return true;
}

/* ---- the usual four ---------------------------------------------------------------------------------------------- */

/* The largest of 1, 2, 5 · 10ᵏ that is not above `value`: a rate a person would write. */
static double round_rate(double value) {
    double decade = pow(10, floor(log10(value)));
    double lead = value / decade;
    return (lead >= 5 ? 5 : lead >= 2 ? 2 : 1) * decade;
}

/* Largest |λ| of the Hessian at the start, bounded by its Frobenius norm. */
static double curvature_bound(int n, const double *hessian) {
    return linalg_norm(n * n, hessian);
}

/* Plain descent: a first step of 2 % of the domain's width, but well within 2/λ, past which it would not converge.
 * Momentum with 0.9 goes ten times as far in the end, so takes half of it; the adaptive two move by about their rate
 * each step whatever the gradient, so take 1 % of the width. */
static void formula_rates(const struct experiment *e, double *plain, double *adaptive) {
    int n = objective_dimension(e->objective);
    double width = INFINITY;
    for (int i = 0; i < n; i++) width = fmin(width, e->domain[i][1] - e->domain[i][0]);
    struct evaluator *evaluator = evaluator_create(e->objective);
    double *gradient = MEM_NEW(double, n), *hessian = MEM_NEW(double, n *n);
    evaluator_hessian(evaluator, e->starts, gradient, hessian);
    double slope = linalg_norm(n, gradient), curvature = curvature_bound(n, hessian);
    *plain = 0.02 * width;
    if (isfinite(slope) && slope > 1e-12) *plain = 0.02 * width / slope;
    if (isfinite(curvature) && curvature > 1e-12) *plain = fmin(*plain, 0.5 / curvature);
    *plain = round_rate(fmin(fmax(*plain, 1e-9), 1));
    *adaptive = round_rate(fmin(fmax(0.01 * width, 1e-9), 1));
    free(gradient);
    free(hessian);
    evaluator_destroy(&evaluator);
}

void experiment_default_optimizers(struct experiment *experiment) {
    static const char *const names[] = {"sgd", "momentum", "rmsprop", "adam"};
    double plain = 0.1, adaptive = 0.01; /* what networks of this size usually learn with */
    if (experiment->formula) formula_rates(experiment, &plain, &adaptive);
    const double rates[] = {plain, round_rate(plain / 2), adaptive, adaptive};
    experiment->optimizers = MEM_NEW(struct experiment_optimizer, 4);
    experiment->optimizer_count = 4;
    for (int i = 0; i < 4; i++) {
        struct experiment_optimizer *optimizer = &experiment->optimizers[i];
        size_t count;
        optimizer->class = optimizer_find(names[i]);
        optimizer->label = mem_copy_text(optimizer_class_title(optimizer->class));
        optimizer->schedule = (struct schedule){.kind = SCHEDULE_CONSTANT, .total = experiment->steps};
        const struct optimizer_parameter *list = optimizer_class_parameters(optimizer->class, &count);
        for (size_t k = 0; k < count; k++) optimizer->values[k] = list[k].initial;
        optimizer->values[0] = fmin(fmax(rates[i], list[0].low), list[0].high);
    }
}
