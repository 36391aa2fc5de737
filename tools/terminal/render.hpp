// The table as text: a pure function.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tools/terminal/view.hpp"

namespace lockstep::tools {

struct RenderStyle {
  bool has_color = true;
  bool has_unicode = true;
};

/// At most `height` lines of exactly or at most `width` columns, without line ends; colours are ANSI
/// sequences that end within their line. Line 0 is the header, line 1 the column titles; rows follow in
/// order. Columns that do not fit are left out, the least needed first; rows that do not fit are counted in
/// the last line.
std::vector<std::string> render_lines(const View& view, std::size_t width, std::size_t height,
                                      RenderStyle style = {});
/// The lines joined by line feeds.
std::string render(const View& view, std::size_t width, std::size_t height, RenderStyle style = {});

/// 950ms, 12s, 3m05s, 2h10m, 3d04h; "-" when negative.
std::string age_text(std::int64_t age_ms);

}  // namespace lockstep::tools
