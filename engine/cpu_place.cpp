#include "engine/cpu_place.hpp"

#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

namespace lockstep::engine {

namespace {

/// Of the process' first thread, when somebody asks first: our own set may be one CPU already, and later that
/// thread's is smaller while it is away from those that spin.
const cpu_set_t& allowed_cpus() {
  static const cpu_set_t at_first = [] {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    if (sched_getaffinity(getpid(), sizeof allowed, &allowed) != 0) CPU_ZERO(&allowed);
    return allowed;
  }();
  return at_first;
}

/// As the kernel's sched_attr, of which the C library knows nothing before glibc 2.41.
struct SchedulingAttributes {
  std::uint32_t size = sizeof(SchedulingAttributes);
  std::uint32_t policy = SCHED_OTHER;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime_ns = 0;  // of an ordinary thread: its slice
  std::uint64_t deadline_ns = 0;
  std::uint64_t period_ns = 0;
};
constexpr std::uint64_t kShortSliceNs = 100'000;  // the shortest that the kernel gives

}  // namespace

void ask_for_short_slices() {
  SchedulingAttributes attributes;
  if (syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) != 0) return;
  if (attributes.policy != SCHED_OTHER) return;  // whoever chose another policy meant it
  attributes.runtime_ns = kShortSliceNs;
  syscall(SYS_sched_setattr, 0, &attributes, 0);
}

std::size_t cpu_count() {
  const cpu_set_t& allowed = allowed_cpus();
  return std::max<std::size_t>(1, static_cast<std::size_t>(CPU_COUNT(&allowed)));
}

void stay_on_cpu(std::size_t place) {
  const cpu_set_t& allowed = allowed_cpus();
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

CpuRetreat::CpuRetreat(std::size_t spinning) {
  if (spinning == 0 || spinning >= cpu_count()) return;
  cpu_set_t others = allowed_cpus();
  for (int cpu = 0; cpu < CPU_SETSIZE && spinning > 0; ++cpu) {
    if (!CPU_ISSET(cpu, &others)) continue;
    CPU_CLR(cpu, &others);
    --spinning;
  }
  is_away_ = pthread_getaffinity_np(pthread_self(), sizeof before_, &before_) == 0 &&
             pthread_setaffinity_np(pthread_self(), sizeof others, &others) == 0;
}

CpuRetreat::~CpuRetreat() {
  if (is_away_) pthread_setaffinity_np(pthread_self(), sizeof before_, &before_);
}

}  // namespace lockstep::engine
