// How much of a CPU the self-audit may take.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace lockstep::engine::audit {

/// Work is done in slices of a few milliseconds; after each its thread sleeps so long that the share is kept.
class Budget {
 public:
  /// `cpu_percent` of one CPU, 1 to 100; 100: no sleeping.
  explicit Budget(int cpu_percent) : cpu_percent_(cpu_percent) {}

  /// Between pieces of work, on the thread that works. False: stop() was called.
  bool breathe();
  /// Sleeps so long; false when stop() was called.
  bool sleep(std::chrono::milliseconds time) { return sleep(time, false); }
  /// Sleeps at most so long, less when wake() is or was called since the last time; false when stop() was.
  bool sleep_or_wake(std::chrono::milliseconds time) { return sleep(time, true); }
  void wake();
  void stop();
  bool is_stopped() const { return is_stopped_.load(std::memory_order_acquire); }
  /// CPU time of the thread that works, as of its last breath.
  std::int64_t cpu_ms() const { return cpu_ms_.load(std::memory_order_relaxed); }
  /// Moves with every breath and sleep: what a watchdog looks at.
  std::uint64_t beats() const { return beats_.load(std::memory_order_relaxed); }

 private:
  bool sleep(std::chrono::milliseconds time, bool wakes);

  const int cpu_percent_;
  double cpu_begin_s_ = -1;  // of the present slice
  std::mutex mutex_;
  std::condition_variable wake_;
  bool is_woken_ = false;
  std::atomic<bool> is_stopped_{false};
  std::atomic<std::uint64_t> beats_{0};
  std::atomic<std::int64_t> cpu_ms_{0};
};

}  // namespace lockstep::engine::audit
