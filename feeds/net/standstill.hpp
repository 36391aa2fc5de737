// Notices that the process did not run for a while: the machine slept, a container was paused (fault T3).
#pragma once

#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace lockstep::feeds::net {

/// ns since the machine started, its sleep included, which the monotonic clock leaves out.
inline std::int64_t boottime_ns() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
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
