#include "draw/occlusion.h"

#include <cglm/cglm.h>
#include <math.h>

static const float margin_start = 0.012f, margin_end = 0.035f; /* world units of surface above the line of sight */

/* Bilinear height; −1 (below everything) outside and in holes. */
static float height_at(const struct scene_surface *surface, float x, float y) {
    float u = (x / surface->half[0] + 1) * 0.5f * (float)(surface->width - 1);
    float v = (y / surface->half[1] + 1) * 0.5f * (float)(surface->height - 1);
    if (!(u >= 0 && v >= 0 && u <= (float)(surface->width - 1) && v <= (float)(surface->height - 1))) return -1;
    int i = (int)u, j = (int)v;
    if (i > surface->width - 2) i = surface->width - 2;
    if (j > surface->height - 2) j = surface->height - 2;
    float s = u - (float)i, t = v - (float)j;
    const float *row = surface->z + (size_t)j * (size_t)surface->width + i, *next = row + surface->width;
    float z = (1 - t) * ((1 - s) * row[0] + s * row[1]) + t * ((1 - s) * next[0] + s * next[1]);
    return isfinite(z) ? z : -1;
}

float occlusion_view(const struct scene_surface *surface, const struct pane_frame *frame, const float *at) {
    if (!surface || frame->flat) return 1;
    vec3 way;
    if (frame->perspective)
        glm_vec3_sub((float *)frame->eye, (float *)at, way);
    else
        glm_vec3_copy((float *)frame->eye, way);
    float distance = glm_vec3_norm(way);
    if (!(distance > 1e-4f)) return 1;
    glm_vec3_scale(way, 1 / distance, way);
    float cell = 2 * fmaxf(surface->half[0], surface->half[1]) / (float)GLM_MAX(surface->width, surface->height);
    float step = fmaxf(cell * 0.7f, 0.006f);
    float most = frame->perspective ? distance : 4;
    float above = 0; /* the most that surface stands above the line of sight */
    for (float t = step; t < most; t += step) {
        float z = at[2] + t * way[2];
        if (way[2] >= 0 && z > SCENE_HEIGHT) break;
        float x = at[0] + t * way[0], y = at[1] + t * way[1];
        /* Outside and going further out: nothing more in the way. */
        if ((fabsf(x) > surface->half[0] && x * way[0] > 0) || (fabsf(y) > surface->half[1] && y * way[1] > 0)) break;
        above = fmaxf(above, height_at(surface, x, y) - z);
        if (above >= margin_end) return 0;
    }
    float share = glm_clamp((above - margin_start) / (margin_end - margin_start), 0, 1);
    return 1 - share * share * (3 - 2 * share);
}
