/* The window: SDL2, panels, mouse and keys around the scene. One thread, its own: everything slow is behind it in runs
 * and jobs, which wake it with an event. When nothing moves it waits in SDL and draws nothing. */
#pragma once

#include "base/error.h"

#include <stdbool.h>

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
};
/* Runs until the window is closed. ERROR_MACHINE: no display ("… `saddlescope render` makes pictures without one"), or
 * no OpenGL 3.3, with what was found. ERROR_INPUT: what was to be opened is bad. */
bool app_run(const struct app_params *params, struct error *error);
