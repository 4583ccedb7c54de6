/* Basin maps and swarms as scenes. */
#include "scene/basin_map.h"
#include "scene_fixture.h"

#include <math.h>

static const char himmelblau_yaml[] = "title: Four minima\n"
                                      "objective:\n"
                                      "  expression: (x^2 + y - 11)^2 + (x + y^2 - 7)^2\n"
                                      "  variables: [x, y]\n"
                                      "  domain: [[-5, 5], [-4, 4]]\n"
                                      "start: [-0.3, -0.9]\n"
                                      "steps: 60\n"
                                      "grid: [41, 41]\n"
                                      "swarm: {grid: [20, 10]}\n"
                                      "optimizers:\n"
                                      "  - {name: sgd, lr: 0.01}\n"
                                      "  - {name: adam, lr: 0.1}\n"
                                      "  - {name: sgd, lr: 0.04, label: bold}\n";

static struct study *map_basins(const struct experiment *experiment, int width, int height) {
    struct error error = {0};
    struct study *study = study_create_basins(
        &(struct basins_params){.experiment = experiment, .width = width, .height = height}, &error);
    if (!study || !job_wait(study_job(study), &error)) fail_msg("%s", error.message);
    return study;
}

static int count_labels(const struct scene *scene, const char *part) {
    int count = 0;
    for (size_t i = 0; i < scene->label_count; i++) count += strstr(scene->labels[i].text, part) != NULL;
    return count;
}

static bool alike(struct scene_texel a, struct scene_texel b) {
    return memcmp(&a, &b, sizeof a) == 0;
}

/* Hue without lightness: which of two channels is the larger, as a sign for each pair. */
static int hue_of(struct scene_texel t) {
    return (t.r > t.g) + 2 * (t.g > t.b) + 4 * (t.r > t.b);
}

static void a_map_has_a_colour_an_end_and_says_what_it_means(void **state) {
    struct fixture fixture = fixture_open(himmelblau_yaml);
    struct study *study = map_basins(fixture.experiment, 40, 30);
    struct basin_map map = {.basins = study, .width = 1200, .title = true};
    map.height = basin_map_height(&map);
    assert_true(map.height > 300 && map.height < 900);
    struct scene scene = {0};
    basin_map_build(&scene, &map);
    static struct basin_cell cells[40 * 30];
    int maps = 0;
    for (size_t r = 0; r < scene.raster_count; r++) {
        const struct scene_raster *raster = &scene.rasters[r];
        if (raster->width != 40 || raster->height != 30) continue;
        study_read_basins(study, maps++, cells);
        const struct scene_texel *texels = scene.texels + raster->first;
        int hues[64], kinds = 0;
        memset(hues, -1, sizeof hues);
        for (int i = 0; i < 40 * 30; i++) {
            assert_int_equal(texels[i].a, cells[i].end == BASIN_DIVERGED ? 128 : 255);
            if (cells[i].end < 0) continue;
            if (hues[cells[i].end] < 0) hues[cells[i].end] = hue_of(texels[i]), kinds++;
            for (int j = 0; j < i; j += 97) /* the same end after as many steps is the same colour */
                if (cells[j].end == cells[i].end && cells[j].steps == cells[i].steps)
                    assert_true(alike(texels[i], texels[j]));
                else if (cells[j].end >= 0 && cells[j].end != cells[i].end && cells[j].steps == cells[i].steps)
                    assert_false(alike(texels[i], texels[j]));
        }
        assert_true(kinds >= 1);
    }
    assert_int_equal(maps, 3);
    assert_true(count_labels(&scene, "minimum (3, 2), loss 0") == 1 && count_labels(&scene, "Four minima") == 1);
    assert_true(count_labels(&scene, "Adam") == 1 && count_labels(&scene, "bold") == 1);
    assert_int_equal(count_labels(&scene, "diverged"), 1);
    assert_int_equal(count_labels(&scene, "40 × 30 starts, 60 steps each"), 1);
    assert_true(count_labels(&scene, "%") >= 8);   /* the shares */
    for (size_t i = 0; i < scene.label_count; i++) /* nothing beyond the picture */
        assert_true(scene.labels[i].at[0] >= 0 && scene.labels[i].at[0] <= map.width && scene.labels[i].at[1] >= 0 &&
                    scene.labels[i].at[1] + 4 <= map.height);
    uint64_t revision = scene.rasters[0].revision;
    basin_map_build(&scene, &map);
    assert_true(scene.rasters[0].revision == revision);
    map.hidden = 1 << 1;
    basin_map_build(&scene, &map);
    assert_int_equal(count_labels(&scene, "Adam"), 0);
    scene_release(&scene);
    study_destroy(&study);
    fixture_close(&fixture);
}

