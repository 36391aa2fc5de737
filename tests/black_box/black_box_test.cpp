// A daemon attached to every venue at once, over real TLS sockets through lines that are cut, stalled,
// damaged and refused: the closed bars are the venues' bars, all of them, nothing goes stale in silence, and
// memory and descriptors go back to where they were.
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "engine/daemon.hpp"
#include "replay/sim/exchange_sim.hpp"
#include "replay/sim/fault_proxy.hpp"
#include "tests/black_box/true_bars.hpp"
#include "tests/support/catch.hpp"

namespace lockstep {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr double kSpeed = 60;

struct Scenario {
  std::uint64_t seed;
  int symbols_per_venue;
  int faults;
  std::chrono::seconds duration;  ///< of the faults, real time
};

/// One venue and its line.
struct Venue {
  explicit Venue(sim::Dialect dialect, const Scenario& scenario)
      : name(sim::dialect_names()[static_cast<std::size_t>(dialect)]), exchange(setup(dialect, scenario)) {
    exchange.start();
    proxy = std::make_unique<sim::FaultProxy>(exchange.port());
  }
  static sim::SimConfig setup(sim::Dialect dialect, const Scenario& scenario) {
    sim::SimConfig setup;
    setup.seed = scenario.seed + static_cast<std::uint64_t>(dialect);
    setup.dialect = dialect;
    setup.symbols = scenario.symbols_per_venue;
    setup.speed = kSpeed;
    setup.history_bars = 700;
    setup.tls = true;
    setup.rest_weight_max = 1'000'000;
    setup.data_faults_per_mille = 10;
    return setup;
  }
  feeds::FeedConfig feed() const {
    feeds::FeedConfig feed;
    feed.venue = name;
    feed.symbols = exchange.symbol_names();
    feed.intervals = {"1m"};
    const std::string host = "127.0.0.1:" + std::to_string(proxy->port());
    feed.ws_url = "wss://" + host + (name == "binance_usdm" ? "/market" : "");
    feed.rest_url = "https://" + host;
    feed.ca_file = exchange.ca_file().string();
    feed.silence_s = 3;
    feed.backoff_ms_max = 500;
    feed.rest_requests_per_s = 1000;
    return feed;
  }

  std::string name;
  sim::ExchangeSim exchange;
  std::unique_ptr<sim::FaultProxy> proxy;
};

/// What was published of one series.
struct Published {
  std::vector<std::pair<BarTicks, int>> closed;  ///< with the price scale, in order
  bool is_live = false;
  std::int64_t last_open_ms = 0;
};

std::size_t descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
  return count;
}

double resident_mb() {
  malloc_trim(0);
  std::ifstream file("/proc/self/statm");
  long size = 0, resident = 0;
  file >> size >> resident;
  return static_cast<double>(resident) * 4096 / (1 << 20);
}

struct Outcome {
  std::size_t closed = 0, series = 0;
  int faults = 0, not_live_seen = 0;
  double longest_stale_s = 0;  ///< the oldest that a bar called live has been, in seconds of the machine
  std::map<std::string, int> by_fault;
};

/// Runs the daemon over the venues: faults, then quiet until all are live again.
class Run {
 public:
  Run(const Scenario& scenario, std::vector<std::unique_ptr<Venue>>& venues)
      : scenario_(scenario), venues_(venues), random_(scenario.seed) {
    engine::Config config = engine::parse_config("[engine]\nanchor = \"rolling:200/10\"\n", "test");
    config.feeds.clear();
    for (const auto& venue : venues_) config.feeds.push_back(venue->feed());
    config.engine.late_s = 600;  // venue time runs sixty times faster than the machine's
    config.api.port = 0;
    daemon_.emplace(config);
    published_.resize(daemon_->catalog().size());
  }

