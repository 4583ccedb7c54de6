#include "app/app_parts.h"

#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const height_labels[] = {"Linear", "Log"};
static const char *const colormap_labels[] = {"Terrain", "Viridis", "Cividis"};

static void formula_box(struct app *app) {
    struct ui *ui = app->ui;
    ui_text(ui, UI_SMALL | UI_FAINT, "Type a formula, press Enter");
    int caret = app->formula_caret;
    app->formula_caret = -1;
    if (ui_input(ui, "formula", app->formula, sizeof app->formula, "x^2 - y^2", caret)) app_open_formula(app);
    if (app->formula_error[0]) ui_text(ui, UI_SMALL | UI_WRAPPED | UI_WARNING, app->formula_error);
}

static void data_info(struct app *app) {
    const struct data *data = objective_data(app->session->experiment->objective);
    if (!data) return;
    char text[256];
    if (data->kind == DATA_CLASSES)
        snprintf(text, sizeof text, "Data: %s, %d samples, %d features, %d classes", data->name, data->samples,
                 data->features, data->classes);
    else
        snprintf(text, sizeof text, "Data: %s, %d samples, %d features", data->name, data->samples, data->features);
    ui_text(app->ui, UI_SMALL | UI_FAINT | UI_WRAPPED, text);
    if (data->attribution) ui_text(app->ui, UI_SMALL | UI_FAINT | UI_WRAPPED, data->attribution);
}

static void appearance(struct app *app) {
    struct ui *ui = app->ui;
    struct view *view = &app->session->view;
    int height = (int)view->height, map = (int)app->settings.colormap;
    ui_text(ui, UI_SMALL | UI_FAINT | UI_IN_ROW, "Height");
    ui_beside_at(ui, 52);
    if (ui_segments(ui, "height", height_labels, 2, &height)) {
        view->height = (enum height_mapping)height;
        app_redraw(app);
    }
    ui_tip(ui, "Linear or logarithmic height (L)");
    ui_text(ui, UI_SMALL | UI_FAINT | UI_IN_ROW, "Colour");
    ui_beside_at(ui, 52);
    if (ui_segments(ui, "colormap", colormap_labels, 3, &map)) {
        app->settings.colormap = (enum colormap_kind)map;
        app_redraw(app);
    }
}

static void list_of(struct app *app, bool networks, const char *id, const char *label, bool *open) {
    struct ui *ui = app->ui;
    ui_fold(ui, id, label, open);
    if (!*open) return;
    for (size_t i = 0; i < app->listing_count; i++) {
        const struct experiment_listing *entry = &app->listing[i];
        if (entry->network != networks) continue;
        char part[48];
        snprintf(part, sizeof part, "open.%s", entry->name);
        bool current =
            app->session && app->session->experiment->name && strcmp(app->session->experiment->name, entry->name) == 0;
        const char *title = entry->title ? entry->title : entry->name, *language = words_language(app->words);
        if (ui_choice(ui, part, text_in(language, title, entry->title_zh), current) && !current) {
            struct error error = {0};
            if (!app_open(app, entry->path ? entry->path : entry->name, &error))
                notice_say(app, NOTICE_TROUBLE, "%s", error.message);
            break; /* the session is another one now */
        }
        if (entry->about) ui_tip(ui, text_in(language, entry->about, entry->about_zh));
    }
    ui_space(ui, 4);
}

static void read_listing(struct app *app) {
    if (app->listing_read || app->frames < 1) return; /* first things first: the picture */
    struct error error = {0};
    app->listing = experiment_list(&app->listing_count, &error);
    app->listing_read = true;
    if (!app->listing) notice_say(app, NOTICE_TROUBLE, "%s", error.message);
}

void panel_scene(struct app *app) {
    struct ui *ui = app->ui;
    struct rect area = app->layout.left;
    read_listing(app);
    if (!app->listing_read) app_wake_by(app, 0);
    if (area.width <= 0 || panel_lesson(app)) return;
    ui_panel_begin(ui, "panel.left", area, UI_PANEL_SCROLLS);
    panel_lesson_way_back(app);
    if (app->session) {
        const struct experiment *experiment = app->session->experiment;
        if (experiment->about) {
            ui_text(ui, UI_SMALL | UI_WRAPPED,
                    text_in(words_language(app->words), experiment->about, experiment->about_zh));
            ui_space(ui, 2);
        }
    }
    formula_box(app);
    if (app->session) {
        ui_space(ui, 2);
        appearance(app);
        data_info(app);
        panel_plane(app);
        ui_space(ui, 4);
    }
    ui_rule(ui);
    panel_recent(app);
    panel_lessons(app);
    list_of(app, false, "fold.surfaces", "Surfaces", &app->surfaces_open);
    list_of(app, true, "fold.networks", "Networks", &app->networks_open);
    ui_draw_line(ui, area.x + area.width - 1, area.y, area.x + area.width - 1, area.y + area.height,
                 theme_get(app->settings.theme)->panel_edge, 1);
    ui_panel_end(ui);
}
