#include "app/app.h"
#include "app/window.h"

#include "base/threads.h"

#include <SDL_syswm.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NO_DISPLAY "no display found; `saddlescope render` makes pictures without one"

/* What OpenGL there is when it is not the one that is needed. */
static void say_found_gl(SDL_Window *window, struct error *error) {
    char why[256];
    snprintf(why, sizeof why, "%s", SDL_GetError());
    SDL_GL_SetAttribute(SDL_GL_CONTEXT_PROFILE_MASK, 0);
    SDL_GL_SetAttribute(SDL_GL_CONTEXT_MAJOR_VERSION, 1);
    SDL_GL_SetAttribute(SDL_GL_CONTEXT_MINOR_VERSION, 0);
    SDL_GLContext any = window ? SDL_GL_CreateContext(window) : NULL;
    const unsigned char *(*get_string)(unsigned) = NULL;
    if (any) *(void **)&get_string = SDL_GL_GetProcAddress("glGetString");
    const unsigned char *version = get_string ? get_string(0x1f02) : NULL,
                        *driver = get_string ? get_string(0x1f01) : NULL;
    if (version) {
        error_set(error, ERROR_MACHINE,
                  "OpenGL 3.3 is needed; found %s (%s). LIBGL_ALWAYS_SOFTWARE=1 draws without the GPU",
                  (const char *)version, driver ? (const char *)driver : "unnamed");
    } else {
        error_set(error, ERROR_MACHINE,
                  "OpenGL 3.3 is needed; found none (%s). Mesa's software driver (libgl1-mesa-dri) would do",
                  why[0] ? why : "no reason given");
    }
    if (any) SDL_GL_DeleteContext(any);
}

/* Not multisampled: the scene and the panels smooth their edges themselves. */
static SDL_Window *make_window(int width, int height) {
    SDL_GL_SetAttribute(SDL_GL_CONTEXT_PROFILE_MASK, SDL_GL_CONTEXT_PROFILE_CORE);
    SDL_GL_SetAttribute(SDL_GL_CONTEXT_MAJOR_VERSION, 3);
    SDL_GL_SetAttribute(SDL_GL_CONTEXT_MINOR_VERSION, 3);
    SDL_GL_SetAttribute(SDL_GL_CONTEXT_FLAGS, SDL_GL_CONTEXT_FORWARD_COMPATIBLE_FLAG);
    SDL_GL_SetAttribute(SDL_GL_CONTEXT_RESET_NOTIFICATION, SDL_GL_CONTEXT_RESET_LOSE_CONTEXT); /* where there is one */
    SDL_GL_SetAttribute(SDL_GL_DOUBLEBUFFER, 1);
    SDL_GL_SetAttribute(SDL_GL_DEPTH_SIZE, 24);
    return SDL_CreateWindow("Saddlescope", SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED, width, height,
                            SDL_WINDOW_OPENGL | SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI);
}

/* How large a design pixel is on this display. A desktop that scales by itself shows in pixel_ratio; elsewhere the
 * density tells, in quarters: 110 dots an inch and less is 1, a 27-inch 4K display 1.5, a 14-inch one 2.75. Many an X
 * server makes up 96, and what is so dense on a wall is looked at from afar: a display of 2160 lines is 2 then. */
static float scale_of_display(int display, float pixel_ratio) {
    float dpi = 0, told = 1, seen = 1;
    SDL_DisplayMode mode;
    if (pixel_ratio > 1.05f) return 1;
    if (SDL_GetDisplayDPI(display, &dpi, NULL, NULL) != 0 || !(dpi > 40 && dpi < 800)) dpi = 0;
    if (dpi > 0) told = floorf(4 * dpi / 110 + 0.25f) / 4;
    if (dpi < 100 && SDL_GetDesktopDisplayMode(display, &mode) == 0) seen = floorf(2 * (float)mode.h / 1080) / 2;
    return fminf(fmaxf(fmaxf(told, seen), 1), 3);
}

void window_measure(struct window *window) {
    SDL_GetWindowSize(window->sdl, &window->width, &window->height);
    SDL_GL_GetDrawableSize(window->sdl, &window->pixel_width, &window->pixel_height);
    if (window->width < 1) window->width = 1;
    if (window->height < 1) window->height = 1;
    window->pixel_ratio = fmaxf((float)window->pixel_width / (float)window->width, 0.25f);
    int display = SDL_GetWindowDisplayIndex(window->sdl);
    if (display < 0) display = 0;
    window->display_scale = scale_of_display(display, window->pixel_ratio);
    SDL_DisplayMode mode;
    int rate = SDL_GetCurrentDisplayMode(display, &mode) == 0 ? mode.refresh_rate : 0;
    window->frame_seconds = 1.0 / (rate >= 24 && rate <= 500 ? rate : 60);
}

void window_init(struct window *window) {
    *window = (struct window){.wake_event = SDL_RegisterEvents(1)};
    atomic_init(&window->wake_pending, false);
}

