/* What a lesson's step has drawn above the scene: the lecture's decision chart, each question answered by the losses of
 * the first shown run at the step on screen and the way so far lit; or a plot of measures. */
#include "app/app_parts.h"
#include "app/plot.h"

#include "base/text.h"

#include <math.h>

/* Design pixels. */
static const float large_height = 262, small_height = 186, share_of_scene = 0.36f, large_width = 900, margin = 12;

/* Boxes by row, from the top. */
enum box { TRAIN, OTHER, TEST, HELD_BACK, BIAS, OPTIMIZATION, OVERFITTING, MISMATCH, DONE, BOXES };
enum { ROWS = 4 };
static const struct {
    float column; /* of its middle, 0 … 5 across */
    int row;
    enum box parent;
    const char *name, *way; /* the answer that leads here */
} boxes[BOXES] = {
    [TRAIN] = {2.375f, 0, BOXES, "Training loss", ""},
    [OTHER] = {1, 1, TRAIN, "Another model", "large"},
    [TEST] = {3.75f, 1, TRAIN, "Test loss", "small"},
    [HELD_BACK] = {3, 2, TEST, "Validation loss", "large"},
    [BIAS] = {0.5f, 3, OTHER, "Model bias", "richer: lower"},
    [OPTIMIZATION] = {1.5f, 3, OTHER, "Optimization", "shallower: lower"},
    [OVERFITTING] = {2.5f, 3, HELD_BACK, "Overfitting", "large"},
    [MISMATCH] = {3.5f, 3, HELD_BACK, "Mismatch", "small"},
    [DONE] = {4.5f, 3, TEST, "Done", "small"},
};

struct verdict {
    bool lit[BOXES];
    char figure[BOXES][96]; /* "0.208 > 0.05" */
};

/* Whether a loss is large; says so. */
static bool is_large(double loss, double threshold, char out[96]) {
    char numbers[2][NUMBER_TEXT];
    snprintf(out, 96, "%s %s %s", number_text(loss, 3, numbers[0]), loss > threshold ? ">" : "≤",
             number_text(threshold, 3, numbers[1]));
    return loss > threshold;
}

static void ask_other(const struct app *app, const struct lesson_chart *chart, double loss, struct verdict *verdict) {
    struct lesson_figure figure;
    char numbers[2][NUMBER_TEXT];
    const char *kind = ui_said(app->ui, chart->richer ? "richer" : "shallower");
    if (chart->other < 0) return;
    if (!lesson_check_figure(app->player.check, chart->other, &figure)) {
        snprintf(verdict->figure[OTHER], sizeof verdict->figure[OTHER], "%s …", kind);
        return;
    }
    double other = figure.median;
    bool lower = other < loss;
    snprintf(verdict->figure[OTHER], sizeof verdict->figure[OTHER], "%s %s %s %s", kind,
             number_text(other, 3, numbers[0]), lower ? "<" : "≥", number_text(loss, 3, numbers[1]));
    verdict->lit[lower == chart->richer ? BIAS : OPTIMIZATION] = true;
}

/* A question is answered by the viewer first. */
static bool is_told(const struct player *player) {
    return !player->lesson->steps[player->step].question.en || player->answered >> player->step & 1;
}

static struct verdict judge(const struct app *app, const struct lesson_chart *chart) {
    struct verdict verdict = {.lit = {[TRAIN] = true}};
    const struct session *session = app->session;
    struct sample sample;
    int shown = 0;
    while (shown < session->experiment->optimizer_count && !session_enabled(session, shown)) shown++;
    if (shown == session->experiment->optimizer_count ||
        !session_sample(session, session_run(session, shown, 0), &sample))
        return verdict;
    if (is_large(sample.loss, chart->train, verdict.figure[TRAIN])) {
        verdict.lit[OTHER] = true;
        ask_other(app, chart, sample.loss, &verdict);
        return verdict;
    }
    verdict.lit[TEST] = true;
    if (!isfinite(sample.test_loss)) return verdict;
    if (!is_large(sample.test_loss, chart->test, verdict.figure[TEST])) {
        verdict.lit[DONE] = true;
        return verdict;
    }
    verdict.lit[HELD_BACK] = true;
    if (!isfinite(sample.validation_loss)) return verdict;
    bool large = is_large(sample.validation_loss, chart->test, verdict.figure[HELD_BACK]);
    verdict.lit[large ? OVERFITTING : MISMATCH] = true;
    return verdict;
}

