#include "scene/build.h"

#include "base/memory.h"

#include <cglm/cglm.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double wanted_reach = 0.40,
                    square_side = 0.15; /* world units: of the longest arrow, of the larger square */
static const float lift = 0.014f;

/* ---- on the plane, in doubles
 * ---------------------------------------------------------------------------------------- */

static void along_plane(const struct plane *plane, const double *direction, double out[2]) {
    out[0] = out[1] = 0;
    for (int i = 0; i < plane->n; i++) {
        out[0] += direction[i] * plane->u[i];
        out[1] += direction[i] * plane->v[i];
    }
    out[0] /= plane->uu;
    out[1] /= plane->vv;
}

static void take_terms(const struct plane *plane, const struct inside *inside, struct step_insides *out) {
    double *sum = MEM_NEW(double, inside->n);
    double tip[2] = {out->at[0], out->at[1]};
    for (int row = 0; row < inside->count; row++) {
        const double *values = inside->values + (size_t)row * (size_t)inside->n;
        enum inside_kind kind = inside->rows[row].kind;
        if (kind == INSIDE_SQUARES_SUM || kind == INSIDE_SQUARES_MEAN) {
            out->squared = true;
            out->mean = kind == INSIDE_SQUARES_MEAN;
            for (int i = 0; i < inside->n; i++) {
                out->squares[0] += values[i] * plane->u[i] * plane->u[i] / plane->uu;
                out->squares[1] += values[i] * plane->v[i] * plane->v[i] / plane->vv;
            }
        }
        if (kind != INSIDE_TERM || out->count == STEP_MOST_TERMS) continue;
        struct step_arrow *arrow = &out->terms[out->count++];
        double way[2];
        along_plane(plane, values, way);
        *arrow = (struct step_arrow){.name = inside->rows[row].name, .role = inside->rows[row].role};
        for (int k = 0; k < 2; k++) {
            arrow->from[k] = tip[k];
            arrow->to[k] = tip[k] += way[k];
        }
        for (int i = 0; i < inside->n; i++) sum[i] += values[i];
    }
    double whole = 0, way[2];
    for (int i = 0; i < inside->n; i++) whole += sum[i] * sum[i];
    along_plane(plane, sum, way);
    out->length = sqrt(whole);
    double held = hypot(way[0] * sqrt(plane->uu), way[1] * sqrt(plane->vv));
    out->in_plane = out->length > 0 ? fmin(held / out->length, 1) : 1;
    out->end[0] = tip[0];
    out->end[1] = tip[1];
    free(sum);
}

bool exhibit_step(const struct exhibit *exhibit, int run, int64_t step, struct step_insides *out) {
    const struct timeline *timeline = exhibit->params.timeline;
    const struct plane *plane = exhibit->now.plane;
    int64_t index = timeline_find(timeline, run, step);
    struct inside *inside = plane && index >= 0 ? timeline_inside(timeline, run, (size_t)index) : NULL;
    *out = (struct step_insides){.run = run};
    if (!inside) return false;
    double *theta = MEM_NEW(double, exhibit->n);
    struct sample sample;
    bool known = false;
    bool good = timeline_read(timeline, run, (size_t)index, 1, &sample, theta, &known) == 1 && known;
    if (good) {
        struct plane_point at = plane_project(plane, theta);
        out->step = sample.step;
        out->loss = sample.loss;
        out->at[0] = at.a;
        out->at[1] = at.b;
        take_terms(plane, inside, out);
        good = out->count > 0;
        struct sample next;
        if (timeline_read(timeline, run, (size_t)index + 1, 1, &next, theta, &known) == 1 && known) {
            at = plane_project(plane, theta);
            out->end[0] = at.a;
            out->end[1] = at.b;
        }
    }
    free(theta);
    free(inside);
    return good;
}

/* World units per unit of a and b. */
static void to_world(const struct frame *frame, const double from[2], const double to[2], double out[2]) {
    for (int k = 0; k < 2; k++) out[k] = (to[k] - from[k]) * frame->scale[k];
}

double exhibit_step_magnified(const struct exhibit *exhibit, const struct step_insides *step) {
    const struct frame *frame = &exhibit->now.frame;
    double longest = 0, way[2];
    to_world(frame, step->at, step->end, way);
    longest = hypot(way[0], way[1]);
    for (int i = 0; i < step->count; i++) { /* the terms, and how far they stray on the way */
        to_world(frame, step->terms[i].from, step->terms[i].to, way);
        longest = fmax(longest, hypot(way[0], way[1]));
        to_world(frame, step->at, step->terms[i].to, way);
        longest = fmax(longest, hypot(way[0], way[1]));
    }
    double most = longest > 0 ? wanted_reach / longest : 1, power = 1;
    if (!(most > 1)) return 1;
    while (power * 10 <= most && power < 1e15) power *= 10;
    return power * (most >= 5 * power ? 5 : most >= 2 * power ? 2 : 1);
}

