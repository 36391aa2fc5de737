#include "incremental/state.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include "tests/support/random_series.hpp"
#include "tests/support/reference.hpp"
#include "tests/support/same_bits.hpp"
#include "tests/support/state_bytes.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {

using Bytes = std::vector<std::byte>;

AtcState state_after(const std::shared_ptr<const AtcParams>& params, const std::vector<BarTicks>& bars) {
  AtcState state(params);
  Outputs out;
  for (const BarTicks& bar : bars) REQUIRE(state.commit(bar, out) == Status::ok);
  return state;
}

std::vector<BarTicks> walk(std::uint64_t seed, std::size_t count) {
  Rng rng(seed);
  return random_bars(rng, count, 1'000'000);
}

/// `bar` is refused with `status` by commit and peek, the state stays as it is, and `good` is taken after it
/// as if nothing had been.
void require_refused(AtcState state, const BarTicks& bar, Status status, const BarTicks& good) {
  AtcState untouched(state);
  const Bytes before = bytes_of(state);
  Outputs out;
  Outputs expected;
  Detail detail;
  REQUIRE(state.peek(bar, out) == status);
  REQUIRE(state.peek(bar, out, detail) == status);
  REQUIRE(bytes_of(state) == before);
  REQUIRE(state.commit(bar, out) == status);
  REQUIRE(bytes_of(state) == before);
  REQUIRE(state.commit(good, out) == Status::ok);
  REQUIRE(untouched.commit(good, expected) == Status::ok);
  require_same_bits(expected, out);
  REQUIRE(bytes_of(state) == bytes_of(untouched));
}

bool all_undefined(const Outputs& out) {
  const auto is_nan = [](double value) { return is_undefined(value); };
  return is_undefined(out.average) && is_undefined(out.growth) && out.direction == 0 &&
         out.event == TradeEvent::none && std::all_of(out.signal.begin(), out.signal.end(), is_nan) &&
         std::all_of(out.equity.begin(), out.equity.end(), is_nan);
}

}  // namespace

TEST_CASE("a fresh state has taken no bar and knows nothing", "[incremental][state]") {
  const AtcState state(AtcParams::create({}, 2));
  REQUIRE(state.bars() == 0);
  REQUIRE(state.ts_last_ms() == INT64_MIN);
  REQUIRE(!state.is_warm());
  REQUIRE(state.digest() == Digest{});
  REQUIRE(all_undefined(state.last()));
  Detail detail;
  state.detail(detail);
  for (std::size_t f = 0; f < kFamilies; ++f) {
    REQUIRE(detail.length[f] == reference_lengths({}, static_cast<int>(f)));
    for (std::size_t j = 0; j < kMembers; ++j) {
      REQUIRE(is_undefined(detail.average[f][j]));
      REQUIRE(detail.signal[f][j] == 0);
      REQUIRE(is_undefined(detail.equity[f][j]));
    }
  }
}

TEST_CASE("commit counts bars and keeps the last time and outputs", "[incremental][state]") {
  const auto bars = walk(3, 50);
  AtcState state(AtcParams::create({}, 2));
  for (std::size_t t = 0; t < bars.size(); ++t) {
    Outputs out;
    REQUIRE(state.commit(bars[t], out) == Status::ok);
    REQUIRE(state.bars() == static_cast<std::int64_t>(t) + 1);
    REQUIRE(state.ts_last_ms() == bars[t].ts_open_ms);
    require_same_bits(out, state.last());
  }
}

