/* Lines and the wires of sheets: polylines to ribbon segments in pane pixels. */
#include "draw/canvas.h"

#include <cglm/cglm.h>
#include <math.h>
#include <string.h>

static const float least_step = 0.7f; /* pixels at scale 1: points nearer to the last one kept are left out */
static const float clip_w = 0.02f;    /* what is nearer to the eye than this is cut off */

struct ribbon_point {
    vec3 at; /* pane pixels, depth */
    float alpha, length;
};

struct ribbon {
    float half_width, dash, hidden, inner;
    struct color color;
};

static void push_segment(struct staging *lines, const struct ribbon *style, const struct ribbon_point *points,
                         int count, int i) {
    const struct ribbon_point *a = &points[i], *b = &points[i + 1];
    const struct ribbon_point *before = i > 0 ? &points[i - 1] : a, *after = i + 2 < count ? &points[i + 2] : b;
    struct line_instance *instance = staging_push(lines);
    *instance = (struct line_instance){
        .ends = {a->at[0], a->at[1], b->at[0], b->at[1]},
        .around = {before->at[0], before->at[1], after->at[0], after->at[1]},
        .depths = {a->at[2], b->at[2]},
        .alphas = {a->alpha, b->alpha},
        .half_width = style->half_width,
        .dash = style->dash,
        .length = a->length,
        .hidden = style->hidden,
        .ink = rgba8_of(style->color, 1),
        .inner = style->inner,
    };
}

static bool outside(const struct ribbon_point *a, const struct ribbon_point *b, const struct pane_frame *frame,
                    float reach) {
    return fmaxf(a->at[0], b->at[0]) < -reach || fminf(a->at[0], b->at[0]) > (float)frame->width + reach ||
           fmaxf(a->at[1], b->at[1]) < -reach || fminf(a->at[1], b->at[1]) > (float)frame->height + reach;
}

/* Thinner than a pixel: a pixel wide and as much fainter. */
static struct ribbon ribbon_style(struct color color, float width, float dash, float hidden, float scale) {
    struct ribbon style = {
        .half_width = 0.5f * width * scale, .dash = dash * scale, .hidden = hidden, .color = color, .inner = -2};
    if (style.half_width < 0.5f) {
        style.color.a *= style.half_width / 0.5f;
        style.half_width = 0.5f;
    }
    return style;
}

static void stage_run(struct canvas *canvas, const struct pane_frame *frame, const struct ribbon *styles,
                      int style_count) {
    const struct ribbon_point *points = (const struct ribbon_point *)canvas->ribbon.bytes;
    int count = (int)canvas->ribbon.count;
    for (int s = 0; s < style_count; s++)
        for (int i = 0; i + 1 < count; i++)
            if (!outside(&points[i], &points[i + 1], frame, styles[s].half_width + 2))
                push_segment(&canvas->lines, &styles[s], points, count, i);
    canvas->ribbon.count = 0;
}

static void keep_point(struct canvas *canvas, const vec3 pixel, float alpha, bool last, float step) {
    struct staging *ribbon = &canvas->ribbon;
    struct ribbon_point *points = (struct ribbon_point *)ribbon->bytes;
    float length = 0;
    if (ribbon->count > 0) {
        struct ribbon_point *before = &points[ribbon->count - 1];
        float away = hypotf(pixel[0] - before->at[0], pixel[1] - before->at[1]);
        if (away < step) {
            if (!last) return;
            /* The end is where it is: it takes the place of the point before, unless that is the start. */
            if (ribbon->count > 1) {
                ribbon->count--;
                before = &points[ribbon->count - 1];
                away = hypotf(pixel[0] - before->at[0], pixel[1] - before->at[1]);
            }
            if (away < 1e-3f) return;
        }
        length = before->length + away;
    }
    struct ribbon_point *point = staging_push(ribbon);
    *point = (struct ribbon_point){.at = {pixel[0], pixel[1], pixel[2]}, .alpha = alpha, .length = length};
}

/* Where the segment from one point (behind the eye's plane) to another (before it) crosses that plane. */
static void cross(const struct pane_frame *frame, const float *behind, const float *before, vec3 out) {
    float w[2];
    const float *ends[2] = {behind, before};
    for (int i = 0; i < 2; i++)
        w[i] = -(frame->view[0][2] * ends[i][0] + frame->view[1][2] * ends[i][1] + frame->view[2][2] * ends[i][2] +
                 frame->view[3][2]);
    float share = glm_clamp((clip_w - w[0]) / (w[1] - w[0]) + 1e-3f, 0, 1);
    for (int k = 0; k < 3; k++) out[k] = behind[k] + share * (before[k] - behind[k]);
}

