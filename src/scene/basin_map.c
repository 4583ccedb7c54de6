#include "scene/basin_atlas.h"

#include "base/memory.h"
#include "base/text.h"
#include "scene/notation.h"
#include "scene/point_mark.h"
#include "scene/ticks.h"

#include <cglm/cglm.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TICKS_MOST = 12, COLUMNS_MOST = 4, LISTED = 10, BAR_ENDS = 64 };
static const float margin = 28, gap = 22, bar_height = 17, swatch = 34, legend_line = 25;
static const float slimmest = 0.4f; /* a map's shorter side to its longer: less unequal ranges keep their shape */

/* ---- where things are
 * ------------------------------------------------------------------------------------------------ */

static float tick_room(void) {
    return 34;
}

/* From the top of a map's title to where the next row's may begin, without the map. */
static float around(void) {
    return 24 + 5 + text_height(TEXT_SMALL) + 6 + bar_height + 16;
}

static float title_height(const struct basin_map *map) {
    return map->title ? text_height(TEXT_TITLE) + text_height(TEXT_SMALL) + 14 : 0;
}

static float aspect_of(const struct basins_params *params) {
    double wide = params->high[0] - params->low[0], high = params->high[1] - params->low[1];
    return (float)fmin(fmax(wide / high, slimmest), 1 / slimmest);
}

static int find_shown(struct atlas *atlas) {
    for (int o = 0; o < atlas->experiment->optimizer_count; o++)
        if (!(atlas->map->hidden >> o & 1)) atlas->shown[atlas->count++] = o;
    return atlas->count;
}

static float side_for(const struct basin_map *map, int columns) {
    return (map->width - 2 * margin - tick_room() - gap * (float)(columns - 1)) / (float)columns;
}

/* At most so many: places that any start ends in, what is neither, and the scale, three hundred pixels wide or less. */
static int legend_rows(const struct atlas *atlas) {
    size_t *counts = MEM_NEW(size_t, 2 * atlas->end_count), *all = counts + atlas->end_count;
    int entries = 1;
    bool nowhere = false, diverged = false;
    for (int k = 0; k < atlas->count; k++) {
        struct basin_tally tally = study_tally_basins(atlas->map->basins, atlas->shown[k],
                                                       (size_t)atlas->end_count, counts);
        nowhere |= tally.nowhere > 0;
        diverged |= tally.diverged > 0;
        for (int i = 0; i < atlas->end_count; i++) all[i] += counts[i];
    }
    for (int i = 0; i < atlas->end_count && entries < LISTED + 2; i++) entries += all[i] > 0;
    entries += nowhere + diverged;
    free(counts);
    int each = (int)fmaxf(1, (atlas->map->width - 2 * margin + 26) / 290);
    return (entries + each - 1) / each;
}

static float legend_height(const struct atlas *atlas) {
    return legend_line * (float)legend_rows(atlas) + text_height(TEXT_SMALL) + 16;
}

/* As large as the picture allows. */
static void lay_out(struct atlas *atlas) {
    const struct basin_map *map = atlas->map;
    float aspect = aspect_of(atlas->params), best = 0;
    float room = map->height - margin - title_height(map) - legend_height(atlas);
    for (int columns = 1; columns <= atlas->count; columns++) {
        int rows = (atlas->count + columns - 1) / columns;
        float by_height = (room / (float)rows - around()) * aspect;
        float side = fminf(side_for(map, columns), by_height);
        if (side <= best) continue;
        best = side;
        atlas->columns = columns;
        atlas->rows = rows;
    }
    if (best <= 0) atlas->columns = atlas->count, atlas->rows = 1, best = 1;
    atlas->map_width = floorf(best);
    atlas->map_height = floorf(best / aspect);
    atlas->across = atlas->map_width + gap;
    atlas->down = atlas->map_height + around();
    float used = (float)atlas->columns * atlas->across - gap + tick_room();
    atlas->left = floorf(fmaxf(margin, (map->width - used) / 2) + tick_room());
    if (map->title) atlas->left = margin + tick_room(); /* in line with the title */
    atlas->top = floorf(margin * 0.6f + title_height(map)) + 24;
    float spare = room - (float)atlas->rows * atlas->down;
    if (!map->title && spare > 0) atlas->top += floorf(0.4f * spare);
    atlas->legend_top = atlas->top - 24 + (float)atlas->rows * atlas->down + 4;
}

