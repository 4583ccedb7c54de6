/* Shaders from a folder: read, read again when they change, and blamed by file and line when they are wrong. */
#include "stand.h"

#include "base/file.h"
#include "base/text.h"

#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

static char *copy_shaders(char *folder) {
    assert_non_null(mkdtemp(folder));
    DIR *from = opendir(SHADERS);
    assert_non_null(from);
    for (struct dirent *entry; (entry = readdir(from));) {
        if (entry->d_name[0] == '.') continue;
        char *source = path_join(SHADERS, entry->d_name), *target = path_join(folder, entry->d_name);
        size_t length;
        struct error error = {0};
        char *text = file_read(source, 1 << 20, &length, &error);
        FILE *stream = fopen(target, "w");
        fwrite(text, 1, length, stream);
        fclose(stream);
        free(text);
        free(source);
        free(target);
    }
    closedir(from);
    return folder;
}

static void remove_folder(const char *folder) {
    DIR *from = opendir(folder);
    for (struct dirent *entry; (entry = readdir(from));) {
        char *path = path_join(folder, entry->d_name);
        unlink(path);
        free(path);
    }
    closedir(from);
    rmdir(folder);
}

static void overwrite(const char *folder, const char *name, const char *text) {
    char *path = path_join(folder, name);
    FILE *stream = fopen(path, "w");
    fputs(text, stream);
    fclose(stream);
    free(path);
}

static void test_changed_shader_is_taken_up(void **state) {
    STAND(state);
    char folder[] = "/tmp/saddlescope-shaders-XXXXXX";
    copy_shaders(folder);
    struct error error = {0};
    struct renderer *renderer = renderer_create(&(struct renderer_params){.shader_folder = folder}, &error);
    if (!renderer) fail_msg("%s", error.message);
    assert_false(renderer_poll_shaders(renderer, &error));
    assert_int_equal(error.kind, ERROR_NONE);
    /* The surface in one colour. */
    overwrite(folder, "surface.frag", "out vec4 color;\nvoid main() {\n    color = vec4(1.0, 0.0, 1.0, 1.0);\n}\n");
    assert_true(renderer_poll_shaders(renderer, &error));
    assert_false(renderer_poll_shaders(renderer, &error));
    sample_begin(&stand->scene, THEME_PAPER);
    sample_surface(&stand->scene, 33, 33, sample_plain, 1);
    struct image image;
    assert_true(renderer_picture(renderer, &stand->scene, 200, 150, 1, 1, NULL, &image, &error));
    assert_true(count_near(&image, 0, 0, 200, 150, (struct color){1, 0, 1, 1}, 0) > 2000);
    image_destroy(&image);
    /* A mistake on line 4 is said with its place, once, and what was there goes on. */
    overwrite(folder, "surface.frag", "out vec4 color;\n\nvoid main() {\n    color = vec5(1.0);\n}\n");
    assert_false(renderer_poll_shaders(renderer, &error));
    assert_int_equal(error.kind, ERROR_INPUT);
    assert_non_null(strstr(error.message, "surface.frag:4: "));
    assert_non_null(strstr(error.message, folder));
    assert_true(renderer_picture(renderer, &stand->scene, 200, 150, 1, 1, NULL, &image, &(struct error){0}));
    assert_true(count_near(&image, 0, 0, 200, 150, (struct color){1, 0, 1, 1}, 0) > 2000);
    image_destroy(&image);
    error = (struct error){0};
    assert_false(renderer_poll_shaders(renderer, &error));
    assert_int_equal(error.kind, ERROR_NONE);
    renderer_destroy(&renderer);
    remove_folder(folder);
}

/* The line is the file's own, also in and behind an included part. */
static void test_error_in_an_included_part(void **state) {
    STAND(state);
    char folder[] = "/tmp/saddlescope-shaders-XXXXXX";
    copy_shaders(folder);
    overwrite(folder, "contour.glsl", "vec2 contour_cover(float tone) {\n    return nothing;\n}\n");
    struct error error = {0};
    assert_null(renderer_create(&(struct renderer_params){.shader_folder = folder}, &error));
    assert_non_null(strstr(error.message, "contour.glsl:2: "));
    remove_folder(folder);
    copy_shaders(strcpy(folder, "/tmp/saddlescope-shaders-XXXXXX"));
    overwrite(folder, "box.frag",
              "#include \"common.glsl\"\nout vec4 color;\nvoid main() {\n    color = light.xyzwx;\n}\n");
    error = (struct error){0};
    assert_null(renderer_create(&(struct renderer_params){.shader_folder = folder}, &error));
    assert_non_null(strstr(error.message, "box.frag:4: "));
    remove_folder(folder);
}

static void test_folder_without_shaders(void **state) {
    STAND(state);
    struct error error = {0};
    assert_null(renderer_create(&(struct renderer_params){.shader_folder = "/nonexistent"}, &error));
    assert_int_equal(error.kind, ERROR_INPUT);
    assert_non_null(strstr(error.message, "/nonexistent/surface.vert"));
    /* A part that includes itself ends. */
    char folder[] = "/tmp/saddlescope-shaders-XXXXXX";
    copy_shaders(folder);
    overwrite(folder, "common.glsl", "#include \"common.glsl\"\n");
    error = (struct error){0};
    assert_null(renderer_create(&(struct renderer_params){.shader_folder = folder}, &error));
    assert_non_null(strstr(error.message, "include one another"));
    remove_folder(folder);
}

/* Shaders cut off or with bytes changed anywhere: an error or a program, never a crash. */
static void test_mutated_shaders(void **state) {
    STAND(state);
    char folder[] = "/tmp/saddlescope-shaders-XXXXXX";
    copy_shaders(folder);
    char *path = path_join(SHADERS, "surface.vert");
    size_t length;
    char *text = file_read(path, 1 << 20, &length, &(struct error){0});
    uint32_t seed = 12345;
    for (int round = 0; round < 60; round++) {
        char *copy = strdup(text);
        for (int k = 0; k < 3; k++) {
            seed = seed * 1664525u + 1013904223u;
            copy[(seed >> 8) % length] = (char)(1 + (seed >> 3) % 255);
        }
        if (round % 5 == 0) copy[(seed >> 9) % length] = '\0';
        overwrite(folder, "surface.vert", copy);
        free(copy);
        struct error error = {0};
        struct renderer *renderer = renderer_create(&(struct renderer_params){.shader_folder = folder}, &error);
        if (renderer)
            assert_int_equal(error.kind, ERROR_NONE);
        else
            assert_true(strlen(error.message) > 0);
        renderer_destroy(&renderer);
    }
    free(text);
    free(path);
    remove_folder(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_changed_shader_is_taken_up),
        cmocka_unit_test(test_error_in_an_included_part),
        cmocka_unit_test(test_folder_without_shaders),
        cmocka_unit_test(test_mutated_shaders),
    };
    return cmocka_run_group_tests_name("shaders", tests, stand_up, stand_down);
}
