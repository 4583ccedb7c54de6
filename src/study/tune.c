#include "base/file.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/text.h"
#include "study/tune_parts.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NETWORK_SEEDS = 3, START_TRIES = 1000, LINES_MOST = 4096 };
static const double LOWEST_RATE = 1e-30;

/* ---- one round of runs
 * ------------------------------------------------------------------------------------------------ */

struct task {
    int line, rate, seed;
};
struct round {
    struct tune *tune;
    struct task *tasks; /* (count) */
    int count;
    struct error *errors; /* (count) */
};

static struct tune_entry entry_of(const struct tune *tune, const struct task *task) {
    const struct tune_line *line = &tune->lines[task->line];
    struct tune_entry entry = {.optimizer = line->optimizer, .seed = task->seed};
    memcpy(entry.values, line->values, sizeof entry.values);
    entry.values[0] = line->rates[task->rate].rate;
    return entry;
}

static bool find_entry(const struct tune *tune, struct tune_entry *wanted) {
    for (size_t i = 0; i < tune->entry_count; i++) {
        const struct tune_entry *entry = &tune->entries[i];
        if (entry->optimizer != wanted->optimizer || entry->seed != wanted->seed ||
            memcmp(entry->values, wanted->values, sizeof entry->values) != 0)
            continue;
        wanted->trial = entry->trial;
        return true;
    }
    return false;
}

static bool carry_out(void *context, int k, struct job *part) {
    struct round *round = context;
    struct tune *tune = round->tune;
    const struct task *task = &round->tasks[k];
    struct tune_entry entry = entry_of(tune, task);
    bool known = find_entry(tune, &entry);
    if (!known && !tune_try(tune, &tune->experiment->optimizers[entry.optimizer], entry.values, entry.seed,
                            &entry.trial, part, &round->errors[k]))
        return false;
    study_lock(&tune->study);
    bool kept = known || !tune->log || tune_log_append(tune->log, tune->experiment, &entry, &round->errors[k]);
    tune->lines[task->line].rates[task->rate].trials[task->seed] = entry.trial;
    tune->trials++;
    tune->taken_up += known;
    study_unlock(&tune->study);
    study_announce(&tune->study);
    return kept;
}

/* Everything that is not done yet, in a fixed order. */
static struct task *list_tasks(const struct tune *tune, int *count) {
    struct task *tasks = NULL;
    size_t capacity = 0;
    *count = 0;
    for (int l = 0; l < tune->line_count; l++)
        for (int r = 0; r < tune->lines[l].count; r++)
            for (int s = 0; s < tune->seeds; s++) {
                if (tune->lines[l].rates[r].trials[s].done) continue;
                MEM_GROW(tasks, capacity, *count + 1);
                tasks[(*count)++] = (struct task){l, r, s};
            }
    return tasks;
}

static bool first_error(const struct error *errors, int count, struct error *error) {
    for (int i = 0; i < count; i++)
        if (errors[i].kind && errors[i].kind != ERROR_CANCELLED)
            return error_set(error, errors[i].kind, "%s", errors[i].message);
    return true;
}

/* How many runs are likely still to come after this round: the two refinements between coarse rates, and the last ones.
 */
static double guess_remaining(const struct tune *tune) {
    double more = (double)tune->experiment->optimizer_count * tune->seeds;
    for (int l = 0; l < tune->line_count; l++) {
        const struct tune_line *line = &tune->lines[l];
        double gap = line->ratio;
        for (int r = 1; r < line->count; r++) gap = fmin(gap, line->rates[r].rate / line->rates[r - 1].rate);
        if (!line->settled)
            for (; gap > TUNE_FINE; gap = sqrt(gap)) more += 2.0 * tune->seeds;
    }
    return more;
}

