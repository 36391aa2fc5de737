// The fast way through a frame of the usual form, against the parser that reads any form.
#include "feeds/frame_pattern.hpp"

#include <filesystem>

#include "tests/feeds/parsed_frame.hpp"

namespace lockstep::test {
namespace {

using Texts = std::vector<std::string>;

/// All that a frame said, for comparison.
Texts texts_of(const feeds::ParseResult& result, const feeds::Frame& frame) {
  Texts all = {result.text()};
  if (!result.is_ok()) return all;
  const auto add = [&all](auto number) { all.push_back(std::to_string(number)); };
  add(static_cast<int>(frame.kind));
  add(frame.is_snapshot);
  add(frame.sequence);
  add(frame.ts_event_ms);
  for (const feeds::BarRecord& record : frame.bars) {
    const feeds::BarTexts& bar = record.bar;
    for (const auto text :
         {record.symbol, record.interval, bar.open, bar.high, bar.low, bar.close, bar.volume}) {
      all.emplace_back(text);
    }
    add(record.ts_event_ms);
    add(bar.ts_open_ms);
    add(static_cast<int>(record.state));
  }
  return all;
}

/// As it is, and with a blank behind it, which no pattern has.
void check_both_ways(const std::string& venue, const std::string& line) {
  CAPTURE(venue, line);
  if (line == "pong") return;  // of OKX, no JSON
  const ParsedFrame fast(venue, line), slow(venue, line + " ");
  CHECK(texts_of(fast.result, fast.frame) == texts_of(slow.result, slow.frame));
}

struct Usual {
  const char *venue, *frame;
};
constexpr Usual kUsual[] = {
    {"binance_spot",
     R"({"stream":"x@kline_1m","data":{"e":"kline","E":1,"s":"X","k":{"t":2,"T":3,"s":"X","i":"1m","f":4,"L":5,)"
     R"("o":"6","c":"7","h":"8","l":"9","v":"10","n":11,"x":true,"q":"12","V":"13","Q":"14","B":"0"}}})"},
    {"binance_usdm",
     R"({"stream":"x@kline_1m","data":{"e":"kline","E":1,"s":"X","k":{"t":2, "T":3, "s":"X", "i":"1m", "f":4, "L":5, )"
     R"("o":"6", "c":"7", "h":"8", "l":"9", "v":"10", "n":11, "x":false, "q":"12", "V":"13", "Q":"14", "B":"0"}}})"},
    {"bybit_linear",
     R"({"topic":"kline.1.X","data":[{"start":1,"end":2,"interval":"1","open":"3","close":"4","high":"5","low":"2",)"
     R"("volume":"6","turnover":"7","confirm":true,"timestamp":8}],"ts":9,"type":"snapshot"})"},
    {"bybit_spot",
     R"({"type":"snapshot","topic":"kline.1.X","data":[{"start":1,"end":2,"interval":"1","open":"3","close":"4",)"
     R"("high":"5","low":"2","volume":"6","turnover":"7","confirm":false,"timestamp":8}],"ts":9})"},
    {"okx", R"({"arg":{"channel":"candle1m","instId":"X"},"data":[["1","2","3","4","5","6","7","8","1"]]})"},
    {"coinbase_advanced",
     R"({"channel":"candles","timestamp":"2026-08-09T21:05:51.4Z","sequence_num":1,"events":[{"type":"update",)"
     R"("candles":[{"start":"300","high":"3","low":"1","open":"2","close":"2","volume":"5","product_id":"X"}]}]})"},
    {"kraken_v2",
     R"({"channel":"ohlc","type":"update","timestamp":"2026-09-10T17:44:43.1Z","data":[{"symbol":"X/Y","open":2.0,)"
     R"("high":3.0,"low":1.0,"close":2.50,"trades":4,"volume":0.5,"vwap":2.0,"interval_begin":"2026-09-10T17:44:00Z",)"
     R"("interval":1,"timestamp":"2026-09-10T17:45:00Z"}]})"},
};

}  // namespace

TEST_CASE("a pattern takes its form and no other", "[feeds][frame_pattern]") {
  static constexpr feeds::FramePattern kPattern = R"({"a":"$",~"b":#})";
  std::array<std::string_view, 2> places;
  REQUIRE(feeds::match_frame<kPattern>(R"({"a":"BTC/USD-x_1@k", "b":10.5})", places));
  CHECK(places[0] == "BTC/USD-x_1@k");
  CHECK(places[1] == "10.5");
  CHECK(feeds::match_frame<kPattern>(R"({"a":"x","b":1})", places));
  for (const char* other :
       {R"({"a":"","b":1})", R"({"a":"x","b":})", R"({"a":"x","b":-1})", R"({"a":"x","b":1)",
        R"({"a":"x\"","b":1})", R"({"a":"x","b":1} )", R"( {"a":"x","b":1})", R"({"a":"x",  "b":1})",
        "{\"a\":\"\xC3\xA9\",\"b\":1}", R"({"b":1,"a":"x"})", ""}) {
    CAPTURE(other);
    CHECK_FALSE(feeds::match_frame<kPattern>(other, places));
  }
  // What lies behind a frame is another one: a cut frame must not be completed from there.
  const std::string two = R"({"a":"x","b":12})";
  CHECK_FALSE(feeds::match_frame<kPattern>(std::string_view(two).substr(0, two.size() - 1), places));
  std::int64_t number = 0;
  CHECK(feeds::read_plain_int("999999999999999999", number));
  CHECK(number == 999'999'999'999'999'999);
  for (const char* other : {"", "01", "1.0", "-1", "+1", "1e3", "9999999999999999999"}) {
    CHECK_FALSE(feeds::read_plain_int(other, number));
  }
}

TEST_CASE("D14: recorded frames read the same with and without a pattern",
          "[feeds][frame_pattern][fault][D14]") {
  namespace fs = std::filesystem;
  std::size_t frames = 0;
  for (const fs::directory_entry& folder : fs::directory_iterator(LOCKSTEP_SHARED_DIR "/fixtures/feeds")) {
    if (!folder.is_directory()) continue;
    for (const fs::directory_entry& file : fs::directory_iterator(folder.path())) {
      const std::string name = file.path().filename().string();
      if (!name.starts_with("ws_") || name.find("recv_ns") != std::string::npos) continue;
      const std::string venue = folder.path().filename().string();
      for (const std::string& line : fixture_lines(venue + "/" + name)) {
        check_both_ways(venue, line);
        ++frames;
      }
    }
  }
  CHECK(frames > 100);
}

TEST_CASE("D14: a usual frame with one character changed reads the same both ways",
          "[feeds][frame_pattern][fault][D14]") {
  for (const Usual& usual : kUsual) {
    const std::string frame = usual.frame;
    const ParsedFrame whole(usual.venue, frame);
    CAPTURE(usual.venue, whole.result.text());
    REQUIRE(whole.result.is_ok());
    REQUIRE(whole.frame.bars.size() == 1);
    for (std::size_t at = 0; at < frame.size(); ++at) {
      for (const char c : std::string_view("0-.e \"\\,}x\x01\xC3")) {
        std::string changed = frame;
        changed[at] = c;
        check_both_ways(usual.venue, changed);
      }
      check_both_ways(usual.venue, frame.substr(0, at));
      check_both_ways(usual.venue, frame.substr(0, at) + frame.substr(at + 1));
    }
  }
}

}  // namespace lockstep::test
