#include "draw/canvas.h"

#include "draw/occlusion.h"

#include <cglm/cglm.h>
#include <math.h>
#include <string.h>

static const float outline_pixels = 1.25f, arrow_casing_pixels = 1.25f;
static const float small_glyph = 7; /* pixels: below, a mark is tested pixel by pixel like a line */

/* ---- buffers
 * ------------------------------------------------------------------------------------------------------------ */

static GLuint array_begin(struct gpu_buffer *buffer, struct draw_statistics *statistics) {
    GLuint array;
    glGenVertexArrays(1, &array);
    glBindVertexArray(array);
    gpu_buffer_update(buffer, NULL, 0, statistics);
    return array;
}

/* An instance buffer's attributes are set again before each range drawn, because GL 3.3 has no first instance. */
static void bind_lines(size_t first) {
    size_t stride = sizeof(struct line_instance), from = first * stride;
    attribute_floats(0, 4, stride, from + offsetof(struct line_instance, ends), 1);
    attribute_floats(1, 4, stride, from + offsetof(struct line_instance, around), 1);
    attribute_floats(2, 4, stride, from + offsetof(struct line_instance, depths), 1);
    attribute_floats(3, 4, stride, from + offsetof(struct line_instance, half_width), 1);
    attribute_bytes(4, stride, from + offsetof(struct line_instance, ink), 1);
    attribute_floats(5, 1, stride, from + offsetof(struct line_instance, inner), 1);
}

static void bind_arrows(size_t first) {
    size_t stride = sizeof(struct arrow_instance), from = first * stride;
    attribute_floats(0, 4, stride, from + offsetof(struct arrow_instance, ends), 1);
    attribute_floats(1, 4, stride, from + offsetof(struct arrow_instance, depths), 1);
    attribute_floats(2, 4, stride, from + offsetof(struct arrow_instance, half_width), 1);
    attribute_bytes(3, stride, from + offsetof(struct arrow_instance, ink), 1);
    attribute_bytes(4, stride, from + offsetof(struct arrow_instance, casing), 1);
}

static void bind_glyphs(size_t first) {
    size_t stride = sizeof(struct glyph_instance), from = first * stride;
    attribute_floats(0, 4, stride, from + offsetof(struct glyph_instance, x), 1);
    attribute_floats(1, 4, stride, from + offsetof(struct glyph_instance, shape), 1);
    attribute_bytes(2, stride, from + offsetof(struct glyph_instance, fill), 1);
    attribute_bytes(3, stride, from + offsetof(struct glyph_instance, outline), 1);
}

static void bind_boxes(size_t first) {
    size_t stride = sizeof(struct box_instance), from = first * stride;
    attribute_floats(0, 4, stride, from + offsetof(struct box_instance, left), 1);
    attribute_floats(1, 2, stride, from + offsetof(struct box_instance, radius), 1);
    attribute_bytes(2, stride, from + offsetof(struct box_instance, fill), 1);
    attribute_bytes(3, stride, from + offsetof(struct box_instance, edge), 1);
}

static void bind_texts(size_t first) {
    size_t stride = sizeof(struct text_instance), from = first * stride;
    attribute_floats(0, 4, stride, from + offsetof(struct text_instance, left), 1);
    attribute_floats(1, 2, stride, from + offsetof(struct text_instance, cell), 1);
    attribute_bytes(2, stride, from + offsetof(struct text_instance, ink), 1);
    attribute_bytes(3, stride, from + offsetof(struct text_instance, halo), 1);
}

void canvas_create(struct canvas *canvas) {
    *canvas = (struct canvas){.lettering = lettering_create()};
    struct draw_statistics none = {0};
    canvas->line_array = array_begin(&canvas->line_buffer, &none);
    canvas->arrow_array = array_begin(&canvas->arrow_buffer, &none);
    canvas->glyph_array = array_begin(&canvas->glyph_buffer, &none);
    canvas->box_array = array_begin(&canvas->box_buffer, &none);
    canvas->text_array = array_begin(&canvas->text_buffer, &none);
    canvas->sheet_array = array_begin(&canvas->sheet_buffer, &none);
    attribute_floats(0, 3, 3 * sizeof(float), 0, 0);
    glBindVertexArray(0);
}

