/* Inside study/: following points on their way to the places where they may end. */
#pragma once

#include "study/basins.h"

struct basin_places {
    struct basin_end *ends;
    struct valley {
        double slope, height; /* ‖∇L‖ and |L − its loss| on it are at most these */
    } * valleys;              /* (count) of ends that are one; else unset */
    int count, valley_count;
    double tolerance;
};
/* Searches the range and around it. False when cancelled or the search fails. */
bool places_find(struct basin_places *places, const struct basins_params *params, struct job *job, struct error *error);
void places_release(struct basin_places *places);

/* Which end each of a flock's points is at, and since when. */
struct tracker;
struct tracker *tracker_create(const struct basin_places *places, int capacity);
void tracker_destroy(struct tracker **tracker);                         /* accepts a pointer to NULL */
void tracker_start(struct tracker *tracker, const struct flock *flock); /* where they start */
void tracker_look(struct tracker *tracker, const struct flock *flock);  /* after every step */
void tracker_finish(const struct tracker *tracker, const struct flock *flock, struct basin_cell *cells);
