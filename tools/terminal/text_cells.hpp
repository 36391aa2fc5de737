// Text on a terminal: how wide it is, and what must not be sent there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace lockstep::tools {

/// `text` with everything escaped that could move the cursor, change colours or reorder what is shown:
/// control characters and bytes that are not UTF-8 as \x1b, invisible and direction-changing characters as
/// \u{202e}. Without `has_unicode` all characters beyond ASCII.
std::string printable(std::string_view text, bool has_unicode = true);

/// Columns that printable text takes: wide East Asian characters and emoji take two, combining marks none.
std::size_t cells(std::string_view printable_text);

enum class Align : std::uint8_t { left, right };
/// Printable text in exactly `width` columns: padded, or cut with an ellipsis ("~" without `has_unicode`).
std::string fit(std::string_view printable_text, std::size_t width, Align align = Align::left,
                bool has_unicode = true);

}  // namespace lockstep::tools
