// The daemon against the exchange simulator, over TLS on loopback.
#include "engine/daemon.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <system_error>
#include <thread>

#include "engine/api/api_server.hpp"
#include "replay/sim/exchange_sim.hpp"
#include "tests/engine/live_harness.hpp"
#include "tests/support/exchange_feed.hpp"

namespace lockstep::engine::test {
namespace {

using namespace std::chrono_literals;
using core::Reason;
using std::chrono::steady_clock;

constexpr double kSpeed = 600;

sim::SimConfig sim_config() {
  sim::SimConfig config;
  config.seed = 11;
  config.symbols = 4;
  config.speed = kSpeed;
  config.history_bars = 1200;
  config.tls = true;
  return config;
}

Config daemon_config(const sim::ExchangeSim& exchange, const std::string& anchor) {
  Config config = parse_config("[engine]\nanchor = \"" + anchor + "\"\n", "test");
  config.atc = small_config();
  feeds::FeedConfig feed = lockstep::test::feed_from(exchange, {"1m", "5m"});
  feed.ca_file = exchange.ca_file().string();
  config.feeds = {feed};
  config.engine.late_s = 600;  // venue time runs hundreds of times faster than the machine's
  config.engine.shards = 2;
  config.api.port = 0;
  return config;
}

/// A daemon, run on this thread until a condition holds or time is over.
class Run {
 public:
  explicit Run(const Config& config) : daemon(config), state(daemon.catalog().size(), SeriesState::warming) {}

  /// `until` is asked every 5 ms and may act on the venue. Gives whether it became true.
  bool until(const std::function<bool()>& until, std::chrono::seconds limit = 60s) {
    bool is_reached = false;
    const auto deadline = steady_clock::now() + limit;
    daemon.start();
    daemon.run_outputs(
        5,
        [&] {
          is_reached = is_reached || until();
          if (is_reached || steady_clock::now() > deadline) {
            if (stopped_at == steady_clock::time_point()) stopped_at = steady_clock::now();
            daemon.stop();
          }
        },
        [this](const Signal& signal) {
          signals.push_back(signal);
          state[signal.series] = signal.state;
        });
    CHECK(steady_clock::now() - stopped_at < 2s);
    daemon.stop();
    return is_reached;
  }
  bool all(SeriesState wanted) const {
    return std::all_of(state.begin(), state.end(), [&](SeriesState is) { return is == wanted; });
  }
  /// Every series has published `count` valid closed bars since the signal with index `since`.
  bool have_closed(std::size_t since, int count) const {
    std::vector<int> closed(state.size());
    for (std::size_t i = since; i < signals.size(); ++i) {
      closed[signals[i].series] += signals[i].is_closed() && signals[i].is_valid;
    }
    return std::all_of(closed.begin(), closed.end(), [&](int have) { return have >= count; });
  }