/* ---- drawing
 * ----------------------------------------------------------------------------------------------------------- */

struct place {
    float x, y, width, height; /* x of its middle, y of its top */
};

/* Beside a way, in a small chart, a box may stand where its word would: it is left out then. */
static bool has_room(const struct place places[BOXES], float x, float y, float width) {
    for (int b = 0; b < BOXES; b++) {
        const struct place *at = &places[b];
        if (x < at->x + at->width / 2 && x + width > at->x - at->width / 2 && y > at->y && y < at->y + at->height)
            return false;
    }
    return true;
}

static void draw_way(struct app *app, const struct place places[BOXES], const struct place *from,
                     const struct place *to, bool lit, const char *word, bool left) {
    const struct theme *theme = theme_get(app->settings.theme);
    struct color color = lit ? theme->accent : color_fade(theme->ink, 0.25f);
    float bottom = from->y + from->height, middle = bottom + floorf((to->y - bottom) * 0.3f);
    if (to->y - bottom > 2 * from->height) middle = bottom + floorf(0.3f * from->height);
    float line[8] = {from->x, bottom, from->x, middle, to->x, middle, to->x, to->y};
    ui_draw_polyline(app->ui, line, 4, color, lit ? 2.5f : 1);
    unsigned style = UI_SMALL | (lit ? UI_BOLD : 0);
    float width = ui_text_width(app->ui, style, word), x = left ? to->x - 6 - width : to->x + 6;
    float y = (middle + 2 + to->y) / 2;
    if (has_room(places, x, y, width))
        ui_draw_text(app->ui, style, x, y, 0, 0.5f, lit ? theme->ink : color_fade(theme->ink, 0.6f), word);
}

static void draw_box(struct app *app, const struct place *at, bool lit, bool end, unsigned style, const char *name,
                     const char *figure) {
    const struct theme *theme = theme_get(app->settings.theme);
    struct rect rect = {at->x - at->width / 2, at->y, at->width, at->height};
    bool filled = lit && end;
    struct color ink = filled ? theme->panel : lit ? theme->ink : color_fade(theme->ink, 0.6f);
    ui_draw_rect(app->ui, rect, filled ? theme->accent : theme->panel, 6);
    ui_draw_frame(app->ui, rect, lit ? theme->accent : color_fade(theme->ink, 0.25f), 6, lit ? 2 : 1);
    unsigned bold = style | (lit ? UI_BOLD : 0);
    float name_width = ui_text_width(app->ui, bold, name), gap = *figure ? 10 : 0;
    float all = name_width + gap + (*figure ? ui_text_width(app->ui, style, figure) : 0);
    float x = at->x - all / 2, y = at->y + at->height / 2;
    ui_draw_text(app->ui, bold, x, y, 0, 0.5f, ink, name);
    if (*figure) ui_draw_text(app->ui, style, x + name_width + gap, y, 0, 0.5f, ink, figure);
}

/* ---- a plot
 * --------------------------------------------------------------------------------------------------------------- */

/* Of a point: the mean of its measures, and over the seeds their spread. */
static bool read_point(const struct app *app, const struct lesson_plot_line *line, int i, struct lesson_figure *out) {
    const struct lesson_plot_point *point = &line->points[i];
    double times = line->times[i] / point->count;
    *out = (struct lesson_figure){0};
    for (int k = 0; k < point->count; k++) {
        struct lesson_figure one;
        if (!lesson_check_figure(app->player.check, point->measures[k], &one) || !isfinite(one.median)) return false;
        out->median += times * one.median;
        out->least += times * one.least;
        out->most += times * one.most;
    }
    return true;
}

static struct color line_color(const struct app *app, int line) {
    const struct theme *theme = theme_get(app->settings.theme);
    const struct color colors[] = {theme->accent, theme->escape, theme->stable, theme->ink, theme->degenerate};
    return colors[line % (int)(sizeof colors / sizeof *colors)];
}

/* Several decades are logarithmic. */
static struct axis axis_for(const double range[2], bool linear) {
    static const double much = 12;
    return axis_over(range[0], range[1], !linear && range[0] > 0 && range[1] > much * range[0]);
}

