// lockstep alerts: try the targets, look into the outbox.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace lockstep::tools {

void add_alerts_command(CLI::App& app, std::function<int()>& run);

}  // namespace lockstep::tools
