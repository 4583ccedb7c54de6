#include "scene/build.h"

#include "base/memory.h"

#include <cglm/cglm.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const float mote_size = 4.5f, crowd_size = 3.5f;
enum { CROWD = 4000 };

/* Points that end in one place are one dot: no picture is so large that two of them within a two-thousandth of it would
 * be told apart, and thousands in a minimum would take as long to draw as thousands all over. */
enum { CELLS = 2048 };

/* Only pictures need it, so it is made for the first. */
static struct swarm *swarm_of(struct exhibit *exhibit) {
    const struct experiment *experiment = exhibit->params.experiment;
    if (exhibit->swarm || exhibit->swarm_failed || experiment->swarm_count == 0) return exhibit->swarm;
    const struct swarm_params params = {.experiment = experiment,
                                        .values = (const double(*)[OPTIMIZER_MAX_PARAMETERS])exhibit->swarm_values,
                                        .threads = exhibit->params.threads,
                                        .wakeup = exhibit->params.wakeup,
                                        .wakeup_context = exhibit->params.wakeup_context};
    exhibit->swarm = swarm_create(&params, NULL);
    exhibit->swarm_failed = !exhibit->swarm;
    if (exhibit->swarm_thetas) return exhibit->swarm;
    exhibit->swarm_thetas = MEM_NEW(double, (size_t)experiment->swarm_count *(size_t)exhibit->n);
    exhibit->swarm_losses = MEM_NEW(double, experiment->swarm_count);
    exhibit->swarm_cells = MEM_NEW(uint64_t, (size_t)CELLS * CELLS / 64);
    return exhibit->swarm;
}

static bool take_cell(uint64_t *taken, const struct frame *frame, const vec3 place) {
    float longer = fmaxf(frame->half[0], frame->half[1]);
    int column = (int)((place[0] / longer + 1) / 2 * (CELLS - 1)),
        row = (int)((place[1] / longer + 1) / 2 * (CELLS - 1));
    size_t cell = (size_t)glm_clamp((float)row, 0, CELLS - 1) * CELLS + (size_t)glm_clamp((float)column, 0, CELLS - 1);
    uint64_t bit = (uint64_t)1 << (cell & 63);
    bool free_yet = !(taken[cell >> 6] & bit);
    taken[cell >> 6] |= bit;
    return free_yet;
}

static void build_motes(struct builder *builder, int optimizer, uint32_t panes) {
    struct exhibit *exhibit = builder->exhibit;
    struct scene *scene = builder->scene;
    size_t count = (size_t)builder->experiment->swarm_count, n = (size_t)exhibit->n;
    int64_t step = swarm_read(exhibit->swarm, optimizer, exhibit->swarm_thetas, exhibit->swarm_losses);
    if (step < 0) return;
    MEM_GROW(scene->swarms, scene->swarm_capacity, scene->swarm_count + 1);
    MEM_GROW(scene->motes, scene->mote_capacity, scene->mote_count + count);
    struct identity identity = identity_of(builder->experiment, optimizer, builder->theme);
    struct scene_swarm *swarm = &scene->swarms[scene->swarm_count++];
    *swarm = (struct scene_swarm){
        .first = scene->mote_count,
        .step = step,
        .color = identity.color,
        .casing = color_fade(color_casing(identity.color, builder->theme), count > CROWD ? 0.4f : 0.6f),
        .size = count > CROWD ? crowd_size : mote_size,
        .panes = panes};
    memset(exhibit->swarm_cells, 0, (size_t)CELLS * CELLS / 8);
    for (size_t p = 0; p < count; p++) {
        if (isnan(exhibit->swarm_losses[p])) continue; /* diverged */
        struct plane_point at = outlook_project(exhibit, exhibit->swarm_thetas + p * n);
        if (!frame_holds(builder->frame, at.a, at.b)) continue;
        struct path_sample sample = {
            .a = at.a, .b = at.b, .loss = exhibit->swarm_losses[p], .distance = (float)at.distance};
        vec3 place;
        strip_place(builder->outlook, builder->placing, &sample, place);
        if (!take_cell(exhibit->swarm_cells, builder->frame, place)) continue;
        scene->motes[scene->mote_count++] = (struct scene_mote){place[0], place[1], place[2]};
        swarm->count++;
    }
}

void build_swarm(struct builder *builder) {
    struct exhibit *exhibit = builder->exhibit;
    struct swarm *swarm = swarm_of(exhibit);
    if (!swarm) return;
    int64_t last = timeline_last_step(exhibit->params.timeline);
    swarm_seek(swarm, builder->view->step < last ? builder->view->step : last);
    if (!exhibit->params.wakeup || builder->view->whole) swarm_wait(swarm); /* nobody would draw again once it is there */
    exhibit->swarm_seen = swarm_revision(swarm);
    for (int o = 0; o < builder->experiment->optimizer_count; o++) {
        uint32_t panes = builder_panes(builder, o * builder->experiment->start_count);
        if (panes) build_motes(builder, o, panes);
    }
}

void exhibit_set_value(struct exhibit *exhibit, int optimizer, int parameter, double value) {
    const struct experiment *experiment = exhibit->params.experiment;
    if (experiment->swarm_count == 0) return;
    int count = experiment->optimizer_count;
    if (!exhibit->swarm_values) {
        exhibit->swarm_values = mem_zalloc((size_t)count, sizeof *exhibit->swarm_values);
        for (int o = 0; o < count; o++)
            memcpy(exhibit->swarm_values[o], experiment->optimizers[o].values, sizeof *exhibit->swarm_values);
    }
    if (exhibit->swarm_values[optimizer][parameter] == value) return;
    exhibit->swarm_values[optimizer][parameter] = value;
    swarm_destroy(&exhibit->swarm); /* the next picture makes it anew */
    exhibit->swarm_failed = false;
    exhibit->swarm_stale = true;
}

bool swarm_news(struct exhibit *exhibit) {
    bool stale = exhibit->swarm_stale;
    exhibit->swarm_stale = false;
    return stale || (exhibit->swarm && swarm_revision(exhibit->swarm) != exhibit->swarm_seen);
}

void swarm_release(struct exhibit *exhibit) {
    swarm_destroy(&exhibit->swarm);
    free(exhibit->swarm_values);
    free(exhibit->swarm_thetas);
    free(exhibit->swarm_losses);
    free(exhibit->swarm_cells);
}