bool window_open(struct window *window, int width, int height, struct error *error) {
    SDL_SetHint(SDL_HINT_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR, "0");
    SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "0");
    SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "1");
    if (SDL_Init(SDL_INIT_VIDEO) != 0) {
        const char *driver = getenv("SDL_VIDEODRIVER");
        return driver && *driver
                   ? error_set(error, ERROR_MACHINE, NO_DISPLAY " (SDL_VIDEODRIVER=%s: %s)", driver, SDL_GetError())
                   : error_set(error, ERROR_MACHINE, NO_DISPLAY);
    }
    const char *driver = SDL_GetCurrentVideoDriver();
    if (!driver || strcmp(driver, "dummy") == 0 || strcmp(driver, "offscreen") == 0 || strcmp(driver, "evdev") == 0) {
        SDL_QuitSubSystem(SDL_INIT_VIDEO);
        return error_set(error, ERROR_MACHINE, NO_DISPLAY);
    }
    SDL_Rect usable;
    if (SDL_GetDisplayUsableBounds(0, &usable) != 0) usable = (SDL_Rect){0, 0, 1280, 800};
    float scale = scale_of_display(0, 1);
    if (width <= 0 || height <= 0) {
        width = (int)fminf(1280 * scale, 0.92f * (float)usable.w);
        height = (int)fminf(800 * scale, 0.92f * (float)usable.h);
    }
    window->sdl = make_window(width, height);
    if (window->sdl) window->context = SDL_GL_CreateContext(window->sdl);
    if (!window->context) {
        say_found_gl(window->sdl, error);
        window_close(window);
        return false;
    }
    SDL_SetWindowMinimumSize(window->sdl, 640, 400);
    if (SDL_GL_SetSwapInterval(-1) != 0) SDL_GL_SetSwapInterval(1);
    SDL_EventState(SDL_DROPFILE, SDL_ENABLE);
    window_measure(window);
    return true;
}

void app_tell(const struct error *error) {
    SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1"); /* Ctrl-C ends the program, not only the box */
    if (SDL_Init(SDL_INIT_VIDEO) != 0) return;
    SDL_ShowSimpleMessageBox(SDL_MESSAGEBOX_ERROR, "Saddlescope", error->message, NULL);
    SDL_QuitSubSystem(SDL_INIT_VIDEO);
}

bool window_renew_context(struct window *window, struct error *error) {
    SDL_GL_DeleteContext(window->context);
    window->context = SDL_GL_CreateContext(window->sdl);
    if (!window->context)
        return error_set(error, ERROR_MACHINE,
                         "the graphics driver was reset and gives no OpenGL 3.3 any more (%s); start "
                         "again once it is back",
                         SDL_GetError());
    if (SDL_GL_SetSwapInterval(-1) != 0) SDL_GL_SetSwapInterval(1);
    return true;
}

void window_close(struct window *window) {
    if (window->context) SDL_GL_DeleteContext(window->context);
    if (window->sdl) SDL_DestroyWindow(window->sdl);
    window->context = NULL;
    window->sdl = NULL;
    SDL_QuitSubSystem(SDL_INIT_VIDEO);
}

bool window_next_event(struct window *window, SDL_Event *event, double until) {
    if (isinf(until)) return SDL_WaitEvent(event);
    double left = until - clock_seconds();
    if (left <= 0) return SDL_PollEvent(event);
    return SDL_WaitEventTimeout(event, (int)fmin(ceil(left * 1000), 3600e3));
}

void window_wake(void *context) {
    struct window *window = context;
    if (atomic_exchange(&window->wake_pending, true)) return;
    SDL_Event event = {.type = window->wake_event};
    if (SDL_PushEvent(&event) < 0)
        atomic_store(&window->wake_pending, false); /* full, or not there yet: it will look */
}

bool window_is_wake(struct window *window, const SDL_Event *event) {
    if (event->type != window->wake_event) return false;
    atomic_store(&window->wake_pending, false);
    return true;
}

bool window_shown(const struct window *window) {
    return !(SDL_GetWindowFlags(window->sdl) & (SDL_WINDOW_MINIMIZED | SDL_WINDOW_HIDDEN)) && window->pixel_width > 1 &&
           window->pixel_height > 1;
}

void window_swap(struct window *window) {
    SDL_GL_SwapWindow(window->sdl);
}

unsigned long window_number(const struct window *window) {
#ifdef SDL_VIDEO_DRIVER_X11
    SDL_SysWMinfo info;
    SDL_VERSION(&info.version);
    if (SDL_GetWindowWMInfo(window->sdl, &info) && info.subsystem == SDL_SYSWM_X11) return info.info.x11.window;
#endif
    return 0;
}

void window_toggle_full_screen(struct window *window) {
    window->full_screen = !window->full_screen;
    if (SDL_SetWindowFullscreen(window->sdl, window->full_screen ? SDL_WINDOW_FULLSCREEN_DESKTOP : 0) != 0)
        window->full_screen = !window->full_screen;
    window_measure(window);
}
