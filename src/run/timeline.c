#include "run/timeline.h"

#include "base/memory.h"
#include "run/spill.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Samples lie in blocks, so that growing never moves what is there. Parameters lie in chunks, each of which covers
 * `span` neighbouring samples and keeps those whose index is a multiple of the chunk's stride.
 *
 * When the budget is full, one chunk at a time, oldest first, has its stride doubled, so that an append never pays for
 * more than the room it needs. Once the cursor has passed the last chunk all have the double stride, and a new pass
 * begins. */
enum { BLOCK_SAMPLES = 4096, CHUNK_BYTES = 256 * 1024, CHUNKS_PER_RUN = 8 };
/* Bytes of figures, and of parameters that have no budget, that are held in memory; what comes after lies on disk. */
static const size_t MEMORY_BYTES = (size_t)512 << 20;
static const size_t STRIDE_LIMIT = (size_t)1 << 40; /* beyond any run: only the start and the newest are left */

struct block {
    struct sample *samples; /* (BLOCK_SAMPLES) */
    bool spilled;
};

struct chunk {
    bool spilled;            /* thetas lie on disk; then there is no budget, and the stride stays */
    size_t stride;           /* a power of two */
    size_t slots;            /* multiples of stride among the samples it covers */
    double *thetas;          /* (slots × n); NULL until one is known */
    unsigned char *known;    /* (slots), with thetas */
    struct inside **insides; /* (slots), each NULL or of the update that leaves there; NULL until one is known */
};

struct track { /* one run */
    struct block *blocks;
    size_t block_count, block_capacity;
    struct chunk *chunks;
    size_t chunk_count, chunk_capacity;
    size_t count;
    double *newest; /* (n) parameters of sample count − 1, kept whatever the stride */
    bool newest_known;
    struct inside *last; /* of the update that leaves sample last_index, kept whatever the stride; or NULL */
    size_t last_index;
    double *statistics; /* batch norm's moving averages at the newest sample, or NULL */
    int statistic_count;
};

struct timeline {
    int runs, n;         /* immutable after create */
    size_t budget, span; /* immutable after create; span is a power of two */
    pthread_mutex_t lock;
    /* All below: guarded by lock. */
    struct track *tracks; /* (runs) */
    uint64_t generation;
    size_t used;                     /* bytes of parameters and insides in chunks */
    size_t stride;                   /* of chunks from the cursor on; those before it have the double */
    size_t cursor_chunk, cursor_run; /* the chunk to be thinned next */
    size_t memory, held;             /* bytes of figures and of parameters without a budget: at most, and so far */
    struct spill *spill;             /* the rest of them */
};

static void lock(const struct timeline *timeline) {
    pthread_mutex_lock((pthread_mutex_t *)&timeline->lock);
}

static void unlock(const struct timeline *timeline) {
    pthread_mutex_unlock((pthread_mutex_t *)&timeline->lock);
}

struct timeline *timeline_create(int runs, int n, size_t budget) {
    assert(runs > 0 && n > 0);
    struct timeline *timeline = MEM_NEW(struct timeline, 1);
    timeline->runs = runs;
    timeline->n = n;
    timeline->budget = budget;
    size_t bytes = budget / (CHUNKS_PER_RUN * (size_t)runs);
    if (bytes > CHUNK_BYTES) bytes = CHUNK_BYTES;
    timeline->span = 1;
    while (timeline->span < BLOCK_SAMPLES && 2 * timeline->span * (size_t)n * sizeof(double) <= bytes)
        timeline->span *= 2;
    timeline->tracks = MEM_NEW(struct track, runs);
    for (int run = 0; run < runs; run++) timeline->tracks[run].newest = MEM_NEW(double, n);
    timeline->stride = 1;
    timeline->memory = MEMORY_BYTES;
    timeline->spill = spill_create();
    pthread_mutex_init(&timeline->lock, NULL);
    return timeline;
}

static void free_chunk(struct chunk *chunk) {
    for (size_t slot = 0; chunk->insides && slot < chunk->slots; slot++) free(chunk->insides[slot]);
    free(chunk->insides);
    if (!chunk->spilled) free(chunk->thetas);
    free(chunk->known);
    chunk->thetas = NULL;
    chunk->known = NULL;
    chunk->insides = NULL;
}

static void clear_track(struct track *track) {
    for (size_t i = 0; i < track->block_count; i++)
        if (!track->blocks[i].spilled) free(track->blocks[i].samples);
    for (size_t i = 0; i < track->chunk_count; i++) free_chunk(&track->chunks[i]);
    free(track->last);
    track->last = NULL;
    track->block_count = track->chunk_count = track->count = 0;
    track->newest_known = false;
    free(track->statistics);
    track->statistics = NULL;
    track->statistic_count = 0;
}

