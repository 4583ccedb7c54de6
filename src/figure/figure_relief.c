/* The surface as a shaded picture with a depth for every sample: no GPU, and nothing for a printer to choke on. */
#include "figure/figure_parts.h"

#include "base/memory.h"

#include <cglm/cglm.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct corner {
    float x, y, away; /* samples, and along the line of sight */
    struct color color;
};

static struct color shown_color(const struct scene *scene, float tone, float lit, const struct color *sun,
                                const struct color *shade) {
    float place = glm_clamp(tone, 0, 1) * (COLORMAP_SIZE - 1);
    int low = (int)place < COLORMAP_SIZE - 1 ? (int)place : COLORMAP_SIZE - 2;
    struct color color = color_mix(scene->colormap[low], scene->colormap[low + 1], place - (float)low);
    struct color light = color_mix(*shade, *sun, lit * lit);
    return (struct color){fminf(color.r * light.r, 1), fminf(color.g * light.g, 1), fminf(color.b * light.b, 1), 1};
}

/* Warm light from the upper left of what is seen, cool shade, as on a relief map. */
static void light_of(const struct leaf *leaf, vec3 light) {
    const vec4 *view = leaf->view;
    vec3 right = {view[0][0], view[1][0], view[2][0]}, ahead = {-right[1], right[0], 0};
    for (int i = 0; i < 3; i++) light[i] = -0.66f * right[i] + 0.26f * ahead[i];
    light[2] = 0.62f;
    glm_vec3_normalize(light);
}

static struct corner *corners_of(const struct leaf *leaf, bool *known) {
    static const struct color sun = {1.10f, 1.085f, 1.055f, 1}, shade = {0.555f, 0.575f, 0.61f, 1},
                              plain = {1, 1, 1, 1};
    const struct scene_surface *surface = leaf->surface;
    int width = surface->width, height = surface->height;
    struct corner *corners = MEM_NEW(struct corner, (size_t)width * (size_t)height);
    vec3 light;
    light_of(leaf, light);
    bool flat = leaf->pane->flat;
    for (int row = 0; row < height; row++)
        for (int column = 0; column < width; column++) {
            size_t i = (size_t)row * (size_t)width + (size_t)column;
            known[i] = false;
            if (!surface_known(surface, i)) continue;
            vec3 at, normal;
            float slope[2];
            surface_slope(surface, column, row, slope);
            glm_vec3_copy((vec3){-slope[0], -slope[1], 1}, normal);
            vec2 pixel;
            surface_point(surface, (float)column, (float)row, surface->z[i], at);
            if (!leaf_project(leaf, at, pixel, &corners[i].away)) continue;
            glm_vec3_normalize(normal);
            float lit = 0.5f + 0.5f * glm_vec3_dot(normal, light);
            known[i] = true;
            corners[i].x = pixel[0] * FIGURE_FINE;
            corners[i].y = pixel[1] * FIGURE_FINE;
            corners[i].color =
                shown_color(leaf->scene, surface->tone[i], lit, flat ? &plain : &sun, flat ? &plain : &shade);
        }
    return corners;
}

static float side(const struct corner *a, const struct corner *b, float x, float y) {
    return (b->x - a->x) * (y - a->y) - (b->y - a->y) * (x - a->x);
}

