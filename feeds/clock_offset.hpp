// How far this machine's wall clock is from a venue's (row T1).
#pragma once

#include <cstdint>
#include <optional>

namespace lockstep::feeds {

/// What the venue said is kept against the monotonic clock, so that a wall clock that is set later shows at
/// once. For display: nothing that is computed depends on it.
class ClockOffset {
 public:
  /// The venue's time, from an answer that was asked for and came at these times.
  void note(std::int64_t server_ms, std::int64_t asked_ns, std::int64_t answered_ns) {
    constexpr std::int64_t kNsPerMs = 1'000'000;
    // Some venues tell whole seconds: on average half of one has passed.
    const std::int64_t rounded_ms = server_ms % 1000 == 0 ? 500 : 0;
    const std::int64_t half_ms = (answered_ns - asked_ns) / 2 / kNsPerMs;
    server_less_monotonic_ms_ = server_ms + rounded_ms - (asked_ns / kNsPerMs + half_ms);
    uncertainty_ms_ = half_ms + rounded_ms + 1;
  }
  /// The wall clock less the venue's; nothing before the first answer.
  std::optional<std::int64_t> ms(std::int64_t wall_ms, std::int64_t monotonic_ns) const {
    if (!server_less_monotonic_ms_) return std::nullopt;
    return wall_ms - (*server_less_monotonic_ms_ + monotonic_ns / 1'000'000);
  }
  /// How wrong it may be.
  std::int64_t uncertainty_ms() const { return uncertainty_ms_; }

 private:
  std::optional<std::int64_t> server_less_monotonic_ms_;
  std::int64_t uncertainty_ms_ = 0;
};

}  // namespace lockstep::feeds
