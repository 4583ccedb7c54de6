/* What stands in the surface's place: the maps of an analysis of basins, where a cell tells where its start ends and a
 * click starts there; or the planes of an analysis of slices. */
#include "app/app_parts.h"
#include "base/text.h"
#include "scene/basin_map.h"
#include "scene/slices.h"
#include "study/basins.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static struct analysis *shown_row(const struct app *app) {
    if (!app->session || !app->basins) return NULL;
    return analyses_find(&app->session->analyses, app->basins);
}

static const struct study *basins_study(const struct app *app) {
    return shown_row(app)->study;
}

bool basins_shown(const struct app *app) {
    return shown_row(app) != NULL;
}

void basins_show(struct app *app, int analysis) {
    if (app->basins == analysis) return;
    app->basins = analysis;
    if (basins_shown(app)) {
        inspector_close(app);
        session_pause(app->session); /* nothing on screen would move */
    }
    app_redraw(app);
}

static struct basin_map map_of(const struct app *app, enum theme_kind theme, float width, float height) {
    struct basin_map map = {.basins = basins_study(app), .theme = theme, .width = width, .height = height};
    for (int o = 0; o < app->session->experiment->optimizer_count; o++)
        if (!session_enabled(app->session, o)) map.hidden |= (uint64_t)1 << o;
    return map;
}

static struct basin_map current_map(const struct app *app) {
    return map_of(app, app->settings.theme, app->layout.scene.width, app->layout.scene.height);
}

static bool maps_shown(const struct app *app) {
    return basins_shown(app) && shown_row(app)->kind == ANALYSIS_BASINS;
}

static void build_slices(const struct app *app, const struct view *view, struct scene *scene) {
    const struct slices *slices = study_read_slices(shown_row(app)->study);
    const struct slices_view of = {.name = shown_row(app)->subject,
                                   .theme = view->theme,
                                   .colormap = view->colormap,
                                   .height = view->height,
                                   .width = view->width,
                                   .height_px = view->height_px};
    if (slices)
        slices_build(scene, slices, &of);
    else
        scene_clear(scene);
}

void basins_build(struct app *app, const struct view *view, struct scene *scene) {
    if (!maps_shown(app)) {
        build_slices(app, view, scene);
        return;
    }
    struct basin_map map = map_of(app, view->theme, view->width, view->height_px);
    basin_map_build(scene, &map);
}

static bool pick_cell(struct app *app, struct basin_pick *pick) {
    struct rect scene = app->layout.scene;
    if (!maps_shown(app)) return false;
    struct basin_map map = current_map(app);
    return rect_holds(scene, app->mouse.x, app->mouse.y) && !ui_covers(app->ui, app->mouse.x, app->mouse.y) &&
           basin_map_pick(&map, app->mouse.x - scene.x, app->mouse.y - scene.y, pick);
}

void basins_click(struct app *app) {
    struct basin_pick pick;
    if (!app->session->trainer || !pick_cell(app, &pick)) return;
    const struct basins_params *params = study_basins_params(basins_study(app));
    double x = basins_place(params, 0, pick.column), y = basins_place(params, 1, pick.row);
    basins_show(app, 0);
    app_restart_at(app, (double[2]){x, y}, "a cell of the map");
}

/* "from (1.2, 0.4): minimum 2 after 34 steps" */
static void describe(const struct app *app, const struct basin_pick *pick, char *out, size_t size) {
    const struct study *study = basins_study(app);
    const struct basins_params *params = study_basins_params(study);
    const struct basin_end *ends;
    char numbers[2][NUMBER_TEXT], name[64];
    struct basin_cell cell = study_basin_at(study, pick->optimizer, pick->column, pick->row); /* its end is known then */
    size_t used, count = study_basins_ends(study, &ends);
    snprintf(out, size, "from (%s, %s): ", number_text(basins_place(params, 0, pick->column), 4, numbers[0]),
             number_text(basins_place(params, 1, pick->row), 4, numbers[1]));
    used = strlen(out);
    basin_end_name(count ? ends : NULL, cell.end, name, sizeof name);
    if (cell.end == BASIN_UNKNOWN)
        snprintf(out + used, size - used, "not computed yet");
    else if (cell.end == BASIN_NOWHERE)
        snprintf(out + used, size - used, "not there after %s steps, loss %s",
                 number_text((double)cell.steps, 6, numbers[0]), number_text(cell.loss, 4, numbers[1]));
    else if (cell.end == BASIN_DIVERGED)
        snprintf(out + used, size - used, "diverged at step %s", number_text((double)cell.steps, 6, numbers[0]));
    else
        snprintf(out + used, size - used, "%s after %s steps", name, number_text((double)cell.steps, 6, numbers[0]));
}

static void cell_card(struct app *app) {
    struct ui *ui = app->ui;
    struct rect scene = app->layout.scene;
    struct basin_pick pick;
    if (!pick_cell(app, &pick)) return;
    char text[256];
    describe(app, &pick, text, sizeof text);
    const char *label = app->session->experiment->optimizers[pick.optimizer].label;
    float width = fmaxf(ui_text_width(ui, UI_SMALL, text), ui_text_width(ui, UI_SMALL | UI_BOLD, label)) + 28;
    float x = fminf(app->mouse.x + 14, scene.x + scene.width - width - 8), y = app->mouse.y - 14 - 60;
    if (y < scene.y + 8) y = app->mouse.y + 18;
    ui_panel_begin(ui, "basin.cell", (struct rect){fmaxf(x, scene.x), y, width, 60},
                   UI_PANEL_CARD | UI_PANEL_CLICKS_THROUGH);
    ui_text(ui, UI_SMALL | UI_BOLD, label);
    ui_text(ui, UI_SMALL | UI_FAINT, text);
    ui_panel_end(ui);
}

void basins_card(struct app *app) {
    if (!basins_shown(app)) return;
    if (app->basins == player_analysis(app)) { /* the lesson goes on from it */
        cell_card(app);
        return;
    }
    struct ui *ui = app->ui;
    struct rect scene = app->layout.scene;
    float width = ui_text_width(ui, UI_SMALL, "Back to the surface") + 28 + 20;
    ui_panel_begin(ui, "basins.back", (struct rect){scene.x + scene.width - width - 12, scene.y + scene.height - 56, width, 44},
                   UI_PANEL_CARD | UI_PANEL_FITS);
    bool back = ui_button(ui, "basins.surface", "Back to the surface", UI_BUTTON_EDGED);
    ui_panel_end(ui);
    if (back)
        basins_show(app, 0);
    else
        cell_card(app);
}
