// Time, chance and waiting of a simulated process: all of it comes from a seed.
//
// The program that links this has its own std::chrono::steady_clock, std::chrono::system_clock and
// std::random_device, and its own epoll_wait() that does not wait but lets the time pass: see
// virtual_time.cpp. So the daemon's code runs as it is, Asio's timers included, and pays nothing for it. Only
// for programs with one thread.
#pragma once

#include <chrono>
#include <cstdint>

namespace lockstep::simulation {

class VirtualTime {
 public:
  /// A new world: wall time is wall_ms, random devices begin anew from `seed`.
  static void begin(std::int64_t wall_ms, std::uint64_t seed);

  /// Monotonic, since the beginning of the world.
  static std::int64_t now_ms();
  /// Both clocks go on at once, as after a suspend or a long pause of the process.
  static void pass(std::chrono::milliseconds time);
  /// The host's wall clock is set.
  static void step_wall(std::chrono::milliseconds by);
  /// A sleeping process is woken at multiples of it: a fine grain shows what happens when, a coarse one is
  /// fast, as is a machine with much else to do. At least 1 ms.
  static void set_grain(std::chrono::milliseconds grain);
};

}  // namespace lockstep::simulation
