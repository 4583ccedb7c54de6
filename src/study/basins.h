/* Basins of attraction: which critical point every start of a grid ends in, for each optimizer of an experiment, and
 * after how many steps. A study like those of study.h; for formulas of two variables.
 *
 * Starts are the centres of width × height cells over the range. Each optimizer goes from each of them as a run of its
 * own would, to the bit (run.h, flock), for all the steps: no start is given up early, since only a gradient that is
 * exactly 0 with nothing left in the optimizer's memory could not move again. Coarse to fine: every 16th cell of each
 * row and column, then every 8th, 4th, 2nd and all. The result does not depend on the number of threads. */
#pragma once

#include "study/study.h"

struct basins_params {
    const struct experiment *experiment; /* a formula of two variables */
    int width, height;                   /* 0: 256 × 256; BASINS_MIN … BASINS_MAX */
    double low[2], high[2];              /* of the starts; all 0: the experiment's domain */
    int64_t steps;                       /* 0: the experiment's */
    double tolerance;                    /* 0: a hundredth of the range's shorter side, and no more than a third of the
                                            way between two critical points */
    int threads;                         /* 0: all processors */
    struct study_watcher watcher;
};
enum { BASINS_MIN = 2, BASINS_MAX = 1024 };

/* Where a start can end: a critical point of the range and a quarter of it around on every side, or one the experiment
 * publishes that a search by gradients cannot see (the tip of a cone). */
struct basin_end {
    double at[2], loss;
    enum point_kind kind;
    bool valley; /* a connected continuum of critical points, of which `at` is one */
    int number;  /* from 1, of those of the same kind */
};
enum { BASIN_UNKNOWN = -3, BASIN_DIVERGED = -2, BASIN_NOWHERE = -1 };
struct basin_cell {
    int end;       /* an index into the ends; or not computed yet, diverged, or not there yet after all the steps */
    int64_t steps; /* from which step on it was always there; diverged: at which step; nowhere: all the steps */
    double theta[2], loss; /* after the last step; NaN where it diverged */
};

/* ERROR_INPUT when the experiment is not a formula of two variables, or a figure is out of its range. */
struct study *study_create_basins(const struct basins_params *params, struct error *error);
const struct basins_params *study_basins_params(const struct study *study); /* with what was left open filled in, but
                                                                               for the tolerance: */
double study_basins_tolerance(const struct study *study);                   /* NaN while the ends are not known */
/* The places to end in, sorted by kind, then loss; 0 while they are not known. A start is at one when it is the nearest
 * and within the tolerance, so that ‖∇L‖ is about ‖H‖ · tolerance at most; on a valley when its loss is the valley's
 * within ½ ‖H‖ tolerance² and ‖∇L‖ at most ‖H‖ · tolerance. */
size_t study_basins_ends(const struct study *study, const struct basin_end **ends);
/* All cells of one optimizer (height × width, row y = low first) into `cells`, those not computed yet as the nearest
 * coarser one to the lower left. Returns the finest complete stride, 0: none yet. */
int study_read_basins(const struct study *study, int optimizer, struct basin_cell *cells);
/* One of them, as it is known. */
struct basin_cell study_basin_at(const struct study *study, int optimizer, int column, int row);
/* Of the cells computed so far: how many end at each of the first `most` ends (`counts`, may be NULL), and besides. The
 * study goes on meanwhile, and may have found its ends since they were asked for. */
struct basin_tally {
    size_t starts, diverged, nowhere;
};
struct basin_tally study_tally_basins(const struct study *study, int optimizer, size_t most, size_t *counts);
double basins_place(const struct basins_params *params, int axis, int index); /* a column's x, a row's y */
/* "minimum 2", "saddle 1", "valley 1", "diverged", "not there yet". Returns `out`. */
const char *basin_end_name(const struct basin_end *ends, int end, char *out, size_t size);
