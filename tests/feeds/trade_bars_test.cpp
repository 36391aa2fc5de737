// Bars from trades, the order of trades, when a bar is final, and times as texts.
#include "feeds/trade_bars.hpp"

#include <algorithm>
#include <map>
#include <random>

#include "feeds/bar_closer.hpp"
#include "feeds/time_text.hpp"
#include "tests/feeds/feed_harness.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::feeds {
namespace {

using test::kStartMs;
constexpr std::int64_t kMinute = 60'000;

Trade trade(std::int64_t ts_ms, std::int64_t price, std::int64_t quantity = 1, std::uint64_t id = 0) {
  return {ts_ms, id, price, quantity, 0};
}

/// Trades with consecutive ids, in the order given.
std::vector<Trade> numbered(std::vector<Trade> trades) {
  for (std::size_t i = 0; i < trades.size(); ++i) trades[i].id = i + 1;
  return trades;
}

TradeBars<TimeBoundary> minute_bars(TradeIds ids = TradeIds::dense) {
  return TradeBars<TimeBoundary>(TimeBoundary(test::interval_of("1m"), ids));
}

/// The last content of every closed bar.
using Closed = std::map<std::int64_t, TradeBar>;
void note(Closed& closed, const std::vector<TradeBar>& bars) {
  for (const TradeBar& bar : bars) {
    if (bar.is_closed) closed[bar.bar.ts_open_ms] = bar;
  }
}

/// The obvious way: all trades of a minute, sorted by time and id.
Closed reference(std::vector<Trade> trades) {
  std::sort(trades.begin(), trades.end(), [](const Trade& a, const Trade& b) {
    return std::pair(a.ts_ms, a.id) < std::pair(b.ts_ms, b.id);
  });
  Closed bars;
  for (const Trade& t : trades) {
    TradeBar& bar = bars[t.ts_ms - t.ts_ms % kMinute];
    if (bar.trades++ == 0)
      bar.bar = {t.ts_ms - t.ts_ms % kMinute, t.price_ticks, t.price_ticks, t.price_ticks, 0};
    bar.bar.high = std::max(bar.bar.high, t.price_ticks);
    bar.bar.low = std::min(bar.bar.low, t.price_ticks);
    bar.bar.close = t.price_ticks;
    bar.volume.add(t.quantity_units, t.quantity_scale);
  }
  return bars;
}

std::vector<std::int64_t> ids_of(const std::vector<Trade>& trades) {
  std::vector<std::int64_t> ids;
  for (const Trade& t : trades) ids.push_back(static_cast<std::int64_t>(t.id));
  return ids;
}

}  // namespace

