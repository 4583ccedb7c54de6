#include "app/findings.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static const float least_height = 148, height_of_width = 0.62f;
enum { BELOW = 20, ABOVE = 6, MOST_TEXT = 256 };

/* ---- the frame of a small plot
 * --------------------------------------------------------------------------------------- */

/* Room for what stands beside the level lines. */
static float margin_left(struct app *app, const struct axis *y, float height) {
    double values[AXIS_MOST_TICKS];
    char texts[AXIS_MOST_TICKS][AXIS_TICK_TEXT];
    float widest = 0;
    int count = axis_usable(y) ? axis_ticks(y, (int)(height - ABOVE - BELOW) / 22 + 1, values, texts) : 0;
    for (int i = 0; i < count; i++) widest = fmaxf(widest, ui_text_width(app->ui, UI_SMALL, texts[i]));
    return widest + 12;
}

struct figure_frame figure_frame_begin(struct app *app, const struct analysis *row, struct axis x, struct axis y) {
    char id[48];
    snprintf(id, sizeof id, "finding.%d", row->id);
    float width = ui_inner_width(app->ui);
    float height = fmaxf(least_height, floorf(height_of_width * width));
    struct figure_frame frame = {.canvas = ui_canvas_begin(app->ui, id, width, height)};
    struct rect area = frame.canvas.rect;
    float left = margin_left(app, &y, height);
    frame.plot = (struct plot){
        .ui = app->ui,
        .theme = theme_get(app->settings.theme),
        .rect = {area.x + left, area.y + ABOVE, area.width - left - 6, area.height - ABOVE - BELOW},
        .x = x,
        .y = y,
    };
    if (axis_usable(&x)) plot_grid_x(&frame.plot);
    if (axis_usable(&y)) plot_grid_y(&frame.plot);
    return frame;
}

static bool read_x(const struct figure_frame *frame, double *x) {
    struct rect rect = frame->plot.rect;
    if (!frame->canvas.hovered || !rect_holds(rect, frame->canvas.mouse_x, frame->canvas.mouse_y)) return false;
    *x = axis_value(&frame->plot.x, (double)((frame->canvas.mouse_x - rect.x) / rect.width));
    return true;
}

/* A hair-line at x with what is to be read there. */
static void reading(const struct figure_frame *frame, double x, const char *text) {
    const struct plot *plot = &frame->plot;
    struct ui *ui = plot->ui;
    float at = plot_x(plot, x), width = ui_text_width(ui, UI_SMALL, text) + 10;
    float left = fminf(fmaxf(at - width / 2, plot->rect.x), plot->rect.x + plot->rect.width - width);
    ui_draw_line(ui, at, plot->rect.y, at, plot->rect.y + plot->rect.height, color_fade(plot->theme->ink, 0.35f), 1);
    ui_draw_rect(ui, (struct rect){left, plot->rect.y, width, 18}, color_fade(plot->theme->panel, 0.92f), 4);
    ui_draw_text(ui, UI_SMALL, left + 5, plot->rect.y + 9, 0, 0.5f, plot->theme->ink, text);
}

static void widen(double range[2], double value) {
    if (!isfinite(value)) return;
    range[0] = fmin(range[0], value);
    range[1] = fmax(range[1], value);
}

/* ---- spectrum
 * -------------------------------------------------------------------------------------------------------- */

static void eigenvalue_ticks(const struct plot *plot, const double *values, int count, double tolerance) {
    float before = -1;
    for (int i = 0; i < count; i++) {
        float x = roundf(plot_x(plot, values[i]));
        if (x == before || x < plot->rect.x || x > plot->rect.x + plot->rect.width) continue;
        before = x;
        const struct theme *theme = plot->theme;
        struct color color = fabs(values[i]) <= tolerance ? theme->degenerate
                             : values[i] > 0              ? theme->stable
                                                          : theme->escape;
        float foot = plot->rect.y + plot->rect.height;
        ui_draw_line(plot->ui, x, foot - 9, x, foot, color, 1.4f);
    }
}

