#include "app/app_parts.h"

#include "base/threads.h"

#include <math.h>
#include <string.h>

/* A press that moves less than this is a click. */
static const float click_slack = 4;
static const double ease_seconds = 0.25, morph_seconds = 0.7;
static const float degrees_per_pixel = 0.35f, wheel_factor = 1.14f;

/* Which of the view's cameras: its own of a pane, by seat; or … */
enum { CAMERA_COMMON = -1, CAMERA_FLAT = -2 };

static struct camera *camera_named(struct app *app, int which) {
    struct view *view = &app->session->view;
    return which >= 0 ? &view->cameras[which] : which == CAMERA_FLAT ? &view->flat_camera : &view->camera;
}

static bool cameras_apart(const struct view *view) {
    return view->free_cameras && (view->kind == VIEW_SIDE_BY_SIDE || (view->kind == VIEW_COMPARE && view->other));
}

/* What a pane is seen by; pane −1: what most of the picture is. */
static int camera_of_pane(const struct app *app, int pane) {
    const struct view *view = &app->session->view;
    const struct scene_pane *shown = pane >= 0 && pane < app->scene.pane_count ? &app->scene.panes[pane] : NULL;
    if (view->kind == VIEW_CONTOUR || (view->kind == VIEW_SPLIT && shown && shown->flat)) return CAMERA_FLAT;
    if (cameras_apart(view) && shown && shown->seat >= 0) return shown->seat;
    return CAMERA_COMMON;
}

static int pane_under(const struct app *app, float x, float y);

static int camera_under_mouse(const struct app *app) {
    return camera_of_pane(app, app->mouse.over_scene ? pane_under(app, app->mouse.x, app->mouse.y) : -1);
}

static struct camera *camera_in_use(struct app *app) {
    return camera_named(app, camera_of_pane(app, -1));
}

/* ---- easing
 * --------------------------------------------------------------------------------------------------------------- */

static void ease_to(struct app *app, const struct camera *to, enum view_kind then) {
    struct view *view = &app->session->view;
    app->easing = (struct easing){.active = true,
                                  .since = clock_seconds(),
                                  .which = camera_of_pane(app, -1),
                                  .from = *camera_in_use(app),
                                  .to = *to,
                                  .then = then};
    if (view->kind == VIEW_CONTOUR && then != VIEW_CONTOUR) {
        view->camera = view->flat_camera; /* leave the map first, then tilt */
        view->kind = then;
        app->easing.which = CAMERA_COMMON;
    }
    app_redraw(app);
}

/* One pane's camera, or the map's, to where it usually is. */
static void ease_one(struct app *app, int which, const struct camera *to) {
    app->easing = (struct easing){.active = true,
                                  .since = clock_seconds(),
                                  .which = which,
                                  .from = *camera_named(app, which),
                                  .to = *to,
                                  .then = app->session->view.kind};
    app_redraw(app);
}

/* All panes' cameras to one place, where they may be linked. */
static void ease_together(struct app *app, const struct camera *to, bool link) {
    struct view *view = &app->session->view;
    ease_one(app, CAMERA_COMMON, to);
    app->easing.together = true;
    app->easing.link = link;
    memcpy(app->easing.each, view->cameras, sizeof app->easing.each);
}

static bool camera_ease(struct app *app, double now) {
    struct easing *easing = &app->easing;
    if (!easing->active) return false;
    if (!app->session) {
        easing->active = false;
        return false;
    }
    struct view *view = &app->session->view;
    double share = (now - easing->since) / ease_seconds;
    *camera_named(app, easing->which) = camera_between(&easing->from, &easing->to, (float)fmin(share, 1));
    for (int i = 0; easing->together && i < EXPERIMENT_MAX_OPTIMIZERS; i++)
        view->cameras[i] = camera_between(&easing->each[i], &easing->to, (float)fmin(share, 1));
    if (share >= 1) {
        easing->active = false;
        if (easing->link) view->free_cameras = false;
        if (easing->then == VIEW_CONTOUR && view->kind != VIEW_CONTOUR) view->camera = app->camera_before_contour;
        view->kind = easing->then;
    }
    app_redraw(app);
    return easing->active;
}

