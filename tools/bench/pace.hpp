// When a sender of messages sends the next one.
#pragma once

#include <chrono>
#include <random>

namespace lockstep::bench {

/// Sleeps between the messages of one thread, which it keeps off the CPU of the thread that waits for them,
/// as a market's packets do not come from there. Make and use it on that thread.
class Pace {
 public:
  /// Each message 100 to 200 us after the one before: whoever takes them has nothing else to do.
  static Pace one_at_a_time() { return Pace(0); }
  /// `per_s` messages a second (above 0) at moments that know nothing of each other, as those of many symbols
  /// are: several at once and none for a while. What became due while the thread slept for too long is not
  /// waited for, so the rate holds.
  static Pace at_rate(double per_s) { return Pace(per_s); }

  /// Until the next message is due.
  void wait();

 private:
  explicit Pace(double per_s);

  std::mt19937 random_{1};
  double per_s_;
  std::chrono::steady_clock::time_point due_;
};

/// From now on the calling thread, a sender, is not interrupted in the midst of a send() by those it sends to,
/// as it would not be on a machine of its own. For readers that spin on another CPU: one that has to be woken
/// may be put on this one, and would wait here. False where the system does not allow it (CAP_SYS_NICE).
bool send_undisturbed();

}  // namespace lockstep::bench
