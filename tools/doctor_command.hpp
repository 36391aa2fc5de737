// `lockstep doctor`: what this machine has, and what would be used.
#pragma once

#include <functional>
#include <iosfwd>

namespace CLI {
class App;
}

namespace lockstep::tools {

/// Writes it to `out`; gives the exit code of design.md.
int run_doctor(std::ostream& out);

/// Registers the sub-command; parsing it sets `run`.
void add_doctor_command(CLI::App& app, std::function<int()>& run);

}  // namespace lockstep::tools
