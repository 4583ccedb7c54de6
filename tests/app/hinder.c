/* A graphics driver with troubles, put before the real one by LD_PRELOAD: it refuses memory, is reset, lacks
 * extensions.
 *
 *   HINDER=FILE        what it does now; the file may come, change and go while the program runs. A line each:
 *                        refuse BYTES   what would take as many or more is answered with GL_OUT_OF_MEMORY
 *                        reset N        a context of a thread besides the first is told N times in all that it is lost
 *                        dpi DOTS       what the display says of itself, to SDL
 *   HINDER_LACKS=NAMES EGL extensions there seem not to be
 *
 * What it did it appends to FILE.log, a line each. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OUT_OF_MEMORY = 0x0505, GUILTY_CONTEXT_RESET = 0x8253, EXTENSIONS = 0x3055 };

typedef void *(*finder)(const char *name);
static void *(*real_dlsym)(void *, const char *);
static _Thread_local bool refused;
static atomic_int resets;

static long told(const char *what) {
    const char *path = getenv("HINDER");
    FILE *file = path ? fopen(path, "r") : NULL;
    char word[32];
    long value = -1, number;
    while (file && fscanf(file, "%31s %ld", word, &number) == 2)
        if (strcmp(word, what) == 0) value = number;
    if (file) fclose(file);
    return value;
}

static void note(const char *what, long value) {
    char path[4096];
    const char *told_by = getenv("HINDER");
    if (!told_by || snprintf(path, sizeof path, "%s.log", told_by) >= (int)sizeof path) return;
    FILE *log = fopen(path, "a");
    if (!log) return;
    fprintf(log, "%s %ld\n", what, value);
    fclose(log);
}

static bool refuses(long bytes) {
    long least = told("refuse");
    if (least < 0 || bytes < least) return false;
    refused = true;
    note("refused", bytes);
    return true;
}

typedef unsigned (*get_error)(void);
static get_error real_get_error;
static unsigned hindered_get_error(void) {
    if (!refused) return real_get_error();
    refused = false;
    return OUT_OF_MEMORY;
}

typedef unsigned (*reset_status)(void);
static reset_status real_reset_status;
static unsigned hindered_reset_status(void) {
    long most = told("reset");
    if (gettid() == getpid() || most < 0 || atomic_load(&resets) >= most) return real_reset_status();
    note("reset", atomic_fetch_add(&resets, 1) + 1);
    return GUILTY_CONTEXT_RESET;
}

typedef void (*buffer_data)(unsigned, long, const void *, unsigned);
static buffer_data real_buffer_data;
static void hindered_buffer_data(unsigned target, long size, const void *data, unsigned usage) {
    if (!refuses(size)) real_buffer_data(target, size, data, usage);
}

typedef void (*tex_image)(unsigned, int, int, int, int, int, unsigned, unsigned, const void *);
static tex_image real_tex_image;
static void hindered_tex_image(unsigned target, int level, int format, int width, int height, int border, unsigned kind,
                               unsigned type, const void *pixels) {
    if (!refuses(4L * width * height)) real_tex_image(target, level, format, width, height, border, kind, type, pixels);
}

typedef void (*storage)(unsigned, unsigned, int, int);
static storage real_storage;
static void hindered_storage(unsigned target, unsigned format, int width, int height) {
    if (!refuses(4L * width * height)) real_storage(target, format, width, height);
}

typedef void (*storage_multisample)(unsigned, int, unsigned, int, int);
static storage_multisample real_storage_multisample;
static void hindered_storage_multisample(unsigned target, int samples, unsigned format, int width, int height) {
    if (!refuses(4L * samples * width * height)) real_storage_multisample(target, samples, format, width, height);
}

typedef const char *(*query_string)(void *, int);
static query_string real_query_string;
static const char *hindered_query_string(void *display, int name) {
    static _Thread_local char kept[16384];
    const char *all = real_query_string(display, name), *lacks = getenv("HINDER_LACKS");
    if (!all || !lacks || name != EXTENSIONS) return all;
    size_t used = 0;
    for (const char *word = all; *word;) {
        size_t length = strcspn(word, " ");
        char one[256];
        snprintf(one, sizeof one, "%.*s", (int)length, word);
        if (!strstr(lacks, one) && used + length + 2 < sizeof kept)
            used += (size_t)snprintf(kept + used, sizeof kept - used, "%s ", one);
        word += length + strspn(word + length, " ");
    }
    kept[used] = '\0';
    return kept;
}

/* SDL's own name: the program calls it by this. */
int SDL_GetDisplayDPI(int display, float *diagonal, float *across, float *down);
int SDL_GetDisplayDPI(int display, float *diagonal, float *across, float *down) {
    static int (*real)(int, float *, float *, float *);
    if (!real) *(void **)&real = dlsym(RTLD_NEXT, "SDL_GetDisplayDPI");
    long dots = told("dpi");
    if (dots < 0 || !diagonal) return real ? real(display, diagonal, across, down) : -1;
    *diagonal = (float)dots;
    return 0;
}

static void *replaced(const char *name, void *found);

static finder real_find_glx, real_find_egl;
static void *hindered_find_glx(const char *name) {
    return replaced(name, real_find_glx(name));
}
static void *hindered_find_egl(const char *name) {
    return replaced(name, real_find_egl(name));
}

/* What a program gets when it asks for `name` and the driver has `found`. */
static void *replaced(const char *name, void *found) {
    static const struct {
        const char *name;
        void *ours, *real;
    } all[] = {
        {"glGetError", (void *)hindered_get_error, &real_get_error},
        {"glGetGraphicsResetStatusARB", (void *)hindered_reset_status, &real_reset_status},
        {"glBufferData", (void *)hindered_buffer_data, &real_buffer_data},
        {"glTexImage2D", (void *)hindered_tex_image, &real_tex_image},
        {"glRenderbufferStorage", (void *)hindered_storage, &real_storage},
        {"glRenderbufferStorageMultisample", (void *)hindered_storage_multisample, &real_storage_multisample},
        {"eglQueryString", (void *)hindered_query_string, &real_query_string},
        {"glXGetProcAddress", (void *)hindered_find_glx, &real_find_glx},
        {"glXGetProcAddressARB", (void *)hindered_find_glx, &real_find_glx},
        {"eglGetProcAddress", (void *)hindered_find_egl, &real_find_egl},
    };
    for (size_t i = 0; found && i < sizeof all / sizeof *all; i++)
        if (strcmp(name, all[i].name) == 0) {
            if (found != all[i].ours) *(void **)all[i].real = found;
            return all[i].ours;
        }
    return found;
}

void *dlsym(void *restrict handle, const char *restrict name) {
    static const char *const versions[] = {"GLIBC_2.34", "GLIBC_2.17", "GLIBC_2.2.5", "GLIBC_2.0"};
    for (size_t i = 0; !real_dlsym && i < sizeof versions / sizeof *versions; i++)
        *(void **)&real_dlsym = dlvsym(RTLD_NEXT, "dlsym", versions[i]);
    if (!real_dlsym) return NULL;
    /* A sanitizer looks for its own before it can be asked even to compare texts. */
    bool ours = (name[0] == 'g' && name[1] == 'l') || (name[0] == 'e' && name[1] == 'g' && name[2] == 'l');
    return ours ? replaced(name, real_dlsym(handle, name)) : real_dlsym(handle, name);
}
