// The self-audit in a daemon that is attached to the exchange simulator.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <functional>

#include "engine/audit/budget.hpp"
#include "engine/daemon.hpp"
#include "engine/planted_fault.hpp"
#include "incremental/detail/state_block.hpp"
#include "replay/sim/exchange_sim.hpp"
#include "tests/engine/live_harness.hpp"
#include "tests/support/exchange_feed.hpp"
#include "tests/tools/temporary_folder.hpp"

namespace lockstep::engine::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

sim::SimConfig exchange_setup() {
  sim::SimConfig setup;
  setup.seed = 21;
  setup.symbols = 3;
  setup.speed = 600;
  setup.history_bars = 600;
  return setup;
}

Config daemon_config(const sim::ExchangeSim& exchange, const std::string& data_dir) {
  Config config =
      parse_config("[engine]\ndata_dir = \"" + data_dir +
                       "\"\nanchor = \"rolling:300/50\"\nlate_s = 600\n[api]\nport = 0\n"
                       "[journal]\nfsync = \"never\"\nsnapshot_s = 1\n[audit]\ncpu_percent = 100\n",
                   "test");
  config.atc = small_config();
  config.feeds = {lockstep::test::feed_from(exchange)};
  return config;
}

/// Runs it on this thread until `until` holds, which is asked every 5 ms. False after a minute.
bool run(Daemon& daemon, const std::function<bool()>& until, const Daemon::SignalHook& on_signal) {
  bool is_reached = false;
  const auto deadline = steady_clock::now() + 60s;
  daemon.start();
  daemon.run_outputs(
      5,
      [&] {
        is_reached = is_reached || until();
        if (is_reached || steady_clock::now() > deadline) daemon.stop();
      },
      on_signal);
  return is_reached;
}

}  // namespace

TEST_CASE("a bit that flips in a running daemon is found, reported and rebuilt", "[audit][daemon][fault]") {
  const lockstep::test::TemporaryFolder folder;
  sim::ExchangeSim exchange(exchange_setup());
  exchange.start();
  Daemon daemon(daemon_config(exchange, folder.path("data")));
  std::vector<int> closed(daemon.catalog().size());
  bool is_planted = false, was_invalid = false;
  int valid_after = 0;
  std::uint64_t passes_wanted = 0;
  const auto on_signal = [&](const Signal& signal) {
    closed[signal.series] += signal.is_closed() && signal.is_valid;
    if (signal.series != 1 || !is_planted) return;
    if (signal.reason == core::Reason::audit_difference) {
      REQUIRE_FALSE(signal.is_valid);
      was_invalid = true;
    }
    valid_after += was_invalid && signal.is_closed() && signal.is_valid;
  };
  const bool is_done = run(
      daemon,
      [&] {
        if (!is_planted && std::all_of(closed.begin(), closed.end(), [](int have) { return have >= 3; })) {
          is_planted = true;
          plant_state_fault({1, offsetof(lockstep::detail::StateBlock, equity2) + 8, 0});
          return false;
        }
        if (!is_planted) return false;
        const audit::Stats stats = daemon.health().audit;
        if (!was_invalid && !stats.is_running) daemon.audit_now();
        if (valid_after < 3) return false;
        // Two whole passes more, and no other finding.
        if (passes_wanted == 0) passes_wanted = stats.passes + 2;
        if (!stats.is_running) daemon.audit_now();
        return stats.passes >= passes_wanted;
      },
      on_signal);
  REQUIRE(is_done);
  const audit::Stats stats = daemon.health().audit;
  REQUIRE(stats.differences == 1);
  REQUIRE(stats.rebuilds == 1);
  REQUIRE(stats.backend_differences == 0);
  REQUIRE(std::filesystem::exists(stats.last_report));
  const std::string report = lockstep::test::read_file(stats.last_report);
  CAPTURE(report);
  REQUIRE(report.find("binance_spot " + exchange.symbol_names()[1] + " 1m") != std::string::npos);
  REQUIRE(report.find("\"actual_bits\"") != std::string::npos);
  exchange.stop();
}

TEST_CASE("an audit without end finds nothing in a healthy daemon and delays no signal", "[audit][daemon]") {
  const lockstep::test::TemporaryFolder folder;
  sim::ExchangeSim exchange(exchange_setup());
  exchange.start();
  Daemon daemon(daemon_config(exchange, folder.path("data")));
  CHECK(daemon.health().watch.watched == "network, outputs, shard 0, journal, keeper, audit");
  std::vector<std::int64_t> delays_us;
  bool has_cut = false;
  const bool is_done = run(
      daemon,
      [&] {
        const audit::Stats stats = daemon.health().audit;
        if (!stats.is_running) daemon.audit_now();
        if (!has_cut && stats.passes > 3) {
          has_cut = true;
          exchange.cut_connections();
        }
        return stats.passes >= 10 && delays_us.size() > 150;
      },
      [&](const Signal& signal) {
        if (signal.is_closed() && !signal.is_replayed)
          delays_us.push_back((signal.ts_published_ns - signal.ts_recv_ns) / 1000);
      });
  REQUIRE(is_done);
  const audit::Stats stats = daemon.health().audit;
  REQUIRE(stats.differences == 0);
  REQUIRE(stats.bars > 1000);
  std::sort(delays_us.begin(), delays_us.end());
  // The audit had no budget here; it runs at idle priority all the same. A wide margin for a busy machine.
  REQUIRE(delays_us[delays_us.size() / 2] < 20'000);
  exchange.stop();
}

TEST_CASE("the audit's budget is kept", "[audit]") {
  audit::Budget budget(10);
  REQUIRE(budget.breathe());
  const std::int64_t before_ms = budget.cpu_ms();
  const auto begin = steady_clock::now();
  volatile double work = 1;
  while (steady_clock::now() - begin < 600ms) {
    for (int i = 0; i < 20'000; ++i) work = work * 1.0000001;
    REQUIRE(budget.breathe());
  }
  const auto wall_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - begin).count();
  REQUIRE((budget.cpu_ms() - before_ms) * 100 < wall_ms * 20);
  REQUIRE(budget.beats() > 0);
  budget.stop();
  REQUIRE_FALSE(budget.breathe());
}

}  // namespace lockstep::engine::test
