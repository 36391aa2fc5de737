// Notices that the process did not run for a while: the machine slept, a container was paused (fault T3).
#pragma once

#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "feeds/net/clock.hpp"

namespace lockstep::feeds::net {

/// The monotonic clock and how long the machine has slept, which that clock leaves out, ns.
inline std::int64_t boottime_ns() {
  const auto read = [](clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
  };
  // Both clocks within a moment: a pause between the two readings would look like sleep.
  constexpr std::int64_t kMomentNs = 1'000'000;
  std::int64_t asleep_ns = 0;
  for (int tries = 0; tries < 8; ++tries) {
    const std::int64_t before_ns = read(CLOCK_MONOTONIC);
    asleep_ns = read(CLOCK_BOOTTIME) - before_ns;
    if (read(CLOCK_MONOTONIC) - before_ns < kMomentNs) break;
  }
  // By the program's own clock, not by the system's: a simulation has one of its own.
  return monotonic_ns() + asleep_ns;
}

/// Told the time regularly, it says when that was long ago.
class Standstill {
 public:
  explicit Standstill(std::chrono::nanoseconds limit) : limit_(limit) {}

  /// How long nobody called, if that is `limit` or more; else zero. The first call only sets the time.
  std::chrono::nanoseconds take(std::int64_t boottime_ns) {
    const std::chrono::nanoseconds gap(last_ns_ == 0 ? 0 : std::max<std::int64_t>(0, boottime_ns - last_ns_));
    last_ns_ = boottime_ns;
    return gap >= limit_ ? gap : std::chrono::nanoseconds(0);
  }

 private:
  std::chrono::nanoseconds limit_;
  std::int64_t last_ns_ = 0;
};

}  // namespace lockstep::feeds::net