TEST_CASE("a bar that is not one is refused and leaves no trace", "[incremental][state]") {
  const auto bars = walk(5, 80);
  const auto params = AtcParams::create({}, 2);
  const std::size_t taken = GENERATE(0, 1, 30, 79);
  CAPTURE(taken);
  const AtcState state =
      state_after(params, {bars.begin(), bars.begin() + static_cast<std::ptrdiff_t>(taken)});
  const BarTicks good = bars[taken];
  const auto with = [&](auto field, std::int64_t value) {
    BarTicks bar = good;
    bar.*field = value;
    return bar;
  };
  const std::int64_t limit = params->price_ticks_max();

  SECTION("a price of 0 or below") {
    for (auto field : {&BarTicks::open, &BarTicks::high, &BarTicks::low, &BarTicks::close}) {
      // A low or high of 0 beside other prices is inconsistent as well; the sign is the plainer thing to say.
      require_refused(state, with(field, 0), Status::price_not_positive, good);
      require_refused(state, with(field, -1), Status::price_not_positive, good);
      require_refused(state, with(field, INT64_MIN), Status::price_not_positive, good);
    }
    require_refused(state, {good.ts_open_ms, -5, -5, -5, -5}, Status::price_not_positive, good);
  }
  SECTION("a price beyond the limit") {
    require_refused(state, with(&BarTicks::high, limit + 1), Status::price_out_of_range, good);
    require_refused(state, with(&BarTicks::high, INT64_MAX), Status::price_out_of_range, good);
    require_refused(state, {good.ts_open_ms, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX},
                    Status::price_out_of_range, good);
  }
  SECTION("prices out of order") {
    require_refused(state, {good.ts_open_ms, 100, 99, 90, 95}, Status::bar_inconsistent, good);
    require_refused(state, {good.ts_open_ms, 95, 99, 90, 100}, Status::bar_inconsistent, good);
    require_refused(state, {good.ts_open_ms, 89, 99, 90, 95}, Status::bar_inconsistent, good);
    require_refused(state, {good.ts_open_ms, 95, 99, 90, 89}, Status::bar_inconsistent, good);
    require_refused(state, {good.ts_open_ms, 95, 90, 99, 95}, Status::bar_inconsistent, good);
  }
  SECTION("a time that does not rise") {
    if (taken == 0) return;
    require_refused(state, with(&BarTicks::ts_open_ms, state.ts_last_ms()), Status::time_not_increasing,
                    good);
    require_refused(state, with(&BarTicks::ts_open_ms, state.ts_last_ms() - 1), Status::time_not_increasing,
                    good);
    require_refused(state, with(&BarTicks::ts_open_ms, INT64_MIN), Status::time_not_increasing, good);
  }
}

TEST_CASE("a price at the limit is taken, one tick above is not", "[incremental][state]") {
  AtcConfig config;
  config.source = static_cast<Source>(GENERATE(range(0, 8)));
  config.hma = GENERATE(HmaKind::sma, HmaKind::hull);
  config.lengths.fill(GENERATE(9, 28, 300));
  const auto params = AtcParams::create(config, 2);
  const std::int64_t limit = params->price_ticks_max();
  AtcState state(params);
  Outputs out;
  REQUIRE(state.commit({0, limit, limit, limit, limit}, out) == Status::ok);
  REQUIRE(state.commit({1, limit, limit + 1, limit, limit}, out) == Status::price_out_of_range);
  REQUIRE(state.commit({1, 1, limit, 1, limit}, out) == Status::ok);
}

TEST_CASE("growth that leaves the double range is refused, and only from that bar on",
          "[incremental][state]") {
  AtcConfig config;
  config.lambda = 10'000;  // exp(10 * t): infinite from t = 71
  const std::int64_t cutout = GENERATE(0, 20);
  config.cutout = cutout;
  config.decay = 99;
  AtcState state(AtcParams::create(config, 2));
  Outputs out;
  const auto bar_at = [](std::int64_t t) { return BarTicks{t, 100, 100, 100, 100}; };
  for (std::int64_t t = 0; t <= cutout + 70; ++t) REQUIRE(state.commit(bar_at(t), out) == Status::ok);
  REQUIRE(out.growth == reference_exp(700.0));
  const Bytes before = bytes_of(state);
  REQUIRE(state.peek(bar_at(cutout + 71), out) == Status::growth_not_finite);
  REQUIRE(state.commit(bar_at(cutout + 71), out) == Status::growth_not_finite);
  REQUIRE(bytes_of(state) == before);
  require_same_bits(state.last(), out);
  state.reset();
  REQUIRE(state.commit(bar_at(0), out) == Status::ok);
}

