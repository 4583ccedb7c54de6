/* The keyboard's place on the surface: a cross-hair that the arrow keys move, and the marks one after another. */
#include "app/app_parts.h"

#include <cglm/vec3.h>
#include <math.h>

static const double stride = 1.0 / 60; /* of the surface's longer side, for one press */

static bool holds(const struct scene_surface *surface, double a, double b) {
    return a >= surface->low[0] && a <= surface->high[0] && b >= surface->low[1] && b <= surface->high[1];
}

static void place_in_world(const struct app *app, double a, double b, vec3 world) {
    const struct scene_surface *surface = &app->scene.surfaces[0];
    const struct height_map *map = exhibit_height_map(app->session->exhibit, app->session->view.height);
    double at[2] = {a, b}, loss = exhibit_loss_at(app->session->exhibit, a, b);
    for (int i = 0; i < 2; i++) {
        double share = (at[i] - surface->low[i]) / (surface->high[i] - surface->low[i]);
        world[i] = (float)(2 * share - 1) * surface->half[i];
    }
    double tone = map && isfinite(loss) ? height_tone(map, loss) : 0;
    world[2] = SCENE_HEIGHT * (float)fmin(fmax(tone, 0), 1);
}

bool cursor_where(const struct app *app, float *x, float *y) {
    vec3 world;
    if (!app->cursor.on || !app->session || app->scene.surface_count == 0) return false;
    place_in_world(app, app->cursor.a, app->cursor.b, world);
    return interaction_place(app, 0, world, x, y);
}

void cursor_toggle(struct app *app) {
    struct cursor *cursor = &app->cursor;
    cursor->on = !cursor->on;
    if (cursor->on && !holds(&app->scene.surfaces[0], cursor->a, cursor->b)) { /* the middle, the first time */
        cursor->a = (app->scene.surfaces[0].low[0] + app->scene.surfaces[0].high[0]) / 2;
        cursor->b = (app->scene.surfaces[0].low[1] + app->scene.surfaces[0].high[1]) / 2;
    }
    app_redraw(app);
    app->frames_wanted = 2;
}

/* The way on the ground that goes right (up) on the screen, as seen from where the camera stands. */
static bool ground_way(const struct app *app, int right, int up, double way[2]) {
    vec3 at, beside[2];
    float x, y, to[2][2];
    place_in_world(app, app->cursor.a, app->cursor.b, at);
    for (int i = 0; i < 2; i++) {
        glm_vec3_copy(at, beside[i]);
        beside[i][i] += at[i] > 0 ? -0.05f : 0.05f; /* inwards: in sight if the cursor is */
        if (!interaction_place(app, 0, at, &x, &y) || !interaction_place(app, 0, beside[i], &to[i][0], &to[i][1]))
            return false;
        float sign = at[i] > 0 ? -1 : 1;
        to[i][0] = sign * (to[i][0] - x);
        to[i][1] = sign * (to[i][1] - y);
    }
    double along = (double)right, down = -(double)up;
    double determinant = (double)(to[0][0] * to[1][1] - to[0][1] * to[1][0]);
    if (fabs(determinant) < 1e-6) return false;
    way[0] = (along * (double)to[1][1] - down * (double)to[1][0]) / determinant;
    way[1] = (down * (double)to[0][0] - along * (double)to[0][1]) / determinant;
    double length = hypot(way[0], way[1]);
    way[0] /= length;
    way[1] /= length;
    return true;
}

static void go(struct app *app, int right, int up, double strides) {
    const struct scene_surface *surface = &app->scene.surfaces[0];
    struct cursor *cursor = &app->cursor;
    double way[2], *at[2] = {&cursor->a, &cursor->b};
    if (!ground_way(app, right, up, way)) {
        way[0] = right;
        way[1] = up;
    }
    for (int i = 0; i < 2; i++) {
        double unit = (surface->high[i] - surface->low[i]) / (2 * (double)surface->half[i]); /* of the world */
        double moved = *at[i] + 2 * stride * strides * way[i] * unit;
        *at[i] = fmin(fmax(moved, surface->low[i]), surface->high[i]);
    }
    app_redraw(app);
}

