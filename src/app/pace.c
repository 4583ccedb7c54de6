#include "app/pace.h"

#include <math.h>

static const double at_once = 0.15;   /* seconds: pictures that follow each other sooner are one movement */
static const double patience = 0.012; /* seconds that a smooth picture may take, of a frame's 0.033 */
static const double unhurried = 1.0 / 30; /* seconds from one frame that nobody asked for to the next, at most */

bool pace_quick(const struct pace *pace, bool software, double now) {
    return software && pace->smooth_seconds > patience && now - pace->drawn_at < at_once;
}

double pace_between(const struct pace *pace, bool software, double frame_seconds) {
    return software ? fmax(frame_seconds, fmin(2 * pace->frame_seconds, unhurried)) : frame_seconds;
}

void pace_frame(struct pace *pace, double took) {
    pace->frame_seconds = pace->frame_seconds > 0 ? 0.8 * pace->frame_seconds + 0.2 * took : took;
}

void pace_drawn(struct pace *pace, bool quick, double began, double now) {
    double took = now - began;
    if (!quick) pace->smooth_seconds = pace->smooth_seconds > 0 ? 0.7 * pace->smooth_seconds + 0.3 * took : took;
    pace->drawn_at = now;
    pace->owed = quick;
}

double pace_due(const struct pace *pace) {
    return pace->owed ? pace->drawn_at + at_once : INFINITY;
}
