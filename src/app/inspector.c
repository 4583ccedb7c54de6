#include "app/app_parts.h"

#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* All eigenpairs of a point that is not one of the exhibit's are worked out while the person waits: only small ones. */
enum { INSPECT_PARAMETERS = 64, PAIRS_SHOWN = 8 };

void inspector_close(struct app *app) {
    eigen_report_destroy(&app->inspector.report);
    free(app->inspector.theta);
    app->inspector = (struct inspector){0};
    if (app->session && app->session->view.selected != -1) {
        app->session->view.selected = -1;
        app_redraw(app);
    }
}

static struct inspector opened(const struct app *app, enum inspector_kind kind) {
    return (struct inspector){
        .kind = kind, .id = -1, .pane = app->mouse.pick.pane, .x = app->mouse.x, .y = app->mouse.y};
}

void inspector_open_critical(struct app *app, int id) {
    inspector_close(app);
    app->inspector = opened(app, INSPECT_CRITICAL);
    app->inspector.id = id;
    app->session->view.selected = id;
    app_redraw(app);
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
        if (!inspector->report) snprintf(inspector->trouble, sizeof inspector->trouble, "%.255s", error.message);
    }
    app_redraw(app);
}

void inspector_open_point(struct app *app, double a, double b) {
    inspector_close(app);
    const struct plane *plane = exhibit_plane(app->session->exhibit);
    if (!plane) return;
    struct inspector *inspector = &app->inspector;
    *inspector = opened(app, INSPECT_POINT);
    inspector->a = a;
    inspector->b = b;
    inspector->theta = MEM_NEW(double, plane->n);
    plane_lift(plane, a, b, inspector->theta);
    work_out(app);
}

void inspector_open_head(struct app *app, int run) {
    inspector_close(app);
    const struct session *session = app->session;
    const struct plane *plane = exhibit_plane(session->exhibit);
    if (!plane || timeline_find(session->timeline, run, session->view.step) < 0) return;
    double *theta = MEM_NEW(double, plane->n);
    struct sample sample;
    if (!session_theta(session, run, &sample, theta)) {
        free(theta);
        notice_say(app, NOTICE_DONE, "The parameters of this step were thinned out; a newer step has them.");
        return;
    }
    struct inspector *inspector = &app->inspector;
    *inspector = opened(app, INSPECT_HEAD);
    inspector->id = run;
    inspector->step = sample.step;
    inspector->theta = theta;
    struct plane_point at = plane_project(plane, theta);
    inspector->a = at.a;
    inspector->b = at.b;
    work_out(app);
}

static const struct critical_point *critical_shown(const struct app *app) {
    const struct critical_point *points;
    if (app->inspector.kind != INSPECT_CRITICAL || !app->session) return NULL;
    size_t count = exhibit_critical_points(app->session->exhibit, &points);
    return (size_t)app->inspector.id < count ? &points[app->inspector.id] : NULL;
}

const struct eigen_report *inspector_report(const struct app *app) {
    const struct inspector *inspector = &app->inspector;
    if (inspector->report) return inspector->report;
    if (inspector->kind == INSPECT_HEAD) { /* of a larger network: known once its run has stopped there */
        const struct eigen_report *stop = exhibit_stop_report(app->session->exhibit, inspector->id);
        bool there = stop && memcmp(stop->at, inspector->theta, (size_t)stop->n * sizeof *stop->at) == 0;
        return there ? stop : NULL;
    }
    const struct critical_point *point = critical_shown(app);
    return point ? point->report : NULL;
}

static enum glyph_shape shape_of(enum point_kind kind) {
    switch (kind) {
    case POINT_MINIMUM: return GLYPH_MINIMUM;
    case POINT_MAXIMUM: return GLYPH_MAXIMUM;
    case POINT_SADDLE: return GLYPH_SADDLE;
    case POINT_DEGENERATE: return GLYPH_DEGENERATE;
    case POINT_NOT_CRITICAL: break;
    }
    return GLYPH_DISC;
}

static struct color sign_color(const struct theme *theme, const struct eigen_report *report, double value) {
    if (fabs(value) <= report->tolerance) return theme->degenerate;
    return value > 0 ? theme->stable : theme->escape;
}

