// Bars from decimal texts, the table of series, and what the outlet does with a full queue.
#include "engine/core/event.hpp"
#include "feeds/bar_reader.hpp"
#include "feeds/event_outlet.hpp"
#include "feeds/exchange_clock.hpp"
#include "feeds/series_table.hpp"
#include "tests/feeds/feed_harness.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::feeds {
namespace {

using core::EventKind;
using core::Reason;

BarTexts texts(std::string_view open, std::string_view high, std::string_view low, std::string_view close) {
  return {test::kStartMs, open, high, low, close, "1"};
}

}  // namespace

TEST_CASE("a bar's texts become ticks exactly", "[feeds][bar_reader]") {
  core::MarketEvent event;
  const core::Interval minute = test::interval_of("1m");
  REQUIRE(read_bar(texts("100.10000000", "101", "1.0e2", "100.5"), minute, 2, event) == Reason::none);
  CHECK(event.bar == BarTicks{test::kStartMs, 10010, 10100, 10000, 10050});
  CHECK(event.price_scale == 2);
  CHECK(event.volume == 1);
}

TEST_CASE("D12: a bar that contradicts itself is refused and leaves the event alone",
          "[feeds][bar_reader][fault][D12]") {
  core::MarketEvent event;
  const core::Interval minute = test::interval_of("1m");
  const auto read = [&](const BarTexts& bar) { return read_bar(bar, minute, 2, event); };
  CHECK(read(texts("1", "1", "0", "1")) == Reason::price_refused);
  CHECK(read(texts("1", "0.9", "0.8", "0.9")) == Reason::price_refused);
  CHECK(read(texts("1", "2", "1.5", "1.6")) == Reason::price_refused);
  CHECK(read(texts("1", "99999999999999999999", "1", "1")) == Reason::price_refused);
  CHECK(read(texts("1", "2", "1", "1.001")) == Reason::scale_changed);
  CHECK(read(texts("1.001", "2", "1", "+1")) == Reason::record_unusable);
  for (const char* bad : {"", " 1", "1 ", "0x1", "1,5", "NaN", "Infinity", "null", ".5", "5.", "1e999x"}) {
    CAPTURE(bad);
    CHECK(read(texts(bad, "2", "1", "1")) == Reason::record_unusable);
  }
  for (const char* bad : {"", "-1", "inf", "nan", "1x", "1e999"}) {
    CAPTURE(bad);
    BarTexts bar = texts("1", "1", "1", "1");
    bar.volume = bad;
    CHECK(read(bar) == Reason::record_unusable);
  }
  CHECK(event.bar == BarTicks{});
}

TEST_CASE("D10, D8: a time of another unit or off the grid is refused",
          "[feeds][bar_reader][fault][D10][D8]") {
  core::MarketEvent event;
  BarTexts bar = texts("1", "1", "1", "1");
  for (const std::int64_t ts_ms :
       {test::kStartMs / 1000, test::kStartMs * 1000, std::int64_t{0}, std::int64_t{-60000}}) {
    bar.ts_open_ms = ts_ms;
    CHECK(read_bar(bar, test::interval_of("1m"), 2, event) == Reason::record_unusable);
  }
  bar.ts_open_ms = test::kStartMs + 1;
  CHECK(read_bar(bar, test::interval_of("1m"), 2, event) == Reason::off_grid);
  bar.ts_open_ms = test::kStartMs + 60'000;
  CHECK(read_bar(bar, test::interval_of("5m"), 2, event) == Reason::off_grid);
}

TEST_CASE("the scale that a bar needs is that of its longest price", "[feeds][bar_reader]") {
  CHECK(scale_needed(texts("1.5000", "2", "1", "1.125")) == 3);
  CHECK(scale_needed(texts("1.1e-05", "2", "1", "1")) == 6);
  CHECK_FALSE(scale_needed(texts("x", "2", "1", "1")).has_value());
  CHECK_FALSE(scale_needed(texts("1e-19", "2", "1", "1")).has_value());
}

TEST_CASE("the table finds every series and nothing else", "[feeds][series_table]") {
  SeriesTable table;
  CHECK_FALSE(table.find("BTCUSDT", "1m").has_value());
  for (core::SeriesId id = 0; id < 1000; ++id) {
    table.add("SYMBOL" + std::to_string(id / 2), id % 2 == 0 ? "1m" : "1M", id);
  }
  table.add("SYMBOL0", "1m", 4711);  // there already
  table.add("\xe5\xb8\x81\xe5\xae\x89USDT", "1h", 1000);
  for (core::SeriesId id = 0; id < 1000; ++id) {
    REQUIRE(table.find("SYMBOL" + std::to_string(id / 2), id % 2 == 0 ? "1m" : "1M") == id);
  }
  CHECK(table.find("\xe5\xb8\x81\xe5\xae\x89USDT", "1h") == 1000);
  CHECK_FALSE(table.find("SYMBOL1", "3m").has_value());
  CHECK_FALSE(table.find("SYMBOL", "1m").has_value());
  CHECK_FALSE(table.find("", "").has_value());
}

