/* How finely a picture is drawn. On a graphics card always smoothly. Where the processor draws, smoothing takes half of
 * the time: pictures that follow each other are drawn quickly once smooth ones would be late, and the last of them
 * again, smoothly. A single change is drawn smoothly at once.
 *
 * And how often: where the processor draws, what goes on by itself is drawn half of the time at most, so that an input
 * mostly finds the window's thread free to answer it. One thread: the window's. */
#pragma once

#include <stdbool.h>

struct pace {
    double smooth_seconds; /* what a smooth picture takes, of late */
    double frame_seconds;  /* what a frame takes, panels and all, of late */
    double drawn_at;       /* clock of the last picture that was new */
    bool owed;             /* it was a quick one, and stands still */
};

bool pace_quick(const struct pace *pace, bool software, double now); /* how to draw the next one */
/* Seconds from the beginning of a frame to that of the next which no input asked for; `frame_seconds`: the display's. */
double pace_between(const struct pace *pace, bool software, double frame_seconds);
void pace_frame(struct pace *pace, double took); /* one was drawn */
void pace_drawn(struct pace *pace, bool quick, double began, double now);
/* The clock at which the picture is to be drawn again if none comes before; infinity: not. */
double pace_due(const struct pace *pace);
