#include "app/findings.h"
#include "app/plot.h"

#include "base/text.h"

static void use_rates(struct app *app, const struct tune_report *report) {
    struct session *session = app->session;
    for (int i = 0; i < report->optimizers; i++) {
        const struct tune_finding *finding = &report->findings[i];
        if (finding->best < 0) continue;
        size_t count;
        optimizer_class_parameters(session->experiment->optimizers[i].class, &count);
        for (size_t p = 0; p < count; p++)
            session_set_value(session, i, (int)p, finding->points[finding->best].values[p]);
    }
    session_restart(session, session->start_chosen ? session->start : NULL);
    notice_say(app, NOTICE_DONE, "Started again, each optimizer with its best rate. Ctrl+Z goes back.");
    app_redraw(app);
}

/* Median final losses over the rates, an optimizer a line; a dot at the best. */
void finding_tune(struct app *app, struct analysis *row) {
    const struct tune_report *report = row->tune;
    struct session *session = app->session;
    const struct theme *theme = theme_get(app->settings.theme);
    double rates[2] = {INFINITY, -INFINITY}, losses[2] = {INFINITY, -INFINITY};
    bool all_best = true;
    if (!report) return;
    for (int i = 0; i < report->optimizers; i++) {
        all_best &= report->findings[i].best >= 0;
        for (int k = 0; k < report->findings[i].point_count; k++) {
            const struct tune_point *point = &report->findings[i].points[k];
            rates[0] = fmin(rates[0], point->values[0]);
            rates[1] = fmax(rates[1], point->values[0]);
            if (!isfinite(point->median)) continue;
            losses[0] = fmin(losses[0], point->median);
            losses[1] = fmax(losses[1], point->median);
        }
    }
    struct figure_frame frame = figure_frame_begin(app, row, axis_over(rates[0], rates[1], true),
                                                   axis_over(losses[0], losses[1], losses[0] >= 0));
    for (int i = 0; i < report->optimizers; i++) {
        const struct tune_finding *finding = &report->findings[i];
        double x[128], y[128];
        int count = 0;
        for (int k = 0; k < finding->point_count && count < 128; k++) {
            if (finding->points[k].combination != 0) continue;
            x[count] = finding->points[k].values[0];
            y[count++] = finding->points[k].median;
        }
        struct color color = identity_of(session->experiment, i, theme).color;
        plot_line(&frame.plot, x, y, count, color, 1.6f, STROKE_SOLID);
        if (finding->best < 0) continue;
        const struct tune_point *best = &finding->points[finding->best];
        ui_draw_circle(app->ui, plot_x(&frame.plot, best->values[0]), plot_y(&frame.plot, best->median), 3.5f, color,
                       0);
    }
    ui_canvas_end(app->ui);
    ui_text(app->ui, UI_SMALL | UI_FAINT, "across: rate η; up: final loss");
    for (int i = 0; i < report->optimizers; i++) {
        const struct tune_finding *finding = &report->findings[i];
        char rate[NUMBER_TEXT], loss[NUMBER_TEXT];
        if (finding->best < 0) continue;
        struct identity identity = identity_of(session->experiment, i, theme);
        ui_glyph(app->ui, identity.shape, 12, identity.color, theme->casing);
        ui_beside(app->ui, 8);
        const struct tune_point *best = &finding->points[finding->best];
        ui_textf(app->ui, UI_SMALL | UI_IN_ROW, "η %s, ends at %s", number_text(best->values[0], 3, rate),
                 number_text(best->median, 3, loss));
    }
    if (report->words[0]) ui_text(app->ui, UI_SMALL | UI_FAINT | UI_WRAPPED, report->words);
    if (row->finished && all_best && session->trainer &&
        ui_button(app->ui, "tune.use", "Use these rates", UI_BUTTON_EDGED))
        use_rates(app, report);
}

/* ---- basins
 * ------------------------------------------------------------------------------------------------------------ */

void finding_basins(struct app *app, struct analysis *row) {
    const struct basin_end *ends;
    size_t count = study_basins_ends(row->study, &ends);
    struct session *session = app->session;
    const struct theme *theme = theme_get(app->settings.theme);
    for (int i = 0; i < session->experiment->optimizer_count && count; i++) {
        if (!session_enabled(session, i)) continue;
        struct basin_tally tally = study_tally_basins(row->study, i, 0, NULL);
        if (tally.starts == 0) continue;
        size_t arrived = tally.starts - tally.diverged - tally.nowhere;
        struct identity identity = identity_of(session->experiment, i, theme);
        ui_glyph(app->ui, identity.shape, 12, identity.color, theme->casing);
        ui_beside(app->ui, 8);
        ui_textf(app->ui, UI_SMALL | UI_IN_ROW, "%.0f %% of starts arrive",
                 100.0 * (double)arrived / (double)tally.starts);
    }
    bool shown = app->basins == row->id;
    if (ui_button(app->ui, "basins.show", shown ? "Back to the surface" : "Show the maps", UI_BUTTON_EDGED))
        basins_show(app, shown ? 0 : row->id);
}
