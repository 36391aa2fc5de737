// The whole daemon against a simulated venue, on one thread, from one seed: market, faults, order of turns.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace lockstep::simulation {

struct SimulationOptions {
  std::uint64_t seed = 1;
  double hours = 24;  ///< of market time; the last of them, 25 minutes at most, without faults
  std::string venue;  ///< empty: drawn
  /// Every fault, change of state and closed bar as a line, and the daemon's log; empty: none.
  std::function<void(const std::string&)> trace;
};

struct SimulationReport {
  std::string venue;
  std::vector<std::string> violations;  ///< of what must hold; empty: all held
  std::vector<std::string> last_lines;  ///< of the trace before the first of them
  std::uint64_t hash = 0;               ///< over all publications and their times: equal for equal seeds
  std::uint64_t publications = 0, bars_checked = 0, revisions = 0;
  std::uint64_t faults = 0, starts = 0, kills = 0, power_cuts = 0;
};

/// Runs one seed. One at a time in a process, and only in a program with virtual time (virtual_time.hpp).
SimulationReport simulate(const SimulationOptions& options);

}  // namespace lockstep::simulation
