#include "tests/kernels/random_cases.hpp"

#include <limits>

namespace lockstep::test {
namespace {

/// Makes some bar one that is refused.
void spoil(Rng& rng, BatchCase& one) {
  if (one.bars.size() < 3) return;
  BarTicks& bar =
      one.bars[static_cast<std::size_t>(rng.between(0, static_cast<std::int64_t>(one.bars.size()) - 1))];
  switch (rng.between(0, 4)) {
    case 0:
      bar.low = 0;
      break;
    case 1:
      bar.high = bar.close - 1;
      break;
    case 2:
      bar.ts_open_ms = std::numeric_limits<std::int64_t>::min();
      break;
    case 3:
      bar.high = one.params->price_ticks_max() + 1;
      break;
    case 4:
      bar = {bar.ts_open_ms, -5, std::numeric_limits<std::int64_t>::max(),
             std::numeric_limits<std::int64_t>::min(), 7};
      break;
  }
}

}  // namespace

std::vector<BatchCase> random_cases(Rng& rng) {
  const bool is_long = rng.chance(2);
  const AtcConfig config = random_config(rng, is_long ? 300 : static_cast<int>(rng.between(9, 60)));
  const std::shared_ptr<const AtcParams> params[] = {
      AtcParams::create(config, 2), AtcParams::create(config, static_cast<int>(rng.between(0, 18)))};
  std::vector<BatchCase> cases(static_cast<std::size_t>(rng.between(1, 20)));
  const bool has_members = rng.chance(25);
  const int end_states = rng.chance(30) ? 0 : static_cast<int>(rng.between(50, 100));
  const std::int64_t first_bar = rng.chance(30) ? rng.between(0, 150) : 0;
  for (BatchCase& one : cases) {
    one.params = rng.pick(params);
    const std::int64_t bars = is_long          ? 900
                              : rng.chance(5)  ? 0
                              : rng.chance(20) ? rng.between(300, 900)
                                               : rng.between(1, 300);
    one.bars = random_bars(rng, static_cast<std::size_t>(bars), one.params->price_ticks_max());
    one.first_bar = rng.chance(80) ? first_bar : rng.between(0, bars);
    one.has_members = has_members && rng.chance(50);
    one.has_end_state = rng.chance(end_states);
    if (rng.chance(8)) spoil(rng, one);
  }
  return cases;
}

}  // namespace lockstep::test
