// Which CPU a spinning thread stays on, and who stays off it.
#pragma once

#include <sched.h>

#include <cstddef>

namespace lockstep::engine {

/// Keeps the calling thread on one of the CPUs that the process may use: the `place`th, counted round.
/// Spinning threads that share or change CPUs wait for each other's time slices. Nothing happens where the
/// system refuses.
void stay_on_cpu(std::size_t place);
/// How many CPUs the process may use; at least 1.
std::size_t cpu_count();

/// While it lives, the calling thread and those that it starts stay off the first `spinning` of these CPUs: a
/// thread that spins there would have to wait for theirs whenever it has let others run. Nothing happens
/// where no CPU would be left, or the system refuses. To be ended on the same thread.
class CpuRetreat {
 public:
  explicit CpuRetreat(std::size_t spinning);
  ~CpuRetreat();
  CpuRetreat(const CpuRetreat&) = delete;
  CpuRetreat& operator=(const CpuRetreat&) = delete;

 private:
  cpu_set_t before_;
  bool is_away_ = false;
};

/// The calling thread asks the scheduler for short time slices (Linux 6.12 and later; elsewhere nothing
/// happens): when it wakes it goes before a thread of the same priority that is in the midst of a longer one.
/// It gets no more of the CPU than before.
void ask_for_short_slices();

}  // namespace lockstep::engine
