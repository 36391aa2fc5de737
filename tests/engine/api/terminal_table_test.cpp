// The live table: as text, and on a pseudo terminal.
#include "tools/terminal/terminal_table.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>
#include <random>
#include <sstream>

#include "tests/support/catch.hpp"
#include "tools/terminal/text_cells.hpp"

namespace lockstep::tools {
namespace {

constexpr RenderStyle kPlain{false, true};

ViewRow make_row(std::string symbol) {
  ViewRow row;
  row.venue = "binance_spot";
  row.symbol = std::move(symbol);
  row.interval = "1m";
  row.price = "43251.10";
  row.average = 0.333333;
  row.direction = 1;
  row.event = "long";
  row.ts_event_ms = 1'700'000'040'000;
  row.ts_closed_ms = 1'700'000'100'000;
  row.state = "live";
  row.reason = "none";
  row.is_valid = true;
  row.age_ms = 1'250;
  return row;
}

View make_view(std::size_t rows) {
  View view;
  view.title = "lockstep 0.1.0";
  view.api_url = "http://127.0.0.1:8787";
  view.uptime_ms = 3'725'000;
  view.feeds = {{"binance_spot", true, 12}, {"binance_usdm", false, 0}};
  for (std::size_t i = 0; i < rows; ++i) view.rows.push_back(make_row(fmt::format("S{}USDT", i)));
  return view;
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string without_colors(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x1b') {
      i = text.find('m', i);
    } else {
      out += text[i];
    }
  }
  return out;
}

TEST_CASE("the table shows what a trader looks for", "[tools][terminal]") {
  View view = make_view(2);
  view.rows[1].average = -0.5;
  view.rows[1].direction = -1;
  view.rows[1].state = "stale";
  view.rows[1].reason = "silent";
  view.rows[1].is_valid = false;
  const auto lines = split(render(view, 140, 10, kPlain));
  REQUIRE(lines.size() == 4);
  CHECK(lines[0] ==
        "lockstep 0.1.0  up 1:02:05  1 live  1 stale  binance_spot up 12 ms  binance_usdm DOWN  "
        "http://127.0.0.1:8787");
  CHECK_THAT(lines[1], Catch::Contains("SYMBOL") && Catch::Contains("AVERAGE") && Catch::Contains("STATE"));
  for (const char* part :
       {"binance_spot", "S0USDT", "1m", "43251.10", "+0.333", "LONG", "long 22:14", "live", "1s"}) {
    CHECK_THAT(lines[2], Catch::Contains(part));
  }
  for (const char* part : {"-0.500", "SHORT", "stale: silent"}) CHECK_THAT(lines[3], Catch::Contains(part));
}

TEST_CASE("columns stay aligned with names of any script", "[tools][terminal]") {
  View view = make_view(3);
  view.rows[0].symbol = "币安人生USDT";
  view.rows[1].symbol = "cafe\u0301";
  view.rows[2].symbol = "🚀";
  const auto lines = split(render(view, 140, 10, kPlain));
  REQUIRE(lines.size() == 5);
  const auto column_of = [&](std::size_t line, const std::string& part) {
    const std::size_t at = lines[line].find(part);
    REQUIRE(at != std::string::npos);
    return cells(std::string_view(lines[line]).substr(0, at));
  };
  for (std::size_t line = 2; line < 5; ++line) {
    CHECK(column_of(line, "43251.10") == column_of(2, "43251.10"));
    CHECK(column_of(line, "LONG") == column_of(1, "DIR"));
    CHECK(cells(lines[line]) == cells(lines[1]));
  }
}

TEST_CASE("A9: hostile text cannot steer the terminal", "[tools][terminal][fault][A9]") {
  View view = make_view(1);
  view.rows[0].symbol = "\x1b]0;owned\x07\u202eTDSU\u009b2J\xff\n";
  view.rows[0].reason = "\x1b[2J";
  view.title = "a\rb";
  const std::string text = render(view, 200, 10, kPlain);
  for (const char c : text) REQUIRE((static_cast<unsigned char>(c) >= 0x20 || c == '\n'));
  CHECK(split(text).size() == 3);
  CHECK_THAT(text, Catch::Contains("\\x1b]0;owned\\x07\\u{202e"));
  CHECK(printable("\u009b\xff\xed\xa0\x80\xc0\xaf") == "\\u{9b}\\xff\\xed\\xa0\\x80\\xc0\\xaf");
  CHECK(printable("é", false) == "\\u{e9}");
}

TEST_CASE("every line fits every width, and every screen its height", "[tools][terminal]") {
  View view = make_view(30);
  view.rows[3].symbol = "币安人生币安人生币安人生币安人生USDT";
  view.rows[4].reason = std::string(300, 'r');
  view.rows[5].price = "12345678901234567890.123456789012345678";
  for (const bool has_unicode : {true, false}) {
    for (std::size_t width = 0; width < 180; ++width) {
      for (const std::size_t height : {0, 1, 2, 3, 4, 10, 32, 33, 60}) {
        CAPTURE(width, height, has_unicode);
        const auto lines = render_lines(view, width, height, {true, has_unicode});
        REQUIRE(lines.size() <= height);
        for (const std::string& line : lines) REQUIRE(cells(without_colors(line)) <= width);
      }
    }
  }
}

TEST_CASE("rows that do not fit are counted", "[tools][terminal]") {
  const View view = make_view(50);
  const auto lines = split(render(view, 100, 15, kPlain));
  REQUIRE(lines.size() == 15);
  CHECK_THAT(lines[13], Catch::Contains("S11USDT"));
  CHECK(lines[14] == "... and 38 more");
  CHECK(split(render(view, 100, 52, kPlain)).back().find("S49USDT") != std::string::npos);
}

TEST_CASE("a narrow screen keeps symbol, direction and state", "[tools][terminal]") {
  const auto lines = split(render(make_view(1), 36, 10, kPlain));
  for (const char* part : {"S0USDT", "LONG", "live"}) CHECK_THAT(lines[2], Catch::Contains(part));
  CHECK(lines[2].find("binance_spot") == std::string::npos);
}

TEST_CASE("colours say what is good, bad and in doubt, and can be switched off", "[tools][terminal]") {
  View view = make_view(2);
  view.rows[1].state = "gap";
  view.rows[1].is_valid = false;
  const auto lines = render_lines(view, 140, 10, {true, true});
  CHECK_THAT(lines[2], Catch::Contains("\x1b[32mLONG"));
  CHECK_THAT(lines[3], Catch::Contains("\x1b[33mgap"));
  CHECK(lines[3].find("\x1b[32mLONG") == std::string::npos);  // what is not valid does not shine
  CHECK(render(view, 140, 10, {false, true}).find('\x1b') == std::string::npos);
  CHECK(without_colors(render(view, 140, 10, {true, true})) == render(view, 140, 10, {false, true}));
}

TEST_CASE("text is cut and padded by columns, not by bytes", "[tools][terminal]") {
  CHECK(fit("abc", 5) == "abc  ");
  CHECK(fit("abc", 5, Align::right) == "  abc");
  CHECK(fit("abcdef", 4) == "abc…");
  CHECK(fit("abcdef", 4, Align::left, false) == "abc~");
  CHECK(fit("币安人生", 5) == "币安…");
  CHECK(fit("币安人生", 4) == "币… ");
  CHECK(fit("x", 0).empty());
  CHECK(cells("币a\u0301🚀") == 5);
}

TEST_CASE("ages are short", "[tools][terminal]") {
  CHECK(age_text(-1) == "-");
  CHECK(age_text(0) == "0ms");
  CHECK(age_text(59'999) == "59s");
  CHECK(age_text(185'000) == "3m05s");
  CHECK(age_text(7'800'000) == "2h10m");
  CHECK(age_text(273'600'000) == "3d04h");
}

/// A pseudo terminal of a given size; what is written to file() is read back by the test.
class Pty {
 public:
  Pty(unsigned short columns, unsigned short rows) {
    winsize size{};
    size.ws_col = columns;
    size.ws_row = rows;
    REQUIRE(openpty(&master_, &slave_, nullptr, nullptr, &size) == 0);
    fcntl(master_, F_SETFL, O_NONBLOCK);
    file_ = fdopen(slave_, "w");
  }
  ~Pty() {
    std::fclose(file_);
    close(master_);
  }
  std::FILE* file() { return file_; }
  void resize(unsigned short columns, unsigned short rows) {
    winsize size{};
    size.ws_col = columns;
    size.ws_row = rows;
    REQUIRE(ioctl(master_, TIOCSWINSZ, &size) == 0);
  }
  std::string read_all() {
    std::string out;
    char buffer[4'096];
    for (ssize_t count = 0; (count = read(master_, buffer, sizeof buffer)) > 0;) {
      out.append(buffer, static_cast<std::size_t>(count));
    }
    return out;
  }

 private:
  int master_ = -1;
  int slave_ = -1;
  std::FILE* file_ = nullptr;
};

TEST_CASE("the table takes the alternate screen and gives it back", "[tools][terminal]") {
  Pty pty(100, 20);
  {
    TerminalTable table(pty.file(), {false, true});
    REQUIRE(table.draw(make_view(3), TerminalTable::Clock::now()));
    const std::string text = pty.read_all();
    CHECK(text.rfind("\x1b[?1049h\x1b[?25l", 0) == 0);
    CHECK_THAT(text, Catch::Contains("S2USDT") && Catch::Contains("\x1b[H") && Catch::Contains("\x1b[K"));
  }
  CHECK_THAT(pty.read_all(), Catch::EndsWith("\x1b[?25h\x1b[?1049l"));
}

TEST_CASE("the table is drawn at most five times a second and follows the terminal's size",
          "[tools][terminal]") {
  using namespace std::chrono_literals;
  Pty pty(100, 20);
  TerminalTable table(pty.file(), {false, true});
  const auto start = TerminalTable::Clock::now();
  int drawn = 0;
  for (int ms = 0; ms < 2'000; ms += 10) {
    drawn += table.draw(make_view(50), start + std::chrono::milliseconds(ms)) ? 1 : 0;
    pty.read_all();
  }
  CHECK(drawn == 10);
  pty.resize(60, 6);
  REQUIRE(table.draw(make_view(50), start + 10s));
  CHECK_THAT(pty.read_all(), Catch::Contains("... and 47 more"));
  pty.resize(60, 12);
  REQUIRE(table.draw(make_view(50), start + 20s));
  CHECK_THAT(pty.read_all(), Catch::Contains("... and 41 more"));
}

TEST_CASE("a held terminal is not drawn to, and is given back all the same", "[tools][terminal]") {
  Pty pty(100, 20);
  const auto now = TerminalTable::Clock::now();
  {
    TerminalTable table(pty.file(), {false, true});
    REQUIRE(table.draw(make_view(3), now));
    pty.read_all();
    REQUIRE(tcflow(fileno(pty.file()), TCOOFF) == 0);
    CHECK(!table.draw(make_view(3), now + std::chrono::seconds(1)));
    REQUIRE(tcflow(fileno(pty.file()), TCOON) == 0);
    CHECK(table.draw(make_view(3), now + std::chrono::seconds(2)));
    pty.read_all();
    REQUIRE(tcflow(fileno(pty.file()), TCOOFF) == 0);
  }
  CHECK_THAT(pty.read_all(), Catch::EndsWith("\x1b[?25h\x1b[?1049l"));
}

TEST_CASE("NO_COLOR and the locale decide the style", "[tools][terminal]") {
  const auto set = [](const char* name, const char* value) { setenv(name, value, 1); };
  set("LC_ALL", "C.UTF-8");
  set("NO_COLOR", "1");
  CHECK(!terminal_style().has_color);
  CHECK(terminal_style().has_unicode);
  unsetenv("NO_COLOR");
  CHECK(terminal_style().has_color);
  set("LC_ALL", "C");
  CHECK(!terminal_style().has_unicode);
  unsetenv("LC_ALL");
  std::FILE* file = std::tmpfile();
  CHECK(!is_terminal(file));
  std::fclose(file);
}

TEST_CASE("without a terminal there is a line per closed bar and per change of state", "[tools][terminal]") {
  PlainLines plain(stdout);
  View view = make_view(1);
  view.rows[0].ts_event_ms = view.rows[0].ts_closed_ms;
  CHECK(plain.lines(view) ==
        "binance_spot S0USDT 1m state live reason none\n"
        "binance_spot S0USDT 1m closed 1700000100000 price 43251.10 average +0.333 direction LONG event "
        "long\n");
  CHECK(plain.lines(view).empty());
  view.rows[0].age_ms += 1'000;
  view.rows[0].price = "1";
  CHECK(plain.lines(view).empty());
  view.rows[0].ts_closed_ms += 60'000;
  view.rows[0].is_valid = false;
  view.rows[0].symbol = "a\nb";
  CHECK(plain.lines(view) ==
        "binance_spot a\\x0ab 1m closed 1700000160000 price 1 average +0.333 direction LONG (not valid)\n");
  view.rows[0].reason = "silent";
  CHECK(plain.lines(view) == "binance_spot a\\x0ab 1m state live reason silent\n");
}

}  // namespace
}  // namespace lockstep::tools
