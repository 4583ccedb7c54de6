#include "base/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static _Noreturn void out_of_memory(size_t count, size_t size) {
    fprintf(stderr, "saddlescope: out of memory (asked for %zu × %zu bytes); a smaller grid, network or step count needs less\n",
            count, size);
    exit(1); /* the one exit below main(): nothing can be told to a caller that has no memory to listen with */
}

size_t mem_machine(void) {
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    size_t bytes = pages > 0 && page > 0 ? (size_t)pages * (size_t)page : SIZE_MAX;
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur < bytes) bytes = limit.rlim_cur; /* none: the largest number */
    FILE *file = fopen("/sys/fs/cgroup/memory.max", "r");
    unsigned long long most;
    if (file && fscanf(file, "%llu", &most) == 1 && most < bytes) bytes = most; /* "max" is no number */
    if (file) fclose(file);
    return bytes;
}

void *mem_zalloc(size_t count, size_t size) {
    void *memory = calloc(count ? count : 1, size ? size : 1); /* calloc checks the product */
    if (!memory) out_of_memory(count, size);
    return memory;
}

void *mem_resize(void *old, size_t count, size_t size) {
    void *memory = reallocarray(old, count ? count : 1, size ? size : 1);
    if (!memory) out_of_memory(count, size);
    return memory;
}

char *mem_copy_text(const char *text) {
    if (!text) return NULL;
    size_t bytes = strlen(text) + 1;
    return memcpy(mem_zalloc(bytes, 1), text, bytes);
}

enum { BLOCK_BYTES = 1 << 16, ALIGNMENT = 64 };

struct block {
    struct block *next;
    size_t used, size;
    unsigned char *bytes;
};

struct arena {
    struct block *blocks;
};

struct arena *arena_create(void) {
    return MEM_NEW(struct arena, 1);
}

void arena_destroy(struct arena **arena) {
    if (!arena || !*arena) return;
    for (struct block *block = (*arena)->blocks, *next; block; block = next) {
        next = block->next;
        free(block->bytes);
        free(block);
    }
    free(*arena);
    *arena = NULL;
}

void *arena_zalloc(struct arena *arena, size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2) out_of_memory(count, size);
    bytes = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (bytes == 0) bytes = ALIGNMENT;
    struct block *block = arena->blocks;
    if (!block || block->size - block->used < bytes) {
        block = MEM_NEW(struct block, 1);
        block->size = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
        block->bytes = aligned_alloc(ALIGNMENT, block->size);
        if (!block->bytes) out_of_memory(count, size);
        block->next = arena->blocks;
        arena->blocks = block;
    }
    void *memory = block->bytes + block->used;
    block->used += bytes;
    return memset(memory, 0, bytes);
}

char *arena_copy_text(struct arena *arena, const char *text) {
    if (!text) return NULL;
    size_t bytes = strlen(text) + 1;
    return memcpy(arena_zalloc(arena, bytes, 1), text, bytes);
}
