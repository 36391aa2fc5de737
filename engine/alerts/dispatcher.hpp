// Sends what was raised, on a thread of its own: whoever raises an alert never waits.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/alerts/alert.hpp"
#include "engine/config_alerts.hpp"
#include "engine/metrics/registry.hpp"

namespace lockstep::engine::alerts {

/// To each target one delivery at a time, in order; tried again with full-jitter waits (1 s doubling to 5
/// min) until it arrives or is older than give_up_h. A target that refuses one delivery gets the next ones
/// before that is tried again. Alerts to the log are written at once and not kept.
class Dispatcher {
 public:
  /// `outbox_path` empty: what waits is kept in memory alone. Throws std::system_error when the outbox cannot
  /// be opened, std::invalid_argument for a target that cannot be used (its ca_file).
  Dispatcher(const AlertsConfig& config, const std::string& outbox_path, metrics::Registry& registry);
  /// Ends the thread. What has not arrived stays in the outbox, and is sent under the same id later.
  ~Dispatcher();

  void start();
  /// Any thread; never waits. `targets` empty: all.
  void post(Alert alert, std::vector<std::string> targets);
  /// Any thread. Deliveries to targets that are gone wait until one of that name is there again. Throws as
  /// the constructor does, and changes nothing then.
  void use(const AlertsConfig& config);
  /// Any thread; waits for the answer. For tests and `lockstep alerts test`.
  std::size_t waiting() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// What is sent to a target.
std::string body_for(const AlertTarget& target, const Alert& alert);

}  // namespace lockstep::engine::alerts
