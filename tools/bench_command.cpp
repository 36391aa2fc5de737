#include "tools/bench_command.hpp"

#include <CLI/CLI.hpp>

namespace lockstep::tools {
void add_bench_command(CLI::App& app, std::function<int()>&) { app.add_subcommand("bench", "x"); }
}  // namespace lockstep::tools
