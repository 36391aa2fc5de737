#include "tools/doctor_command.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <fstream>
#include <iostream>
#include <string>

#include "incremental/detail/tables.hpp"
#include "kernels/cost_model.hpp"
#include "kernels/cuda/cuda_backend.hpp"
#include "kernels/cuda/images.hpp"
#include "kernels/cuda/kernel_cache.hpp"
#include "kernels/cuda/nvrtc.hpp"
#include "kernels/detail/threads.hpp"
#include "tools/exit_code.hpp"

namespace lockstep::tools {
namespace {

/// The value of a line "name : value" of a /proc file; "?" without it.
std::string proc_value(const char* file, const std::string& name) {
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(name)) continue;
    const std::size_t value = line.find_first_not_of(" \t", line.find(':') + 1);
    return value == std::string::npos ? "?" : line.substr(value);
  }
  return "?";
}

void write_machine(std::ostream& out) {
  out << "CPU           " << proc_value("/proc/cpuinfo", "model name") << '\n';
  out << "CPUs          " << detail::cpus_allowed() << " that this process may run on\n";
  out << "memory        " << proc_value("/proc/meminfo", "MemTotal") << ", "
      << proc_value("/proc/meminfo", "MemAvailable") << " available\n";
  out << "bar by bar    " << detail::step_functions().name << " (LOCKSTEP_CPU chooses a lesser one)\n";
}

void write_backends(std::ostream& out) {
  out << "\nbatch backends, fastest first; each falls back to the next one\n";
  for (int i = kBackends - 1; i >= 0; --i) {
    const auto backend = static_cast<Backend>(i);
    const auto reason = why_not(backend);
    out << fmt::format("  {:<12}{}\n", to_string(backend), reason ? "no: " + *reason : "available");
  }
}

void write_cuda(std::ostream& out) {
  const std::size_t bytes = cuda::embedded_kernels().size();
  const std::string gpu = cuda::cuda_description();
  const cuda::Nvrtc* compiler = cuda::nvrtc();
  const std::string folder = cuda::KernelCache::of_user().folder().string();
  out << "\nCUDA\n";
  out << "  kernels     "
      << (bytes > 0 ? fmt::format("built in, {} KiB", bytes / 1024)
                    : "not in this build: it was made without nvcc")
      << '\n';
  out << "  GPU         " << (gpu.empty() ? "none" : gpu) << '\n';
  out << "  NVRTC       "
      << (compiler ? fmt::format("{}; kernels of other configurations are kept in {}", compiler->version,
                                 folder.empty() ? "memory alone" : folder)
                   : "not there or off: other configurations take the general kernel")
      << '\n';
}

/// What would be chosen for some usual sizes.
void write_choices(std::ostream& out) {
  struct Size {
    const char* what;
    std::int64_t series, bars;
  };
  constexpr Size kSizes[] = {
      {"one series, backtest", 1, 1'000'000},         {"cold start of one series", 1, 1'600},
      {"cold start of 20 series", 20, 1'600},         {"a scan", 99, 1'500},
      {"re-anchoring of 1,000 series", 1'000, 1'500}, {"re-anchoring of 10,000 series", 10'000, 1'500}};
  out << "\nwhat would be chosen, by estimated time (end states included)\n";
  for (const Size& size : kSizes) {
    const BatchChoice choice = choose_backend({size.series, size.series * size.bars, size.bars, true}, {});
    out << fmt::format("  {:<30} {:>6} x {:<9} {}, {} thread{}\n      {}\n", size.what, size.series,
                       size.bars, to_string(choice.backend), choice.threads, choice.threads == 1 ? "" : "s",
                       choice.why);
  }
}

}  // namespace

int run_doctor(std::ostream& out) {
  write_machine(out);
  write_backends(out);
  write_cuda(out);
  write_choices(out);
  return out.flush() ? kExitFine : kExitEnvironment;
}

void add_doctor_command(CLI::App& app, std::function<int()>& run) {
  CLI::App* command = app.add_subcommand("doctor", "What this machine has, and what would be used");
  command->callback([&run] { run = [] { return run_doctor(std::cout); }; });
}

}  // namespace lockstep::tools
