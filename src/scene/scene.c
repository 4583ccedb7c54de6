#include "scene/scene.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>

void scene_clear(struct scene *scene) {
    scene->point_count = scene->line_count = scene->glyph_count = scene->arrow_count = 0;
    scene->label_count = scene->sheet_count = scene->box_count = scene->mark_count = 0;
    scene->pane_count = 0;
    scene->surface_count = 0;
    scene->floor_contours = false;
}

void scene_release(struct scene *scene) {
    for (int i = 0; i < SCENE_MAX_PANES; i++) {
        free(scene->surfaces[i].z);
        free(scene->surfaces[i].tone);
    }
    free(scene->points);
    free(scene->lines);
    free(scene->glyphs);
    free(scene->arrows);
    free(scene->labels);
    free(scene->sheets);
    free(scene->boxes);
    free(scene->marks);
    *scene = (struct scene){0};
}

int scene_surface_of(const struct scene *scene, int pane) {
    for (int i = 0; i < scene->surface_count; i++)
        if (scene->surfaces[i].panes >> pane & 1) return i;
    return -1;
}

struct scene_surface *scene_add_surface(struct scene *scene, int width, int height) {
    assert(scene->surface_count < SCENE_MAX_PANES && width >= 2 && height >= 2);
    struct scene_surface *surface = &scene->surfaces[scene->surface_count++];
    size_t count = (size_t)width * (size_t)height;
    if (count > surface->capacity) {
        surface->z = mem_resize(surface->z, count, sizeof *surface->z);
        surface->tone = mem_resize(surface->tone, count, sizeof *surface->tone);
        surface->capacity = count;
    }
    if (surface->width != width || surface->height != height) surface->revision = 0;
    surface->width = width;
    surface->height = height;
    return surface;
}
