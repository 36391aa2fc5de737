// Alerts of a running daemon: the desk decides, the dispatcher tells.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/core/event.hpp"

namespace lockstep::core {
class Catalog;
struct Series;
}  // namespace lockstep::core

namespace lockstep::engine {

struct AlertsConfig;
struct Config;
struct Signal;
namespace metrics {
class Registry;
}

/// For the outputs thread only. Tells of alerts in the clock's time; holds them back in an outbox in the data
/// directory, where one is given.
class DaemonAlerts {
 public:
  /// `epoch` tells this start from others. The catalog and the registry outlive it. Throws
  /// std::invalid_argument for a target that cannot be used, and std::system_error when the outbox cannot be
  /// opened.
  DaemonAlerts(const Config& config, const core::Catalog& catalog, const std::string& epoch,
               metrics::Registry& metrics);
  ~DaemonAlerts();

  void start();
  /// Other rules and targets. Throws as the constructor does, and then nothing has changed. After start().
  void use(const AlertsConfig& config);
  /// A series that came after the start, before its first signal.
  void add_series(const core::Series& series);
  void on_signal(const Signal& signal);
  void on_audit_difference(core::SeriesId series, std::int64_t ts_open_ms, const std::string& what);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lockstep::engine
