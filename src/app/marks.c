#include "app/marks.h"

#include <math.h>

static const float turn = 6.2831853f;

struct pen {
    struct ui *ui;
    float x, y, unit; /* an icon is 16 units across */
    struct color ink;
};

static void line(const struct pen *pen, float x0, float y0, float x1, float y1) {
    ui_draw_line(pen->ui, pen->x + x0 * pen->unit, pen->y + y0 * pen->unit, pen->x + x1 * pen->unit,
                 pen->y + y1 * pen->unit, pen->ink, 1.6f * pen->unit);
}

static void triangle(const struct pen *pen, float x0, float y0, float x1, float y1, float x2, float y2) {
    float xy[6] = {x0, y0, x1, y1, x2, y2};
    for (int i = 0; i < 6; i++) xy[i] = (i % 2 ? pen->y : pen->x) + xy[i] * pen->unit;
    ui_draw_polygon(pen->ui, xy, 3, pen->ink);
}

static void bar(const struct pen *pen, float x, float y, float width, float height) {
    struct rect rect = {pen->x + x * pen->unit, pen->y + y * pen->unit, width * pen->unit, height * pen->unit};
    ui_draw_rect(pen->ui, rect, pen->ink, 0.6f * pen->unit);
}

static void disc(const struct pen *pen, float x, float y, float radius) {
    ui_draw_circle(pen->ui, pen->x + x * pen->unit, pen->y + y * pen->unit, radius * pen->unit, pen->ink, 0);
}

static void frame(const struct pen *pen, float x, float y, float width, float height) {
    struct rect rect = {pen->x + x * pen->unit, pen->y + y * pen->unit, width * pen->unit, height * pen->unit};
    ui_draw_frame(pen->ui, rect, pen->ink, 1.2f * pen->unit, 1.3f * pen->unit);
}

static void arc(const struct pen *pen, float radius, float from, float to) {
    ui_draw_arc(pen->ui, pen->x, pen->y, radius * pen->unit, from, to, pen->ink, 1.6f * pen->unit);
}