/* As an area down to the lowest level shown; where it is lower there is nothing. */
static void draw_density(const struct plot *plot, const struct spectrum *density) {
    float foot = plot->rect.y + plot->rect.height;
    double floor = axis_value(&plot->y, 0);
    int from = 0;
    for (int i = 0; i <= density->points; i++) {
        if (i < density->points && density->density[i] > floor) continue;
        plot_line(plot, density->grid + from, density->density + from, i - from, plot->theme->ink, 1.3f, STROKE_SOLID);
        from = i + 1;
    }
    for (int column = 0; column < (int)plot->rect.width; column++) {
        double at = axis_value(&plot->x, (double)(((float)column + 0.5f) / plot->rect.width));
        double share = (at - density->grid[0]) / (density->grid[density->points - 1] - density->grid[0]);
        int i = (int)(share * (density->points - 1) + 0.5);
        if (i < 0 || i >= density->points || !(density->density[i] > floor)) continue;
        float x = plot->rect.x + (float)column;
        ui_draw_rect(plot->ui,
                     (struct rect){x, plot_y(plot, density->density[i]), 1, foot - plot_y(plot, density->density[i])},
                     color_fade(plot->theme->ink, 0.12f), 0);
    }
}

static void show_spectrum(struct app *app, struct analysis *row) {
    struct hessian_finding finding;
    if (!study_read_hessian(row->study, &finding) || (!finding.report && !finding.ends)) return;
    const struct eigen_report *report = finding.report;
    const struct eigen_ends *ends = finding.ends;
    const double *values = report ? report->eigenvalues : ends->eigenvalues;
    int count = report ? report->n : ends->low + ends->high, n = report ? report->n : ends->n;
    double tolerance = report ? report->tolerance : ends->tolerance;
    const struct spectrum *density = finding.density;
    double range[2] = {values[0], values[count - 1]}, most = 0;
    for (int i = 0; density && i < density->points; i++) most = fmax(most, density->density[i]);
    struct axis x = axis_over(range[0], range[1], false), y = axis_exactly(0, 0);
    if (density && most > 0) {
        y = axis_over(1e-5 * most, most, true);
        y.floor = y.low;
    }
    struct figure_frame frame = figure_frame_begin(app, row, x, y);
    const struct plot *plot = &frame.plot;
    if (density && axis_usable(&y)) draw_density(plot, density);
    eigenvalue_ticks(plot, values, count, tolerance);
    double at;
    char text[MOST_TEXT], number[NUMBER_TEXT], second[NUMBER_TEXT];
    if (read_x(&frame, &at)) {
        int below = 0;
        while (report && below < count && values[below] < at) below++;
        if (report)
            snprintf(text, sizeof text, "%d below λ = %s", below, number_text(at, 3, number));
        else
            snprintf(text, sizeof text, "λ = %s", number_text(at, 3, number));
        reading(&frame, at, text);
    }
    ui_canvas_end(app->ui);
    ui_textf(app->ui, UI_SMALL, "λ from %s to %s", number_text(values[0], 4, number),
             number_text(values[count - 1], 4, second));
    int index = report ? report->index : ends->index, degenerate = report ? report->degenerate : ends->degenerate;
    bool exact = report || ends->index_exact;
    ui_textf(app->ui, UI_SMALL | UI_WRAPPED, "Of %s directions %s%d lead down; %s%d are flat",
             number_text(n, 6, number), exact ? "" : "at least ", index, exact ? "" : "at least ", degenerate);
    if (density && density->trace_error > 0)
        ui_textf(app->ui, UI_SMALL | UI_FAINT, "trace %s ± %s", number_text(density->trace, 4, number),
                 number_text(density->trace_error, 2, second));
    else if (density)
        ui_textf(app->ui, UI_SMALL | UI_FAINT, "trace %s", number_text(density->trace, 6, number));
    if (!report)
        ui_text(app->ui, UI_SMALL | UI_FAINT | UI_WRAPPED, "The ends are exact, the density between them an estimate.");
    if (finding.rough)
        ui_text(app->ui, UI_SMALL | UI_WARNING | UI_WRAPPED,
                "The gradient jumps nearby: these are figures of one side.");
}

/* ---- the quadratic model
 * --------------------------------------------------------------------------------------------- */

