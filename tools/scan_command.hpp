// `lockstep scan`: many series, each at its last closed bar, ranked.
#pragma once

#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "tools/bar_plan.hpp"

namespace CLI {
class App;
}

namespace lockstep::tools {

/// What the command line says. docs/scan.md describes each.
struct ScanOptions {
  std::vector<std::string> files;  ///< CSV or CSV.gz, one series each
  std::string journal;             ///< or, instead, a data directory (or its journal folder)
  BarOptions bars;
  std::string sort = "average";  ///< average, name, or a family
  bool is_ascending = false;
  int limit = 0;  ///< at most so many rows; 0: all
  bool is_json = false;
  std::string backend = "auto";
  int threads = 0;  ///< 0: as many as there are CPUs
};

/// Runs it; gives the exit code of design.md. The ranking goes to `out`, every message to `errors`.
int run_scan(const ScanOptions& options, std::ostream& out, std::ostream& errors);

/// Registers the sub-command; parsing it sets `run`.
void add_scan_command(CLI::App& app, std::function<int()>& run);

}  // namespace lockstep::tools
