// lockstep decode: recorded frames of a venue to events, one JSON object a line.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace lockstep::tools {

/// Registers `decode`. When it is chosen on the command line, `run` becomes what to do, giving the exit code:
/// 0, 3 when a line was malformed (each is told on stderr; the rest is still decoded), 4 when a file cannot
/// be opened or written. `app` and `run` must outlive the parse.
void add_decode_command(CLI::App& app, std::function<int()>& run);

}  // namespace lockstep::tools
