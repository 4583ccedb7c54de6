/* What a person changed, step by step, and back again. Nobody reports a change: the window's state is compared once a
 * turn with what it was, and a drag counts as one change once it is over. */
#include "app/app_parts.h"

#include "base/file.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static size_t parameter_count(const struct session *session, int optimizer) {
    size_t count;
    optimizer_class_parameters(session->experiment->optimizers[optimizer].class, &count);
    return count;
}

/* ---- moments ----------------------------------------------------------------------------------------------------*/

static double *copy_numbers(const double *from, size_t count) {
    double *copy = MEM_NEW(double, count);
    memcpy(copy, from, count * sizeof *copy);
    return copy;
}

static void moment_release(struct moment *moment) {
    free(moment->text);
    free(moment->start);
    free(moment->thetas);
    *moment = (struct moment){0};
}

/* Without start, text and thetas, which are compared by their marks. */
static struct moment look(const struct app *app) {
    const struct session *session = app->session;
    struct moment moment = {.theme = app->settings.theme,
                            .colormap = app->settings.colormap,
                            .scale = app->settings.scale,
                            .big_text = app->big_text,
                            .opening = app->opening};
    if (!session) return moment;
    moment.view = app->easing.active ? app->easing.then : session->view.kind;
    moment.height = session->view.height;
    moment.path_height = session->view.path_height;
    moment.insides = app->insides.shown;
    moment.start_chosen = session->start_chosen;
    moment.start_mark = session->start_mark;
    moment.restarts = session->restarts;
    moment.optimizers = session->experiment->optimizer_count;
    for (int i = 0; i < moment.optimizers; i++) {
        for (size_t p = 0; p < parameter_count(session, i); p++)
            moment.values[i][p] = session_value(session, i, (int)p);
        moment.enabled[i] = session_enabled(session, i);
    }
    if (objective_dimension(session->experiment->objective) > 2) {
        moment.plane = exhibit_plane_choice(session->exhibit);
        moment.plane_known = true;
        moment.plane.thetas = NULL;
    }
    return moment;
}

/* What it takes to come back: only when it is kept. */
static struct moment take(const struct app *app) {
    const struct session *session = app->session;
    struct moment moment = look(app);
    moment.origin = app->origin;
    if (app->origin_text) moment.text = mem_copy_text(app->origin_text);
    if (!session) return moment;
    size_t n = (size_t)objective_dimension(session->experiment->objective);
    if (session->start_chosen) moment.start = copy_numbers(session->start, n);
    struct plane_choice plane = {0};
    if (moment.plane_known) plane = exhibit_plane_choice(session->exhibit);
    if (plane.theta_count) moment.thetas = copy_numbers(plane.thetas, n * (size_t)plane.theta_count);
    return moment;
}

static bool same_plane(const struct moment *a, const struct moment *b) {
    const struct plane_choice *one = &a->plane, *other = &b->plane;
    return a->plane_known == b->plane_known && one->kind == other->kind && one->seed == other->seed &&
           one->run == other->run && memcmp(one->axes, other->axes, sizeof one->axes) == 0 &&
           memcmp(one->runs, other->runs, sizeof one->runs) == 0 && one->theta_count == other->theta_count &&
           one->mark == other->mark;
}

static bool same_start(const struct moment *a, const struct moment *b) {
    return a->start_chosen == b->start_chosen && (!a->start_chosen || a->start_mark == b->start_mark);
}

/* What is different, in words; NULL: nothing. */
static const char *difference(const struct moment *a, const struct moment *b) {
    if (a->opening != b->opening) return "another scene";
    if (!same_start(a, b)) return "another start";
    if (memcmp(a->values, b->values, sizeof a->values) != 0) return "an optimizer’s parameters";
    if (memcmp(a->enabled, b->enabled, sizeof a->enabled) != 0) return "an optimizer on or off";
    if (!same_plane(a, b)) return "another plane";
    if (a->view != b->view) return "another view";
    if (a->height != b->height) return "linear or log height";
    if (a->path_height != b->path_height) return "where paths are drawn";
    if (a->insides != b->insides) return "what a step is made of";
    if (a->theme != b->theme) return "light or dark";
    if (a->colormap != b->colormap) return "another colour map";
    if (a->scale != b->scale || a->big_text != b->big_text) return "the size of text";
    return NULL;
}

/* ---- the two stacks ---------------------------------------------------------------------------------------------*/

static void push(struct moment *stack, int *count, struct moment moment) {
    if (*count == UNDO_DEPTH) {
        moment_release(&stack[0]);
        memmove(stack, stack + 1, (UNDO_DEPTH - 1) * sizeof *stack);
        --*count;
    }
    stack[(*count)++] = moment;
}

static void empty(struct moment *stack, int *count) {
    while (*count > 0) moment_release(&stack[--*count]);
}

static void stand(struct app *app) {
    moment_release(&app->moment);
    app->moment = take(app);
    app->moment_known = true;
}

