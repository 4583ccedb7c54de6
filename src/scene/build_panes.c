/* Where everything goes: which panes there are, what each shows, and from where it is seen. */
#include "scene/build.h"

#include <math.h>

bool builder_shows(const struct builder *builder, int run) {
    return run >= 64 || !(builder->view->hidden_runs >> run & 1);
}

uint32_t builder_panes(const struct builder *builder, int run) {
    if (!builder_shows(builder, run)) return 0;
    if (!builder->apart) return builder->all;
    int optimizer = builder_optimizer(builder, run);
    int pane = optimizer < EXPERIMENT_MAX_OPTIMIZERS ? builder->pane_of[optimizer] : -1;
    return pane < 0 ? 0 : builder->all & 1u << pane;
}

/* Low panes are seen from farther off, and lifted, so that their titles stand above the surface; a slim one is already. */
static const float low_pane = 420, low_pane_rise = 0.08f, room = 1.22f, room_with_title = 1.37f;
static const float beside = 1.5f, slim = 1.3f; /* width over height */
/* A legend on top gets more of the room that slim panes have above and below, others are seen from a little farther. */
static const float slim_rise = 0.075f, slimmer_rise = 0.25f, slim_room = 1.1f;
/* Of a wide low pane, of one a little wider than high: how far its surface goes to the right of what stands at the left. */
static const float aside = -0.13f, farther_aside = 0.27f, aside_rise = 0.03f, half_aside = -0.05f, half_room = 1.08f;
static const float row_rise = 0.07f, row_room = 1.12f; /* below a legend that is a row of names */
/* Split: the surface needs more of the width than its map. Two panes stand one above the other where the picture is
 * taller than this. */
static const float split_share = 0.56f, upright = 0.92f; /* width over height */

enum { SIDE_BY_SIDE_MOST = 6 };

static struct camera camera_with_room(const struct camera *camera, float width, float height, bool titled) {
    struct camera seen = *camera;
    if (height >= low_pane) return seen;
    if (width >= beside * height) { /* the title stands to the left of the surface */
        camera_pan(&seen, aside - farther_aside * fmaxf(width / height - 2, 0), aside_rise);
        return seen;
    }
    float retreat = fmaxf(1, slim * height / width);
    seen.distance *= fmaxf(1, (titled ? room_with_title : room) / retreat);
    camera_pan(&seen, 0, low_pane_rise);
    return seen;
}

static struct camera camera_below_legend(const struct camera *camera, float width, float height) {
    struct camera seen = *camera;
    if (width >= beside * height) return seen; /* it stands beside */
    float retreat = fmaxf(1, slim * height / width);
    float rise = slim_rise + slimmer_rise * fmaxf(0, 1 - width / height);
    camera_pan(&seen, 0, rise * retreat);
    seen.distance *= fmaxf(1, slim_room / retreat);
    return seen;
}

/* A map beside its surface takes all of its pane that its numbers leave: nearer and moved, as shares of the distance, so
 * that going nearer or moving it stays what it is. */
static struct camera camera_of_map(const struct builder *builder, const struct camera *camera, float width,
                                   float height) {
    const float left = 72, above = 36, below = 62, right = builder->view->color_bar && width >= 440 ? 100 : 26;
    struct camera seen = *camera, usual = camera_of_contour();
    const float *half = builder->frame->half;
    float wide = fmaxf(width - left - right, width / 3), high = fmaxf(height - above - below, height / 3);
    float pixel = fmaxf(2 * half[0] / wide, 2 * half[1] / high); /* what one is wide in the world */
    float nearer = pixel * height / 2 / camera_half_height(&usual, width / height);
    float away = camera->distance / usual.distance;
    seen.distance *= nearer;
    seen.target[0] += (right - left) / 2 * pixel * away;
    seen.target[1] += ((above - below) / 2 * pixel - usual.target[1]) * away;
    return seen;
}

static struct pane_group *add_group(struct builder *builder, uint32_t panes, float width, float height, bool flat) {
    struct pane_group *group = &builder->groups[builder->group_count++];
    *group = (struct pane_group){.panes = panes,
                                 .width = width,
                                 .height = height,
                                 .flat = flat,
                                 .camera = flat ? builder->view->flat_camera : builder->view->camera};
    return group;
}

/* The next pane of the picture, shares of it; seen as its group is. */
static int add_pane(struct builder *builder, const struct pane_group *group, float x, float y, int seat) {
    struct scene *scene = builder->scene;
    scene->panes[scene->pane_count] = (struct scene_pane){.x = x,
                                                          .y = y,
                                                          .width = group->width / builder->view->width,
                                                          .height = group->height / builder->view->height_px,
                                                          .camera = group->camera,
                                                          .flat = group->flat,
                                                          .side = builder->side,
                                                          .seat = seat};
    return scene->pane_count++;
}

/* A pane for each optimizer that is shown. */
static int count_seats(struct builder *builder, int seats[SIDE_BY_SIDE_MOST]) {
    int count = 0;
    for (int r = 0; r < builder->exhibit->runs; r++) {
        int o = builder_optimizer(builder, r);
        if (o >= EXPERIMENT_MAX_OPTIMIZERS || builder->pane_of[o] >= 0 || !builder_shows(builder, r)) continue;
        if (count < SIDE_BY_SIDE_MOST)
            builder->pane_of[seats[count] = o] = count, count++;
        else if (r % builder->experiment->start_count == 0)
            builder->left_out++;
    }
    return count;
}

