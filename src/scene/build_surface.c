#include "scene/build.h"
#include "scene/style.h"

#include <math.h>
#include <string.h>

static const float contour_step = 1.0f / STYLE_CONTOURS; /* in tone */

void build_surface(struct builder *builder) {
    const struct relief *relief = builder->relief;
    struct scene *scene = builder->scene;
    if (relief->width < 2 || relief->height < 2) return;
    size_t count = (size_t)relief->width * (size_t)relief->height;
    struct scene_surface *surface = scene_add_surface(scene, relief->width, relief->height);
    uint64_t revision = settling_revision(builder->exhibit, relief);
    if (surface->revision != revision && !settling_fill(builder->exhibit, relief, surface->z, surface->tone)) {
        memcpy(surface->z, relief->z, count * sizeof *surface->z);
        memcpy(surface->tone, relief->tone, count * sizeof *surface->tone);
    }
    for (int i = 0; i < 2; i++) {
        surface->half[i] = builder->frame->half[i];
        surface->low[i] = builder->exhibit->now.frame.low[i];
        surface->high[i] = builder->exhibit->now.frame.high[i];
    }
    surface->revision = revision;
    surface->contour_step = contour_step;
    surface->panes = 0;
    for (int g = 0; g < builder->group_count; g++) {
        surface->panes |= builder->groups[g].panes;
        scene->floor_contours |= !builder->groups[g].flat;
    }
}

/* ---- losses on the heavier contours
 * ---------------------------------------------------------------------------------------- */

/* Where a contour crosses the grid's rows nearest to the point (x, y); false when it does not. */
static bool crossing_near(const struct builder *builder, float tone, float x, float y, vec3 at) {
    const struct relief *relief = builder->relief;
    const struct frame *frame = builder->frame;
    float best = INFINITY, wide = 2 * frame->half[0] / (float)(relief->width - 1),
          deep = 2 * frame->half[1] / (float)(relief->height - 1);
    for (int j = 1; j < relief->height - 1; j++) {
        const float *row = relief->tone + (size_t)j * (size_t)relief->width;
        for (int i = 1; i < relief->width - 2; i++) {
            if (!((row[i] - tone) * (row[i + 1] - tone) <= 0) || row[i] == row[i + 1]) continue;
            float here = ((float)i + (tone - row[i]) / (row[i + 1] - row[i])) * wide - frame->half[0];
            float there = (float)j * deep - frame->half[1], distance = hypotf(here - x, there - y);
            if (distance >= best) continue;
            best = distance;
            at[0] = here;
            at[1] = there;
        }
    }
    return best < INFINITY;
}

/* Figures keep off the marks as they do off each other. */
static void take_glyphs(struct builder *builder) {
    const struct scene *scene = builder->scene;
    for (size_t i = 0; i < scene->glyph_count; i++) {
        const struct scene_glyph *glyph = &scene->glyphs[i];
        vec2 at;
        float reach = glyph->size / 2;
        if (!(glyph->panes & builder->all) || glyph->kind == PICK_NOTHING ||
            !camera_project(&builder->camera, builder->pane_width, builder->pane_height, glyph->at, at, NULL))
            continue;
        take_rectangle(builder, (struct rectangle){at[0] - reach, at[1] - reach, at[0] + reach, at[1] + reach});
    }
}

void build_contour_labels(struct builder *builder) {
    if (builder->relief->width < 4 || builder->relief->height < 4) return;
    /* Two a line, away from the middle where paths are. */
    enum { DIRECTIONS = 8, LABELS_A_LINE = 2 };
    static const float towards[DIRECTIONS][2] = {{0.62f, 0.55f},  {-0.6f, -0.5f}, {0.6f, -0.55f}, {-0.62f, 0.5f},
                                                 {0.85f, 0.05f}, {-0.85f, 0},    {0, 0.85f},     {0.05f, -0.85f}};
    take_glyphs(builder);
    for (int level = STYLE_CONTOURS_MAJOR; level <= STYLE_CONTOURS; level += STYLE_CONTOURS_MAJOR) {
        float tone = (float)level * contour_step;
        char number[NUMBER_TEXT];
        double loss = height_loss(builder->map, tone), finer = height_loss(builder->map, tone - contour_step / 2);
        int digits = 3, count = 0;
        if (loss != 0 && loss != finer)
            digits = (int)fmin(fmax(ceil(log10(fabs(loss) / fabs(loss - finer))) + 1, 2), 6);
        number_text(loss, digits, number);
        for (int k = 0; k < DIRECTIONS && count < LABELS_A_LINE; k++) {
            struct scene_label label = {.size = TEXT_SMALL,
                                        .anchor = {0.5f, 0.5f},
                                        .color = builder->theme->ink,
                                        .halo = color_fade(builder->theme->ground, 0.72f),
                                        .priority = 5,
                                        .hidden_alpha = 1,
                                        .panes = builder->all};
            if (!crossing_near(builder, tone - 1e-5f, towards[k][0] * builder->frame->half[0],
                               towards[k][1] * builder->frame->half[1], label.at))
                break; /* there is no such line */
            label.at[2] = SCENE_HEIGHT;
            memcpy(label.text, number, sizeof number);
            count += label_fits(builder, &label);
        }
    }
}
