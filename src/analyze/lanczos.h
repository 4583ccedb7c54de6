/* Inside analyze/: the Lanczos iteration with full reorthogonalisation (Golub & Van Loan, Matrix Computations, 10.1; Paige
 * 1972 on why). The caller makes the products, so that it can stop, count and report between two. */
#pragma once

#include "analyze/analyze.h"

/* After k steps: H Q = Q T + β_k q_{k+1} e_kᵀ with Q the first k rows of `basis`, T tridiagonal of `diagonal` and `off`. */
struct lanczos {
    int n, capacity;
    int steps;
    double *basis;          /* (capacity + 1 × n) orthonormal rows; row `steps` is to be multiplied next */
    double *diagonal, *off; /* (capacity): off[k] = β_{k+1} */
    double *scratch;        /* (capacity + 1) */
    double scale;           /* the largest |entry| of T: what rounding is measured against */
};
struct lanczos *lanczos_create(int n, int capacity); /* capacity at most n */
void lanczos_destroy(struct lanczos **lanczos);
/* From a start of any length but 0. */
void lanczos_begin(struct lanczos *lanczos, const double *start);
const double *lanczos_vector(const struct lanczos *lanczos); /* the one to multiply next */
/* Takes H · lanczos_vector (n), overwritten. False when the space is invariant or full: T is complete. */
bool lanczos_step(struct lanczos *lanczos, double *product);