TEST_CASE("the first bar from trades is the first that no trade is missing from", "[feeds][trade_bars]") {
  auto bars = minute_bars();
  CHECK(bars.take(numbered({trade(kStartMs + 30'000, 100)})).empty());
  const auto& second = bars.take({trade(kStartMs + kMinute, 101, 5, 2)});
  REQUIRE(second.size() == 1);  // and the partial one before it is not closed either
  CHECK_FALSE(second[0].is_closed);
  CHECK(second[0].bar == BarTicks{kStartMs + kMinute, 101, 101, 101, 101});
  const auto& third = bars.take({trade(kStartMs + 2 * kMinute, 99, 7, 3)});
  REQUIRE(third.size() == 2);
  CHECK(third[0].is_closed);
  CHECK(third[0].bar == BarTicks{kStartMs + kMinute, 101, 101, 101, 101});
  CHECK(third[0].volume.value() == 5);
  CHECK(third[0].ts_event_ms == kStartMs + 2 * kMinute);
  CHECK_FALSE(third[1].is_closed);
}

TEST_CASE("open and close are the first and the last trade by time, whatever order they come in",
          "[feeds][trade_bars]") {
  auto bars = minute_bars(TradeIds::free);
  const std::int64_t t = kStartMs + kMinute;
  bars.take(numbered({trade(kStartMs, 1)}));
  const std::vector<Trade> mixed = {trade(t + 500, 50, 1, 11), trade(t + 900, 70, 1, 13), trade(t, 60, 1, 10),
                                    trade(t + 900, 65, 1, 12), trade(t + 600, 90, 1, 14)};
  Closed closed;
  note(closed, bars.take(mixed));
  CHECK(closed.empty());
  note(closed, bars.take({trade(t + kMinute + 999, 1, 1, 20)}));
  CHECK(closed.empty());
  note(closed, bars.take({trade(t + kMinute + 1'000, 1, 1, 21)}));
  CHECK(closed.at(t).bar == BarTicks{t, 60, 90, 50, 70});
  CHECK(closed.at(t).trades == 5);
}

TEST_CASE("D4: a trade that is too late for its bar corrects it", "[feeds][trade_bars][fault][D4]") {
  auto bars = minute_bars();
  const std::int64_t t = kStartMs + kMinute;
  bars.take({trade(kStartMs, 1, 1, 1)});
  bars.take({trade(t, 100, 1, 2), trade(t + kMinute, 100, 1, 3)});
  const auto& corrected = bars.take({trade(t + 59'999, 120, 3, 4)});
  REQUIRE(corrected.size() == 1);
  CHECK(corrected[0].is_closed);
  CHECK(corrected[0].bar == BarTicks{t, 100, 120, 100, 120});
  CHECK(corrected[0].volume.value() == 4);
  CHECK(bars.late() == 1);
  // Beyond what is kept it is dropped, and counted.
  for (int i = 2; i < 20; ++i)
    bars.take({trade(t + i * kMinute, 100, 1, static_cast<std::uint64_t>(i) + 10)});
  CHECK(bars.take({trade(t + 59'999, 500, 1, 99)}).size() <= 1);
  CHECK(bars.too_late() == 1);
}

TEST_CASE("D7: a minute without trades is no bar", "[feeds][trade_bars][fault][D7]") {
  auto bars = minute_bars();
  Closed closed;
  for (const std::int64_t minute : {0, 1, 4, 5, 9}) {
    note(
        closed,
        bars.take({trade(kStartMs + minute * kMinute, 100 + minute, 1, static_cast<std::uint64_t>(minute))}));
  }
  std::vector<std::int64_t> minutes;
  for (const auto& [ts, bar] : closed) minutes.push_back((ts - kStartMs) / kMinute);
  CHECK(minutes == std::vector<std::int64_t>{1, 4, 5});
}

TEST_CASE("sums of quantities are exact at any mix of scales", "[feeds][trade_bars]") {
  QuantitySum a, b;
  for (int i = 0; i < 10; ++i) a.add(1, 1);  // 0.1 ten times
  b.add(1, 0);
  CHECK(a == b);
  a.add(1, 18);
  CHECK_FALSE(a == b);
  b.add(1, 18);
  CHECK(a == b);
  CHECK(b.value() == 1.0);
  b.add(92, 0);
  CHECK(b.value() == 93.0);
}

TEST_CASE("dense ids come out once and in order, and a hole is waited for", "[feeds][trade_order]") {
  TradeOrder order(TradeIds::dense);
  bool is_refused = false;
  const auto take = [&](std::int64_t id, std::int64_t ts_ms = kStartMs) {
    return ids_of(order.take(trade(ts_ms, 1), std::to_string(id), is_refused));
  };
  using Ids = std::vector<std::int64_t>;
  CHECK(take(100) == Ids{100});
  CHECK(take(102) == Ids{});
  CHECK(take(103) == Ids{});
  CHECK(take(102) == Ids{});
  CHECK(take(101) == Ids{101, 102, 103});
  CHECK(take(99) == Ids{});
  CHECK(take(103) == Ids{});
  CHECK(order.duplicates() == 3);
  CHECK_FALSE(order.has_gap());
  // 104 never comes: after some seconds of the venue's time the hole is final, and said.
  CHECK(take(105, kStartMs + 100) == Ids{});
  CHECK(take(107, kStartMs + TradeOrder::kWaitMs) == Ids{105});
  CHECK(order.has_gap());
  CHECK(order.gaps() == 1);
  CHECK(take(104) == Ids{});
  CHECK(take(106) == Ids{106, 107});
  CHECK_FALSE(order.has_gap());
  order.take(trade(kStartMs, 1), "12x", is_refused);
  CHECK(is_refused);
}

TEST_CASE("a hole among dense ids is final when too much waits behind it", "[feeds][trade_order]") {
  TradeOrder order(TradeIds::dense);
  bool is_refused = false;
  order.take(trade(kStartMs, 1), "0", is_refused);
  std::size_t count = 0;
  for (std::size_t i = 2; i < 2 + TradeOrder::kHeldMax; ++i) {
    count = order.take(trade(kStartMs, 1), std::to_string(i), is_refused).size();
  }
  CHECK(count == TradeOrder::kHeldMax);
  CHECK(order.has_gap());
}

TEST_CASE("other ids only tell that a record came twice", "[feeds][trade_order]") {
  TradeOrder order(TradeIds::free);
  bool is_refused = false;
  CHECK(order.take(trade(kStartMs, 1), "1d635a66-978f-500f-80a6-642e2f006010", is_refused).size() == 1);
  CHECK(order.take(trade(kStartMs, 1), "500", is_refused).size() == 1);
  CHECK(order.take(trade(kStartMs, 1), "1d635a66-978f-500f-80a6-642e2f006010", is_refused).empty());
  CHECK(order.take(trade(kStartMs, 1), "7", is_refused).size() == 1);
  CHECK(order.duplicates() == 1);
}

TEST_CASE("any shuffling of trades within the wait gives the same bars", "[feeds][trade_bars][property]") {
  const std::uint64_t seed = GENERATE(range(0, 20));
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  std::vector<Trade> trades;
  std::int64_t ts_ms = kStartMs;
  for (std::uint64_t id = 1; id <= 2'000; ++id) {
    ts_ms += static_cast<std::int64_t>(random() % 300);  // some at the same time
    trades.push_back(trade(ts_ms, static_cast<std::int64_t>(1'000 + random() % 50),
                           1 + static_cast<std::int64_t>(random() % 9), id));
  }
  std::vector<Trade> arrivals = trades;
  for (std::size_t i = 1; i + 1 < arrivals.size(); ++i) {
    if (random() % 4 == 0) std::swap(arrivals[i], arrivals[i + 1]);
    if (random() % 9 == 0)
      arrivals.insert(arrivals.begin() + static_cast<std::ptrdiff_t>(i), arrivals[i - 1]);
  }
  TradeOrder order(TradeIds::dense);
  auto bars = minute_bars();
  Closed closed;
  for (const Trade& arrival : arrivals) {
    bool is_refused = false;
    const auto& ready = order.take(arrival, std::to_string(arrival.id), is_refused);
    REQUIRE_FALSE(order.has_gap());
    note(closed, bars.take(ready));
  }
  Closed expected = reference(trades);
  expected.erase(expected.begin());  // holds the first trade, so perhaps not all of its own
  expected.erase(std::prev(expected.end()));
  REQUIRE(closed.size() == expected.size());
  for (const auto& [ts, bar] : expected) {
    CAPTURE(ts);
    REQUIRE(closed.at(ts).bar == bar.bar);
    REQUIRE(closed.at(ts).volume == bar.volume);
    REQUIRE(closed.at(ts).trades == bar.trades);
  }
}

namespace {

core::MarketEvent row(std::int64_t minute, std::int64_t price, std::int64_t ts_event_ms) {
  core::MarketEvent event;
  event.bar = {kStartMs + minute * kMinute, price, price, price, price};
  event.ts_event_ms = ts_event_ms;
  return event;
}

}  // namespace

TEST_CASE("D5: without a flag the row of a later bar closes the one before",
          "[feeds][bar_closer][fault][D5]") {
  BarCloser closer(test::interval_of("1m"));
  const auto take = [&](std::int64_t minute, std::int64_t price, std::int64_t at_ms) {
    return closer.take(row(minute, price, kStartMs + at_ms), BarState::unsaid, true);
  };
  CHECK_FALSE(take(0, 100, 1'000).closed);
  CHECK(take(0, 101, 59'000).open->bar.close == 101);
  const auto next = take(1, 102, 60'500);
  REQUIRE(next.closed);
  CHECK(next.closed->is_closed == 1);
  CHECK(next.closed->bar.close == 101);
  CHECK(next.closed->ts_event_ms == kStartMs + 60'500);
  CHECK(next.open->bar.close == 102);
  // What a slower connection still says of the past changes nothing.
  CHECK_FALSE(take(0, 99, 59'500).closed);
  CHECK_FALSE(take(1, 99, 60'400).open);
  // A row from the future proves nothing.
  CHECK(take(5, 103, 61'000).is_early);
  closer.reset();
  CHECK_FALSE(take(2, 104, 121'000).closed);
}

TEST_CASE("D5: a flag without a time counts when the venue's time is past the end, or a later bar has begun",
          "[feeds][bar_closer][fault][D5]") {
  BarCloser closer(test::interval_of("1m"));
  const auto take = [&](std::int64_t minute, std::int64_t price, std::int64_t now_ms, BarState state) {
    return closer.take(row(minute, price, kStartMs + now_ms), state, false);
  };
  CHECK(take(0, 100, 60'010, BarState::closed).closed->bar.close == 100);
  CHECK_FALSE(take(1, 100, 60'020, BarState::open).closed);
  // Said to be final in its middle: taken back by the next row of the same bar.
  CHECK_FALSE(take(1, 101, 90'000, BarState::closed).closed);
  CHECK(take(1, 102, 91'000, BarState::open).open);
  CHECK_FALSE(take(1, 103, 92'000, BarState::closed).closed);
  CHECK(take(2, 104, 93'000, BarState::open).closed->bar.close == 103);
}

TEST_CASE("D5: a flag before the bar's end is refused where frames have times",
          "[feeds][bar_closer][fault][D5]") {
  BarCloser closer(test::interval_of("1m"));
  CHECK(closer.take(row(0, 100, kStartMs + 59'998), BarState::closed, true).is_early);
  CHECK(closer.take(row(0, 100, kStartMs + 59'999), BarState::closed, true).closed);
}

TEST_CASE("times of RFC 3339 are read with any fraction and nothing else", "[feeds][time_text]") {
  const auto ms = [](std::string_view text) {
    std::int64_t ts_ms = -1;
    return read_rfc3339(text, ts_ms) ? ts_ms : -1;
  };
  CHECK(ms("1970-01-01T00:00:00Z") == 0);
  CHECK(ms("2024-02-29T12:34:56.7Z") == 1709210096700);
  CHECK(ms("2026-08-09T21:05:48.228846629Z") == 1786309548228);
  CHECK(ms("2000-03-01T00:00:00.000001Z") == 951868800000);
  for (const char* bad :
       {"", "2026-08-09", "2026-08-09T21:05:48", "2026-08-09 21:05:48Z", "2026-08-09T21:05:48+00:00Z",
        "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-32T00:00:00Z",
        "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z", "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00.1234567890Z", "2026-01-01T00:00:00,5Z", "2o26-01-01T00:00:00Z"}) {
    CAPTURE(bad);
    CHECK(ms(bad) == -1);
  }
  CHECK(rfc3339_text(1709210096700) == "2024-02-29T12:34:56Z");
}

}  // namespace lockstep::feeds
