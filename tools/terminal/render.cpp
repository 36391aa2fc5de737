#include "tools/terminal/render.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>
#include <utility>

#include "tools/terminal/text_cells.hpp"

namespace lockstep::tools {
namespace {

constexpr std::string_view kGap = "  ";
constexpr std::size_t kHeadLines = 2;

constexpr std::string_view kGreen = "32";
constexpr std::string_view kRed = "31";
constexpr std::string_view kYellow = "33";
constexpr std::string_view kDim = "2";
constexpr std::string_view kBold = "1";

std::string colored(std::string text, std::string_view code, const RenderStyle& style) {
  if (!style.has_color || code.empty()) return text;
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

struct Cell {
  std::string text;  // printable
  std::string_view color;
};

struct Column {
  std::string_view title;
  Align align = Align::left;
  int drop_order = 0;  // 1 goes first when the width is short; 0 stays
  std::size_t width_max = 24;
  Cell (*cell)(const ViewRow&, const RenderStyle&) = nullptr;
};

Cell price_cell(const ViewRow& row, const RenderStyle& style) {
  return {row.price.empty() ? "-" : printable(row.price, style.has_unicode), row.is_valid ? "" : kDim};
}

std::string_view sign_color(double value) {
  return value > 0 ? kGreen : value < 0 ? kRed : std::string_view();
}

Cell average_cell(const ViewRow& row, const RenderStyle&) {
  if (std::isnan(row.average)) return {"-", kDim};
  return {fmt::format("{:+.3f}", row.average), row.is_valid ? sign_color(row.average) : kDim};
}

/// -1 to 1 as a bar that grows from the middle.
Cell gauge_cell(const ViewRow& row, const RenderStyle& style) {
  constexpr int kHalf = 5;
  const double average = std::isnan(row.average) ? 0 : std::clamp(row.average, -1.0, 1.0);
  const int filled = static_cast<int>(std::lround(average * kHalf));
  const std::string_view full = style.has_unicode ? "\xe2\x96\xa0" : "#";
  std::string text;
  for (int at = -kHalf; at <= kHalf; ++at) {
    const bool is_filled =
        at != 0 && ((filled > 0 && at > 0 && at <= filled) || (filled < 0 && at < 0 && at >= filled));
    if (at == 0) {
      text += '|';
    } else if (is_filled) {
      text += full;
    } else {
      text += style.has_unicode ? "\xc2\xb7" : ".";
    }
  }
  return {text, row.is_valid ? sign_color(average) : kDim};
}

Cell direction_cell(const ViewRow& row, const RenderStyle&) {
  if (row.direction == 0) return {"-", kDim};
  return {row.direction > 0 ? "LONG" : "SHORT", row.is_valid ? sign_color(row.direction) : kDim};
}

std::string clock_text(std::int64_t ts_ms) {
  const std::int64_t minutes = ts_ms / 60'000;
  return fmt::format("{:02}:{:02}", minutes / 60 % 24, minutes % 60);
}

Cell event_cell(const ViewRow& row, const RenderStyle& style) {
  if (row.event.empty()) return {"-", kDim};
  const std::string text = printable(row.event, style.has_unicode) + " " + clock_text(row.ts_event_ms);
  return {text, row.event == "long" ? kGreen : row.event == "short" ? kRed : std::string_view()};
}

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

std::string_view state_color(const std::string& name) {
  const std::string state = lower(name);
  if (state == "live") return kGreen;
  if (state == "halted" || state == "rejected" || state == "retired") return kRed;
  return kYellow;
}

Cell state_cell(const ViewRow& row, const RenderStyle& style) {
  std::string text = printable(row.state, style.has_unicode);
  if (!row.reason.empty() && row.reason != "none") text += ": " + printable(row.reason, style.has_unicode);
  return {text, state_color(row.state)};
}

Cell age_cell(const ViewRow& row, const RenderStyle&) {
  return {age_text(row.age_ms), row.is_valid ? std::string_view() : kYellow};
}

Cell venue_cell(const ViewRow& row, const RenderStyle& style) {
  return {printable(row.venue, style.has_unicode), kDim};
}

Cell symbol_cell(const ViewRow& row, const RenderStyle& style) {
  return {printable(row.symbol, style.has_unicode), kBold};
}

Cell interval_cell(const ViewRow& row, const RenderStyle& style) {
  return {printable(row.interval, style.has_unicode), {}};
}

const std::vector<Column>& all_columns() {
  static const std::vector<Column> columns = {
      {"VENUE", Align::left, 2, 16, venue_cell},     {"SYMBOL", Align::left, 0, 24, symbol_cell},
      {"INT", Align::left, 0, 6, interval_cell},     {"PRICE", Align::right, 4, 24, price_cell},
      {"AVERAGE", Align::right, 6, 8, average_cell}, {"", Align::left, 1, 11, gauge_cell},
      {"DIR", Align::left, 0, 5, direction_cell},    {"EVENT (UTC)", Align::left, 3, 12, event_cell},
      {"STATE", Align::left, 0, 32, state_cell},     {"AGE", Align::right, 5, 8, age_cell},
  };
  return columns;
}

struct Layout {
  std::vector<Column> columns;
  std::vector<std::size_t> widths;

  std::size_t width() const {
    std::size_t sum = 0;
    for (const std::size_t each : widths) sum += each + kGap.size();
    return sum - kGap.size();
  }
  void erase(std::size_t index) {
    columns.erase(columns.begin() + static_cast<std::ptrdiff_t>(index));
    widths.erase(widths.begin() + static_cast<std::ptrdiff_t>(index));
  }
};

/// The column to leave out next, or none.
std::size_t least_needed(const std::vector<Column>& columns) {
  std::size_t found = columns.size();
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const int order = columns[i].drop_order;
    if (order != 0 && (found == columns.size() || order < columns[found].drop_order)) found = i;
  }
  return found;
}

Layout make_layout(const std::vector<ViewRow>& rows, std::size_t count, std::size_t width,
                   const RenderStyle& style) {
  Layout layout{all_columns(), {}};
  for (const Column& column : layout.columns) {
    std::size_t widest = cells(column.title);
    for (std::size_t i = 0; i < count; ++i)
      widest = std::max(widest, cells(column.cell(rows[i], style).text));
    layout.widths.push_back(std::min(widest, column.width_max));
  }
  while (layout.width() > width) {
    const std::size_t next = least_needed(layout.columns);
    if (next == layout.columns.size()) break;
    layout.erase(next);
  }
  // What cannot be left out is cut at the right edge.
  for (std::size_t i = layout.widths.size(); i-- > 0 && layout.width() > width;) {
    const std::size_t over = layout.width() - width;
    if (over >= layout.widths[i] + kGap.size() && i > 0) {
      layout.erase(i);
    } else {
      layout.widths[i] -= std::min(over, layout.widths[i]);
    }
  }
  return layout;
}

std::string row_line(const Layout& layout, const ViewRow& row, const RenderStyle& style) {
  std::string line;
  for (std::size_t i = 0; i < layout.columns.size(); ++i) {
    if (i != 0) line += kGap;
    const Cell cell = layout.columns[i].cell(row, style);
    line += colored(fit(cell.text, layout.widths[i], layout.columns[i].align, style.has_unicode), cell.color,
                    style);
  }
  return line;
}

std::string title_line(const Layout& layout, const RenderStyle& style) {
  std::string line;
  for (std::size_t i = 0; i < layout.columns.size(); ++i) {
    if (i != 0) line += kGap;
    line += fit(layout.columns[i].title, layout.widths[i], layout.columns[i].align, style.has_unicode);
  }
  return colored(line, kDim, style);
}

std::string uptime_text(std::int64_t ms) {
  const std::int64_t seconds = ms / 1'000;
  return fmt::format("{}:{:02}:{:02}", seconds / 3'600, seconds / 60 % 60, seconds % 60);
}

std::vector<Cell> header_cells(const View& view, const RenderStyle& style) {
  std::vector<Cell> out{{printable(view.title, style.has_unicode), kBold},
                        {"up " + uptime_text(view.uptime_ms), ""}};
  std::map<std::string, std::size_t> states;
  for (const ViewRow& row : view.rows) ++states[row.state];
  for (const auto& [state, count] : states) {
    out.push_back({fmt::format("{} {}", count, printable(state, style.has_unicode)), state_color(state)});
  }
  for (const ViewFeed& feed : view.feeds) {
    const std::string venue = printable(feed.venue, style.has_unicode);
    out.push_back(feed.is_connected ? Cell{fmt::format("{} up {} ms", venue, feed.lag_ms), kGreen}
                                    : Cell{venue + " DOWN", kRed});
  }
  if (!view.api_url.empty()) out.push_back({printable(view.api_url, style.has_unicode), ""});
  return out;
}

/// Cells in a row, the last one cut at the width.
std::string header_line(const View& view, std::size_t width, const RenderStyle& style) {
  std::string line;
  std::size_t used = 0;
  for (const Cell& cell : header_cells(view, style)) {
    const std::size_t gap = used == 0 ? 0 : kGap.size();
    if (used + gap >= width) break;
    const std::size_t room = std::min(cells(cell.text), width - used - gap);
    line.append(gap, ' ');
    line += colored(fit(cell.text, room, Align::left, style.has_unicode), cell.color, style);
    used += gap + room;
  }
  return line;
}

}  // namespace

std::string age_text(std::int64_t age_ms) {
  if (age_ms < 0) return "-";
  const std::int64_t seconds = age_ms / 1'000;
  if (age_ms < 1'000) return fmt::format("{}ms", age_ms);
  if (seconds < 60) return fmt::format("{}s", seconds);
  if (seconds < 3'600) return fmt::format("{}m{:02}s", seconds / 60, seconds % 60);
  if (seconds < 86'400) return fmt::format("{}h{:02}m", seconds / 3'600, seconds / 60 % 60);
  return fmt::format("{}d{:02}h", seconds / 86'400, seconds / 3'600 % 24);
}

std::vector<std::string> render_lines(const View& view, std::size_t width, std::size_t height,
                                      RenderStyle style) {
  std::vector<std::string> lines;
  if (width == 0 || height == 0) return lines;
  lines.push_back(header_line(view, width, style));
  if (height < kHeadLines) return lines;
  const std::size_t room = height - kHeadLines;
  const bool fits = view.rows.size() <= room;
  const std::size_t shown = fits ? view.rows.size() : room - std::min<std::size_t>(room, 1);
  const Layout layout = make_layout(view.rows, shown, width, style);
  lines.push_back(title_line(layout, style));
  for (std::size_t i = 0; i < shown; ++i) lines.push_back(row_line(layout, view.rows[i], style));
  if (!fits && room > 0) {
    const std::string more = fmt::format("... and {} more", view.rows.size() - shown);
    lines.push_back(
        colored(fit(more, std::min(width, more.size()), Align::left, style.has_unicode), kDim, style));
  }
  return lines;
}

std::string render(const View& view, std::size_t width, std::size_t height, RenderStyle style) {
  std::string out;
  for (const std::string& line : render_lines(view, width, height, style)) {
    if (!out.empty()) out += '\n';
    out += line;
  }
  return out;
}

}  // namespace lockstep::tools
