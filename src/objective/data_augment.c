#include "objective/data.h"

#include <math.h>
#include <string.h>

bool augmentation_acts(const struct augmentation *a) {
    return a && (a->mirror || a->upside_down || a->rotate > 0 || a->zoom > 0 || a->shift > 0 || a->noise > 0);
}

/* The image at (row, column), between pixels bilinear; 0 beyond the edge. */
static double value_at(const double *image, int height, int width, double row, double column) {
    if (!(row > -1 && row < height && column > -1 && column < width)) return 0;
    int top = (int)floor(row), left = (int)floor(column);
    double down = row - top, across = column - left, sum = 0;
    for (int k = 0; k < 4; k++) {
        int i = top + k / 2, j = left + k % 2;
        double share = (k / 2 ? down : 1 - down) * (k % 2 ? across : 1 - across);
        if (share != 0 && i >= 0 && i < height && j >= 0 && j < width) sum += share * image[i * width + j];
    }
    return sum;
}

void augmentation_apply(const struct augmentation *a, struct random *random, const double *from, double *to) {
    int height = a->height, width = a->width, area = height * width;
    /* Drawn whatever is asked for, so that one choice does not change the others'. */
    bool mirror = random_below(random, 2) && a->mirror, upside_down = random_below(random, 2) && a->upside_down;
    double angle = a->rotate * random_uniform(random, -1, 1) / 180 * 3.14159265358979323846;
    double zoom = 1 + a->zoom * random_uniform(random, -1, 1);
    double down = a->shift * random_uniform(random, -1, 1), across = a->shift * random_uniform(random, -1, 1);
    double cosine = cos(angle) / zoom, sine = sin(angle) / zoom;
    double middle_row = 0.5 * (height - 1), middle_column = 0.5 * (width - 1);
    for (int i = 0; i < height; i++)
        for (int j = 0; j < width; j++) { /* where this pixel comes from */
            double y = i - middle_row - down, x = j - middle_column - across;
            double row = cosine * y - sine * x, column = sine * y + cosine * x;
            row = (upside_down ? -row : row) + middle_row;
            column = (mirror ? -column : column) + middle_column;
            for (int c = 0; c < a->channels; c++)
                to[c * area + i * width + j] = value_at(from + c * area, height, width, row, column);
        }
    for (int i = 0; i < a->channels * area && a->noise > 0; i++) to[i] += a->noise * random_normal(random);
}
