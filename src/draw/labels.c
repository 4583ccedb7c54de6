/* Labels, where label_places_find puts them: a quad of the atlas each. */
#include "draw/canvas.h"

#include "draw/occlusion.h"

struct labelling {
    struct canvas *canvas;
    const struct pane_frame *frame;
    struct draw_statistics *statistics;
};

static bool measure(void *context, const struct scene_label *label, float *width, float *height) {
    const struct labelling *labelling = context;
    struct lettering_cell cell;
    if (!lettering_find(labelling->canvas->lettering, label->text, label->size, label->bold, labelling->frame->scale,
                        &cell, labelling->statistics))
        return false;
    *width = (float)(cell.width - 2 * cell.pad);
    *height = (float)(cell.height - 2 * cell.pad);
    return true;
}

static bool find(void *context, const vec3 at, vec2 pixel, float *view) {
    const struct pane_frame *frame = ((const struct labelling *)context)->frame;
    vec3 projected;
    if (!pane_frame_project(frame, at, 0, projected)) return false;
    pixel[0] = projected[0];
    pixel[1] = (float)frame->height - projected[1];
    *view = occlusion_view(frame->surface, frame, at);
    return true;
}

static void stage_label(const struct labelling *labelling, const struct label_place *place) {
    const struct pane_frame *frame = labelling->frame;
    const struct scene_label *label = place->label;
    struct lettering_cell cell;
    if (!lettering_find(labelling->canvas->lettering, label->text, label->size, label->bold, frame->scale, &cell,
                        labelling->statistics))
        return;
    struct text_instance *instance = staging_push(&labelling->canvas->texts);
    *instance = (struct text_instance){
        .left = place->left - (float)cell.pad,
        .bottom = (float)frame->height - (place->top + place->height + (float)cell.pad),
        .width = (float)cell.width,
        .height = (float)cell.height,
        .cell = {(float)cell.x, (float)cell.y},
        .ink = rgba8_of(label->color, place->view),
        .halo = rgba8_of(label->halo, place->view),
    };
}

void labels_stage(struct canvas *canvas, const struct scene *scene, const struct pane_frame *frame,
                  struct canvas_pane *out, struct draw_statistics *statistics) {
    struct labelling labelling = {canvas, frame, statistics};
    const struct label_room room = {.width = (float)frame->width,
                                    .height = (float)frame->height,
                                    .scale = frame->scale,
                                    .gap = 2 * frame->scale,
                                    .whole_pixels = true,
                                    .measure = measure,
                                    .find = find,
                                    .context = &labelling};
    label_places_find(&canvas->places, scene, frame->bit, &room);
    for (int on_screen = 1; on_screen >= 0; on_screen--) {
        struct range *range = on_screen ? &out->screen_texts : &out->world_texts;
        range->first = (int)canvas->texts.count;
        for (size_t i = 0; i < canvas->places.count; i++) {
            const struct label_place *place = &canvas->places.all[i];
            if (place->label && place->label->on_screen == (on_screen == 1)) stage_label(&labelling, place);
        }
        range->count = (int)canvas->texts.count - range->first;
    }
}
