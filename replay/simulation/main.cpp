// lockstep-simulate: what `lockstep simulate` runs.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>

#include "replay/simulation/command_options.hpp"
#include "replay/simulation/seed_jobs.hpp"

int main(int argc, char** argv) {
  CLI::App app{"Runs the whole daemon against a simulated venue, on one thread, from one seed",
               "lockstep simulate"};
  lockstep::simulation::CommandOptions asked;
  lockstep::simulation::add_options(app, asked);
  CLI11_PARSE(app, argc, argv);
  const double begin_s = lockstep::simulation::host_seconds();
  lockstep::simulation::JobsResult result;
  try {
    result = lockstep::simulation::run_seeds(asked);
  } catch (const std::exception& error) {
    fmt::print(stderr, "lockstep simulate: {}\n", error.what());
    return 4;
  }
  const auto& totals = result.totals;
  fmt::print(
      "{} seeds of {} h from {} on: {} do not hold. {} publications, {} closed bars compared, {} revisions, "
      "{} faults, {} starts, {} ends of the process, {} power cuts; {:.2f} s a seed\n",
      totals.seeds, asked.hours, asked.seed, totals.failed, totals.publications, totals.bars,
      totals.revisions, totals.faults, totals.starts, totals.kills, totals.power_cuts,
      (lockstep::simulation::host_seconds() - begin_s) /
          static_cast<double>(std::max<std::uint64_t>(1, totals.seeds)));
  if (result.is_broken) return 4;
  return totals.failed == 0 ? 0 : 1;
}
