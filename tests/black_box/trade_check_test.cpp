// Trades as a second opinion, at every simulated venue that pushes bars; and a machine whose clock is wrong.
#include <chrono>
#include <map>
#include <memory>

#include "engine/daemon.hpp"
#include "replay/sim/exchange_sim.hpp"
#include "tests/black_box/true_bars.hpp"
#include "tests/support/catch.hpp"

namespace lockstep {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

sim::SimConfig setup_of(sim::Dialect dialect) {
  sim::SimConfig setup;
  setup.seed = 77 + static_cast<std::uint64_t>(dialect);
  setup.dialect = dialect;
  setup.symbols = 2;
  setup.speed = 60;
  setup.history_bars = 500;
  setup.rest_weight_max = 1'000'000;
  return setup;
}

feeds::FeedConfig feed_of(const sim::ExchangeSim& exchange, sim::Dialect dialect) {
  feeds::FeedConfig feed;
  feed.venue = sim::dialect_names()[static_cast<std::size_t>(dialect)];
  feed.symbols = exchange.symbol_names();
  feed.intervals = {"1m"};
  feed.ws_url = exchange.ws_url();
  feed.rest_url = exchange.rest_url();
  feed.backoff_ms_max = 300;
  feed.rest_requests_per_s = 1000;
  return feed;
}

engine::Config config_of(std::vector<feeds::FeedConfig> feeds) {
  engine::Config config = engine::parse_config("[engine]\nanchor = \"rolling:200/10\"\n", "test");
  config.feeds = std::move(feeds);
  config.engine.late_s = 180;
  config.api.port = 0;
  return config;
}

std::map<std::string, feeds::FeedHealth> health_of(const engine::Daemon& daemon) {
  std::map<std::string, feeds::FeedHealth> out;
  for (feeds::FeedHealth& health : daemon.feed_health()) {
    std::string venue = health.venue;
    out.emplace(std::move(venue), std::move(health));
  }
  return out;
}

}  // namespace

TEST_CASE("D4, D6: bars made from trades agree with every venue's, and tell of an update that was lost",
          "[black_box][cross_check][fault][D4][D6]") {
  std::map<std::string, std::unique_ptr<sim::ExchangeSim>> exchanges;
  std::vector<feeds::FeedConfig> feeds;
  for (std::size_t d = 0; d < sim::dialect_names().size(); ++d) {
    const auto dialect = static_cast<sim::Dialect>(d);
    // Its bars of a minute are made from trades anyway.
    if (dialect == sim::Dialect::coinbase_advanced) continue;
    auto& exchange = exchanges[sim::dialect_names()[d]];
    exchange = std::make_unique<sim::ExchangeSim>(setup_of(dialect));
    exchange->start();
    feeds.push_back(feed_of(*exchange, dialect));
    feeds.back().cross_check = {"*"};
  }
  engine::Daemon daemon(config_of(feeds));
  std::map<core::SeriesId, std::map<std::int64_t, std::pair<BarTicks, int>>> closed;
  bool was_told = false, is_done = false;
  const auto is_enough = [&] {
    for (const auto& [venue, health] : health_of(daemon)) {
      if (health.with_trades.compared < 10) return false;
      if (venue == "kraken_v2" && health.with_trades.other == 0) return false;
    }
    return true;
  };
  const auto begin = Clock::now();
  auto next_fault = begin + 4s;
  daemon.start();
  daemon.run_outputs(
      20,
      [&] {
        // Most of them change nothing that anybody could see.
        if (Clock::now() > next_fault && health_of(daemon)["kraken_v2"].with_trades.different == 0) {
          exchanges["kraken_v2"]->inject(sim::VenueFault::lost_update);
          next_fault = Clock::now() + 1s;
        }
        is_done = is_enough();
        if (is_done || Clock::now() - begin > 60s) daemon.stop();
      },
      [&](const engine::Signal& signal) {
        was_told |= signal.reason == core::Reason::trades_differ && !signal.is_valid;
        if (signal.is_closed())
          closed[signal.series][signal.bar.ts_open_ms] = {signal.bar, int{signal.price_scale}};
      });
  CHECK(is_done);
  CHECK(was_told);  // its series was not called live meanwhile
  for (const auto& [venue, health] : health_of(daemon)) {
    CAPTURE(venue, health.with_trades.compared, health.with_trades.different);
    if (venue != "kraken_v2") CHECK(health.with_trades.different == 0);
  }
  for (const core::Series& series : daemon.catalog().series()) {
    const auto truth = exchanges[series.venue]->truth(series.symbol, "1m");
    CAPTURE(series.venue, series.symbol);
    REQUIRE(closed[series.id].size() > 5);
    for (const auto& [open_ms, said] : closed[series.id]) {
      const auto right = std::find_if(truth.begin(), truth.end(),
                                      [at = open_ms](const auto& bar) { return bar.ts_open_ms == at; });
      REQUIRE(right != truth.end());
      CAPTURE(open_ms);
      REQUIRE(said.first == true_bar(*right, said.second));
    }
  }
}

TEST_CASE("T1: a clock that is an hour wrong is shown, and the bars are the same", "[black_box][fault][T1]") {
  sim::SimConfig setup = setup_of(sim::Dialect::bybit_linear);
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  setup.start_ms = std::chrono::duration_cast<std::chrono::milliseconds>(wall).count() - 3'600'000;
  setup.speed = 1;
  sim::ExchangeSim exchange(setup);
  exchange.start();
  engine::Daemon daemon(config_of({feed_of(exchange, setup.dialect)}));
  std::optional<std::int64_t> offset_ms;
  std::map<std::int64_t, BarTicks> closed;
  const auto begin = Clock::now();
  daemon.start();
  daemon.run_outputs(
      20,
      [&] {
        offset_ms = daemon.feed_health().at(0).clock_offset_ms;
        if ((offset_ms && !closed.empty()) || Clock::now() - begin > 20s) daemon.stop();
      },
      [&](const engine::Signal& signal) {
        if (signal.is_closed() && signal.series == 0) closed[signal.bar.ts_open_ms] = signal.bar;
      });
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const std::int64_t expected =
      std::chrono::duration_cast<std::chrono::milliseconds>(now).count() - exchange.venue_now_ms();
  REQUIRE(offset_ms);
  CHECK(std::abs(*offset_ms - expected) < 2'000);
  REQUIRE_FALSE(closed.empty());
  const auto truth = exchange.truth(exchange.symbol_names()[0], "1m");
  CHECK(closed.rbegin()->second.ts_open_ms == truth.back().ts_open_ms);
}

}  // namespace lockstep
