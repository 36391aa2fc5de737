// Series that join and leave a feed while it runs, and questions about the venue's list.
#include <fmt/format.h>

#include <mutex>

#include "feeds/venue.hpp"
#include "feeds/venue_feed.hpp"
#include "tests/feeds/feed_harness.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::test {
namespace {

using core::EventKind;
using core::Reason;
using core::SeriesId;
using namespace std::chrono_literals;

/// A venue that lists what the test says, and a feed whose catalog has room.
struct Changing {
  explicit Changing(std::vector<std::string> symbols = {"BTCUSDT"}) : harness(venue, std::move(symbols)) {
    harness.catalog.make_room(100);
    timing.listing_every = 0ms;
    timing.audit_every = 0ms;
    venue.on_http([this](const std::string& target) -> HttpReply {
      if (target == "/api/v3/time") return {200, fmt::format(R"({{"serverTime":{}}})", kStartMs)};
      if (!target.starts_with("/api/v3/exchangeInfo")) return {200, "[]"};
      const std::lock_guard lock(mutex);
      ++lists;
      return {list_status, list};
    });
    set_list({"BTCUSDT", "ETHUSDT"});
  }
  void set_list(const std::vector<std::string>& trading) {
    std::string symbols;
    for (const std::string& name : trading)
      symbols += fmt::format(
          R"({}{{"symbol":"{}","status":"TRADING","filters":[{{"filterType":"PRICE_FILTER","tickSize":"0.01"}}]}})",
          symbols.empty() ? "" : ",", name);
    symbols += R"(,{"symbol":"OLDUSDT","status":"BREAK","filters":[]})";
    const std::lock_guard lock(mutex);
    list = fmt::format(R"({{"serverTime":{},"symbols":[{}]}})", kStartMs, symbols);
  }
  void start() {
    feed = std::make_unique<feeds::VenueFeed>(harness.io, *feeds::find_venue("binance_spot"), harness.config,
                                              harness.catalog, harness.series, harness.sink, timing);
    feed->start();
  }
  /// What has come for a series of that kind.
  std::size_t count(EventKind kind, SeriesId series) const {
    std::size_t found = 0;
    for (const auto& event : harness.sink.of_kind(kind)) found += event.series == series;
    return found;
  }
  bool wait_for(EventKind kind, SeriesId series, std::size_t times = 1) {
    return harness.wait([&] { return count(kind, series) >= times; });
  }
  SeriesId add(const std::string& symbol, const std::string& interval = "1m") {
    const SeriesId id = *harness.catalog.add("binance_spot", symbol, interval_of(interval));
    feed->add({id});
    return id;
  }
  std::optional<feeds::SymbolAnswer> ask(std::vector<std::string> entries,
                                         std::vector<std::string> intervals = {"1m"}) {
    std::optional<feeds::SymbolAnswer> answer;
    feed->look_up({std::move(entries), std::move(intervals)},
                  [&](const feeds::SymbolAnswer& given) { answer = given; });
    harness.wait([&] { return answer.has_value(); });
    return answer;
  }

  std::mutex mutex;
  std::string list;
  int list_status = 200;
  std::atomic<int> lists{0};
  MockVenue venue;
  FeedHarness harness;
  feeds::FeedTiming timing;
  std::unique_ptr<feeds::VenueFeed> feed;
};

}  // namespace