/* Upright lines where it was measured, with the places below, as many as have room. */
static void draw_places(struct app *app, const struct lesson_plot *of, const struct plot *plot) {
    const float bottom = plot->rect.y + plot->rect.height;
    float free_from = -INFINITY;
    for (int i = 0; i < of->count; i++) {
        char text[NUMBER_TEXT];
        number_text(of->at[i], 4, text);
        float x = plot_x(plot, of->at[i]), half = 0.5f * ui_text_width(app->ui, UI_SMALL, text);
        if (x - half < free_from) continue;
        free_from = x + half + 10;
        ui_draw_line(app->ui, x, plot->rect.y, x, bottom, color_fade(plot->theme->ink, 0.10f), 1);
        ui_draw_text(app->ui, UI_SMALL, x, bottom + 12, 0.5f, 0.5f, plot->theme->faint_ink, text);
    }
}

/* Names above the plot, each in its line's colour. */
static void draw_names(struct app *app, const struct lesson_plot *of, unsigned style, const struct plot *plot,
                       float top) {
    float x = plot->rect.x;
    ui_draw_text(app->ui, style, x, top, 0, 0.5f, plot->theme->ink, player_words(app, &of->up));
    x += ui_text_width(app->ui, style, player_words(app, &of->up)) + 24;
    for (int l = 0; l < of->line_count; l++) {
        const char *name = player_words(app, &of->lines[l].name);
        float key[4] = {x, top, x + 22, top};
        plot_stroke(plot, key, 2, line_color(app, of->lines[l].shade), 3,
                    of->lines[l].dashed ? STROKE_DASHED : STROKE_SOLID);
        ui_draw_text(app->ui, style, x + 28, top, 0, 0.5f, plot->theme->ink, name);
        x += 28 + ui_text_width(app->ui, style, name) + 22;
    }
}

/* Of the parabola through three points, the middle one lowest. */
static void lowest_between(const double x[3], const double y[3], double *at, double *height) {
    double before = (y[1] - y[0]) / (x[1] - x[0]), after = (y[2] - y[1]) / (x[2] - x[1]);
    double bend = (after - before) / (x[2] - x[0]);
    if (!(bend > 0)) return;
    *at = (x[0] + x[1]) / 2 - before / (2 * bend);
    *height = y[1] + (*at - x[1]) * (before + bend * (*at - x[0]));
}

static void draw_line(struct app *app, const struct lesson_plot *of, int l, const struct plot *plot) {
    const struct lesson_plot_line *line = &of->lines[l];
    struct color color = line_color(app, line->shade);
    double x[LESSON_PLOT_POINTS], y[LESSON_PLOT_POINTS];
    int known = 0, least = -1;
    for (int i = 0; i < of->count; i++) {
        struct lesson_figure figure;
        if (!read_point(app, line, i, &figure)) continue;
        x[known] = of->at[i];
        y[known] = figure.median;
        float at = plot_x(plot, of->at[i]);
        if (figure.most > figure.least)
            ui_draw_line(app->ui, at, plot_y(plot, figure.least), at, plot_y(plot, figure.most),
                         color_fade(color, 0.5f), 2);
        if (!line->slice) ui_draw_circle(app->ui, at, plot_y(plot, figure.median), 4.5f, color, 0);
        if (least < 0 || y[known] < y[least]) least = known;
        known++;
    }
    plot_line(plot, x, y, known, color, 2.4f, line->dashed ? STROKE_DASHED : STROKE_SOLID);
    if (!line->marked || known < of->count) return;
    double at = x[least], height = y[least];
    if (line->slice && least > 0 && least + 1 < known) lowest_between(x + least - 1, y + least - 1, &at, &height);
    ui_draw_circle(app->ui, plot_x(plot, at), plot_y(plot, height), 10, color, 2);
}

static const struct lesson_plot *shown_plot(const struct app *app) {
    const struct player *player = &app->player;
    if (!player->lesson) return NULL;
    return is_told(player) ? player->lesson->steps[player->step].show.plot : NULL;
}

