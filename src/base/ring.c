#include "base/ring.h"

#include "base/memory.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { LINE = 64 };

struct ring {
    unsigned char *slots; /* immutable after create */
    size_t count, stride; /* immutable after create; count is a power of two */
    _Alignas(LINE) atomic_size_t written; /* producer writes, consumer reads */
    size_t read_seen;                     /* producer only: `read` as last seen, to touch the shared line rarely */
    _Alignas(LINE) atomic_size_t read;    /* consumer writes, producer reads */
    size_t written_seen;                  /* consumer only */
};

struct ring *ring_create(size_t slots, size_t slot_bytes) {
    assert(slots > 0 && slot_bytes > 0 && slot_bytes < (size_t)1 << 40);
    size_t count = 1;
    while (count < slots) count *= 2;
    struct ring *ring = aligned_alloc(LINE, sizeof *ring);
    size_t stride = (slot_bytes + LINE - 1) / LINE * LINE;
    size_t bytes;
    if (!ring || __builtin_mul_overflow(count, stride, &bytes)) abort();
    *ring = (struct ring){.slots = aligned_alloc(LINE, bytes), .count = count, .stride = stride};
    if (!ring->slots) abort();
    atomic_init(&ring->written, 0);
    atomic_init(&ring->read, 0);
    return ring;
}

void ring_destroy(struct ring **ring) {
    if (!ring || !*ring) return;
    free((*ring)->slots);
    free(*ring);
    *ring = NULL;
}

size_t ring_slots(const struct ring *ring) {
    return ring->count;
}

static void *slot(struct ring *ring, size_t index) {
    return ring->slots + (index & (ring->count - 1)) * ring->stride;
}

void *ring_reserve(struct ring *ring) {
    size_t written = atomic_load_explicit(&ring->written, memory_order_relaxed);
    if (written - ring->read_seen == ring->count) {
        ring->read_seen = atomic_load_explicit(&ring->read, memory_order_acquire);
        if (written - ring->read_seen == ring->count) return NULL;
    }
    return slot(ring, written);
}

void ring_commit(struct ring *ring) {
    size_t written = atomic_load_explicit(&ring->written, memory_order_relaxed);
    atomic_store_explicit(&ring->written, written + 1, memory_order_release);
}

void *ring_peek(struct ring *ring) {
    size_t read = atomic_load_explicit(&ring->read, memory_order_relaxed);
    if (read == ring->written_seen) {
        ring->written_seen = atomic_load_explicit(&ring->written, memory_order_acquire);
        if (read == ring->written_seen) return NULL;
    }
    return slot(ring, read);
}

void ring_release(struct ring *ring) {
    size_t read = atomic_load_explicit(&ring->read, memory_order_relaxed);
    atomic_store_explicit(&ring->read, read + 1, memory_order_release);
}