void canvas_release(struct canvas *canvas) {
    struct gpu_buffer *buffers[] = {&canvas->line_buffer, &canvas->arrow_buffer, &canvas->glyph_buffer,
                                    &canvas->box_buffer,  &canvas->text_buffer,  &canvas->sheet_buffer};
    struct staging *stagings[] = {&canvas->lines, &canvas->arrows, &canvas->glyphs, &canvas->boxes,
                                  &canvas->texts, &canvas->sheets, &canvas->ribbon, &canvas->border};
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++) gpu_buffer_release(buffers[i]);
    for (size_t i = 0; i < sizeof stagings / sizeof *stagings; i++) staging_release(stagings[i]);
    glDeleteVertexArrays(6, (GLuint[]){canvas->line_array, canvas->arrow_array, canvas->glyph_array, canvas->box_array,
                                       canvas->text_array, canvas->sheet_array});
    label_places_release(&canvas->places);
    lettering_destroy(&canvas->lettering);
    *canvas = (struct canvas){0};
}

/* ---- staging
 * ------------------------------------------------------------------------------------------------------------ */

static void stage_arrows(struct canvas *canvas, const struct scene *scene, const struct pane_frame *frame) {
    for (size_t i = 0; i < scene->arrow_count; i++) {
        const struct scene_arrow *arrow = &scene->arrows[i];
        if (!(arrow->panes & frame->bit)) continue;
        float nearer = fmaxf(arrow->head, 4) * frame->scale;
        vec3 from, to;
        if (!pane_frame_project(frame, arrow->from, nearer, from) || !pane_frame_project(frame, arrow->to, nearer, to))
            continue;
        struct arrow_instance *instance = staging_push(&canvas->arrows);
        *instance = (struct arrow_instance){
            .ends = {from[0], from[1], to[0], to[1]},
            .depths = {from[2], to[2]},
            .hidden = arrow->hidden_alpha,
            .alpha = 1,
            .half_width = fmaxf(0.5f * arrow->width * frame->scale, 0.5f),
            .head = arrow->head * frame->scale,
            .casing_width = arrow->casing.a > 0 ? arrow_casing_pixels * frame->scale : 0,
            .kind = (float)(arrow->double_headed + 2 * arrow->dashed),
            .ink = rgba8_of(arrow->color, 1),
            .casing = rgba8_of(arrow->casing, 1),
        };
        if (arrow->hidden_alpha > 0) canvas->any_hidden_arrows = true;
    }
}

static void push_glyph(struct canvas *canvas, const vec3 pixel, float size, enum glyph_shape shape, bool hollow,
                       struct color fill, struct color outline, float alpha, float hidden, float scale) {
    struct glyph_instance *instance = staging_push(&canvas->glyphs);
    float width = outline.a > 0 ? fminf(outline_pixels, size * 0.14f) : 0;
    *instance = (struct glyph_instance){
        .x = pixel[0],
        .y = pixel[1],
        .depth = pixel[2],
        .radius = 0.5f * size * scale,
        .shape = (float)shape,
        .hollow = hollow,
        .outline_width = width * scale,
        .hidden = hidden,
        .fill = rgba8_of(fill, alpha),
        .outline = rgba8_of(outline, alpha),
    };
}

