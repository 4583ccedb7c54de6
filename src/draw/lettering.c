#include "draw/lettering.h"

#include "base/memory.h"
#include "draw/gpu.h"
#include "scene/style.h"

#include <math.h>
#include <pango/pangocairo.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SIDE = 1024, LAST_SIDE = 8192, BUCKETS = 1024 };
static const float text_pixels[] = STYLE_TEXT_SIZES;
static const float rim_pixels = 2.2f; /* the halo's reach at scale 1 */

struct entry {
    char *text;
    enum text_size size;
    bool bold;
    float scale;
    struct lettering_cell cell;
    int next; /* in its bucket; −1: none */
};

struct lettering {
    GLuint texture;
    int side, most_side;
    int shelf_x, shelf_y, shelf_height;
    int generation;
    struct entry *entries;
    size_t entry_count, entry_capacity;
    int buckets[BUCKETS];
    PangoContext *context;
    PangoLayout *layout;
    unsigned char *texels; /* of the text being rasterised: (rows × columns × 2) */
    size_t texel_capacity;
};

static void forget_all(struct lettering *lettering) {
    for (size_t i = 0; i < lettering->entry_count; i++) free(lettering->entries[i].text);
    lettering->entry_count = 0;
    for (int i = 0; i < BUCKETS; i++) lettering->buckets[i] = -1;
    lettering->shelf_x = lettering->shelf_y = lettering->shelf_height = 0;
    lettering->generation++;
}

/* Where the driver has no memory for it, it stays as large as it was. */
static void make_texture(struct lettering *lettering, int side) {
    int before = lettering->side;
    glBindTexture(GL_TEXTURE_2D, lettering->texture);
    glTexImage2D(GL_TEXTURE_2D, 0, GL_RG8, side, side, 0, GL_RG, GL_UNSIGNED_BYTE, NULL);
    lettering->side = side;
    if (gpu_allowed() || before == 0) return;
    lettering->side = lettering->most_side = before;
    glTexImage2D(GL_TEXTURE_2D, 0, GL_RG8, before, before, 0, GL_RG, GL_UNSIGNED_BYTE, NULL);
}

struct lettering *lettering_create(void) {
    struct lettering *lettering = MEM_NEW(struct lettering, 1);
    GLint most = FIRST_SIDE;
    glGetIntegerv(GL_MAX_TEXTURE_SIZE, &most);
    lettering->most_side = most < LAST_SIDE ? most : LAST_SIDE;
    glGenTextures(1, &lettering->texture);
    glBindTexture(GL_TEXTURE_2D, lettering->texture);
    /* Texts stand on whole pixels: a texel a pixel, nothing to blur. */
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
    make_texture(lettering, FIRST_SIDE < lettering->most_side ? FIRST_SIDE : lettering->most_side);
    forget_all(lettering);

    PangoFontMap *fonts = pango_cairo_font_map_new();
    pango_cairo_font_map_set_resolution(PANGO_CAIRO_FONT_MAP(fonts), 72);
    lettering->context = pango_font_map_create_context(fonts);
    g_object_unref(fonts);
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_SLIGHT);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    pango_cairo_context_set_font_options(lettering->context, options);
    cairo_font_options_destroy(options);
    pango_context_set_round_glyph_positions(lettering->context, FALSE);
    /* Which of the forms Han characters have; other scripts do not mind. */
    pango_context_set_language(lettering->context, pango_language_from_string("zh-cn"));
    lettering->layout = pango_layout_new(lettering->context);
    PangoAttrList *attributes = pango_attr_list_new();
    pango_attr_list_insert(attributes, pango_attr_font_features_new("tnum=1"));
    pango_layout_set_attributes(lettering->layout, attributes);
    pango_attr_list_unref(attributes);
    return lettering;
}

void lettering_destroy(struct lettering **lettering) {
    if (!lettering || !*lettering) return;
    struct lettering *old = *lettering;
    forget_all(old);
    free(old->entries);
    free(old->texels);
    g_object_unref(old->layout);
    g_object_unref(old->context);
    glDeleteTextures(1, &old->texture);
    free(old);
    *lettering = NULL;
}

static unsigned bucket_of(const char *text, enum text_size size, bool bold) {
    uint32_t hash = 2166136261u ^ ((uint32_t)size * 2 + bold);
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) hash = (hash ^ *c) * 16777619u;
    return hash % BUCKETS;
}

/* Finds room on the atlas' shelves; false when there is none. */
static bool place(struct lettering *lettering, int width, int height, struct lettering_cell *cell) {
    if (lettering->shelf_x + width > lettering->side) {
        lettering->shelf_y += lettering->shelf_height;
        lettering->shelf_x = lettering->shelf_height = 0;
    }
    if (width > lettering->side || lettering->shelf_y + height > lettering->side) return false;
    *cell = (struct lettering_cell){.x = lettering->shelf_x, .y = lettering->shelf_y, .width = width, .height = height};
    lettering->shelf_x += width;
    if (height > lettering->shelf_height) lettering->shelf_height = height;
    return true;
}

