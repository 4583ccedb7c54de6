/* Inside run/: what the timeline shares with whoever makes its entries. */
#pragma once

#include "run/run.h"

struct inside *inside_copy(const struct inside *inside); /* freed with free() */
size_t inside_bytes(const struct inside *inside);
