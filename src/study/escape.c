#include "study/study_class.h"

#include "base/linalg.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { POINTS = 41, CRITICAL_ENDS = 1 };

struct escape_study {
    struct study study;
    struct escape_params params;
    double *theta, *direction;     /* (n); direction is the work's until `done` */
    struct escape_finding finding; /* the work's until `done`, then immutable */
    atomic_bool done;
};

void ways_release(struct escape_way ways[2]) {
    for (int k = 0; k < 2; k++) {
        free((double *)ways[k].theta);
        free((double *)ways[k].t);
        free((double *)ways[k].losses);
        ways[k] = (struct escape_way){0};
    }
}

bool ways_find(const struct objective *objective, const double *theta, const double *direction, int points,
               struct job *job, struct escape_way ways[2], struct error *error) {
    size_t n = (size_t)objective_dimension(objective);
    double *ends = MEM_NEW(double, 2 * n);
    struct escape found = critical_escape(objective, theta, direction, ends);
    bool going = job_going(job, error);
    for (int k = 0; going && k < 2; k++) {
        if (found.step[k] == 0) continue;
        double *t = MEM_NEW(double, points), *losses = MEM_NEW(double, points);
        line_sample(objective, theta, ends + (size_t)k * n, 0, 1, points, losses);
        for (int i = 0; i < points; i++) t[i] = found.step[k] * i / (points - 1);
        ways[k] = (struct escape_way){.length = found.step[k],
                                      .loss = found.loss[k],
                                      .theta = study_copy(ends + (size_t)k * n, n),
                                      .count = points,
                                      .t = t,
                                      .losses = losses};
        going = job_going(job, error);
    }
    free(ends);
    return going;
}

void ways_table(struct recording_study *out) {
    static const struct recording_column columns[] = {
        {"start", RECORDING_INTEGER}, {"side", RECORDING_TEXT}, {"length", RECORDING_REAL},    {"loss", RECORDING_REAL},
        {"theta", RECORDING_NUMBERS}, {"t", RECORDING_NUMBERS}, {"losses", RECORDING_NUMBERS},
    };
    STUDY_TABLE(out, "way", columns);
}

void ways_record(struct recording_study *out, int start, const struct escape_way ways[2], int n) {
    for (int k = 0; k < 2; k++)
        if (ways[k].length > 0)
            study_row(out, (struct recording_cell[]){
                               CELL_INTEGER(start), CELL_TEXT(k == 0 ? "+" : "-"), CELL_REAL(ways[k].length),
                               CELL_REAL(ways[k].loss), CELL_NUMBERS(ways[k].theta, n),
                               CELL_NUMBERS(ways[k].t, ways[k].count), CELL_NUMBERS(ways[k].losses, ways[k].count)});
}

static void release(struct study *study) {
    struct escape_study *e = (struct escape_study *)study;
    ways_release(e->finding.ways);
    free(e->theta);
    free(e->direction);
}

static void write(const struct study *study, FILE *stream) {
    const struct escape_finding *finding = study_read_escape(study);
    fputs("side,t,loss\n", stream);
    for (int k = 0; finding && k < 2; k++)
        for (int i = 0; i < finding->ways[k].count; i++) {
            fputs(k == 0 ? "+" : "-", stream);
            study_write_number(stream, finding->ways[k].t[i]);
            study_write_number(stream, finding->ways[k].losses[i]);
            fputc('\n', stream);
        }
}

/* The eigenvector of the lowest eigenvalue into `direction`. */
static bool find_lowest(struct escape_study *e, double *tolerance, struct job *job, struct error *error) {
    struct eigen_ends *ends = hessian_ends(e->params.objective, e->theta, CRITICAL_ENDS, job, error);
    if (!ends) return false;
    memcpy(e->direction, ends->eigenvectors, (size_t)ends->n * sizeof(double));
    *tolerance = ends->tolerance;
    eigen_ends_destroy(&ends);
    return true;
}

static bool work(struct study *study, struct job *job, struct error *error) {
    struct escape_study *e = (struct escape_study *)study;
    const struct objective *objective = e->params.objective;
    int n = objective_dimension(objective);
    double tolerance = 0;
    struct job *part = job_create_part(job, 0.9);
    bool ok = e->params.direction || find_lowest(e, &tolerance, part, error);
    job_destroy(&part);
    if (!ok) return false;

    struct evaluator *evaluator = evaluator_create(objective);
    double *vector = MEM_NEW(double, n);
    e->finding.direction = e->direction;
    e->finding.loss = evaluator_gradient(evaluator, e->theta, NULL, vector);
    e->finding.gradient_norm = linalg_norm(n, vector);
    evaluator_hvp(evaluator, e->theta, NULL, 1, e->direction, vector);
    e->finding.curvature = linalg_dot(n, e->direction, vector);
    free(vector);
    evaluator_destroy(&evaluator);

    if (!e->params.direction && !(e->finding.curvature < -tolerance))
        return error_set(
            error, ERROR_INPUT,
            "no direction of this point leads down: the lowest eigenvalue is %.4g, zero or above within ±%.2g",
            e->finding.curvature, tolerance);
    if (!ways_find(objective, e->theta, e->direction, e->params.points, job, e->finding.ways, error)) return false;
    if (e->finding.ways[0].length == 0 && e->finding.ways[1].length == 0)
        return error_set(error, ERROR_INPUT, "the loss falls neither way along the direction, however short the step");
    atomic_store(&e->done, true);
    return true;
}

static void record(const struct study *study, struct recording_study *out) {
    static const struct recording_column columns[] = {
        {"loss", RECORDING_REAL},  {"grad_norm", RECORDING_REAL},    {"curvature", RECORDING_REAL},
        {"at", RECORDING_NUMBERS}, {"direction", RECORDING_NUMBERS},
    };
    const struct escape_finding *finding = study_read_escape(study);
    const struct escape_study *e = (const struct escape_study *)study;
    int n = objective_dimension(e->params.objective);
    STUDY_TABLE(out, "escape", columns);
    if (finding)
        study_row(out, (struct recording_cell[]){CELL_REAL(finding->loss), CELL_REAL(finding->gradient_norm),
                                                 CELL_REAL(finding->curvature), CELL_NUMBERS(e->theta, n),
                                                 CELL_NUMBERS(e->direction, n)});
    ways_table(out);
    if (finding) ways_record(out, 1, finding->ways, n);
}

static const struct study_class class = {"escape", sizeof(struct escape_study), work, write, release, record};

struct study *study_create_escape(const struct escape_params *params, struct error *error) {
    if (params->points != 0 && params->points < 2) {
        error_set(error, ERROR_INPUT, "%d points along a way; at least 2 are right", params->points);
        return NULL;
    }
    size_t n = (size_t)objective_dimension(params->objective);
    struct escape_study *e = study_allocate(&class);
    e->params = *params;
    if (!e->params.points) e->params.points = POINTS;
    e->theta = study_copy(params->theta, n);
    e->direction = params->direction ? study_copy(params->direction, n) : MEM_NEW(double, n);
    atomic_init(&e->done, false);
    return study_start(&e->study, &params->watcher);
}

const struct escape_finding *study_read_escape(const struct study *study) {
    const struct escape_study *e = (const struct escape_study *)study;
    return atomic_load(&e->done) ? &e->finding : NULL;
}
