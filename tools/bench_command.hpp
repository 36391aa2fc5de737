// `lockstep bench`: what this machine does.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace lockstep::tools {

/// Registers the sub-command; parsing it sets `run`, which measures and prints. docs/performance.md explains
/// each figure.
void add_bench_command(CLI::App& app, std::function<int()>& run);

}  // namespace lockstep::tools
