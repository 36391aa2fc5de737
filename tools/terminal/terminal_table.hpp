// The live table on a terminal, and its plain form elsewhere.
#pragma once

#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "tools/terminal/render.hpp"
#include "tools/terminal/view.hpp"

namespace lockstep::tools {

/// What the file behind `out` can show: colours unless NO_COLOR is set, Unicode if the locale's name says
/// UTF-8.
RenderStyle terminal_style();
/// A terminal that understands cursor movement (not TERM=dumb).
bool is_terminal(std::FILE* out);

/// Draws a View over the whole screen. Between enter() and leave() (or the destructor) nothing else may write
/// to `out`: send logs to a file. One thread. While the user holds the output (Ctrl-S) nothing is drawn, so
/// that the thread does not stand still with it.
class TerminalTable {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kRedrawMin{200};

  /// `out` must be a terminal and outlive the table.
  explicit TerminalTable(std::FILE* out, RenderStyle style = terminal_style());
  ~TerminalTable() { leave(); }
  TerminalTable(const TerminalTable&) = delete;
  TerminalTable& operator=(const TerminalTable&) = delete;

  /// Switches to the alternate screen and hides the cursor. draw() does it if needed.
  void enter();
  /// Gives the screen and the cursor back, also when the output was held. Safe to call twice.
  void leave();
  /// A draw at this time would not be left out.
  bool is_due(Clock::time_point now) const;
  /// Redraws, at most five times a second; false when it was too early. The size of the terminal is asked
  /// each time.
  bool draw(const View& view, Clock::time_point now);

 private:
  void write(const std::string& text);

  std::FILE* out_;
  RenderStyle style_;
  bool is_entered_ = false;
  Clock::time_point last_{};
};

/// For output that is no terminal: one line per closed bar and per change of state, nothing else.
class PlainLines {
 public:
  explicit PlainLines(std::FILE* out) : out_(out) {}

  /// The lines for what changed since the last view. Rows are told apart by their position.
  std::string lines(const View& view);
  /// Writes them.
  void update(const View& view);

 private:
  struct Seen {
    std::int64_t ts_closed_ms = 0;
    std::string state;
    std::string reason;
  };

  std::FILE* out_;
  std::vector<Seen> seen_;
};

}  // namespace lockstep::tools