TEST_CASE("D15: a series that is added while running is listed, subscribed and pushed",
          "[feeds][series_changes][fault][D15]") {
  Changing test;
  test.start();
  REQUIRE(test.wait_for(EventKind::stream_up, 0));
  const SeriesId added = test.add("ETHUSDT");
  REQUIRE(test.wait_for(EventKind::stream_up, added));
  CHECK(test.count(EventKind::listed, added) == 1);
  // On the connection that was there, and nothing was said to the one that was on it.
  CHECK(test.venue.upgrades() == 1);
  CHECK(test.count(EventKind::stream_up, 0) == 1);
  CHECK(test.count(EventKind::stream_down, 0) == 0);
  test.venue.send(kline_frame("ETHUSDT", kStartMs, "5.00", true));
  CHECK(test.wait_for(EventKind::bar, added));
  // A new connection subscribes all of them.
  test.venue.cut();
  REQUIRE(test.wait_for(EventKind::stream_up, added, 2));
  CHECK(test.wait_for(EventKind::stream_up, 0, 2));

  SECTION("one that the venue does not have is rejected, and the rest goes on") {
    const SeriesId unknown = test.add("ETHUSDX");
    REQUIRE(test.wait_for(EventKind::rejected, unknown));
    CHECK(test.harness.sink.of_kind(EventKind::rejected).front().reason == Reason::symbol_unknown);
    CHECK(test.count(EventKind::stream_down, 0) == 1);  // of the cut
  }
  SECTION("an interval of a symbol that is there gets a topic of its own") {
    const SeriesId longer = test.add("ETHUSDT", "5m");
    REQUIRE(test.wait_for(EventKind::stream_up, longer));
    test.venue.send(kline_frame("ETHUSDT", kStartMs, "5.00", true, "5m"));
    CHECK(test.wait_for(EventKind::bar, longer));
    CHECK(test.count(EventKind::bar, added) == 1);
  }
}

TEST_CASE("a full connection is not filled further: a new one takes what is added",
          "[feeds][series_changes]") {
  Changing test({"BTCUSDT", "ETHUSDT"});
  test.set_list({"BTCUSDT", "ETHUSDT", "SOLUSDT"});
  test.harness.config.streams_max = 2;
  test.start();
  REQUIRE(test.wait_for(EventKind::stream_up, 1));
  const SeriesId added = test.add("SOLUSDT");
  REQUIRE(test.wait_for(EventKind::stream_up, added));
  CHECK(test.venue.connections() == 2);
}

TEST_CASE("a series that is added before the venue's list is known is told with the others",
          "[feeds][series_changes]") {
  Changing test;
  {
    const std::lock_guard lock(test.mutex);
    test.list_status = 500;
  }
  test.start();
  REQUIRE(test.harness.wait([&] { return test.lists >= 1; }));
  const SeriesId added = test.add("ETHUSDT");
  {
    const std::lock_guard lock(test.mutex);
    test.list_status = 200;
  }
  REQUIRE(test.wait_for(EventKind::stream_up, added));
  CHECK(test.count(EventKind::listed, added) == 1);
}

