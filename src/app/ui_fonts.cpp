// Which fonts hold the letters shown, and the atlas made of them.
#include "app/ui_imgui.hpp"

#include "app/fonts.h"
#include "scene/style.h"

#if __has_include(<backends/imgui_impl_opengl3.h>)
#include <backends/imgui_impl_opengl3.h>
#else
#include <imgui_impl_opengl3.h>
#endif

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cmath>
#include <string>
#include <vector>

using namespace ui_parts;

namespace {

constexpr float font_sizes[FONT_COUNT] = {STYLE_SMALL, STYLE_SMALL, STYLE_BODY, STYLE_BODY,
                                         STYLE_TITLE, STYLE_LARGE, STYLE_LARGE};

uint32_t next_code_point(const char *&text) {
    auto byte = [&] { return uint32_t(static_cast<unsigned char>(*text)); };
    uint32_t first = byte();
    text++;
    int more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0;
    uint32_t value = more == 3 ? first & 7 : more == 2 ? first & 15 : more == 1 ? first & 31 : first;
    for (; more > 0 && (byte() & 0xc0) == 0x80; more--, text++) value = value << 6 | (byte() & 63);
    return value;
}

} // namespace

void ui_parts::forget_font_maps(ui *ui) {
    for (const font_map &map : ui->font_maps) munmap(map.bytes, map.size);
    ui->font_maps.clear();
}

void ui_parts::note_glyphs(ui *ui, const char *text) {
    while (*text) {
        uint32_t code = next_code_point(text);
        if (code < 0x80 || code > 0xffff || ui->glyphs.test(code)) continue;
        ui->glyphs.set(code);
        ui->fonts_stale = true;
        ui->wake_at = 0;
    }
}

namespace {

ImFont *font_of(const ui *ui, unsigned style) {
    unsigned size = style & UI_SIZE_MASK;
    bool bold = (style & UI_BOLD) != 0;
    return ui->fonts[size == UI_LARGE   ? (bold ? FONT_LARGE_BOLD : FONT_LARGE)
                     : size == UI_TITLE ? FONT_TITLE
                     : size == UI_BODY ? (bold ? FONT_BODY_BOLD : FONT_BODY)
                                       : (bold ? FONT_SMALL_BOLD : FONT_SMALL)];
}

} // namespace

void ui_parts::push_font(const ui *ui, unsigned style) {
#if IMGUI_VERSION_NUM >= 19200
    ImFont *font = font_of(ui, style);
    ImGui::PushFont(font, font->LegacySize);
#else
    ImGui::PushFont(font_of(ui, style));
#endif
}

namespace {

// Digits of one width, so that figures do not dance while they change.
void make_digits_tabular(ImFont *font) {
#if IMGUI_VERSION_NUM < 19200
    float widest = 0;
    for (ImWchar c = '0'; c <= '9'; c++) widest = std::max(widest, font->GetCharAdvance(c));
    for (int i = 0; i < font->Glyphs.Size; i++) {
        ImFontGlyph &glyph = font->Glyphs[i];
        if (glyph.Codepoint < '0' || glyph.Codepoint > '9') continue;
        float shift = std::floor((widest - glyph.AdvanceX) / 2);
        glyph.X0 += shift;
        glyph.X1 += shift;
        glyph.AdvanceX = widest;
    }
    font->BuildLookupTable();
#else
    (void)font;
#endif
}

// Dear ImGui would read a file once for each size and weight: of a Han font that is megabytes each time, of which a few
// glyphs are looked at.
const font_map *mapped(ui *ui, const char *path) {
    for (const font_map &map : ui->font_maps)
        if (map.path == path) return &map;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat facts;
    void *bytes = MAP_FAILED;
    if (file >= 0 && fstat(file, &facts) == 0 && facts.st_size > 100 && facts.st_size < INT_MAX)
        bytes = mmap(nullptr, size_t(facts.st_size), PROT_READ, MAP_PRIVATE, file, 0);
    if (file >= 0) close(file);
    if (bytes == MAP_FAILED) return nullptr;
    ui->font_maps.push_back({path, bytes, size_t(facts.st_size)});
    return &ui->font_maps.back();
}

#if IMGUI_VERSION_NUM < 19200
// The atlas must not give back what is not its own.
void take_back_maps(ui *ui) {
    for (ImFontConfig &config : ImGui::GetIO().Fonts->ConfigData)
        for (const font_map &map : ui->font_maps)
            if (config.FontData == map.bytes) config.FontData = nullptr, config.FontDataOwnedByAtlas = false;
    forget_font_maps(ui);
}
#endif

void add_font(ui *ui, font_slot slot, const font_file &file, bool merge, const std::vector<ImWchar> &ranges,
              bool embolden = false) {
    ImFontConfig config;
    config.FontNo = file.index;
#if IMGUI_VERSION_NUM >= 19200
    config.FontDataOwnedByAtlas = false; // before, it makes a copy then
#endif
    config.MergeMode = merge;
    config.OversampleH = 2;
    config.OversampleV = 1;
    config.PixelSnapH = false;
    if (embolden) config.RasterizerMultiply = 1.5f; // many Han fonts come in one weight only
    float size = font_sizes[slot] * ui->scale * font_line_ratio(&file);
#if IMGUI_VERSION_NUM < 19200
    size *= ui->ratio;
#endif
    ImFontAtlas *atlas = ImGui::GetIO().Fonts;
    const font_map *map = mapped(ui, file.path);
    ImFont *font = map ? atlas->AddFontFromMemoryTTF(map->bytes, int(map->size), size, &config, ranges.data())
                       : atlas->AddFontFromFileTTF(file.path, size, &config, ranges.data());
    if (!merge) ui->fonts[slot] = font;
}

} // namespace

