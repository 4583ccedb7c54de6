#include "scene/build.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

const char *const view_names[] = {"overlay", "side-by-side", "contour", "split", "compare"};
const char *const path_height_names[] = {"true", "slice"};

/* A slim range may be seen from nearer. */
static float distance_share(const struct experiment *experiment) {
    if (!experiment->domain || experiment->plane != PLANE_AXES) return 1;
    const int *axes = experiment->plane_axes;
    double wide = experiment->domain[axes[0]][1] - experiment->domain[axes[0]][0];
    double deep = experiment->domain[axes[1]][1] - experiment->domain[axes[1]][0];
    double slim = fmax(fmin(wide, deep) / fmax(wide, deep), FRAME_SLIMMEST);
    return (float)(0.35 + 0.65 * sqrt((1 + slim * slim) / 2)); /* the heights stay as they are */
}

struct view view_default(const struct experiment *experiment) {
    struct camera camera = camera_default((float)experiment->camera[0], (float)experiment->camera[1]);
    camera.distance *= distance_share(experiment);
    return (struct view){.kind = VIEW_OVERLAY,
                         .camera = camera,
                         .flat_camera = camera_of_contour(),
                         .step = INT64_MAX,
                         .height = experiment->height,
                         .theme = THEME_PAPER,
                         .colormap = COLORMAP_TERRAIN,
                         .width = 1280,
                         .height_px = 720,
                         .selected = -1,
                         .legend = true,
                         .color_bar = true,
                         .title = true,
                         .axes = true};
}

/* ---- appending
 * ------------------------------------------------------------------------------------------------------- */

