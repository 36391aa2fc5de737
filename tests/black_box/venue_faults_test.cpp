// A daemon attached to every simulated venue, each of which does one thing after the other wrong: the closed
// bars are the venue's all the same, and no series is called live that has nothing new.
#include <algorithm>
#include <chrono>
#include <deque>
#include <iostream>
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
using sim::FaultPlace;
using sim::VenueFault;

constexpr double kSpeed = 60;
constexpr auto kRepeatsLast = 4s;  // longer than silence_s
/// A bar is late after three seconds of the machine; the rest is for a busy one.
constexpr double kStaleMaxS = 9;

struct Plan {
  int symbols = 2;
  int data_per_mille = 0, web_per_mille = 0;
  std::optional<VenueFault> at_start = {};
  std::function<std::deque<VenueFault>(sim::Dialect)> script = [](sim::Dialect) {
    return std::deque<VenueFault>();
  };
  std::chrono::seconds at_least{0};
  std::chrono::seconds at_most{120};
  int listing_s = 300;
};

struct Venue {
  Venue(sim::Dialect dialect, const Plan& plan)
      : dialect(dialect), listing_s(plan.listing_s), exchange(setup(dialect, plan)) {
    exchange.start();
  }
  static sim::SimConfig setup(sim::Dialect dialect, const Plan& plan) {
    sim::SimConfig setup;
    setup.seed = 31 + static_cast<std::uint64_t>(dialect);
    setup.dialect = dialect;
    setup.symbols = plan.symbols;
    setup.speed = kSpeed;
    setup.history_bars = 500;
    setup.tls = true;
    setup.rest_weight_max = 1'000'000;
    setup.data_faults_per_mille = plan.data_per_mille;
    setup.web_faults_per_mille = plan.web_per_mille;
    return setup;
  }
  feeds::FeedConfig feed() const {
    feeds::FeedConfig feed;
    feed.venue = name();
    feed.symbols = exchange.symbol_names();
    feed.intervals = {"1m"};
    feed.ws_url = exchange.ws_url();
    feed.rest_url = exchange.rest_url();
    feed.ca_file = exchange.ca_file().string();
    feed.silence_s = 3;
    feed.listing_s = listing_s;
    feed.backoff_ms_max = 300;
    feed.rest_requests_per_s = 1000;
    return feed;
  }
  const std::string& name() const { return sim::dialect_names()[static_cast<std::size_t>(dialect)]; }

  const sim::Dialect dialect;
  const int listing_s;
  sim::ExchangeSim exchange;
  std::deque<VenueFault> script;
  std::optional<VenueFault> present;
  std::uint64_t given_before = 0;
  Clock::time_point healed_from{};  ///< not before that
  bool is_away = false;             ///< until then, so that there is some history to ask for
};

struct Published {
  std::map<std::int64_t, std::pair<BarTicks, int>> closed;  ///< as said last, with the price scale
  engine::SeriesState state = engine::SeriesState::warming;
  std::int64_t newest_ms = 0;
};

class Run {
 public:
  explicit Run(Plan plan) : plan_(std::move(plan)) {
    engine::Config config = engine::parse_config("[engine]\nanchor = \"rolling:200/10\"\n", "test");
    config.feeds.clear();
    for (std::size_t d = 0; d < sim::dialect_names().size(); ++d) {
      venues_.push_back(std::make_unique<Venue>(static_cast<sim::Dialect>(d), plan_));
      Venue& venue = *venues_.back();
      venue.script = plan_.script(venue.dialect);
      if (plan_.at_start) venue.exchange.inject(*plan_.at_start);
      config.feeds.push_back(venue.feed());
    }
    config.engine.late_s = 180;  // venue time runs sixty times faster than the machine's
    config.api.port = 0;
    daemon_.emplace(config);
    published_.resize(daemon_->catalog().size());
  }

