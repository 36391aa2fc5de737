// Every venue, over real TLS sockets with a cut connection: the bars that the daemon closed are the venue's,
// all of them, each once and in order.
#include <algorithm>
#include <chrono>
#include <map>
#include <thread>

#include "engine/daemon.hpp"
#include "replay/sim/exchange_sim.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/exchange_feed.hpp"

namespace lockstep {
namespace {

using namespace std::chrono_literals;

struct VenueCase {
  sim::Dialect dialect;
  std::vector<std::string> intervals;
  double speed;
  std::string roll_up_from = {};
};

engine::Config daemon_config(const sim::ExchangeSim& exchange, const VenueCase& venue) {
  engine::Config config = engine::parse_config("[engine]\nanchor = \"rolling:200/10\"\n", "test");
  feeds::FeedConfig feed = test::feed_from(exchange, venue.intervals,
                                           sim::dialect_names()[static_cast<std::size_t>(venue.dialect)]);
  feed.ca_file = exchange.ca_file().string();
  feed.roll_up_from = venue.roll_up_from;
  feed.rest_requests_per_s = 1000;
  config.feeds = {feed};
  config.engine.late_s = 600;  // venue time runs hundreds of times faster than the machine's
  config.api.port = 0;
  return config;
}

/// Lets the daemon run until each series has published some live closed bars after the connection was cut.
std::vector<engine::Signal> run_daemon(engine::Daemon& daemon, sim::ExchangeSim& exchange) {
  std::vector<engine::Signal> signals;
  std::vector<int> before_cut(daemon.catalog().size()), after_cut(daemon.catalog().size());
  bool is_cut = false;
  const auto reached = [](const std::vector<int>& counts, int least) {
    return std::all_of(counts.begin(), counts.end(), [&](int count) { return count >= least; });
  };
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  daemon.start();
  daemon.run_outputs(
      10,
      [&] {
        if (!is_cut && reached(before_cut, 3)) is_cut = exchange.cut_connections() > 0;
        if (reached(after_cut, 3) || std::chrono::steady_clock::now() > deadline) daemon.stop();
      },
      [&](const engine::Signal& signal) {
        signals.push_back(signal);
        if (signal.is_closed() && signal.is_valid) ++(is_cut ? after_cut : before_cut)[signal.series];
      });
  REQUIRE(is_cut);
  for (const core::Series& series : daemon.catalog().series()) {
    CAPTURE(series.symbol, series.interval.text(), before_cut[series.id]);
    REQUIRE(after_cut[series.id] >= 3);
  }
  return signals;
}

std::int64_t ticks_of(const std::string& text, int price_scale) {
  const std::size_t point = text.find('.');
  std::string fraction = point == std::string::npos ? "" : text.substr(point + 1);
  fraction.resize(static_cast<std::size_t>(price_scale), '0');
  return std::stoll(text.substr(0, point) + fraction);
}

}  // namespace

TEST_CASE("D1, D7, N11: on every venue the closed bars equal the truth over a cut connection",
          "[tools][end_to_end][fault][D1][D7][N4][N11]") {
  const VenueCase venue = GENERATE(VenueCase{sim::Dialect::bybit_spot, {"1m", "5m"}, 600},
                                   VenueCase{sim::Dialect::bybit_linear, {"1m", "5m"}, 600},
                                   VenueCase{sim::Dialect::okx, {"1m", "5m"}, 600},
                                   VenueCase{sim::Dialect::kraken_v2, {"1m", "5m"}, 600},
                                   // 3m has no history of its own there: stream and history are rolled up.
                                   VenueCase{sim::Dialect::kraken_v2, {"1m", "3m", "5m"}, 600, "1m"},
                                   VenueCase{sim::Dialect::coinbase_advanced, {"1m", "5m"}, 300});
  sim::SimConfig setup;
  setup.seed = 20261121;
  setup.dialect = venue.dialect;
  // The third is quiet: where most minutes have no trade, the venue pushes nothing that could be rolled up.
  setup.symbols = venue.roll_up_from.empty() ? 5 : 2;
  setup.speed = venue.speed;
  setup.history_bars = 2500;
  setup.tls = true;
  sim::ExchangeSim exchange(setup);
  CAPTURE(sim::dialect_names()[static_cast<std::size_t>(venue.dialect)]);
  exchange.start();
  engine::Daemon daemon(daemon_config(exchange, venue));
  const std::vector<engine::Signal> signals = run_daemon(daemon, exchange);
  exchange.stop();

  for (const core::Series& series : daemon.catalog().series()) {
    CAPTURE(series.symbol, series.interval.text());
    const auto truth = exchange.truth(series.symbol, series.interval.text());
    std::size_t at = truth.size();
    int closed = 0;
    for (const engine::Signal& signal : signals) {
      if (signal.series != series.id || !signal.is_closed()) continue;
      REQUIRE(signal.revision == 0);
      const BarTicks& bar = signal.bar;
      if (at == truth.size()) {
        at = static_cast<std::size_t>(
            std::find_if(truth.begin(), truth.end(),
                         [&](const auto& b) { return b.ts_open_ms == bar.ts_open_ms; }) -
            truth.begin());
      }
      REQUIRE(at < truth.size());
      const auto& expected = truth[at++];
      const int scale = signal.price_scale;
      CAPTURE(bar.ts_open_ms, signal.is_replayed);
      REQUIRE(bar == BarTicks{expected.ts_open_ms, ticks_of(expected.open, scale),
                              ticks_of(expected.high, scale), ticks_of(expected.low, scale),
                              ticks_of(expected.close, scale)});
      ++closed;
    }
    REQUIRE(closed >= 6);
  }
}

}  // namespace lockstep
