#include "scene/build.h"

#include "scene/notation.h"
#include "scene/ticks.h"

#include <cglm/cglm.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { TICKS_MOST = 12 };

/* A network of one layer has parameters few enough for letters: w and b where there is one of each, else w1, w12, b1
 * with indices from 1. False for other networks, whose names say the layer. */
static bool letter_name(const struct objective *objective, const char *name, char *out, size_t size) {
    const struct layout_entry *entries;
    size_t count = objective_layout(objective, &entries);
    for (size_t k = 0; k < count; k++)
        if (strncmp(entries[k].name, "0.", 2) != 0 || entries[k].rank > 2) return false;
    for (size_t k = 0; k < count; k++) {
        size_t length = strlen(entries[k].name);
        int place[2] = {0};
        if (strncmp(name, entries[k].name, length) != 0 || name[length] != '[') continue;
        if (sscanf(name + length, "[%d,%d]", &place[0], &place[1]) < 1) return false;
        const char letter = entries[k].name[2];
        bool rows = entries[k].shape[0] > 1, columns = entries[k].rank == 2 && entries[k].shape[1] > 1;
        if (rows && columns)
            snprintf(out, size, "%c%d%d", letter, place[0] + 1, place[1] + 1);
        else if (rows || columns)
            snprintf(out, size, "%c%d", letter, (rows ? place[0] : place[1]) + 1);
        else
            snprintf(out, size, "%c", letter);
        return true;
    }
    return false;
}

static const char *axis_name(const struct exhibit *exhibit, const struct plane *plane, int axis, char *out,
                             size_t size) {
    char letters[32];
    if (!plane)
        snprintf(out, size, "%s", "");
    else if (plane->kind == PLANE_PCA)
        snprintf(out, size, "PC %d", axis + 1);
    else if (plane->kind == PLANE_RANDOM)
        snprintf(out, size, "random direction %d", axis + 1);
    else {
        const char *name = axis == 0 ? plane->u_name : plane->v_name;
        const struct objective *objective = exhibit->params.experiment->objective;
        bool short_one = letter_name(objective, name, letters, sizeof letters);
        notation_name(short_one ? letters : name, out, size);
    }
    return out;
}

const char *exhibit_axis_name(const struct exhibit *exhibit, int axis, char *out, size_t size) {
    return axis_name(exhibit, exhibit->now.plane, axis, out, size);
}

/* With the share of the variance it holds. */
static void axis_title(const struct builder *builder, int axis, char *out, size_t size) {
    const struct plane *plane = builder->outlook->plane;
    axis_name(builder->exhibit, plane, axis, out, size);
    size_t used = strlen(out);
    double share[2];
    outlook_variance_share(builder->exhibit, morph_nearer(builder->exhibit), builder_runs(builder), share);
    if (plane->kind == PLANE_PCA && isfinite(share[axis]) && used < size)
        snprintf(out + used, size - used, " (%.0f %%)", 100 * share[axis]);
}

/* On screen, the direction from one world point to another; false when they coincide there. */
static bool screen_direction(const struct builder *builder, const vec3 from, const vec3 to, vec2 out) {
    vec2 a, b;
    if (!camera_project(&builder->camera, builder->pane_width, builder->pane_height, from, a, NULL) ||
        !camera_project(&builder->camera, builder->pane_width, builder->pane_height, to, b, NULL))
        return false;
    glm_vec2_sub(b, a, out);
    float length = glm_vec2_norm(out);
    if (length < 1e-3f) return false;
    glm_vec2_scale(out, 1 / length, out);
    return true;
}

static float screen_distance(const struct builder *builder, const vec3 from, const vec3 to) {
    vec2 a, b;
    if (!camera_project(&builder->camera, builder->pane_width, builder->pane_height, from, a, NULL) ||
        !camera_project(&builder->camera, builder->pane_width, builder->pane_height, to, b, NULL))
        return 0;
    return glm_vec2_distance(a, b);
}

/* How far a text's middle must stand off so that its box clears the point it belongs to. */
static float clearance(const char *text, enum text_size size, const vec2 direction) {
    float across = text_width(text, size) / 2 / fmaxf(fabsf(direction[0]), 1e-3f);
    float down = text_height(size) / 2 / fmaxf(fabsf(direction[1]), 1e-3f);
    return fminf(across, down);
}

