#include "lesson/lesson_parts.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* The notes' own section names where they have them. */
const struct lecture_section lecture_sections[] = {
    {"1.1a", {"Model bias: too simple a model", "模型偏差"}},
    {"1.1b", {"Optimization fails: deep against shallow", "优化问题"}},
    {"1.2a", {"Overfitting and its cures", "过拟合"}},
    {"1.2b", {"Choosing the model: validation", "交叉验证"}},
    {"1.2c", {"Mismatch of training and test data", "不匹配"}},
    {"1.3", {"Which problem do I have?", "任务攻略"}},
    {"2.1", {"Where the gradient is zero", "临界点"}},
    {"2.2", {"Taylor: minimum, maximum or saddle?", "判断临界点种类的方法"}},
    {"2.3", {"An example: y = w₁w₂x", "鞍点的例子"}},
    {"2.4", {"Escape from the saddle", "逃离鞍点的方法"}},
    {"2.5", {"True local minima are rare", "局部最小值与鞍点"}},
    {"3.1a", {"Large and small batches", "批次"}},
    {"3.1b", {"What a batch costs", "批次大小与计算时间"}},
    {"3.1c", {"The noise of small batches helps", "小批次的好处"}},
    {"3.1d", {"Large batches made good", "兼顾大小批次"}},
    {"3.2", {"Momentum", "动量"}},
    {"4.0a", {"Stuck without a critical point", "训练停止不等于临界点"}},
    {"4.0b", {"A long bowl and one learning rate", "一个学习率不够"}},
    {"4.1", {"A rate for each parameter: Adagrad", "Adagrad"}},
    {"4.2", {"RMSProp", "RMSProp"}},
    {"4.3", {"Adam", "Adam"}},
    {"4.4", {"Learning-rate scheduling", "学习率调度"}},
    {"4.5", {"All of it in one formula", "优化总结"}},
    {"5.1", {"Classification: softmax and sigmoid", "分类"}},
    {"5.2", {"Cross-entropy against squared error", "损失函数"}},
    {"6.1", {"Features of different scale", "特征标准化"}},
    {"6.2", {"Batch normalization in deep nets", "批次标准化"}},
    {"6.3", {"γ and β", "γ 与 β"}},
    {"6.4", {"At test time", "测试时的批次标准化"}},
    {"6.5", {"Other normalizations", "其他标准化方法"}},
};
const size_t lecture_section_count = sizeof lecture_sections / sizeof *lecture_sections;

const char *const lesson_analysis_names[LESSON_ANALYSES] = {"spectrum",      "taylor", "seek",   "line",  "sharpness",
                                                            "minimum-ratio", "tune",   "basins", "slices"};
const char *const lesson_curve_names[LESSON_CURVES] = {"loss", "accuracy", "gradient", "rate", "sharpness", "distance"};

void words_release(struct lesson_words *words) {
    free(words->en);
    free(words->zh);
}

void lesson_destroy(struct lesson **lesson) {
    if (!lesson || !*lesson) return;
    struct lesson *old = *lesson;
    for (int i = 0; i < old->step_count; i++) {
        struct lesson_step *step = &old->steps[i];
        words_release(&step->text);
        words_release(&step->question);
        words_release(&step->answer);
        for (int k = 0; k < step->claim_count; k++) {
            free(step->claims[k].text);
            words_release(&step->claims[k].words);
            claim_destroy(&step->claims[k].claim);
        }
        free(step->claims);
        show_release(&step->show);
    }
    free(old->steps);
    for (int i = 0; i < old->measure_count; i++) measure_release(&old->measures[i]);
    free(old->measures);
    for (int i = 0; i < old->experiment_count; i++) {
        free(old->experiments[i].name);
        experiment_destroy(&old->experiments[i].experiment);
    }
    free(old->experiments);
    for (int i = 0; i < old->section_count; i++) free(old->sections[i]);
    free(old->sections);
    words_release(&old->title);
    free(old->name);
    free(old->path);
    free(old);
    *lesson = NULL;
}

/* ---- by name
 * ------------------------------------------------------------------------------------------------------------ */

static struct lesson *load_file(const char *path, struct error *error) {
    size_t length;
    char *text = file_read(path, YAML_TREE_BYTES, &length, error);
    struct lesson *lesson = text ? lesson_parse(text, length, path, error) : NULL;
    free(text);
    return lesson;
}

struct lesson *lesson_load(const char *name_or_path, struct error *error) {
    if (strchr(name_or_path, '/') || path_ends(name_or_path, ".yaml") || path_ends(name_or_path, ".yml"))
        return load_file(name_or_path, error);
    size_t count, found = 0;
    struct asset *assets = assets_list("lessons", &count, error);
    if (!assets) return NULL;
    while (found < count && strcmp(assets[found].name, name_or_path) != 0) found++;
    struct lesson *lesson = NULL;
    if (found < count) {
        lesson = load_file(assets[found].path, error);
    } else {
        const char **names = MEM_NEW(const char *, count);
        for (size_t i = 0; i < count; i++) names[i] = assets[i].name;
        const char *near = text_nearest(name_or_path, names, count);
        free(names);
        if (near)
            error_set(error, ERROR_INPUT, "there is no lesson \"%.80s\"; did you mean %s?", name_or_path, near);
        else
            error_set(error, ERROR_INPUT, "there is no lesson \"%.80s\"; `saddlescope lesson list` names them",
                      name_or_path);
    }
    assets_destroy(&assets, count);
    return lesson;
}

static int compare_listings(const void *a, const void *b) {
    const struct lesson_listing *one = a, *other = b;
    int64_t first = one->lesson ? one->lesson->order : INT64_MAX,
            second = other->lesson ? other->lesson->order : INT64_MAX;
    if (first != second) return first < second ? -1 : 1;
    return strcmp(one->path, other->path);
}

struct lesson_listing *lesson_list(size_t *count, struct error *error) {
    struct asset *assets = assets_list("lessons", count, error);
    if (!assets) return NULL;
    struct lesson_listing *listing = MEM_NEW(struct lesson_listing, *count + 1);
    for (size_t i = 0; i < *count; i++) {
        listing[i].path = mem_copy_text(assets[i].path);
        listing[i].lesson = load_file(listing[i].path, &listing[i].error);
    }
    assets_destroy(&assets, *count);
    qsort(listing, *count, sizeof *listing, compare_listings);
    return listing;
}

void lesson_listing_destroy(struct lesson_listing **listing, size_t count) {
    if (!listing || !*listing) return;
    for (size_t i = 0; i < count; i++) {
        free((*listing)[i].path);
        lesson_destroy(&(*listing)[i].lesson);
    }
    free(*listing);
    *listing = NULL;
}
