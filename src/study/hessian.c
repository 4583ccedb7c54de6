#include "study/study_class.h"

#include "base/text.h"

#include <math.h>
#include <stdlib.h>

enum { ENDS = 5, DENSITY_ALL = 2000 };
static const double DENSITY_SHARE = 0.6; /* of the work, where both ends and an estimate are made */

struct hessian_study {
    struct study study;
    struct hessian_params params;
    double *theta;                  /* (n) immutable */
    struct hessian_finding finding; /* guarded by lock; what it points to is immutable */
};

static void release(struct study *study) {
    struct hessian_study *h = (struct hessian_study *)study;
    eigen_report_destroy(&h->finding.report);
    eigen_ends_destroy(&h->finding.ends);
    spectrum_destroy(&h->finding.density);
    free(h->theta);
}

static void write(const struct study *study, FILE *stream) {
    const struct hessian_finding *finding = &((const struct hessian_study *)study)->finding;
    if (!finding->report && !finding->ends) return;
    if (finding->density) {
        fputs("eigenvalue,density\n", stream);
        for (int i = 0; i < finding->density->points; i++) {
            char text[NUMBER_TEXT];
            fputs(number_exact(finding->density->grid[i], text), stream);
            study_write_number(stream, finding->density->density[i]);
            fputc('\n', stream);
        }
        return;
    }
    int count = finding->report ? finding->report->n : finding->ends->low + finding->ends->high;
    int hole = finding->report ? count : finding->ends->low;
    const double *values = finding->report ? finding->report->eigenvalues : finding->ends->eigenvalues;
    const double *residuals = finding->report ? finding->report->residuals : finding->ends->residuals;
    fputs("rank,eigenvalue,residual\n", stream);
    for (int k = 0; k < count; k++) {
        fprintf(stream, "%d", k < hole ? k + 1 : finding->ends->n - count + k + 1);
        study_write_number(stream, values[k]);
        study_write_number(stream, residuals[k]);
        fputc('\n', stream);
    }
}

static bool wants_all(const struct hessian_params *params) {
    int n = objective_dimension(params->objective), most = params->all_up_to;
    if (most <= 0) most = params->density ? DENSITY_ALL : STUDY_ALL_EIGENPAIRS;
    return params->extent == HESSIAN_ALL || (params->extent == HESSIAN_FITTING && n <= most);
}

static void publish(struct hessian_study *h, const struct hessian_finding *finding) {
    study_lock(&h->study);
    h->finding = *finding;
    study_unlock(&h->study);
    study_announce(&h->study);
}

static bool work(struct study *study, struct job *job, struct error *error) {
    struct hessian_study *h = (struct hessian_study *)study;
    const struct hessian_params *params = &h->params;
    bool all = wants_all(params), estimates = params->density && !all;
    struct hessian_finding finding = {.rough = point_is_rough(params->objective, h->theta)};
    struct error own = {0};
    struct job *part = job_create_part(job, estimates ? 1 - DENSITY_SHARE : 1);
    if (all)
        finding.report = hessian_report(params->objective, h->theta, part, &own);
    else
        finding.ends = hessian_ends(params->objective, h->theta, params->ends, part, &own);
    if (finding.report && params->density)
        finding.density = spectrum_exact(finding.report->n, finding.report->eigenvalues, 0);
    job_destroy(&part);
    if (!finding.report && !finding.ends)
        return error_set(error, own.kind, "%s%s", own.message,
                         finding.rough && own.kind == ERROR_INPUT ? " (the gradient jumps there: a kink)" : "");
    publish(h, &finding);
    if (!estimates) return true;

    const struct spectrum_params estimate = {.objective = params->objective,
                                             .theta = h->theta,
                                             .probes = params->probes,
                                             .threads = params->threads,
                                             .seed = 1};
    part = job_create_part(job, DENSITY_SHARE);
    finding.density = spectrum_estimate(&estimate, part, error);
    job_destroy(&part);
    publish(h, &finding);
    return finding.density != NULL;
}

static void record(const struct study *study, struct recording_study *out) {
    static const struct recording_column columns[] = {
        {"loss", RECORDING_REAL},       {"grad_norm", RECORDING_REAL},      {"kind", RECORDING_TEXT},
        {"at", RECORDING_NUMBERS},      {"eigenvalues", RECORDING_NUMBERS}, {"residuals", RECORDING_NUMBERS},
        {"low_end", RECORDING_INTEGER}, {"trace", RECORDING_REAL},          {"trace_error", RECORDING_REAL},
        {"width", RECORDING_REAL},      {"grid", RECORDING_NUMBERS},        {"density", RECORDING_NUMBERS},
    };
    const struct hessian_finding *finding = &((const struct hessian_study *)study)->finding;
    const struct eigen_report *r = finding->report;
    const struct eigen_ends *e = finding->ends;
    const struct spectrum *d = finding->density;
    STUDY_TABLE(out, "spectrum", columns);
    if (!r && !e) return;
    int n = r ? r->n : e->n, held = r ? r->n : e->low + e->high;
    study_row(out, (struct recording_cell[]){
                       CELL_REAL(r ? r->loss : e->loss), CELL_REAL(r ? r->gradient_norm : e->gradient_norm),
                       CELL_TEXT(point_kind_names[r ? r->kind : e->kind]), CELL_NUMBERS(r ? r->at : e->at, n),
                       CELL_NUMBERS(r ? r->eigenvalues : e->eigenvalues, held),
                       CELL_NUMBERS(r ? r->residuals : e->residuals, held), CELL_INTEGER(r ? n : e->low),
                       CELL_REAL(d ? d->trace : NAN), CELL_REAL(d ? d->trace_error : NAN),
                       CELL_REAL(d ? d->width : NAN), CELL_NUMBERS(d ? d->grid : NULL, d ? d->points : 0),
                       CELL_NUMBERS(d ? d->density : NULL, d ? d->points : 0)});
}

static const struct study_class class = {"eigenvalues", sizeof(struct hessian_study), work, write, release, record};

struct study *study_create_hessian(const struct hessian_params *params, struct error *error) {
    int n = objective_dimension(params->objective);
    if (params->extent == HESSIAN_ALL && n > HESSIAN_MAX) {
        error_set(error, ERROR_INPUT, "all eigenpairs of %d parameters are too many; at most %d would be right", n,
                  HESSIAN_MAX);
        return NULL;
    }
    struct hessian_study *h = study_allocate(&class);
    h->params = *params;
    if (h->params.ends <= 0) h->params.ends = ENDS;
    if (h->params.all_up_to > HESSIAN_MAX) h->params.all_up_to = HESSIAN_MAX;
    h->theta = study_copy(params->theta, (size_t)n);
    return study_start(&h->study, &params->watcher);
}

bool study_read_hessian(const struct study *study, struct hessian_finding *out) {
    study_lock(study);
    *out = ((const struct hessian_study *)study)->finding;
    study_unlock(study);
    return out->report || out->ends;
}
