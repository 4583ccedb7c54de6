#include "draw/surface_pass.h"

#include "base/hash.h"
#include "base/memory.h"

#include <cglm/cglm.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct vertex {
    float z, tone;
    int16_t tilt[2];
    uint8_t ambient, spare[3];
};

void surface_pass_create(struct surface_pass *pass) {
    *pass = (struct surface_pass){0};
    glGenVertexArrays(1, &pass->empty_array);
    pass->colormap = texture_make(GL_LINEAR);
}

void surface_pass_release(struct surface_pass *pass) {
    for (int i = 0; i < SCENE_MAX_PANES; i++) {
        struct surface_mesh *mesh = &pass->meshes[i];
        gpu_buffer_release(&mesh->vertices);
        gpu_buffer_release(&mesh->indices);
        if (mesh->array) glDeleteVertexArrays(1, &mesh->array);
        if (mesh->tones) glDeleteTextures(1, &mesh->tones);
    }
    staging_release(&pass->vertex_staging);
    staging_release(&pass->index_staging);
    glDeleteVertexArrays(1, &pass->empty_array);
    glDeleteTextures(1, &pass->colormap);
    free(pass->scratch);
    *pass = (struct surface_pass){0};
}

/* Two experiments may count their revisions alike: a few heights tell them apart. */
static uint64_t surface_check(const struct scene_surface *surface) {
    size_t count = (size_t)surface->width * (size_t)surface->height, stride = count / 61 + 1;
    uint64_t check = HASH_START;
    for (size_t i = 0; i < count; i += stride) {
        uint32_t bits[2];
        memcpy(&bits[0], &surface->z[i], 4);
        memcpy(&bits[1], &surface->tone[i], 4);
        check = hash_word(hash_word(check, bits[0]), bits[1]);
    }
    return check;
}

/* Box blur of radius `reach` along rows (step 1) or columns (step width) by a running sum, ends repeated. */
static void blur_along(const float *in, float *out, int count, size_t step, int reach) {
    double sum = (double)in[0] * (reach + 1);
    for (int i = 0; i < reach; i++) sum += in[(size_t)(i < count ? i : count - 1) * step];
    for (int i = 0; i < count; i++) {
        int entering = i + reach < count ? i + reach : count - 1, leaving = i - reach - 1 > 0 ? i - reach - 1 : 0;
        sum += in[(size_t)entering * step];
        if (i > 0)
            sum -= in[(size_t)leaving * step];
        else
            sum -= in[0];
        out[(size_t)i * step] = (float)(sum / (2 * reach + 1));
    }
}

static void blur(float *values, float *spare, int width, int height, int reach) {
    for (int y = 0; y < height; y++) blur_along(values + (size_t)y * width, spare + (size_t)y * width, width, 1, reach);
    for (int x = 0; x < width; x++) blur_along(spare + x, values + x, height, (size_t)width, reach);
}

/* How open each point is to the sky, from how far it lies below the mean of its surroundings, near and wide. */
static void fill_openness(const struct scene_surface *surface, float *openness, float *wide, float *spare) {
    int width = surface->width, height = surface->height;
    size_t count = (size_t)width * (size_t)height;
    for (size_t i = 0; i < count; i++) openness[i] = 0;
    static const float reaches[2] = {0.02f, 0.07f}, weights[2] = {2.6f, 1.5f};
    for (int k = 0; k < 2; k++) {
        int longer = width > height ? width : height;
        int reach = (int)lrintf(reaches[k] * (float)longer);
        if (reach < 1) reach = 1;
        for (size_t i = 0; i < count; i++) wide[i] = surface_known(surface, i) ? surface->z[i] : SCENE_HEIGHT;
        blur(wide, spare, width, height, reach);
        blur(wide, spare, width, height, reach);
        for (size_t i = 0; i < count; i++)
            if (surface_known(surface, i)) openness[i] += weights[k] * (wide[i] - surface->z[i]);
    }
    for (size_t i = 0; i < count; i++) openness[i] = glm_clamp(1 - openness[i], 0.70f, 1.06f) / 1.06f;
}