float basin_map_height(const struct basin_map *map) {
    struct atlas atlas = {.map = map, .params = study_basins_params(map->basins)};
    atlas.experiment = atlas.params->experiment;
    if (find_shown(&atlas) == 0) return map->width;
    atlas.end_count = (int)study_basins_ends(map->basins, &atlas.ends);
    int columns = atlas.count < COLUMNS_MOST ? atlas.count : COLUMNS_MOST, rows = (atlas.count + columns - 1) / columns;
    if (columns == 4 && atlas.count > 4 && atlas.count <= 6) columns = 3, rows = 2;
    float side = fminf(side_for(map, columns), 620);
    return margin + title_height(map) + legend_height(&atlas) +
           (float)rows * (side / aspect_of(atlas.params) + around());
}

static void map_corner(const struct atlas *atlas, int k, float *x, float *y) {
    *x = atlas->left + (float)(k % atlas->columns) * atlas->across;
    *y = atlas->top + (float)(k / atlas->columns) * atlas->down;
}

static float pixel_of(const struct atlas *atlas, int axis, double value) {
    double share = (value - atlas->params->low[axis]) / (atlas->params->high[axis] - atlas->params->low[axis]);
    return axis == 0 ? (float)share * atlas->map_width : (float)(1 - share) * atlas->map_height;
}

/* The scene's world is the picture: y from −1 to 1 over its height, seen from above. */
static void to_world(const struct atlas *atlas, float x, float y, float out[2]) {
    float half = atlas->map->height / 2;
    out[0] = (x - atlas->map->width / 2) / half;
    out[1] = (half - y) / half;
}

/* ---- pieces
 * ---------------------------------------------------------------------------------------------------------- */

static struct scene_label *text_at(struct atlas *atlas, float x, float y, float anchor_x, float anchor_y,
                                   enum text_size size, struct color color, const char *english) {
    const char *text = builder_say(&atlas->builder, english);
    struct scene_label *label = add_text(&atlas->builder, x, y, anchor_x, anchor_y, size, color);
    text_print(label->text, sizeof label->text, "%s", text);
    return label;
}

static void box_at(struct atlas *atlas, float x, float y, float width, float height, struct color fill) {
    struct scene_box *box = add_box(&atlas->builder);
    box->x = x;
    box->y = y;
    box->width = width;
    box->height = height;
    box->fill = fill;
}

/* Its cells' colours, row of low y first, are to be written; `raster_done` must follow. */
static struct scene_texel *raster_at(struct atlas *atlas, float x, float y, float width, float height, int columns,
                                     int rows) {
    struct scene_texel *texels;
    struct scene_raster *raster = scene_add_raster(atlas->builder.scene, columns, rows, &texels);
    to_world(atlas, x, y + height, raster->low);
    to_world(atlas, x + width, y, raster->high);
    raster->panes = atlas->builder.all;
    return texels;
}

static void frame_at(struct atlas *atlas, float x, float y, float width, float height, struct color color) {
    struct scene_line *line = add_line(&atlas->builder);
    line->width = 1;
    line->color = color;
    line->hidden_alpha = 1;
    line->count = 5;
    static const float corners[5][2] = {{0, 0}, {1, 0}, {1, 1}, {0, 1}, {0, 0}};
    for (int i = 0; i < 5; i++) {
        vec3 at = {0};
        to_world(atlas, x + corners[i][0] * width, y + corners[i][1] * height, at);
        add_point(&atlas->builder, at, 1);
    }
}

/* ---- one map
 * --------------------------------------------------------------------------------------------------------- */

static void build_cells(struct atlas *atlas, int k, float x, float y) {
    const struct basins_params *params = atlas->params;
    int size = params->width * params->height;
    const struct basin_cell *cells = atlas->cells + (size_t)k * (size_t)size;
    struct scene_texel *texels =
        raster_at(atlas, x, y, atlas->map_width, atlas->map_height, params->width, params->height);
    for (int i = 0; i < size; i++) texels[i] = atlas_cell_texel(atlas, &cells[i]);
    scene_finish_raster(atlas->builder.scene);
    frame_at(atlas, x, y, atlas->map_width, atlas->map_height, atlas->builder.theme->faint_ink);
}

