#include "scene/build.h"
#include "scene/point_mark.h"
#include "scene/style.h"

#include <cglm/cglm.h>
#include <math.h>

/* Down (or up) from a mark at its true loss to the slice. */
static void build_foot(struct builder *builder, const struct scene_glyph *mark) {
    vec3 at;
    glm_vec3_copy((float *)mark->at, at);
    struct color color = mark->fill;
    float z = relief_height(builder->relief, builder->frame, at[0], at[1], NULL);
    if (isnan(z) || fabsf(z - at[2]) < 0.015f) return;
    vec3 below = {at[0], at[1], z + 0.004f};
    struct scene_line *whisker = add_segment(builder, at, below, 1, color_fade(builder->theme->ink, 0.8f));
    whisker->hidden_alpha = 0.5f;
    struct scene_glyph *foot = add_glyph(builder);
    glm_vec3_copy(below, foot->at);
    foot->shape = GLYPH_RING;
    foot->size = STYLE_FOOT;
    foot->fill = color;
    foot->outline = builder->theme->casing;
    foot->hollow = true;
    foot->hidden_alpha = 0.4f;
}

static void build_mark(struct builder *builder, const struct view_mark *mark) {
    struct plane_point at = outlook_project(builder->exhibit, mark->theta);
    struct path_sample sample = {.a = at.a, .b = at.b, .loss = mark->loss, .distance = (float)at.distance};
    if (!frame_holds(builder->frame, at.a, at.b)) return;
    struct scene_glyph glyph = {
        .size = mark->chosen ? STYLE_POINT_CHOSEN : STYLE_POINT, .hidden_alpha = 0.4f, .kind = PICK_FOUND, .id = mark->id};
    strip_place(builder->outlook, builder->placing, &sample, glyph.at);
    point_mark_dress(&glyph, mark->kind, builder->theme);
    if (builder->exhibit->n != 2) build_foot(builder, &glyph);
    struct scene_glyph *added = add_glyph(builder);
    glyph.panes = added->panes;
    *added = glyph;
}

/* The way that leads down, in the colour of escapes, its arrow at the end. */
static void build_way(struct builder *builder, const struct view_way *way) {
    struct plane_point from = outlook_project(builder->exhibit, way->from);
    struct plane_point to = outlook_project(builder->exhibit, way->to);
    struct color color = builder->theme->escape;
    struct scene_line *line = NULL;
    vec3 last = {0, 0, 0}, before = {0, 0, 0};
    int count = 0;
    for (int i = 0; i < way->count; i++) {
        double t = way->count > 1 ? (double)i / (way->count - 1) : 0;
        struct path_sample sample = {.a = from.a + t * (to.a - from.a),
                                     .b = from.b + t * (to.b - from.b),
                                     .loss = way->losses[i],
                                     .distance = (float)(from.distance + t * (to.distance - from.distance))};
        if (!frame_holds(builder->frame, sample.a, sample.b) || !isfinite(sample.loss)) break;
        vec3 at;
        strip_place(builder->outlook, builder->placing, &sample, at);
        if (!line) {
            line = add_line(builder);
            line->width = STYLE_WAY;
            line->color = color;
            line->casing = color_casing(color, builder->theme);
            line->casing_width = 1;
            line->hidden_alpha = 0.3f;
        }
        add_point(builder, at, 1);
        glm_vec3_copy(last, before);
        glm_vec3_copy(at, last);
        count++;
    }
    if (!line) return;
    line = &builder->scene->lines[builder->scene->line_count - 1];
    line->count = count;
    if (count < 2) {
        builder->scene->point_count = (size_t)line->first;
        builder->scene->line_count--;
        return;
    }
    struct scene_arrow *arrow = add_arrow(builder);
    glm_vec3_copy(before, arrow->from);
    glm_vec3_copy(last, arrow->to);
    arrow->color = color;
    arrow->casing = color_casing(color, builder->theme);
    arrow->width = STYLE_WAY;
    arrow->head = 9;
    arrow->hidden_alpha = 0.3f;
}

void build_found(struct builder *builder) {
    for (int i = 0; i < builder->view->way_count; i++) build_way(builder, &builder->view->ways[i]);
    for (int i = 0; i < builder->view->mark_count; i++) build_mark(builder, &builder->view->marks[i]);
}
