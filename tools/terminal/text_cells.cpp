#include "tools/terminal/text_cells.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <span>

namespace lockstep::tools {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};
// From Unicode's EastAsianWidth.txt (W and F), joined where nothing assigned lies between.
constexpr Range kWide[] = {
    {0x1100, 0x115f},   {0x231a, 0x231b},   {0x23e9, 0x23ec},   {0x25fd, 0x25fe},   {0x2614, 0x2615},
    {0x2648, 0x2653},   {0x26a1, 0x26a1},   {0x26aa, 0x26ab},   {0x26bd, 0x26be},   {0x26c4, 0x26c5},
    {0x2705, 0x2705},   {0x270a, 0x270b},   {0x2728, 0x2728},   {0x274c, 0x274c},   {0x2753, 0x2757},
    {0x2b1b, 0x2b1c},   {0x2b50, 0x2b55},   {0x2e80, 0x303e},   {0x3041, 0xa4cf},   {0xa960, 0xa97c},
    {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe10, 0xfe19},   {0xfe30, 0xfe6b},   {0xff01, 0xff60},
    {0xffe0, 0xffe6},   {0x16fe0, 0x18cff}, {0x1b000, 0x1b2fb}, {0x1f004, 0x1f004}, {0x1f0cf, 0x1f0cf},
    {0x1f18e, 0x1f19a}, {0x1f200, 0x1f320}, {0x1f32d, 0x1f393}, {0x1f3a0, 0x1f4fc}, {0x1f4ff, 0x1f53d},
    {0x1f54b, 0x1f567}, {0x1f5fb, 0x1f64f}, {0x1f680, 0x1f6fc}, {0x1f7e0, 0x1f7eb}, {0x1f90c, 0x1faff},
    {0x20000, 0x3fffd}};
// Marks that stand on the character before them.
constexpr Range kCombining[] = {{0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x064b, 0x065f},
                                {0x0e31, 0x0e31}, {0x0e34, 0x0e3a}, {0x0e47, 0x0e4e}, {0x1ab0, 0x1aff},
                                {0x1dc0, 0x1dff}, {0x20d0, 0x20f0}, {0x302a, 0x302d}, {0xfe00, 0xfe0f},
                                {0xfe20, 0xfe2f}};
// C1 controls, soft hyphen, fillers, zero-width and direction-changing characters, byte order mark, tags.
constexpr Range kHidden[] = {{0x0080, 0x009f},  {0x00ad, 0x00ad}, {0x061c, 0x061c}, {0x115f, 0x1160},
                             {0x180b, 0x180f},  {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},
                             {0x3164, 0x3164},  {0xfeff, 0xfeff}, {0xffa0, 0xffa0}, {0xfff0, 0xfffb},
                             {0xe0000, 0xe0fff}};

bool is_in(char32_t point, std::span<const Range> ranges) {
  const auto after = std::upper_bound(ranges.begin(), ranges.end(), point,
                                      [](char32_t value, const Range& range) { return value < range.first; });
  return after != ranges.begin() && point <= std::prev(after)->last;
}

/// One character off the front of `text`; bytes 0 when there is no UTF-8 sequence.
struct Character {
  char32_t point = 0;
  std::size_t bytes = 0;
};

Character decode(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes) return {};
  char32_t point = lead & (0x7fu >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    point = (point << 6) | (byte(i) & 0x3f);
  }
  constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = point >= 0xd800 && point <= 0xdfff;
  return point < kLeast[bytes] || point > 0x10ffff || is_surrogate ? Character{} : Character{point, bytes};
}

std::size_t width_of(char32_t point) {
  if (is_in(point, kCombining)) return 0;
  return is_in(point, kWide) ? 2 : 1;
}

}  // namespace

std::string printable(std::string_view text, bool has_unicode) {
  std::string out;
  while (!text.empty()) {
    const Character character = decode(text);
    const char32_t point = character.point;
    const std::size_t bytes = std::max<std::size_t>(1, character.bytes);
    const bool is_control = point < 0x20 || point == 0x7f;
    if (character.bytes == 0 || is_control) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(text.front()));
    } else if (is_in(point, kHidden) || (point >= 0x80 && !has_unicode)) {
      fmt::format_to(std::back_inserter(out), "\\u{{{:x}}}", static_cast<std::uint32_t>(point));
    } else {
      out += text.substr(0, bytes);
    }
    text.remove_prefix(bytes);
  }
  return out;
}

std::size_t cells(std::string_view text) {
  std::size_t sum = 0;
  while (!text.empty()) {
    const Character character = decode(text);
    sum += width_of(character.point);
    text.remove_prefix(std::max<std::size_t>(1, character.bytes));
  }
  return sum;
}

std::string fit(std::string_view text, std::size_t width, Align align, bool has_unicode) {
  const std::size_t used = cells(text);
  if (used <= width) {
    const std::string padding(width - used, ' ');
    return align == Align::right ? padding + std::string(text) : std::string(text) + padding;
  }
  if (width == 0) return {};
  std::string out;
  std::size_t filled = 0;
  while (!text.empty()) {
    const Character character = decode(text);
    const std::size_t bytes = std::max<std::size_t>(1, character.bytes);
    const std::size_t next = width_of(character.point);
    if (filled + next > width - 1) break;
    out += text.substr(0, bytes);
    filled += next;
    text.remove_prefix(bytes);
  }
  out += has_unicode ? "\xe2\x80\xa6" : "~";
  out.append(width - 1 - filled, ' ');
  return out;
}

}  // namespace lockstep::tools