void timeline_destroy(struct timeline **timeline) {
    if (!timeline || !*timeline) return;
    struct timeline *t = *timeline;
    for (int run = 0; run < t->runs; run++) {
        clear_track(&t->tracks[run]);
        free(t->tracks[run].blocks);
        free(t->tracks[run].chunks);
        free(t->tracks[run].newest);
    }
    free(t->tracks);
    spill_destroy(&t->spill);
    pthread_mutex_destroy(&t->lock);
    free(t);
    *timeline = NULL;
}

void timeline_clear(struct timeline *timeline) {
    lock(timeline);
    for (int run = 0; run < timeline->runs; run++) clear_track(&timeline->tracks[run]);
    spill_destroy(&timeline->spill);
    timeline->spill = spill_create();
    timeline->used = timeline->held = timeline->cursor_chunk = timeline->cursor_run = 0;
    timeline->stride = 1;
    timeline->generation++;
    unlock(timeline);
}

void timeline_limit_memory(struct timeline *timeline, size_t bytes) {
    lock(timeline);
    timeline->memory = bytes;
    unlock(timeline);
}

/* Zeros, in memory while there is room for them, else on disk; in memory after all where the disk has none. */
static void *hold(struct timeline *timeline, size_t bytes, bool *spilled) {
    void *room = timeline->held + bytes > timeline->memory ? spill_block(timeline->spill, bytes) : NULL;
    *spilled = room != NULL;
    if (room) return room;
    timeline->held += bytes;
    return mem_zalloc(bytes, 1);
}

/* ---- parameters ------------------------------------------------------------------------------------------------- */

static size_t slots_at(const struct timeline *timeline, size_t chunk, size_t stride) {
    if (stride <= timeline->span) return timeline->span / stride;
    return chunk * timeline->span % stride == 0 ? 1 : 0;
}

static size_t chunk_bytes(const struct timeline *timeline, size_t slots) {
    return slots * (size_t)timeline->n * sizeof(double);
}

/* Those of every second slot go, the others move together; of all when no slot is left. */
static void halve_insides(struct timeline *timeline, struct chunk *chunk, size_t old, size_t slots) {
    for (size_t slot = 0; slot < old; slot++) {
        struct inside *inside = chunk->insides[slot];
        chunk->insides[slot] = NULL;
        if (slot % 2 == 0 && slot / 2 < slots) {
            chunk->insides[slot / 2] = inside;
        } else if (inside) {
            timeline->used -= inside_bytes(inside);
            free(inside);
        }
    }
}

static void double_stride(struct timeline *timeline, struct chunk *chunk, size_t index) {
    size_t n = (size_t)timeline->n, old = chunk->slots;
    chunk->stride *= 2;
    size_t slots = slots_at(timeline, index, chunk->stride);
    if (!chunk->thetas || slots == old) {
        chunk->slots = slots;
        return;
    }
    timeline->used -= chunk_bytes(timeline, old - slots);
    if (chunk->insides) halve_insides(timeline, chunk, old, slots);
    if (slots == 0) {
        free_chunk(chunk);
        chunk->slots = 0;
        return;
    }
    chunk->slots = slots;
    for (size_t slot = 1; slot < slots; slot++) {
        memcpy(chunk->thetas + slot * n, chunk->thetas + 2 * slot * n, n * sizeof(double));
        chunk->known[slot] = chunk->known[2 * slot];
    }
    chunk->thetas = mem_resize(chunk->thetas, slots * n, sizeof(double));
}

/* Doubles the stride of the chunk under the cursor and moves on. */
static void thin(struct timeline *timeline) {
    size_t index = timeline->cursor_chunk;
    struct track *track = &timeline->tracks[timeline->cursor_run];
    if (index < track->chunk_count) double_stride(timeline, &track->chunks[index], index);
    if (++timeline->cursor_run < (size_t)timeline->runs) return;
    timeline->cursor_run = 0;
    timeline->cursor_chunk++;
    for (int run = 0; run < timeline->runs; run++)
        if (timeline->cursor_chunk < timeline->tracks[run].chunk_count) return;
    timeline->cursor_chunk = 0;
    timeline->stride *= 2;
}

static void add_chunk(struct timeline *timeline, int run) {
    struct track *track = &timeline->tracks[run];
    size_t index = track->chunk_count;
    MEM_GROW(track->chunks, track->chunk_capacity, index + 1);
    bool passed =
        index < timeline->cursor_chunk || (index == timeline->cursor_chunk && (size_t)run < timeline->cursor_run);
    size_t stride = passed ? 2 * timeline->stride : timeline->stride;
    track->chunks[index] = (struct chunk){.stride = stride, .slots = slots_at(timeline, index, stride)};
    track->chunk_count++;
}

