#include "base/memory.h"
#include "scene/build.h"
#include "scene/style.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const float heights[] = STYLE_TEXT_SIZES;

float text_height(enum text_size size) {
    return heights[size] * 1.25f;
}

/* Shares of the font's height, as sans-serif fonts with tabular figures have them. */
static float advance(const unsigned char *c) {
    if (*c >= 0xE3) return 1;                                            /* Han and the like fill a square */
    if (c[0] == 0xE2 && c[1] == 0x80) return c[2] <= 0x8A ? 0.3f : 0.6f; /* thin spaces; dashes and quotation marks */
    if (strchr(" .,:;'|!()[]ijlft", *c)) return 0.34f;
    if (strchr("mwMW@%", *c)) return 0.9f;
    if (*c >= 'A' && *c <= 'Z') return 0.68f;
    if ((*c >= '0' && *c <= '9') || *c >= 0x80) return 0.64f;
    return 0.58f;
}

float text_width(const char *text, enum text_size size) {
    float width = 0;
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        if ((*c & 0xC0) != 0x80) width += advance(c); /* else inside a character */
    return width * heights[size];
}

void fit_text(const char *text, enum text_size size, float width, char out[LABEL_TEXT]) {
    snprintf(out, LABEL_TEXT, "%s", text);
    size_t length = strlen(out);
    bool cut = strlen(text) > length;
    while (length > 0 && (cut || text_width(out, size) > width)) {
        cut = true;
        do length--;
        while (length > 0 && ((unsigned char)out[length] & 0xC0) == 0x80);
        if (length + strlen("…") < LABEL_TEXT) strcpy(out + length, "…");
        if (length + strlen("…") < LABEL_TEXT && text_width(out, size) <= width) return;
    }
}

size_t text_break(const char *text, enum text_size size, float width) {
    size_t fits = 0;
    char line[LABEL_TEXT];
    for (size_t at = text_next_break(text, 0); at < sizeof line; at = text_next_break(text, at)) {
        memcpy(line, text, at);
        line[at] = '\0';
        if (fits > 0 && text_width(line, size) > width) break;
        fits = at;
        if (!text[at]) break;
    }
    return fits > 0 ? fits : strnlen(text, LABEL_TEXT - 1);
}

const char *loss_text(double loss, char out[NUMBER_TEXT]) {
    if (isfinite(loss)) return number_text(loss, 4, out);
    return strcpy(out, "—");
}

void tick_texts(const double *values, int count, char out[][NUMBER_TEXT]) {
    memset(out, 0, (size_t)count * sizeof *out);
    for (int digits = 4; digits <= 12; digits++) {
        bool alike = false;
        for (int i = 0; i < count; i++) {
            number_text(values[i], digits, out[i]);
            alike |= i > 0 && strcmp(out[i], out[i - 1]) == 0;
        }
        if (!alike) return;
    }
}

void take_rectangle(struct builder *builder, struct rectangle rectangle) {
    MEM_GROW(builder->taken, builder->taken_capacity, builder->taken_count + 1);
    builder->taken[builder->taken_count++] = rectangle;
}

bool label_rectangle(const struct builder *builder, const struct scene_label *label, struct rectangle *out) {
    vec2 pixel = {label->at[0], label->at[1]};
    if (label->on_screen) {
        if (pixel[0] < 0) pixel[0] += builder->pane_width;
        if (pixel[1] < 0) pixel[1] += builder->pane_height;
    } else if (!camera_project(&builder->camera, builder->pane_width, builder->pane_height, label->at, pixel, NULL)) {
        return false;
    }
    float width = text_width(label->text, label->size), height = text_height(label->size);
    float left = pixel[0] + label->offset[0] - label->anchor[0] * width;
    float top = pixel[1] + label->offset[1] - label->anchor[1] * height;
    *out = (struct rectangle){left, top, left + width, top + height};
    return left >= 0 && top >= 0 && out->right <= builder->pane_width && out->bottom <= builder->pane_height;
}

bool rectangle_free(const struct builder *builder, const struct rectangle *here) {
    const float gap = STYLE_GAP;
    for (size_t i = 0; i < builder->taken_count; i++) {
        const struct rectangle *other = &builder->taken[i];
        if (here->left < other->right + gap && here->right > other->left - gap && here->top < other->bottom &&
            here->bottom > other->top)
            return false;
    }
    return true;
}

bool label_fits(struct builder *builder, const struct scene_label *label) {
    struct rectangle here;
    if (!label_rectangle(builder, label, &here) || !rectangle_free(builder, &here)) return false;
    take_rectangle(builder, here);
    struct scene_label *added = add_label(builder, label->size, label->color);
    uint32_t panes = label->panes ? label->panes : added->panes;
    *added = *label;
    added->panes = panes;
    return true;
}