TEST_CASE(
    "a series that is removed says so, is pushed no more, and its connection goes over to one without it",
    "[feeds][series_changes]") {
  Changing test({"BTCUSDT", "ETHUSDT"});
  test.timing.forget_wait = GENERATE(100ms, 600'000ms);
  const bool is_replaced = test.timing.forget_wait < 1s;
  test.start();
  REQUIRE(test.wait_for(EventKind::stream_up, 1));
  test.feed->remove({0});
  REQUIRE(test.wait_for(EventKind::rejected, 0));
  CHECK(test.harness.sink.of_kind(EventKind::rejected).front().reason == Reason::removed);
  test.venue.send(kline_frame("BTCUSDT", kStartMs, "5.00", true));
  test.venue.send(kline_frame("ETHUSDT", kStartMs, "5.00", true));
  REQUIRE(test.wait_for(EventKind::bar, 1));
  CHECK(test.count(EventKind::bar, 0) == 0);
  if (is_replaced) {
    // Make before break: nobody hears of it.
    REQUIRE(test.harness.wait([&] {
      test.venue.send(kline_frame("ETHUSDT", kStartMs, "6.00", false));
      return test.venue.upgrades() == 2 && test.venue.connections() == 1;
    }));
    CHECK(test.count(EventKind::stream_down, 1) == 0);
    std::size_t asked = 0;
    for (const std::string& text : test.venue.texts())
      asked += text.find("btcusdt@kline") != std::string::npos;
    CHECK(asked == 1);
  }
  // It may come back: listed again, and up as soon as it is subscribed.
  test.feed->add({0});
  REQUIRE(test.wait_for(EventKind::stream_up, 0, 2));
  CHECK(test.count(EventKind::listed, 0) == 2);
  test.venue.send(kline_frame("BTCUSDT", kStartMs + 60'000, "5.00", true));
  CHECK(test.wait_for(EventKind::bar, 0));
}

TEST_CASE("the last series of a connection takes it along, and a list changes nothing about what was removed",
          "[feeds][series_changes]") {
  Changing test;
  test.start();
  REQUIRE(test.wait_for(EventKind::stream_up, 0));
  test.feed->remove({0});
  REQUIRE(test.harness.wait([&] { return test.venue.connections() == 0; }));
  REQUIRE(test.ask({"BTCUSDT"}));
  CHECK(test.count(EventKind::listed, 0) == 1);
  CHECK(test.feed->health().connected);  // nothing is missing
}

TEST_CASE("a question about symbols is answered from the venue's list of this moment",
          "[feeds][series_changes][D16]") {
  Changing test;
  test.start();
  REQUIRE(test.wait_for(EventKind::stream_up, 0));
  test.set_list({"BTCUSDT", "ETHUSDT", "ETHBTC", "NEWUSDT"});
  const auto answer = test.ask(
      {"ETH*", "NEWUSDT", "ETHUSDT", "OLDUSDT", "BTCUSDX", "XXX*", "OLD*", "../../etc"}, {"1m", "7m"});
  REQUIRE(answer);
  CHECK(answer->error.empty());
  std::vector<std::string> taken;
  for (const auto& each : answer->taken) taken.push_back(each.symbol + each.interval.text());
  CHECK(taken == std::vector<std::string>{"ETHBTC1m", "ETHUSDT1m", "NEWUSDT1m"});
  const auto refused = [&](const std::string& entry) {
    for (const auto& each : answer->refused) {
      if (each.entry == entry) return each;
    }
    return feeds::SymbolAnswer::Refused{};
  };
  CHECK(refused("NEWUSDT").interval == "7m");
  CHECK(refused("NEWUSDT").reason == Reason::interval_unknown);
  CHECK(refused("OLDUSDT").reason == Reason::symbol_not_trading);
  CHECK(refused("BTCUSDX").reason == Reason::symbol_unknown);
  CHECK(refused("BTCUSDX").nearest == "BTCUSDT");
  CHECK(refused("XXX*").reason == Reason::symbol_unknown);
  CHECK(refused("OLD*").reason == Reason::symbol_unknown);  // a pattern means what trades
  CHECK(refused("../../etc").reason == Reason::symbol_unknown);
  CHECK(answer->refused.size() == 8);
  for (const std::string& target : test.venue.targets()) CHECK(target.find("..") == std::string::npos);

  {
    const std::lock_guard lock(test.mutex);
    test.list_status = 503;
  }
  const auto failed = test.ask({"BTCUSDT"});
  REQUIRE(failed);
  CHECK_FALSE(failed->error.empty());
  CHECK(failed->taken.empty());
}

TEST_CASE("D15: symbols that begin to trade and match a pattern are told once",
          "[feeds][series_changes][fault][D15]") {
  Changing test;
  test.timing.listing_every = test.timing.listing_confirm = 20ms;
  test.harness.config.patterns = {"ETH*"};
  std::vector<std::string> heard;
  test.set_list({"BTCUSDT", "SOLUSDT"});
  test.start();
  test.feed->on_new_symbols([&](const std::vector<std::string>& symbols) {
    heard.insert(heard.end(), symbols.begin(), symbols.end());
  });
  REQUIRE(test.wait_for(EventKind::stream_up, 0));
  test.set_list({"BTCUSDT", "SOLUSDT", "ETHBTC", "XETHUSDT", "ETHUSDT"});
  REQUIRE(test.harness.wait([&] { return !heard.empty(); }));
  const int lists = test.lists;
  REQUIRE(test.harness.wait([&] { return test.lists >= lists + 3; }));
  CHECK(heard == std::vector<std::string>{"ETHBTC", "ETHUSDT"});
}

}  // namespace lockstep::test
