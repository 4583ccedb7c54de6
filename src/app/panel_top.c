#include "app/app_parts.h"

#include "base/text.h"
#include "base/threads.h"

#include <math.h>
#include <string.h>

static const char *const view_labels[VIEW_KINDS] = {"Overlay", "Side by side", "Contour", "Split", "Compare"};
static const enum ui_icon view_icons[VIEW_KINDS] = {ICON_OVERLAY, ICON_SIDE_BY_SIDE, ICON_CONTOUR, ICON_SPLIT,
                                                    ICON_COMPARE};
static const float view_icon_width = 34, least_title = 120;

static void hair_line(struct app *app, float x0, float y0, float x1, float y1) {
    ui_draw_line(app->ui, x0, y0, x1, y1, theme_get(app->settings.theme)->panel_edge, 1);
}

static const char *title_of(const struct app *app) {
    if (!app->session) return "Saddlescope";
    return app_title(app);
}

/* Each language by its short name, the one that is spoken set off. */
enum { LANGUAGES_SHOWN = 4 };

static int languages_shown(const struct app *app) {
    return app->language_count < LANGUAGES_SHOWN ? (int)app->language_count : LANGUAGES_SHOWN;
}

static float language_switch_width(struct app *app) {
    float width = 0;
    for (int i = 0; i < languages_shown(app); i++)
        width += ceilf(ui_text_width(app->ui, UI_SMALL, app->languages[i].brief)) + 18;
    return languages_shown(app) > 1 ? width + 8 : 0;
}

static void language_switch(struct app *app) {
    const char *labels[LANGUAGES_SHOWN];
    int count = languages_shown(app), chosen = -1;
    if (count < 2) return;
    for (int i = 0; i < count; i++) {
        labels[i] = app->languages[i].brief;
        if (strcmp(app->languages[i].code, words_language(app->words)) == 0) chosen = i;
    }
    if (ui_segments(app->ui, "language", labels, count, &chosen)) app_choose_language(app, app->languages[chosen].code);
}

void panel_top(struct app *app) {
    struct ui *ui = app->ui;
    struct rect bar = app->layout.top;
    ui_panel_begin(ui, "panel.top", bar, UI_PANEL_BARE);
    ui_at(ui, 10, 8);
    if (ui_icon_button(ui, "fold.left", ICON_MENU, 32, app->layout.left_open ? UI_BUTTON_ON : 0))
        layout_fold(app, LAYOUT_LEFT);
    ui_tip(ui, "Scenes: choose a surface or a network, or type a formula");

    float views = 0;
    for (int i = 0; i < VIEW_KINDS; i++) views += ceilf(ui_text_width(ui, UI_SMALL, view_labels[i])) + 18;
    float languages = language_switch_width(app);
    float tools = 5 * 36 + 8 + languages;
    /* In words where there is room for them beside the title, else in pictures. */
    bool in_words = bar.width - tools - views - 16 - 70 > least_title;
    if (!in_words) views = VIEW_KINDS * view_icon_width;
    float views_x = bar.width - tools - views - 16;
    float centred = (bar.width - views) / 2; /* of the window: they stay where they are when a panel folds */
    float title_room = fmaxf(views_x - 54 - 16, 40);
    const char *title = title_of(app);
    float title_width = fminf(ui_text_width(ui, UI_BODY | UI_BOLD, title), title_room);
    if (centred > 54 + title_width + 24 && centred < views_x) views_x = centred;
    views_x = fmaxf(views_x, 54);
    ui_at(ui, 54, 10);
    ui_text_within(ui, UI_BODY | UI_BOLD | UI_IN_ROW, views_x - 54 - 16, title);

    int kind = app->session ? (int)app->session->view.kind : 0;
    if (app->easing.active) kind = (int)app->easing.then;
    ui_at(ui, views_x, 10);
    ui_disable(ui, !app->session);
    bool pressed = in_words ? ui_segments(ui, "view", view_labels, VIEW_KINDS, &kind)
                            : ui_icon_segments(ui, "view", view_icons, view_labels, VIEW_KINDS, &kind);
    if (pressed) interaction_set_view(app, (enum view_kind)kind);
    ui_disable_end(ui, !app->session);

    ui_at(ui, bar.width - tools, 10);
    language_switch(app);
    tools -= languages;
    ui_at(ui, bar.width - tools, 8);
    if (ui_icon_button(ui, "theme", ICON_THEME, 32, 0)) app_toggle_theme(app);
    ui_tip(ui, "Light or dark (T)");
    ui_at(ui, bar.width - tools + 36, 8);
    if (ui_icon_button(ui, "export", ICON_EXPORT, 32, 0)) export_card_open(app);
    ui_tip(ui, "Save as a file: picture, figure, video, table (Ctrl+Shift+E)");
    ui_at(ui, bar.width - tools + 72, 8);
    if (ui_icon_button(ui, "help", ICON_HELP, 32, app->help_open ? UI_BUTTON_ON : 0)) app->help_open = !app->help_open;
    ui_tip(ui, "Keys and mouse (?)");
    ui_at(ui, bar.width - tools + 108, 8);
    if (ui_icon_button(ui, "fold.bottom", ICON_CURVES, 32, app->layout.bottom_open ? UI_BUTTON_ON : 0))
        layout_fold(app, LAYOUT_BOTTOM);
    ui_tip(ui, "Curves: losses and other figures, step by step");
    ui_at(ui, bar.width - tools + 144, 8);
    if (ui_icon_button(ui, "fold.right", ICON_SLIDERS, 32, app->layout.right_open ? UI_BUTTON_ON : 0))
        layout_fold(app, LAYOUT_RIGHT);
    ui_tip(ui, "Optimizers: switch them on and off, turn their knobs");
    hair_line(app, 0, bar.height - 1, bar.width, bar.height - 1);
    ui_panel_end(ui);
}

