#include "analyze/critical_search.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

enum { SIDE = 200 }; /* buckets along a side: each CURVE_STEP wide */
static const double ON_CURVE =
    0.1 * CURVE_STEP; /* a chord strays from its valley by less than a fortieth of its length */

struct atlas_entry {
    uint32_t curve, vertex;
    int32_t next; /* in the same bucket, −1: none */
};

void atlas_open(struct atlas *atlas) {
    *atlas = (struct atlas){0};
    atlas->heads = MEM_NEW(int32_t, SIDE * SIDE);
    for (int i = 0; i < SIDE * SIDE; i++) atlas->heads[i] = -1;
}

void atlas_clear(struct atlas *atlas) {
    for (size_t k = 0; k < atlas->count; k++) curve_clear(&atlas->curves[k]);
    free(atlas->curves);
    free(atlas->entries);
    free(atlas->heads);
    *atlas = (struct atlas){0};
}

static int bucket(const struct field *field, const double x[2], int axis) {
    double t = (x[axis] - field->low[axis]) / field->side[axis] * SIDE;
    return t < 0 ? 0 : t >= SIDE ? SIDE - 1 : (int)t;
}

void atlas_add(const struct field *field, struct atlas *atlas, const struct curve *curve) {
    MEM_GROW(atlas->curves, atlas->capacity, atlas->count + 1);
    MEM_GROW(atlas->entries, atlas->entry_capacity, atlas->entry_count + curve->count);
    for (size_t i = 0; i < curve->count; i++) {
        int32_t *head = &atlas->heads[bucket(field, curve->points[i], 1) * SIDE + bucket(field, curve->points[i], 0)];
        atlas->entries[atlas->entry_count] = (struct atlas_entry){(uint32_t)atlas->count, (uint32_t)i, *head};
        *head = (int32_t)atlas->entry_count++;
    }
    atlas->curves[atlas->count++] = *curve;
}

/* The vertex after `i`: the first after the last of a closed curve, itself at an end. */
static size_t vertex_after(const struct curve *curve, size_t i) {
    return i + 1 < curve->count ? i + 1 : curve->closed ? 0 : i;
}

static size_t vertex_before(const struct curve *curve, size_t i) {
    return i > 0 ? i - 1 : curve->closed ? curve->count - 1 : 0;
}

static double segment_distance(const struct field *field, const double a[2], const double b[2], const double x[2]) {
    double along[2], off[2], square = 0, dot = 0;
    for (int k = 0; k < 2; k++) {
        along[k] = (b[k] - a[k]) / field->side[k];
        off[k] = (x[k] - a[k]) / field->side[k];
        square += along[k] * along[k];
        dot += along[k] * off[k];
    }
    double t = square > 0 ? fmin(1, fmax(0, dot / square)) : 0;
    return hypot(off[0] - t * along[0], off[1] - t * along[1]);
}

static double turn(const double a[2], const double b[2], const double c[2]) {
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

static bool segments_cross(const double a[2], const double b[2], const double c[2], const double d[2]) {
    for (int k = 0; k < 2; k++)
        if (fmax(a[k], b[k]) < fmin(c[k], d[k]) || fmax(c[k], d[k]) < fmin(a[k], b[k])) return false;
    return turn(a, b, c) * turn(a, b, d) <= 0 && turn(c, d, a) * turn(c, d, b) <= 0;
}

/* Entries in the buckets around `x`, one at a time: a vertex within a step of `x` is among them. */
struct around {
    const struct atlas *atlas;
    int column, row, place;
    int32_t entry;
};

static struct around around_start(const struct field *field, const struct atlas *atlas, const double x[2]) {
    return (struct around){atlas, bucket(field, x, 0), bucket(field, x, 1), -1, -1};
}

static const struct atlas_entry *around_next(struct around *around) {
    while (around->entry < 0) {
        if (++around->place >= 9) return NULL;
        int column = around->column + around->place % 3 - 1, row = around->row + around->place / 3 - 1;
        if (column < 0 || column >= SIDE || row < 0 || row >= SIDE) continue;
        around->entry = around->atlas->heads[row * SIDE + column];
    }
    const struct atlas_entry *entry = &around->atlas->entries[around->entry];
    around->entry = entry->next;
    return entry;
}

bool atlas_near(const struct field *field, const struct atlas *atlas, const double x[2]) {
    struct around around = around_start(field, atlas, x);
    for (const struct atlas_entry *entry; (entry = around_next(&around));) {
        const struct curve *curve = &atlas->curves[entry->curve];
        const double *vertex = curve->points[entry->vertex];
        if (segment_distance(field, vertex, curve->points[vertex_after(curve, entry->vertex)], x) <= ON_CURVE ||
            segment_distance(field, vertex, curve->points[vertex_before(curve, entry->vertex)], x) <= ON_CURVE)
            return true;
    }
    return false;
}

void atlas_meetings(const struct field *field, const struct atlas *atlas, void (*meet)(void *, size_t, size_t),
                    void *context) {
    for (size_t k = 0; k < atlas->count; k++) {
        const struct curve *mine = &atlas->curves[k];
        for (size_t i = 0; i < mine->count; i++) {
            const double *from = mine->points[i], *to = mine->points[vertex_after(mine, i)];
            bool end = !mine->closed && (i == 0 || i + 1 == mine->count);
            struct around around = around_start(field, atlas, from);
            for (const struct atlas_entry *entry; (entry = around_next(&around));) {
                if (entry->curve == k) continue;
                const struct curve *other = &atlas->curves[entry->curve];
                const double *vertex = other->points[entry->vertex];
                const double *after = other->points[vertex_after(other, entry->vertex)];
                const double *before = other->points[vertex_before(other, entry->vertex)];
                if (segments_cross(from, to, vertex, after) || segments_cross(from, to, before, vertex) ||
                    (end && (segment_distance(field, vertex, after, from) <= ON_CURVE ||
                             segment_distance(field, before, vertex, from) <= ON_CURVE)))
                    meet(context, k, entry->curve);
            }
        }
    }
}
