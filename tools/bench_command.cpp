#include "tools/bench_command.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>
#include <string>

#include "tools/bench/bench.hpp"
#include "tools/bench/client_process.hpp"
#include "tools/exit_code.hpp"

namespace lockstep::tools {
namespace {

struct Options {
  bench::BenchOptions bench;
  bool is_json = false;
  bool has_one_cpu_path = false;   ///< this is the child that measures one of them
  bool is_stream_clients = false;  ///< this is the child whose clients read the API
  std::string only;
};

struct Group {
  const char* name;
  bench::Json (*measure)(const bench::BenchOptions&);
};

constexpr Group kGroups[] = {
    {"incremental", bench::measure_incremental},
    {"batch", bench::measure_batch},
    {"cuda", bench::measure_cuda},
    {"feed", bench::measure_feed},
    {"latency", bench::measure_latency},
    {"engine", bench::measure_engine},
    {"cold_start", bench::measure_cold_start},
    {"journal", bench::measure_journal},
    {"api", bench::measure_api},
    {"replay", bench::measure_replay},
    {"compute", bench::measure_compute},
};

std::vector<std::string> group_names() {
  std::vector<std::string> names;
  for (const Group& group : kGroups) names.emplace_back(group.name);
  return names;
}

/// Standard output is for the figures; a daemon's log beside them only where something is wrong.
void start_log() {
  auto log =
      std::make_shared<spdlog::logger>("bench", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
  log->set_level(spdlog::level::warn);
  spdlog::set_default_logger(log);
}

int run_bench(const Options& options) {
  start_log();
  if (options.is_stream_clients) return bench::serve_client_process();
  bench::Json figures;
  figures["machine"] = bench::describe_machine();
  figures["build"] = bench::describe_build();
  if (options.bench.is_quick) figures["quick"] = true;
  for (const Group& group : kGroups) {
    if (!options.only.empty() && options.only != group.name) continue;
    if (!options.has_one_cpu_path) std::cerr << "lockstep bench: measuring " << group.name << " ...\n";
    bench::Json& json = figures[group.name] = group.measure(options.bench);
    if (group.measure == bench::measure_incremental && !options.has_one_cpu_path) {
      json["commit_ns_by_cpu_path"] = bench::measure_cpu_paths(options.bench);
    }
  }
  std::cout << (options.is_json ? figures.dump(2) + '\n' : bench::table_text(figures)) << std::flush;
  return std::cout ? kExitFine : kExitEnvironment;
}

}  // namespace

void add_bench_command(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("bench", "What this machine does: speed and latency (docs/performance.md)");
  command->add_flag("--json", options->is_json, "One JSON object instead of the table");
  command->add_option("--only", options->only, "One group of figures")->check(CLI::IsMember(group_names()));
  command->add_flag("--quick", options->bench.is_quick,
                    "Some seconds in all: shows that it works, not how fast it is");
  command->add_flag("--one-cpu-path", options->has_one_cpu_path)->group("");
  command->add_flag("--stream-clients", options->is_stream_clients)->group("");
  command->callback([options, &run] { run = [options] { return run_bench(*options); }; });
}

}  // namespace lockstep::tools