static void build_marks(struct atlas *atlas, float x, float y) {
    int inside = 0;
    for (int i = 0; i < atlas->end_count; i++) {
        float px = pixel_of(atlas, 0, atlas->ends[i].at[0]), py = pixel_of(atlas, 1, atlas->ends[i].at[1]);
        inside += px >= 0 && px <= atlas->map_width && py >= 0 && py <= atlas->map_height;
    }
    for (int i = 0; i < atlas->end_count; i++) {
        const struct basin_end *end = &atlas->ends[i];
        float px = pixel_of(atlas, 0, end->at[0]), py = pixel_of(atlas, 1, end->at[1]);
        if (px < 0 || px > atlas->map_width || py < 0 || py > atlas->map_height) continue;
        struct scene_glyph *glyph = add_glyph(&atlas->builder);
        point_mark_dress(glyph, end->kind, atlas->builder.theme);
        to_world(atlas, x + px, y + py, glyph->at);
        glyph->size = fmaxf(6, fminf(atlas->map_width / 16, inside > 60 ? 6 : inside > 24 ? 9 : 14));
        if (end->kind != POINT_MINIMUM) glyph->size *= 0.8f;
        glyph->hidden_alpha = 1;
    }
}

static void build_ticks(struct atlas *atlas, int k, float x, float y) {
    const struct theme *theme = atlas->builder.theme;
    double values[TICKS_MOST];
    char texts[TICKS_MOST][NUMBER_TEXT];
    for (int axis = 0; axis < 2; axis++) {
        if (axis == 1 && k % atlas->columns != 0) continue;
        float length = axis == 0 ? atlas->map_width : atlas->map_height;
        int count = ticks_linear(atlas->params->low[axis], atlas->params->high[axis], (int)fmaxf(2, length / 60),
                                 values, TICKS_MOST);
        tick_texts(values, count, texts);
        for (int i = 0; i < count; i++) {
            float at = pixel_of(atlas, axis, values[i]);
            if (axis == 0) {
                box_at(atlas, x + at, y + atlas->map_height, 1, 4, theme->faint_ink);
                text_at(atlas, x + at, y + atlas->map_height + 5, 0.5f, 0, TEXT_SMALL, theme->faint_ink, texts[i]);
            } else {
                box_at(atlas, x - 4, y + at, 4, 1, theme->faint_ink);
                text_at(atlas, x - 7, y + at, 1, 0.5f, TEXT_SMALL, theme->faint_ink, texts[i]);
            }
        }
        /* The variable's name at the axis' end, where no figure stands there. */
        char name[LABEL_TEXT];
        notation_name(atlas->experiment->variables[axis], name, sizeof name);
        float last = count > 0 ? pixel_of(atlas, axis, values[count - 1]) : 0;
        if (axis == 0 &&
            last + text_width(texts[count - 1], TEXT_SMALL) / 2 + 8 < atlas->map_width - text_width(name, TEXT_SMALL))
            text_at(atlas, x + atlas->map_width, y + atlas->map_height + 5, 1, 0, TEXT_SMALL, theme->ink, name);
        if (axis == 1 && last > 1.6f * text_height(TEXT_SMALL) && text_width(name, TEXT_SMALL) < tick_room())
            text_at(atlas, x - 7, y, 1, 0, TEXT_SMALL, theme->ink, name);
    }
}

struct part {
    struct color color;
    size_t starts;
    bool striped;
};

/* One part of the bar of shares, with its figure where that has room. */
static void build_part(struct atlas *atlas, const struct part *part, float x, float y, float width, size_t all) {
    const struct theme *theme = atlas->builder.theme;
    struct scene_texel *texel = raster_at(atlas, x, y, width, bar_height, 1, 1);
    *texel = basin_texel(part->color, part->striped ? 128 : 255);
    scene_finish_raster(atlas->builder.scene);
    char text[NUMBER_TEXT], share[NUMBER_TEXT];
    double percent = 100 * (double)part->starts / (double)all;
    snprintf(text, sizeof text, "%s %%", number_text(percent, percent < 9.95 ? 1 : 2, share));
    if (percent > 99.5 && part->starts < all) snprintf(text, sizeof text, "> 99 %%");
    if (text_width(text, TEXT_SMALL) > width - 4) return;
    struct color dark = color_hex(0x14181D), light = color_hex(0xFFFFFF);
    struct color behind = part->striped ? color_mix(theme->ground, part->color, 0.4f) : part->color;
    text_at(atlas, x + width / 2, y + bar_height / 2, 0.5f, 0.5f, TEXT_SMALL,
            color_contrast(behind, dark) >= color_contrast(behind, light) ? dark : light, text);
}

