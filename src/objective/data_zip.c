/* As much of ZIP (APPNOTE 6.3) as numpy.savez writes: members stored or deflated, found through the central directory;
 * sizes in the 64-bit extra field of single members are not needed below 4 GiB. And gzip (RFC 1952). */
#include "objective/data_array.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { END_BYTES = 22, ENTRY_BYTES = 46, LOCAL_BYTES = 30, STORED = 0, DEFLATED = 8 };

static uint32_t get16(const unsigned char *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8;
}

static uint32_t get32(const unsigned char *bytes) {
    return get16(bytes) | get16(bytes + 2) << 16;
}

/* Inflates all of `from` into at most `limit` bytes. NULL when the stream is broken or longer. */
static unsigned char *inflate_all(const unsigned char *from, size_t length, int window, size_t limit,
                                  size_t *unpacked) {
    z_stream stream = {.next_in = (unsigned char *)from, .avail_in = (uInt)length};
    if (length > UINT32_MAX || inflateInit2(&stream, window) != Z_OK) return NULL;
    size_t capacity = 4096, used = 0;
    unsigned char *out = mem_resize(NULL, capacity, 1);
    int code = Z_OK;
    while (code == Z_OK && used < limit + 1) {
        if (used == capacity) out = mem_resize(out, capacity *= 2, 1);
        size_t room = capacity - used;
        stream.next_out = out + used;
        stream.avail_out = (uInt)(room > (1u << 30) ? 1u << 30 : room);
        size_t before = stream.avail_out;
        code = inflate(&stream, Z_NO_FLUSH);
        used += before - stream.avail_out;
        if (code == Z_BUF_ERROR) break;
    }
    inflateEnd(&stream);
    *unpacked = used;
    if (code == Z_STREAM_END && used <= limit) return out;
    free(out);
    return NULL;
}

static unsigned char *damaged(const struct array_file *file) {
    error_set(file->error, ERROR_INPUT, "%s: the archive is cut or damaged; save it anew", file->path);
    return NULL;
}

static unsigned char *unpack(const struct array_file *file, const unsigned char *bytes, size_t length,
                             const unsigned char *entry, size_t *unpacked) {
    uint32_t flags = get16(entry + 8), method = get16(entry + 10), check = get32(entry + 16),
             packed = get32(entry + 20);
    uint32_t size = get32(entry + 24);
    size_t local = get32(entry + 42);
    if (flags & 1) {
        error_set(file->error, ERROR_INPUT, "%s: the archive is encrypted; one without a password is right",
                  file->path);
        return NULL;
    }
    if (local > length || length - local < LOCAL_BYTES || memcmp(bytes + local, "PK\3\4", 4) != 0) return damaged(file);
    size_t start = local + LOCAL_BYTES + get16(bytes + local + 26) + get16(bytes + local + 28);
    if (start > length || packed > length - start) return damaged(file);
    if (size > array_most_bytes(file->memory)) {
        error_set(file->error, ERROR_INPUT,
                  "%s: an array of the archive has more than %zu bytes; fewer samples are right", file->path,
                  array_most_bytes(file->memory));
        return NULL;
    }
    unsigned char *out = NULL;
    if (method == STORED) {
        if (packed != size) return damaged(file);
        out = mem_resize(NULL, (size_t)size + 1, 1);
        memcpy(out, bytes + start, size);
        *unpacked = size;
    } else if (method == DEFLATED) {
        out = inflate_all(bytes + start, packed, -MAX_WBITS, size, unpacked);
    } else {
        error_set(file->error, ERROR_INPUT,
                  "%s: the archive packs in an unknown way (%u); numpy.savez or savez_compressed is right", file->path,
                  method);
        return NULL;
    }
    if (out && *unpacked == size && crc32(0, out, size) == check) return out;
    free(out);
    return damaged(file);
}

unsigned char *zip_member(const struct array_file *file, const unsigned char *bytes, size_t length, const char *name,
                          size_t *unpacked) {
    if (length < END_BYTES) return damaged(file);
    size_t end = length - END_BYTES, lowest = end > 65535 ? end - 65535 : 0;
    while (memcmp(bytes + end, "PK\5\6", 4) != 0) { /* a comment may follow */
        if (end == lowest) return damaged(file);
        end--;
    }
    size_t at = get32(bytes + end + 16), name_length = strlen(name);
    for (uint32_t left = get16(bytes + end + 10); left > 0; left--) {
        if (at > end || end - at < ENTRY_BYTES || memcmp(bytes + at, "PK\1\2", 4) != 0) return damaged(file);
        const unsigned char *entry = bytes + at;
        size_t own = get16(entry + 28), all = ENTRY_BYTES + own + get16(entry + 30) + get16(entry + 32);
        if (all > end - at) return damaged(file);
        if (own == name_length && !memcmp(entry + ENTRY_BYTES, name, own))
            return unpack(file, bytes, length, entry, unpacked);
        at += all;
    }
    return NULL;
}

unsigned char *gzip_unpack(const struct array_file *file, unsigned char *bytes, size_t *length) {
    if (*length < 2 || bytes[0] != 0x1f || bytes[1] != 0x8b) return bytes;
    unsigned char *out = inflate_all(bytes, *length, MAX_WBITS + 16, array_most_bytes(file->memory), length);
    free(bytes);
    if (!out)
        error_set(file->error, ERROR_INPUT, "%s: what was gzipped is cut, damaged or larger than %zu bytes", file->path,
                  array_most_bytes(file->memory));
    return out;
}