static void show_taylor(struct app *app, struct analysis *row) {
    int count = study_taylor_count(row->study);
    const char *labels[8];
    char id[48], number[NUMBER_TEXT], ends[2][NUMBER_TEXT];
    if (count > 8) count = 8;
    int known = 0;
    for (int k = 0; k < count; k++) {
        const struct taylor_section *section = study_read_taylor(row->study, k);
        labels[k] = section ? section->name : "…";
        known += section != NULL;
    }
    if (!known) return;
    snprintf(id, sizeof id, "section.%d", row->id);
    if (row->section >= count) row->section = 0;
    if (count > 1) ui_segments(app->ui, id, labels, count, &row->section);
    const struct taylor_section *section = study_read_taylor(row->study, row->section);
    if (!section) return;
    const struct taylor *taylor = section->taylor;
    double range[2] = {INFINITY, -INFINITY};
    for (int i = 0; i < taylor->count; i++) {
        widen(range, taylor->loss[i]);
        widen(range, taylor->model[i]);
    }
    struct figure_frame frame = figure_frame_begin(app, row, axis_exactly(-section->reach, section->reach),
                                                   axis_over(range[0], range[1], false));
    const struct plot *plot = &frame.plot;
    float from = plot_x(plot, taylor->holds[0]), to = plot_x(plot, taylor->holds[1]);
    ui_draw_rect(app->ui, (struct rect){from, plot->rect.y, to - from, plot->rect.height},
                 color_fade(plot->theme->accent, 0.10f), 0);
    struct color bent = taylor->curvature < 0 ? plot->theme->escape : plot->theme->stable;
    plot_line(plot, taylor->t, taylor->model, taylor->count, bent, 1.6f, STROKE_DASHED);
    plot_line(plot, taylor->t, taylor->loss, taylor->count, plot->theme->ink, 1.8f, STROKE_SOLID);
    double at;
    if (read_x(&frame, &at)) {
        int i = (int)lround((at / section->reach + 1) / 2 * (taylor->count - 1));
        char text[MOST_TEXT];
        i = i < 0 ? 0 : i >= taylor->count ? taylor->count - 1 : i;
        snprintf(text, sizeof text, "L %s, model %s", number_text(taylor->loss[i], 4, number),
                 number_text(taylor->model[i], 4, ends[0]));
        reading(&frame, taylor->t[i], text);
    }
    ui_canvas_end(app->ui);
    ui_textf(app->ui, UI_SMALL | UI_WRAPPED, "λ = %s. The quadratic model (dashed) holds from %s to %s.",
             number_text(taylor->curvature, 4, number), number_text(taylor->holds[0], 3, ends[0]),
             number_text(taylor->holds[1], 3, ends[1]));
}

/* ---- between two ends
 * ------------------------------------------------------------------------------------------------ */

enum { LINE_MOST = 512 };

static void show_line(struct app *app, struct analysis *row) {
    static const enum plot_stroke strokes[3] = {STROKE_SOLID, STROKE_DASHED, STROKE_DOTTED};
    struct line_point points[LINE_MOST];
    size_t count = study_read_line(row->study, LINE_MOST, points), known = 0;
    double t[LINE_MOST], losses[3][LINE_MOST], range[2] = {INFINITY, -INFINITY};
    if (count > LINE_MOST) count = LINE_MOST;
    for (size_t i = 0; i < count; i++) {
        if (!points[i].known) continue;
        t[known] = points[i].t;
        losses[0][known] = points[i].loss;
        losses[1][known] = points[i].validation_loss;
        losses[2][known] = points[i].test_loss;
        for (int k = 0; k < 3; k++) widen(range, losses[k][known]);
        known++;
    }
    if (known < 2) return;
    struct figure_frame frame = figure_frame_begin(app, row, axis_exactly(points[0].t, points[count - 1].t),
                                                   axis_over(range[0], range[1], false));
    const struct plot *plot = &frame.plot;
    for (int k = 2; k >= 0; k--)
        plot_line(plot, t, losses[k], (int)known, plot->theme->ink, k ? 1.4f : 1.8f, strokes[k]);
    for (int end = 0; end < 2; end++) {
        float x = plot_x(plot, end);
        ui_draw_line(app->ui, x, plot->rect.y, x, plot->rect.y + plot->rect.height,
                     color_fade(plot->theme->accent, 0.7f), 1);
    }
    double at, highest = -INFINITY, ends[2] = {NAN, NAN};
    char number[NUMBER_TEXT], second[NUMBER_TEXT], text[MOST_TEXT];
    size_t nearest = 0;
    bool reads = read_x(&frame, &at);
    for (size_t i = 0; i < known; i++) {
        if (reads && fabs(t[i] - at) < fabs(t[nearest] - at)) nearest = i;
        if (t[i] >= -1e-9 && t[i] <= 1 + 1e-9) highest = fmax(highest, losses[0][i]);
        for (int end = 0; end < 2; end++)
            if (fabs(t[i] - end) < 0.012) ends[end] = losses[0][i];
    }
    if (reads) {
        snprintf(text, sizeof text, "t %s, L %s", number_text(t[nearest], 3, number),
                 number_text(losses[0][nearest], 4, second));
        reading(&frame, t[nearest], text);
    }
    ui_canvas_end(app->ui);
    double barrier = highest - fmax(ends[0], ends[1]);
    if (isfinite(barrier) && row->finished) {
        char apart[NUMBER_TEXT];
        number_text(study_line_length(row->study), 4, apart);
        if (barrier > 1e-9 * fabs(highest))
            ui_textf(app->ui, UI_SMALL | UI_WRAPPED, "A barrier of %s between them; they are %s apart.",
                     number_text(barrier, 4, number), apart);
        else
            ui_textf(app->ui, UI_SMALL | UI_WRAPPED, "No barrier between them; they are %s apart.", apart);
    }
}

