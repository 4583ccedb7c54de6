/* A GL context without a window to look at: SDL's, or, beside a window's, one of EGL with a driver instance of its own. */
#include "base/memory.h"
#include "draw/draw.h"

#include <epoxy/egl.h>
#include <epoxy/gl.h>
#include <SDL.h>
#include <stdlib.h>
#include <string.h>

struct offscreen {
    SDL_Window *window; /* NULL: EGL's */
    SDL_GLContext context;
    EGLDisplay egl_display;
    EGLContext egl_context;
    EGLSurface egl_surface; /* where the context needs one */
    char description[256];
};

/* `driver` NULL: SDL's own choice, that is the display. On failure the reason is in `reason`. */
static bool open_with(struct offscreen *offscreen, const char *driver, char *reason, size_t reason_size) {
    if (driver) SDL_SetHintWithPriority(SDL_HINT_VIDEODRIVER, driver, SDL_HINT_OVERRIDE);
    bool started = SDL_InitSubSystem(SDL_INIT_VIDEO) == 0;
    if (driver) SDL_ResetHint(SDL_HINT_VIDEODRIVER);
    if (started) {
        SDL_GL_SetAttribute(SDL_GL_CONTEXT_MAJOR_VERSION, 3);
        SDL_GL_SetAttribute(SDL_GL_CONTEXT_MINOR_VERSION, 3);
        SDL_GL_SetAttribute(SDL_GL_CONTEXT_PROFILE_MASK, SDL_GL_CONTEXT_PROFILE_CORE);
        SDL_GL_SetAttribute(SDL_GL_CONTEXT_RESET_NOTIFICATION, SDL_GL_CONTEXT_RESET_LOSE_CONTEXT); /* where there is one */
        offscreen->window = SDL_CreateWindow("Saddlescope", 0, 0, 16, 16, SDL_WINDOW_OPENGL | SDL_WINDOW_HIDDEN);
        if (offscreen->window) offscreen->context = SDL_GL_CreateContext(offscreen->window);
        if (offscreen->context && SDL_GL_MakeCurrent(offscreen->window, offscreen->context) == 0) return true;
    }
    snprintf(reason, reason_size, "%s", SDL_GetError());
    if (offscreen->context) SDL_GL_DeleteContext(offscreen->context);
    if (offscreen->window) SDL_DestroyWindow(offscreen->window);
    offscreen->context = NULL;
    offscreen->window = NULL;
    if (started) SDL_QuitSubSystem(SDL_INIT_VIDEO);
    return false;
}

struct offscreen *offscreen_create(struct error *error) {
    struct offscreen *offscreen = MEM_NEW(struct offscreen, 1);
    char without[200] = "", with[200] = "";
    SDL_SetMainReady();
    if (!open_with(offscreen, "offscreen", without, sizeof without) && !open_with(offscreen, NULL, with, sizeof with)) {
        error_set(
            error, ERROR_MACHINE,
            "no OpenGL 3.3 was found: without a display: %s; on a display: %s. Installing libgl1-mesa-dri and libegl1 "
            "gives OpenGL in software",
            without, with);
        free(offscreen);
        return NULL;
    }
    snprintf(offscreen->description, sizeof offscreen->description, "%s, OpenGL %s (%s)",
             (const char *)glGetString(GL_RENDERER), (const char *)glGetString(GL_VERSION),
             SDL_GetCurrentVideoDriver());
    return offscreen;
}

/* Mesa's software driver crashes when two threads draw in contexts of one display. So a display of its own: one without a
 * surface, or a graphics card by itself, or another connection to the person's. False where there is none of the kind. */
enum apart { APART_SURFACELESS, APART_DEVICE, APART_CONNECTION, APART_COUNT };
static const char *const apart_names[] = {"without a surface", "of a device", "of another connection"};

static EGLDisplay device_display(void) {
    enum { MOST_DEVICES = 16 };
    EGLDeviceEXT devices[MOST_DEVICES];
    EGLint count = 0;
    if (!epoxy_has_egl_extension(EGL_NO_DISPLAY, "EGL_EXT_platform_device") ||
        !epoxy_has_egl_extension(EGL_NO_DISPLAY, "EGL_EXT_device_base") ||
        !eglQueryDevicesEXT(MOST_DEVICES, devices, &count))
        return EGL_NO_DISPLAY;
    for (EGLint i = 0; i < count; i++) {
        EGLDisplay display = eglGetPlatformDisplayEXT(EGL_PLATFORM_DEVICE_EXT, devices[i], NULL);
        if (display != EGL_NO_DISPLAY && eglInitialize(display, NULL, NULL)) return display;
    }
    return EGL_NO_DISPLAY;
}

static EGLDisplay display_apart(enum apart kind) {
    EGLDisplay display = EGL_NO_DISPLAY;
    switch (kind) {
    case APART_SURFACELESS:
        if (epoxy_has_egl_extension(EGL_NO_DISPLAY, "EGL_MESA_platform_surfaceless"))
            display = eglGetPlatformDisplayEXT(EGL_PLATFORM_SURFACELESS_MESA, EGL_DEFAULT_DISPLAY, NULL);
        break;
    case APART_DEVICE: return device_display();
    default: display = eglGetDisplay(EGL_DEFAULT_DISPLAY); break;
    }
    return display != EGL_NO_DISPLAY && eglInitialize(display, NULL, NULL) ? display : EGL_NO_DISPLAY;
}

