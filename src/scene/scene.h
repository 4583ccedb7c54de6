/* The scene: what is to be seen, as plain data, without GL or SDL. Filled from an experiment, its timeline and its analysis
 * (an exhibit) for one view; drawn by draw/ on a GPU, and testable here without one.
 *
 * World space: x along the plane's first axis, y along its second, z up. The surface fills |x| ≤ scene.half[0],
 * |y| ≤ scene.half[1] (the longer one is 1), heights z in [0, SCENE_HEIGHT]. The floor is at z = SCENE_FLOOR.
 * Float32 from here on. Colours are sRGB, not premultiplied. */
#pragma once

#include "analyze/analyze.h"
#include "base/error.h"
#include "run/run.h"
#include "scene/color.h"

#include <cglm/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCENE_HEIGHT 0.72f
#define SCENE_FLOOR (-0.34f)
enum { SCENE_MAX_PANES = 24 };

/* ---- colours and themes ----------------------------------------------------------------------------------------- */

/* An optimizer's colour and head shape by name (shared palette: Okabe–Ito); others take the free ones in order. */
struct identity {
    struct color color;
    enum glyph_shape shape;
};
struct identity identity_of(const struct experiment *experiment, int optimizer, const struct theme *theme);
/* What outlines a mark of this colour so that it reads on any ground: the theme's casing, or for a dark mark its light
 * opposite. */
struct color color_casing(struct color mark, const struct theme *theme);
/* A colour for text, as near to `mark` as keeps 4.5 : 1 against the theme's ground. */
struct color color_readable(struct color mark, const struct theme *theme);

/* ---- camera ----------------------------------------------------------------------------------------------------- */

struct camera {
    float azimuth, elevation; /* degrees; elevation 90 looks straight down */
    float distance;           /* from the target, world units */
    vec3 target;
    float field_of_view;      /* vertical, degrees; 0: orthographic, `distance` then sets the scale */
};
struct camera camera_default(float azimuth, float elevation);
struct camera camera_from_above(void);
struct camera camera_of_contour(void); /* the same, with room below for the axis's name */
/* Half of what is seen at the target, from bottom to top, in a pane `aspect` times as wide as high. */
float camera_half_height(const struct camera *camera, float aspect);
void camera_orbit(struct camera *camera, float right, float up);       /* degrees; elevation kept in 2 … 90 */
void camera_pan(struct camera *camera, float right, float up);         /* share of the view's height */
void camera_zoom(struct camera *camera, float factor);                 /* > 1 nearer; limited */
/* Eased, the shortest way round. */
struct camera camera_between(const struct camera *from, const struct camera *to, float share);
void camera_matrices(const struct camera *camera, float aspect, mat4 view, mat4 projection);
/* World point to pane pixels (origin top left); false when behind the camera. `depth` 0 … 1 may be NULL. */
bool camera_project(const struct camera *camera, float width, float height, const vec3 world, vec2 pixel, float *depth);
void camera_ray(const struct camera *camera, float width, float height, const vec2 pixel, vec3 origin, vec3 direction);

/* ---- what is drawn ---------------------------------------------------------------------------------------------- */

/* Every thing carries `panes`: bit p set means shown in pane p. */

struct scene_surface {
    int width, height;    /* grid points along x and y */
    float *z;             /* (height × width) world heights, NaN in a hole; row y low first */
    float *tone;          /* (height × width) 0 … 1 for colour map and contours, NaN in a hole; not clipped above */
    float half[2];
    double low[2], high[2]; /* plane coordinates at x = ∓half[0], y = ∓half[1] */
    uint64_t revision;    /* changes whenever z or tone do: the renderer uploads only then */
    float contour_step;   /* in tone; every 5th line heavier; 0: none */
    uint32_t panes;       /* a pane shows the first surface that has its bit */
    size_t capacity;      /* grid points that z and tone hold */
};

struct scene_line { /* a polyline, a ribbon of constant width on screen */
    int first, count;     /* into scene.points */
    int kind, id;         /* as a glyph's */
    struct color color;
    float width;          /* pixels at scale 1 */
    struct color casing;  /* alpha 0: none */
    float casing_width;   /* added on each side */
    float dash;           /* length of a dash in pixels, 0: solid */
    float hidden_alpha;   /* how much shows through where something is in front, 0 … 1 */
    uint32_t panes;
};
struct scene_point {
    vec3 at;
    float alpha;  /* fading along a line, 0 … 1 */
    int64_t step; /* of a run's path: the sample it leads to */
};

