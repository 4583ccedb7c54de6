#include "app/analyses.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

const char *const analysis_names[] = {"spectrum",  "taylor",        "seek", "escape", "line",
                                      "sharpness", "minimum-ratio", "tune", "basins", "slices"};
const char *const analysis_titles[] = {"Spectrum",      "Quadratic model",     "Nearest critical point",
                                       "Escape",        "Between two ends",    "Sharpness along the way",
                                       "Minimum ratio", "Tune learning rates", "Basins",
                                       "Random planes"};

/* ---- beginning ------------------------------------------------------------------------------------------------------
 */

static struct study *begin(const struct analysis_request *request, struct error *error) {
    const struct objective *objective = request->experiment->objective;
    switch (request->kind) {
    case ANALYSIS_SPECTRUM:
        return study_create_hessian(
            &(struct hessian_params){
                .objective = objective, .theta = request->theta, .density = true, .watcher = request->watcher},
            error);
    case ANALYSIS_TAYLOR:
        return study_create_taylor(&(struct taylor_params){.objective = objective,
                                                           .theta = request->theta,
                                                           .directions = request->direction,
                                                           .count = request->direction ? 1 : 0,
                                                           .watcher = request->watcher},
                                   error);
    case ANALYSIS_SEEK:
        return study_create_seek(
            &(struct critical_seek_params){
                .objective = objective, .starts = request->theta, .count = 1, .watcher = request->watcher},
            error);
    case ANALYSIS_ESCAPE:
        return study_create_escape(&(struct escape_params){.objective = objective,
                                                           .theta = request->theta,
                                                           .direction = request->direction,
                                                           .watcher = request->watcher},
                                   error);
    case ANALYSIS_LINE: /* a little beyond both ends: they should be seen to be low */
        return study_create_line(&(struct line_params){.objective = objective,
                                                       .from = request->theta,
                                                       .to = request->other,
                                                       .low = -0.25,
                                                       .high = 1.25,
                                                       .points = 121, /* both ends among them */
                                                       .watcher = request->watcher},
                                 error);
    case ANALYSIS_SHARPNESS:
        return study_create_sharpness(&(struct sharpness_params){.experiment = request->experiment,
                                                                 .timeline = request->timeline,
                                                                 .follow = true,
                                                                 .watcher = request->watcher},
                                      error);
    case ANALYSIS_RATIO:
        return study_create_ratio(
            &(struct ratio_params){
                .experiment = request->experiment, .nets = request->nets, .seed = 1, .steps = -1, .watcher = request->watcher},
            error);
    case ANALYSIS_TUNE:
        return study_create_tune(&(struct tune_params){.experiment = request->experiment, .watcher = request->watcher},
                                 error);
    case ANALYSIS_BASINS:
        return study_create_basins(
            &(struct basins_params){.experiment = request->experiment, .watcher = request->watcher}, error);
    case ANALYSIS_SLICES:
        return study_create_slices(&(struct slices_params){.objective = objective, .theta = request->theta},
                                   request->watcher, error);
    case ANALYSIS_KINDS: break;
    }
    return NULL;
}

struct analysis *analyses_begin(struct analyses *analyses, const struct analysis_request *request,
                                struct error *error) {
    if (request->kind == ANALYSIS_SHARPNESS) /* one is enough: it follows the runs */
        for (int i = 0; i < analyses->count; i++)
            if (analyses->rows[i].kind == ANALYSIS_SHARPNESS) analyses_remove(analyses, analyses->rows[i].id);
    struct study *study = begin(request, error);
    if (!study) return NULL;
    for (int i = 0; i < analyses->count && analyses->count == ANALYSES_MOST;
         i++) /* the oldest that has ended gives way */
        if (analyses->rows[i].finished || i == ANALYSES_MOST - 1) analyses_remove(analyses, analyses->rows[i].id);
    for (int i = 0; i < analyses->count; i++) analyses->rows[i].folded = true;
    struct analysis *row = &analyses->rows[analyses->count++];
    *row = (struct analysis){
        .kind = request->kind, .id = ++analyses->begun, .study = study, .drawn = request->kind == ANALYSIS_ESCAPE};
    snprintf(row->subject, sizeof row->subject, "%s", request->subject ? request->subject : "");
    if (request->theta) {
        size_t n = (size_t)objective_dimension(request->experiment->objective);
        row->theta = MEM_NEW(double, n);
        memcpy(row->theta, request->theta, n * sizeof *row->theta);
    }
    return row;
}

