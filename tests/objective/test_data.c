#include "objective/objective.h"
#include "test.h"

static void every_name_makes_data(void **state) {
    for (size_t i = 0; i < data_name_count; i++) {
        struct error error = {0};
        struct data_params params = {.name = data_names[i], .noise = -1, .seed = 1};
        struct data *data = data_create(&params, &error);
        if (!data) fail_msg("%s: %s", data_names[i], error.message);
        assert_non_null(data_description(data_names[i]));
        data_destroy(&data);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_makes_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
