/* What the step at hand of each optimizer is made of, while playback stands still: the arrows that the scene draws at
 * the heads, and the update with its numbers. One thread: the window's. */
#pragma once

#include "scene/scene.h"

struct session;

enum { STEP_LINES = INSIDE_TOLD, STEP_TEXT = 400 };
struct insides {
    bool shown;
    struct step_insides steps[EXPERIMENT_MAX_OPTIMIZERS]; /* those known, for view.steps */
    int count;
    struct {
        char lines[STEP_LINES][STEP_TEXT]; /* "w₁ ← 0.4 − 0.05·1.3 = 0.335"; the first empty: nothing known */
        double magnified, in_plane;
        bool squared, mean;
    } told[EXPERIMENT_MAX_OPTIMIZERS];
    struct insides_key { /* of what they are */
        bool shown;
        int64_t step;
        uint64_t samples, generation, plane, hidden;
    } key;
};

/* True when there is something else to draw. */
bool insides_update(struct insides *insides, struct session *session);
