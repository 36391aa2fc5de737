#include "engine/watchdog.hpp"

#include <spdlog/spdlog.h>
#include <time.h>

#include <cstdlib>
#include <utility>

#include "engine/core/defence.hpp"
#include "engine/thread_name.hpp"

namespace lockstep::engine {
namespace {

std::int64_t clock_ns(clockid_t id) {
  timespec time{};
  clock_gettime(id, &time);
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

std::int64_t ns(std::chrono::milliseconds time) {
  return std::chrono::nanoseconds(time).count();
}

}  // namespace

Watchdog::Clocks Watchdog::read_clocks() {
  return {clock_ns(CLOCK_BOOTTIME), clock_ns(CLOCK_MONOTONIC), clock_ns(CLOCK_REALTIME)};
}

Watchdog::Watchdog(std::vector<Watched> watched, Hooks hooks, std::function<Clocks()> clocks)
    : watched_(std::move(watched)),
      hooks_(std::move(hooks)),
      clocks_(std::move(clocks)),
      pulses_(watched_.size()) {
  for (const Watched& each : watched_) stats_.watched += (stats_.watched.empty() ? "" : ", ") + each.name;
}

void Watchdog::start() {
  thread_ = std::thread([this] {
    name_thread("watchdog");
    for (;;) {
      {
        std::unique_lock lock(mutex_);
        wake_.wait_for(lock, kPeriod, [this] { return is_stopping_; });
        if (is_stopping_) return;
      }
      look();
    }
  });
}

void Watchdog::stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Watchdog::look() {
  const Clocks now = clocks_();
  const bool was_away = has_looked_ && look_at_clocks(now);
  // Nobody could move while all were held: all get their whole time again.
  if (!has_looked_ || was_away) {
    for (Pulse& pulse : pulses_) pulse.since_ns = now.monotonic_ns;
  }
  has_looked_ = true;
  before_ = now;
  looked_ns_.store(now.monotonic_ns, std::memory_order_release);
  look_at_threads(now.monotonic_ns);
}

/// True when the machine slept, or this process was held.
bool Watchdog::look_at_clocks(const Clocks& now) {
  const std::int64_t passed_ns = now.monotonic_ns - before_.monotonic_ns;
  const std::int64_t slept_ns = (now.boot_ns - before_.boot_ns) - passed_ns;
  const std::int64_t step_ns = (now.wall_ns - before_.wall_ns) - (now.boot_ns - before_.boot_ns);
  if (std::abs(step_ns) > ns(kStepMax)) {
    spdlog::warn("the wall clock was set by {} ms; nothing here depends on it but what is shown",
                 step_ns / 1'000'000);
    const std::lock_guard lock(mutex_);
    ++stats_.clock_steps;
  }
  const std::int64_t away_ns = slept_ns + passed_ns - ns(kPeriod);
  if (away_ns <= ns(kGapMax) || !LOCKSTEP_DEFENCE(sleep_noticed)) return false;
  spdlog::warn(
      "the machine slept, or this process was held, for {} ms: no series is valid before its venue has said "
      "it again",
      away_ns / 1'000'000);
  {
    const std::lock_guard lock(mutex_);
    ++stats_.suspends;
  }
  if (hooks_.slept) hooks_.slept();
  return true;
}

void Watchdog::look_at_threads(std::int64_t now_ns) {
  std::string stuck, lost;
  for (std::size_t i = 0; i < watched_.size(); ++i) {
    Pulse& pulse = pulses_[i];
    const std::uint64_t beats = watched_[i].beats();
    if (beats != pulse.beats) {
      if (pulse.is_stuck) spdlog::warn("thread {} moves again", watched_[i].name);
      pulse = {beats, now_ns, false};
      continue;
    }
    const std::int64_t still_ns = now_ns - pulse.since_ns;
    if (still_ns <= ns(watched_[i].limit) || !LOCKSTEP_DEFENCE(stuck_thread)) continue;
    if (!std::exchange(pulse.is_stuck, true)) {
      spdlog::critical("thread {} has not moved for {} ms", watched_[i].name, still_ns / 1'000'000);
      const std::lock_guard lock(mutex_);
      ++stats_.stuck_times;
    }
    stuck += (stuck.empty() ? "" : ", ") + watched_[i].name;
    if (watched_[i].is_vital && still_ns > ns(kGiveUp)) lost += (lost.empty() ? "" : ", ") + watched_[i].name;
  }
  {
    const std::lock_guard lock(mutex_);
    stats_.stuck = stuck;
  }
  if (!lost.empty() && hooks_.give_up) hooks_.give_up(lost);
}

WatchStats Watchdog::stats() const {
  const std::int64_t looked_ns = looked_ns_.load(std::memory_order_acquire);
  const std::lock_guard lock(mutex_);
  WatchStats stats = stats_;
  stats.is_current = looked_ns != 0 && clocks_().monotonic_ns - looked_ns <= ns(kLookMax);
  return stats;
}

}  // namespace lockstep::engine