void icon_draw(struct ui *ui, enum ui_icon icon, float x, float y, float size, struct color ink) {
    const struct pen pen = {ui, x, y, size / 16, ink};
    switch (icon) {
    case ICON_PLAY: triangle(&pen, -4, -6, 6.5f, 0, -4, 6); break;
    case ICON_PAUSE:
        bar(&pen, -5, -6, 3.4f, 12);
        bar(&pen, 1.6f, -6, 3.4f, 12);
        break;
    case ICON_STEP_BACK:
        triangle(&pen, 2.5f, -5, 2.5f, 5, -4.5f, 0);
        bar(&pen, 3.6f, -5, 1.8f, 10);
        break;
    case ICON_STEP_ON:
        triangle(&pen, -2.5f, -5, 4.5f, 0, -2.5f, 5);
        bar(&pen, -5.4f, -5, 1.8f, 10);
        break;
    case ICON_TO_START:
        bar(&pen, -6, -5, 1.8f, 10);
        triangle(&pen, 5, -5, 5, 5, -3, 0);
        break;
    case ICON_TO_LIVE:
        bar(&pen, 4.2f, -5, 1.8f, 10);
        triangle(&pen, -5, -5, 3, 0, -5, 5);
        break;
    case ICON_RESTART:
        arc(&pen, 5.2f, -0.9f, 4.4f);
        triangle(&pen, 6.6f, -7, 6.8f, -1.6f, 1.8f, -3.4f);
        break;
    case ICON_RECORD: disc(&pen, 0, 0, 4.6f); break;
    case ICON_STOP: bar(&pen, -4.4f, -4.4f, 8.8f, 8.8f); break;
    case ICON_MENU:
        for (int i = -1; i <= 1; i++) line(&pen, -6, 4.5f * (float)i, 6, 4.5f * (float)i);
        break;
    case ICON_SLIDERS:
        for (int i = -1; i <= 1; i++) line(&pen, -6, 4.5f * (float)i, 6, 4.5f * (float)i);
        disc(&pen, -2, -4.5f, 2.2f);
        disc(&pen, 3, 0, 2.2f);
        disc(&pen, -1, 4.5f, 2.2f);
        break;
    case ICON_CURVES:
        line(&pen, -6, -6, -6, 6);
        line(&pen, -6.6f, 6, 6.6f, 6);
        line(&pen, -3, -5, -0.5f, 0.5f);
        line(&pen, -0.5f, 0.5f, 2.5f, 2.4f);
        line(&pen, 2.5f, 2.4f, 6.4f, 2.9f);
        break;
    case ICON_THEME: {
        float half[2 * 18];
        for (int i = 0; i < 18; i++) {
            float angle = turn * (-0.25f + 0.5f * (float)i / 17);
            half[2 * i] = x + 5.8f * pen.unit * cosf(angle);
            half[2 * i + 1] = y + 5.8f * pen.unit * sinf(angle);
        }
        ui_draw_circle(ui, x, y, 5.8f * pen.unit, ink, 1.6f * pen.unit);
        ui_draw_polygon(ui, half, 18, ink);
        break;
    }
    case ICON_EXPORT:
        line(&pen, 0, -6.5f, 0, 2);
        line(&pen, 0, 2.6f, -3.6f, -1);
        line(&pen, 0, 2.6f, 3.6f, -1);
        line(&pen, -6, 6, 6, 6);
        line(&pen, -6, 6.6f, -6, 2.8f);
        line(&pen, 6, 6.6f, 6, 2.8f);
        break;
    case ICON_HELP:
        ui_draw_text(ui, UI_SMALL | UI_BOLD, x, y, 0.5f, 0.5f, ink, "?");
        ui_draw_circle(ui, x, y, 7.2f * pen.unit, ink, 1.4f * pen.unit);
        break;
    case ICON_CLOSE:
        line(&pen, -4, -4, 4, 4);
        line(&pen, -4, 4, 4, -4);
        break;
    case ICON_OVERLAY: /* sheets, one upon another */
        for (int i = 0; i < 2; i++) {
            float up = i ? 2.6f : -1.8f;
            line(&pen, -6.5f, up, 0, up - 3.6f);
            line(&pen, 0, up - 3.6f, 6.5f, up);
            line(&pen, 6.5f, up, 0, up + 3.6f);
            line(&pen, 0, up + 3.6f, -6.5f, up);
        }
        break;
    case ICON_SIDE_BY_SIDE:
        for (int i = 0; i < 4; i++) {
            float left = i % 2 ? 1.2f : -6.2f, top = i / 2 ? 1.2f : -6.2f;
            frame(&pen, left, top, 5, 5);
        }
        break;
    case ICON_CONTOUR:
        ui_draw_circle(ui, x, y, 6.4f * pen.unit, ink, 1.3f * pen.unit);
        ui_draw_circle(ui, x - 0.8f * pen.unit, y + 0.6f * pen.unit, 3.9f * pen.unit, ink, 1.3f * pen.unit);
        disc(&pen, -1.4f, 1, 1.5f);
        break;
    case ICON_SPLIT:
        frame(&pen, -6.6f, -5.4f, 13.2f, 10.8f);
        line(&pen, 0.6f, -5.4f, 0.6f, 5.4f);
        line(&pen, -4.8f, 2.4f, -3, -1.8f);
        line(&pen, -3, -1.8f, -1.2f, 2.4f);
        ui_draw_circle(ui, x + 3.6f * pen.unit, y, 1.7f * pen.unit, ink, 1.2f * pen.unit);
        break;
    case ICON_COMPARE:
        line(&pen, 0, -6.6f, 0, 6.6f);
        line(&pen, -6.6f, 4, -4.2f, -3.4f);
        line(&pen, -4.2f, -3.4f, -2, 4);
        line(&pen, 2, 4, 4.2f, 0.4f);
        line(&pen, 4.2f, 0.4f, 6.6f, 4);
        break;
    case ICON_LINKED:
    case ICON_FREE: { /* a lock, shut or open */
        float lift = icon == ICON_FREE ? -1.6f : 0;
        bar(&pen, -4.8f, -0.6f, 9.6f, 7);
        line(&pen, -3.1f, icon == ICON_FREE ? -2.6f : -0.6f, -3.1f, -3 + lift);
        line(&pen, -3.1f, -3 + lift, 0, -5.8f + lift);
        line(&pen, 0, -5.8f + lift, 3.1f, -3 + lift);
        if (icon == ICON_LINKED) line(&pen, 3.1f, -3, 3.1f, -0.6f);
        break;
    }
    case ICON_SWAP:
        line(&pen, -6, -3, 5.4f, -3);
        line(&pen, 5.6f, -3, 2.6f, -5.8f);
        line(&pen, 5.6f, -3, 2.6f, -0.4f);
        line(&pen, 6, 3.2f, -5.4f, 3.2f);
        line(&pen, -5.6f, 3.2f, -2.6f, 0.6f);
        line(&pen, -5.6f, 3.2f, -2.6f, 6);
        break;
    case ICON_NONE: break;
    }
}

