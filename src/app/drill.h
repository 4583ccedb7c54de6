/* A drill: `bench` at the window's own loop. A thread of its own puts inputs into SDL's queue at odd moments, as hands
 * would, and waits each time until what it did is on the screen. */
#pragma once

#include "app/app.h"

#include <SDL.h>

struct app;
struct drill;

struct drill *drill_begin(struct app *app, struct app_drill *params);
void drill_end(struct drill **drill); /* accepts NULL; waits for its thread */
/* All below: the window's thread. */
/* True when the event is the drill's own note that its input has been handed in. */
bool drill_takes(struct drill *drill, struct app *app, const SDL_Event *event);
void drill_watch(struct drill *drill, struct app *app);           /* once a turn: the inputs begin when all is ready */
void drill_presented(struct drill *drill, const struct app *app); /* a frame is on the screen */
