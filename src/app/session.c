#include "app/session.h"

#include "base/hash.h"
#include "base/memory.h"
#include "base/threads.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { INSIDES_MOST = 4096 }; /* parameters: of more, what a step is made of would crowd out the path itself */
static const size_t timeline_budget = (size_t)512 << 20;

static struct session *finish_opening(struct session *session, const struct session_params *params,
                                      struct error *error) {
    const struct experiment *experiment = session->experiment;
    int n = objective_dimension(experiment->objective);
    session->runs = experiment_run_count(experiment);
    session->starts = session->runs / (experiment->optimizer_count ? experiment->optimizer_count : 1);
    session->speed = 1;
    session->watcher = (struct study_watcher){params->wakeup, params->wakeup_context};
    session->start = MEM_NEW(double, n);
    session->evaluator = evaluator_create(experiment->objective);
    session->view = view_default(experiment);
    session->view.step = 0;
    session->view.selected = -1;
    struct exhibit_params exhibit = {
        .experiment = experiment,
        .timeline = session->timeline,
        .trainer = session->trainer,
        .wakeup = params->wakeup,
        .wakeup_context = params->wakeup_context,
        .morphs = true,
    };
    session->exhibit = exhibit_create(&exhibit, error);
    if (!session->exhibit) session_close(&session);
    return session;
}

struct session *session_of(struct experiment *experiment, const struct session_params *params, struct error *error) {
    struct session *session = MEM_NEW(struct session, 1);
    session->experiment = experiment;
    session->limit = experiment->steps;
    session->timeline =
        timeline_create(experiment_run_count(experiment), objective_dimension(experiment->objective), timeline_budget);
    struct trainer_params trainer = {
        .experiment = experiment,
        .timeline = session->timeline,
        .insides = objective_dimension(experiment->objective) <= INSIDES_MOST,
        .wakeup = params->wakeup,
        .wakeup_context = params->wakeup_context,
    };
    session->trainer = trainer_create(&trainer, error);
    if (!session->trainer) {
        session_close(&session);
        return NULL;
    }
    return finish_opening(session, params, error);
}

struct session *session_open(const char *name_or_path, const struct session_params *params, struct error *error) {
    if (!recording_is(name_or_path)) {
        struct experiment *experiment = experiment_load(name_or_path, error);
        return experiment ? session_of(experiment, params, error) : NULL;
    }
    struct experiment *experiment = NULL;
    struct timeline *timeline = NULL;
    if (!recording_read(name_or_path, &experiment, &timeline, error)) return NULL;
    return session_replay(experiment, timeline, params, error);
}

struct session *session_replay(struct experiment *experiment, struct timeline *timeline,
                               const struct session_params *params, struct error *error) {
    struct session *session = MEM_NEW(struct session, 1);
    session->experiment = experiment;
    session->timeline = timeline;
    session->limit = timeline_last_step(session->timeline);
    if (session->limit < 0) session->limit = 0;
    return finish_opening(session, params, error);
}

void session_close(struct session **session) {
    if (!*session) return;
    analyses_close(&(*session)->analyses, true);
    portraits_destroy(&(*session)->portraits);
    exhibit_destroy(&(*session)->exhibit);
    trainer_destroy(&(*session)->trainer);
    timeline_destroy(&(*session)->timeline);
    evaluator_destroy(&(*session)->evaluator);
    experiment_destroy(&(*session)->experiment);
    curves_release(&(*session)->curves);
    events_release(&(*session)->events);
    free((*session)->start);
    free(*session);
    *session = NULL;
}

static bool update_events(struct session *session) {
    struct events_source source = {.experiment = session->experiment,
                                   .timeline = session->timeline,
                                   .changes = &session->changes,
                                   .limit = session->limit};
    int64_t ends[EXPERIMENT_MAX_RUNS] = {0};
    source.point_count = exhibit_critical_points(session->exhibit, &source.points);
    for (int run = 0; run < session->runs; run++) {
        struct run_state state = session_state(session, run);
        if (state.status == RUN_DIVERGED) source.diverged |= (uint64_t)1 << run;
        ends[run] = state.step;
    }
    source.ends = ends;
    return events_update(&session->events, &source);
}

bool session_update(struct session *session) {
    bool fresh = exhibit_update(session->exhibit);
    fresh |= analyses_poll(&session->analyses);
    if (session->portraits) fresh |= portraits_fresh(session->portraits);
    fresh |=
        curves_update(&session->curves, session->timeline, session->exhibit, analyses_sharpness(&session->analyses));
    fresh |= update_events(session);
    if (session->events.behind && session->watcher.wakeup) session->watcher.wakeup(session->watcher.context);
    return fresh;
}

