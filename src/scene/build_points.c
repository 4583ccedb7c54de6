#include "scene/build.h"
#include "scene/point_mark.h"
#include "scene/style.h"

#include <math.h>

static const float low_pane = 420, low_pane_share = 0.82f; /* small panes have smaller marks, all alike */
enum { CROWD = 60 };

/* The place of a critical point on the plane; false beside the range. */
static bool place_of(const struct builder *builder, const struct eigen_report *report, struct path_sample *out) {
    struct plane_point at = outlook_project(builder->exhibit, report->at);
    *out = (struct path_sample){.a = at.a, .b = at.b, .loss = report->loss, .distance = (float)at.distance};
    return frame_holds(builder->frame, at.a, at.b);
}

static void build_point(struct builder *builder, int index, bool crowded) {
    const struct critical_point *point = &builder->exhibit->points[index];
    const struct theme *theme = builder->theme;
    bool selected = builder->view->selected == index;
    struct path_sample at;
    if (!place_of(builder, point->report, &at)) return;
    /* Where a network merely stopped there is nothing to mark, until one asks. */
    if (point->report->kind == POINT_NOT_CRITICAL && !selected) return;
    struct scene_glyph *glyph = add_glyph(builder);
    strip_place(builder->outlook, builder->placing, &at, glyph->at);
    glyph->size = selected ? STYLE_POINT_CHOSEN : crowded ? STYLE_POINT_CROWDED : STYLE_POINT;
    if (builder->apart && builder->pane_height < low_pane) glyph->size *= low_pane_share;
    glyph->hidden_alpha = 0.3f;
    glyph->kind = PICK_CRITICAL;
    glyph->id = index;
    point_mark_dress(glyph, point->report->kind, theme);
}

void build_points(struct builder *builder) {
    struct exhibit *exhibit = builder->exhibit;
    int count = (int)exhibit->point_count, selected = builder->view->selected;
    for (int i = 0; i < count; i++) {
        bool saddle = exhibit->points[i].report->kind == POINT_SADDLE;
        if (i != selected && builder->view->eigen_everywhere && saddle) build_curvature(builder, i, true);
    }
    for (int i = 0; i < count; i++)
        if (i != selected) build_point(builder, i, count > CROWD);
    if (selected >= 0 && selected < count) {
        build_curvature(builder, selected, false);
        build_point(builder, selected, false);
    }
}
