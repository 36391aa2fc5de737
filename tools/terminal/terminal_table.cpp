#include "tools/terminal/terminal_table.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <iterator>
#include <string_view>

#include "tools/terminal/text_cells.hpp"

namespace lockstep::tools {
namespace {

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : value;
}

bool has_utf8_locale() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string_view value = environment(name);
    if (value.empty()) continue;
    return value.find("UTF-8") != value.npos || value.find("utf8") != value.npos ||
           value.find("UTF8") != value.npos;
  }
  return false;
}

struct Size {
  std::size_t width = 80;
  std::size_t height = 24;
};

Size size_of(std::FILE* out) {
  winsize size{};
  if (ioctl(fileno(out), TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
  return {size.ws_col, size.ws_row};
}

bool takes_output(std::FILE* out) {
  pollfd terminal{fileno(out), POLLOUT, 0};
  return poll(&terminal, 1, 0) == 1 && (terminal.revents & POLLOUT) != 0;
}

std::string name_of(const ViewRow& row) {
  return fmt::format("{} {} {}", printable(row.venue), printable(row.symbol), printable(row.interval));
}

std::string bar_line(const ViewRow& row) {
  const char* direction = row.direction > 0 ? "LONG" : row.direction < 0 ? "SHORT" : "-";
  std::string line =
      fmt::format("{} closed {} price {} average {} direction {}", name_of(row), row.ts_closed_ms,
                  row.price.empty() ? "-" : printable(row.price),
                  std::isnan(row.average) ? "-" : fmt::format("{:+.3f}", row.average), direction);
  if (row.ts_event_ms == row.ts_closed_ms && !row.event.empty()) line += " event " + printable(row.event);
  return line + (row.is_valid ? "\n" : " (not valid)\n");
}

}  // namespace

RenderStyle terminal_style() {
  return {environment("NO_COLOR").empty(), has_utf8_locale()};
}

bool is_terminal(std::FILE* out) {
  return isatty(fileno(out)) != 0 && environment("TERM") != "dumb";
}

TerminalTable::TerminalTable(std::FILE* out, RenderStyle style) : out_(out), style_(style) {}

void TerminalTable::enter() {
  if (is_entered_) return;
  is_entered_ = true;
  write("\x1b[?1049h\x1b[?25l\x1b[2J");
}

void TerminalTable::leave() {
  if (!is_entered_) return;
  is_entered_ = false;
  tcflow(fileno(out_), TCOON);
  write("\x1b[0m\x1b[?25h\x1b[?1049l");
}

bool TerminalTable::is_due(Clock::time_point now) const {
  return last_ == Clock::time_point{} || now - last_ >= kRedrawMin;
}

bool TerminalTable::draw(const View& view, Clock::time_point now) {
  if (!is_due(now) || !takes_output(out_)) return false;
  enter();
  last_ = now;
  const Size size = size_of(out_);
  // Over the old picture line by line, in one write: clearing the screen first would flicker.
  std::string text = "\x1b[H";
  bool is_first = true;
  // One column less than there are: after the last one a terminal waits to wrap, and clearing would take that
  // column back.
  for (const std::string& line : render_lines(view, size.width - 1, size.height, style_)) {
    if (!is_first) text += "\r\n";
    is_first = false;
    text += line;
    text += "\x1b[K";
  }
  text += "\x1b[J";
  write(text);
  return true;
}

void TerminalTable::write(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), out_);
  std::fflush(out_);
}

std::string PlainLines::lines(const View& view) {
  seen_.resize(view.rows.size());
  std::string out;
  for (std::size_t i = 0; i < view.rows.size(); ++i) {
    const ViewRow& row = view.rows[i];
    Seen& seen = seen_[i];
    if (seen.state != row.state || seen.reason != row.reason) {
      fmt::format_to(std::back_inserter(out), "{} state {} reason {}\n", name_of(row), printable(row.state),
                     printable(row.reason));
    }
    if (seen.ts_closed_ms != row.ts_closed_ms) out += bar_line(row);
    seen = {row.ts_closed_ms, row.state, row.reason};
  }
  return out;
}

void PlainLines::update(const View& view) {
  const std::string text = lines(view);
  std::fwrite(text.data(), 1, text.size(), out_);
  std::fflush(out_);
}

}  // namespace lockstep::tools
