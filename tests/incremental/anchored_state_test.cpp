// Anchors against a plain reference that restarts a fresh run wherever spec.md section 8 says so.
#include "incremental/anchored_state.hpp"

#include <algorithm>
#include <chrono>
#include <functional>

#include "tests/support/random_series.hpp"
#include "tests/support/reference.hpp"
#include "tests/support/same_bits.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {

std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

std::int64_t plain_grid_index(std::int64_t ts_open_ms, std::int64_t interval_ms, std::int64_t step) {
  if (interval_ms != kCalendarMonth) return floor_divide(ts_open_ms, step * interval_ms);
  using namespace std::chrono;
  const year_month_day date(floor<days>(sys_time<milliseconds>(milliseconds(ts_open_ms))));
  const std::int64_t months = (int(date.year()) - 1970) * 12 + int(unsigned(date.month())) - 1;
  return floor_divide(months, step);
}

/// One closed bar: where its run began, and what it gives.
struct AnchoredBar {
  bool has_run = false;
  std::size_t first = 0;
  ReferenceBar result;
};

/// Index of bar 0 of the run that covers each bar; bars.size() where there is none yet.
std::vector<std::size_t> run_starts(const Anchor& anchor, std::int64_t interval_ms,
                                    const std::vector<BarTicks>& bars) {
  std::vector<std::size_t> starts(bars.size(), bars.size());
  for (std::size_t i = 0; i < bars.size(); ++i) {
    if (i > 0) starts[i] = starts[i - 1];
    if (anchor.kind == Anchor::Kind::history) starts[i] = 0;
    if (anchor.kind == Anchor::Kind::time && starts[i] == bars.size() &&
        bars[i].ts_open_ms >= anchor.time_ms) {
      starts[i] = i;
    }
    if (anchor.kind == Anchor::Kind::rolling) {
      const auto cell = [&](std::size_t index) {
        return plain_grid_index(bars[index].ts_open_ms, interval_ms, anchor.step);
      };
      const std::size_t back = static_cast<std::size_t>(anchor.bars);
      if (i == 0) starts[i] = 0;
      if (i > 0 && cell(i) != cell(i - 1)) starts[i] = i > back ? i - back : 0;
    }
  }
  return starts;
}

/// Restarts a fresh reference run for every stretch of bars with the same bar 0.
std::vector<AnchoredBar> anchored_reference(const AtcConfig& config, int price_scale, const Anchor& anchor,
                                            std::int64_t interval_ms, const std::vector<BarTicks>& bars) {
  const std::vector<std::size_t> starts = run_starts(anchor, interval_ms, bars);
  std::vector<AnchoredBar> results(bars.size());
  std::size_t begin = 0;
  while (begin < bars.size()) {
    std::size_t end = begin;
    while (end < bars.size() && starts[end] == starts[begin]) ++end;
    const std::size_t first = starts[begin];
    if (first < bars.size()) {
      const ReferenceRun run =
          reference_run(config, price_scale, std::span(bars).subspan(first, end - first));
      REQUIRE(run.status == Status::ok);
      for (std::size_t i = begin; i < end; ++i) results[i] = {true, first, run.bars[i - first]};
    }
    begin = end;
  }
  return results;
}

bool all_undefined(const Outputs& out) {
  const auto is_nan = [](double value) { return is_undefined(value); };
  return is_undefined(out.average) && is_undefined(out.growth) && out.direction == 0 &&
         out.event == TradeEvent::none && std::all_of(out.signal.begin(), out.signal.end(), is_nan) &&
         std::all_of(out.equity.begin(), out.equity.end(), is_nan);
}

/// Empty when `out` is what the reference says.
std::string difference_at(const AnchoredBar& expected, const Outputs& out) {
  if (expected.has_run) return first_difference(expected.result.outputs, out);
  return all_undefined(out) ? "" : "outputs before the anchor";
}

constexpr std::int64_t kMinute = 60'000;

Anchor rolling(std::int64_t bars, std::int64_t step) {
  return {Anchor::Kind::rolling, 0, bars, step};
}
Anchor from_time(std::int64_t time_ms) {
  return {Anchor::Kind::time, time_ms, 0, 0};
}

