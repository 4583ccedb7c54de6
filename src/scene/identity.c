#include "scene/scene.h"

#include <string.h>

/* Okabe and Ito's palette (2008) without its blue and vermilion, which mean curvature here; ink stands for its black.
 * The last two are for optimizers without a seat of their own. */
enum { SEATS = 8, INK = 0 };
struct seat {
    const char *name;
    uint32_t rgb;
    enum glyph_shape shape;
};
static const struct seat seats[SEATS] = {
    {"sgd", INK, GLYPH_RING},
    {"momentum", 0xE69F00, GLYPH_DISC},
    {"rmsprop", 0x56B4E9, GLYPH_TRIANGLE_UP},
    {"adam", 0xCC79A7, GLYPH_SQUARE},
    {"adagrad", 0x009E73, GLYPH_DIAMOND},
    {"nesterov", 0xF0E442, GLYPH_TRIANGLE_DOWN},
    {"adamw", 0x9A5B3C, GLYPH_HEXAGON},
    {"", 0x9444DD, GLYPH_STAR},
};
/* Whose seat is given away first: those least likely to be missed beside the others. */
static const int spare[SEATS] = {7, 6, 5, 4, 2, 1, 3, 0};

static struct identity identity_at(int seat, int turn, const struct theme *theme) {
    const struct seat *colored = &seats[seat];
    /* Past eight optimizers a colour comes again, with the shape of the one that is farthest from it in lightness. */
    const struct seat *shaped = &seats[(seat + SEATS / 2 * turn) % SEATS];
    return (struct identity){colored->rgb == INK ? theme->ink : color_hex(colored->rgb), shaped->shape};
}

struct identity identity_of(const struct experiment *experiment, int optimizer, const struct theme *theme) {
    int seat_of[EXPERIMENT_MAX_OPTIMIZERS];
    bool taken[SEATS] = {false};
    int count = experiment->optimizer_count;
    if (count > EXPERIMENT_MAX_OPTIMIZERS) count = EXPERIMENT_MAX_OPTIMIZERS;
    for (int i = 0; i < count; i++) {
        const char *name = optimizer_class_name(experiment->optimizers[i].class);
        seat_of[i] = -1;
        for (int s = 0; s < SEATS; s++) {
            if (taken[s] || strcmp(seats[s].name, name) != 0) continue;
            seat_of[i] = s;
            taken[s] = true;
        }
    }
    int next = 0;
    for (int i = 0; i < count; i++) {
        int turn = 0;
        if (seat_of[i] < 0) {
            while (next < SEATS && taken[spare[next]]) next++;
            if (next < SEATS) {
                seat_of[i] = spare[next];
                taken[spare[next]] = true;
            } else {
                int again = next++ - SEATS;
                seat_of[i] = again % SEATS;
                turn = 1 + again / SEATS;
            }
        }
        if (i == optimizer) return identity_at(seat_of[i], turn, theme);
    }
    return identity_at(0, 0, theme);
}