static void stage_glyphs(struct canvas *canvas, const struct scene *scene, const struct pane_frame *frame,
                         struct canvas_pane *out) {
    for (int small = 1; small >= 0; small--) {
        struct range *range = small ? &out->small_glyphs : &out->glyphs;
        range->first = (int)canvas->glyphs.count;
        for (size_t i = 0; i < scene->glyph_count; i++) {
            const struct scene_glyph *glyph = &scene->glyphs[i];
            if (!(glyph->panes & frame->bit) || (glyph->size < small_glyph) != (small == 1)) continue;
            vec3 pixel;
            if (!isfinite(glyph->at[0] + glyph->at[1] + glyph->at[2]) ||
                !pane_frame_project(frame, glyph->at, small ? 2 * glyph->size * frame->scale : 0, pixel))
                continue;
            float alpha = 1;
            if (!small) {
                float seen = occlusion_view(frame->surface, frame, glyph->at);
                alpha = glyph->hidden_alpha + (1 - glyph->hidden_alpha) * seen;
                pixel[2] = 0;
            }
            if (alpha < 0.01f) continue;
            if (small && glyph->hidden_alpha > 0) canvas->any_hidden_glyphs = true;
            push_glyph(canvas, pixel, glyph->size, glyph->shape, glyph->hollow, glyph->fill, glyph->outline, alpha,
                       glyph->hidden_alpha, frame->scale);
        }
        range->count = (int)canvas->glyphs.count - range->first;
    }
    out->marks.first = (int)canvas->glyphs.count;
    for (size_t i = 0; i < scene->mark_count; i++) {
        const struct scene_mark *mark = &scene->marks[i];
        if (!(mark->panes & frame->bit)) continue;
        float x = mark->x * frame->scale + (mark->x < 0 ? (float)frame->width : 0);
        float y = mark->y * frame->scale + (mark->y < 0 ? (float)frame->height : 0);
        push_glyph(canvas, (vec3){x, (float)frame->height - y, 0}, mark->size, mark->shape, mark->hollow, mark->fill,
                   mark->outline, 1, 1, frame->scale);
    }
    out->marks.count = (int)canvas->glyphs.count - out->marks.first;
}

static void stage_boxes(struct canvas *canvas, const struct scene *scene, const struct pane_frame *frame) {
    for (size_t i = 0; i < scene->box_count; i++) {
        const struct scene_box *box = &scene->boxes[i];
        if (!(box->panes & frame->bit)) continue;
        float scale = frame->scale;
        float x = box->x * scale + (box->x < 0 ? (float)frame->width : 0);
        float y = box->y * scale + (box->y < 0 ? (float)frame->height : 0);
        /* Edges on whole pixels. */
        float left = rintf(x), top = rintf(y), right = rintf(x + box->width * scale),
              bottom = rintf(y + box->height * scale);
        struct box_instance *instance = staging_push(&canvas->boxes);
        *instance = (struct box_instance){
            .left = left,
            .bottom = (float)frame->height - bottom,
            .width = right - left,
            .height = bottom - top,
            .radius = fminf(box->radius * scale, 0.5f * fminf(right - left, bottom - top)),
            .gradient = box->gradient,
            .fill = rgba8_of(box->fill, 1),
            .edge = rgba8_of(box->edge, 1),
        };
    }
}

/* World-space triangles of all sheets; the same for every pane. */
static void stage_sheets(struct canvas *canvas, const struct scene *scene) {
    staging_clear(&canvas->sheets, 3 * sizeof(float));
    for (size_t i = 0; i < scene->sheet_count; i++) {
        const struct scene_triangle_sheet *sheet = &scene->sheets[i];
        for (int row = 0; row + 1 < sheet->rows; row++) {
            for (int column = 0; column + 1 < sheet->columns; column++) {
                int a = sheet->first + row * sheet->columns + column, b = a + 1, c = a + sheet->columns, d = c + 1;
                int corners[6] = {a, b, d, a, d, c};
                for (int k = 0; k < 6; k++)
                    memcpy(staging_push(&canvas->sheets), scene->points[corners[k]].at, 3 * sizeof(float));
            }
        }
    }
}