struct scene_glyph { /* a mark of constant size on screen */
    vec3 at;
    enum glyph_shape shape;
    struct color fill, outline;
    float size;          /* pixels across at scale 1 */
    float hidden_alpha;
    bool hollow;
    int kind, id;        /* what a click on it means: enum scene_pick_kind and which */
    uint32_t panes;
};

struct scene_arrow { /* flat on the screen, between two world points */
    vec3 from, to;
    struct color color, casing;
    float width, head;   /* pixels */
    bool double_headed, dashed;
    float hidden_alpha;
    uint32_t panes;
};

enum text_size { TEXT_SMALL, TEXT_BODY, TEXT_TITLE }; /* 13, 16, 22 px at scale 1 */
enum { LABEL_TEXT = 320 };
struct scene_label {
    bool on_screen;      /* `at` is (x, y) in pane pixels at scale 1, negative: from the right or bottom; else world */
    vec3 at;
    float offset[2];     /* pixels at scale 1, y down */
    float anchor[2];     /* 0 left/top, 0.5 centre, 1 right/bottom: which point of the text sits there */
    char text[LABEL_TEXT]; /* UTF-8 */
    enum text_size size;
    bool bold;
    struct color color, halo; /* halo alpha 0: none */
    int priority;        /* labels that would overlap a higher one are left out; < 0: always drawn */
    float hidden_alpha;  /* world labels behind the surface */
    uint32_t panes;
};

struct scene_triangle_sheet { /* translucent quads, (rows × columns) points from `first`: fine wires and a veil */
    int first, columns, rows;
    struct color wire, veil;
    uint32_t panes;
};

/* A picture of cells on a flat rectangle at height z, drawn after the surface. RGBA, rows from low y on. Alpha 255: that
 * colour; 128: striped with it (no answer); 0: nothing. */
struct scene_raster {
    int width, height;
    size_t first;       /* into scene.texels */
    float low[2], high[2], z;
    uint64_t revision;  /* changes whenever the cells do: the renderer uploads only then */
    uint32_t panes;
};
struct scene_texel {
    uint8_t r, g, b, a;
};

struct scene_swarm { /* thousands of dots of one colour and size */
    size_t first; /* into scene.motes */
    int count;
    int64_t step; /* where they are: it follows the view's */
    struct color color, casing;
    float size; /* pixels across at scale 1 */
    uint32_t panes;
};
struct scene_mote {
    float x, y, z;
};

struct scene_box { /* a flat rectangle in pane pixels at scale 1, negative: from the right or bottom; legends, bars */
    float x, y, width, height, radius;
    struct color fill, edge;
    bool gradient;       /* fill with the colour map, bottom to top */
    uint32_t panes;
};

struct scene_mark { /* a glyph on screen, for legends */
    float x, y, size;
    enum glyph_shape shape;
    struct color fill, outline;
    bool hollow;
    uint32_t panes;
};

struct scene_pane {
    float x, y, width, height; /* share of the picture, 0 … 1, origin top left */
    struct camera camera;
    bool flat;                 /* contour view: floor, box and relief are left out */
    int side;                  /* whose it is: 0: the exhibit's, 1: that of view.other */
    int seat;                  /* its own camera's place in view.cameras; −1: it has none */
};

