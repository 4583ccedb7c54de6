#include "app/app_parts.h"

#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PAIRS_SHOWN = 8, CARD_WIDTH = 264 };
/* Design pixels: of the card without rows of both ends, and of a row. */
static const float card_least = 400, row_height = 24, rows_from = 300; /* a lower scene has the bars alone */

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

/* ---- curvature
 * -------------------------------------------------------------------------------------------------------- */

static struct color sign_color(const struct theme *theme, double tolerance, double value) {
    if (fabs(value) <= tolerance) return theme->degenerate;
    return value > 0 ? theme->stable : theme->escape;
}

/* A row: λ, its value, a bar from the middle (left: leads down, right: up), ‖Hv − λv‖ in the tip. */
static void eigen_row(struct app *app, const struct eigen_figures *eigen, int index, int number, double largest) {
    struct ui *ui = app->ui;
    const struct theme *theme = theme_get(app->settings.theme);
    double value = eigen->values[index];
    char figure[NUMBER_TEXT + 1], text[256], residual[NUMBER_TEXT], id[32];
    number_text(value, 4, figure + 1);
    figure[0] = '+'; /* the sign is what one looks for */
    const char *signed_figure = value > 0 ? figure : figure + 1;
    snprintf(id, sizeof id, "eigen.%d", index);
    float width = ui_inner_width(ui);
    struct ui_canvas row = ui_canvas_begin(ui, id, width, 20);
    row.pressed = ui_canvas_pressed(ui, id, &row);
    if (row.hovered) ui_draw_rect(ui, row.rect, color_fade(theme->ink, 0.06f), 4);
    float middle = row.rect.y + 10, value_right = row.rect.x + 120, zero = row.rect.x + 128 + (width - 128) / 2;
    float half = (width - 128) / 2 - 2;
    snprintf(text, sizeof text, "λ %d", number);
    ui_draw_text(ui, UI_SMALL, row.rect.x, middle, 0, 0.5f, theme->faint_ink, text);
    ui_draw_text(ui, UI_SMALL, value_right, middle, 1, 0.5f, theme->ink, signed_figure);
    float length = half * (float)(largest > 0 ? sqrt(fabs(value) / largest) : 0);
    struct rect bar = {value > 0 ? zero : zero - length, middle - 5, fmaxf(length, 1), 10};
    ui_draw_rect(ui, bar, sign_color(theme, eigen->tolerance, value), 2);
    ui_draw_line(ui, zero, row.rect.y, zero, row.rect.y + 20, theme->faint_ink, 1);
    ui_canvas_end(ui);
    number_text(eigen->residuals[index], 2, residual);
    size_t used = (size_t)snprintf(text, sizeof text, "‖Hv − λv‖ = %s", residual);
    if (eigen->n <= 3) {
        used += (size_t)snprintf(text + used, sizeof text - used, "\nv = (");
        for (int i = 0; i < eigen->n && used < sizeof text; i++) {
            number_text(eigen->vectors[index * eigen->n + i], 4, figure);
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i ? ", " : "", figure);
        }
        if (used < sizeof text) used += (size_t)snprintf(text + used, sizeof text - used, ")");
    }
    if (used < sizeof text)
        snprintf(text + used, sizeof text - used, "\nClick: how far the quadratic model holds along it");
    ui_tip(ui, text);
    if (row.pressed && inspector_analyse(app, ANALYSIS_TAYLOR, eigen->vectors + (size_t)index * (size_t)eigen->n))
        analyse_show(app);
}

/* The eigenvalues known at a glance: up from the line those that curve up, down those that curve down; of both ends
 * with a gap between. */
