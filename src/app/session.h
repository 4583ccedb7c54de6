/* One opened experiment: what trains (or what a recording replays), what is known of it, how it is looked at, and where
 * the playback stands. One thread: the window's. */
#pragma once

#include "app/analyses.h"
#include "app/curves.h"
#include "app/events.h"
#include "base/error.h"
#include "run/run.h"
#include "scene/scene.h"
#include "study/portrait.h"

#include <stdbool.h>
#include <stdint.h>

#define STEPS_PER_SECOND 30.0 /* at speed 1 */

struct session {
    struct experiment *experiment;
    struct timeline *timeline;
    struct trainer *trainer; /* NULL: a recording is replayed */
    struct exhibit *exhibit;
    struct evaluator *evaluator;
    struct view view;
    int runs, starts; /* starts: runs an optimizer has */
    int64_t limit;    /* the last step there is to show */
    /* playback */
    bool playing;
    double shown;     /* the step on screen; its fraction carries the time between steps */
    double speed;     /* 1: STEPS_PER_SECOND; infinity: as fast as it goes */
    double played_at; /* clock of the last advance */
    int64_t goal;     /* what was last asked of the trainer */
    int64_t loop_from, loop_to; /* this section is played again and again; from ≥ to: none */
    bool ahead;       /* while it stands still, train one step more than is shown: to see what comes next */
    /* the start the person chose */
    bool start_chosen;
    double *start; /* (n) */
    uint64_t start_mark; /* made of its bits; 0: none was chosen */
    uint64_t restarts;
    struct hand_changes changes;
    struct events events;
    struct curves curves;
    struct analyses analyses;
    struct portraits *portraits; /* NULL: not looked at yet */
    struct study_watcher watcher;
    bool recording_failed; /* its recording, as last said to the person */
    enum run_status known_status[EXPERIMENT_MAX_RUNS]; /* as last said to the person */
    double rate_measured; /* steps a second that went over the screen, over the last while; NaN: not known yet */
    double rate_since;
    double rate_steps;    /* since then */
};

struct session_params {
    void (*wakeup)(void *);
    void *wakeup_context;
};

/* An experiment by name or path, or a recording. */
struct session *session_open(const char *name_or_path, const struct session_params *params, struct error *error);
/* The same from an experiment already made, which it takes over (also on failure). */
struct session *session_of(struct experiment *experiment, const struct session_params *params, struct error *error);
/* … and from what a recording holds. */
struct session *session_replay(struct experiment *experiment, struct timeline *timeline,
                               const struct session_params *params, struct error *error);
void session_close(struct session **session); /* accepts NULL; waits for what it analyses */
/* Pauses it and cancels what it analyses; true once closing it waits for nothing. */
bool session_wind_up(struct session *session);

/* Takes up what came; true when there is something new to see. */
bool session_update(struct session *session);
int64_t session_last(const struct session *session);  /* the newest step of any run; 0 before there is one */
bool session_live(const struct session *session);     /* the newest step is on screen */
bool session_training(const struct session *session); /* a run is still on its way to the goal */
bool session_ended(const struct session *session);    /* no run has a step left to take */

/* Moves the playback by the clock; true when the step on screen changed. */
bool session_advance(struct session *session, double now);
void session_play(struct session *session, double now);
void session_pause(struct session *session);
void session_seek(struct session *session, int64_t step); /* trains up to there when need be */
/* Plays only from one step to another, again and again, until `from` ≥ `to`; trains up to there when need be. As fast as
 * it goes is then once a second. */
void session_set_loop(struct session *session, int64_t from, int64_t to);
bool session_loops(const struct session *session);
/* Stands where `leader` does, and trains as far. */
void session_follow(struct session *session, const struct session *leader);
void session_look_ahead(struct session *session, bool ahead);
void session_set_speed(struct session *session, double speed);
void session_extend(struct session *session, int64_t steps); /* more steps than the experiment asked for */
/* From `theta` (n), or NULL: from where the experiment says. */
void session_restart(struct session *session, const double *theta);

int session_run(const struct session *session, int optimizer, int start);
/* On or off: shown and trained. All starts of the optimizer. */
bool session_enabled(const struct session *session, int optimizer);
void session_enable(struct session *session, int optimizer, bool enabled);
double session_value(const struct session *session, int optimizer, int parameter);
void session_set_value(struct session *session, int optimizer, int parameter, double value);
/* The sample of a run at the step on screen; false when it has none. */
bool session_sample(const struct session *session, int run, struct sample *sample);
/* The sample at a step and its parameters (n); false also where they were thinned out. */
bool session_theta(const struct session *session, int run, int64_t step, struct sample *sample, double *theta);
/* Begins an analysis: what the session knows is filled in. */
struct analysis *session_analyse(struct session *session, const struct analysis_request *request, struct error *error);
struct run_state session_state(const struct session *session, int run);