#define APPEND(kind)                                                                                                   \
    MEM_GROW(builder->scene->kind##s, builder->scene->kind##_capacity, builder->scene->kind##_count + 1);              \
    struct scene_##kind *added = &builder->scene->kind##s[builder->scene->kind##_count++];                             \
    memset(added, 0, sizeof *added)

struct scene_line *add_line(struct builder *builder) {
    APPEND(line);
    added->first = (int)builder->scene->point_count;
    added->panes = builder->all;
    return added;
}

struct scene_glyph *add_glyph(struct builder *builder) {
    APPEND(glyph);
    added->panes = builder->all;
    return added;
}

struct scene_arrow *add_arrow(struct builder *builder) {
    APPEND(arrow);
    added->panes = builder->all;
    return added;
}

struct scene_label *add_label(struct builder *builder, enum text_size size, struct color color) {
    APPEND(label);
    added->size = size;
    added->color = color;
    added->priority = -1;
    added->panes = builder->all;
    return added;
}

struct scene_label *add_text(struct builder *builder, float x, float y, float anchor_x, float anchor_y,
                             enum text_size size, struct color color) {
    struct scene_label *label = add_label(builder, size, color);
    label->on_screen = true;
    label->at[0] = x;
    label->at[1] = y;
    label->anchor[0] = anchor_x;
    label->anchor[1] = anchor_y;
    return label;
}

struct scene_box *add_box(struct builder *builder) {
    struct scene *scene = builder->scene;
    MEM_GROW(scene->boxes, scene->box_capacity, scene->box_count + 1);
    struct scene_box *added = &scene->boxes[scene->box_count++];
    memset(added, 0, sizeof *added);
    added->panes = builder->all;
    return added;
}

struct scene_mark *add_mark(struct builder *builder) {
    APPEND(mark);
    added->panes = builder->all;
    return added;
}

struct scene_triangle_sheet *add_sheet(struct builder *builder) {
    struct scene *scene = builder->scene;
    MEM_GROW(scene->sheets, scene->sheet_capacity, scene->sheet_count + 1);
    struct scene_triangle_sheet *added = &scene->sheets[scene->sheet_count++];
    memset(added, 0, sizeof *added);
    added->first = (int)scene->point_count;
    added->panes = builder->all;
    return added;
}

void add_point(struct builder *builder, const vec3 at, float alpha) {
    struct scene *scene = builder->scene;
    MEM_GROW(scene->points, scene->point_capacity, scene->point_count + 1);
    scene->points[scene->point_count++] = (struct scene_point){{at[0], at[1], at[2]}, alpha, 0};
}

struct scene_line *add_segment(struct builder *builder, const vec3 from, const vec3 to, float width,
                               struct color color) {
    struct scene_line *line = add_line(builder);
    line->width = width;
    line->color = color;
    line->count = 2;
    add_point(builder, from, 1);
    add_point(builder, to, 1);
    return line;
}

/* ---- the whole
 * --------------------------------------------------------------------------------------------------------- */

static void find_heads(struct builder *builder) {
    struct exhibit *exhibit = builder->exhibit;
    for (int r = 0; r < exhibit->runs && r < EXPERIMENT_MAX_RUNS; r++) {
        struct head *head = &builder->heads[r];
        const struct path *path = &builder->outlook->paths[r];
        head->known = path_at(path, builder->view->step, &head->at);
        int64_t index = timeline_find(exhibit->params.timeline, r, builder->view->step);
        head->sampled =
            index >= 0 && timeline_read(exhibit->params.timeline, r, (size_t)index, 1, &head->sample, NULL, NULL) == 1;
        head->diverged = path->diverged >= 0 && path->diverged <= builder->view->step;
    }
}

/* Equal losses stand equally high, unless each is to be seen by its own range. */
static void choose_height_maps(struct exhibit *const exhibits[2], int count, const struct view *view) {
    bool shared = count == 2 && !view->own_heights && exhibits[0]->now.stride > 0 && exhibits[1]->now.stride > 0;
    for (int m = 0; m < 2; m++) {
        const struct height_map *own[2] = {&exhibits[0]->now.own_maps[m], &exhibits[count - 1]->now.own_maps[m]};
        struct height_map joint = shared ? height_map_join(own[0], own[1]) : *own[0];
        for (int s = 0; s < count; s++) outlook_use_map(&exhibits[s]->now, shared ? &joint : own[s]);
    }
}

static void begin_side(struct builder *builder, struct scene *scene, struct exhibit *exhibit, const struct view *view) {
    morph_show(exhibit, view->height, view->step);
    struct outlook *outlook = exhibit->shown;
    if (exhibit->settling.mapping != view->height) exhibit->settling.active = false;
    exhibit->settling.mapping = view->height;
    *builder = (struct builder){.scene = scene,
                                .exhibit = exhibit,
                                .view = view,
                                .experiment = exhibit->params.experiment,
                                .theme = theme_get(view->theme),
                                .outlook = outlook,
                                .placing = {view->height, exhibit->n == 2 || view->path_height == PATH_SLICE},
                                .frame = &outlook->frame,
                                .map = &outlook->maps[view->height],
                                .relief = relief_get(outlook, view->height),
                                .taken = exhibit->taken,
                                .taken_capacity = exhibit->taken_capacity};
    builder->axes = morph_axes(exhibit, &builder->axes_strength);
    find_heads(builder);
}

static void build_group(struct builder *builder) {
    build_legend(builder);
    if (builder->view->axes) build_axes(builder);
    build_swarm(builder);
    build_paths(builder);
    build_points(builder);
    build_found(builder);
    build_insides(builder);
    build_heads(builder);
    if (builder->flat) build_contour_labels(builder);
    build_hover(builder);
}

/* What one chose and looked for belongs to the first side alone. */
static struct view view_of_other(const struct view *view) {
    struct view other = *view;
    other.hidden_runs = view->other_hidden_runs;
    other.selected = -1;
    other.mark_count = other.way_count = other.step_count = 0;
    return other;
}

void scene_build(struct scene *scene, struct exhibit *exhibit, const struct view *view) {
    struct builder sides[2];
    struct exhibit *const exhibits[2] = {exhibit, view->other};
    int count = view->kind == VIEW_COMPARE && view->other ? 2 : 1;
    const struct view other = view_of_other(view);
    scene_clear(scene);
    choose_height_maps(exhibits, count, view);
    for (int s = 0; s < count; s++) {
        begin_side(&sides[s], scene, exhibits[s], s == 0 ? view : &other);
        sides[s].side = s;
        sides[s].other = count == 2 ? &sides[1 - s] : NULL;
    }
    scene->theme = sides[0].theme;
    scene->colormap = colormap_get(view->colormap, view->theme);
    memcpy(scene->half, sides[0].frame->half, sizeof scene->half);
    lay_out_panes(sides, count);
    for (int s = 0; s < count; s++) {
        build_surface(&sides[s]);
        for (int g = 0; g < sides[s].group_count; g++) {
            enter_group(&sides[s], g);
            build_group(&sides[s]);
        }
        build_figures(&sides[s]);
        exhibits[s]->taken = sides[s].taken;
        exhibits[s]->taken_capacity = sides[s].taken_capacity;
    }
    build_rules(&sides[0]);
}
