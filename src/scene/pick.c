#include "scene/exhibit.h"

#include <cglm/cglm.h>
#include <math.h>

static const float slack = 5;         /* pixels around a mark or a path that still hit it */
static const float before_it = 0.06f; /* world units a path may lie behind the surface and still be seen */

double exhibit_loss_at(const struct exhibit *exhibit, double a, double b) {
    const struct frame *frame = &exhibit->now.frame;
    if (exhibit->now.width < 2 || exhibit->now.height < 2 || exhibit->now.stride == 0 || !frame_holds(frame, a, b))
        return NAN;
    double u = (a - frame->low[0]) / (frame->high[0] - frame->low[0]) * (exhibit->now.width - 1);
    double v = (b - frame->low[1]) / (frame->high[1] - frame->low[1]) * (exhibit->now.height - 1);
    int i = (int)fmin(u, exhibit->now.width - 2), j = (int)fmin(v, exhibit->now.height - 2);
    double s = u - i, t = v - j;
    const double *row = exhibit->now.losses + (size_t)j * (size_t)exhibit->now.width + i;
    return (1 - t) * ((1 - s) * row[0] + s * row[1]) +
           t * ((1 - s) * row[exhibit->now.width] + s * row[exhibit->now.width + 1]);
}

/* The part of a ray over the surface's rectangle and within its heights. */
static bool ray_in_box(const struct scene_surface *surface, const vec3 origin, const vec3 direction, float *enter,
                       float *leave) {
    const float low[3] = {-surface->half[0], -surface->half[1], -0.01f},
                high[3] = {surface->half[0], surface->half[1], SCENE_HEIGHT + 0.01f};
    *enter = 0;
    *leave = INFINITY;
    for (int i = 0; i < 3; i++) {
        if (direction[i] == 0) {
            if (origin[i] < low[i] || origin[i] > high[i]) return false;
            continue;
        }
        float one = (low[i] - origin[i]) / direction[i], other = (high[i] - origin[i]) / direction[i];
        *enter = fmaxf(*enter, fminf(one, other));
        *leave = fminf(*leave, fmaxf(one, other));
    }
    return *enter <= *leave;
}

/* Height of the ray above the surface at distance t; NaN over a hole. */
static float above(const struct scene_surface *surface, const vec3 origin, const vec3 direction, float t) {
    struct relief relief = {.width = surface->width, .height = surface->height, .z = surface->z};
    struct frame frame = {.half = {surface->half[0], surface->half[1]}};
    float x = glm_clamp(origin[0] + t * direction[0], -surface->half[0], surface->half[0]);
    float y = glm_clamp(origin[1] + t * direction[1], -surface->half[1], surface->half[1]);
    return origin[2] + t * direction[2] - relief_height(&relief, &frame, x, y, NULL);
}

static bool ray_hits_surface(const struct scene_surface *surface, const vec3 origin, const vec3 direction, vec3 out) {
    float enter, leave;
    if (surface->width < 2 || surface->height < 2 || !ray_in_box(surface, origin, direction, &enter, &leave))
        return false;
    int finer = surface->width > surface->height ? surface->width : surface->height;
    float across = hypotf(direction[0], direction[1]) * (leave - enter);
    int steps = (int)ceilf(across * (float)(finer - 1)) + 2; /* half a cell each */
    float before_t = enter, before = above(surface, origin, direction, enter);
    for (int k = 1; k <= steps; k++) {
        float t = enter + (leave - enter) * (float)k / (float)steps, here = above(surface, origin, direction, t);
        if (before >= 0 && here <= 0) {
            float low = before_t, high = t;
            for (int i = 0; i < 30; i++) {
                float middle = (low + high) / 2;
                if (above(surface, origin, direction, middle) > 0)
                    low = middle;
                else
                    high = middle;
            }
            for (int i = 0; i < 3; i++) out[i] = origin[i] + high * direction[i];
            return true;
        }
        before = here;
        before_t = t;
    }
    return false;
}

/* The nearest point of a run's line in view within `slack` pixels of `pixel`; of the two samples that a straight piece
 * joins the nearer one. */
