// `lockstep record`: raw frames of the configured feeds into a file.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace lockstep::tools {

void add_record_command(CLI::App& app, std::function<int()>& run);

}  // namespace lockstep::tools