/* ---- in the scene
 * ----------------------------------------------------------------------------------------------------- */

/* The surface's tangent plane at the head, or level where there is no surface. */
struct stand {
    vec3 at;
    float slope[2];
    uint32_t panes;
};

static bool stand_at(const struct builder *builder, const struct step_insides *step, struct stand *out) {
    const float apart = 0.02f;
    struct path_sample sample = {.a = step->at[0], .b = step->at[1], .loss = step->loss};
    if (!frame_holds(builder->frame, sample.a, sample.b)) return false;
    strip_place(builder->outlook, builder->placing, &sample, out->at);
    for (int k = 0; k < 2; k++) {
        float ahead = relief_height(builder->relief, builder->frame, out->at[0] + (k == 0 ? apart : 0),
                                    out->at[1] + (k == 1 ? apart : 0), NULL);
        float behind = relief_height(builder->relief, builder->frame, out->at[0] - (k == 0 ? apart : 0),
                                     out->at[1] - (k == 1 ? apart : 0), NULL);
        float slope = (ahead - behind) / (2 * apart);
        out->slope[k] = isfinite(slope) && !builder->flat ? glm_clamp(slope, -1.5f, 1.5f) : 0;
    }
    return !isnan(out->at[2]);
}

static void place_on(const struct stand *stand, double x, double y, vec3 out) {
    out[0] = stand->at[0] + (float)x;
    out[1] = stand->at[1] + (float)y;
    out[2] = stand->at[2] + (float)x * stand->slope[0] + (float)y * stand->slope[1] + lift;
}

/* The lecture's colours: the gradient red, what moves blue. */
static struct color role_color(const struct theme *theme, enum optimizer_role role) {
    bool night = theme->kind == THEME_NIGHT;
    switch (role) {
    case ROLE_GRADIENT: return color_hex(night ? 0xFF7A70 : 0xC62828);
    case ROLE_MOMENTUM: return color_hex(night ? 0x86B6FF : 0x1E5BD6);
    case ROLE_NOISE: return theme->gradient;
    case ROLE_DECAY:
    case ROLE_OTHER: break;
    }
    return theme->degenerate;
}

/* Terms along one line would hide each other: then each is drawn a little farther aside. World units, 0 where the step
 * spreads out by itself. */
static double spread_for(const struct step_insides *step, const struct frame *frame, double scale) {
    static const double flat = 0.06, aside = 0.05;
    double end[2], length, widest = 0, longest = 0;
    to_world(frame, step->at, step->end, end);
    length = hypot(end[0], end[1]);
    for (int i = 0; i < step->count && length > 0; i++) {
        double tip[2];
        to_world(frame, step->at, step->terms[i].to, tip);
        widest = fmax(widest, fabs(tip[0] * end[1] - tip[1] * end[0]) / length);
        longest = fmax(longest, hypot(tip[0], tip[1]));
    }
    bool several = step->count > 1 && longest * scale > aside;
    return several && widest < flat * longest ? aside : 0;
}

static void build_one(struct builder *builder, const struct stand *stand, const double from[2], const double to[2],
                      struct color color, bool dashed, float width) {
    if (hypot(to[0] - from[0], to[1] - from[1]) < 0.004) return;
    struct scene_arrow *arrow = add_arrow(builder);
    place_on(stand, from[0], from[1], arrow->from);
    place_on(stand, to[0], to[1], arrow->to);
    arrow->color = color;
    arrow->casing = color_casing(color, builder->theme);
    arrow->width = width;
    arrow->head = 4 + 2.4f * width;
    arrow->dashed = dashed;
    arrow->hidden_alpha = 0.7f;
    arrow->panes = stand->panes;
}

