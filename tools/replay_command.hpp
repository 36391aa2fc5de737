// `lockstep replay`: a journal again, and whether it comes to the same digests.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace lockstep::tools {

/// Registers the sub-command; parsing it sets `run`, which gives the exit code.
void add_replay_command(CLI::App& app, std::function<int()>& run);

}  // namespace lockstep::tools