static bool run_round(struct tune *tune, struct job *job, struct error *error) {
    struct round round = {.tune = tune};
    round.tasks = list_tasks(tune, &round.count);
    round.errors = MEM_NEW(struct error, round.count);
    double left = 1 - job_progress(job).done;
    struct job *part = job_create_part(job, left * round.count / (round.count + guess_remaining(tune)));
    bool ok = study_spread(part, round.count, tune->threads, carry_out, &round, error);
    job_destroy(&part);
    ok = first_error(round.errors, round.count, error) && ok;
    free(round.tasks);
    free(round.errors);
    return ok;
}

/* ---- the best ones again, for when they reach the target
 * --------------------------------------------------------------- */

struct measuring {
    struct tune *tune;
    const struct tune_report *report;
    struct error *errors; /* (optimizers × seeds) */
};

/* From this seed: nearly all the way from the start's loss to the lowest at which a best setting ended. */
static double target_of(const struct tune *tune, const struct tune_report *report, int seed) {
    static const double SHARE = 1e-3;
    if (tune->has_tolerance) return tune->tolerance;
    double lowest = INFINITY, start = INFINITY;
    for (int o = 0; o < report->optimizers; o++) {
        const struct tune_finding *finding = &report->findings[o];
        if (finding->best < 0) continue;
        const struct tune_trial *trial = &finding->points[finding->best].trials[seed];
        start = trial->start_loss;
        if (!trial->diverged) lowest = fmin(lowest, trial->loss);
    }
    return isfinite(lowest) ? lowest + SHARE * (start - lowest) : start;
}

static bool measure(void *context, int k, struct job *part) {
    struct measuring *measuring = context;
    struct tune *tune = measuring->tune;
    int optimizer = k / tune->seeds, seed = k % tune->seeds;
    const struct tune_finding *finding = &measuring->report->findings[optimizer];
    if (finding->best < 0) return true;
    struct tune_arrival arrival;
    if (!tune_arrive(tune, &tune->experiment->optimizers[optimizer], finding->points[finding->best].values, seed,
                     target_of(tune, measuring->report, seed), &arrival, part, &measuring->errors[k]))
        return false;
    study_lock(&tune->study);
    tune->arrivals[k] = arrival;
    study_unlock(&tune->study);
    return true;
}

static bool measure_all(struct tune *tune, struct job *job, struct error *error) {
    int optimizers = tune->experiment->optimizer_count, count = optimizers * tune->seeds;
    study_lock(&tune->study);
    struct tune_report *report = tune_report_make(tune);
    study_unlock(&tune->study);
    struct measuring measuring = {.tune = tune, .report = report, .errors = MEM_NEW(struct error, count)};
    struct job *part = job_create_part(job, 1 - job_progress(job).done);
    bool ok = study_spread(part, count, tune->threads, measure, &measuring, error);
    job_destroy(&part);
    ok = first_error(measuring.errors, count, error) && ok;
    study_lock(&tune->study);
    for (int i = 0; ok && i < optimizers; i++) tune->measured[i] = report->findings[i].best >= 0;
    tune->finished = ok;
    study_unlock(&tune->study);
    free(measuring.errors);
    tune_report_destroy(&report);
    return ok;
}

static bool work(struct study *study, struct job *job, struct error *error) {
    struct tune *tune = (struct tune *)study;
    for (bool more = true; more;) {
        if (!run_round(tune, job, error)) return false;
        more = false;
        study_lock(study);
        for (int l = 0; l < tune->line_count; l++) more = tune_line_extend(&tune->lines[l], tune->seeds) || more;
        study_unlock(study);
    }
    return measure_all(tune, job, error);
}

static void release(struct study *study) {
    struct tune *tune = (struct tune *)study;
    for (int l = 0; l < tune->line_count; l++) {
        for (int r = 0; r < tune->lines[l].count; r++) free(tune->lines[l].rates[r].trials);
        free(tune->lines[l].rates);
    }
    for (int i = 0; i < tune->sweep_count; i++) free(tune->sweep_names[i]);
    free(tune->lines);
    free(tune->arrivals);
    free(tune->entries);
    free(tune->starts);
    tune_log_close(&tune->log);
}

/* ---- where the runs start
 * ---------------------------------------------------------------------------------------------- */

