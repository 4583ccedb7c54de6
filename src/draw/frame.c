#include "draw/frame.h"

#include <cglm/cglm.h>
#include <math.h>
#include <string.h>

static int pixel_of(float share, int whole) {
    return (int)lrintf(glm_clamp(share, 0, 1) * (float)whole);
}

void pane_frame_fill(struct pane_frame *frame, const struct scene *scene, int pane, const struct region *region) {
    const struct scene_pane *from = &scene->panes[pane];
    frame->left = pixel_of(from->x, region->picture_width);
    frame->top = pixel_of(from->y, region->picture_height);
    frame->width = pixel_of(from->x + from->width, region->picture_width) - frame->left;
    frame->height = pixel_of(from->y + from->height, region->picture_height) - frame->top;
    if (frame->width < 1) frame->width = 1;
    if (frame->height < 1) frame->height = 1;
    int left = GLM_MAX(frame->left, region->x), right = GLM_MIN(frame->left + frame->width, region->x + region->width);
    int top = GLM_MAX(frame->top, region->y), bottom = GLM_MIN(frame->top + frame->height, region->y + region->height);
    frame->visible = right > left && bottom > top;
    frame->seen_left = left - region->x;
    frame->seen_top = top - region->y;
    frame->seen_width = right - left;
    frame->seen_height = bottom - top;
    frame->scale = region->scale;
    frame->flat = from->flat;
    frame->bit = 1u << pane;
    frame->surface_index = scene_surface_of(scene, pane);
    frame->surface = frame->surface_index >= 0 ? &scene->surfaces[frame->surface_index] : NULL;

    camera_matrices(&from->camera, (float)frame->width / (float)frame->height, frame->view, frame->projection);
    glm_mat4_mul(frame->projection, frame->view, frame->view_projection);
    /* The camera's axes are the view matrix's rows. */
    vec3 right_axis, up_axis, back;
    for (int i = 0; i < 3; i++) {
        right_axis[i] = frame->view[i][0];
        up_axis[i] = frame->view[i][1];
        back[i] = frame->view[i][2];
    }
    frame->perspective = frame->projection[2][3] != 0;
    if (frame->perspective) {
        for (int i = 0; i < 3; i++)
            frame->eye[i] =
                -(right_axis[i] * frame->view[3][0] + up_axis[i] * frame->view[3][1] + back[i] * frame->view[3][2]);
    } else {
        glm_vec3_copy(back, frame->eye);
    }
    /* As on a relief map the light stands at the upper left of what is seen, wherever that is in the world: ridges
     * would read as valleys if it did not turn with the viewer. */
    vec3 ahead = {-right_axis[1], right_axis[0], 0};
    for (int i = 0; i < 3; i++) frame->light[i] = -0.66f * right_axis[i] + 0.26f * ahead[i];
    frame->light[2] = 0.62f;
    glm_vec3_normalize(frame->light);
}

bool pane_frame_project(const struct pane_frame *frame, const float *world, float nearer, vec3 pixel) {
    vec4 at = {world[0], world[1], world[2], 1}, clip;
    glm_mat4_mulv((vec4 *)frame->view_projection, at, clip);
    if (!(clip[3] > 1e-4f) || clip[2] < -clip[3]) return false;
    pixel[0] = (clip[0] / clip[3] + 1) * 0.5f * (float)frame->width;
    pixel[1] = (clip[1] / clip[3] + 1) * 0.5f * (float)frame->height;
    /* A pixel's size in the world grows with the distance; moving along the view's z changes clip z and w alone. */
    float shift = nearer * 2 * clip[3] / (frame->projection[1][1] * (float)frame->height);
    float w = clip[3] + frame->projection[2][3] * shift;
    float depth = w > 1e-4f ? (clip[2] + frame->projection[2][2] * shift) / w : -1;
    pixel[2] = depth < -1 ? -1 : depth;
    return true;
}

struct pane_block pane_frame_block(const struct pane_frame *frame, const struct scene *scene,
                                   const struct region *region, int corner_x, int corner_y) {
    struct pane_block block;
    memcpy(block.view_projection, frame->view_projection, sizeof block.view_projection);
    float width = (float)frame->width, height = (float)frame->height;
    float corner[2] = {(float)(corner_x + frame->left - region->x),
                       (float)(corner_y + region->height - (frame->top - region->y) - frame->height)};
    memcpy(block.extent, (float[]){width, height, corner[0], corner[1]}, sizeof block.extent);
    /* Pane clip space c ∈ [−1, 1] → pane pixel (c + 1)/2 · width → the seen part's own clip space. */
    float seen_width = (float)frame->seen_width, seen_height = (float)frame->seen_height;
    float from_left = (float)(frame->seen_left + region->x - frame->left);
    float from_bottom = height - (float)(frame->seen_top + region->y - frame->top) - seen_height;
    memcpy(block.window,
           (float[]){width / seen_width, height / seen_height, (width - 2 * from_left) / seen_width - 1,
                     (height - 2 * from_bottom) / seen_height - 1},
           sizeof block.window);
    memcpy(block.light, (float[]){frame->light[0], frame->light[1], frame->light[2], frame->scale}, sizeof block.light);
    const float *half = frame->surface ? frame->surface->half : scene->half;
    memcpy(block.ground, (float[]){half[0], half[1], SCENE_FLOOR, frame->flat ? 1 : 0}, sizeof block.ground);
    return block;
}