TEST_CASE("an equity that leaves the double range is refused, and another close is taken",
          "[incremental][state]") {
  AtcConfig config;
  config.lengths.fill(8);
  config.robustness = Robustness::wide;
  config.lambda = 1000;
  config.cutout = 0;
  const auto params = AtcParams::create(config, 0);
  AtcState state(params);
  std::vector<BarTicks> bars;
  // Up by a growing factor: the equities of long members explode.
  std::int64_t close = 100;
  for (std::int64_t t = 0; t < 700; ++t) {
    close = t % 40 < 20 ? close + close / 2 : close - close / 3;
    close = std::max<std::int64_t>(close, 10);
    bars.push_back({t, close, close, close, close});
  }
  const ReferenceRun expected = reference_run(config, 0, bars);
  REQUIRE(expected.status == Status::equity_not_finite);
  Outputs out;
  for (std::size_t t = 0; t < expected.bars.size(); ++t) REQUIRE(state.commit(bars[t], out) == Status::ok);
  require_same_bits(expected.bars.back().outputs, out);
  const Bytes before = bytes_of(state);
  REQUIRE(state.peek(bars[expected.bars.size()], out) == Status::equity_not_finite);
  REQUIRE(state.commit(bars[expected.bars.size()], out) == Status::equity_not_finite);
  REQUIRE(bytes_of(state) == before);
  require_same_bits(expected.bars.back().outputs, out);
}

TEST_CASE("weights whose sum leaves the double range never give an average", "[incremental][state]") {
  AtcConfig config;
  config.weights.fill(1e308);
  if (config_error(config)) return;
  AtcState state(AtcParams::create(config, 2));
  Outputs out;
  REQUIRE(state.commit({0, 100, 100, 100, 100}, out) == Status::equity_not_finite);
}

TEST_CASE("reset makes a state as new", "[incremental][state]") {
  const auto bars = walk(11, 120);
  const auto params = AtcParams::create({}, 2);
  AtcState state = state_after(params, bars);
  state.reset();
  REQUIRE(bytes_of(state) == bytes_of(AtcState(params)));
  REQUIRE(state.bars() == 0);
  REQUIRE(all_undefined(state.last()));
  Outputs out;
  for (const BarTicks& bar : bars) REQUIRE(state.commit(bar, out) == Status::ok);
  REQUIRE(bytes_of(state) == bytes_of(state_after(params, bars)));
}

TEST_CASE("copies are equal and go their own ways", "[incremental][state]") {
  const auto bars = walk(13, 100);
  const auto params = AtcParams::create({}, 2);
  AtcState original = state_after(params, {bars.begin(), bars.end() - 1});
  const Bytes before = bytes_of(original);
  Outputs out;

  AtcState copy(original);
  REQUIRE(bytes_of(copy) == before);
  REQUIRE(copy.commit(bars.back(), out) == Status::ok);
  REQUIRE(bytes_of(original) == before);
  REQUIRE(bytes_of(copy) != before);

  AtcState assigned(params);
  assigned = original;
  REQUIRE(bytes_of(assigned) == before);
  REQUIRE(assigned.commit(bars.back(), out) == Status::ok);
  REQUIRE(bytes_of(assigned) == bytes_of(copy));

  const AtcState& same = assigned;
  assigned = same;
  REQUIRE(bytes_of(assigned) == bytes_of(copy));

  AtcState moved(std::move(assigned));
  REQUIRE(bytes_of(moved) == bytes_of(copy));

  AtcConfig config;
  config.lengths.fill(50);
  AtcState other(AtcParams::create(config, 5));
  other = original;
  REQUIRE(bytes_of(other) == before);
  REQUIRE(&other.params() == params.get());
}

