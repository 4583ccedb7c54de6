/* Claims without words of their own: said in both languages; and what was found, as mathematics. Oracles: the sentences
 * as a person would write them, and figures in closed form. */
#include "test.h"

#include "lesson/lesson.h"

#include <stdlib.h>
#include <string.h>

static const char head[] = "section: \"2.1\"\n"
                           "title: {en: Bowl, zh: 碗}\n"
                           "experiments:\n"
                           "  bowl: |\n"
                           "    title: {en: A bowl, zh: 一个碗}\n"
                           "    objective:\n"
                           "      expression: w1^2 + 4*w2^2\n"
                           "      variables: [w1, w2]\n"
                           "      domain: [[-2, 2], [-2, 2]]\n"
                           "    start: [1, 1]\n"
                           "    steps: 40\n"
                           "    optimizers:\n"
                           "      - {name: sgd, lr: 0.08}\n"
                           "  dish: |\n"
                           "    objective:\n"
                           "      expression: 2*w1^2 + w2^2\n"
                           "      variables: [w1, w2]\n"
                           "      domain: [[-2, 2], [-2, 2]]\n"
                           "    title: {en: A dish, zh: 一个盘}\n"
                           "    start: [1, 1]\n"
                           "    steps: 10\n"
                           "    optimizers:\n"
                           "      - {name: sgd, lr: 0.1, label: \"a {b}\"}\n"
                           "measure:\n"
                           "  high: {eigenvalue: highest, at: [0, 0], of: bowl}\n"
                           "  second: {eigenvalue: 2, at: start, of: bowl}\n"
                           "  first: {loss: start, of: bowl}\n"
                           "  most: {gradient: {max: [0, end]}, of: bowl}\n"
                           "  soon: {steps_to: 1e-6, of: bowl}\n"
                           "  never: {steps_to: -1, of: bowl}\n"
                           "  theta: {theta: 3, axis: w2, of: bowl}\n"
                           "  other: {loss: end, of: dish}\n"
                           "  exact: {point_loss: [0.5, 0], of: bowl}\n"
                           "  flag: {diverged: true, of: bowl}\n"
                           "steps:\n"
                           "  - text: {en: a, zh: b}\n"
                           "    claims:\n";

static const struct {
    const char *claim, *en, *zh, *figures;
} claims[] = {
    {"high = 8 ± 1e-10", "Greatest eigenvalue of H at (0, 0) = 8 ± 10⁻¹⁰", "点 (0, 0) 处的 H 的最大特征值 = 8 ± 10⁻¹⁰",
     "8 = 8 (±10⁻¹⁰)"},
    {"second = -8 ± 0.5", "Eigenvalue no. 2 of H from below at the start = −8 ± 0.5",
     "起点处的 H 从小到大第 2 个特征值 = −8 ± 0.5", "8 ≠ −8 (±0.5)"},
    {"first >= 5 - 1e-9", "Loss at the start (SGD) ≥ 5 − 10⁻⁹", "SGD 起点处的损失 ≥ 5 − 10⁻⁹", "5 ≥ 4.999999999"},
    {"0.5*most < first^2*2", "0.5 · greatest gradient ‖∇L‖ from step 0 to the end (SGD) < loss at the start (SGD)² · 2",
     "0.5 · SGD 从第 0 步到结束的最大梯度 ‖∇L‖ < SGD 起点处的损失² · 2", "4.123 < 50"},
    {"soon < never", "Steps to a loss of 10⁻⁶ (SGD) < steps to a loss of −1 (SGD)",
     "SGD 损失降到 10⁻⁶ 的步数 < SGD 损失降到 −1 的步数", NULL},
    {"theta < sqrt(2)", "W₂ at step 3 (SGD) < √(2)", "SGD 第 3 步的 w₂ < √(2)", "0.04666 < 1.414"},
    {"other < first", "Loss at the end (“A dish”, a {b}) < loss at the start (“A bowl”, SGD)",
     "“一个盘”, a {b} 结束时的损失 < “一个碗”, SGD 起点处的损失", NULL},
    {"exact = 0.25 ± 0", "Loss at (0.5, 0) = 0.25", "点 (0.5, 0) 处的损失 = 0.25", "0.25 = 0.25"},
    {"flag = 0 ± 0", "Divergence (1: yes, 0: no) (SGD) = 0", "SGD 是否发散（1 是，0 否） = 0", ""},
};
enum { COUNT = sizeof claims / sizeof *claims };

static void test_claims_are_said_in_both_languages(void **state) {
    (void)state;
    char text[8192];
    size_t used = (size_t)snprintf(text, sizeof text, "%s", head);
    for (int i = 0; i < COUNT; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "      - \"%s\"\n", claims[i].claim);
    struct error error = {0};
    struct lesson *lesson = lesson_parse(text, used, "bowl.yaml", &error);
    if (!lesson) fail_msg("%s", error.message);
    struct lesson_check *check = lesson_check_create(lesson, &(struct lesson_check_params){.threads = 2});
    if (!job_wait(lesson_check_job(check), &error)) fail_msg("%s", error.message);
    for (int i = 0; i < COUNT; i++) {
        const struct lesson_words *words = &lesson->steps[0].claims[i].words;
        char *en = lesson_fill(lesson, check, words->en), *zh = lesson_fill(lesson, check, words->zh);
        assert_string_equal(en, claims[i].en);
        assert_string_equal(zh, claims[i].zh);
        struct claim_result result = lesson_check_claim(check, 0, i);
        assert_true(result.done);
        if (claims[i].figures) assert_string_equal(result.figures, claims[i].figures);
        if (strstr(claims[i].claim, "never")) assert_non_null(strstr(result.figures, " < ∞"));
        free(en);
        free(zh);
    }
    lesson_check_destroy(&check);
    lesson_destroy(&lesson);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_claims_are_said_in_both_languages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
