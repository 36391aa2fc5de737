// kill -9 of a real daemon at random moments, against a simulated exchange that goes on.
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <set>

#include "engine/core/decimal.hpp"
#include "engine/daemon.hpp"
#include "engine/journal/lock_file.hpp"
#include "replay/journal_replay.hpp"
#include "replay/sim/exchange_sim.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/random_series.hpp"
#include "tests/support/same_bits.hpp"
#include "tests/tools/temporary_folder.hpp"

extern char** environ;

namespace lockstep::engine {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// 50, or LOCKSTEP_KILLS.
int kills_wanted() {
  const char* const text = std::getenv("LOCKSTEP_KILLS");
  return text != nullptr ? std::atoi(text) : 50;
}

std::string quoted_list(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "\"" : ", \"") + text + "\"";
  return out;
}

std::string write_config(const test::TemporaryFolder& folder, const sim::ExchangeSim& exchange) {
  std::ofstream(folder.path("kill.toml"))
      << "[engine]\ndata_dir = \"" << folder.path("data") << "\"\nlate_s = 600\n[journal]\nsnapshot_s = 1\n"
      << "segment_bytes = 65536\n[api]\nport = 0\n[[feed]]\nvenue = \"binance_spot\"\nsymbols = ["
      << quoted_list(exchange.symbol_names()) << "]\nintervals = [\"1m\", \"5m\"]\nws_url = \""
      << exchange.ws_url() << "\"\nrest_url = \"" << exchange.rest_url() << "\"\nbackoff_ms_max = 100\n";
  return folder.path("kill.toml");
}

/// A daemon in a process of its own.
class Process {
 public:
  explicit Process(const std::string& config) {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    std::string program = LOCKSTEP_KILL_DAEMON, argument = config;
    char* arguments[] = {program.data(), argument.data(), nullptr};
    REQUIRE(::posix_spawn(&pid_, program.c_str(), &actions, nullptr, arguments, environ) == 0);
    posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    out_ = ends[0];
  }
  ~Process() {
    if (pid_ > 0) end(SIGKILL);
    ::close(out_);
  }
  /// Publications until `deadline`, or until the process has ended.
  void read_until(steady_clock::time_point deadline, std::vector<Signal>& signals) {
    for (;;) {
      const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now()).count();
      pollfd ready{out_, POLLIN, 0};
      if (left <= 0 || ::poll(&ready, 1, static_cast<int>(left)) <= 0) return;
      if (!read_one(signals)) return;
    }
  }
  /// Ends it; what it had published before comes, too. Gives the status of waitpid().
  int end(int signal, std::vector<Signal>* signals = nullptr) {
    ::kill(pid_, signal);
    std::vector<Signal> rest;
    while (read_one(signals != nullptr ? *signals : rest)) {
    }
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return status;
  }

 private:
  bool read_one(std::vector<Signal>& signals) {
    Signal signal;
    const ssize_t size = ::read(out_, &signal, sizeof signal);
    if (size != static_cast<ssize_t>(sizeof signal)) return false;
    signals.push_back(signal);
    return true;
  }

  pid_t pid_ = -1;
  int out_ = -1;
};

using Identity = std::tuple<core::SeriesId, std::int64_t, std::uint32_t>;

/// Everything that was ever published of one identity is the same.
std::map<Identity, Signal> by_identity(const std::vector<Signal>& signals) {
  std::map<Identity, Signal> out;
  for (const Signal& signal : signals) {
    const auto [at, is_new] =
        out.emplace(Identity(signal.series, signal.bar.ts_open_ms, signal.revision), signal);
    CAPTURE(signal.series, signal.bar.ts_open_ms);
    REQUIRE(at->second.bar == signal.bar);
    REQUIRE(at->second.digest == signal.digest);
    REQUIRE(lockstep::test::first_difference(at->second.outputs, signal.outputs) == "");
  }
  return out;
}

