// Random settings and series: a state against the reference, to the bit, on every bar.
#include <algorithm>
#include <cstddef>
#include <vector>

#include "incremental/state.hpp"
#include "tests/support/random_series.hpp"
#include "tests/support/reference.hpp"
#include "tests/support/same_bits.hpp"
#include "tests/support/state_bytes.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {

using Bytes = std::vector<std::byte>;

AtcState restored(const AtcState& state) {
  AtcState copy(state.shared_params());
  REQUIRE(copy.from_bytes(bytes_of(state)) == BytesStatus::ok);
  return copy;
}

struct Draw {
  std::shared_ptr<const AtcParams> params;
  std::vector<BarTicks> bars;
};

/// One draw in fifty has long windows.
Draw random_draw(Rng& rng) {
  const bool is_long = rng.chance(2);
  const AtcConfig config = random_config(rng, is_long ? 300 : static_cast<int>(rng.between(9, 60)));
  Draw draw;
  draw.params =
      AtcParams::create(config, static_cast<int>(rng.chance(70) ? rng.between(0, 8) : rng.between(9, 18)));
  draw.bars = random_bars(rng, is_long ? 800 : static_cast<std::size_t>(rng.between(1, 300)),
                          draw.params->price_ticks_max());
  return draw;
}

std::string bar_difference(const AtcConfig& config, const ReferenceBar& expected, const Outputs& out,
                           const Detail& detail) {
  const std::string difference = first_difference(config, expected.detail, detail);
  return difference.empty() ? first_difference(expected.outputs, out) : difference;
}

void check_against_reference(const AtcConfig& config, const std::shared_ptr<const AtcParams>& params,
                             const std::vector<BarTicks>& bars) {
  const ReferenceRun expected = reference_run(config, params->price_scale(), bars);
  REQUIRE(expected.status == Status::ok);
  AtcState state(params);
  for (std::size_t t = 0; t < bars.size(); ++t) {
    Outputs out;
    Detail detail;
    const Status status = state.commit(bars[t], out);
    state.detail(detail);
    const std::string difference = bar_difference(config, expected.bars[t], out, detail);
    if (status != Status::ok || !difference.empty()) FAIL("bar " << t << ": " << difference);
  }
}

/// A bar that could have come in place of `bar`.
BarTicks other_bar(Rng& rng, const BarTicks& bar, std::int64_t limit) {
  BarTicks other = bar;
  other.close = rng.between(1, std::min(limit, 2 * std::min(bar.close, limit / 2)));
  other.high = std::max(other.high, other.close);
  other.low = std::min(other.low, other.close);
  return other;
}

}  // namespace

TEST_CASE("a state equals the reference to the bit on every bar, by commit and by peek",
          "[incremental][property]") {
  const int count = draws(2500);
  std::size_t bars_compared = 0;
  std::size_t refusals = 0;
  for (int seed = 0; seed < count; ++seed) {
    Rng rng(static_cast<std::uint64_t>(seed));
    const Draw draw = random_draw(rng);
    const AtcConfig& config = draw.params->config();
    const ReferenceRun expected = reference_run(config, draw.params->price_scale(), draw.bars);
    AtcState state(draw.params);
    Outputs out;
    Outputs peeked;
    Detail detail;
    for (std::size_t t = 0; t < expected.bars.size(); ++t) {
      const BarTicks& bar = draw.bars[t];
      if (rng.chance(20)) (void)state.peek(other_bar(rng, bar, draw.params->price_ticks_max()), peeked);
      const Status peek_status = state.peek(bar, peeked, detail);
      std::string difference = bar_difference(config, expected.bars[t], peeked, detail);
      if (peek_status != Status::ok || !difference.empty()) {
        FAIL("seed " << seed << " bar " << t << " peek " << to_string(peek_status) << ": " << difference);
      }
      const Status commit_status = state.commit(bar, out);
      state.detail(detail);
      difference = bar_difference(config, expected.bars[t], out, detail);
      if (difference.empty()) difference = first_difference(out, state.last());
      if (commit_status != Status::ok || !difference.empty()) {
        FAIL("seed " << seed << " bar " << t << " commit " << to_string(commit_status) << ": " << difference);
      }
    }
    bars_compared += expected.bars.size();
    if (expected.status != Status::ok) {
      ++refusals;
      const Bytes before = bytes_of(state);
      CAPTURE(seed, expected.bars.size());
      REQUIRE(state.peek(draw.bars[expected.bars.size()], out) == expected.status);
      REQUIRE(state.commit(draw.bars[expected.bars.size()], out) == expected.status);
      REQUIRE(bytes_of(state) == before);
    }
  }
  REQUIRE(bars_compared > static_cast<std::size_t>(count) * 20);
  if (count >= 1000) REQUIRE(refusals > 0);
}

