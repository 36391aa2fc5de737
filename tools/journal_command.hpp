// `lockstep journal`: look into a journal, check it, export its bars, compress it.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace lockstep::tools {

/// Registers the sub-command; parsing it sets `run`, which gives the exit code.
void add_journal_command(CLI::App& app, std::function<int()>& run);

}  // namespace lockstep::tools