TEST_CASE("bytes that are not this state's are refused, and the state stays as it was",
          "[incremental][state]") {
  const auto bars = walk(17, 90);
  const auto params = AtcParams::create({}, 2);
  const Bytes bytes = bytes_of(state_after(params, bars));
  AtcState state = state_after(params, {bars.begin(), bars.begin() + 40});
  const Bytes before = bytes_of(state);
  const auto require_status = [&](const Bytes& given, BytesStatus status) {
    REQUIRE(state.from_bytes(given) == status);
    REQUIRE(bytes_of(state) == before);
  };

  SECTION("too short, by any count") {
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      require_status(Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)),
                     BytesStatus::too_short);
    }
  }
  SECTION("any single bit flipped") {
    std::set<BytesStatus> seen;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      for (int bit = 0; bit < 8; ++bit) {
        Bytes damaged = bytes;
        damaged[i] ^= std::byte{1} << bit;
        CAPTURE(i, bit);
        const BytesStatus status = state.from_bytes(damaged);
        seen.insert(status);
        if (status == BytesStatus::ok) FAIL("byte " << i << " bit " << bit << " was taken");
        if (status == BytesStatus::too_short) FAIL("byte " << i << " bit " << bit << " is called too short");
      }
      if (i % 97 == 0) REQUIRE(bytes_of(state) == before);
    }
    REQUIRE(bytes_of(state) == before);
    REQUIRE(seen == std::set{BytesStatus::not_a_state, BytesStatus::other_version, BytesStatus::other_config,
                             BytesStatus::damaged});
  }
  SECTION("something else") {
    require_status(Bytes(bytes.size(), std::byte{0}), BytesStatus::not_a_state);
    require_status(Bytes(bytes.size(), std::byte{0xff}), BytesStatus::not_a_state);
  }
  SECTION("a payload that was damaged") {
    Bytes damaged = bytes;
    damaged[bytes.size() / 2] ^= std::byte{1};
    require_status(damaged, BytesStatus::damaged);
    damaged = bytes;
    damaged.back() ^= std::byte{0x80};
    require_status(damaged, BytesStatus::damaged);
  }
  SECTION("another configuration or price scale") {
    require_status(bytes_of(AtcState(AtcParams::create({}, 3))), BytesStatus::other_config);
    std::vector<AtcConfig> others(12);
    others[0].lambda = 0.03;
    others[1].decay = 0.04;
    others[2].cutout = 1;
    others[3].long_threshold = 0.2;
    others[4].short_threshold = -0.2;
    others[5].source = Source::open;
    others[6].kama_seed = KamaSeed::price;
    others[7].strategy = true;
    others[8].weights[3] = 2;
    others[9].lengths = {28, 28, 27, 28, 28, 29};
    others[10].enabled[5] = false;
    others[11].hma = HmaKind::hull;
    for (const AtcConfig& config : others) {
      const AtcState other(AtcParams::create(config, 2));
      REQUIRE(other.params().fingerprint() != params->fingerprint());
      Bytes given = bytes_of(other);
      // A larger or smaller state must not be called anything else.
      given.resize(std::max(given.size(), bytes.size()));
      require_status(given, BytesStatus::other_config);
    }
  }
  SECTION("and the right ones are taken") {
    REQUIRE(state.from_bytes(bytes) == BytesStatus::ok);
    REQUIRE(bytes_of(state) == bytes);
    require_same_bits(state_after(params, bars).last(), state.last());
  }
}

TEST_CASE("equal settings made apart have equal fingerprints and take each other's bytes",
          "[incremental][state]") {
  const auto bars = walk(19, 60);
  const auto first = AtcParams::create({}, 2);
  const auto second = AtcParams::create({}, 2);
  REQUIRE(first->fingerprint() == second->fingerprint());
  AtcState state(second);
  REQUIRE(state.from_bytes(bytes_of(state_after(first, bars))) == BytesStatus::ok);
  REQUIRE(bytes_of(state) == bytes_of(state_after(second, bars)));
}

TEST_CASE("strategy publishes average, direction and event of the bar before", "[incremental][state]") {
  const auto bars = walk(23, 300);
  AtcConfig config;
  AtcState plain(AtcParams::create(config, 2));
  config.strategy = true;
  AtcState shifted(AtcParams::create(config, 2));
  Outputs before;
  for (const BarTicks& bar : bars) {
    Outputs now;
    Outputs out;
    REQUIRE(plain.commit(bar, now) == Status::ok);
    REQUIRE(shifted.commit(bar, out) == Status::ok);
    Outputs expected = now;
    expected.average = before.average;
    expected.direction = before.direction;
    expected.event = before.event;
    require_same_bits(expected, out);
    before = now;
  }
}

TEST_CASE("a state of default settings fits in 4 KB", "[incremental][state]") {
  const auto params = AtcParams::create({}, 2);
  REQUIRE(params->state_bytes() <= 4096);
  REQUIRE(AtcState(params).bytes_size() <= 4096 + 128);
}

TEST_CASE("every status has its own text", "[incremental][state]") {
  std::vector<std::string> texts;
  for (int status = 0; status <= static_cast<int>(Status::equity_not_finite); ++status) {
    texts.emplace_back(to_string(static_cast<Status>(status)));
  }
  for (int status = 0; status <= static_cast<int>(BytesStatus::damaged); ++status) {
    texts.emplace_back("bytes " + std::string(to_string(static_cast<BytesStatus>(status))));
  }
  for (const std::string& text : texts) REQUIRE(!text.empty());
  std::sort(texts.begin(), texts.end());
  REQUIRE(std::adjacent_find(texts.begin(), texts.end()) == texts.end());
}