/// Commits every bar, peeks before each at it and at bars in other grid cells, and compares all with the
/// reference.
void check(const AtcConfig& config, const Anchor& anchor, std::int64_t interval_ms,
           const std::vector<BarTicks>& bars, Rng& rng) {
  const auto params = AtcParams::create(config, 2);
  const auto expected = anchored_reference(config, 2, anchor, interval_ms, bars);
  AnchoredState state(params, anchor, interval_ms);
  REQUIRE(state.bars_total() == 0);
  REQUIRE(state.ts_anchor_ms() == INT64_MIN);
  RunningDigest digest;
  std::int64_t taken = 0;
  Outputs out;
  Detail detail;
  for (std::size_t i = 0; i < bars.size(); ++i) {
    CAPTURE(i);
    if (rng.chance(30)) {
      BarTicks far = bars[i];
      far.ts_open_ms += rng.between(0, 400) * (interval_ms == kCalendarMonth ? 86'400'000 : interval_ms);
      Outputs far_peek;
      Outputs far_commit;
      AnchoredState copy(state);
      REQUIRE(state.peek(far, far_peek) == Status::ok);
      REQUIRE(copy.commit(far, far_commit) == Status::ok);
      require_same_bits(far_commit, far_peek);
    }
    std::string difference;
    for (int again = 0; again < 2; ++again) {
      if (state.peek(bars[i], out, detail) != Status::ok) FAIL("peek refused");
      difference = difference_at(expected[i], out);
      if (difference.empty() && expected[i].has_run) {
        difference = first_difference(config, expected[i].result.detail, detail);
      }
      if (!difference.empty()) FAIL("peek: " << difference);
      if (rng.chance(50)) break;
    }
    if (state.commit(bars[i], out) != Status::ok) FAIL("commit refused");
    difference = difference_at(expected[i], out);
    if (!difference.empty()) FAIL("commit: " << difference);
    if (!expected[i].has_run) continue;
    ++taken;
    if (state.bars_total() != taken) FAIL("bars_total " << state.bars_total());
    digest.add(bars[i], out);
    if (state.state().digest() != digest.value()) FAIL("digest");
    if (state.ts_anchor_ms() != bars[expected[i].first].ts_open_ms)
      FAIL("ts_anchor_ms " << state.ts_anchor_ms());
    if (state.state().bars() != static_cast<std::int64_t>(i - expected[i].first) + 1) {
      FAIL("bars of the run: " << state.state().bars());
    }
    state.state().detail(detail);
    difference = first_difference(config, expected[i].result.detail, detail);
    if (!difference.empty()) FAIL("detail: " << difference);
  }
}

AtcConfig small_config(Rng& rng) {
  AtcConfig config = random_config(rng, 16);
  config.lambda = rng.pick(std::array{0.02, 1.0});
  config.cutout = rng.pick(std::array{0, 0, 4, 15});
  return config;
}

std::vector<BarTicks> prices_for(Rng& rng, std::size_t count, std::int64_t interval_ms) {
  return random_bars(rng, count, 50'000'000, interval_ms);
}

}  // namespace

TEST_CASE("the grid index is the floor of the open time over the cell", "[incremental][anchored_state]") {
  REQUIRE(grid_index(0, kMinute, 100) == 0);
  REQUIRE(grid_index(100 * kMinute - 1, kMinute, 100) == 0);
  REQUIRE(grid_index(100 * kMinute, kMinute, 100) == 1);
  REQUIRE(grid_index(-1, kMinute, 100) == -1);
  REQUIRE(grid_index(-100 * kMinute, kMinute, 100) == -1);
  REQUIRE(grid_index(-100 * kMinute - 1, kMinute, 100) == -2);
  REQUIRE(grid_index(1'700'000'000'000, kMinute, 1) == 28'333'333);
}

