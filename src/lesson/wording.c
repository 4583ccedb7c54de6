/* Claims and their measures in words, where the lesson itself gives none, and what was found as mathematics. */
#include "lesson/lesson_parts.h"

#include "base/memory.h"
#include "base/text.h"
#include "scene/notation.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *en, *zh;
} reading_titles[READING_COUNT] = {
    [READING_LOSS] = {"loss", "损失"},
    [READING_BATCH_LOSS] = {"loss of the batch", "批次的损失"},
    [READING_GRADIENT] = {"gradient ‖∇L‖", "梯度 ‖∇L‖"},
    [READING_RATE] = {"learning rate η", "学习率 η"},
    [READING_VALIDATION] = {"validation loss", "验证损失"},
    [READING_TEST] = {"test loss", "测试损失"},
    [READING_EVALUATIONS] = {"number of evaluations", "计算梯度的次数"},
    [READING_THETA] = {"%s", "%s"},
    [READING_SIGMA] = {"σ of %s", "%s 的 σ"},
    [READING_MOVEMENT] = {"length of the step", "步长"},
    [READING_STEPS_TO] = {"steps to a loss of %s", "损失降到 %s 的步数"},
    [READING_DIVERGED] = {"divergence (1: yes, 0: no)", "是否发散（1 是，0 否）"},
    [READING_DIRECTION_VARIANCE] = {"variance of the steps’ direction", "每步方向的方差"},
    [READING_TURNS] = {"number of turns along %s", "沿 %s 掉头的次数"},
    [READING_SECONDS_PER_STEP] = {"seconds a step", "每步的秒数"},
    [READING_SECONDS_PER_EPOCH] = {"seconds an epoch", "每个回合的秒数"},
    [READING_POINT_LOSS] = {"loss", "损失"},
    [READING_POINT_GRADIENT] = {"gradient ‖∇L‖", "梯度 ‖∇L‖"},
    [READING_EIGENVALUE] = {"%s", "%s"},
    [READING_INDEX] = {"number of negative eigenvalues", "负特征值的个数"},
    [READING_DEGENERATE] = {"degeneracy (1: yes, 0: no)", "是否退化（1 是，0 否）"},
    [READING_CONDITION] = {"condition number", "条件数"},
    [READING_SHARPNESS] = {"sharpness λₘₐₓ", "锐度 λₘₐₓ"},
    [READING_ESCAPE] = {"change of the loss by the escape", "逃离后损失的变化"},
    [READING_TEST_SHIFT] = {"distance of the test loss’s minimum", "测试损失最低点的偏移"},
    [READING_SLICE_LOSS] = {"loss %s along the steepest direction", "沿最陡方向移动 %s 的损失"},
    [READING_SLICE_TEST] = {"test loss %s along the steepest direction", "沿最陡方向移动 %s 的测试损失"},
    [READING_TAYLOR_ERROR] = {"error of the quadratic patch", "二次近似的误差"},
    [READING_ACCURACY] = {"accuracy", "准确率"},
    [READING_TEST_ACCURACY] = {"accuracy on the test data", "测试准确率"},
    [READING_BATCH_DEPENDENCE] = {"dependence of the output on the batch in training", "训练时输出对批次的依赖"},
    [READING_EVALUATION_DEPENDENCE] = {"dependence of the output on the batch in testing", "测试时输出对批次的依赖"},
    [READING_GRADIENT_ERROR] = {"difference of ∇L and finite differences", "∇L 与差分之差"},
    [READING_RANDOM_FALLS] = {"share of random planes along which the loss falls", "损失下降的随机平面所占比例"},
    [READING_HESSIAN_FALLS] = {"fall of the loss on the Hessian’s plane (1: yes, 0: no)",
                               "损失在海森矩阵平面上是否下降（1 是，0 否）"},
    [READING_SADDLE_INDEX] = {"number of negative eigenvalues of the critical point found",
                              "所找到临界点的负特征值个数"},
    [READING_SADDLE_GRADIENT] = {"gradient ‖∇L‖ of the critical point found", "所找到临界点的梯度 ‖∇L‖"},
    [READING_LINE_TURNS] = {"number of turns of the loss on a random line", "损失在随机直线上转折的次数"},
    [READING_BASIN_SHARE] = {"share of the starts that end", "终点落在此处的起点所占比例"},
    [READING_LEAST_SQUARES] = {"least-squares loss", "最小二乘损失"},
    [READING_MINIMUM_RATIO] = {"minimum ratio", "最小值比例"},
    [READING_RATIO_GRADIENT] = {"gradient ‖∇L‖ of the networks", "各网络的梯度 ‖∇L‖"},
    [READING_RATIO_TREND] = {"correlation of minimum ratio and loss", "最小值比例与损失的相关系数"},
    [READING_BASIN_DIFFERENCE] = {"share of the starts that end elsewhere than with %s",
                                  "与 %s 终点不同的起点所占比例"},
    [READING_UPDATE_SECONDS] = {"seconds an update on a batch of %s", "批次大小为 %s 时每次更新的秒数"},
};

