/* Random numbers: xoshiro256** (Blackman & Vigna 2018), seeded through splitmix64. Integer state only, so the same seed
 * gives the same bits on every machine. One generator, one owner: not thread-safe. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct random {
    uint64_t state[4];
};

/* Different `stream` numbers under one seed give independent sequences (one for the data, one for the start, …). */
struct random random_seeded(uint64_t seed, uint64_t stream);
uint64_t random_u64(struct random *random);
double random_uniform(struct random *random, double low, double high); /* [low, high) */
double random_normal(struct random *random);                           /* mean 0, variance 1 (Box–Muller, one value a call) */
size_t random_below(struct random *random, size_t count);              /* 0 … count − 1, unbiased; count > 0 */
void random_shuffle(struct random *random, int *items, size_t count);  /* Fisher–Yates */
