#include "scene/build.h"

#include <cglm/cglm.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const float arrow_reach = 0.34f,
                   small_reach = 0.13f; /* world units from the point to a tip, for the largest |λ| */
static const float least_share = 0.35f; /* … of it, for a small |λ| */
static const float arrow_lift = 0.012f, patch_reach = 0.30f, patch_lift = 0.002f;
static const double in_plane_least = 0.3; /* a direction that leaves the plane more steeply says nothing on it */
enum { PATCH_POINTS = 21 };

/* An eigen-direction on the plane: the way in world units for one unit of θ along it. */
struct direction {
    double lambda;
    float x, y;
    float length; /* world units per unit of θ */
};

static bool direction_of(const struct builder *builder, const struct eigen_report *report, int k,
                         struct direction *out) {
    const struct plane *plane = builder->outlook->plane;
    const double *v = report->eigenvectors + (size_t)k * (size_t)report->n;
    double a = 0, b = 0;
    for (int i = 0; i < report->n; i++) {
        a += v[i] * plane->u[i];
        b += v[i] * plane->v[i];
    }
    double in_plane = hypot(a / sqrt(plane->uu), b / sqrt(plane->vv));
    out->lambda = report->eigenvalues[k];
    out->x = (float)(a / plane->uu * builder->frame->scale[0]);
    out->y = (float)(b / plane->vv * builder->frame->scale[1]);
    out->length = hypotf(out->x, out->y);
    return in_plane >= in_plane_least && out->length > 0;
}

/* How far one can go both ways along (x, y) (unit) without leaving the range. */
static float room(const struct frame *frame, const vec3 at, float x, float y) {
    float most = INFINITY;
    if (x != 0) most = fminf(most, (frame->half[0] - fabsf(at[0])) / fabsf(x));
    if (y != 0) most = fminf(most, (frame->half[1] - fabsf(at[1])) / fabsf(y));
    return most;
}

/* Rise of the surface per world unit along (x, y) (unit): 0 at a critical point, where the tangent plane is level. */
static float slope_along(const struct builder *builder, const struct eigen_report *report, const vec3 at, float x,
                         float y) {
    if (report->kind != POINT_NOT_CRITICAL) return 0;
    const float step = 0.02f;
    float ahead = relief_height(builder->relief, builder->frame, at[0] + step * x, at[1] + step * y, NULL);
    float behind = relief_height(builder->relief, builder->frame, at[0] - step * x, at[1] - step * y, NULL);
    float slope = (ahead - behind) / (2 * step);
    return isfinite(slope) ? slope : 0;
}

/* Where an arrow's figure stands: behind a tip or beside it, the right tip first, as far from other marks as it takes.
 */
struct figure_place {
    bool ahead;
    float offset[2], anchor[2];
};

static float room_around(const struct builder *builder, const vec2 middle) {
    const struct exhibit *exhibit = builder->exhibit;
    float room = INFINITY;
    for (size_t i = 0; i < exhibit->point_count + (size_t)exhibit->runs; i++) {
        struct path_sample on;
        if (i < exhibit->point_count) {
            const struct eigen_report *report = exhibit->points[i].report;
            struct plane_point at = outlook_project(exhibit, report->at);
            on = (struct path_sample){.a = at.a, .b = at.b, .loss = report->loss};
        } else {
            size_t run = i - exhibit->point_count;
            if (run >= EXPERIMENT_MAX_RUNS || !builder->heads[run].known || !builder_panes(builder, (int)run)) continue;
            on = builder->heads[run].at;
        }
        vec3 at;
        vec2 pixel;
        strip_place(builder->outlook, builder->placing, &on, at);
        if (!camera_project(&builder->camera, builder->pane_width, builder->pane_height, at, pixel, NULL)) continue;
        /* Text is wider than high. */
        room = fminf(room, hypotf((pixel[0] - middle[0]) / 2, pixel[1] - middle[1]));
    }
    return room;
}

