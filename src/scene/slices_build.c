#include "scene/slices.h"

#include "base/hash.h"
#include "base/memory.h"
#include "base/text.h"
#include "scene/build.h"

#include <cglm/cglm.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const float edge = 16, title_height = 66, line_height = 18;
static const float large_share = 0.42f; /* of the width: the Hessian's pane */
static const float lift = 0.012f, line_width = 3, small_line_width = 2.2f;
static const float usual_azimuth = 14, usual_elevation = 38;
enum { TICKS_MOST = 12 };

/* Heights are changes of the loss from the point's, the same for all slices: linear, or asinh(change / knee), which is
 * linear below the knee and logarithmic above, both ways. */
struct scale {
    bool logarithmic;
    double low, high, knee; /* of the changes */
};

struct stage {
    struct builder builder; /* only for adding things */
    struct scene *scene;
    const struct slices *slices;
    const struct slices_view *view;
    const struct theme *theme;
    struct scale scale;
    int drawn, columns, rows; /* small panes */
    bool brief;               /* small panes are too narrow for whole verdicts */
    float caption_height;
};

/* ---- heights ----------------------------------------------------------------------------------------------------- */

static double bent(const struct scale *scale, double change) {
    return scale->logarithmic ? asinh(change / scale->knee) : change;
}

static float tone_of(const struct scale *scale, double change) {
    double low = bent(scale, scale->low), high = bent(scale, scale->high);
    return (float)((bent(scale, change) - low) / (high - low));
}

static int ascending(const void *a, const void *b) {
    double one = *(const double *)a, other = *(const double *)b;
    return (one > other) - (one < other);
}

/* The knee lies where an ordinary random slice still has a shape to be seen. */
static struct scale fit_scale(const struct slices *slices, int drawn, enum height_mapping height) {
    struct scale scale = {.logarithmic = height == HEIGHT_LOG};
    double *largest = MEM_NEW(double, drawn);
    size_t count = (size_t)slices->grid * (size_t)slices->grid;
    for (int k = 0; k < drawn; k++) {
        for (size_t i = 0; i < count; i++) {
            double change = slices->slices[k].losses[i] - slices->loss;
            if (!isfinite(change)) continue;
            scale.low = fmin(scale.low, change);
            scale.high = fmax(scale.high, change);
            largest[k] = fmax(largest[k], fabs(change));
        }
    }
    double range = scale.high - scale.low, least = fmax(1e-9 * range, 1e-15 * fmax(1, fabs(slices->loss)));
    qsort(largest, (size_t)drawn, sizeof *largest, ascending);
    scale.knee = fmin(fmax(largest[drawn / 2] / 10, least), fmax(range / 2, least));
    if (!(range > least)) scale.high = scale.low + fmax(least, 1);
    free(largest);
    return scale;
}

/* ---- panes ------------------------------------------------------------------------------------------------------- */

static struct scene_label *add_words(struct stage *stage, int pane, float x, float y, enum text_size size,
                                     struct color color) {
    struct scene_label *label = add_text(&stage->builder, x, y, 0, 0, size, color);
    label->panes = 1u << pane;
    return label;
}