static const struct {
    const char *en, *zh;
} statistic_titles[] = {
    [STATISTIC_AT] = {"", ""},
    [STATISTIC_LEAST] = {"least ", "最小"},
    [STATISTIC_MOST] = {"greatest ", "最大"},
    [STATISTIC_MEAN] = {"mean ", "平均"},
    [STATISTIC_SPAN] = {"range of the ", "变化范围："},
    [STATISTIC_DEVIATION] = {"standard deviation of the ", "标准差："},
};

/* ---- figures
 * ------------------------------------------------------------------------------------------------------------ */

/* 10⁻¹⁰ for 1×10⁻¹⁰. */
static const char *bare_number(double value, int digits, char out[NUMBER_TEXT]) {
    static const char one[] = "1×10";
    number_text(value, digits, out);
    return strncmp(out, one, sizeof one - 1) == 0 ? out + strlen("1×") : out;
}

/* ---- a measure
 * ----------------------------------------------------------------------------------------------------------- */

static void append_parameter(const struct experiment *experiment, int axis, struct text *text) {
    const struct layout_entry *entries;
    size_t count = objective_layout(experiment->objective, &entries);
    char name[64];
    for (size_t i = 0; i < count; i++) {
        if (axis < entries[i].offset || axis >= entries[i].offset + entries[i].size) continue;
        notation_name(entries[i].name, name, sizeof name);
        text_append(text, name);
        if (entries[i].size > 1) text_format(text, "[%d]", axis - entries[i].offset);
        return;
    }
}

/* What stands in the hole of the reading's title. */
static void append_object(const struct experiment *experiment, const struct measure *measure, bool chinese,
                          struct text *text) {
    char number[NUMBER_TEXT];
    switch (measure->reading) {
    case READING_THETA:
    case READING_SIGMA:
    case READING_TURNS: append_parameter(experiment, measure->axis, text); break;
    case READING_SLICE_LOSS:
    case READING_SLICE_TEST:
    case READING_STEPS_TO: text_append(text, bare_number(measure->threshold, 6, number)); break;
    case READING_UPDATE_SECONDS: text_append(text, number_text(measure->batch, 6, number)); break;
    case READING_BASIN_DIFFERENCE: text_append(text, experiment->optimizers[measure->against].label); break;
    case READING_EIGENVALUE:
        if (measure->which < 0)
            text_append(text, chinese ? "H 的最大特征值" : "greatest eigenvalue of H");
        else if (measure->which == 0)
            text_append(text, chinese ? "H 的最小特征值" : "least eigenvalue of H");
        else
            text_format(text, chinese ? "H 从小到大第 %d 个特征值" : "eigenvalue no. %d of H from below",
                        measure->which + 1);
        break;
    default: break;
    }
}

static void append_title(const struct experiment *experiment, const struct measure *measure, bool chinese,
                         struct text *text) {
    const char *title = chinese ? reading_titles[measure->reading].zh : reading_titles[measure->reading].en;
    const char *hole = strstr(title, "%s");
    bool over = measure->reading <= READING_MOVEMENT || measure->reading == READING_MINIMUM_RATIO ||
                measure->reading == READING_RATIO_GRADIENT;
    if (over)
        text_append(text, chinese ? statistic_titles[measure->moment.statistic].zh
                                  : statistic_titles[measure->moment.statistic].en);
    text_format(text, "%.*s", hole ? (int)(hole - title) : (int)strlen(title), title);
    if (!hole) return;
    append_object(experiment, measure, chinese, text);
    text_append(text, hole + strlen("%s"));
}

/* "at the end", "from step 0 to 60"; "结束时", "第 0 到 60 步". */
static void append_moment(const struct moment *moment, bool range, bool chinese, struct text *text) {
    long long from = moment->from, to = moment->to;
    if (range && moment->to == INT64_MAX)
        text_format(text, chinese ? "从第 %lld 步到结束" : "from step %lld to the end", from);
    else if (range)
        text_format(text, chinese ? "第 %lld 到 %lld 步" : "from step %lld to %lld", from, to);
    else if (moment->from == INT64_MAX)
        text_append(text, chinese ? "结束时" : "at the end");
    else if (moment->from == 0)
        text_append(text, chinese ? "起点处" : "at the start");
    else
        text_format(text, chinese ? "第 %lld 步" : "at step %lld", from);
}

