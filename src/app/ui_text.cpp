// Text: set, wrapped, cut to its room, measured.
extern "C" {
#include "base/text.h"
#include "base/words.h"
}

#include "app/ui_imgui.hpp"

#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <string>

using namespace ui_parts;

std::string ui_parts::wrapped(const char *text, float room) {
    bool wide = false;
    for (const char *at = text; *at; at++) wide |= static_cast<unsigned char>(*at) >= 0xe3;
    if (!wide) return text;
    std::string all;
    while (*text) {
        size_t fits = 0;
        for (size_t at = text_next_break(text, 0);; at = text_next_break(text, at)) {
            if (fits && ImGui::CalcTextSize(text, text + at).x > room) break;
            fits = at;
            if (!text[at] || text[at] == '\n') break;
        }
        all.append(text, fits);
        text += fits;
        if (!*text) break;
        if (*text == '\n') text++;
        else while (*text == ' ') text++;
        all += '\n';
    }
    return all;
}

std::string ui_parts::shortened(const char *text, float room) {
    std::string all(text);
    if (ImGui::CalcTextSize(all.c_str()).x <= room) return all;
    while (!all.empty()) {
        do all.pop_back();
        while (!all.empty() && (static_cast<unsigned char>(all.back()) & 0xc0) == 0x80);
        if (!all.empty() && (static_cast<unsigned char>(all.back()) & 0xc0) == 0xc0) all.pop_back();
        std::string with = all + "…";
        if (ImGui::CalcTextSize(with.c_str()).x <= room) return with;
    }
    return all;
}

std::string ui_parts::shortened_within(const char *text, float room) {
    std::string all(text);
    if (ImGui::CalcTextSize(text).x <= room) return all;
    auto starts = [&](size_t at) { return at >= all.size() || (static_cast<unsigned char>(all[at]) & 0xc0) != 0x80; };
    size_t head = all.size() / 2, tail = all.size() / 2; // what is kept: [0, head) and [tail, end)
    while (!starts(head)) head--;
    while (!starts(tail)) tail++;
    while (head > 0 && tail < all.size()) {
        std::string with = all.substr(0, head) + "…" + all.substr(tail);
        if (ImGui::CalcTextSize(with.c_str()).x <= room) return with;
        if (head > all.size() - tail) {
            do head--;
            while (!starts(head));
        } else {
            do tail++;
            while (!starts(tail));
        }
    }
    return shortened(text, room);
}

extern "C" {

static void show_text(struct ui *ui, unsigned style, struct color color, const char *text) {
    push_font(ui, style);
    ImGui::PushStyleColor(ImGuiCol_Text, vec(color));
    if (style & UI_IN_ROW) {
        float lift = (ui->px(row_height) - ImGui::GetTextLineHeight()) / 2;
        std::string shown = style & UI_CLIPPED ? shortened(text, ImGui::GetContentRegionAvail().x) : std::string(text);
        ImVec2 at = ImGui::GetCursorScreenPos();
        ImVec2 extent = ImGui::CalcTextSize(shown.c_str());
        ImGui::Dummy(ImVec2(extent.x, ui->px(row_height)));
        ImGui::GetWindowDrawList()->AddText(ImVec2(at.x, std::floor(at.y + lift)), packed(color), shown.c_str());
    } else if (style & UI_WRAPPED) {
        float edge = ImGui::GetContentRegionMax().x - ui->px(ui->margin);
        ImGui::PushTextWrapPos(edge);
        ImGui::TextUnformatted(wrapped(text, ImGui::GetContentRegionAvail().x - ui->px(ui->margin)).c_str());
        ImGui::PopTextWrapPos();
    } else if (style & UI_CLIPPED) {
        ImGui::TextUnformatted(shortened(text, ImGui::GetContentRegionAvail().x).c_str());
    } else {
        ImGui::TextUnformatted(text);
    }
    ImGui::PopStyleColor();
    ImGui::PopFont();
}

static color ink_of(const struct ui *ui, unsigned style) {
    return style & UI_WARNING ? warning_color(ui) : style & UI_FAINT ? ui->colors->faint_ink : ui->colors->ink;
}

void ui_text_color(struct ui *ui, unsigned style, struct color color, const char *text) {
    if (style & UI_AS_IS) note_glyphs(ui, text);
    show_text(ui, style, color, style & UI_AS_IS ? text : said(ui, text));
}

void ui_text_within(struct ui *ui, unsigned style, float room, const char *text) {
    push_font(ui, style);
    std::string shown = shortened(said(ui, text), ui->px(room));
    ImGui::PopFont();
    show_text(ui, style, ink_of(ui, style), shown.c_str());
}

void ui_text(struct ui *ui, unsigned style, const char *text) {
    ui_text_color(ui, style, ink_of(ui, style), text);
}

void ui_textf(struct ui *ui, unsigned style, const char *format, ...) {
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    text_print_list(text, sizeof text, format, arguments);
    va_end(arguments);
    ui_text(ui, style, text);
}

void ui_foresee(struct ui *ui, const char *text) {
    note_glyphs(ui, text);
}

float ui_text_width(struct ui *ui, unsigned style, const char *text) {
    push_font(ui, style);
    const char *shown = style & UI_AS_IS ? text : words_say(ui->words, text);
    float width = ImGui::CalcTextSize(shown).x / ui->scale;
    ImGui::PopFont();
    return width;
}

} // extern "C"
