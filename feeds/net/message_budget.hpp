// How many messages a connection may send a second.
#pragma once

#include <chrono>
#include <deque>

namespace lockstep::feeds::net {

/// At most `count` messages in any window of `kWindow`. Venues count subscribe requests, pings and pongs
/// alike.
class MessageBudget {
 public:
  using Clock = std::chrono::steady_clock;
  /// A tenth above the venues' second: the network may push our messages closer together.
  static constexpr std::chrono::milliseconds kWindow{1100};

  explicit MessageBudget(int count) : count_(static_cast<std::size_t>(count)) {}

  /// How long to wait before one more message fits, `reserve` places kept free for others; zero: now.
  Clock::duration wait(Clock::time_point now, std::size_t reserve = 0) {
    while (!sent_.empty() && now - sent_.front() >= kWindow) sent_.pop_front();
    const std::size_t allowed = count_ > reserve ? count_ - reserve : 1;
    if (sent_.size() < allowed) return Clock::duration::zero();
    return kWindow - (now - sent_[sent_.size() - allowed]);
  }
  void note_sent(Clock::time_point now) { sent_.push_back(now); }

 private:
  std::size_t count_;
  std::deque<Clock::time_point> sent_;
};

}  // namespace lockstep::feeds::net
