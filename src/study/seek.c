#include "study/study_class.h"

#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ENDS = 5, WAY_POINTS = 41 };
static const double SEARCH_SHARE = 0.6; /* of the work: the search; the rest is the Hessian at its end */

struct seek_study {
    struct study study;
    struct critical_seek_params params;
    double *starts;                /* (count × n) immutable */
    struct seek_finding *findings; /* (count) each its thread's until done[k], then immutable */
    atomic_bool *done;             /* (count) */
};

static void finding_release(struct seek_finding *finding) {
    seek_result_destroy((struct seek_result **)&finding->result);
    eigen_report_destroy((struct eigen_report **)&finding->report);
    eigen_ends_destroy((struct eigen_ends **)&finding->ends);
    ways_release(finding->ways);
}

static void release(struct study *study) {
    struct seek_study *s = (struct seek_study *)study;
    for (int k = 0; k < s->params.count; k++) finding_release(&s->findings[k]);
    free(s->findings);
    free(s->done);
    free(s->starts);
}

static void write(const struct study *study, FILE *stream) {
    const struct seek_study *s = (const struct seek_study *)study;
    fputs("start,ending,method,loss,grad_norm,distance,kind,positive,degenerate,negative,share\n", stream);
    for (int k = 0; k < s->params.count; k++) {
        const struct seek_finding *f = study_read_seek(study, k);
        if (!f) continue;
        fprintf(stream, "%d,", k + 1);
        if (f->error.kind) {
            fputs("failed,,,,,,,,,\n", stream);
            continue;
        }
        fprintf(stream, "%s,%s", seek_ending_names[f->result->ending], seek_method_names[f->result->method]);
        study_write_number(stream, f->result->loss);
        study_write_number(stream, f->result->gradient_norm);
        study_write_number(stream, f->result->distance);
        fprintf(stream, ",%s,%d,%d,%d", point_kind_names[f->kind], f->positive, f->degenerate, f->negative);
        study_write_number(stream, f->share);
        fputc('\n', stream);
    }
}

/* ---- one search -----------------------------------------------------------------------------------------------------
 */

static bool describe_all(struct seek_finding *finding, const struct objective *objective, struct job *part) {
    struct eigen_report *report = hessian_report(objective, finding->result->theta, part, &finding->error);
    if (!report) return false;
    finding->report = report;
    finding->kind = report->kind;
    finding->negative = report->index;
    finding->degenerate = report->degenerate;
    finding->positive = report->n - report->index - report->degenerate;
    finding->share = (double)finding->positive / report->n;
    return true;
}

static bool describe_ends(struct seek_finding *finding, const struct seek_study *s, struct job *part) {
    struct eigen_ends *ends =
        hessian_ends(s->params.objective, finding->result->theta, s->params.ends, part, &finding->error);
    if (!ends) return false;
    finding->ends = ends;
    finding->kind = ends->kind;
    finding->negative = ends->index;
    finding->degenerate = ends->degenerate;
    finding->positive = ends->low + ends->high - ends->index - ends->degenerate;
    finding->share = NAN;
    return true;
}

static void word_verdict(struct seek_finding *finding) {
    char search[256], point[256];
    seek_result_verdict(finding->result, search, sizeof search);
    if (finding->report)
        eigen_report_verdict(finding->report, point, sizeof point);
    else
        snprintf(point, sizeof point, "%s, as far as both ends of the spectrum tell: %s%d of %d directions lead down",
                 point_kind_names[finding->kind], finding->ends->index_exact ? "" : "at least ", finding->negative,
                 finding->ends->n);
    bool found = finding->result->ending == SEEK_FOUND;
    snprintf(finding->verdict, sizeof finding->verdict, "%s%s%s%s", search, found ? "; " : "", found ? point : "",
             finding->rough ? "; the gradient jumps here (a kink), so that slope and curvature are those of one side"
                            : "");
}

static bool search_from(struct seek_study *s, int k, struct job *part) {
    struct seek_finding *finding = &s->findings[k];
    const struct objective *objective = s->params.objective;
    struct seek_params search = s->params.search;
    search.objective = objective;
    search.theta = s->starts + (size_t)k * (size_t)objective_dimension(objective);
    struct job *stage = job_create_part(part, SEARCH_SHARE);
    finding->result = critical_seek(&search, stage, &finding->error);
    job_note(stage, 1);
    job_destroy(&stage);
    if (!finding->result) return false;
    int n = finding->result->n;
    stage = job_create_part(part, 1 - SEARCH_SHARE);
    bool ok = n <= STUDY_ALL_EIGENPAIRS ? describe_all(finding, objective, stage) : describe_ends(finding, s, stage);
    job_destroy(&stage);
    if (!ok) return false;
    finding->rough = point_is_rough(objective, finding->result->theta);
    const double *lowest = finding->report ? finding->report->eigenvectors : finding->ends->eigenvectors;
    if (finding->result->ending == SEEK_FOUND && finding->negative > 0 &&
        !ways_find(objective, finding->result->theta, lowest, WAY_POINTS, part, finding->ways, &finding->error))
        return false;
    word_verdict(finding);
    return true;
}

