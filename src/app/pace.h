/* How finely a picture is drawn. On a graphics card always smoothly. Where the processor draws, smoothing takes half of
 * the time: pictures that follow each other are drawn quickly once smooth ones would be late, and the last of them
 * again, smoothly. A single change is drawn smoothly at once. One thread: the window's. */
#pragma once

#include <stdbool.h>

struct pace {
    double smooth_seconds; /* what a smooth picture takes, of late */
    double drawn_at;       /* clock of the last picture that was new */
    bool owed;             /* it was a quick one, and stands still */
};

bool pace_quick(const struct pace *pace, bool software, double now); /* how to draw the next one */
void pace_drawn(struct pace *pace, bool quick, double began, double now);
/* The clock at which the picture is to be drawn again if none comes before; infinity: not. */
double pace_due(const struct pace *pace);
