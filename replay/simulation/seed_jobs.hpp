// Many seeds, over several processes: a simulation wants a whole one for itself.
#pragma once

#include <cstdint>

#include "replay/simulation/command_options.hpp"
#include "replay/simulation/simulation.hpp"

namespace lockstep::simulation {

/// Over all seeds that were run.
struct Totals {
  std::uint64_t seeds = 0, failed = 0, publications = 0, bars = 0, revisions = 0, faults = 0, starts = 0,
                kills = 0, power_cuts = 0;
  void add(const SimulationReport& report);
  void add(const Totals& others);
};

struct JobsResult {
  Totals totals;
  /// A seed could not be run to its end (the text has been printed): exit code 4.
  bool is_broken = false;
};

/// Runs the seeds asked for, in order, `asked.jobs` of them at a time, each job in a process of its own where
/// there are several. Prints what each seed comes to, unless `is_quiet`, and everything about those that
/// fail.
JobsResult run_seeds(const CommandOptions& asked);

/// Of the host: the clocks of the standard library are not, here.
double host_seconds();

}  // namespace lockstep::simulation