static void eigen_chart(struct app *app, const struct eigen_figures *eigen, double largest) {
    enum { HEIGHT = 40 };
    struct ui *ui = app->ui;
    const struct theme *theme = theme_get(app->settings.theme);
    struct ui_canvas canvas = ui_canvas_begin(ui, "eigen.chart", ui_inner_width(ui), HEIGHT);
    struct rect rect = canvas.rect;
    double most = 0, least = 0;
    for (int i = 0; i < eigen->count; i++) {
        most = fmax(most, sqrt(fmax(eigen->values[i], 0)));
        least = fmax(least, sqrt(fmax(-eigen->values[i], 0)));
    }
    float unit = (HEIGHT - 2) / (float)fmax(most + least, 1e-300), zero = rect.y + 1 + (float)most * unit;
    bool all = eigen->count == eigen->n;
    float hole = all ? 0 : 28, each = (rect.width - hole) / (float)eigen->count;
    if (!(largest > 0)) zero = rect.y + HEIGHT / 2;
    for (int i = 0; i < eigen->count; i++) {
        double value = eigen->values[eigen->count - 1 - i];
        float length = (float)sqrt(fabs(value)) * unit, gap = each > 4 ? 1 : 0;
        float left = rect.x + each * (float)i + (i < eigen->count - eigen->low ? 0 : hole);
        struct rect bar = {left, value > 0 ? zero - length : zero, each - gap, length};
        ui_draw_rect(ui, bar, sign_color(theme, eigen->tolerance, value), 0);
    }
    ui_draw_line(ui, rect.x, zero, rect.x + rect.width, zero, theme->faint_ink, 1);
    if (!all)
        ui_draw_text(ui, UI_SMALL, rect.x + each * (float)(eigen->count - eigen->low) + hole / 2, zero, 0.5f, 0.5f,
                     theme->faint_ink, "…");
    ui_canvas_end(ui);
    ui_tip(ui, all ? "All eigenvalues, the largest first; heights are square roots"
                   : "The eigenvalues of both ends, the largest first; heights are square roots");
}

/* Of both ends: how many there are, and how exact. */
static void eigen_count(struct app *app, const struct eigen_figures *eigen) {
    char number[3][NUMBER_TEXT];
    double worst = 0;
    for (int i = 0; i < eigen->count; i++) worst = fmax(worst, eigen->residuals[i]);
    ui_textf(app->ui, UI_SMALL | UI_FAINT | UI_WRAPPED, "%s of %s eigenpairs, both ends; each ‖Hv − λv‖ ≤ %s",
             number_text(eigen->count, 6, number[0]), number_text(eigen->n, 6, number[1]),
             number_text(worst, 2, number[2]));
}

static void eigen_table(struct app *app, const struct eigen_figures *eigen) {
    double largest = 0;
    char number[NUMBER_TEXT];
    for (int i = 0; i < eigen->count; i++) largest = fmax(largest, fabs(eigen->values[i]));
    bool all = eigen->count == eigen->n;
    if (all)
        ui_text(app->ui, UI_SMALL | UI_FAINT, "Curvature along each eigen-direction");
    else
        eigen_count(app, eigen);
    if (eigen->count == eigen->n && eigen->n <= PAIRS_SHOWN) {
        for (int i = 0; i < eigen->n; i++) eigen_row(app, eigen, i, i + 1, largest);
        return;
    }
    eigen_chart(app, eigen, largest);
    if (app->layout.scene.height < rows_from) return;
    int each = PAIRS_SHOWN / 2 - 2;
    float room = app->layout.scene.height - card_least;
    if (!all) each = (int)fmaxf(1, fminf((float)(eigen->count / 2), room / (2 * row_height)));
    int low = all || eigen->low > each ? each : eigen->low;
    for (int i = 0; i < low; i++) eigen_row(app, eigen, i, i + 1, largest);
    ui_textf(app->ui, UI_SMALL | UI_FAINT, "… %s between …", number_text(eigen->n - low - each, 6, number));
    for (int i = eigen->count - each; i < eigen->count; i++)
        eigen_row(app, eigen, i, eigen->n - (eigen->count - 1 - i), largest);
}

/* ---- figures
 * ---------------------------------------------------------------------------------------------------------- */

static void figure(struct app *app, const char *label, const char *text) {
    ui_text(app->ui, UI_SMALL | UI_FAINT, label);
    ui_beside_at(app->ui, 32);
    ui_text(app->ui, UI_SMALL, text);
}