/* ---- over the scene
 * ------------------------------------------------------------------------------------------------------ */

/* Rows of name and figure beside the mouse, on a card of their own: over contours and paths bare letters are not to be
 * read. */
struct card {
    char title[96]; /* "" for none */
    char names[6][64], figures[6][NUMBER_TEXT];
    int rows;
};

static void card_add(struct card *card, const char *name, double value) {
    snprintf(card->names[card->rows], sizeof *card->names, "%s", name);
    if (isfinite(value))
        number_text(value, 4, card->figures[card->rows]);
    else
        snprintf(card->figures[card->rows], sizeof *card->figures, "not finite");
    card->rows++;
}

static void card_show(struct app *app, const struct card *card) {
    enum { GAP = 14, ROW = 21 };
    struct ui *ui = app->ui;
    struct rect scene = app->layout.scene;
    float widest = 0, values = 46;
    for (int i = 0; i < card->rows; i++) {
        widest = fmaxf(widest, ui_text_width(ui, UI_SMALL, card->names[i]));
        values = fmaxf(values, ui_text_width(ui, UI_SMALL, card->figures[i]));
    }
    int rows = card->rows + (card->title[0] != '\0');
    float width = fmaxf(widest + 14 + values, ui_text_width(ui, UI_SMALL | UI_BOLD, card->title)) + 28;
    float height = 24 + (float)rows * ROW - 6;
    float at_x = app->mouse.x, at_y = app->mouse.y;
    cursor_where(app, &at_x, &at_y);
    float x = at_x + GAP, y = at_y - GAP - height;
    if (x + width > scene.x + scene.width - 8) x = at_x - GAP - width;
    if (y < scene.y + 8) y = at_y + GAP;
    struct rect rect = {fmaxf(x, scene.x), y, width, height};
    ui_panel_begin(ui, "hover", rect, UI_PANEL_CARD | UI_PANEL_CLICKS_THROUGH);
    if (card->title[0]) ui_text(ui, UI_SMALL | UI_BOLD, card->title);
    for (int i = 0; i < card->rows; i++) {
        ui_text(ui, UI_SMALL | UI_FAINT, card->names[i]);
        ui_beside_at(ui, width - 28 - ui_text_width(ui, UI_SMALL, card->figures[i]));
        ui_text(ui, UI_SMALL, card->figures[i]);
    }
    ui_panel_end(ui);
}

/* A point of a run: its loss, and what the plane hides of it. */
static bool fill_run_card(struct app *app, struct card *card) {
    const struct scene_pick *pick = &app->mouse.pick;
    const struct session *session = compare_side(app, pick->side);
    if (!session) return false;
    const struct experiment *experiment = session->experiment;
    struct path_figures figures;
    const double patience =
        0.05; /* an evaluation that takes longer is not asked for again: the mouse should not wait */
    if ((pick->kind != PICK_PATH && pick->kind != PICK_HEAD) || app->path_figures_slow) return false;
    double before = clock_seconds();
    if (!exhibit_path_figures(session->exhibit, pick->id, pick->step, &figures)) return false;
    app->path_figures_slow = clock_seconds() - before > patience;
    const char *label = experiment->optimizers[pick->id / experiment->start_count].label;
    char step[NUMBER_TEXT], start[32] = "";
    if (experiment->start_count > 1)
        snprintf(start, sizeof start, ", start %d", pick->id % experiment->start_count + 1);
    text_print(card->title, sizeof card->title, "%.40s%s, step %s", label, start,
             number_text((double)figures.step, 12, step));
    if (objective_dimension(experiment->objective) == 2) {
        card_add(card, "loss", figures.loss);
        return true;
    }
    card_add(card, "true loss", figures.loss);
    card_add(card, "slice under it", figures.slice_loss);
    card_add(card, "off the plane", figures.distance);
    if (isfinite(figures.norm)) card_add(card, "‖θ‖", figures.norm);
    return true;
}

static void hover_card(struct app *app) {
    const struct view *view = &app->session->view;
    struct card card = {0};
    if (app->inspector.kind != INSPECT_NOTHING) return;
    if (!fill_run_card(app, &card)) {
        const struct session *session = compare_side(app, view->hover_side);
        if (!view->hover || !session) return;
        for (int i = 0; i < 2; i++) {
            char name[64];
            card_add(&card, exhibit_axis_name(session->exhibit, i, name, sizeof name), view->hover_at[i]);
        }
        card_add(&card, "loss", exhibit_loss_at(session->exhibit, view->hover_at[0], view->hover_at[1]));
    }
    card_show(app, &card);
}

void panel_overlay(struct app *app) {
    if (app->session) hover_card(app);
    states_panel(app);
}
