#include "app/app_parts.h"
#include "app/marks.h"
#include "app/network_view.h"
#include "app/plot.h"

#include "base/memory.h"
#include "base/text.h"
#include "scene/portrait_picture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LABEL = 20, MOST_IMAGES = 400 };

static const struct data *data_of(const struct app *app) {
    return portrait_data(app->session->experiment->objective);
}

static float pixels(const struct app *app) { /* physical ones per design pixel */
    return app_scale(app) * app->window.pixel_ratio;
}

static void press(struct app *app) {
    app->network.large = !app->network.large;
    app_redraw(app);
}

/* Runs with something to show, by optimizer. */
static int shown_runs(const struct app *app, int runs[EXPERIMENT_MAX_OPTIMIZERS]) {
    const struct session *session = app->session;
    int count = 0;
    for (int i = 0; i < session->experiment->optimizer_count; i++)
        if (session_enabled(session, i)) runs[count++] = session_run(session, i, 0);
    return count;
}

/* A run's mark and name, and at the right what it comes to. */
static void name_row(struct app *app, int run, float x, float y, float width, const char *figure) {
    const struct theme *theme = theme_get(app->settings.theme);
    int optimizer = run / app->session->starts;
    struct identity identity = identity_of(app->session->experiment, optimizer, theme);
    float used = ui_text_width(app->ui, UI_SMALL, figure);
    mark_draw(app->ui, identity.shape, x + 7, y + LABEL / 2, 11, identity.color, theme->casing);
    if (width - used - 24 >= ui_text_width(app->ui, UI_SMALL, app->session->experiment->optimizers[optimizer].label))
        ui_draw_text(app->ui, UI_SMALL, x + 18, y + LABEL / 2, 0, 0.5f, theme->ink,
                     app->session->experiment->optimizers[optimizer].label);
    ui_draw_text(app->ui, UI_SMALL, x + width, y + LABEL / 2, 1, 0.5f, theme->ink, figure);
}

static const char *percent(double share, char out[NUMBER_TEXT]) {
    if (isfinite(share))
        snprintf(out, NUMBER_TEXT, "%.1f %%", floor(1000 * share) / 10); /* 100 only where all are right */
    else
        snprintf(out, NUMBER_TEXT, "–");
    return out;
}

/* True when the cache's picture has to be made anew, with room for it. */
static uint8_t *renew(struct picture_cache *cache, const struct app *app, int run, int width, int height) {
    uint64_t revision = app->network.set->revision;
    int theme = (int)app->settings.theme;
    if (cache->texture && cache->revision == revision && cache->width == width && cache->height == height &&
        cache->theme == theme && cache->run == run)
        return NULL;
    struct texture *texture = cache->texture ? cache->texture : texture_create();
    *cache = (struct picture_cache){texture, revision, width, height, theme, run};
    return MEM_NEW(uint8_t, 4 * (size_t)width * (size_t)height);
}

static void keep(struct app *app, struct picture_cache *cache, uint8_t *rgba) {
    texture_fill(cache->texture, cache->width, cache->height, rgba);
    ui_pictures_changed(app->ui);
    free(rgba);
}

/* ---- maps ----------------------------------------------------------------------------------------------------------
 */

static void map_tile(struct app *app, int size, int run, struct rect rect) {
    const struct theme *theme = theme_get(app->settings.theme);
    const struct portrait *portrait = network_portrait(app, run);
    struct picture_cache *cache = &app->network.maps[size][run / app->session->starts];
    int width = (int)lroundf(rect.width * pixels(app)), height = (int)lroundf(rect.height * pixels(app));
    char number[NUMBER_TEXT];
    if (portrait && portrait->known && width > 0 && height > 0) {
        uint8_t *rgba = renew(cache, app, run, width, height);
        if (rgba) {
            int index = (int)(portrait - app->network.set->portraits);
            portrait_picture(app->network.set, index, data_of(app), theme, width, height, pixels(app), rgba);
            keep(app, cache, rgba);
        }
        ui_draw_picture(app->ui, rect, texture_name(cache->texture));
    } else {
        ui_draw_text(app->ui, UI_SMALL, rect.x + rect.width / 2, rect.y + rect.height / 2, 0.5f, 0.5f, theme->faint_ink,
                     "not kept");
    }
    ui_draw_frame(app->ui, rect, theme->panel_edge, 0, 1);
    name_row(app, run, rect.x, rect.y + rect.height + 2, rect.width,
             percent(portrait ? portrait->accuracy : NAN, number));
}