static void figures(struct app *app, const double foot[2]) {
    const struct inspector *inspector = &app->inspector;
    const struct eigen_report *report = inspector_report(app);
    char a[NUMBER_TEXT], b[NUMBER_TEXT], text[3 * NUMBER_TEXT];
    number_text(report ? report->loss : inspector->loss, 4, a);
    if (inspector->distance > 0 && isfinite(inspector->slice_loss))
        snprintf(text, sizeof text, "%s, on the slice %s", a, number_text(inspector->slice_loss, 4, b));
    else
        snprintf(text, sizeof text, "%s", a);
    figure(app, "L", text);
    figure(app, "‖g‖", number_text(report ? report->gradient_norm : inspector->gradient_norm, 4, a));
    snprintf(text, sizeof text, "(%s, %s)", number_text(foot[0], 4, a), number_text(foot[1], 4, b));
    figure(app, "at", text);
    if (inspector->distance > 0) {
        snprintf(text, sizeof text, "%s off the plane", number_text(inspector->distance, 4, a));
        figure(app, "", text);
    }
}

/* In words, of a point that a search has found. */
static void counts(struct app *app, const struct eigen_figures *eigen) {
    char n[NUMBER_TEXT];
    int up = eigen->n - eigen->index - eigen->degenerate;
    if (eigen->exact && eigen->count == eigen->n)
        ui_textf(app->ui, UI_SMALL | UI_WRAPPED, "%.0f %% of %s directions lead up, %d down, %d are flat",
                 floor(100.0 * up / eigen->n), number_text(eigen->n, 6, n), eigen->index, eigen->degenerate);
    else
        ui_textf(app->ui, UI_SMALL | UI_WRAPPED, "At least %d of %s directions lead down", eigen->index,
                 number_text(eigen->n, 6, n));
}

/* ---- what can be done there
 * ------------------------------------------------------------------------------------------- */

/* True when it is to be cancelled. */
static bool study_progress(struct app *app, const struct study *study, const char *label) {
    struct ui *ui = app->ui;
    const struct theme *theme = theme_get(app->settings.theme);
    struct job_progress progress = job_progress(study_job(study));
    ui_text(ui, UI_SMALL | UI_FAINT | UI_IN_ROW, label);
    ui_beside_at(ui, ui_inner_width(ui) - 26);
    bool cancelled = ui_icon_button(ui, "inspector.cancel", ICON_STOP, 26, 0);
    ui_tip(ui, "Cancel");
    struct ui_canvas canvas = ui_canvas_begin(ui, "inspector.progress", ui_inner_width(ui), 6);
    struct rect rect = canvas.rect;
    ui_draw_rect(ui, rect, color_fade(theme->ink, 0.1f), 3);
    rect.width = fmaxf(rect.width * (float)progress.done, 6);
    ui_draw_rect(ui, rect, theme->accent, 3);
    ui_canvas_end(ui);
    return cancelled;
}

static void progress(struct app *app, int analysis, const char *label) {
    struct analysis *row = analyses_find(&app->session->analyses, analysis);
    if (row && study_progress(app, row->study, label)) analyses_cancel(&app->session->analyses, analysis);
}

enum act {
    ACT_NONE,
    ACT_START,
    ACT_PLANE,
    ACT_MODEL,
    ACT_SEEK,
    ACT_ESCAPE,
    ACT_PLUS,
    ACT_MINUS,
    ACT_COPY,
    ACT_CURVATURE,
};

/* Buttons from left to right, as many in a line as fit. */
static enum act button(struct app *app, const char *id, const char *label, const char *tip, enum act act, bool main,
                       float *line) {
    float width = ui_text_width(app->ui, main ? UI_SMALL | UI_BOLD : UI_SMALL, label) + 21;
    if (*line > 0 && *line + 6 + width <= ui_inner_width(app->ui)) {
        ui_beside(app->ui, 6);
        *line += 6 + width;
    } else {
        *line = width;
    }
    bool pressed = ui_button(app->ui, id, label, main ? UI_BUTTON_MAIN : UI_BUTTON_EDGED);
    ui_tip(app->ui, tip);
    return pressed ? act : ACT_NONE;
}

