// What a feed looks after while it runs: the symbol list, recent bars against history, time that went by.
#include <fmt/format.h>

#include <deque>
#include <mutex>
#include <set>

#include "feeds/net/name_cache.hpp"
#include "feeds/venue.hpp"
#include "feeds/venue_feed.hpp"
#include "tests/feeds/feed_harness.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::test {
namespace {

using core::EventKind;
using core::Reason;
using namespace std::chrono_literals;

constexpr std::int64_t kMinute = 60'000;

/// A list with the symbols of `trading`, and as many others as make it a venue's.
std::string list_of(const std::vector<std::string>& trading) {
  std::string symbols;
  const auto add = [&](const std::string& name) {
    symbols += fmt::format(
        R"({}{{"symbol":"{}","status":"TRADING","filters":[{{"filterType":"PRICE_FILTER","tickSize":"0.01"}}]}})",
        symbols.empty() ? "" : ",", name);
  };
  for (const std::string& name : trading) add(name);
  for (const char* name : {"AAUSDT", "BBUSDT", "CCUSDT", "DDUSDT", "EEUSDT"}) add(name);
  return fmt::format(R"({{"serverTime":{},"symbols":[{}]}})", kStartMs, symbols);
}

/// A harness whose feed looks at everything many times a second.
struct Following {
  explicit Following(std::vector<std::string> symbols = {"BTCUSDT", "ETHUSDT"})
      : harness(venue, std::move(symbols)) {
    timing.listing_every = timing.listing_confirm = 20ms;
    timing.audit_every = 0ms;
    timing.audit_confirm = 20ms;
    venue.on_http([this](const std::string& target) -> HttpReply {
      if (target.starts_with("/api/v3/exchangeInfo")) {
        ++lists;
        const std::lock_guard lock(mutex);
        if (next_lists.empty()) return {200, list};
        const std::string next = next_lists.front();
        next_lists.pop_front();
        return {200, next};
      }
      if (target == "/api/v3/time")
        return {200, fmt::format(R"({{"serverTime":{}}})", harness.now_ms.load())};
      ++histories;
      const std::lock_guard lock(mutex);
      return {200, history};
    });
  }
  void set_list(const std::vector<std::string>& trading) {
    const std::lock_guard lock(mutex);
    list = list_of(trading);
  }
  void set_history(std::string rows) {
    const std::lock_guard lock(mutex);
    history = "[" + std::move(rows) + "]";
  }
  void start() {
    harness.feed =
        std::make_unique<feeds::VenueFeed>(harness.io, *feeds::find_venue("binance_spot"), harness.config,
                                           harness.catalog, harness.series, harness.sink, timing);
    harness.feed->start();
  }
  std::size_t count(EventKind kind, core::SeriesId series) const {
    std::size_t found = 0;
    for (const auto& event : harness.sink.of_kind(kind)) found += event.series == series;
    return found;
  }
  /// So many more reads of the list.
  bool wait_lists(int more) {
    const int until = lists + more;
    return harness.wait([&] { return lists >= until; });
  }

  /// These once, in order; then `list` again.
  void give_lists(std::deque<std::string> once) {
    const std::lock_guard lock(mutex);
    next_lists = std::move(once);
  }

  std::mutex mutex;
  std::deque<std::string> next_lists;
  std::string list = list_of({"BTCUSDT", "ETHUSDT"}), history = "[]";
  std::atomic<int> lists{0}, histories{0};
  MockVenue venue;
  FeedHarness harness;
  feeds::FeedTiming timing;
};

}  // namespace

