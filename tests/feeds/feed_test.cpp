// A Binance feed against a venue in the same process.
#include "feeds/feed.hpp"

#include <fmt/format.h>

#include "tests/feeds/feed_harness.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::test {
namespace {

using core::EventKind;
using core::MarketEvent;
using core::Reason;

std::vector<EventKind> kinds_of(const RecordingSink& sink, core::SeriesId series) {
  std::vector<EventKind> kinds;
  for (const MarketEvent& event : sink.events) {
    if (event.series == series) kinds.push_back(event.kind);
  }
  return kinds;
}

}  // namespace

TEST_CASE("a feed lists, subscribes, and pushes bars in ticks", "[feeds][feed]") {
  MockVenue venue;
  FeedHarness harness(venue, {"BTCUSDT", "ETHUSDT"});
  harness.start();
  REQUIRE(harness.wait_for(EventKind::stream_up, 2));
  const auto listed = harness.sink.of_kind(EventKind::listed);
  REQUIRE(listed.size() == 2);
  CHECK(listed[0].price_scale == 2);
  CHECK(listed[1].price_scale == 1);
  CHECK(venue.texts() ==
        std::vector<std::string>{
            R"({"method":"SUBSCRIBE","params":["btcusdt@kline_1m","ethusdt@kline_1m"],"id":1})"});
  venue.send(kline_frame("BTCUSDT", kStartMs, "42000.50000000", false));
  venue.send(kline_frame("BTCUSDT", kStartMs, "42000.51000000", true));
  venue.send(kline_frame("ETHUSDT", kStartMs, "2200.5", true));
  REQUIRE(harness.wait_for(EventKind::bar, 3));
  const auto bars = harness.sink.of_kind(EventKind::bar);
  CHECK(bars[0].series == harness.series[0]);
  CHECK(bars[0].bar == BarTicks{kStartMs, 4200050, 4200050, 4200050, 4200050});
  CHECK(bars[0].is_closed == 0);
  CHECK(bars[0].volume == 1.5);
  CHECK(bars[0].ts_event_ms == kStartMs + 1000);
  CHECK(bars[0].ts_recv_ns > 0);
  CHECK(bars[1].is_closed == 1);
  CHECK(bars[1].bar.close == 4200051);
  CHECK(bars[2].series == harness.series[1]);
  CHECK(bars[2].bar.close == 22005);
  const auto health = harness.feed->health();
  CHECK(health.connected);
  CHECK(health.frames == 4);
  CHECK(health.last_error.empty());
}

