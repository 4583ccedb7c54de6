#include "scene/build.h"

#include <math.h>

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
            line->width = 1;
            line->color = color_fade(builder->theme->ink, 0.7f);
            line->hidden_alpha = 0.1f;
            count = 0;
        }
        at[2] = z + 0.005f;
        add_point(builder, at, 1);
        count++;
    }
}

void build_hover(struct builder *builder) {
    const struct view *view = builder->view;
    if (!view->hover || !frame_holds(builder->frame, view->hover_at[0], view->hover_at[1]) ||
        builder->relief->width < 2)
        return;
    float x = frame_x(builder->frame, 0, view->hover_at[0]), y = frame_x(builder->frame, 1, view->hover_at[1]);
    build_hair(builder, 0, y);
    build_hair(builder, 1, x);
    float z = relief_height(builder->relief, builder->frame, x, y, NULL);
    struct scene_glyph *dot = add_glyph(builder);
    dot->at[0] = x;
    dot->at[1] = y;
    dot->at[2] = isnan(z) ? 0 : z + 0.006f;
    dot->shape = GLYPH_DISC;
    dot->size = 6;
    dot->fill = builder->theme->ink;
    dot->outline = color_casing(dot->fill, builder->theme);
    dot->hidden_alpha = 0.5f;
}