TEST_CASE("D15: a symbol that is delisted while running ends, and the others go on",
          "[feeds][following][fault][D15]") {
  Following test;
  test.start();
  REQUIRE(test.harness.wait_for(EventKind::stream_up, 2));
  test.set_list({"ETHUSDT"});
  REQUIRE(test.harness.wait_for(EventKind::rejected));
  CHECK(test.harness.sink.of_kind(EventKind::rejected)[0].series == test.harness.series[0]);
  CHECK(test.harness.sink.of_kind(EventKind::rejected)[0].reason == Reason::symbol_unknown);
  test.venue.send(kline_frame("ETHUSDT", kStartMs, "5.00", true));
  REQUIRE(test.harness.wait_for(EventKind::bar));
  REQUIRE(test.wait_lists(3));
  CHECK(test.harness.sink.count(EventKind::rejected) == 1);
  CHECK(test.harness.sink.count(EventKind::stream_down) == 0);
}

TEST_CASE(
    "N10: a symbol that is refused although it is listed is asked for again with the next list, which comes "
    "soon",
    "[feeds][following][fault][N10]") {
  Following test;
  test.timing.listing_every = 1h;
  const auto refuses = std::make_shared<std::atomic<bool>>(true);
  test.venue.on_text([refuses](const std::string& text) {
    const bool is_bad = *refuses && text.find("ethusdt") != std::string::npos;
    return std::vector<std::string>{
        is_bad ? fmt::format(R"({{"code":2,"msg":"Invalid request","id":{}}})", id_of(text))
               : fmt::format(R"({{"result":null,"id":{}}})", id_of(text))};
  });
  test.start();
  REQUIRE(test.harness.wait([&] { return test.count(EventKind::rejected, test.harness.series[1]) == 2; }));
  CHECK(test.lists == 2);
  // Refused again: from now on the list has its own pace.
  const auto end = std::chrono::steady_clock::now() + 10 * test.timing.listing_confirm;
  REQUIRE(test.harness.wait([&] { return std::chrono::steady_clock::now() > end; }));
  CHECK(test.lists == 2);
  CHECK(test.count(EventKind::stream_up, test.harness.series[0]) == 1);
  CHECK(test.count(EventKind::stream_down, test.harness.series[0]) == 0);
}

TEST_CASE("N10: a symbol that was live and is refused comes back, on a new connection",
          "[feeds][following][fault][N10]") {
  Following test;
  test.timing.listing_every = 1h;
  const auto bad_connection = std::make_shared<std::atomic<int>>(-1);
  test.venue.on_text([bad_connection, &venue = test.venue](const std::string& text) {
    const bool is_bad = venue.upgrades() == *bad_connection && text.find("ethusdt") != std::string::npos;
    return std::vector<std::string>{
        is_bad ? fmt::format(R"({{"code":2,"msg":"Invalid request","id":{}}})", id_of(text))
               : fmt::format(R"({{"result":null,"id":{}}})", id_of(text))};
  });
  test.start();
  REQUIRE(test.harness.wait_for(EventKind::stream_up, 2));
  *bad_connection = 2;  // for as long as it lives
  test.venue.cut();
  REQUIRE(test.harness.wait([&] { return test.count(EventKind::stream_up, test.harness.series[1]) == 2; }));
  CHECK(test.venue.upgrades() == 3);
  CHECK(test.count(EventKind::rejected, test.harness.series[1]) == 1);
  CHECK(test.lists == 2);
  // The other one did not notice.
  CHECK(test.count(EventKind::stream_down, test.harness.series[0]) == 1);
}

TEST_CASE("D15: one list without a symbol proves nothing, nor does one that has shrunk",
          "[feeds][following][fault][D15]") {
  Following test;
  test.start();
  REQUIRE(test.harness.wait_for(EventKind::stream_up, 2));
  test.give_lists({list_of({"ETHUSDT"})});
  REQUIRE(test.wait_lists(4));
  CHECK(test.harness.sink.count(EventKind::rejected) == 0);
  // Two empty ones: the first is not taken for a list at all.
  const std::string empty = fmt::format(R"({{"serverTime":{},"symbols":[]}})", kStartMs);
  test.give_lists({empty, empty});
  REQUIRE(test.wait_lists(5));
  CHECK(test.harness.sink.count(EventKind::rejected) == 0);
}

