// Threads that do not move, machines that sleep, clocks that are set.
#include "engine/watchdog.hpp"

#include <spdlog/spdlog.h>

#include "engine/signal_gate.hpp"
#include "tests/engine/live_harness.hpp"

namespace lockstep::engine::test {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

/// A watchdog over two threads, whose clocks and pulses are the test's.
struct Rig {
  Rig()
      : dog({{"network", [this] { return network; }, std::chrono::seconds(10), true},
             {"audit", [this] { return audit; }, std::chrono::seconds(60), false}},
            {[this] { ++slept; }, [this](const std::string& names) { given_up = names; }},
            [this] { return now; }) {
    spdlog::set_level(spdlog::level::off);
    dog.look();
  }
  ~Rig() { spdlog::set_level(spdlog::level::info); }
  /// Time goes on as usual, in looks of a quarter second.
  void pass(std::int64_t seconds, bool network_moves, bool audit_moves = true) {
    for (std::int64_t i = 0; i < 4 * seconds; ++i) {
      for (std::int64_t* clock : {&now.boot_ns, &now.monotonic_ns, &now.wall_ns}) *clock += kSecond / 4;
      network += network_moves;
      audit += audit_moves;
      dog.look();
    }
  }

  Watchdog::Clocks now{50 * kSecond, 40 * kSecond, 1'700'000'000 * kSecond};
  std::uint64_t network = 1, audit = 1;
  int slept = 0;
  std::string given_up;
  Watchdog dog;
};

Signal live_signal(std::uint64_t sequence) {
  Signal signal;
  signal.kind = Signal::Kind::closed_bar;
  signal.state = SeriesState::live;
  signal.reason = core::Reason::none;
  signal.is_valid = true;
  signal.sequence = sequence;
  return signal;
}

}  // namespace

TEST_CASE("P4: a thread that does not move is named, and given up when it stays so",
          "[engine][watchdog][fault][P4]") {
  Rig rig;
  rig.pass(30, true);
  REQUIRE(rig.dog.stats().stuck == "");
  rig.pass(9, false);
  REQUIRE_FALSE(rig.dog.is_stuck());
  rig.pass(2, false);
  REQUIRE(rig.dog.stats().stuck == "network");
  REQUIRE(rig.dog.stats().stuck_times == 1);
  REQUIRE(rig.given_up == "");
  rig.pass(1, true);
  REQUIRE_FALSE(rig.dog.is_stuck());
  rig.pass(61, false);
  REQUIRE(rig.dog.stats().stuck == "network");
  REQUIRE(rig.given_up == "network");
  // One that nothing rests on is named, no more.
  Rig other;
  other.pass(200, true, false);
  REQUIRE(other.dog.stats().stuck == "audit");
  REQUIRE(other.given_up == "");
}

TEST_CASE("P4: a watchdog vouches for nobody while a thread is stuck, nor when it has not looked itself",
          "[engine][watchdog][fault][P4]") {
  Rig rig;
  REQUIRE(rig.dog.stats().watched == "network, audit");
  REQUIRE(rig.dog.vouches());
  rig.pass(9, false);
  REQUIRE(rig.dog.vouches());
  rig.pass(2, false);
  REQUIRE_FALSE(rig.dog.vouches());
  rig.pass(1, true);
  REQUIRE(rig.dog.vouches());
  rig.now.monotonic_ns += 11 * kSecond;
  REQUIRE_FALSE(rig.dog.vouches());
  REQUIRE_FALSE(Watchdog({}, {}).vouches());
}

TEST_CASE("T3: a machine that slept, and a process that was held, are noticed, and no thread is blamed",
          "[engine][watchdog][fault][T3]") {
  Rig rig;
  rig.pass(1, true);
  SECTION("slept: boot time went on, monotonic time did not") {
    rig.now.boot_ns += 3600 * kSecond;
    rig.now.wall_ns += 3600 * kSecond;
  }
  SECTION("held: all clocks went on") {
    for (std::int64_t* clock : {&rig.now.boot_ns, &rig.now.monotonic_ns, &rig.now.wall_ns})
      *clock += 30 * kSecond;
  }
  rig.dog.look();
  REQUIRE(rig.slept == 1);
  REQUIRE(rig.dog.stats().suspends == 1);
  REQUIRE(rig.dog.stats().clock_steps == 0);
  REQUIRE_FALSE(rig.dog.is_stuck());
  rig.pass(20, true);
  REQUIRE(rig.slept == 1);
}

TEST_CASE("T2: a wall clock that is set is counted, and makes nobody stale",
          "[engine][watchdog][fault][T2]") {
  Rig rig;
  rig.pass(1, true);
  rig.now.wall_ns += GENERATE(-7200, 5) * kSecond;
  rig.dog.look();
  REQUIRE(rig.dog.stats().clock_steps == 1);
  REQUIRE(rig.slept == 0);
  rig.pass(5, true);
  REQUIRE(rig.dog.stats().clock_steps == 1);
}

TEST_CASE("T3: after a sleep a series is stale until its venue has said the bars since again",
          "[engine][live][fault][T3]") {
  core::Catalog catalog;
  catalog.add("binance_spot", "BTCUSDT", *core::Interval::parse("1m"));
  const SeriesSettings settings = make_settings(history_anchor());
  LiveSeries series(catalog[0], settings);
  RecordingSink sink;
  const auto truth = make_truth(3, 210);
  core::MarketEvent listed = make_event(core::EventKind::listed);
  listed.price_scale = 2;
  series.apply(listed, sink);
  series.apply(make_event(core::EventKind::stream_up), sink);
  const auto answer = [&](std::size_t bars) {
    const std::vector<BarTicks> known(truth.begin(), truth.begin() + static_cast<std::ptrdiff_t>(bars));
    for (core::MarketEvent event : answer_to(sink.requests.back(), known, truth[bars].ts_open_ms + 1'000)) {
      event.price_scale = 2;
      series.apply(event, sink);
    }
  };
  answer(200);
  REQUIRE(series.state() == SeriesState::live);
  const std::size_t asked = sink.requests.size();
  series.apply(make_event(core::EventKind::doubted, core::Reason::suspended), sink);
  REQUIRE(series.state() == SeriesState::stale);
  REQUIRE(sink.signals.back().reason == core::Reason::suspended);
  REQUIRE_FALSE(sink.signals.back().is_valid);
  REQUIRE(sink.requests.size() == asked + 1);
  // An open bar of the stream alone does not make it valid.
  core::MarketEvent open = bar_event(truth[203], false, truth[203].ts_open_ms + 500);
  open.price_scale = 2;
  series.apply(open, sink);
  REQUIRE(series.state() == SeriesState::stale);
  answer(203);
  REQUIRE(series.state() == SeriesState::live);
  REQUIRE(sink.of(Signal::Kind::closed_bar).back().bar == truth[202]);
}

TEST_CASE("P4: while a thread is stuck every series is shown as stale, and as it was when all move",
          "[engine][gate][fault][P4]") {
  std::vector<Signal> out;
  SignalGate gate(1, [&](const Signal& signal) { out.push_back(signal); });
  Signal signal = live_signal(7);
  gate.take(signal);
  gate.doubt(true);
  REQUIRE(out.size() == 2);
  REQUIRE(out.back().state == SeriesState::stale);
  REQUIRE(out.back().reason == core::Reason::engine_stuck);
  REQUIRE_FALSE(out.back().is_valid);
  REQUIRE(out.back().sequence == 7);
  signal.sequence = 8;
  gate.take(signal);
  REQUIRE_FALSE(out.back().is_valid);
  gate.doubt(false);
  REQUIRE(out.back().is_valid);
  REQUIRE(out.back().sequence == 8);
}

TEST_CASE("N17: what waited too long is shown as stale, and by itself as it is when the shard has caught up",
          "[engine][gate][fault][N17]") {
  std::vector<Signal> out;
  SignalGate gate(4, [&](const Signal& signal) { out.push_back(signal); });
  constexpr std::int64_t kLimitNs = 5'000'000'000;
  Signal signal = live_signal(7);
  for (signal.series = 0; signal.series < 4; ++signal.series) gate.take(signal);
  out.clear();
  gate.note_lag(1, 2, kLimitNs, kLimitNs);  // at the limit, not beyond
  REQUIRE(out.empty());
  gate.note_lag(1, 2, kLimitNs + 1, kLimitNs);
  REQUIRE(out.size() == 4);
  for (const Signal& shown : out) {
    const bool is_of_the_slow_shard = shown.series % 2 == 1;
    CHECK(shown.is_valid != is_of_the_slow_shard);
    CHECK((shown.state == SeriesState::stale) == is_of_the_slow_shard);
    CHECK((shown.reason == core::Reason::behind) == is_of_the_slow_shard);
  }
  signal.series = 1;
  signal.sequence = 8;
  gate.take(signal);
  CHECK_FALSE(out.back().is_valid);
  gate.note_lag(1, 2, kLimitNs / 2 + 1, kLimitNs);  // not yet
  CHECK_FALSE(out.back().is_valid);
  out.clear();
  gate.note_lag(1, 2, kLimitNs / 2, kLimitNs);
  REQUIRE(out.size() == 4);
  for (const Signal& shown : out) CHECK(shown.is_valid);
  gate.note_lag(1, 2, kLimitNs * 100, 0);  // no limit
  CHECK(out.size() == 4);
}

}  // namespace lockstep::engine::test
