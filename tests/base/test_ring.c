#include "base/ring.h"
#include "test.h"

#include <pthread.h>
#include <sched.h>

enum { SAMPLES = 10 * 1000 * 1000 };

static void *produce(void *argument) {
    struct ring *ring = argument;
    for (uint64_t i = 0; i < SAMPLES; i++) {
        uint64_t *slot;
        while (!(slot = ring_reserve(ring))) sched_yield();
        slot[0] = i;
        slot[1] = ~i;
        ring_commit(ring);
    }
    return NULL;
}

static void ten_million_arrive_in_order(void **state) {
    struct ring *ring = ring_create(1000, 16);
    assert_int_equal(ring_slots(ring), 1024);
    pthread_t producer;
    assert_int_equal(pthread_create(&producer, NULL, produce, ring), 0);
    for (uint64_t i = 0; i < SAMPLES; i++) {
        uint64_t *slot;
        while (!(slot = ring_peek(ring))) sched_yield();
        if (slot[0] != i || slot[1] != ~i) fail_msg("sample %ju came as %ju", (uintmax_t)i, (uintmax_t)slot[0]);
        ring_release(ring);
    }
    assert_null(ring_peek(ring));
    pthread_join(producer, NULL);
    ring_destroy(&ring);
}

static void says_when_full_and_empty(void **state) {
    struct ring *ring = ring_create(4, 8);
    assert_null(ring_peek(ring));
    for (int i = 0; i < 4; i++) {
        assert_non_null(ring_reserve(ring));
        ring_commit(ring);
    }
    assert_null(ring_reserve(ring));
    assert_non_null(ring_peek(ring));
    ring_release(ring);
    assert_non_null(ring_reserve(ring));
    ring_destroy(&ring);
    ring_destroy(&ring);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_when_full_and_empty),
        cmocka_unit_test(ten_million_arrive_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