TEST_CASE("the venue's time goes on by itself between events", "[feeds][feed]") {
  MockVenue venue;
  FeedHarness harness(venue);
  harness.start();
  REQUIRE(harness.wait_for(EventKind::stream_up));
  venue.send(kline_frame("BTCUSDT", kStartMs + 60'000, "1", false));
  REQUIRE(harness.wait_for(EventKind::bar));
  harness.sink.clocks.clear();
  REQUIRE(harness.wait([&] { return harness.sink.clocks.size() >= 3; }));
  CHECK(harness.sink.clocks[0].ts_event_ms >= kStartMs + 61'000);
  CHECK(harness.sink.clocks[2].ts_event_ms > harness.sink.clocks[1].ts_event_ms);
  CHECK(harness.sink.clocks[2].ts_event_ms < kStartMs + 120'000);
}

TEST_CASE("N10: what the venue does not have is rejected, the rest goes on", "[feeds][feed][fault][N10]") {
  MockVenue venue;
  FeedHarness harness(venue, {"BTCUSDT", "NOSUCH", "OLDUSDT"}, {"1m", "7m"});
  harness.start();
  REQUIRE(harness.wait_for(EventKind::stream_up));
  const auto rejected = harness.sink.of_kind(EventKind::rejected);
  REQUIRE(rejected.size() == 5);
  CHECK(rejected[0].reason == Reason::interval_unknown);
  CHECK(rejected[1].reason == Reason::symbol_unknown);
  CHECK(rejected[3].reason == Reason::symbol_not_trading);
  CHECK(venue.texts().at(0).find("NOSUCH") == std::string::npos);
}

TEST_CASE("N10: one bad name in a request is found by halving it", "[feeds][feed][fault][N10]") {
  MockVenue venue;
  FeedHarness harness(venue, {"BTCUSDT", "ETHUSDT"}, {"1m", "5m"});
  venue.on_text([](const std::string& text) {
    const bool is_bad = text.find("ethusdt@kline_5m") != std::string::npos;
    return std::vector<std::string>{
        is_bad ? fmt::format(R"({{"code":2,"msg":"Invalid request","id":{}}})", id_of(text))
               : fmt::format(R"({{"result":null,"id":{}}})", id_of(text))};
  });
  harness.start();
  REQUIRE(harness.wait(
      [&] { return harness.sink.count(EventKind::rejected) == 1 && harness.feed->health().connected; }));
  CHECK(harness.sink.of_kind(EventKind::rejected)[0].series == harness.series[3]);
  CHECK(harness.sink.count(EventKind::stream_up) == 3);
  CHECK(harness.sink.count(EventKind::stream_down) == 0);
}

TEST_CASE("N4: after a cut every series goes down and is subscribed again", "[feeds][feed][fault][N4]") {
  MockVenue venue;
  FeedHarness harness(venue, {"BTCUSDT", "ETHUSDT"});
  harness.start();
  for (std::size_t round = 1; round <= 3; ++round) {
    REQUIRE(harness.wait_for(EventKind::stream_up, 2 * round));
    venue.send(kline_frame("BTCUSDT", kStartMs, "42000.5", false));
    REQUIRE(harness.wait_for(EventKind::bar, round));
    venue.cut();
    REQUIRE(harness.wait_for(EventKind::stream_down, 2 * round));
  }
  REQUIRE(harness.wait_for(EventKind::stream_up, 8));
  for (const MarketEvent& event : harness.sink.of_kind(EventKind::stream_down)) {
    CHECK(event.reason == Reason::disconnected);
  }
  CHECK(harness.feed->health().reconnects == 3);
  CHECK(kinds_of(harness.sink, harness.series[1]) ==
        std::vector<EventKind>{EventKind::listed, EventKind::stream_up, EventKind::stream_down,
                               EventKind::stream_up, EventKind::stream_down, EventKind::stream_up,
                               EventKind::stream_down, EventKind::stream_up});
}

TEST_CASE("N1: a connection without data is given up", "[feeds][feed][fault][N1]") {
  MockVenue venue;
  FeedHarness harness(venue);
  harness.config.silence_s = 1;
  harness.start();
  REQUIRE(harness.wait_for(EventKind::stream_down));
  CHECK(harness.sink.of_kind(EventKind::stream_down)[0].reason == Reason::silent);
  REQUIRE(harness.wait_for(EventKind::stream_up, 2));
}

TEST_CASE("N3: the same message over and over is silence", "[feeds][feed][fault][N3]") {
  MockVenue venue;
  FeedHarness harness(venue);
  harness.config.silence_s = 1;
  harness.start();
  REQUIRE(harness.wait_for(EventKind::stream_up));
  const std::string frame = kline_frame("BTCUSDT", kStartMs, "42000", false);
  REQUIRE(harness.wait([&] {
    venue.send(frame);
    return harness.sink.count(EventKind::stream_down) == 1;
  }));
  CHECK(harness.sink.of_kind(EventKind::stream_down)[0].reason == Reason::silent);
  REQUIRE(harness.wait_for(EventKind::stream_up, 2));
}

TEST_CASE("N7: a venue that is away for long is tried for ever, and the feed is not connected meanwhile",
          "[feeds][feed][fault][N7]") {
  MockVenue venue;
  FeedHarness harness(venue);
  venue.refuse_upgrades(HttpReply{503, "{}"});
  harness.start();
  REQUIRE(harness.wait([&] { return venue.upgrades() >= 12; }));
  CHECK_FALSE(harness.feed->health().connected);
  CHECK(harness.feed->health().last_error.find("503") != std::string::npos);
  CHECK(harness.sink.count(EventKind::stream_up) == 0);
  venue.refuse_upgrades(std::nullopt);
  REQUIRE(harness.wait_for(EventKind::stream_up));
  CHECK(harness.feed->health().connected);
}

TEST_CASE("D9: a bar is placed by its open time, however late its event is", "[feeds][feed][fault][D9]") {
  MockVenue venue;
  FeedHarness harness(venue);
  harness.start();
  REQUIRE(harness.wait_for(EventKind::stream_up));
  std::string late = kline_frame("BTCUSDT", kStartMs, "42000", false);
  const std::string event = std::to_string(kStartMs + 1000);
  late.replace(late.find(event), event.size(), std::to_string(kStartMs + 61'500));
  venue.send(late);
  REQUIRE(harness.wait_for(EventKind::bar));
  const MarketEvent bar = harness.sink.of_kind(EventKind::bar)[0];
  CHECK(bar.bar.ts_open_ms == kStartMs);
  CHECK(bar.ts_event_ms == kStartMs + 61'500);
  CHECK(bar.is_closed == 0);  // only the flag and the time together close it
}

TEST_CASE("N18: an answer that is no websocket is an error that shows it", "[feeds][feed][fault][N18]") {
  MockVenue venue;
  FeedHarness harness(venue);
  venue.refuse_upgrades(HttpReply{200, "<html>please\x1b log in</html>", "text/html"});
  harness.start();
  REQUIRE(harness.wait([&] { return venue.upgrades() >= 2; }));
  CHECK_THAT(harness.feed->health().last_error,
             Catch::Contains("HTTP 200 instead of 101: '<html>please\\x1b log in"));
  CHECK(harness.sink.count(EventKind::stream_up) == 0);
  CHECK_FALSE(harness.feed->health().connected);
  venue.refuse_upgrades(std::nullopt);
  REQUIRE(harness.wait_for(EventKind::stream_up));
}

TEST_CASE("N16: a protocol violation ends the connection, and the next one works",
          "[feeds][feed][fault][N16]") {
  MockVenue venue;
  FeedHarness harness(venue);
  harness.start();
  REQUIRE(harness.wait_for(EventKind::stream_up));
  venue.send_raw("\x83\x01x");
  REQUIRE(harness.wait_for(EventKind::stream_down));
  REQUIRE(harness.wait_for(EventKind::stream_up, 2));
}

TEST_CASE("N8: on a notice the next connection is up before the old one goes, and nothing is said to be down",
          "[feeds][feed][fault][N8][N14]") {
  MockVenue venue;
  FeedHarness harness(venue);
  harness.start();
  REQUIRE(harness.wait_for(EventKind::stream_up));
  venue.send(R"({"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1704067200000}})");
  REQUIRE(harness.wait([&] { return venue.texts().size() == 2; }));
  CHECK(venue.connections() == 2);  // no data has come by the new one yet
  venue.send(kline_frame("BTCUSDT", kStartMs, "42000", false));
  REQUIRE(harness.wait([&] { return venue.connections() == 1; }));
  // While there were two, both delivered: the engine merges by identity and time.
  CHECK(harness.sink.count(EventKind::bar) == 2);
  venue.send(kline_frame("BTCUSDT", kStartMs, "42001", true));
  REQUIRE(harness.wait_for(EventKind::bar, 3));
  CHECK(harness.sink.count(EventKind::stream_up) == 1);
  CHECK(harness.sink.count(EventKind::stream_down) == 0);
  CHECK(harness.feed->health().connected);
}

TEST_CASE("N8: a connection that ends while the next one is being made is a gap like any other",
          "[feeds][feed][fault][N8][N11]") {
  MockVenue venue;
  FeedHarness harness(venue);
  harness.start();
  REQUIRE(harness.wait_for(EventKind::stream_up));
  venue.on_text(
      [](const std::string&) { return std::vector<std::string>{}; });  // acknowledges nothing any more
  venue.send(R"({"e":"serverShutdown","E":1704067200000})");
  REQUIRE(harness.wait([&] { return venue.texts().size() == 2; }));
  venue.on_text([](const std::string& text) {
    return std::vector<std::string>{fmt::format(R"({{"result":null,"id":{}}})", id_of(text))};
  });
  venue.cut();
  REQUIRE(harness.wait_for(EventKind::stream_down));
  REQUIRE(harness.wait_for(EventKind::stream_up, 2));
}

TEST_CASE("D12: records that cannot be used are refused, never bars", "[feeds][feed][fault][D12]") {
  MockVenue venue;
  FeedHarness harness(venue);
  harness.start();
  REQUIRE(harness.wait_for(EventKind::stream_up));
  const auto frame = [](const std::string& from, const std::string& to) {
    std::string text = kline_frame("BTCUSDT", kStartMs, "100.5", false);
    return text.replace(text.find(from), from.size(), to);
  };
  venue.send(kline_frame("BTCUSDT", kStartMs, "0", false));
  venue.send(kline_frame("BTCUSDT", kStartMs, "-1.5", false));
  venue.send(kline_frame("BTCUSDT", kStartMs, "NaN", false));
  venue.send(frame(R"("h":"100.5")", R"("h":"100.4")"));
  venue.send(frame(R"("l":"100.5")", R"("l":"100.6")"));
  venue.send(frame(R"("v":"1.5")", R"("v":"-1.5")"));
  venue.send(frame("\"t\":1704067200000", "\"t\":1704067215000"));
  venue.send(frame("\"t\":1704067200000", "\"t\":1704067200"));
  venue.send(frame("\"E\":1704067201000", "\"E\":1704067201000000"));
  venue.send(frame(R"("x":false)", R"("x":true)"));
  venue.send(frame(R"("c":"100.5",)", ""));
  venue.send(kline_frame("BTCUSDT", kStartMs, "100.5", false));
  REQUIRE(harness.wait_for(EventKind::bar));
  CHECK(harness.sink.count(EventKind::bar) == 1);
  std::vector<Reason> reasons;
  for (const MarketEvent& event : harness.sink.of_kind(EventKind::refused)) reasons.push_back(event.reason);
  CHECK(reasons == std::vector<Reason>{Reason::price_refused, Reason::price_refused, Reason::record_unusable,
                                       Reason::price_refused, Reason::price_refused, Reason::record_unusable,
                                       Reason::off_grid, Reason::record_unusable, Reason::record_unusable,
                                       Reason::record_unusable, Reason::record_unusable});
  CHECK(harness.feed->health().records_refused == 11);
}

TEST_CASE("D11: more decimals than the scale change the scale, in that order", "[feeds][feed][fault][D11]") {
  MockVenue venue;
  FeedHarness harness(venue);
  harness.start();
  REQUIRE(harness.wait_for(EventKind::stream_up));
  venue.send(kline_frame("BTCUSDT", kStartMs, "100.1234", false));
  venue.send(kline_frame("BTCUSDT", kStartMs, "100.1", false));
  REQUIRE(harness.wait_for(EventKind::bar, 2));
  CHECK(kinds_of(harness.sink, 0) ==
        std::vector<EventKind>{EventKind::listed, EventKind::stream_up, EventKind::stream_down,
                               EventKind::listed, EventKind::stream_up, EventKind::bar, EventKind::bar});
  CHECK(harness.sink.of_kind(EventKind::stream_down)[0].reason == Reason::scale_changed);
  CHECK(harness.sink.of_kind(EventKind::listed)[1].price_scale == 4);
  CHECK(harness.sink.of_kind(EventKind::bar)[0].bar.close == 1001234);
  CHECK(harness.sink.of_kind(EventKind::bar)[1].bar.close == 1001000);
  CHECK(harness.sink.of_kind(EventKind::bar)[1].price_scale == 4);
}

TEST_CASE("N17: a full queue is told to the series as soon as there is room", "[feeds][feed][fault][N17]") {
  MockVenue venue;
  FeedHarness harness(venue);
  harness.start();
  REQUIRE(harness.wait_for(EventKind::stream_up));
  harness.sink.room = 0;
  venue.send(kline_frame("BTCUSDT", kStartMs, "100.5", true));
  REQUIRE(harness.wait([&] { return harness.feed->health().frames == 2; }));
  CHECK(harness.sink.count(EventKind::bar) == 0);
  harness.sink.room = 1;  // room for half of the news only
  REQUIRE(harness.wait(
      [&] { return harness.sink.count(EventKind::stream_down) == 1 || harness.sink.room == 0; }));
  harness.sink.room = 1 << 30;
  REQUIRE(harness.wait_for(EventKind::stream_up, 2));
  CHECK(harness.sink.of_kind(EventKind::stream_down).back().reason == Reason::events_lost);
  venue.send(kline_frame("BTCUSDT", kStartMs + 60'000, "100.5", false));
  REQUIRE(harness.wait_for(EventKind::bar));
}

TEST_CASE("a subscription that is never acknowledged is not up", "[feeds][feed]") {
  MockVenue venue;
  FeedHarness harness(venue);
  venue.on_text([](const std::string&) {
    return std::vector<std::string>{kline_frame("BTCUSDT", kStartMs, "1", false)};
  });
  harness.start();
  REQUIRE(harness.wait([&] { return harness.feed && harness.feed->health().frames >= 1; }));
  CHECK(harness.sink.count(EventKind::stream_up) == 0);
  CHECK(harness.sink.count(EventKind::bar) == 0);
  CHECK_FALSE(harness.feed->health().connected);
}

TEST_CASE("series are spread over connections", "[feeds][feed]") {
  MockVenue venue;
  FeedHarness harness(venue, {"BTCUSDT", "ETHUSDT"}, {"1m", "3m", "5m"});
  harness.config.streams_max = 4;
  harness.start();
  REQUIRE(harness.wait_for(EventKind::stream_up, 6));
  CHECK(venue.connections() == 2);
}

TEST_CASE("nothing is pushed after stop", "[feeds][feed]") {
  MockVenue venue;
  FeedHarness harness(venue);
  harness.start();
  REQUIRE(harness.wait_for(EventKind::stream_up));
  harness.feed->stop();
  const std::size_t events = harness.sink.events.size(), clocks = harness.sink.clocks.size();
  venue.send(kline_frame("BTCUSDT", kStartMs, "1", false));
  harness.feed->request_backfill({harness.series[0], 1, kStartMs, 0});
  REQUIRE(harness.wait([&] { return venue.connections() == 0; }));
  harness.io.restart();
  harness.io.run_for(std::chrono::milliseconds(250));
  CHECK(harness.sink.events.size() == events);
  CHECK(harness.sink.clocks.size() == clocks);
}

TEST_CASE("a wrong configuration is refused with its reason", "[feeds][feed]") {
  boost::asio::io_context io;
  core::Catalog catalog;
  RecordingSink sink;
  const auto make = [&](auto change) {
    feeds::FeedConfig config;
    config.venue = "binance_usdm";
    change(config);
    return feeds::make_feed(io, config, catalog, {}, sink);
  };
  using C = feeds::FeedConfig;
  CHECK_NOTHROW(make([](C&) {}));
  CHECK_THROWS_WITH(make([](C& c) { c.venue = "binance"; }), Catch::Contains("binance_spot, binance_usdm"));
  CHECK_THROWS_WITH(make([](C& c) { c.ws_url = "https://x"; }), Catch::Contains("wss://"));
  CHECK_THROWS_WITH(make([](C& c) { c.rest_url = "wss://x"; }), Catch::Contains("https://"));
  CHECK_THROWS_WITH(make([](C& c) { c.ws_url = "wss://fstream.binance.com"; }), Catch::Contains("/market"));
  CHECK_THROWS_WITH(make([](C& c) { c.ca_file = "/no/such/file.pem"; }),
                    Catch::Contains("/no/such/file.pem"));
  CHECK_THROWS_WITH(make([](C& c) { c.silence_s = 0; }), Catch::Contains("silence_s = 0"));
  CHECK_THROWS_WITH(make([](C& c) { c.streams_max = 2000; }), Catch::Contains("1 to 1024"));
}

}  // namespace lockstep::test
