#include "tools/alerts_command.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <fstream>
#include <iostream>
#include <optional>
#include <random>
#include <sstream>

#include "engine/alerts/courier.hpp"
#include "engine/alerts/dispatcher.hpp"
#include "engine/config.hpp"
#include "feeds/net/escape.hpp"
#include "tools/exit_code.hpp"

namespace lockstep::tools {
namespace {

using engine::AlertTarget;
using engine::Config;
using namespace engine::alerts;

struct AlertsOptions {
  std::string config;
  std::string target;
};

std::int64_t wall_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// Another one each time: a receiver that drops what it has would not show the second test.
Alert test_alert() {
  Alert alert = sample_alert();
  alert.ts_ms = wall_ms();
  alert.id = alert_id(fmt::format("test {} {}", alert.ts_ms, std::random_device()()));
  return alert;
}

Outcome try_target(const AlertTarget& target, const Alert& alert) {
  boost::asio::io_context io;
  const auto courier = make_courier(io, target);
  if (!courier) {
    std::cerr << "alert " << alert.rule << ": " << sentence(alert) << '\n';
    return {};
  }
  std::optional<Outcome> outcome;
  courier->send({alert.id, target.name, body_for(target, alert), alert.ts_ms},
                [&](const Outcome& result) { outcome = result; });
  io.run_for(std::chrono::seconds(target.timeout_s + 5));
  return outcome.value_or(Outcome{"no answer", false, {}});
}

const char* kind_text(const AlertTarget& target) {
  if (target.kind == AlertTarget::Kind::webhook) return "webhook";
  return target.kind == AlertTarget::Kind::command ? "command" : "log";
}

int test_targets(const AlertsOptions& options) {
  const Config config = engine::load_config(options.config);
  const Alert alert = test_alert();
  int tried = 0, failed = 0;
  for (const AlertTarget& target : config.alerts.targets) {
    if (!options.target.empty() && target.name != options.target) continue;
    ++tried;
    const Outcome outcome = try_target(target, alert);
    failed += outcome.error.empty() ? 0 : 1;
    std::cout << fmt::format("{:<16} {:<8} {}\n", target.name, kind_text(target),
                             outcome.error.empty() ? "arrived" : "FAILED: " + outcome.error);
  }
  if (tried == 0) {
    std::cerr << "lockstep alerts test: " << options.config << " has no "
              << (options.target.empty()
                      ? "[[alerts.target]]"
                      : "[[alerts.target]] of the name " + feeds::net::escape(options.target))
              << '\n';
    return kExitUsage;
  }
  return failed == 0 ? kExitFine : kExitCheckFailed;
}

/// Reads the file alone, so that it works beside a running daemon.
int show_waiting(const AlertsOptions& options) {
  const Config config = engine::load_config(options.config);
  const std::string path = config.engine.data_dir + "/alerts.outbox";
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (in) text << in.rdbuf();
  const OutboxContent content = read_outbox(text.view());
  for (const Delivery& delivery : content.waiting) {
    std::cout << fmt::format("{} {:<16} {} s old  {}\n", delivery.id, delivery.target,
                             (wall_ms() - delivery.ts_ms) / 1'000, feeds::net::escape(delivery.body, 200));
  }
  std::cout << fmt::format("{} wait, {} have arrived or were given up\n", content.waiting.size(),
                           content.seen.size());
  if (content.lines_damaged == 0) return kExitFine;
  std::cerr << "lockstep alerts waiting: " << path << ": " << content.lines_damaged << " lines are damaged\n";
  return kExitData;
}

int with_errors(const char* what, const AlertsOptions& options, int (*run)(const AlertsOptions&)) {
  try {
    return run(options);
  } catch (const engine::ConfigError& error) {
    std::cerr << "lockstep alerts " << what << ": " << error.what() << '\n';
  } catch (const std::invalid_argument& error) {
    std::cerr << "lockstep alerts " << what << ": " << error.what() << '\n';
  }
  return kExitUsage;
}

}  // namespace

void add_alerts_command(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<AlertsOptions>();
  CLI::App* command = app.add_subcommand("alerts", "Try the targets of alerts, see what waits for them");
  command->require_subcommand(1);
  CLI::App* test =
      command->add_subcommand("test", "Send a test alert to each target; exit 1 if one does not arrive");
  CLI::App* waiting = command->add_subcommand("waiting", "What has been raised and has not arrived yet");
  for (CLI::App* each : {test, waiting})
    each->add_option("--config", options->config, "Configuration file (docs/configuration.md)")->required();
  test->add_option("--target", options->target, "Only this one");
  test->callback(
      [options, &run] { run = [options] { return with_errors("test", *options, test_targets); }; });
  waiting->callback(
      [options, &run] { run = [options] { return with_errors("waiting", *options, show_waiting); }; });
}

}  // namespace lockstep::tools