/* A row: λ, its value, a bar from the middle (left: leads down, right: up), ‖Hv − λv‖ in the tip. */
static void eigen_row(struct app *app, const struct eigen_report *report, int index, double largest) {
    struct ui *ui = app->ui;
    const struct theme *theme = theme_get(app->settings.theme);
    double value = report->eigenvalues[index];
    char number[NUMBER_TEXT + 1], text[192], residual[NUMBER_TEXT], id[32];
    number_text(value, 4, number + 1);
    number[0] = '+'; /* the sign is what one looks for */
    const char *signed_number = value > 0 ? number : number + 1;
    snprintf(id, sizeof id, "eigen.%d", index);
    float width = ui_inner_width(ui);
    struct ui_canvas row = ui_canvas_begin(ui, id, width, 20);
    float middle = row.rect.y + 10, value_right = row.rect.x + 104, zero = row.rect.x + 112 + (width - 112) / 2;
    float half = (width - 112) / 2 - 2;
    snprintf(text, sizeof text, "λ %d", index + 1);
    ui_draw_text(ui, UI_SMALL, row.rect.x, middle, 0, 0.5f, theme->faint_ink, text);
    ui_draw_text(ui, UI_SMALL, value_right, middle, 1, 0.5f, theme->ink, signed_number);
    float length = half * (float)(largest > 0 ? sqrt(fabs(value) / largest) : 0);
    struct rect bar = {value > 0 ? zero : zero - length, middle - 5, fmaxf(length, 1), 10};
    ui_draw_rect(ui, bar, sign_color(theme, report, value), 2);
    ui_draw_line(ui, zero, row.rect.y, zero, row.rect.y + 20, theme->faint_ink, 1);
    ui_canvas_end(ui);
    number_text(report->residuals[index], 2, residual);
    size_t used = (size_t)snprintf(text, sizeof text, "‖Hv − λv‖ = %s", residual);
    if (report->n <= 3) {
        used += (size_t)snprintf(text + used, sizeof text - used, "\nv = (");
        for (int i = 0; i < report->n && used < sizeof text; i++) {
            number_text(report->eigenvectors[index * report->n + i], 4, number);
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i ? ", " : "", number);
        }
        if (used < sizeof text) snprintf(text + used, sizeof text - used, ")");
    }
    ui_tip(ui, text);
}

static void eigen_table(struct app *app, const struct eigen_report *report) {
    double largest = 0;
    for (int i = 0; i < report->n; i++) largest = fmax(largest, fabs(report->eigenvalues[i]));
    ui_text(app->ui, UI_SMALL | UI_FAINT, "Curvature along each eigen-direction");
    if (report->n <= PAIRS_SHOWN) {
        for (int i = 0; i < report->n; i++) eigen_row(app, report, i, largest);
        return;
    }
    for (int i = 0; i < PAIRS_SHOWN / 2; i++) eigen_row(app, report, i, largest);
    ui_textf(app->ui, UI_SMALL | UI_FAINT, "… %d between …", report->n - PAIRS_SHOWN);
    for (int i = report->n - PAIRS_SHOWN / 2; i < report->n; i++) eigen_row(app, report, i, largest);
}

static void figure(struct app *app, const char *label, double value) {
    char number[NUMBER_TEXT];
    number_text(value, 4, number);
    ui_text(app->ui, UI_SMALL | UI_FAINT, label);
    ui_beside_at(app->ui, 32);
    ui_text(app->ui, UI_SMALL, number);
}

static void coordinates(struct app *app, double a, double b) {
    char x[NUMBER_TEXT], y[NUMBER_TEXT];
    number_text(a, 4, x);
    number_text(b, 4, y);
    ui_text(app->ui, UI_SMALL | UI_FAINT, "at");
    ui_beside_at(app->ui, 32);
    ui_textf(app->ui, UI_SMALL, "(%s, %s)", x, y);
}

/* A head drawn on the plane may be far from it. */
static void off_plane(struct app *app, const struct plane *plane) {
    struct plane_point at = plane_project(plane, app->inspector.theta);
    double size = hypot(at.a, at.b);
    if (!(at.distance > 1e-9 * (1 + size))) return;
    char number[NUMBER_TEXT];
    ui_textf(app->ui, UI_SMALL | UI_FAINT | UI_WRAPPED, "and %s off the plane, so the surface below it may differ.",
             number_text(at.distance, 3, number));
}

/* Where the card stands: to the right of what was clicked and of its arrows, else to the left, else where there is
 * more room. */
static float beside_arrows(struct app *app, float width) {
    struct inspector *inspector = &app->inspector;
    const float gap = 50, figure_width = 90, edge = 10;
    struct rect scene = app->layout.scene;
    if (!inspector->placed) {
        inspector->reach_x0 = inspector->x - gap;
        inspector->reach_x1 = inspector->x + gap;
        for (size_t i = 0; inspector->kind == INSPECT_CRITICAL && i < app->scene.arrow_count; i++)
            for (int end = 0; end < 2; end++) {
                const struct scene_arrow *arrow = &app->scene.arrows[i];
                float x, y;
                if (!interaction_place(app, inspector->pane, end ? arrow->to : arrow->from, &x, &y)) continue;
                inspector->reach_x0 = fminf(inspector->reach_x0, x - figure_width);
                inspector->reach_x1 = fmaxf(inspector->reach_x1, x + figure_width);
            }
        inspector->placed = inspector->height > 0; /* the arrows come with the picture of its first frame */
    }
    float left = inspector->reach_x0 - width, right = inspector->reach_x1, first = scene.x + edge,
          last = scene.x + scene.width - width - edge;
    if (right <= last) return fmaxf(right, first);
    if (left >= first) return fminf(left, last);
    return fmaxf(scene.x + scene.width - inspector->x > inspector->x - scene.x ? last : first, first);
}