void network_maps(struct app *app, int size, float width, float height) {
    const float gap = size == NETWORK_LARGE ? 18 : 10;
    int runs[EXPERIMENT_MAX_OPTIMIZERS], count = shown_runs(app, runs), columns = count > 1 ? 2 : 1;
    float side = (width - gap * (float)(columns - 1)) / (float)columns;
    if (count == 0) return;
    if (height > 0) { /* as many columns as make them largest */
        side = 0;
        for (int c = 1; c <= count; c++) {
            int rows = (count + c - 1) / c;
            float fits = fminf((width - gap * (float)(c - 1)) / (float)c,
                               (height - gap * (float)(rows - 1)) / (float)rows - LABEL - 2);
            if (fits > side) side = fits, columns = c;
        }
    }
    side = floorf(side);
    int rows = (count + columns - 1) / columns;
    float used = side * (float)columns + gap * (float)(columns - 1), each = side + LABEL + 2 + gap;
    struct ui_canvas canvas = ui_canvas_begin(app->ui, size ? "network.picture.large" : "network.picture", width,
                                              height > 0 ? height : each * (float)rows - gap);
    float left = canvas.rect.x + (size == NETWORK_LARGE ? (width - used) / 2 : 0);
    for (int i = 0; i < count; i++)
        map_tile(app, size, runs[i],
                 (struct rect){left + (float)(i % columns) * (side + gap), canvas.rect.y + (float)(i / columns) * each,
                               side, side});
    ui_canvas_end(app->ui);
    if (!size)
        ui_tip(app->ui, "Which class each network names, the paler the less sure; ringed: samples named wrongly");
    if (ui_canvas_pressed(app->ui, size ? "network.picture.large" : "network.picture", &canvas)) press(app);
}

/* ---- a fitted curve ------------------------------------------------------------------------------------------------
 */

void network_fit(struct app *app, int size, float width, float height) {
    struct ui *ui = app->ui;
    const struct portrait_set *set = app->network.set;
    const struct data *data = data_of(app);
    const struct theme *theme = theme_get(app->settings.theme);
    int runs[EXPERIMENT_MAX_OPTIMIZERS], count = shown_runs(app, runs);
    double low = INFINITY, high = -INFINITY, x[PORTRAIT_CURVE_POINTS], y[PORTRAIT_CURVE_POINTS];
    for (int i = 0; i < set->samples; i++) {
        low = fmin(low, data->y[i]);
        high = fmax(high, data->y[i]);
    }
    double air = 0.2 * fmax(high - low, 1e-6);
    struct ui_canvas canvas =
        ui_canvas_begin(ui, size ? "network.picture.large" : "network.picture", width, height > 0 ? height : 170);
    struct rect area = canvas.rect;
    struct plot plot = {.ui = ui,
                        .theme = theme,
                        .rect = {area.x + 40, area.y + 4, area.width - 46, area.height - 26},
                        .x = axis_exactly(set->low[0], set->high[0]),
                        .y = axis_exactly(low - air, high + air)};
    plot_grid_x(&plot);
    plot_grid_y(&plot);
    for (int i = 0; i < set->samples; i++)
        ui_draw_circle(ui, plot_x(&plot, data->x[i]), plot_y(&plot, data->y[i]), size ? 4 : 2.2f,
                       color_fade(theme->faint_ink, 0.8f), 0);
    for (int k = count - 1; k >= 0; k--) {
        const struct portrait *portrait = network_portrait(app, runs[k]);
        if (!portrait || !portrait->known || !portrait->curve) continue;
        struct identity identity = identity_of(app->session->experiment, runs[k] / app->session->starts, theme);
        for (int i = 0; i < PORTRAIT_CURVE_POINTS; i++) {
            x[i] = set->low[0] + (set->high[0] - set->low[0]) * i / (PORTRAIT_CURVE_POINTS - 1);
            bool inside = (double)portrait->curve[i] > low - 2 * air && (double)portrait->curve[i] < high + 2 * air;
            y[i] = inside ? (double)portrait->curve[i] : NAN;
        }
        plot_line(&plot, x, y, PORTRAIT_CURVE_POINTS, identity.color, size ? 3 : 1.8f, STROKE_SOLID);
    }
    ui_canvas_end(ui);
    if (!size) ui_tip(ui, "What each network has fitted to the data");
    if (ui_canvas_pressed(ui, size ? "network.picture.large" : "network.picture", &canvas)) press(app);
}