static void the_mouse_finds_the_cell(void **state) {
    struct fixture fixture = fixture_open(himmelblau_yaml);
    struct study *study = map_basins(fixture.experiment, 8, 4);
    struct basin_map map = {.basins = study, .width = 1000, .height = 500};
    struct scene scene = {0};
    basin_map_build(&scene, &map);
    int found = 0;
    for (size_t r = 0; r < scene.raster_count; r++) {
        const struct scene_raster *raster = &scene.rasters[r];
        if (raster->width != 8 || raster->height != 4) continue;
        /* From the middle of column 5 of row 3, by the raster's own corners, back. */
        float half = map.height / 2;
        float x = (raster->low[0] + (raster->high[0] - raster->low[0]) * 5.5f / 8) * half + map.width / 2;
        float y = half - (raster->low[1] + (raster->high[1] - raster->low[1]) * 3.5f / 4) * half;
        struct basin_pick pick;
        assert_true(basin_map_pick(&map, x, y, &pick));
        assert_true(pick.optimizer == found++ && pick.column == 5 && pick.row == 3);
    }
    assert_int_equal(found, 3);
    struct basin_pick pick;
    assert_false(basin_map_pick(&map, 1, 1, &pick));
    scene_release(&scene);
    study_destroy(&study);
    fixture_close(&fixture);
}

static void a_swarm_stands_at_the_step_that_is_shown(void **state) {
    struct fixture fixture = fixture_open(himmelblau_yaml);
    fixture_train(&fixture, 12);
    fixture_finish(&fixture);
    struct view view = view_default(fixture.experiment);
    struct scene scene = {0};
    double *thetas = MEM_NEW(double, 400), *losses = MEM_NEW(double, 200);
    struct error error = {0};
    struct swarm *swarm = swarm_create(&(struct swarm_params){.experiment = fixture.experiment}, &error);
    assert_non_null(swarm);
    static const int64_t steps[] = {0, 7, 3};
    for (size_t k = 0; k < 3; k++) {
        view.step = steps[k];
        scene_build(&scene, fixture.exhibit, &view);
        swarm_seek(swarm, steps[k]);
        swarm_wait(swarm);
        assert_int_equal(scene.swarm_count, 3);
        for (int o = 0; o < 3; o++) {
            assert_int_equal(swarm_read(swarm, o, thetas, losses), steps[k]);
            const struct scene_swarm *drawn = &scene.swarms[o];
            int mote = 0;
            for (int p = 0; p < 200; p++) {
                if (isnan(losses[p]) || fabs(thetas[2 * p]) > 5 || fabs(thetas[2 * p + 1]) > 4) continue;
                float x = (float)(thetas[2 * p] / 5), y = (float)(thetas[2 * p + 1] / 5);
                const struct scene_mote *at = &scene.motes[drawn->first + (size_t)mote];
                /* One that shares another's place is not drawn again. */
                if (mote < drawn->count && fabsf(at->x - x) < 1e-5f && fabsf(at->y - y) < 1e-5f) mote++;
            }
            assert_int_equal(mote, drawn->count);
            assert_true(drawn->count > 100 || o == 2);
        }
    }
    /* With the rate of the first, the third goes where that one goes. */
    assert_true(scene.swarms[0].count != scene.swarms[2].count);
    exhibit_set_value(fixture.exhibit, 2, 0, 0.01);
    assert_true(exhibit_update(fixture.exhibit));
    scene_build(&scene, fixture.exhibit, &view);
    const struct scene_swarm *one = &scene.swarms[0], *same = &scene.swarms[2];
    assert_true(one->step == 3 && same->step == 3 && one->count == same->count);
    assert_memory_equal(scene.motes + one->first, scene.motes + same->first, (size_t)one->count * sizeof *scene.motes);
    exhibit_set_value(fixture.exhibit, 2, 0, 0.01);
    assert_false(exhibit_update(fixture.exhibit));
    view.kind = VIEW_SIDE_BY_SIDE;
    view.hidden_runs = 2;
    scene_build(&scene, fixture.exhibit, &view);
    assert_int_equal(scene.swarm_count, 2);
    assert_true(scene.swarms[0].panes == 1 && scene.swarms[1].panes == 2);
    swarm_destroy(&swarm);
    free(thetas);
    free(losses);
    scene_release(&scene);
    fixture_close(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_map_has_a_colour_an_end_and_says_what_it_means),
        cmocka_unit_test(the_mouse_finds_the_cell),
        cmocka_unit_test(a_swarm_stands_at_the_step_that_is_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
