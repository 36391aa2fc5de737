#include "incremental/digest.hpp"

#include <bit>
#include <set>

#include "incremental/state.hpp"
#include "tests/support/random_series.hpp"
#include "tests/support/same_bits.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {

Digest digest_after(const std::vector<BarTicks>& bars, const AtcConfig& config = {}) {
  AtcState state(AtcParams::create(config, 2));
  Outputs out;
  for (const BarTicks& bar : bars) REQUIRE(state.commit(bar, out) == Status::ok);
  return state.digest();
}

double flip_bit(double value, int bit) {
  return std::bit_cast<double>(std::bit_cast<std::uint64_t>(value) ^ (std::uint64_t{1} << bit));
}

Digest digest_of(const BarTicks& bar, const Outputs& outputs) {
  RunningDigest digest;
  digest.add(bar, outputs);
  return digest.value();
}

}  // namespace

TEST_CASE("a state's digest is that of its bars and outputs", "[incremental][digest]") {
  Rng rng(1);
  const auto bars = random_bars(rng, 200, 1'000'000);
  AtcState state(AtcParams::create({}, 2));
  RunningDigest expected;
  REQUIRE(state.digest() == Digest{});
  for (const BarTicks& bar : bars) {
    Outputs out;
    REQUIRE(state.commit(bar, out) == Status::ok);
    expected.add(bar, out);
    REQUIRE(state.digest() == expected.value());
  }
}

TEST_CASE("equal histories give equal digests, and one tick anywhere gives another",
          "[incremental][digest]") {
  for (int seed = 0; seed < draws(200); ++seed) {
    CAPTURE(seed);
    Rng rng(static_cast<std::uint64_t>(seed));
    const auto bars = random_bars(rng, 60, 1'000'000);
    const Digest digest = digest_after(bars);
    REQUIRE(digest == digest_after(bars));
    auto changed = bars;
    BarTicks& bar = changed[static_cast<std::size_t>(rng.between(0, 59))];
    switch (rng.between(0, 2)) {
      case 0:
        bar.high += 1;
        break;
      case 1:
        bar.ts_open_ms += 1;
        break;
      default:
        bar.close = bar.close == bar.high ? bar.close + 1 : bar.close + (bar.high - bar.close);
        bar.high = std::max(bar.high, bar.close);
    }
    REQUIRE(digest != digest_after(changed));
  }
}

TEST_CASE("one flipped bit of any digested field gives another digest", "[incremental][digest]") {
  const BarTicks bar{1'700'000'000'000, 100, 120, 90, 110};
  Outputs outputs;
  outputs.average = 0.25;
  outputs.signal = {0.1, -0.2, 0.3, -0.4, 0.5, -0.6};
  outputs.equity = {1, 2, 3, 4, 5, 6};
  std::set<std::string> seen = {digest_of(bar, outputs).hex()};
  const auto is_new = [&](const Digest& digest) { return seen.insert(digest.hex()).second; };
  for (int bit = 0; bit < 64; ++bit) {
    CAPTURE(bit);
    for (auto field :
         {&BarTicks::ts_open_ms, &BarTicks::open, &BarTicks::high, &BarTicks::low, &BarTicks::close}) {
      BarTicks changed = bar;
      changed.*field =
          static_cast<std::int64_t>(static_cast<std::uint64_t>(changed.*field) ^ (std::uint64_t{1} << bit));
      REQUIRE(is_new(digest_of(changed, outputs)));
    }
    Outputs changed = outputs;
    changed.average = flip_bit(outputs.average, bit);
    REQUIRE(is_new(digest_of(bar, changed)));
    for (std::size_t f = 0; f < kFamilies; ++f) {
      changed = outputs;
      changed.signal[f] = flip_bit(outputs.signal[f], bit);
      REQUIRE(is_new(digest_of(bar, changed)));
      changed = outputs;
      changed.equity[f] = flip_bit(outputs.equity[f], bit);
      REQUIRE(is_new(digest_of(bar, changed)));
    }
  }
}

TEST_CASE("the order of bars and of fields counts", "[incremental][digest]") {
  const BarTicks first{1000, 100, 120, 90, 110};
  const BarTicks second{2000, 100, 121, 90, 110};
  const Outputs outputs;
  RunningDigest forwards;
  forwards.add(first, outputs);
  forwards.add(second, outputs);
  RunningDigest backwards;
  backwards.add(second, outputs);
  backwards.add(first, outputs);
  REQUIRE(forwards != backwards);
  Outputs swapped = outputs;
  Outputs straight = outputs;
  straight.signal[0] = 0.5;
  swapped.signal[1] = 0.5;
  REQUIRE(digest_of(first, straight) != digest_of(first, swapped));
  straight = swapped = outputs;
  straight.signal[0] = 0.5;
  swapped.equity[0] = 0.5;
  REQUIRE(digest_of(first, straight) != digest_of(first, swapped));
}

TEST_CASE("a digest is written as 32 hexadecimal digits, high half first", "[incremental][digest]") {
  Digest digest;
  digest.low = 0x1;
  digest.high = 0xabcdef0000000000;
  REQUIRE(digest.hex() == "abcdef00000000000000000000000001");
}

TEST_CASE("a digest that was set runs on", "[incremental][digest]") {
  Rng rng(7);
  const auto bars = random_bars(rng, 20, 1'000'000);
  AtcState state(AtcParams::create({}, 2));
  RunningDigest expected{{123, 456, 3, 4, 5, 6}};
  state.set_running_digest(expected);
  Outputs out;
  for (const BarTicks& bar : bars) {
    REQUIRE(state.commit(bar, out) == Status::ok);
    expected.add(bar, out);
  }
  REQUIRE(state.digest() == expected.value());
  state.reset();
  REQUIRE(state.digest() == Digest{});
}
