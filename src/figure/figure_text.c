/* Labels, where label_places_find puts them. */
#include "figure/figure_parts.h"

#include "base/memory.h"
#include "scene/style.h"

#include <math.h>
#include <pango/pangocairo.h>
#include <stdlib.h>

static const float text_pixels[] = STYLE_TEXT_SIZES;
static const float rim_pixels = 2.2f, slack = 0.03f;
static const float gap = 1.5f; /* pixels between two labels */

struct lettering_plan {
    const struct leaf *leaf;
    PangoLayout *layout;
    struct label_places places;
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
    pango_context_set_language(context, pango_language_from_string("zh-cn")); /* which forms of Han characters */
    PangoAttrList *attributes = pango_attr_list_new();
    pango_attr_list_insert(attributes, pango_attr_font_features_new("tnum=1"));
    pango_layout_set_attributes(layout, attributes);
    pango_attr_list_unref(attributes);
    return layout;
}

static bool measure(void *context, const struct scene_label *label, float *width, float *height) {
    const struct lettering_plan *plan = context;
    PangoRectangle logical;
    if (!label->text[0]) return false;
    set_text(plan->layout, label);
    pango_layout_get_extents(plan->layout, NULL, &logical);
    *width = (float)logical.width / PANGO_SCALE;
    *height = (float)logical.height / PANGO_SCALE;
    return true;
}

static bool find(void *context, const vec3 at, vec2 pixel, float *view) {
    const struct leaf *leaf = ((const struct lettering_plan *)context)->leaf;
    float away;
    if (!leaf_project(leaf, at, pixel, &away)) return false;
    *view = leaf_view(leaf, pixel, away, slack);
    return true;
}

struct lettering_plan *lettering_plan(const struct leaf *leaf) {
    struct lettering_plan *plan = MEM_NEW(struct lettering_plan, 1);
    plan->leaf = leaf;
    plan->layout = make_layout(leaf->cairo);
    const struct label_room room = {.width = leaf->width,
                                    .height = leaf->height,
                                    .scale = 1,
                                    .gap = gap,
                                    .measure = measure,
                                    .find = find,
                                    .context = plan};
    label_places_find(&plan->places, leaf->scene, leaf->bit, &room);
    return plan;
}

void lettering_draw(const struct leaf *leaf, const struct lettering_plan *plan, bool on_screen) {
    cairo_t *cairo = leaf->cairo;
    for (size_t i = 0; i < plan->places.count; i++) {
        const struct label_place *place = &plan->places.all[i];
        const struct scene_label *label = place->label;
        if (!label || label->on_screen != on_screen) continue;
        set_text(plan->layout, label);
        if (label->halo.a > 0) {
            cairo_move_to(cairo, (double)place->left, (double)place->top);
            pango_cairo_layout_path(cairo, plan->layout);
            leaf_ink(leaf, label->halo, place->view);
            cairo_set_line_join(cairo, CAIRO_LINE_JOIN_ROUND);
            cairo_set_line_width(cairo, 2 * (double)rim_pixels);
            cairo_stroke(cairo);
        }
        leaf_ink(leaf, label->color, place->view);
        cairo_move_to(cairo, (double)place->left, (double)place->top);
        pango_cairo_show_layout(cairo, plan->layout);
    }
    cairo_new_path(cairo);
}

void lettering_release(struct lettering_plan *plan) {
    g_object_unref(plan->layout);
    label_places_release(&plan->places);
    free(plan);
}
