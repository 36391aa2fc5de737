// Which CPU a spinning thread stays on.
#pragma once

#include <cstddef>

namespace lockstep::engine {

/// Keeps the calling thread on one of the CPUs that the process may use: the `place`th, counted round.
/// Spinning threads that share or change CPUs wait for each other's time slices. Nothing happens where the
/// system refuses.
void stay_on_cpu(std::size_t place);
/// How many CPUs the process may use; at least 1.
std::size_t cpu_count();

}  // namespace lockstep::engine