/* ---- images --------------------------------------------------------------------------------------------------------
 */

static const char *class_name(const struct data *data, int class, char out[32]) {
    if (data->class_names)
        text_print(out, 32, "%s", data->class_names[class]);
    else
        snprintf(out, 32, "%d", class);
    return out;
}

/* Those named wrongly first, each part in the data's order, so that little moves while a run goes on. */
static int choose_images(const struct portrait_set *set, const struct portrait *portrait, const struct data *data,
                         int most, int *chosen) {
    int count = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < set->samples && count < most; i++)
            if ((portrait->best[i] == data->labels[i]) == (pass == 1)) chosen[count++] = i;
    return count;
}

void network_images(struct app *app, int size, float width, float height) {
    struct ui *ui = app->ui;
    const struct portrait_set *set = app->network.set;
    const struct data *data = data_of(app);
    const struct theme *theme = theme_get(app->settings.theme);
    const struct portrait *portrait = network_portrait(app, app->network.run);
    const float caption = 17, gap = 6, least = size ? 64 : 42;
    int columns = (int)((width + gap) / (least + gap)), planes, chosen[MOST_IMAGES];
    if (columns < 1 || !portrait || !portrait->known) return;
    float side = floorf((width - gap * (float)(columns - 1)) / (float)columns), each = side + caption + gap;
    int rows = height > 0 ? (int)((height + gap) / each) : 4;
    int most = rows * columns < MOST_IMAGES ? rows * columns : MOST_IMAGES;
    int count = choose_images(set, portrait, data, most, chosen);
    struct ui_canvas canvas = ui_canvas_begin(ui, size ? "network.picture.large" : "network.picture", width,
                                              height > 0 ? height : each * (float)rows - gap);
    /* One picture of them all, whole pixels each: no more than the images have, where they have many. */
    int edge = (int)lroundf(side * pixels(app)), shown = portrait_image_side(data, &planes);
    if (edge > 4 * shown) edge = 4 * shown;
    struct picture_cache *cache = &app->network.images[size];
    uint8_t *rgba = count ? renew(cache, app, app->network.run, edge * columns, edge * rows) : NULL;
    if (rgba) {
        for (int i = 0; i < count; i++)
            portrait_image(data, chosen[i], theme, edge, i % columns * edge, i / columns * edge, edge * columns, rgba);
        keep(app, cache, rgba);
    }
    for (int i = 0; i < count; i++) {
        struct rect rect = {canvas.rect.x + (float)(i % columns) * (side + gap),
                            canvas.rect.y + (float)(i / columns) * each, side, side};
        float part[4] = {(float)(i % columns) / (float)columns, (float)(i / columns) / (float)rows, 1 / (float)columns,
                         1 / (float)rows};
        ui_draw_picture_part(ui, rect, texture_name(cache->texture), part);
        bool wrong = portrait->best[chosen[i]] != data->labels[chosen[i]];
        if (wrong)
            ui_draw_frame(ui, (struct rect){rect.x - 1, rect.y - 1, side + 2, side + 2}, theme->escape, 0, 2);
        else
            ui_draw_frame(ui, rect, theme->panel_edge, 0, 1);
        char text[64], name[32];
        snprintf(text, sizeof text, "%s  %.0f %%", class_name(data, portrait->best[chosen[i]], name),
                 floor(100 * (double)portrait->sure[chosen[i]]));
        if (ui_text_width(ui, UI_SMALL, text) > side + gap)
            snprintf(text, sizeof text, "%s", class_name(data, portrait->best[chosen[i]], name));
        ui_draw_text(ui, UI_SMALL, rect.x + side / 2, rect.y + side + 2, 0.5f, 0,
                     wrong ? plot_readable(theme->escape, theme, 4.5f) : theme->faint_ink, text);
    }
    ui_canvas_end(ui);
    if (!size) ui_tip(ui, "What it names each one, and how sure it is; framed and first: those named wrongly");
    if (ui_canvas_pressed(ui, size ? "network.picture.large" : "network.picture", &canvas)) press(app);
}

