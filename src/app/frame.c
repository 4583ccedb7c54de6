/* One frame: the panels, the picture of the scene, and both on the screen. */
#include "app/app_parts.h"
#include "app/drill.h"

#include "base/threads.h"

#include <math.h>
#include <string.h>

/* What searches have found, on the surface. */
static void lay_findings(struct app *app, struct view *view) {
    struct session *session = app->session;
    view->marks = app->marks;
    view->ways = app->ways;
    view->mark_count = view->way_count = 0;
    view->steps = app->insides.steps;
    view->step_count = app->insides.count;
    for (int i = 0; i < session->analyses.count; i++) {
        const struct analysis *row = &session->analyses.rows[i];
        const struct seek_finding *finding = row->kind == ANALYSIS_SEEK ? study_read_seek(row->study, 0) : NULL;
        if (finding && !finding->error.kind)
            app->marks[view->mark_count++] =
                (struct view_mark){.theta = finding->result->theta,
                                   .loss = finding->result->loss,
                                   .kind = finding->kind,
                                   .id = row->id,
                                   .chosen = app->inspector.kind == INSPECT_FOUND && app->inspector.id == row->id};
        const struct escape_way *ways = row->drawn ? analysis_ways(row) : NULL;
        for (int side = 0; ways && side < 2; side++)
            if (ways[side].theta)
                app->ways[view->way_count++] = (struct view_way){.from = finding ? finding->result->theta : row->theta,
                                                                 .to = ways[side].theta,
                                                                 .losses = ways[side].losses,
                                                                 .count = ways[side].count};
    }
}

void app_dress_view(struct app *app, struct view *view) {
    view->theme = app->settings.theme;
    view->colormap = app->settings.colormap;
    lay_findings(app, view);
    compare_lay(app, view);
}

/* True when there is a new picture. */
static bool build_picture(struct app *app) {
    struct session *session = app->session;
    if (!session || !app->picture_stale) return false;
    struct view *view = &session->view;
    view->width = app->layout.scene.width;
    view->height_px = app->layout.scene.height;
    app_dress_view(app, view);
    view->title = false;                         /* the top bar says it, … */
    view->legend = app->layout.right.width <= 0; /* … and the optimizers' panel this */
    int64_t step = view->step;
    if (app->hover_step >= 0 && !session->playing) { /* as it was where the mouse is on the curves */
        view->step = app->hover_step;
        view->step_count = 0;
    }
    if (basins_shown(app))
        basins_build(app, view, &app->scene);
    else
        scene_build(&app->scene, session->exhibit, view);
    view->step = step;
    app->picture_stale = false;
    return true;
}

static void draw_scene(struct app *app, const struct draw_target *target, bool fresh) {
    if (!app->session || target->width < 1 || target->height < 1) return;
    if (fresh || !renderer_repeat(app->renderer, &app->scene, target))
        renderer_draw(app->renderer, &app->scene, target);
}

/* The scene, drawn anew when `fresh`, and the panels over it, shown. */
static void draw_window(struct app *app, bool fresh, bool quick) {
    struct window *window = &app->window;
    float scale = app_scale(app) * window->pixel_ratio;
    struct rect scene = app->layout.scene;
    struct pixel_rect place = {.x = (int)lroundf(scene.x * scale), .y = (int)lroundf(scene.y * scale)};
    place.width = (int)lroundf((scene.x + scene.width) * scale) - place.x;
    place.height = (int)lroundf((scene.y + scene.height) * scale) - place.y;
    struct draw_target target = {
        .x = place.x,
        .y = place.y,
        .width = place.width,
        .height = place.height,
        .framebuffer_height = window->pixel_height,
        .scale = scale,
        .quick = fresh && quick,
    };
    bool kept = false;
    if (renderer_is_software(app->renderer)) {
        if (!app->backing) app->backing = backing_create();
        target.framebuffer = backing_bind(app->backing, window->pixel_width, window->pixel_height, &kept);
    }
    if (!target.framebuffer) {
        draw_scene(app, &target, fresh);
        ui_draw(app->ui);
    } else {
        if (!kept) ui_forget_frame(app->ui);
        struct pixel_rect changes[UI_MOST_CHANGES];
        bool scene_changed = fresh;
        int count = ui_changes(app->ui, &place, &scene_changed, changes);
        if (count == 0) return; /* the window shows just that */
        if (scene_changed) draw_scene(app, &target, fresh);
        ui_draw_changes(app->ui, changes, count);
        backing_show(app->backing);
    }
    window_swap(window);
}

void frame_panels(struct app *app) {
    app->key_unseen = app->press_unseen = false;
    ui_frame_begin(app->ui);
    layout_arrange(app);
    network_update(app);
    panel_top(app);
    panel_scene(app);
    panel_right(app);
    panel_timeline(app);
    panel_chart(app);
    panel_overlay(app);
    panel_panes(app);
    basins_card(app);
    network_card(app);
    inspector_panel(app);
    notices_panel(app);
    incoming_panel(app);
    panel_exports(app);
    panel_export(app);
    panel_help(app);
    panel_palette(app);
    laser_draw(app);
    ui_frame_end(app->ui);
    app_wake_by(app, ui_wake_at(app->ui));
}

void frame_draw(struct app *app) {
    app->wake_at = INFINITY;
    if (app->frames_wanted > 0) app->frames_wanted--;
    if (app->frames_hurried > 0) app->frames_hurried--;
    struct rect before = app->layout.scene;
    frame_panels(app);
    for (int more = 0; more < 3 && ui_lacks_letters(app->ui); more++)
        frame_panels(app); /* letters shown first now: no "?" */
    layout_arrange(app);
    if (memcmp(&before, &app->layout.scene, sizeof before) != 0) app->picture_stale = true;
    interaction_update(app);
    double began = clock_seconds();
    if (app->pace.owed) app->picture_stale = true; /* a quick picture cannot be shown again */
    bool fresh = build_picture(app), quick = pace_quick(&app->pace, renderer_is_software(app->renderer), began);
    draw_window(app, fresh, quick);
    if (fresh) graphics_watch_memory(app);
    if (fresh) pace_drawn(&app->pace, quick, began, clock_seconds());
    pace_frame(&app->pace, clock_seconds() - app->drawn_at);
    app->frames++;
    if (app->first_surface <= 0 && app->session && app->scene.surface_count > 0)
        app->first_surface = clock_seconds() - app->started;
    drill_presented(app->drill, app);
    report_write(app);
    graphics_watch(app);
}
