// `lockstep audit`: everything in a data directory, recomputed and compared; or a pass of a running daemon's
// own audit.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace lockstep::tools {

void add_audit_command(CLI::App& app, std::function<int()>& run);

}  // namespace lockstep::tools
