// lockstep simulate: the whole daemon against a simulated venue, from a seed.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace lockstep::tools {

/// Options are those of lockstep-simulate, which it runs in its place: that program has clocks of its own,
/// and no other may.
void add_simulate_command(CLI::App& app, std::function<int()>& run);

}  // namespace lockstep::tools
