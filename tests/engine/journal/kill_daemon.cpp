// The daemon for the kill test: every publication of a closed bar goes to standard output as it is, at once.
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <csignal>
#include <iostream>

#include "engine/daemon.hpp"

int main(int argc, char** argv) {
  using namespace lockstep::engine;
  if (argc != 2) return 2;
  try {
    std::signal(SIGPIPE, SIG_IGN);
    spdlog::set_default_logger(spdlog::stderr_logger_mt("kill_daemon"));
    spdlog::set_level(spdlog::level::warn);
    Daemon daemon(load_config(argv[1]));
    daemon.stop_on_signals();
    daemon.start();
    daemon.run_outputs(20, {}, [](const Signal& signal) {
      // One write below PIPE_BUF: whole, or not at all.
      if (signal.is_closed() && ::write(STDOUT_FILENO, &signal, sizeof signal) < 0) return;
    });
    return daemon.failure().empty() ? 0 : 4;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 4;
  }
}