/* With a small surface where the driver draws on nothing without one. */
static bool make_context(struct offscreen *offscreen) {
    static const EGLint wanted[] = {EGL_SURFACE_TYPE, EGL_PBUFFER_BIT, EGL_RENDERABLE_TYPE, EGL_OPENGL_BIT, EGL_NONE};
    static const EGLint size[] = {EGL_WIDTH, 16, EGL_HEIGHT, 16, EGL_NONE};
    /* With the last pair, left out where the driver does not know it, a reset of the driver shows. */
    enum { TELLS_RESET = 6 };
    EGLint version[] = {EGL_CONTEXT_MAJOR_VERSION,       3, EGL_CONTEXT_MINOR_VERSION, 3,
                        EGL_CONTEXT_OPENGL_PROFILE_MASK, EGL_CONTEXT_OPENGL_CORE_PROFILE_BIT,
                        EGL_CONTEXT_OPENGL_RESET_NOTIFICATION_STRATEGY, EGL_LOSE_CONTEXT_ON_RESET,
                        EGL_NONE};
    EGLDisplay display = offscreen->egl_display;
    EGLConfig config;
    EGLint count = 0;
    if (!eglBindAPI(EGL_OPENGL_API) || !eglChooseConfig(display, wanted, &config, 1, &count) || count < 1) return false;
    offscreen->egl_context = eglCreateContext(display, config, EGL_NO_CONTEXT, version);
    if (offscreen->egl_context == EGL_NO_CONTEXT) {
        version[TELLS_RESET] = EGL_NONE;
        offscreen->egl_context = eglCreateContext(display, config, EGL_NO_CONTEXT, version);
    }
    if (offscreen->egl_context == EGL_NO_CONTEXT) return false;
    if (epoxy_has_egl_extension(display, "EGL_KHR_surfaceless_context")) return true;
    offscreen->egl_surface = eglCreatePbufferSurface(display, config, size);
    if (offscreen->egl_surface != EGL_NO_SURFACE) return true;
    eglDestroyContext(display, offscreen->egl_context);
    return false;
}

static void forget_context(struct offscreen *offscreen) {
    eglDestroyContext(offscreen->egl_display, offscreen->egl_context);
    if (offscreen->egl_surface != EGL_NO_SURFACE) eglDestroySurface(offscreen->egl_display, offscreen->egl_surface);
    offscreen->egl_context = EGL_NO_CONTEXT;
    offscreen->egl_surface = EGL_NO_SURFACE;
}

static struct offscreen *open_apart(enum apart kind) {
    EGLDisplay display = epoxy_has_egl() ? display_apart(kind) : EGL_NO_DISPLAY;
    if (display == EGL_NO_DISPLAY) return NULL;
    struct offscreen *offscreen = MEM_NEW(struct offscreen, 1);
    offscreen->egl_display = display; /* the process's: others may hold it, and it is never ended */
    offscreen->egl_surface = EGL_NO_SURFACE;
    if (!make_context(offscreen)) {
        free(offscreen);
        return NULL;
    }
    snprintf(offscreen->description, sizeof offscreen->description, "EGL %s", apart_names[kind]);
    return offscreen;
}

struct offscreen *offscreen_create_aside(struct error *error) {
    for (int kind = 0; kind < APART_COUNT; kind++) {
        struct offscreen *apart = open_apart((enum apart)kind);
        if (apart) return apart;
    }
    SDL_Window *window = SDL_WasInit(SDL_INIT_VIDEO) ? SDL_GL_GetCurrentWindow() : NULL;
    SDL_GLContext context = window ? SDL_GL_GetCurrentContext() : NULL;
    struct offscreen *offscreen = offscreen_create(error);
    if (offscreen) offscreen_leave(offscreen);
    if (context) SDL_GL_MakeCurrent(window, context);
    return offscreen;
}

bool offscreen_enter(struct offscreen *offscreen, struct error *error) {
    if (!offscreen->window) {
        EGLContext context = offscreen->egl_context;
        return (eglBindAPI(EGL_OPENGL_API) &&
                eglMakeCurrent(offscreen->egl_display, offscreen->egl_surface, offscreen->egl_surface, context)) ||
               error_set(error, ERROR_MACHINE, "the graphics driver gives no second context (EGL error 0x%x)",
                         (unsigned)eglGetError());
    }
    return SDL_GL_MakeCurrent(offscreen->window, offscreen->context) == 0 ||
           error_set(error, ERROR_MACHINE, "the graphics driver gives no second context: %s", SDL_GetError());
}

bool offscreen_renew(struct offscreen *offscreen, struct error *error) {
    if (offscreen->window)
        return error_set(error, ERROR_MACHINE, "the graphics driver was reset; once more would be right");
    offscreen_leave(offscreen);
    forget_context(offscreen);
    return (make_context(offscreen) && offscreen_enter(offscreen, error)) ||
           error_set(error, ERROR_MACHINE, "the graphics driver was reset and gives no OpenGL 3.3 any more");
}

void offscreen_leave(struct offscreen *offscreen) {
    if (!offscreen->window) {
        eglMakeCurrent(offscreen->egl_display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
        eglReleaseThread();
        return;
    }
    SDL_GL_MakeCurrent(offscreen->window, NULL);
}

void offscreen_destroy(struct offscreen **offscreen) {
    if (!offscreen || !*offscreen) return;
    if (!(*offscreen)->window) {
        forget_context(*offscreen);
        free(*offscreen);
        *offscreen = NULL;
        return;
    }
    if (SDL_GL_GetCurrentContext() == (*offscreen)->context) offscreen_leave(*offscreen);
    SDL_GL_DeleteContext((*offscreen)->context);
    SDL_DestroyWindow((*offscreen)->window);
    SDL_QuitSubSystem(SDL_INIT_VIDEO);
    free(*offscreen);
    *offscreen = NULL;
}

const char *offscreen_description(const struct offscreen *offscreen) {
    return offscreen->description;
}
