#include "tools/bench/parse_venues.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "engine/core/decimal.hpp"
#include "feeds/series_table.hpp"
#include "feeds/time_text.hpp"
#include "feeds/venue.hpp"
#include "tools/bench/clocks.hpp"
#include "tools/bench/frames.hpp"
#include "tools/bench/price_walk.hpp"
#include "tools/bench/statistics.hpp"

namespace lockstep::bench {
namespace {

constexpr std::size_t kSymbols = 200;
constexpr int kFramesPerSymbol = 32;
constexpr std::int64_t kFirstOpenMs = 1'700'000'100'000;

/// An update of the open bar as recorded from the venue, with other numbers.
struct VenueFrame {
  const char* venue;
  const char* interval;
  /// {0} symbol, {1} open ms, {2} to {5} open, high, low, close, {6} event ms, {7} open s, {8} open and {9}
  /// event time.
  const char* text;
};
constexpr VenueFrame kFrames[] = {
    {"binance_spot", "1m",
     R"({{"stream":"{0}@kline_1m","data":{{"e":"kline","E":{6},"s":"{0}","k":{{"t":{1},"T":{1},"s":"{0}","i":"1m",)"
     R"("f":19862761,"L":19862790,"o":"{2}000000","c":"{5}000000","h":"{3}000000","l":"{4}000000",)"
     R"("v":"258.77040000","n":130,"x":false,"q":"11126046.04600000","V":"158.20110000","Q":"6802021.46240000","B":"0"}}}}}})"},
    {"bybit_linear", "1m",
     R"({{"topic":"kline.1.{0}","data":[{{"start":{1},"end":{1},"interval":"1","open":"{2}","close":"{5}","high":"{3}",)"
     R"("low":"{4}","volume":"3.712","turnover":"241712.1394","confirm":false,"timestamp":{6}}}],"ts":{6},)"
     R"("type":"snapshot"}})"},
    {"okx", "1m",
     R"({{"arg":{{"channel":"candle1m","instId":"{0}"}},"data":[["{1}","{2}","{3}","{4}","{5}","1803.61","18.0361",)"
     R"("1153203.99426000","0"]]}})"},
    {"coinbase_advanced", "5m",
     R"({{"channel":"candles","timestamp":"{9}","sequence_num":138,"events":[{{"type":"update","candles":[{{"start":"{7}",)"
     R"("high":"{3}","low":"{4}","open":"{2}","close":"{5}","volume":"36.36630914","product_id":"{0}"}}]}}]}})"},
    {"kraken_v2", "1m",
     R"({{"channel":"ohlc","type":"update","timestamp":"{9}","data":[{{"symbol":"{0}","open":{2},"high":{3},"low":{4},)"
     R"("close":{5},"trades":15,"volume":0.25302078,"vwap":{5},"interval_begin":"{8}","interval":1,)"
     R"("timestamp":"{9}"}}]}})"},
};

/// One frame after another in one buffer, as they lie in the socket's.
struct Frames {
  std::string bytes;
  std::vector<std::pair<std::size_t, std::size_t>> places;
};

Frames make_frames(const VenueFrame& venue, const std::vector<std::string>& symbols) {
  std::vector<PriceWalk> walks;
  for (std::size_t i = 0; i < symbols.size(); ++i) walks.emplace_back(i + 1, kFirstOpenMs);
  const core::Interval interval = *core::Interval::parse(venue.interval);
  const auto price = [](std::int64_t ticks) { return core::decimal_text(ticks, kWalkScale); };
  Frames frames;
  for (int i = 0; i < kFramesPerSymbol; ++i) {
    for (std::size_t s = 0; s < symbols.size(); ++s) {
      const BarTicks bar = walks[s].next();
      const std::int64_t open_ms = interval.open_of(bar.ts_open_ms);
      const std::int64_t event_ms = open_ms + 31'007;
      const std::string text =
          fmt::format(fmt::runtime(venue.text), symbols[s], open_ms, price(bar.open), price(bar.high),
                      price(bar.low), price(bar.close), event_ms, open_ms / 1000,
                      feeds::rfc3339_text(open_ms), feeds::rfc3339_text(event_ms));
      frames.places.emplace_back(frames.bytes.size(), text.size());
      frames.bytes += text;
    }
  }
  frames.bytes.append(feeds::kJsonPadding, ' ');
  return frames;
}

double parse_ns(const VenueFrame& venue, const BenchOptions& options) {
  const std::vector<std::string> symbols = symbol_names(kSymbols);
  const core::Interval interval = *core::Interval::parse(venue.interval);
  feeds::SeriesTable table;
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    table.add(symbols[i], venue.interval, static_cast<core::SeriesId>(i));
  }
  const Frames frames = make_frames(venue, symbols);
  const auto parser = feeds::find_venue(venue.venue)->make_parser();
  feeds::Frame frame;
  std::vector<double> ns;
  for (int repeat = 0; repeat < (options.is_quick ? 3 : 101); ++repeat) {
    const std::int64_t begin_ns = thread_cpu_ns();
    for (const auto& [at, size] : frames.places) {
      core::MarketEvent event;
      const bool is_read =
          parser->parse(std::string_view(frames.bytes).substr(at, size), frame).is_ok() &&
          frame.bars.size() == 1 && table.find(frame.bars[0].symbol, frame.bars[0].interval) &&
          feeds::read_bar(frame.bars[0].bar, interval, kWalkScale, event) == core::Reason::none;
      if (!is_read)
        throw std::runtime_error(std::string("bench: a frame was not understood: ") + venue.venue);
      asm volatile("" : : "g"(&event) : "memory");  // somebody looks at it, the compiler has to believe
    }
    ns.push_back(static_cast<double>(thread_cpu_ns() - begin_ns) / static_cast<double>(frames.places.size()));
  }
  return rounded(median(ns), 1);
}

}  // namespace

Json measure_parse_by_venue(const BenchOptions& options) {
  Json json;
  for (const VenueFrame& venue : kFrames) json[venue.venue] = parse_ns(venue, options);
  return json;
}

}  // namespace lockstep::bench
