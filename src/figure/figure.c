#include "figure/figure_parts.h"

#include "base/file.h"

#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <cglm/cglm.h>
#include <math.h>
#include <string.h>
#include <strings.h>

static const double points_a_pixel = 0.75; /* 1/72 inch to 1/96 */

bool leaf_project(const struct leaf *leaf, const float *world, vec2 pixel, float *away) {
    if (!isfinite(world[0] + world[1] + world[2])) return false;
    vec4 at = {world[0], world[1], world[2], 1}, seen, clip;
    glm_mat4_mulv((vec4 *)leaf->view, at, seen);
    glm_mat4_mulv((vec4 *)leaf->projection, seen, clip);
    if (!(clip[3] > 1e-4f) || clip[2] < -clip[3]) return false;
    pixel[0] = (clip[0] / clip[3] + 1) / 2 * leaf->width;
    pixel[1] = (1 - clip[1] / clip[3]) / 2 * leaf->height;
    *away = -seen[2];
    return true;
}

float leaf_view(const struct leaf *leaf, const vec2 pixel, float away, float slack) {
    const struct relief_image *relief = &leaf->relief;
    if (leaf->pane->flat || relief->width == 0) return 1;
    int x = (int)floorf(pixel[0] * FIGURE_FINE), y = (int)floorf(pixel[1] * FIGURE_FINE);
    if (x < 0 || y < 0 || x >= relief->width || y >= relief->height) return 1;
    return away <= relief->depth[(size_t)y * (size_t)relief->width + (size_t)x] + slack ? 1 : 0;
}

void leaf_ink(const struct leaf *leaf, struct color color, float alpha) {
    cairo_set_source_rgba(leaf->cairo, color.r, color.g, color.b, color.a * alpha);
}

/* In the order of draw/renderer.c: what is later lies on top. */
static void draw_pane(cairo_t *cairo, const struct scene *scene, int index, float width, float height) {
    const struct scene_pane *pane = &scene->panes[index];
    struct leaf leaf = {.cairo = cairo,
                        .scene = scene,
                        .pane = pane,
                        .bit = 1u << index,
                        .width = pane->width * width,
                        .height = pane->height * height};
    if (leaf.width < 1 || leaf.height < 1) return;
    int surface = scene_surface_of(scene, index);
    if (surface >= 0 && scene->surfaces[surface].width > 1) leaf.surface = &scene->surfaces[surface];
    camera_matrices(&pane->camera, leaf.width / leaf.height, leaf.view, leaf.projection);
    cairo_save(cairo);
    cairo_translate(cairo, pane->x * width, pane->y * height);
    cairo_rectangle(cairo, 0, 0, leaf.width, leaf.height);
    cairo_clip(cairo);
    ground_draw(&leaf);
    if (scene->floor_contours && !pane->flat) contours_draw(&leaf, true);
    relief_draw(&leaf);
    contours_draw(&leaf, false);
    rasters_draw(&leaf);
    swarms_draw(&leaf);
    lines_draw(&leaf);
    arrows_draw(&leaf);
    glyphs_draw(&leaf);
    struct lettering_plan *plan = lettering_plan(&leaf);
    lettering_draw(&leaf, plan, false);
    boxes_draw(&leaf);
    marks_draw(&leaf);
    lettering_draw(&leaf, plan, true);
    lettering_release(plan);
    relief_release(&leaf.relief);
    cairo_restore(cairo);
}

static void draw_all(cairo_t *cairo, const struct scene *scene, float width, float height) {
    const struct color *ground = &scene->theme->ground;
    cairo_set_source_rgb(cairo, ground->r, ground->g, ground->b);
    cairo_paint(cairo);
    for (int i = 0; i < scene->pane_count; i++) draw_pane(cairo, scene, i, width, height);
}

struct sink {
    FILE *stream;
};

static cairo_status_t take_bytes(void *closure, const unsigned char *bytes, unsigned int length) {
    struct sink *sink = closure;
    return fwrite(bytes, 1, length, sink->stream) == length ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

bool figure_write(const struct scene *scene, float width, float height, const char *path, struct error *error) {
    const char *ending = strrchr(path, '.');
    bool svg = ending && strcasecmp(ending, ".svg") == 0, pdf = ending && strcasecmp(ending, ".pdf") == 0;
    if (!svg && !pdf) return error_set(error, ERROR_INPUT, "%s: the name must end in .svg or .pdf", path);
    struct outfile *outfile = outfile_create(path, error);
    if (!outfile) return false;
    struct sink sink = {outfile_stream(outfile)};
    cairo_surface_t *surface;
    if (svg) {
        surface = cairo_svg_surface_create_for_stream(take_bytes, &sink, (double)width, (double)height);
        cairo_svg_surface_set_document_unit(surface, CAIRO_SVG_UNIT_PX);
    } else {
        surface = cairo_pdf_surface_create_for_stream(take_bytes, &sink, (double)width * points_a_pixel,
                                                      (double)height * points_a_pixel);
        cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "Saddlescope " SADDLESCOPE_VERSION);
        /* The time of writing would make two equal figures differ. */
        cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, "2000-01-01T00:00:00Z");
    }
    cairo_t *cairo = cairo_create(surface);
    if (pdf) cairo_scale(cairo, points_a_pixel, points_a_pixel);
    draw_all(cairo, scene, width, height);
    cairo_show_page(cairo);
    cairo_status_t status = cairo_status(cairo);
    cairo_destroy(cairo);
    cairo_surface_finish(surface);
    if (status == CAIRO_STATUS_SUCCESS) status = cairo_surface_status(surface);
    cairo_surface_destroy(surface);
    if (status == CAIRO_STATUS_SUCCESS) return outfile_commit(&outfile, error);
    outfile_abandon(&outfile);
    return error_set(error, ERROR_MACHINE, "%s: the figure cannot be written: %s", path,
                     cairo_status_to_string(status));
}
