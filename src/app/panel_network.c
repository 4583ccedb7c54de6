#include "app/app_parts.h"
#include "app/marks.h"
#include "app/plot.h"

#include "base/text.h"

#include <math.h>
#include <stdlib.h>

enum { SPREAD_HEIGHT = 104, ROW = 20 };

/* ---- what there is -------------------------------------------------------------------------------------------------
 */

bool network_offered(const struct app *app) {
    const struct objective *objective = app->session ? app->session->experiment->objective : NULL;
    return objective && portrait_kind_of(objective) != PORTRAIT_NONE &&
           objective_dimension(objective) <= NETWORK_PARAMETERS_MOST;
}

/* Only first starts: an optimizer has one mark, and one picture. */
static uint64_t left_out(const struct session *session) {
    uint64_t shown = 0;
    for (int i = 0; i < session->experiment->optimizer_count; i++)
        if (session_enabled(session, i)) shown |= (uint64_t)1 << session_run(session, i, 0);
    return ~shown;
}

void network_update(struct app *app) {
    struct network_view *view = &app->network;
    struct session *session = app->session;
    bool shown = app->side == SIDE_NETWORK && app->layout.right.width > 0;
    view->set = NULL;
    if (app->side == SIDE_NETWORK && session && objective_is_expression(session->experiment->objective))
        app->side = SIDE_OPTIMIZERS;
    shown &= app->side == SIDE_NETWORK;
    if (!shown || !network_offered(app)) {
        view->large = false;
        return;
    }
    if (!session->portraits)
        session->portraits = portraits_create(&(struct portraits_params){
            .experiment = session->experiment, .timeline = session->timeline, .watcher = session->watcher});
    int64_t step = app->hover_step >= 0 && !session->playing ? app->hover_step : session->view.step;
    portraits_ask(session->portraits, step, left_out(session));
    view->set = portraits_take(session->portraits);
    if (view->run >= session->runs || !session_enabled(session, view->run / session->starts))
        for (int i = session->experiment->optimizer_count - 1; i >= 0; i--)
            if (session_enabled(session, i)) view->run = session_run(session, i, 0);
    if (view->set && view->layer >= view->set->layer_count) view->layer = -1;
}

/* Another session's sets count their revisions from the start again: its pictures must not be taken for these. */
void network_forget(struct app *app) {
    struct network_view *view = &app->network;
    view->set = NULL;
    view->large = false;
    for (int size = 0; size < NETWORK_SIZES; size++) {
        for (int i = 0; i < EXPERIMENT_MAX_OPTIMIZERS; i++) view->maps[size][i].revision = 0;
        view->images[size].revision = 0;
    }
}

void network_release(struct app *app) {
    for (int size = 0; size < NETWORK_SIZES; size++) {
        for (int i = 0; i < EXPERIMENT_MAX_OPTIMIZERS; i++) texture_destroy(&app->network.maps[size][i].texture);
        texture_destroy(&app->network.images[size].texture);
    }
}

const struct portrait *network_portrait(const struct app *app, int run) {
    const struct portrait_set *set = app->network.set;
    for (int i = 0; set && i < set->count; i++)
        if (set->portraits[i].run == run) return &set->portraits[i];
    return NULL;
}

/* ---- answers -------------------------------------------------------------------------------------------------------
 */

static void accuracy_heading(struct app *app) {
    const struct objective *objective = app->session->experiment->objective;
    const struct data *all = objective_data(objective);
    char number[NUMBER_TEXT];
    number_text(app->network.set->samples, 9, number);
    ui_textf(app->ui, UI_SMALL | UI_FAINT | UI_WRAPPED,
             all->test ? "Accuracy on %s test samples" : "Accuracy on %s training samples", number);
}

