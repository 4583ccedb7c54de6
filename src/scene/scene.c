#include "scene/scene.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void scene_clear(struct scene *scene) {
    scene->point_count = scene->line_count = scene->glyph_count = scene->arrow_count = 0;
    scene->label_count = scene->sheet_count = scene->box_count = scene->mark_count = 0;
    scene->raster_count = scene->texel_count = scene->swarm_count = scene->mote_count = 0;
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
    free(scene->rasters);
    free(scene->texels);
    free(scene->swarms);
    free(scene->motes);
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

struct scene_raster *scene_add_raster(struct scene *scene, int width, int height, struct scene_texel **texels) {
    size_t count = (size_t)width * (size_t)height;
    MEM_GROW(scene->rasters, scene->raster_capacity, scene->raster_count + 1);
    MEM_GROW(scene->texels, scene->texel_capacity, scene->texel_count + count);
    struct scene_raster *raster = &scene->rasters[scene->raster_count++];
    *raster = (struct scene_raster){.width = width, .height = height, .first = scene->texel_count};
    *texels = scene->texels + scene->texel_count;
    scene->texel_count += count;
    return raster;
}

void scene_finish_raster(struct scene *scene) {
    struct scene_raster *raster = &scene->rasters[scene->raster_count - 1];
    const struct scene_texel *texels = scene->texels + raster->first;
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < (size_t)raster->width * (size_t)raster->height; i++) {
        uint32_t bits;
        memcpy(&bits, &texels[i], sizeof bits);
        hash = (hash ^ bits) * 0x100000001b3u;
    }
    raster->revision = hash;
}