void check_bars(const replay::JournalSeries& series, const sim::ExchangeSim& exchange) {
  const std::string symbol =
      series.name.substr(series.name.find(' ') + 1, series.name.rfind(' ') - series.name.find(' ') - 1);
  const std::string interval = series.name.substr(series.name.rfind(' ') + 1);
  CAPTURE(symbol, interval);
  std::map<std::int64_t, BarTicks> truth;
  for (const auto& bar : exchange.truth(symbol, interval)) {
    BarTicks ticks;
    ticks.ts_open_ms = bar.ts_open_ms;
    for (auto [text, out] : {std::pair(&bar.open, &ticks.open), std::pair(&bar.high, &ticks.high),
                             std::pair(&bar.low, &ticks.low), std::pair(&bar.close, &ticks.close)})
      REQUIRE(core::parse_decimal(*text, series.price_scale, *out) == core::DecimalStatus::ok);
    truth[bar.ts_open_ms] = ticks;
  }
  REQUIRE(series.bars.size() > 100);
  for (std::size_t i = 0; i < series.bars.size(); ++i) {
    const BarTicks& bar = series.bars[i];
    CAPTURE(i, bar.ts_open_ms);
    REQUIRE(truth.contains(bar.ts_open_ms));
    REQUIRE(truth[bar.ts_open_ms] == bar);
    if (i > 0) REQUIRE(bar.ts_open_ms == series.bars[i - 1].ts_open_ms + series.interval_ms);
  }
}

}  // namespace

TEST_CASE("P1: kill -9 of a running daemon loses, doubles and alters nothing",
          "[journal][kill][fault][P1][P8]") {
  const test::TemporaryFolder folder;
  sim::SimConfig setup;
  setup.seed = 4;
  setup.symbols = 4;
  setup.speed = 60;
  setup.updates_per_bar = 20;
  setup.history_bars = 12'000;
  sim::ExchangeSim exchange(setup);
  exchange.start();
  const std::string config = write_config(folder, exchange);
  lockstep::test::Rng rng(steady_clock::now().time_since_epoch().count() & 0xffff);
  std::vector<Signal> signals;
  const int kills = kills_wanted();
  for (int i = 0; i < kills; ++i) {
    Process daemon(config);
    // Some in the middle of recovery or of the first history, most while bars close.
    daemon.read_until(steady_clock::now() + milliseconds(rng.between(rng.chance(20) ? 1 : 120, 520)),
                      signals);
    daemon.end(SIGKILL, &signals);
  }
  {
    // P10: the last one is asked to end, and does so in order.
    Process daemon(config);
    daemon.read_until(steady_clock::now() + milliseconds(3000), signals);
    const auto begin = steady_clock::now();
    const int status = daemon.end(SIGTERM, &signals);
    REQUIRE((WIFEXITED(status) && WEXITSTATUS(status) == 0));
    REQUIRE(steady_clock::now() - begin < std::chrono::seconds(5));
  }
  replay::ReplayReport report;
  const auto all = replay::read_journal_series(folder.path("data"), report);
  REQUIRE(report.mismatches.empty());
  REQUIRE_FALSE(report.damage);
  REQUIRE(report.snapshot.empty());
  REQUIRE(all.size() == 8);
  const auto seen = by_identity(signals);
  REQUIRE(seen.size() > static_cast<std::size_t>(8 * 2));
  std::size_t found = 0;
  for (const replay::JournalSeries& series : all) check_bars(series, exchange);
  for (const auto& [identity, signal] : seen) {
    REQUIRE(signal.revision == 0);
    const replay::JournalSeries& series = all.at(signal.series);
    const auto bar = std::find_if(series.bars.begin(), series.bars.end(), [&](const BarTicks& each) {
      return each.ts_open_ms == signal.bar.ts_open_ms;
    });
    // What was published is in the journal, and its outputs come out of it again to the bit.
    REQUIRE(bar != series.bars.end());
    REQUIRE(*bar == signal.bar);
    REQUIRE(lockstep::test::first_difference(
                series.outputs[static_cast<std::size_t>(bar - series.bars.begin())], signal.outputs) == "");
    ++found;
  }
  REQUIRE(found == seen.size());
  std::cout << kills << " kills, " << report.starts << " starts, " << report.bars << " bars in the journal, "
            << signals.size() << " publications of " << seen.size()
            << " closed bars seen: 0 lost, doubled or altered\n";
  exchange.stop();
}

TEST_CASE("S11: a second daemon on a data directory is turned away with its name", "[journal][fault][S11]") {
  const test::TemporaryFolder folder;
  const journal::LockFile lock(folder.path("data"));
  try {
    const journal::LockFile second(folder.path("data"));
    FAIL("two locks");
  } catch (const journal::StorageError& error) {
    REQUIRE_THAT(error.what(), Catch::Contains("is in use by process " + std::to_string(::getpid())));
  }
}

}  // namespace lockstep::engine