static void keep_parameters(struct timeline *timeline, int run, size_t index, const double *theta) {
    struct track *track = &timeline->tracks[run];
    size_t n = (size_t)timeline->n, place = index / timeline->span;
    while (track->chunk_count <= place) add_chunk(timeline, run);
    track->newest_known = theta != NULL;
    if (!theta) return;
    memcpy(track->newest, theta, n * sizeof(double));
    if (!track->chunks[place].thetas) {
        while (index > 0 && track->chunks[place].slots > 0 && timeline->stride < STRIDE_LIMIT &&
               timeline->used + chunk_bytes(timeline, track->chunks[place].slots) > timeline->budget)
            thin(timeline);
        struct chunk *chunk = &track->chunks[place];
        if (chunk->slots == 0 || index % chunk->stride != 0) return;
        if (timeline->budget == SIZE_MAX)
            chunk->thetas = hold(timeline, chunk_bytes(timeline, chunk->slots), &chunk->spilled);
        else
            chunk->thetas = mem_resize(NULL, chunk->slots * n, sizeof(double));
        chunk->known = MEM_NEW(unsigned char, chunk->slots);
        timeline->used += chunk_bytes(timeline, chunk->slots);
    }
    struct chunk *chunk = &track->chunks[place];
    if (index % chunk->stride != 0) return;
    size_t slot = index % timeline->span / chunk->stride;
    memcpy(chunk->thetas + slot * n, theta, n * sizeof(double));
    chunk->known[slot] = 1;
}

/* Parameters of a sample, or NULL when they are not kept. */
static const double *find_parameters(const struct timeline *timeline, const struct track *track, size_t index) {
    if (index == track->count - 1) return track->newest_known ? track->newest : NULL;
    const struct chunk *chunk = &track->chunks[index / timeline->span];
    if (!chunk->thetas || index % chunk->stride != 0) return NULL;
    size_t slot = index % timeline->span / chunk->stride;
    return chunk->known[slot] ? chunk->thetas + slot * (size_t)timeline->n : NULL;
}

/* ---- insides -------------------------------------------------------------------------------------------------------
 */

/* The slot of a sample whose parameters are kept, or NULL. */
static struct inside **find_slot(const struct timeline *timeline, const struct track *track, size_t index) {
    if (index / timeline->span >= track->chunk_count) return NULL;
    const struct chunk *chunk = &track->chunks[index / timeline->span];
    if (!chunk->thetas || !chunk->insides || index % chunk->stride != 0) return NULL;
    return &chunk->insides[index % timeline->span / chunk->stride];
}

/* The last one goes to its parameters, or goes if they have gone. */
static void settle_last(struct timeline *timeline, struct track *track) {
    struct inside *inside = track->last;
    size_t index = track->last_index;
    if (!inside) return;
    track->last = NULL;
    while (timeline->used + inside_bytes(inside) > timeline->budget && timeline->stride < STRIDE_LIMIT &&
           find_parameters(timeline, track, index))
        thin(timeline);
    struct chunk *chunk = &track->chunks[index / timeline->span];
    if (chunk->thetas && !chunk->insides) chunk->insides = MEM_NEW(struct inside *, chunk->slots);
    struct inside **slot = find_slot(timeline, track, index);
    if (slot && timeline->used + inside_bytes(inside) <= timeline->budget) {
        *slot = inside;
        timeline->used += inside_bytes(inside);
    } else {
        free(inside);
    }
}

void timeline_append_inside(struct timeline *timeline, int run, struct inside *inside) {
    assert(run >= 0 && run < timeline->runs && inside->n == timeline->n);
    lock(timeline);
    struct track *track = &timeline->tracks[run];
    assert(track->count > 0);
    settle_last(timeline, track);
    track->last = inside;
    track->last_index = track->count - 1;
    unlock(timeline);
}

struct inside *timeline_inside(const struct timeline *timeline, int run, size_t index) {
    assert(run >= 0 && run < timeline->runs);
    lock(timeline);
    const struct track *track = &timeline->tracks[run];
    struct inside *const *slot = find_slot(timeline, track, index);
    const struct inside *inside = track->last && track->last_index == index ? track->last : slot ? *slot : NULL;
    struct inside *copy = inside ? inside_copy(inside) : NULL;
    unlock(timeline);
    return copy;
}

/* ---- samples ---------------------------------------------------------------------------------------------------- */

static struct sample *sample_at(const struct track *track, size_t index) {
    return &track->blocks[index / BLOCK_SAMPLES].samples[index % BLOCK_SAMPLES];
}

