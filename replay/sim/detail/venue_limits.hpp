// What the simulated venues allow a client, and how they look after connections.
#pragma once

#include <chrono>
#include <cstddef>

#include "replay/sim/exchange_sim.hpp"

namespace lockstep::sim {

struct VenueLimits {
  std::chrono::milliseconds ping_interval;
  std::chrono::milliseconds pong_timeout;
  std::size_t messages_per_second_max;
  int rest_weight_max;
};

/// The venue's own, or what the configuration says instead.
VenueLimits limits_of(const SimConfig& config);

}  // namespace lockstep::sim
