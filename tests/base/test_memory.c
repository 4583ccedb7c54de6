#include "base/memory.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

static void arena_gives_zeroed_aligned_memory(void **state) {
    struct arena *arena = arena_create();
    unsigned char *before = NULL;
    for (size_t size = 1; size < 300000; size = size * 3 + 1) {
        unsigned char *bytes = arena_zalloc(arena, size, 1);
        assert_int_equal((uintptr_t)bytes % 64, 0);
        for (size_t i = 0; i < size; i++) assert_int_equal(bytes[i], 0);
        memset(bytes, 0xAB, size);
        if (before) assert_int_equal(before[0], 0xAB);
        before = bytes;
    }
    assert_string_equal(arena_copy_text(arena, "saddle"), "saddle");
    arena_destroy(&arena);
    assert_null(arena);
    arena_destroy(&arena);
}

static void arrays_grow(void **state) {
    int *items = NULL;
    size_t capacity = 0;
    for (int i = 0; i < 1000; i++) {
        MEM_GROW(items, capacity, i + 1);
        items[i] = i;
    }
    for (int i = 0; i < 1000; i++) assert_int_equal(items[i], i);
    free(items);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_gives_zeroed_aligned_memory),
        cmocka_unit_test(arrays_grow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
