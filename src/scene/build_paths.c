#include "scene/build.h"
#include "scene/style.h"

#include <cglm/cglm.h>
#include <math.h>

enum { DOTS_MOST = 240 };          /* a run: more of them are a line */
static const float dots_apart = 9; /* pixels between steps from which they are worth marking */

static struct identity identity_in(const struct builder *builder, int run) {
    return identity_of(builder->experiment, builder_optimizer(builder, run), builder->theme);
}

/* ---- the line
 * ---------------------------------------------------------------------------------------------------------- */

static void begin_line(struct builder *builder, int run, struct color color) {
    struct scene_line *line = add_line(builder);
    line->color = color;
    line->width = STYLE_PATH;
    line->casing = color_casing(color, builder->theme);
    line->casing_width = STYLE_CASING;
    line->hidden_alpha = STYLE_HIDDEN;
    line->kind = PICK_PATH;
    line->id = run;
    line->panes = builder_panes(builder, run);
}

static void end_line(struct builder *builder) {
    struct scene *scene = builder->scene;
    struct scene_line *line = &scene->lines[scene->line_count - 1];
    line->count = (int)scene->point_count - line->first;
    if (line->count >= 2) return;
    scene->point_count = (size_t)line->first;
    scene->line_count--;
}

static void add_vertices(struct builder *builder, int run, struct color color, const struct strip_vertex *vertices,
                         size_t count, float before, float total, bool *open) {
    for (size_t i = 0; i < count; i++) {
        const struct strip_vertex *vertex = &vertices[i];
        if (vertex->begins || !*open) {
            if (*open) end_line(builder);
            begin_line(builder, run, color);
            *open = true;
        }
        float share = total > 1e-4f ? (before + vertex->length) / total : 1;
        add_point(builder, vertex->at,
                  vertex->nearness * (STYLE_TAIL + (1 - STYLE_TAIL) * powf(glm_clamp_zo(share), 1.25f)));
        builder->scene->points[builder->scene->point_count - 1].step = vertex->step;
    }
}

/* The last turn of the line not after `step`, −1 when there is none. */
static int64_t turn_before(const struct path *path, int64_t step) {
    size_t low = 0, high = path->turn_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (path->samples[path->turns[middle]].step <= step)
            low = middle + 1;
        else
            high = middle;
    }
    return (int64_t)low - 1;
}

static size_t vertices_until(const struct strip *strip, int64_t step) {
    size_t low = 0, high = strip->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strip->vertices[middle].step <= step)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static float pixels_per_unit(const struct builder *builder) {
    const struct camera *camera = &builder->camera;
    vec3 aside = {camera->target[0] + 0.1f * cosf(glm_rad(camera->azimuth)),
                  camera->target[1] + 0.1f * sinf(glm_rad(camera->azimuth)), camera->target[2]};
    vec2 a, b;
    if (!camera_project(camera, builder->pane_width, builder->pane_height, camera->target, a, NULL) ||
        !camera_project(camera, builder->pane_width, builder->pane_height, aside, b, NULL))
        return 0;
    return glm_vec2_distance(a, b) * 10;
}

static void build_dots(struct builder *builder, int run, struct color color, float length) {
    const struct path *path = &builder->outlook->paths[run];
    size_t until = 0;
    while (until < path->count && until <= DOTS_MOST && path->samples[until].step <= builder->heads[run].at.step)
        until++;
    if (until < 2 || until > DOTS_MOST || length * pixels_per_unit(builder) / (float)(until - 1) < dots_apart) return;
    for (size_t i = 0; i < until; i++) {
        const struct path_sample *sample = &path->samples[i];
        if (!frame_holds(builder->frame, sample->a, sample->b)) continue;
        struct scene_glyph *dot = add_glyph(builder);
        strip_place(builder->outlook, builder->placing, sample, dot->at);
        dot->shape = GLYPH_DISC;
        dot->size = STYLE_DOT;
        dot->fill = color_casing(color, builder->theme);
        dot->outline = color;
        dot->hidden_alpha = STYLE_HIDDEN;
        dot->panes = builder_panes(builder, run);
    }
}

static void build_path(struct builder *builder, int run) {
    struct outlook *outlook = builder->outlook;
    const struct head *head = &builder->heads[run];
    struct path *path = &builder->outlook->paths[run];
    struct color color = identity_in(builder, run).color;
    strip_update(outlook, path, builder->placing);
    int64_t turn = turn_before(path, head->at.step);
    if (turn < 0) return;
    const struct path_sample *from = &path->samples[path->turns[turn]];
    size_t count = vertices_until(&path->strip, from->step);
    float before = count > 0 ? path->strip.vertices[count - 1].length : 0;
    struct strip *tail = &builder->exhibit->tail;
    tail->count = 0;
    strip_segment(outlook, builder->placing, from, &head->at, strip_spacing(outlook, path->tolerance), tail);
    if (tail->count > 0 && !tail->vertices[0].begins && count > 0) {
        float gap = glm_vec3_distance(path->strip.vertices[count - 1].at, tail->vertices[0].at);
        for (size_t i = 0; i < tail->count; i++) tail->vertices[i].length += gap;
    }
    float total = before + (tail->count > 0 ? tail->vertices[tail->count - 1].length : 0);
    bool open = false;
    add_vertices(builder, run, color, path->strip.vertices, count, 0, total, &open);
    add_vertices(builder, run, color, tail->vertices, tail->count, before, total, &open);
    if (open) end_line(builder);
    build_dots(builder, run, color, total);
}

