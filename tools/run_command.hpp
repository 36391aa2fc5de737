// `lockstep run`: the daemon.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace lockstep::tools {

/// Registers the sub-command; parsing it sets `run`, which serves until SIGINT or SIGTERM and gives the exit
/// code.
void add_run_command(CLI::App& app, std::function<int()>& run);

}  // namespace lockstep::tools
