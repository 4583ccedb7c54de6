#include "objective/data.h"

#include <math.h>
#include <string.h>

static const double PI = 3.14159265358979323846;

/* Samples go round the classes in turn, so that the first so many of them are balanced too. */
static void add_point(struct data *data, int sample, double x, double y, int label, double noise,
                      struct random *random) {
    data->x[2 * sample] = x + noise * random_normal(random);
    data->x[2 * sample + 1] = y + noise * random_normal(random);
    data->labels[sample] = label;
}

/* Where sample i stands among those of its class, from 0 to 1, both ends included. */
static double share(const struct data *data, int i) {
    int label = i % data->classes;
    int of_class = (data->samples - label + data->classes - 1) / data->classes;
    return of_class > 1 ? (double)(i / data->classes) / (of_class - 1) : 0.5;
}

/* Corners of a square; opposite ones belong together. */
static void fill_xor(struct data *data, double noise, struct random *random) {
    for (int i = 0; i < data->samples; i++) {
        int a = (i >> 1) & 1, b = (i ^ (i >> 1)) & 1;
        add_point(data, i, a ? 1 : -1, b ? 1 : -1, a ^ b, noise, random);
    }
}

static void fill_blobs(struct data *data, double noise, struct random *random) {
    for (int i = 0; i < data->samples; i++) {
        int label = i % data->classes;
        double angle = PI / 2 + 2 * PI * label / data->classes;
        add_point(data, i, 1.5 * cos(angle), 1.5 * sin(angle), label, noise, random);
    }
}

/* Two half circles of radius 1 that reach into each other, centred on the origin. */
static void fill_moons(struct data *data, double noise, struct random *random) {
    for (int i = 0; i < data->samples; i++) {
        double angle = PI * share(data, i);
        if (i % 2 == 0)
            add_point(data, i, cos(angle) - 0.5, sin(angle) - 0.25, 0, noise, random);
        else
            add_point(data, i, 0.5 - cos(angle), 0.25 - sin(angle), 1, noise, random);
    }
}

static void fill_circles(struct data *data, double noise, struct random *random) {
    for (int i = 0; i < data->samples; i++) {
        int label = i % 2, of_class = (data->samples - label + 1) / 2;
        double angle = 2 * PI * (i / 2) / of_class, radius = label ? 0.5 : 1;
        add_point(data, i, radius * cos(angle), radius * sin(angle), label, noise, random);
    }
}

/* One and a half turns outwards; each class is the first turned by its part of the circle. */
static void fill_spirals(struct data *data, double noise, struct random *random) {
    for (int i = 0; i < data->samples; i++) {
        int label = i % data->classes;
        double t = 0.1 + 0.9 * share(data, i), angle = 3 * PI * t + 2 * PI * label / data->classes;
        add_point(data, i, 1.5 * t * cos(angle), 1.5 * t * sin(angle), label, noise, random);
    }
}

static double line(double x) {
    return 0.7 * x - 0.2;
}

static double sine(double x) {
    return sin(PI * x);
}

static double cubic(double x) {
    return 2 * x * x * x - x;
}

static double step(double x) {
    return x < 0 ? -0.5 : 0.5;
}

/* y = curve(x) + noise at evenly spaced x from −1 to 1. */
static void fill_curve(struct data *data, double noise, struct random *random, double (*curve)(double)) {
    for (int i = 0; i < data->samples; i++) {
        data->x[i] = -1 + 2.0 * i / (data->samples - 1);
        data->y[i] = curve(data->x[i]) + noise * random_normal(random);
    }
}

static void fill_line(struct data *data, double noise, struct random *random) {
    fill_curve(data, noise, random, line);
}

static void fill_sine(struct data *data, double noise, struct random *random) {
    fill_curve(data, noise, random, sine);
}

static void fill_cubic(struct data *data, double noise, struct random *random) {
    fill_curve(data, noise, random, cubic);
}

static void fill_step(struct data *data, double noise, struct random *random) {
    fill_curve(data, noise, random, step);
}

static const struct made_set made_sets[] = {
    {"xor", "four corners of a square, opposite ones alike: what no line can part", DATA_CLASSES, 2, 2, 0, 0.15,
     fill_xor},
    {"blobs", "round clouds on a circle, three unless asked otherwise", DATA_CLASSES, 2, 3, 10, 0.4, fill_blobs},
    {"moons", "two half circles that reach into each other", DATA_CLASSES, 2, 2, 0, 0.1, fill_moons},
    {"circles", "a ring around a ring", DATA_CLASSES, 2, 2, 0, 0.08, fill_circles},
    {"spirals", "arms of one and a half turns, two unless asked otherwise", DATA_CLASSES, 2, 2, 10, 0.05, fill_spirals},
    {"line", "y = 0.7 x − 0.2 on −1 … 1", DATA_TARGETS, 1, 1, 0, 0.1, fill_line},
    {"sine", "y = sin πx on −1 … 1", DATA_TARGETS, 1, 1, 0, 0.1, fill_sine},
    {"cubic", "y = 2x³ − x on −1 … 1", DATA_TARGETS, 1, 1, 0, 0.1, fill_cubic},
    {"step", "y = −½ left of 0, ½ from there on", DATA_TARGETS, 1, 1, 0, 0.05, fill_step},
};

const struct made_set *made_set_find(const char *name) {
    for (size_t i = 0; i < sizeof made_sets / sizeof *made_sets; i++)
        if (strcmp(made_sets[i].name, name) == 0) return &made_sets[i];
    return NULL;
}