static void show_plot(struct app *app, const struct lesson_plot *of, struct rect area) {
    struct ui *ui = app->ui;
    bool large = area.width >= large_width;
    unsigned style = large ? UI_BODY : UI_SMALL;
    double across[2] = {of->at[0], of->at[of->count - 1]}, up[2] = {INFINITY, -INFINITY};
    for (int l = 0; l < of->line_count; l++)
        for (int i = 0; i < of->count; i++) {
            struct lesson_figure figure;
            if (!read_point(app, &of->lines[l], i, &figure)) continue;
            up[0] = fmin(up[0], figure.least);
            up[1] = fmax(up[1], figure.most);
        }
    struct plot plot = {.ui = ui,
                        .theme = theme_get(app->settings.theme),
                        .rect = {area.x + 76, area.y + 40, area.width - 76 - 40, area.height - 40 - 48},
                        .x = axis_for(across, false),
                        .y = axis_for(up, of->linear)};
    draw_names(app, of, style, &plot, area.y + 20);
    if (axis_usable(&plot.x)) draw_places(app, of, &plot);
    if (axis_usable(&plot.y)) plot_grid_y(&plot);
    if (!axis_usable(&plot.y)) { /* the panel at the left says how far it is */
        bool over = job_progress(lesson_check_job(app->player.check)).finished;
        ui_draw_text(ui, style, plot.rect.x + plot.rect.width / 2, plot.rect.y + plot.rect.height / 2, 0.5f, 0.5f,
                     plot.theme->faint_ink, ui_said(ui, over ? "Not measured" : "Measuring…"));
    }
    ui_draw_text(ui, style, plot.rect.x + plot.rect.width, area.y + area.height - 14, 1, 0.5f, plot.theme->ink,
                 player_words(app, &of->across));
    for (int l = 0; axis_usable(&plot.x) && axis_usable(&plot.y) && l < of->line_count; l++)
        draw_line(app, of, l, &plot);
}

/* ---- the panel
 * ------------------------------------------------------------------------------------------------------------ */

static void show_chart(struct app *app, const struct lesson_chart *chart, struct rect area) {
    struct ui *ui = app->ui;
    bool large = area.width >= large_width && area.height >= large_height;
    unsigned style = large ? UI_BODY : UI_SMALL;
    float height = large ? 36 : 26, across = area.width - 2 * margin;
    float gap = (area.height - 2 * margin - ROWS * height) / (ROWS - 1);
    struct verdict verdict = judge(app, chart);
    for (int b = BIAS; b < BOXES && !is_told(&app->player); b++) verdict.lit[b] = false;
    struct place places[BOXES];
    for (int b = 0; b < BOXES; b++) {
        const char *name = ui_said(ui, boxes[b].name);
        float width = ui_text_width(ui, style | UI_BOLD, name) + 24;
        if (verdict.figure[b][0]) width += ui_text_width(ui, style, verdict.figure[b]) + 10;
        places[b] = (struct place){area.x + margin + boxes[b].column * across / 5,
                                   area.y + margin + (float)boxes[b].row * (height + gap), width, height};
    }
    for (int pass = 0; pass < 2; pass++) /* what is lit lies above */
        for (int b = 1; b < BOXES; b++)
            if (verdict.lit[b] == (pass == 1))
                draw_way(app, places, &places[boxes[b].parent], &places[b], verdict.lit[b], ui_said(ui, boxes[b].way),
                         b != BIAS && boxes[b].column < boxes[boxes[b].parent].column); /* its words are long */
    for (int b = 0; b < BOXES; b++)
        draw_box(app, &places[b], verdict.lit[b], b >= BIAS, style, ui_said(ui, boxes[b].name), verdict.figure[b]);
}

const char *panel_chart_end(const struct app *app) {
    const struct lesson_chart *chart = player_chart(app);
    if (!chart || !app->session) return "";
    struct verdict verdict = judge(app, chart);
    for (int b = BOXES - 1; b >= 0; b--)
        if (verdict.lit[b] && (b < BIAS || is_told(&app->player))) return boxes[b].name;
    return "";
}

float panel_chart_height(const struct app *app, float scene_height) {
    if (!player_chart(app) && !shown_plot(app)) return 0;
    return share_of_scene * scene_height >= large_height ? large_height : small_height;
}

void panel_chart(struct app *app) {
    const struct lesson_chart *chart = player_chart(app);
    const struct lesson_plot *plot = shown_plot(app);
    struct rect area = app->layout.chart;
    if (!app->session || area.height < 1) return;
    ui_panel_begin(app->ui, "chart", area, UI_PANEL_PLAIN | UI_PANEL_BARE);
    struct ui_canvas canvas = ui_canvas_begin(app->ui, "chart.canvas", area.width, area.height);
    if (chart) show_chart(app, chart, canvas.rect);
    if (!chart && plot) show_plot(app, plot, canvas.rect);
    ui_canvas_end(app->ui);
    ui_panel_end(app->ui);
}
