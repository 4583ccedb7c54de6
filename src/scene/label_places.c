/* Which labels are shown, and where: by priority, none upon another. */
#include "scene/scene.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

struct candidate {
    const struct scene_label *label;
    size_t index;
};

static int rank(const struct scene_label *label) {
    return label->priority < 0 ? INT32_MAX : label->priority;
}

/* Those always drawn (< 0) come first, so that the others give way to them; then the higher priority, then the order
 * given. */
static int compare_candidates(const void *a, const void *b) {
    const struct candidate *one = a, *other = b;
    int first = rank(one->label), second = rank(other->label);
    if (first != second) return first > second ? -1 : 1;
    return one->index < other->index ? -1 : one->index > other->index;
}

static bool overlaps(const struct label_places *places, const struct label_place *here, float gap) {
    for (size_t i = 0; i < places->count; i++) {
        const struct label_place *other = &places->all[i];
        if (here->left < other->left + other->width + gap && other->left < here->left + here->width + gap &&
            here->top < other->top + other->height + gap && other->top < here->top + here->height + gap)
            return true;
    }
    return false;
}

static void take(struct label_places *places, const struct label_place *place) {
    MEM_GROW(places->all, places->capacity, places->count + 1);
    places->all[places->count++] = *place;
}

/* Pane pixels of the label's anchor; false when it is not to be seen. */
static bool find_anchor(const struct scene_label *label, const struct label_room *room, vec2 at, float *view) {
    *view = 1;
    if (label->on_screen) {
        at[0] = label->at[0] * room->scale + (label->at[0] < 0 ? room->width : 0);
        at[1] = label->at[1] * room->scale + (label->at[1] < 0 ? room->height : 0);
    } else {
        float seen;
        if (!isfinite(label->at[0] + label->at[1] + label->at[2]) || !room->find(room->context, label->at, at, &seen))
            return false;
        if (at[0] < 0 || at[1] < 0 || at[0] > room->width || at[1] > room->height) return false;
        *view = label->hidden_alpha + (1 - label->hidden_alpha) * seen;
        if (*view < 0.01f) return false;
    }
    at[0] += label->offset[0] * room->scale;
    at[1] += label->offset[1] * room->scale;
    return true;
}

/* A label at the edge stays whole. */
static float kept_within(float at, float size, float room) {
    return fmaxf(fminf(at, room - size), 0);
}

static void place_label(struct label_places *places, const struct scene_label *label, const struct label_room *room) {
    struct label_place place = {.label = label};
    vec2 at;
    if (!find_anchor(label, room, at, &place.view) || !room->measure(room->context, label, &place.width, &place.height))
        return;
    place.left = at[0] - label->anchor[0] * place.width;
    place.top = at[1] - label->anchor[1] * place.height;
    if (room->whole_pixels) {
        place.left = floorf(place.left + 0.5f);
        place.top = floorf(place.top + 0.5f);
    }
    place.left = kept_within(place.left, place.width, room->width);
    place.top = kept_within(place.top, place.height, room->height);
    if (label->priority < 0 || !overlaps(places, &place, room->gap)) take(places, &place);
}

/* Boxes hide what is in the world behind them: no half labels at their edges. */
static void block_boxes(struct label_places *places, const struct scene *scene, uint32_t bit,
                        const struct label_room *room) {
    for (size_t i = 0; i < scene->box_count; i++) {
        const struct scene_box *box = &scene->boxes[i];
        if (!(box->panes & bit) || (box->fill.a < 0.3f && !box->gradient)) continue;
        take(places, &(struct label_place){.left = box->x * room->scale + (box->x < 0 ? room->width : 0),
                                           .top = box->y * room->scale + (box->y < 0 ? room->height : 0),
                                           .width = box->width * room->scale,
                                           .height = box->height * room->scale});
    }
}

void label_places_find(struct label_places *places, const struct scene *scene, uint32_t bit,
                       const struct label_room *room) {
    places->count = 0;
    MEM_GROW(places->order, places->order_capacity, scene->label_count * sizeof(struct candidate));
    struct candidate *order = (struct candidate *)places->order;
    for (int on_screen = 1; on_screen >= 0; on_screen--) {
        size_t count = 0;
        for (size_t i = 0; i < scene->label_count; i++) {
            const struct scene_label *label = &scene->labels[i];
            if ((label->panes & bit) && label->on_screen == (on_screen == 1))
                order[count++] = (struct candidate){label, i};
        }
        if (count > 1) qsort(order, count, sizeof *order, compare_candidates);
        if (!on_screen) block_boxes(places, scene, bit, room);
        for (size_t i = 0; i < count; i++) place_label(places, order[i].label, room);
    }
}

void label_places_release(struct label_places *places) {
    free(places->all);
    free(places->order);
    *places = (struct label_places){0};
}
