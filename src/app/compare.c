/* A second experiment beside the first. Its runs go as far as the first one's and stand where they stand; the first one
 * alone has panels. */
#include "app/app_parts.h"

#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct session *compare_side(const struct app *app, int side) {
    return side == 1 ? app->compare.session : app->session;
}

static int parameters(const struct session *session) {
    return objective_dimension(session->experiment->objective);
}

/* From the same θ as the first one's where that is one of its own, else from where its experiment says. */
static void start_alike(struct app *app) {
    struct session *first = app->session, *other = app->compare.session;
    bool alike = first->start_chosen && parameters(first) == parameters(other);
    app->compare.generation = timeline_generation(first->timeline);
    session_restart(other, alike ? first->start : NULL);
    session_pause(other);
}

static void take(struct app *app, struct session *other) {
    compare_end(app);
    app->compare.session = other;
    app->compare.choosing = false;
    app->morph_since[1] = 0;
    app->session->view.cameras[1] = app->session->view.cameras[0];
    start_alike(app);
    app_redraw(app);
}

/* By its label; −1: none. */
static int alike(const struct session *first, const struct session *other, int optimizer) {
    const char *label = other->experiment->optimizers[optimizer].label;
    for (int f = 0; f < first->experiment->optimizer_count; f++)
        if (strcmp(first->experiment->optimizers[f].label, label) == 0) return f;
    return -1;
}

/* An optimizer switched off is off on both sides. */
static void switch_alike(const struct session *first, struct session *other) {
    for (int o = 0; o < other->experiment->optimizer_count; o++) {
        int f = alike(first, other, o);
        if (f >= 0 && session_enabled(first, f) != session_enabled(other, o))
            session_enable(other, o, session_enabled(first, f));
    }
}

/* A lesson compares like with like, where there is any. */
static void leave_alike(const struct session *first, struct session *other) {
    bool some = false;
    for (int o = 0; o < other->experiment->optimizer_count; o++) some |= alike(first, other, o) >= 0;
    for (int o = 0; some && o < other->experiment->optimizer_count; o++)
        if (alike(first, other, o) < 0) session_enable(other, o, false);
}

bool compare_with(struct app *app, const char *name_or_path, struct error *error) {
    if (!app->session) return false;
    struct session_params params = {.wakeup = window_wake, .wakeup_context = &app->window};
    struct session *other = session_open(name_or_path, &params, error);
    if (!other) return false;
    take(app, other);
    interaction_set_view(app, VIEW_COMPARE);
    return true;
}

/* What the step before compared goes, but where it is the same. */
bool compare_in_lesson(struct app *app, bool fresh, struct error *error) {
    struct player *player = &app->player;
    const struct lesson_compare *wanted = &player->lesson->steps[player->step].show.compare;
    bool there = !fresh && app->compare.session && player->compared == wanted->experiment + 1;
    if (player->compared && !there) compare_end(app);
    player->compared = wanted->experiment + 1;
    if (!player->compared) return true;
    const struct experiment *of = player->lesson->experiments[wanted->experiment].experiment;
    if (!there) {
        struct session_params params = {.wakeup = window_wake, .wakeup_context = &app->window};
        struct experiment *own = experiment_parse(of->source, strlen(of->source), of->path, error);
        struct session *other = own ? session_of(own, &params, error) : NULL;
        if (!other) return false;
        leave_alike(app->session, other);
        take(app, other);
    }
    app->session->view.own_heights = wanted->own_heights;
    return true;
}

void compare_end(struct app *app) {
    if (app->session) app->session->view.other = NULL;
    if (app->compare.session && app->session && app->session->view.kind == VIEW_COMPARE) app_let_films_go(app);
    app_retire(app, &app->compare.session); /* its threads may take a while to end */
}

void compare_swap(struct app *app) {
    struct session *first = app->session, *other = app->compare.session;
    if (!first || !other) return;
    const struct view seen = first->view;
    bool playing = first->playing;
    double speed = first->speed;
    app_let_films_go(app);
    app->session = NULL; /* it is not closed: it changes places */
    app->compare.session = NULL;
    inspector_close(app);
    undo_forget(app);
    session_pause(first);
    other->view.kind = seen.kind;
    other->view.camera = seen.camera;
    other->view.flat_camera = seen.flat_camera;
    other->view.free_cameras = seen.free_cameras;
    other->view.cameras[0] = seen.cameras[1];
    other->view.cameras[1] = seen.cameras[0];
    other->view.own_heights = seen.own_heights;
    other->view.height = seen.height;
    app_take_session(app, other);
    session_set_speed(other, speed);
    if (!playing) session_pause(other);
    first->view.other = NULL;
    app->compare.session = first;
    app->compare.generation = timeline_generation(other->timeline);
}

bool compare_update(struct app *app) {
    struct session *first = app->session, *other = app->compare.session;
    if (!first || !other) return false;
    bool fresh = session_update(other);
    if (app->compare.generation != timeline_generation(first->timeline)) start_alike(app);
    if (first->view.kind != VIEW_COMPARE) return false; /* it waits */
    int64_t before = other->view.step;
    switch_alike(first, other);
    session_follow(other, first);
    return fresh || other->view.step != before;
}

void compare_lay(struct app *app, struct view *view) {
    struct session *other = app->compare.session;
    view->other = other ? other->exhibit : NULL;
    view->other_hidden_runs = other ? other->view.hidden_runs : 0;
}

void compare_click(struct app *app, const struct scene_pick *pick, bool inspect) {
    struct session *first = app->session, *other = app->compare.session;
    if (!other || pick->kind == PICK_NOTHING) return;
    if (pick->kind != PICK_SURFACE || inspect || !first->trainer || !other->trainer) {
        notice_say(app, NOTICE_DONE, "To look into this one, let the two change places.");
        return;
    }
    if (parameters(first) != parameters(other)) {
        notice_say(app, NOTICE_DONE, "These two have different parameters: choose a start on the left.");
        return;
    }
    double *theta = MEM_NEW(double, parameters(other));
    char x[NUMBER_TEXT], y[NUMBER_TEXT], where[2 * NUMBER_TEXT + 8];
    plane_lift(exhibit_plane(other->exhibit), pick->a, pick->b, theta);
    snprintf(where, sizeof where, "(%s, %s)", number_text(pick->a, 4, x), number_text(pick->b, 4, y));
    app_restart_at(app, theta, where);
    free(theta);
}