static void build_shares(struct atlas *atlas, int k, float x, float y) {
    const struct theme *theme = atlas->builder.theme;
    const struct basin_tally *tally = &atlas->tallies[k];
    struct part parts[BAR_ENDS + 3];
    int count = 0;
    size_t rest = 0;
    for (int i = 0; i < atlas->end_count; i++) {
        size_t starts = atlas->counts[(size_t)k * (size_t)atlas->end_count + (size_t)atlas->order[i]];
        if (starts > 0 && count < BAR_ENDS)
            parts[count++] = (struct part){basin_shade(atlas->colors[atlas->order[i]], 0.4f), starts, false};
        else
            rest += starts;
    }
    if (rest) parts[count++] = (struct part){theme->degenerate, rest, false};
    if (tally->nowhere) parts[count++] = (struct part){basin_nowhere_color(theme), tally->nowhere, false};
    if (tally->diverged) parts[count++] = (struct part){theme->faint_ink, tally->diverged, true};
    size_t before = 0;
    for (int i = 0; i < count; i++) {
        float from = atlas->map_width * (float)((double)before / (double)tally->starts);
        before += parts[i].starts;
        float to = atlas->map_width * (float)((double)before / (double)tally->starts);
        build_part(atlas, &parts[i], x + from, y, to - from, tally->starts);
    }
    if (count > 0) frame_at(atlas, x, y, atlas->map_width, bar_height, theme->panel_edge);
}

static void build_map(struct atlas *atlas, int k) {
    const struct theme *theme = atlas->builder.theme;
    float x, y;
    map_corner(atlas, k, &x, &y);
    struct identity identity = identity_of(atlas->experiment, atlas->shown[k], theme);
    struct scene_mark *mark = add_mark(&atlas->builder);
    mark->x = x + 8;
    mark->y = y - 13;
    mark->size = 14;
    mark->shape = identity.shape;
    mark->fill = identity.color;
    mark->outline = color_casing(identity.color, theme);
    mark->hollow = identity.shape == GLYPH_RING;
    char name[LABEL_TEXT];
    fit_text(builder_say(&atlas->builder, atlas->experiment->optimizers[atlas->shown[k]].label), TEXT_BODY, atlas->map_width - 26, name);
    text_at(atlas, x + 24, y - 13, 0, 0.5f, TEXT_BODY, theme->ink, name)->bold = true;
    build_cells(atlas, k, x, y);
    build_marks(atlas, x, y);
    build_ticks(atlas, k, x, y);
    build_shares(atlas, k, x, y + atlas->map_height + 5 + text_height(TEXT_SMALL) + 6);
}

/* ---- what the colours mean
 * --------------------------------------------------------------------------------------------- */

struct place {
    float x, y;
};

/* Room for `width` more, on the next line where this one is full. */
static struct place next_place(const struct atlas *atlas, struct place *at, float width) {
    if (at->x > margin && at->x + width > atlas->map->width - margin) {
        at->x = margin;
        at->y += legend_line;
    }
    struct place here = *at;
    at->x += width + 26;
    return here;
}

static void ramp_at(struct atlas *atlas, float x, float y, float width, struct color color) {
    enum { SHADES = 64 };
    struct scene_texel *texels = raster_at(atlas, x, y, width, 13, SHADES, 1);
    for (int i = 0; i < SHADES; i++) texels[i] = basin_texel(basin_shade(color, (float)i / (SHADES - 1)), 255);
    scene_finish_raster(atlas->builder.scene);
}

static float said_width(const struct atlas *atlas, const char *english) {
    return text_width(builder_say(&atlas->builder, english), TEXT_SMALL);
}

static void build_end_entry(struct atlas *atlas, int index, struct place *at) {
    const struct theme *theme = atlas->builder.theme;
    const struct basin_end *end = &atlas->ends[index];
    char text[LABEL_TEXT], numbers[3][NUMBER_TEXT];
    snprintf(text, sizeof text, "%s (%s, %s), loss %s", end->valley ? "valley" : point_kind_names[end->kind],
             number_text(end->at[0], 3, numbers[0]), number_text(end->at[1], 3, numbers[1]),
             number_text(fabs(end->loss) < 1e-12 ? 0 : end->loss, 3, numbers[2]));
    struct place here = next_place(atlas, at, swatch + 26 + said_width(atlas, text));
    ramp_at(atlas, here.x, here.y - 6.5f, swatch, atlas->colors[index]);
    struct scene_glyph dress = {0};
    point_mark_dress(&dress, end->kind, theme);
    struct scene_mark *mark = add_mark(&atlas->builder);
    mark->x = here.x + swatch + 13;
    mark->y = here.y;
    mark->size = 13;
    mark->shape = dress.shape;
    mark->fill = dress.fill;
    mark->outline = dress.outline;
    mark->hollow = dress.hollow;
    text_at(atlas, here.x + swatch + 26, here.y, 0, 0.5f, TEXT_SMALL, theme->ink, text);
}