struct words;
struct scene {
    struct words *words;          /* borrowed, kept by scene_clear: labels are said in its language; NULL: English */
    const struct theme *theme;
    const struct color *colormap; /* (COLORMAP_SIZE) */
    float half[2];                /* of what the first pane shows */
    int pane_count;
    struct scene_pane panes[SCENE_MAX_PANES];
    struct scene_surface surfaces[SCENE_MAX_PANES];
    int surface_count; /* the memory of those beyond is kept for later */
    bool floor_contours;          /* the contour map repeated on the floor */
    struct scene_point *points;
    struct scene_line *lines;
    struct scene_glyph *glyphs;
    struct scene_arrow *arrows;
    struct scene_label *labels;
    struct scene_triangle_sheet *sheets;
    struct scene_box *boxes;
    struct scene_mark *marks;
    struct scene_raster *rasters;
    struct scene_texel *texels;
    struct scene_swarm *swarms;
    struct scene_mote *motes;
    size_t point_count, line_count, glyph_count, arrow_count, label_count, sheet_count, box_count, mark_count,
        raster_count, texel_count, swarm_count, mote_count;
    size_t point_capacity, line_capacity, glyph_capacity, arrow_capacity, label_capacity, sheet_capacity, box_capacity,
        mark_capacity, raster_capacity, texel_capacity, swarm_capacity, mote_capacity;
};
/* The surface that pane `pane` shows, by index; −1: none. */
int scene_surface_of(const struct scene *scene, int pane);
/* One more surface, of width × height points; z and tone hold what they held when it was last this size (then `revision`
 * says what that was), else nothing (revision 0). */
struct scene_surface *scene_add_surface(struct scene *scene, int width, int height);
/* One more raster; its texels are to be written, then scene_finish_raster tells its revision by them. Until the next is
 * added. */
struct scene_raster *scene_add_raster(struct scene *scene, int width, int height, struct scene_texel **texels);
void scene_finish_raster(struct scene *scene);
void scene_clear(struct scene *scene);   /* empties, keeps the memory */
void scene_release(struct scene *scene); /* frees what it holds */

/* A surface as a body: for whoever draws it. */
void surface_point(const struct scene_surface *surface, float column, float row, float z, vec3 out); /* to the world */
bool surface_known(const struct scene_surface *surface, size_t i); /* grid point i is no hole */
void surface_slope(const struct scene_surface *surface, int column, int row, float out[2]); /* dz/dx, dz/dy, finite */
int surface_border_count(const struct scene_surface *surface); /* points of its edge, the first again at the end */
void surface_border_point(const struct scene_surface *surface, int i, vec3 out); /* z is not finite in a hole */

/* Which labels of a pane are shown, and where: by priority, none upon another, those on screen before those in the
 * world. Pane pixels, origin top left. */
struct label_room {
    float width, height, scale; /* of the pane; pixels per scene pixel */
    float gap;                  /* kept between two labels */
    bool whole_pixels;
    /* The text's size; false: it is not drawn. */
    bool (*measure)(void *context, const struct scene_label *label, float *width, float *height);
    /* A world point's pixel and how much of it is in view, 0 … 1; false: behind the eye. */
    bool (*find)(void *context, const vec3 at, vec2 pixel, float *view);
    void *context;
};
struct label_place {
    const struct scene_label *label; /* NULL: a box, which keeps labels away */
    float left, top, width, height, view;
};
struct label_places { /* zeroed before its first use; keeps its memory */
    struct label_place *all;
    size_t count, capacity;
    unsigned char *order;
    size_t order_capacity;
};
void label_places_find(struct label_places *places, const struct scene *scene, uint32_t bit,
                       const struct label_room *room);
void label_places_release(struct label_places *places);

/* ---- heights ---------------------------------------------------------------------------------------------------- */

/* Loss to height: linear or logarithmic between `low` and `high` (the surface's own range; `high` may be a high
 * percentile so that a few walls do not flatten the rest; what is above is drawn at the top). */
struct height_map {
    enum height_mapping mapping;
    double low, high;
    double knee; /* log: height ∝ log(1 + (loss − low)/knee) */
};
struct height_map height_map_fit(enum height_mapping mapping, const double *losses, size_t count);
double height_tone(const struct height_map *map, double loss); /* 0 … 1, not clipped above; NaN stays NaN */
double height_loss(const struct height_map *map, double tone); /* its inverse */
/* One for both, so that equal losses stand equally high; of the same mapping. */
struct height_map height_map_join(const struct height_map *one, const struct height_map *other);
/* "Nice" tick values (1, 2, 5 × 10^k) covering [low, high], about `want` of them, at most `most`; returns how many. */
int ticks_linear(double low, double high, int want, double *out, int most);

/* ---- the exhibit: an experiment with all that is known about it ------------------------------------------------- */

struct exhibit_params {
    const struct experiment *experiment; /* borrowed */
    const struct timeline *timeline;     /* borrowed */
    const struct trainer *trainer;       /* borrowed; says which runs diverged. NULL: told from the samples */
    int threads;                         /* for analysis; 0: all processors */
    void (*wakeup)(void *);              /* from a worker: something is new; must not block */
    void *wakeup_context;
    bool morphs; /* a new plane is shown by way of a morph, which exhibit_morph then moves along; else at once */
};