static void lay_out_apart(struct builder *builder, float height) {
    static const int column_count[SIDE_BY_SIDE_MOST + 1] = {1, 1, 2, 3, 2, 3, 3};
    const struct view *view = builder->view;
    int seats[SIDE_BY_SIDE_MOST] = {0}, count = count_seats(builder, seats), panes = count > 0 ? count : 1;
    builder->apart = true;
    builder->columns = column_count[panes];
    int rows = (panes + builder->columns - 1) / builder->columns;
    float wide = view->width / (float)builder->columns, high = height / (float)rows;
    bool own = view->free_cameras && count > 0;
    for (int p = 0; p < panes; p++) {
        if (p == 0 || own) {
            struct pane_group *group = add_group(builder, own ? 1u << p : (1u << panes) - 1, wide, high, false);
            if (own) group->camera = view->cameras[seats[p]];
            group->camera = camera_with_room(&group->camera, wide, high, view->title);
        }
        const struct pane_group *group = &builder->groups[builder->group_count - 1];
        add_pane(builder, group, (float)(p % builder->columns) / (float)builder->columns,
                 (float)(p / builder->columns) * high / view->height_px, seats[p]);
    }
}

/* The surface, and the map of it beside or below. */
static void lay_out_split(struct builder *builder, float height) {
    const struct view *view = builder->view;
    bool stacked = view->width < upright * height;
    float share = stacked ? 0.5f : split_share;
    for (int p = 0; p < 2; p++) {
        float part = p == 0 ? share : 1 - share, before = p == 0 ? 0 : share;
        struct pane_group *group = add_group(builder, 1u << p, stacked ? view->width : part * view->width,
                                             stacked ? part * height : height, p == 1);
        if (p == 1) group->camera = camera_of_map(builder, &group->camera, group->width, group->height);
        if (p == 0 && view->legend) group->camera = camera_below_legend(&group->camera, group->width, group->height);
        add_pane(builder, group, stacked ? 0 : before, stacked ? before * height / view->height_px : 0, -1);
    }
}

static void lay_out_compared(struct builder *sides, float height) {
    const struct view *view = sides[0].view;
    bool stacked = view->width < upright * height;
    float wide = stacked ? view->width : view->width / 2, high = stacked ? height / 2 : height;
    for (int s = 0; s < 2; s++) {
        struct pane_group *group = add_group(&sides[s], 1u << s, wide, high, false);
        if (view->free_cameras) group->camera = view->cameras[s];
        group->camera = camera_below_legend(&group->camera, wide, high);
        if (wide > high) { /* a little smaller, so that it stays within its pane */
            camera_pan(&group->camera, half_aside, 0);
            group->camera.distance *= half_room;
        }
        group->camera = camera_with_room(&group->camera, wide, high, true);
        add_pane(&sides[s], group, stacked || s == 0 ? 0 : 0.5f, stacked && s == 1 ? high / view->height_px : 0, s);
    }
}

/* Below all panes, the figures of each side. */
static void lay_out_strips(struct builder *sides, int count, float height) {
    struct scene *scene = sides[0].scene;
    const struct view *view = sides[0].view;
    for (int s = 0; s < count && height > 0; s++) {
        sides[s].strip = scene->pane_count;
        scene->panes[scene->pane_count++] = (struct scene_pane){.x = (float)s / (float)count,
                                                                .y = 1 - height / view->height_px,
                                                                .width = 1 / (float)count,
                                                                .height = height / view->height_px,
                                                                .camera = camera_from_above(),
                                                                .flat = true,
                                                                .side = s,
                                                                .seat = -1};
    }
}

void lay_out_panes(struct builder *sides, int count) {
    const struct view *view = sides[0].view;
    float strip = 0;
    for (int s = 0; s < count; s++) {
        for (int o = 0; o < EXPERIMENT_MAX_OPTIMIZERS; o++) sides[s].pane_of[o] = -1;
        sides[s].strip_width = view->width / (float)count;
        sides[s].columns = 1;
        strip = fmaxf(strip, figures_compose(&sides[s]));
    }
    float height = view->height_px - strip;
    if (count == 2) {
        lay_out_compared(sides, height);
    } else if (view->kind == VIEW_SIDE_BY_SIDE) {
        lay_out_apart(sides, height);
    } else if (view->kind == VIEW_SPLIT) {
        lay_out_split(sides, height);
    } else {
        struct pane_group *group = add_group(sides, 1, view->width, height, view->kind == VIEW_CONTOUR);
        if (!group->flat && view->legend && legend_is_row(sides, height)) { /* above the surface */
            camera_pan(&group->camera, 0, row_rise);
            group->camera.distance *= row_room;
        }
        add_pane(sides, group, 0, 0, -1);
    }
    for (int s = 0; s < count; s++) sides[s].shown_panes = sides[0].scene->pane_count;
    lay_out_strips(sides, count, strip);
}

void enter_group(struct builder *builder, int index) {
    const struct pane_group *group = &builder->groups[index];
    builder->flat = group->flat;
    builder->camera = group->camera;
    builder->pane_width = group->width;
    builder->pane_height = group->height;
    builder->all = group->panes;
    builder->taken_count = 0;
}

void build_rules(struct builder *builder) {
    const struct scene *scene = builder->scene;
    const struct view *view = builder->view;
    const struct scene_pane *last = &scene->panes[builder->shown_panes - 1];
    float bottom = last->y + last->height - 1e-4f;
    for (int p = 0; p < builder->shown_panes; p++) {
        const struct scene_pane *pane = &scene->panes[p];
        struct scene_box line = {.fill = builder->theme->grid, .panes = 1u << p};
        if (pane->x + pane->width < 1 - 1e-4f) {
            line.x = -1;
            line.width = 1;
            line.height = pane->height * view->height_px;
            *add_box(builder) = line;
        }
        if (pane->y + pane->height < bottom) {
            line.x = 0;
            line.y = -1;
            line.width = pane->width * view->width;
            line.height = 1;
            *add_box(builder) = line;
        }
    }
}