/* Past the arrow's tip, away from the head. */
static void build_name(struct builder *builder, const struct stand *stand, const double at[2], struct color color,
                       const char *name) {
    struct scene_label label = {.size = TEXT_SMALL,
                                .color = color_readable(color, builder->theme),
                                .halo = color_fade(builder->theme->ground, 0.85f),
                                .priority = 40,
                                .hidden_alpha = 1,
                                .panes = stand->panes};
    vec2 tip, head, way = {0, -1};
    place_on(stand, at[0], at[1], label.at);
    if (camera_project(&builder->camera, builder->pane_width, builder->pane_height, label.at, tip, NULL) &&
        camera_project(&builder->camera, builder->pane_width, builder->pane_height, stand->at, head, NULL) &&
        glm_vec2_distance(tip, head) > 1) {
        glm_vec2_sub(tip, head, way);
        glm_vec2_normalize(way);
    }
    for (int k = 0; k < 2; k++) {
        label.anchor[k] = 0.5f - 0.5f * way[k];
        label.offset[k] = 6 * way[k];
    }
    snprintf(label.text, sizeof label.text, "%s", builder_say(builder, name));
    label_fits(builder, &label);
}

static void build_square(struct builder *builder, const struct stand *stand, double side, bool second,
                         struct color color) {
    if (!(side > 0.002)) return;
    struct scene_triangle_sheet *sheet = add_sheet(builder);
    sheet->rows = sheet->columns = 2;
    sheet->wire = color_fade(color_readable(color, builder->theme), 0.9f);
    sheet->veil = color_fade(color, 0.30f);
    sheet->panes = stand->panes;
    for (int j = 0; j < 2; j++)
        for (int i = 0; i < 2; i++) { /* one to the right below the head, one to the left above it */
            vec3 at;
            place_on(stand, second ? -side * i : side * i, second ? side * j : -side * j, at);
            add_point(builder, at, 1);
        }
}

static void build_step(struct builder *builder, const struct step_insides *step) {
    struct stand stand = {.panes = builder_panes(builder, step->run)};
    if (!stand.panes || !stand_at(builder, step, &stand)) return;
    const struct frame *frame = builder->frame;
    struct color moved = role_color(builder->theme, ROLE_MOMENTUM);
    double scale = exhibit_step_magnified(builder->exhibit, step), end[2];
    if (step->squared) {
        struct color color =
            identity_of(builder->experiment, builder_optimizer(builder, step->run), builder->theme).color;
        double largest = sqrt(fmax(step->squares[0], step->squares[1]));
        for (int k = 0; k < 2 && largest > 0; k++)
            build_square(builder, &stand, square_side * sqrt(fmax(step->squares[k], 0)) / largest, k == 1, color);
    }
    double spread = spread_for(step, frame, scale);
    to_world(frame, step->at, step->end, end);
    double way = fmax(hypot(end[0], end[1]), 1e-300), across[2] = {-end[1] / way, end[0] / way};
    if (across[1] < 0) across[0] = -across[0], across[1] = -across[1]; /* to the far side */
    for (int i = 0, drawn = 0; i < step->count; i++) {
        double from[2], to[2];
        to_world(frame, step->at, step->terms[i].from, from);
        to_world(frame, step->at, step->terms[i].to, to);
        drawn += memcmp(from, to, sizeof to) != 0;
        for (int k = 0; k < 2; k++) {
            from[k] = scale * from[k] + drawn * spread * across[k];
            to[k] = scale * to[k] + drawn * spread * across[k];
        }
        enum optimizer_role role = step->terms[i].role;
        build_one(builder, &stand, from, to, role_color(builder->theme, role), role == ROLE_MOMENTUM, 2.4f);
    }
    to_world(frame, step->at, step->end, end);
    for (int k = 0; k < 2; k++) end[k] *= scale;
    const double here[2] = {0, 0};
    enum optimizer_role only = step->terms[0].role;
    int several = -1; /* a step of one part is that part's arrow */
    for (int i = 0; i < step->count; i++)
        if (memcmp(step->terms[i].from, step->terms[i].to, sizeof step->terms[i].to) != 0) {
            several++;
            only = step->terms[i].role;
        }
    build_one(builder, &stand, here, end, several > 0 ? moved : role_color(builder->theme, only), false,
              several > 0 ? 3.4f : 2.4f);
    if (scale <= 1) return;
    char text[48], number[NUMBER_TEXT];
    snprintf(text, sizeof text, "step × %s", number_text(scale, 6, number));
    build_name(builder, &stand, end, several > 0 ? moved : role_color(builder->theme, only), text);
}

void build_insides(struct builder *builder) {
    if (builder->outlook == &builder->exhibit->morph.between) return; /* directions have no place on the way */
    for (int i = 0; i < builder->view->step_count; i++) build_step(builder, &builder->view->steps[i]);
}