/* Corners anticlockwise as seen from above; what is seen from below is mixed with `under`. */
static void fill_triangle(struct relief_image *image, const struct corner *a, const struct corner *b,
                          const struct corner *c, const struct color *under) {
    float area = side(a, b, c->x, c->y);
    if (!(fabsf(area) > 1e-9f)) return;
    float below = area > 0 ? under->a : 0; /* y is down: from above it is negative */
    int left = (int)fmaxf(floorf(fminf(fminf(a->x, b->x), c->x)), 0),
        top = (int)fmaxf(floorf(fminf(fminf(a->y, b->y), c->y)), 0),
        right = (int)fminf(ceilf(fmaxf(fmaxf(a->x, b->x), c->x)), (float)image->width - 1),
        bottom = (int)fminf(ceilf(fmaxf(fmaxf(a->y, b->y), c->y)), (float)image->height - 1);
    for (int y = top; y <= bottom; y++)
        for (int x = left; x <= right; x++) {
            float at[2] = {(float)x + 0.5f, (float)y + 0.5f};
            float u = side(b, c, at[0], at[1]) / area, v = side(c, a, at[0], at[1]) / area, w = 1 - u - v;
            const float slack = -1e-5f; /* no gaps along shared edges */
            if (u < slack || v < slack || w < slack) continue;
            float away = u * a->away + v * b->away + w * c->away;
            size_t i = (size_t)y * (size_t)image->width + (size_t)x;
            if (away >= image->depth[i]) continue;
            image->depth[i] = away;
            struct color color = {u * a->color.r + v * b->color.r + w * c->color.r,
                                  u * a->color.g + v * b->color.g + w * c->color.g,
                                  u * a->color.b + v * b->color.b + w * c->color.b, 1};
            image->color[i] = below > 0 ? color_mix(color, color_fade(*under, 1), below) : color;
        }
}

static void fill_image(const struct leaf *leaf, struct relief_image *image) {
    const struct scene_surface *surface = leaf->surface;
    int width = surface->width;
    bool *known = MEM_NEW(bool, (size_t)width *(size_t)surface->height);
    struct corner *corners = corners_of(leaf, known);
    struct color under = color_fade(color_mix(leaf->scene->colormap[0], leaf->scene->theme->ground, 0.18f), 0.80f);
    for (int row = 0; row + 1 < surface->height; row++)
        for (int column = 0; column + 1 < width; column++) {
            size_t i = (size_t)row * (size_t)width + (size_t)column;
            size_t ring[4] = {i, i + 1, i + (size_t)width + 1, i + (size_t)width};
            const struct corner *there[4];
            int count = 0;
            for (int k = 0; k < 4; k++)
                if (known[ring[k]]) there[count++] = &corners[ring[k]];
            if (count > 2) fill_triangle(image, there[0], there[1], there[2], &under);
            if (count > 3) fill_triangle(image, there[0], there[2], there[3], &under);
        }
    free(corners);
    free(known);
}

/* Premultiplied ARGB, the rows of cairo's image surfaces. */
static cairo_surface_t *image_surface(const struct relief_image *image) {
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, image->width, image->height);
    if (cairo_surface_status(surface)) return surface;
    cairo_surface_flush(surface);
    unsigned char *bytes = cairo_image_surface_get_data(surface);
    int stride = cairo_image_surface_get_stride(surface);
    for (int y = 0; y < image->height; y++)
        for (int x = 0; x < image->width; x++) {
            size_t i = (size_t)y * (size_t)image->width + (size_t)x;
            uint32_t texel = 0;
            if (isfinite(image->depth[i])) {
                const struct color *color = &image->color[i];
                texel = 0xff000000u | (uint32_t)lrintf(color->r * 255) << 16 | (uint32_t)lrintf(color->g * 255) << 8 |
                        (uint32_t)lrintf(color->b * 255);
            }
            memcpy(bytes + (size_t)y * (size_t)stride + 4 * (size_t)x, &texel, 4);
        }
    cairo_surface_mark_dirty(surface);
    return surface;
}

/* ---- the ground below ---------------------------------------------------------------------------------------------
 */

static bool floor_corner(const struct leaf *leaf, float column, float row, vec2 pixel) {
    vec3 at;
    float unused;
    surface_point(leaf->surface, column, row, leaf->pane->flat ? 0 : SCENE_FLOOR, at);
    return leaf_project(leaf, at, pixel, &unused);
}

/* A rectangle of the grid on the floor, added to the path. */
static void floor_path(const struct leaf *leaf, int left, int low, int right, int high) {
    const int columns[4] = {left, right, right, left}, rows[4] = {low, low, high, high};
    vec2 pixels[4];
    for (int k = 0; k < 4; k++)
        if (!floor_corner(leaf, (float)columns[k], (float)rows[k], pixels[k])) return;
    cairo_new_sub_path(leaf->cairo);
    for (int k = 0; k < 4; k++) cairo_line_to(leaf->cairo, (double)pixels[k][0], (double)pixels[k][1]);
    cairo_close_path(leaf->cairo);
}

