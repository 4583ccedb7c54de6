/* Inside draw/: the shader programs, from the files built in or from a folder. */
#pragma once

#include "base/error.h"

#include <epoxy/gl.h>
#include <stdbool.h>
#include <stdint.h>

struct shader_file {
    const char *name, *text;
};
extern const struct shader_file shader_files[]; /* generated from shaders/ by embed.py */
extern const int shader_file_count;

enum program_kind {
    PROGRAM_SURFACE,
    PROGRAM_BARE,
    PROGRAM_FLOOR,
    PROGRAM_RASTER,
    PROGRAM_SWARM,
    PROGRAM_SHEET,
    PROGRAM_LINE,
    PROGRAM_ARROW,
    PROGRAM_GLYPH,
    PROGRAM_BOX,
    PROGRAM_TEXT,
    PROGRAM_COUNT,
};
struct shader_set {
    GLuint programs[PROGRAM_COUNT];
};
/* Compiles all programs; `folder` NULL for those built in. On an error (FILE:LINE: message) `set` is left as it was. */
bool shader_set_load(struct shader_set *set, const char *folder, struct error *error);
void shader_set_release(struct shader_set *set);
/* A figure that changes when any shader file in `folder` does (from sizes and times of change). */
uint64_t shader_folder_stamp(const char *folder);

void program_color(GLuint program, const char *name, const float *rgba);
void program_vec2(GLuint program, const char *name, float x, float y);
void program_vec3(GLuint program, const char *name, float x, float y, float z);
void program_float(GLuint program, const char *name, float value);
