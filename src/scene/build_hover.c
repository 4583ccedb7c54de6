#include "scene/build.h"
#include "scene/style.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

enum { HAIR_POINTS = 129 };

/* A line over the surface where one coordinate is constant, in pieces between holes. */
static void build_hair(struct builder *builder, int axis, float constant) {
    const struct frame *frame = builder->frame;
    struct scene_line *line = NULL;
    int count = 0;
    for (int k = 0; k <= HAIR_POINTS; k++) {
        vec3 at;
        at[axis] = frame->half[axis] * (2 * (float)k / (HAIR_POINTS - 1) - 1);
        at[1 - axis] = constant;
        float z = k < HAIR_POINTS ? relief_height(builder->relief, frame, at[0], at[1], NULL) : NAN;
        if (isnan(z)) {
            if (line) line->count = count;
            line = NULL;
            continue;
        }
        if (!line) {
            line = add_line(builder);
            line->width = STYLE_HAIR;
            line->color = color_fade(builder->theme->ink, 0.7f);
            line->hidden_alpha = 0.1f;
            count = 0;
        }
        at[2] = z + 0.005f;
        add_point(builder, at, 1);
        count++;
    }
}

/* Where the hovered point lies on this side's plane: a θ of the one is one of the other where there are as many
 * parameters. */
static bool hovered(const struct builder *builder, double at[2]) {
    const struct view *view = builder->view;
    if (!view->hover) return false;
    at[0] = view->hover_at[0];
    at[1] = view->hover_at[1];
    if (view->hover_side == builder->side) return true;
    const struct exhibit *from = builder->other ? builder->other->exhibit : NULL;
    if (!from || from->n != builder->exhibit->n) return false;
    double *theta = MEM_NEW(double, from->n);
    plane_lift(from->now.plane, at[0], at[1], theta);
    struct plane_point foot = plane_project(builder->exhibit->now.plane, theta);
    free(theta);
    at[0] = foot.a;
    at[1] = foot.b;
    return true;
}

void build_hover(struct builder *builder) {
    double at[2];
    if (!hovered(builder, at) || !frame_holds(builder->frame, at[0], at[1]) || builder->relief->width < 2) return;
    float x = frame_x(builder->frame, 0, at[0]), y = frame_x(builder->frame, 1, at[1]);
    build_hair(builder, 0, y);
    build_hair(builder, 1, x);
    float z = relief_height(builder->relief, builder->frame, x, y, NULL);
    struct scene_glyph *dot = add_glyph(builder);
    dot->at[0] = x;
    dot->at[1] = y;
    dot->at[2] = isnan(z) ? 0 : z + 0.006f;
    dot->shape = GLYPH_DISC;
    dot->size = STYLE_HOVER;
    dot->fill = builder->theme->ink;
    dot->outline = color_casing(dot->fill, builder->theme);
    dot->hidden_alpha = 0.5f;
}