  void run() {
    const auto begin = Clock::now();
    bool is_done = false;
    daemon_->start();
    daemon_->run_outputs(
        20,
        [&] {
          look_for_silence();
          is_done = Clock::now() - begin >= plan_.at_least;
          for (const auto& venue : venues_) {
            if (is_done) venue->exchange.stop_drawing_faults();
          }
          for (const auto& venue : venues_) is_done &= step(*venue);
          if (is_done || Clock::now() - begin > plan_.at_most) daemon_->stop();
        },
        [&](const engine::Signal& signal) { take(signal); });
    for (const auto& venue : venues_) {
      venue->exchange.set_silent(true);
      const std::string present = venue->present ? std::string(sim::info(*venue->present).name) : "none";
      INFO(venue->name() << ": at the fault " << present << ", " << venue->script.size() << " are left");
      CHECK((venue->script.empty() && !venue->present));
    }
    if (!is_done) explain();
    CHECK(is_done);
    CHECK(stale_s_ < kStaleMaxS);
  }

  /// Every closed bar, as it was said last, is the venue's, and none is missing between them.
  void compare() {
    for (const core::Series& series : daemon_->catalog().series()) {
      const Published& published = published_[series.id];
      const bool may_be_rejected = published.state == engine::SeriesState::rejected;
      if (published.closed.empty() && may_be_rejected) continue;
      CAPTURE(series.venue, series.symbol);
      REQUIRE_FALSE(published.closed.empty());
      const auto truth = venues_[series.venue_index]->exchange.truth(series.symbol, "1m");
      auto expected = std::find_if(truth.begin(), truth.end(), [&](const auto& bar) {
        return bar.ts_open_ms == published.closed.begin()->first;
      });
      for (const auto& [open_ms, said] : published.closed) {
        CAPTURE(open_ms);
        REQUIRE(expected != truth.end());
        const BarTicks right = true_bar(*expected++, said.second);
        CAPTURE(right.ts_open_ms, right.open, right.high, right.low, right.close, said.first.ts_open_ms,
                said.first.open, said.first.high, said.first.low, said.first.close);
        REQUIRE(said.first == right);
        ++compared_;
      }
    }
  }

  std::uint64_t given(VenueFault fault) const {
    std::uint64_t sum = 0;
    for (const auto& venue : venues_) sum += venue->exchange.given(fault);
    return sum;
  }
  engine::SeriesState state(core::SeriesId id) const { return published_[id].state; }
  const engine::Daemon& daemon() const { return *daemon_; }
  int revisions() const { return revisions_; }
  void tell(const char* what) const {
    std::uint64_t faults = 0;
    int kinds = 0;
    for (const auto& fault : sim::venue_faults()) {
      faults += given(fault.fault);
      kinds += given(fault.fault) > 0 ? 1 : 0;
    }
    std::cout << what << ": " << faults << " faults of " << kinds << " kinds, " << compared_
              << " closed bars equal to the truth, " << revisions_
              << " published again, oldest bar called live " << stale_s_ << " s\n";
  }

 private:
  /// True when the venue's script is through and all of its series are well again.
  bool step(Venue& venue) {
    if (venue.is_away && Clock::now() > venue.healed_from) venue.exchange.set_refuse(venue.is_away = false);
    if (venue.present) {
      if (venue.exchange.given(*venue.present) == venue.given_before) return false;
      // Frames gone wrong are followed by the next ones at once; all is well again at the end.
      const bool is_frame = sim::info(*venue.present).place == FaultPlace::closing_frame;
      if (!is_frame && !(Clock::now() > venue.healed_from && is_well(venue))) return false;
      venue.present.reset();
    }
    if (venue.script.empty() || !is_begun(venue)) return is_well(venue);
    const VenueFault fault = venue.script.front();
    venue.script.pop_front();
    const FaultPlace place = sim::info(fault).place;
    venue.given_before = venue.exchange.given(fault);
    venue.present = fault;
    venue.healed_from = Clock::now() + 500ms + (sim::info(fault).is_lasting ? kRepeatsLast : 0s);
    venue.exchange.inject(fault, kRepeatsLast);
    if (place == FaultPlace::page) {
      venue.exchange.set_refuse(venue.is_away = true);
      venue.healed_from += 2s;
    }
    // Only a client that connects, and then asks for history, meets the others.
    if (place != FaultPlace::closing_frame && place != FaultPlace::open_frame && place != FaultPlace::wire)
      venue.exchange.cut_connections();
    return false;
  }

