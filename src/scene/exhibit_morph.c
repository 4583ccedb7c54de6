#include "scene/exhibit.h"

#include "base/linalg.h"
#include "base/memory.h"

#include <cglm/cglm.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MORPH_SAMPLES = 20000 }; /* of a run: more of them are thinned on the way */

/* ---- beginning and end ------------------------------------------------------------------------------------------- */

void morph_begin(struct exhibit *exhibit) {
    struct outlook *now = &exhibit->now;
    if (!exhibit->params.morphs || exhibit->n == 2 || now->stride == 0) return;
    struct morph *morph = &exhibit->morph;
    *morph = (struct morph){.active = true, .before = *now};
    morph->between.paths = MEM_NEW(struct path, exhibit->runs);
    for (int m = 0; m < 2; m++) { /* what now holds is the other's from here on */
        relief_get(&morph->before, (enum height_mapping)m);
        now->reliefs[m] = (struct relief){0};
    }
    now->plane = NULL;
    now->losses = NULL;
    now->width = now->height = now->stride = 0;
    now->paths = MEM_NEW(struct path, exhibit->runs);
    for (int r = 0; r < exhibit->runs; r++) now->paths[r].diverged = morph->before.paths[r].diverged;
}

void morph_end(struct exhibit *exhibit) {
    struct morph *morph = &exhibit->morph;
    if (!morph->active) return;
    morph->between.plane = NULL; /* borrowed */
    outlook_release(&morph->between, exhibit->runs);
    outlook_release(&morph->before, exhibit->runs);
    *morph = (struct morph){0};
}

/* A plane and its frame as two unit vectors: coordinates from the frame's middle in units of θ. */
static void off_middle(const struct outlook *outlook, const struct plane_point *at, double out[2]) {
    const double squares[2] = {outlook->plane->uu, outlook->plane->vv}, place[2] = {at->a, at->b};
    const struct frame *frame = &outlook->frame;
    for (int i = 0; i < 2; i++) out[i] = (place[i] - (frame->low[i] + frame->high[i]) / 2) * sqrt(squares[i]);
}

/* World units per unit of θ. */
static double world_scale(const struct outlook *outlook, int axis) {
    return outlook->frame.scale[axis] / sqrt(axis == 0 ? outlook->plane->uu : outlook->plane->vv);
}

void morph_aim(struct exhibit *exhibit) {
    struct morph *morph = &exhibit->morph;
    if (!morph->active) return;
    const struct outlook *ends[2] = {&morph->before, &exhibit->now};
    size_t n = (size_t)exhibit->n;
    double *middle = MEM_NEW(double, 2 * n);
    double overlap[2][2];
    for (int e = 0; e < 2; e++) {
        const struct frame *frame = &ends[e]->frame;
        plane_lift(ends[e]->plane, (frame->low[0] + frame->high[0]) / 2, (frame->low[1] + frame->high[1]) / 2,
                   middle + (size_t)e * n);
    }
    for (size_t i = 0; i < n; i++) middle[i] = middle[n + i] - middle[i];
    for (int i = 0; i < 2; i++) {
        const double *one = i == 0 ? ends[0]->plane->u : ends[0]->plane->v;
        double length = sqrt(i == 0 ? ends[0]->plane->uu : ends[0]->plane->vv);
        morph->shift[0][i] = linalg_dot(exhibit->n, one, middle) / length;
        for (int j = 0; j < 2; j++) {
            const double *other = j == 0 ? ends[1]->plane->u : ends[1]->plane->v;
            double its = sqrt(j == 0 ? ends[1]->plane->uu : ends[1]->plane->vv);
            overlap[i][j] = linalg_dot(exhibit->n, one, other) / (length * its);
            morph->shift[1][j] = linalg_dot(exhibit->n, other, middle) / its;
        }
    }
    free(middle);
    /* The overlap as rotation · diagonal · rotation, in closed form for 2 × 2. With rotations alone the smaller cosine
     * may be negative: a picture that would come out mirrored is turned over like a page instead. */
    double e = (overlap[0][0] + overlap[1][1]) / 2, f = (overlap[0][0] - overlap[1][1]) / 2;
    double g = (overlap[1][0] + overlap[0][1]) / 2, h = (overlap[1][0] - overlap[0][1]) / 2;
    double sum = hypot(e, h), difference = hypot(f, g);
    double outer = sum > 0 ? atan2(h, e) : 0, inner = difference > 0 ? atan2(g, f) : 0;
    morph->angles[0] = acos(fmin(fmax(sum + difference, -1), 1));
    morph->angles[1] = acos(fmin(fmax(sum - difference, -1), 1));
    morph->lie[0] = (outer + inner) / 2;
    morph->lie[1] = (outer - inner) / 2;
}

bool exhibit_morphing(const struct exhibit *exhibit) {
    return exhibit->morph.active && exhibit->morph.ready;
}

void exhibit_morph(struct exhibit *exhibit, double share) {
    struct morph *morph = &exhibit->morph;
    if (!exhibit_morphing(exhibit)) return;
    morph->share = fmin(fmax(share, 0), 1);
    if (morph->share >= 1) morph_end(exhibit);
}

