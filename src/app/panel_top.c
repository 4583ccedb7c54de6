#include "app/app_parts.h"

#include "base/text.h"

#include <math.h>

static const char *const view_labels[] = {"Overlay", "Side by side", "Contour"};

static void hair_line(struct app *app, float x0, float y0, float x1, float y1) {
    ui_draw_line(app->ui, x0, y0, x1, y1, theme_get(app->settings.theme)->panel_edge, 1);
}

void panel_top(struct app *app) {
    struct ui *ui = app->ui;
    struct rect bar = app->layout.top;
    ui_panel_begin(ui, "panel.top", bar, UI_PANEL_BARE);
    ui_at(ui, 10, 8);
    if (ui_icon_button(ui, "fold.left", ICON_MENU, 32, app->layout.left_open ? UI_BUTTON_ON : 0)) {
        app->layout.left_open = app->settings.left_open = !app->layout.left_open;
        app_redraw(app);
    }
    ui_tip(ui, "Scenes: choose a surface or a network, or type a formula");

    float views = 0;
    for (int i = 0; i < 3; i++) views += ceilf(ui_text_width(ui, UI_SMALL, view_labels[i])) + 18;
    float tools = 4 * 36 + 8, views_x = bar.width - tools - views - 16;
    float centred = app->layout.scene.x + (app->layout.scene.width - views) / 2;
    float title_room = fmaxf(views_x - 54 - 16, 40);
    const char *title = app->session ? app->session->experiment->title : "Saddlescope";
    float title_width = fminf(ui_text_width(ui, UI_BODY | UI_BOLD, title), title_room);
    if (centred > 54 + title_width + 24 && centred < views_x) views_x = centred;
    views_x = fmaxf(views_x, 54);
    ui_at(ui, 54, 10);
    ui_text_within(ui, UI_BODY | UI_BOLD | UI_IN_ROW, views_x - 54 - 16, title);

    int kind = app->session ? (int)app->session->view.kind : 0;
    if (app->easing.active) kind = (int)app->easing.then;
    ui_at(ui, views_x, 10);
    ui_disable(ui, !app->session);
    if (ui_segments(ui, "view", view_labels, 3, &kind)) interaction_set_view(app, (enum view_kind)kind);
    ui_disable_end(ui, !app->session);

    ui_at(ui, bar.width - tools, 8);
    if (ui_icon_button(ui, "theme", ICON_THEME, 32, 0)) app_toggle_theme(app);
    ui_tip(ui, "Light or dark (T)");
    ui_at(ui, bar.width - tools + 36, 8);
    if (ui_icon_button(ui, "export", ICON_EXPORT, 32, 0)) app_export_picture(app);
    ui_tip(ui, "Save this picture as PNG (Ctrl+E)");
    ui_at(ui, bar.width - tools + 72, 8);
    if (ui_icon_button(ui, "help", ICON_HELP, 32, app->help_open ? UI_BUTTON_ON : 0)) app->help_open = !app->help_open;
    ui_tip(ui, "Keys and mouse (?)");
    ui_at(ui, bar.width - tools + 108, 8);
    if (ui_icon_button(ui, "fold.right", ICON_SLIDERS, 32, app->layout.right_open ? UI_BUTTON_ON : 0)) {
        app->layout.right_open = app->settings.right_open = !app->layout.right_open;
        app_redraw(app);
    }
    ui_tip(ui, "Optimizers: switch them on and off, turn their knobs");
    hair_line(app, 0, bar.height - 1, bar.width, bar.height - 1);
    ui_panel_end(ui);
}

/* ---- over the scene
 * ------------------------------------------------------------------------------------------------------ */

