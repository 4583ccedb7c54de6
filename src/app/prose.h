/* Running text in lines that break as English and Chinese break: Dear ImGui would cut Chinese anywhere, also before a
 * full stop, and knows one face a paragraph. */
#pragma once

#include "app/ui.h"

struct prose_run {
    const char *text; /* UTF-8; a newline begins a line */
    unsigned style;   /* of enum ui_style_flags: size, UI_BOLD, UI_FAINT, UI_WARNING */
};
/* In the panel's column, `width` wide, from where the next widget would be. */
void prose_show(struct ui *ui, float width, const struct prose_run *runs, int count);