/* From one plane to the next. */
static bool morph(struct app *app, double now) {
    bool morphing = false;
    for (int side = 0; side < 2; side++) {
        struct session *session = compare_side(app, side);
        double *since = &app->morph_since[side];
        if (!session || !exhibit_morphing(session->exhibit)) {
            *since = 0;
            continue;
        }
        if (*since <= 0) *since = now;
        exhibit_morph(session->exhibit, fmin((now - *since) / morph_seconds, 1));
        morphing = true;
        app_redraw(app);
    }
    return morphing;
}

/* The surfaces' finer levels. */
static bool settle(struct app *app, double now) {
    const double settle_seconds = 0.15, longest_step = 0.05; /* the first frames of a level may be slow */
    double passed = fmin(now - app->settled_at, longest_step);
    bool settling = false;
    app->settled_at = now;
    for (int side = 0; side < 2; side++) {
        struct session *session = compare_side(app, side);
        if (!session || !exhibit_settling(session->exhibit)) continue;
        exhibit_settle(session->exhibit, passed / settle_seconds);
        settling = true;
        app_redraw(app);
    }
    return settling;
}

bool interaction_eases(const struct app *app) {
    for (int side = 0; side < 2; side++) {
        struct session *session = compare_side(app, side);
        if (session && exhibit_settling(session->exhibit)) return true;
    }
    return app->easing.active || app->morph_since[0] > 0 || app->morph_since[1] > 0;
}

bool interaction_ease(struct app *app, double now) {
    bool morphing = morph(app, now), settling = settle(app, now);
    return camera_ease(app, now) || morphing || settling;
}

void interaction_set_view(struct app *app, enum view_kind kind) {
    if (!app->session) return;
    if (basins_shown(app)) basins_show(app, 0);
    struct view *view = &app->session->view;
    enum view_kind now = app->easing.active ? app->easing.then : view->kind;
    if (kind == VIEW_COMPARE && !app->compare.session) app->compare.choosing = true;
    if (kind == now) return;
    if (app->easing.active) camera_ease(app, INFINITY); /* at its end at once */
    if (kind == VIEW_CONTOUR) {
        app->camera_before_contour = view->camera;
        ease_to(app, &view->flat_camera, VIEW_CONTOUR);
    } else if (view->kind == VIEW_CONTOUR) {
        struct camera back = view->camera;
        ease_to(app, &back, kind);
    } else {
        view->kind = kind;
        app_redraw(app);
    }
}

void interaction_look(struct app *app, enum view_kind kind, const struct camera *camera) {
    struct view *view = &app->session->view;
    if (app->easing.active) camera_ease(app, INFINITY); /* at its end at once */
    if (kind == VIEW_CONTOUR) {
        struct view usual = view_default(app->session->experiment);
        app->camera_before_contour = *camera;
        ease_to(app, &usual.flat_camera, kind);
    } else {
        if (view->kind != VIEW_CONTOUR) view->kind = kind;
        ease_to(app, camera, kind);
    }
}

void interaction_reset_camera(struct app *app) {
    struct view usual = view_default(app->session->experiment);
    struct view *view = &app->session->view;
    if (cameras_apart(view))
        ease_together(app, &usual.camera, false);
    else
        ease_to(app, view->kind == VIEW_CONTOUR ? &usual.flat_camera : &usual.camera, view->kind);
    if (view->kind == VIEW_SPLIT) view->flat_camera = usual.flat_camera;
}

/* That of the pane under the mouse only. */
static void reset_camera_here(struct app *app) {
    struct view usual = view_default(app->session->experiment);
    int which = camera_under_mouse(app);
    if (app->easing.active) camera_ease(app, INFINITY);
    ease_one(app, which, which == CAMERA_FLAT ? &usual.flat_camera : &usual.camera);
}

void interaction_free_cameras(struct app *app, bool free_ones) {
    struct view *view = &app->session->view;
    if (app->easing.active) camera_ease(app, INFINITY);
    if (free_ones == view->free_cameras || player_holds(app, TOUCH_CAMERA, true)) return;
    if (free_ones) {
        for (int i = 0; i < EXPERIMENT_MAX_OPTIMIZERS; i++) view->cameras[i] = view->camera;
        view->free_cameras = true;
    } else {
        int which = camera_under_mouse(app), first = camera_of_pane(app, 0);
        const struct camera to = *camera_named(app, which >= 0 ? which : first);
        ease_together(app, &to, true);
    }
    app_redraw(app);
}