static void build_plain_entry(struct atlas *atlas, struct color color, bool striped, const char *text,
                              struct place *at) {
    struct place here = next_place(atlas, at, swatch + 8 + said_width(atlas, text));
    *raster_at(atlas, here.x, here.y - 6.5f, swatch, 13, 1, 1) = basin_texel(color, striped ? 128 : 255);
    scene_finish_raster(atlas->builder.scene);
    text_at(atlas, here.x + swatch + 8, here.y, 0, 0.5f, TEXT_SMALL, atlas->builder.theme->ink, text);
}

static void build_scale(struct atlas *atlas, struct place *at) {
    const struct theme *theme = atlas->builder.theme;
    char text[LABEL_TEXT], few[NUMBER_TEXT], many[NUMBER_TEXT];
    const float width = 90;
    snprintf(text, sizeof text, "steps until there: %s", number_text(atlas->few, 4, few));
    number_text(atlas->many, 4, many);
    float before = said_width(atlas, text) + 8;
    struct place here = next_place(atlas, at, before + width + 8 + text_width(many, TEXT_SMALL) + 14);
    text_at(atlas, here.x, here.y, 0, 0.5f, TEXT_SMALL, theme->ink, text);
    ramp_at(atlas, here.x + before, here.y - 6.5f, width, theme->degenerate);
    text_at(atlas, here.x + before + width + 8, here.y, 0, 0.5f, TEXT_SMALL, theme->ink, many);
}

static void build_legend_below(struct atlas *atlas) {
    const struct theme *theme = atlas->builder.theme;
    struct place at = {margin, atlas->legend_top + legend_line / 2};
    int listed = 0, used = 0;
    size_t nowhere = 0, diverged = 0, starts = 0, rest = 0;
    for (int k = 0; k < atlas->count; k++) {
        nowhere += atlas->tallies[k].nowhere;
        diverged += atlas->tallies[k].diverged;
        starts += atlas->tallies[k].starts;
    }
    for (int i = 0; i < atlas->end_count; i++) {
        int index = atlas->order[i];
        if (atlas->total[index] == 0) break;
        used++;
        if (listed < LISTED) {
            build_end_entry(atlas, index, &at);
            listed++;
        } else {
            rest += atlas->total[index];
        }
    }
    char text[LABEL_TEXT];
    if (used > listed) {
        snprintf(text, sizeof text, "and %d more with %.0f %% of the starts, where colours come again", used - listed,
                 100 * (double)rest / (double)starts);
        struct place here = next_place(atlas, &at, said_width(atlas, text));
        text_at(atlas, here.x, here.y, 0, 0.5f, TEXT_SMALL, theme->ink, text);
    }
    if (nowhere) build_plain_entry(atlas, basin_nowhere_color(theme), false, "not there yet", &at);
    if (diverged) build_plain_entry(atlas, theme->faint_ink, true, "diverged", &at);
    if (used > 0) build_scale(atlas, &at);
    char number[4][NUMBER_TEXT];
    snprintf(text, sizeof text, "%s × %s starts, %s steps each; there: within %s of the point from then on",
             number_text(atlas->params->width, 4, number[0]), number_text(atlas->params->height, 4, number[1]),
             number_text((double)atlas->params->steps, 9, number[2]),
             number_text(study_basins_tolerance(atlas->map->basins), 2, number[3]));
    text_at(atlas, margin, at.y + legend_line / 2 + 8, 0, 0, TEXT_SMALL, theme->faint_ink, text);
}

