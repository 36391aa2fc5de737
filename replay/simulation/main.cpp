// lockstep-simulate: what `lockstep simulate` runs.
#include <fmt/format.h>
#include <time.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "replay/sim/exchange_sim.hpp"
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
  SimulationOptions options;
  std::uint64_t count = 1;
  double seconds = 0;
  bool has_trace = false, is_twice = false, is_quiet = false;
  app.add_option("--seed", options.seed, "Everything comes from it: market, faults, order of turns")
      ->capture_default_str();
  app.add_option("--count", count, "So many seeds, from --seed on")->capture_default_str();
  app.add_option("--seconds", seconds, "Begin no further seed after so many seconds; 0: no limit")
      ->capture_default_str();
  app.add_option("--hours", options.hours, "Hours of market time for each seed")
      ->check(CLI::Range(0.5, 1000.0))
      ->capture_default_str();
  app.add_option("--venue", options.venue, "Instead of one that the seed draws")
      ->check(CLI::IsMember(lockstep::sim::dialect_names()));
  app.add_flag("--trace", has_trace, "Print what happens, with the daemon's log");
  app.add_flag("--twice", is_twice, "Run each seed twice and compare their hashes");
  app.add_flag("--quiet", is_quiet, "Print failures and totals only");
  CLI11_PARSE(app, argc, argv);
  if (has_trace) options.trace = [](const std::string& line) { fmt::print("{}\n", line); };
  Totals totals;
  const double begin = host_seconds();
  const std::uint64_t first = options.seed;
  try {
    for (std::uint64_t i = 0; i < count && (seconds == 0 || host_seconds() - begin < seconds); ++i) {
      options.seed = first + i;
      SimulationReport report = lockstep::simulation::simulate(options);
      if (is_twice && lockstep::simulation::simulate(options).hash != report.hash)
        report.violations.push_back("the same seed has come to another hash");
      totals.add(report);
      if (!report.violations.empty()) print_failure(options, report, has_trace);
      if (!is_quiet) {
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
