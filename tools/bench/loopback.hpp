// How much of a latency is the kernel's.
#pragma once

#include <cstddef>

#include "tools/bench/bench.hpp"

namespace lockstep::bench {

/// So many frames between two plain sockets, 100 to 200 us apart, one side spinning: from before send() until
/// the frame lies in the receiver's socket, and until recv() has returned it. Percentiles, ns.
Json measure_loopback(std::size_t frames);

}  // namespace lockstep::bench
