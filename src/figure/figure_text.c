/* Labels: which are shown and where is decided as on screen (draw/labels.c): by priority, none upon another. */
#include "figure/figure_parts.h"

#include "base/memory.h"

#include <math.h>
#include <pango/pangocairo.h>
#include <stdlib.h>

static const float text_pixels[] = {13, 16, 22};
static const float rim_pixels = 2.2f, slack = 0.03f;
static const double gap = 1.5; /* between two labels */

struct placed {
    const struct scene_label *label; /* NULL: a box that hides what is below */
    double left, top, right, bottom;
    float view;
};

struct lettering_plan {
    PangoLayout *layout;
    struct placed *all;
    size_t count, capacity;
};

static void set_text(PangoLayout *layout, const struct scene_label *label) {
    PangoFontDescription *font = pango_font_description_new();
    pango_font_description_set_family_static(font, "Inter,DejaVu Sans,sans-serif");
    pango_font_description_set_weight(font, label->bold ? PANGO_WEIGHT_SEMIBOLD : PANGO_WEIGHT_NORMAL);
    pango_font_description_set_absolute_size(font, (double)text_pixels[label->size] * PANGO_SCALE);
    pango_layout_set_font_description(layout, font);
    pango_font_description_free(font);
    char *valid = g_utf8_make_valid(label->text, -1);
    pango_layout_set_text(layout, valid, -1);
    g_free(valid);
}

static PangoLayout *make_layout(cairo_t *cairo) {
    PangoLayout *layout = pango_cairo_create_layout(cairo);
    PangoContext *context = pango_layout_get_context(layout);
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    pango_cairo_context_set_font_options(context, options);
    cairo_font_options_destroy(options);
    pango_context_set_round_glyph_positions(context, FALSE);
    PangoAttrList *attributes = pango_attr_list_new();
    pango_attr_list_insert(attributes, pango_attr_font_features_new("tnum=1"));
    pango_layout_set_attributes(layout, attributes);
    pango_attr_list_unref(attributes);
    return layout;
}

/* Those always drawn (< 0) first, so that the others give way to them; then the higher priority; then the order given.
 */
static int compare_labels(const void *a, const void *b) {
    const struct scene_label *one = *(const struct scene_label *const *)a,
                             *other = *(const struct scene_label *const *)b;
    int first = one->priority < 0 ? INT32_MAX : one->priority,
        second = other->priority < 0 ? INT32_MAX : other->priority;
    if (first != second) return first > second ? -1 : 1;
    return one < other ? -1 : one > other;
}

static bool anchor_of(const struct leaf *leaf, const struct scene_label *label, vec2 at, float *view) {
    *view = 1;
    if (label->on_screen) {
        at[0] = label->at[0] + (label->at[0] < 0 ? leaf->width : 0);
        at[1] = label->at[1] + (label->at[1] < 0 ? leaf->height : 0);
    } else {
        float away;
        if (!leaf_project(leaf, label->at, at, &away)) return false;
        if (at[0] < 0 || at[1] < 0 || at[0] > leaf->width || at[1] > leaf->height) return false;
        *view = label->hidden_alpha + (1 - label->hidden_alpha) * leaf_view(leaf, at, away, slack);
        if (*view < 0.01f) return false;
    }
    at[0] += label->offset[0];
    at[1] += label->offset[1];
    return true;
}

static bool overlaps(const struct lettering_plan *plan, const struct placed *here) {
    for (size_t i = 0; i < plan->count; i++) {
        const struct placed *other = &plan->all[i];
        if (here->left < other->right + gap && other->left < here->right + gap && here->top < other->bottom + gap &&
            other->top < here->bottom + gap)
            return true;
    }
    return false;
}

static void take(struct lettering_plan *plan, const struct placed *placed) {
    MEM_GROW(plan->all, plan->capacity, plan->count + 1);
    plan->all[plan->count++] = *placed;
}

static double within(double at, double size, double room) {
    return fmax(fmin(at, room - size), 0);
}

static void place_label(const struct leaf *leaf, struct lettering_plan *plan, const struct scene_label *label) {
    vec2 at;
    struct placed placed = {.label = label};
    if (!label->text[0] || !anchor_of(leaf, label, at, &placed.view)) return;
    set_text(plan->layout, label);
    PangoRectangle logical;
    pango_layout_get_extents(plan->layout, NULL, &logical);
    double width = (double)logical.width / PANGO_SCALE, height = (double)logical.height / PANGO_SCALE;
    placed.left = within((double)at[0] - (double)label->anchor[0] * width, width, (double)leaf->width);
    placed.top = within((double)at[1] - (double)label->anchor[1] * height, height, (double)leaf->height);
    placed.right = placed.left + width;
    placed.bottom = placed.top + height;
    if (label->priority >= 0 && overlaps(plan, &placed)) return;
    take(plan, &placed);
}

static void block_boxes(const struct leaf *leaf, struct lettering_plan *plan) {
    for (size_t i = 0; i < leaf->scene->box_count; i++) {
        const struct scene_box *box = &leaf->scene->boxes[i];
        if (!(box->panes & leaf->bit) || (box->fill.a < 0.3f && !box->gradient)) continue;
        double x = (double)(box->x + (box->x < 0 ? leaf->width : 0)),
               y = (double)(box->y + (box->y < 0 ? leaf->height : 0));
        take(plan, &(struct placed){NULL, x, y, x + (double)box->width, y + (double)box->height, 0});
    }
}

struct lettering_plan *lettering_plan(const struct leaf *leaf) {
    const struct scene *scene = leaf->scene;
    struct lettering_plan *plan = MEM_NEW(struct lettering_plan, 1);
    plan->layout = make_layout(leaf->cairo);
    const struct scene_label **order = MEM_NEW(const struct scene_label *, scene->label_count + 1);
    for (int on_screen = 1; on_screen >= 0; on_screen--) {
        size_t count = 0;
        for (size_t i = 0; i < scene->label_count; i++)
            if ((scene->labels[i].panes & leaf->bit) && scene->labels[i].on_screen == (on_screen == 1))
                order[count++] = &scene->labels[i];
        qsort(order, count, sizeof *order, compare_labels);
        if (!on_screen) block_boxes(leaf, plan);
        for (size_t i = 0; i < count; i++) place_label(leaf, plan, order[i]);
    }
    free(order);
    return plan;
}

void lettering_draw(const struct leaf *leaf, const struct lettering_plan *plan, bool on_screen) {
    cairo_t *cairo = leaf->cairo;
    for (size_t i = 0; i < plan->count; i++) {
        const struct placed *placed = &plan->all[i];
        if (!placed->label || placed->label->on_screen != on_screen) continue;
        set_text(plan->layout, placed->label);
        if (placed->label->halo.a > 0) {
            cairo_move_to(cairo, placed->left, placed->top);
            pango_cairo_layout_path(cairo, plan->layout);
            leaf_ink(leaf, placed->label->halo, placed->view);
            cairo_set_line_join(cairo, CAIRO_LINE_JOIN_ROUND);
            cairo_set_line_width(cairo, 2 * (double)rim_pixels);
            cairo_stroke(cairo);
        }
        leaf_ink(leaf, placed->label->color, placed->view);
        cairo_move_to(cairo, placed->left, placed->top);
        pango_cairo_show_layout(cairo, plan->layout);
    }
    cairo_new_path(cairo);
}

void lettering_release(struct lettering_plan *plan) {
    g_object_unref(plan->layout);
    free(plan->all);
    free(plan);
}