  Daemon daemon;
  std::vector<SeriesState> state;
  std::vector<Signal> signals;
  steady_clock::time_point stopped_at;
};

std::int64_t ticks_of(const std::string& text, int price_scale) {
  const std::size_t point = text.find('.');
  std::string digits = text.substr(0, point);
  std::string fraction = point == std::string::npos ? "" : text.substr(point + 1);
  for (std::size_t i = static_cast<std::size_t>(price_scale); i < fraction.size(); ++i)
    REQUIRE(fraction[i] == '0');
  fraction.resize(static_cast<std::size_t>(price_scale), '0');
  return std::stoll(digits + fraction);
}

/// Every closed bar is the venue's, none is missing or twice, and outputs are those of the indicator over the
/// truth.
void check_truth(const Run& run, const sim::ExchangeSim& exchange, const Config& config) {
  for (const core::Series& series : run.daemon.catalog().series()) {
    CAPTURE(series.symbol, series.interval.text());
    std::map<std::int64_t, std::array<std::string, 4>> truth;
    for (const auto& bar : exchange.truth(series.symbol, series.interval.text())) {
      truth[bar.ts_open_ms] = {bar.open, bar.high, bar.low, bar.close};
    }
    std::vector<Signal> closed;
    std::uint64_t sequence = 0;
    for (const Signal& signal : run.signals) {
      if (signal.series != series.id) continue;
      REQUIRE(signal.sequence == ++sequence);
      REQUIRE(signal.is_valid == (signal.state == SeriesState::live));
      if (signal.is_closed()) closed.push_back(signal);
    }
    if (closed.empty()) continue;
    const int scale = closed.front().price_scale;
    AnchoredState oracle(AtcParams::create(config.atc, scale), config.engine.anchor, series.interval.ms());
    std::size_t at = 0;
    for (const auto& [ts, prices] : truth) {
      if (config.engine.anchor.kind == Anchor::Kind::history && ts < closed.front().ts_anchor_ms) continue;
      const BarTicks bar{ts, ticks_of(prices[0], scale), ticks_of(prices[1], scale),
                         ticks_of(prices[2], scale), ticks_of(prices[3], scale)};
      Outputs outputs;
      REQUIRE(oracle.commit(bar, outputs) == Status::ok);
      if (at == closed.size() || ts < closed.front().bar.ts_open_ms) continue;
      REQUIRE(closed[at].bar == bar);
      REQUIRE(closed[at].price_scale == scale);
      REQUIRE(first_difference(outputs, closed[at].outputs) == "");
      ++at;
    }
    REQUIRE(at == closed.size());
  }
}

}  // namespace

TEST_CASE("series are live within seconds and publish the venue's bars", "[engine][daemon]") {
  sim::ExchangeSim exchange(sim_config());
  exchange.start();
  const std::string anchor = GENERATE("rolling:200/10", "history");
  Config config = daemon_config(exchange, anchor);
  // Spinning, a shard may have no thread of its own.
  if (anchor == "history") {
    config.engine.poll = PollMode::busy;
    config.engine.shards = 1;
  }
  Run run(config);
  const auto begin = steady_clock::now();
  steady_clock::time_point live_at;
  REQUIRE(run.until([&] {
    if (run.all(SeriesState::live) && live_at == steady_clock::time_point()) live_at = steady_clock::now();
    return run.have_closed(0, 3);
  }));
  CHECK(live_at - begin < 10s);
  CHECK(run.daemon.health().events_lost == 0);
  CHECK(run.daemon.health().signals_lost == 0);
  check_truth(run, exchange, config);
}

TEST_CASE("N11: cut, refused and silent connections leave no bar out",
          "[engine][daemon][fault][N1][N4][N11]") {
  sim::ExchangeSim exchange(sim_config());
  exchange.start();
  Config config = daemon_config(exchange, "rolling:200/10");
  config.feeds[0].silence_s = 1;
  Run run(config);
  int phase = 0;
  std::size_t since = 0;
  steady_clock::time_point later;
  const auto next = [&] {
    ++phase;
    since = run.signals.size();
    later = steady_clock::now() + 700ms;
  };
  const bool is_done = run.until([&] {
    switch (phase) {
      case 0:
        if (!run.have_closed(0, 1)) return false;
        exchange.cut_connections();
        next();
        return false;
      case 1:
        if (!run.have_closed(since, 1)) return false;
        exchange.set_refuse(true);
        exchange.cut_connections();
        next();
        return false;
      case 2:
        if (!run.all(SeriesState::stale) || steady_clock::now() < later) return false;
        exchange.set_refuse(false);
        next();
        return false;
      case 3:
        if (!run.have_closed(since, 1)) return false;
        exchange.set_silent(true);
        next();
        return false;
      case 4:
        if (!run.all(SeriesState::stale)) return false;
        exchange.set_silent(false);
        next();
        return false;
      default:
        return run.have_closed(since, 2) && run.all(SeriesState::live);
    }
  });
  CAPTURE(phase);
  REQUIRE(is_done);
  CHECK(std::any_of(run.signals.begin(), run.signals.end(),
                    [](const Signal& s) { return s.reason == Reason::silent; }));
  check_truth(run, exchange, config);
}

TEST_CASE("a symbol that the venue does not have is rejected, and the others live",
          "[engine][daemon][fault][N10]") {
  sim::ExchangeSim exchange(sim_config());
  exchange.start();
  Config config = daemon_config(exchange, "rolling:200/10");
  config.feeds[0].symbols.push_back("NOSUCHUSDT");
  Run run(config);
  REQUIRE(run.until([&] {
    return std::all_of(run.state.begin(), run.state.end() - 2,
                       [](SeriesState s) { return s == SeriesState::live; }) &&
           run.state.back() == SeriesState::rejected;
  }));
  CHECK(run.state[run.state.size() - 2] == SeriesState::rejected);
}

TEST_CASE("N17: a queue that overflows costs time, never a wrong signal", "[engine][daemon][fault][N17]") {
  sim::SimConfig setup = sim_config();
  setup.speed = 120;  // a bar every half second, so that a page of history gets through in between
  sim::ExchangeSim exchange(setup);
  exchange.start();
  Config config = daemon_config(exchange, "rolling:200/10");
  config.engine.queue_events_max = 6;
  config.engine.shards = 1;
  Run run(config);
  REQUIRE(run.until([&] { return run.have_closed(0, 2); }));
  CHECK(run.daemon.health().events_lost > 0);
  check_truth(run, exchange, config);
}

TEST_CASE("a daemon can be stopped at any moment, twice, and without ever having run", "[engine][daemon]") {
  sim::ExchangeSim exchange(sim_config());
  exchange.start();
  const Config config = daemon_config(exchange, "rolling:200/10");
  for (const auto run_for : {0ms, 1ms, 20ms, 300ms}) {
    Daemon daemon(config);
    daemon.start();
    std::thread stopper([&] {
      const auto stop_at = steady_clock::now() + run_for;
      while (steady_clock::now() < stop_at) std::this_thread::yield();
      daemon.stop();
      daemon.stop();
    });
    const auto begin = steady_clock::now();
    daemon.run_outputs(50, {});
    CHECK(steady_clock::now() - begin < run_for + 2s);
    stopper.join();
    daemon.stop();
  }
  Daemon never_started(config);
  Daemon never_run(config);
  never_run.start();
}

TEST_CASE("a port in use is an error that says so", "[engine][daemon]") {
  sim::ExchangeSim exchange(sim_config());
  exchange.start();
  Config config = daemon_config(exchange, "rolling:200/10");
  Daemon first(config);
  config.api.port = first.api().port();
  CHECK_THROWS_AS(Daemon(config), std::system_error);
}

TEST_CASE("configurations that cannot work are refused at start", "[engine][daemon]") {
  sim::ExchangeSim exchange(sim_config());
  exchange.start();
  Config config = daemon_config(exchange, "rolling:5/1");
  CHECK_THROWS_WITH(Daemon(config), Catch::Contains("rolling:5/1") && Catch::Contains("warm up"));
  config = daemon_config(exchange, "history");
  config.feeds.push_back(config.feeds[0]);
  CHECK_THROWS_WITH(Daemon(config), Catch::Contains("is there twice"));
  config.feeds.clear();
  CHECK_THROWS_WITH(Daemon(config), Catch::Contains("nothing to attach to"));
}

}  // namespace lockstep::engine::test
