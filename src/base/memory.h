/* Memory: one place decides what happens when there is none left (a message and exit status 1), so callers never check.
 * Every count × size is checked for overflow. Thread-safe. */
#pragma once

#include <stddef.h>

/* Bytes this process may use in all: the machine's memory, or less where a limit is set (of the process, of its control
 * group). */
size_t mem_machine(void);

/* `count` objects of `size` bytes, zeroed. Never NULL, not even for a count of 0. Freed with free(). */
void *mem_zalloc(size_t count, size_t size) __attribute__((malloc));
/* Like realloc() for `count` objects of `size` bytes; what is new is not zeroed. */
void *mem_resize(void *old, size_t count, size_t size);
char *mem_copy_text(const char *text) __attribute__((malloc)); /* NULL gives NULL */

#define MEM_NEW(type, count) ((type *)mem_zalloc((size_t)(count), sizeof(type)))

/* Makes room for at least `want` objects, doubling: MEM_GROW(points, capacity, want). `capacity` is a size_t lvalue. */
#define MEM_GROW(array, capacity, want)                                                                                \
    do {                                                                                                               \
        if ((size_t)(want) > (capacity)) {                                                                             \
            (capacity) = (capacity) ? (capacity) : 16;                                                                 \
            while ((capacity) < (size_t)(want)) (capacity) *= 2;                                                       \
            (array) = mem_resize((array), (capacity), sizeof *(array));                                                \
        }                                                                                                              \
    } while (0)

/* An arena: many allocations, freed at once. Not thread-safe: one owner. */
struct arena;
struct arena *arena_create(void);
void arena_destroy(struct arena **arena); /* accepts NULL */
void *arena_zalloc(struct arena *arena, size_t count, size_t size); /* zeroed, aligned to 64 bytes */
char *arena_copy_text(struct arena *arena, const char *text);       /* NULL gives NULL */
#define ARENA_NEW(arena, type, count) ((type *)arena_zalloc((arena), (size_t)(count), sizeof(type)))