/* ---- places
 * ---------------------------------------------------------------------------------------------------------------- */

static struct rect pane_rect(const struct app *app, int pane) {
    const struct scene_pane *one = &app->scene.panes[pane];
    struct rect scene = app->layout.scene;
    return (struct rect){scene.x + one->x * scene.width, scene.y + one->y * scene.height, one->width * scene.width,
                         one->height * scene.height};
}

bool interaction_place(const struct app *app, int pane, const vec3 world, float *x, float *y) {
    if (pane < 0 || pane >= app->scene.pane_count) return false;
    struct rect rect = pane_rect(app, pane);
    vec2 pixel;
    if (!camera_project(&app->scene.panes[pane].camera, rect.width, rect.height, world, pixel, NULL)) return false;
    *x = rect.x + pixel[0];
    *y = rect.y + pixel[1];
    return rect_holds(rect, *x, *y);
}

bool interaction_pane(const struct app *app, int pane, struct rect *rect) {
    if (pane < 0 || pane >= app->scene.pane_count) return false;
    *rect = pane_rect(app, pane);
    return true;
}

static int pane_under(const struct app *app, float x, float y) {
    for (int pane = 0; pane < app->scene.pane_count; pane++)
        if (rect_holds(pane_rect(app, pane), x, y)) return pane;
    return -1;
}

/* ---- the mouse
 * ---------------------------------------------------------------------------------------------------------------- */

static void set_hover(struct app *app, bool hover, double a, double b) {
    struct view *view = &app->session->view;
    if (!hover && !view->hover) return;
    if (hover && view->hover && view->hover_at[0] == a && view->hover_at[1] == b &&
        view->hover_side == app->mouse.pick.side)
        return;
    view->hover = hover;
    view->hover_side = app->mouse.pick.side;
    view->hover_at[0] = a;
    view->hover_at[1] = b;
    app_redraw(app);
}

void interaction_update(struct app *app) {
    struct mouse *mouse = &app->mouse;
    mouse->pick = (struct scene_pick){.kind = PICK_NOTHING};
    if (!app->session) return;
    if (basins_shown(app)) { /* maps have cells of their own, and no camera */
        set_hover(app, false, 0, 0);
        return;
    }
    if (app->cursor.on) {
        set_hover(app, true, app->cursor.a, app->cursor.b);
        return;
    }
    bool over = !app->laser.on && mouse->drag == DRAG_NONE && mouse->button == 0 && mouse->over_scene &&
                !ui_covers(app->ui, mouse->x, mouse->y) && rect_holds(app->layout.scene, mouse->x, mouse->y) &&
                !app->easing.active;
    if (over)
        mouse->pick = scene_pick(&app->scene, app->session->exhibit, &app->session->view,
                                 mouse->x - app->layout.scene.x, mouse->y - app->layout.scene.y);
    set_hover(app, mouse->pick.kind == PICK_SURFACE || mouse->pick.kind == PICK_PATH, mouse->pick.a, mouse->pick.b);
    bool hand = mouse->pick.kind != PICK_NOTHING && mouse->pick.kind != PICK_SURFACE;
    if (hand != app->hand_shown && (hand || over)) {
        app->hand_shown = hand;
        ui_pointer(app->ui, hand);
    }
}

static void act_on_click(struct app *app) {
    struct mouse *mouse = &app->mouse;
    struct rect scene = app->layout.scene;
    struct scene_pick pick =
        scene_pick(&app->scene, app->session->exhibit, &app->session->view, mouse->x - scene.x, mouse->y - scene.y);
    bool inspect = mouse->button == SDL_BUTTON_RIGHT || mouse->modifiers & (KMOD_ALT | KMOD_CTRL);
    mouse->pick = pick;
    if (basins_shown(app)) {
        basins_click(app);
        return;
    }
    if (pick.side == 1) {
        compare_click(app, &pick, inspect);
        return;
    }
    switch (pick.kind) {
    case PICK_CRITICAL: inspector_open_critical(app, pick.id); break;
    case PICK_HEAD: inspector_open_run(app, pick.id, app->session->view.step); break;
    case PICK_FOUND: inspector_open_found(app, pick.id); break;
    case PICK_PATH: inspector_open_run(app, pick.id, pick.step); break;
    case PICK_SURFACE:
        if (inspect || !app->session->trainer)
            inspector_open_point(app, pick.a, pick.b);
        else
            app_restart_from(app, pick.a, pick.b);
        break;
    case PICK_NOTHING: inspector_close(app); break;
    }
}