TEST_CASE("D15: a symbol that is listed while running is subscribed then", "[feeds][following][fault][D15]") {
  Following test({"BTCUSDT", "NEWUSDT"});
  test.set_list({"BTCUSDT"});
  test.start();
  REQUIRE(test.harness.wait_for(EventKind::rejected));
  REQUIRE(test.harness.wait_for(EventKind::stream_up));
  test.set_list({"BTCUSDT", "NEWUSDT"});
  REQUIRE(test.harness.wait_for(EventKind::stream_up, 2));
  CHECK(test.count(EventKind::listed, test.harness.series[1]) == 1);
  CHECK(test.count(EventKind::stream_up, test.harness.series[0]) == 1);
  test.venue.send(kline_frame("NEWUSDT", kStartMs, "5.00", true));
  CHECK(test.harness.wait([&] { return test.count(EventKind::bar, test.harness.series[1]) == 1; }));
}

TEST_CASE("D15: a symbol that trades again goes on where it was subscribed",
          "[feeds][following][fault][D15]") {
  Following test;
  test.start();
  REQUIRE(test.harness.wait_for(EventKind::stream_up, 2));
  test.set_list({"ETHUSDT"});
  REQUIRE(test.harness.wait_for(EventKind::rejected));
  test.set_list({"BTCUSDT", "ETHUSDT"});
  REQUIRE(test.harness.wait_for(EventKind::stream_up, 3));
  CHECK(test.count(EventKind::listed, test.harness.series[0]) == 2);
  CHECK(test.venue.upgrades() == 1);
}

TEST_CASE("D16: an unknown symbol is told with the nearest one, and no byte of it reaches a path",
          "[feeds][following][fault][D16]") {
  Following test({"BTCUSDX", "../../etc/passwd"});
  test.start();
  REQUIRE(test.harness.wait_for(EventKind::rejected, 2));
  for (const std::string& target : test.venue.targets()) CHECK(target.find("..") == std::string::npos);
}

TEST_CASE("D4, R5: a bar that history says otherwise twice is pushed as a revision, once",
          "[feeds][following][fault][D4][R5]") {
  Following test({"BTCUSDT"});
  test.timing.audit_every = 60ms;
  test.start();
  REQUIRE(test.harness.wait_for(EventKind::stream_up));
  std::string same;
  for (int i = 0; i < 5; ++i) {
    test.venue.send(kline_frame("BTCUSDT", kStartMs + i * kMinute, "5.00", true));
    same += (i > 0 ? "," : "") + kline_row(kStartMs + i * kMinute, "5.00");
  }
  REQUIRE(test.harness.wait_for(EventKind::bar, 5));
  std::string other = same;
  const auto replace_row = [&](const std::string& close) {
    const std::string old_row = kline_row(kStartMs + kMinute, "5.00");
    other = same;
    other.replace(other.find(old_row), old_row.size(), kline_row(kStartMs + kMinute, close));
  };

  SECTION("the same difference twice") {
    replace_row("6.25");
    test.set_history(other);
    REQUIRE(test.harness.wait_for(EventKind::bar, 6));
    const core::MarketEvent revised = test.harness.sink.of_kind(EventKind::bar).back();
    CHECK(revised.bar.ts_open_ms == kStartMs + kMinute);
    CHECK(revised.bar.close == 625);
    CHECK(revised.is_closed == 1);
    const int asked = test.histories;
    REQUIRE(test.harness.wait([&] { return test.histories >= asked + 3; }));
    CHECK(test.harness.sink.count(EventKind::bar) == 6);
  }
  SECTION("history that says something else each time lags, or is unsure") {
    std::atomic<int> n{0};
    test.venue.on_http([&](const std::string& target) -> HttpReply {
      if (target.find("klines") == std::string::npos) return {200, list_of({"BTCUSDT"})};
      const std::lock_guard lock(test.mutex);
      replace_row(fmt::format("6.{}", 10 + ++n % 80));
      return {200, "[" + other + "]"};
    });
    REQUIRE(test.harness.wait([&] { return n >= 6; }));
    CHECK(test.harness.sink.count(EventKind::bar) == 5);
  }
  SECTION("nothing differs; the newest bars are left alone") {
    const std::string newest = kline_row(kStartMs + 4 * kMinute, "5.00");
    std::string late = same;
    late.replace(late.find(newest), newest.size(), kline_row(kStartMs + 4 * kMinute, "9.00"));
    test.set_history(late);
    REQUIRE(test.harness.wait([&] { return test.histories >= 4; }));
    CHECK(test.harness.sink.count(EventKind::bar) == 5);
  }
}

