// The last bar tuned, tick by tick, to where a family signal changes: at ties of round2 and of close and
// average, where a sum in another order, or an average that is off by its last bit, shows.
#include <algorithm>
#include <optional>

#include "incremental/state.hpp"
#include "tests/support/random_series.hpp"
#include "tests/support/reference.hpp"
#include "tests/support/same_bits.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {

BarTicks bar_at(std::int64_t ts_open_ms, std::int64_t before, std::int64_t close) {
  return {ts_open_ms, before, std::max(before, close), std::min(before, close), close};
}

std::vector<BarTicks> fine_walk(Rng& rng, std::size_t count, std::int64_t price) {
  std::vector<BarTicks> bars;
  std::int64_t close = price;
  for (std::size_t t = 0; t < count; ++t) {
    const std::int64_t before = close;
    close = std::clamp(before + rng.between(-price / 100, price / 100), price / 2, price + price / 2);
    bars.push_back(bar_at(static_cast<std::int64_t>(t), before, close));
  }
  return bars;
}

/// The signal of a family if the next bar closed at `close`.
double signal_at(const AtcState& state, std::size_t family, const BarTicks& last, std::int64_t close) {
  Outputs out;
  REQUIRE(state.peek(bar_at(last.ts_open_ms + 1, last.close, close), out) == Status::ok);
  return out.signal[family];
}

/// The highest close in [low, high) at which the signal is still that at `low`, if it changes at all.
std::optional<std::int64_t> edge_between(const AtcState& state, std::size_t family, const BarTicks& last,
                                         std::int64_t low, std::int64_t high) {
  const double signal = signal_at(state, family, last, low);
  if (signal_at(state, family, last, high) == signal) return {};
  while (high - low > 1) {
    const std::int64_t middle = low + (high - low) / 2;
    (signal_at(state, family, last, middle) == signal ? low : high) = middle;
  }
  return low;
}

}  // namespace

TEST_CASE("a family signal changes at the same tick as the reference's", "[incremental][edge]") {
  int edges = 0;
  for (int seed = 0; seed < draws(120); ++seed) {
    CAPTURE(seed);
    Rng rng(static_cast<std::uint64_t>(seed) + 4'000'000);
    AtcConfig config;
    const auto family = static_cast<std::size_t>(seed % kFamilies);
    config.enabled.fill(false);
    config.enabled[family] = true;
    config.robustness = Robustness::wide;
    config.lengths.fill(static_cast<int>(rng.between(9, 14)));
    config.kama_seed = KamaSeed::price;
    if (rng.chance(30)) config.hma = HmaKind::hull;
    const auto params = AtcParams::create(config, 0);
    // As high as can be: one tick then moves a return by about one unit in the last place of 1.
    const std::int64_t price = params->price_ticks_max() / 2;
    auto bars = fine_walk(rng, static_cast<std::size_t>(rng.between(40, 90)), price);
    AtcState state(params);
    Outputs out;
    for (const BarTicks& bar : bars) REQUIRE(state.commit(bar, out) == Status::ok);
    const BarTicks last = bars.back();
    constexpr int kProbes = 12;
    for (int probe = 0; probe < kProbes; ++probe) {
      const std::int64_t step = price / 100 / kProbes;
      const std::int64_t low = last.close + (probe - kProbes / 2) * step;
      const auto edge = edge_between(state, family, last, low, low + step);
      if (!edge) continue;
      ++edges;
      for (std::int64_t close = *edge - 4; close <= *edge + 5; ++close) {
        bars.push_back(bar_at(last.ts_open_ms + 1, last.close, close));
        const ReferenceRun expected = reference_run(config, 0, bars);
        REQUIRE(state.peek(bars.back(), out) == Status::ok);
        bars.pop_back();
        const std::string difference = first_difference(expected.bars.back().outputs, out);
        if (!difference.empty()) FAIL("close " << close << ": " << difference);
      }
    }
  }
  REQUIRE(edges > 100);
}
