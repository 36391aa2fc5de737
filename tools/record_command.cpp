#include "tools/record_command.hpp"

#include <fmt/format.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <CLI/CLI.hpp>

#include <csignal>
#include <iostream>
#include <memory>
#include <system_error>

#include "engine/config.hpp"
#include "replay/recorder.hpp"
#include "tools/exit_code.hpp"

namespace lockstep::tools {
namespace {

struct Options {
  std::string config, out;
  std::int64_t rotate_mb = 1024;
  std::int64_t rotate_s = 0;
  double seconds = 0;
};

/// Until a signal, the time, or the disk ends it.
int record(const Options& options, const engine::Config& config) {
  boost::asio::io_context io{1};
  replay::RecordingWriter::Limits limits;
  limits.file_bytes_max = static_cast<std::uint64_t>(options.rotate_mb) << 20;
  limits.file_ns_max = options.rotate_s * 1'000'000'000;
  replay::Recorder recorder(io, config, options.out, limits);
  std::signal(SIGPIPE, SIG_IGN);
  boost::asio::signal_set signals(io, SIGINT, SIGTERM);
  boost::asio::steady_timer timer(io);
  bool is_over = false;
  signals.async_wait([&](const boost::system::error_code&, int) { is_over = true; });
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(options.seconds);
  std::function<void()> look = [&] {
    timer.expires_after(std::chrono::milliseconds(100));
    timer.async_wait([&](const boost::system::error_code& error) {
      if (!error) look();
    });
  };
  look();
  recorder.start();
  while (!is_over && recorder.problem().empty() &&
         (options.seconds <= 0 || std::chrono::steady_clock::now() < end))
    io.run_one();
  timer.cancel();
  signals.cancel();
  recorder.stop();
  io.run_for(std::chrono::seconds(1));
  fmt::print("{} frames, {} closed bars, {} bytes in {} files\n", recorder.frames(),
             recorder.pipeline().bars(), recorder.bytes(), recorder.files());
  if (recorder.problem().empty()) return kExitFine;
  std::cerr << "lockstep record: " << recorder.problem() << "; what was written before is whole\n";
  return kExitEnvironment;
}

int run_record(const Options& options) {
  try {
    return record(options, engine::load_config(options.config));
  } catch (const engine::ConfigError& error) {
    std::cerr << "lockstep record: " << error.what() << '\n';
    return kExitUsage;
  } catch (const std::invalid_argument& error) {
    std::cerr << "lockstep record: " << error.what() << '\n';
    return kExitUsage;
  } catch (const engine::journal::StorageError& error) {
    std::cerr << "lockstep record: " << error.what() << '\n';
    return kExitEnvironment;
  } catch (const std::system_error& error) {
    std::cerr << "lockstep record: " << error.what() << '\n';
    return kExitEnvironment;
  }
}

}  // namespace

void add_record_command(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "record", "Write every frame of the configured feeds into a file (docs/recording.md)");
  command->add_option("--config", options->config, "Configuration file (docs/configuration.md)")->required();
  command->add_option("-o,--out", options->out, "File; it must not exist")->required();
  command->add_option("--rotate-mb", options->rotate_mb, "MiB of a file before the next one begins")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  command
      ->add_option("--rotate-s", options->rotate_s,
                   "Seconds of a file before the next one begins (0: no limit)")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--seconds", options->seconds, "Stop after so many seconds (0: run until stopped)")
      ->check(CLI::NonNegativeNumber);
  command->callback([options, &run] { run = [options] { return run_record(*options); }; });
}

}  // namespace lockstep::tools
