/* float64s as the bytes of a recording: little-endian on every machine. */
#include "run/recording_parts.h"

#include "base/memory.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

void recording_encode(const double *values, size_t count, unsigned char *bytes) {
    for (size_t i = 0; i < count; i++) {
        uint64_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        bits = htole64(bits);
        memcpy(bytes + i * sizeof bits, &bits, sizeof bits);
    }
}

bool recording_decode(const void *bytes, size_t length, double *values, size_t count) {
    if (length / sizeof(uint64_t) != count || length % sizeof(uint64_t) != 0 || (count > 0 && !bytes)) return false;
    for (size_t i = 0; i < count; i++) {
        uint64_t bits;
        memcpy(&bits, (const unsigned char *)bytes + i * sizeof bits, sizeof bits);
        bits = le64toh(bits);
        memcpy(&values[i], &bits, sizeof bits);
    }
    return true;
}

void recording_bind_numbers(sqlite3_stmt *statement, int index, const double *values, size_t count) {
    unsigned char *bytes = MEM_NEW(unsigned char, count * sizeof(double));
    recording_encode(values, count, bytes);
    sqlite3_bind_blob64(statement, index, bytes, count * sizeof(double), free);
}
