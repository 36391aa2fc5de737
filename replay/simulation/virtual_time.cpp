#include "replay/simulation/virtual_time.hpp"

#include <sys/epoll.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <cerrno>
#include <random>
#include <string>

namespace lockstep::simulation {
namespace {

/// Nothing in the code may take the beginning of the world for "never".
constexpr std::int64_t kMonotonicStartNs = 1'000'000'000'000'000;
constexpr std::int64_t kMsNs = 1'000'000;

std::int64_t monotonic_ns = kMonotonicStartNs;
std::int64_t wall_offset_ns = 0;
std::int64_t grain_ms = 1;
std::mt19937_64 device;

}  // namespace

void VirtualTime::begin(std::int64_t wall_ms, std::uint64_t seed) {
  monotonic_ns = kMonotonicStartNs;
  wall_offset_ns = wall_ms * kMsNs - monotonic_ns;
  grain_ms = 1;
  device.seed(seed);
}

std::int64_t VirtualTime::now_ms() {
  return (monotonic_ns - kMonotonicStartNs) / kMsNs;
}

void VirtualTime::pass(std::chrono::milliseconds time) {
  monotonic_ns += time.count() * kMsNs;
}

void VirtualTime::step_wall(std::chrono::milliseconds by) {
  wall_offset_ns += by.count() * kMsNs;
}

void VirtualTime::set_grain(std::chrono::milliseconds grain) {
  grain_ms = std::max<std::int64_t>(1, grain.count());
}

namespace {

/// Nothing is left to do for `timeout_ms`.
void sleep_through(std::int64_t timeout_ms) {
  const std::int64_t wake_ms = VirtualTime::now_ms() + timeout_ms;
  VirtualTime::pass(
      std::chrono::milliseconds((wake_ms + grain_ms - 1) / grain_ms * grain_ms - VirtualTime::now_ms()));
}

}  // namespace
}  // namespace lockstep::simulation

// What the program has instead of the library's own. The linker takes these first; nothing else of the code
// knows.

std::chrono::steady_clock::time_point std::chrono::steady_clock::now() noexcept {
  return time_point(duration(lockstep::simulation::monotonic_ns));
}

std::chrono::system_clock::time_point std::chrono::system_clock::now() noexcept {
  return time_point(duration_cast<duration>(
      nanoseconds(lockstep::simulation::monotonic_ns + lockstep::simulation::wall_offset_ns)));
}

void std::random_device::_M_init(const std::string&) {}
void std::random_device::_M_fini() {}
unsigned int std::random_device::_M_getval() {
  return static_cast<unsigned int>(lockstep::simulation::device());
}

extern "C" {

/// Asio then works out itself how long its timers let it sleep, and says so to epoll_wait().
int timerfd_create(int, int) noexcept {
  errno = ENOSYS;
  return -1;
}

/// There are no descriptors to wait for; Asio pokes its own at every new timer.
int epoll_ctl(int, int, int, epoll_event*) noexcept {
  return 0;
}

/// Whoever would sleep finds that the time has passed.
int epoll_wait(int, epoll_event*, int, int timeout) {
  if (timeout > 0) lockstep::simulation::sleep_through(timeout);
  return 0;
}
}
