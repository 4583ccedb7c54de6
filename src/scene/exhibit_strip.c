#include "scene/exhibit.h"

#include "base/memory.h"

#include <cglm/cglm.h>
#include <math.h>

/* Above the surface by this much along its normal, in world units: half a line's width on a large screen. */
static const float lift = 0.008f;
/* Points nearer than three quarters of a pixel add nothing: the box is about 800 pixels wide for 2 units on a large
 * screen. */
static const float finest = 0.75f * 2 / 800;
/* Paths too long for their vertices are drawn coarser by this much at a time. */
static const float coarser = 1.6f;

float strip_nearness(const struct frame *frame, double distance) {
    /* As far off as half the longer side of what is shown is "far". */
    double relative = frame->reach > 0 ? distance / frame->reach : 0;
    return (float)(0.3 + 0.7 / (1 + relative * relative));
}

void strip_place(const struct outlook *outlook, struct placing placing, const struct path_sample *sample, vec3 at) {
    const struct frame *frame = &outlook->frame;
    at[0] = frame_x(frame, 0, sample->a);
    at[1] = frame_x(frame, 1, sample->b);
    if (placing.draped) {
        /* The upward shift keeps the point over the same place; dividing by the normal's z lifts it `lift` off the
         * slope. */
        vec3 normal;
        float z = relief_height(&outlook->reliefs[placing.mapping], frame, at[0], at[1], normal);
        if (!isnan(z)) {
            at[2] = z + lift / fmaxf(normal[2], 0.25f);
            return;
        }
    }
    float z = loss_height(&outlook->maps[placing.mapping], sample->loss);
    at[2] = isnan(z) ? 0 : z + lift;
}

/* The part of a segment inside the range: Liang and Barsky (1984). */
static bool clip(const struct frame *frame, const struct path_sample *from, const struct path_sample *to, double *enter,
                 double *leave) {
    double start[2] = {from->a, from->b}, way[2] = {to->a - from->a, to->b - from->b};
    *enter = 0;
    *leave = 1;
    for (int i = 0; i < 2; i++) {
        if (way[i] == 0) {
            if (start[i] < frame->low[i] || start[i] > frame->high[i]) return false;
            continue;
        }
        double one = (frame->low[i] - start[i]) / way[i], other = (frame->high[i] - start[i]) / way[i];
        *enter = fmax(*enter, fmin(one, other));
        *leave = fmin(*leave, fmax(one, other));
    }
    return *enter <= *leave;
}

static struct path_sample between(const struct path_sample *from, const struct path_sample *to, double share) {
    if (share <= 0) return *from;
    if (share >= 1) return *to;
    return (struct path_sample){to->step,
                                from->a + share * (to->a - from->a),
                                from->b + share * (to->b - from->b),
                                from->loss + share * (to->loss - from->loss),
                                (float)(from->distance + share * (to->distance - from->distance)),
                                0};
}

void strip_segment(const struct outlook *outlook, struct placing placing, const struct path_sample *from,
                   const struct path_sample *to, float spacing, struct strip *strip) {
    const struct frame *frame = &outlook->frame;
    double enter, leave;
    if (!clip(frame, from, to, &enter, &leave)) return;
    double way = hypot((to->a - from->a) * frame->scale[0], (to->b - from->b) * frame->scale[1]) * (leave - enter);
    int parts = 1;
    if (placing.draped) parts = (int)fmin(fmax(ceil(way / spacing), 1), 4096); /* draped over the surface */
    for (int k = enter > 0 ? 0 : 1; k <= parts; k++) {
        struct path_sample sample = between(from, to, enter + (leave - enter) * k / parts);
        struct strip_vertex vertex = {
            .step = to->step, .begins = k == 0, .nearness = strip_nearness(&outlook->frame, sample.distance)};
        strip_place(outlook, placing, &sample, vertex.at);
        strip_push(strip, &vertex);
    }
}

void strip_push(struct strip *strip, const struct strip_vertex *vertex) {
    MEM_GROW(strip->vertices, strip->capacity, strip->count + 1);
    struct strip_vertex *added = &strip->vertices[strip->count];
    *added = *vertex;
    if (strip->count > 0) {
        struct strip_vertex *before = &strip->vertices[strip->count - 1];
        added->length = before->length + (vertex->begins ? 0 : glm_vec3_distance(before->at, added->at));
    }
    strip->count++;
}

bool frame_holds(const struct frame *frame, double a, double b) {
    return a >= frame->low[0] && a <= frame->high[0] && b >= frame->low[1] && b <= frame->high[1];
}

float strip_spacing(const struct outlook *outlook, float tolerance) {
    float cell = outlook->width > 1 ? 2.0f / (float)(outlook->width - 1) : 0.02f;
    return fmaxf(fmaxf(cell / 2, 0.006f), 4 * (tolerance - finest));
}

static void begin(struct outlook *outlook, struct path *path, struct placing placing) {
    path->strip.count = path->strip_used = path->turn_count = 0;
    path->strip_revision = outlook->revision;
    path->strip_placing = placing;
}

static void turn_at(struct path *path, size_t index) {
    MEM_GROW(path->turns, path->turn_capacity, path->turn_count + 1);
    path->turns[path->turn_count++] = index;
}

static void work_in(struct outlook *outlook, struct path *path, struct placing placing) {
    float spacing = strip_spacing(outlook, path->tolerance);
    for (; path->strip_used < path->count && path->strip.count <= STRIP_MOST; path->strip_used++) {
        const struct path_sample *sample = &path->samples[path->strip_used];
        vec3 here, last;
        strip_place(outlook, placing, sample, here);
        if (path->strip_used == 0) {
            struct strip_vertex first = {
                .step = sample->step, .begins = true, .nearness = strip_nearness(&outlook->frame, sample->distance)};
            glm_vec3_copy(here, first.at);
            if (frame_holds(&outlook->frame, sample->a, sample->b)) strip_push(&path->strip, &first);
            turn_at(path, 0);
            continue;
        }
        const struct path_sample *before = &path->samples[path->turns[path->turn_count - 1]];
        strip_place(outlook, placing, before, last);
        if (glm_vec3_distance(here, last) < path->tolerance) continue;
        strip_segment(outlook, placing, before, sample, spacing, &path->strip);
        turn_at(path, path->strip_used);
    }
}

void strip_update(struct outlook *outlook, struct path *path, struct placing placing) {
    relief_get(outlook, placing.mapping);
    if (path->strip_revision != outlook->revision || path->strip_placing.mapping != placing.mapping ||
        path->strip_placing.draped != placing.draped) {
        path->tolerance = finest;
        begin(outlook, path, placing);
    }
    work_in(outlook, path, placing);
    while (path->strip.count > STRIP_MOST) {
        path->tolerance *= coarser;
        begin(outlook, path, placing);
        work_in(outlook, path, placing);
    }
}
