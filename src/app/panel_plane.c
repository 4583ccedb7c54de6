#include "app/app_parts.h"

#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>

/* ---- what is shown
 * --------------------------------------------------------------------------------------------------- */

static uint64_t shown_runs(const struct session *session) {
    uint64_t runs = 0;
    for (int run = 0; run < session->runs; run++)
        if (!(session->view.hidden_runs >> run & 1)) runs |= (uint64_t)1 << run;
    return runs;
}

static void describe(struct app *app, const struct plane *plane) {
    struct session *session = app->session;
    char count[NUMBER_TEXT], text[256];
    number_text(plane->n, 6, count);
    switch (plane->kind) {
    case PLANE_AXES:
        snprintf(text, sizeof text, "Two of %s parameters: %s and %s.", count, plane->u_name, plane->v_name);
        break;
    case PLANE_RANDOM:
        snprintf(text, sizeof text, "Two random directions in %s parameters, filter-normalised.", count);
        break;
    case PLANE_HESSIAN:
        snprintf(text, sizeof text, "Of %s parameters, along the largest and the lowest curvature at one point.",
                 count);
        break;
    case PLANE_POINTS: snprintf(text, sizeof text, "Through three points among %s parameters.", count); break;
    default: snprintf(text, sizeof text, "The two main directions of the paths in %s parameters.", count);
    }
    ui_text(app->ui, UI_SMALL | UI_FAINT | UI_WRAPPED, text);
    double share = exhibit_variance_share(session->exhibit, shown_runs(session), NULL);
    if (isfinite(share)) ui_textf(app->ui, UI_SMALL, "It holds %.0f %% of the paths’ variance.", floor(100 * share));
}

/* ---- another one
 * ------------------------------------------------------------------------------------------------------ */

static void set_plane(struct app *app, const struct plane_choice *choice) {
    struct error error = {0};
    if (!exhibit_set_plane(app->session->exhibit, choice, &error)) notice_say(app, NOTICE_TROUBLE, "%s", error.message);
    app_redraw(app);
}

void plane_at(struct app *app, const double *theta) {
    set_plane(app, &(struct plane_choice){.kind = PLANE_HESSIAN, .thetas = theta, .theta_count = 1});
}

static void hessian_plane(struct app *app, int run) {
    struct sample sample;
    double *theta = MEM_NEW(double, objective_dimension(app->session->experiment->objective));
    if (session_theta(app->session, run, app->session->view.step, &sample, theta)) {
        app->plane_run = run;
        plane_at(app, theta);
    } else {
        notice_say(app, NOTICE_DONE, "The parameters of this step are not kept; a newer step has them.");
    }
    free(theta);
}

/* The first three runs that are shown; false when there are fewer. */
static bool three_runs(const struct session *session, int runs[3]) {
    int count = 0;
    for (int run = 0; run < session->runs && count < 3; run++)
        if (!(session->view.hidden_runs >> run & 1)) runs[count++] = run;
    return count == 3;
}

/* Buttons from left to right, as many in a line as fit. */
static bool kind_button(struct app *app, enum plane_kind kind, const char *label, const char *tip, bool first) {
    const struct plane_choice choice = exhibit_plane_choice(app->session->exhibit);
    char id[48];
    snprintf(id, sizeof id, "plane.%s", plane_names[kind]);
    if (!first) ui_beside(app->ui, 4);
    bool pressed = ui_button(app->ui, id, label, UI_BUTTON_EDGED | (choice.kind == kind ? UI_BUTTON_ON : 0));
    ui_tip(app->ui, tip);
    return pressed;
}

static void axis_steps(struct app *app, int which) {
    struct ui *ui = app->ui;
    struct plane_choice choice = exhibit_plane_choice(app->session->exhibit);
    int n = objective_dimension(app->session->experiment->objective), by = 0;
    char id[48], text[NUMBER_TEXT + 16], number[NUMBER_TEXT];
    snprintf(text, sizeof text, "θ %s", number_text(choice.axes[which] + 1, 6, number));
    if (which) ui_beside(ui, 14);
    ui_text(ui, UI_SMALL | UI_IN_ROW, text);
    for (int up = 0; up < 2; up++) {
        ui_beside(ui, 2);
        snprintf(id, sizeof id, "plane.axis.%d.%s", which, up ? "on" : "back");
        if (ui_button(ui, id, up ? "+" : "−", 0)) by = up ? 1 : -1;
    }
    if (!by) return;
    int axis = choice.axes[which];
    do axis = (axis + by + n) % n;
    while (axis == choice.axes[1 - which]);
    choice.axes[which] = axis;
    set_plane(app, &choice);
}

