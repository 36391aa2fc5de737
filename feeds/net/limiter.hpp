// The request budget of one REST host, shared by everything that asks it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "feeds/net/pause_file.hpp"

namespace lockstep::feeds::net {

/// Counts request weights by the minute, corrected by what the host says it has counted, and holds everybody
/// back after 429, 418 and 403. Time is an argument. Not thread-safe: lives on the network thread.
class HostLimiter {
 public:
  using Clock = std::chrono::steady_clock;

  /// weight_max: what may be used within a minute; take at most half of what the venue allows the address.
  /// per_second: requests are spaced so far apart; 0: no matter.
  explicit HostLimiter(int weight_max, int per_second = 0)
      : weight_max_(weight_max),
        spacing_(per_second > 0 ? Clock::duration(std::chrono::seconds(1)) / per_second
                                : Clock::duration::zero()) {}

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
  /// Pauses of this host are kept there, and one that still holds is obeyed at once (fault R1).
  void keep_pauses(std::shared_ptr<const PauseFile> file, std::string host, Clock::time_point now);

 private:
  void roll(Clock::time_point now);

  int weight_max_;
  Clock::duration spacing_;
  Clock::time_point next_{};  ///< when the next request may go
  int used_ = 0;
  int in_flight_ = 0;
  int used_by_host_ = 0;
  std::optional<Clock::time_point> minute_start_;
  Clock::time_point paused_until_{};
  std::shared_ptr<const PauseFile> file_;
  std::string host_;
};

/// The limiter of a host (name and port), the same for every caller while one of them holds it. The first
/// caller's limits stand.
std::shared_ptr<HostLimiter> limiter_of_host(const std::string& host_and_port, int weight_max,
                                             int per_second = 0);

}  // namespace lockstep::feeds::net