static enum act ways(struct app *app) {
    const struct escape_way *way = inspector_ways(app);
    float line = 0;
    enum act act = ACT_NONE;
    char label[2][64], number[NUMBER_TEXT];
    if (!way) return ACT_NONE;
    ui_text(app->ui, UI_SMALL | UI_FAINT, "Both ways down; train on from the end");
    for (int side = 0; side < 2; side++) {
        snprintf(label[side], sizeof label[side], "%s, L %s", side ? "−" : "+", number_text(way[side].loss, 4, number));
        if (way[side].length > 0 && app->session->trainer)
            act += button(app, side ? "inspector.minus" : "inspector.plus", label[side],
                          "All runs start where this way ends", side ? ACT_MINUS : ACT_PLUS, false, &line);
    }
    return act;
}

static enum act buttons(struct app *app, bool known, enum point_kind kind) {
    struct inspector *inspector = &app->inspector;
    int n = objective_dimension(app->session->experiment->objective);
    bool saddle = kind == POINT_SADDLE, critical = kind != POINT_NOT_CRITICAL;
    float line = 0;
    int act = ways(app); /* at most one is pressed */
    if (app->session->trainer)
        act += (int)button(app, "inspector.start", "Start here", "All runs start from this very point", ACT_START, true,
                           &line);
    if (!known && inspector_offers_curvature(app))
        act += (int)button(app, "inspector.curvature", "Eigenvalues",
                           "The Hessian’s largest and lowest ones, worked out beside all else", ACT_CURVATURE, false,
                           &line);
    act += (int)button(app, "inspector.taylor", "Quadratic model",
                       "How far it holds along the steepest and the lowest direction", ACT_MODEL, false, &line);
    if (saddle && !inspector->escape)
        act += (int)button(app, "inspector.escape", "Escape", "Down along the most negative direction, both ways",
                           ACT_ESCAPE, false, &line);
    if (!inspector->seek && !critical && inspector->kind != INSPECT_FOUND)
        act += (int)button(app, "inspector.seek", "Nearest critical point",
                           "Go to where the gradient vanishes: a minimum, a saddle, whatever is near", ACT_SEEK, false,
                           &line);
    if (n > 2)
        act +=
            (int)button(app, "inspector.plane", saddle ? "Its saddle plane" : "Its plane",
                        "Show the surface along the largest and the lowest curvature there", ACT_PLANE, false, &line);
    act += (int)button(app, "inspector.copy", "Copy", "These figures as text, at full precision", ACT_COPY, false, &line);
    if (inspector_busy(app) && study_progress(app, inspector->curvature, "Both ends of the spectrum…"))
        inspector_stop_curvature(app);
    if (inspector->seek) progress(app, inspector->seek, "Going to a critical point…");
    if (inspector->escape && !inspector_ways(app)) {
        const struct analysis *row = analyses_find(&app->session->analyses, inspector->escape);
        if (!row)
            inspector->escape = 0;
        else if (row->failed)
            ui_text(app->ui, UI_SMALL | UI_WRAPPED | UI_WARNING, row->error.message);
        else
            progress(app, inspector->escape, "Looking down both ways…");
    }
    return (enum act)act;
}

static void copy_figures(struct app *app, const double foot[2]) {
    char *text = inspector_text(app, foot);
    if (SDL_SetClipboardText(text) == 0)
        notice_say(app, NOTICE_DONE, "Figures copied");
    else
        notice_say(app, NOTICE_TROUBLE, "No figures copied: %s", SDL_GetError());
    free(text);
}

