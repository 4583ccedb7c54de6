#include "run/spill.h"

#include "base/memory.h"
#include "base/text.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ALIGNMENT = 64 };
static const size_t EXTENT_BYTES = (size_t)64 << 20; /* mapped at once: the system counts mappings */

struct extent {
    char *bytes;
    size_t size, used;
};

struct spill {
    int file;     /* −1: none yet */
    bool refused; /* not to be asked again */
    size_t size;  /* of the file */
    struct extent *extents;
    size_t count, capacity;
};

struct spill *spill_create(void) {
    struct spill *spill = MEM_NEW(struct spill, 1);
    spill->file = -1;
    return spill;
}

void spill_destroy(struct spill **spill) {
    if (!spill || !*spill) return;
    struct spill *s = *spill;
    for (size_t i = 0; i < s->count; i++) munmap(s->extents[i].bytes, s->extents[i].size);
    if (s->file >= 0) close(s->file);
    free(s->extents);
    free(s);
    *spill = NULL;
}

static int open_unlinked(const char *folder) {
    struct text path = {0};
    text_format(&path, "%s/saddlescope-XXXXXX", folder);
    int file = mkstemp(path.bytes);
    if (file >= 0) unlink(path.bytes);
    if (file >= 0) fcntl(file, F_SETFD, FD_CLOEXEC);
    text_clear(&path);
    return file;
}

static bool open_file(struct spill *spill) {
    const char *const folders[] = {getenv("TMPDIR"), "/var/tmp", "/tmp"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders && spill->file < 0; i++)
        if (folders[i] && *folders[i]) spill->file = open_unlinked(folders[i]);
    return spill->file >= 0;
}

static bool add_extent(struct spill *spill, size_t size) {
    if (spill->file < 0 && !open_file(spill)) return false;
    if (posix_fallocate(spill->file, (off_t)spill->size, (off_t)size) != 0) return false;
    void *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, spill->file, (off_t)spill->size);
    if (bytes == MAP_FAILED) return false;
    spill->size += size;
    MEM_GROW(spill->extents, spill->capacity, spill->count + 1);
    spill->extents[spill->count++] = (struct extent){.bytes = bytes, .size = size};
    return true;
}

void *spill_block(struct spill *spill, size_t bytes) {
    bytes = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    struct extent *extent = spill->count ? &spill->extents[spill->count - 1] : NULL;
    if (!extent || extent->size - extent->used < bytes) {
        size_t size = (bytes + EXTENT_BYTES - 1) / EXTENT_BYTES * EXTENT_BYTES;
        spill->refused = spill->refused || !add_extent(spill, size);
        if (spill->refused) return NULL;
        extent = &spill->extents[spill->count - 1];
    }
    void *block = extent->bytes + extent->used;
    extent->used += bytes;
    return block;
}
