// What `lockstep simulate` takes: asked for there, and again in the program that it becomes.
#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "replay/sim/exchange_sim.hpp"

namespace lockstep::simulation {

inline constexpr int kJobsMax = 256;

struct CommandOptions {
  std::uint64_t seed = 1;
  std::uint64_t count = 1;
  double seconds = 0;
  double hours = 24;
  std::string venue;
  int jobs = 1;
  bool has_trace = false, is_twice = false, is_quiet = false;
};

inline void add_options(CLI::App& app, CommandOptions& options) {
  app.add_option("--seed", options.seed, "Everything comes from it: market, faults, order of turns")
      ->capture_default_str();
  app.add_option("--count", options.count, "So many seeds, from --seed on")->capture_default_str();
  app.add_option("--seconds", options.seconds, "Begin no further seed after so many seconds; 0: no limit")
      ->capture_default_str();
  app.add_option("--hours", options.hours, "Hours of market time for each seed")
      ->check(CLI::Range(0.5, 1000.0))
      ->capture_default_str();
  app.add_option("--venue", options.venue, "Instead of one that the seed draws")
      ->check(CLI::IsMember(sim::dialect_names()));
  CLI::Option* const jobs =
      app.add_option("--jobs", options.jobs, "So many seeds at a time, each in a process of its own")
          ->check(CLI::Range(1, kJobsMax))
          ->capture_default_str();
  app.add_flag("--trace", options.has_trace, "Print what happens, with the daemon's log")->excludes(jobs);
  app.add_flag("--twice", options.is_twice, "Run each seed twice and compare their hashes");
  app.add_flag("--quiet", options.is_quiet, "Print failures and totals only");
}

/// A command line that add_options() reads back.
inline std::vector<std::string> to_arguments(const CommandOptions& options) {
  std::vector<std::string> arguments = {
      "--seed",    std::to_string(options.seed),    "--count", std::to_string(options.count),
      "--seconds", std::to_string(options.seconds), "--hours", std::to_string(options.hours)};
  if (options.jobs != 1) arguments.insert(arguments.end(), {"--jobs", std::to_string(options.jobs)});
  if (!options.venue.empty()) arguments.insert(arguments.end(), {"--venue", options.venue});
  if (options.has_trace) arguments.push_back("--trace");
  if (options.is_twice) arguments.push_back("--twice");
  if (options.is_quiet) arguments.push_back("--quiet");
  return arguments;
}

}  // namespace lockstep::simulation