struct mark {
    struct ui *ui;
    float x, y, radius, line;
    struct color fill, outline;
};

static void polygon(const struct mark *mark, int corners, float from, float grow, float lower) {
    float xy[24];
    for (int i = 0; i < corners; i++) {
        float angle = turn * (from + (float)i / (float)corners);
        xy[2 * i] = mark->x + mark->radius * grow * cosf(angle);
        xy[2 * i + 1] = mark->y + mark->radius * (grow * sinf(angle) + lower);
    }
    ui_draw_polygon(mark->ui, xy, corners, mark->fill);
    ui_draw_loop(mark->ui, xy, corners, mark->outline, mark->line);
}

static void star(const struct mark *mark) {
    float xy[20], inner[10];
    for (int i = 0; i < 10; i++) {
        float angle = turn * (-0.25f + (float)i / 10), reach = mark->radius * (i % 2 ? 0.5f : 1.05f);
        xy[2 * i] = mark->x + reach * cosf(angle);
        xy[2 * i + 1] = mark->y + reach * sinf(angle);
    }
    for (int i = 0; i < 10; i += 2) {
        int before = (i + 9) % 10;
        const float ray[6] = {xy[2 * before], xy[2 * before + 1], xy[2 * i],
                              xy[2 * i + 1],  xy[2 * i + 2],      xy[2 * i + 3]};
        ui_draw_polygon(mark->ui, ray, 3, mark->fill);
        inner[i] = xy[2 * i + 2];
        inner[i + 1] = xy[2 * i + 3];
    }
    ui_draw_polygon(mark->ui, inner, 5, mark->fill);
    ui_draw_loop(mark->ui, xy, 10, mark->outline, mark->line);
}

static void cross(const struct mark *mark, float reach, float width) {
    float d = mark->radius * reach;
    ui_draw_line(mark->ui, mark->x - d, mark->y - d, mark->x + d, mark->y + d, mark->fill, width);
    ui_draw_line(mark->ui, mark->x - d, mark->y + d, mark->x + d, mark->y - d, mark->fill, width);
}

void mark_draw(struct ui *ui, enum glyph_shape shape, float x, float y, float size, struct color fill,
               struct color outline) {
    const struct mark mark = {ui, x, y, size / 2, fmaxf(size / 9, 1), fill, outline};
    float radius = mark.radius, width = mark.line;
    switch (shape) {
    case GLYPH_RING: ui_draw_circle(ui, x, y, radius * 0.8f, fill, width * 1.9f); break;
    case GLYPH_DISC:
        ui_draw_circle(ui, x, y, radius * 0.9f, fill, 0);
        ui_draw_circle(ui, x, y, radius * 0.9f, outline, width);
        break;
    case GLYPH_TRIANGLE_UP:
    case GLYPH_MAXIMUM: polygon(&mark, 3, -0.25f, 1.05f, 0.18f); break;
    case GLYPH_TRIANGLE_DOWN:
    case GLYPH_MINIMUM: polygon(&mark, 3, 0.25f, 1.05f, -0.18f); break;
    case GLYPH_SQUARE: polygon(&mark, 4, -0.125f, 1.08f, 0); break;
    case GLYPH_DIAMOND: polygon(&mark, 4, -0.25f, 1, 0); break;
    case GLYPH_HEXAGON: polygon(&mark, 6, -0.25f, 0.95f, 0); break;
    case GLYPH_STAR: star(&mark); break;
    case GLYPH_SADDLE:
        ui_draw_circle(ui, x, y, radius * 0.88f, fill, width * 1.4f);
        cross(&mark, 0.45f, width * 1.4f);
        break;
    case GLYPH_DEGENERATE:
        for (int i = 0; i < 8; i++)
            ui_draw_arc(ui, x, y, radius * 0.85f, turn * (float)i / 8, turn * ((float)i + 0.55f) / 8, fill,
                        width * 1.5f);
        break;
    case GLYPH_CROSS: cross(&mark, 0.7f, width * 1.6f); break;
    }
}
