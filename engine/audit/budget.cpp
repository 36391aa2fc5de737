#include "engine/audit/budget.hpp"

#include <time.h>

#include <algorithm>

namespace lockstep::engine::audit {
namespace {

constexpr double kSliceSeconds = 0.005;
/// No single sleep is longer, so that a watchdog sees the thread move.
constexpr std::chrono::milliseconds kSleepMax{500};

double thread_cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

}  // namespace

bool Budget::breathe() {
  if (is_stopped()) return false;
  beats_.fetch_add(1, std::memory_order_relaxed);
  const double now_s = thread_cpu_seconds();
  cpu_ms_.store(static_cast<std::int64_t>(now_s * 1000), std::memory_order_relaxed);
  if (cpu_percent_ >= 100) return true;
  if (cpu_begin_s_ < 0) cpu_begin_s_ = now_s;
  const double used_s = now_s - cpu_begin_s_;
  if (used_s < kSliceSeconds) return true;
  auto left =
      std::chrono::milliseconds(static_cast<std::int64_t>(used_s * 1000.0 * (100.0 / cpu_percent_ - 1)));
  const auto until = std::chrono::steady_clock::now() + left;
  while (!is_stopped() && std::chrono::steady_clock::now() < until) {
    // What wake() asks for is no reason to work faster.
    std::unique_lock lock(mutex_);
    wake_.wait_for(
        lock,
        std::min<std::chrono::steady_clock::duration>(kSleepMax, until - std::chrono::steady_clock::now()),
        [&] { return is_stopped(); });
    beats_.fetch_add(1, std::memory_order_relaxed);
  }
  cpu_begin_s_ = thread_cpu_seconds();
  return !is_stopped();
}

bool Budget::sleep(std::chrono::milliseconds time, bool wakes) {
  const auto until = std::chrono::steady_clock::now() + time;
  std::unique_lock lock(mutex_);
  const auto is_over = [&] { return is_stopped() || (wakes && is_woken_); };
  while (!is_over() && std::chrono::steady_clock::now() < until) {
    wake_.wait_for(
        lock,
        std::min<std::chrono::steady_clock::duration>(kSleepMax, until - std::chrono::steady_clock::now()),
        is_over);
    beats_.fetch_add(1, std::memory_order_relaxed);
  }
  if (wakes) is_woken_ = false;
  return !is_stopped();
}

void Budget::wake() {
  {
    const std::lock_guard lock(mutex_);
    is_woken_ = true;
  }
  wake_.notify_all();
}

void Budget::stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopped_.store(true, std::memory_order_release);
  }
  wake_.notify_all();
}

}  // namespace lockstep::engine::audit