  Outcome run() {
    outcome_.series = published_.size();
    const auto begin = Clock::now();
    const auto limit = begin + scenario_.duration + 180s;
    std::optional<Clock::time_point> first_live;
    int given = 0;
    daemon_->start();
    daemon_->run_outputs(
        20,
        [&] {
          const auto now = Clock::now();
          if (now > limit) return daemon_->stop();
          look_for_silence();
          if (!first_live && !is_all_live()) return;
          if (!first_live) first_live = now;
          // Evenly spread, so that each finds the effects of some before it.
          const auto due = *first_live + std::chrono::milliseconds(scenario_.duration) * (given + 1) /
                                             (scenario_.faults + 1);
          if (given < scenario_.faults) {
            if (now >= due) inject(), ++given;
          } else if (now > *first_live + scenario_.duration && is_all_live() && is_all_recent()) {
            is_settled_ = true;
            daemon_->stop();
          }
        },
        [&](const engine::Signal& signal) { take(signal); });
    outcome_.faults = given;
    if (!is_settled_) explain();
    CHECK(first_live.has_value());
    CHECK(given == scenario_.faults);
    CHECK(is_settled_);
    return outcome_;
  }

  void compare() {
    for (const core::Series& series : daemon_->catalog().series()) {
      const sim::ExchangeSim& exchange = venue_of(series).exchange;
      const auto truth = exchange.truth(series.symbol, series.interval.text());
      const Published& published = published_[series.id];
      CAPTURE(series.venue, series.symbol, published.closed.size());
      REQUIRE_FALSE(published.closed.empty());
      std::size_t at = static_cast<std::size_t>(
          std::find_if(
              truth.begin(), truth.end(),
              [&](const auto& b) { return b.ts_open_ms == published.closed.front().first.ts_open_ms; }) -
          truth.begin());
      for (const auto& [bar, scale] : published.closed) {
        CAPTURE(bar.ts_open_ms);
        REQUIRE(at < truth.size());
        const auto& expected = truth[at++];
        CAPTURE(expected.ts_open_ms, expected.close, bar.close, bar.high, expected.high);
        REQUIRE(bar == true_bar(expected, scale));
      }
      outcome_.closed += published.closed.size();
    }
  }
  const Outcome& outcome() const { return outcome_; }

 private:
  Venue& venue_of(const core::Series& series) { return *venues_[series.venue_index]; }

  void take(const engine::Signal& signal) {
    Published& published = published_[signal.series];
    published.is_live = signal.state == engine::SeriesState::live;
    if (signal.kind == engine::Signal::Kind::state && !published.is_live) ++outcome_.not_live_seen;
    if (!signal.is_closed()) return;
    // A bar that the venue told wrong first comes again with all behind it.
    if (signal.revision > 0) {
      std::erase_if(published.closed,
                    [&](const auto& told) { return told.first.ts_open_ms >= signal.bar.ts_open_ms; });
    }
    published.closed.emplace_back(signal.bar, signal.price_scale);
    published.last_open_ms = signal.bar.ts_open_ms;
  }

  bool is_all_live() const {
    return std::all_of(published_.begin(), published_.end(), [](const Published& p) { return p.is_live; });
  }

  /// How old the last closed bar of a series is, in seconds of the machine. Where the venue has no bars
  /// without trades, its last one may be old.
  double age_s(core::SeriesId id) {
    const core::Series& series = daemon_->catalog()[id];
    if (published_[id].last_open_ms == 0 || series.venue == "coinbase_advanced") return 0;
    const auto age_ms = venue_of(series).exchange.venue_now_ms() - published_[id].last_open_ms - 2 * 60'000;
    return static_cast<double>(age_ms) / 1000 / kSpeed;
  }
  bool is_all_recent() {
    for (core::SeriesId id = 0; id < published_.size(); ++id) {
      if (age_s(id) > 10) return false;
    }
    return true;
  }
  void look_for_silence() {
    for (core::SeriesId id = 0; id < published_.size(); ++id) {
      if (published_[id].is_live) outcome_.longest_stale_s = std::max(outcome_.longest_stale_s, age_s(id));
    }
  }

