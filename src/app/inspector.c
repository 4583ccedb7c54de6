#include "app/app_parts.h"

#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* All eigenpairs of a point that is not one of the exhibit's are worked out while the person waits: only small ones. */
enum { INSPECT_PARAMETERS = 64, CURVATURE_ALL = 256, CURVATURE_ENDS = 5 };

void inspector_close(struct app *app) {
    eigen_report_destroy(&app->inspector.report);
    if (app->session) analyses_retire(&app->session->analyses, &app->inspector.curvature);
    free(app->inspector.theta);
    app->inspector = (struct inspector){0};
    if (app->session && app->session->view.selected != -1) app->session->view.selected = -1;
    app_redraw(app);
}

/* In place of what was open; `stays`: where that card was, for what follows from it. */
static struct inspector *open_card(struct app *app, enum inspector_kind kind, bool stays) {
    struct inspector before = app->inspector;
    inspector_close(app);
    app->inspector = (struct inspector){
        .kind = kind, .id = -1, .slice_loss = NAN, .pane = app->mouse.pick.pane, .x = app->mouse.x, .y = app->mouse.y};
    if (stays && before.kind != INSPECT_NOTHING) {
        app->inspector.pane = before.pane;
        app->inspector.x = before.x;
        app->inspector.y = before.y;
    }
    return &app->inspector;
}

void inspector_open_critical(struct app *app, int id) {
    struct inspector *inspector = open_card(app, INSPECT_CRITICAL, false);
    inspector->id = id;
    app->session->view.selected = id;
}

static void find_foot(struct app *app) {
    struct inspector *inspector = &app->inspector;
    const struct plane *plane = exhibit_plane(app->session->exhibit);
    if (!plane) return;
    struct plane_point at = plane_project(plane, inspector->theta);
    inspector->a = at.a;
    inspector->b = at.b;
    inspector->distance = at.distance > 1e-9 * (1 + hypot(at.a, at.b)) ? at.distance : 0;
}

/* Loss, gradient and, where that is quick, the Hessian at inspector->theta. */
static void work_out(struct app *app) {
    struct inspector *inspector = &app->inspector;
    const struct session *session = app->session;
    int n = objective_dimension(session->experiment->objective);
    double *gradient = MEM_NEW(double, n), square = 0;
    inspector->loss = evaluator_gradient(session->evaluator, inspector->theta, NULL, gradient);
    for (int i = 0; i < n; i++) square += gradient[i] * gradient[i];
    free(gradient);
    inspector->gradient_norm = sqrt(square);
    if (n <= INSPECT_PARAMETERS) {
        struct error error = {0};
        inspector->report = hessian_analyze(session->experiment->objective, inspector->theta, &error);
        if (!inspector->report) text_print(inspector->trouble, sizeof inspector->trouble, "%.255s", error.message);
    }
}

void inspector_open_point(struct app *app, double a, double b) {
    const struct plane *plane = exhibit_plane(app->session->exhibit);
    if (!plane) return;
    struct inspector *inspector = open_card(app, INSPECT_POINT, false);
    inspector->theta = MEM_NEW(double, plane->n);
    plane_lift(plane, a, b, inspector->theta);
    inspector->a = a;
    inspector->b = b;
    work_out(app);
}

void inspector_open_run(struct app *app, int run, int64_t step) {
    const struct session *session = app->session;
    double *theta = MEM_NEW(double, objective_dimension(session->experiment->objective));
    struct sample sample;
    if (!session_theta(session, run, step, &sample, theta)) {
        free(theta);
        notice_say(app, NOTICE_DONE, "The parameters of this step are not kept; a newer step has them.");
        return;
    }
    struct inspector *inspector = open_card(app, INSPECT_RUN, false);
    inspector->id = run;
    inspector->step = sample.step;
    inspector->theta = theta;
    find_foot(app);
    work_out(app);
    struct path_figures figures;
    if (inspector->distance > 0 && exhibit_path_figures(session->exhibit, run, step, &figures))
        inspector->slice_loss = figures.slice_loss;
}