TEST_CASE("T3: after a standstill every connection is made anew", "[feeds][following][fault][T3]") {
  Following test;
  std::atomic<std::int64_t> asleep_ns{0};
  test.timing.boottime_ns = [&] { return feeds::net::boottime_ns() + asleep_ns; };
  test.start();
  REQUIRE(test.harness.wait_for(EventKind::stream_up, 2));
  asleep_ns = 61'000'000'000;  // the machine slept: the monotonic clock knows nothing of it
  REQUIRE(test.harness.wait_for(EventKind::stream_down, 2));
  CHECK(test.harness.sink.of_kind(EventKind::stream_down)[0].reason == Reason::silent);
  CHECK(test.harness.wait_for(EventKind::stream_up, 4));
}

TEST_CASE(
    "D5, D6, N16: without a closed flag a pause, or a row that cannot be read, keeps the bar from being "
    "closed",
    "[feeds][following][fault][D5][D6][D12][N16]") {
  MockVenue venue;
  FeedHarness harness(venue, {});
  venue.on_text([](const std::string& text) -> std::vector<std::string> {
    if (text.find("ping") != std::string::npos) return {};
    return {
        R"({"method":"subscribe","result":{"channel":"ohlc","interval":1,"snapshot":true,"symbol":"BTC/USD"},)"
        R"("success":true,"req_id":)" +
        text.substr(text.find("req_id") + 8)};
  });
  harness.config.venue = "kraken_v2";
  harness.config.symbols = {"BTC/USD"};
  harness.series = {*harness.catalog.add("kraken_v2", "BTC/USD", interval_of("1m"))};
  venue.on_http([](const std::string& target) -> HttpReply {
    if (target.find("AssetPairs") == std::string::npos)
      return {200, R"({"error":[],"result":{"unixtime":1704067200}})"};
    return {200,
            R"({"error":[],"result":{"XXBTZUSD":{"altname":"XBTUSD","wsname":"XBT/USD","tick_size":"0.1",)"
            R"("status":"online"}}})"};
  });
  harness.start();
  const auto frame = [](int minute, const std::string& close, int second = 55) {
    return fmt::format(
        R"({{"channel":"ohlc","type":"update","timestamp":"2024-01-01T00:{0:02}:{2:02}.0Z","data":[{{"symbol":"BTC/USD",)"
        R"("open":5.0,"high":9.0,"low":1.0,"close":{1},"trades":1,"volume":1.0,"vwap":5.0,)"
        R"("interval_begin":"2024-01-01T00:{0:02}:00Z","interval":1,"timestamp":"2024-01-01T00:{0:02}:{2:02}Z"}}]}})",
        minute, close, second);
  };
  REQUIRE(harness.wait_for(EventKind::stream_up));
  venue.send(frame(0, "5.0"));
  venue.send(frame(1, "6.0", 10));
  REQUIRE(harness.wait_for(EventKind::bar, 3));  // open, closed by the next, open
  REQUIRE(harness.sink.of_kind(EventKind::bar)[1].is_closed == 1);
  SECTION("a pause of all rows, after which no more is said of the bar") {
    venue.send(frame(2, "7.0", 1));
    REQUIRE(harness.wait_for(EventKind::bar, 4));
    CHECK(harness.sink.of_kind(EventKind::bar)[3].is_closed == 0);
  }
  SECTION("a pause of all rows, and the bar goes on") {
    venue.send(frame(1, "6.5", 58));
    venue.send(frame(2, "7.0", 1));
    REQUIRE(harness.wait_for(EventKind::bar, 6));
    CHECK(harness.sink.of_kind(EventKind::bar)[4].is_closed == 1);
    CHECK(harness.sink.of_kind(EventKind::bar)[4].bar.close == 65);
  }
  SECTION("a row of the series") {
    venue.send(frame(1, "\"x\"", 15));
    REQUIRE(harness.wait_for(EventKind::refused));
    venue.send(frame(2, "7.0", 1));
    REQUIRE(harness.wait_for(EventKind::bar, 4));
    CHECK(harness.sink.of_kind(EventKind::bar)[3].is_closed == 0);
  }
  SECTION("a frame of nobody knows whom") {
    venue.send(frame(1, "8.0").substr(0, 100));
    REQUIRE(harness.wait_for(EventKind::stream_down));
    CHECK(harness.sink.of_kind(EventKind::stream_down)[0].reason == Reason::events_lost);
  }
}