/* Owns plane, surface and critical points of one experiment, and the paths projected on the plane. One thread (the
 * window's or the command's); the work behind it is jobs. */
struct exhibit;
struct exhibit *exhibit_create(const struct exhibit_params *params, struct error *error);
void exhibit_destroy(struct exhibit **exhibit); /* cancels its jobs; accepts NULL */
/* Takes up what is new (samples, surface levels, critical points); starts what that calls for (a PCA plane once
 * there are paths, and again as they grow; a surface for a new range; the Hessian where a network's runs stopped).
 * True when a new picture is worth drawing. Never blocks for long. */
bool exhibit_update(struct exhibit *exhibit);
/* Blocks until all of it is up to date with the timeline as it stands: for pictures without a window. */
bool exhibit_finish(struct exhibit *exhibit, struct error *error);
bool exhibit_busy(const struct exhibit *exhibit);
void exhibit_hold(struct exhibit *exhibit, bool hold); /* no other plane takes its place until it is let go */

const struct plane *exhibit_plane(const struct exhibit *exhibit);     /* NULL before there is one */
const struct surface *exhibit_surface(const struct exhibit *exhibit); /* NULL before there is one */
/* Those of a two-parameter objective; for a network of at most a few hundred parameters the points where its runs
 * stopped, critical or not. Valid until the next exhibit_update. */
size_t exhibit_critical_points(const struct exhibit *exhibit, const struct critical_point **points);
/* The Hessian where `run` of a network stopped; NULL when it is not (yet) known. Valid until the next
 * exhibit_update. */
const struct eigen_report *exhibit_stop_report(const struct exhibit *exhibit, int run);
const struct height_map *exhibit_height_map(const struct exhibit *exhibit, enum height_mapping mapping);
/* The loss on the surface as sampled so far, bilinear between grid points; NaN beside it, in a hole, or before there
 * is one. */
double exhibit_loss_at(const struct exhibit *exhibit, double a, double b);
/* How far the samples of a run lie off the plane: [from, from + most) of those that are kept, with their steps, ascending;
 * returns how many. What was read is stale once exhibit_distance_version changes. */
size_t exhibit_distances(const struct exhibit *exhibit, int run, size_t from, size_t most, int64_t *steps,
                         double *distances);
uint64_t exhibit_distance_version(const struct exhibit *exhibit, int run);
/* What the plane's axis 0 or 1 is called: "w₁", "PC 1"; without a plane "". Returns `out`. */
const char *exhibit_axis_name(const struct exhibit *exhibit, int axis, char *out, size_t size);
/* Adds the plane, the surface on it (once complete) and the critical points to the closed recording at `path`. */
bool exhibit_record(const struct exhibit *exhibit, const char *path, struct error *error);
/* What the swarm goes with instead of the experiment's: it flows anew from its starts, to the view's step. */
void exhibit_set_value(struct exhibit *exhibit, int optimizer, int parameter, double value);
void exhibit_refresh_plane(struct exhibit *exhibit); /* a new plane from the paths as they are (random, PCA) */

/* ---- which plane ------------------------------------------------------------------------------------------------ */

/* Of an objective of more than two parameters. Planes that follow the runs (PCA; Hessian and points without `thetas`) are
 * chosen again as the paths grow. */
struct plane_choice {
    enum plane_kind kind;
    int axes[2];          /* PLANE_AXES: two different parameters */
    uint64_t seed;        /* PLANE_RANDOM */
    int run;              /* PLANE_PCA: the run whose path, −1: all of them */
    int runs[3];          /* without `thetas`: PLANE_HESSIAN: [0], the run at whose newest point; PLANE_POINTS: the newest
                           * points of these; −1: the first start */
    const double *thetas; /* (theta_count × n), copied; PLANE_HESSIAN: 1; PLANE_POINTS: 3, or 2 that stand for a line: the
                           * plane then goes through both and the first start, or a random direction where that is on it */
    int theta_count;
    uint64_t mark; /* of what is in `thetas`; set by the exhibit, to tell choices apart */
};
/* Another plane from now on: its surface is shown as soon as its coarsest level is there; a Hessian's directions are found
 * by a job first. ERROR_INPUT where the choice makes no plane; the picture then stays as it is. */