static void carry_out(struct app *app, enum act act, const double foot[2]) {
    struct inspector *inspector = &app->inspector;
    const struct escape_way *way = inspector_ways(app);
    switch (act) {
    case ACT_NONE: break;
    case ACT_START:
        if (inspector->kind == INSPECT_RUN)
            app_restart_at(app, inspector->theta, "where that run was");
        else if (inspector->kind == INSPECT_FOUND)
            app_restart_at(app, inspector->theta, "the point found");
        else
            app_restart_from(app, foot[0], foot[1]);
        break;
    case ACT_CURVATURE: inspector_ask_curvature(app); break;
    case ACT_COPY: copy_figures(app, foot); break;
    case ACT_PLANE: plane_at(app, inspector_theta(app)); break;
    case ACT_MODEL:
        if (inspector_analyse(app, ANALYSIS_TAYLOR, NULL)) analyse_show(app);
        break;
    case ACT_SEEK: inspector_seek(app); break;
    case ACT_ESCAPE: inspector_escape(app); break;
    case ACT_PLUS:
    case ACT_MINUS:
        if (way) app_restart_at(app, way[act == ACT_MINUS].theta, "past the saddle");
        break;
    }
}

/* ---- the card
 * --------------------------------------------------------------------------------------------------------- */

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
        /* the arrows come with the picture after its first frame */
        inspector->placed = inspector->height > 0 && (inspector->kind != INSPECT_CRITICAL || app->scene.arrow_count > 0);
    }
    float left = inspector->reach_x0 - width, right = inspector->reach_x1, first = scene.x + edge,
          last = scene.x + scene.width - width - edge;
    if (right <= last) return fmaxf(right, first);
    if (left >= first) return fminf(left, last);
    return fmaxf(scene.x + scene.width - inspector->x > inspector->x - scene.x ? last : first, first);
}

static void capitalise(char *text) {
    if (text[0] >= 'a' && text[0] <= 'z') text[0] = (char)(text[0] - 'a' + 'A');
}

/* The verdict without what the title says already, as a sentence. */
static const char *sentence(char *verdict) {
    char *rest = strstr(verdict, ": ");
    char *text = rest ? rest + 2 : verdict;
    capitalise(text);
    return text;
}

static void kind_title(struct app *app, const char *name, const struct eigen_figures *eigen) {
    const struct theme *theme = theme_get(app->settings.theme);
    char title[96];
    ui_glyph(app->ui, shape_of(eigen->kind), 18, theme->ink, theme->casing);
    ui_beside(app->ui, 8);
    snprintf(title, sizeof title, "%s", name);
    capitalise(title);
    size_t used = strlen(title);
    if (eigen->kind == POINT_SADDLE)
        snprintf(title + used, sizeof title - used, " · index %s%d", eigen->exact ? "" : "≥ ", eigen->index);
    ui_text(app->ui, UI_BODY | UI_BOLD | UI_IN_ROW, title);
}

static void run_title(struct app *app) {
    const struct inspector *inspector = &app->inspector;
    const struct theme *theme = theme_get(app->settings.theme);
    int optimizer = inspector->id / app->session->starts;
    struct identity identity = identity_of(app->session->experiment, optimizer, theme);
    char step[NUMBER_TEXT], title[128];
    text_print(title, sizeof title, "%.60s, step %s", app->session->experiment->optimizers[optimizer].label,
             number_text((double)inspector->step, 9, step));
    ui_glyph(app->ui, identity.shape, 15, identity.color, theme->casing);
    ui_beside(app->ui, 8);
    ui_text_within(app->ui, UI_BODY | UI_BOLD | UI_IN_ROW, CARD_WIDTH - 28 - 23 - 24, title);
}