/* ---- minimum ratio
 * --------------------------------------------------------------------------------------------------- */

static void show_ratio(struct app *app, struct analysis *row) {
    int nets = study_ratio_nets(row->study), done = 0, arrived = 0, saddles = 0;
    double range[2] = {INFINITY, -INFINITY}, least = 1;
    struct ratio_point point;
    for (int k = 0; k < nets; k++) {
        if (!study_read_ratio(row->study, k, &point)) continue;
        done++;
        if (!point.measured) continue;
        arrived++;
        saddles += point.kind == POINT_SADDLE;
        widen(range, point.loss);
        least = fmin(least, point.ratio);
    }
    if (done == 0) return;
    bool logarithmic = range[0] > 0 && range[1] > 20 * range[0];
    struct figure_frame frame = figure_frame_begin(app, row, axis_exactly(fmax(0, floor(10 * least - 0.5) / 10), 1.02),
                                                   axis_over(range[0], range[1], logarithmic));
    const struct plot *plot = &frame.plot;
    int under = -1;
    float best = 8;
    for (int k = 0; k < nets && arrived; k++) {
        if (!study_read_ratio(row->study, k, &point) || !point.measured) continue;
        float x = plot_x(plot, point.ratio), y = plot_y(plot, point.loss);
        struct color color = point.kind == POINT_SADDLE    ? plot->theme->escape
                             : point.kind == POINT_MINIMUM ? plot->theme->stable
                                                           : plot->theme->degenerate;
        ui_draw_circle(app->ui, x, y, fmaxf(3.2f, plot->rect.width / 80), color_fade(color, 0.75f), 0);
        float away = hypotf(frame.canvas.mouse_x - x, frame.canvas.mouse_y - y);
        if (frame.canvas.hovered && away < best) {
            best = away;
            under = k;
        }
    }
    char number[NUMBER_TEXT], text[MOST_TEXT];
    if (under >= 0 && study_read_ratio(row->study, under, &point)) {
        snprintf(text, sizeof text, "%d up, %d down, L %s", point.positive, point.negative,
                 number_text(point.loss, 4, number));
        reading(&frame, point.ratio, text);
    }
    ui_canvas_end(app->ui);
    ui_text(app->ui, UI_SMALL | UI_FAINT, "across: share of directions up; up: loss");
    ui_textf(app->ui, UI_SMALL | UI_WRAPPED, "%d of %d nets; %d arrived, %d of them at a saddle.", done, nets, arrived,
             saddles);
}

/* ---- critical points and ways off them
 * --------------------------------------------------------------------------------- */

static void show_ways(struct app *app, const struct analysis *row, const struct escape_way ways[2]) {
    double range[2] = {INFINITY, -INFINITY}, reach[2] = {0, 0};
    for (int side = 0; side < 2; side++) {
        for (int i = 0; i < ways[side].count; i++) widen(range, ways[side].losses[i]);
        if (ways[side].count) reach[side] = ways[side].t[ways[side].count - 1];
    }
    if (!(reach[0] > 0) && !(reach[1] > 0)) return;
    struct figure_frame frame =
        figure_frame_begin(app, row, axis_over(-reach[1], reach[0], false), axis_over(range[0], range[1], false));
    const struct plot *plot = &frame.plot;
    for (int side = 0; side < 2; side++) {
        double t[256];
        int count = ways[side].count < 256 ? ways[side].count : 256;
        for (int i = 0; i < count; i++) t[i] = side ? -ways[side].t[i] : ways[side].t[i];
        plot_line(plot, t, ways[side].losses, count, plot->theme->escape, 1.8f, STROKE_SOLID);
    }
    ui_draw_circle(app->ui, plot_x(plot, 0), plot_y(plot, ways[0].count ? ways[0].losses[0] : ways[1].losses[0]), 3.5f,
                   plot->theme->ink, 0);
    ui_canvas_end(app->ui);
}

