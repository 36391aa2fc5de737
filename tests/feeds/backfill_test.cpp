// History by REST from a venue in the same process.
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <limits>
#include <thread>

#include "tests/feeds/feed_harness.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::test {
namespace {

using core::EventKind;
using core::MarketEvent;

constexpr std::int64_t kMinute = 60'000;
constexpr std::int64_t kLastBars = std::numeric_limits<std::int64_t>::min();

/// What a venue answers that has one bar a minute from first_ms on, the last one open at now_ms. Price:
/// minutes + 1.
std::string page(const std::string& target, std::int64_t first_ms, std::int64_t now_ms,
                 std::int64_t rows_max = 1000) {
  const std::int64_t from_ms = std::max(first_ms, query_number(target, "startTime"));
  const std::int64_t limit = std::min(rows_max, query_number(target, "limit"));
  std::string body;
  for (std::int64_t ts_ms = from_ms, rows = 0; ts_ms <= now_ms && rows < limit; ts_ms += kMinute, ++rows) {
    if (!body.empty()) body += ',';
    body += kline_row(ts_ms, std::to_string((ts_ms - kStartMs) / kMinute + 1));
  }
  return fmt::format("[{}]", body);
}

/// The bars are those of the minutes first..last after kStartMs, each once, in order, for that request.
void check_bars(const RecordingSink& sink, std::int64_t first, std::int64_t last, std::uint32_t request_id) {
  const auto bars = sink.of_kind(EventKind::backfill_bar);
  REQUIRE(static_cast<std::int64_t>(bars.size()) == last - first + 1);
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const std::int64_t minute = first + static_cast<std::int64_t>(i);
    CAPTURE(i);
    REQUIRE(bars[i].bar.ts_open_ms == kStartMs + minute * kMinute);
    REQUIRE(bars[i].bar.close == (minute + 1) * 100);
    REQUIRE(bars[i].request_id == request_id);
    REQUIRE(bars[i].is_closed == 1);
  }
}

}  // namespace

TEST_CASE("R4: history ends before the bar that is open by the venue's own time",
          "[feeds][backfill][fault][R4]") {
  MockVenue venue;
  FeedHarness harness(venue);
  harness.now_ms = kStartMs + 10 * kMinute + 500;
  // The venue's clock runs on between the two requests: a minute has ended meanwhile, but its row is not
  // trusted.
  harness.serve(venue, [](const std::string& target) {
    return HttpReply{200, page(target, kStartMs, kStartMs + 11 * kMinute + 1)};
  });
  harness.start();
  harness.feed->request_backfill({harness.series[0], 42, kStartMs + 2 * kMinute, 0});
  REQUIRE(harness.wait_for(EventKind::backfill_done));
  check_bars(harness.sink, 2, 9, 42);
  const auto done = harness.sink.of_kind(EventKind::backfill_done);
  CHECK(done[0].request_id == 42);
  CHECK(done[0].ts_event_ms >= harness.now_ms);
}

TEST_CASE("R6: what took long to answer ends at the time that it is by then",
          "[feeds][backfill][fault][R6]") {
  using namespace std::chrono;
  MockVenue venue;
  FeedHarness harness(venue);
  harness.now_ms = kStartMs + 10 * kMinute + 500;
  std::atomic<std::int64_t> slow_ms = 0;
  harness.serve(venue, [&](const std::string& target) {
    const auto begin = steady_clock::now();
    std::this_thread::sleep_for(40ms);  // the venue is slow
    slow_ms = duration_cast<milliseconds>(steady_clock::now() - begin).count();
    return HttpReply{200, page(target, kStartMs, kStartMs + 10 * kMinute)};
  });
  harness.start();
  harness.feed->request_backfill({harness.series[0], 42, kStartMs + 2 * kMinute, 0});
  REQUIRE(harness.wait_for(EventKind::backfill_done));
  CHECK(harness.sink.of_kind(EventKind::backfill_done)[0].ts_event_ms >= harness.now_ms + slow_ms);
}