bool cursor_key(struct app *app, struct shortcut key) {
    struct cursor *cursor = &app->cursor;
    if (!cursor->on || !app->session || app->scene.surface_count == 0 || key.modifiers & ~(unsigned)KMOD_SHIFT)
        return false;
    double strides = key.modifiers & KMOD_SHIFT ? 6 : 1;
    switch (key.key) {
    case SDLK_LEFT: go(app, -1, 0, strides); return true;
    case SDLK_RIGHT: go(app, 1, 0, strides); return true;
    case SDLK_UP: go(app, 0, 1, strides); return true;
    case SDLK_DOWN: go(app, 0, -1, strides); return true;
    case SDLK_RETURN:
        if (!app->session->trainer)
            inspector_open_point(app, cursor->a, cursor->b);
        else
            app_restart_from(app, cursor->a, cursor->b);
        return true;
    case SDLK_i:
        inspector_open_point(app, cursor->a, cursor->b);
        ui_focus_from(app->ui, "inspector");
        return true;
    }
    return false;
}

/* ---- marks, one after another ------------------------------------------------------------------------------------*/

/* Where the card is to stand: as if the mouse had been there. */
static void point_at(struct app *app, const double *theta) {
    const struct plane *plane = exhibit_plane(app->session->exhibit);
    vec3 world;
    float x, y;
    if (!plane) return;
    struct plane_point at = plane_project(plane, theta);
    app->cursor.a = at.a;
    app->cursor.b = at.b;
    place_in_world(app, at.a, at.b, world);
    app->mouse.pick.pane = 0;
    if (!interaction_place(app, 0, world, &x, &y)) return;
    app->inspector.x = x;
    app->inspector.y = y;
}

void cursor_next_mark(struct app *app, int by) {
    const struct critical_point *points;
    size_t critical = exhibit_critical_points(app->session->exhibit, &points);
    int found[ANALYSES_MOST], count = 0, now = -1;
    const struct analyses *analyses = &app->session->analyses;
    for (int i = 0; i < app->session->view.mark_count && count < ANALYSES_MOST; i++)
        if (analyses_find(analyses, app->marks[i].id)) found[count++] = app->marks[i].id;
    int all = (int)critical + count;
    if (all == 0) {
        notice_say(app, NOTICE_DONE, "No critical point is marked here.");
        return;
    }
    if (app->inspector.kind == INSPECT_CRITICAL) now = app->inspector.id;
    for (int i = 0; i < count; i++)
        if (app->inspector.kind == INSPECT_FOUND && app->inspector.id == found[i]) now = (int)critical + i;
    now = now < 0 ? (by > 0 ? 0 : all - 1) : (now + all + by) % all;
    if (now < (int)critical)
        inspector_open_critical(app, now);
    else
        inspector_open_found(app, found[now - (int)critical]);
    const double *theta = inspector_theta(app);
    if (theta) point_at(app, theta);
    ui_focus_from(app->ui, "inspector");
    app_redraw(app);
    app->frames_wanted = 3;
}

void cursor_next_head(struct app *app, int by) {
    const struct session *session = app->session;
    int now = app->inspector.kind == INSPECT_RUN ? app->inspector.id : by > 0 ? -1 : session->runs;
    for (int n = 0; n < session->runs; n++) {
        struct sample sample;
        now = (now + by + session->runs) % session->runs;
        if (session->view.hidden_runs >> now & 1 || !session_sample(session, now, &sample)) continue;
        inspector_open_run(app, now, session->view.step);
        if (app->inspector.kind == INSPECT_RUN) point_at(app, inspector_theta(app));
        ui_focus_from(app->ui, "inspector");
        app_redraw(app);
        app->frames_wanted = 3;
        return;
    }
}
