// Venue time: starts at a given instant and runs `speed` times as fast as the host's steady clock.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace lockstep::sim {

/// Any thread. Stands at start_ms until run() is called; from then on it never stops, as a real venue's time
/// does not.
class VenueClock {
 public:
  using Steady = std::chrono::steady_clock;

  VenueClock(std::int64_t start_ms, double speed) : start_ms_(start_ms), speed_(speed) {}

  std::int64_t start_ms() const { return start_ms_; }
  void run() {
    Steady::rep unset = 0;
    began_.compare_exchange_strong(unset, Steady::now().time_since_epoch().count());
  }
  std::int64_t now_ms() const {
    const Steady::rep began = began_.load();
    if (began == 0) return start_ms_;
    const auto real = Steady::now().time_since_epoch() - Steady::duration(began);
    return start_ms_ +
           static_cast<std::int64_t>(std::chrono::duration<double, std::milli>(real).count() * speed_);
  }
  /// How long to wait, in real time, until it is venue_ms; zero when that is past.
  Steady::duration until(std::int64_t venue_ms) const {
    const double real_ms = static_cast<double>(venue_ms - now_ms()) / speed_;
    if (real_ms <= 0) return Steady::duration::zero();
    return std::chrono::duration_cast<Steady::duration>(std::chrono::duration<double, std::milli>(real_ms));
  }

 private:
  std::int64_t start_ms_;
  double speed_;
  std::atomic<Steady::rep> began_ = 0;
};

}  // namespace lockstep::sim