static void lay_out(struct stage *stage) {
    const struct slices_view *view = stage->view;
    struct scene *scene = stage->scene;
    int random = stage->drawn - 1;
    float large = random > 0 ? large_share * view->width : view->width;
    float height = view->height_px - title_height - stage->caption_height, best = 0;
    /* As many columns as make the small panes, about five wide to four high, largest. */
    for (int columns = 1; columns <= random; columns++) {
        int rows = (random + columns - 1) / columns;
        float size = fminf((view->width - large) / (float)columns / 1.25f, height / (float)rows);
        if (size <= best) continue;
        best = size;
        stage->columns = columns;
        stage->rows = rows;
    }
    struct camera camera = camera_default(usual_azimuth, usual_elevation);
    if (view->elevation > 0) camera = camera_default(view->azimuth, view->elevation);
    camera.target[2] = SCENE_HEIGHT / 2;
    camera.distance = 4.8f;
    for (int k = 0; k < stage->drawn; k++) {
        struct scene_pane *pane = &scene->panes[scene->pane_count++];
        int cell = k - 1;
        float wide = (view->width - large) / (float)(stage->columns ? stage->columns : 1);
        float high = height / (float)(stage->rows ? stage->rows : 1);
        float left = k == 0 ? 0 : large + wide * (float)(cell % stage->columns);
        float top = title_height + (k == 0 ? 0 : high * (float)(cell / stage->columns));
        *pane = (struct scene_pane){.x = left / view->width,
                                    .y = top / view->height_px,
                                    .width = (k == 0 ? large : wide) / view->width,
                                    .height = (k == 0 ? height : high) / view->height_px,
                                    .camera = camera};
        /* The words stand above: the surface is seen a little lower. */
        if (k > 0) pane->camera.distance = 4.4f;
        camera_pan(&pane->camera, 0, k == 0 ? 0.05f : 0.06f);
    }
    stage->brief = random > 0 && scene->panes[1].width * view->width < 142;
    const struct scene_pane top = {
        .width = 1, .height = title_height / view->height_px, .camera = camera, .flat = true};
    const struct scene_pane below = {.y = 1 - stage->caption_height / view->height_px,
                                     .width = 1,
                                     .height = stage->caption_height / view->height_px,
                                     .camera = camera,
                                     .flat = true};
    scene->panes[scene->pane_count++] = top;
    scene->panes[scene->pane_count++] = below;
}

/* ---- one slice --------------------------------------------------------------------------------------------------- */

static void add_slice_surface(struct stage *stage, int k) {
    const struct slices *slices = stage->slices;
    int grid = slices->grid;
    struct scene_surface *surface = scene_add_surface(stage->scene, grid, grid);
    uint64_t hash = HASH_START;
    for (size_t i = 0; i < (size_t)grid * (size_t)grid; i++) {
        float tone = tone_of(&stage->scale, slices->slices[k].losses[i] - slices->loss);
        uint32_t bits;
        surface->tone[i] = tone;
        surface->z[i] = SCENE_HEIGHT * tone;
        memcpy(&bits, &tone, sizeof bits);
        hash = hash_word(hash, bits);
    }
    surface->half[0] = surface->half[1] = 1;
    surface->contour_step = k == 0 ? 0.05f : 0.1f;
    for (int i = 0; i < 2; i++) {
        surface->low[i] = -stage->slices->reach;
        surface->high[i] = stage->slices->reach;
    }
    surface->panes = 1u << k;
    surface->revision = hash | 1;
}

/* Where the change of the loss is at grid point (i, j), raised off the surface. */
static void place(const struct stage *stage, int k, int i, int j, vec3 at) {
    int grid = stage->slices->grid;
    double change = stage->slices->slices[k].losses[(size_t)j * (size_t)grid + (size_t)i] - stage->slices->loss;
    at[0] = 2 * (float)i / (float)(grid - 1) - 1;
    at[1] = 2 * (float)j / (float)(grid - 1) - 1;
    at[2] = SCENE_HEIGHT * tone_of(&stage->scale, change) + lift;
}

/* Along an axis: one colour where the loss is above the point's, another where it is below. */
static void add_axis_line(struct stage *stage, int k, int axis) {
    const struct slices *slices = stage->slices;
    int grid = slices->grid, middle = grid / 2;
    struct scene_line *line = NULL;
    bool was_below = false;
    for (int m = 0; m < grid; m++) {
        int i = axis == 0 ? m : middle, j = axis == 0 ? middle : m;
        vec3 at;
        place(stage, k, i, j, at);
        if (!isfinite(at[2])) {
            line = NULL;
            continue;
        }
        bool below = slices->slices[k].losses[(size_t)j * (size_t)grid + (size_t)i] < slices->loss - slices->tolerance;
        if (line) { /* the joint belongs to both */
            add_point(&stage->builder, at, 1);
            line->count++;
        }
        if (line && below == was_below) continue;
        line = add_line(&stage->builder);
        line->width = k == 0 ? line_width : small_line_width;
        line->color = below ? stage->theme->escape : stage->theme->stable;
        line->casing = color_casing(line->color, stage->theme);
        line->casing_width = 1;
        line->hidden_alpha = 0.2f;
        line->panes = 1u << k;
        line->count = 1;
        add_point(&stage->builder, at, 1);
        was_below = below;
    }
}