static bool one(void *context, int k, struct job *part) {
    struct seek_study *s = context;
    if (!search_from(s, k, part)) {
        struct error error = s->findings[k].error;
        finding_release(&s->findings[k]);
        s->findings[k] = (struct seek_finding){.error = error};
        if (error.kind == ERROR_CANCELLED) return false;
    }
    atomic_store(&s->done[k], true);
    study_announce(&s->study);
    return true;
}

static bool work(struct study *study, struct job *job, struct error *error) {
    struct seek_study *s = (struct seek_study *)study;
    return study_spread(job, s->params.count, s->params.threads, one, s, error);
}

static void record(const struct study *study, struct recording_study *out) {
    static const struct recording_column columns[] = {
        {"start", RECORDING_INTEGER},    {"ending", RECORDING_TEXT},         {"method", RECORDING_TEXT},
        {"kind", RECORDING_TEXT},        {"loss", RECORDING_REAL},           {"grad_norm", RECORDING_REAL},
        {"distance", RECORDING_REAL},    {"positive", RECORDING_INTEGER},    {"degenerate", RECORDING_INTEGER},
        {"negative", RECORDING_INTEGER}, {"verdict", RECORDING_TEXT},        {"from_theta", RECORDING_NUMBERS},
        {"at", RECORDING_NUMBERS},       {"eigenvalues", RECORDING_NUMBERS}, {"low_end", RECORDING_INTEGER},
    };
    const struct seek_study *s = (const struct seek_study *)study;
    int n = objective_dimension(s->params.objective);
    STUDY_TABLE(out, "seek", columns);
    for (int k = 0; k < s->params.count; k++) {
        const struct seek_finding *f = study_read_seek(study, k);
        if (!f || f->error.kind) continue;
        const double *values = f->report ? f->report->eigenvalues : f->ends->eigenvalues;
        int held = f->report ? n : f->ends->low + f->ends->high;
        study_row(out, (struct recording_cell[]){
                           CELL_INTEGER(k + 1), CELL_TEXT(seek_ending_names[f->result->ending]),
                           CELL_TEXT(seek_method_names[f->result->method]), CELL_TEXT(point_kind_names[f->kind]),
                           CELL_REAL(f->result->loss), CELL_REAL(f->result->gradient_norm),
                           CELL_REAL(f->result->distance), CELL_INTEGER(f->positive), CELL_INTEGER(f->degenerate),
                           CELL_INTEGER(f->negative), CELL_TEXT(f->verdict),
                           CELL_NUMBERS(s->starts + (size_t)k * (size_t)n, n), CELL_NUMBERS(f->result->theta, n),
                           CELL_NUMBERS(values, held), CELL_INTEGER(f->report ? n : f->ends->low)});
    }
    ways_table(out);
    for (int k = 0; k < s->params.count; k++) {
        const struct seek_finding *f = study_read_seek(study, k);
        if (f && !f->error.kind) ways_record(out, k + 1, f->ways, n);
    }
}

static const struct study_class class = {"critical points", sizeof(struct seek_study), work, write, release, record};

struct study *study_create_seek(const struct critical_seek_params *params, struct error *error) {
    if (params->count < 1) {
        error_set(error, ERROR_INPUT, "no point to search from; at least one is needed");
        return NULL;
    }
    size_t n = (size_t)objective_dimension(params->objective), count = (size_t)params->count;
    struct seek_study *s = study_allocate(&class);
    s->params = *params;
    if (s->params.ends <= 0) s->params.ends = ENDS;
    s->starts = study_copy(params->starts, count * n);
    s->findings = MEM_NEW(struct seek_finding, count);
    s->done = MEM_NEW(atomic_bool, count);
    for (size_t k = 0; k < count; k++) atomic_init(&s->done[k], false);
    return study_start(&s->study, &params->watcher);
}

const struct seek_finding *study_read_seek(const struct study *study, int start) {
    const struct seek_study *s = (const struct seek_study *)study;
    return atomic_load(&s->done[start]) ? &s->findings[start] : NULL;
}
