#include "engine/cpu_place.hpp"

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>

namespace lockstep::engine {

namespace {

/// Of the process' first thread: our own set may be one CPU already.
cpu_set_t allowed_cpus() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(getpid(), sizeof allowed, &allowed) != 0) CPU_ZERO(&allowed);
  return allowed;
}

}  // namespace

std::size_t cpu_count() {
  const cpu_set_t allowed = allowed_cpus();
  return std::max<std::size_t>(1, static_cast<std::size_t>(CPU_COUNT(&allowed)));
}

void stay_on_cpu(std::size_t place) {
  const cpu_set_t allowed = allowed_cpus();
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
