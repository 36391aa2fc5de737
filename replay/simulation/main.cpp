// lockstep-simulate: what `lockstep simulate` runs.
#include <fmt/format.h>
#include <time.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "replay/simulation/command_options.hpp"
#include "replay/simulation/simulation.hpp"

namespace {

using lockstep::simulation::SimulationOptions;
using lockstep::simulation::SimulationReport;

/// The clocks of the standard library are not the host's here.
double host_seconds() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

struct Totals {
  std::uint64_t seeds = 0, failed = 0, publications = 0, bars = 0, revisions = 0, faults = 0, starts = 0,
                kills = 0, power_cuts = 0;
  void add(const SimulationReport& report) {
    ++seeds;
    failed += report.violations.empty() ? 0 : 1;
    publications += report.publications;
    bars += report.bars_checked;
    revisions += report.revisions;
    faults += report.faults;
    starts += report.starts;
    kills += report.kills;
    power_cuts += report.power_cuts;
  }
};

void print_failure(const SimulationOptions& options, const SimulationReport& report, bool has_trace) {
  if (!has_trace) {
    for (const std::string& line : report.last_lines) fmt::print("{}\n", line);
  }
  fmt::print("seed {} ({}) does not hold:\n", options.seed, report.venue);
  for (const std::string& violation : report.violations) fmt::print("  {}\n", violation);
  fmt::print("again, with everything that happens: lockstep simulate --seed {} --hours {} --trace\n",
             options.seed, options.hours);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Runs the whole daemon against a simulated venue, on one thread, from one seed",
               "lockstep simulate"};
  lockstep::simulation::CommandOptions asked;
  lockstep::simulation::add_options(app, asked);
  CLI11_PARSE(app, argc, argv);
  SimulationOptions options;
  options.hours = asked.hours;
  options.venue = asked.venue;
  if (asked.has_trace) options.trace = [](const std::string& line) { fmt::print("{}\n", line); };
  Totals totals;
  const double begin = host_seconds();
  const std::uint64_t first = asked.seed;
  try {
    for (std::uint64_t i = 0;
         i < asked.count && (asked.seconds == 0 || host_seconds() - begin < asked.seconds); ++i) {
      options.seed = first + i;
      SimulationReport report = lockstep::simulation::simulate(options);
      if (asked.is_twice && lockstep::simulation::simulate(options).hash != report.hash)
        report.violations.push_back("the same seed has come to another hash");
      totals.add(report);
      if (!report.violations.empty()) print_failure(options, report, asked.has_trace);
      if (!asked.is_quiet) {
        fmt::print(
            "seed {} {} hash {:016x} {}: {} publications, {} bars compared, {} faults, {} starts, {} power "
            "cuts\n",
            options.seed, report.venue, report.hash, report.violations.empty() ? "holds" : "FAILS",
            report.publications, report.bars_checked, report.faults, report.starts, report.power_cuts);
      }
      std::fflush(stdout);
    }
  } catch (const std::exception& error) {
    fmt::print(stderr, "lockstep simulate: seed {}: {}\n", options.seed, error.what());
    return 4;
  }
  const double took = host_seconds() - begin;
  fmt::print(
      "{} seeds of {} h from {} on: {} do not hold. {} publications, {} closed bars compared, {} revisions, "
      "{} faults, {} starts, {} ends of the process, {} power cuts; {:.2f} s a seed\n",
      totals.seeds, options.hours, first, totals.failed, totals.publications, totals.bars, totals.revisions,
      totals.faults, totals.starts, totals.kills, totals.power_cuts,
      took / static_cast<double>(std::max<std::uint64_t>(1, totals.seeds)));
  return totals.failed == 0 ? 0 : 1;
}
