/* The lecture's decision chart above the scene: each question answered by the losses of the first shown run at the step
 * on screen, the way so far lit. */
#include "app/app_parts.h"

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
    const char *en, *zh;
    const char *way_en, *way_zh; /* the answer that leads here */
} boxes[BOXES] = {
    [TRAIN] = {2.375f, 0, BOXES, "Training loss", "训练损失", "", ""},
    [OTHER] = {1, 1, TRAIN, "Another model", "换一个模型", "large", "大"},
    [TEST] = {3.75f, 1, TRAIN, "Test loss", "测试损失", "small", "小"},
    [HELD_BACK] = {3, 2, TEST, "Validation loss", "验证损失", "large", "大"},
    [BIAS] = {0.5f, 3, OTHER, "Model bias", "模型偏差", "a richer one is lower", "更丰富的更低"},
    [OPTIMIZATION] = {1.5f, 3, OTHER, "Optimization", "优化问题", "a shallower one is lower", "更浅的更低"},
    [OVERFITTING] = {2.5f, 3, HELD_BACK, "Overfitting", "过拟合", "large", "大"},
    [MISMATCH] = {3.5f, 3, HELD_BACK, "Mismatch", "不匹配", "small", "小"},
    [DONE] = {4.5f, 3, TEST, "Done", "完成", "small", "小"},
};

struct verdict {
    bool lit[BOXES];
    char figure[BOXES][96]; /* "0.208 > 0.05" */
};

static bool chinese(const struct app *app) {
    return app->settings.language == LANGUAGE_ZH;
}

/* Whether a loss is large; says so. */
static bool is_large(double loss, double threshold, char out[96]) {
    char numbers[2][NUMBER_TEXT];
    snprintf(out, 96, "%s %s %s", number_text(loss, 3, numbers[0]), loss > threshold ? ">" : "≤",
             number_text(threshold, 3, numbers[1]));
    return loss > threshold;
}

static void ask_other(const struct app *app, const struct lesson_chart *chart, double loss, struct verdict *verdict) {
    double other;
    char numbers[2][NUMBER_TEXT];
    const char *kind = chinese(app) ? chart->richer ? "更丰富" : "更浅" : chart->richer ? "richer" : "shallower";
    if (chart->other < 0) return;
    if (!lesson_check_figure(app->player.check, chart->other, &other)) {
        snprintf(verdict->figure[OTHER], sizeof verdict->figure[OTHER], "%s …", kind);
        return;
    }
    bool lower = other < loss;
    snprintf(verdict->figure[OTHER], sizeof verdict->figure[OTHER], "%s %s %s %s", kind,
             number_text(other, 3, numbers[0]), lower ? "<" : "≥", number_text(loss, 3, numbers[1]));
    verdict->lit[lower == chart->richer ? BIAS : OPTIMIZATION] = true;
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

static void draw_way(struct app *app, const struct place *from, const struct place *to, bool lit, const char *word,
                     bool left) {
    const struct theme *theme = theme_get(app->settings.theme);
    struct color color = lit ? theme->accent : color_fade(theme->ink, 0.25f);
    float bottom = from->y + from->height, middle = bottom + floorf((to->y - bottom) * 0.3f);
    if (to->y - bottom > 2 * from->height) middle = bottom + floorf(0.3f * from->height);
    float line[8] = {from->x, bottom, from->x, middle, to->x, middle, to->x, to->y};
    ui_draw_polyline(app->ui, line, 4, color, lit ? 2.5f : 1);
    ui_draw_text(app->ui, UI_SMALL | (lit ? UI_BOLD : 0), left ? to->x - 6 : to->x + 6, (middle + 2 + to->y) / 2,
                 left ? 1 : 0, 0.5f, lit ? theme->ink : color_fade(theme->ink, 0.6f), word);
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

float panel_chart_height(const struct app *app, float scene_height) {
    if (!player_chart(app)) return 0;
    return share_of_scene * scene_height >= large_height ? large_height : small_height;
}

void panel_chart(struct app *app) {
    struct ui *ui = app->ui;
    const struct lesson_chart *chart = player_chart(app);
    struct rect area = app->layout.chart;
    if (!chart || !app->session || area.height < 1) return;
    ui_panel_begin(ui, "chart", area, UI_PANEL_PLAIN | UI_PANEL_BARE);
    struct ui_canvas canvas = ui_canvas_begin(ui, "chart.canvas", area.width, area.height);
    bool large = area.width >= large_width && area.height >= large_height;
    unsigned style = large ? UI_BODY : UI_SMALL;
    float height = large ? 36 : 26, across = canvas.rect.width - 2 * margin;
    float gap = (canvas.rect.height - 2 * margin - ROWS * height) / (ROWS - 1);
    struct verdict verdict = judge(app, chart);
    struct place places[BOXES];
    for (int b = 0; b < BOXES; b++) {
        const char *name = chinese(app) ? boxes[b].zh : boxes[b].en;
        float width = ui_text_width(ui, style | UI_BOLD, name) + 24;
        if (verdict.figure[b][0]) width += ui_text_width(ui, style, verdict.figure[b]) + 10;
        places[b] = (struct place){canvas.rect.x + margin + boxes[b].column * across / 5,
                                   canvas.rect.y + margin + (float)boxes[b].row * (height + gap), width, height};
    }
    for (int pass = 0; pass < 2; pass++) /* what is lit lies above */
        for (int b = 1; b < BOXES; b++)
            if (verdict.lit[b] == (pass == 1))
                draw_way(app, &places[boxes[b].parent], &places[b], verdict.lit[b],
                         chinese(app) ? boxes[b].way_zh : boxes[b].way_en,
                         boxes[b].column < boxes[boxes[b].parent].column);
    for (int b = 0; b < BOXES; b++)
        draw_box(app, &places[b], verdict.lit[b], b >= BIAS, style, chinese(app) ? boxes[b].zh : boxes[b].en,
                 verdict.figure[b]);
    ui_canvas_end(ui);
    ui_panel_end(ui);
}
