// A frame of a venue, parsed, with its bytes kept.
#pragma once

#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "feeds/venue.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::test {

struct ParsedFrame {
  ParsedFrame(const std::string& venue, std::string text)
      : bytes(std::move(text)), parser(feeds::find_frame_venue(venue)->make_parser()) {
    bytes.reserve(bytes.size() + feeds::kJsonPadding);
    result = parser->parse(bytes, frame);
  }
  std::string bytes;
  std::unique_ptr<feeds::FrameParser> parser;
  feeds::Frame frame;
  feeds::ParseResult result;
};

inline std::string fixture_text(const std::string& name) {
  std::ifstream file(std::string(LOCKSTEP_SHARED_DIR "/fixtures/feeds/") + name);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::vector<std::string> fixture_lines(const std::string& name) {
  std::ifstream file(std::string(LOCKSTEP_SHARED_DIR "/fixtures/feeds/") + name);
  REQUIRE(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

/// Frames by kind, and records of each.
struct FixtureCount {
  std::map<feeds::FrameKind, int> kinds;
  std::size_t bars = 0, closed = 0, trades = 0;
};
inline FixtureCount count_fixture(const std::string& venue, const std::string& name) {
  FixtureCount count;
  for (const std::string& line : fixture_lines(name)) {
    const ParsedFrame parsed(venue, line);
    CAPTURE(line, parsed.result.text());
    REQUIRE(parsed.result.is_ok());
    ++count.kinds[parsed.frame.kind];
    count.bars += parsed.frame.bars.size();
    count.trades += parsed.frame.trades.size();
    for (const auto& bar : parsed.frame.bars) count.closed += bar.is_closed();
  }
  return count;
}

/// Every cut of a frame is refused, and so is anything behind it.
inline void check_cuts(const std::string& venue, const std::string& frame) {
  for (std::size_t length = 0; length < frame.size(); ++length) {
    CAPTURE(length);
    REQUIRE_FALSE(ParsedFrame(venue, frame.substr(0, length)).result.is_ok());
  }
  CHECK_FALSE(ParsedFrame(venue, frame + "}").result.is_ok());
  CHECK_FALSE(ParsedFrame(venue, frame + frame).result.is_ok());
  CHECK_FALSE(ParsedFrame(venue, "[1]").result.is_ok());
}

/// The first frame of a fixture that holds all of `parts`.
inline std::string find_line(const std::string& name, const std::vector<std::string>& parts) {
  for (const std::string& line : fixture_lines(name)) {
    bool has_all = true;
    for (const std::string& part : parts) has_all = has_all && line.find(part) != std::string::npos;
    if (has_all) return line;
  }
  FAIL("no such line in " << name);
  return "";
}

inline void check_bar(const feeds::BarRecord& record, const std::string& symbol, const std::string& interval,
                      std::int64_t ts_open_ms, const std::vector<std::string>& ohlcv) {
  CHECK(record.symbol == symbol);
  CHECK(record.interval == interval);
  CHECK(record.bar.ts_open_ms == ts_open_ms);
  CHECK(std::vector<std::string>{std::string(record.bar.open), std::string(record.bar.high),
                                 std::string(record.bar.low), std::string(record.bar.close),
                                 std::string(record.bar.volume)} == ohlcv);
}

}  // namespace lockstep::test