bool exhibit_set_plane(struct exhibit *exhibit, const struct plane_choice *choice, struct error *error);
struct plane_choice exhibit_plane_choice(const struct exhibit *exhibit); /* `thetas` valid until it is changed */
/* True once after a job found no plane: says why. The picture stayed as it was. */
bool exhibit_plane_failed(struct exhibit *exhibit, struct error *error);

/* The way from the plane shown before to the one now, `share` 0 … 1 of it: the plane turns along the geodesic between the
 * two (Edelman, Arias & Smith 1998, eq. 2.65, by principal angles), paths and marks are projected on it exactly; heights
 * go over from the one surface's to the other's. A pure function of the share, eased: pass what has passed of about 0.7 s
 * since exhibit_morphing() became true. Does nothing without a morph (see exhibit_params.morphs). At 1 it is over. Until
 * then no other plane takes its place. */
void exhibit_morph(struct exhibit *exhibit, double share);
bool exhibit_morphing(const struct exhibit *exhibit);
/* A finer level of the surface takes the place of the coarser one little by little: goes on by `share` of the way, what has
 * passed of about 0.15 s. Does nothing where nothing is on its way, or without exhibit_params.morphs. */
void exhibit_settle(struct exhibit *exhibit, double share);
bool exhibit_settling(const struct exhibit *exhibit);

/* ---- what the plane hides --------------------------------------------------------------------------------------- */

/* A point of a run's path and its foot on the plane. */
struct path_figures {
    int run;
    int64_t step;      /* of the last sample not after the step asked for */
    double loss;       /* L(θ), on all the data */
    double slice_loss; /* L at the foot, by an evaluation there (not from the grid) */
    double a, b;       /* the foot */
    double distance;   /* ‖θ − foot‖; 0 for two parameters */
    double norm;       /* ‖θ‖, to compare it with; NaN where θ is not kept */
};
/* False when the run has no sample by then. Costs one evaluation, unless it was asked last of this run. */
bool exhibit_path_figures(struct exhibit *exhibit, int run, int64_t step, struct path_figures *out);
/* Share of the variance of the runs' paths (bit r of `runs`: run r; diverged ones are left out unless alone) about their
 * mean that lies along the plane's two directions: Σ ‖P(θ − θ̄)‖² / Σ ‖θ − θ̄‖², over the samples taken up so far whose
 * parameters are kept. NaN where nothing moved; 1 in all for two parameters. Returns their sum; `share` may be NULL. */
double exhibit_variance_share(struct exhibit *exhibit, uint64_t runs, double share[2]);
/* The largest distance off the plane of any of these runs until `step`. */
double exhibit_largest_distance(const struct exhibit *exhibit, uint64_t runs, int64_t step);

/* ---- what a step is made of --------------------------------------------------------------------------------------- */

/* One update on the plane: its terms head to tail, from the run's foot to where the next one is; in doubles. */
enum { STEP_MOST_TERMS = 12 };
struct step_arrow {
    const char *name;
    enum optimizer_role role;
    double from[2], to[2]; /* plane coordinates */
};
struct step_insides {
    int run;
    int64_t step; /* of the sample that the update leaves */
    double at[2], end[2]; /* feet of θₜ and θₜ₊₁; where θₜ₊₁ is not kept the end of the last term */
    double loss;          /* at θₜ */
    struct step_arrow terms[STEP_MOST_TERMS];
    int count;
    bool squared, mean; /* the optimizer keeps the gradients' squares; as a mean, not a sum */
    double squares[2];  /* along the plane's directions: Σᵢ sᵢ uᵢ² / ‖u‖², s by parameter */
    double in_plane;    /* share of the step's length that the plane holds; 1 for two parameters */
    double length;      /* of the whole step, in parameter space */
};
/* Of the update that leaves the last sample not after `step`. False when none is kept (trainer_params.insides), or none
 * left it yet. */
bool exhibit_step(const struct exhibit *exhibit, int run, int64_t step, struct step_insides *out);
/* How many times larger scene_build draws it, so that it is to be seen: 1, 2, 5, 10, 20, … */
double exhibit_step_magnified(const struct exhibit *exhibit, const struct step_insides *step);

