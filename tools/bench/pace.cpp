#include "tools/bench/pace.hpp"

#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>

#include <thread>

#include "engine/cpu_place.hpp"

namespace lockstep::bench {

using std::chrono::nanoseconds;
using std::chrono::steady_clock;

Pace::Pace(double per_s) : per_s_(per_s), due_(steady_clock::now()) {
  engine::stay_on_cpu(1);         // the network's is 0
  prctl(PR_SET_TIMERSLACK, 1UL);  // sleeps end when they should, not up to 50 us later
}

void Pace::wait() {
  if (per_s_ == 0) return std::this_thread::sleep_for(nanoseconds(100'000 + random_() % 100'000));
  const double wait_ns = std::exponential_distribution<double>(per_s_ * 1e-9)(random_);
  due_ += nanoseconds(static_cast<std::int64_t>(wait_ns));
  if (due_ > steady_clock::now()) std::this_thread::sleep_until(due_);
}

bool send_undisturbed() {
  sched_param priority{};
  priority.sched_priority = 1;
  return pthread_setschedparam(pthread_self(), SCHED_FIFO, &priority) == 0;
}

}  // namespace lockstep::bench