static void build_title_above(struct atlas *atlas) {
    const struct theme *theme = atlas->builder.theme;
    const struct experiment *experiment = atlas->experiment;
    char text[LABEL_TEXT], formula[LABEL_TEXT];
    float width = atlas->map->width - 2 * margin;
    snprintf(formula, sizeof formula, "%s: where each start ends",
             text_in(words_language(atlas->builder.scene->words),
                     experiment->title ? experiment->title : experiment->name, experiment->title_zh));
    fit_text(builder_say(&atlas->builder, formula), TEXT_TITLE, width, text);
    text_at(atlas, margin, margin * 0.6f, 0, 0, TEXT_TITLE, theme->ink, text)->bold = true;
    notation_formula(experiment->formula, formula, sizeof formula);
    fit_text(formula, TEXT_SMALL, width, text);
    text_at(atlas, margin, margin * 0.6f + text_height(TEXT_TITLE) + 2, 0, 0, TEXT_SMALL, theme->faint_ink, text);
}

/* ---- the whole
 * --------------------------------------------------------------------------------------------------------- */

static void take_up(struct atlas *atlas) {
    const struct study *basins = atlas->map->basins;
    size_t size = (size_t)atlas->params->width * (size_t)atlas->params->height, ends = (size_t)atlas->end_count;
    atlas->cells = MEM_NEW(struct basin_cell, size * (size_t)atlas->count);
    atlas->counts = MEM_NEW(size_t, ends * (size_t)atlas->count);
    atlas->total = MEM_NEW(size_t, ends);
    atlas->order = MEM_NEW(int, ends);
    atlas->colors = MEM_NEW(struct color, ends);
    for (int k = 0; k < atlas->count; k++) {
        size_t *counts = atlas->counts + (size_t)k * ends;
        struct basin_cell *cells = atlas->cells + (size_t)k * size;
        study_read_basins(basins, atlas->shown[k], cells);
        /* The study goes on: where ends became known since they were asked for, the next picture shows them. */
        for (size_t i = 0; i < size; i++)
            if (cells[i].end >= atlas->end_count) cells[i].end = BASIN_UNKNOWN;
        atlas->tallies[k] = study_tally_basins(basins, atlas->shown[k], ends, counts);
        for (size_t i = 0; i < ends; i++) atlas->total[i] += counts[i];
    }
    atlas_color(atlas);
}

static struct camera camera_over(float width, float height) {
    struct camera camera = camera_from_above();
    vec3 above = {0, 1, 0};
    vec2 pixel;
    camera.distance = 1;
    if (camera_project(&camera, width, height, above, pixel, NULL))
        camera.distance = (height / 2 - pixel[1]) / (height / 2);
    return camera;
}

static bool begin(struct atlas *atlas, const struct basin_map *map) {
    *atlas = (struct atlas){.map = map, .params = study_basins_params(map->basins)};
    atlas->experiment = atlas->params->experiment;
    atlas->end_count = (int)study_basins_ends(map->basins, &atlas->ends);
    if (find_shown(atlas) == 0) return false;
    lay_out(atlas);
    return true;
}

void basin_map_build(struct scene *scene, const struct basin_map *map) {
    struct atlas atlas;
    scene_clear(scene);
    bool any = begin(&atlas, map);
    atlas.builder = (struct builder){.scene = scene,
                                     .theme = theme_get(map->theme),
                                     .all = 1,
                                     .pane_width = map->width,
                                     .pane_height = map->height,
                                     .camera = camera_over(map->width, map->height)};
    scene->theme = atlas.builder.theme;
    scene->colormap = colormap_get(COLORMAP_TERRAIN, map->theme);
    scene->pane_count = 1;
    scene->panes[0] = (struct scene_pane){.width = 1, .height = 1, .camera = atlas.builder.camera, .flat = true};
    if (map->title) build_title_above(&atlas);
    if (!any) return;
    take_up(&atlas);
    for (int k = 0; k < atlas.count; k++) build_map(&atlas, k);
    if (atlas.end_count > 0) build_legend_below(&atlas);
    free(atlas.cells);
    free(atlas.counts);
    free(atlas.total);
    free(atlas.order);
    free(atlas.colors);
}

bool basin_map_pick(const struct basin_map *map, float x, float y, struct basin_pick *out) {
    struct atlas atlas;
    if (!begin(&atlas, map)) return false;
    for (int k = 0; k < atlas.count; k++) {
        float left, top;
        map_corner(&atlas, k, &left, &top);
        float across = (x - left) / atlas.map_width, down = (y - top) / atlas.map_height;
        if (!(across >= 0 && across < 1 && down > 0 && down <= 1)) continue;
        out->optimizer = atlas.shown[k];
        out->column = (int)(across * (float)atlas.params->width);
        out->row = (int)((1 - down) * (float)atlas.params->height);
        return true;
    }
    return false;
}