/* One line a run; a press chooses it. */
static void accuracies(struct app *app) {
    struct ui *ui = app->ui;
    const struct session *session = app->session;
    const struct theme *theme = theme_get(app->settings.theme);
    for (int i = 0; i < session->experiment->optimizer_count; i++) {
        if (!session_enabled(session, i)) continue;
        int run = session_run(session, i, 0);
        const struct portrait *portrait = network_portrait(app, run);
        struct identity identity = identity_of(session->experiment, i, theme);
        char id[48], text[32];
        snprintf(id, sizeof id, "network.run.%d", i);
        struct ui_canvas canvas = ui_canvas_begin(ui, id, ui_inner_width(ui), 24);
        struct rect rect = canvas.rect;
        if (run == app->network.run || canvas.hovered)
            ui_draw_rect(ui, rect, color_fade(theme->ink, run == app->network.run ? 0.1f : 0.06f), 5);
        mark_draw(ui, identity.shape, rect.x + 12, rect.y + 12, 12, identity.color, theme->casing);
        ui_draw_text(ui, UI_SMALL, rect.x + 26, rect.y + 12, 0, 0.5f, theme->ink,
                     session->experiment->optimizers[i].label);
        if (portrait && isfinite(portrait->accuracy))
            snprintf(text, sizeof text, "%.1f %%", floor(1000 * portrait->accuracy) / 10);
        else
            snprintf(text, sizeof text, "–");
        ui_draw_text(ui, UI_SMALL, rect.x + rect.width - 6, rect.y + 12, 1, 0.5f, theme->ink, text);
        ui_canvas_end(ui);
        if (ui_canvas_pressed(ui, id, &canvas)) {
            app->network.run = run;
            app_redraw(app);
        }
    }
}

static void answers(struct app *app) {
    struct ui *ui = app->ui;
    float width = ui_inner_width(ui);
    switch (app->network.set->kind) {
    case PORTRAIT_MAP:
        accuracy_heading(app);
        network_maps(app, NETWORK_SMALL, width, 0);
        break;
    case PORTRAIT_CURVE:
        ui_text(ui, UI_SMALL | UI_FAINT, "Fitted to the data");
        network_fit(app, NETWORK_SMALL, width, 0);
        break;
    case PORTRAIT_IMAGES:
    case PORTRAIT_CLASSES:
        accuracy_heading(app);
        accuracies(app);
        ui_space(ui, 2);
        if (app->network.set->kind == PORTRAIT_IMAGES) network_images(app, NETWORK_SMALL, width, 0);
        network_mistakes(app, NETWORK_SMALL, app->network.run, width, 0);
        break;
    case PORTRAIT_NONE:
    case PORTRAIT_WEIGHTS: return;
    }
    ui_space(ui, 1);
    ui_rule(ui);
}

/* ---- parameters ----------------------------------------------------------------------------------------------------
 */

static void layer_label(const struct portrait_set *set, int layer, char *out, size_t size) {
    if (layer < 0)
        snprintf(out, size, "All layers");
    else
        snprintf(out, size, "Layer %d of %d", layer + 1, set->layer_count);
}

/* All layers, then one after another. */
static void layer_choice(struct app *app) {
    struct network_view *view = &app->network;
    char label[64];
    ui_text(app->ui, UI_SMALL | UI_BOLD | UI_IN_ROW, "Parameters");
    if (view->set->layer_count < 2) return;
    layer_label(view->set, view->layer, label, sizeof label);
    float width = ui_text_width(app->ui, UI_SMALL, label) + 20;
    ui_beside_at(app->ui, ui_inner_width(app->ui) - width - 56);
    int by = 0;
    if (ui_button(app->ui, "network.layer.back", "‹", 0)) by = -1;
    ui_beside(app->ui, 0);
    if (ui_button(app->ui, "network.layer", label, 0)) by = 1;
    ui_tip(app->ui, "Whose parameters are counted: all layers, or one");
    ui_beside(app->ui, 0);
    if (ui_button(app->ui, "network.layer.on", "›", 0)) by = 1;
    int count = view->set->layer_count + 1;
    if (by) view->layer = (view->layer + 1 + by + count) % count - 1;
    if (by) app_redraw(app);
}