TEST_CASE("R7: after an outage every series gets its first page before anybody gets a second one",
          "[feeds][following][fault][R7]") {
  constexpr int kSymbols = 40;
  std::vector<std::string> symbols;
  for (int i = 0; i < kSymbols; ++i) symbols.push_back(fmt::format("S{:02}USDT", i));
  Following test(symbols);
  test.set_list(symbols);
  test.harness.now_ms = kStartMs + 1500 * kMinute;
  std::mutex mutex;
  std::vector<std::string> pages;
  test.venue.on_http([&](const std::string& target) -> HttpReply {
    if (target.find("exchangeInfo") != std::string::npos) return {200, test.list};
    if (target == "/api/v3/time")
      return {200, fmt::format(R"({{"serverTime":{}}})", test.harness.now_ms.load())};
    {
      const std::lock_guard lock(mutex);
      pages.push_back(target.substr(target.find("symbol=") + 7, 7));
    }
    std::string rows;
    const std::int64_t from_ms = query_number(target, "startTime");
    for (int i = 0; i < 1000 && from_ms + i * kMinute < test.harness.now_ms; ++i) {
      rows += (i > 0 ? "," : "") + kline_row(from_ms + i * kMinute, "5.00");
    }
    return {200, "[" + rows + "]"};
  });
  test.start();
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    test.harness.feed->request_backfill({test.harness.series[i], 1, kStartMs, 0});
  }
  REQUIRE(test.harness.wait_for(EventKind::backfill_done, kSymbols));
  const std::lock_guard lock(mutex);
  REQUIRE(pages.size() >= 2 * kSymbols);
  const std::set<std::string> first(pages.begin(), pages.begin() + kSymbols);
  CHECK(first.size() >= kSymbols - 4);  // four are in flight at once, and may overtake each other
}

TEST_CASE("T2: a clock that is set back or runs slowly is no standstill",
          "[feeds][following][fault][T2][T3]") {
  feeds::net::Standstill standstill(5s);
  CHECK(standstill.take(1'000'000'000) == 0ns);
  CHECK(standstill.take(5'900'000'000) == 0ns);
  CHECK(standstill.take(10'900'000'000) == 5s);
  CHECK(standstill.take(11'000'000'000) == 0ns);
  CHECK(standstill.take(2'000'000'000) == 0ns);
  CHECK(standstill.take(2'100'000'000) == 0ns);
}

TEST_CASE("N12: a name that resolves no more is reached by its last good answer",
          "[feeds][following][fault][N12]") {
  Following test;
  const std::string host = "venue.invalid";
  const auto address = boost::asio::ip::make_address("127.0.0.1");
  feeds::net::name_cache().note(fmt::format("{}:{}", host, test.venue.port()),
                                {{address, static_cast<std::uint16_t>(test.venue.port())}});
  test.harness.config.ws_url = test.venue.ws_url(host);
  test.harness.config.rest_url = test.venue.rest_url(host);
  test.start();
  CHECK(test.harness.wait_for(EventKind::stream_up, 2));
}

}  // namespace lockstep::test
