// What of the window looks other than in the frame before: where the processor draws, the rest is not drawn again. The
// window is looked at in tiles; a tile's digest is that of all triangles that touch it, in their order.
#include "app/ui_imgui.hpp"

#include <algorithm>
#include <cstring>

namespace {

constexpr int tile = 32; // pixels

uint64_t mixed_in(uint64_t digest, uint64_t value) {
    digest = (digest ^ value) * 0x9e3779b97f4a7c15u;
    return digest ^ (digest >> 29);
}

uint64_t digest_of(const ImDrawVert &vertex, uint64_t digest) {
    uint64_t words[3] = {};
    static_assert(sizeof vertex <= sizeof words, "a vertex is digested whole");
    std::memcpy(words, &vertex, sizeof vertex);
    for (uint64_t word : words) digest = mixed_in(digest, word);
    return digest;
}

struct grid {
    int columns, rows;
    std::vector<uint64_t> &tiles;
    void touch(float left, float top, float right, float bottom, uint64_t digest) const {
        if (!(right >= left && bottom >= top)) return;
        int first = std::max(int(std::floor(left)) / tile, 0), last = std::min(int(right) / tile, columns - 1);
        int high = std::max(int(std::floor(top)) / tile, 0), low = std::min(int(bottom) / tile, rows - 1);
        for (int row = high; row <= low; row++)
            for (int column = first; column <= last; column++) {
                uint64_t &one = tiles[size_t(row * columns + column)];
                one = mixed_in(one, digest);
            }
    }
};

void digest_list(const ImDrawList &list, const ImDrawData &data, uint64_t salt, const grid &grid) {
    ImVec2 scale = data.FramebufferScale;
    for (const ImDrawCmd &command : list.CmdBuffer) {
        uint64_t begin = mixed_in(salt, uint64_t(intptr_t(command.GetTexID())));
        float bounds[4] = {command.ClipRect.x, command.ClipRect.y, command.ClipRect.z, command.ClipRect.w};
        for (float bound : bounds) begin = mixed_in(begin, uint64_t(int64_t(bound * 64)));
        const ImDrawVert *vertices = list.VtxBuffer.Data + command.VtxOffset;
        const ImDrawIdx *indices = list.IdxBuffer.Data + command.IdxOffset;
        for (unsigned i = 0; i + 2 < command.ElemCount; i += 3) {
            const ImDrawVert &a = vertices[indices[i]], &b = vertices[indices[i + 1]], &c = vertices[indices[i + 2]];
            float left = std::max(std::min({a.pos.x, b.pos.x, c.pos.x}), bounds[0]);
            float top = std::max(std::min({a.pos.y, b.pos.y, c.pos.y}), bounds[1]);
            float right = std::min(std::max({a.pos.x, b.pos.x, c.pos.x}), bounds[2]);
            float bottom = std::min(std::max({a.pos.y, b.pos.y, c.pos.y}), bounds[3]);
            grid.touch((left - data.DisplayPos.x) * scale.x, (top - data.DisplayPos.y) * scale.y,
                       (right - data.DisplayPos.x) * scale.x, (bottom - data.DisplayPos.y) * scale.y,
                       digest_of(c, digest_of(b, digest_of(a, begin))));
        }
    }
}

struct box { // of tiles, ends excluded
    int left, top, right, bottom;
    int area() const {
        return (right - left) * (bottom - top);
    }
    bool meets(const box &other) const {
        return left < other.right && other.left < right && top < other.bottom && other.top < bottom;
    }
    box with(const box &other) const {
        return {std::min(left, other.left), std::min(top, other.top), std::max(right, other.right),
                std::max(bottom, other.bottom)};
    }
};

// Runs of rows, grown downwards while the next row has the same run.
std::vector<box> boxes_of(const std::vector<bool> &changed, int columns, int rows) {
    std::vector<box> boxes;
    for (int row = 0; row < rows; row++)
        for (int column = 0; column < columns; column++) {
            if (!changed[size_t(row * columns + column)]) continue;
            int end = column + 1;
            while (end < columns && changed[size_t(row * columns + end)]) end++;
            auto above = std::find_if(boxes.begin(), boxes.end(), [&](const box &one) {
                return one.bottom == row && one.left == column && one.right == end;
            });
            if (above != boxes.end())
                above->bottom++;
            else
                boxes.push_back({column, row, end, row + 1});
            column = end;
        }
    return boxes;
}

// Until they are few, the two that make the least of unchanged ground; and always those that meet, since what is drawn
// twice would be twice as dark where it is translucent.
void unite(std::vector<box> &boxes) {
    for (;;) {
        size_t one = 0, other = 0;
        int least = INT32_MAX;
        for (size_t i = 0; i < boxes.size(); i++)
            for (size_t k = i + 1; k < boxes.size(); k++) {
                box both = boxes[i].with(boxes[k]);
                int more = boxes[i].meets(boxes[k]) ? -1 : both.area() - boxes[i].area() - boxes[k].area();
                if (more < least) least = more, one = i, other = k;
            }
        if (least > 0 && boxes.size() <= UI_MOST_CHANGES) return;
        boxes[one] = boxes[one].with(boxes[other]);
        boxes.erase(boxes.begin() + ptrdiff_t(other));
    }
}

} // namespace

