/* Inside run/: room for what may outgrow the machine's memory. Blocks come out of an unlinked temporary file that is
 * mapped, so that the system writes out what is not looked at; the file goes with the program, however that ends. The
 * room is reserved on the disk first: a full disk is an answer, not a signal. One owner at a time. */
#pragma once

#include <stddef.h>

struct spill;
struct spill *spill_create(void);         /* no file is made before the first block */
void spill_destroy(struct spill **spill); /* all blocks go; accepts NULL */
/* `bytes` of zeros, aligned to 64; NULL when there is no folder to write in ($TMPDIR, else /var/tmp, else /tmp) or its
 * disk is full. */
void *spill_block(struct spill *spill, size_t bytes);
