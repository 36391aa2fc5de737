// Next runs that are built together: the same bits as those that states build for themselves, whenever it is
// done.
#include "kernels/rolling_runs.hpp"

#include <array>
#include <memory>

#include "tests/support/catch.hpp"
#include "tests/support/random_series.hpp"
#include "tests/support/same_bits.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {

constexpr std::int64_t kMinute = 60'000;

/// The same series twice: one builds its runs itself, the other's owner builds some of them.
struct Twins {
  std::vector<BarTicks> bars;
  AnchoredState alone, owned;

  Twins(const AtcConfig& config, const Anchor& anchor, std::vector<BarTicks> series, int price_scale)
      : bars(std::move(series)),
        alone(AtcParams::create(config, price_scale), anchor, kMinute),
        owned(AtcParams::create(config, price_scale), anchor, kMinute) {}

  void commit(std::size_t i) {
    if (i >= bars.size()) return;
    Outputs expected, actual;
    const Status status = alone.commit(bars[i], expected);
    REQUIRE(owned.commit(bars[i], actual) == status);
    if (status == Status::ok) require_same_bits(expected, actual);
    REQUIRE(alone.state().digest() == owned.state().digest());
    REQUIRE(alone.ts_anchor_ms() == owned.ts_anchor_ms());
  }
  void peek(std::size_t i) {
    if (i >= bars.size()) return;
    Outputs expected, actual;
    const Status status = alone.peek(bars[i], expected);
    REQUIRE(owned.peek(bars[i], actual) == status);
    if (status == Status::ok) require_same_bits(expected, actual);
  }
};

std::vector<AnchoredState*> owned_of(std::vector<std::unique_ptr<Twins>>& all) {
  std::vector<AnchoredState*> states;
  for (auto& twins : all) states.push_back(&twins->owned);
  return states;
}

}  // namespace

TEST_CASE("runs built together are the runs that states build themselves", "[kernels][rolling_runs]") {
  Rng rng(2718);
  for (int draw = 0; draw < draws(40); ++draw) {
    const AtcConfig config = random_config(rng, 20);
    const Anchor anchor{Anchor::Kind::rolling, 0, rng.pick(std::array{1, 7, 40, 120}),
                        rng.pick(std::array{1, 2, 5, 30})};
    const std::int64_t price_max = rng.pick(std::array<std::int64_t, 2>{1'000'000, std::int64_t{1} << 45});
    std::vector<std::unique_ptr<Twins>> all;
    const auto count = static_cast<std::size_t>(rng.between(1, 11));
    for (std::size_t i = 0; i < count; ++i) {
      const auto length = static_cast<std::size_t>(rng.between(0, 260));
      all.push_back(std::make_unique<Twins>(config, anchor, random_bars(rng, length, price_max, kMinute),
                                            static_cast<int>(rng.between(0, 4))));
    }
    RollingRuns runs;
    for (std::size_t i = 0; i < 260; ++i) {
      for (auto& twins : all) {
        if (rng.chance(20)) twins->peek(i);
        twins->commit(i);
        const std::int64_t choice = rng.between(1, 4);
        if (choice == 1) twins->owned.prepare();
        if (choice == 2 && !twins->owned.is_before_new_run()) twins->owned.postpone();
      }
      if (rng.chance(50)) runs.build(owned_of(all));
    }
  }
}

TEST_CASE("a run that was built is not built again", "[kernels][rolling_runs]") {
  Rng rng(1);
  const Anchor anchor{Anchor::Kind::rolling, 0, 50, 10};
  std::vector<std::unique_ptr<Twins>> all;
  for (int i = 0; i < 3; ++i) {
    std::vector<BarTicks> bars = random_bars(rng, 200, 1'000'000, kMinute);
    for (std::size_t t = 0; t < bars.size(); ++t) bars[t].ts_open_ms = static_cast<std::int64_t>(t) * kMinute;
    all.push_back(std::make_unique<Twins>(AtcConfig{}, anchor, std::move(bars), 2));
  }
  RollingRuns runs;
  for (std::size_t t = 0; t < 200; ++t) {
    for (auto& twins : all) twins->commit(t);
    const bool is_before = all[0]->owned.is_before_new_run();
    REQUIRE(is_before == (t >= 50 && t % 10 == 9));
    if (!is_before) {
      for (auto& twins : all) twins->owned.postpone();
      continue;
    }
    REQUIRE(all[0]->owned.postponed_bars() == 50);
    runs.build(owned_of(all));
    REQUIRE(all[0]->owned.postponed_bars() == 0);
  }
}