static bool find_path(const struct scene *scene, const struct scene_pane *pane, int index, const vec2 size,
                      const vec2 pixel, const vec3 origin, float farthest, struct scene_pick *pick) {
    float best = slack;
    for (size_t i = 0; i < scene->line_count; i++) {
        const struct scene_line *line = &scene->lines[i];
        if (line->kind != PICK_PATH || !(line->panes >> index & 1)) continue;
        const struct scene_point *points = scene->points + line->first;
        vec2 here = {0, 0}, before = {0, 0};
        bool seen_before = false;
        for (int k = 0; k < line->count; k++) {
            bool seen = camera_project(&pane->camera, size[0], size[1], points[k].at, here, NULL);
            if (seen && seen_before) {
                vec2 way = {here[0] - before[0], here[1] - before[1]},
                     off = {pixel[0] - before[0], pixel[1] - before[1]};
                float length2 = glm_vec2_dot(way, way);
                float share = length2 > 0 ? glm_clamp_zo(glm_vec2_dot(off, way) / length2) : 0;
                float distance = hypotf(off[0] - share * way[0], off[1] - share * way[1]);
                int nearer = share < 0.5f ? k - 1 : k;
                vec3 at;
                glm_vec3_lerp((float *)points[k - 1].at, (float *)points[k].at, share, at);
                if (distance <= best && glm_vec3_distance(at, (float *)origin) <= farthest) {
                    best = distance;
                    pick->kind = PICK_PATH;
                    pick->id = line->id;
                    pick->step = points[nearer].step;
                    glm_vec3_copy(at, pick->at);
                }
            }
            seen_before = seen;
            glm_vec2_copy(here, before);
        }
    }
    return pick->kind == PICK_PATH;
}

struct scene_pick scene_pick(const struct scene *scene, const struct exhibit *exhibit, const struct view *view, float x,
                             float y) {
    struct scene_pick pick = {.kind = PICK_NOTHING, .pane = -1, .id = -1, .step = -1, .a = NAN, .b = NAN, .loss = NAN};
    const struct scene_surface *shown = NULL;
    for (int p = 0; p < scene->pane_count; p++) {
        const struct scene_pane *pane = &scene->panes[p];
        float left = pane->x * view->width, top = pane->y * view->height_px;
        float width = pane->width * view->width, height = pane->height * view->height_px;
        if (!(x >= left && y >= top && x < left + width && y < top + height)) continue;
        vec2 at = {x - left, y - top};
        pick.pane = p;
        pick.side = pane->side;
        if (pane->side == 1) exhibit = view->other;
        int surface = scene_surface_of(scene, p);
        if (surface >= 0) shown = &scene->surfaces[surface];
        float best = INFINITY;
        for (size_t i = 0; i < scene->glyph_count; i++) {
            const struct scene_glyph *glyph = &scene->glyphs[i];
            vec2 pixel;
            if (glyph->kind == PICK_NOTHING || !(glyph->panes >> p & 1)) continue;
            if (!camera_project(&pane->camera, width, height, glyph->at, pixel, NULL)) continue;
            float distance = glm_vec2_distance(pixel, at);
            if (distance > glyph->size / 2 + slack || distance > best)
                continue; /* of equals the one on top: the later */
            best = distance;
            pick.kind = (enum scene_pick_kind)glyph->kind;
            pick.id = glyph->id;
            glm_vec3_copy((float *)glyph->at, pick.at);
        }
        vec3 origin, direction;
        camera_ray(&pane->camera, width, height, at, origin, direction);
        if (pick.kind != PICK_NOTHING) break;
        vec3 ground;
        bool over = shown && ray_hits_surface(shown, origin, direction, ground);
        float farthest = over ? glm_vec3_distance(ground, origin) + before_it : INFINITY;
        if (pane->flat) farthest = INFINITY;
        if (find_path(scene, pane, p, (vec2){width, height}, at, origin, farthest, &pick)) break;
        if (!over || (exhibit && exhibit->morph.active)) break;
        pick.kind = PICK_SURFACE;
        glm_vec3_copy(ground, pick.at);
        break;
    }
    if (pick.kind == PICK_NOTHING) return pick;
    for (int i = 0; i < 2 && shown; i++) {
        double middle = (shown->low[i] + shown->high[i]) / 2, reach = (shown->high[i] - shown->low[i]) / 2;
        *(i == 0 ? &pick.a : &pick.b) = middle + pick.at[i] / shown->half[i] * reach;
    }
    if (exhibit) pick.loss = exhibit_loss_at(exhibit, pick.a, pick.b);
    struct path_sample head;
    if (pick.kind == PICK_HEAD && exhibit && path_at(&exhibit->now.paths[pick.id], view->step, &head))
        pick.step = head.step;
    return pick;
}
