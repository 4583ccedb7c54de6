#include "scene/ticks.h"

#include <math.h>

/* factor × 10^exponent, the way a decimal reads: no 0.30000000000000004. */
static double decimal(double count, int exponent) {
    return exponent < 0 ? count / pow(10, -exponent) : count * pow(10, exponent);
}

static const int factors[] = {1, 2, 5};

int ticks_linear(double low, double high, int want, double *out, int most) {
    double range = high - low;
    if (!(range > 0) || !isfinite(range) || want < 1 || most < 1) return 0;
    int exponent = (int)floor(log10(range / want)) - 1;
    for (int i = 0;; i++) {
        int power = exponent + i / 3, factor = factors[i % 3];
        double step = decimal(factor, power);
        if (!(step > 0)) continue;
        /* A tick at the very end should not fall to rounding. */
        double first = ceil(low / step - 1e-9), last = floor(high / step + 1e-9);
        double count = last - first + 1;
        if (count > most || count > 1.5 * want + 1) continue;
        for (int k = 0; k < (int)count; k++) out[k] = decimal((first + k) * factor, power) + 0.0;
        return count < 0 ? 0 : (int)count;
    }
}

int ticks_height(const struct height_map *map, int want, double *out, int most) {
    if (map->mapping == HEIGHT_LINEAR) return ticks_linear(map->low, map->high, want, out, most);
    if (!(map->high > map->low) || want < 1) return 0;
    int count = 0;
    double last_tone = -INFINITY, apart = 0.55 / want;
    for (int i = 0; i <= want && count < most; i++) {
        double tone = (double)i / want, least = 0.3 / want;
        double from = height_loss(map, fmax(tone - least, 0)), to = height_loss(map, fmin(tone + least, 1));
        /* The roundest number between: the coarsest step that has a multiple there. */
        int top = (int)ceil(log10(fmax(fmax(fabs(from), fabs(to)), to - from))) + 1;
        for (int k = 0; k < 60; k++) {
            int power = top - (k + 2) / 3, factor = factors[2 - (k + 2) % 3];
            double step = decimal(factor, power), middle = height_loss(map, tone);
            double multiple = round(middle / step);
            if (multiple * step > to) multiple -= 1;
            if (multiple * step < from) multiple += 1;
            double value = decimal(multiple * factor, power) + 0.0;
            if (value < from || value > to) continue;
            double at = height_tone(map, value);
            if (at - last_tone >= apart) {
                out[count++] = value;
                last_tone = at;
            }
            break;
        }
    }
    return count;
}