static struct figure_place place_figure(const struct builder *builder, const vec2 from, const vec2 to,
                                        const char *text) {
    const float enough = 26, gap = 9;
    float width = text_width(text, TEXT_BODY), height = text_height(TEXT_BODY);
    struct figure_place best = {0};
    float most = -1;
    for (int k = 0; k < 6; k++) {
        bool ahead = (to[0] >= from[0]) == (k < 3);
        const float *tip = ahead ? to : from, *tail = ahead ? from : to;
        vec2 out = {tip[0] - tail[0], tip[1] - tail[1]};
        glm_vec2_normalize(out);
        struct figure_place place = {.ahead = ahead, .anchor = {0.5f, 0.5f}};
        if (k % 3 == 0) {
            bool level = fabsf(out[0]) > 0.35f;
            place.offset[0] = out[0] * (gap + (level ? width / 2 : 0));
            place.offset[1] = out[1] * (gap + (level ? 0 : height / 2));
        } else {
            place.offset[1] = (k % 3 == 1 ? -1 : 1) * (gap + height / 2);
        }
        vec2 middle = {tip[0] + place.offset[0], tip[1] + place.offset[1]};
        struct rectangle here = {middle[0] - width / 2, middle[1] - height / 2, middle[0] + width / 2,
                                 middle[1] + height / 2};
        float room = rectangle_free(builder, &here) ? room_around(builder, middle) : 0;
        if (room >= enough) return place;
        if (room > most) {
            most = room;
            best = place;
        }
    }
    return best;
}

static void build_arrow(struct builder *builder, const struct eigen_report *report, const vec3 at,
                        const struct direction *direction, double largest, bool small) {
    const struct theme *theme = builder->theme;
    bool degenerate = fabs(direction->lambda) <= report->tolerance;
    struct color color = degenerate ? theme->degenerate : direction->lambda > 0 ? theme->stable : theme->escape;
    float x = direction->x / direction->length, y = direction->y / direction->length;
    float share = largest > 0 ? (float)sqrt(fabs(direction->lambda) / largest) : 0;
    float reach = (small ? small_reach : arrow_reach) * glm_clamp(share, least_share, 1);
    reach = fminf(reach, fmaxf(room(builder->frame, at, x, y), 0.06f));
    float rise = slope_along(builder, report, at, x, y);
    struct scene_arrow *arrow = add_arrow(builder);
    for (int end = 0; end < 2; end++) {
        float *tip = end ? arrow->to : arrow->from, way = end ? reach : -reach;
        tip[0] = at[0] + way * x;
        tip[1] = at[1] + way * y;
        tip[2] = at[2] + way * rise + arrow_lift;
    }
    arrow->color = color;
    arrow->casing = color_casing(color, theme);
    arrow->width = small ? 2 : 3.5f;
    arrow->head = small ? 7 : 13;
    arrow->double_headed = true;
    arrow->dashed = degenerate;
    arrow->hidden_alpha = 0.75f; /* the surface closes over a minimum's tangent plane */
    if (small) return;
    vec2 from, to;
    if (!camera_project(&builder->camera, builder->pane_width, builder->pane_height, arrow->from, from, NULL) ||
        !camera_project(&builder->camera, builder->pane_width, builder->pane_height, arrow->to, to, NULL))
        return;
    char number[NUMBER_TEXT], text[LABEL_TEXT] = "λ ≈ 0";
    if (!degenerate) snprintf(text, sizeof text, "λ = %s", number_text(direction->lambda, 4, number));
    struct figure_place place = place_figure(builder, from, to, text);
    struct scene_label *label = add_label(builder, TEXT_BODY, color_readable(color, theme));
    memcpy(label->text, text, sizeof text);
    glm_vec3_copy(place.ahead ? arrow->to : arrow->from, label->at);
    memcpy(label->offset, place.offset, sizeof label->offset);
    memcpy(label->anchor, place.anchor, sizeof label->anchor);
    label->bold = true;
    label->halo = color_fade(theme->ground, 0.85f);
    label->priority = 60;
    label->hidden_alpha = 1;
    struct rectangle here;
    if (label_rectangle(builder, label, &here)) take_rectangle(builder, here);
}

/* L(θ*) + ½ Σ λ t², through the same heights as the surface. */
static float patch_height(const struct builder *builder, const struct eigen_report *report,
                          const struct direction along[2], double s, double t) {
    double loss = report->loss + (along[0].lambda * s * s + along[1].lambda * t * t) / 2;
    return (float)(SCENE_HEIGHT * height_tone(builder->map, loss));
}

