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

/* Mesa's software driver crashes when two threads draw in contexts of one display; a display without a surface is
 * another one. NULL where there is none of the kind. */
static struct offscreen *open_surfaceless(void) {
    if (!epoxy_has_egl() || !epoxy_has_egl_extension(EGL_NO_DISPLAY, "EGL_MESA_platform_surfaceless")) return NULL;
    EGLDisplay display = eglGetPlatformDisplayEXT(EGL_PLATFORM_SURFACELESS_MESA, EGL_DEFAULT_DISPLAY, NULL);
    static const EGLint wanted[] = {EGL_SURFACE_TYPE, EGL_PBUFFER_BIT, EGL_RENDERABLE_TYPE, EGL_OPENGL_BIT, EGL_NONE};
    static const EGLint version[] = {EGL_CONTEXT_MAJOR_VERSION,       3, EGL_CONTEXT_MINOR_VERSION, 3,
                                     EGL_CONTEXT_OPENGL_PROFILE_MASK, EGL_CONTEXT_OPENGL_CORE_PROFILE_BIT,
                                     EGL_NONE};
    EGLConfig config;
    EGLint count = 0;
    if (display == EGL_NO_DISPLAY || !eglInitialize(display, NULL, NULL)) return NULL;
    EGLContext context = EGL_NO_CONTEXT;
    if (epoxy_has_egl_extension(display, "EGL_KHR_surfaceless_context") && eglBindAPI(EGL_OPENGL_API) &&
        eglChooseConfig(display, wanted, &config, 1, &count) && count == 1)
        context = eglCreateContext(display, config, EGL_NO_CONTEXT, version);
    if (context == EGL_NO_CONTEXT) return NULL; /* the display is the process's; others may hold it */
    struct offscreen *offscreen = MEM_NEW(struct offscreen, 1);
    offscreen->egl_display = display;
    offscreen->egl_context = context;
    snprintf(offscreen->description, sizeof offscreen->description, "EGL without a surface");
    return offscreen;
}

struct offscreen *offscreen_create_aside(struct error *error) {
    struct offscreen *surfaceless = open_surfaceless();
    if (surfaceless) return surfaceless;
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
                eglMakeCurrent(offscreen->egl_display, EGL_NO_SURFACE, EGL_NO_SURFACE, context)) ||
               error_set(error, ERROR_MACHINE, "the graphics driver gives no second context (EGL error 0x%x)",
                         (unsigned)eglGetError());
    }
    return SDL_GL_MakeCurrent(offscreen->window, offscreen->context) == 0 ||
           error_set(error, ERROR_MACHINE, "the graphics driver gives no second context: %s", SDL_GetError());
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
        eglDestroyContext((*offscreen)->egl_display, (*offscreen)->egl_context);
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