/* ---- mistakes ------------------------------------------------------------------------------------------------------
 */

/* The classes' names stand above their columns where all of them have room. */
static bool names_fit(const struct app *app, float cell, int classes) {
    char name[32];
    for (int c = 0; c < classes; c++)
        if (ui_text_width(app->ui, UI_SMALL, class_name(data_of(app), c, name)) > cell) return false;
    return true;
}

static void mistakes_names(struct app *app, struct rect rect, float left, float top, float cell, int classes) {
    const struct data *data = data_of(app);
    const struct theme *theme = theme_get(app->settings.theme);
    char name[32];
    for (int c = 0; c < classes; c++) {
        class_name(data, c, name);
        if (ui_text_width(app->ui, UI_SMALL, name) <= left - 6)
            ui_draw_text(app->ui, UI_SMALL, rect.x + left - 6, rect.y + top + cell * ((float)c + 0.5f), 1, 0.5f,
                         theme->faint_ink, name);
        if (top > 0)
            ui_draw_text(app->ui, UI_SMALL, rect.x + left + cell * ((float)c + 0.5f), rect.y + top / 2, 0.5f, 0.5f,
                         theme->faint_ink, name);
    }
}

void network_mistakes(struct app *app, int size, int run, float width, float height) {
    struct ui *ui = app->ui;
    const struct portrait_set *set = app->network.set;
    const struct theme *theme = theme_get(app->settings.theme);
    const struct portrait *portrait = network_portrait(app, run);
    const struct data *data = data_of(app);
    char id[48], name[32], text[64];
    float left = 0;
    if (!portrait || !portrait->known || set->classes > 30) return;
    for (int c = 0; c < set->classes; c++)
        left = fmaxf(left, fminf(ui_text_width(ui, UI_SMALL, class_name(data, c, name)) + 8, 0.35f * width));
    float cell = (width - left) / (float)set->classes;
    if (height > 0) cell = fminf(cell, (height - LABEL - 2 - LABEL) / (float)set->classes);
    cell = floorf(fminf(cell, size ? 90 : 34));
    snprintf(id, sizeof id, size ? "network.mistakes.%d.large" : "network.mistakes.%d", run);
    float top = names_fit(app, cell, set->classes) ? LABEL : 0;
    float tall = top + cell * (float)set->classes + 2 + (size ? LABEL : 0);
    struct ui_canvas canvas = ui_canvas_begin(ui, id, width, height > 0 ? height : tall);
    struct rect rect = canvas.rect;
    if (size)
        name_row(app, run, rect.x, rect.y, left + cell * (float)set->classes, percent(portrait->accuracy, text)),
            rect.y += LABEL;
    mistakes_names(app, rect, left, top, cell, set->classes);
    for (int row = 0; row < set->classes; row++) {
        int all = 0;
        for (int c = 0; c < set->classes; c++) all += portrait->confusion[row * set->classes + c];
        for (int c = 0; c < set->classes; c++) {
            int times = portrait->confusion[row * set->classes + c];
            struct rect box = {rect.x + left + cell * (float)c, rect.y + top + cell * (float)row, cell - 1, cell - 1};
            float share = all ? sqrtf((float)times / (float)all) : 0; /* one mistake of many is still to be seen */
            struct color color =
                color_mix(theme->panel, row == c ? theme->stable : theme->escape, 0.06f + 0.74f * share);
            color.a = 1;
            ui_draw_rect(ui, box, color, 2);
            snprintf(text, sizeof text, "%d", times);
            if (times > 0 && ui_text_width(ui, UI_SMALL, text) <= cell - 4)
                ui_draw_text(ui, UI_SMALL, box.x + box.width / 2, box.y + box.height / 2, 0.5f, 0.5f,
                             color_contrast(theme->ink, color) >= 4.5f ? theme->ink : theme->ground, text);
        }
    }
    ui_canvas_end(ui);
    if (!size) ui_tip(ui, "Each row a class, each column what its samples were named; off the diagonal: mistakes");
    if (ui_canvas_pressed(ui, id, &canvas)) press(app);
}
