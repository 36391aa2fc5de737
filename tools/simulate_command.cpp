#include "tools/simulate_command.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "replay/simulation/command_options.hpp"
#include "tools/exit_code.hpp"

namespace lockstep::tools {
namespace {

/// Beside this program, where both are installed; in a build tree, where CMake puts it.
std::filesystem::path find_program() {
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  for (const char* place : {"lockstep-simulate", "../replay/simulation/lockstep-simulate"}) {
    if (::access((folder / place).c_str(), X_OK) == 0) return folder / place;
  }
  return {};
}

int become(std::vector<std::string> arguments) {
  const std::filesystem::path program = find_program();
  if (program.empty()) {
    std::cerr
        << "lockstep simulate: there is no lockstep-simulate beside this program; it is built and installed "
           "with it\n";
    return kExitEnvironment;
  }
  arguments.insert(arguments.begin(), "lockstep-simulate");
  std::vector<char*> pointers;
  for (std::string& each : arguments) pointers.push_back(each.data());
  pointers.push_back(nullptr);
  ::execv(program.c_str(), pointers.data());
  std::cerr << "lockstep simulate: " << program.string() << ": " << std::strerror(errno) << '\n';
  return kExitEnvironment;
}

}  // namespace

void add_simulate_command(CLI::App& app, std::function<int()>& run) {
  CLI::App* const simulate = app.add_subcommand(
      "simulate", "The whole daemon against a simulated venue, with faults, on one thread, from one seed");
  const auto options = std::make_shared<simulation::CommandOptions>();
  simulation::add_options(*simulate, *options);
  simulate->callback(
      [options, &run] { run = [options] { return become(simulation::to_arguments(*options)); }; });
}

}  // namespace lockstep::tools