/* One channel: the letters, or the letters with a stroke around them. */
static void rasterize(struct lettering *lettering, int width, int height, double x, double y, double rim, int channel) {
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_A8, width, height);
    cairo_t *cairo = cairo_create(surface);
    cairo_move_to(cairo, x, y);
    if (rim > 0) {
        pango_cairo_layout_path(cairo, lettering->layout);
        cairo_set_line_join(cairo, CAIRO_LINE_JOIN_ROUND);
        cairo_set_line_cap(cairo, CAIRO_LINE_CAP_ROUND);
        cairo_set_line_width(cairo, 2 * rim);
        cairo_stroke_preserve(cairo);
        cairo_fill(cairo);
    } else {
        pango_cairo_show_layout(cairo, lettering->layout);
    }
    cairo_surface_flush(surface);
    const unsigned char *from = cairo_image_surface_get_data(surface);
    int stride = cairo_image_surface_get_stride(surface);
    for (int row = 0; from && row < height; row++)
        for (int column = 0; column < width; column++)
            lettering->texels[2 * ((size_t)row * width + column) + channel] = from[(size_t)row * stride + column];
    cairo_destroy(cairo);
    cairo_surface_destroy(surface);
}

static void set_font(struct lettering *lettering, enum text_size size, bool bold, float scale) {
    PangoFontDescription *font = pango_font_description_new();
    pango_font_description_set_family_static(font, "Inter,DejaVu Sans,sans-serif");
    pango_font_description_set_weight(font, bold ? PANGO_WEIGHT_SEMIBOLD : PANGO_WEIGHT_NORMAL);
    pango_font_description_set_absolute_size(font, (double)text_pixels[size] * scale * PANGO_SCALE);
    pango_layout_set_font_description(lettering->layout, font);
    pango_font_description_free(font);
}

bool lettering_find(struct lettering *lettering, const char *text, enum text_size size, bool bold, float scale,
                    struct lettering_cell *cell, struct draw_statistics *statistics) {
    if (!*text) return false;
    unsigned bucket = bucket_of(text, size, bold);
    for (int i = lettering->buckets[bucket]; i >= 0; i = lettering->entries[i].next) {
        const struct entry *entry = &lettering->entries[i];
        if (entry->size == size && entry->bold == bold && entry->scale == scale && strcmp(entry->text, text) == 0) {
            *cell = entry->cell;
            return cell->width > 0;
        }
    }
    char *valid = g_utf8_make_valid(text, -1);
    set_font(lettering, size, bold, scale);
    pango_layout_set_text(lettering->layout, valid, -1);
    g_free(valid);
    PangoRectangle ink, logical;
    pango_layout_get_pixel_extents(lettering->layout, &ink, &logical);
    int pad = (int)ceilf(rim_pixels * scale) + 1;
    int width = logical.width + 2 * pad, height = logical.height + 2 * pad;
    struct lettering_cell found = {0};
    bool fits = place(lettering, width, height, &found);
    while (!fits) {
        /* Full of texts that are no longer shown, or too small: begin anew, larger when it was empty already. */
        bool empty = lettering->entry_count == 0;
        if (empty && lettering->side * 2 > lettering->most_side) break;
        forget_all(lettering);
        if (empty || (width > lettering->side || height > lettering->side)) {
            if (lettering->side * 2 > lettering->most_side) break;
            make_texture(lettering, lettering->side * 2);
        }
        fits = place(lettering, width, height, &found);
    }
    found.pad = pad;
    if (fits) {
        size_t bytes = (size_t)width * (size_t)height * 2;
        MEM_GROW(lettering->texels, lettering->texel_capacity, bytes);
        rasterize(lettering, width, height, pad - logical.x, pad - logical.y, 0, 0);
        rasterize(lettering, width, height, pad - logical.x, pad - logical.y, (double)rim_pixels * scale, 1);
        glBindTexture(GL_TEXTURE_2D, lettering->texture);
        glPixelStorei(GL_UNPACK_ALIGNMENT, 1);
        glTexSubImage2D(GL_TEXTURE_2D, 0, found.x, found.y, width, height, GL_RG, GL_UNSIGNED_BYTE, lettering->texels);
        glPixelStorei(GL_UNPACK_ALIGNMENT, 4);
        statistics->uploaded += (long)bytes;
    } else {
        found.width = 0;
    }
    MEM_GROW(lettering->entries, lettering->entry_capacity, lettering->entry_count + 1);
    lettering->entries[lettering->entry_count] = (struct entry){.text = mem_copy_text(text),
                                                                .size = size,
                                                                .bold = bold,
                                                                .scale = scale,
                                                                .cell = found,
                                                                .next = lettering->buckets[bucket]};
    lettering->buckets[bucket] = (int)lettering->entry_count++;
    *cell = found;
    return fits;
}

int lettering_generation(const struct lettering *lettering) {
    return lettering->generation;
}

GLuint lettering_texture(const struct lettering *lettering) {
    return lettering->texture;
}

int lettering_side(const struct lettering *lettering) {
    return lettering->side;
}
