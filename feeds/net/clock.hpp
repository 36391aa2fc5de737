// The monotonic clock of receive times.
#pragma once

#include <chrono>
#include <cstdint>

namespace lockstep::feeds::net {

/// Monotonic ns, the unit of MarketEvent::ts_recv_ns.
inline std::int64_t monotonic_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace lockstep::feeds::net
