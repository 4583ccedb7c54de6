#include "cli/cli.h"

#include "base/file.h"
#include "base/words.h"
#include "export/export.h"

#include <stdio.h>
#include <string.h>

static bool is_figure(const char *path) {
    return strcmp(cli_ending(path), "svg") == 0 || strcmp(cli_ending(path), "pdf") == 0;
}

bool scene_write(struct scene *scene, int width, int height, float scale, const char *path, struct error *error) {
    const struct exporter_params params = {.path = path, .shape = {.width = width, .height = height, .scale = scale}};
    struct exporter *exporter = exporter_begin(&params, error);
    if (!exporter) return false;
    exporter_take(exporter, scene);
    bool ok = job_wait(exporter_job(exporter), error);
    exporter_destroy(&exporter);
    if (ok && is_figure(path)) fprintf(stderr, "saddlescope: wrote %s\n", path);
    else if (ok) fprintf(stderr, "saddlescope: wrote %s (%d × %d)\n", path, width, height);
    return ok;
}

bool chart_write(const struct chart *chart, const char *path, struct error *error) {
    struct scene scene = {0};
    chart_build(&scene, chart);
    bool ok = scene_write(&scene, (int)(chart->width * CHART_SCALE), (int)(chart->height * CHART_SCALE), CHART_SCALE,
                          path, error);
    scene_release(&scene);
    return ok;
}

struct chart chart_default(const struct chart_style *style) {
    return (struct chart){
        .words = style->words, .theme = (enum theme_kind)style->theme, .width = 960, .height = 600};
}

bool cli_chart_style(const struct cli_input *input, struct chart_style *style, struct error *error) {
    static const char *const themes[] = {"paper", "night"};
    return cli_choice(input, "theme", themes, 2, &style->theme, error) && cli_words(input, &style->words, error);
}

const char *chart_experiment(const struct chart_style *style, const struct experiment *experiment) {
    const char *name = experiment->title ? experiment->title : experiment->name;
    return text_in(words_language(style->words), name, experiment->title_zh);
}

const char *where_words(const char *where, char *out, size_t size) {
    const char *what = strchr(where, ':'), *name = what ? strchr(what + 1, ':') : NULL;
    if (strncmp(where, "end:", 4) == 0)
        snprintf(out, size, "end of %s", where + 4);
    else if (name && strncmp(where, "step:", 5) == 0)
        snprintf(out, size, "step %.*s of %s", (int)(name - what - 1), what + 1, name + 1);
    else
        snprintf(out, size, "%s", where);
    return out;
}

bool write_study(const struct study *study, const char *path, struct error *error) {
    struct outfile *out = outfile_create(path, error);
    if (!out) return false;
    study_write_csv(study, outfile_stream(out));
    return outfile_commit(&out, error);
}

enum output cli_output(const struct cli_input *input, unsigned allowed, struct error *error) {
    static const char *const endings[] = {"", "csv", "json", "png"}; /* of a picture also svg and pdf */
    const char *path = cli_value(input, "output");
    if (!path) return OUTPUT_NONE;
    const char *ending = cli_ending(path);
    char right[64] = "";
    for (enum output output = OUTPUT_CSV; output <= OUTPUT_PICTURE; output++) {
        if (!(allowed & 1u << output)) continue;
        if (strcmp(ending, endings[output]) == 0 || (output == OUTPUT_PICTURE && is_figure(path)))
            return outfile_possible(path, error) ? output : OUTPUT_NONE;
        size_t used = strlen(right);
        snprintf(right + used, sizeof right - used, "%s.%s%s", used ? ", " : "", endings[output],
                 output == OUTPUT_PICTURE ? ", .svg or .pdf" : "");
    }
    error_set(error, ERROR_INPUT, "--output %s: the name must end in %s", path, right);
    return OUTPUT_NONE;
}