int64_t session_last(const struct session *session) {
    int64_t last = timeline_last_step(session->timeline);
    return last < 0 ? 0 : last;
}

bool session_live(const struct session *session) {
    return (int64_t)session->shown >= session_last(session);
}

int session_run(const struct session *session, int optimizer, int start) {
    return optimizer * session->starts + start;
}

struct run_state session_state(const struct session *session, int run) {
    if (session->trainer) return trainer_state(session->trainer, run);
    size_t count = timeline_count(session->timeline, run);
    struct sample last = {0};
    if (count) timeline_read(session->timeline, run, count - 1, 1, &last, NULL, NULL);
    struct run_state state = {.status = RUN_FINISHED, .step = last.step, .enabled = true};
    if (count && !isfinite(last.loss)) state.status = RUN_DIVERGED;
    return state;
}

static bool on_its_way(const struct run_state *state) {
    return state->enabled && (state->status == RUN_RUNNING || state->status == RUN_WAITING);
}

bool session_training(const struct session *session) {
    if (!session->trainer) return false;
    for (int run = 0; run < session->runs; run++) {
        struct run_state state = trainer_state(session->trainer, run);
        if (on_its_way(&state) && state.step < session->goal) return true;
    }
    return false;
}

bool session_ended(const struct session *session) {
    if (!session->trainer) return true;
    for (int run = 0; run < session->runs; run++) {
        struct run_state state = trainer_state(session->trainer, run);
        if (on_its_way(&state) && state.step < session->limit) return false;
    }
    return true;
}

bool session_wind_up(struct session *session) {
    session->playing = false;
    if (session->trainer) trainer_pause(session->trainer);
    bool looked = !session->portraits || portraits_wind_up(session->portraits);
    return analyses_close(&session->analyses, false) && looked;
}

struct analysis *session_analyse(struct session *session, const struct analysis_request *request, struct error *error) {
    struct analysis_request whole = *request;
    whole.experiment = session->experiment;
    whole.timeline = session->timeline;
    whole.watcher = session->watcher;
    return analyses_begin(&session->analyses, &whole, error);
}

/* ---- playback
 * --------------------------------------------------------------------------------------------------------- */

static void ask_for(struct session *session, int64_t step) {
    if (!session->trainer || step <= session->goal) return;
    session->goal = step < session->limit ? step : session->limit;
    trainer_set_goal(session->trainer, session->goal);
}

static bool show(struct session *session, double step) {
    session->shown = fmin(fmax(step, 0), (double)session->limit);
    int64_t whole = (int64_t)session->shown;
    bool changed = whole != session->view.step;
    session->view.step = whole;
    return changed;
}

bool session_loops(const struct session *session) {
    return session->loop_from < session->loop_to;
}

void session_set_loop(struct session *session, int64_t from, int64_t to) {
    session->loop_from = from < 0 ? 0 : from;
    session->loop_to = to < session->limit ? to : session->limit;
    if (session_loops(session))
        ask_for(session, session->loop_to);
    else
        session->loop_from = session->loop_to = 0;
}

static double steps_a_second(const struct session *session) {
    if (!isinf(session->speed)) return STEPS_PER_SECOND * session->speed;
    return fmax((double)(session->loop_to - session->loop_from), STEPS_PER_SECOND); /* only asked for of a loop */
}

static void measure(struct session *session, double now, double steps) {
    session->rate_steps += steps;
    if (now - session->rate_since <= 0.5) return;
    session->rate_measured = session->rate_steps / (now - session->rate_since);
    session->rate_since = now;
    session->rate_steps = 0;
}

bool session_advance(struct session *session, double now) {
    double elapsed = fmin(fmax(now - session->played_at, 0), 0.25); /* after a stall it goes on, it does not leap */
    session->played_at = now;
    if (!session->playing) return false;
    int64_t last = session_last(session);
    double before = session->shown;
    bool ended = session_ended(session), loops = session_loops(session), changed;
    if (isinf(session->speed) && !loops) {
        ask_for(session, session->limit);
        changed = session->trainer ? show(session, (double)last) : show(session, (double)session->limit);
    } else {
        double pace = steps_a_second(session), to = session->shown + elapsed * pace, end = (double)session->loop_to;
        bool outside = loops && (session->shown < (double)session->loop_from || session->shown >= end);
        if (outside)
            to = (double)session->loop_from;
        else
            /* when the trainers cannot keep up, the picture waits for them */
            to = fmin(fmin(to, loops ? end : INFINITY), fmax((double)last, session->shown));
        changed = show(session, to);
        /* ready before it is to be shown */
        int64_t wanted = (int64_t)ceil(session->shown + fmax(pace * 0.25, 1));
        ask_for(session, loops && wanted < session->loop_to ? session->loop_to : wanted);
    }
    measure(session, now, fmax(session->shown - before, 0));
    if (ended && !loops && session->shown >= (double)last) {
        session->playing = false;
        changed = show(session, (double)last) || true;
    }
    return changed;
}

