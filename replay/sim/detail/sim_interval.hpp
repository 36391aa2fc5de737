// The bar lengths of the simulated venue.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace lockstep::sim {

inline constexpr std::int64_t kMinuteMs = 60'000;

struct SimInterval {
  std::string_view name;
  std::int64_t ms;  ///< 0: calendar month

  /// Open time of the bar that holds ts_ms (>= 0). UTC; weeks open on Monday, other lengths count from the
  /// epoch.
  std::int64_t open_of(std::int64_t ts_ms) const;
  /// Open time of the bar after the one that opens at ts_open_ms.
  std::int64_t next_open(std::int64_t ts_open_ms) const;
};

inline constexpr std::array<SimInterval, 15> kSimIntervals = {{
    {"1m", kMinuteMs},
    {"3m", 3 * kMinuteMs},
    {"5m", 5 * kMinuteMs},
    {"15m", 15 * kMinuteMs},
    {"30m", 30 * kMinuteMs},
    {"1h", 60 * kMinuteMs},
    {"2h", 120 * kMinuteMs},
    {"4h", 240 * kMinuteMs},
    {"6h", 360 * kMinuteMs},
    {"8h", 480 * kMinuteMs},
    {"12h", 720 * kMinuteMs},
    {"1d", 1440 * kMinuteMs},
    {"3d", 3 * 1440 * kMinuteMs},
    {"1w", 7 * 1440 * kMinuteMs},
    {"1M", 0},
}};

/// Index into kSimIntervals, -1 when the venue has no such interval.
int find_sim_interval(std::string_view name);

}  // namespace lockstep::sim
