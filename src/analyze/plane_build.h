/* Inside analyze/: what every kind of plane is made with. */
#pragma once

#include "analyze/analyze.h"

struct plane *plane_new(enum plane_kind kind, int n, const double *origin); /* directions 0, no share; NULL: origin 0 */
void plane_measure(struct plane *plane);                                    /* fills uu and vv */

bool normalise(int n, double *x); /* false, and x as it was, when its norm is 0 or not finite */
/* Takes the part along u out of v, twice: once leaves a remainder of the size of rounding in the first v. Returns
 * ‖v‖. */
double orthogonalise(int n, const double *u, double *v);
