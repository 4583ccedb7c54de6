/* Which labels are shown, and where: by priority, none upon another. */
#include "draw/canvas.h"

#include "draw/occlusion.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct placed {
    int left, top, right, bottom; /* pane pixels, y down */
};

struct candidate {
    int index, priority;
};

static int compare_candidates(const void *a, const void *b) {
    const struct candidate *one = a, *other = b;
    /* Those always drawn (< 0) come first, so that the others give way to them; then the higher priority, then the
     * order given. */
    int first = one->priority < 0 ? INT32_MAX : one->priority,
        second = other->priority < 0 ? INT32_MAX : other->priority;
    if (first != second) return first > second ? -1 : 1;
    return one->index < other->index ? -1 : one->index > other->index;
}

static bool overlaps(const struct staging *placed, struct placed box, int margin) {
    const struct placed *taken = (const struct placed *)placed->bytes;
    for (size_t i = 0; i < placed->count; i++)
        if (box.left < taken[i].right + margin && taken[i].left < box.right + margin &&
            box.top < taken[i].bottom + margin && taken[i].top < box.bottom + margin)
            return true;
    return false;
}

/* Pixel (y down) of the label's anchor; false when it is not to be seen. `view`: how much of it is in view. */
static bool label_anchor(const struct scene *scene, const struct pane_frame *frame, const struct scene_label *label,
                         float *x, float *y, float *view) {
    float width = (float)frame->width, height = (float)frame->height;
    *view = 1;
    if (label->on_screen) {
        *x = label->at[0] * frame->scale + (label->at[0] < 0 ? width : 0);
        *y = label->at[1] * frame->scale + (label->at[1] < 0 ? height : 0);
    } else {
        vec3 pixel;
        if (!isfinite(label->at[0] + label->at[1] + label->at[2]) || !pane_frame_project(frame, label->at, 0, pixel))
            return false;
        *x = pixel[0];
        *y = height - pixel[1];
        if (*x < 0 || *y < 0 || *x > width || *y > height) return false;
        float seen = occlusion_view(frame->surface, frame, label->at);
        *view = label->hidden_alpha + (1 - label->hidden_alpha) * seen;
        if (*view < 0.01f) return false;
    }
    *x += label->offset[0] * frame->scale;
    *y += label->offset[1] * frame->scale;
    return true;
}

static int nudged(int at, int size, int room) {
    if (at + size > room) at = room - size;
    return at < 0 ? 0 : at;
}

static void stage_label(struct canvas *canvas, const struct scene *scene, const struct pane_frame *frame,
                        const struct scene_label *label, struct draw_statistics *statistics) {
    float x, y, view;
    struct lettering_cell cell;
    if (!label_anchor(scene, frame, label, &x, &y, &view)) return;
    if (!lettering_find(canvas->lettering, label->text, label->size, label->bold, frame->scale, &cell, statistics))
        return;
    int width = cell.width - 2 * cell.pad, height = cell.height - 2 * cell.pad;
    int left = (int)floorf(x - label->anchor[0] * (float)width + 0.5f);
    int top = (int)floorf(y - label->anchor[1] * (float)height + 0.5f);
    /* A label at the edge stays whole. */
    left = nudged(left, width, frame->width);
    top = nudged(top, height, frame->height);
    struct placed box = {left, top, left + width, top + height};
    if (label->priority >= 0 && overlaps(&canvas->placed, box, (int)lrintf(2 * frame->scale))) return;
    *(struct placed *)staging_push(&canvas->placed) = box;
    struct text_instance *instance = staging_push(&canvas->texts);
    *instance = (struct text_instance){
        .left = (float)(left - cell.pad),
        .bottom = (float)(frame->height - (top + height + cell.pad)),
        .width = (float)cell.width,
        .height = (float)cell.height,
        .cell = {(float)cell.x, (float)cell.y},
        .ink = rgba8_of(label->color, view),
        .halo = rgba8_of(label->halo, view),
    };
}

/* Boxes hide what is in the world behind them: no half labels at their edges. */
static void block_boxes(struct canvas *canvas, const struct scene *scene, const struct pane_frame *frame) {
    for (size_t i = 0; i < scene->box_count; i++) {
        const struct scene_box *box = &scene->boxes[i];
        if (!(box->panes & frame->bit) || (box->fill.a < 0.3f && !box->gradient)) continue;
        float x = box->x * frame->scale + (box->x < 0 ? (float)frame->width : 0);
        float y = box->y * frame->scale + (box->y < 0 ? (float)frame->height : 0);
        struct placed taken = {(int)x, (int)y, (int)(x + box->width * frame->scale),
                               (int)(y + box->height * frame->scale)};
        *(struct placed *)staging_push(&canvas->placed) = taken;
    }
}

void labels_stage(struct canvas *canvas, const struct scene *scene, const struct pane_frame *frame,
                  struct canvas_pane *out, struct draw_statistics *statistics) {
    staging_clear(&canvas->placed, sizeof(struct placed));
    for (int on_screen = 1; on_screen >= 0; on_screen--) {
        staging_clear(&canvas->order, sizeof(struct candidate));
        for (size_t i = 0; i < scene->label_count; i++) {
            const struct scene_label *label = &scene->labels[i];
            if ((label->panes & frame->bit) && label->on_screen == (on_screen == 1))
                *(struct candidate *)staging_push(&canvas->order) = (struct candidate){(int)i, label->priority};
        }
        if (canvas->order.count > 1)
            qsort(canvas->order.bytes, canvas->order.count, sizeof(struct candidate), compare_candidates);
        if (!on_screen) block_boxes(canvas, scene, frame);
        struct range *range = on_screen ? &out->screen_texts : &out->world_texts;
        range->first = (int)canvas->texts.count;
        const struct candidate *order = (const struct candidate *)canvas->order.bytes;
        for (size_t i = 0; i < canvas->order.count; i++)
            stage_label(canvas, scene, frame, &scene->labels[order[i].index], statistics);
        range->count = (int)canvas->texts.count - range->first;
    }
}
