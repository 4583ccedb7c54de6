/* Names and formulas as mathematics is set rather than typed. */
#pragma once

#include <stddef.h>

/* "w1" as w₁; a name that is not letters and then digits stays as it is. */
void notation_name(const char *name, char *out, size_t size);
/* "(1 - w1*w2)^2" as (1 − w₁w₂)²: whole powers raised, digits of names lowered, true minus signs, no stars between names,
 * π. Cut at a character's end when `out` is too small. */
void notation_formula(const char *formula, char *out, size_t size);