/* The box's edge at the height of the point: what dips below it is lower than the point. */
static void add_level(struct stage *stage, int k) {
    float z = SCENE_HEIGHT * tone_of(&stage->scale, 0);
    static const float corners[5][2] = {{-1, -1}, {1, -1}, {1, 1}, {-1, 1}, {-1, -1}};
    struct scene_line *line = add_line(&stage->builder);
    line->width = k == 0 ? 1.5f : 1;
    line->color = color_fade(stage->theme->ink, 0.75f);
    line->dash = k == 0 ? 5 : 3;
    line->hidden_alpha = 0.35f;
    line->panes = 1u << k;
    line->count = 5;
    for (int i = 0; i < 5; i++) add_point(&stage->builder, (vec3){corners[i][0], corners[i][1], z}, 1);
}

static void add_centre(struct stage *stage, int k, bool saddle) {
    int middle = stage->slices->grid / 2;
    struct scene_glyph *glyph = add_glyph(&stage->builder);
    place(stage, k, middle, middle, glyph->at);
    glyph->shape = saddle ? GLYPH_SADDLE : GLYPH_DISC;
    glyph->size = k == 0 ? 18 : saddle ? 11 : 7;
    glyph->fill = stage->theme->ink;
    glyph->outline = color_casing(glyph->fill, stage->theme);
    glyph->hidden_alpha = 0.4f;
    glyph->panes = 1u << k;
}

/* At an end of an axis of the Hessian's slice: its curvature and what the loss does there. */
static void add_axis_name(struct stage *stage, int axis) {
    const struct slices *slices = stage->slices;
    const struct slice *slice = &slices->slices[0];
    int grid = slices->grid, middle = grid / 2;
    const struct camera *camera = &stage->scene->panes[0].camera;
    float width = stage->scene->panes[0].width * stage->view->width,
          height = stage->scene->panes[0].height * stage->view->height_px;
    vec3 ends[2];
    vec2 seen[2];
    for (int e = 0; e < 2; e++) {
        int m = e ? grid - 1 : 0;
        place(stage, 0, axis == 0 ? m : middle, axis == 0 ? middle : m, ends[e]);
        if (!camera_project(camera, width, height, ends[e], seen[e], NULL)) return;
    }
    int front = seen[1][1] > seen[0][1]; /* the end nearer to the eye: nothing stands before it */
    vec2 out = {seen[front][0] - seen[!front][0], seen[front][1] - seen[!front][1]};
    glm_vec2_normalize(out);
    char number[NUMBER_TEXT];
    struct color color = slice->falls[axis] ? stage->theme->escape : stage->theme->stable;
    struct scene_label *label = add_label(&stage->builder, TEXT_BODY, color_readable(color, stage->theme));
    text_print(label->text, LABEL_TEXT, "λ = %s", number_text(slice->curvature[axis], 3, number));
    glm_vec3_copy(ends[front], label->at);
    label->offset[0] = 14 * out[0];
    label->offset[1] = 16;
    label->anchor[0] = out[0] > 0.3f ? 0 : out[0] < -0.3f ? 1 : 0.5f;
    label->bold = true;
    label->halo = color_fade(stage->theme->ground, 0.85f);
    label->hidden_alpha = 1;
    label->panes = 1;
}