/* How many of the parameters lie where: an outline a run. */
static void spread(struct app *app) {
    struct ui *ui = app->ui;
    const struct portrait_set *set = app->network.set;
    const struct theme *theme = theme_get(app->settings.theme);
    int row = app->network.layer < 0 ? set->layer_count : app->network.layer;
    float most = 0;
    for (int k = 0; k < set->count; k++)
        for (int i = 0; set->portraits[k].known && i < PORTRAIT_BINS; i++)
            most = fmaxf(most, set->portraits[k].spread[row * PORTRAIT_BINS + i]);
    struct ui_canvas canvas = ui_canvas_begin(ui, "network.spread", ui_inner_width(ui), SPREAD_HEIGHT);
    struct rect area = canvas.rect;
    struct plot plot = {.ui = ui,
                        .theme = theme,
                        .rect = {area.x + 6, area.y + 4, area.width - 12, area.height - 24},
                        .x = axis_exactly(-set->reach[row], set->reach[row]),
                        .y = axis_exactly(0, fmax(1.05 * (double)most, 1e-9))};
    plot_grid_x(&plot);
    ui_draw_line(ui, plot.rect.x, plot.rect.y + plot.rect.height, plot.rect.x + plot.rect.width,
                 plot.rect.y + plot.rect.height, theme->grid, 1);
    for (int k = set->count - 1; k >= 0; k--) {
        const struct portrait *portrait = &set->portraits[k];
        if (!portrait->known) continue;
        struct identity identity = identity_of(app->session->experiment, portrait->run / app->session->starts, theme);
        double x[2 * PORTRAIT_BINS], y[2 * PORTRAIT_BINS];
        for (int i = 0; i < 2 * PORTRAIT_BINS; i++) {
            x[i] = set->reach[row] * (2.0 * ((i + 1) / 2) / PORTRAIT_BINS - 1);
            y[i] = (double)portrait->spread[row * PORTRAIT_BINS + i / 2];
        }
        for (int i = 0; i < PORTRAIT_BINS; i++) { /* where there are none for a while there is no line either */
            const float *shares = portrait->spread + row * PORTRAIT_BINS;
            bool before = i > 0 && shares[i - 1] > 0, after = i + 1 < PORTRAIT_BINS && shares[i + 1] > 0;
            if (shares[i] > 0) continue;
            if (!before) y[2 * i] = NAN;
            if (!after) y[2 * i + 1] = NAN;
        }
        plot_line(&plot, x, y, 2 * PORTRAIT_BINS, identity.color, 1.5f, STROKE_SOLID);
    }
    ui_canvas_end(ui);
    ui_tip(ui, "How many of the parameters lie where; an outline for each optimizer");
}

static void layers(struct app *app) {
    static const char *const norms[] = {"Size", "Gradient", "Step"};
    static const char *const tips[] = {"The length of each layer’s parameters, ‖θ‖",
                                       "The length of each layer’s gradient, ‖∇L‖",
                                       "How far the last step moved each layer, ‖Δθ‖"};
    struct ui *ui = app->ui;
    struct network_view *view = &app->network;
    const struct portrait_set *set = view->set;
    const struct theme *theme = theme_get(app->settings.theme);
    const struct portrait *portrait = network_portrait(app, view->run);
    int norm = (int)view->norm;
    ui_text(ui, UI_SMALL | UI_BOLD, "Layer by layer");
    if (ui_segments(ui, "network.norm", norms, PORTRAIT_NORMS, &norm)) app_redraw(app);
    view->norm = (enum portrait_norm)norm;
    ui_tip(ui, tips[norm]);
    run_marks(app, "network.of", view->run, -1, &view->run);
    if (!portrait || !portrait->known) {
        ui_text(ui, UI_SMALL | UI_FAINT | UI_WRAPPED,
                "The parameters of this step are not kept; a newer step has them.");
        return;
    }
    double most = 0; /* of all runs: bars of one may be compared with those of another */
    for (int k = 0; k < set->count; k++)
        for (int l = 0; set->portraits[k].known && l < set->layer_count; l++)
            most = fmax(most, set->portraits[k].norms[l * PORTRAIT_NORMS + norm]);
    struct identity identity = identity_of(app->session->experiment, view->run / app->session->starts, theme);
    for (int l = 0; l < set->layer_count; l++) {
        double value = portrait->norms[l * PORTRAIT_NORMS + norm];
        char id[48], label[32], number[NUMBER_TEXT], tip[128];
        snprintf(id, sizeof id, "network.layer.%d", l);
        snprintf(label, sizeof label, "Layer %d", l + 1);
        struct ui_canvas row = ui_canvas_begin(ui, id, ui_inner_width(ui), ROW);
        float left = 62, right = 62, room = row.rect.width - left - right, middle = row.rect.y + ROW / 2;
        ui_draw_text(ui, UI_SMALL, row.rect.x, middle, 0, 0.5f, theme->faint_ink, label);
        ui_draw_rect(ui, (struct rect){row.rect.x + left, middle - 4, room, 8}, color_fade(theme->ink, 0.06f), 2);
        if (most > 0 && value > 0)
            ui_draw_rect(ui, (struct rect){row.rect.x + left, middle - 4, fmaxf(room * (float)(value / most), 1), 8},
                         plot_readable(identity.color, theme, 2), 2);
        if (isfinite(value)) number_text(value, 3, number);
        ui_draw_text(ui, UI_SMALL, row.rect.x + row.rect.width, middle, 1, 0.5f, theme->ink,
                     isfinite(value) ? number : "–");
        ui_canvas_end(ui);
        char count[NUMBER_TEXT];
        snprintf(tip, sizeof tip, "“%s”: %s parameters", set->layers[l].name,
                 number_text(set->layers[l].size, 9, count));
        ui_tip(ui, tip);
    }
}

