#include "engine/cpu_place.hpp"

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

namespace lockstep::engine {

void stay_on_cpu(std::size_t place) {
  cpu_set_t allowed;
  // Of the process' first thread: our own set may be one CPU already.
  if (sched_getaffinity(getpid(), sizeof allowed, &allowed) != 0) return;
  const auto count = static_cast<std::size_t>(CPU_COUNT(&allowed));
  if (count < 2) return;
  std::size_t left = place % count;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed) || left-- > 0) continue;
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(cpu, &only);
    pthread_setaffinity_np(pthread_self(), sizeof only, &only);
    return;
  }
}

}  // namespace lockstep::engine