/* ---- on the way -------------------------------------------------------------------------------------------------- */

static double eased(double share) {
    return share * share * (3 - 2 * share);
}

/* Weights of the one and the other end on the great circle between two unit vectors `angle` apart. */
static void weigh(double angle, double share, double *one, double *other) {
    double opening = sin(angle);
    if (opening > 1e-6) {
        *one = sin((1 - share) * angle) / opening;
        *other = sin(share * angle) / opening;
    } else if (angle < 1) {
        *one = 1 - share;
        *other = share;
    } else { /* opposite: by way of a direction in which nothing lies */
        *one = cos(share * angle);
        *other = 0;
    }
}

/* World x and y, `share` of the way, of what has these places on the two planes. */
static void place_between(const struct morph *morph, const struct outlook *now, double share,
                          const struct plane_point *one, const struct plane_point *other, double out[2]) {
    double from[2], to[2], along[2];
    off_middle(&morph->before, one, from);
    off_middle(now, other, to);
    for (int i = 0; i < 2; i++) {
        from[i] -= share * morph->shift[0][i];
        to[i] += (1 - share) * morph->shift[1][i];
    }
    /* Principal directions of the first plane: Rot(lie₀); of the second: Rot(−lie₁). */
    const double turn[2] = {morph->lie[0], -morph->lie[1]};
    for (int k = 0; k < 2; k++) {
        double weight[2];
        weigh(morph->angles[k], share, &weight[0], &weight[1]);
        const double *places[2] = {from, to};
        along[k] = 0;
        for (int e = 0; e < 2; e++) {
            double c = cos(turn[e]), s = sin(turn[e]);
            along[k] +=
                weight[e] * (k == 0 ? c * places[e][0] + s * places[e][1] : c * places[e][1] - s * places[e][0]);
        }
    }
    /* From there to the picture: Rot(lie₀) at the start, Rot(−lie₁) at the end, the shorter way round between. */
    double by = remainder(turn[1] - turn[0], 2 * M_PI), angle = turn[0] + share * by;
    double c = cos(angle), s = sin(angle), flat[2] = {c * along[0] - s * along[1], s * along[0] + c * along[1]};
    double room = 1 - 4 * share * (1 - share) * morph->dip;
    for (int i = 0; i < 2; i++)
        out[i] =
            room * flat[i] * exp((1 - share) * log(world_scale(&morph->before, i)) + share * log(world_scale(now, i)));
}

void morph_make_ready(struct exhibit *exhibit) {
    enum { PLACES = 9, SAMPLES = 128 };
    static const double border = 0.94, most = 0.8;
    struct morph *morph = &exhibit->morph;
    morph->ready = true;
    for (int k = 1; k <= PLACES; k++) {
        double share = (double)k / (PLACES + 1), world[2], half[2];
        for (int i = 0; i < 2; i++)
            half[i] = (1 - share) * morph->before.frame.half[i] + share * exhibit->now.frame.half[i];
        for (int r = 0; r < exhibit->runs; r++) {
            const struct path *path = &exhibit->now.paths[r];
            for (size_t j = 0; j < path->count; j += 1 + path->count / SAMPLES) {
                const struct path_sample *to = &path->samples[j];
                struct path_sample from;
                /* What the picture did not hold before or will not hold then need not be in it on the way. */
                if (!path_at(&morph->before.paths[r], to->step, &from) || from.step != to->step ||
                    !frame_holds(&morph->before.frame, from.a, from.b) ||
                    !frame_holds(&exhibit->now.frame, to->a, to->b))
                    continue;
                struct plane_point one = {from.a, from.b, 0}, other = {to->a, to->b, 0};
                double dip = morph->dip;
                morph->dip = 0;
                place_between(morph, &exhibit->now, share, &one, &other, world);
                double beyond = fmax(fabs(world[0]) / half[0], fabs(world[1]) / half[1]) / border;
                morph->dip = fmin(fmax(dip, (1 - 1 / fmax(beyond, 1)) / (4 * share * (1 - share))), most);
            }
        }
    }
}

static void blend_reliefs(struct morph *morph, struct outlook *now, enum height_mapping mapping, double share) {
    const struct relief *one = relief_get(&morph->before, mapping), *other = relief_get(now, mapping);
    struct relief *relief = &morph->between.reliefs[mapping];
    bool alike = other->width == one->width && other->height == one->height;
    const struct relief *size = alike || share < 0.5 || other->width == 0 ? one : other;
    size_t count = (size_t)size->width * (size_t)size->height;
    relief_resize(relief, size->width, size->height);
    float t = (float)share;
    for (size_t i = 0; i < count; i++) {
        /* A hole is one until half way, or from there on. */
        bool both = alike && isfinite(one->z[i]) && isfinite(other->z[i]);
        const struct relief *only = !alike ? size : t < 0.5f ? one : other;
        relief->z[i] = both ? glm_lerp(one->z[i], other->z[i], t) : only->z[i];
        relief->tone[i] = both ? glm_lerp(one->tone[i], other->tone[i], t) : only->tone[i];
    }
    relief_seal(relief);
}