static void stage_vertices(struct surface_pass *pass, const struct scene_surface *surface) {
    int width = surface->width, height = surface->height;
    size_t count = (size_t)width * (size_t)height;
    if (pass->scratch_capacity < 3 * count) {
        pass->scratch_capacity = 3 * count;
        pass->scratch = mem_resize(pass->scratch, 3 * count, sizeof(float));
    }
    float *openness = pass->scratch;
    fill_openness(surface, openness, openness + count, openness + 2 * count);
    staging_clear(&pass->vertex_staging, sizeof(struct vertex));
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            size_t i = (size_t)y * (size_t)width + (size_t)x;
            struct vertex *vertex = staging_push(&pass->vertex_staging);
            *vertex = (struct vertex){0};
            if (!surface_known(surface, i)) continue;
            float slope[2];
            surface_slope(surface, x, y, slope);
            float shrink = 1 / sqrtf(1 + slope[0] * slope[0] + slope[1] * slope[1]);
            vertex->z = surface->z[i];
            vertex->tone = surface->tone[i];
            vertex->tilt[0] = (int16_t)lrintf(-slope[0] * shrink * 32767);
            vertex->tilt[1] = (int16_t)lrintf(-slope[1] * shrink * 32767);
            bool border = x == 0 || y == 0 || x == width - 1 || y == height - 1;
            vertex->ambient = (uint8_t)lrintf(openness[i] * (border ? 0.92f : 1.0f) * 255);
        }
    }
}

static void push_triangle(struct staging *staging, uint32_t a, uint32_t b, uint32_t c) {
    uint32_t *corners = staging_push(staging);
    corners[0] = a;
    corners[1] = b;
    corners[2] = c;
}

/* Two triangles of the cell whose corners are given, split along the diagonal whose ends are nearer in height (ridges and
 * valleys stay straight); one where a single corner is missing; none where more are. False when one is. */
static bool stage_cell(struct staging *staging, const struct scene_surface *surface, int x0, int y0, int x1, int y1) {
    uint32_t width = (uint32_t)surface->width, upper = (uint32_t)y0 * width, lower = (uint32_t)y1 * width;
    uint32_t a = upper + (uint32_t)x0, b = upper + (uint32_t)x1, c = lower + (uint32_t)x0, d = lower + (uint32_t)x1;
    bool whole[4] = {surface_known(surface, a), surface_known(surface, b), surface_known(surface, c),
                     surface_known(surface, d)};
    int corners = whole[0] + whole[1] + whole[2] + whole[3];
    if (corners < 3) return false;
    if (corners == 3) {
        if (!whole[0]) push_triangle(staging, b, d, c);
        if (!whole[1]) push_triangle(staging, a, d, c);
        if (!whole[2]) push_triangle(staging, a, b, d);
        if (!whole[3]) push_triangle(staging, a, b, c);
        return false;
    }
    const float *z = surface->z;
    if (fabsf(z[a] - z[d]) <= fabsf(z[b] - z[c])) {
        push_triangle(staging, a, b, d);
        push_triangle(staging, a, d, c);
    } else {
        push_triangle(staging, a, b, c);
        push_triangle(staging, b, d, c);
    }
    return true;
}

static bool all_known(const struct scene_surface *surface, int x0, int y0, int x1, int y1) {
    for (int y = y0; y <= y1; y++)
        for (int x = x0; x <= x1; x++)
            if (!surface_known(surface, (size_t)y * (size_t)surface->width + (size_t)x)) return false;
    return true;
}

/* Every cell; then, of a fine surface, four cells as one for quick pictures, but where one of their points is missing. */
static void stage_triangles(struct surface_pass *pass, struct surface_mesh *mesh, const struct scene_surface *surface) {
    enum { FINE = 16000 }; /* triangles */
    struct staging *staging = &pass->index_staging;
    staging_clear(staging, 3 * sizeof(uint32_t));
    mesh->holes = false;
    int right = surface->width - 1, last = surface->height - 1;
    for (int y = 0; y < last; y++)
        for (int x = 0; x < right; x++)
            if (!stage_cell(staging, surface, x, y, x + 1, y + 1)) mesh->holes = true;
    mesh->triangles = (int)staging->count;
    if (mesh->triangles >= FINE) {
        for (int y0 = 0; y0 < last; y0 += 2) {
            for (int x0 = 0; x0 < right; x0 += 2) {
                int x1 = x0 + 2 < right ? x0 + 2 : right, y1 = y0 + 2 < last ? y0 + 2 : last;
                if (all_known(surface, x0, y0, x1, y1)) {
                    stage_cell(staging, surface, x0, y0, x1, y1);
                    continue;
                }
                for (int y = y0; y < y1; y++)
                    for (int x = x0; x < x1; x++) stage_cell(staging, surface, x, y, x + 1, y + 1);
            }
        }
    }
    mesh->coarse_triangles = (int)staging->count - mesh->triangles;
}