static void choices(struct app *app) {
    struct session *session = app->session;
    struct plane_choice now = exhibit_plane_choice(session->exhibit), next = now;
    int three[3];
    next.thetas = NULL;
    next.theta_count = 0;
    if (kind_button(app, PLANE_PCA, "Paths",
                    "The two main directions of all paths (PCA); again: of the paths as they are now", true)) {
        next.kind = PLANE_PCA;
        next.run = -1;
        set_plane(app, &next);
    }
    if (kind_button(app, PLANE_RANDOM, "Random", "Two random directions, filter-normalised; again: two others",
                    false)) {
        next.seed = now.kind == PLANE_RANDOM ? now.seed + 1 : now.seed;
        next.kind = PLANE_RANDOM;
        set_plane(app, &next);
    }
    if (kind_button(app, PLANE_AXES, "Axes", "Two of the parameters themselves", false)) {
        next.kind = PLANE_AXES;
        if (next.axes[0] == next.axes[1]) next.axes[1] = next.axes[0] ? 0 : 1;
        set_plane(app, &next);
    }
    if (kind_button(app, PLANE_HESSIAN, "Curvature",
                    "The largest and the lowest curvature where a run is: choose its mark", true)) {
        for (int run = session->runs - 1; run >= 0; run--)
            if (!(session->view.hidden_runs >> run & 1)) app->plane_run = run;
        hessian_plane(app, app->plane_run);
    }
    bool enough = three_runs(session, three);
    ui_disable(app->ui, !enough);
    if (kind_button(app, PLANE_POINTS, "Three runs", "Through where three runs are, the first three that are on",
                    false)) {
        next.kind = PLANE_POINTS;
        for (int i = 0; i < 3; i++) next.runs[i] = three[i];
        set_plane(app, &next);
    }
    ui_disable_end(app->ui, !enough);
    if (now.kind == PLANE_AXES) {
        axis_steps(app, 0);
        axis_steps(app, 1);
    }
    if (now.kind == PLANE_HESSIAN) {
        int run = app->plane_run;
        if (run_marks(app, "plane.run", app->plane_run, -1, &run)) hessian_plane(app, run);
    }
}

static void path_heights(struct app *app) {
    static const char *const labels[] = {"True loss", "On the slice"};
    struct view *view = &app->session->view;
    int chosen = (int)view->path_height;
    ui_text(app->ui, UI_SMALL | UI_FAINT | UI_IN_ROW, "Paths");
    ui_beside_at(app->ui, 52);
    if (ui_segments(app->ui, "path.height", labels, 2, &chosen)) {
        view->path_height = (enum path_height)chosen;
        app_redraw(app);
    }
    ui_tip(app->ui, "At their own loss, tied to the slice by whiskers, or on the slice (H)");
}

void panel_plane(struct app *app) {
    struct ui *ui = app->ui;
    struct session *session = app->session;
    const struct plane *plane = exhibit_plane(session->exhibit);
    int n = objective_dimension(session->experiment->objective);
    if (n <= 2) return;
    struct error error = {0};
    if (exhibit_plane_failed(session->exhibit, &error)) notice_say(app, NOTICE_TROUBLE, "%s", error.message);
    path_heights(app);
    ui_space(ui, 2);
    ui_text(ui, UI_SMALL | UI_BOLD, "The plane");
    if (plane) {
        describe(app, plane);
    } else {
        char count[NUMBER_TEXT];
        ui_textf(ui, UI_SMALL | UI_FAINT | UI_WRAPPED, "A slice through %s parameters; found once the runs have moved.",
                 number_text(n, 6, count));
    }
    choices(app);
}
