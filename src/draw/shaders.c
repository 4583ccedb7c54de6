#include "draw/shaders.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *const program_names[PROGRAM_COUNT] = {"surface", "bare",  "floor", "raster", "swarm", "sheet",
                                                         "line",    "arrow", "glyph", "box",    "text"};
enum { MAX_PARTS = 8, SHADER_FILE_LIMIT = 1 << 20, PART_LINES = 100000 };

/* A shader's text with what it includes. Line n of part p is numbered p · PART_LINES + n: a source number of its own,
 * which #line could give as well, is lost on the way through some compilers. */
struct assembly {
    struct text text;
    char *parts[MAX_PARTS];
    int part_count;
};

static void assembly_clear(struct assembly *assembly) {
    text_clear(&assembly->text);
    for (int i = 0; i < assembly->part_count; i++) free(assembly->parts[i]);
    *assembly = (struct assembly){0};
}

static char *shader_text(const char *folder, const char *name, struct error *error) {
    if (folder) {
        char *path = path_join(folder, name);
        size_t length;
        char *text = file_read(path, SHADER_FILE_LIMIT, &length, error);
        free(path);
        return text;
    }
    for (int i = 0; i < shader_file_count; i++)
        if (strcmp(shader_files[i].name, name) == 0) return mem_copy_text(shader_files[i].text);
    error_set(error, ERROR_MACHINE, "%s: no such shader is built in", name);
    return NULL;
}

/* Appends file `name`, with every line `#include "other"` replaced by that file. */
static bool assemble(struct assembly *assembly, const char *folder, const char *name, struct error *error) {
    if (assembly->part_count == MAX_PARTS)
        return error_set(error, ERROR_INPUT, "%s: more than %d shader files include one another", name, MAX_PARTS);
    char *text = shader_text(folder, name, error);
    if (!text) return false;
    int number = assembly->part_count++;
    assembly->parts[number] = folder ? path_join(folder, name) : mem_copy_text(name);
    /* Some compilers refuse bytes above 127, even in a comment. */
    for (char *c = text; *c; c++)
        if ((unsigned char)*c >= 0x80) *c = '?';
    text_format(&assembly->text, "#line %d\n", number * PART_LINES + 1);
    bool good = true;
    int line_number = 1;
    for (char *line = text; good && *line; line_number++) {
        char *end = strchr(line, '\n'), *next = end ? end + 1 : line + strlen(line);
        if (end) *end = '\0';
        char other[64];
        if (sscanf(line, " #include \"%63[^\"/]\"", other) == 1) {
            good = assemble(assembly, folder, other, error);
            text_format(&assembly->text, "#line %d\n", number * PART_LINES + line_number + 1);
        } else {
            text_format(&assembly->text, "%s\n", line);
        }
        line = next;
    }
    free(text);
    return good;
}

/* The first complaint of a compiler's log as FILE:LINE: message. Mesa writes "0:12(5): error: …", NVIDIA "0(12) : error
 * …", others "ERROR: 0:12: …": the second number is the line. */
static void log_error(const struct assembly *assembly, const char *log, struct error *error) {
    const char *start = strstr(log, "rror");
    while (start && start > log && start[-1] != '\n') start--;
    if (!start) start = log;
    const char *digits = start;
    while (*digits && *digits != '\n' && !isdigit((unsigned char)*digits)) digits++;
    char *rest;
    long line = strtol(digits, &rest, 10);
    if (*rest == ':' || *rest == '(') line = strtol(rest + 1, &rest, 10);
    long part = line / PART_LINES;
    if (part < 0 || part >= assembly->part_count) part = 0;
    const char *message = strstr(start, "rror");
    message = message ? message + strcspn(message, ":") : start;
    message += strspn(message, ": ");
    error_at(error, assembly->parts[part], (int)(line % PART_LINES), 0, "%.*s", (int)strcspn(message, "\n"), message);
}