void build_paths(struct builder *builder) {
    for (int r = 0; r < builder->exhibit->runs && r < EXPERIMENT_MAX_RUNS; r++)
        if (builder->heads[r].known && builder_panes(builder, r)) build_path(builder, r);
}

/* ---- the heads
 * ----------------------------------------------------------------------------------------------------------- */

/* From a point at its true loss down (or up) to the slice, where the surface shows what the slice says. */
static void build_whisker(struct builder *builder, int run, const vec3 at, struct color color) {
    float z = relief_height(builder->relief, builder->frame, at[0], at[1], NULL);
    if (isnan(z) || fabsf(z - at[2]) < 0.015f) return;
    vec3 below = {at[0], at[1], z + 0.004f};
    struct scene_line *whisker = add_segment(builder, at, below, STYLE_HAIR, color);
    whisker->hidden_alpha = 0.5f;
    whisker->panes = builder_panes(builder, run);
    struct scene_glyph *foot = add_glyph(builder);
    glm_vec3_copy(below, foot->at);
    foot->shape = identity_in(builder, run).shape;
    foot->size = STYLE_FOOT;
    foot->fill = color;
    foot->outline = color_casing(color, builder->theme);
    foot->hollow = true;
    foot->hidden_alpha = 0.4f;
    foot->panes = builder_panes(builder, run);
}

static void build_head(struct builder *builder, int run) {
    const struct head *head = &builder->heads[run];
    const struct frame *frame = builder->frame;
    struct identity identity = identity_in(builder, run);
    struct path_sample at = head->at;
    bool inside = frame_holds(frame, at.a, at.b);
    at.a = fmin(fmax(at.a, frame->low[0]), frame->high[0]);
    at.b = fmin(fmax(at.b, frame->low[1]), frame->high[1]);
    vec3 place;
    strip_place(builder->outlook, builder->placing, &at, place);
    if (!builder->placing.draped && inside && !head->diverged) build_whisker(builder, run, place, identity.color);
    struct scene_glyph *glyph = add_glyph(builder);
    glm_vec3_copy(place, glyph->at);
    glyph->shape = head->diverged ? GLYPH_CROSS : identity.shape;
    glyph->hollow = glyph->shape == GLYPH_RING;
    glyph->size = inside && !head->diverged ? STYLE_HEAD : STYLE_HEAD_SMALL;
    glyph->fill = color_fade(identity.color, inside || head->diverged ? 1 : 0.5f);
    glyph->outline = color_fade(color_casing(identity.color, builder->theme), inside || head->diverged ? 1 : 0.5f);
    glyph->hidden_alpha = 0.4f;
    glyph->kind = PICK_HEAD;
    glyph->id = run;
    glyph->panes = builder_panes(builder, run);
}

/* One small ring where runs began: their common origin is half of the comparison. */
static void build_starts(struct builder *builder) {
    for (int r = 0; r < builder->exhibit->runs && r < EXPERIMENT_MAX_RUNS; r++) {
        const struct path *path = &builder->outlook->paths[r];
        uint32_t panes = builder_panes(builder, r);
        if (!panes || path->count == 0 || path->samples[0].step > builder->view->step) continue;
        const struct path_sample *first = &path->samples[0];
        if (!frame_holds(builder->frame, first->a, first->b)) continue;
        bool before = false;
        for (int q = 0; q < r && !before; q++) {
            const struct path *other = &builder->outlook->paths[q];
            before = other->count > 0 && builder_panes(builder, q) == panes && other->samples[0].a == first->a &&
                     other->samples[0].b == first->b;
        }
        if (before) continue;
        struct scene_glyph *ring = add_glyph(builder);
        strip_place(builder->outlook, builder->placing, first, ring->at);
        ring->shape = GLYPH_RING;
        ring->hollow = true;
        ring->size = STYLE_START;
        ring->fill = builder->theme->ink;
        ring->outline = builder->theme->ground;
        ring->hidden_alpha = 0.3f;
        ring->panes = panes;
    }
}

void build_heads(struct builder *builder) {
    build_starts(builder);
    for (int r = 0; r < builder->exhibit->runs && r < EXPERIMENT_MAX_RUNS; r++)
        if (builder->heads[r].known && builder_panes(builder, r)) build_head(builder, r);
}
