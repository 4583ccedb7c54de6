#include "scene/portrait_picture.h"
#include "scene/lab.h"
#include "scene/scene.h"
#include "test.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static struct experiment experiment_with(struct experiment_optimizer *optimizers, const char *const *names, int count) {
    for (int i = 0; i < count; i++) {
        optimizers[i] = (struct experiment_optimizer){.class = optimizer_find(names[i])};
        assert_non_null(optimizers[i].class);
    }
    return (struct experiment){.optimizers = optimizers, .optimizer_count = count};
}

static double light_of(double encoded) {
    return encoded <= 0.04045 ? encoded / 12.92 : pow((encoded + 0.055) / 1.055, 2.4);
}

static float encoded_of(double light) {
    light = fmin(fmax(light, 0), 1);
    return (float)(light <= 0.0031308 ? light * 12.92 : 1.055 * pow(light, 1 / 2.4) - 0.055);
}

/* Machado, Oliveira and Fernandes (2009), table 1 at severity 1: protanopia, deuteranopia, tritanopia; linear light. */
static const double deficiencies[3][3][3] = {
    {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
    {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
    {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
};

static struct color seen_with(const double matrix[3][3], struct color color) {
    double in[3] = {light_of(color.r), light_of(color.g), light_of(color.b)}, out[3];
    for (int i = 0; i < 3; i++) out[i] = matrix[i][0] * in[0] + matrix[i][1] * in[1] + matrix[i][2] * in[2];
    return (struct color){encoded_of(out[0]), encoded_of(out[1]), encoded_of(out[2]), 1};
}

static double apart(struct color one, struct color other) {
    struct lab a = color_to_lab(one), b = color_to_lab(other);
    return sqrt(pow(a.lightness - b.lightness, 2) + pow(a.a - b.a, 2) + pow(a.b - b.b, 2));
}

static const char *const usual[] = {"sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw"};
enum { USUAL = 7 };

static void follows_the_palette(void **state) {
    struct experiment_optimizer optimizers[EXPERIMENT_MAX_OPTIMIZERS];
    struct experiment experiment = experiment_with(optimizers, usual, USUAL);
    const struct theme *paper = theme_get(THEME_PAPER);
    static const struct {
        int optimizer;
        uint32_t rgb;
        enum glyph_shape shape;
    } known[] = {{0, 0x1E2329, GLYPH_RING},   {1, 0xE69F00, GLYPH_DISC},    {4, 0x56B4E9, GLYPH_TRIANGLE_UP},
                 {5, 0xCC79A7, GLYPH_SQUARE}, {3, 0x009E73, GLYPH_DIAMOND}, {2, 0xF0E442, GLYPH_TRIANGLE_DOWN}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct identity identity = identity_of(&experiment, known[i].optimizer, paper);
        assert_true(apart(identity.color, color_hex(known[i].rgb)) < 0.1);
        assert_int_equal(identity.shape, known[i].shape);
    }
}

static void no_two_are_alike(void **state) {
    static const char *const crowd[] = {"adam", "adam",  "sgd",  "adam", "momentum", "adam",     "rmsprop", "sgd",
                                        "adam", "adamw", "adam", "adam", "adam",     "nesterov", "adam",    "adagrad"};
    struct experiment_optimizer optimizers[EXPERIMENT_MAX_OPTIMIZERS];
    for (int count = 1; count <= 16; count++) {
        struct experiment experiment = experiment_with(optimizers, crowd, count);
        for (int i = 0; i < count; i++) {
            struct identity one = identity_of(&experiment, i, theme_get(THEME_NIGHT));
            for (int j = 0; j < i; j++) {
                struct identity other = identity_of(&experiment, j, theme_get(THEME_NIGHT));
                assert_true(one.shape != other.shape || apart(one.color, other.color) > 10);
                if (count <= 8) assert_true(one.shape != other.shape && apart(one.color, other.color) > 10);
            }
            /* The first of a kind keeps its own, whoever else is there. */
            struct experiment alone = experiment_with(optimizers, crowd + i, 1);
            bool first = true;
            for (int j = 0; j < i; j++) first &= strcmp(crowd[i], crowd[j]) != 0;
            if (first) assert_int_equal(identity_of(&alone, 0, theme_get(THEME_NIGHT)).shape, one.shape);
            experiment = experiment_with(optimizers, crowd, count);
        }
    }
}

/* All eight seats, the last taken by an optimizer without one of its own, are at least so far apart (CIE 1976 ΔE) under
 * each deficiency; 2.3 is what is just noticed side by side. */
static const double least_apart = 15;
static const char *const seated[] = {"sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw", "lion"};
enum { SEATED = 8 };

static void told_apart_by_every_eye(void **state) {
    struct experiment_optimizer optimizers[EXPERIMENT_MAX_OPTIMIZERS];
    struct experiment experiment = experiment_with(optimizers, seated, SEATED);
    double least = INFINITY;
    for (int theme = THEME_PAPER; theme <= THEME_NIGHT; theme++) {
        for (int i = 0; i < SEATED; i++) {
            struct identity one = identity_of(&experiment, i, theme_get((enum theme_kind)theme));
            for (int j = 0; j < i; j++) {
                struct identity other = identity_of(&experiment, j, theme_get((enum theme_kind)theme));
                assert_int_not_equal(one.shape, other.shape);
                for (int d = 0; d < 3; d++) {
                    double e = apart(seen_with(deficiencies[d], one.color), seen_with(deficiencies[d], other.color));
                    least = fmin(least, e);
                    if (e < least_apart) fail_msg("%s and %s: ΔE %.1f under deficiency %d", seated[i], seated[j], e, d);
                }
            }
        }
        /* Curvature's two colours mean opposite things. */
        const struct theme *shown = theme_get((enum theme_kind)theme);
        for (int d = 0; d < 3; d++)
            assert_true(apart(seen_with(deficiencies[d], shown->stable), seen_with(deficiencies[d], shown->escape)) >
                        35);
    }
    print_message("# the nearest two under a deficiency: ΔE %.1f\n", least);
}

/* Without colour two marks are told apart by their shapes, or at least by how light they are. */
static void told_apart_in_grey(void **state) {
    static const char *const crowd[] = {"adam",  "sgd",     "momentum", "rmsprop", "adagrad",  "nesterov", "adamw",    "lion",
                                        "nadam", "adamax", "radam",    "rprop",   "adadelta", "asgd",     "lbfgs", "muon"};
    enum { CROWD = 16 };
    struct experiment_optimizer optimizers[EXPERIMENT_MAX_OPTIMIZERS];
    struct experiment experiment = experiment_with(optimizers, crowd, CROWD);
    for (int theme = THEME_PAPER; theme <= THEME_NIGHT; theme++)
        for (int i = 0; i < CROWD; i++)
            for (int j = 0; j < i; j++) {
                struct identity one = identity_of(&experiment, i, theme_get((enum theme_kind)theme));
                struct identity other = identity_of(&experiment, j, theme_get((enum theme_kind)theme));
                float apart_by = fabsf(color_lightness(one.color) - color_lightness(other.color));
                if (one.shape == other.shape && apart_by < 14)
                    fail_msg("%s and %s: one shape, L* %.1f apart", crowd[i], crowd[j], (double)apart_by);
                if (i < SEATED) assert_int_not_equal(one.shape, other.shape);
            }
}

/* On the ground a mark stands out by itself or by its casing, and its casing stands out from it on any ground. */
static void cased_marks_stand_out(void **state) {
    struct experiment_optimizer optimizers[EXPERIMENT_MAX_OPTIMIZERS];
    struct experiment experiment = experiment_with(optimizers, usual, USUAL);
    for (int kind = THEME_PAPER; kind <= THEME_NIGHT; kind++) {
        const struct theme *theme = theme_get((enum theme_kind)kind);
        for (int i = 0; i < USUAL; i++) {
            struct color mark = identity_of(&experiment, i, theme).color, casing = color_casing(mark, theme);
            float alone = color_contrast(mark, theme->ground), cased = color_contrast(casing, theme->ground);
            if (!(fmaxf(alone, cased) >= 3 && color_contrast(mark, casing) >= 3))
                fail_msg("%s: %.2f alone, %.2f cased, %.2f within", usual[i], alone, cased,
                         color_contrast(mark, casing));
            const struct color *map = colormap_get(COLORMAP_TERRAIN, (enum theme_kind)kind);
            for (int k = 0; k < COLORMAP_SIZE; k++)
                assert_true(fmaxf(color_contrast(mark, map[k]), color_contrast(casing, map[k])) >= 1.9f);
        }
        const struct color *signs[] = {&theme->stable, &theme->escape, &theme->degenerate};
        for (int i = 0; i < 3; i++)
            assert_true(color_contrast(color_readable(*signs[i], theme), theme->ground) >= 4.5f);
    }
}

/* Classes of data sets: every pair, whatever the eye, by more than most pairs of neighbours on a colour map. */
static void tells_classes_apart(void **state) {
    double least = INFINITY;
    for (int i = 0; i < CLASS_COLORS; i++)
        for (int j = 0; j < i; j++)
            for (int d = 0; d <= 3; d++) {
                struct color one = d < 3 ? seen_with(deficiencies[d], class_color(i)) : class_color(i);
                struct color other = d < 3 ? seen_with(deficiencies[d], class_color(j)) : class_color(j);
                least = fmin(least, apart(one, other));
            }
    print_message("# classes: smallest distance %.1f\n", least);
    assert_true(least > 15);
    for (int i = 0; i < CLASS_COLORS / 2; i++) assert_true(class_shape(i) != class_shape(i + 1));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_classes_apart),
        cmocka_unit_test(follows_the_palette),
        cmocka_unit_test(no_two_are_alike),
        cmocka_unit_test(told_apart_by_every_eye),
        cmocka_unit_test(told_apart_in_grey),
        cmocka_unit_test(cased_marks_stand_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