static void stage_line(struct canvas *canvas, const struct pane_frame *frame, const struct scene_point *points,
                       int count, int stride, const struct ribbon *styles, int style_count) {
    staging_clear(&canvas->ribbon, sizeof(struct ribbon_point));
    float reach = styles[0].half_width;
    float step = least_step * fminf(frame->scale, 2);
    const float *behind = NULL, *before = NULL;
    for (int i = 0; i < count; i++) {
        const struct scene_point *point = &points[i * stride];
        vec3 pixel;
        /* As if nearer by a few widths: a ribbon faces the viewer and would cut into a slope. */
        bool seen = isfinite(point->at[0] + point->at[1] + point->at[2]) &&
                    pane_frame_project(frame, point->at, 3 * reach + 1, pixel);
        if (!isfinite(point->at[0] + point->at[1] + point->at[2])) {
            stage_run(canvas, frame, styles, style_count);
            behind = before = NULL;
            continue;
        }
        vec3 cut, cut_pixel;
        if (seen) {
            if (behind) {
                cross(frame, behind, point->at, cut);
                if (pane_frame_project(frame, cut, 3 * reach + 1, cut_pixel))
                    keep_point(canvas, cut_pixel, point->alpha, false, step);
            }
            keep_point(canvas, pixel, point->alpha, i + 1 == count, step);
            behind = NULL;
            before = point->at;
        } else {
            if (before) {
                cross(frame, point->at, before, cut);
                if (pane_frame_project(frame, cut, 3 * reach + 1, cut_pixel))
                    keep_point(canvas, cut_pixel, point->alpha, true, step);
                stage_run(canvas, frame, styles, style_count);
            }
            behind = point->at;
            before = NULL;
        }
    }
    stage_run(canvas, frame, styles, style_count);
}

static void stage_wires(struct canvas *canvas, const struct scene *scene, const struct pane_frame *frame,
                        const struct scene_triangle_sheet *sheet) {
    struct ribbon style = ribbon_style(sheet->wire, 1, 0, 0.18f, frame->scale);
    const struct scene_point *points = scene->points + sheet->first;
    /* At most about 16 wires each way: a fine net, not a solid. */
    int row_step = sheet->rows > 24 ? sheet->rows / 12 : 1, column_step = sheet->columns > 24 ? sheet->columns / 12 : 1;
    for (int row = 0; row < sheet->rows; row += row_step)
        stage_line(canvas, frame, points + row * sheet->columns, sheet->columns, 1, &style, 1);
    for (int column = 0; column < sheet->columns; column += column_step)
        stage_line(canvas, frame, points + column, sheet->rows, sheet->columns, &style, 1);
}

/* The surface's edge, drawn as on a block diagram. */
static void stage_border(struct canvas *canvas, const struct scene *scene, const struct pane_frame *frame) {
    const struct scene_surface *surface = frame->surface;
    if (!surface) return;
    struct color ink = scene->theme->contour_major;
    ink.a = fminf(1, ink.a * 1.2f);
    struct ribbon style = ribbon_style(ink, 1, 0, 0, frame->scale);
    staging_clear(&canvas->border, sizeof(struct scene_point));
    int count = surface_border_count(surface);
    for (int i = 0; i < count; i++) {
        struct scene_point *point = staging_push(&canvas->border);
        surface_border_point(surface, i, point->at);
        point->alpha = 1;
    }
    stage_line(canvas, frame, (const struct scene_point *)canvas->border.bytes, count, 1, &style, 1);
}

void ribbons_stage(struct canvas *canvas, const struct scene *scene, const struct pane_frame *frame) {
    stage_border(canvas, scene, frame);
    for (size_t i = 0; i < scene->sheet_count; i++)
        if (scene->sheets[i].panes & frame->bit) stage_wires(canvas, scene, frame, &scene->sheets[i]);
    for (size_t i = 0; i < scene->line_count; i++) {
        const struct scene_line *line = &scene->lines[i];
        if (!(line->panes & frame->bit) || line->count < 1) continue;
        struct ribbon styles[2];
        int count = 0;
        if (line->casing.a > 0 && line->casing_width > 0)
            styles[count++] = ribbon_style(line->casing, line->width + 2 * line->casing_width, line->dash,
                                           line->hidden_alpha, frame->scale);
        styles[count++] = ribbon_style(line->color, line->width, line->dash, line->hidden_alpha, frame->scale);
        if (count == 2) styles[0].inner = styles[1].half_width - 0.5f;
        stage_line(canvas, frame, scene->points + line->first, line->count, 1, styles, count);
    }
}
