#include "app/app_parts.h"

#include "base/memory.h"
#include "base/text.h"

#include <stdlib.h>

/* A progress bar moves so often. */
static const double look_again = 0.25;

static int begin(struct app *app, const struct analysis_request *request) {
    struct error error = {0};
    struct analysis *row = session_analyse(app->session, request, &error);
    if (!row) {
        notice_say(app, NOTICE_TROUBLE, "%s", error.message);
        return 0;
    }
    app_redraw(app);
    return row->id;
}

void analyse_show(struct app *app) {
    app->side = SIDE_ANALYSES;
    if (!app->layout.right_open) layout_show(app, LAYOUT_RIGHT);
}

int analyse_runs(struct app *app, enum analysis_kind kind, int nets) {
    const char *subject = kind == ANALYSIS_RATIO    ? "Nets, each from a seed of its own"
                          : kind == ANALYSIS_TUNE   ? "Equal gradient evaluations for all"
                          : kind == ANALYSIS_BASINS ? "Each start, each optimizer"
                                                    : "All runs, as they go on";
    struct analysis_request request = {.kind = kind, .subject = subject, .nets = nets};
    int id = begin(app, &request);
    if (id && kind != ANALYSIS_SHARPNESS) analyse_show(app);
    if (id && kind == ANALYSIS_BASINS) basins_show(app, id);
    return id;
}

int analyse_point(struct app *app, enum analysis_kind kind, const double *theta, const double *direction,
                  const char *subject) {
    struct analysis_request request = {.kind = kind, .theta = theta, .direction = direction, .subject = subject};
    return begin(app, &request);
}

int analyse_head(struct app *app, enum analysis_kind kind, int run, int to) {
    struct session *session = app->session;
    size_t n = (size_t)objective_dimension(session->experiment->objective);
    double *theta = MEM_NEW(double, 2 * n);
    struct sample sample, other;
    int id = 0;
    bool known = session_theta(session, run, session->view.step, &sample, theta);
    bool line = kind == ANALYSIS_LINE;
    if (known && line) known = session_theta(session, to, session->view.step, &other, theta + n);
    char subject[256], step[NUMBER_TEXT];
    const struct experiment_optimizer *optimizers = session->experiment->optimizers;
    if (known && line)
        snprintf(subject, sizeof subject, "%s to %s, step %s", optimizers[run / session->starts].label,
                 optimizers[to / session->starts].label, number_text((double)session->view.step, 9, step));
    else if (known)
        snprintf(subject, sizeof subject, "%s, step %s", optimizers[run / session->starts].label,
                 number_text((double)sample.step, 9, step));
    struct analysis_request request = {
        .kind = kind, .theta = theta, .other = line ? theta + n : NULL, .subject = subject};
    if (!known)
        notice_say(app, NOTICE_DONE, "The parameters of this step are not kept; a newer step has them.");
    else if ((id = begin(app, &request)))
        analyse_show(app);
    if (id && kind == ANALYSIS_SLICES) basins_show(app, id);
    free(theta);
    return id;
}

void analyses_watch(struct app *app, double now) {
    bool busy = app->session && (analyses_busy(&app->session->analyses) || inspector_busy(app));
    if (busy) app_wake_by(app, now + look_again);
}