static void send_tones(const struct surface_pass *pass, struct surface_mesh *mesh, const struct scene_surface *surface,
                       struct draw_statistics *statistics) {
    size_t count = (size_t)surface->width * (size_t)surface->height;
    float *texels = pass->scratch; /* 3 · count floats: enough for two each */
    for (size_t i = 0; i < count; i++) {
        bool whole = surface_known(surface, i);
        texels[2 * i] = whole ? surface->tone[i] : 0;
        texels[2 * i + 1] = whole ? 1 : 0;
    }
    if (!mesh->tones) mesh->tones = texture_make(GL_LINEAR);
    glBindTexture(GL_TEXTURE_2D, mesh->tones);
    glPixelStorei(GL_UNPACK_ALIGNMENT, 4);
    glTexImage2D(GL_TEXTURE_2D, 0, GL_RG32F, surface->width, surface->height, 0, GL_RG, GL_FLOAT, texels);
    if (!gpu_allowed()) statistics->refused = true;
    statistics->uploaded += (long)(count * 2 * sizeof(float));
}

static void send_colormap(struct surface_pass *pass, const struct scene *scene, struct draw_statistics *statistics) {
    if (pass->colors_known && memcmp(pass->colors, scene->colormap, sizeof pass->colors) == 0) return;
    memcpy(pass->colors, scene->colormap, sizeof pass->colors);
    pass->colors_known = true;
    struct rgba8 texels[COLORMAP_SIZE];
    for (int i = 0; i < COLORMAP_SIZE; i++) texels[i] = rgba8_of(scene->colormap[i], 1);
    glBindTexture(GL_TEXTURE_2D, pass->colormap);
    glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA8, COLORMAP_SIZE, 1, 0, GL_RGBA, GL_UNSIGNED_BYTE, texels);
    statistics->uploaded += (long)sizeof texels;
}

static void update_mesh(struct surface_pass *pass, struct surface_mesh *mesh, const struct scene_surface *surface,
                        struct draw_statistics *statistics) {
    uint64_t check = surface_check(surface);
    if (mesh->known && mesh->revision == surface->revision && mesh->check == check && mesh->width == surface->width &&
        mesh->height == surface->height)
        return;
    if (!mesh->array) glGenVertexArrays(1, &mesh->array);
    stage_vertices(pass, surface);
    stage_triangles(pass, mesh, surface);
    glBindVertexArray(mesh->array);
    gpu_buffer_update(&mesh->vertices, pass->vertex_staging.bytes, pass->vertex_staging.count * sizeof(struct vertex),
                      statistics);
    attribute_floats(0, 2, sizeof(struct vertex), 0, 0);
    glEnableVertexAttribArray(1);
    glVertexAttribPointer(1, 2, GL_SHORT, GL_TRUE, sizeof(struct vertex), (const void *)offsetof(struct vertex, tilt));
    glEnableVertexAttribArray(2);
    glVertexAttribPointer(2, 1, GL_UNSIGNED_BYTE, GL_TRUE, sizeof(struct vertex),
                          (const void *)offsetof(struct vertex, ambient));
    gpu_buffer_update(&mesh->indices, pass->index_staging.bytes, pass->index_staging.count * pass->index_staging.item,
                      statistics);
    glBindBuffer(GL_ELEMENT_ARRAY_BUFFER, mesh->indices.name);
    glBindVertexArray(0);
    send_tones(pass, mesh, surface, statistics);
    mesh->known = mesh->vertices.size > 0 && mesh->indices.size > 0;
    mesh->revision = surface->revision;
    mesh->check = check;
    mesh->width = surface->width;
    mesh->height = surface->height;
}

void surface_pass_update(struct surface_pass *pass, const struct scene *scene, struct draw_statistics *statistics) {
    send_colormap(pass, scene, statistics);
    for (int i = 0; i < scene->surface_count; i++) update_mesh(pass, &pass->meshes[i], &scene->surfaces[i], statistics);
}

