#include "scene/lab.h"

#include <math.h>
#include <pthread.h>
#include <stdbool.h>

const char *const colormap_names[] = {"terrain", "viridis", "cividis"};

enum { TABLES = 4, CONTROLS = 10 };

/* Evenly spaced control colours; between them a curve through Lab whose L* rises monotonically. */
struct recipe {
    int count;
    bool is_lab;
    union {
        struct lab lab[CONTROLS];
        uint32_t rgb[CONTROLS];
    };
};

static const struct recipe recipes[TABLES] = {
    /* terrain on paper, and the same order by night: slate-green valleys, stone, near-white heights */
    {.count = 6,
     .is_lab = true,
     .lab = {{42, -11, -3}, {54, -11, 1}, {66, -7, 5}, {77, -1, 8}, {87, 1, 7}, {96, 0, 3}}},
    {.count = 6,
     .is_lab = true,
     .lab = {{25, -9, -4}, {36, -10, -1}, {48, -7, 4}, {60, -2, 7}, {72, 0, 7}, {84, 0, 4}}},
    /* viridis (van der Walt and Smith 2015) and cividis (Nuñez, Anderton and Renslow 2018) at every ninth of their
       length */
    {.count = 10,
     .rgb = {0x440154, 0x482878, 0x3E4A89, 0x31688E, 0x26828E, 0x1F9E89, 0x35B779, 0x6DCD59, 0xB4DE2C, 0xFDE725}},
    {.count = 10,
     .rgb = {0x00204D, 0x00336F, 0x39486B, 0x575C6D, 0x707173, 0x8A8779, 0xA69D75, 0xC4B56C, 0xE4CF5B, 0xFFEA46}},
};

/* Cubic Hermite with the harmonic mean of neighbouring slopes: keeps monotone what is monotone (Fritsch and Butland
 * 1984). */
static double slope_at(const double *y, int count, int i) {
    if (i == 0) return y[1] - y[0];
    if (i == count - 1) return y[i] - y[i - 1];
    double before = y[i] - y[i - 1], after = y[i + 1] - y[i];
    return before * after <= 0 ? 0 : 2 * before * after / (before + after);
}

static double curve_at(const double *y, int count, double position) {
    int i = (int)position;
    if (i > count - 2) i = count - 2;
    double t = position - i, s = 1 - t;
    return (1 + 2 * t) * s * s * y[i] + t * s * s * slope_at(y, count, i) + t * t * (3 - 2 * t) * y[i + 1] -
           t * t * s * slope_at(y, count, i + 1);
}

static void cook(const struct recipe *recipe, struct color out[COLORMAP_SIZE]) {
    double lightness[CONTROLS], a[CONTROLS], b[CONTROLS];
    for (int i = 0; i < recipe->count; i++) {
        struct lab lab = recipe->is_lab ? recipe->lab[i] : color_to_lab(color_hex(recipe->rgb[i]));
        lightness[i] = lab.lightness;
        a[i] = lab.a;
        b[i] = lab.b;
    }
    for (int k = 0; k < COLORMAP_SIZE; k++) {
        double position = (double)k / (COLORMAP_SIZE - 1) * (recipe->count - 1);
        out[k] =
            color_from_lab((struct lab){curve_at(lightness, recipe->count, position),
                                        curve_at(a, recipe->count, position), curve_at(b, recipe->count, position)});
    }
}

/* Written once under `cooked`, read-only ever after. */
static struct color tables[TABLES][COLORMAP_SIZE];
static pthread_once_t cooked = PTHREAD_ONCE_INIT;

static void cook_all(void) {
    for (int i = 0; i < TABLES; i++) cook(&recipes[i], tables[i]);
}

const struct color *colormap_get(enum colormap_kind kind, enum theme_kind theme) {
    pthread_once(&cooked, cook_all);
    switch (kind) {
    case COLORMAP_VIRIDIS: return tables[2];
    case COLORMAP_CIVIDIS: return tables[3];
    case COLORMAP_TERRAIN: break;
    }
    return tables[theme == THEME_NIGHT ? 1 : 0];
}
