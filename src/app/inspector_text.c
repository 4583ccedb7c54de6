/* The inspector's figures as text, for pasting: a line each, its columns parted by tabs, at full precision. */
#include "app/app_parts.h"

#include "base/text.h"

#include <math.h>

static void add(struct text *text, const char *name, const double *values, int count) {
    char number[NUMBER_TEXT];
    text_append(text, name);
    for (int i = 0; i < count; i++) text_format(text, "\t%s", number_exact(values[i], number));
    text_append(text, "\n");
}

char *inspector_text(const struct app *app, const double foot[2]) {
    enum { VECTORS_MOST = 16 }; /* parameters: of more, the values alone are of use on paper */
    const struct inspector *inspector = &app->inspector;
    const struct eigen_report *report = inspector_report(app);
    struct eigen_figures eigen;
    struct text text = {0};
    int n = objective_dimension(app->session->experiment->objective);
    text_format(&text, "%s\n", app->session->experiment->title);
    bool known = inspector_eigen(app, &eigen);
    if (inspector->kind == INSPECT_RUN)
        text_format(&text, "run\t%s\nstep\t%lld\n",
                    app->session->experiment->optimizers[inspector->id / app->session->starts].label,
                    (long long)inspector->step);
    if (known) text_format(&text, "kind\t%s\nindex\t%d\n", point_kind_names[eigen.kind], eigen.index);
    add(&text, "loss", report ? &report->loss : &inspector->loss, 1);
    if (inspector->distance > 0) {
        if (isfinite(inspector->slice_loss)) add(&text, "loss on the slice", &inspector->slice_loss, 1);
        add(&text, "distance off the plane", &inspector->distance, 1);
    }
    add(&text, "gradient norm", report ? &report->gradient_norm : &inspector->gradient_norm, 1);
    add(&text, n == 2 ? "at" : "at (plane)", foot, 2);
    if (n > 2 && n <= VECTORS_MOST) add(&text, "parameters", inspector_theta(app), n);
    if (known) {
        add(&text, "eigenvalues", eigen.values, eigen.count);
        add(&text, "residuals", eigen.residuals, eigen.count);
        for (int i = 0; i < eigen.count && n <= VECTORS_MOST; i++) add(&text, "eigenvector", eigen.vectors + i * n, n);
    }
    return text.bytes;
}
