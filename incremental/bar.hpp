// The input of the indicator: one bar of one symbol, prices as integers.
#pragma once

#include <cstdint>
#include <limits>

namespace lockstep {

/// The one undefined value. Compare with is_undefined(), or by its bits, never with ==.
inline constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

constexpr bool is_undefined(double value) {
  return value != value;
}

/// One bar. Prices are ticks: price * 10^price_scale, exactly, > 0.
struct BarTicks {
  std::int64_t ts_open_ms = 0;  ///< open time, UTC milliseconds since the epoch
  std::int64_t open = 0;
  std::int64_t high = 0;
  std::int64_t low = 0;
  std::int64_t close = 0;

  friend bool operator==(const BarTicks&, const BarTicks&) = default;
};

}  // namespace lockstep