  template <class Test>
  bool all_of(const Venue& venue, Test test) const {
    return std::all_of(daemon_->catalog().series().begin(), daemon_->catalog().series().end(),
                       [&](const core::Series& series) {
                         return venues_[series.venue_index].get() != &venue || test(series.id) ||
                                published_[series.id].state == engine::SeriesState::rejected;
                       });
  }
  bool is_begun(Venue& venue) {
    if (!venue.present && venue.given_before == 0 && venue.healed_from == Clock::time_point{})
      return is_well(venue);
    return true;
  }
  bool is_well(const Venue& venue) const {
    return all_of(venue, [&](core::SeriesId id) {
      // Where minutes without trades have no bar, one that hardly trades is now live, now late: that it was
      // ever live, and closed a bar, has to do.
      if (venue.dialect == sim::Dialect::coinbase_advanced && daemon_->catalog()[id].symbol == "FLAT-USDT")
        return !published_[id].closed.empty() && published_[id].state != engine::SeriesState::retired;
      return published_[id].state == engine::SeriesState::live && age_s(id) < 4;
    });
  }

  /// How long ago the bar behind the newest closed one ended, in seconds of the machine.
  double age_s(core::SeriesId id) const {
    if (published_[id].newest_ms == 0) return 0;
    const core::Series& series = daemon_->catalog()[id];
    const auto age_ms =
        venues_[series.venue_index]->exchange.venue_now_ms() - published_[id].newest_ms - 2 * 60'000;
    return static_cast<double>(age_ms) / 1000 / kSpeed;
  }
  void look_for_silence() {
    for (core::SeriesId id = 0; id < published_.size(); ++id) {
      if (published_[id].state == engine::SeriesState::live) stale_s_ = std::max(stale_s_, age_s(id));
    }
  }

  void take(const engine::Signal& signal) {
    Published& published = published_[signal.series];
    published.state = signal.state;
    if (!signal.is_closed()) return;
    const bool is_new =
        published.closed
            .insert_or_assign(signal.bar.ts_open_ms, std::pair(signal.bar, int{signal.price_scale}))
            .second;
    // The same bar twice only as a revision, and never back in time.
    if (signal.revision == 0 && (!is_new || signal.bar.ts_open_ms < published.newest_ms))
      FAIL_CHECK("bar " << signal.bar.ts_open_ms << " was published again without a revision");
    if (signal.revision > 0 && !is_new) ++revisions_;
    published.newest_ms = std::max(published.newest_ms, signal.bar.ts_open_ms);
  }

  void explain() const {
    for (const core::Series& series : daemon_->catalog().series()) {
      std::cerr << series.venue << ' ' << series.symbol << ": "
                << engine::to_string(published_[series.id].state) << ", age " << age_s(series.id) << " s\n";
    }
    for (const auto& health : daemon_->feed_health())
      std::cerr << health.venue << ": " << health.last_error << '\n';
  }

  Plan plan_;
  std::vector<std::unique_ptr<Venue>> venues_;
  std::optional<engine::Daemon> daemon_;
  std::vector<Published> published_;
  double stale_s_ = 0;
  int revisions_ = 0;
  std::size_t compared_ = 0;
};

/// Those that nothing but a deadline of five to thirty seconds ends, and the venue that makes them first.
constexpr std::pair<VenueFault, sim::Dialect> kSlow[] = {{VenueFault::no_answer, sim::Dialect::okx},
                                                         {VenueFault::hanging_body, sim::Dialect::kraken_v2},
                                                         {VenueFault::lost_ack, sim::Dialect::bybit_spot},
                                                         {VenueFault::mute, sim::Dialect::binance_usdm}};