static void contents(struct app *app, bool known, const struct eigen_figures *eigen, const double foot[2]) {
    struct ui *ui = app->ui;
    struct inspector *inspector = &app->inspector;
    const struct eigen_report *report = inspector_report(app);
    char verdict[768];
    const struct critical_point *points;
    switch (inspector->kind) {
    case INSPECT_CRITICAL:
        exhibit_critical_points(app->session->exhibit, &points);
        kind_title(app, points[inspector->id].valley ? "valley" : point_kind_names[eigen->kind], eigen);
        eigen_report_verdict(report, verdict, sizeof verdict);
        ui_text(ui, UI_SMALL | UI_WRAPPED, sentence(verdict));
        break;
    case INSPECT_FOUND:
        kind_title(app, point_kind_names[eigen->kind], eigen);
        ui_textf(ui, UI_SMALL | UI_FAINT | UI_WRAPPED, "Found from %s", inspector->subject);
        if (eigen->kind != POINT_NOT_CRITICAL) {
            counts(app, eigen);
        } else {
            const struct analysis *row = analyses_find(&app->session->analyses, inspector->id);
            snprintf(verdict, sizeof verdict, "%s", study_read_seek(row->study, 0)->verdict);
            capitalise(verdict);
            ui_text(ui, UI_SMALL | UI_WRAPPED, verdict);
        }
        break;
    case INSPECT_RUN: run_title(app); break;
    default: ui_text(ui, UI_BODY | UI_BOLD | UI_IN_ROW, "On the surface");
    }
    if ((inspector->kind == INSPECT_RUN || inspector->kind == INSPECT_POINT) && report &&
        report->kind != POINT_NOT_CRITICAL)
        ui_text(ui, UI_SMALL | UI_WRAPPED, eigen_report_verdict(report, verdict, sizeof verdict));
    if (inspector->curvature && known && !report && eigen->kind != POINT_NOT_CRITICAL) counts(app, eigen);
    figures(app, foot);
    ui_space(ui, 1);
    if (known) eigen_table(app, eigen);
    if (inspector->trouble[0]) ui_text(ui, UI_SMALL | UI_WRAPPED | UI_WARNING, inspector->trouble);
    ui_space(ui, 1);
}

void inspector_panel(struct app *app) {
    struct ui *ui = app->ui;
    struct inspector *inspector = &app->inspector;
    inspector_watch(app);
    if (inspector->kind == INSPECT_NOTHING || !app->session) return;
    struct eigen_figures eigen = {.kind = POINT_NOT_CRITICAL};
    bool known = inspector_eigen(app, &eigen);
    if (!known && (inspector->kind == INSPECT_CRITICAL || inspector->kind == INSPECT_FOUND)) {
        inspector_close(app);
        return;
    }
    const struct plane *plane = exhibit_plane(app->session->exhibit);
    double foot[2] = {inspector->a, inspector->b};
    if (plane && inspector->kind != INSPECT_POINT) {
        struct plane_point at = plane_project(plane, inspector_theta(app));
        foot[0] = at.a;
        foot[1] = at.b;
        if (inspector->kind != INSPECT_CRITICAL)
            inspector->distance = at.distance > 1e-9 * (1 + hypot(at.a, at.b)) ? at.distance : 0;
    }
    struct rect scene = app->layout.scene;
    float height = inspector->height;
    float x = beside_arrows(app, CARD_WIDTH), y = inspector->y - height / 2;
    if (height <= 0) x = -2 * CARD_WIDTH; /* its height is known after a frame: nobody should see it jump */
    float end = scene.y + scene.height;
    if (height + 20 > scene.height) end = app->layout.bottom.y + app->layout.bottom.height; /* over the curves too */
    y = fmaxf(fminf(y, end - height - 10), fminf(scene.y + 10, fmaxf(end - height - 10, 8)));
    struct rect rect =
        ui_panel_begin(ui, "inspector", (struct rect){x, y, CARD_WIDTH, height}, UI_PANEL_CARD | UI_PANEL_FITS);
    if (rect.height != inspector->height) {
        inspector->height = rect.height;
        app_wake_by(app, 0);
    }
    bool closed = ui_corner_button(ui, "inspector.close", ICON_CLOSE, 24);
    contents(app, known, &eigen, foot);
    enum act act = buttons(app, known, eigen.kind);
    ui_panel_end(ui);
    if (closed)
        inspector_close(app);
    else
        carry_out(app, act, foot);
}