static void build_patch(struct builder *builder, const struct eigen_report *report, const vec3 at,
                        const struct direction along[2]) {
    const struct frame *frame = builder->frame;
    double reach[2];
    for (int i = 0; i < 2; i++) {
        reach[i] = patch_reach / along[i].length;
        /* No farther than the box is high, and a little below the lowest loss. */
        for (int k = 0; k < 60; k++) {
            float z = patch_height(builder, report, along, i == 0 ? reach[0] : 0, i == 1 ? reach[1] : 0);
            if (z >= -0.1f && z <= SCENE_HEIGHT) break;
            reach[i] *= 0.9;
        }
    }
    for (int k = 0; k < 60 && patch_height(builder, report, along, reach[0], reach[1]) > SCENE_HEIGHT; k++) {
        reach[0] *= 0.95;
        reach[1] *= 0.95;
    }
    struct scene_triangle_sheet *sheet = add_sheet(builder);
    sheet->rows = sheet->columns = PATCH_POINTS;
    sheet->wire = color_fade(builder->theme->ink, 0.55f);
    sheet->veil = color_fade(builder->theme->accent, 0.16f);
    for (int j = 0; j < PATCH_POINTS; j++) {
        for (int i = 0; i < PATCH_POINTS; i++) {
            float s = (float)(reach[0] * (2.0 * i / (PATCH_POINTS - 1) - 1)),
                  t = (float)(reach[1] * (2.0 * j / (PATCH_POINTS - 1) - 1));
            /* Beyond the border the sheet stops short along the same line through the point. */
            float x = s * along[0].x + t * along[1].x, y = s * along[0].y + t * along[1].y, keep = 1;
            if (x != 0) keep = fminf(keep, (x > 0 ? frame->half[0] - at[0] : frame->half[0] + at[0]) / fabsf(x));
            if (y != 0) keep = fminf(keep, (y > 0 ? frame->half[1] - at[1] : frame->half[1] + at[1]) / fabsf(y));
            keep = fmaxf(keep, 0);
            float z = patch_height(builder, report, along, s * keep, t * keep);
            vec3 place = {at[0] + x * keep, at[1] + y * keep, glm_clamp(z, SCENE_FLOOR, SCENE_HEIGHT) + patch_lift};
            add_point(builder, place, 1);
        }
    }
}

void build_curvature(struct builder *builder, int index, bool small) {
    const struct eigen_report *report = builder->exhibit->points[index].report;
    struct plane_point on = outlook_project(builder->exhibit, report->at);
    if (!frame_holds(builder->frame, on.a, on.b) || report->n < 1) return;
    if (builder->outlook == &builder->exhibit->morph.between) return; /* directions have no place on the way */
    /* On the exact loss, where the tangent plane touches, not on the sampled surface. */
    vec3 at = {frame_x(builder->frame, 0, on.a), frame_x(builder->frame, 1, on.b),
               loss_height(builder->map, report->loss)};
    if (builder->placing.draped && report->n > 2) at[2] = relief_height(builder->relief, builder->frame, at[0], at[1], NULL);
    if (isnan(at[2])) return;
    double largest = fmax(fabs(report->eigenvalues[0]), fabs(report->eigenvalues[report->n - 1]));
    struct direction along[2];
    if (report->n == 2 && direction_of(builder, report, 0, &along[0]) && direction_of(builder, report, 1, &along[1])) {
        if (!small) build_patch(builder, report, at, along);
        for (int k = 0; k < 2; k++) build_arrow(builder, report, at, &along[k], largest, small);
        return;
    }
    /* Of many directions the two steepest down and the two steepest up that lie near enough to the plane. */
    int shown = 0;
    for (int k = 0; k < report->n && shown < 2 && report->eigenvalues[k] < 0; k++)
        if (direction_of(builder, report, k, &along[0]) && ++shown)
            build_arrow(builder, report, at, &along[0], largest, small);
    shown = 0;
    for (int k = report->n - 1; k >= 0 && shown < 2 && report->eigenvalues[k] > 0; k--)
        if (direction_of(builder, report, k, &along[0]) && ++shown)
            build_arrow(builder, report, at, &along[0], largest, small);
}