static void add_slice(struct stage *stage, int k) {
    const struct slice *slice = &stage->slices->slices[k];
    bool falls = slice->falls[0] || slice->falls[1];
    struct color verdict = falls ? color_readable(stage->theme->escape, stage->theme) : stage->theme->faint_ink;
    add_slice_surface(stage, k);
    add_level(stage, k);
    for (int axis = 0; axis < 2; axis++) add_axis_line(stage, k, axis);
    add_centre(stage, k, falls);
    if (k == 0) {
        struct scene_label *name = add_words(stage, 0, edge, 4, TEXT_BODY, stage->theme->ink);
        text_print(name->text, LABEL_TEXT, "%s", builder_say(&stage->builder, "Hessian plane"));
        name->bold = true;
        struct scene_label *words = add_words(stage, 0, edge, 26, TEXT_BODY, verdict);
        text_print(words->text, LABEL_TEXT, "%s", builder_say(&stage->builder, slice_verdict(slice)));
        for (int axis = 0; axis < 2; axis++) add_axis_name(stage, axis);
        return;
    }
    struct scene_label *words = add_words(stage, k, 9, 4, TEXT_SMALL, verdict);
    text_print(words->text, LABEL_TEXT, "%s",
             builder_say(&stage->builder, stage->brief ? (falls ? "falls" : "rises") : slice_verdict(slice)));
    struct scene_label *number = add_words(stage, k, 9, -4, TEXT_SMALL, color_fade(stage->theme->faint_ink, 0.8f));
    number->anchor[1] = 1;
    snprintf(number->text, LABEL_TEXT, "%d", k);
}

/* Hair-lines between the large pane and the small ones, and between these. */
static void add_rules(struct stage *stage) {
    for (int k = 1; k < stage->drawn; k++) {
        const struct scene_pane *pane = &stage->scene->panes[k];
        struct scene_box rule = {.fill = stage->theme->grid, .panes = 1u << k};
        rule.width = 1;
        rule.height = pane->height * stage->view->height_px;
        *add_box(&stage->builder) = rule;
        if ((k - 1) / stage->columns == 0) continue;
        rule.width = pane->width * stage->view->width;
        rule.height = 1;
        *add_box(&stage->builder) = rule;
    }
}

/* ---- words ------------------------------------------------------------------------------------------------------- */

static void add_title(struct stage *stage) {
    const struct slices *slices = stage->slices;
    int pane = stage->drawn;
    char text[LABEL_TEXT], number[4][NUMBER_TEXT];
    float width = stage->view->width - 2 * edge;
    struct scene_label *title = add_words(stage, pane, edge, 12, TEXT_TITLE, stage->theme->ink);
    title->bold = true;
    fit_text(builder_say(&stage->builder, slices_title(slices, text, sizeof text)), TEXT_TITLE, width, title->text);
    snprintf(text, sizeof text, "%s%sloss %s, ‖g‖ %s, %d parameters", stage->view->name ? stage->view->name : "",
             stage->view->name ? " · " : "", number_text(slices->loss, 5, number[0]),
             number_text(slices->gradient_norm, 2, number[1]), slices->n);
    fit_text(builder_say(&stage->builder, text), TEXT_SMALL, width,
             add_words(stage, pane, edge, 16 + text_height(TEXT_TITLE), TEXT_SMALL, stage->theme->faint_ink)->text);
}

static void caption_text(const struct stage *stage, char *out, size_t size) {
    char number[NUMBER_TEXT];
    snprintf(
        out, size,
        "Every slice reaches %s from the point each way, in units of the parameters, and all have the same heights: "
        "the loss less the point’s%s. The dashed frame is the point’s own height. Along the axes the loss is above it "
        "where the line is blue, below where it is orange. Random directions are filter-normalised (Li et al. 2018); "
        "the comparison is that of Böttcher & Wheeler (2022).",
        number_text(stage->slices->reach, 3, number),
        stage->scale.logarithmic ? ", on a scale logarithmic both ways" : "");
}

/* Breaks words into lines of `width`; with a pane, sets them there. Returns how many there are. */
static int set_lines(struct stage *stage, const char *english, float width, int pane) {
    const char *words = builder_say(&stage->builder, english);
    int lines = 0;
    for (; *words; lines++) {
        size_t bytes = text_break(words, TEXT_SMALL, width);
        if (pane >= 0)
            snprintf(
                add_words(stage, pane, edge, 8 + line_height * (float)lines, TEXT_SMALL, stage->theme->faint_ink)->text,
                LABEL_TEXT, "%.*s", (int)bytes, words);
        words += bytes;
        words += strspn(words, " ");
    }
    return lines;
}

