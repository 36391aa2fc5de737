// Notices threads that do not move, and a machine that slept or stood still.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace lockstep::engine {

/// What the watchdog has seen; counters grow only.
struct WatchStats {
  std::string watched;            ///< names of all threads that are looked at
  bool is_current = false;        ///< the last look was a moment ago: the watchdog itself moves
  std::string stuck;              ///< names of the threads that do not move now, with commas; empty: all move
  std::uint64_t stuck_times = 0;  ///< times that a thread began not to move
  std::uint64_t suspends = 0;     ///< times that the machine slept, or this process was held, for a while
  std::uint64_t clock_steps = 0;  ///< times that the wall clock was set by more than a second
};

/// One thread of its own. Clocks are read at each look; nothing else is assumed about time (rows T2, T3).
class Watchdog {
 public:
  struct Clocks {
    std::int64_t boot_ns = 0;       ///< goes on while the machine sleeps
    std::int64_t monotonic_ns = 0;  ///< stands still then
    std::int64_t wall_ns = 0;       ///< may be set by anybody
  };
  /// A thread, and a number that changes as long as it moves.
  struct Watched {
    std::string name;
    std::function<std::uint64_t()> beats;
    std::chrono::milliseconds limit{10'000};  ///< without a change: it is stuck
    bool is_vital = true;                     ///< the process is of no use without it
  };
  /// Called on the watchdog's thread.
  struct Hooks {
    /// Nothing is known of the time that has passed: what was fresh is not.
    std::function<void()> slept;
    /// Vital threads have not moved for kGiveUp: the process should end.
    std::function<void(const std::string& names)> give_up;
  };

  static constexpr std::chrono::milliseconds kPeriod{250};
  /// Slept, or held, for longer: not believed any more. An ordinary pause of a busy machine is shorter.
  static constexpr std::chrono::milliseconds kGapMax{3'000};
  static constexpr std::chrono::milliseconds kStepMax{1'000};
  static constexpr std::chrono::milliseconds kGiveUp{60'000};
  /// Without a look for so long the watchdog knows nothing.
  static constexpr std::chrono::milliseconds kLookMax{10'000};

  Watchdog(std::vector<Watched> watched, Hooks hooks, std::function<Clocks()> clocks = read_clocks);
  ~Watchdog() { stop(); }

  void start();
  void stop();
  /// One look; start() does it every kPeriod.
  void look();
  /// Any thread.
  WatchStats stats() const;
  bool is_stuck() const { return !stats().stuck.empty(); }
  /// No thread is stuck, nor is the watchdog: what a service manager may be told.
  bool vouches() const {
    const WatchStats now = stats();
    return now.is_current && now.stuck.empty();
  }

  static Clocks read_clocks();

 private:
  struct Pulse {
    std::uint64_t beats = 0;
    std::int64_t since_ns = 0;
    bool is_stuck = false;
  };
  bool look_at_clocks(const Clocks& now);
  void look_at_threads(std::int64_t now_ns);

  const std::vector<Watched> watched_;
  const Hooks hooks_;
  const std::function<Clocks()> clocks_;
  std::vector<Pulse> pulses_;
  Clocks before_;
  bool has_looked_ = false;
  std::atomic<std::int64_t> looked_ns_{0};
  mutable std::mutex mutex_;  // stats_, is_stopping_
  std::condition_variable wake_;
  WatchStats stats_;
  bool is_stopping_ = false;
  std::thread thread_;
};

}  // namespace lockstep::engine
