#include "app/findings.h"

#include <math.h>

static void add_number(cJSON *object, const char *name, double value) {
    if (isfinite(value))
        cJSON_AddNumberToObject(object, name, value);
    else
        cJSON_AddNullToObject(object, name);
}

static void report_spectrum(const struct analysis *row, cJSON *entry) {
    struct hessian_finding finding;
    if (!study_read_hessian(row->study, &finding)) return;
    const struct eigen_report *report = finding.report;
    const struct eigen_ends *ends = finding.ends;
    if (!report && !ends) return;
    int last = report ? report->n - 1 : ends->low + ends->high - 1;
    add_number(entry, "n", report ? report->n : ends->n);
    add_number(entry, "lowest", report ? report->eigenvalues[0] : ends->eigenvalues[0]);
    add_number(entry, "highest", report ? report->eigenvalues[last] : ends->eigenvalues[last]);
    add_number(entry, "trace", finding.density ? finding.density->trace : NAN);
}

static void report_taylor(const struct analysis *row, cJSON *entry) {
    cJSON *sections = cJSON_AddArrayToObject(entry, "sections");
    for (int k = 0; k < study_taylor_count(row->study); k++) {
        const struct taylor_section *section = study_read_taylor(row->study, k);
        if (!section) continue;
        cJSON *one = cJSON_CreateObject();
        cJSON_AddItemToArray(sections, one);
        cJSON_AddStringToObject(one, "name", section->name);
        add_number(one, "curvature", section->taylor->curvature);
        add_number(one, "from", section->taylor->holds[0]);
        add_number(one, "to", section->taylor->holds[1]);
    }
}

static void report_seek(const struct analysis *row, cJSON *entry) {
    const struct seek_finding *finding = study_read_seek(row->study, 0);
    if (!finding) return;
    cJSON_AddStringToObject(entry, "trouble", finding->error.kind ? finding->error.message : "");
    if (finding->error.kind) return;
    cJSON_AddStringToObject(entry, "verdict", finding->verdict);
    cJSON_AddStringToObject(entry, "point", point_kind_names[finding->kind]);
    add_number(entry, "loss", finding->result->loss);
    add_number(entry, "grad_norm", finding->result->gradient_norm);
    add_number(entry, "negative", finding->negative);
    add_number(entry, "share", finding->share);
}

static void report_line(const struct analysis *row, cJSON *entry) {
    struct line_point points[512];
    size_t count = study_read_line(row->study, 512, points), known = 0;
    double ends[2] = {NAN, NAN};
    for (size_t i = 0; i < count && i < 512; i++) {
        known += points[i].known;
        for (int end = 0; points[i].known && end < 2; end++)
            if (fabs(points[i].t - end) < 1e-9) ends[end] = points[i].loss;
    }
    add_number(entry, "points", (double)known);
    add_number(entry, "from", ends[0]);
    add_number(entry, "to", ends[1]);
    add_number(entry, "length", study_line_length(row->study));
}

static void report_sharpness(const struct analysis *row, int runs, cJSON *entry) {
    cJSON *readings = cJSON_AddArrayToObject(entry, "readings");
    for (int run = 0; run < runs; run++) {
        size_t count = study_read_sharpness(row->study, run, 0, 0, NULL);
        cJSON_AddItemToArray(readings, cJSON_CreateNumber((double)count));
    }
}

static void report_ratio(const struct analysis *row, cJSON *entry) {
    int nets = study_ratio_nets(row->study), measured = 0;
    struct ratio_point point;
    for (int k = 0; k < nets; k++) measured += study_read_ratio(row->study, k, &point) && point.measured;
    add_number(entry, "nets", nets);
    add_number(entry, "measured", measured);
}

static void report_escape(const struct analysis *row, cJSON *entry) {
    const struct escape_finding *finding = study_read_escape(row->study);
    if (!finding) return;
    add_number(entry, "loss", finding->loss);
    add_number(entry, "curvature", finding->curvature);
    add_number(entry, "plus", finding->ways[0].loss);
    add_number(entry, "minus", finding->ways[1].loss);
}

static void report_tune(const struct analysis *row, cJSON *entry) {
    cJSON *rates = cJSON_AddArrayToObject(entry, "rates");
    for (int i = 0; row->tune && i < row->tune->optimizers; i++) {
        const struct tune_finding *finding = &row->tune->findings[i];
        double rate = finding->best >= 0 ? finding->points[finding->best].values[0] : NAN;
        cJSON_AddItemToArray(rates, isfinite(rate) ? cJSON_CreateNumber(rate) : cJSON_CreateNull());
    }
}

static void report_basins(const struct analysis *row, cJSON *entry) {
    const struct basin_end *ends;
    add_number(entry, "ends", (double)study_basins_ends(row->study, &ends));
}

static void report_slices(const struct analysis *row, cJSON *entry) {
    const struct slices *slices = study_read_slices(row->study);
    if (!slices) return;
    add_number(entry, "planes", slices->count - 1);
    add_number(entry, "falling", slices->falling);
    add_number(entry, "low", slices->low);
}

void finding_report(const struct analysis *row, int runs, cJSON *entry) {
    switch (row->kind) {
    case ANALYSIS_SPECTRUM: report_spectrum(row, entry); break;
    case ANALYSIS_TAYLOR: report_taylor(row, entry); break;
    case ANALYSIS_SEEK: report_seek(row, entry); break;
    case ANALYSIS_ESCAPE: report_escape(row, entry); break;
    case ANALYSIS_LINE: report_line(row, entry); break;
    case ANALYSIS_SHARPNESS: report_sharpness(row, runs, entry); break;
    case ANALYSIS_RATIO: report_ratio(row, entry); break;
    case ANALYSIS_TUNE: report_tune(row, entry); break;
    case ANALYSIS_BASINS: report_basins(row, entry); break;
    case ANALYSIS_SLICES: report_slices(row, entry); break;
    case ANALYSIS_KINDS: break;
    }
}