TEST_CASE("the grid index of months counts calendar months", "[incremental][anchored_state]") {
  const std::int64_t day = 86'400'000;
  REQUIRE(grid_index(0, kCalendarMonth, 1) == 0);
  REQUIRE(grid_index(31 * day - 1, kCalendarMonth, 1) == 0);
  REQUIRE(grid_index(31 * day, kCalendarMonth, 1) == 1);
  REQUIRE(grid_index(-1, kCalendarMonth, 1) == -1);
  REQUIRE(grid_index(-1, kCalendarMonth, 12) == -1);
  for (std::int64_t ms = -80'000 * day; ms < 80'000 * day; ms += 3 * day + 12'345) {
    for (const std::int64_t step : {1, 3, 12}) {
      if (grid_index(ms, kCalendarMonth, step) != plain_grid_index(ms, kCalendarMonth, step)) {
        FAIL("at " << ms << " step " << step << ": " << grid_index(ms, kCalendarMonth, step));
      }
    }
  }
}

TEST_CASE("a history anchor is one run over all bars", "[incremental][anchored_state]") {
  for (int seed = 0; seed < draws(40); ++seed) {
    CAPTURE(seed);
    Rng rng(static_cast<std::uint64_t>(seed));
    check(small_config(rng), {}, kMinute, prices_for(rng, 120, kMinute), rng);
  }
}