void inspector_open_found(struct app *app, int analysis) {
    struct analysis *row = analyses_find(&app->session->analyses, analysis);
    const struct seek_finding *finding = row && row->kind == ANALYSIS_SEEK ? study_read_seek(row->study, 0) : NULL;
    if (!finding || finding->error.kind) return;
    struct inspector *inspector = open_card(app, INSPECT_FOUND, true);
    size_t n = (size_t)finding->result->n;
    inspector->id = analysis;
    inspector->theta = MEM_NEW(double, n);
    memcpy(inspector->theta, finding->result->theta, n * sizeof *inspector->theta);
    inspector->loss = finding->result->loss;
    inspector->gradient_norm = finding->result->gradient_norm;
    snprintf(inspector->subject, sizeof inspector->subject, "%s", row->subject);
    find_foot(app);
}

/* ---- what is known of it
 * ---------------------------------------------------------------------------------------------- */

static const struct critical_point *critical_shown(const struct app *app) {
    const struct critical_point *points;
    if (app->inspector.kind != INSPECT_CRITICAL || !app->session) return NULL;
    size_t count = exhibit_critical_points(app->session->exhibit, &points);
    return (size_t)app->inspector.id < count ? &points[app->inspector.id] : NULL;
}

static const struct seek_finding *found_shown(const struct app *app) {
    const struct analysis *row =
        app->inspector.kind == INSPECT_FOUND ? analyses_find(&app->session->analyses, app->inspector.id) : NULL;
    return row ? study_read_seek(row->study, 0) : NULL;
}

/* What was asked for on the card, once it is known. */
static bool curvature_shown(const struct app *app, struct hessian_finding *out) {
    return app->inspector.curvature && study_read_hessian(app->inspector.curvature, out);
}

const struct eigen_report *inspector_report(const struct app *app) {
    const struct inspector *inspector = &app->inspector;
    struct hessian_finding curvature;
    if (inspector->report) return inspector->report;
    if (curvature_shown(app, &curvature) && curvature.report) return curvature.report;
    if (inspector->kind == INSPECT_RUN) { /* of a larger network: known once its run has stopped there */
        const struct eigen_report *stop = exhibit_stop_report(app->session->exhibit, inspector->id);
        bool there = stop && memcmp(stop->at, inspector->theta, (size_t)stop->n * sizeof *stop->at) == 0;
        return there ? stop : NULL;
    }
    const struct seek_finding *found = found_shown(app);
    if (found) return found->report;
    const struct critical_point *point = critical_shown(app);
    return point ? point->report : NULL;
}

bool inspector_eigen(const struct app *app, struct eigen_figures *out) {
    const struct eigen_report *report = inspector_report(app);
    if (report) {
        *out = (struct eigen_figures){
            report->n,         report->n, report->eigenvalues, report->eigenvectors, report->residuals,
            report->tolerance, report->n, report->index,       report->degenerate,   true,
            report->kind};
        return true;
    }
    const struct seek_finding *found = found_shown(app);
    struct hessian_finding curvature;
    const struct eigen_ends *ends = found                             ? found->ends
                                    : curvature_shown(app, &curvature) ? curvature.ends
                                                                       : NULL;
    if (!ends) return false;
    int count = ends->low + ends->high;
    *out = (struct eigen_figures){ends->n,
                                  count,
                                  ends->eigenvalues,
                                  ends->eigenvectors,
                                  ends->residuals,
                                  ends->tolerance,
                                  count == ends->n ? count : ends->low,
                                  ends->index,
                                  ends->degenerate,
                                  ends->index_exact,
                                  ends->kind};
    return true;
}

const double *inspector_theta(const struct app *app) {
    const struct critical_point *point = critical_shown(app);
    return point ? point->report->at : app->inspector.theta;
}

/* ---- going on from it
 * ------------------------------------------------------------------------------------------------- */

static void name_point(const struct app *app, char *out, size_t size) {
    const struct inspector *inspector = &app->inspector;
    char a[NUMBER_TEXT], b[NUMBER_TEXT];
    const struct experiment *experiment = app->session->experiment;
    if (inspector->kind == INSPECT_RUN) {
        snprintf(out, size, "%s, step %s", experiment->optimizers[inspector->id / app->session->starts].label,
                 number_text((double)inspector->step, 9, a));
    } else if (inspector->kind == INSPECT_FOUND) {
        snprintf(out, size, "Found from %s", inspector->subject);
    } else {
        double at[2] = {inspector->a, inspector->b};
        const struct plane *plane = exhibit_plane(app->session->exhibit);
        if (plane && inspector->kind == INSPECT_CRITICAL) {
            struct plane_point foot = plane_project(plane, inspector_theta(app));
            at[0] = foot.a;
            at[1] = foot.b;
        }
        snprintf(out, size, "(%s, %s)", number_text(at[0], 4, a), number_text(at[1], 4, b));
    }
}