void timeline_append(struct timeline *timeline, int run, const struct sample *sample, const double *theta) {
    assert(run >= 0 && run < timeline->runs);
    lock(timeline);
    struct track *track = &timeline->tracks[run];
    if (track->count == track->block_count * BLOCK_SAMPLES) {
        MEM_GROW(track->blocks, track->block_capacity, track->block_count + 1);
        struct block *block = &track->blocks[track->block_count++];
        block->samples = hold(timeline, BLOCK_SAMPLES * sizeof(struct sample), &block->spilled);
    }
    *sample_at(track, track->count) = *sample;
    keep_parameters(timeline, run, track->count, theta);
    track->count++;
    unlock(timeline);
}

void timeline_keep_statistics(struct timeline *timeline, int run, const double *statistics, int count) {
    assert(run >= 0 && run < timeline->runs && count > 0);
    lock(timeline);
    struct track *track = &timeline->tracks[run];
    if (count != track->statistic_count)
        track->statistics = mem_resize(track->statistics, (size_t)count, sizeof(double));
    track->statistic_count = count;
    memcpy(track->statistics, statistics, (size_t)count * sizeof *statistics);
    unlock(timeline);
}

int timeline_statistics(const struct timeline *timeline, int run, double *statistics) {
    assert(run >= 0 && run < timeline->runs);
    lock(timeline);
    const struct track *track = &timeline->tracks[run];
    int count = track->statistic_count;
    if (statistics && count > 0) memcpy(statistics, track->statistics, (size_t)count * sizeof *statistics);
    unlock(timeline);
    return count;
}

int timeline_runs(const struct timeline *timeline) {
    return timeline->runs;
}

int timeline_dimension(const struct timeline *timeline) {
    return timeline->n;
}

uint64_t timeline_generation(const struct timeline *timeline) {
    lock(timeline);
    uint64_t generation = timeline->generation;
    unlock(timeline);
    return generation;
}

size_t timeline_count(const struct timeline *timeline, int run) {
    assert(run >= 0 && run < timeline->runs);
    lock(timeline);
    size_t count = timeline->tracks[run].count;
    unlock(timeline);
    return count;
}

static void read_some(const struct timeline *timeline, const struct track *track, size_t from, size_t count,
                      struct sample *samples, double *thetas, bool *known) {
    size_t n = (size_t)timeline->n;
    for (size_t i = 0; i < count; i++) {
        if (samples) samples[i] = *sample_at(track, from + i);
        if (!thetas && !known) continue;
        const double *theta = find_parameters(timeline, track, from + i);
        if (known) known[i] = theta != NULL;
        if (thetas && theta) memcpy(thetas + i * n, theta, n * sizeof(double));
        if (thetas && !theta) memset(thetas + i * n, 0, n * sizeof(double));
    }
}

/* A long read lets go of the lock between blocks, so that the collector never waits for it; a clear in between starts
 * it again, so that what is returned is of one generation. */
size_t timeline_read(const struct timeline *timeline, int run, size_t from, size_t count, struct sample *samples,
                     double *thetas, bool *known) {
    assert(run >= 0 && run < timeline->runs);
    const struct track *track = &timeline->tracks[run];
    size_t done = 0, n = (size_t)timeline->n;
    size_t at_once = thetas ? 1 + BLOCK_SAMPLES / n : BLOCK_SAMPLES;
    uint64_t generation = 0;
    while (done < count) {
        lock(timeline);
        if (done > 0 && timeline->generation != generation) done = 0;
        generation = timeline->generation;
        size_t left = from + done < track->count ? track->count - from - done : 0;
        size_t some = count - done < left ? count - done : left;
        if (some > at_once) some = at_once;
        read_some(timeline, track, from + done, some, samples ? samples + done : NULL,
                  thetas ? thetas + done * n : NULL, known ? known + done : NULL);
        unlock(timeline);
        if (some == 0) break;
        done += some;
    }
    return done;
}

int64_t timeline_find(const struct timeline *timeline, int run, int64_t step) {
    assert(run >= 0 && run < timeline->runs);
    lock(timeline);
    const struct track *track = &timeline->tracks[run];
    size_t low = 0, high = track->count; /* all before low have step ≤ `step`, all from high on have more */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sample_at(track, middle)->step <= step)
            low = middle + 1;
        else
            high = middle;
    }
    unlock(timeline);
    return (int64_t)low - 1;
}

int64_t timeline_last_step(const struct timeline *timeline) {
    int64_t last = -1;
    lock(timeline);
    for (int run = 0; run < timeline->runs; run++) {
        const struct track *track = &timeline->tracks[run];
        if (track->count == 0) continue;
        int64_t step = sample_at(track, track->count - 1)->step;
        if (step > last) last = step;
    }
    unlock(timeline);
    return last;
}