void undo_watch(struct app *app) {
    if (!app->moment_known) {
        stand(app);
        return;
    }
    if (app->slider_held || app->mouse.button || (app->ui && ui_busy(app->ui))) return; /* not over yet */
    struct moment now = look(app);
    if (!difference(&app->moment, &now)) {
        app->moment.restarts = now.restarts;
        return;
    }
    /* what was made of something else than a file or a formula is not to be had again */
    if (app->moment.opening != now.opening && app->moment.origin == ORIGIN_OTHER)
        empty(app->undo, &app->undo_count), moment_release(&app->moment);
    else
        push(app->undo, &app->undo_count, app->moment);
    app->moment = take(app);
    empty(app->redo, &app->redo_count);
}

bool undo_of_runs(const struct app *app) {
    for (int i = 0; i < app->undo_count; i++) {
        const struct moment *was = &app->undo[i], *is = &app->moment;
        if (was->opening != is->opening || !same_start(was, is) || !same_plane(was, is) ||
            memcmp(was->values, is->values, sizeof was->values) != 0 ||
            memcmp(was->enabled, is->enabled, sizeof was->enabled) != 0)
            return true;
    }
    return false;
}

void undo_forget(struct app *app) {
    empty(app->undo, &app->undo_count);
    empty(app->redo, &app->redo_count);
    moment_release(&app->moment);
    app->moment_known = false;
}

/* ---- going there ------------------------------------------------------------------------------------------------*/

static bool open_again(struct app *app, const struct moment *to, struct error *error) {
    if (to->origin == ORIGIN_FORMULA) {
        snprintf(app->formula, sizeof app->formula, "%s", to->text);
        app_open_formula(app);
        return true;
    }
    if (to->origin != ORIGIN_FILE) return error_set(error, ERROR_INPUT, "What was open then is not to be had again.");
    if (!path_ends(to->text, ".csv")) return app_open(app, to->text, error);
    struct experiment *experiment = data_file_read(to->text, NULL, error);
    return experiment && app_take_file(app, experiment, NULL, to->text, error);
}

static void set_runs(struct app *app, const struct moment *from, const struct moment *to) {
    struct session *session = app->session;
    if (!session || to->optimizers != session->experiment->optimizer_count) return;
    bool valued = false;
    for (int i = 0; i < to->optimizers; i++) {
        for (size_t p = 0; p < parameter_count(session, i); p++)
            if (session_value(session, i, (int)p) != to->values[i][p]) {
                session_set_value(session, i, (int)p, to->values[i][p]);
                valued = true;
            }
        if (session_enabled(session, i) != to->enabled[i]) session_enable(session, i, to->enabled[i]);
    }
    bool started = session->start_chosen != to->start_chosen || session->start_mark != to->start_mark;
    if (started || (valued && from->restarts != to->restarts))
        session_restart(session, to->start_chosen ? to->start : NULL);
}

static void set_looks(struct app *app, const struct moment *to) {
    struct session *session = app->session;
    if (to->theme != app->settings.theme) app_toggle_theme(app);
    app->settings.colormap = to->colormap;
    if (to->big_text != app->big_text) app_toggle_big_text(app);
    if (to->scale != app->settings.scale) app_set_scale(app, to->scale);
    if (!session) return;
    if (to->insides != app->insides.shown) app_toggle_insides(app);
    session->view.height = to->height;
    session->view.path_height = to->path_height;
    interaction_set_view(app, to->view);
    struct moment now = look(app);
    if (!to->plane_known || !now.plane_known || same_plane(&now, to)) return;
    struct plane_choice plane = to->plane;
    plane.thetas = to->thetas;
    exhibit_set_plane(session->exhibit, &plane, NULL);
}

static void go(struct app *app, struct moment *stack, int *count, struct moment *back, int *back_count,
               const char *done, const char *nothing) {
    struct error error = {0};
    undo_watch(app); /* what was done just now */
    if (*count == 0) {
        notice_say(app, NOTICE_DONE, "%s", nothing);
        return;
    }
    struct moment to = stack[--*count];
    struct moment from = take(app);
    const char *what = difference(&from, &to);
    if (to.opening != from.opening && !open_again(app, &to, &error)) {
        notice_say(app, NOTICE_TROUBLE, "%s", error.message);
        moment_release(&from);
        moment_release(&to);
        return;
    }
    inspector_close(app);
    set_runs(app, &from, &to);
    set_looks(app, &to);
    app->opening = to.opening; /* it is that scene again, for what was changed in it */
    if (to.opening != from.opening && from.origin == ORIGIN_OTHER)
        moment_release(&from), empty(back, back_count); /* it is not to be had again, nor what came of it */
    else
        push(back, back_count, from);
    stand(app);
    notice_say(app, NOTICE_DONE, done, what ? what : "");
    moment_release(&to);
    app_redraw(app);
    app->frames_wanted = 3;
}

void undo_step_back(struct app *app) {
    go(app, app->undo, &app->undo_count, app->redo, &app->redo_count, "Undone: %s", "Nothing to undo");
}

void undo_step_on(struct app *app) {
    go(app, app->redo, &app->redo_count, app->undo, &app->undo_count, "Done again: %s", "Nothing to do again");
}
