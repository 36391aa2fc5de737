// Made-up bars from a seed.
#pragma once

#include <cstdint>
#include <vector>

#include "incremental/bar.hpp"

namespace lockstep::bench {

inline constexpr std::int64_t kMinuteMs = 60'000;
/// Decimals of the walk's prices.
inline constexpr int kWalkScale = 2;

/// A random walk of 1m bars about 43,000.00: equal seeds give equal bars on every machine.
class PriceWalk {
 public:
  PriceWalk(std::uint64_t seed, std::int64_t first_open_ms);

  /// The next closed bar.
  BarTicks next();
  /// Open time of the bar that next() gives.
  std::int64_t next_open_ms() const { return ts_open_ms_; }

 private:
  std::uint64_t random();
  std::int64_t up_to(std::int64_t limit) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(limit + 1));
  }

  std::uint64_t state_;
  std::int64_t ts_open_ms_;
  std::int64_t close_;
};

std::vector<BarTicks> walk_bars(PriceWalk& walk, std::size_t count);

/// `bar` while it is open: the price has come `step` of `steps` of the way.
BarTicks open_part(const BarTicks& bar, int step, int steps);

}  // namespace lockstep::bench