TEST_CASE("peek leaves a state untouched, and bytes taken at any bar continue to the same bits",
          "[incremental][property]") {
  for (int seed = 0; seed < draws(300); ++seed) {
    Rng rng(static_cast<std::uint64_t>(seed) + 1'000'000);
    const Draw draw = random_draw(rng);
    AtcState whole(draw.params);
    AtcState pieces(draw.params);
    for (std::size_t t = 0; t < draw.bars.size(); ++t) {
      Outputs expected;
      Outputs actual;
      const Bytes before = bytes_of(pieces);
      const Status peek_status = pieces.peek(draw.bars[t], actual);
      if (bytes_of(pieces) != before) FAIL("seed " << seed << " bar " << t << ": peek changed the state");
      pieces = restored(pieces);
      const Status expected_status = whole.commit(draw.bars[t], expected);
      const Status actual_status = pieces.commit(draw.bars[t], actual);
      if (peek_status != expected_status || actual_status != expected_status) {
        FAIL("seed " << seed << " bar " << t << ": " << to_string(actual_status));
      }
      if (expected_status != Status::ok) break;
      const std::string difference = first_difference(expected, actual);
      if (!difference.empty()) FAIL("seed " << seed << " bar " << t << ": " << difference);
    }
    CAPTURE(seed);
    REQUIRE(bytes_of(whole) == bytes_of(pieces));
    REQUIRE(whole.digest() == pieces.digest());
  }
}

TEST_CASE("every base length from the shortest up equals the reference", "[incremental][property]") {
  for (int length = 5; length <= 70; ++length) {
    for (const Robustness robustness : {Robustness::narrow, Robustness::medium, Robustness::wide}) {
      for (const HmaKind hma : {HmaKind::sma, HmaKind::hull}) {
        AtcConfig config;
        config.robustness = robustness;
        config.hma = hma;
        config.lengths.fill(length);
        if (config_error(config)) continue;
        CAPTURE(length, to_string(robustness), to_string(hma));
        Rng rng(static_cast<std::uint64_t>(length));
        const auto params = AtcParams::create(config, 2);
        const auto bars = random_bars(rng, static_cast<std::size_t>(2 * length + 30), 10'000'000);
        check_against_reference(config, params, bars);
      }
    }
  }
}

TEST_CASE("a state equals the reference on series of many thousand bars", "[incremental][property]") {
  for (int seed = 0; seed < 6; ++seed) {
    CAPTURE(seed);
    Rng rng(static_cast<std::uint64_t>(seed) + 3'000'000);
    AtcConfig config = random_config(rng, 40);
    config.lambda = 0.02;
    config.decay = 0.03;
    const auto params = AtcParams::create(config, 4);
    const std::int64_t limit = params->price_ticks_max();
    auto bars = random_bars(rng, 9000, limit);
    // Half of them at the limit, where sums over the whole series pass 2^64 many times.
    for (BarTicks& bar : bars) {
      if (seed % 2 == 0) bar.open = bar.high = bar.low = bar.close = limit - rng.between(0, limit / 1000);
    }
    check_against_reference(config, params, bars);
  }
}

TEST_CASE("a state is warm from the bar on which every average is defined", "[incremental][property]") {
  for (int seed = 0; seed < draws(300); ++seed) {
    CAPTURE(seed);
    Rng rng(static_cast<std::uint64_t>(seed) + 2'000'000);
    AtcConfig config = random_config(rng, 40);
    config.lambda = 0.02;
    config.cutout = rng.pick(std::array{0, 3, 90});
    config.strategy = false;
    const auto params = AtcParams::create(config, 2);
    const auto bars = random_bars(rng, 150, 10'000);
    const ReferenceRun expected = reference_run(config, 2, bars);
    AtcState state(params);
    REQUIRE(!state.is_warm());
    for (const ReferenceBar& bar : expected.bars) {
      bool is_defined = !is_undefined(bar.outputs.average);
      for (std::size_t f = 0; f < kFamilies; ++f) {
        if (!config.enabled[f]) continue;
        for (const double average : bar.detail.average[f]) is_defined = is_defined && !is_undefined(average);
      }
      Outputs out;
      REQUIRE(state.commit(bars[static_cast<std::size_t>(state.bars())], out) == Status::ok);
      REQUIRE(state.is_warm() == is_defined);
    }
  }
}