static void empty_state(struct app *app) {
    struct ui *ui = app->ui;
    struct rect scene = app->layout.scene;
    float width = fminf(420, scene.width - 40);
    ui_panel_begin(ui, "panel.nothing", scene, UI_PANEL_PLAIN | UI_PANEL_BACK);
    ui_at(ui, (scene.width - width) / 2, scene.height * 0.32f);
    ui_text(ui, UI_TITLE, "Nothing open yet");
    ui_at(ui, (scene.width - width) / 2, scene.height * 0.32f + 36);
    ui_text(ui, UI_BODY | UI_FAINT, "Choose a scene on the left, type a formula,");
    ui_at(ui, (scene.width - width) / 2, scene.height * 0.32f + 60);
    ui_text(ui, UI_BODY | UI_FAINT, "or drop a file here.");
    ui_at(ui, (scene.width - width) / 2, scene.height * 0.32f + 100);
    if (ui_button(ui, "open.welcome", "Open the saddle", UI_BUTTON_MAIN)) app_open(app, "saddle", NULL);
    ui_panel_end(ui);
}

/* The figures under the mouse, on a card of their own: over contours and paths bare letters are not to be read. */
static void hover_card(struct app *app) {
    enum { GAP = 14 };
    const struct view *view = &app->session->view;
    if (!view->hover || app->inspector.kind != INSPECT_NOTHING) return;
    struct ui *ui = app->ui;
    struct rect scene = app->layout.scene;
    double loss = exhibit_loss_at(app->session->exhibit, view->hover_at[0], view->hover_at[1]);
    char names[3][64] = {"", "", "loss"}, figures[3][NUMBER_TEXT];
    float widest = 0, values = 0;
    for (int i = 0; i < 3; i++) {
        if (i < 2) {
            exhibit_axis_name(app->session->exhibit, i, names[i], sizeof names[i]);
            number_text(view->hover_at[i], 4, figures[i]);
        } else if (isfinite(loss)) {
            number_text(loss, 4, figures[i]);
        } else {
            snprintf(figures[i], sizeof figures[i], "not finite");
        }
        widest = fmaxf(widest, ui_text_width(ui, UI_SMALL, names[i]));
        values = fmaxf(values, ui_text_width(ui, UI_SMALL, figures[i]));
    }
    float width = widest + 14 + fmaxf(values, 46) + 28, height = 24 + 3 * 21 - 6;
    float x = app->mouse.x + GAP, y = app->mouse.y - GAP - height;
    if (x + width > scene.x + scene.width - 8) x = app->mouse.x - GAP - width;
    if (y < scene.y + 8) y = app->mouse.y + GAP;
    struct rect rect = {fmaxf(x, scene.x), y, width, height};
    ui_panel_begin(ui, "hover", rect, UI_PANEL_CARD | UI_PANEL_CLICKS_THROUGH);
    for (int i = 0; i < 3; i++) {
        ui_text(ui, UI_SMALL | UI_FAINT, names[i]);
        ui_beside_at(ui, width - 28 - ui_text_width(ui, UI_SMALL, figures[i]));
        ui_text(ui, UI_SMALL, figures[i]);
    }
    ui_panel_end(ui);
}

void panel_overlay(struct app *app) {
    struct ui *ui = app->ui;
    struct rect scene = app->layout.scene;
    if (!app->session) {
        empty_state(app);
        return;
    }
    hover_card(app);
    const struct surface *surface = exhibit_surface(app->session->exhibit);
    struct surface_progress progress = surface ? surface_progress(surface) : (struct surface_progress){0};
    if (!app->busy_since) return;
    char text[96];
    if (!surface || progress.finished)
        snprintf(text, sizeof text, "Analysing…");
    else if (isfinite(progress.eta) && progress.eta >= 1)
        snprintf(text, sizeof text, "Surface %.0f %% · %.0f s left", 100 * progress.done, progress.eta);
    else
        snprintf(text, sizeof text, "Surface %.0f %%", 100 * progress.done);
    float width = ui_text_width(ui, UI_SMALL, text) + 28;
    ui_panel_begin(ui, "busy", (struct rect){scene.x + 12, scene.y + scene.height - 52, width, 40},
                   UI_PANEL_CARD | UI_PANEL_FITS | UI_PANEL_CLICKS_THROUGH);
    ui_text(ui, UI_SMALL | UI_FAINT, text);
    ui_panel_end(ui);
}
