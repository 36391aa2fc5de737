// A shard: who gets which event, and that threads, queues and batches change nothing.
#include "engine/shard.hpp"

#include <boost/asio/executor_work_guard.hpp>

#include <chrono>
#include <mutex>
#include <thread>

#include "engine/shard_thread.hpp"
#include "tests/engine/live_harness.hpp"

namespace lockstep::engine::test {
namespace {

using core::EventKind;
using core::MarketEvent;
using core::Reason;

constexpr std::size_t kHistory = 100, kLiveBars = 60;

/// 1m series of two venues, three symbols each: ids 0 to 5.
core::Catalog make_catalog_of_six() {
  core::Catalog catalog;
  for (const char* venue : {"binance_spot", "binance_usdm"}) {
    for (const char* symbol : {"AUSDT", "BUSDT", "CUSDT"})
      catalog.add(venue, symbol, *core::Interval::parse("1m"));
  }
  return catalog;
}

MarketEvent of_series(MarketEvent event, core::SeriesId series) {
  event.series = series;
  return event;
}

MarketEvent clock_of(std::uint32_t venue, std::int64_t now_ms) {
  MarketEvent event = make_event(EventKind::clock);
  event.venue = venue;
  event.ts_event_ms = now_ms;
  return event;
}

/// A life of all six series that needs no answer to a request but the first of each: listed, up, history,
/// live bars.
std::vector<MarketEvent> make_life() {
  std::vector<std::vector<BarTicks>> truth;
  for (std::uint64_t id = 0; id < 6; ++id) truth.push_back(make_truth(id, kHistory + kLiveBars));
  std::vector<MarketEvent> life;
  for (core::SeriesId id = 0; id < 6; ++id) {
    MarketEvent listed = of_series(make_event(EventKind::listed), id);
    listed.price_scale = 2;
    life.push_back(listed);
    life.push_back(of_series(make_event(EventKind::stream_up), id));
    const std::vector<BarTicks> history(truth[id].begin(), truth[id].begin() + kHistory);
    const core::BackfillRequest request{id, 1, INT64_MIN, 100};
    for (const MarketEvent& event : answer_to(request, history, history.back().ts_open_ms + kMinute))
      life.push_back(event);
  }
  for (std::size_t i = kHistory; i < kHistory + kLiveBars; ++i) {
    for (core::SeriesId id = 0; id < 6; ++id) {
      const BarTicks& bar = truth[id][i];
      BarTicks half = bar;
      half.close = half.open;
      life.push_back(of_series(bar_event(half, false, bar.ts_open_ms + 1), id));
      if (i == kHistory + 20 && id == 4) life.push_back(of_series(make_event(EventKind::stream_down), id));
      life.push_back(of_series(bar_event(bar, true, bar.ts_open_ms + kMinute), id));
    }
    life.push_back(clock_of(0, truth[0][i].ts_open_ms + kMinute));
    life.push_back(clock_of(1, truth[0][i].ts_open_ms + kMinute));
  }
  return life;
}

class SilentFeed final : public feeds::Feed {
 public:
  void start() override {}
  void stop() override {}
  void request_backfill(const core::BackfillRequest& request) override { requests.push_back(request); }
  feeds::FeedHealth health() const override { return {}; }
  std::vector<core::BackfillRequest> requests;  // on the shard's thread; read after it has stopped
};

/// Who does the shard's work.
enum class Worker { sleeping_thread, spinning_thread, turns };

std::vector<Signal> run_shard(const core::Catalog& catalog, const SeriesSettings& settings,
                              const std::vector<MarketEvent>& life, Worker worker, std::size_t batch,
                              std::size_t& asked) {
  boost::asio::io_context io;
  SignalQueue signals(1 << 14);
  DetailAnswerQueue answers(16);
  OutputsWaker waker(io, [] {});
  SilentFeed feed;
  const std::vector<feeds::Feed*> feed_of_series(catalog.size(), &feed);
  EngineConfig config;
  config.poll = worker == Worker::sleeping_thread ? PollMode::wait : PollMode::busy;
  ShardThread shard(catalog, {0, 1, 2, 3, 4, 5}, settings, config, signals, answers, waker, feed_of_series);
  FeedOutlet outlet({&shard.queue()});
  if (worker == Worker::turns) {
    shard.start_turns();
  } else {
    shard.start(1);
  }
  for (std::size_t i = 0; i < life.size(); ++i) {
    if (i % batch == 0) {
      while (shard.queue().depth() > 0) {
        if (worker == Worker::turns) {
          shard.turn();
        } else {
          std::this_thread::yield();
        }
      }
    }
    REQUIRE(outlet.push(life[i]));
  }
  shard.stop();
  shard.stop();
  asked = feed.requests.size();
  std::vector<Signal> taken(1 << 14);
  taken.resize(signals.take(taken.data(), taken.size()));
  return taken;
}

}  // namespace

TEST_CASE("N17: a shard says how long the oldest event at hand has waited, and that none is",
          "[engine][shard][fault][N17]") {
  const core::Catalog catalog = make_catalog_of_six();
  const SeriesSettings settings = make_settings(rolling_anchor(60, 10));
  boost::asio::io_context io;
  SignalQueue signals(1 << 10);
  DetailAnswerQueue answers(16);
  OutputsWaker waker(io, [] {});
  SilentFeed feed;
  const std::vector<feeds::Feed*> feed_of_series(catalog.size(), &feed);
  EngineConfig config;
  config.poll = PollMode::busy;
  ShardThread shard(catalog, {0, 1, 2, 3, 4, 5}, settings, config, signals, answers, waker, feed_of_series);
  FeedOutlet outlet({&shard.queue()});
  shard.start_turns();
  constexpr std::int64_t kNow = 100'000'000'000;
  MarketEvent event;
  event.kind = core::EventKind::listed;
  event.price_scale = 2;
  CHECK(shard.lag_ns(kNow) == 0);
  event.ts_recv_ns = 0;  // a venue's clock has none
  REQUIRE(outlet.push(event));
  event.ts_recv_ns = kNow - 7'000'000'000;
  REQUIRE(outlet.push(event));
  event.ts_recv_ns = kNow - 1'000'000'000;
  REQUIRE(outlet.push(event));
  shard.turn();
  CHECK(shard.lag_ns(kNow) == 7'000'000'000);
  shard.turn();  // nothing is left
  CHECK(shard.lag_ns(kNow) == 0);
  shard.stop();
}

TEST_CASE("events go to the series they name, and to nobody else's", "[engine][shard]") {
  const core::Catalog catalog = make_catalog_of_six();
  const SeriesSettings settings = make_settings(rolling_anchor(60, 10));
  RecordingSink sink;
  Shard shard(catalog, {1, 4}, settings, sink);
  for (const MarketEvent& event : make_life()) shard.apply(event);
  for (const Signal& signal : sink.signals) REQUIRE((signal.series == 1 || signal.series == 4));
  REQUIRE(shard.series().size() == 2);
  CHECK(shard.series()[0]->state() == SeriesState::live);
  CHECK(shard.series()[1]->state() == SeriesState::stale);
  MarketEvent unknown = make_event(EventKind::stream_up);
  unknown.series = 1'000'000;
  shard.apply(unknown);
  shard.apply(clock_of(77, 1));
}

TEST_CASE("a venue's clock reaches the series of that venue only", "[engine][shard]") {
  const core::Catalog catalog = make_catalog_of_six();
  const SeriesSettings settings = make_settings(rolling_anchor(60, 10));
  RecordingSink sink;
  Shard shard(catalog, {0, 1, 2, 3, 5}, settings, sink);
  for (const MarketEvent& event : make_life()) shard.apply(event);
  for (const auto& series : shard.series()) REQUIRE(series->state() == SeriesState::live);
  const std::int64_t much_later_ms = kStart + static_cast<std::int64_t>(kHistory + kLiveBars + 5) * kMinute;
  shard.apply(clock_of(1, much_later_ms));
  for (const auto& series : shard.series()) {
    const bool is_second_venue = series == shard.series()[3] || series == shard.series()[4];
    CHECK((series->state() == SeriesState::stale) == is_second_venue);
  }
}

TEST_CASE("the weight table is the indicator's own, for open and for closed bars", "[engine][shard]") {
  const core::Catalog catalog = make_catalog_of_six();
  const SeriesSettings settings = make_settings(history_anchor());
  RecordingSink sink;
  Shard shard(catalog, {2}, settings, sink);
  CHECK_FALSE(shard.answer({2, 5}).is_known);
  CHECK(shard.answer({2, 5}).request_id == 5);
  CHECK_FALSE(shard.answer({3, 6}).is_known);
  CHECK_FALSE(shard.answer({99, 7}).is_known);
  AtcState plain(settings.params_at(2));
  std::size_t compared = 0;
  for (const MarketEvent& event : make_life()) {
    shard.apply(event);
    if (event.series != 2 || (event.kind != EventKind::bar && event.kind != EventKind::backfill_bar))
      continue;
    Detail expected;
    Outputs outputs;
    if (event.is_closed) {
      REQUIRE(plain.commit(event.bar, outputs) == Status::ok);
      plain.detail(expected);
    } else {
      REQUIRE(plain.peek(event.bar, outputs, expected) == Status::ok);
    }
    if (event.kind == EventKind::backfill_bar) continue;
    const DetailAnswer answer = shard.answer({2, 8});
    REQUIRE(answer.is_known);
    REQUIRE(answer.request_id == 8);
    REQUIRE(answer.signal.bar == event.bar);
    REQUIRE(answer.signal.is_valid);
    REQUIRE(first_difference(outputs, answer.signal.outputs) == "");
    REQUIRE(first_difference(small_config(), expected, answer.detail) == "");
    ++compared;
  }
  CHECK(compared == 2 * kLiveBars);
}

TEST_CASE("threads, queues and batches change no bit of what is published", "[engine][shard]") {
  const core::Catalog catalog = make_catalog_of_six();
  const SeriesSettings settings = make_settings(rolling_anchor(60, 10));
  const std::vector<MarketEvent> life = make_life();
  RecordingSink sink;
  Shard shard(catalog, {0, 1, 2, 3, 4, 5}, settings, sink);
  for (const MarketEvent& event : life) shard.apply(event);
  for (const Worker worker : {Worker::sleeping_thread, Worker::spinning_thread, Worker::turns}) {
    for (const std::size_t batch : {1, 7, 300, 1'000'000}) {
      CAPTURE(batch);
      std::size_t asked = 0;
      const std::vector<Signal> taken = run_shard(catalog, settings, life, worker, batch, asked);
      REQUIRE(taken.size() == sink.signals.size());
      for (std::size_t i = 0; i < taken.size(); ++i) {
        REQUIRE(taken[i].ts_published_ns > 0);
        REQUIRE(difference(taken[i], sink.signals[i]) == "");
      }
      REQUIRE(asked == sink.requests.size());
    }
  }
}

TEST_CASE("nobody misses the last publication: each wake is followed by a drain that sees it",
          "[engine][shard]") {
  boost::asio::io_context io;
  core::BoundedQueue<int> queue(1 << 20);
  int taken = 0;
  constexpr int kCount = 200'000;
  OutputsWaker waker(io, [&] {
    for (int value; queue.take(&value, 1) == 1;) ++taken;
  });
  auto work = boost::asio::make_work_guard(io);
  std::thread producer([&] {
    const auto token = queue.make_token();
    for (int i = 0; i < kCount; ++i) {
      queue.push(token, i);
      waker.wake();
    }
  });
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (taken < kCount && std::chrono::steady_clock::now() < deadline)
    io.run_for(std::chrono::milliseconds(10));
  producer.join();
  CHECK(taken == kCount);
}

}  // namespace lockstep::engine::test
