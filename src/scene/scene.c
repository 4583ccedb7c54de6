#include "scene/scene.h"

#include <stdlib.h>

void scene_clear(struct scene *scene) {
    scene->point_count = scene->line_count = scene->glyph_count = scene->arrow_count = 0;
    scene->label_count = scene->sheet_count = scene->box_count = scene->mark_count = 0;
    scene->pane_count = 0;
    scene->surface.width = scene->surface.height = 0;
    scene->floor_contours = false;
}

void scene_release(struct scene *scene) {
    free(scene->surface.z);
    free(scene->surface.tone);
    free(scene->points);
    free(scene->lines);
    free(scene->glyphs);
    free(scene->arrows);
    free(scene->labels);
    free(scene->sheets);
    free(scene->boxes);
    free(scene->marks);
    *scene = (struct scene){0};
}
