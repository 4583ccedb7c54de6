/* Inside draw/: is a point of the scene behind the surface? Asked of the height field itself, not of the depth buffer:
 * a mark or a label is then seen or faded as a whole, the same on every machine. */
#pragma once

#include "draw/frame.h"

/* `surface`: what the pane shows, NULL for none. 1: in full view, 0: behind the surface; in between near an edge, so that nothing blinks as the camera turns. */
float occlusion_view(const struct scene_surface *surface, const struct pane_frame *frame, const float *at);
