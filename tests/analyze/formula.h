/* A formula in x and y, or in v0 … v(n−1), as an objective for the tests of analyze/. */
#pragma once

#include "objective/objective.h"
#include "test.h"

static inline struct objective *formula(const char *text) {
    struct error error = {0};
    const char *const names[] = {"x", "y"};
    struct expression_params params = {.text = text, .variables = names, .variable_count = 2};
    struct objective *objective = objective_create_expression(&params, NULL, &error);
    if (!objective) fail_msg("%s: %s", text, error.message);
    return objective;
}

static inline struct objective *many_variables(int n) {
    static const char *const names[] = {"v0", "v1", "v2",  "v3",  "v4",  "v5",  "v6",  "v7",
                                        "v8", "v9", "v10", "v11", "v12", "v13", "v14", "v15"};
    struct expression_params params = {.text = "v0^2 + v1^2", .variables = names, .variable_count = n};
    struct objective *objective = objective_create_expression(&params, NULL, NULL);
    assert_non_null(objective);
    return objective;
}
