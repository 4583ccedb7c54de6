/* Inside scene/: filling a scene, one file a subject. */
#pragma once

#include "base/text.h"
#include "base/words.h"
#include "scene/exhibit.h"

/* Where a run stands at the shown step. */
struct head {
    bool known; /* its place is */
    struct path_sample at;
    bool sampled; /* `sample` is: it may have none on the plane (diverged at once) */
    struct sample sample;
    bool diverged; /* by the shown step */
};

/* A run's point there and what the plane hides of it; filled in for the figures below a picture. */
struct run_end {
    bool known;
    struct path_figures figures;
};

enum { FIGURE_LINES = 8 };

/* Panes that show the same from the same place. */
struct pane_group {
    uint32_t panes;
    bool flat;
    struct camera camera;
    float width, height; /* of each, in pixels at scale 1 */
};

struct builder {
    struct scene *scene;
    struct exhibit *exhibit;
    const struct view *view;
    int side;                    /* 0: the view's exhibit, 1: the one compared */
    const struct builder *other; /* that of the other side, or NULL */
    const struct experiment *experiment;
    const struct theme *theme;
    struct camera camera;
    struct outlook *outlook;
    struct placing placing; /* of paths and marks */
    const struct frame *frame;
    struct frame axes;    /* what the axes are lettered by … */
    float axes_strength;  /* … and how strongly, 0 … 1 */
    const struct height_map *map;
    const struct relief *relief;
    struct pane_group groups[EXPERIMENT_MAX_OPTIMIZERS]; /* what is built for, one after the other */
    int group_count;
    bool apart;                             /* one pane an optimizer */
    bool flat;                              /* of the group that is built: as in it, … */
    float pane_width, pane_height;
    uint32_t all;                           /* … its panes' bits */
    int shown_panes;                        /* those with a surface; strips with figures come after them */
    int columns;                            /* side by side: how many in a row */
    int pane_of[EXPERIMENT_MAX_OPTIMIZERS]; /* −1: not shown */
    int left_out;                           /* optimizers that found no pane */
    struct head heads[EXPERIMENT_MAX_RUNS];
    struct run_end ends[EXPERIMENT_MAX_RUNS];
    char figure_lines[FIGURE_LINES][LABEL_TEXT];
    int figure_count, strip; /* lines; the pane they stand in */
    float strip_width;
    struct rectangle *taken; /* places of labels and boxes, in pane pixels */
    size_t taken_count, taken_capacity;
};

/* A text in the scene's language: before it is measured. */
static inline const char *builder_say(const struct builder *builder, const char *english) {
    return words_say(builder->scene->words, english);
}
static inline int builder_optimizer(const struct builder *builder, int run) {
    return run / builder->experiment->start_count;
}
/* build_panes.c */
bool builder_shows(const struct builder *builder, int run);
uint32_t builder_panes(const struct builder *builder, int run); /* where of the group a run is shown; 0: nowhere */
/* Where everything goes, for one side or two. */
void lay_out_panes(struct builder *sides, int count);
void enter_group(struct builder *builder, int group); /* what is built from now on is for this one */
void build_rules(struct builder *builder);            /* hair-lines between panes */

/* build.c: appends, zeroed and shown in all panes. Valid until the next of its kind. */
struct scene_line *add_line(struct builder *builder);
struct scene_glyph *add_glyph(struct builder *builder);
struct scene_arrow *add_arrow(struct builder *builder);
struct scene_label *add_label(struct builder *builder, enum text_size size, struct color color);
/* Text on the pane itself: this share (0 … 1) of it lies left of x and above y, in pixels. */
struct scene_label *add_text(struct builder *builder, float x, float y, float anchor_x, float anchor_y,
                             enum text_size size, struct color color);
struct scene_triangle_sheet *add_sheet(struct builder *builder);
struct scene_box *add_box(struct builder *builder);
struct scene_mark *add_mark(struct builder *builder);
void add_point(struct builder *builder, const vec3 at, float alpha); /* to the line begun last */
/* A plain line between two points. */
struct scene_line *add_segment(struct builder *builder, const vec3 from, const vec3 to, float width,
                               struct color color);

/* text_metrics.c: a guess good enough to lay out columns; the renderer knows the font. */
float text_height(enum text_size size);
float text_width(const char *text, enum text_size size);
/* As much of `text` as LABEL_TEXT and `width` pixels hold, whole characters, with … where it was cut. */
void fit_text(const char *text, enum text_size size, float width, char out[LABEL_TEXT]);
/* As much of `text` as fits in `width`, at least a word, in bytes: up to a blank or between Han characters. */
size_t text_break(const char *text, enum text_size size, float width);
/* A loss as people read it, "diverged" losses included. */
const char *loss_text(double loss, char out[NUMBER_TEXT]);
/* As many digits as tell the values apart. */
void tick_texts(const double *values, int count, char out[][NUMBER_TEXT]);
/* What a label covers, in pane pixels; false when that is not wholly in the pane. */
bool label_rectangle(const struct builder *builder, const struct scene_label *label, struct rectangle *out);
bool rectangle_free(const struct builder *builder, const struct rectangle *here); /* overlaps nothing taken */
void take_rectangle(struct builder *builder, struct rectangle rectangle);
/* A world label that overlaps no earlier one and lies in the pane, or false and nothing added. */
bool label_fits(struct builder *builder, const struct scene_label *label);

/* build_figures.c: what the plane hides. */
uint64_t builder_runs(const struct builder *builder); /* a bit for each that is not hidden */
const char *percent_text(double share, char out[NUMBER_TEXT]);
void plane_caption(struct builder *builder, char *out, size_t size); /* one line; "" where nothing is hidden */
float figures_compose(struct builder *builder); /* all of it; returns the height it takes, 0 for none */
void build_figures(struct builder *builder);

void build_swarm(struct builder *builder);
void build_surface(struct builder *builder);
void build_axes(struct builder *builder);
void build_contour_labels(struct builder *builder);
void build_paths(struct builder *builder);
void build_heads(struct builder *builder);
void build_points(struct builder *builder);
void build_curvature(struct builder *builder, int point,
                     bool small);           /* eigen-arrows, and the quadratic patch unless small */
/* On a pane so low the legend is a row of names. */
bool legend_is_row(const struct builder *builder, float pane_height);
void build_legend(struct builder *builder); /* title, legend, pane titles, colour bar, caption */
void build_hover(struct builder *builder);
void build_insides(struct builder *builder); /* view->steps */
void build_found(struct builder *builder); /* view->marks and view->ways */