static GLuint compile(const char *folder, const char *name, const char *ending, GLenum kind, struct error *error) {
    struct assembly assembly = {0};
    char file[64];
    snprintf(file, sizeof file, "%s.%s", name, ending);
    text_append(&assembly.text, "#version 330 core\n");
    GLuint shader = 0;
    if (assemble(&assembly, folder, file, error)) {
        shader = glCreateShader(kind);
        const char *source = assembly.text.bytes;
        glShaderSource(shader, 1, &source, NULL);
        glCompileShader(shader);
        GLint good = 0;
        glGetShaderiv(shader, GL_COMPILE_STATUS, &good);
        if (!good) {
            char log[2048] = "";
            glGetShaderInfoLog(shader, sizeof log, NULL, log);
            log_error(&assembly, log, error);
            glDeleteShader(shader);
            shader = 0;
        }
    }
    assembly_clear(&assembly);
    return shader;
}

static GLuint build(const char *folder, const char *name, struct error *error) {
    GLuint vertex = compile(folder, name, "vert", GL_VERTEX_SHADER, error);
    GLuint fragment = vertex ? compile(folder, name, "frag", GL_FRAGMENT_SHADER, error) : 0;
    GLuint program = 0;
    if (fragment) {
        program = glCreateProgram();
        glAttachShader(program, vertex);
        glAttachShader(program, fragment);
        glLinkProgram(program);
        GLint good = 0;
        glGetProgramiv(program, GL_LINK_STATUS, &good);
        if (!good) {
            char log[1024] = "";
            glGetProgramInfoLog(program, sizeof log, NULL, log);
            log[strcspn(log, "\n")] = '\0';
            error_set(error, ERROR_INPUT, "%s.vert with %s.frag: %s", name, name, log);
            glDeleteProgram(program);
            program = 0;
        } else {
            GLuint block = glGetUniformBlockIndex(program, "Pane");
            if (block != GL_INVALID_INDEX) glUniformBlockBinding(program, block, 0);
        }
    }
    if (vertex) glDeleteShader(vertex);
    if (fragment) glDeleteShader(fragment);
    return program;
}

bool shader_set_load(struct shader_set *set, const char *folder, struct error *error) {
    struct shader_set fresh = {0};
    for (int i = 0; i < PROGRAM_COUNT; i++) {
        fresh.programs[i] = build(folder, program_names[i], error);
        if (!fresh.programs[i]) {
            shader_set_release(&fresh);
            return false;
        }
    }
    shader_set_release(set);
    *set = fresh;
    return true;
}

void shader_set_release(struct shader_set *set) {
    for (int i = 0; i < PROGRAM_COUNT; i++)
        if (set->programs[i]) glDeleteProgram(set->programs[i]);
    *set = (struct shader_set){0};
}

uint64_t shader_folder_stamp(const char *folder) {
    uint64_t stamp = HASH_START;
    for (int i = 0; i < shader_file_count; i++) {
        char *path = path_join(folder, shader_files[i].name);
        struct stat facts = {0};
        if (stat(path, &facts) != 0) facts = (struct stat){0};
        uint64_t figures[] = {(uint64_t)facts.st_size, (uint64_t)facts.st_mtim.tv_sec, (uint64_t)facts.st_mtim.tv_nsec};
        for (int k = 0; k < 3; k++) stamp = hash_word(stamp, figures[k]);
        free(path);
    }
    return stamp;
}

void program_color(GLuint program, const char *name, const float *rgba) {
    glUniform4fv(glGetUniformLocation(program, name), 1, rgba);
}

void program_vec2(GLuint program, const char *name, float x, float y) {
    glUniform2f(glGetUniformLocation(program, name), x, y);
}

void program_vec3(GLuint program, const char *name, float x, float y, float z) {
    glUniform3f(glGetUniformLocation(program, name), x, y, z);
}

void program_float(GLuint program, const char *name, float value) {
    glUniform1f(glGetUniformLocation(program, name), value);
}