static void append_place(const struct place *place, int n, bool chinese, struct text *text) {
    enum { COORDINATES = 4 };
    char number[NUMBER_TEXT];
    switch (place->kind) {
    case PLACE_START: text_append(text, chinese ? "起点处" : "at the start"); return;
    case PLACE_END: text_append(text, chinese ? "终点处" : "at the end"); return;
    case PLACE_STEP: text_format(text, chinese ? "第 %lld 步处" : "at step %lld", (long long)place->step); return;
    case PLACE_POINT: break;
    }
    text_append(text, chinese ? "点 (" : "at (");
    for (int i = 0; i < n && i < COORDINATES; i++)
        text_format(text, "%s%s", i ? ", " : "", number_text(place->point[i], 4, number));
    text_append(text, n > COORDINATES ? ", …)" : ")");
    if (chinese) text_append(text, " 处");
}

/* "loss at the end (SGD)"; `apart`: with the experiment's title, where a claim is about several. */
static void append_measure(const struct lesson *lesson, const struct measure *measure, bool apart, bool chinese,
                           struct text *text) {
    const struct experiment *experiment = lesson->experiments[measure->experiment].experiment;
    struct text when = {0}, whose = {0};
    bool of_moment = measure->reading <= READING_MOVEMENT;
    bool of_range = measure->reading == READING_DIRECTION_VARIANCE || measure->reading == READING_TURNS;
    bool of_place = measure->reading >= READING_POINT_LOSS && measure->reading < READING_LEAST_SQUARES;
    if (of_moment || of_range)
        append_moment(&measure->moment, of_range || measure->moment.statistic != STATISTIC_AT, chinese, &when);
    if (of_place) append_place(&measure->place, objective_dimension(experiment->objective), chinese, &when);
    int run = of_place ? measure->place.optimizer : measure->optimizer;
    bool of_run = measure->reading < READING_POINT_LOSS || measure->reading == READING_BASIN_SHARE ||
                  measure->reading == READING_BASIN_DIFFERENCE ||
                  (of_place && (measure->place.kind == PLACE_END || measure->place.kind == PLACE_STEP));
    if (apart) {
        bool translated = chinese && experiment->title_zh;
        text_format(&whose, "“%s”", translated ? experiment->title_zh : experiment->title);
    }
    if (of_run) text_format(&whose, "%s%s", whose.length ? ", " : "", experiment->optimizers[run].label);
    if (chinese) {
        if (whose.length) text_format(text, "%s ", whose.bytes);
        struct text title = {0};
        append_title(experiment, measure, true, &title);
        bool latin = (unsigned char)title.bytes[0] < 0xE3; /* Han characters need no blank before them */
        if (when.length) text_format(text, "%s的%s", when.bytes, latin ? " " : "");
        text_append(text, title.bytes);
        text_clear(&title);
    } else {
        append_title(experiment, measure, false, text);
        if (when.length) text_format(text, " %s", when.bytes);
        if (whose.length) text_format(text, " (%s)", whose.bytes);
    }
    text_clear(&when);
    text_clear(&whose);
}

/* ---- a claim
 * ------------------------------------------------------------------------------------------------------------- */

static const char *const relation_signs[] = {
    [RELATION_LESS] = "<",       [RELATION_LESS_EQUAL] = "≤", [RELATION_MORE] = ">",
    [RELATION_MORE_EQUAL] = "≥", [RELATION_EQUAL] = "=",
};

static bool of_several_experiments(const struct lesson *lesson, const struct claim *claim) {
    int first = -1;
    for (int m = 0; m < lesson->measure_count; m++) {
        if (!claim_names(claim, m)) continue;
        if (first >= 0 && lesson->measures[m].experiment != first) return true;
        first = lesson->measures[m].experiment;
    }
    return false;
}

/* The words are filled in later, so that a brace is written twice. */
static void append_escaped(struct text *text, const char *words) {
    for (; *words; words++) text_format(text, *words == '{' ? "{%c" : "%c", *words);
}

static size_t append_name(const struct lesson *lesson, const char *at, bool apart, bool chinese, struct text *text) {
    size_t length = 1;
    while (isalnum((unsigned char)at[length]) || at[length] == '_') length++;
    for (int m = 0; m < lesson->measure_count; m++) {
        if (strlen(lesson->measures[m].name) != length || strncmp(lesson->measures[m].name, at, length) != 0) continue;
        struct text phrase = {0};
        append_measure(lesson, &lesson->measures[m], apart, chinese, &phrase);
        append_escaped(text, phrase.bytes);
        text_clear(&phrase);
        return length;
    }
    if (length == 4 && strncmp(at, "sqrt", 4) == 0)
        text_append(text, "√");
    else if (length == 2 && strncmp(at, "pi", 2) == 0)
        text_append(text, "π");
    else
        text_format(text, "%.*s", (int)length, at);
    return length;
}

