/* The swarm of an experiment file: many starts for each optimizer. */
#include "base/memory.h"
#include "run/experiment_parts.h"

#include <stdlib.h>
#include <string.h>

enum { SIDE_MOST = 1000 };

static bool read_region(struct yaml_tree *tree, const yaml_node_t *node, double (*region)[2], int n) {
    size_t count;
    if (!node) return true;
    if (!yaml_check_list(tree, node, "the swarm's region", (size_t)n, (size_t)n, "[[-2, 2], [-2, 2]]", &count))
        return false;
    for (int i = 0; i < n; i++) {
        const yaml_node_t *range = yaml_item(tree, node, (size_t)i);
        if (!yaml_check_list(tree, range, "a range of the swarm's region", 2, 2, "[-2, 2]", &count)) return false;
        for (size_t k = 0; k < 2; k++)
            if (!yaml_number(tree, yaml_item(tree, range, k), k ? "upper end of the region" : "lower end of the region",
                             -1e12, 1e12, &region[i][k]))
                return false;
        if (!(region[i][0] < region[i][1]))
            return yaml_fail(tree, range,
                             "the region from %.15g to %.15g has no width; [low, high] with low below high "
                             "is right",
                             region[i][0], region[i][1]);
    }
    return true;
}

static bool read_grid(struct experiment_reader *reader, const yaml_node_t *node, int grid[2]) {
    size_t count;
    if (objective_dimension(reader->experiment->objective) != 2)
        return yaml_fail(reader->tree, node,
                         "a grid of starts needs a formula of two variables; count: 10000 is right");
    if (!yaml_check_list(reader->tree, node, "the swarm's grid", 2, 2, "[100, 100]", &count)) return false;
    for (size_t k = 0; k < 2; k++) {
        int64_t side;
        if (!yaml_integer(reader->tree, yaml_item(reader->tree, node, k), "a side of the swarm's grid", 1, SIDE_MOST,
                          &side))
            return false;
        grid[k] = (int)side;
    }
    if (grid[0] * grid[1] <= EXPERIMENT_MAX_SWARM) return true;
    return yaml_fail(reader->tree, node, "%d × %d starts are more than %d; [100, 100] is right", grid[0], grid[1],
                     EXPERIMENT_MAX_SWARM);
}

static void draw_starts(double *starts, int count, int n, double (*region)[2], uint64_t seed) {
    static const uint64_t stream = 0x737761726d; /* "swarm" */
    struct random random = random_seeded(seed, stream);
    for (int p = 0; p < count; p++)
        for (int i = 0; i < n; i++) starts[p * n + i] = random_uniform(&random, region[i][0], region[i][1]);
}

/* The middles of the cells. */
static void lay_starts(double *starts, const int grid[2], double (*region)[2]) {
    for (int p = 0; p < grid[0] * grid[1]; p++) {
        double share[2] = {(p % grid[0] + 0.5) / grid[0], (p / grid[0] + 0.5) / grid[1]};
        for (int i = 0; i < 2; i++) starts[2 * p + i] = region[i][0] * (1 - share[i]) + region[i][1] * share[i];
    }
}

bool experiment_read_swarm(struct experiment_reader *reader, const yaml_node_t *node) {
    static const char *const keys[] = {"count", "grid", "seed", "region"};
    struct yaml_tree *tree = reader->tree;
    struct experiment *e = reader->experiment;
    if (!node) return true;
    if (!e->formula) return yaml_fail(tree, node, "a swarm goes down a formula; a network starts from \"start\"");
    if (!yaml_check_mapping(tree, node, "the swarm", keys, 4)) return false;
    const yaml_node_t *count = yaml_get(tree, node, "count"), *grid = yaml_get(tree, node, "grid"),
                      *seed = yaml_get(tree, node, "seed");
    if (!count == !grid)
        return yaml_fail(tree, node, "a swarm has either \"count\" or \"grid\"; {count: 10000} is right");
    int n = objective_dimension(e->objective), sides[2] = {0};
    int64_t wanted = 0, chosen = (int64_t)e->seed;
    if (count && !yaml_integer(tree, count, "count of the swarm", 1, EXPERIMENT_MAX_SWARM, &wanted)) return false;
    if (grid && !read_grid(reader, grid, sides)) return false;
    if (grid && seed) return yaml_fail(tree, seed, "a grid is not drawn by chance; seed goes with count");
    if (seed && !yaml_integer(tree, seed, "seed of the swarm", 0, INT64_MAX, &chosen)) return false;
    double region[EXPRESSION_MAX_VARIABLES][2];
    memcpy(region, e->domain, (size_t)n * sizeof *region);
    if (!read_region(tree, yaml_get(tree, node, "region"), region, n)) return false;
    e->swarm_count = grid ? sides[0] * sides[1] : (int)wanted;
    e->swarm = MEM_NEW(double, e->swarm_count *n);
    if (grid)
        lay_starts(e->swarm, sides, region);
    else
        draw_starts(e->swarm, e->swarm_count, n, region, (uint64_t)chosen);
    return true;
}