TEST_CASE("a time anchor starts at the first bar that opens at or after it",
          "[incremental][anchored_state]") {
  for (int seed = 0; seed < draws(40); ++seed) {
    CAPTURE(seed);
    Rng rng(static_cast<std::uint64_t>(seed) + 100'000);
    const auto bars = prices_for(rng, 120, kMinute);
    const auto config = small_config(rng);
    const std::int64_t opens = bars[static_cast<std::size_t>(rng.between(0, 119))].ts_open_ms;
    check(config, from_time(opens + rng.pick(std::array{-1, 0, 1})), kMinute, bars, rng);
    check(config, from_time(INT64_MIN), kMinute, bars, rng);
    check(config, from_time(bars.back().ts_open_ms + 1), kMinute, bars, rng);
  }
}

TEST_CASE("a rolling anchor equals a fresh run from N bars back, at every grid step",
          "[incremental][anchored_state]") {
  for (int seed = 0; seed < draws(150); ++seed) {
    CAPTURE(seed);
    Rng rng(static_cast<std::uint64_t>(seed) + 200'000);
    const Anchor anchor = rolling(rng.pick(std::array{1, 2, 3, 17, 40, 60, 100, 500}),
                                  rng.pick(std::array{1, 2, 5, 7, 10, 30, 99, 100, 101, 1000}));
    CAPTURE(anchor.bars, anchor.step);
    const std::int64_t interval_ms = rng.pick(std::array<std::int64_t, 3>{1000, kMinute, 3'600'000});
    const auto config = small_config(rng);
    check(config, anchor, interval_ms, prices_for(rng, 160, interval_ms), rng);
  }
}

TEST_CASE("a rolling anchor of one bar a cell is the end of a fresh run on every bar",
          "[incremental][anchored_state]") {
  for (int seed = 0; seed < draws(10); ++seed) {
    CAPTURE(seed);
    Rng rng(static_cast<std::uint64_t>(seed) + 300'000);
    const auto config = small_config(rng);
    check(config, rolling(50, 1), kMinute, prices_for(rng, 150, kMinute), rng);
  }
}

TEST_CASE("a rolling anchor counts calendar months", "[incremental][anchored_state]") {
  for (int seed = 0; seed < draws(20); ++seed) {
    CAPTURE(seed);
    Rng rng(static_cast<std::uint64_t>(seed) + 400'000);
    auto bars = prices_for(rng, 90, 1);
    using namespace std::chrono;
    year_month month = year(1965) / January;
    for (BarTicks& bar : bars) {
      bar.ts_open_ms = duration_cast<milliseconds>(sys_days(month / 1).time_since_epoch()).count();
      month += months(rng.chance(10) ? rng.between(2, 30) : 1);
    }
    check(small_config(rng), rolling(rng.between(1, 40), rng.between(1, 13)), kCalendarMonth, bars, rng);
  }
}

TEST_CASE("where history starts changes nothing once N bars and a step are held",
          "[incremental][anchored_state]") {
  Rng rng(500'000);
  const Anchor anchor = rolling(30, 10);
  const auto params = AtcParams::create(small_config(rng), 2);
  const auto bars = prices_for(rng, 200, kMinute);
  const auto needed = static_cast<std::size_t>(AnchoredState::history_bars(anchor));
  REQUIRE(needed >= 30);
  REQUIRE(needed < 150);
  AnchoredState all(params, anchor, kMinute);
  AnchoredState tail(params, anchor, kMinute);
  const std::size_t skipped = 200 - needed - 20;
  for (std::size_t i = 0; i < bars.size(); ++i) {
    Outputs expected;
    Outputs out;
    REQUIRE(all.commit(bars[i], expected) == Status::ok);
    if (i >= skipped) REQUIRE(tail.commit(bars[i], out) == Status::ok);
    if (i >= skipped + needed) require_same_bits(expected, out);
  }
  REQUIRE(AnchoredState::history_bars({}) == 0);
}

TEST_CASE("a refused bar leaves an anchored state as it was", "[incremental][anchored_state]") {
  for (int seed = 0; seed < draws(40); ++seed) {
    CAPTURE(seed);
    Rng rng(static_cast<std::uint64_t>(seed) + 600'000);
    const auto bars = prices_for(rng, 120, kMinute);
    Anchor anchor = rolling(rng.between(1, 50), rng.between(1, 20));
    anchor.time_ms = INT64_MIN;
    if (rng.chance(30)) anchor = from_time(bars[40].ts_open_ms);
    const auto params = AtcParams::create(small_config(rng), 2);
    AnchoredState clean(params, anchor, kMinute);
    AnchoredState disturbed(params, anchor, kMinute);
    Outputs expected;
    Outputs out;
    for (std::size_t i = 0; i < bars.size(); ++i) {
      if (bars[i].ts_open_ms < anchor.time_ms) continue;
      BarTicks bad = bars[i];
      Status status = Status::price_not_positive;
      switch (rng.between(0, 4)) {
        case 0:
          bad.low = 0;
          break;
        case 1:
          bad.high = params->price_ticks_max() + 1;
          status = Status::price_out_of_range;
          break;
        case 2:
          bad.low = bad.high + 1;
          status = Status::bar_inconsistent;
          break;
        case 3:
          if (clean.bars_total() == 0) continue;
          bad.ts_open_ms = bars[i - 1].ts_open_ms;
          status = Status::time_not_increasing;
          break;
        default:
          bad.ts_open_ms += 1000 * kMinute;
          bad.close = -1;
      }
      CAPTURE(i, to_string(status));
      REQUIRE(disturbed.peek(bad, out) == status);
      REQUIRE(disturbed.commit(bad, out) == status);
      require_same_bits(expected, out);  // those of the bar before
      REQUIRE(clean.commit(bars[i], expected) == Status::ok);
      REQUIRE(disturbed.commit(bars[i], out) == Status::ok);
      require_same_bits(expected, out);
      REQUIRE(disturbed.state().digest() == clean.state().digest());
      REQUIRE(disturbed.bars_total() == clean.bars_total());
      REQUIRE(disturbed.ts_anchor_ms() == clean.ts_anchor_ms());
    }
  }
}

TEST_CASE("reset and copy of an anchored state", "[incremental][anchored_state]") {
  Rng rng(700'000);
  const Anchor anchor = rolling(25, 7);
  const auto params = AtcParams::create(small_config(rng), 2);
  const auto bars = prices_for(rng, 100, kMinute);
  AnchoredState state(params, anchor, kMinute);
  REQUIRE(state.anchor() == anchor);
  std::vector<Outputs> first(bars.size());
  for (std::size_t i = 0; i < bars.size(); ++i) REQUIRE(state.commit(bars[i], first[i]) == Status::ok);
  const Digest digest = state.state().digest();
  state.reset();
  REQUIRE(state.bars_total() == 0);
  REQUIRE(state.ts_anchor_ms() == INT64_MIN);
  REQUIRE(state.state().digest() == Digest{});
  for (std::size_t i = 0; i < bars.size(); ++i) {
    Outputs out;
    AnchoredState copy(state);
    Outputs from_copy;
    REQUIRE(copy.commit(bars[i], from_copy) == Status::ok);
    REQUIRE(state.commit(bars[i], out) == Status::ok);
    require_same_bits(first[i], out);
    require_same_bits(first[i], from_copy);
  }
  REQUIRE(state.state().digest() == digest);
}
