/* What every test of draw/ that needs OpenGL stands on: one context and one renderer a program. */
#pragma once

#include "../test.h"
#include "draw/draw.h"
#include "sample.h"

#include <dlfcn.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>

struct stand {
    struct offscreen *offscreen;
    struct renderer *renderer;
    struct scene scene;
};

static inline int stand_up(void **state) {
    struct stand *stand = calloc(1, sizeof *stand);
    struct error error = {0};
    stand->offscreen = offscreen_create(&error);
    if (stand->offscreen) stand->renderer = renderer_create(&(struct renderer_params){0}, &error);
    if (stand->offscreen && !stand->renderer) {
        print_error("%s\n", error.message);
        return -1;
    }
    if (!stand->offscreen) print_message("# %s\n", error.message);
    *state = stand;
    return 0;
}

/* Keeps a graphics driver in memory to the end: a leak checker cannot name, and so not excuse, what is no longer
 * loaded. */
static inline int keep_driver(struct dl_phdr_info *info, size_t size, void *context) {
    if (strstr(info->dlpi_name, "_dri.so") || strstr(info->dlpi_name, "gallium"))
        (void)dlopen(info->dlpi_name, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
    return 0;
}

static inline int stand_down(void **state) {
    struct stand *stand = *state;
    dl_iterate_phdr(keep_driver, NULL);
    scene_release(&stand->scene);
    renderer_destroy(&stand->renderer);
    offscreen_destroy(&stand->offscreen);
    free(stand);
    return 0;
}

/* Only a machine without any OpenGL is excused. */
#define STAND(state)                                                                                                   \
    struct stand *stand = *(state);                                                                                    \
    if (!stand->offscreen) skip()

static inline struct image stand_picture(struct stand *stand, int width, int height, float scale, int supersample) {
    struct image image;
    struct error error = {0};
    if (!renderer_picture(stand->renderer, &stand->scene, width, height, scale, supersample, NULL, &image, &error))
        fail_msg("%s", error.message);
    return image;
}

static inline const uint8_t *pixel_at(const struct image *image, float x, float y) {
    int column = (int)x, row = (int)y;
    assert_in_range(column, 0, image->width - 1);
    assert_in_range(row, 0, image->height - 1);
    return image->rgb + 3 * ((size_t)row * (size_t)image->width + (size_t)column);
}

/* Largest difference of a channel, 0 … 255. */
static inline int pixel_distance(const uint8_t *pixel, struct color color) {
    float want[3] = {color.r, color.g, color.b};
    int most = 0;
    for (int c = 0; c < 3; c++) {
        int off = abs((int)pixel[c] - (int)lrintf(want[c] * 255));
        if (off > most) most = off;
    }
    return most;
}

/* How many pixels of the rectangle are within `tolerance` of `color`. */
static inline int count_near(const struct image *image, int left, int top, int width, int height, struct color color,
                             int tolerance) {
    int count = 0;
    for (int y = top; y < top + height; y++)
        for (int x = left; x < left + width; x++)
            if (x >= 0 && y >= 0 && x < image->width && y < image->height &&
                pixel_distance(pixel_at(image, (float)x, (float)y), color) <= tolerance)
                count++;
    return count;
}
