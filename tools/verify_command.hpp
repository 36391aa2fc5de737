// `lockstep verify`: every path of this machine over the same bars, of files or of a journal, compared bit by
// bit.
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

struct VerifyOptions {
  std::vector<std::string> files;  ///< CSV or CSV.gz
  std::string journal;             ///< or, instead, a data directory (or its journal folder)
  bool is_json = false;            ///< one JSON object on `out` instead of the table
  BarOptions bars;
  std::string plant;  ///< test builds: BACKEND:BAR:FIELD, a fault of one ulp in what that backend gives
};

/// Runs it; gives the exit code of design.md. The table goes to `out`, every message to `errors`.
int run_verify(const VerifyOptions& options, std::ostream& out, std::ostream& errors);

/// Registers the sub-command; parsing it sets `run`.
void add_verify_command(CLI::App& app, std::function<int()>& run);

}  // namespace lockstep::tools