/* The point of the ground plane z = 0 under a pixel. */
static bool ground_under(const struct app *app, const struct camera *camera, int pane, float x, float y, vec3 at) {
    struct rect rect = pane_rect(app, pane);
    vec3 origin, direction;
    camera_ray(camera, rect.width, rect.height, (vec2){x - rect.x, y - rect.y}, origin, direction);
    if (fabsf(direction[2]) < 1e-4f) return false;
    float t = -origin[2] / direction[2];
    for (int i = 0; i < 3; i++) at[i] = origin[i] + t * direction[i];
    return t > 0 || camera->field_of_view == 0;
}

static void drag_to(struct app *app, float x, float y) {
    struct mouse *mouse = &app->mouse;
    float dx = x - mouse->x, dy = y - mouse->y;
    if (!mouse->moved) {
        if (hypotf(x - mouse->pressed_x, y - mouse->pressed_y) < click_slack) return;
        mouse->moved = true;
        dx = x - mouse->pressed_x;
        dy = y - mouse->pressed_y;
    }
    if (basins_shown(app)) return;
    if (player_holds(app, TOUCH_CAMERA, true)) return;
    int pane = pane_under(app, mouse->pressed_x, mouse->pressed_y);
    struct camera *camera = camera_named(app, camera_of_pane(app, pane));
    float height = pane >= 0 ? pane_rect(app, pane).height : app->layout.scene.height;
    vec3 from, to;
    bool map = pane >= 0 && app->scene.panes[pane].flat && mouse->drag != DRAG_ORBIT;
    app->easing.active = false;
    if (map && ground_under(app, &app->scene.panes[pane].camera, pane, x - dx, y - dy, from) &&
        ground_under(app, &app->scene.panes[pane].camera, pane, x, y, to))
        for (int i = 0; i < 2; i++) camera->target[i] = fmaxf(-2, fminf(2, camera->target[i] + from[i] - to[i]));
    else if (mouse->drag == DRAG_ORBIT)
        camera_orbit(camera, -dx * degrees_per_pixel, dy * degrees_per_pixel);
    else
        camera_pan(camera, -dx / height, dy / height);
    app_redraw(app);
}

static void zoom(struct app *app, float notches) {
    if (player_holds(app, TOUCH_CAMERA, true)) return;
    int pane = pane_under(app, app->mouse.x, app->mouse.y), which = camera_of_pane(app, pane);
    struct camera *camera = camera_named(app, which);
    vec3 before, after;
    bool flat = which == CAMERA_FLAT && pane >= 0;
    struct camera then = *camera;
    struct camera shown = flat ? app->scene.panes[pane].camera : then; /* fitted to its pane */
    bool held = flat && ground_under(app, &shown, pane, app->mouse.x, app->mouse.y, before);
    app->easing.active = false;
    camera_zoom(camera, powf(wheel_factor, notches));
    float share = camera->distance / then.distance;
    shown.distance *= share;
    for (int i = 0; i < 3; i++) shown.target[i] = then.target[i] + share * (shown.target[i] - then.target[i]);
    if (held &&
        ground_under(app, &shown, pane, app->mouse.x, app->mouse.y, after)) /* what is under the cursor stays there */
        for (int i = 0; i < 2; i++) camera->target[i] += before[i] - after[i];
    app_redraw(app);
}

static bool on_scene(const struct app *app) {
    return app->session && rect_holds(app->layout.scene, app->mouse.x, app->mouse.y) &&
           !ui_covers(app->ui, app->mouse.x, app->mouse.y);
}