TEST_CASE("R6: a time that took long to tell does not put an answer's end back",
          "[feeds][backfill][fault][R6]") {
  MockVenue venue;
  FeedHarness harness(venue);
  harness.now_ms = kStartMs + 10 * kMinute + 30'000;
  harness.serve(venue, [&](const std::string& target) {
    return HttpReply{200, page(target, kStartMs, kStartMs + 10 * kMinute)};
  });
  harness.start();
  harness.feed->request_backfill({harness.series[0], 42, kStartMs + 2 * kMinute, 0});
  REQUIRE(harness.wait_for(EventKind::backfill_done));
  harness.now_ms = kStartMs + 10 * kMinute + 2'000;  // told 28 s ago
  harness.feed->request_backfill({harness.series[0], 43, kStartMs + 2 * kMinute, 0});
  REQUIRE(harness.wait_for(EventKind::backfill_done, 2));
  CHECK(harness.sink.of_kind(EventKind::backfill_done)[1].ts_event_ms >= kStartMs + 10 * kMinute + 30'000);
}

TEST_CASE("history is paged, and the last so many bars can be asked for", "[feeds][backfill]") {
  MockVenue venue;
  FeedHarness harness(venue);
  harness.now_ms = kStartMs + 3000 * kMinute;
  harness.serve(venue, [&](const std::string& target) {
    return HttpReply{200, page(target, kStartMs, harness.now_ms)};
  });
  harness.start();
  harness.feed->request_backfill({harness.series[0], 1, kLastBars, 2500});
  REQUIRE(harness.wait_for(EventKind::backfill_done));
  check_bars(harness.sink, 500, 2999, 1);
  CHECK(harness.sink.of_kind(EventKind::backfill_done)[0].ts_event_ms >= harness.now_ms);
  std::vector<std::string> pages;
  for (const std::string& target : venue.targets()) {
    if (target.starts_with("/api/v3/klines")) pages.push_back(target);
  }
  REQUIRE(pages.size() == 3);
  CHECK(pages[0] == fmt::format("/api/v3/klines?symbol=BTCUSDT&interval=1m&startTime={}&limit=1000",
                                kStartMs + 500 * kMinute));
  CHECK(query_number(pages[2], "limit") == 501);
}

namespace {

/// A venue with a bar in every third minute alone, and in the open one. Pages have at most 100 rows.
std::string sparse_page(const std::string& target, std::int64_t now_ms) {
  const std::int64_t limit = std::min<std::int64_t>(100, query_number(target, "limit"));
  std::int64_t ts_ms = std::max(kStartMs, query_number(target, "startTime"));
  std::string body;
  for (std::int64_t rows = 0; ts_ms <= now_ms && rows < limit; ts_ms += kMinute) {
    const std::int64_t minute = (ts_ms - kStartMs) / kMinute;
    if (minute % 3 != 0 && ts_ms + kMinute <= now_ms) continue;
    body += (body.empty() ? "" : ",") + kline_row(ts_ms, std::to_string(minute + 1));
    ++rows;
  }
  return fmt::format("[{}]", body);
}

void check_sparse(const RecordingSink& sink, std::int64_t first, std::int64_t last) {
  const auto bars = sink.of_kind(EventKind::backfill_bar);
  REQUIRE(static_cast<std::int64_t>(bars.size()) == (last - first) / 3 + 1);
  for (std::size_t i = 0; i < bars.size(); ++i) {
    REQUIRE(bars[i].bar.ts_open_ms == kStartMs + (first + 3 * static_cast<std::int64_t>(i)) * kMinute);
  }
}

}  // namespace

TEST_CASE("D7: so many bars are found, however far back holes have put them",
          "[feeds][backfill][fault][D7]") {
  MockVenue venue;
  FeedHarness harness(venue);
  harness.now_ms = kStartMs + 3000 * kMinute + 500;
  std::atomic<int> calls{0};
  harness.serve(venue, [&](const std::string& target) {
    ++calls;
    return HttpReply{200, sparse_page(target, harness.now_ms)};
  });
  harness.start();
  core::BackfillRequest request{harness.series[0], 1, kLastBars, 80};
  SECTION("the last ones") {
    request.bars_before = 80;
    harness.feed->request_backfill(request);
    REQUIRE(harness.wait_for(EventKind::backfill_done));
    check_sparse(harness.sink, 3 * 920, 2997);
  }
  SECTION("before a time, and all that follow") {
    request.bars_max = 0;
    request.bars_before = 80;
    request.before_ms = kStartMs + 2000 * kMinute;
    request.from_ms = request.before_ms - 80 * kMinute;
    harness.feed->request_backfill(request);
    REQUIRE(harness.wait_for(EventKind::backfill_done));
    // 80, 160, 320 minutes: a stretch is taken whole.
    check_sparse(harness.sink, 1680, 2997);
  }
  SECTION("the venue has not so many") {
    request.bars_before = request.bars_max = 2000;
    harness.feed->request_backfill(request);
    REQUIRE(harness.wait_for(EventKind::backfill_done));
    check_sparse(harness.sink, 0, 2997);
    CHECK(calls < 30);
  }
}

TEST_CASE("D7: whoever has looked back gives its place to others, however many there are",
          "[feeds][backfill][fault][D7]") {
  constexpr std::uint32_t kRequests = 20;  // more than may look back at the same time
  MockVenue venue;
  FeedHarness harness(venue);
  harness.now_ms = kStartMs + 3000 * kMinute + 500;
  harness.serve(venue, [&](const std::string& target) {
    return HttpReply{200, sparse_page(target, harness.now_ms)};
  });
  harness.start();
  for (std::uint32_t request_id = 1; request_id <= kRequests; ++request_id) {
    core::BackfillRequest request{harness.series[0], request_id, kLastBars, 80};
    request.bars_before = 80;
    harness.feed->request_backfill(request);
    REQUIRE(harness.wait_for(EventKind::backfill_done, request_id));
  }
  CHECK(harness.sink.count(EventKind::backfill_bar) == kRequests * 80);
}

TEST_CASE("R3: an answer without a single row is asked for again, a page that has lost its end too",
          "[feeds][backfill][fault][R3]") {
  MockVenue venue;
  FeedHarness harness(venue);
  harness.now_ms = kStartMs + 300 * kMinute + 500;
  std::atomic<int> calls{0};
  harness.serve(venue, [&](const std::string& target) {
    const int call = ++calls;
    return HttpReply{200, call % 3 == 0 ? sparse_page(target, harness.now_ms) : "[]"};
  });
  harness.start();
  SECTION("of a cold start") {
    core::BackfillRequest request{harness.series[0], 1, kLastBars, 20};
    request.bars_before = 20;
    harness.feed->request_backfill(request);
  }
  SECTION("of any question") {
    harness.feed->request_backfill({harness.series[0], 1, kStartMs + 240 * kMinute, 0});
  }
  REQUIRE(harness.wait_for(EventKind::backfill_done));
  check_sparse(harness.sink, 240, 297);
  CHECK(calls >= 3);
}

TEST_CASE("R3: a symbol that has just begun has no closed bar", "[feeds][backfill][fault][R3]") {
  MockVenue venue;
  FeedHarness harness(venue);
  harness.now_ms = kStartMs + 500;
  harness.serve(venue, [&](const std::string& target) {
    return HttpReply{200, sparse_page(target, harness.now_ms)};
  });
  harness.start();
  core::BackfillRequest request{harness.series[0], 1, kLastBars, 20};
  request.bars_before = 20;
  harness.feed->request_backfill(request);
  REQUIRE(harness.wait_for(EventKind::backfill_done));
  CHECK(harness.sink.count(EventKind::backfill_bar) == 0);
}

TEST_CASE("bars_max cuts an answer short, and its end says what time it is", "[feeds][backfill]") {
  MockVenue venue;
  FeedHarness harness(venue);
  harness.serve(venue, [&](const std::string& target) {
    return HttpReply{200, page(target, kStartMs, harness.now_ms)};
  });
  harness.start();
  harness.feed->request_backfill({harness.series[0], 1, kStartMs, 3});
  REQUIRE(harness.wait_for(EventKind::backfill_done));
  check_bars(harness.sink, 0, 2, 1);
  // A series that asked for no more learns that it is behind, instead of being valid for a moment.
  CHECK(harness.sink.of_kind(EventKind::backfill_done)[0].ts_event_ms >= harness.now_ms);
}

TEST_CASE("R3: short pages go on, doubled rows count once, no progress ends",
          "[feeds][backfill][fault][R3]") {
  MockVenue venue;
  FeedHarness harness(venue);
  SECTION("short pages that overlap") {
    harness.serve(venue, [&](const std::string& target) {
      const std::int64_t from_ms = query_number(target, "startTime");
      std::string body;
      // Newest first, one row from before the start, one row twice.
      for (std::int64_t ts_ms = std::min(from_ms + 2 * kMinute, harness.now_ms.load());
           ts_ms >= from_ms - kMinute; ts_ms -= kMinute) {
        const std::string row = kline_row(ts_ms, std::to_string((ts_ms - kStartMs) / kMinute + 1));
        body += (body.empty() ? "" : ",") + row + (ts_ms == from_ms ? "," + row : "");
      }
      return HttpReply{200, fmt::format("[{}]", body)};
    });
    harness.start();
    harness.feed->request_backfill({harness.series[0], 1, kStartMs + kMinute, 0});
    REQUIRE(harness.wait_for(EventKind::backfill_done));
    check_bars(harness.sink, 1, 9, 1);
  }
  SECTION("the venue has less than was asked for") {
    harness.serve(venue, [&](const std::string& target) {
      return HttpReply{200, page(target, kStartMs, kStartMs + 3 * kMinute)};
    });
    harness.start();
    harness.feed->request_backfill({harness.series[0], 1, kStartMs, 0});
    REQUIRE(harness.wait_for(EventKind::backfill_done));
    check_bars(harness.sink, 0, 3, 1);
  }
  SECTION("the range holds no closed bar") {
    harness.start();
    harness.feed->request_backfill({harness.series[0], 1, harness.now_ms - 1, 0});
    REQUIRE(harness.wait_for(EventKind::backfill_done));
    CHECK(harness.sink.count(EventKind::backfill_bar) == 0);
  }
  SECTION("two different rows for one bar are asked for again") {
    std::atomic<int> calls{0};
    harness.serve(venue, [&](const std::string& target) {
      if (++calls > 1) return HttpReply{200, page(target, kStartMs, harness.now_ms)};
      return HttpReply{200, fmt::format("[{},{}]", kline_row(kStartMs, "1"), kline_row(kStartMs, "2"))};
    });
    harness.start();
    harness.feed->request_backfill({harness.series[0], 1, kStartMs, 0});
    REQUIRE(harness.wait_for(EventKind::backfill_done));
    check_bars(harness.sink, 0, 9, 1);
    CHECK(calls == 2);
  }
}

TEST_CASE("R2, R6: useless answers are asked for again until a good one",
          "[feeds][backfill][fault][R2][R6]") {
  MockVenue venue;
  FeedHarness harness(venue);
  std::atomic<int> calls{0};
  harness.serve(venue, [&](const std::string& target) {
    const std::string good = page(target, kStartMs, harness.now_ms);
    switch (++calls) {
      case 1:
        return HttpReply{503, "<html>maintenance</html>", "text/html"};
      case 2:
        return HttpReply{200, "<html>please log in</html>", "text/html"};
      case 3:
        return HttpReply{200, "<html>not JSON, though it says so</html>"};
      case 4:
        return HttpReply{400, R"({"code":-1121,"msg":"Invalid symbol."})"};
      case 5: {
        HttpReply cut{200, good};
        cut.is_cut = true;
        return cut;
      }
      case 6:
        return HttpReply{200, good.substr(0, good.size() / 2)};
      case 7:
        return HttpReply{200, good, "application/json", {{"Content-Encoding", "gzip"}}};
      default:
        return HttpReply{200, good};
    }
  });
  harness.start();
  harness.feed->request_backfill({harness.series[0], 9, kStartMs, 0});
  REQUIRE(harness.wait_for(EventKind::backfill_done));
  check_bars(harness.sink, 0, 9, 9);
  CHECK(calls == 8);
}

TEST_CASE("R1: Retry-After is obeyed by every request of the host", "[feeds][backfill][fault][R1]") {
  MockVenue venue;
  FeedHarness harness(venue, {"BTCUSDT", "ETHUSDT"});
  std::atomic<int> calls{0};
  std::atomic<std::int64_t> refused_at{0}, next_at{0};
  const auto now = [] { return std::chrono::steady_clock::now().time_since_epoch().count(); };
  harness.serve(venue, [&](const std::string& target) {
    if (++calls == 1) {
      refused_at = now();
      return HttpReply{
          429, R"({"code":-1003,"msg":"Too many requests"})", "application/json", {{"Retry-After", "1"}}};
    }
    if (next_at == 0) next_at = now();
    return HttpReply{200, page(target, kStartMs, harness.now_ms)};
  });
  harness.start();
  harness.feed->request_backfill({harness.series[0], 1, kStartMs, 0});
  REQUIRE(harness.wait([&] { return calls >= 1; }));
  harness.feed->request_backfill({harness.series[1], 2, kStartMs, 0});
  REQUIRE(harness.wait_for(EventKind::backfill_done, 2));
  CHECK(std::chrono::nanoseconds(next_at - refused_at) >= std::chrono::milliseconds(990));
}

TEST_CASE("a newer request of a series takes the place of the one before", "[feeds][backfill]") {
  MockVenue venue;
  FeedHarness harness(venue);
  std::atomic<bool> is_failing{true};
  harness.serve(venue, [&](const std::string& target) {
    if (is_failing) return HttpReply{500, "{}"};
    return HttpReply{200, page(target, kStartMs, harness.now_ms)};
  });
  harness.start();
  harness.feed->request_backfill({harness.series[0], 1, kStartMs, 0});
  REQUIRE(harness.wait([&] { return venue.targets().size() >= 4; }));
  is_failing = false;
  harness.feed->request_backfill({harness.series[0], 2, kStartMs + 5 * kMinute, 0});
  REQUIRE(harness.wait_for(EventKind::backfill_done));
  check_bars(harness.sink, 5, 9, 2);
}

TEST_CASE("history outlives the stream", "[feeds][backfill]") {
  MockVenue venue;
  FeedHarness harness(venue);
  std::atomic<bool> is_failing{true};
  harness.serve(venue, [&](const std::string& target) {
    if (is_failing) return HttpReply{500, "{}"};
    return HttpReply{200, page(target, kStartMs, harness.now_ms)};
  });
  harness.start();
  REQUIRE(harness.wait_for(EventKind::stream_up));
  harness.feed->request_backfill({harness.series[0], 1, kStartMs, 0});
  REQUIRE(harness.wait([&] { return venue.targets().size() >= 4; }));
  venue.cut();
  REQUIRE(harness.wait_for(EventKind::stream_up, 2));
  is_failing = false;
  REQUIRE(harness.wait_for(EventKind::backfill_done));
  check_bars(harness.sink, 0, 9, 1);
}

TEST_CASE("a full queue holds history back and loses none of it", "[feeds][backfill]") {
  MockVenue venue;
  FeedHarness harness(venue);
  harness.serve(venue, [&](const std::string& target) {
    return HttpReply{200, page(target, kStartMs, harness.now_ms)};
  });
  harness.start();
  REQUIRE(harness.wait_for(EventKind::stream_up));
  harness.sink.room = 4;
  harness.feed->request_backfill({harness.series[0], 1, kStartMs, 0});
  REQUIRE(harness.wait([&] { return harness.sink.room == 0; }));
  for (int i = 0; i < 30 && harness.sink.count(EventKind::backfill_done) == 0; ++i) {
    harness.sink.room += 1;
    REQUIRE(harness.wait(
        [&] { return harness.sink.room == 0 || harness.sink.count(EventKind::backfill_done) == 1; }));
  }
  check_bars(harness.sink, 0, 9, 1);
}

TEST_CASE("history with more decimals than the scale changes the scale", "[feeds][backfill]") {
  MockVenue venue;
  FeedHarness harness(venue);
  harness.serve(venue, [&](const std::string&) {
    return HttpReply{
        200, fmt::format("[{},{}]", kline_row(kStartMs, "1.5"), kline_row(kStartMs + kMinute, "1.123"))};
  });
  harness.start();
  REQUIRE(harness.wait_for(EventKind::stream_up));
  harness.feed->request_backfill({harness.series[0], 1, kStartMs, 0});
  REQUIRE(harness.wait_for(EventKind::backfill_done));
  CHECK(harness.sink.of_kind(EventKind::listed).back().price_scale == 3);
  CHECK(harness.sink.of_kind(EventKind::stream_down).back().reason == core::Reason::scale_changed);
  const auto bars = harness.sink.of_kind(EventKind::backfill_bar);
  REQUIRE(bars.size() == 2);
  CHECK(bars[0].price_scale == 2);
  CHECK(bars[0].bar.close == 150);
  CHECK(bars[1].price_scale == 3);
  CHECK(bars[1].bar.close == 1123);
}

TEST_CASE("D8: rows off the grid or without a price are refused, the rest is given",
          "[feeds][backfill][fault][D8]") {
  MockVenue venue;
  FeedHarness harness(venue);
  harness.serve(venue, [&](const std::string& target) {
    if (query_number(target, "startTime") > kStartMs) return HttpReply{200, "[]"};
    return HttpReply{
        200,
        fmt::format("[{},{},{},{}]", kline_row(kStartMs, "1"), kline_row(kStartMs + kMinute + 15'000, "2"),
                    kline_row(kStartMs + 2 * kMinute, "0"), kline_row(kStartMs + 3 * kMinute, "4"))};
  });
  harness.start();
  harness.feed->request_backfill({harness.series[0], 1, kStartMs, 0});
  REQUIRE(harness.wait_for(EventKind::backfill_done));
  const auto bars = harness.sink.of_kind(EventKind::backfill_bar);
  REQUIRE(bars.size() == 2);
  CHECK(bars[1].bar.close == 400);
  const auto refused = harness.sink.of_kind(EventKind::refused);
  REQUIRE(refused.size() == 2);
  CHECK(refused[0].reason == core::Reason::off_grid);
  CHECK(refused[1].reason == core::Reason::price_refused);
}

}  // namespace lockstep::test