TEST_CASE("N17: whatever is lost, the series hears of it", "[feeds][event_outlet][fault][N17]") {
  test::RecordingSink sink;
  EventOutlet outlet(sink, 2);
  SECTION("a bar") {
    outlet.listed(0, 2);
    outlet.stream_up(0);
    sink.room = 0;
    core::MarketEvent bar;
    bar.kind = EventKind::bar;
    outlet.bar(bar);
    CHECK_FALSE(outlet.flush());
    CHECK_FALSE(outlet.push_history(bar));
    sink.room = 100;
    outlet.bar(bar);                        // still part of the loss
    CHECK_FALSE(outlet.push_history(bar));  // nor does history overtake the news
    CHECK(sink.count(EventKind::bar) == 0);
    CHECK(outlet.flush());
    REQUIRE(sink.events.size() == 4);
    CHECK(sink.events[2].kind == EventKind::stream_down);
    CHECK(sink.events[2].reason == Reason::events_lost);
    CHECK(sink.events[3].kind == EventKind::stream_up);
    outlet.bar(bar);
    CHECK(sink.count(EventKind::bar) == 1);
  }
  SECTION("the listing, and then the connection") {
    sink.room = 0;
    outlet.listed(0, 3);
    outlet.stream_up(0);
    outlet.stream_down(0, Reason::silent);
    outlet.rejected(1, Reason::symbol_unknown);
    sink.room = 100;
    CHECK(outlet.flush());
    REQUIRE(sink.events.size() == 3);
    CHECK(sink.events[0].kind == EventKind::rejected);
    CHECK(sink.events[0].reason == Reason::symbol_unknown);
    CHECK(sink.events[1].kind == EventKind::listed);
    CHECK(sink.events[1].price_scale == 3);
    CHECK(sink.events[2].kind == EventKind::stream_down);
    CHECK(sink.events[2].reason == Reason::silent);
  }
}

TEST_CASE("the venue's time goes on and never back", "[feeds][exchange_clock]") {
  ExchangeClock clock;
  CHECK_FALSE(clock.is_known());
  clock.note(1'000, 0);
  CHECK(clock.now_ms(500'000'000) == 1'500);
  clock.note(900, 600'000'000);    // older news
  clock.note(1'200, 700'000'000);  // newer, but it was long under way
  CHECK(clock.now_ms(700'000'000) == 1'500);
  CHECK(clock.now_ms(1'200'000'000) == 1'700);
}

TEST_CASE("T2: a bar's open that comes long after it does not hold the venue's time back",
          "[feeds][exchange_clock][fault][T2]") {
  constexpr std::int64_t kSecondNs = 1'000'000'000;
  ExchangeClock clock;
  clock.note_passed(60'000, 0);
  // The venue pushed nothing for a while: the first row of the next bar comes 35 s after its open.
  clock.note_passed(120'000, 95 * kSecondNs);
  CHECK(clock.now_ms(100 * kSecondNs) == 160'000);
  // Usually it comes at once, and keeps our clock's pace from carrying the estimate away.
  clock.note_passed(180'000, 121 * kSecondNs);
  CHECK(clock.now_ms(125 * kSecondNs) == 184'000);
}

TEST_CASE("R6: what the venue told long ago may be as much later by now",
          "[feeds][exchange_clock][fault][R6]") {
  constexpr std::int64_t kSecondNs = 1'000'000'000;
  ExchangeClock clock;
  clock.note_told(100'000, 10 * kSecondNs, 30 * kSecondNs);
  CHECK(clock.now_ms(30 * kSecondNs) == 100'000);
  CHECK(clock.latest_ms(30 * kSecondNs) == 120'000);
  CHECK(clock.latest_ms(35 * kSecondNs) == 125'000);
  // A quicker answer that says no more than is known bounds it all the same.
  clock.note_told(104'000, 34 * kSecondNs, 36 * kSecondNs);
  CHECK(clock.now_ms(36 * kSecondNs) == 106'000);
  CHECK(clock.latest_ms(36 * kSecondNs) == 106'000);
  clock.note_told(140'000, 37 * kSecondNs, 57 * kSecondNs);
  CHECK(clock.latest_ms(57 * kSecondNs) == 160'000);
  // A frame tells the time at once; then an answer that took long changes nothing.
  clock.note(158'000, 58 * kSecondNs);
  CHECK(clock.latest_ms(58 * kSecondNs) == 158'000);
  clock.note_told(150'000, 59 * kSecondNs, 79 * kSecondNs);
  CHECK(clock.latest_ms(79 * kSecondNs) == 179'000);
}

}  // namespace lockstep::feeds