extern "C" {

void ui_pictures_changed(struct ui *ui) {
    ui->pictures++;
}

void ui_forget_frame(struct ui *ui) {
    ui->tiles.clear();
}

int ui_changes(struct ui *ui, const struct pixel_rect *apart, bool *apart_changed, struct pixel_rect *changes) {
    ImGui::SetCurrentContext(ui->context);
    const ImDrawData *data = ImGui::GetDrawData();
    int width = int(data->DisplaySize.x * data->FramebufferScale.x + 0.5f);
    int height = int(data->DisplaySize.y * data->FramebufferScale.y + 0.5f);
    int columns = (width + tile - 1) / tile, rows = (height + tile - 1) / tile;
    if (columns < 1 || rows < 1) return 0;
    std::vector<uint64_t> tiles(size_t(columns * rows), 1);
    grid grid{columns, rows, tiles};
    for (int i = 0; i < data->CmdListsCount; i++) digest_list(*data->CmdLists[i], *data, ui->pictures, grid);
    std::vector<bool> changed(tiles.size(), true);
    if (ui->tiles.size() == tiles.size() && ui->tile_columns == columns)
        for (size_t i = 0; i < tiles.size(); i++) changed[i] = tiles[i] != ui->tiles[i];
    ui->tiles.swap(tiles);
    ui->tile_columns = columns;
    box scene{std::max(apart->x / tile, 0), std::max(apart->y / tile, 0),
              std::min((apart->x + apart->width + tile - 1) / tile, columns),
              std::min((apart->y + apart->height + tile - 1) / tile, rows)};
    auto over_scene = [&](auto &&act) {
        for (int row = scene.top; row < scene.bottom; row++)
            for (int column = scene.left; column < scene.right; column++) act(size_t(row * columns + column));
    };
    over_scene([&](size_t i) { *apart_changed |= changed[i]; });
    if (*apart_changed) over_scene([&](size_t i) { changed[i] = true; });
    std::vector<box> boxes = boxes_of(changed, columns, rows);
    unite(boxes);
    int count = 0;
    for (const box &one : boxes) {
        int left = one.left * tile, top = one.top * tile;
        changes[count++] = {left, top, std::min(one.right * tile, width) - left,
                            std::min(one.bottom * tile, height) - top};
    }
    return count;
}

void ui_draw_changes(struct ui *ui, const struct pixel_rect *changes, int count) {
    ImGui::SetCurrentContext(ui->context);
    ImDrawData *data = ImGui::GetDrawData();
    std::vector<ImVector<ImDrawCmd>> kept{size_t(data->CmdListsCount)};
    ImVec2 scale = data->FramebufferScale, corner = data->DisplayPos;
    for (int i = 0; i < data->CmdListsCount; i++) {
        ImVector<ImDrawCmd> &commands = data->CmdLists[i]->CmdBuffer;
        commands.swap(kept[size_t(i)]);
        for (const ImDrawCmd &command : kept[size_t(i)])
            for (int k = 0; k < count; k++) {
                ImDrawCmd part = command;
                float left = corner.x + float(changes[k].x) / scale.x, top = corner.y + float(changes[k].y) / scale.y;
                part.ClipRect.x = std::max(part.ClipRect.x, left);
                part.ClipRect.y = std::max(part.ClipRect.y, top);
                part.ClipRect.z = std::min(part.ClipRect.z, left + float(changes[k].width) / scale.x);
                part.ClipRect.w = std::min(part.ClipRect.w, top + float(changes[k].height) / scale.y);
                if (part.ClipRect.z > part.ClipRect.x && part.ClipRect.w > part.ClipRect.y) commands.push_back(part);
            }
    }
    ui_draw(ui);
    for (int i = 0; i < data->CmdListsCount; i++) data->CmdLists[i]->CmdBuffer.swap(kept[size_t(i)]);
}

} // extern "C"