/// Every fault of frames at every venue that can do it, the others at two or three venues each, slow ones at
/// one.
std::deque<VenueFault> script_of(sim::Dialect dialect) {
  const auto number = static_cast<std::size_t>(dialect);
  std::deque<VenueFault> script;
  for (const sim::FaultInfo& fault : sim::venue_faults()) {
    const bool is_at_start = fault.place == FaultPlace::list || fault.fault == VenueFault::refused_topic;
    if (is_at_start || !fault.is_drawn || !sim::can_do(dialect, fault.fault)) continue;
    const auto slow = std::find_if(std::begin(kSlow), std::end(kSlow),
                                   [&](const auto& entry) { return entry.first == fault.fault; });
    const bool is_of_frames =
        fault.place == FaultPlace::closing_frame || fault.place == FaultPlace::open_frame;
    const bool is_rare = fault.fault == VenueFault::ending_notice || fault.fault == VenueFault::lost_number ||
                         fault.place == FaultPlace::page;
    if (slow != std::end(kSlow)) {
      if (slow->second == dialect) script.push_front(fault.fault);
    } else if (is_of_frames || is_rare || (static_cast<std::size_t>(fault.fault) + number) % 3 == 0) {
      script.push_back(fault.fault);
    }
  }
  return script;
}

}  // namespace

TEST_CASE("every fault of a venue, one after the other: the bars stay true, and nothing is silently stale",
          "[black_box][fault][venue_faults][N1][N3][N4][N6][N8][N9][N11][N13][N14][N15][N16][N17][N18]"
          "[D1][D2][D3][D4][D5][D6][D8][D9][D10][D11][D12][D14][D16][R1][R2][R3][R5][R6]") {
  Run run({.script = script_of});
  run.run();
  run.compare();
  run.tell("every fault");
  for (const auto& fault : sim::venue_faults()) {
    if (fault.fault == VenueFault::refused_topic || fault.place == FaultPlace::list || !fault.is_drawn)
      continue;
    INFO(fault.name);
    CHECK(run.given(fault.fault) > 0);
  }
  // A closed bar that was told wrong first is corrected, and that is said.
  CHECK(run.revisions() > 0);
}

TEST_CASE("faults drawn from a seed, of frames, connections and history: the bars stay true",
          "[black_box][fault][venue_faults]") {
  // A series that was live, and then is refused although it is listed, comes back with the next list.
  Run run({.symbols = 3, .data_per_mille = 100, .web_per_mille = 60, .at_least = 12s, .listing_s = 5});
  run.run();
  run.compare();
  run.tell("drawn faults");
}

TEST_CASE(
    "N10: a live symbol that a connection refuses, although it is listed, is live again on the next one",
    "[black_box][fault][venue_faults][N10]") {
  const auto script = [](sim::Dialect) { return std::deque<VenueFault>{VenueFault::refused_topic}; };
  Run run({.script = script, .listing_s = 5});
  run.run();
  run.compare();
  CHECK(run.given(VenueFault::refused_topic) >= sim::dialect_names().size());
  for (const core::Series& series : run.daemon().catalog().series()) {
    CAPTURE(series.venue, series.symbol);
    CHECK(run.state(series.id) == engine::SeriesState::live);
  }
}

TEST_CASE("N10, D15: a symbol that is refused or not listed is rejected by name, and harms nobody",
          "[black_box][fault][venue_faults][N10][D15]") {
  const VenueFault fault = GENERATE(VenueFault::refused_topic, VenueFault::unlisted);
  Run run({.symbols = 3, .at_start = fault, .at_least = 3s});
  run.run();
  run.compare();
  for (const core::Series& series : run.daemon().catalog().series()) {
    const bool is_first = series.id % 3 == 0, is_last = series.id % 3 == 2;
    CAPTURE(series.venue, series.symbol);
    const bool is_rejected = run.state(series.id) == engine::SeriesState::rejected;
    CHECK(is_rejected == (fault == VenueFault::unlisted ? is_first : is_last));
  }
}

}  // namespace lockstep