/* ---- views ------------------------------------------------------------------------------------------------------ */

enum view_kind {
    VIEW_OVERLAY,
    VIEW_SIDE_BY_SIDE, /* a pane an optimizer, six at most */
    VIEW_CONTOUR,
    VIEW_SPLIT,   /* the surface and its contour map beside it */
    VIEW_COMPARE, /* two experiments, each on its own plane, seen alike */
    VIEW_KINDS
};
extern const char *const view_names[]; /* "overlay", "side-by-side", "contour", "split", "compare" */

/* Where paths are drawn in a slice through more than two parameters: at their own loss, above or below the slice and tied
 * to it by whiskers, or on the slice, where they do not know better. */
enum path_height { PATH_TRUE, PATH_SLICE };
extern const char *const path_height_names[]; /* "true", "slice" */

/* Points that were looked for and found, and straight ways off them: laid over the picture. All borrowed. */
struct view_mark {
    const double *theta; /* (n) */
    double loss;
    enum point_kind kind;
    int id; /* of PICK_FOUND */
    bool chosen; /* drawn larger */
};
struct view_way {
    const double *from, *to; /* (n) */
    const double *losses;    /* (count) at evenly spaced places from one to the other */
    int count;
};

struct view {
    enum view_kind kind;
    struct camera camera;   /* of all panes but those seen from above: they use flat_camera */
    struct camera flat_camera;
    bool free_cameras;      /* side by side and compared: each pane has its own, … */
    struct camera cameras[EXPERIMENT_MAX_OPTIMIZERS]; /* … by optimizer, or by side */
    struct exhibit *other;  /* VIEW_COMPARE: what is compared; borrowed. NULL: nothing yet */
    uint64_t other_hidden_runs;
    bool own_heights;       /* compared: each by its own range of losses, not both by one */
    int64_t step;           /* heads stand at this step; INT64_MAX: the newest */
    enum height_mapping height;
    enum path_height path_height;
    enum theme_kind theme;
    enum colormap_kind colormap;
    float width, height_px; /* the picture in pixels at scale 1 (physical pixels ÷ scale) */
    uint64_t hidden_runs;   /* bit r: run r is switched off */
    int selected;           /* critical point whose eigen-directions and quadratic patch are shown; −1: none */
    bool eigen_everywhere;  /* small eigen-directions at every saddle */
    bool legend, color_bar, title, axes;
    bool whole;   /* waits for what is computed behind the picture (a swarm): for pictures that leave the program */
    bool figures; /* below the picture, in words and numbers, what the plane hides: for pictures that leave the program.
                   * Evaluates the loss once a run. */
    bool hover;             /* a cross-hair at hover_at (a, b) on the plane of hover_side; beside it where the same θ is */
    double hover_at[2];
    int hover_side;         /* as a pane's side */
    const struct view_mark *marks; /* (mark_count) borrowed */
    const struct view_way *ways;   /* (way_count) borrowed */
    int mark_count, way_count;
    const struct step_insides *steps; /* (step_count) borrowed: drawn at the heads */
    int step_count;
};
struct view view_default(const struct experiment *experiment);

/* Fills `scene` (zeroed before its first use; cleared here) with the picture of `exhibit` in `view`. Deterministic: the
 * same inputs give the same scene. */
void scene_build(struct scene *scene, struct exhibit *exhibit, const struct view *view);

enum scene_pick_kind { PICK_NOTHING, PICK_SURFACE, PICK_CRITICAL, PICK_HEAD, PICK_PATH, PICK_FOUND };
struct scene_pick {
    enum scene_pick_kind kind;
    int pane, side;
    int id;          /* critical point, run, or a found point's */
    int64_t step;    /* PICK_PATH, PICK_HEAD: of the sample nearest on screen */
    double a, b;     /* plane coordinates */
    double loss;     /* of the surface there */
    vec3 at;
};
/* What is under pixel (x, y) of the picture (scale 1, origin top left): marks first, then paths in view, then the
 * surface (not during a morph). Without an exhibit (NULL) all but the loss is known. */
struct scene_pick scene_pick(const struct scene *scene, const struct exhibit *exhibit, const struct view *view, float x,
                             float y);