void panel_network(struct app *app) {
    struct ui *ui = app->ui;
    char step[NUMBER_TEXT];
    if (!network_offered(app)) {
        ui_text(ui, UI_SMALL | UI_FAINT | UI_WRAPPED, "This network is too large to be looked into here.");
        return;
    }
    if (!app->network.set) {
        ui_text(ui, UI_SMALL | UI_FAINT, "Looking into the networks…");
        return;
    }
    if (app->network.set->count == 0) {
        ui_text(ui, UI_SMALL | UI_FAINT | UI_WRAPPED, "Switch an optimizer on to look into its network.");
        return;
    }
    ui_textf(ui, UI_SMALL | UI_FAINT, "The networks at step %s", number_text((double)app->network.set->step, 9, step));
    answers(app);
    layer_choice(app);
    spread(app);
    ui_space(ui, 1);
    ui_rule(ui);
    layers(app);
}

/* ---- large ---------------------------------------------------------------------------------------------------------
 */

static void large_mistakes(struct app *app, float width, float height) {
    int count = 0, columns, at = 0;
    for (int i = 0; i < app->session->experiment->optimizer_count; i++) count += session_enabled(app->session, i);
    columns = count < 4 ? count : (count + 1) / 2;
    if (columns == 0) return;
    int rows = (count + columns - 1) / columns;
    float each = (width - 16 * (float)(columns - 1)) / (float)columns,
          tall = (height - 10 * (float)(rows - 1)) / (float)rows;
    for (int i = 0; i < app->session->experiment->optimizer_count; i++) {
        if (!session_enabled(app->session, i)) continue;
        if (at % columns) ui_beside(app->ui, 16);
        at++;
        network_mistakes(app, NETWORK_LARGE, session_run(app->session, i, 0), each, tall);
    }
}

void network_card(struct app *app) {
    struct ui *ui = app->ui;
    const struct portrait_set *set = app->network.set;
    if (!app->network.large || !set || set->kind == PORTRAIT_NONE || set->kind == PORTRAIT_WEIGHTS) return;
    struct rect scene = app->layout.scene;
    struct rect rect = {scene.x + 12, scene.y + 12, scene.width - 24, scene.height - 24};
    if (rect.width < 200 || rect.height < 160) return;
    ui_panel_begin(ui, "network.card", rect, UI_PANEL_CARD);
    bool closed = ui_corner_button(ui, "network.close", ICON_CLOSE, 28);
    char step[NUMBER_TEXT];
    number_text((double)set->step, 9, step);
    if (set->kind == PORTRAIT_IMAGES)
        ui_textf(ui, UI_BODY | UI_BOLD, "%s at step %s",
                 app->session->experiment->optimizers[app->network.run / app->session->starts].label, step);
    else
        ui_textf(ui, UI_BODY | UI_BOLD, "The networks at step %s", step);
    float width = ui_inner_width(ui), height = rect.height - 66;
    switch (set->kind) {
    case PORTRAIT_MAP: network_maps(app, NETWORK_LARGE, width, height); break;
    case PORTRAIT_CURVE: network_fit(app, NETWORK_LARGE, width, height); break;
    case PORTRAIT_IMAGES: {
        float matrix = set->classes <= 12 && width > 620 ? fminf(0.42f * width, height) : 0;
        network_images(app, NETWORK_LARGE, width - (matrix > 0 ? matrix + 20 : 0), height);
        if (matrix > 0) ui_beside(ui, 20);
        if (matrix > 0) network_mistakes(app, NETWORK_LARGE, app->network.run, matrix, height);
        break;
    }
    case PORTRAIT_CLASSES: large_mistakes(app, width, height); break;
    default: break;
    }
    ui_panel_end(ui);
    if (closed) {
        app->network.large = false;
        app_redraw(app);
    }
}