static void stage_pane(struct canvas *canvas, const struct scene *scene, const struct pane_frame *frame,
                       struct canvas_pane *out, struct draw_statistics *statistics) {
    *out = (struct canvas_pane){0};
    if (!frame->visible) return;
    out->lines.first = (int)canvas->lines.count;
    ribbons_stage(canvas, scene, frame);
    out->lines.count = (int)canvas->lines.count - out->lines.first;
    out->arrows.first = (int)canvas->arrows.count;
    stage_arrows(canvas, scene, frame);
    out->arrows.count = (int)canvas->arrows.count - out->arrows.first;
    stage_glyphs(canvas, scene, frame, out);
    out->boxes.first = (int)canvas->boxes.count;
    stage_boxes(canvas, scene, frame);
    out->boxes.count = (int)canvas->boxes.count - out->boxes.first;
    labels_stage(canvas, scene, frame, out, statistics);
}

static void stage_all(struct canvas *canvas, const struct scene *scene, const struct pane_frame *frames,
                      struct draw_statistics *statistics) {
    staging_clear(&canvas->lines, sizeof(struct line_instance));
    staging_clear(&canvas->arrows, sizeof(struct arrow_instance));
    staging_clear(&canvas->glyphs, sizeof(struct glyph_instance));
    staging_clear(&canvas->boxes, sizeof(struct box_instance));
    staging_clear(&canvas->texts, sizeof(struct text_instance));
    canvas->any_hidden_arrows = canvas->any_hidden_glyphs = false;
    canvas->any_hidden_lines = scene->sheet_count > 0;
    for (size_t i = 0; i < scene->line_count; i++)
        if (scene->lines[i].hidden_alpha > 0) canvas->any_hidden_lines = true;
    for (int i = 0; i < scene->pane_count; i++) stage_pane(canvas, scene, &frames[i], &canvas->panes[i], statistics);
}

static void send(struct gpu_buffer *buffer, const struct staging *staging, struct draw_statistics *statistics) {
    gpu_buffer_update(buffer, staging->bytes, staging->count * staging->item, statistics);
}

void canvas_update(struct canvas *canvas, const struct scene *scene, const struct pane_frame *frames,
                   struct draw_statistics *statistics) {
    /* When the atlas overflows amid a frame it is emptied, and texts placed before have lost their letters: once more,
     * with only this frame's texts in it. A third time would mean that one frame's texts fill the largest atlas. */
    for (int attempt = 0; attempt < 3; attempt++) {
        int generation = lettering_generation(canvas->lettering);
        stage_all(canvas, scene, frames, statistics);
        if (generation == lettering_generation(canvas->lettering)) break;
    }
    stage_sheets(canvas, scene);
    send(&canvas->line_buffer, &canvas->lines, statistics);
    send(&canvas->arrow_buffer, &canvas->arrows, statistics);
    send(&canvas->glyph_buffer, &canvas->glyphs, statistics);
    send(&canvas->box_buffer, &canvas->boxes, statistics);
    send(&canvas->text_buffer, &canvas->texts, statistics);
    send(&canvas->sheet_buffer, &canvas->sheets, statistics);
}

/* ---- drawing
 * ------------------------------------------------------------------------------------------------------------ */

static void draw_range(GLuint array, const struct gpu_buffer *buffer, void (*bind)(size_t), struct range range,
                       struct draw_statistics *statistics) {
    if (range.count < 1 || buffer->size == 0) return;
    glBindVertexArray(array);
    glBindBuffer(GL_ARRAY_BUFFER, buffer->name);
    bind((size_t)range.first);
    glDrawArraysInstanced(GL_TRIANGLE_STRIP, 0, 4, range.count);
    statistics->draw_calls++;
}

/* What is behind the surface first and fainter, then what is in front. */
static void draw_tested(GLuint program, bool any_hidden, bool flat, GLuint array, const struct gpu_buffer *buffer,
                        void (*bind)(size_t), struct range range, struct draw_statistics *statistics) {
    if (range.count < 1) return;
    glUseProgram(program);
    if (any_hidden && !flat) {
        glDepthFunc(GL_GREATER);
        program_float(program, "hidden", 1);
        draw_range(array, buffer, bind, range, statistics);
    }
    glDepthFunc(flat ? GL_ALWAYS : GL_LEQUAL);
    program_float(program, "hidden", 0);
    draw_range(array, buffer, bind, range, statistics);
}

