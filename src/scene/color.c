#include "scene/lab.h"

#include <math.h>

struct color color_hex(uint32_t rgb) {
    return (struct color){(float)(rgb >> 16 & 0xff) / 255, (float)(rgb >> 8 & 0xff) / 255, (float)(rgb & 0xff) / 255,
                          1};
}

struct color color_fade(struct color color, float alpha) {
    color.a *= alpha;
    return color;
}

struct color color_mix(struct color from, struct color to, float share) {
    float rest = 1 - share;
    return (struct color){from.r * rest + to.r * share, from.g * rest + to.g * share, from.b * rest + to.b * share,
                          from.a * rest + to.a * share};
}

/* sRGB's transfer function, IEC 61966-2-1. */
static double light_of(double encoded) {
    return encoded <= 0.04045 ? encoded / 12.92 : pow((encoded + 0.055) / 1.055, 2.4);
}

static double encoded_of(double light) {
    if (light <= 0) return 0;
    if (light >= 1) return 1;
    return light <= 0.0031308 ? light * 12.92 : 1.055 * pow(light, 1 / 2.4) - 0.055;
}

static double luminance(struct color color) {
    return 0.2126 * light_of(color.r) + 0.7152 * light_of(color.g) + 0.0722 * light_of(color.b);
}

float color_contrast(struct color a, struct color b) {
    double one = luminance(a) + 0.05, other = luminance(b) + 0.05;
    return (float)(one > other ? one / other : other / one);
}

/* Lab's compression of light and its inverse: a cube root with a straight foot. */
static const double foot = 6.0 / 29;

static double compress(double t) {
    return t > foot * foot * foot ? cbrt(t) : t / (3 * foot * foot) + 4.0 / 29;
}

static double expand(double t) {
    return t > foot ? t * t * t : 3 * foot * foot * (t - 4.0 / 29);
}

float color_lightness(struct color color) {
    return (float)(116 * compress(luminance(color)) - 16);
}

static const double white[3] = {0.95047, 1, 1.08883};

struct lab color_to_lab(struct color color) {
    double r = light_of(color.r), g = light_of(color.g), b = light_of(color.b);
    double x = compress((0.4124 * r + 0.3576 * g + 0.1805 * b) / white[0]);
    double y = compress(0.2126 * r + 0.7152 * g + 0.0722 * b);
    double z = compress((0.0193 * r + 0.1192 * g + 0.9505 * b) / white[2]);
    return (struct lab){116 * y - 16, 500 * (x - y), 200 * (y - z)};
}

struct color color_from_lab(struct lab lab) {
    double fy = (lab.lightness + 16) / 116;
    double x = white[0] * expand(fy + lab.a / 500), y = expand(fy), z = white[2] * expand(fy - lab.b / 200);
    return (struct color){(float)encoded_of(3.2406 * x - 1.5372 * y - 0.4986 * z),
                          (float)encoded_of(-0.9689 * x + 1.8758 * y + 0.0415 * z),
                          (float)encoded_of(0.0557 * x - 0.2040 * y + 1.0570 * z), 1};
}
