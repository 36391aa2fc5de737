#include "feeds/net/limiter.hpp"

#include <algorithm>
#include <map>
#include <mutex>

#include "engine/core/defence.hpp"

namespace lockstep::feeds::net {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

/// Waits where the host refuses and names no time. An address that goes on asking is banned for up to three
/// days.
std::optional<seconds> pause_without_header(int status) {
  switch (status) {
    case 429:
      return minutes(1);
    case 418:
      return minutes(10);
    case 403:
      return minutes(5);
    default:
      return std::nullopt;
  }
}

}  // namespace

void HostLimiter::roll(Clock::time_point now) {
  // The host's minute that held our minute_start_ has ended once a minute has passed since.
  if (minute_start_ && now - *minute_start_ >= minutes(1)) {
    minute_start_.reset();
    used_ = in_flight_;
    used_by_host_ = 0;
  }
}

HostLimiter::Clock::duration HostLimiter::wait(int weight, Clock::time_point now) {
  roll(now);
  if (now < paused_until_ && LOCKSTEP_DEFENCE(retry_after)) return paused_until_ - now;
  if (now < next_) return next_ - now;
  if (used_ == 0 || used_ + weight <= weight_max_ || !LOCKSTEP_DEFENCE(request_weight))
    return Clock::duration::zero();
  return minute_start_ ? *minute_start_ + minutes(1) - now : Clock::duration(seconds(1));
}

void HostLimiter::note_sent(int weight, Clock::time_point now) {
  roll(now);
  if (!minute_start_) minute_start_ = now;
  used_ += weight;
  in_flight_ += weight;
  next_ = now + spacing_;
}

void HostLimiter::note_answer(int weight, int status, std::optional<int> used_weight,
                              std::optional<seconds> retry_after, Clock::time_point now) {
  roll(now);
  in_flight_ -= weight;
  if (used_weight) {
    // A smaller count than before: the host has begun a new minute.
    if (*used_weight < used_by_host_) minute_start_ = now;
    used_by_host_ = *used_weight;
    used_ = *used_weight + in_flight_;
    if (!minute_start_) minute_start_ = now;
  }
  const std::optional<seconds> fallback = pause_without_header(status);
  const bool is_refused = fallback || status == 503;
  const std::optional<seconds> pause = retry_after && is_refused ? retry_after : fallback;
  if (!pause) return;
  paused_until_ = std::max(paused_until_, now + *pause);
  if (!file_) return;
  const auto wall_now = PauseFile::WallClock::now();
  file_->store(host_, wall_now + std::chrono::duration_cast<seconds>(paused_until_ - now), wall_now);
}

void HostLimiter::keep_pauses(std::shared_ptr<const PauseFile> file, std::string host,
                              Clock::time_point now) {
  file_ = std::move(file);
  host_ = std::move(host);
  paused_until_ = std::max(paused_until_, now + file_->remaining(host_, PauseFile::WallClock::now()));
}

std::shared_ptr<HostLimiter> limiter_of_host(const std::string& host_and_port, int weight_max,
                                             int per_second) {
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<HostLimiter>> limiters;
  const std::lock_guard lock(mutex);
  std::shared_ptr<HostLimiter> limiter = limiters[host_and_port].lock();
  if (!limiter) {
    limiter = std::make_shared<HostLimiter>(weight_max, per_second);
    limiters[host_and_port] = limiter;
  }
  return limiter;
}

}  // namespace lockstep::feeds::net
