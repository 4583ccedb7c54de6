/* A graphics context that was lost, by a driver that was reset or put away: all that lay in it is made anew. */
#include "app/app_parts.h"

static bool renew(struct app *app, struct error *error) {
    network_release(app);
    backing_destroy(&app->backing);
    renderer_destroy(&app->renderer);
    ui_leave_graphics(app->ui);
    if (!window_renew_context(&app->window, error)) return false;
    struct renderer_params renderer = {.shader_folder = app->params->shader_folder};
    app->renderer = renderer_create(&renderer, error);
    return app->renderer && ui_enter_graphics(app->ui, error);
}

void graphics_watch_memory(struct app *app) {
    bool refused = renderer_statistics(app->renderer).refused;
    if (refused && !app->graphics_short)
        notice_say(app, NOTICE_TROUBLE,
                   "The graphics driver has no memory for all of this picture: something is missing in it. A smaller "
                   "window or a coarser grid needs less.");
    app->graphics_short = refused;
}

void graphics_watch(struct app *app) {
    if (!app->graphics_lost && !renderer_lost(app->renderer)) return;
    app->graphics_lost = false;
    if (!renew(app, &app->failure)) app->quit = true;
    app_redraw(app);
    app->frames_wanted = 2;
}