/* Stripes where the loss is not finite. */
static void draw_holes(const struct leaf *leaf) {
    const struct scene_surface *surface = leaf->surface;
    int width = surface->width, height = surface->height;
    bool any = false;
    cairo_save(leaf->cairo);
    cairo_new_path(leaf->cairo);
    for (int row = 0; row + 1 < height; row++)
        for (int column = 0; column + 1 < width; column++) {
            size_t i = (size_t)row * (size_t)width + (size_t)column, up = i + (size_t)width;
            if (surface_known(surface, i) && surface_known(surface, i + 1) && surface_known(surface, up) &&
                surface_known(surface, up + 1))
                continue;
            floor_path(leaf, column, row, column + 1, row + 1);
            any = true;
        }
    if (any) {
        cairo_clip(leaf->cairo);
        leaf_ink(leaf, leaf->scene->theme->faint_ink, 0.55f);
        cairo_set_line_width(leaf->cairo, 1.2);
        const float *half = surface->half;
        for (int stripe = (int)(-24 * (half[0] + half[1])); stripe <= (int)(24 * (half[0] + half[1])); stripe++) {
            float sum = ((float)stripe + 0.5f) / 24, low = fmaxf(-half[0], sum - half[1]),
                  high = fminf(half[0], sum + half[1]);
            vec3 ends[2] = {{low, sum - low, leaf->pane->flat ? 0 : SCENE_FLOOR},
                            {high, sum - high, leaf->pane->flat ? 0 : SCENE_FLOOR}};
            vec2 pixels[2];
            float unused;
            if (low >= high || !leaf_project(leaf, ends[0], pixels[0], &unused) ||
                !leaf_project(leaf, ends[1], pixels[1], &unused))
                continue;
            cairo_move_to(leaf->cairo, (double)pixels[0][0], (double)pixels[0][1]);
            cairo_line_to(leaf->cairo, (double)pixels[1][0], (double)pixels[1][1]);
        }
        cairo_stroke(leaf->cairo);
    }
    cairo_restore(leaf->cairo);
}

void ground_draw(const struct leaf *leaf) {
    if (!leaf->surface) return;
    if (leaf->scene->floor_contours && !leaf->pane->flat) {
        floor_path(leaf, 0, 0, leaf->surface->width - 1, leaf->surface->height - 1);
        leaf_ink(leaf, leaf->scene->theme->ink, 0.035f);
        cairo_fill(leaf->cairo);
    }
    draw_holes(leaf);
}

/* ---- all of it ------------------------------------------------------------------------------------------------------
 */

void relief_draw(struct leaf *leaf) {
    if (!leaf->surface) return;
    struct relief_image *image = &leaf->relief;
    image->width = (int)ceilf(leaf->width) * FIGURE_FINE;
    image->height = (int)ceilf(leaf->height) * FIGURE_FINE;
    size_t count = (size_t)image->width * (size_t)image->height;
    image->depth = mem_zalloc(count, sizeof *image->depth);
    image->color = mem_zalloc(count, sizeof *image->color);
    for (size_t i = 0; i < count; i++) image->depth[i] = INFINITY;
    fill_image(leaf, image);
    cairo_surface_t *surface = image_surface(image);
    cairo_save(leaf->cairo);
    cairo_scale(leaf->cairo, 1.0 / FIGURE_FINE, 1.0 / FIGURE_FINE);
    cairo_set_source_surface(leaf->cairo, surface, 0, 0);
    cairo_paint(leaf->cairo);
    cairo_restore(leaf->cairo);
    cairo_surface_destroy(surface);
}

void relief_release(struct relief_image *relief) {
    free(relief->depth);
    free(relief->color);
    *relief = (struct relief_image){0};
}