static bool find_starts(struct tune *tune, int wanted, struct error *error) {
    const struct experiment *experiment = tune->experiment;
    size_t n = (size_t)objective_dimension(experiment->objective);
    bool own = experiment->domain && wanted == 0;
    tune->start_kind = own ? TUNE_OWN_STARTS : experiment->domain ? TUNE_DRAWN_STARTS : TUNE_INITIALISATIONS;
    tune->seeds = own ? experiment->start_count : wanted > 0 ? wanted : NETWORK_SEEDS;
    tune->starts = MEM_NEW(double, (size_t)tune->seeds *n);
    if (own) {
        memcpy(tune->starts, experiment->starts, (size_t)tune->seeds * n * sizeof *tune->starts);
        for (int s = 0; s < tune->seeds; s++) tune->seed[s] = experiment->seed;
        return true;
    }
    struct evaluator *evaluator = evaluator_create(experiment->objective);
    uint64_t seed = experiment->seed;
    int found = 0;
    for (int tries = 0; found < tune->seeds && tries < START_TRIES;
         tries++, seed++) { /* past where there is no value */
        double *start = tune->starts + (size_t)found * n;
        experiment_draw_start(experiment, seed, start);
        if (isfinite(evaluator_loss(evaluator, start, NULL))) tune->seed[found++] = seed;
    }
    evaluator_destroy(&evaluator);
    return found == tune->seeds ||
           error_set(error, ERROR_INPUT,
                     "%s: the loss is finite at %d of %d starts drawn; the experiment's own starts are right",
                     experiment->name, found, START_TRIES);
}

/* ---- what is swept
 * ----------------------------------------------------------------------------------------------------- */

/* A decay rate such as momentum or β: what counts is how far it is from 1. */
static bool is_decay(const struct optimizer_parameter *parameter) {
    return !parameter->flag && !parameter->logarithmic && parameter->low >= 0 && parameter->high <= 1;
}

static double swept_value(const struct optimizer_parameter *parameter, const struct tune_sweep *sweep, int k) {
    double share = sweep->count > 1 ? (double)k / (sweep->count - 1) : 0;
    if (k == 0) return sweep->low;
    if (k == sweep->count - 1) return sweep->high;
    if (is_decay(parameter) && sweep->high < 1)
        return 1 - tune_round((1 - sweep->low) * pow((1 - sweep->high) / (1 - sweep->low), share));
    if (parameter->logarithmic && sweep->low > 0) return tune_round(sweep->low * pow(sweep->high / sweep->low, share));
    return tune_round(sweep->low + share * (sweep->high - sweep->low));
}

static bool check_sweep(const struct tune_params *params, int which, struct error *error) {
    const struct experiment *experiment = params->experiment;
    const struct tune_sweep *sweep = &params->sweeps[which];
    const char *names[EXPERIMENT_MAX_OPTIMIZERS * OPTIMIZER_MAX_PARAMETERS];
    size_t count = 0;
    bool any = false;
    if (strcmp(sweep->name, "lr") == 0)
        return error_set(error, ERROR_INPUT, "lr is swept for every optimizer; its range is given as rates");
    for (int i = 0; i < which; i++)
        if (strcmp(sweep->name, params->sweeps[i].name) == 0)
            return error_set(error, ERROR_INPUT, "%s is swept twice; once is right", sweep->name);
    if (!(sweep->low <= sweep->high) || sweep->count < 1 || sweep->count > TUNE_MAX_VALUES ||
        (sweep->count == 1 && sweep->low < sweep->high))
        return error_set(error, ERROR_INPUT,
                         "%s from %g to %g in %d values; low below high and 2 to %d values are right", sweep->name,
                         sweep->low, sweep->high, sweep->count, TUNE_MAX_VALUES);
    for (int o = 0; o < experiment->optimizer_count; o++) {
        size_t parameters;
        const struct optimizer_parameter *list =
            optimizer_class_parameters(experiment->optimizers[o].class, &parameters);
        for (size_t i = 1; i < parameters; i++) names[count++] = list[i].name;
        int index = optimizer_class_parameter_index(experiment->optimizers[o].class, sweep->name);
        if (index < 0) continue;
        any = true;
        if (sweep->low < list[index].low || sweep->high > list[index].high)
            return error_set(error, ERROR_INPUT, "%s of %s from %g to %g; between %g and %g is right", sweep->name,
                             experiment->optimizers[o].label, sweep->low, sweep->high, list[index].low,
                             list[index].high);
    }
    if (any) return true;
    const char *nearest = text_nearest(sweep->name, names, count);
    if (nearest)
        return error_set(error, ERROR_INPUT, "no optimizer of %s has a “%s”; did you mean %s?", experiment->name,
                         sweep->name, nearest);
    return error_set(error, ERROR_INPUT,
                     "no optimizer of %s has a “%s”; a parameter that `saddlescope list` shows is right",
                     experiment->name, sweep->name);
}