/* What the pane shows; NULL: nothing. */
static const struct surface_mesh *mesh_of(const struct surface_pass *pass, const struct pane_frame *frame) {
    const struct surface_mesh *mesh = frame->surface_index >= 0 ? &pass->meshes[frame->surface_index] : NULL;
    return mesh && mesh->triangles > 0 && mesh->vertices.size > 0 && mesh->indices.size > 0 ? mesh : NULL;
}

static void set_grid(GLuint program, const struct surface_mesh *mesh) {
    glUniform2i(glGetUniformLocation(program, "grid"), mesh->width, mesh->height);
}

static float contour_density(const struct scene_surface *surface) {
    return surface->contour_step > 0 ? 1 / surface->contour_step : 0;
}

void surface_pass_draw(const struct surface_pass *pass, const struct shader_set *shaders, const struct scene *scene,
                       const struct pane_frame *frame, bool quick, struct draw_statistics *statistics) {
    const struct surface_mesh *mesh = mesh_of(pass, frame);
    if (!mesh) return;
    GLuint program = shaders->programs[PROGRAM_SURFACE];
    const struct theme *theme = scene->theme;
    glUseProgram(program);
    set_grid(program, mesh);
    /* Warm light, cool shade: on a relief map that is what makes it read as a body and not as a stain. */
    program_vec3(program, "sun", 1.13f, 1.115f, 1.085f);
    program_vec3(program, "shade", 0.555f, 0.575f, 0.61f);
    program_float(program, "contour_density", contour_density(frame->surface));
    program_color(program, "contour", &theme->contour.r);
    program_color(program, "contour_major", &theme->contour_major.r);
    struct color underside = color_mix(scene->colormap[0], theme->ground, 0.18f);
    underside.a = 0.80f;
    program_color(program, "underside", &underside.r);
    glBindTexture(GL_TEXTURE_2D, pass->colormap);
    glBindVertexArray(mesh->array);
    bool coarse = quick && mesh->coarse_triangles > 0;
    int first = coarse ? mesh->triangles : 0, count = coarse ? mesh->coarse_triangles : mesh->triangles;
    glDrawElements(GL_TRIANGLES, 3 * count, GL_UNSIGNED_INT, (const void *)(3 * sizeof(uint32_t) * (size_t)first));
    statistics->draw_calls++;
    statistics->triangles = count;
}

void surface_pass_draw_bare(const struct surface_pass *pass, const struct shader_set *shaders,
                            const struct pane_frame *frame) {
    const struct surface_mesh *mesh = mesh_of(pass, frame);
    if (!mesh) return;
    GLuint program = shaders->programs[PROGRAM_BARE];
    glUseProgram(program);
    set_grid(program, mesh);
    glBindVertexArray(mesh->array);
    glDrawElements(GL_TRIANGLES, 3 * mesh->triangles, GL_UNSIGNED_INT, NULL);
}

void surface_pass_draw_floor(const struct surface_pass *pass, const struct shader_set *shaders,
                             const struct scene *scene, const struct pane_frame *frame,
                             struct draw_statistics *statistics) {
    bool lines = scene->floor_contours && !frame->flat;
    const struct surface_mesh *mesh = mesh_of(pass, frame);
    if (!mesh || (!lines && !mesh->holes)) return;
    GLuint program = shaders->programs[PROGRAM_FLOOR];
    const struct theme *theme = scene->theme;
    glUseProgram(program);
    program_vec2(program, "texel_share", (float)(mesh->width - 1) / (float)mesh->width,
                 (float)(mesh->height - 1) / (float)mesh->height);
    program_float(program, "contour_density", lines ? contour_density(frame->surface) : 0);
    struct color line = color_fade(theme->faint_ink, 0.50f), hatch = color_fade(theme->faint_ink, 0.55f);
    struct color plain = color_fade(theme->ink, lines ? 0.035f : 0);
    program_color(program, "line", &line.r);
    program_color(program, "hatch", &hatch.r);
    program_color(program, "plain", &plain.r);
    glBindTexture(GL_TEXTURE_2D, mesh->tones);
    glBindVertexArray(pass->empty_array);
    glDrawArrays(GL_TRIANGLE_STRIP, 0, 4);
    statistics->draw_calls++;
}
