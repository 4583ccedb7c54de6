/* Inside cli/: the parts of `bench` that are no ratio of two times. */
#pragma once

#include "base/error.h"

#include <stdbool.h>

/* Times of one kind: from an input to the frame that shows it, in the window itself. */
struct window_times {
    const char *what;
    int count;
    double median, p99, slowest; /* seconds */
    double first_picture;        /* seconds from opening the window to its first picture */
    double busy_share;           /* of the inputs: those during which a surface was being refined */
};
enum { WINDOW_PARTS = 3 };

/* 0: four networks train and a surface refines, and hands work; 1: a recording of a million samples is opened and
 * jumped about in; 2: the graphics context is lost, ten times at most. `inputs` of them. ERROR_MACHINE: no display. */
bool bench_window(int part, int inputs, struct window_times *times, struct error *error);
