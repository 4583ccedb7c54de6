/* Inside run/: what the timeline shares with whoever makes its entries, and with its tests. */
#pragma once

#include "run/run.h"

struct inside *inside_copy(const struct inside *inside); /* freed with free() */
size_t inside_bytes(const struct inside *inside);
/* How many bytes of figures, and of parameters without a budget, are held in memory before disk is used. */
void timeline_limit_memory(struct timeline *timeline, size_t bytes);
