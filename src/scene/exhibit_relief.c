#include "scene/exhibit.h"

#include "base/memory.h"

#include <cglm/cglm.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct frame frame_make(const struct plane *plane, const double low[2], const double high[2]) {
    struct frame frame;
    double reach[2], unit[2] = {sqrt(plane->uu), sqrt(plane->vv)};
    for (int i = 0; i < 2; i++) {
        frame.low[i] = low[i];
        frame.high[i] = high[i];
        reach[i] = (high[i] - low[i]) / 2 * (unit[i] > 0 ? unit[i] : 1);
    }
    double longer = frame.reach = fmax(reach[0], reach[1]);
    for (int i = 0; i < 2; i++) {
        frame.half[i] = (float)fmax(reach[i] / longer, FRAME_SLIMMEST);
        frame.scale[i] = frame.half[i] / ((high[i] - low[i]) / 2);
    }
    return frame;
}

float loss_height(const struct height_map *map, double loss) {
    double tone = height_tone(map, loss);
    if (isnan(tone)) return NAN;
    return (float)(SCENE_HEIGHT * fmin(fmax(tone, -0.25), 1));
}

static float lerp(float from, float to, float share) {
    return isfinite(from) && isfinite(to) ? from + share * (to - from) : to;
}

static float settled(const struct settling *settling) {
    float t = (float)settling->share;
    return t * t * (3 - 2 * t);
}

/* Before finer losses are taken: keeps what is shown. */
static void settle_from_here(struct exhibit *exhibit, int width, int height) {
    struct settling *settling = &exhibit->settling;
    const struct relief *relief = &exhibit->now.reliefs[settling->mapping];
    bool alike = relief->fresh && relief->width == width && relief->height == height;
    if (!exhibit->params.morphs || !alike || exhibit->morph.active) {
        settling->active = false;
        return;
    }
    size_t count = (size_t)width * (size_t)height;
    if (count > settling->capacity) {
        settling->z = mem_resize(settling->z, count, sizeof *settling->z);
        settling->tone = mem_resize(settling->tone, count, sizeof *settling->tone);
        settling->capacity = count;
    }
    bool under_way = settling->active && settling->width == width && settling->height == height;
    float share = under_way ? settled(settling) : 1;
    for (size_t i = 0; i < count; i++) {
        settling->z[i] = under_way ? lerp(settling->z[i], relief->z[i], share) : relief->z[i];
        settling->tone[i] = under_way ? lerp(settling->tone[i], relief->tone[i], share) : relief->tone[i];
    }
    settling->width = width;
    settling->height = height;
    settling->share = 0;
    settling->active = true;
    settling->moves++;
}

void exhibit_settle(struct exhibit *exhibit, double share) {
    struct settling *settling = &exhibit->settling;
    if (!settling->active) return;
    settling->share += share;
    settling->moves++;
    if (settling->share >= 1 || exhibit->morph.active) settling->active = false;
}

bool exhibit_settling(const struct exhibit *exhibit) {
    return exhibit->settling.active;
}

static bool settles(const struct exhibit *exhibit, const struct relief *relief) {
    const struct settling *settling = &exhibit->settling;
    return settling->active && relief == &exhibit->now.reliefs[settling->mapping] && relief->width == settling->width &&
           relief->height == settling->height;
}

bool settling_fill(const struct exhibit *exhibit, const struct relief *relief, float *z, float *tone) {
    if (!settles(exhibit, relief)) return false;
    float share = settled(&exhibit->settling);
    size_t count = (size_t)relief->width * (size_t)relief->height;
    for (size_t i = 0; i < count; i++) {
        z[i] = lerp(exhibit->settling.z[i], relief->z[i], share);
        tone[i] = lerp(exhibit->settling.tone[i], relief->tone[i], share);
    }
    return true;
}

uint64_t settling_revision(const struct exhibit *exhibit, const struct relief *relief) {
    return settles(exhibit, relief) ? relief->revision ^ exhibit->settling.moves * 0x9E3779B97F4A7C15u : relief->revision;
}

/* The sampling levels fill the grid from coarse to fine, so every level is a whole picture. */
bool losses_take(struct exhibit *exhibit) {
    if (!exhibit->surface) return false;
    struct surface_progress progress = surface_progress(exhibit->surface);
    if (progress.stride == 0 || progress.revision == exhibit->losses_seen) return false;
    const struct surface_params *params = surface_params(exhibit->surface);
    size_t count = (size_t)params->width * (size_t)params->height;
    settle_from_here(exhibit, params->width, params->height);
    if (params->width != exhibit->now.width || params->height != exhibit->now.height) {
        exhibit->now.losses = mem_resize(exhibit->now.losses, count, sizeof *exhibit->now.losses);
        exhibit->now.width = params->width;
        exhibit->now.height = params->height;
    }
    exhibit->now.stride = surface_copy(exhibit->surface, exhibit->now.losses);
    if (exhibit->now.stride == 0) return false;
    exhibit->losses_seen = progress.revision;
    for (int m = 0; m < 2; m++) {
        exhibit->now.own_maps[m] = height_map_fit((enum height_mapping)m, exhibit->now.losses, count);
        exhibit->now.maps[m] = exhibit->now.own_maps[m];
        exhibit->now.reliefs[m].fresh = false;
    }
    exhibit->now.revision++;
    return true;
}

