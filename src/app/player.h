/* A lesson played in the window: which step it stands at, what that step sets up and what it lets a viewer touch. What
 * it does not do: draw its card (panel_lesson.c). One thread: the window's. */
#pragma once

#include "lesson/lesson.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

struct app;
struct session;

enum { STALE_LESSONS = 4 };

struct player {
    struct lesson *lesson; /* NULL: none is played */
    struct lesson_check *check;
    double checked;         /* how far its claims were worked out when last looked at */
    char *path;             /* of its file */
    struct timespec edited; /* the file as it was read last */
    off_t size;
    double looked_at;     /* clock at which the file was last looked at */
    struct error trouble; /* of the file as it is now: what is played is then the last good one */
    int step;
    uint64_t answered;       /* bit k: the answer of step k is open */
    bool answer_fresh;       /* just opened: it is brought into view once its height is known */
    bool aside;              /* the left panel shows the scenes */
    bool free;               /* the viewer may touch all */
    bool spell;              /* the fonts are to be told its characters */
    bool select_due;         /* the critical point to select is not known yet */
    bool analysis_due;                /* what the step has computed has not begun yet */
    int compared;                    /* the lesson's experiment that the step compares with, and one; 0: none */
    bool network;                     /* the step opened the network's panel */
    bool insides;                     /* the step has what a step is made of shown */
    int analysis;                     /* the one shown; 0: none */
    int analysed[LESSON_MAX_STEPS];   /* by step: what was begun for it in this session */
    struct session *session; /* the app's while it is the lesson's own; else NULL */
    int experiment;          /* of the lesson's: what it shows */
    struct {
        struct lesson *lesson;
        struct lesson_check *check;
    } stale[STALE_LESSONS]; /* left, their checks not yet ended */
    /* the course */
    struct job *listing_job;
    struct lesson_listing *listing;
    size_t listing_count;
    struct error listing_error;
    bool list_open;
};

/* Whether a word given to open means a lesson: a file that reads like one, or a lesson's name that is no experiment's.
 */
bool player_takes(const char *name_or_path);
/* Opens it at its first step. False: what was open stays. */
bool player_open(struct app *app, const char *name_or_path, struct error *error);
void player_close(struct app *app);   /* what it showed stays, free to be played with */
void player_release(struct app *app); /* at the end: waits for what is still worked out */

void player_go(struct app *app, int step); /* as a jump: everything is set up as it would be by then */
void player_next(struct app *app);         /* past the last step: to the next lesson of the course */
void player_back(struct app *app);
void player_answer(struct app *app);  /* opens the step's answer */
void player_turn_on(struct app *app); /* a clicker's one button: opens the answer first */
void player_restore(struct app *app); /* the step again, as it begins */
const struct lesson_listing *player_following(const struct app *app); /* the next lesson of the course; NULL: none */

/* What a viewer changed since, so that there is something to come back from. */
bool player_strayed(const struct app *app);
int player_analysis(const struct app *app); /* what the step shows beside the surface or in its place; 0: nothing */
const struct lesson_chart *player_chart(const struct app *app); /* NULL: the step shows none */
/* The step keeps this for itself; says so in a notice when `say`. */
bool player_holds(struct app *app, enum lesson_touch what, bool say);
extern const char player_held[]; /* the same as a tip */

/* Once a turn: edited files, selections, claims. */
void player_update(struct app *app, double now);
bool player_watches(const struct app *app); /* has to be updated now and then without an event */
/* Once there is a frame: begins to read the course. */
void player_list(struct app *app);

const char *player_words(const struct app *app, const struct lesson_words *words); /* in the language chosen */
/* What is said of a claim of the step at hand: its sentence, and what was found ("" so far); both freed by the caller. */
void player_claim_words(const struct app *app, int index, char **sentence, char **figures);
