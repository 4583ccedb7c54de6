#include "app/app_parts.h"
#include "app/findings.h"
#include "app/marks.h"

#include "base/text.h"

#include <math.h>

/* ---- where, and what
 * ------------------------------------------------------------------------------------------------- */

static int enabled_runs(const struct session *session) {
    int count = 0;
    for (int i = 0; i < session->experiment->optimizer_count; i++) count += session_enabled(session, i);
    return count;
}

static void begin_button(struct app *app, enum analysis_kind kind, const char *tip) {
    char id[48];
    snprintf(id, sizeof id, "analyse.%s", analysis_names[kind]);
    if (ui_button(app->ui, id, kind == ANALYSIS_SHARPNESS ? "Sharpness" : analysis_titles[kind], UI_BUTTON_EDGED)) {
        if (kind >= ANALYSIS_SHARPNESS && kind != ANALYSIS_SLICES)
            analyse_runs(app, kind, 0);
        else
            analyse_head(app, kind, app->analysed, -1);
        if (kind == ANALYSIS_SHARPNESS) curves_show(app, FIGURE_SHARPNESS);
    }
    ui_tip(app->ui, tip);
}

static void offers(struct app *app) {
    struct ui *ui = app->ui;
    struct session *session = app->session;
    const struct objective *objective = session->experiment->objective;
    if (enabled_runs(session) == 0) {
        ui_text(ui, UI_SMALL | UI_FAINT | UI_WRAPPED, "Switch an optimizer on to analyse where it is.");
        return;
    }
    if (app->analysed >= session->runs || !session_enabled(session, app->analysed / session->starts))
        for (int i = session->experiment->optimizer_count - 1; i >= 0; i--)
            if (session_enabled(session, i)) app->analysed = session_run(session, i, 0);
    char step[NUMBER_TEXT];
    ui_textf(ui, UI_SMALL | UI_FAINT, "Where this run is at step %s", number_text((double)session->view.step, 9, step));
    run_marks(app, "analysed", app->analysed, -1, &app->analysed);
    begin_button(app, ANALYSIS_SPECTRUM, "How curved the loss is there: all eigenvalues, or both ends and the density");
    ui_beside(ui, 6);
    begin_button(app, ANALYSIS_TAYLOR, "How far the quadratic model holds along the steepest and the lowest direction");
    begin_button(app, ANALYSIS_SEEK, "Goes to the critical point near it, whatever its kind");
    if (objective_dimension(objective) > 2)
        begin_button(app, ANALYSIS_SLICES, "That place on its Hessian's plane and on 20 random ones, which may hide a saddle");
    if (enabled_runs(session) > 1) {
        ui_text(ui, UI_SMALL | UI_FAINT | UI_IN_ROW, "Line to");
        ui_tip(ui, "The losses on the straight way from there to where another run is");
        ui_beside(ui, 8);
        int to = -1;
        if (run_marks(app, "line.to", -1, app->analysed, &to)) analyse_head(app, ANALYSIS_LINE, app->analysed, to);
    }
    begin_button(app, ANALYSIS_SHARPNESS,
                 "The largest curvature at every stage of every run, against what its rate bears");
    if (objective_data(objective) && objective_dimension(objective) <= RATIO_PARAMETERS) {
        ui_beside(ui, 6);
        begin_button(app, ANALYSIS_RATIO,
                     "Many small nets: how many directions lead up where they arrive, and at what loss");
    }
    if (objective_is_expression(objective) && objective_dimension(objective) == 2) {
        ui_beside(ui, 6);
        begin_button(app, ANALYSIS_BASINS, "A map: at which critical point each start ends, for each optimizer");
    }
    if (session->trainer)
        begin_button(app, ANALYSIS_TUNE, "Which rate suits each optimizer, all with the same number of gradients");
}

/* ---- the rows
 * -------------------------------------------------------------------------------------------------------- */

static void progress_bar(struct app *app, const struct analysis *row) {
    struct ui *ui = app->ui;
    const struct theme *theme = theme_get(app->settings.theme);
    struct job_progress progress = job_progress(study_job(row->study));
    char id[48], text[64];
    snprintf(id, sizeof id, "progress.%d", row->id);
    struct ui_canvas canvas = ui_canvas_begin(ui, id, ui_inner_width(ui), 6);
    struct rect rect = canvas.rect;
    ui_draw_rect(ui, rect, color_fade(theme->ink, 0.1f), 3);
    rect.width = fmaxf(rect.width * (float)progress.done, 6);
    ui_draw_rect(ui, rect, theme->accent, 3);
    ui_canvas_end(ui);
    progress_text(progress.done, progress.eta, text, sizeof text);
    ui_text(ui, UI_SMALL | UI_FAINT, text);
}

/* Its name; what it is of; how far it is, or what it found. False when it was put away. */
static bool analysis_row(struct app *app, struct analysis *row) {
    struct ui *ui = app->ui;
    char id[48];
    bool going = !row->finished, open = !row->folded;
    snprintf(id, sizeof id, "analysis.%d", row->id);
    ui_heading(ui, id, analysis_titles[row->kind], ui_inner_width(ui) - 32, &open);
    row->folded = !open;
    ui_beside_at(ui, ui_inner_width(ui) - 26);
    snprintf(id, sizeof id, "analysis.%d.end", row->id);
    bool pressed = ui_icon_button(ui, id, going ? ICON_STOP : ICON_CLOSE, 26, 0);
    ui_tip(ui, going ? "Cancel; what it found so far stays" : "Put away");
    ui_text(ui, UI_SMALL | UI_FAINT | UI_CLIPPED, row->subject);
    if (going && row->kind != ANALYSIS_SHARPNESS) progress_bar(app, row);
    if (open) {
        finding_show(app, row);
        if (row->failed && row->error.kind == ERROR_CANCELLED)
            ui_text(ui, UI_SMALL | UI_FAINT, "Cancelled");
        else if (row->failed)
            ui_text(ui, UI_SMALL | UI_WRAPPED | UI_WARNING, row->error.message);
    }
    if (!pressed) return true;
    app_redraw(app);
    if (going) {
        analyses_cancel(&app->session->analyses, row->id);
        return true;
    }
    analyses_remove(&app->session->analyses, row->id);
    return false;
}

void panel_analyses(struct app *app) {
    struct analyses *analyses = &app->session->analyses;
    bool of_lesson = player_analysis(app) != 0; /* what the lesson speaks of comes first */
    if (!of_lesson) offers(app);
    for (int i = analyses->count - 1; i >= 0; i--) { /* the newest first */
        ui_space(app->ui, 1);
        if (!of_lesson || i < analyses->count - 1) ui_rule(app->ui);
        if (!analysis_row(app, &analyses->rows[i])) break;
    }
    if (!of_lesson) return;
    ui_space(app->ui, 1);
    ui_rule(app->ui);
    offers(app);
}
