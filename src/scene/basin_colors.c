/* The colours of a picture of basins. */
#include "scene/basin_atlas.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

enum { HUES = 7 };
/* Okabe and Ito's palette (2008), in the order of how well neighbours are told apart. */
static const uint32_t hues[HUES] = {0xE69F00, 0x56B4E9, 0x009E73, 0xCC79A7, 0xF0E442, 0x0072B2, 0xD55E00};

struct count {
    size_t starts;
    int end;
};

static int compare_counts(const void *a, const void *b) {
    const struct count *p = a, *q = b;
    if ((p->starts > 0) != (q->starts > 0)) return p->starts > 0 ? -1 : 1;
    return p->end - q->end;
}

static void find_order(struct atlas *atlas) {
    struct count *counts = MEM_NEW(struct count, atlas->end_count);
    for (int i = 0; i < atlas->end_count; i++) counts[i] = (struct count){atlas->total[i], i};
    qsort(counts, (size_t)atlas->end_count, sizeof *counts, compare_counts);
    for (int i = 0; i < atlas->end_count; i++) atlas->order[i] = counts[i].end;
    free(counts);
}

static double between(const struct basin_end *a, const struct basin_end *b) {
    return hypot(a->at[0] - b->at[0], a->at[1] - b->at[1]);
}

/* Each place in turn takes the colour whose nearest other place is the farthest off: none is used twice while there are
 * others, and then far apart. The order is not one of shares, so that no colour changes while a study goes on. */
static void choose_colors(struct atlas *atlas) {
    int *chosen = MEM_NEW(int, atlas->end_count);
    for (int i = 0; i < atlas->end_count && atlas->total[atlas->order[i]] > 0; i++) {
        double best = -1;
        for (int hue = 0; hue < HUES; hue++) {
            double nearest = INFINITY;
            for (int j = 0; j < i; j++)
                if (chosen[j] == hue)
                    nearest = fmin(nearest, between(&atlas->ends[atlas->order[i]], &atlas->ends[atlas->order[j]]));
            if (nearest > best) {
                best = nearest;
                chosen[i] = hue;
            }
        }
        atlas->colors[atlas->order[i]] = color_hex(hues[chosen[i]]);
    }
    free(chosen);
}

/* t = 0: few steps, 1: many. */
struct color basin_shade(struct color base, float t) {
    static const struct color light = {1, 1, 1, 1}, dark = {0.03f, 0.04f, 0.06f, 1};
    return t < 0.4f ? color_mix(base, light, 0.62f * (0.4f - t) / 0.4f)
                    : color_mix(base, dark, 0.68f * (t - 0.4f) / 0.6f);
}

static float tone_of(const struct atlas *atlas, int64_t steps) {
    double low = log1p(atlas->few), high = log1p(atlas->many);
    return high > low ? (float)fmin(fmax((log1p((double)steps) - low) / (high - low), 0), 1) : 0.4f;
}

static int compare_steps(const void *a, const void *b) {
    int64_t i = *(const int64_t *)a, j = *(const int64_t *)b;
    return (i > j) - (i < j);
}

/* The lightest and the darkest stand for all but the outermost fiftieths, so that a few stragglers leave the rest its
 * shades. */
static void measure_steps(struct atlas *atlas) {
    size_t size = (size_t)atlas->params->width * (size_t)atlas->params->height * (size_t)atlas->count, kept = 0;
    int64_t *steps = MEM_NEW(int64_t, size);
    for (size_t i = 0; i < size; i++)
        if (atlas->cells[i].end >= 0) steps[kept++] = atlas->cells[i].steps;
    qsort(steps, kept, sizeof *steps, compare_steps);
    if (kept > 0) {
        atlas->few = (double)steps[kept / 50];
        atlas->many = (double)steps[kept - 1 - kept / 50];
    }
    free(steps);
}

struct color basin_nowhere_color(const struct theme *theme) {
    return theme->kind == THEME_NIGHT ? color_mix(theme->grid, theme->ink, 0.12f)
                                      : color_mix(theme->grid, theme->ink, 0.06f);
}

struct scene_texel basin_texel(struct color color, uint8_t alpha) {
    return (struct scene_texel){(uint8_t)lrintf(255 * color.r), (uint8_t)lrintf(255 * color.g),
                                (uint8_t)lrintf(255 * color.b), alpha};
}

struct scene_texel atlas_cell_texel(const struct atlas *atlas, const struct basin_cell *cell) {
    const struct theme *theme = atlas->builder.theme;
    if (cell->end >= 0) return basin_texel(basin_shade(atlas->colors[cell->end], tone_of(atlas, cell->steps)), 255);
    if (cell->end == BASIN_NOWHERE) return basin_texel(basin_nowhere_color(theme), 255);
    if (cell->end == BASIN_DIVERGED) return basin_texel(theme->faint_ink, 128);
    return (struct scene_texel){0};
}

void atlas_color(struct atlas *atlas) {
    find_order(atlas);
    choose_colors(atlas);
    measure_steps(atlas);
}
