/* Panels' widgets, in C, over Dear ImGui: the only door to it. What it does not do: hold state of the program, or know
 * what an experiment is. Everything shown is said again each frame.
 *
 * All lengths and positions are design pixels: pixels at scale 1, origin at the window's top left. One thread: the
 * window's. Every widget takes an `id` that names it on screen (for tests) and must be unique in a frame. */
#pragma once

#include "scene/color.h"

#include <SDL.h>
#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rect {
    float x, y, width, height;
};
static inline bool rect_holds(struct rect rect, float x, float y) {
    return x >= rect.x && y >= rect.y && x < rect.x + rect.width && y < rect.y + rect.height;
}

struct error;
struct words;
struct ui;
/* Needs a window with a current GL 3.3 context. ERROR_MACHINE when Dear ImGui cannot start. */
struct ui *ui_create(SDL_Window *window, void *gl_context, struct error *error);
void ui_destroy(struct ui **ui); /* accepts NULL */
/* Gives up what it has in the graphics context, before that goes; takes up its place in the one that is current now. */
void ui_leave_graphics(struct ui *ui);
bool ui_enter_graphics(struct ui *ui, struct error *error);

/* `scale`: window units per design pixel; `pixel_ratio`: physical pixels per window unit. Fonts are made anew when they
 * change. */
void ui_set_scale(struct ui *ui, float scale, float pixel_ratio);
void ui_set_theme(struct ui *ui, const struct theme *theme);
void ui_event(struct ui *ui, const SDL_Event *event);
/* What is given in English is shown in this language from now on; NULL: English. Borrowed. */
void ui_set_words(struct ui *ui, struct words *words);
/* A text as it is shown. */
const char *ui_said(struct ui *ui, const char *english);
/* For tests: from now on what the texts of the last frame were, as they were shown, and tips that may show. */
void ui_keep_texts(struct ui *ui);
size_t ui_texts(const struct ui *ui); /* how many */
const char *ui_text_at(const struct ui *ui, size_t i);
bool ui_typing(const struct ui *ui);                   /* a text box has the keyboard */
bool ui_covers(const struct ui *ui, float x, float y); /* a panel of the last frame lies under this point */
bool ui_busy(const struct ui *ui);                     /* a widget is being dragged */
void ui_pointer(struct ui *ui, bool hand);             /* over what the panels do not cover */
/* When the next frame is due without any event (a tooltip, a new glyph), as clock_seconds(); infinity when never. */
double ui_wake_at(const struct ui *ui);

/* The keyboard among the widgets: one of them may have it, shown by a ring. A card in front of all keeps it. */
const char *ui_focus(const struct ui *ui);         /* that widget's id; "" */
bool ui_focus_step(struct ui *ui, int by);         /* to the next (1), the one before (−1), round and round; a text box is then typed into */
bool ui_focus_panel(struct ui *ui, int by);        /* to the first widget of the next panel */
void ui_focus_from(struct ui *ui, const char *panel); /* none has it; the next step goes to this panel */
void ui_focus_leave(struct ui *ui);                /* none has it */
void ui_focus_press(struct ui *ui);                /* as a click on it */
/* A slider: by so many fiftieths of its track. From others the keyboard goes to the neighbour in the panel. */
void ui_focus_nudge(struct ui *ui, int right, int up);

void ui_frame_begin(struct ui *ui);
void ui_frame_end(struct ui *ui);
/* The frame that ui_frame_end closed has characters no font was asked for yet, or fonts of a former size: it would show
 * them as "?". The next frame has them. */
bool ui_lacks_letters(const struct ui *ui);
void ui_draw(struct ui *ui); /* what ui_frame_end closed, into the framebuffer that is bound */

/* The same, for a framebuffer that holds the frame before: only where it is other. Pixels from the top left. */
struct pixel_rect {
    int x, y, width, height;
};
enum { UI_MOST_CHANGES = 6 };
/* What is other than when this was asked last, in at most UI_MOST_CHANGES rectangles that do not meet; their count.
 * `apart` is what others draw underneath: it is drawn whole or not at all, and *apart_changed, true to begin with where
 * they have something new, is true after it when it must be. */
int ui_changes(struct ui *ui, const struct pixel_rect *apart, bool *apart_changed, struct pixel_rect *changes);
void ui_draw_changes(struct ui *ui, const struct pixel_rect *changes, int count);
void ui_forget_frame(struct ui *ui);     /* the framebuffer holds nothing: all is other */
void ui_pictures_changed(struct ui *ui); /* a texture that it shows was filled anew */

/* Where the widgets of the last frame are, in design pixels. */
struct ui_place {
    char id[48];
    struct rect rect;
};
size_t ui_places(const struct ui *ui, const struct ui_place **places);

/* ---- panels and layout --------------------------------------------------------------------------------------------
 */

