#include "scene/build.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

const char *const view_names[] = {"overlay", "side-by-side", "contour"};
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
                         .flat_camera = camera_from_above(),
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

/* ---- panes
 * ----------------------------------------------------------------------------------------------------------- */

bool builder_shows(const struct builder *builder, int run) {
    return run >= 64 || !(builder->view->hidden_runs >> run & 1);
}

uint32_t builder_panes(const struct builder *builder, int run) {
    if (!builder_shows(builder, run)) return 0;
    if (!builder->split) return builder->all;
    int optimizer = builder_optimizer(builder, run);
    int pane = optimizer < EXPERIMENT_MAX_OPTIMIZERS ? builder->pane_of[optimizer] : -1;
    return pane < 0 ? 0 : 1u << pane;
}

/* Low panes are seen from farther off, and lifted, so that their titles stand above the surface; a slim one is already. */
static const float low_pane = 420, low_pane_rise = 0.1f, room = 1.22f, room_with_title = 1.37f;
static const float beside = 1.5f, slim = 1.3f; /* width over height */

enum { SIDE_BY_SIDE_MOST = 6 };

static void lay_out_panes(struct builder *builder) {
    static const int column_count[SIDE_BY_SIDE_MOST + 1] = {1, 1, 2, 3, 2, 3, 3};
    struct scene *scene = builder->scene;
    const struct view *view = builder->view;
    int panes = 0;
    builder->split = view->kind == VIEW_SIDE_BY_SIDE;
    builder->flat = view->kind == VIEW_CONTOUR;
    for (int o = 0; o < EXPERIMENT_MAX_OPTIMIZERS; o++) builder->pane_of[o] = -1;
    for (int r = 0; r < builder->exhibit->runs && builder->split; r++) {
        int o = builder_optimizer(builder, r);
        if (o >= EXPERIMENT_MAX_OPTIMIZERS || builder->pane_of[o] >= 0 || !builder_shows(builder, r)) continue;
        if (panes < SIDE_BY_SIDE_MOST)
            builder->pane_of[o] = panes++;
        else if (r % builder->experiment->start_count == 0)
            builder->left_out++;
    }
    if (panes == 0) panes = 1;
    builder->columns = column_count[panes];
    builder->rows = (panes + builder->columns - 1) / builder->columns;
    builder->all = (1u << panes) - 1;
    builder->pane_width = view->width / (float)builder->columns;
    float strip = figures_compose(builder), room_above = view->height_px - strip;
    builder->pane_height = room_above / (float)builder->rows;
    builder->camera = builder->flat ? view->flat_camera : view->camera;
    /* Room for the title above the surface, unless the pane is wide enough to have it beside. */
    if (builder->split && builder->pane_height < low_pane && builder->pane_width < beside * builder->pane_height) {
        float retreat = fmaxf(1, slim * builder->pane_height / builder->pane_width);
        builder->camera.distance *= fmaxf(1, (view->title ? room_with_title : room) / retreat);
        camera_pan(&builder->camera, 0, low_pane_rise);
    }
    builder->shown_panes = scene->pane_count = panes;
    float share = builder->pane_height / view->height_px;
    for (int p = 0; p < panes; p++) {
        scene->panes[p] = (struct scene_pane){.x = (float)(p % builder->columns) / (float)builder->columns,
                                              .y = (float)(p / builder->columns) * share,
                                              .width = 1 / (float)builder->columns,
                                              .height = share,
                                              .camera = builder->camera,
                                              .flat = builder->flat};
    }
    if (strip > 0) {
        builder->strip = scene->pane_count++;
        scene->panes[builder->strip] = (struct scene_pane){.y = 1 - strip / view->height_px,
                                                           .width = 1,
                                                           .height = strip / view->height_px,
                                                           .camera = camera_from_above(),
                                                           .flat = true};
    }
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

void scene_build(struct scene *scene, struct exhibit *exhibit, const struct view *view) {
    scene_clear(scene);
    morph_show(exhibit, view->height, view->step);
    struct outlook *outlook = exhibit->shown;
    struct builder builder = {.scene = scene,
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
    scene->theme = builder.theme;
    scene->colormap = colormap_get(view->colormap, view->theme);
    for (int i = 0; i < 2; i++) {
        scene->half[i] = outlook->frame.half[i];
        scene->low[i] = exhibit->now.frame.low[i];
        scene->high[i] = exhibit->now.frame.high[i];
    }
    builder.axes = morph_axes(exhibit, &builder.axes_strength);
    find_heads(&builder);
    lay_out_panes(&builder);
    build_surface(&builder);
    build_legend(&builder);
    if (view->axes) build_axes(&builder);
    build_swarm(&builder);
    build_paths(&builder);
    build_points(&builder);
    build_found(&builder);
    build_insides(&builder);
    build_heads(&builder);
    if (builder.flat) build_contour_labels(&builder);
    build_hover(&builder);
    build_figures(&builder);
    exhibit->taken = builder.taken;
    exhibit->taken_capacity = builder.taken_capacity;
}
