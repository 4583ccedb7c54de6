#include "study/study_class.h"

#include "base/linalg.h"
#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { POINTS = 101 };

struct line_study {
    struct study study;
    struct line_params params;
    double *from, *to;         /* (n) immutable */
    struct line_point *points; /* (params.points) guarded by lock */
};

static void release(struct study *study) {
    struct line_study *line = (struct line_study *)study;
    free(line->from);
    free(line->to);
    free(line->points);
}

static void write(const struct study *study, FILE *stream) {
    const struct line_study *line = (const struct line_study *)study;
    fputs("t,loss,accuracy,validation_loss,validation_accuracy,test_loss,test_accuracy\n", stream);
    for (int i = 0; i < line->params.points; i++) {
        const struct line_point *p = &line->points[i];
        if (!p->known) continue;
        char text[NUMBER_TEXT];
        fputs(number_exact(p->t, text), stream);
        study_write_number(stream, p->loss);
        study_write_number(stream, p->accuracy);
        study_write_number(stream, p->validation_loss);
        study_write_number(stream, p->validation_accuracy);
        study_write_number(stream, p->test_loss);
        study_write_number(stream, p->test_accuracy);
        fputc('\n', stream);
    }
}

/* Coarse to fine: 0, then the middle, the quarters, … of 2^bits ≥ count places, so that the curve is there at once. */
static int place_of(int k, int count) {
    int bits = 0, seen = 0;
    while ((1 << bits) < count) bits++;
    for (int i = 0; i < 1 << bits; i++) {
        int reversed = 0;
        for (int b = 0; b < bits; b++) reversed |= ((i >> b) & 1) << (bits - 1 - b);
        if (reversed < count && seen++ == k) return reversed;
    }
    return count - 1;
}

static bool measure(void *context, int k, struct job *part) {
    struct line_study *line = context;
    const struct objective *objective = line->params.objective;
    const struct data *data = objective_data(objective);
    int n = objective_dimension(objective), place = place_of(k, line->params.points);
    double t = line->points[place].t;
    double *theta = MEM_NEW(double, n);
    for (int i = 0; i < n; i++) /* the ends exactly */
        theta[i] = t == 0 ? line->from[i] : t == 1 ? line->to[i] : (1 - t) * line->from[i] + t * line->to[i];
    struct evaluator *evaluator = evaluator_create(objective);
    struct line_point point = {.known = true,
                               .t = t,
                               .accuracy = NAN,
                               .validation_loss = NAN,
                               .test_loss = NAN,
                               .validation_accuracy = NAN,
                               .test_accuracy = NAN};
    point.loss = evaluator_loss(evaluator, theta, NULL);
    double *statistics = study_statistics(evaluator);
    if (data) point.accuracy = evaluator_accuracy(evaluator, theta);
    if (data && data->validation)
        point.validation_loss =
            evaluator_test(evaluator, theta, data->validation, statistics, &point.validation_accuracy);
    if (data && data->test)
        point.test_loss = evaluator_test(evaluator, theta, data->test, statistics, &point.test_accuracy);
    free(statistics);
    evaluator_destroy(&evaluator);
    free(theta);
    study_lock(&line->study);
    line->points[place] = point;
    study_unlock(&line->study);
    study_announce(&line->study);
    return job_going(part, NULL);
}

static bool work(struct study *study, struct job *job, struct error *error) {
    struct line_study *line = (struct line_study *)study;
    return study_spread(job, line->params.points, line->params.threads, measure, line, error);
}

static void record(const struct study *study, struct recording_study *out) {
    static const struct recording_column columns[] = {
        {"t", RECORDING_REAL},
        {"loss", RECORDING_REAL},
        {"accuracy", RECORDING_REAL},
        {"validation_loss", RECORDING_REAL},
        {"validation_accuracy", RECORDING_REAL},
        {"test_loss", RECORDING_REAL},
        {"test_accuracy", RECORDING_REAL},
    };
    const struct line_study *line = (const struct line_study *)study;
    STUDY_TABLE(out, "line", columns);
    for (int i = 0; i < line->params.points; i++) {
        const struct line_point *p = &line->points[i];
        if (p->known)
            study_row(out, (struct recording_cell[]){CELL_REAL(p->t), CELL_REAL(p->loss), CELL_REAL(p->accuracy),
                                                     CELL_REAL(p->validation_loss), CELL_REAL(p->validation_accuracy),
                                                     CELL_REAL(p->test_loss), CELL_REAL(p->test_accuracy)});
    }
}

static const struct study_class class = {"line", sizeof(struct line_study), work, write, release, record};

static bool all_finite(int n, const double *x) {
    for (int i = 0; i < n; i++)
        if (!isfinite(x[i])) return false;
    return true;
}

struct study *study_create_line(const struct line_params *params, struct error *error) {
    int n = objective_dimension(params->objective);
    double low = params->low, high = params->high;
    if (low == 0 && high == 0) high = 1;
    if (!isfinite(low) || !isfinite(high) || !(low < high)) {
        error_set(error, ERROR_INPUT, "a line from t = %g to %g; two finite numbers, the lower first, are right", low,
                  high);
        return NULL;
    }
    if (params->points != 0 && params->points < 2) {
        error_set(error, ERROR_INPUT, "a line of %d points; at least 2 are right", params->points);
        return NULL;
    }
    if (!all_finite(n, params->from) || !all_finite(n, params->to)) {
        error_set(error, ERROR_INPUT, "an end of the line is not finite; choose one that is");
        return NULL;
    }
    struct line_study *line = study_allocate(&class);
    line->params = *params;
    line->params.points = params->points ? params->points : POINTS;
    line->from = study_copy(params->from, (size_t)n);
    line->to = study_copy(params->to, (size_t)n);
    line->points = MEM_NEW(struct line_point, line->params.points);
    for (int i = 0; i < line->params.points; i++)
        line->points[i].t = i == line->params.points - 1 ? high : low + (high - low) * i / (line->params.points - 1);
    return study_start(&line->study, &params->watcher);
}

size_t study_read_line(const struct study *study, size_t most, struct line_point *out) {
    const struct line_study *line = (const struct line_study *)study;
    size_t count = (size_t)line->params.points;
    study_lock(study);
    for (size_t i = 0; out && i < count && i < most; i++) out[i] = line->points[i];
    study_unlock(study);
    return count;
}

double study_line_length(const struct study *study) {
    const struct line_study *line = (const struct line_study *)study;
    int n = objective_dimension(line->params.objective);
    double *apart = study_copy(line->to, (size_t)n);
    linalg_axpy(n, -1, line->from, apart);
    double length = linalg_norm(n, apart);
    free(apart);
    return length;
}
