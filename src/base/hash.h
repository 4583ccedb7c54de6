/* FNV-1a: tells contents apart that nobody made alike on purpose. Begin with HASH_START; a file that is kept may hold
 * the result, so it stays as it is. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define HASH_START 0xcbf29ce484222325u

/* hash ← (hash ⊕ word) · prime */
static inline uint64_t hash_word(uint64_t hash, uint64_t word) {
    return (hash ^ word) * 0x100000001b3u;
}

/* A byte at a time. */
static inline uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t count) {
    const unsigned char *at = (const unsigned char *)bytes;
    for (size_t i = 0; i < count; i++) hash = hash_word(hash, at[i]);
    return hash;
}
