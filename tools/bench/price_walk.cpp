#include "tools/bench/price_walk.hpp"

#include <algorithm>

namespace lockstep::bench {
namespace {

constexpr std::int64_t kStart = 43'000'00;
constexpr std::int64_t kLowest = 10'000'00;
constexpr std::int64_t kStepMax = 15'00;
constexpr std::int64_t kShadowMax = 5'00;

}  // namespace

PriceWalk::PriceWalk(std::uint64_t seed, std::int64_t first_open_ms)
    : state_(seed), ts_open_ms_(first_open_ms), close_(kStart) {}

/// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators).
std::uint64_t PriceWalk::random() {
  std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

BarTicks PriceWalk::next() {
  BarTicks bar;
  bar.ts_open_ms = ts_open_ms_;
  bar.open = close_;
  bar.close = std::max(kLowest, bar.open + up_to(2 * kStepMax) - kStepMax);
  bar.high = std::max(bar.open, bar.close) + up_to(kShadowMax);
  bar.low = std::min(bar.open, bar.close) - up_to(kShadowMax);
  ts_open_ms_ += kMinuteMs;
  close_ = bar.close;
  return bar;
}

std::vector<BarTicks> walk_bars(PriceWalk& walk, std::size_t count) {
  std::vector<BarTicks> bars(count);
  for (BarTicks& bar : bars) bar = walk.next();
  return bars;
}

BarTicks open_part(const BarTicks& bar, int step, int steps) {
  BarTicks part = bar;
  part.close = bar.open + (bar.close - bar.open) * step / steps;
  return part;
}

}  // namespace lockstep::bench