static void draw_veils(const struct canvas *canvas, const struct shader_set *shaders, const struct scene *scene,
                       const struct pane_frame *frame, struct draw_statistics *statistics) {
    GLuint program = shaders->programs[PROGRAM_SHEET];
    int first = 0;
    for (size_t i = 0; i < scene->sheet_count && canvas->sheet_buffer.size > 0; i++) {
        const struct scene_triangle_sheet *sheet = &scene->sheets[i];
        int count = sheet->rows > 1 && sheet->columns > 1 ? 6 * (sheet->rows - 1) * (sheet->columns - 1) : 0;
        if ((sheet->panes & frame->bit) && sheet->veil.a > 0 && count > 0) {
            glUseProgram(program);
            program_color(program, "veil", &sheet->veil.r);
            glBindVertexArray(canvas->sheet_array);
            glDrawArrays(GL_TRIANGLES, first, count);
            statistics->draw_calls++;
        }
        first += count;
    }
}

void canvas_draw_world(const struct canvas *canvas, const struct shader_set *shaders, const struct scene *scene,
                       const struct pane_frame *frame, int pane, struct draw_statistics *statistics) {
    const struct canvas_pane *ranges = &canvas->panes[pane];
    glDepthMask(GL_FALSE);
    glDepthFunc(frame->flat ? GL_ALWAYS : GL_LEQUAL);
    draw_veils(canvas, shaders, scene, frame, statistics);
    draw_tested(shaders->programs[PROGRAM_LINE], canvas->any_hidden_lines, frame->flat, canvas->line_array,
                &canvas->line_buffer, bind_lines, ranges->lines, statistics);
    draw_tested(shaders->programs[PROGRAM_GLYPH], canvas->any_hidden_glyphs, frame->flat, canvas->glyph_array,
                &canvas->glyph_buffer, bind_glyphs, ranges->small_glyphs, statistics);
    draw_tested(shaders->programs[PROGRAM_ARROW], canvas->any_hidden_arrows, frame->flat, canvas->arrow_array,
                &canvas->arrow_buffer, bind_arrows, ranges->arrows, statistics);
    glDepthFunc(GL_LESS);
    glDepthMask(GL_TRUE);
}

void canvas_draw_overlay(const struct canvas *canvas, const struct shader_set *shaders, GLuint colormap, int pane,
                         struct draw_statistics *statistics) {
    const struct canvas_pane *ranges = &canvas->panes[pane];
    GLuint glyph = shaders->programs[PROGRAM_GLYPH], text = shaders->programs[PROGRAM_TEXT],
           box = shaders->programs[PROGRAM_BOX];
    glUseProgram(glyph);
    program_float(glyph, "hidden", 0);
    draw_range(canvas->glyph_array, &canvas->glyph_buffer, bind_glyphs, ranges->glyphs, statistics);
    float side = (float)lettering_side(canvas->lettering);
    glUseProgram(text);
    program_vec2(text, "atlas_size", side, side);
    glBindTexture(GL_TEXTURE_2D, lettering_texture(canvas->lettering));
    draw_range(canvas->text_array, &canvas->text_buffer, bind_texts, ranges->world_texts, statistics);
    glUseProgram(box);
    glBindTexture(GL_TEXTURE_2D, colormap);
    draw_range(canvas->box_array, &canvas->box_buffer, bind_boxes, ranges->boxes, statistics);
    glUseProgram(glyph);
    draw_range(canvas->glyph_array, &canvas->glyph_buffer, bind_glyphs, ranges->marks, statistics);
    glUseProgram(text);
    glBindTexture(GL_TEXTURE_2D, lettering_texture(canvas->lettering));
    draw_range(canvas->text_array, &canvas->text_buffer, bind_texts, ranges->screen_texts, statistics);
}
