/* What happened along the timeline, worked out from what is recorded of the runs, from their schedules, the critical
 * points that are known and what was changed by hand: to be marked on the track and jumped to. One thread: the
 * window's. */
#pragma once

#include "run/run.h"
#include "scene/scene.h"

enum event_kind {
    EVENT_CRITICAL, /* within a hundredth of the domain's diagonal of a critical point, for the first time */
    EVENT_NEAR,     /* of networks, and of more than two variables: ‖∇L‖ below a hundredth of the largest of
                       the run so far; of batches and noise, for as many steps running as an epoch has, 10 at least.
                       Again only once it was above three hundredths in between */
    EVENT_REST,     /* ‖∇L‖ first a millionth of the largest of the run so far */
    EVENT_DIVERGED,
    EVENT_RESTART,  /* the schedule begins anew */
    EVENT_SCHEDULE, /* the schedule changes the rate at once, or its course */
    EVENT_WARM,     /* the end of a warm-up */
    EVENT_CHANGED,  /* a hyperparameter, by hand */
    EVENT_KINDS,
};
extern const char *const event_names[]; /* "critical", … */

struct event {
    int64_t step;
    enum event_kind kind;
    int optimizer;
    enum point_kind point; /* EVENT_CRITICAL */
    char text[224];        /* "Adam reaches the minimum at (1, 1)" */
};

/* A parameter turned while the runs went on: one turn, however many values it went through. */
enum { HAND_CHANGES = 128 };
struct hand_change {
    int64_t step; /* from which on */
    int optimizer, parameter;
    double before, after;
};
struct hand_changes {
    struct hand_change rows[HAND_CHANGES];
    int count;
    uint64_t revision;
};
/* A turn goes on while the same parameter changes again within 60 steps. Of more than HAND_CHANGES the oldest goes. */
void hand_changes_note(struct hand_changes *changes, const struct hand_change *change);

struct events {
    struct event *all; /* by step */
    size_t count;
    /* what it was made of */
    struct event *found; /* in the samples */
    size_t found_count;
    uint64_t generation, changes_revision, diverged;
    size_t critical_count;
    int64_t limit;
    size_t seen[EXPERIMENT_MAX_RUNS];   /* samples whose figures were looked at, … */
    size_t sought[EXPERIMENT_MAX_RUNS]; /* … and that were held against the critical points */
    bool behind;                        /* there are more: to be asked again soon */
    double steepest[EXPERIMENT_MAX_RUNS], rate[EXPERIMENT_MAX_RUNS];
    bool *reached; /* (runs × critical_count) */
    bool rested[EXPERIMENT_MAX_RUNS], near[EXPERIMENT_MAX_RUNS];
    int64_t low_for[EXPERIMENT_MAX_RUNS]; /* samples running below EVENT_NEAR's bound */
};
struct events_source {
    const struct experiment *experiment;
    const struct timeline *timeline;
    const struct critical_point *points; /* (point_count) */
    size_t point_count;
    const struct hand_changes *changes;
    int64_t limit;          /* the last step there is to be */
    uint64_t diverged;      /* bit r: run r did, … */
    const int64_t *ends;    /* (runs) … after this step */
};
/* Takes up what is new, no more at a time than takes a millisecond or so, however long the runs are (`behind`); true when
 * there are other events than before. */
bool events_update(struct events *events, const struct events_source *source);
void events_release(struct events *events);
/* The nearest event after (`by` > 0) or before a step; NULL: none. */
const struct event *events_next(const struct events *events, int64_t step, int by);
/* What a schedule does at which update, ascending, before `limit`; at most `most`. */
struct turning {
    int64_t step;
    enum event_kind kind; /* EVENT_WARM, EVENT_SCHEDULE, EVENT_RESTART */
};
size_t schedule_turnings(const struct schedule *schedule, int64_t limit, struct turning *out, size_t most);
