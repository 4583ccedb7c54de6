/* The window: SDL2, panels, mouse and keys around the scene. One thread, its own: everything slow is behind it in runs
 * and jobs, which wake it with an event. When nothing moves it waits in SDL and draws nothing. */
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct experiment;

/* For `bench`: inputs put into the window's own loop, and how long each took to be on the screen. */
struct app_drill {
    enum { APP_DRILL_HANDS, APP_DRILL_SCRUB, APP_DRILL_LOSS } kind; /* mouse and keys while all runs go; jumps to any
                                                      step once all ended; losses of the graphics context */
    int inputs;
    double *seconds; /* (inputs) */
    /* What came of it. */
    int count;            /* of seconds; fewer than asked for when the window did not answer */
    double first_surface; /* seconds from the start to the first picture */
    double busy_share;    /* of the inputs: those during which a surface was being refined */
    int64_t samples;      /* the newest step at the first picture */
};

struct app_params {
    const char *open;          /* an experiment (name or path), a recording or a lesson; NULL: the welcome scene */
    bool lesson;               /* `open` names a lesson for certain */
    const char *shader_folder; /* --shaders */
    float scale;               /* user interface scale on top of the display's own; 0: as remembered, else 1 */
    int width, height;         /* 0: as fits the display */
    int theme;                 /* −1: as remembered */
    const char *report; /* for tests: write the window's state as JSON lines to this file after every change; NULL */
    bool report_texts;  /* … and each text on screen in it */
    const char *language; /* its code; NULL: as remembered, else what the environment asks for */
    double exit_after;  /* seconds; 0: until closed. For tests and bench */
    struct experiment *made; /* shown instead of `open`; taken over, also on failure; or NULL */
    struct app_drill *drill; /* for bench: nothing is remembered of it, and the window closes after; or NULL */
};
/* Runs until the window is closed. ERROR_MACHINE: no display ("… `saddlescope render` makes pictures without one"), or
 * no OpenGL 3.3, with what was found. ERROR_INPUT: what was to be opened is bad. */
bool app_run(const struct app_params *params, struct error *error);
/* Says it in a box of its own and waits until that is closed, where there is a display; needs no OpenGL. */
void app_tell(const struct error *error);
