// The clocks that figures are taken from.
#pragma once

#include <cstdint>

namespace lockstep::bench {

/// steady_clock, ns.
std::int64_t wall_ns();
/// CPU time of this thread, ns: what other programs take does not count.
std::int64_t thread_cpu_ns();
/// CPU time of all threads of this process, ns.
std::int64_t process_cpu_ns();

}  // namespace lockstep::bench
