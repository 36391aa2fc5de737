// SIGHUP: the configuration is read again while the daemon runs.
#pragma once

#include <string>

#include "engine/config.hpp"
#include "engine/daemon.hpp"
#include "tools/service_manager.hpp"

namespace lockstep::tools {

/// A wrong file changes nothing, and the log says what is wrong with it. Else [alerts] and [engine] log_* are
/// in force at once, and what has changed but needs a restart is named. The log's file is opened anew in any
/// case.
class Reload {
 public:
  /// `config` is in force, from `file` (empty: there is none). `log_file`: see set_up_log().
  Reload(engine::Daemon& daemon, ServiceManager& manager, const engine::Config& config, std::string file,
         std::string log_file)
      : daemon_(daemon),
        manager_(manager),
        config_(config),
        file_(std::move(file)),
        log_file_(std::move(log_file)) {}

  void run();

 private:
  void take_file();

  engine::Daemon& daemon_;
  ServiceManager& manager_;
  engine::Config config_;
  std::string file_;
  std::string log_file_;
};

}  // namespace lockstep::tools
