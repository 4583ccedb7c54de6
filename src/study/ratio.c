#include "study/study_class.h"

#include "base/memory.h"
#include "base/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NETS = 60 };
static const double TRAIN_SHARE = 0.4, SEARCH_SHARE = 0.4; /* of a net's work; the rest is its Hessian */

struct ratio_study {
    struct study study;
    struct ratio_params params;
    struct ratio_point *points; /* (nets) each its thread's until done[k], then immutable */
    atomic_bool *done;          /* (nets) */
};

static void release(struct study *study) {
    struct ratio_study *r = (struct ratio_study *)study;
    for (int k = 0; k < r->params.nets; k++) free((double *)r->points[k].eigenvalues);
    free(r->points);
    free(r->done);
}

static void write(const struct study *study, FILE *stream) {
    const struct ratio_study *r = (const struct ratio_study *)study;
    struct ratio_point p;
    fputs("seed,steps,trained_loss,ending,loss,grad_norm,minimum_ratio,positive,degenerate,negative,kind,distance\n",
          stream);
    for (int k = 0; k < r->params.nets; k++) {
        if (!study_read_ratio(study, k, &p)) continue;
        fprintf(stream, "%" PRIu64 ",%" PRId64, p.seed, p.steps);
        study_write_number(stream, p.trained_loss);
        fprintf(stream, ",%s", p.failed ? "failed" : seek_ending_names[p.ending]);
        if (!p.measured) {
            fputs(",,,,,,,,\n", stream);
            continue;
        }
        study_write_number(stream, p.loss);
        study_write_number(stream, p.gradient_norm);
        study_write_number(stream, p.ratio);
        fprintf(stream, ",%d,%d,%d,%s", p.positive, p.degenerate, p.negative, point_kind_names[p.kind]);
        study_write_number(stream, p.distance);
        fputc('\n', stream);
    }
}

/* ---- one net --------------------------------------------------------------------------------------------------------
 */

/* The experiment's first optimizer from the net's own start, θ left in `theta`. */
static bool train(const struct ratio_study *r, struct ratio_point *point, double *theta, struct job *part,
                  struct error *error) {
    const struct objective *objective = r->params.experiment->objective;
    int n = objective_dimension(objective);
    objective_initialise(objective, point->seed, theta);
    const struct descent_params params = {.experiment = r->params.experiment, .start = theta, .seed = &point->seed};
    struct descent *descent = descent_create(&params, error);
    if (!descent) return false;
    const char *wrong = descent_evaluate(descent);
    bool going = true;
    while (!wrong && going && descent_at(descent) < point->steps) {
        wrong = descent_take(descent, 1);
        job_note(part, (double)descent_at(descent) / (double)point->steps);
        going = job_going(part, error);
    }
    if (wrong && going)
        going = error_set(error, ERROR_INPUT,
                          "%s is not finite at step %" PRId64 " of its training; a smaller learning rate "
                          "is right",
                          wrong, descent_at(descent));
    point->trained_loss = wrong ? NAN : descent_sample(descent)->loss;
    memcpy(theta, descent_theta(descent), (size_t)n * sizeof *theta);
    descent_destroy(&descent);
    job_note(part, 1);
    return going;
}

static bool measure(struct ratio_point *point, const struct objective *objective, const double *theta, struct job *part,
                    struct error *error) {
    struct eigen_report *report = hessian_report(objective, theta, part, error);
    if (!report) return false;
    point->measured = true;
    point->loss = report->loss;
    point->gradient_norm = report->gradient_norm;
    point->kind = report->kind;
    point->n = report->n;
    point->negative = report->index;
    point->degenerate = report->degenerate;
    point->positive = report->n - report->index - report->degenerate;
    point->ratio = (double)point->positive / report->n;
    point->eigenvalues = report->eigenvalues;
    report->eigenvalues = NULL;
    eigen_report_destroy(&report);
    return true;
}

static bool train_and_seek(struct ratio_study *r, struct ratio_point *point, struct job *part, struct error *error) {
    const struct objective *objective = r->params.experiment->objective;
    double *theta = MEM_NEW(double, objective_dimension(objective));
    struct seek_result *result = NULL;
    struct job *stage = job_create_part(part, TRAIN_SHARE);
    bool ok = train(r, point, theta, stage, error);
    job_destroy(&stage);
    if (ok) {
        stage = job_create_part(part, SEARCH_SHARE);
        const struct seek_params params = {.objective = objective, .theta = theta};
        result = critical_seek(&params, stage, error);
        job_note(stage, 1);
        job_destroy(&stage);
        ok = result != NULL;
    }
    if (ok) {
        point->ending = result->ending;
        point->distance = result->distance;
        seek_result_verdict(result, point->verdict, sizeof point->verdict);
        if (result->ending == SEEK_FOUND) {
            stage = job_create_part(part, 1 - TRAIN_SHARE - SEARCH_SHARE);
            ok = measure(point, objective, result->theta, stage, error);
            job_destroy(&stage);
        }
    }
    seek_result_destroy(&result);
    free(theta);
    return ok;
}