static void press(struct app *app, const SDL_MouseButtonEvent *event) {
    struct mouse *mouse = &app->mouse;
    if (mouse->button || !on_scene(app)) return;
    mouse->button = event->button;
    mouse->pressed_x = mouse->x;
    mouse->pressed_y = mouse->y;
    mouse->moved = false;
    mouse->modifiers = SDL_GetModState();
    bool flat = camera_of_pane(app, pane_under(app, mouse->x, mouse->y)) == CAMERA_FLAT;
    bool orbits = event->button == SDL_BUTTON_LEFT && !(mouse->modifiers & KMOD_SHIFT) && !flat;
    mouse->drag = orbits ? DRAG_ORBIT : DRAG_PAN;
    if (event->button == SDL_BUTTON_LEFT && event->clicks >= 2) {
        /* the first click of the two has restarted the runs: a second one, quickly, means the camera */
        if (app->click_restarted) undo_step_back(app);
        app->click_restarted = false;
        reset_camera_here(app);
        mouse->button = 0;
        mouse->drag = DRAG_NONE;
    }
}

static void release(struct app *app, const SDL_MouseButtonEvent *event) {
    struct mouse *mouse = &app->mouse;
    if (event->button != mouse->button) return;
    bool clicked = !mouse->moved && app->session;
    if (clicked && mouse->button != SDL_BUTTON_MIDDLE && !(mouse->modifiers & KMOD_SHIFT)) {
        const struct session *session = app->session;
        uint64_t before = session->restarts;
        undo_watch(app);
        act_on_click(app);
        app->click_restarted = app->session == session && session->restarts > before;
    }
    mouse->button = 0;
    mouse->drag = DRAG_NONE;
}

void interaction_event(struct app *app, const SDL_Event *event) {
    struct mouse *mouse = &app->mouse;
    float scale = app_scale(app);
    switch (event->type) {
    case SDL_MOUSEMOTION: {
        float x = (float)event->motion.x / scale, y = (float)event->motion.y / scale;
        if (mouse->button && app->session) drag_to(app, x, y);
        if (app->cursor.on && hypotf(x - mouse->x, y - mouse->y) > 1) cursor_toggle(app); /* the mouse has it again */
        if (!mouse->button || mouse->moved) {
            mouse->x = x;
            mouse->y = y;
        }
        mouse->over_scene = true;
        break;
    }
    case SDL_MOUSEBUTTONDOWN:
        mouse->x = (float)event->button.x / scale;
        mouse->y = (float)event->button.y / scale;
        press(app, &event->button);
        break;
    case SDL_MOUSEBUTTONUP: release(app, &event->button); break;
    case SDL_MOUSEWHEEL: {
        float notches = event->wheel.preciseY;
        if (notches == 0) notches = (float)event->wheel.y;
        if (event->wheel.direction == SDL_MOUSEWHEEL_FLIPPED) notches = -notches;
        if (on_scene(app) && notches != 0 && !basins_shown(app)) zoom(app, notches);
        break;
    }
    case SDL_WINDOWEVENT:
        if (event->window.event == SDL_WINDOWEVENT_LEAVE) mouse->over_scene = false;
        if (event->window.event == SDL_WINDOWEVENT_FOCUS_LOST) mouse->button = 0, mouse->drag = DRAG_NONE;
        break;
    }
}

/* ---- the keyboard's hand on the camera ---------------------------------------------------------------------------*/

static const float key_degrees = 5, key_share = 0.04f;

static struct camera *camera_to_move(struct app *app) {
    if (basins_shown(app) || player_holds(app, TOUCH_CAMERA, true)) return NULL;
    app->easing.active = false;
    app_redraw(app);
    return camera_named(app, camera_under_mouse(app));
}

void interaction_turn(struct app *app, int right, int up) {
    if (camera_under_mouse(app) == CAMERA_FLAT) { /* the map does not tilt */
        interaction_move(app, right, up);
        return;
    }
    struct camera *camera = camera_to_move(app);
    if (camera) camera_orbit(camera, key_degrees * (float)right, key_degrees * (float)up);
}

void interaction_move(struct app *app, int right, int up) {
    struct camera *camera = camera_to_move(app);
    if (camera) camera_pan(camera, key_share * (float)right, key_share * (float)up);
}

void interaction_zoom(struct app *app, float notches) {
    struct camera *camera = camera_to_move(app);
    if (camera) camera_zoom(camera, powf(wheel_factor, notches));
}
