#include "scene/scene.h"

#include "base/hash.h"
#include "base/memory.h"

#include <assert.h>
#include <math.h>
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
    uint64_t hash = HASH_START;
    for (size_t i = 0; i < (size_t)raster->width * (size_t)raster->height; i++) {
        uint32_t bits;
        memcpy(&bits, &texels[i], sizeof bits);
        hash = hash_word(hash, bits);
    }
    raster->revision = hash;
}

/* ---- a surface as a body ------------------------------------------------------------------------------------------ */

void surface_point(const struct scene_surface *surface, float column, float row, float z, vec3 out) {
    out[0] = surface->half[0] * (2 * column / (float)(surface->width - 1) - 1);
    out[1] = surface->half[1] * (2 * row / (float)(surface->height - 1) - 1);
    out[2] = z;
}

bool surface_known(const struct scene_surface *surface, size_t i) {
    return isfinite(surface->z[i]) && isfinite(surface->tone[i]);
}

/* Central differences between the neighbours that exist. */
static float slope_along(const struct scene_surface *surface, size_t here, int at, int count, size_t step,
                         float spacing) {
    size_t before = at > 0 && surface_known(surface, here - step) ? here - step : here;
    size_t after = at < count - 1 && surface_known(surface, here + step) ? here + step : here;
    float run = (float)((before != here) + (after != here)) * spacing;
    return run > 0 ? (surface->z[after] - surface->z[before]) / run : 0;
}

void surface_slope(const struct scene_surface *surface, int column, int row, float out[2]) {
    size_t here = (size_t)row * (size_t)surface->width + (size_t)column;
    out[0] = slope_along(surface, here, column, surface->width, 1,
                         2 * surface->half[0] / (float)(surface->width - 1));
    out[1] = slope_along(surface, here, row, surface->height, (size_t)surface->width,
                         2 * surface->half[1] / (float)(surface->height - 1));
}

int surface_border_count(const struct scene_surface *surface) {
    return 2 * (surface->width - 1) + 2 * (surface->height - 1) + 1;
}

void surface_border_point(const struct scene_surface *surface, int i, vec3 out) {
    int width = surface->width, height = surface->height, k = i % (surface_border_count(surface) - 1), x, y;
    if (k < width - 1)
        x = k, y = 0;
    else if ((k -= width - 1) < height - 1)
        x = width - 1, y = k;
    else if ((k -= height - 1) < width - 1)
        x = width - 1 - k, y = height - 1;
    else
        x = 0, y = height - 1 - (k - (width - 1));
    surface_point(surface, (float)x, (float)y, surface->z[(size_t)y * (size_t)width + (size_t)x], out);
}
