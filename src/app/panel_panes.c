/* In the panes' corners: one camera for all or one each, and what is compared with what. */
#include "app/app_parts.h"

#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const float button = 28, inset = 8, card_width = 300;

static bool panes_apart(const struct app *app) {
    const struct view *view = &app->session->view;
    return view->kind == VIEW_SIDE_BY_SIDE || (view->kind == VIEW_COMPARE && app->compare.session);
}

static void lock(struct app *app, int pane) {
    struct view *view = &app->session->view;
    char id[32];
    snprintf(id, sizeof id, "pane.lock.%d", pane);
    if (ui_icon_button(app->ui, id, view->free_cameras ? ICON_FREE : ICON_LINKED, button, 0))
        interaction_free_cameras(app, !view->free_cameras);
    ui_tip(app->ui, view->free_cameras ? "Each pane has its own camera: link them (K)"
                                       : "One camera for all panes: free them (K)");
}

/* In each pane's upper right corner; those of the two compared at the second's. */
static void corners(struct app *app) {
    struct ui *ui = app->ui;
    for (int pane = 0; pane < app->scene.pane_count; pane++) {
        struct rect rect;
        const struct scene_pane *shown = &app->scene.panes[pane];
        if (shown->seat < 0 || shown->height < 0.1f || !interaction_pane(app, pane, &rect)) continue;
        bool menu = app->session->view.kind == VIEW_COMPARE && shown->side == 1;
        float width = menu ? 2 * button + 2 : button;
        char id[32];
        snprintf(id, sizeof id, "pane.corner.%d", pane);
        ui_panel_begin(ui, id, (struct rect){rect.x + rect.width - inset - width, rect.y + inset, width, button},
                       UI_PANEL_BACK | UI_PANEL_BARE);
        ui_at(ui, 0, 0);
        if (menu) {
            if (ui_icon_button(ui, "compare.choose", ICON_COMPARE, button, app->compare.choosing ? UI_BUTTON_ON : 0))
                app->compare.choosing = !app->compare.choosing, app->frames_wanted = 3;
            ui_tip(ui, "Compare with another, change places, heights");
            ui_at(ui, button + 2, 0);
        }
        lock(app, pane);
        ui_panel_end(ui);
    }
}

/* What was typed stands in a name as it is; only where it stands in none its letters may be apart. */
static bool answers(const char *query, const char *searched, bool loosely) {
    if (loosely) return command_match(query, searched) >= 0;
    size_t length = strlen(query);
    for (; *searched; searched++)
        if (strncasecmp(searched, query, length) == 0) return true;
    return length == 0;
}

static const char *title_of(const struct app *app, const struct experiment_listing *entry) {
    return text_in(words_language(app->words), entry->title ? entry->title : entry->name, entry->title_zh);
}

static void offer(struct app *app) {
    struct ui *ui = app->ui;
    bool loosely = true;
    for (size_t i = 0; i < app->listing_count && loosely; i++) {
        const struct experiment_listing *entry = &app->listing[i];
        loosely = !answers(app->compare.query, title_of(app, entry), false) &&
                  !answers(app->compare.query, entry->name, false);
    }
    for (size_t i = 0; i < app->listing_count; i++) {
        const struct experiment_listing *entry = &app->listing[i];
        const char *title = title_of(app, entry), *beside = entry->network ? "Network" : "Surface";
        char id[48], searched[256];
        text_print(searched, sizeof searched, "%.120s %.100s", title, entry->name);
        if (!answers(app->compare.query, searched, loosely)) continue;
        snprintf(id, sizeof id, "compare.%s", entry->name);
        const struct session *other = app->compare.session;
        bool current = other && other->experiment->name && strcmp(other->experiment->name, entry->name) == 0;
        if (!ui_menu_row(ui, id, title, beside, current)) continue;
        struct error error = {0};
        app->compare.choosing = false;
        if (!compare_with(app, entry->path ? entry->path : entry->name, &error))
            notice_say(app, NOTICE_TROUBLE, "%s", error.message);
        return;
    }
}

static void chooser(struct app *app) {
    struct ui *ui = app->ui;
    struct rect scene = app->layout.scene;
    struct view *view = &app->session->view;
    bool chosen = app->compare.session != NULL;
    float width = fminf(card_width, scene.width - 16), height = fminf(440, scene.height - 2 * (inset + button));
    struct rect rect = {scene.x + scene.width - width - inset, scene.y + 2 * inset + button, width, height};
    ui_panel_begin(ui, "compare.card", rect, UI_PANEL_CARD | UI_PANEL_SCROLLS);
    if (ui_corner_button(ui, "compare.close", ICON_CLOSE, 26)) app->compare.choosing = false;
    ui_text(ui, UI_BODY | UI_BOLD, "Compare with");
    if (chosen) {
        if (ui_button(ui, "compare.swap", "Change places", UI_BUTTON_EDGED)) {
            compare_swap(app);
            app_redraw(app);
        }
        bool same = !app->session->view.own_heights;
        ui_text(ui, UI_SMALL | UI_IN_ROW, "Same height scale");
        ui_beside_at(ui, width - 70);
        if (ui_switch(ui, "compare.heights", &same, theme_get(app->settings.theme)->accent)) {
            view = &app->session->view;
            view->own_heights = !same;
            app_redraw(app);
        }
        ui_tip(ui, "On: equal losses stand equally high. Off: each by its own range");
        ui_space(ui, 2);
        ui_rule(ui);
    }
    if (ui_input(ui, "compare.query", app->compare.query, sizeof app->compare.query, "Find", -1)) app_redraw(app);
    offer(app);
    ui_panel_end(ui);
}

void panel_panes(struct app *app) {
    if (!app->session || basins_shown(app)) return;
    if (app->compare.choosing && app->session->view.kind != VIEW_COMPARE && !app->easing.active)
        app->compare.choosing = false;
    if (panes_apart(app) && app->scene.pane_count > 0) corners(app);
    if (app->compare.choosing) chooser(app);
}