enum ui_panel_flags {
    UI_PANEL_PLAIN = 0,
    UI_PANEL_CARD = 1,            /* floats over the scene: rounded, with an edge */
    UI_PANEL_SCROLLS = 2,         /* scrolls when its contents are taller */
    UI_PANEL_FITS = 4,            /* as tall as its contents; `rect.height` is a first guess */
    UI_PANEL_BARE = 8,            /* no padding */
    UI_PANEL_FRONT = 16,          /* above all others */
    UI_PANEL_CLICKS_THROUGH = 32, /* the mouse does not see it */
    UI_PANEL_BACK = 64,           /* in the ground's colour, under everything */
};
/* Returns the panel's rectangle as it is (with UI_PANEL_FITS its height is that of the last frame). */
struct rect ui_panel_begin(struct ui *ui, const char *id, struct rect rect, unsigned flags);
void ui_panel_end(struct ui *ui);

void ui_space(struct ui *ui, float height);
void ui_beside(struct ui *ui, float gap);          /* the next widget goes on the same line */
void ui_beside_at(struct ui *ui, float x);         /* … at x from the panel's inner left */
float ui_room(struct ui *ui);                      /* width left on the line */
float ui_line_x(struct ui *ui);                    /* where the last widget ends, from the panel's left */
void ui_indent(struct ui *ui, float by);           /* negative: back */
void ui_scroll_here(struct ui *ui);                /* the panel, so that what follows stands at its top */
void ui_scroll_by(struct ui *ui, float by);        /* the panel */
void ui_rule(struct ui *ui);                       /* a hair-line across */
void ui_margin(struct ui *ui, float right);        /* wrapped text stops so far from the panel's right edge */
void ui_disable(struct ui *ui, bool disabled);     /* what follows cannot be used and looks so, until … */
void ui_disable_end(struct ui *ui, bool disabled); /* … here, with the same `disabled` */
void ui_at(struct ui *ui, float x, float y);       /* the next widget goes there, from the panel's upper left corner */
void ui_within(struct ui *ui, float x, float y);   /* likewise, but it scrolls along with the panel's contents */
float ui_line_y(struct ui *ui);                    /* where the last widget ends, as ui_within counts */
bool ui_panel_dismissed(struct ui *ui);            /* the mouse was pressed beside the panel that is open */
float ui_content_height(struct ui *ui);             /* of the panel so far, with its padding above and below */
float ui_inner_width(struct ui *ui);               /* of the panel, without its padding and scroll bar */

/* ---- text
 * ------------------------------------------------------------------------------------------------------------ */

enum ui_style_flags {
    UI_SMALL = 0, /* 13 px */
    UI_BODY = 1,  /* 16 px */
    UI_TITLE = 2, /* 22 px, always bold */
    UI_LARGE = 3, /* 20 px: words to be read from afar */
    UI_SIZE_MASK = 3,
    UI_BOLD = 4,
    UI_FAINT = 8,
    UI_WRAPPED = 16,
    UI_WARNING = 32,
    UI_IN_ROW = 64,   /* centred beside buttons */
    UI_CLIPPED = 128, /* ends in … where the room does */
    UI_AS_IS = 256,   /* said already, or a name: not looked up */
};
void ui_text(struct ui *ui, unsigned style, const char *text);
void ui_textf(struct ui *ui, unsigned style, const char *format, ...) __attribute__((format(printf, 3, 4)));
void ui_text_color(struct ui *ui, unsigned style, struct color color, const char *text);
/* Cut short with … at `room`. */
void ui_text_within(struct ui *ui, unsigned style, float room, const char *text);
float ui_text_width(struct ui *ui, unsigned style, const char *text);
void ui_foresee(struct ui *ui, const char *text); /* will be shown: its characters are made ready with others */

/* ---- widgets
 * ---------------------------------------------------------------------------------------------------------- */

enum ui_icon {
    ICON_NONE,
    ICON_PLAY,
    ICON_PAUSE,
    ICON_STEP_BACK,
    ICON_STEP_ON,
    ICON_TO_START,
    ICON_TO_LIVE,
    ICON_RESTART,
    ICON_RECORD,
    ICON_STOP,
    ICON_MENU,
    ICON_SLIDERS,
    ICON_CURVES,
    ICON_THEME,
    ICON_EXPORT,
    ICON_HELP,
    ICON_CLOSE,
    ICON_OVERLAY,
    ICON_SIDE_BY_SIDE,
    ICON_CONTOUR,
    ICON_SPLIT,
    ICON_COMPARE,
    ICON_LINKED,
    ICON_FREE,
    ICON_SWAP,
};
enum ui_button_flags { UI_BUTTON_QUIET = 0, UI_BUTTON_MAIN = 1, UI_BUTTON_ON = 2, UI_BUTTON_EDGED = 4 };