/* 0 and powers of ten both ways for a bent scale, round numbers for a straight one. */
static int find_ticks(const struct scale *scale, double *out) {
    if (!scale->logarithmic) return ticks_linear(scale->low, scale->high, 5, out, TICKS_MOST);
    int count = 0;
    out[count++] = 0;
    for (int side = 0; side < 2; side++) {
        double most = side ? scale->high : -scale->low;
        if (!(most > scale->knee)) continue;
        int top = (int)floor(log10(most)), bottom = (int)ceil(log10(scale->knee));
        int step = 1 + (top - bottom) / 4;
        for (int power = top; power >= bottom && count < TICKS_MOST; power -= step)
            out[count++] = (side ? 1 : -1) * pow(10, power);
    }
    return count;
}

static void add_color_bar(struct stage *stage) {
    const struct theme *theme = stage->theme;
    float pane_height = stage->scene->panes[0].height * stage->view->height_px;
    float height = fminf(170, pane_height * 0.30f), top = 30, x = -(edge + 72), width = 12;
    if (height < 60) return;
    struct scene_box *bar = add_box(&stage->builder);
    *bar = (struct scene_box){.x = x,
                              .y = top,
                              .width = width,
                              .height = height,
                              .radius = 2,
                              .edge = theme->panel_edge,
                              .fill = theme->ground,
                              .gradient = true,
                              .panes = 1};
    struct scene_label *name = add_words(stage, 0, -edge, top - 24, TEXT_SMALL, theme->ink);
    name->anchor[0] = 1;
    text_print(name->text, LABEL_TEXT, "%s", builder_say(&stage->builder, "change of the loss"));
    double values[TICKS_MOST];
    int count = find_ticks(&stage->scale, values);
    float taken[TICKS_MOST];
    int set = 0;
    for (int i = 0; i < count; i++) {
        float y = top + height * (1 - tone_of(&stage->scale, values[i]));
        bool clear = true;
        for (int k = 0; k < set; k++) clear &= fabsf(taken[k] - y) >= 15;
        if (!clear || y < top - 1 || y > top + height + 1) continue;
        taken[set++] = y;
        char number[NUMBER_TEXT];
        struct scene_label *label = add_words(stage, 0, x + width + 8, y, TEXT_SMALL, theme->faint_ink);
        label->anchor[1] = 0.5f;
        text_print(label->text, LABEL_TEXT, "%s%s", values[i] > 0 ? "+" : "", number_text(values[i], 3, number));
        *add_box(&stage->builder) = (struct scene_box){
            .x = x + width, .y = y - 0.5f, .width = 4, .height = 1, .fill = theme->faint_ink, .panes = 1};
    }
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

void slices_build(struct scene *scene, const struct slices *slices, const struct slices_view *view) {
    scene_clear(scene);
    struct stage *stage = MEM_NEW(struct stage, 1);
    stage->builder.scene = scene;
    stage->scene = scene;
    stage->slices = slices;
    stage->view = view;
    stage->theme = scene->theme = theme_get(view->theme);
    scene->colormap = colormap_get(view->colormap, view->theme);
    scene->half[0] = scene->half[1] = 1;
    stage->drawn = slices->count < 1 + SLICES_DRAWN ? slices->count : 1 + SLICES_DRAWN;
    stage->scale = fit_scale(slices, stage->drawn, view->height);
    char caption[1024];
    caption_text(stage, caption, sizeof caption);
    stage->caption_height = 16 + line_height * (float)set_lines(stage, caption, view->width - 2 * edge, -1);
    lay_out(stage);
    for (int k = 0; k < stage->drawn; k++) add_slice(stage, k);
    add_rules(stage);
    add_title(stage);
    set_lines(stage, caption, view->width - 2 * edge, stage->drawn + 1);
    *add_box(&stage->builder) = (struct scene_box){
        .width = view->width, .height = 1, .fill = stage->theme->grid, .panes = 1u << (stage->drawn + 1)};
    add_color_bar(stage);
    free(stage);
}