void outlook_use_map(struct outlook *outlook, const struct height_map *map) {
    struct height_map *used = &outlook->maps[map->mapping];
    if (used->low == map->low && used->high == map->high && used->knee == map->knee) return;
    *used = *map;
    outlook->reliefs[map->mapping].fresh = false;
    outlook->revision++;
}

static uint64_t hash_floats(uint64_t hash, const float *values, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        hash = (hash ^ bits) * 0x9E3779B97F4A7C15u;
        hash ^= hash >> 29;
    }
    return hash;
}

void relief_seal(struct relief *relief) {
    size_t count = (size_t)relief->width * (size_t)relief->height;
    uint64_t shape = (uint64_t)relief->width << 32 | (uint32_t)relief->height;
    relief->revision = hash_floats(hash_floats(shape, relief->z, count), relief->tone, count);
    relief->fresh = true;
}

void relief_resize(struct relief *relief, int width, int height) {
    size_t count = (size_t)width * (size_t)height;
    if (count > relief->capacity) {
        relief->z = mem_resize(relief->z, count, sizeof *relief->z);
        relief->tone = mem_resize(relief->tone, count, sizeof *relief->tone);
        relief->capacity = count;
    }
    relief->width = width;
    relief->height = height;
}

const struct relief *relief_get(struct outlook *outlook, enum height_mapping mapping) {
    struct relief *relief = &outlook->reliefs[mapping];
    if (relief->fresh || !outlook->losses || outlook->stride == 0) return relief;
    const struct height_map *map = &outlook->maps[mapping];
    size_t count = (size_t)outlook->width * (size_t)outlook->height;
    relief_resize(relief, outlook->width, outlook->height);
    for (size_t i = 0; i < count; i++) {
        double tone = height_tone(map, outlook->losses[i]);
        relief->tone[i] = isfinite(tone) ? (float)tone : NAN;
        relief->z[i] = isfinite(tone) ? (float)(SCENE_HEIGHT * fmin(fmax(tone, 0), 1)) : NAN;
    }
    relief_seal(relief);
    return relief;
}

float relief_height(const struct relief *relief, const struct frame *frame, float x, float y, vec3 normal) {
    if (relief->width < 2 || relief->height < 2) return NAN;
    float u = (x / frame->half[0] + 1) / 2 * (float)(relief->width - 1);
    float v = (y / frame->half[1] + 1) / 2 * (float)(relief->height - 1);
    const float edge = 1e-3f; /* rounding at the border */
    if (!(u >= -edge && v >= -edge && u <= (float)(relief->width - 1) + edge &&
          v <= (float)(relief->height - 1) + edge))
        return NAN;
    int i = (int)glm_clamp(u, 0, (float)(relief->width - 2)), j = (int)glm_clamp(v, 0, (float)(relief->height - 2));
    float s = glm_clamp(u - (float)i, 0, 1), t = glm_clamp(v - (float)j, 0, 1);
    const float *row = relief->z + (size_t)j * (size_t)relief->width + i;
    float z00 = row[0], z10 = row[1], z01 = row[relief->width], z11 = row[relief->width + 1];
    /* A cell is drawn as two triangles; which diagonal parts them is the renderer's affair. */
    float rising = s > t ? z00 + s * (z10 - z00) + t * (z11 - z10) : z00 + t * (z01 - z00) + s * (z11 - z01);
    float falling =
        s + t < 1 ? z00 + s * (z10 - z00) + t * (z01 - z00) : z11 + (1 - s) * (z01 - z11) + (1 - t) * (z10 - z11);
    if (normal) {
        float across = 2 * frame->half[0] / (float)(relief->width - 1),
              along = 2 * frame->half[1] / (float)(relief->height - 1);
        normal[0] = -((1 - t) * (z10 - z00) + t * (z11 - z01)) / across;
        normal[1] = -((1 - s) * (z01 - z00) + s * (z11 - z10)) / along;
        normal[2] = 1;
        glm_vec3_normalize(normal);
    }
    return fmaxf(rising, falling);
}

void outlook_release(struct outlook *outlook, int runs) {
    plane_destroy(&outlook->plane);
    for (int r = 0; r < runs && outlook->paths; r++) path_release(&outlook->paths[r]);
    for (int m = 0; m < 2; m++) {
        free(outlook->reliefs[m].z);
        free(outlook->reliefs[m].tone);
    }
    free(outlook->paths);
    free(outlook->losses);
    *outlook = (struct outlook){0};
}
