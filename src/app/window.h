/* The window: SDL, its OpenGL context, its scale, and waiting for events. One thread, but for window_wake. */
#pragma once

#include "base/error.h"

#include <SDL.h>
#include <stdatomic.h>
#include <stdbool.h>

struct window {
    SDL_Window *sdl;
    SDL_GLContext context;
    uint32_t wake_event;      /* SDL's number for our own event; immutable after create */
    atomic_bool wake_pending; /* set by any thread, cleared by the window's */
    int width, height;        /* window units */
    int pixel_width, pixel_height;
    float pixel_ratio;    /* physical pixels per window unit */
    float display_scale;  /* window units per design pixel that the display calls for */
    double frame_seconds; /* of the display */
    bool full_screen;
};

/* First: from here on window_wake may be called, by what works already while the window is made. */
void window_init(struct window *window);
/* 0 × 0: as fits the display. ERROR_MACHINE: no display, or no OpenGL 3.3, with what was found. */
bool window_open(struct window *window, int width, int height, struct error *error);
void window_close(struct window *window);
/* A new OpenGL context in place of one that was lost. ERROR_MACHINE: the driver gives none any more. */
bool window_renew_context(struct window *window, struct error *error);
void window_measure(struct window *window); /* after a change of size or display */
/* The next event, waiting until `until` (clock_seconds; infinity: as long as it takes). False when time is up. */
bool window_next_event(struct window *window, SDL_Event *event, double until);
void window_wake(void *window); /* any thread: ends the wait; many calls make one event */
bool window_is_wake(struct window *window, const SDL_Event *event); /* … and takes it */
bool window_shown(const struct window *window);
void window_swap(struct window *window);
unsigned long window_number(const struct window *window); /* X11's; 0: it has none */
void window_toggle_full_screen(struct window *window);
