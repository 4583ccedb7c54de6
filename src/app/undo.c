#include "app/app_parts.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static size_t parameter_count(const struct session *session, int optimizer) {
    size_t count;
    optimizer_class_parameters(session->experiment->optimizers[optimizer].class, &count);
    return count;
}

static struct snapshot take(const struct session *session, bool restarts) {
    struct snapshot snapshot = {.start_chosen = session->start_chosen, .restarts = restarts};
    size_t n = (size_t)objective_dimension(session->experiment->objective);
    snapshot.start = MEM_NEW(double, n);
    memcpy(snapshot.start, session->start, n * sizeof *snapshot.start);
    for (int i = 0; i < session->experiment->optimizer_count; i++) {
        for (size_t p = 0; p < parameter_count(session, i); p++)
            snapshot.values[i][p] = session_value(session, i, (int)p);
        snapshot.enabled[i] = session_enabled(session, i);
    }
    return snapshot;
}

void undo_remember(struct app *app, bool restarts) {
    if (!app->session) return;
    if (app->undo_count == UNDO_DEPTH) {
        free(app->undo[0].start);
        memmove(app->undo, app->undo + 1, (UNDO_DEPTH - 1) * sizeof *app->undo);
        app->undo_count--;
    }
    app->undo[app->undo_count++] = take(app->session, restarts);
}

bool undo_step_back(struct app *app) {
    struct session *session = app->session;
    if (!session || app->undo_count == 0) return false;
    struct snapshot snapshot = app->undo[--app->undo_count];
    for (int i = 0; i < session->experiment->optimizer_count; i++) {
        for (size_t p = 0; p < parameter_count(session, i); p++)
            if (session_value(session, i, (int)p) != snapshot.values[i][p])
                session_set_value(session, i, (int)p, snapshot.values[i][p]);
        if (session_enabled(session, i) != snapshot.enabled[i]) session_enable(session, i, snapshot.enabled[i]);
    }
    if (snapshot.restarts) session_restart(session, snapshot.start_chosen ? snapshot.start : NULL);
    free(snapshot.start);
    app_redraw(app);
    return true;
}

void undo_forget(struct app *app) {
    while (app->undo_count > 0) free(app->undo[--app->undo_count].start);
}