/* One edge of the base with its ticks and name: `axis` runs along it, `side` is the sign of the other coordinate. */
static void build_edge(struct builder *builder, int axis, float side, float z) {
    const struct frame *frame = &builder->axes;
    float strength = builder->axes_strength;
    int other = 1 - axis;
    vec3 start = {0, 0, z}, end = {0, 0, z}, middle = {0, 0, z}, beyond = {0, 0, z};
    start[axis] = -frame->half[axis];
    end[axis] = frame->half[axis];
    start[other] = end[other] = middle[other] = side * frame->half[other];
    beyond[other] = side * (frame->half[other] + 0.1f);
    vec2 outward;
    if (!screen_direction(builder, middle, beyond, outward)) return;
    float length = screen_distance(builder, start, end);
    double values[TICKS_MOST];
    char texts[TICKS_MOST][NUMBER_TEXT];
    int want = (int)glm_clamp(length / 75, 2, 8);
    int count = ticks_linear(frame->low[axis], frame->high[axis], want, values, TICKS_MOST);
    tick_texts(values, count, texts);
    float widest = 0;
    const float tick = 0.03f, gap = 5;
    for (int i = 0; i < count; i++) {
        struct scene_label label = {.size = TEXT_SMALL,
                                    .anchor = {0.5f, 0.5f},
                                    .color = color_fade(builder->theme->faint_ink, strength),
                                    .priority = 20,
                                    .hidden_alpha = 1};
        vec3 at = {0, 0, z};
        at[axis] = frame_x(frame, axis, values[i]);
        at[other] = side * frame->half[other];
        glm_vec3_copy(at, label.at);
        label.at[other] += side * tick;
        add_segment(builder, at, label.at, 1, label.color);
        memcpy(label.text, texts[i], sizeof texts[i]);
        float off = clearance(label.text, label.size, outward) + gap;
        widest = fmaxf(widest, off + clearance(label.text, label.size, outward));
        label.offset[0] = off * outward[0];
        label.offset[1] = off * outward[1];
        label_fits(builder, &label);
    }
    struct scene_label name = {.size = TEXT_BODY, .anchor = {0.5f, 0.5f}, .priority = 30, .hidden_alpha = 1};
    name.color = color_fade(builder->theme->ink, strength);
    char title[LABEL_TEXT];
    axis_title(builder, axis, title, sizeof title);
    snprintf(name.text, sizeof name.text, "%s", builder_say(builder, title));
    glm_vec3_copy(middle, name.at);
    name.at[other] += side * tick;
    float off = widest + clearance(name.text, name.size, outward) + 2 * gap;
    for (int attempt = 0; attempt < 3; attempt++, off += 6) {
        name.offset[0] = off * outward[0];
        name.offset[1] = off * outward[1];
        if (label_fits(builder, &name)) return;
    }
    if (!builder->flat || axis == 0) return;
    glm_vec3_copy(end, name.at); /* beside a map in a slim pane there is no room: above the end of its axis */
    name.anchor[0] = 0;
    name.anchor[1] = 1;
    name.offset[0] = -widest;
    name.offset[1] = -gap;
    label_fits(builder, &name);
}

static void build_frame(struct builder *builder, float z) {
    const float *half = builder->frame->half;
    struct scene_line *line = add_line(builder);
    line->width = 1;
    line->color = builder->theme->faint_ink;
    line->color.a = 0.75f;
    line->hidden_alpha = 0.25f;
    static const float corners[5][2] = {{-1, -1}, {1, -1}, {1, 1}, {-1, 1}, {-1, -1}};
    for (int i = 0; i < 5; i++) add_point(builder, (vec3){corners[i][0] * half[0], corners[i][1] * half[1], z}, 1);
    line->count = 5;
}

/* The losses at the silhouette's left, where no surface stands before them. */
static void build_loss_axis(struct builder *builder, float side_x, float side_y) {
    const float *half = builder->frame->half;
    vec3 corner[2] = {{side_x * half[0], -side_y * half[1], 0}, {-side_x * half[0], side_y * half[1], 0}};
    vec2 pixel[2];
    for (int i = 0; i < 2; i++)
        if (!camera_project(&builder->camera, builder->pane_width, builder->pane_height, corner[i], pixel[i], NULL))
            return;
    const float *at = pixel[0][0] < pixel[1][0] ? corner[0] : corner[1];
    vec3 bottom = {at[0], at[1], SCENE_FLOOR}, top = {at[0], at[1], SCENE_HEIGHT};
    float length = screen_distance(builder, at, top);
    if (length < 30) return; /* seen from above */
    add_segment(builder, bottom, top, 1, color_fade(builder->theme->faint_ink, 0.75f))->hidden_alpha = 0.25f;
    if (builder->relief->width == 0) return;
    double values[TICKS_MOST];
    char texts[TICKS_MOST][NUMBER_TEXT];
    int count = ticks_height(builder->map, (int)glm_clamp(length / 34, 2, 6), values, TICKS_MOST);
    tick_texts(values, count, texts);
    for (int i = 0; i < count; i++) {
        struct scene_label label = {.at = {at[0], at[1], loss_height(builder->map, values[i])},
                                    .size = TEXT_SMALL,
                                    .anchor = {1, 0.5f},
                                    .offset = {-10, 0},
                                    .color = builder->theme->faint_ink,
                                    .priority = 20,
                                    .hidden_alpha = 1};
        memcpy(label.text, texts[i], sizeof texts[i]);
        if (!label_fits(builder, &label)) continue;
        struct scene_glyph *dot = add_glyph(builder);
        glm_vec3_copy(label.at, dot->at);
        dot->shape = GLYPH_DISC;
        dot->size = 3;
        dot->fill = dot->outline = builder->theme->faint_ink;
        dot->hidden_alpha = 0.5f;
    }
    struct scene_label name = {.at = {at[0], at[1], SCENE_HEIGHT},
                               .size = TEXT_BODY,
                               .anchor = {0.7f, 1},
                               .offset = {0, -12},
                               .color = builder->theme->ink,
                               .priority = 30,
                               .hidden_alpha = 1};
    snprintf(name.text, sizeof name.text, "%s",
             builder_say(builder, builder->map->mapping == HEIGHT_LOG ? "loss (log)" : "loss"));
    label_fits(builder, &name);
}

void build_axes(struct builder *builder) {
    if (builder->flat) {
        build_frame(builder, SCENE_HEIGHT + 0.01f);
        build_edge(builder, 0, -1, SCENE_HEIGHT + 0.01f);
        build_edge(builder, 1, -1, SCENE_HEIGHT + 0.01f);
        return;
    }
    float azimuth = glm_rad(builder->camera.azimuth);
    float side_x = sinf(azimuth) >= 0 ? 1 : -1, side_y = cosf(azimuth) > 0 ? -1 : 1; /* where the camera stands */
    build_frame(builder, SCENE_FLOOR);
    build_edge(builder, 0, side_y, SCENE_FLOOR);
    build_edge(builder, 1, side_x, SCENE_FLOOR);
    build_loss_axis(builder, side_x, side_y);
}
