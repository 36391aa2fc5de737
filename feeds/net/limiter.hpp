// The request budget of one REST host, shared by everything that asks it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace lockstep::feeds::net {

/// Counts request weights by the minute, corrected by what the host says it has counted, and holds everybody
/// back after 429, 418 and 403. Time is an argument. Not thread-safe: lives on the network thread.
class HostLimiter {
 public:
  using Clock = std::chrono::steady_clock;

  /// weight_max: what may be used within a minute; take at most half of what the venue allows the address.
  explicit HostLimiter(int weight_max) : weight_max_(weight_max) {}

  /// How long a request of `weight` must wait; zero: it may go now. One that is heavier than the whole budget
  /// goes when the minute is fresh.
  Clock::duration wait(int weight, Clock::time_point now);
  /// A request is on its way.
  void note_sent(int weight, Clock::time_point now);
  /// It was answered (or failed: status 0). used_weight: the host's count for the present minute, if it gave
  /// one.
  void note_answer(int weight, int status, std::optional<int> used_weight,
                   std::optional<std::chrono::seconds> retry_after, Clock::time_point now);

  int used() const { return used_; }

 private:
  void roll(Clock::time_point now);

  int weight_max_;
  int used_ = 0;
  int in_flight_ = 0;
  int used_by_host_ = 0;
  std::optional<Clock::time_point> minute_start_;
  Clock::time_point paused_until_{};
};

/// The limiter of a host (name and port), the same for every caller while one of them holds it. The first
/// caller's weight_max stands.
std::shared_ptr<HostLimiter> limiter_of_host(const std::string& host_and_port, int weight_max);

}  // namespace lockstep::feeds::net