/* ---- watching -------------------------------------------------------------------------------------------------------
 */

static void bury(struct analyses *analyses, bool wait) {
    int kept = 0;
    for (int i = 0; i < analyses->retired_count; i++) {
        struct study *study = analyses->retired[i];
        if (wait || job_progress(study_job(study)).finished)
            study_destroy(&study);
        else
            analyses->retired[kept++] = study;
    }
    analyses->retired_count = kept;
}

bool analyses_poll(struct analyses *analyses) {
    bool any = false;
    for (int i = 0; i < analyses->count; i++) {
        struct analysis *row = &analyses->rows[i];
        uint64_t revision = study_revision(row->study);
        bool finished = job_progress(study_job(row->study)).finished;
        bool fresh = revision != row->revision || finished != row->finished;
        if (fresh && row->kind == ANALYSIS_TUNE) {
            tune_report_destroy(&row->tune);
            row->tune = study_read_tune(row->study);
        }
        any |= fresh;
        row->revision = revision;
        if (finished && !row->finished) row->failed = !job_wait(study_job(row->study), &row->error);
        row->finished = finished;
    }
    bury(analyses, false);
    return any;
}

bool analyses_busy(const struct analyses *analyses) {
    for (int i = 0; i < analyses->count; i++) {
        /* the sharpness follows the runs, and says by itself when there is more */
        if (!analyses->rows[i].finished && analyses->rows[i].kind != ANALYSIS_SHARPNESS) return true;
    }
    return false;
}

struct analysis *analyses_find(const struct analyses *analyses, int id) {
    for (int i = 0; i < analyses->count; i++)
        if (analyses->rows[i].id == id) return (struct analysis *)&analyses->rows[i];
    return NULL;
}

struct study *analyses_sharpness(const struct analyses *analyses) {
    for (int i = 0; i < analyses->count; i++)
        if (analyses->rows[i].kind == ANALYSIS_SHARPNESS) return analyses->rows[i].study;
    return NULL;
}

const struct escape_way *analysis_ways(const struct analysis *analysis) {
    const struct escape_way *ways = NULL;
    if (analysis->kind == ANALYSIS_ESCAPE) {
        const struct escape_finding *finding = study_read_escape(analysis->study);
        ways = finding ? finding->ways : NULL;
    } else if (analysis->kind == ANALYSIS_SEEK) {
        const struct seek_finding *finding = study_read_seek(analysis->study, 0);
        ways = finding && !finding->error.kind ? finding->ways : NULL;
    }
    return ways && (ways[0].count || ways[1].count) ? ways : NULL;
}

bool analyses_record(const struct analyses *analyses, const char *path, struct error *error) {
    for (int i = 0; i < analyses->count; i++) {
        const struct analysis *row = &analyses->rows[i];
        bool of_runs = row->kind < ANALYSIS_TUNE;
        bool found = row->kind == ANALYSIS_SHARPNESS || (row->finished && !row->failed);
        if (of_runs && found && !study_record(row->study, path, row->subject, error)) return false;
    }
    return true;
}

/* ---- ending ---------------------------------------------------------------------------------------------------------
 */

void analyses_cancel(struct analyses *analyses, int id) {
    struct analysis *row = analyses_find(analyses, id);
    if (row) job_cancel(study_job(row->study));
}

void analyses_retire(struct analyses *analyses, struct study **study) {
    if (!*study) return;
    job_cancel(study_job(*study));
    bury(analyses, analyses->retired_count == 2 * ANALYSES_MOST);
    analyses->retired[analyses->retired_count++] = *study;
    *study = NULL;
    bury(analyses, false);
}

void analyses_remove(struct analyses *analyses, int id) {
    struct analysis *row = analyses_find(analyses, id);
    if (!row) return;
    analyses_retire(analyses, &row->study);
    free(row->theta);
    tune_report_destroy(&row->tune);
    memmove(row, row + 1, (size_t)(&analyses->rows[analyses->count] - (row + 1)) * sizeof *row);
    analyses->count--;
}

bool analyses_close(struct analyses *analyses, bool wait) {
    while (analyses->count) analyses_remove(analyses, analyses->rows[analyses->count - 1].id);
    bury(analyses, wait);
    return analyses->retired_count == 0;
}