static bool one(void *context, int k, struct job *part) {
    struct ratio_study *r = context;
    struct ratio_point *point = &r->points[k];
    struct error error = {0};
    point->seed = r->params.seed + (uint64_t)k;
    /* From untrained to fully trained, evenly on a logarithmic scale: every height of the loss gets its share. */
    struct random random = random_seeded(point->seed, 1);
    point->steps = (int64_t)(exp(random_uniform(&random, 0, log((double)r->params.steps + 1))) - 0.5);
    if (!train_and_seek(r, point, part, &error)) {
        if (error.kind == ERROR_CANCELLED) return false;
        point->failed = true;
        point->ending = SEEK_LIMIT;
        snprintf(point->verdict, sizeof point->verdict, "%s", error.message);
    }
    atomic_store(&r->done[k], true);
    study_announce(&r->study);
    return true;
}

static bool work(struct study *study, struct job *job, struct error *error) {
    struct ratio_study *r = (struct ratio_study *)study;
    return study_spread(job, r->params.nets, r->params.threads, one, r, error);
}

static void record(const struct study *study, struct recording_study *out) {
    static const struct recording_column columns[] = {
        {"seed", RECORDING_INTEGER},        {"steps", RECORDING_INTEGER},    {"trained_loss", RECORDING_REAL},
        {"ending", RECORDING_TEXT},         {"loss", RECORDING_REAL},        {"grad_norm", RECORDING_REAL},
        {"ratio", RECORDING_REAL},          {"positive", RECORDING_INTEGER}, {"degenerate", RECORDING_INTEGER},
        {"negative", RECORDING_INTEGER},    {"kind", RECORDING_TEXT},        {"distance", RECORDING_REAL},
        {"eigenvalues", RECORDING_NUMBERS},
    };
    const struct ratio_study *r = (const struct ratio_study *)study;
    struct ratio_point p;
    STUDY_TABLE(out, "minimum_ratio", columns);
    for (int k = 0; k < r->params.nets; k++) {
        if (!study_read_ratio(study, k, &p)) continue;
        double unknown = p.measured ? 0 : NAN;
        study_row(out, (struct recording_cell[]){CELL_INTEGER(p.seed), CELL_INTEGER(p.steps), CELL_REAL(p.trained_loss),
                                                 CELL_TEXT(p.failed ? "failed" : seek_ending_names[p.ending]),
                                                 CELL_REAL(p.loss + unknown), CELL_REAL(p.gradient_norm + unknown),
                                                 CELL_REAL(p.ratio + unknown), CELL_INTEGER(p.positive),
                                                 CELL_INTEGER(p.degenerate), CELL_INTEGER(p.negative),
                                                 CELL_TEXT(p.measured ? point_kind_names[p.kind] : NULL),
                                                 CELL_REAL(p.distance), CELL_NUMBERS(p.eigenvalues, p.n)});
    }
}

static const struct study_class class = {"minimum ratio", sizeof(struct ratio_study), work, write, release, record};

struct study *study_create_ratio(const struct ratio_params *params, struct error *error) {
    const struct experiment *experiment = params->experiment;
    int n = objective_dimension(experiment->objective);
    if (objective_is_expression(experiment->objective)) {
        error_set(error, ERROR_INPUT,
                  "%s is a formula, whose start no seed changes; an experiment with a network is right",
                  experiment->name);
        return NULL;
    }
    if (n > RATIO_PARAMETERS) {
        error_set(error, ERROR_INPUT, "%s has %d parameters; for the full spectrum of every net at most %d are right",
                  experiment->name, n, RATIO_PARAMETERS);
        return NULL;
    }
    struct ratio_study *r = study_allocate(&class);
    r->params = *params;
    if (r->params.nets <= 0) r->params.nets = NETS;
    if (r->params.steps < 0) r->params.steps = experiment->steps;
    r->points = MEM_NEW(struct ratio_point, r->params.nets);
    r->done = MEM_NEW(atomic_bool, r->params.nets);
    for (int k = 0; k < r->params.nets; k++) atomic_init(&r->done[k], false);
    return study_start(&r->study, &params->watcher);
}

bool study_read_ratio(const struct study *study, int net, struct ratio_point *out) {
    const struct ratio_study *r = (const struct ratio_study *)study;
    if (!atomic_load(&r->done[net])) return false;
    *out = r->points[net];
    return true;
}

int study_ratio_nets(const struct study *study) {
    return ((const struct ratio_study *)study)->params.nets;
}
