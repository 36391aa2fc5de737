// `lockstep compute`: every bar's outputs, from a file.
#pragma once

#include <functional>
#include <iosfwd>
#include <string>

#include "tools/bar_plan.hpp"

namespace CLI {
class App;
}

namespace lockstep::tools {

/// What the command line says. docs/compute.md describes each.
struct ComputeOptions : BarOptions {
  std::string bars;  ///< CSV or CSV.gz; "-" for standard input
  std::string backend = "auto";
  bool specialise = true;  ///< cuda: BatchOptions::specialise
  std::string out = "-";   ///< "-" for standard output
  bool detail = false;
  int stdin_fd = 0;
  int stdout_fd = 1;
};

/// Runs it; gives the exit code of design.md and puts every message on `errors`.
int run_compute(const ComputeOptions& options, std::ostream& errors);

/// Registers the sub-command; parsing it sets `run`.
void add_compute_command(CLI::App& app, std::function<int()>& run);

}  // namespace lockstep::tools