/* The verdict without what the title says already, as a sentence. */
static const char *sentence(char *verdict) {
    char *rest = strstr(verdict, ": ");
    char *text = rest ? rest + 2 : verdict;
    if (text[0] >= 'a' && text[0] <= 'z') text[0] = (char)(text[0] - 'a' + 'A');
    return text;
}

void inspector_panel(struct app *app) {
    struct ui *ui = app->ui;
    struct inspector *inspector = &app->inspector;
    if (inspector->kind == INSPECT_NOTHING || !app->session) return;
    const struct critical_point *point = critical_shown(app);
    if (inspector->kind == INSPECT_CRITICAL && !point) {
        inspector_close(app);
        return;
    }
    const struct theme *theme = theme_get(app->settings.theme);
    const struct plane *plane = exhibit_plane(app->session->exhibit);
    const struct eigen_report *report = inspector_report(app);
    struct rect scene = app->layout.scene;
    float width = 264, height = inspector->height;
    float x = beside_arrows(app, width), y = inspector->y - height / 2;
    if (height <= 0) x = -2 * width; /* its height is known after a frame: nobody should see it jump */
    y = fmaxf(fminf(y, scene.y + scene.height - height - 10), scene.y + 10);
    struct rect rect =
        ui_panel_begin(ui, "inspector", (struct rect){x, y, width, height}, UI_PANEL_CARD | UI_PANEL_FITS);
    if (rect.height != inspector->height) {
        inspector->height = rect.height;
        app_wake_by(app, 0);
    }
    bool closed = ui_corner_button(ui, "inspector.close", ICON_CLOSE, 24);
    double a = inspector->a, b = inspector->b;
    if (point) {
        if (plane) {
            struct plane_point at = plane_project(plane, report->at);
            a = at.a;
            b = at.b;
        }
        ui_glyph(ui, shape_of(report->kind), 18, theme->ink, theme->casing);
        ui_beside(ui, 8);
        char title[64];
        snprintf(title, sizeof title, "%s", point->valley ? "valley" : point_kind_names[report->kind]);
        if (title[0] >= 'a' && title[0] <= 'z') title[0] = (char)(title[0] - 'a' + 'A');
        size_t used = strlen(title);
        if (report->kind == POINT_SADDLE) snprintf(title + used, sizeof title - used, " · index %d", report->index);
        ui_text(ui, UI_BODY | UI_BOLD | UI_IN_ROW, title);
    } else if (inspector->kind == INSPECT_HEAD) {
        int optimizer = inspector->id / app->session->starts;
        struct identity identity = identity_of(app->session->experiment, optimizer, theme);
        char step[NUMBER_TEXT], title[128];
        snprintf(title, sizeof title, "%.60s, step %s", app->session->experiment->optimizers[optimizer].label,
                 number_text((double)inspector->step, 9, step));
        ui_glyph(ui, identity.shape, 15, identity.color, theme->casing);
        ui_beside(ui, 8);
        ui_text_within(ui, UI_BODY | UI_BOLD | UI_IN_ROW, width - 28 - 23 - 24, title);
    } else {
        ui_text(ui, UI_BODY | UI_BOLD | UI_IN_ROW, "On the surface");
    }
    if (report && (point || report->kind != POINT_NOT_CRITICAL)) {
        char verdict[256];
        eigen_report_verdict(report, verdict, sizeof verdict);
        ui_text(ui, UI_SMALL | UI_WRAPPED, point ? sentence(verdict) : verdict);
    }
    figure(app, "L", report ? report->loss : inspector->loss);
    figure(app, "‖g‖", report ? report->gradient_norm : inspector->gradient_norm);
    coordinates(app, a, b);
    if (inspector->kind == INSPECT_HEAD && plane) off_plane(app, plane);
    ui_space(ui, 1);
    if (report)
        eigen_table(app, report);
    else if (inspector->trouble[0])
        ui_text(ui, UI_SMALL | UI_WRAPPED | UI_WARNING, inspector->trouble);
    ui_space(ui, 1);
    bool start = app->session->trainer && ui_button(ui, "inspector.start", "Start here", UI_BUTTON_MAIN);
    ui_panel_end(ui);
    if (start && inspector->kind == INSPECT_HEAD)
        app_restart_at(app, inspector->theta, "where that run was");
    else if (start)
        app_restart_from(app, a, b);
    else if (closed)
        inspector_close(app);
}

void inspector_open_found(struct app *app, int analysis) {
    (void)app;
    (void)analysis;
}