void ui_parts::build_fonts(ui *ui) {
    ImGuiIO &io = ImGui::GetIO();
    io.Fonts->Clear();
    forget_font_maps(ui);
    io.Fonts->Flags |= ImFontAtlasFlags_NoPowerOfTwoHeight | ImFontAtlasFlags_NoMouseCursors;

    static const char *const reading[] = {"Inter", "DejaVu Sans", "Noto Sans", "Liberation Sans", "Arial", nullptr};
    static const char *const mathematics[] = {"DejaVu Sans", "Noto Sans Math", "FreeSans", nullptr};
    font_file regular, bold, symbols;
    bool have = font_find(reading, false, &regular);
    if (!have) {
        uint32_t letter = 'a';
        have = font_find_covering(&letter, 1, false, &regular);
    }
    if (!have || !font_find(reading, true, &bold)) bold = regular;

    std::vector<uint32_t> wanted;
    for (uint32_t code = 0xa0; code < 0x10000; code++)
        if (ui->glyphs.test(code)) wanted.push_back(code);
    // The atlas keeps pointers to the ranges until it is built.
    std::vector<ImWchar> ranges{0x20, 0x7e};
    for (uint32_t code : wanted) ranges.insert(ranges.end(), {ImWchar(code), ImWchar(code)});
    ranges.push_back(0);

    if (!have) {
        for (ImFont *&font : ui->fonts) font = io.Fonts->AddFontDefault();
    } else {
        std::vector<font_file> stand_ins, heavy_stand_ins;
        std::vector<uint32_t> missing = wanted;
        auto cover = [&](const font_file &file) {
            size_t left = font_missing(&file, missing.data(), missing.size());
            bool helps = left < missing.size();
            missing.resize(left);
            return helps;
        };
        cover(regular);
        if (!missing.empty() && font_find(mathematics, false, &symbols) && cover(symbols)) stand_ins.push_back(symbols);
        while (!missing.empty()) {
            font_file other, heavier;
            std::vector<uint32_t> covered = missing;
            if (!font_find_covering(missing.data(), missing.size(), false, &other) || !cover(other)) break;
            stand_ins.push_back(other);
            heavy_stand_ins.resize(stand_ins.size() - 1, symbols);
            bool found = font_find_covering(covered.data(), covered.size(), true, &heavier) && heavier.bold &&
                         font_missing(&heavier, covered.data(), covered.size()) <= missing.size();
            heavy_stand_ins.push_back(found ? heavier : other);
        }
        for (size_t i = heavy_stand_ins.size(); i < stand_ins.size(); i++) heavy_stand_ins.push_back(stand_ins[i]);
        for (int slot = 0; slot < FONT_COUNT; slot++) {
            bool heavy = slot == FONT_SMALL_BOLD || slot == FONT_BODY_BOLD || slot == FONT_TITLE ||
                         slot == FONT_LARGE_BOLD;
            add_font(ui, font_slot(slot), heavy ? bold : regular, false, ranges);
            for (const font_file &file : heavy ? heavy_stand_ins : stand_ins)
                add_font(ui, font_slot(slot), file, true, ranges, heavy && !file.bold);
        }
    }
    io.FontDefault = ui->fonts[FONT_SMALL];
#if IMGUI_VERSION_NUM < 19200
    io.Fonts->Build();
    take_back_maps(ui);
    for (ImFont *font : ui->fonts) make_digits_tabular(font);
    io.FontGlobalScale = 1 / ui->ratio;
    ImGui_ImplOpenGL3_DestroyFontsTexture();
    ImGui_ImplOpenGL3_CreateFontsTexture();
#endif
    ui_forget_frame(ui);
    ui->fonts_stale = false;
}