static struct height_map map_between(const struct height_map *one, const struct height_map *other, double share) {
    double ranges[2] = {one->high - one->low, other->high - other->low};
    struct height_map map = {.mapping = one->mapping, .low = one->low + share * (other->low - one->low)};
    map.high = map.low + exp((1 - share) * log(ranges[0]) + share * log(ranges[1]));
    map.knee = exp((1 - share) * log(one->knee) + share * log(other->knee));
    return map;
}

static struct path_sample sample_between(const struct exhibit *exhibit, double share, const struct path_sample *one,
                                         const struct path_sample *other) {
    double world[2];
    struct plane_point from = {one->a, one->b, one->distance}, to = {other->a, other->b, other->distance};
    place_between(&exhibit->morph, &exhibit->now, share, &from, &to, world);
    struct path_sample sample = *other;
    sample.a = world[0];
    sample.b = world[1];
    sample.distance = (float)(one->distance + share * (other->distance - one->distance));
    return sample;
}

/* Samples that both planes have, every so many of them and the one at `step`, where the head stands. */
static void path_between(struct exhibit *exhibit, int run, double share, int64_t step) {
    const struct path *one = &exhibit->morph.before.paths[run], *other = &exhibit->now.paths[run];
    struct path *path = &exhibit->morph.between.paths[run];
    size_t stride = 1 + other->count / MORPH_SAMPLES, from = 0;
    path->count = 0;
    path->diverged = other->diverged;
    struct path_sample at[2];
    bool known = path_at(one, step, &at[0]) && path_at(other, step, &at[1]) && at[0].step == at[1].step;
    path->any = known;
    if (!known) return;
    for (size_t i = 0; i < other->count && other->samples[i].step < at[1].step; i += stride) {
        const struct path_sample *to = &other->samples[i];
        while (from < one->count && one->samples[from].step < to->step) from++;
        if (from == one->count || one->samples[from].step != to->step) continue;
        MEM_GROW(path->samples, path->capacity, path->count + 1);
        path->samples[path->count++] = sample_between(exhibit, share, &one->samples[from], to);
    }
    MEM_GROW(path->samples, path->capacity, path->count + 1);
    path->newest = path->samples[path->count++] = sample_between(exhibit, share, &at[0], &at[1]);
}

void morph_show(struct exhibit *exhibit, enum height_mapping mapping, int64_t step) {
    struct morph *morph = &exhibit->morph;
    exhibit->shown = &exhibit->now;
    if (!morph->active) return;
    double share = eased(morph->share);
    if (share <= 0) { /* all as it was */
        exhibit->shown = &morph->before;
        return;
    }
    struct outlook *between = &morph->between;
    const struct frame *one = &morph->before.frame, *other = &exhibit->now.frame;
    struct frame *frame = &between->frame;
    for (int i = 0; i < 2; i++) {
        frame->half[i] = (float)(one->half[i] + share * (other->half[i] - one->half[i]));
        frame->low[i] = -frame->half[i];
        frame->high[i] = frame->half[i];
        frame->scale[i] = 1;
    }
    frame->reach = one->reach + share * (other->reach - one->reach);
    between->plane = share < 0.5 ? morph->before.plane : exhibit->now.plane;
    blend_reliefs(morph, &exhibit->now, mapping, share);
    between->width = between->reliefs[mapping].width;
    between->height = between->reliefs[mapping].height;
    between->maps[mapping] = map_between(&morph->before.maps[mapping], &exhibit->now.maps[mapping], share);
    between->revision++;
    for (int r = 0; r < exhibit->runs; r++) path_between(exhibit, r, share, step);
    exhibit->shown = between;
}

struct frame morph_axes(const struct exhibit *exhibit, float *strength) {
    *strength = 1;
    if (exhibit->shown != &exhibit->morph.between) return exhibit->shown->frame;
    double share = eased(exhibit->morph.share);
    *strength = (float)fabs(1 - 2 * share);
    struct frame frame = share < 0.5 ? exhibit->morph.before.frame : exhibit->now.frame;
    for (int i = 0; i < 2; i++) {
        frame.half[i] = exhibit->shown->frame.half[i];
        frame.scale[i] = frame.half[i] / ((frame.high[i] - frame.low[i]) / 2);
    }
    return frame;
}

struct outlook *morph_nearer(struct exhibit *exhibit) {
    if (exhibit->shown != &exhibit->morph.between) return exhibit->shown;
    return eased(exhibit->morph.share) < 0.5 ? &exhibit->morph.before : &exhibit->now;
}

struct plane_point outlook_project(const struct exhibit *exhibit, const double *theta) {
    if (exhibit->shown != &exhibit->morph.between) return plane_project(exhibit->shown->plane, theta);
    double world[2], share = eased(exhibit->morph.share);
    struct plane_point one = plane_project(exhibit->morph.before.plane, theta),
                       other = plane_project(exhibit->now.plane, theta);
    place_between(&exhibit->morph, &exhibit->now, share, &one, &other, world);
    return (struct plane_point){world[0], world[1], one.distance + share * (other.distance - one.distance)};
}