static void show_seek(struct app *app, struct analysis *row) {
    const struct seek_finding *finding = study_read_seek(row->study, 0);
    if (!finding) return;
    char id[48];
    if (finding->error.kind) {
        ui_text(app->ui, UI_SMALL | UI_WRAPPED | UI_WARNING, finding->error.message);
        return;
    }
    ui_text(app->ui, UI_SMALL | UI_WRAPPED, finding->verdict);
    snprintf(id, sizeof id, "finding.show.%d", row->id);
    if (ui_button(app->ui, id, "Look at it", UI_BUTTON_EDGED)) inspector_open_found(app, row->id);
}

static void show_escape(struct app *app, struct analysis *row) {
    const struct escape_finding *finding = study_read_escape(row->study);
    if (!finding) return;
    char number[NUMBER_TEXT];
    show_ways(app, row, finding->ways);
    ui_textf(app->ui, UI_SMALL | UI_WRAPPED, "Down both ways along λ = %s.",
             number_text(finding->curvature, 4, number));
}

/* ---- sharpness
 * --------------------------------------------------------------------------------------------------------- */

static void show_sharpness(struct app *app, struct analysis *row) {
    struct session *session = app->session;
    const struct theme *theme = theme_get(app->settings.theme);
    char number[NUMBER_TEXT], second[NUMBER_TEXT], trouble[256];
    for (int i = 0; i < session->experiment->optimizer_count; i++) {
        int run = session_run(session, i, 0);
        size_t count = study_read_sharpness(row->study, run, 0, 0, NULL);
        if (!session_enabled(session, i)) continue;
        struct identity identity = identity_of(session->experiment, i, theme);
        ui_glyph(app->ui, identity.shape, 12, identity.color, theme->casing);
        ui_beside(app->ui, 8);
        struct sharpness_point point;
        if (count && study_read_sharpness(row->study, run, count - 1, 1, &point) && isfinite(point.preconditioned))
            ui_textf(app->ui, UI_SMALL | UI_IN_ROW, "λ max %s, limit %s", number_text(point.preconditioned, 4, number),
                     number_text(point.bound, 4, second));
        else if (count)
            ui_textf(app->ui, UI_SMALL | UI_IN_ROW, "λ max %s", number_text(point.largest, 4, number));
        else
            ui_text(app->ui, UI_SMALL | UI_IN_ROW | UI_FAINT, "not read yet");
        if (*study_sharpness_trouble(row->study, run, trouble, sizeof trouble))
            ui_text(app->ui, UI_SMALL | UI_WRAPPED | UI_WARNING, trouble);
    }
    if (app->figure != FIGURE_SHARPNESS && ui_button(app->ui, "sharpness.show", "Show the curves", UI_BUTTON_EDGED))
        curves_show(app, FIGURE_SHARPNESS);
}

/* ---- slices
 * ------------------------------------------------------------------------------------------------------------ */

static void show_slices(struct app *app, struct analysis *row) {
    const struct slices *slices = study_read_slices(row->study);
    char title[160], number[NUMBER_TEXT], second[NUMBER_TEXT];
    if (!slices) return;
    ui_text(app->ui, UI_SMALL | UI_WRAPPED, slices_title(slices, title, sizeof title));
    ui_textf(app->ui, UI_SMALL | UI_WRAPPED | UI_FAINT, "The Hessian's plane: λ %s and %s",
             number_text(slices->high, 4, number), number_text(slices->low, 4, second));
    bool shown = app->basins == row->id;
    if (ui_button(app->ui, "slices.show", shown ? "Back to the surface" : "Show the planes", UI_BUTTON_EDGED))
        basins_show(app, shown ? 0 : row->id);
}

void finding_show(struct app *app, struct analysis *row) {
    switch (row->kind) {
    case ANALYSIS_SPECTRUM: show_spectrum(app, row); break;
    case ANALYSIS_TAYLOR: show_taylor(app, row); break;
    case ANALYSIS_SEEK: show_seek(app, row); break;
    case ANALYSIS_ESCAPE: show_escape(app, row); break;
    case ANALYSIS_LINE: show_line(app, row); break;
    case ANALYSIS_SHARPNESS: show_sharpness(app, row); break;
    case ANALYSIS_RATIO: show_ratio(app, row); break;
    case ANALYSIS_TUNE: finding_tune(app, row); break;
    case ANALYSIS_BASINS: finding_basins(app, row); break;
    case ANALYSIS_SLICES: show_slices(app, row); break;
    case ANALYSIS_KINDS: break;
    }
}
