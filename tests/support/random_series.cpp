#include "tests/support/random_series.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

namespace lockstep::test {
namespace {

enum class Kind { walk, flat, spikes, jumps, near_limit, tiny, trend, extremes, mixture };

std::int64_t scaled(std::int64_t price, double factor) {
  return static_cast<std::int64_t>(std::min(static_cast<double>(price) * factor, 9e18));
}

std::int64_t next_close(Rng& rng, Kind kind, std::int64_t close, std::int64_t limit) {
  switch (kind) {
    case Kind::walk:
      return scaled(close, 1 + 0.01 * (rng.uniform() - 0.5)) + rng.between(-1, 1);
    case Kind::flat:
      return rng.chance(90) ? close : close + rng.between(-2, 2);
    case Kind::spikes:
      return rng.chance(5) ? scaled(close, 0.2 + 4 * rng.uniform()) : close + rng.between(-3, 3);
    case Kind::jumps:
      return scaled(1, std::exp2(rng.uniform() * std::log2(static_cast<double>(limit))));
    case Kind::near_limit:
      return limit - rng.between(0, rng.chance(50) ? 2 : limit / 4);
    case Kind::tiny:
      return rng.between(1, 3);
    case Kind::trend:
      return close + close / 100 + rng.between(-1, 2);
    case Kind::extremes:
      return rng.chance(30) ? (close == 1 ? limit : 1) : close;
    case Kind::mixture:
      return next_close(rng, static_cast<Kind>(rng.between(0, 7)), close, limit);
  }
  std::abort();
}

std::int64_t first_close(Rng& rng, Kind kind, std::int64_t limit) {
  if (kind == Kind::tiny) return 2;
  if (kind == Kind::near_limit || kind == Kind::extremes) return limit;
  constexpr std::array<std::int64_t, 5> kPrices = {100, 12'345, 4'325'110, 123'456'789, 98'765'432'109};
  return rng.pick(kPrices);
}

}  // namespace

std::int64_t Rng::between(std::int64_t lowest, std::int64_t highest) {
  const auto span = static_cast<std::uint64_t>(highest) - static_cast<std::uint64_t>(lowest) + 1;
  const std::uint64_t offset = span == 0 ? engine_() : engine_() % span;
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(lowest) + offset);
}

double Rng::uniform() {
  return static_cast<double>(engine_() >> 11) * 0x1p-53;
}

AtcConfig random_config(Rng& rng, int length_max) {
  AtcConfig config;
  config.robustness = static_cast<Robustness>(rng.between(0, 2));
  config.hma = rng.chance(40) ? HmaKind::hull : HmaKind::sma;
  constexpr std::array<int, 3> kLargestOffset = {4, 6, 7};
  const int shortest = kLargestOffset[static_cast<std::size_t>(config.robustness)] + 1;
  const int common = static_cast<int>(rng.between(shortest + 1, length_max));
  const bool is_common = rng.chance(30);
  for (std::size_t f = 0; f < kFamilies; ++f) {
    // Hull's average of half the length needs a length of 2.
    const bool is_hull = f == static_cast<std::size_t>(Family::hma) && config.hma == HmaKind::hull;
    const int lowest = shortest + (is_hull ? 1 : 0);
    config.lengths[f] = rng.chance(20) ? lowest : static_cast<int>(rng.between(lowest, length_max));
    if (is_common) config.lengths[f] = common;
    if (rng.chance(20)) config.weights[f] = rng.pick(std::array{0.1, 0.25, 0.3, 0.5, 2.0, 3.3, 100.0});
  }
  if (rng.chance(30)) {
    for (bool& enabled : config.enabled) enabled = rng.chance(50);
    config.enabled[static_cast<std::size_t>(rng.between(0, kFamilies - 1))] = true;
  }
  config.lambda = rng.pick(std::array{0.0, 0.02, 0.02, 0.1, 0.7, 5.0, 100.0});
  config.decay = rng.pick(std::array{0.0, 0.03, 0.03, 0.12, 1.7, 50.0});
  if (rng.chance(40)) config.cutout = rng.pick(std::array{1, 5, 27, 40, 100, 1000});
  constexpr std::array<std::array<double, 2>, 5> kThresholds = {
      {{0.1, -0.1}, {0.25, -0.3}, {0.0, 0.0}, {0.6, 0.2}, {-0.2, -0.5}}};
  const auto thresholds = rng.pick(kThresholds);
  config.long_threshold = thresholds[0];
  config.short_threshold = thresholds[1];
  config.source = static_cast<Source>(rng.between(0, 7));
  config.kama_seed = static_cast<KamaSeed>(rng.between(0, 1));
  config.strategy = rng.chance(25);
  return config;
}

std::vector<BarTicks> random_bars(Rng& rng, std::size_t count, std::int64_t price_ticks_max,
                                  std::int64_t interval_ms) {
  const Kind kind = static_cast<Kind>(rng.between(0, 8));
  const bool is_gappy = rng.chance(30);
  const auto inside = [&](std::int64_t price) { return std::clamp<std::int64_t>(price, 1, price_ticks_max); };
  std::vector<BarTicks> bars;
  std::int64_t close = inside(first_close(rng, kind, price_ticks_max));
  std::int64_t ts_open_ms = rng.between(-1000, 30'000'000) * interval_ms;
  while (bars.size() < count) {
    const std::int64_t before = close;
    close = inside(next_close(rng, kind, close, price_ticks_max));
    BarTicks bar;
    bar.ts_open_ms = ts_open_ms;
    bar.open = rng.chance(80) ? before : close;
    bar.close = close;
    const std::int64_t reach = rng.chance(30) ? 0 : 1 + std::max(bar.open, bar.close) / 500;
    bar.high = inside(std::max(bar.open, bar.close) + rng.between(0, reach));
    bar.low = inside(std::min(bar.open, bar.close) - rng.between(0, reach));
    bars.push_back(bar);
    ts_open_ms += interval_ms * (is_gappy && rng.chance(10) ? rng.between(2, 300) : 1);
  }
  return bars;
}

int draws(int usual) {
  const char* text = std::getenv("LOCKSTEP_TEST_DRAWS");
  const int wanted = usual * std::max(1, text == nullptr ? 1 : std::atoi(text));
  return kIsThreadSanitized ? std::max(1, wanted / 10) : wanted;
}

}  // namespace lockstep::test
