// What the tests of feeds share: a sink that remembers, a loop that waits for a condition, and Binance's
// answers.
#pragma once

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "engine/core/catalog.hpp"
#include "feeds/feed.hpp"
#include "tests/feeds/mock_venue.hpp"

namespace lockstep::test {

inline core::Interval interval_of(const std::string& text) {
  return *core::Interval::parse(text);
}

class RecordingSink : public feeds::EventSink {
 public:
  bool push(const core::MarketEvent& event) override {
    if (room == 0) return false;
    --room;
    if (event.kind == core::EventKind::clock) {
      clocks.push_back(event);
    } else {
      events.push_back(event);
    }
    return true;
  }
  std::vector<core::MarketEvent> of_kind(core::EventKind kind) const {
    std::vector<core::MarketEvent> found;
    std::copy_if(events.begin(), events.end(), std::back_inserter(found),
                 [kind](const core::MarketEvent& event) { return event.kind == kind; });
    return found;
  }
  std::size_t count(core::EventKind kind) const { return of_kind(kind).size(); }

  std::vector<core::MarketEvent> events, clocks;
  std::size_t room = 1 << 30;
};

/// Runs `io` until `is_met`, at most `limit`. False when it never was.
inline bool run_until(boost::asio::io_context& io, const std::function<bool()>& is_met,
                      std::chrono::milliseconds limit = std::chrono::seconds(20)) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!is_met()) {
    if (std::chrono::steady_clock::now() > end) return false;
    io.restart();
    io.run_for(std::chrono::milliseconds(2));
  }
  return true;
}

/// 2024-01-01T00:00:00Z, the tests' favourite minute.
inline constexpr std::int64_t kStartMs = 1'704'067'200'000;

std::string exchange_info();  ///< BTCUSDT (tick 0.01) and ETHUSDT (0.10) trade, OLDUSDT does not
std::string kline_frame(const std::string& symbol, std::int64_t ts_open_ms, const std::string& close,
                        bool is_closed, const std::string& interval = "1m");
std::string kline_row(std::int64_t ts_open_ms, const std::string& close, std::int64_t interval_ms = 60'000);
/// The number behind `name=` in a request target, or -1.
std::int64_t query_number(const std::string& target, const std::string& name);
/// The number behind "id": in a request.
std::string id_of(const std::string& request);

/// A catalog and a feed attached to a mock venue that lists, acknowledges, and has history up to `now_ms`.
class FeedHarness {
 public:
  explicit FeedHarness(MockVenue& venue, std::vector<std::string> symbols = {"BTCUSDT"},
                       std::vector<std::string> intervals = {"1m"});
  ~FeedHarness();

  void start();
  bool wait(const std::function<bool()>& is_met) { return run_until(io, is_met); }
  bool wait_for(core::EventKind kind, std::size_t count = 1) {
    return wait([&, kind, count] { return sink.count(kind) >= count; });
  }
  /// The usual answers; `klines` serves what is not time or exchangeInfo.
  void serve(MockVenue& venue, MockVenue::OnHttp klines = nullptr);

  boost::asio::io_context io;
  core::Catalog catalog;
  std::vector<core::SeriesId> series;
  RecordingSink sink;
  feeds::FeedConfig config;
  std::unique_ptr<feeds::Feed> feed;
  std::atomic<std::int64_t> now_ms{kStartMs + 600'000};
};

}  // namespace lockstep::test
