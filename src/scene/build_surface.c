#include "scene/build.h"

#include <math.h>
#include <string.h>

static const float contour_step = 1.0f / 20; /* of the height's range; every fifth is heavier */

void build_surface(struct builder *builder) {
    const struct relief *relief = builder->relief;
    struct scene *scene = builder->scene;
    if (relief->width < 2 || relief->height < 2) return;
    size_t count = (size_t)relief->width * (size_t)relief->height;
    struct scene_surface *surface = scene_add_surface(scene, relief->width, relief->height);
    if (surface->revision != relief->revision) {
        memcpy(surface->z, relief->z, count * sizeof *surface->z);
        memcpy(surface->tone, relief->tone, count * sizeof *surface->tone);
    }
    surface->half[0] = builder->frame->half[0];
    surface->half[1] = builder->frame->half[1];
    surface->revision = relief->revision;
    surface->contour_step = contour_step;
    surface->panes = builder->all;
    scene->floor_contours = !builder->flat;
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

void build_contour_labels(struct builder *builder) {
    if (builder->relief->width < 4 || builder->relief->height < 4) return;
    /* Two a line, away from the middle where paths are. */
    static const float towards[2][2] = {{0.62f, 0.55f}, {-0.6f, -0.5f}};
    for (int level = 5; level <= 20; level += 5) {
        float tone = (float)level * contour_step;
        char number[NUMBER_TEXT];
        double loss = height_loss(builder->map, tone), finer = height_loss(builder->map, tone - contour_step / 2);
        int digits = 3;
        if (loss != 0 && loss != finer)
            digits = (int)fmin(fmax(ceil(log10(fabs(loss) / fabs(loss - finer))) + 1, 2), 6);
        number_text(loss, digits, number);
        for (int k = 0; k < 2; k++) {
            struct scene_label label = {.size = TEXT_SMALL,
                                        .anchor = {0.5f, 0.5f},
                                        .color = builder->theme->ink,
                                        .halo = color_fade(builder->theme->ground, 0.72f),
                                        .priority = 5,
                                        .hidden_alpha = 1};
            if (!crossing_near(builder, tone - 1e-5f, towards[k][0] * builder->frame->half[0],
                               towards[k][1] * builder->frame->half[1], label.at))
                continue;
            label.at[2] = SCENE_HEIGHT;
            memcpy(label.text, number, sizeof number);
            label_fits(builder, &label);
        }
    }
}