bool ui_button(struct ui *ui, const char *id, const char *label, unsigned flags);
bool ui_icon_button(struct ui *ui, const char *id, enum ui_icon icon, float size, unsigned flags);
/* In the panel's upper right corner; to be called first, what follows stands where it would have. */
bool ui_corner_button(struct ui *ui, const char *id, enum ui_icon icon, float size);
/* One of several, as joined buttons. True when *chosen changed. Each part is placed as "id.0", "id.1", … */
bool ui_segments(struct ui *ui, const char *id, const char *const *labels, int count, int *chosen);
/* The same by pictures; `tips` say what each is. */
bool ui_icon_segments(struct ui *ui, const char *id, const enum ui_icon *icons, const char *const *tips, int count,
                      int *chosen);
bool ui_choice(struct ui *ui, const char *id, const char *label,
               bool chosen); /* one line of a list, across the panel */
/* The same with faint words at its right end. */
bool ui_menu_row(struct ui *ui, const char *id, const char *label, const char *beside, bool chosen);
bool ui_switch(struct ui *ui, const char *id, bool *on, struct color color);
enum ui_change { UI_UNCHANGED, UI_CHANGING, UI_CHANGED /* let go */ };
/* A labelled track; `text` is the value as shown. A double-click puts `initial` back. */
enum ui_change ui_slider(struct ui *ui, const char *id, const char *label, double *value, double low, double high,
                         double initial, bool logarithmic, const char *text, struct color color);
/* A one-line text box of `size` bytes. True on Enter. `caret` ≥ 0: puts the keyboard there, at that byte. */
bool ui_input(struct ui *ui, const char *id, char *text, size_t size, const char *hint, int caret);
/* A fold: a heading one opens and shuts. */
bool ui_fold(struct ui *ui, const char *id, const char *label, bool *open);
/* A bold label in a row, `room` wide, that unfolds what belongs to it; `open` NULL: only a label, faint. */
bool ui_heading(struct ui *ui, const char *id, const char *label, float room, bool *open);
void ui_tip(struct ui *ui, const char *text); /* for the widget before it, shown when the mouse rests on it */
void ui_tip_at(struct ui *ui, const char *text, float x); /* the same at a place within it */

/* ---- drawing freely -------------------------------------------------------------------------------------------------
 */

struct ui_canvas {
    struct rect rect;
    bool hovered, pressed, held, released;
    bool twice, shift; /* pressed as a double-click; the Shift key is down */
    float mouse_x, mouse_y;
    float wheel; /* notches since the last frame, forwards positive, while hovered */
};
/* Room for drawing that also takes the mouse. Clipped until the matching ui_canvas_end. */
struct ui_canvas ui_canvas_begin(struct ui *ui, const char *id, float width, float height);
/* The canvas just begun may have the keyboard: true when that or the mouse presses it. */
bool ui_canvas_pressed(struct ui *ui, const char *id, const struct ui_canvas *canvas);
void ui_canvas_end(struct ui *ui);

void ui_draw_line(struct ui *ui, float x0, float y0, float x1, float y1, struct color color, float width);
void ui_draw_polyline(struct ui *ui, const float *xy, int count, struct color color, float width); /* xy (count × 2) */
void ui_draw_rect(struct ui *ui, struct rect rect, struct color fill, float radius);
/* A picture by its GL name (draw.h's texture_name), its first row at the top. */
void ui_draw_picture(struct ui *ui, struct rect rect, uint32_t texture);
/* A part of it: x, y, width and height as shares of the whole; its pixels stay squares however large they get. */
void ui_draw_picture_part(struct ui *ui, struct rect rect, uint32_t texture, const float part[4]);
void ui_draw_frame(struct ui *ui, struct rect rect, struct color edge, float radius, float width);
void ui_draw_text(struct ui *ui, unsigned style, float x, float y, float anchor_x, float anchor_y, struct color color,
                  const char *text);
void ui_draw_loop(struct ui *ui, const float *xy, int count, struct color color, float width); /* closed */
void ui_draw_polygon(struct ui *ui, const float *xy, int count, struct color fill);            /* convex, clockwise */
void ui_draw_circle(struct ui *ui, float x, float y, float radius, struct color color,
                    float width); /* width 0: filled */
void ui_draw_arc(struct ui *ui, float x, float y, float radius, float from, float to, struct color color, float width);
/* A glowing dot in the mouse's place, its arrow hidden, at the last of `count` × (x, y, strength 0 … 1): its trail. */
void ui_laser(struct ui *ui, const float *points, int count);
/* A mark in the line of text. */
void ui_glyph(struct ui *ui, enum glyph_shape shape, float size, struct color fill, struct color outline);

#ifdef __cplusplus
}
#endif