  void inject() {
    const auto pick = [this](int count) { return std::uniform_int_distribution<int>(0, count - 1)(random_); };
    Venue& venue = *venues_[static_cast<std::size_t>(pick(static_cast<int>(venues_.size())))];
    const auto fault = static_cast<sim::LineFault>(pick(sim::kLineFaults));
    venue.proxy->inject(fault, std::chrono::milliseconds(300 + pick(3'000)));
    ++outcome_.by_fault[sim::to_string(fault)];
  }

  void explain() {
    for (const core::Series& series : daemon_->catalog().series()) {
      const Published& published = published_[series.id];
      if (published.is_live && age_s(series.id) <= 10) continue;
      std::cerr << series.venue << ' ' << series.symbol << ": live " << published.is_live << ", age "
                << age_s(series.id) << " s\n";
    }
    for (const auto& health : daemon_->feed_health())
      std::cerr << health.venue << ": " << health.last_error << '\n';
  }

  Scenario scenario_;
  std::vector<std::unique_ptr<Venue>>& venues_;
  std::mt19937_64 random_;
  std::optional<engine::Daemon> daemon_;
  std::vector<Published> published_;
  Outcome outcome_;
  bool is_settled_ = false;
};

void run_scenario(const Scenario& scenario) {
  std::vector<std::unique_ptr<Venue>> venues;
  for (std::size_t d = 0; d < sim::dialect_names().size(); ++d) {
    venues.push_back(std::make_unique<Venue>(static_cast<sim::Dialect>(d), scenario));
  }
  const auto is_nobody_connected = [&] {
    return std::all_of(venues.begin(), venues.end(), [](const auto& venue) {
      return venue->proxy->connections() == 0 && venue->exchange.connections() == 0;
    });
  };
  const auto wait_until_alone = [&] {
    for (const auto limit = Clock::now() + 20s; !is_nobody_connected() && Clock::now() < limit;) {
      std::this_thread::sleep_for(10ms);
    }
    return is_nobody_connected();
  };
  // Once shortly without faults: what a process keeps for ever is there from then on.
  {
    Run warm_up({scenario.seed, scenario.symbols_per_venue, 0, 1s}, venues);
    warm_up.run();
  }
  REQUIRE(wait_until_alone());
  const std::size_t descriptors_before = descriptors();
  const double mb_before = resident_mb();
  Outcome outcome;
  const auto begin = Clock::now();
  {
    Run run(scenario, venues);
    run.run();
    for (const auto& venue : venues) venue->exchange.set_silent(true);
    run.compare();
    outcome = run.outcome();
  }
  std::uint64_t data_faults = 0;
  for (const auto& venue : venues) data_faults += venue->exchange.given();
  const double real_s = std::chrono::duration<double>(Clock::now() - begin).count();
  REQUIRE(wait_until_alone());
  const double mb_after = resident_mb();
  std::cout << "black box: " << venues.size() << " venues, " << outcome.series << " series, "
            << outcome.faults << " faults of lines and " << data_faults << " of frames in " << real_s
            << " s (" << real_s * kSpeed / 60 << " minutes of the market), " << outcome.closed
            << " closed bars equal to the truth, " << outcome.not_live_seen
            << " times told not live, oldest bar called live " << outcome.longest_stale_s << " s, memory "
            << mb_before << " -> " << mb_after << " MB, descriptors " << descriptors_before << " -> "
            << descriptors() << "\n";
  for (const auto& [fault, count] : outcome.by_fault) std::cout << "  " << fault << ' ' << count << '\n';
  CHECK(descriptors() == descriptors_before);
  CHECK(mb_after < mb_before + 48);
  // Silence is noticed after three seconds; the rest is for a busy machine.
  CHECK(outcome.longest_stale_s < 12);
}

}  // namespace

TEST_CASE("N1, N2, N7, N11, N16, D1, P2, P3: over bad lines the bars of all venues are the truth",
          "[black_box][fault][N1][N2][N7][N11][N16][D1][P2][P3]") {
  run_scenario({20261121, 3, 14, 8s});
}

TEST_CASE("two hours of the market, 300 symbols and 200 faults", "[.][black_box_long]") {
  run_scenario({20261122, 43, 200, 120s});
}

}  // namespace lockstep
