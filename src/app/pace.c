#include "app/pace.h"

#include <math.h>

static const double at_once = 0.15;   /* seconds: pictures that follow each other sooner are one movement */
static const double patience = 0.012; /* seconds that a smooth picture may take, of a frame's 0.033 */

bool pace_quick(const struct pace *pace, bool software, double now) {
    return software && pace->smooth_seconds > patience && now - pace->drawn_at < at_once;
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