/* A formula of measures as one writes it: phrases for the names, true signs, no powers of ten with an e. */
static void append_formula(const struct lesson *lesson, const char *formula, bool apart, bool chinese,
                           struct text *text) {
    static const char *const raised[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
    char number[NUMBER_TEXT], *end;
    for (const char *at = formula; *at;) {
        if (isalpha((unsigned char)*at) || *at == '_') {
            at += append_name(lesson, at, apart, chinese, text);
        } else if (isdigit((unsigned char)*at) || *at == '.') {
            double value = strtod(at, &end);
            if (end == at) end++;
            text_append(text, bare_number(value, 12, number));
            at = end;
        } else if (*at == '^' && isdigit((unsigned char)at[1]) && at[2] != '.' && !isdigit((unsigned char)at[2])) {
            text_append(text, raised[at[1] - '0']);
            at += 2;
        } else if (*at == '*') {
            text_append(text, " · ");
            at++;
            while (*at == ' ') at++;
        } else {
            text_format(text, *at == '-' ? "−" : "%c", *at);
            at++;
        }
    }
}

static char *sentence(const struct lesson *lesson, const struct claim *claim, bool chinese) {
    struct text text = {0};
    char number[NUMBER_TEXT];
    bool apart = of_several_experiments(lesson, claim);
    for (int i = 0; i < claim->side_count; i++) {
        if (i) text_format(&text, " %s ", relation_signs[claim->relations[i - 1]]);
        append_formula(lesson, claim->sides[i].text, apart, chinese, &text);
    }
    if (claim->tolerance > 0) text_format(&text, " ± %s", bare_number(claim->tolerance, 4, number));
    if (text.length && text.bytes[0] >= 'a' && text.bytes[0] <= 'z') text.bytes[0] -= 'a' - 'A';
    return text.bytes ? text.bytes : mem_copy_text("");
}

void claim_say(const struct lesson *lesson, const struct claim *claim, struct lesson_words *words) {
    words->en = sentence(lesson, claim, false);
    words->zh = sentence(lesson, claim, true);
}

/* Yes or no is said by the claim's words. */
static bool is_of_flags(const struct lesson *lesson, const struct claim *claim) {
    for (int m = 0; m < lesson->measure_count; m++) {
        enum reading reading = lesson->measures[m].reading;
        bool flag = reading == READING_DIVERGED || reading == READING_DEGENERATE || reading == READING_HESSIAN_FALLS;
        if (claim_names(claim, m) && !flag) return false;
    }
    return true;
}

enum { DIGITS = 4, DIGITS_MOST = 12 };

/* Digits enough to tell one side from the next where they differ. */
static int digits_for(double *const *sides, int count, int trials) {
    int digits = DIGITS;
    char one[NUMBER_TEXT], other[NUMBER_TEXT];
    for (int i = 1; i < count && trials == 1; i++)
        while (digits < DIGITS_MOST && sides[i - 1][0] != sides[i][0] &&
               strcmp(number_text(sides[i - 1][0], digits, one), number_text(sides[i][0], digits, other)) == 0)
            digits++;
    return digits;
}

char *claim_figures(const struct lesson *lesson, const struct claim *claim, double *const *values, int trials) {
    struct text text = {0};
    double *sides[SIDES_MAX];
    char own[160], number[NUMBER_TEXT];
    if (is_of_flags(lesson, claim)) return mem_copy_text("");
    for (int i = 0; i < claim->side_count; i++) {
        sides[i] = MEM_NEW(double, trials);
        for (int trial = 0; trial < trials; trial++)
            sides[i][trial] = side_value(&claim->sides[i], lesson, values, trial);
    }
    bool nearly = claim->tolerance > 0;
    int digits = nearly ? DIGITS : digits_for(sides, claim->side_count, trials);
    for (int i = 0; i < claim->side_count; i++) {
        values_text(sides[i], trials, digits, own, sizeof own);
        const char *shown = trials == 1 ? bare_number(sides[i][0], digits, number) : own;
        if (i) {
            enum relation relation = claim->relations[i - 1];
            double apart = fabs(values_median(sides[i - 1], trials) - values_median(sides[i], trials));
            const char *sign = relation_signs[relation];
            if (relation == RELATION_EQUAL && !(apart == 0)) sign = apart <= claim->tolerance ? "≈" : "≠";
            text_format(&text, " %s ", sign);
        }
        text_append(&text, shown);
    }
    for (int i = 0; i < claim->side_count; i++) free(sides[i]);
    if (nearly) text_format(&text, " (±%s)", bare_number(claim->tolerance, 4, number));
    return text.bytes ? text.bytes : mem_copy_text("");
}