/* Every combination of this optimizer's swept values is a line. */
static bool add_lines(struct tune *tune, const struct tune_params *params, int optimizer, size_t *capacity,
                      struct error *error) {
    const struct experiment_optimizer *from = &tune->experiment->optimizers[optimizer];
    size_t parameters;
    const struct optimizer_parameter *list = optimizer_class_parameters(from->class, &parameters);
    int index[TUNE_MAX_SWEEPS], combinations = 1;
    for (int i = 0; i < params->sweep_count; i++) {
        index[i] = optimizer_class_parameter_index(from->class, params->sweeps[i].name);
        if (index[i] >= 0) combinations *= params->sweeps[i].count;
        if (combinations > LINES_MOST)
            return error_set(error, ERROR_INPUT, "the sweeps make more than %d combinations; fewer values are right",
                             LINES_MOST);
    }
    for (int c = 0; c < combinations; c++) {
        MEM_GROW(tune->lines, *capacity, tune->line_count + 1);
        struct tune_line *line = &tune->lines[tune->line_count++];
        *line = (struct tune_line){.optimizer = optimizer,
                                   .combination = c,
                                   .lowest = fmax(list[0].low, LOWEST_RATE),
                                   .highest = list[0].high};
        memcpy(line->values, from->values, sizeof line->values);
        for (size_t i = parameters; i < OPTIMIZER_MAX_PARAMETERS; i++) line->values[i] = 0;
        for (int i = 0, rest = c; i < params->sweep_count; i++)
            if (index[i] >= 0) {
                line->values[index[i]] =
                    swept_value(&list[index[i]], &params->sweeps[i], rest % params->sweeps[i].count);
                rest /= params->sweeps[i].count;
            }
        line->own = from->values[0] > 0 ? from->values[0] : list[0].initial;
        struct error own = {0};
        struct optimizer *trial = experiment_create_optimizer(tune->experiment, from, line->values, &own);
        if (!trial) return error_set(error, own.kind, "%s: %s", from->label, own.message);
        optimizer_destroy(&trial);
        tune_line_begin(line, params, tune->seeds);
    }
    return true;
}

/* ---- create
 * ------------------------------------------------------------------------------------------------------------ */

static uint64_t hash_experiment(const struct tune *tune) {
    const struct experiment *experiment = tune->experiment;
    uint64_t hash = hash_bytes(HASH_START, SADDLESCOPE_VERSION, sizeof SADDLESCOPE_VERSION);
    hash = hash_bytes(hash, experiment->source, strlen(experiment->source));
    int n = objective_dimension(experiment->objective);
    hash = hash_bytes(hash, tune->starts,
                      (size_t)n * sizeof(double)); /* the first: a longer sweep may go on from a shorter */
    hash = hash_bytes(hash, &tune->start_kind, sizeof tune->start_kind);
    const struct data *data = objective_data(experiment->objective);
    if (!data) return hash;
    hash = hash_bytes(hash, data->x, (size_t)data->samples * (size_t)data->features * sizeof *data->x);
    if (data->labels) hash = hash_bytes(hash, data->labels, (size_t)data->samples * sizeof *data->labels);
    if (data->y) hash = hash_bytes(hash, data->y, (size_t)data->samples * (size_t)data->targets * sizeof *data->y);
    return hash;
}