void session_play(struct session *session, double now) {
    if (session_ended(session) && session->shown >= (double)session_last(session)) show(session, 0);
    session->playing = true;
    session->played_at = session->rate_since = now;
    session->rate_steps = 0;
    session->rate_measured = NAN;
}

void session_pause(struct session *session) {
    session->playing = false;
    if (session->trainer && isinf(session->speed) && !session_loops(session)) {
        trainer_pause(session->trainer);
        session->goal = trainer_goal(session->trainer);
        show(session, (double)session->goal);
    } else {
        show(session, floor(session->shown));
    }
    if (session->ahead) ask_for(session, session->view.step + 1);
}

void session_seek(struct session *session, int64_t step) {
    if (step > session->limit) step = session->limit;
    if (step < 0) step = 0;
    show(session, (double)step);
    ask_for(session, step + session->ahead);
}

void session_follow(struct session *session, const struct session *leader) {
    int64_t goal = leader->goal > leader->view.step ? leader->goal : leader->view.step;
    ask_for(session, goal);
    show(session, leader->shown);
}

void session_look_ahead(struct session *session, bool ahead) {
    session->ahead = ahead;
    if (ahead && !session->playing) ask_for(session, session->view.step + 1);
}

void session_set_speed(struct session *session, double speed) {
    bool was_unbounded = isinf(session->speed);
    session->speed = speed;
    if (was_unbounded && session->trainer && !isinf(speed)) {
        trainer_pause(session->trainer);
        session->goal = trainer_goal(session->trainer);
    }
}

void session_extend(struct session *session, int64_t steps) {
    if (!session->trainer) return;
    session->limit += steps;
    trainer_set_limit(session->trainer, session->limit);
}

void session_restart(struct session *session, const double *theta) {
    if (!session->trainer) return;
    int n = objective_dimension(session->experiment->objective);
    session->start_chosen = theta != NULL;
    if (theta) memcpy(session->start, theta, (size_t)n * sizeof *theta);
    session->start_mark = theta ? hash_bytes(HASH_START, theta, (size_t)n * sizeof *theta) : 0;
    session->restarts++;
    session->changes.count = 0;
    session->changes.revision++;
    session_set_loop(session, 0, 0);
    trainer_restart(session->trainer, theta);
    session->goal = 0;
    session->view.step = 0;
    session->shown = 0;
    for (int run = 0; run < session->runs; run++) session->known_status[run] = RUN_WAITING;
    session_play(session, clock_seconds());
}

/* ---- optimizers
 * --------------------------------------------------------------------------------------------------------- */

bool session_enabled(const struct session *session, int optimizer) {
    return !(session->view.hidden_runs >> session_run(session, optimizer, 0) & 1);
}

void session_enable(struct session *session, int optimizer, bool enabled) {
    for (int start = 0; start < session->starts; start++) {
        int run = session_run(session, optimizer, start);
        uint64_t bit = (uint64_t)1 << run;
        session->view.hidden_runs = enabled ? session->view.hidden_runs & ~bit : session->view.hidden_runs | bit;
        if (session->trainer) trainer_enable(session->trainer, run, enabled);
    }
}

double session_value(const struct session *session, int optimizer, int parameter) {
    if (session->trainer) return trainer_value(session->trainer, session_run(session, optimizer, 0), parameter);
    return session->experiment->optimizers[optimizer].values[parameter];
}

void session_set_value(struct session *session, int optimizer, int parameter, double value) {
    if (!session->trainer) return;
    struct run_state state = session_state(session, session_run(session, optimizer, 0));
    struct hand_change change = {state.step + 1, optimizer, parameter, session_value(session, optimizer, parameter), value};
    if (state.step > 0 && change.before != change.after) hand_changes_note(&session->changes, &change);
    for (int start = 0; start < session->starts; start++)
        trainer_set_value(session->trainer, session_run(session, optimizer, start), parameter, value);
    exhibit_set_value(session->exhibit, optimizer, parameter, session_value(session, optimizer, parameter));
}

bool session_sample(const struct session *session, int run, struct sample *sample) {
    int64_t index = timeline_find(session->timeline, run, session->view.step);
    return index >= 0 && timeline_read(session->timeline, run, (size_t)index, 1, sample, NULL, NULL) == 1;
}

bool session_theta(const struct session *session, int run, int64_t step, struct sample *sample, double *theta) {
    int64_t index = timeline_find(session->timeline, run, step);
    bool known = false;
    return index >= 0 && timeline_read(session->timeline, run, (size_t)index, 1, sample, theta, &known) == 1 && known;
}
