#include "tools/run_command.hpp"

#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <system_error>
#include <thread>

#include "engine/api/api_server.hpp"
#include "engine/config.hpp"
#include "engine/daemon.hpp"
#include "kernels/batch.hpp"
#include "replay/sim/exchange_sim.hpp"
#include "tools/core_dumps.hpp"
#include "tools/dashboard/page.hpp"
#include "tools/exit_code.hpp"
#include "tools/live_view.hpp"
#include "tools/log_setup.hpp"
#include "tools/reload.hpp"
#include "tools/service_manager.hpp"
#include "tools/start_guard.hpp"
#include "tools/temporary_folder.hpp"
#include "tools/terminal/terminal_table.hpp"

namespace lockstep::tools {
namespace {

using engine::Config;
using engine::Daemon;

struct RunOptions {
  std::string config;
  bool demo = false;
  int demo_symbols = 8;
  double demo_speed = 60;
  std::uint64_t demo_seed = 1;
  bool plain = false;
  double seconds = 0;
};

/// The built-in exchange, and a configuration that attaches to it with TLS and all checks on.
std::unique_ptr<sim::ExchangeSim> start_demo(const RunOptions& options, Config& config) {
  sim::SimConfig exchange;
  exchange.seed = options.demo_seed;
  exchange.symbols = options.demo_symbols;
  exchange.speed = options.demo_speed;
  exchange.tls = true;
  auto simulator = std::make_unique<sim::ExchangeSim>(exchange);
  simulator->start();
  feeds::FeedConfig feed;
  feed.venue = "binance_spot";
  feed.symbols = simulator->symbol_names();
  feed.intervals = {"1m", "5m"};
  feed.ws_url = simulator->ws_url();
  feed.rest_url = simulator->rest_url();
  feed.ca_file = simulator->ca_file().string();
  feed.silence_s = 5;
  feed.clock_offset_ms_max = 0;  // its time runs away from ours
  feed.backoff_ms_max = 2000;
  config.feeds = {feed};
  config.feed_places.clear();
  return simulator;
}

/// Where the log goes when the configuration names no file: the table has the terminal for itself.
std::string log_file_beside(const Config& config, bool has_table) {
  return has_table ? (std::filesystem::path(config.engine.data_dir) / "lockstep.log").string()
                   : std::string();
}

/// Waits where the starts before this one did not last.
void begin_start(const Config& config, ServiceManager& manager, std::optional<StartGuard>& guard) {
  if (!config.journal.is_enabled) return;
  guard.emplace(config.engine.data_dir);
  if (guard->wait().count() > 0) {
    spdlog::critical("{}", guard->text());
    spdlog::default_logger()->flush();
    manager.waiting(guard->text(), guard->wait());
    std::this_thread::sleep_for(guard->wait());  // a signal ends the process, as nothing has begun
  }
  guard->begin();
}

int serve(const Config& config, const RunOptions& options, std::optional<StartGuard>& guard) {
  keep_out_of_core_dumps(config);
  const bool has_table = !options.plain && is_terminal(stdout);
  const std::string log_file = log_file_beside(config, has_table);
  set_up_log(config, log_file);
  ServiceManager manager;
  begin_start(config, manager, guard);
  Daemon daemon(config, page_files());
  std::signal(SIGPIPE, SIG_IGN);
  daemon.stop_on_signals();
  Reload reload(daemon, manager, config, options.config, log_file);
  daemon.on_hangup([&] { reload.run(); });
  daemon.start();
  if (const auto notice = missing_gpu_notice()) spdlog::info("batches run on the CPU: {}", *notice);
  spdlog::info("lockstep {}: {} series, API at http://{}:{}", LOCKSTEP_VERSION, daemon.catalog().size(),
               config.api.bind, daemon.api().port());
  if (!has_table)
    std::cerr << "API at http://" << config.api.bind << ':' << daemon.api().port() << "/v1/status\n";
  if (config.api.allow_plaintext && config.api.bind != "127.0.0.1" && config.api.bind != "::1")
    spdlog::warn("[api] allow_plaintext: signals and the token cross the network unencrypted");

  LiveView view(daemon, config.api.bind);
  std::optional<TerminalTable> table;
  if (has_table) table.emplace(stdout);
  PlainLines lines(stdout);
  const auto start = std::chrono::steady_clock::now();
  const auto draw = [&] {
    const auto now = std::chrono::steady_clock::now();
    manager.alive(now, [&] { return daemon.is_moving(); });
    if (guard && now - start > StartGuard::kLasting) guard->forget();
    if (options.seconds > 0 && now - start > std::chrono::duration<double>(options.seconds)) daemon.stop();
    if (table) {
      table->draw(view.now(), now);
    } else {
      lines.update(view.now());
    }
  };
  manager.ready();
  daemon.run_outputs(has_table ? 200 : 50, draw,
                     [&](const engine::Signal& signal) { view.on_signal(signal); });
  manager.stopping();
  if (const std::string failure = daemon.failure(); !failure.empty()) {
    std::cerr << "lockstep run: stopped, since the journal cannot be trusted any more: " << failure << '\n';
    return kExitEnvironment;
  }
  if (guard) guard->forget();
  spdlog::info("stopped");
  return kExitFine;
}

int run_daemon(const RunOptions& options) {
  Config config;
  std::unique_ptr<sim::ExchangeSim> simulator;
  std::optional<StartGuard> guard;
  std::optional<TemporaryFolder> folder;  // its exchange begins at another time when it starts again
  try {
    if (!options.config.empty()) config = engine::load_config(options.config);
    config.engine.data_dir_given = true;
    if (options.demo) {
      config.engine.data_dir = folder.emplace(std::filesystem::temp_directory_path(), "lockstep-demo").path();
      simulator = start_demo(options, config);
    } else if (options.config.empty()) {
      std::cerr
          << "lockstep run: nothing to attach to. Give --config FILE, or --demo for the built-in exchange.\n";
      return kExitUsage;
    }
    return serve(config, options, guard);
  } catch (const engine::ConfigError& error) {
    std::cerr << "lockstep run: " << error.what() << '\n';
    if (guard) guard->forget();  // what is wrong is known, and trying again is the way to put it right
    return kExitUsage;
  } catch (const std::invalid_argument& error) {
    std::cerr << "lockstep run: " << error.what() << '\n';
    if (guard) guard->forget();
    return kExitUsage;
  } catch (const engine::journal::StorageError& error) {
    std::cerr << "lockstep run: " << error.what() << '\n';
    return kExitEnvironment;
  } catch (const std::system_error& error) {
    std::cerr << "lockstep run: " << error.what() << '\n';
    return kExitEnvironment;
  } catch (const spdlog::spdlog_ex& error) {
    std::cerr << "lockstep run: " << error.what() << '\n';
    return kExitEnvironment;
  }
}

}  // namespace

void add_run_command(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* command = app.add_subcommand("run", "The daemon: attach to exchanges and publish signals");
  command->add_option("--config", options->config, "Configuration file (docs/configuration.md)");
  command->add_flag("--demo", options->demo,
                    "Start the built-in exchange and attach to it: needs no network");
  command->add_option("--demo-symbols", options->demo_symbols, "Symbols of the built-in exchange")
      ->check(CLI::Range(1, 10'000));
  command
      ->add_option("--demo-speed", options->demo_speed,
                   "Venue seconds per second: 60 closes a 1m bar every second")
      ->check(CLI::Range(0.1, 100'000.0));
  command->add_option("--demo-seed", options->demo_seed, "Seed of the built-in exchange");
  command->add_flag("--plain", options->plain,
                    "A line per closed bar and change of state instead of the live table");
  command->add_option("--seconds", options->seconds, "Stop after so many seconds (0: run until stopped)")
      ->check(CLI::NonNegativeNumber);
  command->callback([options, &run] { run = [options] { return run_daemon(*options); }; });
}

}  // namespace lockstep::tools
