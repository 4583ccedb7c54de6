#include "scene/scene.h"

#include <cglm/cglm.h>
#include <math.h>

/* The camera stands at target + distance · (sin A cos E, −cos A cos E, sin E): azimuth 0 looks along +y with x to the
 * right, as a map lies; a growing azimuth moves the camera to its right. */
static const float usual_field = 30; /* degrees; also what an orthographic `distance` is measured by */
static const float nearest = 0.5f, farthest = 20;
static const float reach = 4;     /* everything lies within this distance of the target */
static const float narrow = 1.3f; /* panes narrower than this keep the width in view instead of the height */

struct basis {
    vec3 right, up, back; /* back: from the target to the camera */
};

static struct basis basis_of(const struct camera *camera) {
    float a = glm_rad(camera->azimuth), e = glm_rad(camera->elevation);
    return (struct basis){{cosf(a), sinf(a), 0},
                          {-sinf(e) * sinf(a), sinf(e) * cosf(a), cosf(e)},
                          {cosf(e) * sinf(a), -cosf(e) * cosf(a), sinf(e)}};
}

float camera_half_height(const struct camera *camera, float aspect) {
    float field = camera->field_of_view > 0 ? camera->field_of_view : usual_field;
    float half = camera->distance * tanf(glm_rad(field) / 2);
    return aspect < narrow ? half * narrow / aspect : half;
}

struct camera camera_default(float azimuth, float elevation) {
    return (struct camera){.azimuth = azimuth,
                           .elevation = glm_clamp(elevation, 2, 90),
                           .distance = 5.7f,
                           .target = {0, 0, 0.01f},
                           .field_of_view = usual_field};
}

struct camera camera_from_above(void) {
    return (struct camera){.elevation = 90, .distance = 4.55f};
}

struct camera camera_of_contour(void) {
    return (struct camera){.elevation = 90, .distance = 4.65f, .target = {0, -0.06f, 0}};
}

static float wrapped(float degrees) {
    degrees = fmodf(degrees, 360);
    return degrees < 0 ? degrees + 360 : degrees;
}

void camera_orbit(struct camera *camera, float right, float up) {
    camera->azimuth = wrapped(camera->azimuth + right);
    camera->elevation = glm_clamp(camera->elevation + up, 2, 90);
}

void camera_pan(struct camera *camera, float right, float up) {
    struct basis basis = basis_of(camera);
    float height = 2 * camera_half_height(camera, narrow);
    for (int i = 0; i < 3; i++) {
        camera->target[i] += height * (right * basis.right[i] + up * basis.up[i]);
        camera->target[i] = glm_clamp(camera->target[i], -2, 2);
    }
}

void camera_zoom(struct camera *camera, float factor) {
    if (factor > 0) camera->distance = glm_clamp(camera->distance / factor, nearest, farthest);
}

/* What is seen at the target changes evenly, and the field of view with it, so that going from a perspective to an
 * orthographic camera is one movement. */
struct camera camera_between(const struct camera *from, const struct camera *to, float share) {
    if (share <= 0) return *from;
    if (share >= 1) return *to;
    float t = share * share * (3 - 2 * share);
    struct camera between;
    float turn = wrapped(to->azimuth - from->azimuth);
    if (turn > 180) turn -= 360;
    between.azimuth = wrapped(from->azimuth + t * turn);
    between.elevation = glm_lerp(from->elevation, to->elevation, t);
    glm_vec3_lerp((float *)from->target, (float *)to->target, t, between.target);
    between.field_of_view = glm_lerp(from->field_of_view, to->field_of_view, t);
    if (from->field_of_view != to->field_of_view && between.field_of_view < 1) between.field_of_view = 1;
    float seen = glm_lerp(camera_half_height(from, narrow), camera_half_height(to, narrow), t);
    between.distance = 1;
    between.distance = seen / camera_half_height(&between, narrow);
    return between;
}

void camera_matrices(const struct camera *camera, float aspect, mat4 view, mat4 projection) {
    struct basis basis = basis_of(camera);
    vec3 eye;
    float away = camera->field_of_view > 0 ? camera->distance : 2 * reach;
    for (int i = 0; i < 3; i++) eye[i] = camera->target[i] + away * basis.back[i];
    const float *axes[3] = {basis.right, basis.up, basis.back};
    glm_mat4_identity(view);
    for (int row = 0; row < 3; row++) {
        for (int column = 0; column < 3; column++) view[column][row] = axes[row][column];
        view[3][row] = -(axes[row][0] * eye[0] + axes[row][1] * eye[1] + axes[row][2] * eye[2]);
    }
    float half = camera_half_height(camera, aspect);
    float near = fmaxf(away - reach, away * 0.02f), far = away + reach;
    if (camera->field_of_view > 0)
        glm_perspective(2 * atanf(half / camera->distance), aspect, near, far, projection);
    else
        glm_ortho(-half * aspect, half * aspect, -half, half, near, far, projection);
}

bool camera_project(const struct camera *camera, float width, float height, const vec3 world, vec2 pixel,
                    float *depth) {
    mat4 view, projection;
    camera_matrices(camera, width / height, view, projection);
    vec4 at = {world[0], world[1], world[2], 1}, seen, clip;
    glm_mat4_mulv(view, at, seen);
    glm_mat4_mulv(projection, seen, clip);
    if (!(clip[3] > 1e-6f)) return false;
    pixel[0] = (clip[0] / clip[3] + 1) / 2 * width;
    pixel[1] = (1 - clip[1] / clip[3]) / 2 * height;
    if (depth) *depth = (clip[2] / clip[3] + 1) / 2;
    return true;
}

void camera_ray(const struct camera *camera, float width, float height, const vec2 pixel, vec3 origin, vec3 direction) {
    struct basis basis = basis_of(camera);
    float half = camera_half_height(camera, width / height);
    float x = (2 * pixel[0] / width - 1) * half * width / height, y = (1 - 2 * pixel[1] / height) * half;
    bool flat = !(camera->field_of_view > 0);
    float away = flat ? 2 * reach : camera->distance;
    for (int i = 0; i < 3; i++) {
        float across = x * basis.right[i] + y * basis.up[i];
        origin[i] = camera->target[i] + away * basis.back[i] + (flat ? across : 0);
        direction[i] = flat ? -basis.back[i] : across - away * basis.back[i];
    }
    glm_vec3_normalize(direction);
}
