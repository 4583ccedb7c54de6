#include "base/random.h"

#include <assert.h>
#include <math.h>

static uint64_t splitmix64(uint64_t *state) {
    uint64_t z = (*state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static uint64_t rotate_left(uint64_t x, int bits) {
    return (x << bits) | (x >> (64 - bits));
}

struct random random_seeded(uint64_t seed, uint64_t stream) {
    uint64_t mix = stream;
    uint64_t state = seed ^ splitmix64(&mix);
    struct random random;
    for (int i = 0; i < 4; i++) random.state[i] = splitmix64(&state);
    return random;
}

uint64_t random_u64(struct random *random) {
    uint64_t *s = random->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

double random_uniform(struct random *random, double low, double high) {
    double unit = (double)(random_u64(random) >> 11) * 0x1p-53;
    return low + (high - low) * unit;
}

double random_normal(struct random *random) {
    double u = 1.0 - random_uniform(random, 0.0, 1.0); /* (0, 1]: log is finite */
    double v = random_uniform(random, 0.0, 1.0);
    return sqrt(-2.0 * log(u)) * cos(6.283185307179586477 * v);
}

size_t random_below(struct random *random, size_t count) {
    assert(count > 0);
    uint64_t limit = UINT64_MAX - UINT64_MAX % count;
    uint64_t draw;
    do draw = random_u64(random);
    while (draw >= limit);
    return (size_t)(draw % count);
}

void random_shuffle(struct random *random, int *items, size_t count) {
    for (size_t i = count; i > 1; i--) {
        size_t j = random_below(random, i);
        int swap = items[i - 1];
        items[i - 1] = items[j];
        items[j] = swap;
    }
}