int inspector_analyse(struct app *app, enum analysis_kind kind, const double *direction) {
    char name[256];
    name_point(app, name, sizeof name);
    return analyse_point(app, kind, inspector_theta(app), direction, name);
}

void inspector_seek(struct app *app) {
    app->inspector.seek = inspector_analyse(app, ANALYSIS_SEEK, NULL);
}

bool inspector_offers_curvature(const struct app *app) {
    int n = objective_dimension(app->session->experiment->objective);
    return n > INSPECT_PARAMETERS && !app->inspector.curvature;
}

void inspector_ask_curvature(struct app *app) {
    struct inspector *inspector = &app->inspector;
    struct error error = {0};
    inspector->trouble[0] = '\0';
    inspector->curvature =
        study_create_hessian(&(struct hessian_params){.objective = app->session->experiment->objective,
                                                      .theta = inspector_theta(app),
                                                      .extent = HESSIAN_FITTING,
                                                      .ends = CURVATURE_ENDS,
                                                      .all_up_to = CURVATURE_ALL,
                                                      .watcher = app->session->watcher},
                             &error);
    if (!inspector->curvature) snprintf(inspector->trouble, sizeof inspector->trouble, "%.255s", error.message);
    app_redraw(app);
}

void inspector_stop_curvature(struct app *app) {
    analyses_retire(&app->session->analyses, &app->inspector.curvature);
    app_redraw(app);
}

bool inspector_busy(const struct app *app) {
    const struct study *study = app->inspector.curvature;
    return study && !job_progress(study_job(study)).finished;
}

/* One that failed gives way to why. */
static void watch_curvature(struct app *app) {
    struct inspector *inspector = &app->inspector;
    struct hessian_finding found;
    struct error error = {0};
    if (!inspector->curvature || inspector_busy(app) || study_read_hessian(inspector->curvature, &found)) return;
    if (!job_wait(study_job(inspector->curvature), &error) && error.kind != ERROR_CANCELLED)
        snprintf(inspector->trouble, sizeof inspector->trouble, "%.255s", error.message);
    inspector_stop_curvature(app);
}

void inspector_escape(struct app *app) {
    struct eigen_figures eigen;
    bool known = inspector_eigen(app, &eigen);
    if (app->inspector.kind == INSPECT_FOUND) { /* the search has looked already */
        app->inspector.escape = app->inspector.id;
        struct analysis *row = analyses_find(&app->session->analyses, app->inspector.id);
        if (row) row->drawn = true;
    } else {
        app->inspector.escape = inspector_analyse(app, ANALYSIS_ESCAPE, known ? eigen.vectors : NULL);
    }
    app_redraw(app);
}

const struct escape_way *inspector_ways(const struct app *app) {
    const struct analysis *row =
        app->inspector.escape ? analyses_find(&app->session->analyses, app->inspector.escape) : NULL;
    return row ? analysis_ways(row) : NULL;
}

void inspector_watch(struct app *app) {
    struct inspector *inspector = &app->inspector;
    if (inspector->kind == INSPECT_NOTHING || !app->session) return;
    struct analyses *analyses = &app->session->analyses;
    if (inspector->kind == INSPECT_FOUND && !analyses_find(analyses, inspector->id)) {
        inspector_close(app);
        return;
    }
    watch_curvature(app);
    const struct analysis *row = inspector->seek ? analyses_find(analyses, inspector->seek) : NULL;
    if (!row) {
        inspector->seek = 0;
    } else if (row->finished) {
        const struct seek_finding *finding = study_read_seek(row->study, 0);
        inspector->seek = 0;
        if (finding && !finding->error.kind)
            inspector_open_found(app, row->id);
        else if (row->error.kind != ERROR_CANCELLED)
            text_print(inspector->trouble, sizeof inspector->trouble, "%.255s",
                     finding ? finding->error.message : row->error.message);
        app_redraw(app);
    }
}
