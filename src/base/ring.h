/* A bounded queue of fixed-size slots between exactly one producer and one consumer thread, without locks.
 *
 * The producer owns `ring_reserve` / `ring_commit`, the consumer `ring_peek` / `ring_release`; slots are used in place,
 * nothing is copied. What it does not do: wait. A full or empty ring is answered NULL; the callers decide how to wait. */
#pragma once

#include <stddef.h>

struct ring;

/* `slots` is rounded up to a power of two; each slot holds `slot_bytes`, aligned to 64 bytes. */
struct ring *ring_create(size_t slots, size_t slot_bytes);
void ring_destroy(struct ring **ring); /* accepts NULL; no thread may be using it */
size_t ring_slots(const struct ring *ring);

void *ring_reserve(struct ring *ring); /* producer: the next free slot, or NULL when full */
void ring_commit(struct ring *ring);   /* producer: makes the reserved slot visible to the consumer */
void *ring_peek(struct ring *ring);    /* consumer: the oldest slot, or NULL when empty */
void ring_release(struct ring *ring);  /* consumer: gives that slot back */