static bool check_params(const struct tune_params *params, struct error *error) {
    if (params->seeds < 0 || params->seeds > TUNE_MAX_SEEDS)
        return error_set(error, ERROR_INPUT, "%d seeds; 1 to %d are right", params->seeds, TUNE_MAX_SEEDS);
    if (params->evaluations < 0)
        return error_set(error, ERROR_INPUT, "a negative number of evaluations; at least 1 is right");
    if (params->has_tolerance && !isfinite(params->tolerance))
        return error_set(error, ERROR_INPUT, "the tolerance is no finite loss; a number such as 0.01 is right");
    bool rates = params->rate_low != 0 || params->rate_high != 0;
    if (rates && !(params->rate_low > 0 && params->rate_low < params->rate_high && isfinite(params->rate_high)))
        return error_set(error, ERROR_INPUT, "rates from %g to %g; above 0 and low below high is right",
                         params->rate_low, params->rate_high);
    if (params->rate_count < 0 || params->rate_count == 1 || params->rate_count > TUNE_MAX_VALUES)
        return error_set(error, ERROR_INPUT, "%d rates; 2 to %d are right", params->rate_count, TUNE_MAX_VALUES);
    if (params->sweep_count < 0 || params->sweep_count > TUNE_MAX_SWEEPS)
        return error_set(error, ERROR_INPUT, "%d parameters to sweep; at most %d are right", params->sweep_count,
                         TUNE_MAX_SWEEPS);
    for (int i = 0; i < params->sweep_count; i++)
        if (!check_sweep(params, i, error)) return false;
    for (int o = 0; rates && o < params->experiment->optimizer_count; o++) {
        size_t parameters;
        const struct experiment_optimizer *from = &params->experiment->optimizers[o];
        const struct optimizer_parameter *lr = optimizer_class_parameters(from->class, &parameters);
        if (params->rate_low < lr->low || params->rate_high > lr->high)
            return error_set(error, ERROR_INPUT, "rates from %g to %g; %s takes %g to %g", params->rate_low,
                             params->rate_high, from->label, lr->low, lr->high);
    }
    return true;
}

static bool set_up(struct tune *tune, const struct tune_params *params, struct error *error) {
    size_t capacity = 0;
    if (!find_starts(tune, params->seeds, error)) return false;
    for (int o = 0; o < params->experiment->optimizer_count; o++)
        if (!add_lines(tune, params, o, &capacity, error)) return false;
    tune->arrivals = MEM_NEW(struct tune_arrival, params->experiment->optimizer_count * tune->seeds);
    if (!params->resume) return true;
    const struct tune_mark mark = {.experiment = hash_experiment(tune), .evaluations = tune->evaluations};
    tune->log = tune_log_open(params->resume, &mark, tune->experiment, TUNE_MAX_SEEDS, &tune->entries,
                              &tune->entry_count, error);
    return tune->log != NULL;
}

static const struct study_class class = {
    .title = "tuning", .size = sizeof(struct tune), .work = work, .write = tune_write, .release = release};

struct study *study_create_tune(const struct tune_params *params, struct error *error) {
    if (!check_params(params, error)) return NULL;
    struct tune *tune = study_allocate(&class);
    tune->experiment = params->experiment;
    tune->evaluations = params->evaluations > 0 ? params->evaluations : params->experiment->steps;
    tune->threads = params->threads;
    tune->has_tolerance = params->has_tolerance;
    tune->tolerance = params->tolerance;
    tune->sweep_count = params->sweep_count;
    for (int i = 0; i < params->sweep_count; i++) tune->sweep_names[i] = mem_copy_text(params->sweeps[i].name);
    if (set_up(tune, params, error)) return study_start(&tune->study, &params->watcher);
    struct study *study = &tune->study;
    study_destroy(&study);
    return NULL;
}
