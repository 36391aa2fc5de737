#include "kernels/detail/threads.hpp"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace lockstep::detail {

int cpus_allowed() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  return static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
}

void for_each_task(int threads, std::int64_t tasks, const std::function<void(int, std::int64_t)>& task) {
  std::atomic<std::int64_t> next{0};
  std::exception_ptr error;
  std::mutex error_mutex;
  const auto work = [&](int thread) {
    try {
      for (std::int64_t index; (index = next.fetch_add(1, std::memory_order_relaxed)) < tasks;) {
        task(thread, index);
      }
    } catch (...) {
      next.store(tasks, std::memory_order_relaxed);
      const std::lock_guard lock(error_mutex);
      if (!error) error = std::current_exception();
    }
  };
  std::vector<std::thread> others;
  const std::int64_t wanted = std::min<std::int64_t>(threads, tasks) - 1;
  try {
    for (std::int64_t i = 0; i < wanted; ++i) others.emplace_back(work, static_cast<int>(i) + 1);
  } catch (const std::exception&) {
    // Fewer threads than hoped for: those that there are do all of it.
  }
  work(0);
  for (std::thread& other : others) other.join();
  if (error) std::rethrow_exception(error);
}

}  // namespace lockstep::detail
