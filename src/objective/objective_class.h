/* Inside objective/: what a kind of objective provides. objective.c dispatches the public calls through this. */
#pragma once

#include "objective/objective.h"

struct objective_class {
    void (*destroy)(struct objective *objective);
    void (*initialise)(const struct objective *objective, uint64_t seed, double *theta);
    struct evaluator *(*evaluator_create)(const struct objective *objective);
    void (*evaluator_destroy)(struct evaluator *evaluator);
    double (*loss)(struct evaluator *, const double *theta, const struct batch *);
    double (*gradient)(struct evaluator *, const double *theta, const struct batch *, double *gradient);
    void (*losses)(struct evaluator *, int count, const double *thetas, double *losses);
    void (*gradients)(struct evaluator *, int count, const double *thetas, double *losses,
                      double *gradients); /* NULL: one by one */
    void (*hvp)(struct evaluator *, const double *theta, const struct batch *, int count, const double *v, double *hv);
    double (*hessian)(struct evaluator *, const double *theta, double *gradient, double *hessian);
    void (*gauss_newton)(struct evaluator *, const double *theta, const struct batch *, int count, const double *v,
                         double *gv);
    double (*accuracy)(struct evaluator *, const double *theta); /* NULL: NaN */
    double (*last_accuracy)(const struct evaluator *);                    /* likewise */
    /* Networks only; NULL elsewhere. */
    void (*start_statistics)(const struct objective *, double *statistics);
    void (*track)(struct evaluator *, double *statistics);
    void (*outputs)(struct evaluator *, const double *theta, int count, const double *x, const double *statistics,
                    double *outputs);
    double (*test)(struct evaluator *, const double *theta, const struct data *, const double *statistics,
                   double *accuracy);
};

/* First member of each kind's own struct. */
struct objective {
    const struct objective_class *class;
    int n, samples;
    bool noisy;
    bool squares;   /* there are Gauss–Newton products */
    int statistics; /* numbers of moving averages */
    int outputs;         /* 0: an expression */
    enum loss_kind loss; /* of a network */
    bool pairs;     /* a batch needs two samples */
    const struct data *data; /* NULL for an expression */
    const struct objective *exact; /* in float64; NULL: itself */
    struct layout_entry *layout;
    size_t layout_count;
};

/* First member of each kind's own evaluator. */
struct evaluator {
    const struct objective *objective;
};
