// `lockstep sim`: the exchange simulator alone.
#pragma once

#include <CLI/App.hpp>
#include <functional>

namespace lockstep::tools {

/// Registers the sub-command. When the user gives it, its callback sets `run` to a function that serves until
/// SIGINT or SIGTERM and returns the exit code: 0 fine, 2 wrong usage, 4 the environment failed (port in use,
/// disk full). Single-threaded; `run` must outlive the parsing.
void add_sim_command(CLI::App& app, std::function<int()>& run);

}  // namespace lockstep::tools
